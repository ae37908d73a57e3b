"""The command `semeq-models`: data, training, the bench, exports and cards."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from semeq.command import new_group, run
from semeq_models.audio.cli import references_command
from semeq_models.errors import ChoiceError, DataError
from semeq_models.outputs import check_file, check_folder
from semeq_models.synthesis.cli import synthesize_command
from semeq_models.systems import AUDIO_SPECS, SPECS, Spec, audio_spec_named, spec_named

if TYPE_CHECKING:
    from semeq.hearing.encoder import AudioEncoder
    from semeq.model import Model
    from semeq_models.bench import Report
    from semeq_models.cleaning import Corpus
    from semeq_models.training import Epoch

app = new_group("Make and judge the models of semeq.")
app.add_command(references_command)
app.add_command(synthesize_command)

PATH = click.Path(path_type=Path, readable=False)  # each file speaks for itself, later
DEVICES = ("auto", "cpu", "cuda")
_Command = Callable[..., Any]
_OPTIONS = (
    click.option("--data", type=PATH, help="Folder of both data files; else $SEMEQ_DATA, else ../shared/data."),
    click.option("--safe", type=PATH, metavar="CSV", help="SAFE-DB user data, instead of the one in --data."),
    click.option("--socialfx", type=PATH, metavar="CSV", help="SocialFX EQ contributions, likewise."),
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
force_option = click.option("--force", is_flag=True, help="Replace files that exist.")
names_argument = click.argument("names", metavar="NAME...", nargs=-1, required=True)


def _data_options(command: _Command) -> _Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _corpus(data: Path | None, safe: Path | None, socialfx: Path | None) -> Corpus:
    from semeq_models.cleaning import load_corpus
    from semeq_models.folder import data_files

    return load_corpus(*data_files(data, safe, socialfx))


@app.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the systems, and what is shipped of each."""
    from semeq_models.listing import systems, systems_text

    rows = systems()
    click.echo(json.dumps(rows, indent=2) if as_json else systems_text(rows))


@app.group("data")
def data_group() -> None:
    """What the training data hold."""


@data_group.command("describe")
@_data_options
@click.option("--include-audio", is_flag=True, help="Read SAFEEqualiserAudioFeatureData.csv beside the user data too.")
@json_option
def describe_command(
    data: Path | None, safe: Path | None, socialfx: Path | None, include_audio: bool, as_json: bool
) -> None:
    """Describe both CSV files: rows, words, junk, contributors, ranges, agreement."""
    from semeq_models.describe import describe, description_text
    from semeq_models.folder import data_files

    found = describe(*data_files(data, safe, socialfx), include_audio=include_audio)
    click.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False) if as_json else description_text(found))


@app.command("train")
@click.argument("name", metavar="NAME")
@_data_options
@click.option("--epochs", type=int, help="Epochs.")
@click.option("--batch-size", type=int, help="Rows in a batch.")
@click.option("--learning-rate", type=float, help="First learning rate of Adam.")
@click.option("--latent-dim", type=int, help="Numbers in a place of the latent space.")
@click.option("--contrastive-start", type=float, help="Weight of the contrast at the beginning.")
@click.option("--contrastive-end", type=float, help="Weight of the contrast at the end.")
@click.option("--min-examples", type=int, help="Rows that a word needs.")
@click.option("-o", "--output", type=PATH, help="Model file to write; NAME.safetensors unless said otherwise.")
@click.option("--run", "folder", type=PATH, help="Folder of checkpoints, losses and picture; else beside the model.")
@click.option("--save-every", type=int, help="Epochs between checkpoints.")
@click.option("--early-stop", type=int, help="Stop after so many epochs without gain on held-back people; 0 is never.")
@click.option("--seed", type=int, help="Seed of everything random.")
@click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True, help="Where to train.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint; the result is the same.")
@force_option
@json_option
def train_command(
    name: str,
    data: Path | None,
    safe: Path | None,
    socialfx: Path | None,
    output: Path | None,
    folder: Path | None,
    device: str,
    resume: bool,
    force: bool,
    as_json: bool,
    **changes: Any,
) -> None:
    """Train the system NAME; `semeq-models list` names them. Options left out keep the system's own numbers."""
    from semeq_models.audio.train import AudioRun
    from semeq_models.workshop import run_folder, train_to_file

    spec = replace(spec_named(name), **{key: value for key, value in changes.items() if value is not None})
    output = output or Path(f"{name}.safetensors")
    folder = folder or run_folder(output)
    corpus = _corpus(data, safe, socialfx)
    try:
        with _progress(spec) as on_epoch:
            done = train_to_file(
                spec, corpus, output, folder=folder, device=device, resume=resume, force=force, on_epoch=on_epoch
            )
    except KeyboardInterrupt:
        if (folder / "last.safetensors").is_file():
            click.echo("\ngo on with the same command and --resume", err=True)
        raise
    last = done.history[-1]
    if isinstance(done, AudioRun):
        said = {"model": str(output), "run": str(folder), "sha256": done.model.sha256, "cpu_s": round(done.cpu_s, 1)}
        text = f"{output}: {len(done.data) / 1000:.0f} kB, {done.cpu_s:.0f} s of one processor; leads into {spec.space}"
        click.echo(json.dumps(said | {"last": last}) if as_json else text)
        return
    if as_json:
        words = {language: sorted(known) for language, known in done.model.vocabularies.items()}
        said = {"model": str(output), "run": str(folder), "sha256": done.model.sha256, "cpu_s": round(done.cpu_s, 1)}
        click.echo(json.dumps(said | {"words": words, "last": last}, ensure_ascii=False))
        return
    count = sum(len(known) for known in done.model.vocabularies.values())
    click.echo(f"{output}: {count} words, {len(done.data) / 1000:.0f} kB, {done.cpu_s:.0f} s of one processor")
    click.echo(f"{folder}: checkpoints, history.json, losses.png")
    click.echo(f'Hear it: semeq eq warm --model "{output}" --draw')


