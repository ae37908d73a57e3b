"""Who said it: several people may share one SAFE contributor (a lab); song order and profile tell them apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from semeq_models.safe import SafeRow

_SONG = re.compile(r"(?:jazz|metal)\s*\d+")


def people(rows: Sequence[SafeRow]) -> list[str]:
    """A name for the person behind every row, unique within the data, never to be published.

    Two labs had each listener work through the same ten songs: a numbered profile names the listener, and without
    one a song that comes back for the same word means that the next listener has begun.
    """
    turn: dict[tuple[str, ...], int] = defaultdict(int)
    heard: dict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
    names = []
    for row in rows:
        song = next((found for found in (row.genre, row.instrument) if _SONG.fullmatch(found)), "")
        number = row.genre if row.genre.isdecimal() else ""
        profile = (row.contributor, number, *((row.experience, row.language) if song and not number else ()))
        if song and not number:
            event = (row.tag.strip().lower(), song)
            if event in heard[profile]:
                turn[profile] += 1
                heard[profile].clear()
            heard[profile].add(event)
        names.append("/".join((*profile, str(turn[profile]))))
    return names
