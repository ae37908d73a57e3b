"""One strip's sound, block by block: filtered, guarded against what is no sound, its difference on demand, its levels.

A glide of `StreamingEq` is all there is to changes of words, jumps and bypass: no branch, no second chain.
"""

from __future__ import annotations

import math

import numpy as np

from semeq.response import Floats
from semeq.streaming import Audio, StreamingEq
from semeq_bridge.live.panel import Strip
from semeq_bridge.live.wanted import Tap

_LOUDEST = 1e3  # +60 dBFS: beyond it something is broken upstream
_FADE_OUT_MS, _FADE_IN_MS, _DELTA_MS, _FALL_MS = 1.0, 20.0, 30.0, 500.0


class Insert:
    """The EQ of one instance. ``strip`` says what to play, and is told what was played."""

    def __init__(self, strip: Strip, rate_hz: float, channels: int, tap: Tap = "input") -> None:
        self._strip, self._tap, self._seen = strip, tap, 0
        self._rate_hz = rate_hz
        self._eq = StreamingEq(rate_hz=rate_hz, channels=channels)
        self._delta, self._last = 0.0, np.zeros((channels, 1), np.float32)
        self._fall_frames = self._frames(_FALL_MS)
        self._delta_step = 1.0 / self._frames(_DELTA_MS)
        self._to_delta = 0.0
        self._tail = np.zeros((channels, 0), np.float32)
        self._open = 1.0  # 0 after what was no sound, until it has faded in again
        self.bad = 0
        fade = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, self._frames(_FADE_OUT_MS) + 1) / self._frames(_FADE_OUT_MS))
        self._fade_out = fade.astype(np.float32)
        self._take()
        self._eq.reset()
        self._delta = self._to_delta

    def _frames(self, dur_ms: float) -> int:
        return max(round(dur_ms * self._rate_hz / 1000.0), 1)

    def _take(self) -> None:
        """What is asked for by now."""
        found = self._strip.asked(self._seen)
        if found is not None:
            self._seen, asked = found
            self._eq.settings, self._eq.bypassed = asked.settings, asked.bypass
            self._to_delta = float(asked.delta)

    def process(self, block: Audio, heard: Audio | None = None) -> Audio:
        """The next frames. ``heard`` is what the listener is given where it has ports of its own. Shape: ``[C, n]``."""
        if not block.shape[1]:
            return np.empty_like(block)
        self._take()
        high = float(max(block.max(), -block.min()))
        if not high < _LOUDEST:  # also where it is NaN
            return self._muted(block)
        out: Audio = self._eq.process(block)
        if self._delta != self._to_delta:
            out -= block * self._gliding_delta(block.shape[1])
        elif self._delta:
            out -= block
        if self._open < 1.0:
            out *= self._opening(block.shape[1])
        if self._tail.shape[1]:
            self._fade(out)
        self._last = out[:, -1:]
        self._leave(block if self._tap == "input" else out if heard is None else heard)
        self._meter(high, float(max(out.max(), -out.min())), block.shape[1])
        return out

    def _leave(self, heard: Audio) -> None:
        """Sound for the listener; ports of its own may bring what is none, which it must not remember."""
        if self._tap != "ports" or float(np.abs(heard).max()) < _LOUDEST:
            self._strip.write(heard)

    def warm(self, block: Audio) -> None:
        """Make what the first block of this size needs; heard by nobody."""
        self._eq.process(block)
        self._eq.reset()

    def _muted(self, block: Audio) -> Audio:
        """Silence in place of what is no sound, reached without a click; the filters forget it."""
        self.bad += 1
        self._tail = self._last * self._fade_out
        out = np.zeros_like(block)
        self._fade(out)
        self._last = out[:, -1:].copy()
        self._open = 0.0
        self._eq.reset()
        self._meter(0.0, float(np.abs(out).max()), block.shape[1])
        return out

    def _fade(self, out: Audio) -> None:
        """What was heard last, dying away over as many blocks as that takes."""
        count = min(out.shape[1], self._tail.shape[1])
        out[:, :count] += self._tail[:, :count]
        self._tail = self._tail[:, count:]

    def _opening(self, frames: int) -> Audio:
        way = np.minimum(self._open + np.arange(1, frames + 1) / self._frames(_FADE_IN_MS), 1.0)
        self._open = float(way[-1])
        return _smooth(way)

    def _gliding_delta(self, frames: int) -> Audio:
        step = math.copysign(self._delta_step, self._to_delta - self._delta)
        way: Floats = np.clip(self._delta + step * np.arange(1.0, frames + 1.0), 0.0, 1.0, dtype=np.float64)
        self._delta = float(way[-1])
        return _smooth(way)

    def _meter(self, into: float, out: float, frames: int) -> None:
        """Peaks that fall slowly."""
        levels = self._strip.levels
        fall = 1.0 - min(frames / self._fall_frames, 1.0)
        levels[0], levels[1] = max(into, levels[0] * fall), max(out, levels[1] * fall)


def _smooth(way: Floats) -> Audio:
    """From 0 to 1 without a corner."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * way), dtype=np.float32)
