"""LSP's own configuration files, which its equalizer loads as VST, CLAP, LV2 or JACK, on every system."""

from __future__ import annotations

import math

from semeq_presets.formats.lv2 import lsp_controls
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import fixed

_BOOLEAN = ("enabled", "xs_", "xm_")
_WHOLE = ("mode", "ft_", "fm_", "s_")
_GAIN = ("g_",)


def write(preset: Preset, variant: str) -> Files:
    """The controls of lv2-lsp as lines of text; gains in dB."""
    del variant
    lines = [f"# {preset.title}", f"# {preset.comment}", "", "bypass = false"]
    for symbol, value in lsp_controls(preset.settings, preset.rate_hz).items():
        if symbol == "enabled":
            continue
        lines.append(f"{symbol} = {_text(symbol, value)}")
    return one_file(preset, ".cfg", "\n".join(lines) + "\n")


def _text(symbol: str, value: float) -> str:
    if symbol.startswith(_BOOLEAN):
        return "true" if value else "false"
    if symbol.startswith(_WHOLE):
        return str(int(value))
    return f"{fixed(20 * math.log10(value), 4)} db" if symbol.startswith(_GAIN) else fixed(value, 5)
