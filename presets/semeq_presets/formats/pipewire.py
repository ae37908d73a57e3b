"""PipeWire filter chains: a sink that plays through the EQ.

Before 1.3.81 PipeWire ignores the Q of shelves and plays .7071; ``pipewire-old`` is fitted to that.
"""

from __future__ import annotations

import itertools

from semeq.settings import SHELF_Q, EqSettings
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import pointed, quoted, safe_name

_LABELS = {"low_shelf": "bq_lowshelf", "bell": "bq_peaking", "high_shelf": "bq_highshelf"}


def hold(settings: EqSettings, rate_hz: float, variant: str) -> EqSettings:
    """Shelves of Q .7071 for old versions."""
    del rate_hz
    if variant == "pipewire":
        return settings
    qs = (SHELF_Q, *settings.qs[1:4], SHELF_Q)
    return EqSettings.of(settings.freqs_hz, settings.gains_db, qs, settings.preamp_db)


def _node(name: str, label: str, freq_hz: float, q: float, gain_db: float) -> str:
    control = f'"Freq" = {pointed(freq_hz)} "Q" = {pointed(q)} "Gain" = {pointed(gain_db)}'
    return f"                    {{ type = builtin name = {name} label = {label} control = {{ {control} }} }}\n"


def node_name(preset: Preset) -> str:
    """What the sink is called."""
    name = safe_name(preset.name).encode("ascii", "replace").decode()
    return "semeq_" + "".join(c if c.isalnum() else "_" for c in name)


def write(preset: Preset, variant: str) -> Files:
    """A file for filter-chain.conf.d; the preamp is a high shelf at 0 Hz, which is a plain gain."""
    del variant
    settings = preset.settings
    nodes = [_node("preamp", "bq_highshelf", 0.0, 1.0, settings.preamp_db)]
    for number, band in enumerate(settings.bands, 1):
        nodes.append(_node(f"eq{number}", _LABELS[band.kind], band.freq_hz, band.q, band.gain_db))
    names = ["preamp", *(f"eq{number}" for number in range(1, 6))]
    links = [f'                    {{ output = "{a}:Out" input = "{b}:In" }}\n' for a, b in itertools.pairwise(names)]
    node = node_name(preset)
    text = f"""# {preset.comment}
context.modules = [
    {{ name = libpipewire-module-filter-chain
        args = {{
            node.description = {quoted(preset.title)}
            media.name = {quoted(preset.title)}
            filter.graph = {{
                nodes = [
{"".join(nodes)}                ]
                links = [
{"".join(links)}                ]
            }}
            audio.channels = 2
            audio.position = [ FL FR ]
            capture.props = {{
                node.name = "effect_input.{node}"
                media.class = Audio/Sink
            }}
            playback.props = {{
                node.name = "effect_output.{node}"
                node.passive = true
            }}
        }}
    }}
]
"""
    return one_file(preset, ".conf", text)
