"""LV2 presets for any host: a bundle with the control values of one plug-in, and back into five bands."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from semeq.response import RATE_HZ
from semeq.settings import LAYOUT, SHELF_Q, EqSettings
from semeq_presets.errors import PresetError
from semeq_presets.filters import Filter, FilterKind, Loaded, check_number
from semeq_presets.preset import Files, Preset
from semeq_presets.text import pointed, quoted

Controls = Mapping[str, float]
CALF = "http://calf.sourceforge.net/plugins/Equalizer5Band"
LSP = "http://lsp-plug.in/plugins/lv2/para_equalizer_x16_"
X42 = "http://gareus.org/oss/lv2/fil4#"
AEQ = "urn:ardour:a-eq"
EQ10Q = "http://eq10q.sourceforge.net/eq/eq6q"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plug-in: its names (stereo first), its controls for some settings, and the other way."""

    uris: tuple[str, ...]
    controls: Callable[[EqSettings, float], Controls]
    filters: Callable[[Controls, float], tuple[tuple[Filter, ...], float]]


def _gain(gain_db: float) -> float:
    return float(10 ** (gain_db / 20))


def _db(gain: float) -> float:
    if gain <= 0:
        raise PresetError(f"gain {gain:g}: a plug-in has it above 0")
    return 20 * math.log10(gain)


def _filters(kinds: tuple[str, ...], freqs: list[float], gains: list[float], qs: list[float]) -> tuple[Filter, ...]:
    rows = zip(kinds, freqs, gains, qs, strict=True)
    return tuple(Filter(kind=kind, freq_hz=f, gain_db=g, q=q) for kind, f, g, q in rows)  # type: ignore[arg-type]


# Calf Equalizer 5 Band: the cookbook, in our own layout


_CALF = ("ls", "p1", "p2", "p3", "hs")


def _calf_controls(settings: EqSettings, rate_hz: float) -> Controls:
    del rate_hz
    said: dict[str, float] = {"bypass": 0, "level_in": 1, "level_out": _gain(settings.preamp_db)}
    for name, band in zip(_CALF, settings.bands, strict=True):
        said |= {f"{name}_active": 1, f"{name}_level": _gain(band.gain_db), f"{name}_freq": band.freq_hz}
        said[f"{name}_q"] = band.q
    return said


def _calf_filters(said: Controls, rate_hz: float) -> tuple[tuple[Filter, ...], float]:
    del rate_hz
    on = [name for name in _CALF if said.get(f"{name}_active", 0)]
    kinds = tuple(LAYOUT[_CALF.index(name)] for name in on)
    freqs, levels, qs = ([_of(said, f"{name}_{what}") for name in on] for what in ("freq", "level", "q"))
    preamp_db = _db(said.get("level_in", 1)) + _db(said.get("level_out", 1))
    return _filters(kinds, freqs, [_db(level) for level in levels], qs), preamp_db


# LSP Parametric Equalizer x16: filters in the mode that plays the cookbook


_LSP_TYPES = {"low_shelf": 5, "bell": 1, "high_shelf": 3}
_LSP_KINDS: dict[float, FilterKind] = {5: "low_shelf", 1: "bell", 3: "high_shelf"}
_LSP_APO, _LSP_BANDS = 6, 16


def lsp_controls(settings: EqSettings, rate_hz: float) -> Controls:
    """The controls of LSP's equalizers; bands that are not used are off."""
    del rate_hz
    said: dict[str, float] = {"enabled": 1, "g_in": _gain(settings.preamp_db), "g_out": 1, "mode": 0, "bal": 0}
    said["frqs"] = 0
    for number in range(_LSP_BANDS):
        if number >= len(settings.bands):
            said[f"ft_{number}"] = 0
            continue
        band = settings.bands[number]
        said |= {f"ft_{number}": _LSP_TYPES[band.kind], f"fm_{number}": _LSP_APO}
        said |= {f"s_{number}": 0, f"xs_{number}": 0, f"xm_{number}": 0}
        said |= {f"f_{number}": band.freq_hz, f"g_{number}": _gain(band.gain_db), f"q_{number}": band.q}
    return said


def lsp_filters(said: Controls, rate_hz: float) -> tuple[tuple[Filter, ...], float]:
    """The filters of LSP's controls."""
    del rate_hz
    filters = []
    for number in range(64):
        kind = _LSP_KINDS.get(said.get(f"ft_{number}", 0))
        if kind and not said.get(f"xm_{number}", 0):
            f, g, q = _of(said, f"f_{number}"), _db(_of(said, f"g_{number}")), _of(said, f"q_{number}")
            filters.append(Filter(kind=kind, freq_hz=f, gain_db=g, q=max(q, 0.01)))
    return tuple(filters), _db(said.get("g_in", 1)) + _db(said.get("g_out", 1))


