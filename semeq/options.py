"""Options that several commands share, and how they all speak: notes, bars, refusals."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from click.core import ParameterSource

from semeq.artefact import DEFAULT_MODEL
from semeq.errors import AudioError, UsageError
from semeq.language import LANGUAGES, Language
from semeq.suggest import MAX_INTENSITY, MIN_INTENSITY, checked_intensity


def intensity_of(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
    """The number after ``--intensity``."""
    return checked_intensity(value)


def language_of(_ctx: click.Context, _param: click.Parameter, value: str) -> Language:
    """The language option, checked."""
    if value not in LANGUAGES:
        raise UsageError(f"language {value!r}: use {' or '.join(LANGUAGES)}")
    return value


PATH = click.Path(path_type=Path, readable=False)  # each file speaks for itself, later
SCALE = f"{MIN_INTENSITY:g} to {MAX_INTENSITY:g}: 0 is flat, 1 how strongly people set it, -1 the opposite."
intensity_option = click.option(
    "-i", "--intensity", metavar="NUMBER", callback=intensity_of, default="1", show_default=True, help=SCALE
)
model_option = click.option("--model", default=DEFAULT_MODEL, help="default, v1, v2, v3, v2-vae, socialfx, or a file.")
language_option = click.option("-l", "--language", callback=language_of, default="en", help="Of the words: en or es.")
variant_option = click.option("--variant", type=int, help="One of the ways people mean a word; 1 is the most common.")
vary_option = click.option("--vary", type=int, metavar="SEED", help="Another person's way; the same for the same SEED.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
plot_option = click.option("--plot", type=PATH, help="Save a picture: .png, .svg or .pdf.")
force_option = click.option("--force", is_flag=True, help="Replace files that exist.")
reference_option = click.option(
    "--reference", default="music", metavar="NAME|FILE|FOLDER", help="music, speech, pink, flat, or tracks of yours."
)
mode_option = click.option("--mode", default="missing", help="missing (only what is missing) or traverse (for study).")


def was_given(name: str) -> bool:
    """Whether an option of the command that runs was said, not left at its default."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def refuse_without(needed: str, *names: str) -> None:
    """Refuse options that do nothing without another one, rather than pass over them."""
    for option in click.get_current_context().command.params:
        if option.name in names and was_given(option.name):
            raise UsageError(f"{option.opts[0]} does nothing without {needed}: add it, or leave {option.opts[0]} out")


def check_picture_option(plot: Path | None, force: bool) -> None:
    """Refuse a picture's name before the work for it begins."""
    if plot is not None:
        from semeq.picture import check_picture

        check_picture(plot)
        if plot.exists() and not force:
            raise AudioError(f"{plot}: exists; use --force to replace it")


@contextmanager
def progress_bar(name: str) -> Iterator[Callable[[float], None] | None]:
    """A bar on a terminal's stderr, nothing when piped."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1000, label=name, file=sys.stderr) as bar:
        yield lambda done: bar.update(round(done * 1000) - bar.pos)


def say(notes: tuple[str, ...]) -> None:
    """Notes go where they do not mix with the answer."""
    for note in notes:
        click.echo(f"note: {note}", err=True)
