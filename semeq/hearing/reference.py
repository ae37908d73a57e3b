"""What a programme is compared with: the mean long-term spectrum of some material, and how far its pieces differ.

"Bright" is relative to something. A reference names it: learnt from recordings, or made from the user's own tracks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from semeq.errors import ModelError, SemeqError, UsageError
from semeq.hearing.longterm import BANDS_HZ, Spectrum
from semeq.response import Floats
from semeq.weights import damage, parse, read_bytes, shipped, text, weights_folder

FORMAT = "semeq.references/1"
DEFAULT_REFERENCE = "music"
STEADY_DB = 0.8  # bands that move less than this are steady noise, which no music is
_OWN_SPREAD_DB, _OWN_TRACKS = 4.5, 2.0  # what the tracks of one artist differ by, known before any is heard
_MIDDLE = 0.85  # how far the middle track is off, against the RMS of all
_MEAN_TRACKS = 1.0  # how many tracks the general mean weighs beside the user's own
_AUDIBLE = (BANDS_HZ > 100.0) & (BANDS_HZ < 10_000.0)
_UNTOUCHED_DB = 0.5  # what the same piece differs from itself by, after a coder or a resampler
_FOUND_DB = 0.7  # of noise in every band, so that matrices stay solvable


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reference:
    """A mean spectrum, level-free, and how tracks differ from it: half of them by less than ``spread_db`` RMS.

    ``usual_db`` are 101 quantiles of how far (RMS) its tracks are from the mean.
    """

    name: str
    about: str
    tracks: int
    mean_db: Floats = field(repr=False)
    covariance: Floats = field(repr=False)
    spread_db: float
    usual_db: Floats = field(repr=False)

    def __str__(self) -> str:
        """The name with what it rests on."""
        return f"{self.name} ({self.about}; half of it within {self.spread_db:.1f} dB RMS)"

    def deviation_db(self, spectrum: Spectrum) -> Floats:
        """How a programme differs from the mean, level-free; bands without sound as the others make it likely."""
        heard = spectrum.heard
        if not heard.any():
            return np.zeros(len(BANDS_HZ))
        off = spectrum.shape_db[heard] - self.mean_db[heard]
        if heard.all():
            return np.asarray(off - off.mean())
        known = self.covariance[np.ix_(heard, heard)] + _FOUND_DB * np.eye(int(heard.sum()))
        solved = np.linalg.solve(known, np.stack([off, np.ones_like(off)], axis=1))
        off = off - solved[:, 0].sum() / solved[:, 1].sum()  # the level that makes the rest least surprising
        whole = np.zeros(len(BANDS_HZ))
        whole[heard] = off
        whole[~heard] = self.covariance[np.ix_(~heard, heard)] @ np.linalg.solve(known, off)
        return np.asarray(whole - whole.mean())

    def unusual(self, deviation_db: Floats) -> float:
        """The share of the reference's tracks that are nearer to its mean than this."""
        return float(np.interp(np.std(deviation_db), self.usual_db, np.linspace(0.0, 1.0, len(self.usual_db))))

    def holds(self, deviation_db: Floats, curve_db: Floats) -> float:
        """The share of the reference's tracks that have less of a curve than this, if they are normally distributed.

        Only what lies between 100 Hz and 10 kHz counts: beyond, tracks differ most and ears hear least.
        """
        curve = _AUDIBLE * (curve_db - curve_db[_AUDIBLE].mean())
        off = _AUDIBLE * (deviation_db - deviation_db[_AUDIBLE].mean())
        square = float(curve @ curve)
        width = math.sqrt(max(float(curve @ self.covariance @ curve), 0.0) + _FOUND_DB**2 * square)
        return 0.5 * (1.0 + math.erf(float(off @ curve) / max(width, 1e-9) / math.sqrt(2.0)))


def load_reference(name: str = DEFAULT_REFERENCE) -> Reference:
    """One of the references that come with semeq.

    >>> load_reference("pink").tracks
    0
    """
    known = references()
    if not isinstance(name, str) or name not in known:
        raise UsageError(f"no reference {name!r}; choose {', '.join(known)}, or give a file or a folder of your tracks")
    return known[name]


