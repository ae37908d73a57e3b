"""The curve of five bands in torch, differentiable, in float64: in single precision low bands are only noise.

The formulas are those of `semeq.response`, and a test holds the two together.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from semeq.latent import FREQS, GAINS, QS
from semeq.response import RATE_HZ
from semeq.settings import SHELF_Q


def curves_db(vectors: Tensor, at_hz: Tensor, rate_hz: float = RATE_HZ) -> Tensor:
    """Gain of whole curves in dB. Shapes: ``[..., 13], [F] -> [..., F]``, float64."""
    numbers = vectors.double()
    freqs, gains = numbers[..., FREQS], numbers[..., GAINS]
    shelf_qs = torch.full_like(freqs[..., :1], SHELF_Q)
    qs = torch.cat([shelf_qs, numbers[..., QS], shelf_qs], dim=-1)
    amp, omega = 10.0 ** (gains / 40.0), 2.0 * math.pi * freqs / rate_hz
    cos, alpha = torch.cos(omega), torch.sin(omega) / (2.0 * qs)
    phi = torch.sin(math.pi * at_hz.double() / rate_hz) ** 2
    parts = [_bells(amp[..., 1:4], cos[..., 1:4], alpha[..., 1:4], phi)]
    for place, side in ((0, 1.0), (4, -1.0)):  # low shelf, high shelf: the same mirrored in frequency
        parts.append(_shelf(amp[..., [place]], cos[..., [place]] * side, alpha[..., [place]], side, phi))
    return torch.cat(parts, dim=-2).sum(dim=-2)


def level_free(curves: Tensor) -> Tensor:
    """The same curves with their mean over the bands removed."""
    return curves - curves.mean(dim=-1, keepdim=True)


def _bells(amp: Tensor, cos: Tensor, alpha: Tensor, phi: Tensor) -> Tensor:
    middle = -2.0 * cos
    return _db((1.0 + alpha * amp, middle, 1.0 - alpha * amp), (1.0 + alpha / amp, middle, 1.0 - alpha / amp), phi)


def _shelf(amp: Tensor, cos: Tensor, alpha: Tensor, side: float, phi: Tensor) -> Tensor:
    root, up, down = 2.0 * amp.sqrt() * alpha, amp + 1.0, amp - 1.0
    b = (amp * (up - down * cos + root), 2.0 * side * amp * (down - up * cos), amp * (up - down * cos - root))
    a = (up + down * cos + root, -2.0 * side * (down + up * cos), up + down * cos - root)
    return _db(b, a, phi)


def _db(b: tuple[Tensor, ...], a: tuple[Tensor, ...], phi: Tensor) -> Tensor:
    return 10.0 * torch.log10(_power(b, phi) / _power(a, phi))


def _power(c: tuple[Tensor, ...], phi: Tensor) -> Tensor:
    c0, c1, c2 = (part[..., None] for part in c)
    ends = c0 * c2
    return (c0 + c1 + c2) ** 2 + phi * (16.0 * ends * phi - 4.0 * (c0 * c1 + 4.0 * ends + c1 * c2))
