"""Half-trained networks on disk: weights, optimiser, random state and history in one file, nothing pickled."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, deserialize
from safetensors.torch import save
from torch import Tensor

from semeq_models.artefact import canonical, write_whole
from semeq_models.errors import DataError
from semeq_models.systems import Spec

FORMAT = "semeq.checkpoint/1"


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """Everything that training needs to go on as if it had never stopped.

    ``best_weights`` are those of the best epoch so far where training may stop early, else there are none.
    """

    epoch: int
    weights: dict[str, Tensor]
    best_weights: dict[str, Tensor]
    moments: dict[str, Tensor]
    groups: list[dict[str, Any]]
    schedule: dict[str, Any]
    random: Tensor
    best: tuple[float, int]
    history: list[dict[str, float]]


def write_checkpoint(path: Path, state: State, spec: Spec, data_sha256: str) -> None:
    """Write the state whole, with what it belongs to."""
    tensors = {f"weights.{name}": weight for name, weight in state.weights.items()}
    tensors |= {f"best.{name}": weight for name, weight in state.best_weights.items()}
    tensors |= {f"moments.{name}": moment for name, moment in state.moments.items()} | {"random": state.random}
    said = {
        "format": FORMAT,
        "spec": asdict(spec),
        "data_sha256": data_sha256,
        "epoch": state.epoch,
        "groups": state.groups,
        "schedule": state.schedule,
        "best": list(state.best),
        "history": state.history,
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(path, save(tensors, metadata={"semeq": canonical(said)}))


def read_checkpoint(path: Path, spec: Spec, data_sha256: str) -> State:
    """Read a state of the same system on the same data; anything else is refused in one line."""
    again = "start anew with --force instead of --resume"
    try:
        data = path.read_bytes()
        size = int.from_bytes(data[:8], "little")
        said = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["semeq"])
        tensors = {name: _tensor(entry) for name, entry in deserialize(data)}  # type: ignore[no-untyped-call]
        if said["format"] != FORMAT:
            raise DataError(f"{path}: a checkpoint of another semeq ({said['format']}); {again}")
        if said["data_sha256"] != data_sha256:
            raise DataError(f"{path}: begun on other data; {again}")
        written = {key: value for key, value in said["spec"].items() if key not in _FREE}
        wanted = {key: value for key, value in _plain(asdict(spec)).items() if key not in _FREE}
        for key in ("name", *sorted(wanted)):  # another system differs in many: its name says it best
            if wanted[key] != written.get(key):
                was = f"{key.replace('_', ' ')} {written.get(key)}, not {wanted[key]}"
                raise DataError(f"{path}: begun with {was}; resume with the same, or {again}")
        return State(
            epoch=int(said["epoch"]),
            weights=_part(tensors, "weights."),
            best_weights=_part(tensors, "best."),
            moments=_part(tensors, "moments."),
            groups=said["groups"],
            schedule=said["schedule"],
            random=tensors["random"],
            best=(float(said["best"][0]), int(said["best"][1])),
            history=said["history"],
        )
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; {again}") from None
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DataError(f"{path}: no checkpoint, or damaged; {again}") from None


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


_FREE = ("save_every", "early_stop", "summary", "warning")
"""What may differ between the two halves of a run."""
_DTYPES = {"F32": np.float32, "F64": np.float64, "U8": np.uint8, "I64": np.int64}


def _tensor(entry: dict[str, Any]) -> Tensor:
    numbers = np.frombuffer(bytes(entry["data"]), dtype=_DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return torch.from_numpy(numbers.copy())


def _plain(spec: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(canonical(spec))
    return plain