@lru_cache(maxsize=1)
def references() -> dict[str, Reference]:
    """All references that come with semeq, by name."""
    ((name, entry),) = shipped(FORMAT).items()
    path = weights_folder() / entry["file"]
    return parse_references(read_bytes(path), name, sha256=entry["sha256"])


def parse_references(data: bytes, name: str, *, sha256: str | None = None) -> dict[str, Reference]:
    """The references that the bytes of a file hold."""
    card, tensors, _ = parse(data, name, FORMAT, sha256=sha256)
    try:
        return {text(one["name"]): _reference(one, tensors) for one in card["references"]}
    except (KeyError, TypeError, ValueError, SemeqError):
        raise damage(name) from None


def _reference(said: Mapping[str, object], tensors: Mapping[str, Floats]) -> Reference:
    name, bands = text(said["name"]), len(BANDS_HZ)
    mean, covariance, usual = (tensors[f"{name}.{part}"] for part in ("mean_db", "covariance", "usual_db"))
    spread = float(said["spread_db"])  # type: ignore[arg-type]  # anything else raises here
    if mean.shape != (bands,) or covariance.shape != (bands, bands) or usual.ndim != 1 or not 0 < spread < 100:
        raise ModelError("a reference whose parts do not fit together")
    return Reference(
        name=name,
        about=text(said["about"]),
        tracks=int(said["tracks"]),  # type: ignore[call-overload]
        mean_db=mean,
        covariance=covariance,
        spread_db=spread,
        usual_db=usual,
    )


def own_reference(spectra: Sequence[Spectrum], name: str, prior: Reference) -> Reference:
    """A reference made of the user's own tracks; the fewer they are, the more it leans on ``prior``."""
    shapes = _shapes(spectra, name, prior)
    count = len(shapes)
    mean = shapes.sum(axis=0) / (count + _MEAN_TRACKS)
    spread = _spread_db(shapes) * math.sqrt(1.0 + 1.0 / (count + _MEAN_TRACKS))  # the mean is known no better than that
    tracks = "1 track" if count == 1 else f"{count} tracks"
    return _moved(prior, name, f"{tracks} of yours", count, mean, spread)


def album_reference(spectra: Sequence[Spectrum], name: str, prior: Reference) -> Reference:
    """The one tonal aim of an album: the mean of its tracks, whatever others sound like."""
    shapes = _shapes(spectra, name, prior)
    return _moved(prior, name, f"its {len(shapes)} tracks", len(shapes), shapes.mean(axis=0), _spread_db(shapes))


def _shapes(spectra: Sequence[Spectrum], name: str, prior: Reference) -> Floats:
    """How each track with sound differs from ``prior``. Shape: ``[n, 40]``."""
    shapes = [prior.deviation_db(one) for one in spectra if one.heard.any()]
    if not shapes:
        raise UsageError(f"reference {name}: nothing to hear in it; give tracks with sound")
    return np.array(shapes)


def _spread_db(shapes: Floats) -> float:
    """What half of such tracks are within, by these and by what is known of others."""
    count = len(shapes)
    around = float(np.sum(np.var(shapes, axis=0)) / len(BANDS_HZ)) * count
    return _MIDDLE * math.sqrt((around + _OWN_TRACKS * _OWN_SPREAD_DB**2) / (count - 1 + _OWN_TRACKS))


def _moved(prior: Reference, name: str, about: str, tracks: int, mean_db: Floats, spread_db: float) -> Reference:
    """``prior`` around another mean, as wide as said."""
    share = spread_db / prior.spread_db
    return replace(
        prior,
        name=name,
        about=about,
        tracks=tracks,
        mean_db=prior.mean_db + mean_db,
        covariance=prior.covariance * share**2,
        spread_db=spread_db,
        usual_db=prior.usual_db * share,
    )


def before(spectrum: Spectrum, name: str, prior: Reference) -> Reference:
    """The same piece before something was done to it: whatever differs is what was done."""
    noise = np.eye(len(BANDS_HZ)) - 1.0 / len(BANDS_HZ)
    return Reference(
        name=name,
        about="the same piece before",
        tracks=1,
        mean_db=prior.mean_db + prior.deviation_db(spectrum),
        covariance=noise * _UNTOUCHED_DB**2,
        spread_db=_UNTOUCHED_DB,
        usual_db=np.linspace(0.0, 2.0 * _UNTOUCHED_DB, len(prior.usual_db)),
    )
