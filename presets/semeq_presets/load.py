"""From files to settings: which format is it, what does it say, which five bands are nearest."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from semeq.errors import SettingsError
from semeq.response import Floats, arrays, log_grid_hz, response_db
from semeq.settings import EqSettings
from semeq_presets.disk import read_whole
from semeq_presets.errors import FormatError, PresetError
from semeq_presets.filters import Imported, Loaded, to_five
from semeq_presets.table import FORMATS, format_named

FITTED_DB = 0.05


def load(path: str | Path, format: str | None = None) -> Imported:
    """Read a preset of another program as five bands; ``format`` where its content does not tell.

    More filters than five bands, other kinds of filters and drawn curves are fitted, and the error is told. Raises
    ``PresetError`` for what is damaged or none of the formats that can be read.
    """
    path, among = _inside(Path(path))
    data = read_whole(path)
    name = format or detect(data, path.name)
    try:
        found = from_bytes(data, name)
    except (PresetError, SettingsError) as error:
        raise type(error)(f"{path}: {error}") from None
    many = max(among, data[:200_000].count(b"<PRESET `"), len(re.findall(rb"(?m)^\[Preset\d+\]", data[:200_000])))
    return replace(found, notes=(*found.notes, f"the first of {many} presets")) if many > 1 else found


def from_bytes(data: bytes, format: str) -> Imported:
    """The same for bytes of a known format."""
    form = format_named(format)
    loaded = parse(data, format)
    settings, error_db, refitted = to_five(loaded)
    notes = list(loaded.notes)
    if form.law not in ("cookbook", "curve"):
        played = settings
        if form.law_known == "measured":
            settings, refitted = _by_law(played, form.law, loaded.rate_hz), True
        error_db = max(error_db, _apart_db(settings, played, form.law, loaded.rate_hz))
        if not refitted and error_db > FITTED_DB:
            notes.append(f"its numbers as they stand; it may play them up to {error_db:.2f} dB otherwise")
    if refitted and error_db > FITTED_DB:
        what = "a drawn curve" if loaded.curve_hz else f"{len(loaded.filters)} filters"
        what = what if form.law in ("cookbook", "curve") else "its own kind of bells"
        notes.append(f"{what} fitted to five bands, off by up to {error_db:.2f} dB")
    return Imported(
        settings=settings,
        error_db=error_db,
        refitted=refitted,
        format=format,
        name=loaded.name,
        notes=tuple(notes),
    )


def parse(data: bytes, format: str) -> Loaded:
    """What the bytes say, before any fitting."""
    form = format_named(format)
    if not form.reads:
        readable = ", ".join(name for name, row in FORMATS.items() if row.reads)
        raise FormatError(f"{format} cannot be read back; these can: {readable}")
    read: Callable[[bytes, str], Loaded] = form.code().read
    return read(data, format)


def _by_law(settings: EqSettings, law_name: str, rate_hz: float) -> EqSettings:
    """Cookbook bands for what a program with another law plays."""
    from semeq_presets.refit import refit_to

    grid = log_grid_hz(points=200)
    target = _law_db(settings, law_name, grid, rate_hz)
    near = refit_to(settings, target, grid, rate_hz)
    if _apart_db(near, settings, law_name, rate_hz) <= FITTED_DB:
        return near
    from semeq_presets.five import five_near

    other = five_near(target, grid, rate_hz, level_free=False, good_db=0.02).with_preamp(near.preamp_db)
    return min(near, other, key=lambda one: _apart_db(one, settings, law_name, rate_hz))


def _apart_db(settings: EqSettings, played: EqSettings, law_name: str, rate_hz: float) -> float:
    """How far the curve of ``settings`` is from what a program with another law makes of ``played``."""
    grid = log_grid_hz(points=200)
    error = response_db(settings.with_preamp(0.0), grid, rate_hz) - _law_db(played, law_name, grid, rate_hz)
    return float(np.abs(error).max())


def _law_db(settings: EqSettings, law_name: str, at_hz: Floats, rate_hz: float) -> Floats:
    from semeq_presets import laws

    return np.asarray(getattr(laws, law_name)(*arrays(settings), at_hz, rate_hz))


def _inside(path: Path) -> tuple[Path, int]:
    """The file to read, where a bundle was given its first preset; and out of how many."""
    if not path.is_dir():
        return path, 1
    presets = sorted(one for one in path.glob("*.ttl") if one.name != "manifest.ttl")
    if not presets:
        raise PresetError(f"{path}: a folder without presets; give a file, or an .lv2 bundle")
    from semeq_presets.formats.lv2 import applies_to

    plugins = [plugin for one in presets for plugin in applies_to(read_whole(one))]
    return presets[0], plugins.count(plugins[0]) if plugins else 1  # one for mono and one for stereo are one preset


_SUFFIXES = {
    ".json": "easyeffects",
    ".ttl": "lv2-calf",
    ".yml": "camilladsp",
    ".yaml": "camilladsp",
    ".rfxchain": "reaper",
    ".rpl": "reaper-rpl",
    ".ini": "reaper-ini",
    ".ffp": "proq3",
    ".dawproject": "dawproject",
    ".txt": "apo",
    ".req": "apo",
}


def detect(data: bytes, file_name: str = "") -> str:
    """The format of some bytes, by what they hold; by the file's suffix where that is not enough."""
    head = data[:100_000]
    if head.startswith(b"FQ3p"):
        return "proq3"
    if head.startswith(b"PK\x03\x04"):
        return "dawproject"
    if b"<REAPER_PRESET_LIBRARY" in head:
        return "reaper-rpl"
    if b"NbPresets" in head:
        return "reaper-ini"
    if b"<VST " in head and b"eaEQ" in head:
        return "reaper"
    if b"appliesTo" in head:
        from semeq_presets.formats.lv2 import plugin_of

        if name := plugin_of(head):
            return name
    if head.lstrip()[:1] == b"{":
        return "easyeffects" if b"equalizer#" in head else "semeq"
    text = head.decode("utf-16", "replace") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head.decode("latin-1")
    if "GraphicEQ" in text and "Filter" not in text:
        return "graphiceq"
    if ("Filter" in text and ("Fc" in text or "Preamp" in text)) or "Preamp:" in text:
        return "apo"
    if "Biquad" in text and "filters:" in text:
        return "camilladsp"
    found = _SUFFIXES.get(Path(file_name).suffix.lower())
    if found is None:
        readable = ", ".join(name for name, row in FORMATS.items() if row.reads)
        raise PresetError(f"{file_name or 'this'}: no preset we know; name its format with --format ({readable})")
    return found
