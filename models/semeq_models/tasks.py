"""What a system is trained to do: its batches and its losses, one function per kind of system."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from semeq.latent import GAINS
from semeq.response import Floats
from semeq_models import architectures
from semeq_models.architectures import Architecture
from semeq_models.audio.tasks import AUDIO_TASKS
from semeq_models.cleaning import SHAPE_DB
from semeq_models.consensus import consensus, row_weights
from semeq_models.curves import unit
from semeq_models.layers import Net
from semeq_models.systems import Spec
from semeq_models.task import Batch, Losses, Rows, Task, contrast
from semeq_models.torch_response import curves_db, level_free

STEPS_PER_EPOCH = 100
_GAIN_COST = 2e-4  # per dB², against bands that fight each other
_LEVEL_COST = 2e-3  # per dB²: a shape should not sneak in as loudness
_SOFT = 1e-4  # dB², keeps the root smooth at zero
_KL_WEIGHT = 0.002
_SHARES = (0.4, 0.3, 0.3)  # of SAFE curves, SocialFX curves and the means of words in a batch


def task_for(spec: Spec, rows: Rows, bands_hz: Floats, random: torch.Generator) -> Task:
    """The task of ``spec`` on these rows; ``random`` draws the first weights."""
    return (TASKS | AUDIO_TASKS)[spec.kind](spec, rows, bands_hz, random)


def _settings_task(spec: Spec, rows: Rows, _bands_hz: Floats, random: torch.Generator) -> Task:
    """v1, v2, v3: the 13 numbers come back, and rows of one word gather."""
    draw_up = {"v1": architectures.v1, "v2": architectures.v2, "v3": architectures.v3}[spec.kind]
    return _contrasted(spec, rows, draw_up(_numbers(rows), spec.latent_dim, random), _numbers)


def _socialfx_task(spec: Spec, rows: Rows, bands_hz: Floats, random: torch.Generator) -> Task:
    """The 40 bands come back, and rows of one word gather."""
    design = architectures.socialfx(len(bands_hz), SHAPE_DB, spec.latent_dim, random)
    return _contrasted(spec, rows, design, _curves)


def _contrasted(spec: Spec, rows: Rows, design: Architecture, values: Callable[[Rows], Floats]) -> Task:
    net, batch_of = Net(design.sketch), _labelled(rows, values)

    def losses(batch: Batch, share: float, _random: torch.Generator) -> Losses:
        x, words = batch
        place = net(design.encoder, x)
        back = nn.functional.mse_loss(net(design.inner, place), net(design.normal, x))
        apart = contrast(net(design.contrast, place), words, spec.temperature)
        weight = spec.contrastive_start + share * (spec.contrastive_end - spec.contrastive_start)
        settled = back + spec.contrastive_end * apart
        return {"total": back + weight * apart, "reconstruction": back, "contrast": apart, "settled": settled}

    batches = _shuffled(batch_of(rows), spec.batch_size)
    return Task(design=design, net=net, batches=batches, losses=losses, batch_of=batch_of)


def _vae_task(spec: Spec, rows: Rows, _bands_hz: Floats, random: torch.Generator) -> Task:
    """The 13 numbers come back from a drawn place, and places keep close to a standard normal."""
    design = architectures.vae(_numbers(rows), spec.latent_dim, random)
    net, batch_of = Net(design.sketch), _labelled(rows, _numbers)

    def losses(batch: Batch, share: float, random: torch.Generator) -> Losses:
        x, _ = batch
        mean, log_variance = net(design.encoder, x).chunk(2, dim=-1)
        drawn = torch.randn(mean.shape, generator=random).to(mean.device)
        place = mean + drawn * torch.exp(0.5 * log_variance)
        back = nn.functional.mse_loss(net(design.inner, place), net(design.normal, x))
        divergence = -0.5 * (1.0 + log_variance - mean**2 - log_variance.exp()).sum(dim=-1).mean()
        total = back + min(2.0 * share, 1.0) * _KL_WEIGHT * divergence
        return {"total": total, "reconstruction": back, "divergence": divergence}

    batches = _shuffled(batch_of(rows), spec.batch_size)
    return Task(design=design, net=net, batches=batches, losses=losses, batch_of=batch_of)


def _default_task(spec: Spec, rows: Rows, bands_hz: Floats, random: torch.Generator) -> Task:
    """Any curve comes back as bands: people's curves, their mixtures, stronger, weaker and turned over."""
    design = architectures.default(_curves(rows), row_weights(rows), spec.latent_dim, random)
    net, at_hz = Net(design.sketch), torch.tensor(bands_hz)
    pools = [pool for pool in _pools(rows) if len(pool)]
    sizes = [int(share * spec.batch_size) for share in _SHARES[: len(pools) - 1]]
    sizes.append(spec.batch_size - sum(sizes))

    def batches(random: torch.Generator) -> Iterator[Batch]:
        for _ in range(STEPS_PER_EPOCH):
            drawn = [_mixed(pool, size, random) for pool, size in zip(pools, sizes, strict=True)]
            yield _scaled(torch.cat(drawn), random), torch.empty(0)

    def losses(batch: Batch, _share: float, _random: torch.Generator) -> Losses:
        wanted = batch[0]
        numbers = net(design.inner, net(design.encoder, wanted.float()))
        redrawn = curves_db(numbers, at_hz.to(wanted.device))
        error = level_free(redrawn - wanted)
        off_db = ((error**2).mean(dim=-1) + _SOFT).sqrt().mean()
        gain = (numbers[..., GAINS].double() ** 2).mean()
        level = (redrawn.mean(dim=-1) ** 2).mean()
        return {"total": off_db + _GAIN_COST * gain + _LEVEL_COST * level, "error_db": off_db, "level_db2": level}

    def batch_of(rows: Rows) -> Batch:
        return torch.tensor(_curves(rows)), torch.empty(0)

    return Task(design=design, net=net, batches=batches, losses=losses, batch_of=batch_of)


