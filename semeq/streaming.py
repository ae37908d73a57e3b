"""A live five-band EQ: blocks of any size in, the same blocks out, and a knob that never clicks.

The five filters run as one linear system in float64 with ten states per channel. Each filter is a trapezoidal
state-variable filter (A. Simper, "Solving the continuous SVF equations using trapezoidal integration", 2013): the same
transfer function as the cookbook biquad, but its states are the charges of two capacitors, which keep their meaning
while the coefficients move and which no movement can make grow.

- At rest a chunk of n frames is one product: ``[inputs, states] @ [n + 10, n + 10] -> [outputs, next states]``.
- In motion every frame has coefficients of its own, linear between knots two thirds of a millisecond apart.

Pedalboard's float32 filters were measured first: below 200 Hz they leave the drawn curve by more than the 0.01 dB
allowed and their noise is far above that of the float32 samples, while five of them take about as long as the product.
`tests/bench/bench_streaming.py` prints the tables.
"""

from __future__ import annotations

import math
from operator import index
from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

from semeq.errors import AudioError, SettingsError
from semeq.response import Floats
from semeq.settings import EqSettings, checked_settings, number_or_nan, shown

Audio = npt.NDArray[np.float32]

MIN_SMOOTH_MS, MAX_SMOOTH_MS = 20.0, 50.0
MIN_RATE_HZ, MAX_RATE_HZ = 8_000.0, 768_000.0
MAX_CHANNELS = 256

_KNOT_MS = 2.0 / 3.0
_CHUNK = 64
_STATES = 10
_ROWS = _STATES + 1
_GEMM_CELLS = 1 << 17  # OpenBLAS calls its threads at twice this; a live block must never wait for them
_LOUDEST = 1e25  # with every gain at its highest this still fits into float32
_QUIETEST = 1e-30  # a decaying state below this is cut off, long before it becomes a slow denormal


