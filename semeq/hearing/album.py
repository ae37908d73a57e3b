"""An album as a whole: one tonal aim for all, which tracks stand apart, and each moved part of the way to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semeq.errors import UsageError
from semeq.hearing.balance import DEFAULT_MAX_DB, Balance, balance_of
from semeq.hearing.heard import Heard
from semeq.hearing.listening import listen
from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.reference import album_reference, load_reference
from semeq.language import Language
from semeq.model import Model
from semeq.response import Floats, response_db

AIM = "the album"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Album:
    """Every track's balance against the mean of all, in the order given; ``order`` names the furthest first.

    ``before_db`` and ``after_db`` are how far apart the tracks are: the mean RMS difference between every two.
    """

    tracks: tuple[Balance, ...]
    order: tuple[int, ...]
    before_db: float
    after_db: float
    reference: str

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        return {
            "consistency_db": {"before": round(self.before_db, 3), "after": round(self.after_db, 3)},
            "reference": self.reference,
            "furthest_first": [self.tracks[place].analysis.name for place in self.order],
            "tracks": [one.to_dict() for one in self.tracks],
        }


def balance_album(
    tracks: Sequence[Heard],
    amount: float = 1.0,
    *,
    max_db: float = DEFAULT_MAX_DB,
    model: Model | None = None,
    language: Language = "en",
) -> Album:
    """Balance every track against the mean of all; what is no more than an album's usual variety stays."""
    if len(tracks) < 2:
        raise UsageError("an album has two tracks or more; leave out --album for one")
    sounding = [place for place, track in enumerate(tracks) if track.spectrum.loud_s]
    if len(sounding) < 2:
        raise UsageError("an album of one track with sound; leave out --album")
    general = load_reference("music")
    aim = album_reference([tracks[place].spectrum for place in sounding], AIM, general)
    balances = [
        balance_of(listen(track, reference=aim), amount, max_db=max_db, model=model, language=language)
        for track in tracks
    ]
    shapes = np.stack([general.deviation_db(track.spectrum) for track in tracks])
    curves = np.stack([response_db(one.settings, BANDS_HZ) for one in balances])
    return Album(
        tracks=tuple(balances),
        order=tuple(sorted(range(len(tracks)), key=lambda place: -balances[place].before_db)),
        before_db=_apart_db(shapes[sounding]),
        after_db=_apart_db((shapes + curves)[sounding]),
        reference=str(aim),
    )


def _apart_db(shapes: Floats) -> float:
    """The mean RMS difference between every two, level-free."""
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    pairs = [np.std(one - other) for place, one in enumerate(shapes) for other in shapes[:place]]
    return float(np.mean(pairs)) if pairs else 0.0
