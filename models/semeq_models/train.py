"""From a specification and data to a finished model: networks trained, words placed, everything in one file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import semeq.artefact
from semeq.model import Model
from semeq_models.artefact import artefact
from semeq_models.cleaning import Contribution, Corpus
from semeq_models.errors import DataError
from semeq_models.systems import Spec, spec_named
from semeq_models.wordtable import Row, rows_for, word_table

if TYPE_CHECKING:
    from semeq_models.task import Task
    from semeq_models.training import Epoch


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A finished training: the model and its bytes, the word table, the losses of every epoch, processor seconds."""

    spec: Spec
    model: Model
    data: bytes
    table: tuple[Row, ...]
    history: tuple[Epoch, ...]
    cpu_s: float


def train(
    spec: Spec | str,
    corpus: Corpus,
    *,
    device: str = "cpu",
    folder: Path | None = None,
    resume: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
    variants: bool = True,
) -> Run:
    """Train one system on a corpus; checkpoints go to ``folder``, and ``resume`` goes on from the last one there.

    The same spec and corpus give the same bytes, stopped and resumed or not, on one machine and version of torch.

    >>> from semeq_models.made_up import made_up_corpus
    >>> run = train(replace(spec_named("v3"), epochs=3), made_up_corpus())
    >>> len(run.history), sorted(run.model.vocabulary("en"))
    (3, ['bright', 'warm'])
    """
    spec = spec_named(spec) if isinstance(spec, str) else spec
    if spec.space:
        raise DataError(f"{spec.name} is an audio encoder; train it with train_audio")
    train_networks = trainer()
    began = time.process_time()
    rows = rows_for(spec, corpus.contributions)
    if not rows:
        raise DataError(
            f"{spec.name} finds no words with {spec.min_examples} examples in {' or '.join(spec.sources)}; "
            "use a smaller --min-examples or other data"
        )
    mine = replace(corpus, contributions=tuple(rows))
    task, history = train_networks(
        spec,
        rows,
        corpus.bands_hz,
        device=device,
        folder=folder,
        data_sha256=fingerprint(rows),
        resume=resume,
        on_epoch=on_epoch,
    )
    bare = model_of(spec, task, corpus)
    table = word_table(spec, bare, mine, variants=variants)
    data = artefact(spec, bare, table, corpus)
    return Run(
        spec=spec,
        model=semeq.artefact.parse_model(data, spec.name),
        data=data,
        table=tuple(table),
        history=tuple(history),
        cpu_s=time.process_time() - began,
    )


def model_of(spec: Spec, task: Task, corpus: Corpus) -> Model:
    """The trained networks as a model that has no words yet."""
    design, bands = task.design, len(corpus.bands_hz)
    inputs = 13 if design.encoder_input == "settings" else bands
    outputs = 13 if design.decoder_output == "settings" else bands
    encoder = design.encoder
    if spec.kind == "vae":  # the variances are for training only
        encoder = [*encoder, {"op": "gather", "columns": [*range(spec.latent_dim)]}]
    return Model(
        name=spec.name,
        description=spec.summary,
        warning=spec.warning,
        provenance={},
        bands_hz=corpus.bands_hz,
        encoder=task.net.network(encoder, inputs, spec.latent_dim, "encoder"),
        encoder_input=design.encoder_input,
        decoder=task.net.network([*design.inner, *design.outer], spec.latent_dim, outputs, "decoder"),
        decoder_output=design.decoder_output,
        blending=design.blending,
        vocabularies={"en": {}, "es": {}},
        sha256="",
    )


def trainer() -> Callable[..., tuple[Task, list[Epoch]]]:
    """The function that trains networks, or an error that says how to get torch."""
    try:
        from semeq_models.training import train_networks
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise DataError('training needs torch: pip install "semeq[train]"') from None
    return train_networks


def fingerprint(rows: Sequence[Contribution]) -> str:
    """Checksum of what is learnt from, so that no run is resumed on other data."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{row.word}\0{row.language}\0{row.source}\0{row.settings}".encode())
        digest.update(np.ascontiguousarray(row.curve_db).tobytes())
    return digest.hexdigest()
