"""The command `semeq words`: the words of a model, and those of your own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from semeq.artefact import load_model
from semeq.errors import UsageError
from semeq.language import LANGUAGES, Language
from semeq.options import PATH, json_option, language_option, model_option
from semeq.personal_file import (
    forget,
    import_words,
    load_words,
    personal_model,
    read_words,
    teach,
    words_file,
    write_words,
)
from semeq.report import words_rows, words_text
from semeq.settings import EqSettings
from semeq.suggest import words
from semeq.terminal import needs_ascii

LEVELS = ("good", "fair", "weak", "own")


_force = click.option("--force", is_flag=True, help="Replace what exists.")


@click.group("words", invoke_without_command=True, short_help="List the words, or teach your own.")
@language_option
@click.option("--confidence", help="Only words of this confidence: good, fair, weak or own.")
@json_option
@model_option
@click.pass_context
def words_command(
    context: click.Context, language: Language, confidence: str | None, as_json: bool, model: str
) -> None:
    """List the words, with how far people agree and a tiny curve (20 Hz to 20 kHz, the middle is 0 dB)."""
    if context.invoked_subcommand is not None:
        return
    if confidence not in (None, *LEVELS):
        raise UsageError(f"confidence {confidence!r}: use good, fair, weak or own")
    loaded = personal_model(model)
    loaded = load_model(loaded) if isinstance(loaded, str) else loaded
    listed = [word for word in words(language, model=loaded) if confidence in (None, word.confidence)]
    if as_json:
        click.echo(json.dumps(words_rows(listed), ensure_ascii=False))
        return
    click.echo(words_text(listed, ascii_only=needs_ascii(sys.stdout)))
    notes = [loaded.warning] if loaded.warning else []
    if not listed:
        none = f"is {confidence}" if loaded.vocabulary(language) else f"is in {loaded.name}; --model default has some"
        notes.append(f"no {LANGUAGES[language]} word {none}")
    for note in notes:
        click.echo(f"note: {note}", err=True)


@words_command.command("teach")
@click.argument("name")
@click.option("--settings", type=PATH, metavar="FILE", help="JSON of settings, as `semeq eq --json` prints.")
@click.option("--curve", type=PATH, metavar="CSV", help='Rows "Hz, dB"; five bands are fitted to them.')
@language_option
@_force
def teach_command(name: str, settings: Path | None, curve: Path | None, language: Language, force: bool) -> None:
    """Keep a word of your own, such as "my vocal air"; then use it like any other."""
    if (settings is None) == (curve is None):
        raise UsageError("give what the word stands for: --settings FILE or --curve CSV, one of them")
    meant = _settings(settings, curve)
    word = teach(name, language, meant, model=load_model(), replace=force)
    click.echo(f'{words_file()}: "{word.name}" is\n{word.settings}')
    if meant.preamp_db:
        click.echo("note: the preamp is not part of a word", err=True)


def _settings(settings: Path | None, curve: Path | None) -> EqSettings:
    if curve is None:
        from semeq.jobs import read_settings_file

        return read_settings_file(settings or Path())
    from semeq.curvefile import read_curve_file
    from semeq.fit import fit

    freqs_hz, target_db = read_curve_file(curve)
    return fit(target_db, freqs_hz)


@words_command.command("forget")
@click.argument("name")
@language_option
def forget_command(name: str, language: Language) -> None:
    """Drop a word of your own."""
    forget(name, language)


@words_command.command("export")
@click.argument("file", type=PATH)
@_force
def export_command(file: Path, force: bool) -> None:
    """Write all words of your own to a FILE that others can import."""
    mine = load_words()
    if not mine:
        raise UsageError("you have no words of your own yet; see semeq words teach --help")
    if file.exists() and not force:
        raise UsageError(f"{file}: exists; use --force to replace it")
    write_words(file, mine)
    click.echo(f"{file}: {_count(len(mine))}")


@words_command.command("import")
@click.argument("file", type=PATH)
@_force
def import_command(file: Path, force: bool) -> None:
    """Add the words of a FILE to your own; those you have stay, unless --force is given."""
    added, kept = import_words(read_words(file), model=load_model(), replace=force)
    click.echo(f"{_count(added)} added, {kept} kept as they were")


def _count(number: int) -> str:
    return "1 word" if number == 1 else f"{number} words"
