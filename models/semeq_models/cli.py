"""The command `semeq-models`: build the model, evaluate it, write its card."""

from __future__ import annotations

import json
from pathlib import Path

import click

from semeq.command import new_group, run
from semeq_models.artefact import NAME, WEIGHTS, write_artefact, write_whole
from semeq_models.build import build_model, report
from semeq_models.card import CARDS, card
from semeq_models.cleaning import load_corpus
from semeq_models.evaluate import SPLITS, evaluate, table_lines
from semeq_models.folder import data_folder

app = new_group("Make and judge the models of semeq.")

PATH = click.Path(path_type=Path)
_where = "Folder of the two data files; else $SEMEQ_DATA, else ../shared/data."
data_option = click.option("--data", type=PATH, help=_where)


@app.command("build")
@data_option
@click.option("-o", "--output", type=PATH, help="Model file; else the shipped one.")
def build_command(data: Path | None, output: Path | None) -> None:
    """Make the model file from both data sets."""
    built = build_model(data_folder(data))
    write_artefact(built.data, output or WEIGHTS / f"{NAME}.safetensors")
    click.echo(report(built))


@app.command("evaluate")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--folds", type=click.IntRange(2, 20), default=5, help="Parts the contributors are split into.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Seed of the splits and of the intervals.")
@click.option("--splits", type=click.IntRange(1, 50), default=SPLITS, help="Random splits that are averaged.")
def evaluate_command(data: Path | None, as_json: bool, folds: int, seed: int, splits: int) -> None:
    """Cross-validate by contributor: every word's curve against what held-out people did."""
    result = evaluate(load_corpus(data_folder(data)), count=folds, seed=seed, splits=splits)
    click.echo(json.dumps(result.to_dict(), indent=2) if as_json else "\n".join(table_lines(result)))


@app.command("card")
@data_option
@click.option("-o", "--output", type=PATH, help="Card file; else the one in the source tree, or in this folder.")
def card_command(data: Path | None, output: Path | None) -> None:
    """Write the model card from freshly computed figures."""
    built = build_model(data_folder(data))
    text = card(built, evaluate(built.corpus))
    folder = CARDS if CARDS.is_dir() else Path()
    write_whole(output or folder / f"{NAME}.md", text.encode("utf-8"))


def main() -> None:
    """Run the command; what we foresee ends in one line."""
    run(app, "semeq-models")
