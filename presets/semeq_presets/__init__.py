"""Curves as presets for the EQs people own, and back: `export(settings, "apo", "warm.txt")`, `load("warm.txt")`."""

from semeq_presets.errors import FormatError, PeerError, PresetError
from semeq_presets.export import export
from semeq_presets.filters import Imported
from semeq_presets.load import load
from semeq_presets.plan import Plan, plan
from semeq_presets.table import FORMATS, Format

__all__ = [
    "FORMATS",
    "Format",
    "FormatError",
    "Imported",
    "PeerError",
    "Plan",
    "PresetError",
    "export",
    "load",
    "plan",
]
