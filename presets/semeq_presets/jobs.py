"""Many words into many formats: what was asked, what is written, what is said about it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeq.errors import UsageError
from semeq.language import Language
from semeq.personal_file import personal_model
from semeq.settings import EqSettings
from semeq.suggest import suggest
from semeq_presets.disk import write_files
from semeq_presets.errors import FormatError, PresetError
from semeq_presets.export import bank_of, export, files_of, preset_of, refuse_untrue
from semeq_presets.plan import Plan, Preamp, plan
from semeq_presets.preset import Preset
from semeq_presets.table import FORMATS, Format, format_named, formats_named
from semeq_presets.text import plain, safe_name

if TYPE_CHECKING:
    from semeq_presets.check import Checked
    from semeq_presets.filters import Imported
    from semeq_presets.install import Step

_MOST_PRESETS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One curve that was asked for: what to call it, what it is."""

    name: str
    about: str
    settings: EqSettings
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """One preset that was written."""

    asked: Asked
    plan: Plan
    paths: tuple[Path, ...]

    def __str__(self) -> str:
        return f"{_shown(self.paths)} ({self.plan.format.name}, {self.asked.name}): {self.plan}"

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        planned = self.plan
        return {
            "format": planned.format.name,
            "proof": planned.format.proof,
            "name": self.asked.name,
            "about": self.asked.about,
            "files": [str(path) for path in self.paths],
            "error_db": round(planned.error_db, 4),
            "at_hz": round(planned.at_hz, 1),
            "law_known": planned.format.law_known,
            "clamps": list(planned.clamps),
            "notes": list(planned.notes),
            "refitted": planned.refitted,
            "wanted": planned.wanted.to_dict(),
            "settings": planned.held.to_dict(),
        }


def _shown(paths: Sequence[Path]) -> str:
    """The file, or the bundle that all lie in."""
    first = paths[0]
    return str(first.parent if first.parent.suffix == ".lv2" else first)


def wanted(
    words: Sequence[str],
    intensity: float,
    *,
    amounts: str | None = None,
    invert: bool = False,
    name: str | None = None,
    audio: Path | None = None,
    reference: str = "music",
    vary: int | None = None,
    model: str = "default",
    language: Language = "en",
) -> list[Asked]:
    """The curves for some requests, each at every amount."""
    shares = _amounts(amounts)
    if amounts is not None and intensity != 1:
        raise UsageError("--amounts says how strong; leave out --intensity")
    if name is not None and len(words) * len(shares) > 1:
        raise UsageError("--name is for one preset; leave it out, or ask for one")
    strengths = [intensity] if amounts is None else shares
    if len(words) * len(strengths) > _MOST_PRESETS:
        raise UsageError(f"more than {_MOST_PRESETS} presets at once; ask for fewer")
    known = personal_model(model)
    found: list[Asked] = []
    for request in words:
        for strength in strengths:
            if request.lower().endswith(".json"):
                if audio is not None or vary is not None:
                    raise UsageError(f"{request}: --audio and --vary are for words, not for a file of settings")
                from semeq.jobs import read_settings_file

                settings, title = read_settings_file(Path(request)).scaled(strength), Path(request).stem
                notes: tuple[str, ...] = ()
            else:
                heard: dict[str, Any] = {"audio": audio, "reference": reference} if audio is not None else {}
                said = suggest(request, strength, model=known, language=language, vary=vary, **heard)
                settings, title, notes = said.settings, str(said.request), said.notes
                if said.adapted is not None:
                    notes = (*notes, str(said.adapted))
            settings = settings.inverted() if invert else settings
            label = ("not " if invert else "") + title + (f" {plain(100 * strength, 4)}%" if strength != 1 else "")
            about = f"{'opposite of ' if invert else ''}{title}, intensity {plain(strength, 4)}"
            found.append(Asked(name=name or label, about=about, settings=settings.with_preamp(0.0), notes=tuple(notes)))
    return found


