"""A long piece whose sections differ: how much of the words each second lacks, moving over seconds, never pumping."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from semeq.audio import open_audio
from semeq.hearing.adaptive import Adapted, adapt, heard_share, most_share
from semeq.hearing.listening import Listened
from semeq.hearing.longterm import GATE_DB, LongTerm, Spectrum
from semeq.response import Floats
from semeq.settings import EqSettings

WINDOW_S, SMOOTH_S = 15, 4.0
_SLOWEST = 0.02  # the share moves by no more than this in a second


def follow(path: Path, full: EqSettings, intensity: float, listened: Listened) -> tuple[Adapted, tuple[float, ...]]:
    """Settings for the second that lacks most, and for every second how much of them (0 to 1) to use.

    Each second is judged with those around it, 15 in all. Silence and quiet passages hold what was there.
    """
    whole = adapt(full, intensity, listened)
    levels_db, loud = _seconds(path)
    if not loud.any():
        return whole, ()
    shares = _held(_shares(levels_db, loud, full, intensity, listened), loud)
    shares = _slow(_smoothed(shares))
    most = float(shares.max())
    if most <= 0.0:
        return replace(whole, settings=full.scaled(0.0), share=0.0), ()
    note = f"follows the piece: given {shares.min():.0%} to {most:.0%}, no faster than {_SLOWEST:.0%} a second"
    adapted = replace(whole, settings=full.scaled(intensity * most), share=float(shares.mean()))
    factors = tuple(round(float(share) / most, 4) for share in shares)
    return replace(adapted, notes=(*adapted.notes, note)), factors


def _seconds(path: Path) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """The spectrum of every second, and which of them are loud enough to be judged. Shapes: ``[S, bands], [S]``."""
    rows, loud = [], []
    with open_audio(path) as reader:
        while (block := reader.read(reader.info.rate_hz)).shape[1]:
            ears = LongTerm(reader.info.rate_hz, reader.info.channels)
            ears.update(block)
            heard = ears.finish()
            rows.append(heard.levels_db)
            loud.append(heard.loud_s > 0.0)
    levels = np.array(rows)
    sounding = np.array(loud)
    overall = np.max(levels, axis=1)
    if sounding.any():
        sounding &= overall > np.percentile(overall[sounding], 90) - GATE_DB
    return levels, sounding


def _shares(
    levels_db: Floats,
    loud: np.ndarray[tuple[int], np.dtype[np.bool_]],
    full: EqSettings,
    intensity: float,
    listened: Listened,
) -> Floats:
    """What each loud second lacks, judged with its neighbours."""
    heard, reference = listened.heard.spectrum.heard, listened.reference
    powers = 10.0 ** (levels_db / 10.0) * loud[:, None]
    half = WINDOW_S // 2
    sums, counts = np.cumsum(np.r_[np.zeros((1, powers.shape[1])), powers], axis=0), np.cumsum(np.r_[0, loud])
    deviations = []
    for second in range(len(loud)):
        first, last = max(second - half, 0), min(second + half + 1, len(loud))
        power = (sums[last] - sums[first]) / max(int(counts[last] - counts[first]), 1)
        near = Spectrum(
            levels_db=10.0 * np.log10(np.maximum(power, 1e-30)),
            heard=heard,
            loud_s=1.0,
            flutter_db=listened.heard.spectrum.flutter_db,
        )
        deviations.append(
            listened.trust * reference.deviation_db(near) if counts[last] > counts[first] else np.zeros(40)
        )
    places = listened.trust * listened.encoder.place(np.array(deviations), reference.spread_db)
    haves = heard_share(full, places, listened)
    towards = 1.0 if intensity >= 0.0 else -1.0
    return np.clip(1.0 - towards * haves, 0.0, most_share(listened.trust))


def _held(shares: Floats, loud: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """Silence holds what was there before; at the beginning, what comes."""
    last = np.maximum.accumulate(np.where(loud, np.arange(len(loud)), -1))
    return np.asarray(shares[np.where(last < 0, int(np.argmax(loud)), last)])


def _smoothed(shares: Floats) -> Floats:
    """A mean over some seconds, the ends held."""
    reach = round(3 * SMOOTH_S)
    weights = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / SMOOTH_S))
    padded = np.pad(shares, reach, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, len(weights)) @ (weights / weights.sum()))


def _slow(shares: Floats) -> Floats:
    """No step larger than the slowest pace, reached from both sides so that nothing lags."""
    slow = shares.copy()
    for second in range(1, len(slow)):
        slow[second] = np.clip(slow[second], slow[second - 1] - _SLOWEST, slow[second - 1] + _SLOWEST)
    for second in range(len(slow) - 2, -1, -1):
        slow[second] = np.clip(slow[second], slow[second + 1] - _SLOWEST, slow[second + 1] + _SLOWEST)
    return slow
