"""`semeq analyze`, `balance` and `compare`: what tracks are, what they need, how two of them differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from semeq.apply import ApplyOptions
from semeq.artefact import load_model
from semeq.errors import AudioError, SemeqError, UsageError
from semeq.hearing.album import balance_album
from semeq.hearing.analysis import Analysis, analyze
from semeq.hearing.balance import DEFAULT_MAX_DB, Balance, balance
from semeq.hearing.heard import Heard, hear
from semeq.hearing.listening import find_reference
from semeq.hearing.page import report_page
from semeq.hearing.tables import album_text, analysis_table, balance_text, difference_text
from semeq.jobs import Wanted, as_dict, carry_out, plan, summary
from semeq.language import Language
from semeq.model import Model
from semeq.options import (
    PATH,
    force_option,
    json_option,
    language_option,
    model_option,
    progress_bar,
    reference_option,
    refuse_without,
    was_given,
)
from semeq.options import say as tell
from semeq.personal_file import personal_model
from semeq.sidecar import write_text

T = TypeVar("T")

files_argument = click.argument("files", metavar="FILE...", type=PATH, nargs=-1, required=True)


@click.command("analyze", short_help="Say in words and numbers what tracks are.")
@files_argument
@reference_option
@click.option("--words", type=click.IntRange(1, 50), default=4, show_default=True, help="Words to name of each track.")
@click.option("--plot", type=PATH, metavar="FOLDER", help="Draw each track beside the reference.")
@force_option
@json_option
@model_option
@language_option
def analyze_command(
    files: tuple[Path, ...],
    reference: str,
    words: int,
    plot: Path | None,
    force: bool,
    as_json: bool,
    model: str,
    language: Language,
) -> None:
    """Say what each FILE is: "bright 75 %" is brighter than 75 % of the reference's tracks."""
    beside, known = find_reference(reference), _known(model)
    failed: list[dict[str, str]] = []

    def look(heard: Heard) -> Analysis:
        one = analyze(heard, reference=beside, model=known, language=language)
        if plot:
            from semeq.hearing.pictures import plot_analysis

            click.echo(plot_analysis(one, plot, overwrite=force), err=True)
        return one

    found = _each(files, look, failed)
    if as_json:
        click.echo(json.dumps({"files": [*(one.to_dict() for one in found), *failed]}, ensure_ascii=False))
    elif found:
        click.echo(analysis_table(found, words))
    _tell_all(found)
    raise click.exceptions.Exit(1 if failed else 0)


