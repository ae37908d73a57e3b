"""What the audio encoders are trained to do: to see the EQ in a spectrum whose music they do not know."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from semeq.artefact import load_model
from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.mel import BANDS, FRAMES, RATE_HZ, WINDOW, log_mel
from semeq.hearing.reference import load_reference
from semeq.latent import encode
from semeq.response import Floats
from semeq_models.architectures import Architecture
from semeq_models.consensus import consensus
from semeq_models.curves import level_free, unit
from semeq_models.layers import Net, Sketch, Table
from semeq_models.synthesis.material import clip, makers
from semeq_models.systems import Spec
from semeq_models.task import Batch, Losses, Rows, Task, contrast

STEPS_PER_EPOCH = 100
_WIDTH, _TYPICAL_DB = 256, 10.0
_SMALLEST_DB, _LARGEST_DB = 0.5, 9.0  # the spreads that references have
_FOUND_DB = 0.35  # of chance in every band
_EQ_DB, _MOST_DB, _VARIED = 4.0, 12.0, 0.5
_NO_EQ, _MIXED, _OF_WORDS, _SMOOTH = 0.15, 0.3, 0.2, 0.3
_UNEVEN = 0.4  # some pieces are far off, most are not: what pieces of music show
_CHANNELS, _THREE = (8, 16, 32), ("pink", "music", "music")
_SOFT = 0.01  # dB², keeps the root smooth at zero


def deviation_task(spec: Spec, rows: Rows, _bands_hz: Floats, random: torch.Generator) -> Task:
    """From a deviation of some reference and its spread to the EQ in it; what else is in it varies as music does.

    The material is drawn: what pieces of music hold (the covariance of the reference "music") or anything smooth, as
    far apart as the spread says, under an EQ that people set, or that a word means, or none.
    """
    space = load_model(spec.space)
    sketch = Sketch(random=random)
    to_place = sketch.fixed_linear(space.encoder.tensors[space.encoder.layers[0]["weight"]])
    scale = np.r_[np.full(len(BANDS_HZ), 1.0 / _TYPICAL_DB), 1.0]
    shift = np.r_[np.zeros(len(BANDS_HZ)), -0.5 * (math.log(_SMALLEST_DB) + math.log(_LARGEST_DB))]
    table: Table = [sketch.affine(scale, shift), sketch.linear(len(BANDS_HZ) + 1, _WIDTH), {"op": "silu"}]
    table += [sketch.linear(_WIDTH, _WIDTH), {"op": "silu"}, sketch.linear(_WIDTH, len(BANDS_HZ))]
    table += [sketch.affine(np.full(len(BANDS_HZ), _TYPICAL_DB), np.zeros(len(BANDS_HZ))), to_place]
    net = Net(sketch)
    means = [meaning.curve_db for language in ("en", "es") for meaning in consensus(rows, language).values()]
    settings = [row.curve_db for row in rows if row.source == "safe"]
    people = _tensor(unit(level_free(np.array([*settings, *[row.curve_db for row in rows]]))))
    meant = _tensor(unit(level_free(np.array(means))))
    kinds = [_factor(_correlation(load_reference("music").covariance)), *map(_factor, map(_smooth, (0.6, 1.2, 2.0)))]

    def batches(random: torch.Generator) -> Iterator[Batch]:
        for _ in range(STEPS_PER_EPOCH):
            eq = _eqs(people, meant, spec.batch_size, random)
            content, told = _contents(kinds, spec.batch_size, random)
            deviation = content + eq
            deviation = deviation - deviation.mean(dim=-1, keepdim=True)
            yield torch.cat([deviation, told], dim=-1).float(), eq.float()

    def losses(batch: Batch, _share: float, _random: torch.Generator) -> Losses:
        heard, eq = batch
        off = net(table, heard) - net([to_place], eq)
        error_db = ((off**2).sum(dim=-1) + _SOFT).sqrt().mean()
        return {"total": error_db, "error_db": error_db}

    def batch_of(rows: Rows) -> Batch:
        raise NotImplementedError  # no early stop: the material never repeats

    return Task(
        design=_ears(sketch, table),
        net=net,
        batches=batches,
        losses=losses,
        batch_of=batch_of,
        batch_width=len(BANDS_HZ) + 1,
    )


def cnn_task(spec: Spec, rows: Rows, _bands_hz: Floats, random: torch.Generator) -> Task:
    """From two seconds of sound to the place of the EQ on it: three clips for each setting, as the origin had it.

    One clip is pink noise, two are music-like. The EQ encoder of the space stays as it is.
    """
    space = load_model(spec.space)
    sketch = Sketch(random=random)
    table: Table = [sketch.affine(np.full(BANDS * FRAMES, 0.25), np.full(BANDS * FRAMES, 0.5))]
    shape = (1, BANDS, FRAMES)
    for channels in _CHANNELS:
        table += [sketch.conv2d(shape, channels), {"op": "relu"}]
        shape = (channels, -(-shape[1] // 2), -(-shape[2] // 2))
    table += [{"op": "mean", "shape": list(shape)}, sketch.linear(shape[0] * shape[1], 128), {"op": "relu"}]
    table += [sketch.linear(128, space.latent_dim)]
    net = Net(sketch)
    pictures, numbers = _clips(spec, rows)
    names = sorted({row.word for row in rows})
    places = encode(space, np.array([row.settings for row in rows]))
    wanted = torch.tensor(places[numbers], dtype=torch.float32)
    words = torch.tensor([names.index(rows[number].word) for number in numbers])

    def batches(random: torch.Generator) -> Iterator[Batch]:
        order = torch.randperm(len(pictures), generator=random)
        for start in range(0, len(order) - 1, spec.batch_size):
            picked = order[start : start + spec.batch_size]
            label = torch.cat([wanted[picked], words[picked, None].float()], dim=-1)
            yield pictures[picked], label

    def losses(batch: Batch, share: float, _random: torch.Generator) -> Losses:
        heard, label = batch
        place = net(table, heard)
        missed = torch.nn.functional.mse_loss(place, label[:, :-1])
        apart = contrast(place, label[:, -1].long(), spec.temperature)
        weight = spec.contrastive_start + share * (spec.contrastive_end - spec.contrastive_start)
        return {"total": missed + weight * apart, "latent": missed, "contrast": apart}

    def batch_of(rows: Rows) -> Batch:
        raise NotImplementedError  # no early stop: clips belong to the rows that are learnt from

    return Task(
        design=_ears(sketch, table),
        net=net,
        batches=batches,
        losses=losses,
        batch_of=batch_of,
        batch_width=BANDS * FRAMES,
    )


def _clips(spec: Spec, rows: Rows) -> tuple[Tensor, list[int]]:
    """Log-mel pictures of three clips for each row, and the row of each."""
    rng, kinds = np.random.default_rng(spec.seed), makers()
    pictures, numbers = [], []
    for number, row in enumerate(rows):
        for kind in _THREE:
            made = clip(kind, kinds[kind], rng, RATE_HZ, WINDOW / RATE_HZ, row)
            pictures.append(log_mel(made.audio[:, :WINDOW]).ravel())
            numbers.append(number)
    return torch.tensor(np.array(pictures), dtype=torch.float32), numbers


def _ears(sketch: Sketch, table: Table) -> Architecture:
    """A network that only encodes."""
    return Architecture(
        sketch=sketch,
        encoder=table,
        encoder_input="curve",
        inner=[],
        outer=[],
        decoder_output="settings",
        blending="curves",
        normal=[],
        contrast=[],
    )


AUDIO_TASKS: dict[str, Callable[[Spec, Rows, Floats, torch.Generator], Task]] = {
    "audio": deviation_task,
    "audio-cnn": cnn_task,
}


def _tensor(numbers: Floats) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _correlation(covariance: Floats) -> Floats:
    """A covariance with an RMS of 1 dB over the bands."""
    return np.asarray(covariance / (np.trace(covariance) / len(covariance)))


def _smooth(octaves: float) -> Floats:
    """The covariance of random smooth curves that bend within so many octaves, level-free, with an RMS of 1 dB."""
    places = np.log2(BANDS_HZ)
    covariance = np.exp(-0.5 * np.square((places[:, None] - places) / octaves))
    middle = np.eye(len(places)) - 1.0 / len(places)
    return _correlation(middle @ covariance @ middle)


def _factor(covariance: Floats) -> Tensor:
    values, vectors = np.linalg.eigh(covariance)
    return _tensor(vectors * np.sqrt(np.maximum(values, 0.0)))


def _eqs(people: Tensor, meant: Tensor, count: int, random: torch.Generator) -> Tensor:
    """Curves of EQs: of people, of two people mixed, of words, or none. Shape: ``[count, bands]``."""
    first, second = people[torch.randint(len(people), (2, count), generator=random)]
    word = meant[torch.randint(len(meant), (count,), generator=random)]
    kind = torch.rand((count, 1), generator=random)
    mixed = torch.where(torch.rand((count, 1), generator=random) < _MIXED, 0.7 * first + 0.5 * second, first)
    shape = torch.where(kind < _OF_WORDS, word * _signs(count, random), mixed)
    strength = _EQ_DB * torch.exp(_VARIED * torch.randn((count, 1), generator=random, dtype=torch.float64))
    present = (torch.rand((count, 1), generator=random) >= _NO_EQ).double()
    return shape * strength.clamp(max=_MOST_DB) * present


def _signs(count: int, random: torch.Generator) -> Tensor:
    """1, or -1 for one in five."""
    return 1.0 - 2.0 * (torch.rand((count, 1), generator=random, dtype=torch.float64) < 0.2).double()


def _contents(kinds: list[Tensor], count: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """What the music itself is off its reference, and the logarithm of the spread that is told."""
    span = math.log(_LARGEST_DB / _SMALLEST_DB)
    told = math.log(_SMALLEST_DB) + span * torch.rand((count, 1), generator=random, dtype=torch.float64)
    drawn = torch.randn((count, len(BANDS_HZ)), generator=random, dtype=torch.float64)
    which = torch.rand((count, 1), generator=random)
    content = drawn @ kinds[0].T
    for number, factor in enumerate(kinds[1:]):
        chosen = (which >= _SMOOTH * number / 3) & (which < _SMOOTH * (number + 1) / 3)
        content = torch.where(chosen, drawn @ factor.T, content)
    strength = torch.exp(_UNEVEN * torch.randn((count, 1), generator=random, dtype=torch.float64) - _UNEVEN**2 / 2)
    chance = _FOUND_DB * torch.randn((count, len(BANDS_HZ)), generator=random, dtype=torch.float64)
    return content * torch.exp(told) * strength + chance, told
