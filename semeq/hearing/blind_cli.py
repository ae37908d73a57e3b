"""`semeq ab`: make a blind listening set, and read back what listeners answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from semeq.errors import UsageError
from semeq.hearing.blind import ANSWERS, MAX_TRIALS, PAGE, BlindOptions, BlindSet, make_blind_set
from semeq.hearing.blind_results import Results, read_results
from semeq.options import PATH, force_option, json_option, progress_bar, say
from semeq.terminal import db_text

_DEFAULTS = BlindOptions()


@click.command("ab", short_help="Make a blind listening test of versions, or read its answers.")
@click.argument("files", metavar="FILE...", type=PATH, nargs=-1)
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Folder for the set.")
@click.option(
    "--trials", type=int, metavar=f"1-{MAX_TRIALS}", default=1, show_default=True, help="Times to ask, newly shuffled."
)
@click.option("--seed", type=int, help="Shuffle the same way each time; random unless given.")
@click.option("--question", default=_DEFAULTS.question, show_default=True, help="What to ask.")
@click.option("--answer", default=_DEFAULTS.answer, show_default=True, help=f"One of {', '.join(ANSWERS)}.")
@click.option("--results", type=PATH, metavar="FOLDER", help="Read back answers (FILEs) to the set in FOLDER.")
@force_option
@json_option
def ab_command(
    files: tuple[Path, ...],
    output: Path | None,
    trials: int,
    seed: int | None,
    question: str,
    answer: str,
    results: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make a blind test of 2 to 12 versions of one programme (FILEs), all equally loud, with a page to listen on.

    Afterwards: semeq ab --results FOLDER answers*.json
    """
    if results is not None:
        if output is not None:
            raise UsageError("-o makes a set, --results reads one; choose one")
        found = read_results(results, files)
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else results_text(found))
        say(found.notes)
        return
    if output is None:
        raise UsageError("say with -o where the set goes, or with --results which one to read")
    options = BlindOptions(
        trials=trials,
        seed=seed,
        question=question,
        answer=answer,  # type: ignore[arg-type]  # it is checked there
        overwrite=force,
    )
    with progress_bar(output.name) as progress:
        made = make_blind_set(files, output, options, progress)
    click.echo(json.dumps(made.to_dict(), ensure_ascii=False) if as_json else set_text(made))


def set_text(made: BlindSet) -> str:
    """What was made, and nothing of which is where."""
    trials = "1 trial" if len(made.trials) == 1 else f"{len(made.trials)} trials"
    rows = [("version", "LUFS", "gain", "LUFS then")]
    rows += [
        (one.name, f"{one.lufs_before:.1f}", db_text(one.gain_db), f"{one.lufs_after:.1f}") for one in made.versions
    ]
    return "\n".join(
        [
            _table(rows),
            f"Listen: {made.folder / PAGE} ({trials})",
            f"Which is which: {made.folder / 'key.json'}; do not open it, or send it, before everybody has listened",
            f"Then: semeq ab --results {made.folder} answers*.json",
        ]
    )


def results_text(found: Results) -> str:
    """The table, the verdicts and what was said."""
    listeners = "1 listener" if found.listeners == 1 else f"{found.listeners} listeners"
    rows = [("version", "mean rating", "95 %", "wins", "share", "95 %")]
    for one in found.versions:
        rating, share = one.rating_interval, one.share_interval
        rows.append(
            (
                one.name,
                "-" if one.mean_rating is None else f"{one.mean_rating:.1f}",
                "-" if rating is None else f"{rating[0]:.1f} to {rating[1]:.1f}",
                f"{one.wins:.4g}",
                "-" if one.share is None else f"{one.share:.0%}",
                "-" if share is None else f"{share[0]:.0%} to {share[1]:.0%}",
            )
        )
    head = f"{found.question}  {listeners}, {found.trials} answered {'trial' if found.trials == 1 else 'trials'}"
    comments = [f"Said by {comment}" for comment in found.comments]
    return "\n".join([head, _table(rows), *found.verdicts, *comments])


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns side by side, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
