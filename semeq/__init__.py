"""Words become EQ: what people mean by "warm" as five bands, rendered, explained and reproducible."""

from semeq.artefact import load_model
from semeq.blend import combine
from semeq.ears import analyze, balance, match
from semeq.errors import (
    AudioError,
    CurveError,
    ModelError,
    RequestError,
    SemeqError,
    SettingsError,
    UnknownWordError,
    UsageError,
)
from semeq.fit import fit
from semeq.model import Model, Word
from semeq.render import render
from semeq.response import auto_preamp_db, peak_db, response_db, sos
from semeq.settings import EqBand, EqSettings
from semeq.streaming import StreamingEq
from semeq.suggest import Suggestion, eq, interpolate, suggest, words

__all__ = [
    "AudioError",
    "CurveError",
    "EqBand",
    "EqSettings",
    "Model",
    "ModelError",
    "RequestError",
    "SemeqError",
    "SettingsError",
    "StreamingEq",
    "Suggestion",
    "UnknownWordError",
    "UsageError",
    "Word",
    "analyze",
    "auto_preamp_db",
    "balance",
    "combine",
    "eq",
    "fit",
    "interpolate",
    "load_model",
    "match",
    "peak_db",
    "render",
    "response_db",
    "sos",
    "suggest",
    "words",
]