def _amount(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
    """40% or 0.4."""
    text = value.strip()
    try:
        amount = float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        amount = -1.0
    if not 0.0 <= amount <= 1.0:
        raise UsageError(f"amount {value!r}: use 0 to 1, or a percentage such as 40%")
    return amount


def _max_db(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
    """2dB, 2 dB or 2."""
    try:
        return float(value.lower().strip().removesuffix("db"))
    except ValueError:
        raise UsageError(f"max {value!r}: use decibels, such as 2dB") from None


@click.command("balance", short_help="Find the EQ that brings tracks towards a reference, or an album together.")
@files_argument
@reference_option
@click.option("--amount", default="100%", show_default=True, callback=_amount, help="How much of it: 40% or 0.4.")
@click.option(
    "--max", "max_db", default=f"{DEFAULT_MAX_DB:g}dB", show_default=True, callback=_max_db, help="No band beyond this."
)
@click.option("--album", is_flag=True, help="The reference is the album itself: one aim for all its tracks.")
@click.option("--apply", "render", is_flag=True, help="Render what has something to do (with -o).")
@click.option("-o", "--output", type=PATH, help="Folder (one input: file) for --apply.")
@click.option(
    "--match-loudness", is_flag=True, help="As loud as the input (ITU-R BS.1770, gated); an album's tracks always are."
)
@click.option("--report", type=PATH, metavar="HTML", help="Write one page with pictures and numbers of all tracks.")
@force_option
@json_option
@model_option
@language_option
def balance_command(
    files: tuple[Path, ...],
    reference: str,
    amount: float,
    max_db: float,
    album: bool,
    render: bool,
    output: Path | None,
    match_loudness: bool,
    report: Path | None,
    force: bool,
    as_json: bool,
    model: str,
    language: Language,
) -> None:
    """Say what each FILE needs: words to try, the EQ that does it, what that should change.

    Nothing is rendered until --apply; what is within the reference's usual spread is left alone.
    """
    if render and output is None:
        raise UsageError("--apply writes new files: say where with -o")
    if not render:
        refuse_without("--apply", "output", "match_loudness")
    if output:
        plan(files, output, make_folder=False)  # what cannot be is said before the work
    if album and was_given("reference"):
        raise UsageError("--album brings the tracks nearer to each other: leave out --reference, or --album")
    if report:
        _check_report(report, force)
    known = _known(model)
    failed: list[dict[str, str]] = []
    whole = None
    if album:
        heard = _each(files, lambda one: one, failed)
        whole = balance_album(heard, amount, max_db=max_db, model=known, language=language)
        found = list(whole.tracks)
    else:
        beside = find_reference(reference)
        ask = partial(balance, reference=beside, amount=amount, max_db=max_db, model=known, language=language)
        found = _each(files, ask, failed)
    if not as_json and found:
        click.echo(album_text(whole) if whole else "\n\n".join(map(balance_text, found)))
    _tell_all(found)
    sources = [path for path in files if str(path) not in {one["input"] for one in failed}]
    rendered = []
    if render and output:
        options = ApplyOptions(match_loudness=match_loudness or album, overwrite=force)
        rendered = _rendered(sources, found, output, options, failed, inputs=len(files))
    if report and found:
        write_text(report, report_page(found, whole))
        if not as_json:
            click.echo(f"wrote {report}")
    if as_json:
        said = whole.to_dict() if whole else {"files": [one.to_dict() for one in found]}
        click.echo(json.dumps(said | {"rendered": rendered, "failed": failed}, ensure_ascii=False))
    raise click.exceptions.Exit(1 if failed else 0)


@click.command("compare", short_help="Put two files side by side: spectra, loudness, words, null depth.")
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@reference_option
@json_option
@model_option
@language_option
def compare_command(first: Path, second: Path, reference: str, as_json: bool, model: str, language: Language) -> None:
    """Say how SECOND differs from FIRST."""
    from semeq.hearing.difference import compare

    found = compare(first, second, reference, model=_known(model), language=language)
    click.echo(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else difference_text(found))
    _tell_all([found.first, found.second])


def _known(name: str) -> Model:
    """The model, whose warning is told with every answer."""
    found = personal_model(name)
    model = found if isinstance(found, Model) else load_model(found)
    tell((model.warning,) if model.warning else ())
    return model


def _check_report(report: Path, force: bool) -> None:
    """Refuse a page's name before the work for it begins."""
    if report.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{report}: a report is a page, its name ends in .html")
    if not report.parent.is_dir():
        raise UsageError(f"{report}: there is no folder {report.parent}; make it first or choose another place")
    if report.exists() and not force:
        raise AudioError(f"{report}: exists; use --force to replace it")


def _each(files: tuple[Path, ...], work: Callable[[Heard], T], failed: list[dict[str, str]]) -> list[T]:
    """What ``work`` makes of every file; one that fails is told, and the others go on."""
    found = []
    for path in files:
        try:
            with progress_bar(path.name) as progress:
                heard = hear(path, progress=progress)
            found.append(work(heard))
        except (SemeqError, OSError) as error:
            failed.append({"input": str(path), "error": _told(error, path)})
    return found


def _told(error: Exception, path: Path) -> str:
    message = (error.strerror if isinstance(error, OSError) and error.strerror else None) or str(error)
    text = message if path.name in message else f"{path}: {message}"
    click.echo(f"semeq: {text}", err=True)
    return text


def _tell_all(found: list[Any]) -> None:
    for one in found:
        name = one.name if isinstance(one, Analysis) else one.analysis.name
        tell(tuple(f"{name}: {note}" for note in one.notes))


def _rendered(
    sources: list[Path],
    found: list[Balance],
    output: Path,
    options: ApplyOptions,
    failed: list[dict[str, str]],
    *,
    inputs: int,
) -> list[dict[str, Any]]:
    """Render every track that has something to do."""
    done: list[dict[str, Any]] = []
    busy = [(source, one) for source, one in zip(sources, found, strict=True) if not one.nothing]
    if left := [source.name for source, one in zip(sources, found, strict=True) if one.nothing]:
        tell((f"not rendered, there is nothing to do: {', '.join(left)}",))
    if not busy:
        return done
    jobs = plan([source for source, _ in busy], output, inputs=inputs)
    for (source, targets), (_, one) in zip(jobs, busy, strict=True):
        try:
            with progress_bar(source.name) as progress:
                curve = Wanted(settings=one.settings, title=f"balance: {one}")
                results = carry_out(source, targets, curve, options, progress=progress)
        except (SemeqError, OSError) as error:
            failed.append({"input": str(source), "error": _told(error, source)})
            continue
        done += [as_dict(result) for result in results]
        click.echo("\n".join(map(summary, results)), err=True)
    return done
