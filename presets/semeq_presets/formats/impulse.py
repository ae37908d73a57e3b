"""A minimum-phase impulse response as a WAV file, for every convolver."""

from __future__ import annotations

import struct

import numpy as np

from semeq.response import Floats, sections, sos
from semeq.settings import EqSettings
from semeq_presets.preset import Files, Preset, one_file

_LEAST, _MOST = 1 << 10, 1 << 18
_REST = 10 ** (-100 / 20)  # what may be left when the tail is cut
_GRAIN = 2.0**-26  # finer than what floats near 1 hold; rounded to it, every machine writes the same bytes


def impulse_response(settings: EqSettings, rate_hz: float) -> Floats:
    """What an impulse becomes: cookbook filters are of minimum phase as they are; only the tail is cut and faded."""
    frames = _frames(settings, rate_hz)
    rows = sos(settings, rate_hz)
    z = np.exp(-2j * np.pi * np.arange(frames + 1) / (2 * frames))
    response = np.ones(frames + 1, complex)
    for b0, b1, b2, a0, a1, a2 in rows:
        response *= (b0 + z * (b1 + z * b2)) / (a0 + z * (a1 + z * a2))
    heard = np.fft.irfft(response)[:frames]
    fade = frames // 8
    heard[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 1) / fade)
    return np.asarray(heard)


def _frames(settings: EqSettings, rate_hz: float) -> int:
    """A power of two that holds the slowest decay."""
    _, a = sections(np.array(settings.freqs_hz), np.array(settings.gains_db), np.array(settings.qs), rate_hz)
    slowest = max((float(np.abs(np.roots(row)).max()) for row in a if np.any(row[1:])), default=0.0)
    needed = np.log(_REST) / np.log(min(max(slowest, 0.5), 1 - 1e-7)) * 8 / 7
    return int(min(max(1 << int(np.ceil(np.log2(needed))), _LEAST), _MOST))


def write(preset: Preset, variant: str) -> Files:
    """A mono WAV file of 32-bit floats; the note stands in its INFO chunk."""
    del variant
    rate_hz = round(preset.rate_hz)
    response = np.round(impulse_response(preset.settings, rate_hz) / _GRAIN) * _GRAIN
    samples = response.astype("<f4").tobytes()
    note = preset.comment.encode("ascii") + b"\0"
    note += b"\0" * (len(note) % 2)
    info = b"INFO" + _chunk(b"ICMT", note)
    body = b"WAVE" + _chunk(b"fmt ", struct.pack("<HHIIHHH", 3, 1, rate_hz, rate_hz * 4, 4, 32, 0))
    body += _chunk(b"fact", struct.pack("<I", len(samples) // 4)) + _chunk(b"LIST", info) + _chunk(b"data", samples)
    return one_file(preset, ".wav", _chunk(b"RIFF", body))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data
