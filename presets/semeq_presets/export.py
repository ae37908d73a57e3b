"""From settings to files: plan what the target can hold, name it, write it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from semeq.response import RATE_HZ
from semeq.settings import EqSettings
from semeq_presets.disk import write_files
from semeq_presets.errors import FormatError, PresetError
from semeq_presets.plan import STRICT_DB, Plan, Preamp, plan
from semeq_presets.preset import Files, Preset
from semeq_presets.table import Format, format_named
from semeq_presets.text import safe_name

VERSION = "0.1.0"


def export(
    settings: EqSettings,
    format: str,
    path: str | Path,
    *,
    name: str | None = None,
    note: str = "",
    rate_hz: float = RATE_HZ,
    preamp: Preamp = "auto",
    refit: bool = False,
    strict: bool = False,
    overwrite: bool = False,
) -> Plan:
    """Write ``settings`` as a preset for another program to ``path``, and say how true it is.

    ``path`` names the file, with or without the format's suffix (a bundle is a folder). ``preamp`` is "auto" (the
    highest point that the program plays comes to 0 dB), "none", "keep" (the one in the settings) or a number in dB.
    With ``strict`` nothing is written that is off by more than 0.5 dB. Files that exist stay unless ``overwrite``.

    >>> import tempfile, semeq
    >>> from semeq_presets import load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = export(semeq.eq("warm"), "apo", f"{folder}/warm.txt")
    ...     load(f"{folder}/warm.txt").settings == made.held
    True
    """
    form = format_named(format)
    path = Path(path)
    stem = path.name.removesuffix(form.suffix)
    planned = plan(settings, form, rate_hz=rate_hz, preamp=preamp, refit=refit)
    if strict:
        refuse_untrue([planned])
    preset = preset_of(planned, name or stem, note)
    files = files_of(form, preset)
    renamed = _renamed(files, preset.stem, stem, form.suffix)
    write_files({path.parent / name: data for name, data in renamed.items()}, overwrite=overwrite)
    return planned


def preset_of(planned: Plan, name: str, note: str) -> Preset:
    """The preset of a plan."""
    said = f"semeq {VERSION}: {note or name}; preamp {planned.held.preamp_db:.1f} dB, at {planned.rate_hz:.0f} Hz"
    return Preset(name=name, settings=planned.held, note=said, rate_hz=planned.rate_hz)


def files_of(form: Format, preset: Preset) -> Files:
    """The files of one preset."""
    files: Files = form.code().write(preset, form.name)
    return files


def bank_of(form: Format, presets: Sequence[Preset], stem: str) -> Files:
    """The files of many presets in one bank."""
    if not form.bank:
        raise FormatError(f"{form.name} has no banks; leave out --bank, every preset gets its own file")
    files: Files = form.code().write_bank(list(presets), form.name, safe_name(stem))
    return files


def refuse_untrue(plans: Sequence[Plan]) -> None:
    """Raise where a plan is off by more than half a dB, or where nobody knows."""
    for planned in plans:
        if planned.form_unknown:
            raise PresetError(f"{planned.format.name}: experimental, nobody knows how true it is; leave out --strict")
        if planned.error_db > STRICT_DB:
            hint = "; try --refit" if planned.format.refit == "offered" and not planned.refitted else ""
            raise PresetError(
                f"{planned.format.name}: off by {planned.error_db:.2f} dB at {planned.at_hz:.0f} Hz, "
                f"more than --strict allows ({STRICT_DB:g}){hint}"
            )


def _renamed(files: Files, stem: str, wanted: str, suffix: str) -> Files:
    """The files under the name that was given."""
    safe = safe_name(wanted)
    if wanted != safe:
        raise PresetError(f"{wanted!r}: no file can have this name everywhere; use {safe!r}")
    renamed = {}
    for name, data in files.items():
        head, slash, tail = name.partition("/")
        renamed[f"{wanted}{suffix if slash else head.removeprefix(stem)}{slash}{tail}"] = data
    return renamed
