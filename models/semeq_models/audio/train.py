"""From a specification to a finished audio encoder, in one file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.numpy import save

from semeq.artefact import load_model
from semeq.hearing.encoder import FORMAT, AudioEncoder, parse_encoder
from semeq.hearing.reference import references
from semeq_models.artefact import LICENCE, canonical, content_sha256
from semeq_models.cleaning import Corpus
from semeq_models.errors import ChoiceError, DataError
from semeq_models.systems import Spec
from semeq_models.train import fingerprint, trainer
from semeq_models.wordtable import rows_for

if TYPE_CHECKING:
    from semeq_models.training import Epoch


@dataclass(frozen=True, kw_only=True, eq=False)
class AudioRun:
    """A finished training: the encoder and its bytes, the losses of every epoch, processor seconds."""

    spec: Spec
    model: AudioEncoder
    data: bytes
    history: tuple[Epoch, ...]
    cpu_s: float


def train_audio(
    spec: Spec,
    corpus: Corpus,
    *,
    device: str = "cpu",
    folder: Path | None = None,
    resume: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> AudioRun:
    """Train one audio encoder towards the words of its space; the same spec and data give the same bytes.

    >>> from dataclasses import replace
    >>> from semeq_models import AUDIO_SPECS
    >>> from semeq_models.made_up import made_up_corpus
    >>> run = train_audio(replace(AUDIO_SPECS["audio-default"], epochs=1, batch_size=8), made_up_corpus())
    >>> run.model.space, run.model.network.outputs
    ('default', 32)
    """
    if spec.early_stop:
        raise ChoiceError(f"{spec.name} is trained on material that is drawn anew; leave out --early-stop")
    began = time.process_time()
    rows = rows_for(spec, corpus.contributions)
    if not rows:
        raise DataError(f"{spec.name} finds no rows in {' or '.join(spec.sources)}; give other data")
    space = load_model(spec.space)
    task, history = trainer()(
        spec,
        rows,
        corpus.bands_hz,
        device=device,
        folder=folder,
        data_sha256=hashlib.sha256(f"{fingerprint(rows)}{space.sha256}".encode()).hexdigest(),
        resume=resume,
        on_epoch=on_epoch,
    )
    inputs = task.batch_width
    network = task.net.network(task.design.encoder, inputs, space.latent_dim, "audio")
    tensors = {name: tensor.astype("<f4") for name, tensor in network.tensors.items()}
    said: dict[str, Any] = {
        "format": FORMAT,
        "name": spec.name,
        "description": spec.summary,
        "warning": spec.warning,
        "licence": LICENCE,
        "hears": {"audio": "deviation", "audio-cnn": "mel"}[spec.kind],
        "space": spec.space,
        "network": {"inputs": network.inputs, "outputs": network.outputs, "layers": list(network.layers)},
        "provenance": {
            **{f"{source}_sha256": checksum for source, checksum in corpus.checksums.items()},
            "rows": len(rows),
            "space_sha256": space.sha256,
            "references": {one.name: one.about for one in references().values()},
            "spec": asdict(spec),
            "semeq_version": version("semeq"),
        },
    }
    said["content_sha256"] = content_sha256(said, tensors)
    data = save(tensors, metadata={"semeq": canonical(said)})
    return AudioRun(
        spec=spec,
        model=parse_encoder(data, spec.name),
        data=data,
        history=tuple(history),
        cpu_s=time.process_time() - began,
    )
