"""The material checks itself: pink is pink, levels vary, nothing repeats, no staircase, music meets its target."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from semeq.hearing.longterm import LongTerm
from semeq.response import Floats
from semeq_models.synthesis.material import Clip

PINK_SLOPE_DB, SLOPE_WITHIN_DB = -3.01, 0.2
_LEAST_LEVELS_DB, _MOST_DC, _MOST_RUMBLE, _MOST_OFF_DB = 6.0, 0.01, 0.01, 1.0
_FEW = 4  # clips: fewer cannot be asked to vary


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that must hold, what was measured, and whether it does."""

    name: str
    measured: str
    fine: bool


def check(clips: Sequence[Clip]) -> tuple[Check, ...]:
    """Check some clips together; those without an EQ on them are held against what they were made to be."""
    levels_db = [20.0 * np.log10(max(float(np.sqrt(np.mean(np.square(one.audio)))), 1e-9)) for one in clips]
    prints = {hashlib.sha256(np.ascontiguousarray(one.audio).tobytes()).hexdigest() for one in clips}
    dc = max(abs(float(np.mean(channel))) / max(float(np.std(channel)), 1e-9) for one in clips for channel in one.audio)
    rumble = max(_below(one, 20.0) for one in clips)
    varied = max(levels_db) - min(levels_db)
    found = [
        Check(
            name="levels vary",
            measured=f"{min(levels_db):.1f} to {max(levels_db):.1f} dBFS",
            fine=varied >= _LEAST_LEVELS_DB or len(clips) < _FEW,
        ),
        Check(name="no clip repeats", measured=f"{len(prints)} of {len(clips)} differ", fine=len(prints) == len(clips)),
        Check(name="no DC", measured=f"at most {dc:.1e} of the RMS", fine=dc <= _MOST_DC),
        Check(name="no staircase", measured=f"at most {rumble:.2%} below 20 Hz", fine=rumble <= _MOST_RUMBLE),
    ]
    plain = [one for one in clips if not one.eq]
    if pink := [one for one in plain if one.kind == "pink"]:
        slope = slope_db(pink)
        fine = abs(slope - PINK_SLOPE_DB) <= SLOPE_WITHIN_DB
        found.append(Check(name="pink noise is pink", measured=f"{slope:.2f} dB an octave", fine=fine))
    if aimed := [one for one in plain if one.target_db is not None]:
        off = max(_off_db(one) for one in aimed)
        found.append(
            Check(name="music meets its target", measured=f"within {off:.2f} dB RMS", fine=off <= _MOST_OFF_DB)
        )
    return tuple(found)


def slope_db(clips: Sequence[Clip]) -> float:
    """The slope of power per Hz over all clips together, by octaves from 40 Hz to 10 kHz, in dB an octave."""
    edges_hz = 40.0 * 2.0 ** np.arange(9)
    powers = np.zeros(len(edges_hz) - 1)
    for one in clips:
        power, freqs_hz = _spectrum(one)
        level = max(float(power.sum()), 1e-30)
        for octave, (low, high) in enumerate(pairwise(edges_hz)):
            powers[octave] += float(power[(freqs_hz >= low) & (freqs_hz < high)].mean()) / level
    return float(np.polyfit(np.arange(len(powers)), 10.0 * np.log10(powers), 1)[0])


def _spectrum(one: Clip) -> tuple[Floats, Floats]:
    power = np.sum(np.abs(np.fft.rfft(one.audio)) ** 2, axis=0)
    return np.asarray(power), np.fft.rfftfreq(one.audio.shape[1], 1.0 / one.rate_hz).astype(np.float64)


def _below(one: Clip, freq_hz: float) -> float:
    power, freqs_hz = _spectrum(one)
    return float(power[freqs_hz < freq_hz].sum() / max(float(power.sum()), 1e-30))


def _off_db(one: Clip) -> float:
    ears = LongTerm(one.rate_hz, len(one.audio))
    ears.update(one.audio)
    spectrum = ears.finish()
    off = (spectrum.levels_db - one.target_db)[spectrum.heard] if one.target_db is not None else np.zeros(1)
    return float(np.std(off))
