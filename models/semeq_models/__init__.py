"""How the models of semeq are made: data, networks, training, the bench, the files."""

from semeq_models.audio.bench import evaluate_audio
from semeq_models.audio.train import AudioRun, train_audio
from semeq_models.cleaning import Contribution, Corpus, load_corpus
from semeq_models.describe import Description, describe
from semeq_models.errors import DataError
from semeq_models.export import export
from semeq_models.judging import evaluate
from semeq_models.safe import SafeData, load_safe
from semeq_models.socialfx import SocialFxData, load_socialfx
from semeq_models.systems import AUDIO_SPECS, SPECS, Spec
from semeq_models.train import Run, train

__all__ = [
    "AUDIO_SPECS",
    "SPECS",
    "AudioRun",
    "Contribution",
    "Corpus",
    "DataError",
    "Description",
    "Run",
    "SafeData",
    "SocialFxData",
    "Spec",
    "describe",
    "evaluate",
    "evaluate_audio",
    "export",
    "load_corpus",
    "load_safe",
    "load_socialfx",
    "train",
    "train_audio",
]
