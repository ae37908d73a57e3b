"""How loud a programme is: ITU-R BS.1770 integrated loudness, block by block, so that length costs no memory.

The K-weighting comes from pyloudnorm, whose own meter needs the whole programme in memory; the gating is BS.1770-4's.
"""

from __future__ import annotations

import math

import numpy as np

from semeq.render import Samples
from semeq.response import Floats

SILENCE_LUFS = -math.inf
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_STEP = 1 << 15  # frames at a time, so that what is worked on stays in the cache
_HOPS_PER_BLOCK = 4  # 400 ms blocks that overlap by 75 %
_WEIGHTS = {5: (1.0, 1.0, 1.0, 1.41, 1.41), 6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)}  # L R C (LFE) Ls Rs


class LoudnessMeter:
    """Feed it blocks, then ask for `integrated_lufs`; ``peak`` is the highest sample so far."""

    def __init__(self, rate_hz: float, channels: int) -> None:
        from pyloudnorm import Meter

        stages = Meter(rate_hz)._filters.values()
        self._sections = np.array([[*(stage.b * stage.passband_gain), *stage.a] for stage in stages])
        self._state = np.zeros((len(stages), channels, 2))
        self._pair = np.empty(_STEP, dtype=np.complex128)  # two channels are one complex signal, filtered in one go
        if channels == 2:
            self._state = np.zeros((len(stages), 2), dtype=np.complex128)
        self._weights = np.array(_WEIGHTS.get(channels, (1.0,) * channels))
        self._hop = 0.1 * rate_hz
        self._frames = 0
        self._energies: list[float] = []  # of each 100 ms, the last one still filling
        self.peak = 0.0

    def update(self, block: Samples) -> None:
        """Take in the next samples. Shape: ``[C, T]``."""
        for start in range(0, block.shape[1], _STEP):
            self._take(block[:, start : start + _STEP])

    def _take(self, block: Samples) -> None:
        self.peak = max(self.peak, float(block.max()), -float(block.min()))
        power = self._power(block)
        first, last = self._hop_of(self._frames), self._hop_of(self._frames + len(power) - 1)
        starts = np.ceil(np.arange(first + 1, last + 1) * self._hop - 0.5).astype(int) - self._frames
        sums = np.add.reduceat(power, [0, *starts])
        self._energies += [0.0] * (last + 1 - len(self._energies))
        for hop, energy in enumerate(sums, first):
            self._energies[hop] += float(energy)
        self._frames += len(power)

    def _power(self, block: Samples) -> Floats:
        """Of the weighted samples, the channels together."""
        from scipy.signal import sosfilt

        if len(block) == 2:
            signal = self._pair[: block.shape[1]]
            signal.real, signal.imag = block
            weighted, self._state = sosfilt(self._sections, signal, zi=self._state)
            both = weighted.view(np.float64)
            np.square(both, out=both)
            return np.asarray(both[::2] + both[1::2])
        weighted, self._state = sosfilt(self._sections, block.astype(np.float64), zi=self._state)
        return np.asarray(self._weights @ np.square(weighted))

    def _hop_of(self, frame: int) -> int:
        return int((frame + 0.5) / self._hop)

    def integrated_lufs(self) -> float:
        """Gated loudness of everything so far; below 0.4 s of sound, of what there is; -inf for silence."""
        hops = np.array(self._energies[: self._hop_of(self._frames)])
        if len(hops) < _HOPS_PER_BLOCK:
            mean = sum(self._energies) / max(self._frames, 1)
            return _lufs(mean)
        blocks: Floats = np.convolve(hops, np.ones(_HOPS_PER_BLOCK), "valid") / (_HOPS_PER_BLOCK * self._hop)
        heard = blocks[blocks > 10 ** ((_ABSOLUTE_GATE_LUFS + 0.691) / 10)]
        if not len(heard):
            return SILENCE_LUFS
        gate = heard.mean() * 10 ** (_RELATIVE_GATE_LU / 10)
        return _lufs(float(heard[heard > gate].mean()))


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(power) if power > 0 else SILENCE_LUFS