def _amounts(text: str | None) -> list[float]:
    if text is None:
        return [1.0]
    shares = []
    for part in text.split(","):
        try:
            share = float(part.strip().rstrip("%")) / 100
        except ValueError:
            share = math.nan
        if not -1 <= share <= 2:
            raise UsageError(f"--amounts {part.strip()!r}: use percent from -100 to 200, such as 25,50,75,100")
        shares.append(share)
    return list(dict.fromkeys(shares))


def preamp_of(text: str) -> Preamp:
    """What --preamp says."""
    if text in ("auto", "none"):
        return text  # type: ignore[return-value]  # one of the two
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -60 <= value <= 60:
        raise UsageError(f"--preamp {text}: use auto, none, or -60 to 60 dB")
    return value


def chosen_formats(text: str | None) -> tuple[Format, ...]:
    """The formats that were named; else those once chosen."""
    if text is not None:
        return formats_named(text)
    from semeq_presets.choice import chosen

    return chosen()


def export_all(
    asked: Sequence[Asked],
    formats: Sequence[Format],
    output: Path,
    *,
    rate_hz: float,
    preamp: Preamp = "auto",
    strict: bool = False,
    refit: bool = False,
    bank: bool = False,
    plot: bool = False,
    overwrite: bool = False,
) -> list[Written]:
    """Write everything, or nothing where one thing is wrong; every format in a folder of its own."""
    _check_names(asked)
    files: dict[Path, bytes] = {}
    written: list[Written] = []
    plans = {
        form.name: [plan(one.settings, form, rate_hz=rate_hz, preamp=preamp, refit=refit) for one in asked]
        for form in formats
    }
    if strict:
        refuse_untrue([planned for row in plans.values() for planned in row])
    for form in formats:
        presets = [
            preset_of(planned, one.name, one.about) for planned, one in zip(plans[form.name], asked, strict=True)
        ]
        for one, planned, made in _files(form, asked, plans[form.name], presets, bank=bank):
            paths = {output / form.name / name: data for name, data in made.items()}
            files |= paths
            written.append(Written(asked=one, plan=planned, paths=tuple(paths)))
    write_files(files, overwrite=overwrite)
    if plot:
        for number, one in enumerate(asked):
            _draw(one, [row[number] for row in plans.values()], output / f"{safe_name(one.name)}.png", rate_hz)
    return written


def _files(
    form: Format, asked: Sequence[Asked], plans: Sequence[Plan], presets: Sequence[Preset], *, bank: bool
) -> Iterator[tuple[Asked, Plan, dict[str, bytes]]]:
    if bank and form.bank:
        made = dict(bank_of(form, presets, "semeq"))
        for one, planned in zip(asked, plans, strict=True):
            yield one, planned, made
        return
    for one, planned, preset in zip(asked, plans, presets, strict=True):
        yield one, planned, dict(files_of(form, preset))


def _check_names(asked: Sequence[Asked]) -> None:
    seen: dict[str, str] = {}
    for one in asked:
        key = safe_name(one.name).casefold()
        if key in seen:
            raise UsageError(f"{seen[key]!r} and {one.name!r} would get the same file name; export them apart")
        seen[key] = one.name


def _draw(asked: Asked, plans: Sequence[Plan], path: Path, rate_hz: float) -> None:
    """The curve, and where a target plays something else, that too."""
    from semeq.plot import curves_db, plot_settings
    from semeq_presets.plan import played_db

    at_hz = curves_db(asked.settings, rate_hz)[0]
    off = sorted((planned for planned in plans if planned.error_db >= 0.05), key=lambda planned: -planned.error_db)[:3]
    also = {
        f"{planned.format.name}, off by {planned.error_db:.1f} dB": played_db(
            planned.held.with_preamp(0.0), planned.format, at_hz, rate_hz
        )
        for planned in off
    }
    plot_settings(asked.settings, path, title=asked.name, subtitle=asked.about, rate_hz=rate_hz, also_db=also)


