"""Training that leaves files: the model, its checkpoints, the losses as numbers and as a picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from semeq.errors import MissingExtraError
from semeq.hearing.encoder import FORMAT as AUDIO_FORMAT
from semeq_models.artefact import FORMAT, WEIGHTS, write_artefact, write_whole
from semeq_models.audio.train import AudioRun, train_audio
from semeq_models.cleaning import Corpus
from semeq_models.errors import DataError
from semeq_models.outputs import check_file, check_folder
from semeq_models.systems import Spec
from semeq_models.train import Run, train

if TYPE_CHECKING:
    from semeq_models.training import Epoch

HISTORY, PICTURE = "history.json", "losses.png"
HISTORIES = WEIGHTS / "histories.json"
"""The losses of the shipped models by name."""


def run_folder(output: Path) -> Path:
    """Where the checkpoints of a model file go: beside it, ``v3.run`` for ``v3.safetensors``."""
    return output.with_suffix(".run")


def train_to_file(
    spec: Spec,
    corpus: Corpus,
    output: Path,
    *,
    folder: Path | None = None,
    device: str = "cpu",
    resume: bool = False,
    force: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Run | AudioRun:
    """Train, with checkpoints in ``folder``; the model is written to ``output``, numbers and picture to ``folder``."""
    folder = folder or run_folder(output)
    begun = folder / "last.safetensors"
    check_file(output)
    check_folder(folder)
    if resume and not begun.is_file():
        raise DataError(f"{folder}: no checkpoint to go on from; leave out --resume")
    if begun.is_file() and not (resume or force):
        raise DataError(f"{folder}: holds a run already; go on with --resume, or start anew with --force")
    if output.exists() and not (resume or force):
        raise DataError(f"{output}: exists; use --force to replace it, or name another file with -o")
    if force and not resume and folder.is_dir():
        for old in (*folder.glob("epoch-*.safetensors"), begun):
            old.unlink(missing_ok=True)
    make, form = (train_audio, AUDIO_FORMAT) if spec.space else (train, FORMAT)
    run = make(spec, corpus, device=device, folder=folder, resume=resume, on_epoch=on_epoch)
    write_artefact(run.data, output, form)
    write_whole(folder / HISTORY, (json.dumps(run.history, indent=1) + "\n").encode("utf-8"))
    if output.resolve().parent == WEIGHTS:
        histories = _histories() | {output.stem: [_rounded(epoch) for epoch in run.history]}
        write_whole(HISTORIES, (json.dumps(histories, sort_keys=True, separators=(",", ":")) + "\n").encode("utf-8"))
    try:
        from semeq_models.bench import training_curves

        training_curves(run.history, folder / PICTURE, name=spec.name)
    except MissingExtraError:  # no matplotlib: the numbers are there
        pass
    return run


def history_of(name: str) -> list[Epoch]:
    """The losses of a shipped model, or of a model file whose run is still beside it; none where they are not known.

    >>> history_of("v3")[0]["epoch"], history_of("no such model")
    (1.0, [])
    """
    shipped = _histories()
    if name in shipped:
        return shipped[name]
    try:
        history: list[Epoch] = json.loads((run_folder(Path(name)) / HISTORY).read_bytes())
    except (OSError, ValueError):
        return []
    return history


def _histories() -> dict[str, list[Epoch]]:
    try:
        found: dict[str, list[Epoch]] = json.loads(HISTORIES.read_bytes())
    except FileNotFoundError:
        return {}
    return found


def _rounded(epoch: Epoch) -> Epoch:
    return {name: float(f"{value:.5g}") for name, value in epoch.items()}
