"""The networks of every system as tables of layers: encoder and decoder, from what people set to what is heard."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from semeq.latent import FREQS, GAINS, QS
from semeq.model import Blending, Side
from semeq.response import Floats
from semeq.settings import GAIN_LIMIT_DB, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q
from semeq_models.layers import Sketch, Table

LOGARITHMIC = sorted([*FREQS, *QS])
V1_FREQS_HZ = ((22.0, 1000.0), (82.0, 3900.0), (180.0, 4700.0), (220.0, 10_000.0), (580.0, 20_000.0))
V1_QS = (0.1, 9.9)
WIDTH, DEPTH = 256, 3
TYPICAL_DB = 2.0
STARTS = (100.0, 300.0, 1000.0, 3000.0, 8000.0, 0.8, 0.8, 0.8)
_HEADS_IN_ORDER = [0, 5, 1, 6, 10, 2, 7, 11, 3, 8, 12, 4, 9]
"""Five gains, five Hz, three Q -> the 13 numbers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Architecture:
    """Tables of one system; losses look at ``inner``, what the decoder says before it is put into dB, Hz and Q."""

    sketch: Sketch
    encoder: Table
    encoder_input: Side
    inner: Table
    outer: Table
    decoder_output: Side
    blending: Blending
    normal: Table
    """From settings (or curve) to what ``inner`` should say."""
    contrast: Table
    """From a place in the latent space to the embedding that is contrasted, while training."""


def v1(numbers: Floats, latent_dim: int, random: torch.Generator) -> Architecture:
    """13 -> 32 -> 13 with z-scores and three heads, fault included.

    The heads speak dB, Hz and Q; they are compared with z-scores, and then scaled back as if they were such. The
    published loss of 32,648 gives it away: it is what remains when every frequency head sits at the low end of its
    range, the sum of 22², 82², 180², 220² and 580² over 13.
    """
    mean, deviation = numbers.mean(axis=0), np.maximum(numbers.std(axis=0), 1e-6)
    sketch = Sketch(random=random)
    score = sketch.affine(1.0 / deviation, -mean / deviation)
    lows, highs = np.array(V1_FREQS_HZ).T
    heads: list[Table] = [
        [*_head(sketch, 5), {"op": "tanh"}, sketch.affine(np.full(5, GAIN_LIMIT_DB), np.zeros(5))],
        [*_head(sketch, 5), {"op": "sigmoid"}, sketch.affine(highs - lows, lows)],
        [*_head(sketch, 3), {"op": "sigmoid"}, sketch.affine(np.full(3, V1_QS[1]), np.full(3, V1_QS[0]))],
    ]
    inner = [
        *_residual_path(sketch, (latent_dim, 64, 128, 64)),
        {"op": "parallel", "bodies": heads},
        {"op": "gather", "columns": _HEADS_IN_ORDER},
    ]
    return Architecture(
        sketch=sketch,
        encoder=[score, *_residual_path(sketch, (13, 64, 128, 64)), *_to_latent(sketch, latent_dim)],
        encoder_input="settings",
        inner=inner,
        outer=[sketch.affine(deviation, mean)],
        decoder_output="settings",
        blending="latent",
        normal=[score],
        contrast=[sketch.linear(latent_dim, 128)],
    )


def v2(numbers: Floats, latent_dim: int, random: torch.Generator) -> Architecture:
    """13 -> 32 -> 13 on logarithms between the least and the most that people set."""
    logs = numbers.copy()
    logs[:, LOGARITHMIC] = np.log10(logs[:, LOGARITHMIC])
    low = logs.min(axis=0)
    return _bounded(low, np.maximum(logs.max(axis=0) - low, 1e-6), latent_dim, latent_dim, random)


def v3(_numbers: Floats, latent_dim: int, random: torch.Generator) -> Architecture:
    """The same between the legal bounds."""
    return _bounded(*_legal_logs(), latent_dim, latent_dim, random)


def vae(numbers: Floats, latent_dim: int, random: torch.Generator) -> Architecture:
    """As v2; the encoder's last layer says means, then logarithms of variances (only the means are shipped)."""
    logs = numbers.copy()
    logs[:, LOGARITHMIC] = np.log10(logs[:, LOGARITHMIC])
    low = logs.min(axis=0)
    return _bounded(low, np.maximum(logs.max(axis=0) - low, 1e-6), 2 * latent_dim, latent_dim, random, squashed=False)


