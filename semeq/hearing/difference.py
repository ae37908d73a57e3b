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
    """``shape_db`` is the second's spectrum minus the first's, level-free, at ``BANDS_HZ``; NaN where one has nothing.

    ``null_dbfs_relative`` is what is left, against the first, when the second is subtracted with the gain
    (``gain_db``) that leaves the least; -inf for the same samples, None where they cannot cancel: ``unlike`` says why.
    """

    first: Analysis
    second: Analysis
    shape_db: Floats = field(repr=False)
    null_dbfs_relative: float | None
    gain_db: float | None
    unlike: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        null, gain = self.null_dbfs_relative, self.gain_db
        return {
            "first": self.first.to_dict(),
            "second": self.second.to_dict(),
            "spectrum_db": {
                f"{hz:g}": round(float(db), 2) if math.isfinite(db) else None
                for hz, db in zip(BANDS_HZ, self.shape_db, strict=True)
            },
            "null_db": None if null is None or not math.isfinite(null) else round(null, 2),
            "identical": null == -math.inf,
            "gain_db": None if gain is None else round(gain, 3),
            "unlike": self.unlike,
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
    off = np.where(both, other.heard.spectrum.levels_db - one.heard.spectrum.levels_db, np.nan)
    null, gain, unlike = _null(first, second)
    return Difference(
        first=analysis_of(one, model, language),
        second=analysis_of(other, model, language),
        shape_db=off - off[both].mean() if both.any() else off,
        null_dbfs_relative=null,
        gain_db=gain,
        unlike=unlike,
    )


def _null(first: Path, second: Path) -> tuple[float | None, float | None, str]:
    """What is left of the first, the gain of the second, and why they cannot cancel where that is so."""
    with open_audio(first) as one, open_audio(second) as other:
        for name, unit in (("rate_hz", "Hz"), ("channels", "channels"), ("frames", "samples")):
            values = [getattr(reader.info, name) for reader in (one, other)]
            if values[0] != values[1]:
                return None, None, f"{values[0]} and {values[1]} {unit}"
        aa = ab = bb = 0.0
        while (a := one.read(_BLOCK).astype(np.float64)).shape[1]:
            b = other.read(_BLOCK).astype(np.float64)
            if b.shape != a.shape:
                return None, None, "one ends before its header says"
            aa, ab, bb = aa + float(np.sum(a * a)), ab + float(np.sum(a * b)), bb + float(np.sum(b * b))
    if not aa or not bb:
        return (-math.inf, 0.0, "") if aa == bb else (None, None, "one of them is silent")
    gain = ab / bb
    left = max(aa - gain * ab, 0.0) / aa
    floor = 1e-15  # of double precision sums
    null_db = 10.0 * math.log10(left) if left > floor else -math.inf
    return null_db, 20.0 * math.log10(abs(gain)) if gain else None, ""
