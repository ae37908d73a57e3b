"""A short piece of made-up music to try words on: pads, bass, a plucked melody and drums, from numpy alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from semeq.errors import UsageError
from semeq.response import Floats

PEAK_DB = -3.0
_BEAT_S = 0.5  # 120 beats a minute, one chord to four
_BASS = (33, 29, 36, 31)  # A minor 7, F major 7, C, G; MIDI note numbers
_CHORDS = ((57, 60, 64, 67), (57, 60, 64, 65), (55, 60, 64, 67), (55, 59, 62, 67))
_SCALE = (69, 72, 74, 76, 79, 81)  # A minor pentatonic
_TONE_HZ = (20.0, 40.0, 70.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0)
_TONE_DB = (-20.0, -1.5, -0.5, 0.0, 1.0, 2.5, 4.0, 3.5, -1.0)
_DRIVE = 0.5  # into a soft limiter: the loudness of a finished, unhurried master


def music(dur_s: float = 8.0, rate_hz: int = 48_000, seed: int = 1) -> npt.NDArray[np.float32]:
    """Stereo music ``[2, n]``, peak -3 dBFS, about -17 LUFS; the seed picks melody and noise.

    >>> music(0.5).shape
    (2, 24000)
    """
    if not 0.1 <= dur_s <= 600:
        raise UsageError(f"dur_s={dur_s:g}: use 0.1 to 600 seconds")
    if not 8000 <= rate_hz <= 192_000:
        raise UsageError(f"rate_hz={rate_hz:g}: use 8000 to 192000 Hz")
    rng = np.random.default_rng(seed)
    mix = np.zeros((2, round(dur_s * rate_hz)))
    for voice in (_pads, _bass, _melody, _drums):
        voice(mix, rate_hz, rng)
    mix = _room(mix, rate_hz, rng)
    mix = np.tanh(mix * _DRIVE)
    mix -= mix.mean(axis=1, keepdims=True)
    samples = np.arange(mix.shape[1])
    mix *= np.minimum(np.minimum(samples / (0.005 * rate_hz), samples[::-1] / (0.05 * rate_hz)), 1.0)
    mix *= 10.0 ** (PEAK_DB / 20.0) / np.abs(mix).max()
    return (np.rint(mix * 2.0**23) / 2.0**23).astype(np.float32)  # a 24-bit file holds it exactly


def _pads(mix: Floats, rate_hz: int, rng: np.random.Generator) -> None:
    """One chord a bar, each ear a little out of tune with the other."""
    seconds = np.arange(round(2.3 * rate_hz)) / rate_hz
    swell = np.minimum(np.minimum(seconds / 0.15, (2.3 - seconds) / 0.3), 1.0)

    def chord(notes: tuple[int, ...]) -> Floats:
        ears = [
            sum(_tone(_hz(note) * detune, seconds, rate_hz, 1.35, rng.random()) for note in notes)
            for detune in (0.9985, 1.0015)
        ]
        return np.asarray(0.055 * swell * np.array(ears))

    chords = [chord(notes) for notes in _CHORDS]
    for bar, start in enumerate(range(0, mix.shape[1], round(4 * _BEAT_S * rate_hz))):
        _add(mix, chords[bar % len(chords)], start)


def _bass(mix: Floats, rate_hz: int, rng: np.random.Generator) -> None:
    """The root on every half beat, the weak ones softer."""
    seconds = np.arange(round(0.48 * rate_hz)) / rate_hz
    swell = np.minimum(seconds / 0.006, 1.0) * np.exp(-seconds / 0.22) * np.minimum((0.48 - seconds) / 0.03, 1.0)
    notes = [swell * _tone(_hz(note), seconds, rate_hz, 1.6, rng.random()) for note in _BASS]
    for step, start in enumerate(range(0, mix.shape[1], round(_BEAT_S / 2 * rate_hz))):
        _add(mix, notes[step // 8 % len(notes)] * (0.30 if step % 2 == 0 else 0.18), start)


def _melody(mix: Floats, rate_hz: int, rng: np.random.Generator) -> None:
    """A walk up and down the scale on plucked strings; higher partials die sooner."""
    seconds = np.arange(round(0.9 * rate_hz)) / rate_hz

    def pluck(note: int) -> Floats:
        partials = [n for n in range(1, 15) if n * _hz(note) < 0.45 * rate_hz]
        return sum(
            (
                np.sin(2 * np.pi * n * _hz(note) * seconds) * np.exp(-seconds * (3.0 + 1.2 * n)) / n**0.9
                for n in partials
            ),
            np.zeros_like(seconds),
        ) * np.minimum((0.9 - seconds) / 0.05, 1.0)

    plucks, step = [pluck(note) for note in _SCALE], 2
    for start in range(0, mix.shape[1], round(_BEAT_S / 2 * rate_hz)):
        step = int(np.clip(step + rng.integers(-2, 3), 0, len(_SCALE) - 1))
        if rng.random() < 0.65:
            left = rng.uniform(0.35, 0.65)
            _add(mix, 0.16 * plucks[step] * np.array([[left], [1 - left]]), start)


def _drums(mix: Floats, rate_hz: int, rng: np.random.Generator) -> None:
    """Kick on one and three, snare on two and four, hats on every half beat."""
    seconds = np.arange(round(0.35 * rate_hz)) / rate_hz
    fade = np.minimum((0.35 - seconds) / 0.05, 1.0)
    sweep = 46.0 * seconds + 110.0 * 0.03 * (1.0 - np.exp(-seconds / 0.03))  # from 156 Hz down to 46 Hz
    kick = np.sin(2 * np.pi * sweep) * np.exp(-seconds / 0.12) * fade
    noise = rng.standard_normal(len(seconds))
    snare = (
        0.35 * noise * np.exp(-seconds / 0.07) + np.sin(2 * np.pi * 190.0 * seconds) * np.exp(-seconds / 0.05)
    ) * fade
    hat = np.diff(rng.standard_normal((2, len(seconds))), prepend=0.0) * np.exp(-seconds / 0.03) * fade
    for step, start in enumerate(range(0, mix.shape[1], round(_BEAT_S / 2 * rate_hz))):
        if step % 4 == 0:
            _add(mix, 0.55 * kick, start)
        if step % 4 == 2:
            _add(mix, 0.28 * snare, start)
        _add(mix, rng.uniform(0.03, 0.05) * hat, start)


def _room(mix: Floats, rate_hz: int, rng: np.random.Generator) -> Floats:
    """A short reverberation and the tone curve, in one convolution."""
    seconds = np.arange(round(0.6 * rate_hz)) / rate_hz
    echo = rng.standard_normal((2, len(seconds))) * np.exp(-seconds / 0.12)
    echo *= 0.35 / np.sqrt(np.sum(echo**2, axis=1, keepdims=True))
    echo[:, 0] += 1.0
    size = 1 << (mix.shape[1] + len(seconds)).bit_length()
    freqs_hz = np.maximum(np.fft.rfftfreq(size, 1.0 / rate_hz), 1.0)
    tone = 10.0 ** (np.interp(np.log(freqs_hz), np.log(_TONE_HZ), _TONE_DB) / 20.0)
    wet = np.fft.irfft(np.fft.rfft(mix, size) * np.fft.rfft(echo, size) * tone, size)
    return np.asarray(wet[:, : mix.shape[1]])


def _add(mix: Floats, sound: Floats, start: int) -> None:
    room = mix[:, start : start + sound.shape[-1]]
    room += sound[..., : room.shape[1]]


def _hz(note: int) -> float:
    return float(440.0 * 2.0 ** ((note - 69) / 12.0))


def _tone(freq_hz: float, seconds: Floats, rate_hz: int, fall: float, phase: float) -> Floats:
    """Harmonics ``n`` at ``n ** -fall`` up to 45 % of the rate, read from one cycle. Shapes: ``[N] -> [N]``."""
    harmonics = np.arange(1, min(int(0.45 * rate_hz / freq_hz), 400) + 1)
    spectrum = np.zeros(1025, dtype=np.complex128)
    spectrum[harmonics] = -0.5j * harmonics**-fall
    cycle = np.fft.irfft(spectrum, norm="forward")
    at = (freq_hz * seconds + phase) % 1.0
    return np.asarray(np.interp(at, np.linspace(0.0, 1.0, 2049), np.append(cycle, cycle[0])))
