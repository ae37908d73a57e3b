"""`semeq ab`: blind listening sets, made and read back."""

from __future__ import annotations

import json
from pathlib import Path

import click

from semeq.errors import UsageError
from semeq.hearing.blind import KEY, PAGE, make_blind_set
from semeq.hearing.blind_results import read_results, results_text
from semeq.options import PATH, force_option, json_option


@click.command("ab", short_help="Make a blind, equally loud listening set; read the answers back.")
@click.argument("files", metavar="FILE...", type=PATH, nargs=-1)
@click.option("-o", "--output", type=PATH, help="Folder for the set.")
@click.option("--question", default="Which do you like best?", show_default=True, help="What listeners are asked.")
@click.option("--trials", type=int, default=1, show_default=True, help="Rounds, each in another order.")
@click.option("--seed", type=click.IntRange(0), help="For names and orders; else they are drawn.")
@click.option("--results", type=PATH, metavar="FOLDER", help="Sum the answers to this set; FILEs are the answers.")
@force_option
@json_option
def ab_command(
    files: tuple[Path, ...],
    output: Path | None,
    question: str,
    trials: int,
    seed: int | None,
    results: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make a listening set of two or more versions (FILEs) of one piece: equally loud, under random names, with a page.

    Listeners open listen.html and save their answers; `semeq ab --results FOLDER answers-*.json` sums them.
    """
    if results is not None:
        found = read_results(results, files)
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else results_text(found))
        return
    if output is None:
        raise UsageError("say where the listening set goes with -o, or --results to read answers")
    made = make_blind_set(files, output, question=question, trials=trials, seed=seed, overwrite=force)
    if as_json:
        click.echo(json.dumps({"folder": str(output), "lufs": round(made.lufs, 3), "page": str(output / PAGE)}))
        return
    click.echo(f"{output / PAGE}: {len(files)} versions at {made.lufs:.1f} LUFS, {trials} rounds")
    click.echo(f"{output / KEY}: which is which; not to be opened before the answers are in")
