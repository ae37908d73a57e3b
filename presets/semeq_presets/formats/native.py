"""semeq's own JSON, and the numbers as a table to type by hand."""

from __future__ import annotations

import json
import math

from semeq.settings import EqSettings
from semeq_presets.errors import PresetError
from semeq_presets.filters import Loaded, from_settings
from semeq_presets.formats.apo import slope_of_q
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import fixed

_NAMES = {"low_shelf": "low shelf", "bell": "bell", "high_shelf": "high shelf"}


def write(preset: Preset, variant: str) -> Files:
    """JSON of the settings, or the table."""
    if variant == "table":
        return one_file(preset, ".table.txt", table(preset))
    said = {"name": preset.title, "note": preset.note, "settings": preset.settings.to_dict()}
    return one_file(preset, ".json", json.dumps(said, indent=2, ensure_ascii=False) + "\n")


def table(preset: Preset) -> str:
    """Hz, dB, Q, and what other EQs ask for instead: bandwidth in octaves, Pro-Q's Q, the slope of a shelf."""
    head = f"{'band':<12}{'Hz':>10}{'dB':>9}{'Q':>9}{'octaves':>9}{'slope S':>9}"
    lines = [preset.title, "", head]
    for band in preset.settings.bands:
        row = f"{_NAMES[band.kind]:<12}{fixed(band.freq_hz, 1):>10}{fixed(band.gain_db, 2):>9}{fixed(band.q, 3):>9}"
        if band.kind == "bell":
            row += f"{fixed(2 / math.log(2) * math.asinh(1 / (2 * band.q)), 3):>9}{'-':>9}"
        else:
            slope = slope_of_q(band.q, 10 ** (band.gain_db / 40))
            row += f"{'-':>9}{fixed(slope, 3) if slope < 100 else '-':>9}"
        lines.append(row)
    lines += [f"{'preamp':<12}{'-':>10}{fixed(preset.settings.preamp_db, 2):>9}", "", preset.comment]
    return "\n".join(lines) + "\n"


def read(data: bytes, variant: str) -> Loaded:
    """Settings as any semeq command writes them: bare, or under the key "settings"."""
    del variant
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise PresetError("no JSON; give settings that semeq wrote") from None
    inner = said.get("settings", said) if isinstance(said, dict) else said
    if not isinstance(inner, dict) or "bands" not in inner:
        raise PresetError("no settings of semeq in it")
    settings = EqSettings.from_dict(inner)
    return Loaded(filters=from_settings(settings), preamp_db=settings.preamp_db, name=str(said.get("name", ""))[:200])