# x42 fil4: bells by a bandwidth of its own, shelves by another; four bells with ranges


X42_BELLS_HZ = ((20.0, 2000.0), (40.0, 4000.0), (100.0, 10_000.0), (200.0, 20_000.0))
X42_SHELVES_HZ = ((25.0, 400.0), (1000.0, 16_000.0))
_X42_Q = (0.0625, 4.0)
_X42_SHELF = (2.25, 0.2129)


def _x42_width(freq_hz: float, q: float, rate_hz: float) -> float:
    """Its bandwidth for a Q, and its Q for a bandwidth: the same thing both ways."""
    share = freq_hz / rate_hz
    return math.sin(2 * math.pi * share) / (14 * share * q)


def _x42_choice(settings: EqSettings) -> tuple[int, ...]:
    """Which of the four bells each of ours goes to: the choice that moves them least, in their order if it can be."""

    def cost(choice: tuple[int, ...]) -> tuple[float, int]:
        total = 0.0
        for band, section in zip(settings.bands[1:4], choice, strict=True):
            low, high = X42_BELLS_HZ[section]
            away = math.log(max(low, min(high, band.freq_hz)) / band.freq_hz)
            total += (abs(band.gain_db) + 0.01) * away**2
        return round(total, 9), sum(a > b for a, b in itertools.pairwise(choice))

    return min(itertools.permutations(range(4), 3), key=cost)


def x42_hold(settings: EqSettings, rate_hz: float) -> EqSettings:
    """The settings as fil4 can hold them."""
    choice = _x42_choice(settings)
    freqs, qs = list(settings.freqs_hz), list(settings.qs)
    for place, (low, high) in zip((0, 4), X42_SHELVES_HZ, strict=True):
        freqs[place] = min(max(freqs[place], low), high)
        width = min(max(_X42_SHELF[0] * (qs[place] - _X42_SHELF[1]), _X42_Q[0]), _X42_Q[1])
        qs[place] = width / _X42_SHELF[0] + _X42_SHELF[1]
    for place, section in enumerate(choice, 1):
        low, high = X42_BELLS_HZ[section]
        freqs[place] = min(max(freqs[place], low), min(high, 0.49 * rate_hz))
        width = min(max(_x42_width(freqs[place], qs[place], rate_hz), _X42_Q[0]), _X42_Q[1])
        qs[place] = _x42_width(freqs[place], width, rate_hz)
    return EqSettings.of(freqs, settings.gains_db, [min(max(q, 0.1), 10.0) for q in qs], settings.preamp_db)


def _x42_controls(settings: EqSettings, rate_hz: float) -> Controls:
    choice = _x42_choice(settings)
    said: dict[str, float] = {"enable": 1, "gain": settings.preamp_db, "HighPass": 0, "LowPass": 0}
    for number in range(1, 5):
        said[f"sec{number}"] = 0
    for name, band in (("LS", settings.bands[0]), ("HS", settings.bands[4])):
        said |= {f"{name}sec": 1, f"{name}freq": band.freq_hz, f"{name}gain": band.gain_db}
        said[f"{name}q"] = _X42_SHELF[0] * (band.q - _X42_SHELF[1])
    for section, band in zip(choice, settings.bands[1:4], strict=True):
        number = section + 1
        said |= {f"sec{number}": 1, f"freq{number}": band.freq_hz, f"gain{number}": band.gain_db}
        said[f"q{number}"] = _x42_width(band.freq_hz, band.q, rate_hz)
    return said


def _x42_filters(said: Controls, rate_hz: float) -> tuple[tuple[Filter, ...], float]:
    filters = []
    if said.get("LSsec", 0):
        q = _of(said, "LSq") / _X42_SHELF[0] + _X42_SHELF[1]
        filters.append(Filter(kind="low_shelf", freq_hz=_of(said, "LSfreq"), gain_db=_of(said, "LSgain"), q=q))
    for number in range(1, 5):
        if said.get(f"sec{number}", 0):
            f, width = max(_of(said, f"freq{number}"), 1.0), max(_of(said, f"q{number}"), 0.01)
            q = _x42_width(f, width, rate_hz)
            filters.append(Filter(kind="bell", freq_hz=f, gain_db=_of(said, f"gain{number}"), q=q))
    if said.get("HSsec", 0):
        q = _of(said, "HSq") / _X42_SHELF[0] + _X42_SHELF[1]
        filters.append(Filter(kind="high_shelf", freq_hz=_of(said, "HSfreq"), gain_db=_of(said, "HSgain"), q=q))
    return tuple(filters), said.get("gain", 0.0)