TASKS: dict[str, Callable[[Spec, Rows, Floats, torch.Generator], Task]] = {
    "v1": _settings_task,
    "v2": _settings_task,
    "v3": _settings_task,
    "vae": _vae_task,
    "socialfx": _socialfx_task,
    "default": _default_task,
}


def _numbers(rows: Rows) -> Floats:
    return np.array([row.settings for row in rows])


def _curves(rows: Rows) -> Floats:
    return np.array([row.curve_db for row in rows])


def _labelled(rows: Rows, values: Callable[[Rows], Floats]) -> Callable[[Rows], Batch]:
    names = sorted({(row.language, row.word) for row in rows})
    place = {name: number for number, name in enumerate(names)}

    def batch_of(rows: Rows) -> Batch:
        words = [place.get((row.language, row.word), len(place)) for row in rows]
        return torch.tensor(values(rows), dtype=torch.float32), torch.tensor(words)

    return batch_of


def _shuffled(everything: Batch, batch_size: int) -> Callable[[torch.Generator], Iterator[Batch]]:
    x, words = everything

    def batches(random: torch.Generator) -> Iterator[Batch]:
        order = torch.randperm(len(x), generator=random)
        for start in range(0, len(x), batch_size):
            picked = order[start : start + batch_size]
            if len(picked) > 1 or len(x) == 1:  # one row alone cannot be contrasted
                yield x[picked], words[picked]

    return batches


def _pools(rows: Rows) -> list[Tensor]:
    """Curves of SAFE, curves of SocialFX, and the means of all words at typical strength. Shapes: ``[R, bands]``."""
    means = [meaning.curve_db for language in ("en", "es") for meaning in consensus(rows, language).values()]
    kinds = [
        [row.curve_db for row in rows if row.source == "safe"],
        [row.curve_db for row in rows if row.source == "socialfx"],
        [SHAPE_DB * unit(mean) for mean in means],
    ]
    return [torch.tensor(np.array(kind)) for kind in kinds]


def _mixed(pool: Tensor, count: int, random: torch.Generator) -> Tensor:
    """Rows of a pool, every other one mixed with a second."""
    first, second = pool[torch.randint(len(pool), (2, count), generator=random)]
    share = torch.rand((count, 1), generator=random, dtype=torch.float64)
    alone = torch.rand((count, 1), generator=random) < 0.5
    return torch.where(alone, first, share * first + (1.0 - share) * second)


def _scaled(curves: Tensor, random: torch.Generator) -> Tensor:
    """0.15 to 1.75 times as strong; one in five turned over."""
    strength = 0.15 + 1.6 * torch.rand((len(curves), 1), generator=random, dtype=torch.float64)
    turned = torch.rand((len(curves), 1), generator=random) < 0.2
    return curves * torch.where(turned, -strength, strength)
