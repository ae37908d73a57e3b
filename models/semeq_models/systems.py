"""Every system that can be trained, as a table of what is particular to it; no torch needed to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from semeq_models.errors import ChoiceError

Source = Literal["safe", "socialfx"]
Schedule = Literal["fixed", "plateau", "cosine"]
Kind = Literal["v1", "v2", "v3", "vae", "socialfx", "default", "audio", "audio-cnn"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spec:
    """How one system is trained; the command line may change any of the numbers."""

    name: str
    kind: Kind
    summary: str
    sources: tuple[Source, ...]
    epochs: int
    batch_size: int
    learning_rate: float = 0.001
    schedule: Schedule = "fixed"
    latent_dim: int = 32
    contrastive_start: float = 0.0
    contrastive_end: float = 0.0
    temperature: float = 0.1
    min_examples: int = 5
    save_every: int = 30
    early_stop: int = 0
    seed: int = 0
    warning: str = ""
    space: str = ""
    """Of an audio encoder: the model whose latent space it leads into."""

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not low <= value <= high:  # also refuses NaN
                raise ChoiceError(f"{name.replace('_', ' ')} {value:g}: use {low:g} to {high:g}")


_RANGES = (
    ("epochs", 1, 100_000),
    ("batch_size", 2, 65_536),
    ("learning_rate", 1e-7, 1.0),
    ("latent_dim", 1, 512),
    ("contrastive_start", 0.0, 100.0),
    ("contrastive_end", 0.0, 100.0),
    ("temperature", 0.001, 100.0),
    ("min_examples", 1, 1_000_000),
    ("save_every", 1, 100_000),
    ("early_stop", 0, 100_000),
    ("seed", 0, 2**31 - 1),
)

_SPECS = (
    Spec(
        name="default",
        kind="default",
        summary="curves in, bands out: a latent space measured in dB, SAFE-DB and SocialFX together",
        sources=("safe", "socialfx"),
        epochs=60,
        batch_size=256,
        learning_rate=0.003,
        schedule="cosine",
        min_examples=1,
        save_every=20,
    ),
    Spec(
        name="v1",
        kind="v1",
        summary="the first attempt: z-scores, three heads; kept as the failure it is",
        sources=("safe",),
        epochs=100,
        batch_size=32,
        contrastive_start=0.5,
        contrastive_end=0.5,
        warning="v1 is a documented failure: its answers lie far out of range and are only clamped; use another model",
    ),
    Spec(
        name="v2",
        kind="v2",
        summary="the redesign: logarithms, bounds from the data, one sigmoid head, annealed contrast",
        sources=("safe",),
        epochs=150,
        batch_size=64,
        schedule="plateau",
        contrastive_start=0.1,
        contrastive_end=0.5,
    ),
    Spec(
        name="v3",
        kind="v3",
        summary="v2 with fixed bounds, for words of five examples and more",
        sources=("safe",),
        epochs=150,
        batch_size=64,
        schedule="plateau",
        contrastive_start=0.1,
        contrastive_end=0.5,
    ),
    Spec(
        name="v2-vae",
        kind="vae",
        summary="v2 as a variational autoencoder: reconstruction and Kullback-Leibler divergence",
        sources=("safe",),
        epochs=200,
        batch_size=64,
        schedule="plateau",
    ),
    Spec(
        name="socialfx",
        kind="socialfx",
        summary="40 bands in and out, learnt from SocialFX alone, then fitted to five bands",
        sources=("socialfx",),
        epochs=100,
        batch_size=64,
        contrastive_start=0.1,
        contrastive_end=0.1,
    ),
)
_AUDIO_SPECS = (
    Spec(
        name="audio-default",
        kind="audio",
        summary="long-term spectra in, the EQ that they seem to have out; told how far its reference spreads",
        sources=("safe", "socialfx"),
        epochs=60,
        batch_size=512,
        schedule="cosine",
        min_examples=1,
        save_every=20,
        space="default",
    ),
    Spec(
        name="audio-cnn",
        kind="audio-cnn",
        summary="the origin's design: log-mel, a small convolutional network, the space of v2; for --mode traverse",
        sources=("safe",),
        epochs=100,
        batch_size=64,
        schedule="plateau",
        contrastive_start=0.1,
        contrastive_end=0.1,
        min_examples=5,
        save_every=25,
        space="v2",
        warning="audio-cnn is kept for study: it has no reference, and its formula doubles what is there",
    ),
)
AUDIO_SPECS: dict[str, Spec] = {spec.name: spec for spec in _AUDIO_SPECS}
SPECS: dict[str, Spec] = {spec.name: spec for spec in _SPECS}


def spec_named(name: str) -> Spec:
    """The system of this name."""
    known = SPECS | AUDIO_SPECS
    if name not in known:
        raise ChoiceError(f"no system {name!r}; choose one of: {', '.join(known)}")
    return known[name]


def audio_spec_named(name: str) -> Spec:
    """The audio encoder of this name."""
    if name not in AUDIO_SPECS:
        raise ChoiceError(f"no audio encoder {name!r}; choose one of: {', '.join(AUDIO_SPECS)}, or a file with --as-is")
    return AUDIO_SPECS[name]
