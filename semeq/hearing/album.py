"""An album as a whole: what its tracks have in common, which stand apart, and each moved part of the way back."""

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
from semeq.hearing.reference import load_reference, own_reference
from semeq.language import Language
from semeq.model import Model
from semeq.response import Floats, response_db

OTHERS = "the other tracks"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Album:
    """Every track's balance against the other tracks, in the order given; ``order`` names the furthest first.

    ``before_db`` and ``after_db`` are how far apart the tracks are: the mean RMS difference between every two.
    """

    tracks: tuple[Balance, ...]
    order: tuple[int, ...]
    before_db: float
    after_db: float

    @property
    def reference(self) -> str:
        """What every track was put beside, in one line."""
        spreads = [one.analysis.spread_db for one in self.tracks]
        within = f"{min(spreads):.1f} to {max(spreads):.1f} dB RMS"
        return f"for each track {OTHERS} ({len(self.tracks) - 1}; half of them within {within})"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        return {
            "consistency_db": {"before": round(self.before_db, 3), "after": round(self.after_db, 3)},
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
    """Balance every track against the others; what is no more than the album's own variety stays."""
    if len(tracks) < 2:
        raise UsageError("an album has two tracks or more; leave out --album for one")
    general = load_reference("music")
    balances = []
    for place, track in enumerate(tracks):
        others = [one.spectrum for number, one in enumerate(tracks) if number != place and one.spectrum.loud_s]
        if not others:
            raise UsageError("an album of one track with sound; leave out --album")
        reference = own_reference(others, OTHERS, general)
        listened = listen(track, reference=reference)
        balances.append(balance_of(listened, amount, max_db=max_db, model=model, language=language))
    shapes = np.stack([general.deviation_db(track.spectrum) for track in tracks])
    curves = np.stack([response_db(one.settings, BANDS_HZ) for one in balances])
    sounding = [place for place, track in enumerate(tracks) if track.spectrum.loud_s]
    return Album(
        tracks=tuple(balances),
        order=tuple(sorted(range(len(tracks)), key=lambda place: -balances[place].before_db)),
        before_db=_apart_db(shapes[sounding]),
        after_db=_apart_db((shapes + curves)[sounding]),
    )


def _apart_db(shapes: Floats) -> float:
    """The mean RMS difference between every two, level-free."""
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    pairs = [np.std(one - other) for place, one in enumerate(shapes) for other in shapes[:place]]
    return float(np.mean(pairs)) if pairs else 0.0
