"""Which audio encoder leads into the latent space of which model."""

from __future__ import annotations

from semeq.errors import ModelError
from semeq.hearing.encoder import FORMAT, AudioEncoder, load_encoder
from semeq.model import Model
from semeq.weights import shipped


def encoder_for(model: Model) -> AudioEncoder:
    """The audio encoder that comes with semeq for a model's space."""
    for name in sorted(shipped(FORMAT), reverse=True):
        encoder = load_encoder(name)
        if encoder.space == model.name:
            return encoder
    raise ModelError(f"no audio encoder leads into the space of model {model.name}; use --model default")
