"""Curves as people might set them, drawn by a seed."""

from __future__ import annotations

import numpy as np

from semeq.settings import EqSettings


def some_settings(seed: int) -> EqSettings:
    """Five bands as people set them, bells in rising order."""
    draw = np.random.default_rng(seed)
    freqs = [
        draw.uniform(40, 400),
        *sorted(np.exp(draw.uniform(np.log(100), np.log(9000), 3))),
        draw.uniform(2e3, 14e3),
    ]
    qs = [draw.uniform(0.4, 1.1), *draw.uniform(0.4, 4, 3), draw.uniform(0.4, 1.1)]
    return EqSettings.of(freqs, draw.uniform(-11, 11, 5).tolist(), qs)


def wild_settings(seed: int, *, shelf_q: float | None = None) -> EqSettings:
    """The whole of what a preset may be asked for: 12 dB either way, bells of Q 0.3 to 6, shelves of Q 0.4 to 1.2."""
    draw = np.random.default_rng(seed)
    freqs = [draw.uniform(40, 400), *np.exp(draw.uniform(np.log(100), np.log(12e3), 3)), draw.uniform(2e3, 14e3)]
    gains = draw.uniform(-12, 12, 5)
    qs = [draw.uniform(0.4, 1.2), *np.exp(draw.uniform(np.log(0.3), np.log(6), 3)), draw.uniform(0.4, 1.2)]
    if shelf_q is not None:
        qs[0] = qs[4] = shelf_q
    return EqSettings.of(freqs, gains.tolist(), qs)
