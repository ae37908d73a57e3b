"""The semeq-presets command: parses, calls, prints. What a command needs is imported when it runs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from semeq.command import new_group, run
from semeq.language import Language
from semeq.options import (
    PATH,
    force_option,
    intensity_option,
    json_option,
    language_option,
    model_option,
    reference_option,
    refuse_without,
    say,
    vary_option,
)
from semeq.response import RATE_HZ

app = new_group("Words and curves as presets for the EQs people own, and presets back into curves.")

format_option = click.option("-f", "--format", "formats", metavar="NAMES", help="Such as apo,reaper; all; see formats.")
rate_option = click.option("--rate", type=float, default=RATE_HZ, show_default=True, help="Sample rate it is used at.")
refit_option = click.option("--refit", is_flag=True, help="Fit other parameters where the target plays Q its own way.")
name_option = click.option("--name", help="What the preset is called, instead of its words.")
amounts_option = click.option("--amounts", metavar="LIST", help="Percent of what people set, such as 25,50,75,100.")
invert_option = click.option("--invert", is_flag=True, help="The opposite curve.")
audio_option = click.option("--audio", type=PATH, help="Listen to a file: only what it lacks.")
preamp_option = click.option(
    "--preamp", default="auto", show_default=True, metavar="auto|none|DB", help="auto: the highest point is 0 dB."
)

EXAMPLES = """\b
Examples:
  semeq-presets export warm bright --format reaper,lv2-calf -o presets
  semeq-presets export "70% warm + 30% full" --amounts 25,50,75,100 --format reaper-rpl --bank
  semeq-presets install warm --format easyeffects --dry-run"""


def main() -> None:
    """Run the command line."""
    run(app, "semeq-presets")


@app.command("export", epilog=EXAMPLES)
@click.argument("words", nargs=-1, required=True)
@intensity_option
@amounts_option
@format_option
@audio_option
@reference_option
@click.option("-o", "--output", type=PATH, default="semeq-presets", show_default=True, help="Folder for the presets.")
@rate_option
@preamp_option
@click.option("--strict", is_flag=True, help="Write nothing where one is off by more than 0.5 dB.")
@refit_option
@click.option("--bank", is_flag=True, help="All presets in one file, where the format has banks.")
@invert_option
@name_option
@click.option("--plot", is_flag=True, help="A picture beside the presets: the curve, and what each target plays.")
@vary_option
@force_option
@json_option
@model_option
@language_option
def export_command(
    words: tuple[str, ...],
    intensity: float,
    amounts: str | None,
    formats: str | None,
    audio: Path | None,
    reference: str,
    output: Path,
    rate: float,
    preamp: str,
    strict: bool,
    refit: bool,
    bank: bool,
    invert: bool,
    name: str | None,
    plot: bool,
    vary: int | None,
    force: bool,
    as_json: bool,
    model: str,
    language: Language,
) -> None:
    """Write one preset for each of the WORDS ("warm", "70% warm + 30% full", or a .json file of settings)."""
    from semeq_presets.jobs import chosen_formats, export_all, preamp_of, wanted

    if audio is None:
        refuse_without("--audio", "reference")
    asked = wanted(
        words,
        intensity,
        amounts=amounts,
        invert=invert,
        name=name,
        audio=audio,
        reference=reference,
        vary=vary,
        model=model,
        language=language,
    )
    written = export_all(
        asked,
        chosen_formats(formats),
        output,
        rate_hz=rate,
        preamp=preamp_of(preamp),
        strict=strict,
        refit=refit,
        bank=bank,
        plot=plot,
        overwrite=force,
    )
    if as_json:
        notes = [note for one in asked for note in one.notes]
        click.echo(json.dumps({"presets": [one.to_dict() for one in written], "notes": notes}, ensure_ascii=False))
    else:
        click.echo("\n".join(map(str, written)))
    say(tuple(dict.fromkeys(note for one in asked for note in one.notes)))


@app.command("import")
@click.argument("file", type=PATH)
@click.option("-f", "--format", "form", metavar="NAME", help="Where the content does not tell; see formats.")
@click.option("-o", "--output", type=PATH, help="Write the settings as JSON, for semeq apply and export.")
@force_option
@json_option
def import_command(file: Path, form: str | None, output: Path | None, force: bool, as_json: bool) -> None:
    """Read a preset of another program as five bands."""
    from semeq.terminal import band_table
    from semeq_presets.disk import write_files
    from semeq_presets.load import load

    found = load(file, form)
    said = found.settings.to_dict()
    if output is not None:
        write_files({output: (json.dumps({"settings": said}, indent=2) + "\n").encode()}, overwrite=force)
    if as_json:
        about = {"format": found.format, "name": found.name, "refitted": found.refitted, "error_db": found.error_db}
        click.echo(json.dumps({**about, "settings": said, "notes": list(found.notes)}, ensure_ascii=False))
        return
    exact = f"fitted, off by up to {found.error_db:.2f} dB" if found.refitted else "as it stands"
    click.echo(f"{found.name or file.name} ({found.format}), {exact}\n{band_table(found.settings)}")
    say(found.notes)


@app.command("convert")
@click.argument("source", metavar="A", type=PATH)
@click.argument("target", metavar="B", type=PATH)
@click.option("--from", "source_format", metavar="NAME", help="The format of A, where its content does not tell.")
@click.option("--to", "target_format", metavar="NAME", help="The format of B, where its suffix does not tell.")
@rate_option
@refit_option
@preamp_option
@click.option("--strict", is_flag=True, help="Write nothing that is off by more than 0.5 dB.")
@force_option
def convert_command(
    source: Path,
    target: Path,
    source_format: str | None,
    target_format: str | None,
    rate: float,
    refit: bool,
    preamp: str,
    strict: bool,
    force: bool,
) -> None:
    """Turn preset A of one program into preset B of another."""
    from semeq_presets.jobs import convert, preamp_of

    found, planned = convert(
        source,
        target,
        source_format,
        target_format,
        rate_hz=rate,
        preamp=preamp_of(preamp),
        refit=refit,
        strict=strict,
        overwrite=force,
    )
    say(found.notes)
    click.echo(f"{target} ({planned.format.name}): {planned}")


@app.command("check")
@click.argument("what", metavar="FORMAT|FILE")
@click.option("-f", "--format", "form", metavar="NAME", help="The format of FILE, where its content does not tell.")
@click.option("--settings", type=PATH, help="What a FILE should play, as JSON, where it cannot be read back.")
@rate_option
@json_option
def check_command(what: str, form: str | None, settings: Path | None, rate: float, as_json: bool) -> None:
    """Play a preset through the program it is for, which must be installed, and measure how true it is."""
    from semeq_presets.jobs import check_one

    name, result = check_one(what, form, settings, rate_hz=rate)
    if as_json:
        figures = {"measured_db": result.measured_db, "at_hz": result.at_hz, "highest_db": result.highest_db}
        click.echo(json.dumps({"format": name, **figures, "predicted_db": result.predicted_db}))
        return
    click.echo(
        f"{what} ({name}): off by {result.measured_db:.3f} dB at {result.at_hz:.0f} Hz as played; "
        f"predicted {result.predicted_db:.3f} dB; highest point {result.highest_db:+.3f} dB"
    )


@app.command("formats")
@json_option
def formats_command(as_json: bool) -> None:
    """List every format: what it is for, how far it was verified, what it can hold, where it goes."""
    from semeq_presets.listing import formats_rows, formats_text

    click.echo(json.dumps(formats_rows(), ensure_ascii=False) if as_json else formats_text())


@app.command("default")
@click.argument("names", metavar="[FORMATS]", required=False)
def default_command(names: str | None) -> None:
    """Say which formats export writes, besides apo, when none is named; without FORMATS show them."""
    from semeq_presets.choice import choose, chosen
    from semeq_presets.table import formats_named

    if names is not None:
        choose([] if names == "none" else formats_named(names))
    click.echo(", ".join(form.name for form in chosen()))


@app.command("install")
@click.argument("words", nargs=-1, required=True)
@click.option("-f", "--format", "formats", metavar="NAMES", required=True, help="Such as easyeffects,lv2-calf.")
@intensity_option
@amounts_option
@invert_option
@name_option
@rate_option
@preamp_option
@refit_option
@click.option("--include", is_flag=True, help="With apo: also add Include lines to config.txt.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@click.option("--force", is_flag=True, help="Replace files that semeq did not write; a backup is kept.")
@json_option
@model_option
@language_option
def install_command(
    words: tuple[str, ...],
    formats: str,
    intensity: float,
    amounts: str | None,
    invert: bool,
    name: str | None,
    rate: float,
    preamp: str,
    refit: bool,
    include: bool,
    dry_run: bool,
    force: bool,
    as_json: bool,
    model: str,
    language: Language,
) -> None:
    """Write presets for some WORDS into the folders where the programs look for them."""
    from semeq_presets.jobs import install_all, preamp_of, steps_text, wanted

    asked = wanted(words, intensity, amounts=amounts, invert=invert, name=name, model=model, language=language)
    steps = install_all(
        asked,
        formats,
        rate_hz=rate,
        preamp=preamp_of(preamp),
        refit=refit,
        include=include,
        dry_run=dry_run,
        force=force,
    )
    click.echo(steps_text(steps, dry_run=dry_run, as_json=as_json))
    say(tuple(dict.fromkeys(note for one in asked for note in one.notes)))


@app.command("uninstall")
@click.option("-f", "--format", "name", metavar="NAME", help="Only of this format.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@json_option
def uninstall_command(name: str | None, dry_run: bool, as_json: bool) -> None:
    """Remove what install has written; what was changed since stays, what was replaced comes back."""
    from semeq_presets.install import uninstall
    from semeq_presets.jobs import steps_text
    from semeq_presets.table import format_named

    steps = uninstall(format_named(name) if name else None, dry_run=dry_run)
    click.echo(steps_text(steps, dry_run=dry_run, as_json=as_json))