def convert(
    source: Path,
    target: Path,
    source_format: str | None,
    target_format: str | None,
    *,
    rate_hz: float,
    preamp: Preamp,
    refit: bool,
    strict: bool,
    overwrite: bool,
) -> tuple[Imported, Plan]:
    """One preset into another; the level of the source is kept unless --preamp says otherwise."""
    from semeq_presets.load import load

    form = format_named(target_format) if target_format else _by_suffix(target)
    found = load(source, source_format)
    keep: Preamp = "keep" if preamp == "auto" and found.settings.preamp_db else preamp
    name = found.name or target.name.removesuffix(form.suffix)
    planned = export(
        found.settings,
        form.name,
        target,
        name=name,
        note=f"from {safe_name(source.name)}",
        rate_hz=rate_hz,
        preamp=keep,
        refit=refit,
        strict=strict,
        overwrite=overwrite,
    )
    return found, planned


def _by_suffix(target: Path) -> Format:
    names = [name for name, form in FORMATS.items() if target.name.lower().endswith(form.suffix.lower())]
    longest = max((len(FORMATS[name].suffix) for name in names), default=0)
    names = [name for name in names if len(FORMATS[name].suffix) == longest]
    if len(names) != 1:
        which = f"several formats end like that ({', '.join(names)})" if names else "no format ends like that"
        raise FormatError(f"{target}: {which}; name one with --to")
    return FORMATS[names[0]]


def check_one(what: str, format: str | None, settings: Path | None, *, rate_hz: float) -> tuple[str, Checked]:
    """Try a format, or a file."""
    from semeq_presets.check import TRIAL, check, check_file

    path = Path(what)
    if what in FORMATS and not path.exists():
        if format is not None or settings is not None:
            raise UsageError("--format and --settings are for a file; leave them out")
        return what, check([TRIAL], format_named(what), rate_hz=rate_hz)[0]
    if not path.exists():
        raise PresetError(f"{what}: no such file, and no format; see semeq-presets formats")
    form, said = _what_it_says(path, format, settings)
    return form.name, check_file(path, form, said, rate_hz=rate_hz)


def _what_it_says(path: Path, format: str | None, settings: Path | None) -> tuple[Format, EqSettings]:
    from semeq_presets.load import load

    names = [name for name, form in FORMATS.items() if path.name.endswith(form.suffix) and not form.reads and form.peer]
    guess = max(names, key=lambda name: len(FORMATS[name].suffix), default=None)
    if settings is not None:
        from semeq.jobs import read_settings_file

        name = format or guess or load(path).format
        return format_named(name), read_settings_file(settings)
    if (format and not format_named(format).reads) or (format is None and guess):
        raise FormatError(f"{path}: cannot be read back; say what it should play with --settings FILE.json")
    found = load(path, format)
    return format_named(found.format), found.settings


def install_all(
    asked: Sequence[Asked],
    formats: str,
    *,
    rate_hz: float,
    preamp: Preamp,
    refit: bool,
    include: bool,
    dry_run: bool,
    force: bool,
) -> list[Step]:
    """Install every curve in every format; first everything is planned, so that a refusal leaves nothing half done."""
    from semeq_presets.install import install

    _check_names(asked)
    jobs = []
    for form in formats_named(formats):
        plans = [plan(one.settings, form, rate_hz=rate_hz, preamp=preamp, refit=refit) for one in asked]
        presets = [
            preset_of(planned, f"semeq {one.name}", one.about) for planned, one in zip(plans, asked, strict=True)
        ]
        jobs.append((presets, form))
    steps = []
    writers: dict[Path, str] = {}
    for presets, form in jobs:
        for step in install(presets, form, force=force, dry_run=True, include=include):
            other = writers.setdefault(step.path, form.name)
            if other != form.name:
                raise UsageError(f"{other} and {form.name} are both {step.path}; install one of them")
            steps.append(step)
    if dry_run:
        return steps
    return [step for presets, form in jobs for step in install(presets, form, force=force, include=include)]


def steps_text(steps: Sequence[Step], *, dry_run: bool, as_json: bool) -> str:
    """What was done, or would be."""
    if as_json:
        rows = [{"path": str(step.path), "action": step.action, "detail": step.detail} for step in steps]
        return json.dumps({"dry_run": dry_run, "steps": rows}, ensure_ascii=False)
    if not steps:
        return "nothing to do"
    return "\n".join(f"{'would be: ' if dry_run else ''}{step}" for step in steps)