# Ardour's a-eq: bells by bandwidth in octaves, shelves of Q .7071 by the frequency where they begin


AEQ_Q = (0.2675, 14.4)
_AEQ_SHORT_DB = 0.046  # its gains glide to their place and stop this far before it


def _sent(gain_db: float) -> float:
    """What to write so that a gain arrives, from flat, where it should."""
    return gain_db + math.copysign(_AEQ_SHORT_DB, gain_db) if gain_db else 0.0


def _arriving(gain_db: float) -> float:
    return math.copysign(max(abs(gain_db) - _AEQ_SHORT_DB, 0.0), gain_db)


def _octaves(q: float) -> float:
    return 2 / math.log(2) * math.asinh(1 / (2 * q))


def _warped(freq_hz: float, times: float, rate_hz: float) -> float:
    return rate_hz / math.pi * math.atan(math.tan(math.pi * freq_hz / rate_hz) * times)


def aeq_hold(settings: EqSettings, rate_hz: float) -> EqSettings:
    """The settings as a-eq can hold them: shelves of Q .7071, and their own frequencies between 20 Hz and 20 kHz."""
    freqs, qs = list(settings.freqs_hz), [min(max(q, AEQ_Q[0]), 10.0) for q in settings.qs]
    qs[0] = qs[4] = SHELF_Q
    for place, sign in ((0, -1), (4, 1)):
        times = 10 ** (sign * settings.gains_db[place] / 80)
        begins = min(max(_warped(freqs[place], times, rate_hz), 20.0), 20_000.0)
        freqs[place] = min(max(_warped(begins, 1 / times, rate_hz), 20.0), 20_000.0)
    return EqSettings.of(freqs, settings.gains_db, qs, settings.preamp_db)


def _aeq_controls(settings: EqSettings, rate_hz: float) -> Controls:
    low, *bells, high = settings.bands
    said: dict[str, float] = {"enable": 1, "master": settings.preamp_db, "filtogl": 1, "filtogh": 1, "filtog4": 0}
    said |= {"gl": _sent(low.gain_db), "freql": _warped(low.freq_hz, 10 ** (-low.gain_db / 80), rate_hz)}
    said |= {"gh": _sent(high.gain_db), "freqh": _warped(high.freq_hz, 10 ** (high.gain_db / 80), rate_hz)}
    for number, band in enumerate(bells, 1):
        said |= {f"filtog{number}": 1, f"freq{number}": band.freq_hz, f"g{number}": _sent(band.gain_db)}
        said[f"bw{number}"] = _octaves(band.q)
    said |= {"g4": 0, "freq4": 6000, "bw4": 1}
    return said


def _aeq_filters(said: Controls, rate_hz: float) -> tuple[tuple[Filter, ...], float]:
    filters = []
    if said.get("filtogl", 1):
        gain_db = _arriving(_limited(_of(said, "gl")))
        f = _warped(_below(_of(said, "freql"), rate_hz), 10 ** (gain_db / 80), rate_hz)
        filters.append(Filter(kind="low_shelf", freq_hz=f, gain_db=gain_db))
    for number in range(1, 5):
        if said.get(f"filtog{number}", 1) and f"g{number}" in said and (number < 4 or said["g4"]):
            q = 1 / (2 * math.sinh(math.log(2) / 2 * min(max(_of(said, f"bw{number}"), 0.01), 10)))
            f, gain_db = _of(said, f"freq{number}"), _arriving(_of(said, f"g{number}"))
            filters.append(Filter(kind="bell", freq_hz=f, gain_db=gain_db, q=q))
    if said.get("filtogh", 1):
        gain_db = _arriving(_limited(_of(said, "gh")))
        f = _warped(_below(_of(said, "freqh"), rate_hz), 10 ** (-gain_db / 80), rate_hz)
        filters.append(Filter(kind="high_shelf", freq_hz=f, gain_db=gain_db))
    return tuple(filters), said.get("master", 0.0)


def _below(freq_hz: float, rate_hz: float) -> float:
    return min(max(freq_hz, 1.0), 0.499 * rate_hz)


