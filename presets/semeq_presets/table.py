"""Every format we know: what it is for, how far it was verified, what it can hold, where it goes.

The modules behind it are imported when they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Literal

from semeq.settings import GAIN_LIMIT_DB, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q, SHELF_Q
from semeq_presets.errors import FormatError

Proof = Literal["rendered", "structure", "experimental"]
"""Played by the real program and measured; bytes as real files have them; neither."""
Law = Literal["cookbook", "analog", "eq10q", "curve"]
Refit = Literal["always", "offered", "never"]
System = Literal["linux", "darwin", "win32"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranges:
    """What the target can hold of each number; ``decimals`` of Hz, dB and Q where it is text of fixed places."""

    freq_hz: tuple[float, float] = (MIN_FREQ_HZ, MAX_FREQ_HZ)
    gain_db: float = GAIN_LIMIT_DB
    bell_q: tuple[float, float] = (MIN_Q, MAX_Q)
    shelf_q: tuple[float, float] = (MIN_Q, MAX_Q)
    preamp_db: tuple[float, float] | None = (-60.0, 60.0)
    decimals: tuple[int, int, int] | None = None
    preamp_step_db: float = 0.0
    bands: int = 5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Format:
    """One kind of preset file."""

    name: str
    title: str
    suffix: str
    module: str
    proof: Proof
    evidence: str
    use: str
    law: Law = "cookbook"
    law_known: str = "measured"
    ranges: Ranges = field(default=Ranges())
    refit: Refit = "never"
    reads: bool = False
    bank: bool = False
    margin_db: float = 0.0
    limits: str = ""
    folders: Mapping[System, str] = field(default_factory=dict)
    peer: str = ""

    def code(self) -> ModuleType:
        """The module that writes and reads it."""
        return import_module(f"semeq_presets.formats.{self.module}")


_CONFIG = "$XDG_CONFIG_HOME"
_FLATPAK = "~/.var/app/com.github.wwmm.easyeffects"
_EASYEFFECTS = (
    f"$XDG_DATA_HOME/easyeffects/output|{_FLATPAK}/data/easyeffects/output"
    f"|{_FLATPAK}/config/easyeffects/output|{_CONFIG}/easyeffects/output"
)
_LV2: Mapping[System, str] = {
    "linux": "~/.lv2",
    "darwin": "~/Library/Audio/Plug-Ins/LV2",
    "win32": "%APPDATA%/LV2",
}
_REAPER: Mapping[System, str] = {
    "linux": f"{_CONFIG}/REAPER",
    "darwin": "~/Library/Application Support/REAPER",
    "win32": "%APPDATA%/REAPER",
}


def _reaper(folder: str) -> Mapping[System, str]:
    return {system: f"{path}/{folder}" for system, path in _REAPER.items()}


_ROWS = (
    Format(
        name="apo",
        title="Equalizer APO, Peace, squig.link, Poweramp from build 911, EasyEffects' and PipeWire's import",
        suffix=".txt",
        module="apo",
        proof="rendered",
        evidence="its own parser and filters, compiled: 0.002 dB; read back by the rules of PipeWire and EasyEffects",
        use="put it in EqualizerAPO\\config and add Include: NAME.txt to config.txt; or import it",
        ranges=Ranges(decimals=(2, 2, 4)),
        reads=True,
        folders={"win32": "%PROGRAMFILES%/EqualizerAPO/config"},
    ),
    Format(
        name="easyeffects",
        title="EasyEffects 7 and 8",
        suffix=".json",
        module="easyeffects",
        proof="rendered",
        evidence="EasyEffects 7.0.0 in a session of its own, recorded from its sink",
        use="easyeffects -l NAME",
        reads=True,
        margin_db=0.02,
        peer="easyeffects",
        folders={"linux": _EASYEFFECTS},
    ),
    Format(
        name="lv2-calf",
        title="Calf Equalizer 5 Band (LV2), in Ardour, Carla, Qtractor, jalv, MOD ...",
        suffix=".lv2",
        module="lv2",
        proof="rendered",
        evidence="calf 0.90.3 through liblilv; Ardour 7.3 loads it",
        use="copy the folder to ~/.lv2 and choose the preset in the host",
        ranges=Ranges(preamp_db=(-36.0, 36.0)),
        reads=True,
        bank=True,
        peer="lv2",
        folders=_LV2,
    ),
    Format(
        name="lv2-lsp",
        title="LSP Parametric Equalizer x16 (LV2)",
        suffix=".lv2",
        module="lv2",
        proof="rendered",
        evidence="lsp-plugins 1.2.5 through liblilv, filters in mode APO (DR); Ardour 7.3 loads it",
        use="copy the folder to ~/.lv2 and choose the preset in the host",
        ranges=Ranges(preamp_db=(-60.0, 20.0)),
        reads=True,
        bank=True,
        margin_db=0.05,
        peer="lv2",
        folders=_LV2,
    ),
    Format(
        name="lv2-x42",
        title="x42-eq, fil4.lv2",
        suffix=".lv2",
        module="lv2",
        proof="rendered",
        evidence="x42-plugins 20221119 through liblilv; Ardour 7.3 loads it",
        use="copy the folder to ~/.lv2 and choose the preset in the host",
        ranges=Ranges(preamp_db=(-18.0, 18.0), shelf_q=(0.241, 1.99), bell_q=(0.113, 7.18)),
        reads=True,
        bank=True,
        margin_db=0.05,
        refit="offered",
        limits="low shelf 25 to 400 Hz, high shelf 1 to 16 kHz, four bells: 20 Hz to 2 kHz, 40 Hz to 4 kHz, 100 Hz to "
        "10 kHz, 200 Hz to 20 kHz; the Q of a bell falls towards half the sample rate (2.97 at 16 kHz of 48)",
        peer="lv2",
        folders=_LV2,
    ),
    Format(
        name="lv2-aeq",
        title="Ardour's a-eq (LV2)",
        suffix=".lv2",
        module="lv2",
        proof="rendered",
        evidence="Ardour 7.3, a-eq through liblilv, from flat; gains stop about .046 dB short, which is made up for",
        use="copy the folder to ~/.lv2 and choose the preset in Ardour",
        ranges=Ranges(preamp_db=(-20.0, 20.0), shelf_q=(SHELF_Q, SHELF_Q), bell_q=(0.2675, MAX_Q)),
        reads=True,
        bank=True,
        margin_db=0.05,
        refit="always",
        limits="shelves have a fixed Q of .7071: other curves are fitted to it",
        peer="lv2",
        folders=_LV2,
    ),
    Format(
        name="lv2-eq10q",
        title="EQ10Q, six bands (LV2)",
        suffix=".lv2",
        module="lv2",
        proof="rendered",
        evidence="eq10q 2.2 through liblilv; Ardour 7.3 loads it",
        use="copy the folder to ~/.lv2 and choose the preset in the host",
        law="eq10q",
        ranges=Ranges(preamp_db=(-20.0, 20.0), preamp_step_db=0.05),
        reads=True,
        bank=True,
        margin_db=0.02,
        refit="always",
        limits="bells follow the analogue curve at half the sample rate: they are fitted; gains in steps of 0.05 dB",
        peer="lv2",
        folders=_LV2,
    ),
    Format(
        name="ffmpeg",
        title="ffmpeg filter chain",
        suffix=".ffmpeg.txt",
        module="chains",
        proof="rendered",
        evidence="ffmpeg 5.1",
        use="ffmpeg -i in.wav -filter_script:a NAME.ffmpeg.txt out.wav (from ffmpeg 7 also -/filter:a)",
        peer="ffmpeg",
    ),
    Format(
        name="mpv",
        title="mpv profile",
        suffix=".mpv.conf",
        module="chains",
        proof="rendered",
        evidence="mpv 0.35",
        use="mpv --include=NAME.mpv.conf --profile=semeq-NAME FILE",
        bank=True,
        peer="mpv",
    ),
    Format(
        name="sox",
        title="SoX effects file",
        suffix=".sox.txt",
        module="chains",
        proof="rendered",
        evidence="sox 14.4.2",
        use="sox in.wav out.wav --effects-file NAME.sox.txt",
        margin_db=0.005,
        peer="sox",
    ),
    Format(
        name="pipewire",
        title="PipeWire from 1.3.81: filter-chain sink",
        suffix=".conf",
        module="pipewire",
        proof="rendered",
        evidence="PipeWire 0.3.65, bells and shelves of Q .7071; that newer ones read a shelf's Q is from their source",
        use="copy to ~/.config/pipewire/pipewire.conf.d, then systemctl --user restart pipewire",
        limits="older versions play every shelf with Q .7071: take pipewire-old there",
        margin_db=0.03,
        peer="pipewire",
        folders={"linux": f"{_CONFIG}/pipewire/pipewire.conf.d"},
    ),
    Format(
        name="pipewire-old",
        title="PipeWire before 1.3.81 (Debian 12, Ubuntu 24.04): filter-chain sink",
        suffix=".conf",
        module="pipewire",
        proof="rendered",
        evidence="PipeWire 0.3.65, recorded from a null sink",
        use="copy to ~/.config/pipewire/pipewire.conf.d, then systemctl --user restart pipewire",
        ranges=Ranges(shelf_q=(SHELF_Q, SHELF_Q)),
        refit="always",
        limits="shelves have a fixed Q of .7071: other curves are fitted to it",
        margin_db=0.03,
        peer="pipewire",
        folders={"linux": f"{_CONFIG}/pipewire/pipewire.conf.d"},
    ),
    Format(
        name="camilladsp",
        title="CamillaDSP YAML",
        suffix=".yml",
        module="camilladsp",
        proof="rendered",
        evidence="coefficients: its biquad source, compiled, to 1e-14; the YAML as its own examples have it",
        use="merge filters and pipeline into your configuration",
        reads=True,
    ),
    Format(
        name="ir-wav",
        title="impulse response for any convolver",
        suffix=".wav",
        module="impulse",
        proof="rendered",
        evidence="sox fir and ffmpeg afir",
        use="load it in a convolver at its own sample rate, gain 0 dB",
        margin_db=0.001,
        peer="ir-wav",
    ),
    Format(
        name="reaper",
        title="REAPER, ReaEQ as an FX chain",
        suffix=".RfxChain",
        module="reaper",
        proof="structure",
        evidence="bytes as in a chunk that REAPER saved; its response is third parties' measurement (within 0.2 dB)",
        use="drag it onto a track, or FX > Add chain",
        law_known="third party",
        ranges=Ranges(preamp_db=(-60.0, 24.0)),
        refit="offered",
        reads=True,
        limits="shelves no steeper than S 1.19",
        folders=_reaper("FXChains/semeq"),
    ),
    Format(
        name="reaper-rpl",
        title="REAPER, ReaEQ preset library",
        suffix=".RPL",
        module="reaper",
        proof="structure",
        evidence="55 presets of a real library parse alike; its response is third parties' measurement",
        use="in ReaEQ: + > Import preset library",
        law_known="third party",
        ranges=Ranges(preamp_db=(-60.0, 24.0)),
        refit="offered",
        reads=True,
        bank=True,
        limits="shelves no steeper than S 1.19",
    ),
    Format(
        name="reaper-ini",
        title="REAPER, its own list of ReaEQ presets (vst-reaeq.ini)",
        suffix=".ini",
        module="reaper",
        proof="structure",
        evidence="checksums of 55 real presets agree; its response is third parties' measurement",
        use="semeq-presets install adds to the list that is there; close REAPER first",
        law_known="third party",
        ranges=Ranges(preamp_db=(-60.0, 24.0)),
        refit="offered",
        reads=True,
        bank=True,
        limits="shelves no steeper than S 1.19",
        folders=_reaper("presets"),
    ),
    Format(
        name="jsfx",
        title="REAPER, our own EQ as a JSFX",
        suffix=".jsfx",
        module="jsfx",
        proof="structure",
        evidence="its code is read and run by a test; not in REAPER; the preset library beside it is unverified",
        use="copy to Effects/semeq in REAPER's resource folder and add JS: semeq EQ",
        bank=True,
        folders=_reaper("Effects/semeq"),
    ),
    Format(
        name="proq3",
        title="FabFilter Pro-Q 3",
        suffix=".ffp",
        module="proq3",
        proof="structure",
        evidence="two real files parse alike; that its Q is ours times 1.414 is a forum's word",
        use="copy to its preset folder and open it from the preset menu",
        law="analog",
        law_known="assumed",
        ranges=Ranges(preamp_db=None),
        refit="offered",
        reads=True,
        limits="no place for the preamp",
        folders={
            "darwin": "~/Library/Audio/Presets/FabFilter/FabFilter Pro-Q 3",
            "win32": "~/Documents/FabFilter/Presets/Pro-Q 3",
        },
    ),
    Format(
        name="lsp-cfg",
        title="LSP Parametric Equalizer x16, its own configuration (VST, CLAP, LV2, JACK)",
        suffix=".cfg",
        module="lsp_cfg",
        proof="structure",
        evidence="keys and values as in the configurations that come with it",
        use="in the plug-in: menu > Import > Configuration",
        ranges=Ranges(preamp_db=(-60.0, 20.0)),
    ),
    Format(
        name="dawproject",
        title="DAWproject: Bitwig Studio, Studio One, Cubase 14",
        suffix=".dawproject",
        module="dawproject",
        proof="structure",
        evidence="follows the rules of the published schema; how each DAW maps Q is its own affair",
        use="open or import it as a project and copy the EQ from its track",
        law_known="assumed",
        reads=True,
    ),
    Format(
        name="graphiceq",
        title="GraphicEQ line: Equalizer APO, RootlessJamesDSP",
        suffix=".txt",
        module="graphiceq",
        proof="structure",
        evidence="as AutoEq writes it",
        use="Include it in Equalizer APO, or load it in the app",
        law="curve",
        law_known="assumed",
        reads=True,
        margin_db=0.006,
    ),
    Format(
        name="wavelet",
        title="Wavelet (Android): GraphicEQ line of 127 points",
        suffix=".txt",
        module="graphiceq",
        proof="structure",
        evidence="as AutoEq writes it",
        use="Wavelet > AutoEq > Import",
        law="curve",
        law_known="assumed",
        reads=True,
        margin_db=0.06,
    ),
    Format(
        name="soundsource",
        title="SoundSource (macOS)",
        suffix=".txt",
        module="apo",
        proof="structure",
        evidence="as AutoEq writes it for SoundSource: LS and HS",
        use="Headphone EQ > Add Other Profile",
        law_known="assumed",
        ranges=Ranges(decimals=(2, 2, 4)),
        reads=True,
    ),
    Format(
        name="voicemeeter",
        title="Voicemeeter bus EQ",
        suffix=".xml",
        module="listeners",
        proof="structure",
        evidence="as AutoEq writes it",
        use="EQ window of the bus, right click on its top bar > Load EQ Settings",
        law_known="assumed",
        ranges=Ranges(preamp_db=None, decimals=(2, 2, 3), bell_q=(0.3, MAX_Q), shelf_q=(0.3, MAX_Q)),
        refit="offered",
        limits="no place for the preamp",
    ),
    Format(
        name="rockbox",
        title="Rockbox",
        suffix=".cfg",
        module="listeners",
        proof="structure",
        evidence="as AutoEq writes it",
        use="copy to the device, Browse EQ Presets",
        law_known="assumed",
        ranges=Ranges(preamp_db=(-24.0, 0.0), decimals=(0, 1, 1)),
        refit="offered",
        limits="Q in steps of .1",
    ),
    Format(
        name="vstpreset",
        title="Steinberg Frequency (Cubase, Nuendo)",
        suffix=".vstpreset",
        module="vstpreset",
        proof="structure",
        evidence="container and records as in real files; its response is third parties' measurement",
        use="copy to VST3 Presets/Steinberg Media Technologies/Frequency",
        law_known="third party",
        ranges=Ranges(shelf_q=(0.502, 0.502), preamp_db=(-24.0, 24.0)),
        refit="offered",
        limits="shelves of Q .5 only",
        folders={
            "darwin": "~/Library/Audio/Presets/Steinberg Media Technologies/Frequency",
            "win32": "~/Documents/VST3 Presets/Steinberg Media Technologies/Frequency",
        },
    ),
    Format(
        name="audacity",
        title="Audacity, Filter Curve EQ",
        suffix=".txt",
        module="listeners",
        proof="structure",
        evidence="as many real files are; not played",
        use="Filter Curve EQ > Presets & settings > Import",
        law="curve",
        law_known="assumed",
        margin_db=0.02,
    ),
    Format(
        name="semeq",
        title="semeq settings (JSON)",
        suffix=".json",
        module="native",
        proof="rendered",
        evidence="semeq's own renderer",
        use="semeq apply NAME.json mix.wav -o out.wav",
        reads=True,
    ),
    Format(
        name="table",
        title="numbers to type by hand, with bandwidth in octaves and the slope of shelves",
        suffix=".table.txt",
        module="native",
        proof="structure",
        evidence="the same numbers in other units",
        use="read it",
        law_known="assumed",
        ranges=Ranges(decimals=(1, 2, 3)),
    ),
    Format(
        name="ableton-adv",
        title="Ableton Live, EQ Eight",
        suffix=".adv",
        module="daws",
        proof="experimental",
        evidence="bands as in EQ Eights of one Live 11 set; no .adv was seen, the skeleton is ours; law of Q unknown",
        use="copy to User Library/Presets/Audio Effects/EQ Eight",
        law_known="assumed",
        ranges=Ranges(preamp_db=(-12.0, 12.0), bell_q=(0.1, MAX_Q)),
    ),
    Format(
        name="logic-pst",
        title="Logic Pro, Channel EQ",
        suffix=".pst",
        module="daws",
        proof="experimental",
        evidence="one author's generator, its field order unsettled; no real file was seen",
        use="copy to ~/Music/Audio Music Apps/Plug-In Settings/Channel EQ",
        law_known="assumed",
        folders={"darwin": "~/Music/Audio Music Apps/Plug-In Settings/Channel EQ"},
    ),
    Format(
        name="rme-tmreq",
        title="RME TotalMix FX, Room EQ",
        suffix=".tmreq",
        module="listeners",
        proof="experimental",
        evidence="one third-party writer and a forum; not tried",
        use="Room EQ window > Preset > Load",
        law_known="assumed",
        ranges=Ranges(decimals=(0, 2, 2), bell_q=(0.4, 9.9), shelf_q=(0.4, 9.9), preamp_db=(-24.0, 24.0)),
    ),
    Format(
        name="tdr-nova",
        title="TDR Nova (four bands)",
        suffix=".xml",
        module="daws",
        proof="experimental",
        evidence="one sample; its words for shelves are a guess",
        use="copy the text and paste it into the plug-in",
        law_known="assumed",
        ranges=Ranges(bands=4, bell_q=(0.1, 6.0), shelf_q=(0.1, 6.0), preamp_db=(-24.0, 24.0)),
        refit="always",
        limits="four bands: five are fitted to them",
    ),
    Format(
        name="poweramp-json",
        title="Poweramp Equalizer (JSON); the apo format works too, from build 911",
        suffix=".json",
        module="listeners",
        proof="experimental",
        evidence="samples contradict each other on the number for a bell",
        use="import it as presets",
        law_known="assumed",
        ranges=Ranges(decimals=(0, 2, 3)),
    ),
    Format(
        name="minidsp",
        title="miniDSP biquads",
        suffix=".txt",
        module="listeners",
        proof="experimental",
        evidence="coefficients are the cookbook's, their signs as its documents say; not tried on a device",
        use="paste it into Advanced > Biquad at the rate of the device (--rate)",
        law_known="assumed",
    ),
)

FORMATS: dict[str, Format] = {row.name: row for row in _ROWS}
PROVEN = tuple(row.name for row in _ROWS if row.proof == "rendered" and row.name not in ("semeq", "pipewire-old"))


def format_named(name: str) -> Format:
    """The format of that name."""
    if name not in FORMATS:
        import difflib

        near = difflib.get_close_matches(name, FORMATS, 3, 0.5)
        hint = f"nearest: {', '.join(near)}; " if near else ""
        raise FormatError(f"no format {name!r}; {hint}see semeq-presets formats")
    return FORMATS[name]


def formats_named(text: str) -> tuple[Format, ...]:
    """The formats of a list such as "apo,reaper"; "all" are all."""
    if text.strip() == "all":
        return tuple(FORMATS.values())
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise FormatError("no format named; see semeq-presets formats")
    return tuple(format_named(name) for name in dict.fromkeys(names))