def socialfx(bands: int, shape_db: float, latent_dim: int, random: torch.Generator) -> Architecture:
    """40 -> 32 -> 40 on z-scored curves."""
    sketch = Sketch(random=random)
    score = sketch.affine(np.full(bands, 1.0 / shape_db), np.zeros(bands))
    back = sketch.affine(np.full(bands, shape_db), np.zeros(bands))
    return Architecture(
        sketch=sketch,
        encoder=[score, *_residual_path(sketch, (bands, 128, 64)), *_to_latent(sketch, latent_dim)],
        encoder_input="curve",
        inner=[*_residual_path(sketch, (latent_dim, 64, 128)), sketch.linear(128, bands)],
        outer=[back],
        decoder_output="curve",
        blending="latent",
        normal=[score],
        contrast=[sketch.linear(latent_dim, 128)],
    )


def default(curves_db: Floats, weights: Floats, latent_dim: int, random: torch.Generator) -> Architecture:
    """Curve -> latent is one matrix whose rows are orthogonal, so that the length of a place is its RMS in dB.

    Places add up as curves do, and zero is flat. The matrix keeps the directions in which people's curves differ most.
    Latent -> bands is a network; its gains are zero at zero, exactly.
    """
    bands = curves_db.shape[1]
    _, _, directions = np.linalg.svd(curves_db * np.sqrt(weights)[:, None], full_matrices=True)
    if latent_dim > bands:
        directions = np.concatenate([directions, np.zeros((latent_dim - bands, bands))])
    sketch = Sketch(random=random)
    trunk: Table = [sketch.affine(np.full(latent_dim, 1.0 / TYPICAL_DB), np.zeros(latent_dim))]
    for place in range(DEPTH):
        trunk += [sketch.linear(latent_dim if place == 0 else WIDTH, WIDTH), {"op": "silu"}]
    gains, places = sketch.linear(WIDTH, 5), sketch.linear(WIDTH, 8)
    low, span = (part[[*FREQS, *QS]] for part in _legal_logs())
    share = (np.log10(STARTS) - low) / span
    sketch.weights[places["bias"]].copy_(torch.tensor(np.log(share / (1.0 - share))))
    gain_head = [{"op": "centred", "body": [*trunk, gains]}, {"op": "tanh"}]
    place_head = [*trunk, places, {"op": "sigmoid"}, sketch.affine(span, low), {"op": "pow10", "columns": [*range(8)]}]
    limit = sketch.affine(np.full(5, GAIN_LIMIT_DB), np.zeros(5))
    return Architecture(
        sketch=sketch,
        encoder=[sketch.fixed_linear(directions[:latent_dim] / np.sqrt(bands))],
        encoder_input="curve",
        inner=[
            {"op": "parallel", "bodies": [[*gain_head, limit], place_head]},
            {"op": "gather", "columns": _HEADS_IN_ORDER},
        ],
        outer=[],
        decoder_output="settings",
        blending="curves",
        normal=[],
        contrast=[],
    )


def _bounded(
    low: Floats, span: Floats, said: int, latent_dim: int, random: torch.Generator, *, squashed: bool = True
) -> Architecture:
    sketch = Sketch(random=random)
    normal: Table = [{"op": "log10", "columns": LOGARITHMIC}, sketch.affine(1.0 / span, -low / span)]
    decoder = [*_residual_path(sketch, (latent_dim, 64, 128, 64)), sketch.linear(64, 13), {"op": "sigmoid"}]
    return Architecture(
        sketch=sketch,
        encoder=[*normal, *_residual_path(sketch, (13, 64, 128, 64)), *_to_latent(sketch, said, squashed=squashed)],
        encoder_input="settings",
        inner=decoder,
        outer=[sketch.affine(span, low), {"op": "pow10", "columns": LOGARITHMIC}],
        decoder_output="settings",
        blending="latent",
        normal=normal,
        contrast=[sketch.linear(latent_dim, 128)],
    )


def _legal_logs() -> tuple[Floats, Floats]:
    """Least value and span of each of the 13 numbers, frequencies and Q as logarithms."""
    low, high = np.empty(13), np.empty(13)
    low[GAINS], high[GAINS] = -GAIN_LIMIT_DB, GAIN_LIMIT_DB
    low[FREQS], high[FREQS] = np.log10(MIN_FREQ_HZ), np.log10(MAX_FREQ_HZ)
    low[QS], high[QS] = np.log10(MIN_Q), np.log10(MAX_Q)
    return low, high - low


def _residual_path(sketch: Sketch, widths: tuple[int, ...]) -> Table:
    return [layer for pair in pairwise(widths) for layer in sketch.residual(*pair)]


def _to_latent(sketch: Sketch, latent_dim: int, *, squashed: bool = True) -> Table:
    table: Table = [sketch.linear(64, 64), {"op": "relu"}, sketch.linear(64, latent_dim)]
    return [*table, {"op": "tanh"}] if squashed else table


def _head(sketch: Sketch, outputs: int) -> Table:
    return [sketch.linear(64, 32), {"op": "relu"}, sketch.linear(32, outputs)]