def _limited(gain_db: float) -> float:
    return min(max(gain_db, -120.0), 120.0)


# EQ10Q, six bands: its bells follow a law of their own (laws.eq10q)


_EQ10Q_TYPES = {"low_shelf": 9, "bell": 11, "high_shelf": 10}
_EQ10Q_KINDS: dict[float, FilterKind] = {9: "low_shelf", 11: "bell", 10: "high_shelf"}
_EQ10Q_STEP_DB = 0.05  # its gains are steps of a table, taken from below


def _step_below(gain_db: float) -> float:
    return math.floor(gain_db / _EQ10Q_STEP_DB + 1e-3) * _EQ10Q_STEP_DB


def eq10q_hold(settings: EqSettings) -> EqSettings:
    """The settings with gains in its steps."""
    gains = [round(gain / _EQ10Q_STEP_DB) * _EQ10Q_STEP_DB for gain in settings.gains_db]
    gains = [min(max(gain, -12.0), 12.0) for gain in gains]
    return EqSettings.of(settings.freqs_hz, gains, settings.qs, settings.preamp_db)


def _eq10q_controls(settings: EqSettings, rate_hz: float) -> Controls:
    del rate_hz
    said: dict[str, float] = {"bypass": 0, "input_gain": 0, "filter6_enable": 0}
    said["output_gain"] = _step_below(settings.preamp_db) + _EQ10Q_STEP_DB / 2
    for number, band in enumerate(settings.bands, 1):
        name = f"filter{number}"
        said |= {f"{name}_enable": 1, f"{name}_type": _EQ10Q_TYPES[band.kind]}
        said[f"{name}_gain"] = _step_below(band.gain_db) + _EQ10Q_STEP_DB / 2
        said |= {f"{name}_freq": band.freq_hz, f"{name}_q": band.q}
    return said


def _eq10q_filters(said: Controls, rate_hz: float) -> tuple[tuple[Filter, ...], float]:
    del rate_hz
    filters = []
    for number in range(1, 11):
        name = f"filter{number}"
        kind = _EQ10Q_KINDS.get(said.get(f"{name}_type", 0))
        if kind and said.get(f"{name}_enable", 0):
            f, g, q = (_of(said, f"{name}_{what}") for what in ("freq", "gain", "q"))
            filters.append(Filter(kind=kind, freq_hz=f, gain_db=_step_below(g), q=q))
    return tuple(filters), _step_below(said.get("input_gain", 0.0)) + _step_below(said.get("output_gain", 0.0))


PLUGINS: dict[str, Plugin] = {
    "lv2-calf": Plugin((CALF,), _calf_controls, _calf_filters),
    "lv2-lsp": Plugin((f"{LSP}stereo", f"{LSP}mono"), lsp_controls, lsp_filters),
    "lv2-x42": Plugin((f"{X42}stereo", f"{X42}mono"), _x42_controls, _x42_filters),
    "lv2-aeq": Plugin((AEQ,), _aeq_controls, _aeq_filters),
    "lv2-eq10q": Plugin((f"{EQ10Q}s", f"{EQ10Q}m"), _eq10q_controls, _eq10q_filters),
}


def hold(settings: EqSettings, rate_hz: float, variant: str) -> EqSettings:
    """The settings as the plug-in can hold them."""
    if variant == "lv2-x42":
        return x42_hold(settings, rate_hz)
    if variant == "lv2-aeq":
        return aeq_hold(settings, rate_hz)
    return eq10q_hold(settings) if variant == "lv2-eq10q" else settings


def _of(said: Controls, symbol: str) -> float:
    if symbol not in said:
        raise PresetError(f"no value for {symbol!r}; the preset is not complete")
    return said[symbol]


def _percent(name: str) -> str:
    """``name`` as a part of a URI."""
    kept = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in name.encode("utf-8"))


_PREFIXES = (
    "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
    "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n"
)


def write(preset: Preset, variant: str) -> Files:
    """A bundle with one preset for each kind of channels."""
    return write_bank([preset], variant, preset.stem)