class StreamingEq:
    """Five bands and a preamp over a stream of blocks; one thread may set while another one processes.

    >>> eq = StreamingEq(EqSettings.flat().with_gain(3, 6.0), rate_hz=48_000, channels=2)
    >>> eq.process(np.zeros((2, 100), np.float32)).shape
    (2, 100)
    """

    def __init__(
        self,
        settings: EqSettings | None = None,
        *,
        rate_hz: float,
        channels: SupportsIndex = 2,
        smooth_ms: float = 30.0,
    ) -> None:
        self.rate_hz = rate_hz = _checked("rate_hz", rate_hz, MIN_RATE_HZ, MAX_RATE_HZ, "Hz")
        self.channels = channels = _checked_channels(channels)
        self.smooth_ms = smooth_ms = _checked("smooth_ms", smooth_ms, MIN_SMOOTH_MS, MAX_SMOOTH_MS, "ms")
        self.bad_blocks = 0
        self._settings, self._bypassed = EqSettings.flat() if settings is None else checked_settings(settings), False
        self._target = _point(self._settings)

        # the way of the parameters
        self._knot = round(_KNOT_MS * rate_hz / 1000)
        count = round(smooth_ms * rate_hz / 1000 / self._knot)
        window = np.hanning(count + 2)[1:-1]
        self._weights = window / window.sum()
        self._history = np.empty((count, len(self._target)))
        ramp = np.arange(1, self._knot + 1) / self._knot
        self._mix = np.stack([1.0 - ramp, ramp], axis=1)

        # at rest: a product and its buffers for each chunk size met
        self._chunk = _CHUNK
        while channels * (self._chunk + _STATES) ** 2 > _GEMM_CELLS:
            self._chunk //= 2
        self._products: dict[int, Floats] = {}
        self._buffers: dict[int, tuple[Floats, Floats]] = {}
        self._state = np.zeros((channels, _STATES))

        # in motion: a system for each frame, and all views of them made once, as making them takes longer than the sum
        self._ends = np.empty((2, _ROWS * _ROWS))
        self._systems = np.empty((_CHUNK, _ROWS, _ROWS))
        self._frames = np.zeros((_CHUNK + 1, _ROWS, channels))
        steps = [system.dot for system in self._systems[:, :-1]]
        self._steps = list(zip(steps, self._frames[:-1], self._frames[1:, :-1], strict=True))
        self.reset()

    @property
    def settings(self) -> EqSettings:
        """What was asked for last; the sound is there ``smooth_ms`` later."""
        return self._settings

    @settings.setter
    def settings(self, settings: EqSettings) -> None:
        self._settings = checked_settings(settings)
        self._aim()

    def set(self, settings: EqSettings) -> None:
        """Glide to ``settings`` in dB, log Hz and log Q, from wherever the curve is now."""
        self.settings = settings

    @property
    def bypassed(self) -> bool:
        """Whether the curve is, or is on its way to, flat; settings made meanwhile wait for the return."""
        return self._bypassed

    @bypassed.setter
    def bypassed(self, bypassed: bool) -> None:
        self._bypassed = bool(bypassed)
        self._aim()

    @property
    def is_moving(self) -> bool:
        """Whether the sound has yet to arrive at what was asked for."""
        return self._moving or self._target is not self._heading

    def reset(self) -> None:
        """Forget the sound so far and be at the target at once."""
        self._state[:] = 0.0
        self._history[:] = self._heading = self._target
        self._arrive(_system(self._heading.tolist(), self.rate_hz))

    def process(self, block: npt.ArrayLike) -> Audio:
        """The next frames, filtered. Shapes: ``[channels, n] -> [channels, n]``; ``block`` stays as it is."""
        try:
            audio = np.asarray(block)
        except (TypeError, ValueError):
            raise AudioError(f"a block {shown(block)}: this stream takes an array [{self.channels}, n]") from None
        if audio.ndim != 2 or len(audio) != self.channels:
            raise AudioError(f"a block of shape {audio.shape}: this stream takes [{self.channels}, n]")
        if audio.dtype.kind != "f":
            raise AudioError(f"a block of {audio.dtype}: use float32 samples, full scale = 1.0")
        out = np.empty(audio.shape, np.float32)
        frames = audio.shape[1]
        if not frames:
            return out
        audio = self._sound(audio)
        if self._target is not self._heading and not self._moving:
            self._depart()
        done = 0
        while done < frames:
            if self._moving:
                size = min(_CHUNK, self._knot - self._phase, frames - done)
                self._move(audio[:, done : done + size], out[:, done : done + size])
            else:
                size = min(self._chunk, frames - done)
                self._rest(audio[:, done : done + size], out[:, done : done + size])
            done += size
        return out

    def _sound(self, audio: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """``audio`` with silence for samples that are no sound; in silence, states that have died away are stilled."""
        peak = np.maximum.reduce(np.abs(audio), axis=None)
        if not peak < _LOUDEST:  # also where it is NaN
            self.bad_blocks += 1
            return np.where(np.abs(audio) < _LOUDEST, audio, 0.0)
        if peak == 0.0 and np.abs(self._state).max() < _QUIETEST:
            self._state[:] = 0.0
        return audio

    # one chunk

    def _rest(self, audio: npt.NDArray[np.floating], out: Audio) -> None:
        size = audio.shape[1]
        product = self._products.get(size)
        if product is None:
            product = self._build(size)
        before, after = self._buffers[size]
        before[:, :size] = audio
        before[:, size:] = self._state
        before.dot(product, after)
        out[:] = after[:, :size]
        self._state[:] = after[:, size:]

    def _move(self, audio: npt.NDArray[np.floating], out: Audio) -> None:
        size = audio.shape[1]
        systems, frames = self._systems[:size], self._frames[:size]
        self._mix[self._phase : self._phase + size].dot(self._ends, systems.reshape(size, -1))
        frames[0, :-1] = self._state.T
        frames[:, -1] = audio.T
        for step, now, after in self._steps[:size]:
            step(now, after)
        out[:] = np.matmul(systems[:, -1:], frames)[:, 0].T
        self._state[:] = self._frames[size, :-1].T
        self._phase += size
        if self._phase == self._knot:
            if self._knots_left:
                self._advance()
            else:
                self._arrive(self._ends[1].reshape(_ROWS, _ROWS))

    def _build(self, size: int) -> Floats:
        if not self._products:
            self._powers = _powers(self._system[:-1, :-1], self._chunk)
        if size not in self._buffers:
            shape = (self.channels, size + _STATES)
            self._buffers[size] = np.zeros(shape), np.zeros(shape)
        product = self._products[size] = _product(self._system, self._powers[: size + 1])
        return product

    # The way of the parameters: at each knot the Hann-weighted mean of the targets of the last ``smooth_ms``. It has no
    # corner, takes up a new target at any time, never leaves the range of its targets, and ends exactly on the last.

    def _aim(self) -> None:
        settings = self._settings
        if self._bypassed:  # flat filters let every bit through, and their states follow the sound for the return
            settings = settings.scaled(0.0).with_preamp(0.0)
        target = _point(settings)
        if not np.array_equal(target, self._target):
            self._target = target

    def _depart(self) -> None:
        self._moving = True
        self._ends[1] = self._system.ravel()
        self._advance()

    def _advance(self) -> None:
        target = self._target  # read once: another thread may replace it
        if target is not self._heading:
            self._heading, self._knots_left = target, len(self._history)
        self._knots_left -= 1
        self._history[:-1] = self._history[1:]
        self._history[-1] = target
        point = self._weights @ self._history if self._knots_left else target
        self._phase = 0
        self._ends[0] = self._ends[1]
        self._ends[1] = _system(point.tolist(), self.rate_hz).ravel()

    def _arrive(self, system: Floats) -> None:
        self._moving, self._phase, self._knots_left = False, 0, 0
        self._system = system.copy()
        self._products.clear()


def _checked(name: str, value: object, low: float, high: float, unit: str) -> float:
    if not low <= (number := number_or_nan(value)) <= high:
        raise SettingsError(f"{name}={shown(value)}: use {low:g} to {high:g} {unit}")
    return number


def _checked_channels(channels: SupportsIndex) -> int:
    count = index(channels) if hasattr(channels, "__index__") else 0
    if not 1 <= count <= MAX_CHANNELS:
        raise SettingsError(f"channels={shown(channels)}: use a whole number from 1 to {MAX_CHANNELS}")
    return count


def _point(settings: EqSettings) -> Floats:
    """Settings as the 16 numbers that glide: log Hz, log Q and dB of each band, and the preamp's dB."""
    rows = [(math.log(band.freq_hz), math.log(band.q), band.gain_db) for band in settings.bands]
    return np.array([number for row in rows for number in row] + [settings.preamp_db])


def _system(point: list[float], rate_hz: float) -> Floats:
    """Five filters and a preamp as ``[11, 11]``: (states, input) of one frame -> (next states, output).

    Written in plain floats: for rows this short that takes a fifth of the time of arrays.
    """
    source = [0.0] * _STATES + [1.0]  # the input of the filter at hand, as weights of all states and of the block
    rows: list[list[float]] = []
    for band in range(5):
        log_freq, log_q, gain_db = point[3 * band : 3 * band + 3]
        amp, k, half_omega = 10.0 ** (gain_db / 40.0), math.exp(-log_q), math.pi * math.exp(log_freq) / rate_hz
        g = math.tan(half_omega)
        if band == 0:
            g /= math.sqrt(amp)
            direct, tap1, tap2 = 1.0, k * (amp - 1.0), amp * amp - 1.0
        elif band == 4:
            g *= math.sqrt(amp)
            direct, tap1, tap2 = amp * amp, k * (1.0 - amp) * amp, 1.0 - amp * amp
        else:
            k /= amp
            direct, tap1, tap2 = 1.0, k * (amp * amp - 1.0), 0.0
        if half_omega >= math.pi / 2.0:  # as in `response.sections`: a low shelf is a plain gain, other bands nothing
            g, direct, tap1, tap2 = 1.0, amp * amp if band == 0 else 1.0, 0.0, 0.0

        a1 = 1.0 / (1.0 + g * (g + k))
        a2 = g * a1
        a3 = g * a2
        first = [2.0 * a2 * weight for weight in source]
        second = [2.0 * a3 * weight for weight in source]
        direct += tap1 * a2 + tap2 * a3
        source = [direct * weight for weight in source]
        one, two = 2 * band, 2 * band + 1  # the filter's own states, on which its input does not depend
        first[one], first[two] = 2.0 * a1 - 1.0, -2.0 * a2
        second[one], second[two] = 2.0 * a2, 1.0 - 2.0 * a3
        source[one], source[two] = tap1 * a1 + tap2 * a2, tap2 * (1.0 - a3) - tap1 * a2
        rows += first, second
    gain = 10.0 ** (point[-1] / 20.0)
    rows.append([gain * weight for weight in source])
    return np.array(rows)


def _powers(step: Floats, size: int) -> Floats:
    """``step`` to the powers 0 to ``size``, by doubling. Shapes: ``[10, 10] -> [size + 1, 10, 10]``."""
    powers = np.empty((size + 1, *step.shape))
    powers[0], powers[1] = np.eye(len(step)), step
    have = 1
    while have < size:
        more = min(have, size - have)
        np.matmul(powers[1 : more + 1], powers[have], powers[have + 1 : have + more + 1])
        have += more
    return powers


def _product(system: Floats, powers: Floats) -> Floats:
    """What ``n`` frames at rest do, as one matrix: (n inputs, states) -> (n outputs, next states)."""
    size = len(powers) - 1
    enter, leave = system[:-1, -1], system[-1, :-1]
    echoes = leave @ powers[:-1]  # [n, states]: what a state sounds like, frame after frame
    response = np.concatenate([np.zeros(size - 1), system[-1, -1:], echoes[:-1] @ enter])
    product = np.empty((size + _STATES, size + _STATES))
    # An impulse at frame j gives row j: the same response, one frame later each time. (A view: `toeplitz` is scipy's.)
    step = response.strides[0]
    product[:size, :size] = np.lib.stride_tricks.as_strided(response[size - 1 :], (size, size), (-step, step))
    product[:size, size:] = (powers[:-1] @ enter)[::-1]
    product[size:, :size] = echoes.T
    product[size:, size:] = powers[-1].T
    return product
