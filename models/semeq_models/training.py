"""Training: epochs over the batches of a task, the same by the same seed, and going on where it was stopped."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from semeq.response import Floats
from semeq_models.checkpoints import State, read_checkpoint, write_checkpoint
from semeq_models.cleaning import Contribution
from semeq_models.errors import ChoiceError, DataError
from semeq_models.systems import Spec
from semeq_models.task import Batch, Task
from semeq_models.tasks import task_for

Epoch = dict[str, float]
"""Number of the epoch, its losses (means over the batches), and the learning rate."""

LAST = "last"
_HELD_BACK = 0.1  # of the rows, whole contributors, where training may stop early
_FALL = 1e-4  # relative: less is no improvement
_PLATEAU_EPOCHS = 10
_LEAST_RATE = 0.003  # of the first learning rate


def train_networks(
    spec: Spec,
    rows: Sequence[Contribution],
    bands_hz: Floats,
    *,
    device: str = "cpu",
    folder: Path | None = None,
    data_sha256: str = "",
    resume: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> tuple[Task, list[Epoch]]:
    """Train the networks of ``spec``; with a ``folder``, checkpoints go there every ``save_every`` epochs.

    Where training may stop early, the weights are those of the epoch that was best on held-back people.

    One thread on a processor: networks this small gain nothing from more, and sums keep their order.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _train(spec, rows, bands_hz, chosen_device(device), folder, data_sha256, resume, on_epoch)
    finally:
        torch.set_num_threads(threads)


def chosen_device(name: str) -> torch.device:
    """The processor or a GPU; ``auto`` takes the GPU where there is one."""
    if name not in ("auto", "cpu", "cuda"):
        raise ChoiceError(f"device {name!r}: use auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise DataError("device cuda: torch finds no GPU here; use --device cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def _train(
    spec: Spec,
    rows: Sequence[Contribution],
    bands_hz: Floats,
    device: torch.device,
    folder: Path | None,
    data_sha256: str,
    resume: bool,
    on_epoch: Callable[[Epoch], None] | None,
) -> tuple[Task, list[Epoch]]:
    random = torch.Generator().manual_seed(spec.seed)
    learnt, held_back = _parted(rows, spec) if spec.early_stop else (list(rows), [])
    task = task_for(spec, learnt, bands_hz, random)
    task.net.to(device)
    adam = torch.optim.Adam(task.net.parameters(), lr=spec.learning_rate)
    least_rate = _LEAST_RATE * spec.learning_rate
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(adam, factor=0.5, patience=_PLATEAU_EPOCHS, min_lr=least_rate)
    history: list[Epoch] = []
    begin, best = 0, (math.inf, 0)
    best_weights: dict[str, Tensor] = {}
    if resume and folder is not None:
        state = read_checkpoint(folder / f"{LAST}.safetensors", spec, data_sha256)
        _restore(state, task, adam, plateau, random)
        begin, best, best_weights, history = state.epoch, state.best, state.best_weights, list(state.history)
    for epoch in range(begin, spec.epochs):
        if spec.early_stop and epoch - best[1] >= spec.early_stop:
            break
        if spec.schedule == "cosine":
            share = max(0.5 * (1.0 + math.cos(math.pi * epoch / spec.epochs)), _LEAST_RATE)
            for group in adam.param_groups:
                group["lr"] = spec.learning_rate * share
        said = _one_epoch(task, adam, epoch / max(spec.epochs - 1, 1), random, device)
        if held_back:
            said["held_back"] = _held_back_loss(task, held_back, device)
        rate = float(adam.param_groups[0]["lr"])
        settled = said.get("settled", said["total"])
        if spec.schedule == "plateau":
            plateau.step(settled)
        watched = said.get("held_back", settled)
        if watched < best[0] - abs(best[0]) * _FALL or not math.isfinite(best[0]):
            best = (watched, epoch + 1)
            if spec.early_stop:
                best_weights = {name: weight.detach().clone() for name, weight in task.net.state_dict().items()}
        if not math.isfinite(said["total"]):
            raise DataError(f"epoch {epoch + 1}: the loss is no number any more; use a smaller --learning-rate")
        history.append({"epoch": epoch + 1, **said, "learning_rate": rate})
        if on_epoch is not None:
            on_epoch(history[-1])
        if folder is not None and ((epoch + 1) % spec.save_every == 0 or epoch + 1 == spec.epochs):
            state = _state(epoch + 1, task, adam, plateau, random, best, best_weights, history)
            for name in (f"epoch-{epoch + 1:04d}", LAST):
                write_checkpoint(folder / f"{name}.safetensors", state, spec, data_sha256)
    if best_weights:
        task.net.load_state_dict(best_weights)
    return task, history


def _one_epoch(
    task: Task, adam: torch.optim.Adam, share: float, random: torch.Generator, device: torch.device
) -> dict[str, float]:
    sums: dict[str, float] = {}
    count = 0
    for batch in task.batches(random):
        losses = task.losses(_moved(batch, device), share, random)
        adam.zero_grad()
        losses["total"].backward()  # type: ignore[no-untyped-call]
        adam.step()
        count += 1
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0.0) + float(loss.detach())
    return {name: value / count for name, value in sums.items()}


def _held_back_loss(task: Task, rows: Sequence[Contribution], device: torch.device) -> float:
    with torch.no_grad():
        batch = _moved(task.batch_of(rows), device)
        return float(task.losses(batch, 1.0, torch.Generator().manual_seed(0))["total"])


def _moved(batch: Batch, device: torch.device) -> Batch:
    return batch[0].to(device), batch[1].to(device)


def _parted(rows: Sequence[Contribution], spec: Spec) -> tuple[list[Contribution], list[Contribution]]:
    """Rows to learn from, and about a tenth from contributors of whom nothing is learnt; small contributors first."""
    groups = sorted({row.group for row in rows})
    sizes = {group: sum(row.group == group for row in rows) for group in groups}
    order = np.random.default_rng(spec.seed).permutation(groups).tolist()
    most, taken, held = _HELD_BACK * len(rows), 0, set()
    for group in order:
        if taken + sizes[group] <= most:
            held.add(group)
            taken += sizes[group]
    if not held:
        raise DataError("too few contributors to hold any back; leave out --early-stop")
    return [row for row in rows if row.group not in held], [row for row in rows if row.group in held]


def _state(
    epoch: int,
    task: Task,
    adam: torch.optim.Adam,
    plateau: torch.optim.lr_scheduler.ReduceLROnPlateau,
    random: torch.Generator,
    best: tuple[float, int],
    best_weights: dict[str, Tensor],
    history: list[Epoch],
) -> State:
    said = adam.state_dict()
    moments = {f"{number}.{name}": value for number, entry in said["state"].items() for name, value in entry.items()}
    return State(
        epoch=epoch,
        weights=dict(task.net.state_dict()),
        best_weights=best_weights,
        moments=moments,
        groups=said["param_groups"],
        schedule=_plain(plateau.state_dict()),
        random=random.get_state(),
        best=best,
        history=history,
    )


def _restore(
    state: State,
    task: Task,
    adam: torch.optim.Adam,
    plateau: torch.optim.lr_scheduler.ReduceLROnPlateau,
    random: torch.Generator,
) -> None:
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in state.moments.items():
        number, _, name = key.partition(".")
        moments.setdefault(int(number), {})[name] = value
    task.net.load_state_dict(state.weights)
    adam.load_state_dict({"state": moments, "param_groups": state.groups})
    plateau.load_state_dict(state.schedule)
    random.set_state(state.random)


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if isinstance(value, (int, float, str, bool, list))}