def write_bank(presets: list[Preset], variant: str, stem: str) -> Files:
    """A bundle with all the presets; every plug-in has its own, since all lie side by side in ~/.lv2."""
    plugin = PLUGINS[variant]
    manifest, body = _PREFIXES, _PREFIXES
    for preset in presets:
        controls = plugin.controls(preset.settings, preset.rate_hz)
        for uri in plugin.uris:
            kind = "stereo" if uri == plugin.uris[0] else "mono"
            name = preset.stem if len(plugin.uris) == 1 else f"{preset.stem} {kind}"
            entry = f"<urn:semeq:preset:{variant}:{_percent(name)}>\n    a pset:Preset ;\n    lv2:appliesTo <{uri}> ;\n"
            entry += f"    rdfs:label {quoted(preset.title)} ;\n"
            manifest += f"{entry}    rdfs:seeAlso <{_PRESETS}> .\n\n"
            ports = " ,\n        ".join(
                f"[ lv2:symbol {quoted(symbol)} ; pset:value {pointed(value)} ]"
                for symbol, value in controls.items()
                if not (symbol == "bal" and kind == "mono")
            )
            body += f"{entry}    rdfs:comment {quoted(preset.comment)} ;\n    lv2:port\n        {ports} .\n\n"
    bundle = f"{stem} {variant.removeprefix('lv2-')}.lv2"
    texts = {"manifest.ttl": manifest, _PRESETS: body}
    return {f"{bundle}/{name}": f"{text.rstrip()}\n".encode() for name, text in texts.items()}


_PRESETS = "presets.ttl"
_APPLIES = re.compile(
    r"lv2:appliesTo\s*<([^<>\s]{1,200})>|<http://lv2plug\.in/ns/lv2core#appliesTo>\s*<([^<>\s]{1,200})>"
)
_SYMBOL = re.compile(r'lv2:symbol\s*"([A-Za-z_]\w{0,60})"')
_VALUE = re.compile(r"pset:value\s*([-+]?[\d.]{1,40}(?:[eE][-+]?\d{1,3})?|true|false)")
_RATE = re.compile(r'rdfs:comment\s*"[^"\n]{0,400}at (\d{4,6}) Hz')
_LABEL = re.compile(r'rdfs:label\s*"((?:[^"\\\n]|\\.){0,400})"')


def read(data: bytes, variant: str) -> Loaded:
    """Read the first preset of a .ttl, whichever of the plug-ins above it is for."""
    text = data.decode("utf-8", "replace")
    applies = _APPLIES.search(text)
    if applies is None:
        raise PresetError("no lv2:appliesTo in it; give the .ttl of an LV2 preset")
    uri = applies[1] or applies[2]
    name = next((name for name, plugin in PLUGINS.items() if _same_plugin(uri, plugin)), None)
    if name is None:
        raise PresetError(f"{uri}: a plug-in we do not read; we read {', '.join(PLUGINS)}")
    if variant != name:
        raise PresetError(f"a preset of {name}, not of {variant}; leave out --format")
    following = _APPLIES.search(text, applies.end())
    text = text[applies.start() : following.start() if following else len(text)]
    said: dict[str, float] = {}
    for block in text.split("[")[1:2000]:
        symbol, value = _SYMBOL.search(block), _VALUE.search(block)
        if symbol and value:
            number = {"true": 1.0, "false": 0.0}.get(value[1])
            said[symbol[1]] = check_number(value[1], symbol[1]) if number is None else number
    if not said:
        raise PresetError("no control values in it; give the .ttl that the manifest names")
    rate = _RATE.search(text)
    rate_hz = min(max(float(rate[1]), 8000.0), 768_000.0) if rate else RATE_HZ
    filters, preamp_db = PLUGINS[name].filters(said, rate_hz)
    label = _LABEL.search(text)
    title = re.sub(r"\\(.)", r"\1", label[1]) if label else ""
    return Loaded(filters=filters, preamp_db=preamp_db, name=title, rate_hz=rate_hz)


def _same_plugin(uri: str, plugin: Plugin) -> bool:
    if uri in plugin.uris:
        return True
    first = plugin.uris[0]
    if first.startswith(LSP):
        return uri.startswith("http://lsp-plug.in/plugins/lv2/para_equalizer_x")
    return first.startswith(EQ10Q) and uri.startswith("http://eq10q.sourceforge.net/eq/eq")


def applies_to(data: bytes) -> list[str]:
    """The plug-ins that the presets of a file are for."""
    return [one[1] or one[2] for one in _APPLIES.finditer(data.decode("utf-8", "replace"))]


def plugin_of(data: bytes) -> str:
    """The format name of a preset's plug-in; nothing for other plug-ins."""
    uri = next(iter(applies_to(data)), "")
    return next((name for name, plugin in PLUGINS.items() if _same_plugin(uri, plugin)), "")
