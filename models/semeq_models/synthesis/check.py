"""The material checks itself: pink is pink, levels vary, nothing repeats, no staircase, music meets its target."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from semeq.hearing.longterm import LongTerm
from semeq.response import Floats
from semeq_models.synthesis.material import Clip

PINK_SLOPE_DB, SLOPE_WITHIN_DB = -3.01, 0.2
_EDGES_HZ = 40.0 * 2.0 ** np.arange(9)
_LEAST_LEVELS_DB, _MOST_DC, _MOST_RUMBLE, _MOST_OFF_DB = 6.0, 1e-4, 0.01, 1.0
_FEW = 8  # clips: in fewer, levels over 30 dB lie this close by chance more than once in ten thousand times


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that must hold, what was measured, and whether it does."""

    name: str
    measured: str
    fine: bool


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Measured:
    """What the checks need of one clip, so that its sound need not be kept.

    ``dc`` is a share of the RMS and ``rumble`` of the power; ``octaves`` the power per Hz from 40 Hz up, of a pink clip
    that is as it was made; ``off_db`` how far it is from its target, where it has one and no EQ.
    """

    level_dbfs: float
    sha256: str
    dc: float
    rumble: float
    octaves: Floats | None = field(default=None, repr=False)
    off_db: float | None = None


def measure(one: Clip) -> Measured:
    """Everything that is checked about one clip."""
    audio = one.audio.astype(np.float64)
    rms = np.maximum(np.sqrt(np.mean(np.square(audio), axis=1)), 1e-9)
    power, freqs_hz = _spectrum(one)
    return Measured(
        level_dbfs=float(10.0 * np.log10(np.mean(np.square(rms)))),
        sha256=hashlib.sha256(np.ascontiguousarray(one.audio).tobytes()).hexdigest(),
        dc=float(np.max(np.abs(audio.mean(axis=1)) / rms)),
        rumble=float(power[freqs_hz < 20.0].sum() / max(float(power.sum()), 1e-30)),
        octaves=_octaves(one) if one.kind == "pink" and not one.eq else None,
        off_db=_off_db(one) if one.target_db is not None and not one.eq else None,
    )


def check(clips: Iterable[Clip]) -> tuple[Check, ...]:
    """Check some clips together; those without an EQ on them are held against what they were made to be."""
    return verdicts([measure(one) for one in clips])


def verdicts(found: Sequence[Measured]) -> tuple[Check, ...]:
    """One line a check over all clips that were measured."""
    levels_dbfs = [one.level_dbfs for one in found]
    prints = {one.sha256 for one in found}
    dc, rumble = max(one.dc for one in found), max(one.rumble for one in found)
    lines = [
        Check(
            name="levels vary",
            measured=f"{min(levels_dbfs):.1f} to {max(levels_dbfs):.1f} dBFS",
            fine=max(levels_dbfs) - min(levels_dbfs) >= _LEAST_LEVELS_DB or len(found) < _FEW,
        ),
        Check(name="no clip repeats", measured=f"{len(prints)} of {len(found)} differ", fine=len(prints) == len(found)),
        Check(name="no DC", measured=f"at most {dc:.1e} of the RMS", fine=dc <= _MOST_DC),
        Check(name="no staircase", measured=f"at most {rumble:.2%} below 20 Hz", fine=rumble <= _MOST_RUMBLE),
    ]
    if pink := [one.octaves for one in found if one.octaves is not None]:
        slope = _slope_db(pink)
        fine = abs(slope - PINK_SLOPE_DB) <= SLOPE_WITHIN_DB
        lines.append(Check(name="pink noise is pink", measured=f"{slope:.2f} dB an octave", fine=fine))
    if aimed := [one.off_db for one in found if one.off_db is not None]:
        off = max(aimed)
        lines.append(
            Check(name="music meets its target", measured=f"within {off:.2f} dB RMS", fine=off <= _MOST_OFF_DB)
        )
    return tuple(lines)


def slope_db(clips: Iterable[Clip]) -> float:
    """The slope of power per Hz over all clips together, by octaves from 40 Hz to 10 kHz, in dB an octave."""
    return _slope_db([_octaves(one) for one in clips])


def _slope_db(octaves: Sequence[Floats]) -> float:
    count = min(map(len, octaves))
    powers = np.sum([one[:count] for one in octaves], axis=0)
    return float(np.polyfit(np.arange(count), 10.0 * np.log10(np.maximum(powers, 1e-30)), 1)[0])


def _octaves(one: Clip) -> Floats:
    """Mean power in each octave that lies below half the sample rate as a whole; clips of all levels count alike."""
    power, freqs_hz = _spectrum(one)
    edges_hz = _EDGES_HZ[0.5 * one.rate_hz >= _EDGES_HZ]
    means = [power[(freqs_hz >= low) & (freqs_hz < high)].mean() for low, high in pairwise(edges_hz)]
    return np.array(means) / max(float(power.sum()), 1e-30)


def _spectrum(one: Clip) -> tuple[Floats, Floats]:
    power = np.sum(np.abs(np.fft.rfft(one.audio)) ** 2, axis=0)
    return np.asarray(power), np.fft.rfftfreq(one.audio.shape[1], 1.0 / one.rate_hz).astype(np.float64)


def _off_db(one: Clip) -> float:
    ears = LongTerm(one.rate_hz, len(one.audio))
    ears.update(one.audio)
    spectrum = ears.finish()
    off = (spectrum.levels_db - one.target_db)[spectrum.heard] if one.target_db is not None else np.zeros(1)
    return float(np.std(off))
