"""The semeq command: parses, calls, prints. What only files or pictures need is imported where it is used."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from semeq.command import new_group, run
from semeq.errors import UsageError
from semeq.language import Language
from semeq.options import (
    PATH,
    SCALE,
    check_picture_option,
    force_option,
    intensity_of,
    intensity_option,
    json_option,
    language_option,
    mode_option,
    model_option,
    plot_option,
    reference_option,
    refuse_without,
    say,
    variant_option,
    vary_option,
)
from semeq.personal_file import personal_model
from semeq.report import eq_dict, eq_text, strength
from semeq.response import RATE_HZ
from semeq.suggest import interpolate, suggest
from semeq.terminal import band_table, draw_curve, needs_ascii, octave_table
from semeq.words_cli import words_command

app = new_group(
    'Words become EQ: "70% warm + 30% full" as five bands, on audio, in numbers and pictures.',
    {
        "apply": "semeq.apply_cli:apply_command",
        "reproduce": "semeq.apply_cli:reproduce_command",
        "analyze": "semeq.hearing.cli:analyze_command",
        "balance": "semeq.hearing.cli:balance_command",
        "compare": "semeq.hearing.cli:compare_command",
        "ab": "semeq.hearing.blind_cli:ab_command",
    },
)
POOR_FIT_DB = 3.0


def main() -> None:
    """Run the command line."""
    run(app, "semeq")


@app.command("eq")
@click.argument("request", metavar="WORDS")
@intensity_option
@variant_option
@vary_option
@click.option("--to", metavar="WORDS", help="Other words to move towards.")
@click.option("--at", type=click.FloatRange(0, 1), help="How far towards them: 0 to 1, 0.5 unless said otherwise.")
@click.option("--audio", type=PATH, help="Listen to a file: only what it lacks, at most 1.5 of it.")
@reference_option
@mode_option
@click.option("--rate", type=click.FloatRange(1000, 768_000), default=RATE_HZ, help="Sample rate to draw for, in Hz.")
@plot_option
@click.option("--draw", is_flag=True, help="Draw the curve in the terminal.")
@json_option
@force_option
@model_option
@language_option
def eq_command(
    request: str,
    intensity: float,
    variant: int | None,
    vary: int | None,
    to: str | None,
    at: float | None,
    audio: Path | None,
    reference: str,
    mode: str,
    rate: float,
    plot: Path | None,
    draw: bool,
    as_json: bool,
    force: bool,
    model: str,
    language: Language,
) -> None:
    """Print the five bands for some WORDS, such as "70% warm + 30% full" or "a bit less harsh"."""
    if to is None and at is not None:
        raise UsageError("--at says how far towards other words; name them with --to")
    check_picture_option(plot, force)
    known = personal_model(model)
    if audio is None:
        refuse_without("--audio", "reference", "mode")
    if audio and to is not None:
        raise UsageError("--to moves between words as they are; leave out --audio")
    asked = suggest(
        request,
        intensity,
        model=known,
        language=language,
        variant=variant,
        vary=vary,
        audio=audio,
        reference=reference,
        mode=mode,
    )
    settings, title, notes = asked.settings, str(asked.request), asked.notes
    share, towards = 0.5 if at is None else at, {}
    if to is not None:
        other = suggest(to, intensity, model=known, language=language)
        plain = intensity == 1 and variant is None and vary is None
        start, end = (request, to) if plain else (settings, other.settings)
        settings = interpolate(start, end, share, model=known, language=language)
        notes = tuple(dict.fromkeys((*notes, *other.notes)))
        title, towards = f"{title}, {share:.0%} towards {other.request}", {"to": str(other.request), "at": share}
    if plot:
        from semeq.plot import plot_settings

        plot_settings(settings, plot, title=title, subtitle=strength(asked), rate_hz=rate)
    if as_json:
        click.echo(json.dumps(eq_dict(asked, settings, rate) | towards | {"notes": list(notes)}, ensure_ascii=False))
        return
    click.echo(eq_text(asked, settings, title, rate))
    if draw:
        columns = shutil.get_terminal_size().columns
        click.echo(draw_curve(settings, width=min(columns - 1, 64), ascii=needs_ascii(sys.stdout)))
    say(notes)


app.add_command(words_command)


@app.command("fit")
@click.argument("curve", type=PATH)
@click.option("--keep-level", is_flag=True, help="Put the mean level into the preamp.")
@plot_option
@json_option
@force_option
def fit_command(curve: Path, keep_level: bool, plot: Path | None, as_json: bool, force: bool) -> None:
    """Fit the five bands to any CURVE, a file of rows "Hz, dB" such as a measurement or a correction."""
    from semeq.curvefile import read_curve_file
    from semeq.fit import curve_error_db, fit

    check_picture_option(plot, force)
    freqs_hz, target_db = read_curve_file(curve)
    settings = fit(target_db, freqs_hz, level_free=not keep_level)
    error_db = curve_error_db(settings, target_db, freqs_hz, level_free=not keep_level)
    if plot:
        from semeq.plot import plot_settings

        plot_settings(settings, plot, title=curve.name, subtitle=f"fitted, {error_db:.2f} dB RMS off")
    if as_json:
        click.echo(json.dumps({"settings": settings.to_dict(), "error_db": round(error_db, 4)}))
        return
    click.echo(f"{band_table(settings)}\n{error_db:.2f} dB RMS off{'' if keep_level else ', level left free'}")
    if error_db > POOR_FIT_DB:
        say(("five bands cannot follow this curve; see --plot",))


@app.command("demo")
@click.argument("request", metavar="[WORDS]", default="warm")
@click.option(
    "-i", "--intensity", metavar="NUMBER", callback=intensity_of, default="0.7", show_default=True, help=SCALE
)
@click.option("-o", "--output", type=PATH, default="demo", show_default=True, help="Folder for music and pictures.")
@force_option
def demo_command(request: str, intensity: float, output: Path, force: bool) -> None:
    """Make a small piece of music, say it "warm" (or other WORDS), and show what changed."""
    from semeq.jobs import summary
    from semeq.tour import tour

    made = tour(output, request, intensity, overwrite=force)
    click.echo(f"{made.curve.title}:\n{band_table(made.curve.settings)}")
    click.echo(f"Measured on the music, per octave band:\n{octave_table(made.changes_db)}")
    click.echo(f"Listen: {made.rendered.source}\n        {summary(made.rendered)}")
    click.echo("Look:   " + "\n        ".join(map(str, made.pictures)))


@app.command("schema")
def schema_command() -> None:
    """Print the JSON schema of EQ settings."""
    from semeq.schema import SCHEMA

    click.echo(json.dumps(SCHEMA, indent=2))
