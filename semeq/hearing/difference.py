"""Two programmes side by side: spectra, loudness, words, and how deep they cancel when they are one recording."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from semeq.audio import open_audio
from semeq.hearing.analysis import Analysis, analysis_of
from semeq.hearing.heard import hear
from semeq.hearing.listening import ReferenceLike, find_reference, listen
from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.reference import DEFAULT_REFERENCE
from semeq.language import Language
from semeq.model import Model
from semeq.response import Floats

_BLOCK = 1 << 16


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Difference:
    """``shape_db`` is the second's spectrum minus the first's, level-free, at ``BANDS_HZ``.

    ``null_dbfs_relative`` is what is left, against the first, when the second is subtracted with the gain
    (``gain_db``) that leaves the least; None where rate, channels or length differ, -inf for the same samples.
    """

    first: Analysis
    second: Analysis
    shape_db: Floats = field(repr=False)
    null_dbfs_relative: float | None
    gain_db: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        null, gain = self.null_dbfs_relative, self.gain_db
        return {
            "first": self.first.to_dict(),
            "second": self.second.to_dict(),
            "spectrum_db": {f"{hz:g}": round(float(db), 2) for hz, db in zip(BANDS_HZ, self.shape_db, strict=True)},
            "null_db": None if null is None or not math.isfinite(null) else round(null, 2),
            "identical": null == -math.inf,
            "gain_db": None if gain is None else round(gain, 3),
        }


def compare(
    first: Path,
    second: Path,
    reference: ReferenceLike = DEFAULT_REFERENCE,
    *,
    model: Model,
    language: Language = "en",
) -> Difference:
    """Compare two files."""
    beside = find_reference(reference)
    one, other = (listen(hear(path), reference=beside) for path in (first, second))
    both = one.heard.spectrum.heard & other.heard.spectrum.heard
    off = np.where(both, other.heard.spectrum.levels_db - one.heard.spectrum.levels_db, 0.0)
    null, gain = _null(first, second)
    return Difference(
        first=analysis_of(one, model, language),
        second=analysis_of(other, model, language),
        shape_db=np.where(both, off - off[both].mean(), 0.0) if both.any() else off,
        null_dbfs_relative=null,
        gain_db=gain,
    )


def _null(first: Path, second: Path) -> tuple[float | None, float | None]:
    with open_audio(first) as one, open_audio(second) as other:
        same = ("rate_hz", "channels", "frames")
        if any(getattr(one.info, name) != getattr(other.info, name) for name in same):
            return None, None
        aa = ab = bb = 0.0
        while (a := one.read(_BLOCK).astype(np.float64)).shape[1]:
            b = other.read(_BLOCK).astype(np.float64)
            if b.shape != a.shape:
                return None, None
            aa, ab, bb = aa + float(np.sum(a * a)), ab + float(np.sum(a * b)), bb + float(np.sum(b * b))
    if not aa or not bb:
        return (-math.inf, 0.0) if aa == bb else (None, None)
    gain = ab / bb
    left = max(aa - gain * ab, 0.0) / aa
    floor = 1e-15  # of double precision sums
    return (10.0 * math.log10(left) if left > floor else -math.inf), 20.0 * math.log10(abs(gain)) if gain else None
