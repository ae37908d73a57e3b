"""EasyEffects presets: one equalizer in its JSON, filters in the mode that plays the cookbook exactly."""

from __future__ import annotations

import json
from typing import Any

from semeq_presets.errors import PresetError
from semeq_presets.filters import MOST_FILTERS, Filter, FilterKind, Loaded, check_number
from semeq_presets.preset import Files, Preset, one_file

MODE = "APO (DR)"
_TYPES = {"low_shelf": "Lo-shelf", "bell": "Bell", "high_shelf": "Hi-shelf"}
_KINDS: dict[str, FilterKind] = {
    "Lo-shelf": "low_shelf",
    "Bell": "bell",
    "Hi-shelf": "high_shelf",
    "Lo-pass": "low_pass",
    "Hi-pass": "high_pass",
    "Notch": "notch",
    "Bandpass": "band_pass",
    "Allpass": "all_pass",
}


def write(preset: Preset, variant: str) -> Files:
    """The preset as EasyEffects 7 and 8 read it."""
    del variant
    bands: dict[str, Any] = {}
    for number, band in enumerate(preset.settings.bands):
        bands[f"band{number}"] = {
            "type": _TYPES[band.kind],
            "mode": MODE,
            "slope": "x1",
            "frequency": band.freq_hz,
            "gain": band.gain_db,
            "q": band.q,
            "solo": False,
            "mute": False,
            "width": 4.0,
        }
    equalizer = {
        "bypass": False,
        "input-gain": preset.settings.preamp_db,
        "output-gain": 0.0,
        "mode": "IIR",
        "num-bands": len(bands),
        "split-channels": False,
        "balance": 0.0,
        "pitch-left": 0.0,
        "pitch-right": 0.0,
        "decramp": "Off",
        "left": bands,
        "right": bands,
    }
    said = {
        "output": {"blocklist": [], "plugins_order": ["equalizer#0"], "equalizer#0": equalizer},
        "semeq": preset.note,
    }
    return one_file(preset, ".json", json.dumps(said, indent=4, ensure_ascii=False) + "\n")


def read(data: bytes, variant: str) -> Loaded:
    """The first equalizer of a preset; its left channel where the two differ."""
    del variant
    try:
        said = json.loads(data)
        chain = said["output"] if "output" in said else said["input"]
        equalizer = next(chain[key] for key in chain if key.partition("#")[0] == "equalizer")
        left, count = equalizer["left"], int(equalizer["num-bands"])
    except (ValueError, RecursionError):
        raise PresetError("no JSON; give a preset of EasyEffects") from None
    except (KeyError, TypeError, StopIteration, AttributeError, OverflowError):
        raise PresetError("no equalizer in it; give a preset of EasyEffects that has one") from None
    notes = []
    if equalizer.get("split-channels") and equalizer.get("right") != left:
        notes.append("left and right differ; this is the left")
    filters = []
    for number in range(min(count, MOST_FILTERS)):
        band = left.get(f"band{number}") if isinstance(left, dict) else None
        if not isinstance(band, dict) or band.get("mute") is True or band.get("type", "Bell") in ("Off", "Resonance"):
            continue
        if (kind := _KINDS.get(str(band.get("type", "Bell")))) is None:
            raise PresetError(f"band {number}: type {str(band.get('type'))[:20]!r} is not one we read")
        if band.get("mode") != MODE:
            notes.append(f"filters in mode {str(band.get('mode', 'RLC (BT)'))[:20]!r}: their Q is read as it stands")
        numbers = [check_number(band.get(key, usual), f"band {number}") for key, usual in _USUAL.items()]
        filters.append(Filter(kind=kind, freq_hz=numbers[0], gain_db=numbers[1], q=numbers[2]))
    gains = [check_number(equalizer.get(key, 0.0), key) for key in ("input-gain", "output-gain")]
    return Loaded(filters=tuple(filters), preamp_db=sum(gains), notes=tuple(dict.fromkeys(notes)))


_USUAL = {"frequency": 1000.0, "gain": 0.0, "q": 0.7071}