@app.command("evaluate")
@names_argument
@_data_options
@click.option("--audio", is_flag=True, help="Judge what listens: adaptive EQ, matching, balance (NAME: an encoder).")
@click.option("--recordings", type=PATH, multiple=True, help="With --audio: a folder of one artist; again for more.")
@click.option("--as-is", is_flag=True, help="Judge the finished models (names or files) on these rows; train nothing.")
@click.option("--folds", type=click.IntRange(2, 20), default=5, show_default=True, help="Parts of the contributors.")
@click.option("--splits", type=click.IntRange(1, 50), default=1, show_default=True, help="Random splits, averaged.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of splits and intervals.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--epochs", type=int, help="Train so long only, for a quick look.")
@click.option("--pictures", type=PATH, metavar="FOLDER", help="Draw each shipped model: map, curves, reconstruction.")
@click.option("-o", "--output", type=PATH, help="Write the reports as JSON too.")
@json_option
def evaluate_command(
    names: tuple[str, ...],
    data: Path | None,
    safe: Path | None,
    socialfx: Path | None,
    audio: bool,
    recordings: tuple[Path, ...],
    as_is: bool,
    folds: int,
    splits: int,
    seed: int,
    workers: int,
    epochs: int | None,
    pictures: Path | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Judge systems on people they have not seen: trained anew without them, contributor by contributor."""
    from semeq_models.bench import report_lines

    if recordings and not audio:
        raise ChoiceError("--recordings are for what listens: add --audio, or leave them out")
    if output:
        check_file(output)
    if audio:
        encoders = _encoders(names, as_is, epochs)
        _evaluate_audio(encoders, _corpus(data, safe, socialfx), recordings, output, as_json, seed)
        return
    if pictures:
        check_folder(pictures)
    systems = _systems(names, as_is, epochs)
    corpus = _corpus(data, safe, socialfx)
    reports = _reports(systems, corpus, count=folds, splits=splits, seed=seed, workers=workers)
    _written(reports, output)
    if pictures:
        from semeq_models.gallery import draw_gallery

        for name in names:
            for path in draw_gallery(name, corpus, pictures):
                click.echo(path, err=True)
    if as_json:
        click.echo(json.dumps([report.to_dict() for report in reports], indent=2, ensure_ascii=False))
        return
    for report in reports:
        click.echo("\n".join(report_lines(report)) + "\n")


def _evaluate_audio(
    encoders: dict[str, Spec | AudioEncoder],
    corpus: Corpus,
    recordings: tuple[Path, ...],
    output: Path | None,
    as_json: bool,
    seed: int,
) -> None:
    from semeq_models.artefact import write_whole
    from semeq_models.audio.bench import evaluate_audio
    from semeq_models.audio.figures import audio_table, to_dicts

    said = {}
    for name, one in encoders.items():
        found = evaluate_audio(
            one, corpus, recordings=recordings, seed=seed, say=lambda text: click.echo(text, err=True)
        )
        said[name] = to_dicts(found)
        if not as_json:
            click.echo("\n".join([f"{name}", "", *audio_table(found), ""]))
    text = json.dumps(said, indent=1, ensure_ascii=False) + "\n"
    if output:
        write_whole(output, text.encode("utf-8"))
    if as_json:
        click.echo(text, nl=False)


def _encoders(names: tuple[str, ...], as_is: bool, epochs: int | None) -> dict[str, Spec | AudioEncoder]:
    """What is to be judged by ear, all names looked up before the first is."""
    from semeq.hearing.encoder import FORMAT, load_encoder
    from semeq_models.finished import checked_name

    if as_is:
        return {name: load_encoder(checked_name(name, FORMAT)) for name in names}
    return {name: _shortened(audio_spec_named(name), epochs) for name in names}


def _systems(names: tuple[str, ...], as_is: bool, epochs: int | None) -> dict[str, Spec | Model]:
    """What is to be judged by its words, likewise."""
    from semeq.artefact import FORMAT, load_model
    from semeq_models.finished import checked_name

    if as_is:
        return {name: load_model(checked_name(name, FORMAT)) for name in names}
    return {name: _shortened(_speaking(name), epochs) for name in names}


def _speaking(name: str) -> Spec:
    if name in AUDIO_SPECS:
        raise ChoiceError(f"{name} listens and knows no words; judge it with evaluate --audio {name}")
    return spec_named(name)


def _shortened(spec: Spec, epochs: int | None) -> Spec:
    return replace(spec, epochs=epochs) if epochs is not None else spec


@app.command("compare")
@names_argument
@_data_options
@click.option("--reports", type=PATH, metavar="JSON", help="Take reports that `evaluate -o` wrote instead of training.")
@click.option("--folds", type=click.IntRange(2, 20), default=5, show_default=True, help="Parts of the contributors.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of splits and intervals.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--epochs", type=int, help="Train so long only, for a quick look.")
@json_option
def compare_command(
    names: tuple[str, ...],
    data: Path | None,
    safe: Path | None,
    socialfx: Path | None,
    reports: Path | None,
    folds: int,
    seed: int,
    workers: int,
    epochs: int | None,
    as_json: bool,
) -> None:
    """Put systems side by side on the bench, the best of each row in bold, "tie" where intervals overlap."""
    from semeq_models.bench import compare_table
    from semeq_models.judging import read_reports

    if reports:
        found = read_reports(reports, names)
    else:
        systems = _systems(names, False, epochs)
        corpus = _corpus(data, safe, socialfx)
        found = _reports(systems, corpus, count=folds, splits=1, seed=seed, workers=workers)
    if as_json:
        click.echo(json.dumps([report.to_dict() for report in found], indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(compare_table(found)))


def _reports(systems: dict[str, Spec | Model], corpus: Corpus, **how: int) -> list[Report]:
    from semeq_models.judging import evaluate

    found = []
    for name, one in systems.items():
        click.echo(f"{name} ...", err=True)
        found.append(evaluate(one, corpus, **how))
    return found


def _written(reports: list[Report], output: Path | None) -> None:
    if output:
        from semeq_models.artefact import write_whole

        text = json.dumps([report.to_dict() for report in reports], indent=1, ensure_ascii=False)
        write_whole(output, (text + "\n").encode("utf-8"))


@app.command("export")
@click.argument("name", metavar="NAME")
@click.option("--format", "form", required=True, help="npz, onnx or c-header.")
@click.option("-o", "--output", type=PATH, help="File or folder to write; named after the model unless said otherwise.")
@force_option
def export_command(name: str, form: str, output: Path | None, force: bool) -> None:
    """Write a model or an audio encoder (NAME, or a file) for other programs: numpy, ONNX, C."""
    from semeq_models.artefact import write_whole
    from semeq_models.export import export, exportable, placed, stem_of

    files = placed(export(exportable(name), form), stem_of(name), output)
    for path in files:
        check_file(path)
    if existing := [path for path in files if path.exists() and not force]:
        raise DataError(f"{existing[0]}: exists; use --force to replace it, or name another with -o")
    for path, content in files.items():
        write_whole(path, content)
        click.echo(f"{path}: {len(content) / 1000:.0f} kB")


@app.command("card")
@names_argument
@click.option("--reports", type=PATH, metavar="JSON", help="Reports of the bench; else those in the source tree.")
@click.option("-o", "--output", type=PATH, help="Folder of the cards; else the one in the source tree, or this one.")
def card_command(names: tuple[str, ...], reports: Path | None, output: Path | None) -> None:
    """Write the cards of shipped models from their files and the reports of the bench."""
    from semeq_models.artefact import write_whole
    from semeq_models.audio.card import audio_card
    from semeq_models.card import CARDS, REPORTS, card
    from semeq_models.judging import read_reports

    for name in names:
        spec_named(name)
    found = read_reports(reports or REPORTS, tuple(SPECS)) if set(names) & set(SPECS) else ()
    folder = output or (CARDS if CARDS.is_dir() else Path())
    for name in names:
        text = audio_card(name) if name in AUDIO_SPECS else card(name, found)
        write_whole(folder / f"{name}.md", text.encode("utf-8"))
        click.echo(folder / f"{name}.md")


@contextmanager
def _progress(spec: Spec) -> Iterator[Callable[[Epoch], None]]:
    """A bar with the losses on a terminal's stderr, a line now and then when piped."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda said: _line(spec, said)
        return
    last = ""

    def on_epoch(said: Epoch) -> None:
        nonlocal last
        last = _losses(said)
        bar.update(int(said["epoch"]) - bar.pos)

    def losses(_item: int | None) -> str:
        return last

    with click.progressbar(length=spec.epochs, label=spec.name, file=sys.stderr, item_show_func=losses) as bar:
        yield on_epoch


def _line(spec: Spec, said: Epoch) -> None:
    if sys.stderr is not None and (said["epoch"] % spec.save_every == 0 or said["epoch"] in (1, spec.epochs)):
        click.echo(f"{spec.name}  epoch {said['epoch']:.0f}/{spec.epochs}  {_losses(said)}", err=True)


def _losses(said: Epoch) -> str:
    return "  ".join(f"{key.replace('_', ' ')} {said[key]:.4g}" for key in said if key not in ("epoch", "settled"))


def main() -> None:
    """Run the command; what we foresee ends in one line."""
    run(app, "semeq-models")
