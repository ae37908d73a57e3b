"""The semeq command: parses, calls, prints. What only files or pictures need is imported where it is used."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from semeq.artefact import DEFAULT_MODEL
from semeq.command import new_group, run
from semeq.errors import AudioError, SemeqError, UsageError
from semeq.language import Language
from semeq.personal_file import personal_model
from semeq.report import eq_dict, eq_text, strength
from semeq.response import RATE_HZ
from semeq.suggest import MAX_INTENSITY, MIN_INTENSITY, checked_intensity, interpolate, suggest
from semeq.terminal import band_table, draw_curve, needs_ascii, octave_table
from semeq.words_cli import language_of, words_command

app = new_group('Words become EQ: "70% warm + 30% full" as five bands, on audio, in numbers and pictures.')


def main() -> None:
    """Run the command line."""
    run(app, "semeq")


def _intensity(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
    return checked_intensity(value)


POOR_FIT_DB = 3.0
APPLY_EXAMPLES = """\b
Examples:
  semeq apply warm mix.wav -o warm.wav
  semeq apply "a bit less harsh" album/*.flac -i 0.5 --match-loudness -o softer/"""
PATH = click.Path(path_type=Path, readable=False)  # each file speaks for itself, later
_scale = f"{MIN_INTENSITY:g} to {MAX_INTENSITY:g}: 0 is flat, 1 how strongly people set it, -1 the opposite."
intensity_option = click.option(
    "-i", "--intensity", metavar="NUMBER", callback=_intensity, default="1", show_default=True, help=_scale
)
model_option = click.option("--model", default=DEFAULT_MODEL, help="default, v1, v2, v3, v2-vae, socialfx, or a file.")
language_option = click.option("-l", "--language", callback=language_of, default="en", help="Of the words: en or es.")
variant_option = click.option("--variant", type=int, help="One of the ways people mean a word; 1 is the most common.")
vary_option = click.option("--vary", type=int, metavar="SEED", help="Another person's way; the same for the same SEED.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
plot_option = click.option("--plot", type=PATH, help="Save a picture: .png, .svg or .pdf.")
force_option = click.option("--force", is_flag=True, help="Replace files that exist.")


@app.command("eq")
@click.argument("request", metavar="WORDS")
@intensity_option
@variant_option
@vary_option
@click.option("--to", metavar="WORDS", help="Other words to move towards.")
@click.option("--at", type=click.FloatRange(0, 1), help="How far towards them: 0 to 1, 0.5 unless said otherwise.")
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
    _check_picture(plot, force)
    known = personal_model(model)
    asked = suggest(request, intensity, model=known, language=language, variant=variant, vary=vary)
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
    _say(notes)


app.add_command(words_command)


@app.command("apply", short_help="Render audio through the EQ for some words.", epilog=APPLY_EXAMPLES)
@click.argument("request", metavar="WORDS")
@click.argument("files", metavar="FILE...", type=PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=PATH, required=True, help="File to write, or a folder for many inputs.")
@intensity_option
@variant_option
@vary_option
@click.option("--no-preamp", is_flag=True, help="Leave the level alone, even if it clips.")
@click.option("--preamp", type=float, metavar="DB", help="Use this preamp.")
@click.option("--match-loudness", is_flag=True, help="As loud as the input (ITU-R BS.1770, gated).")
@click.option("--delta", is_flag=True, help="Write only what the EQ adds and takes away.")
@click.option("--ab", "pair", is_flag=True, help="Write NAME.a (original) and NAME.b (EQ), equally loud.")
@click.option("--bits", metavar="BITS", help="Instead of the input's: 16, 24, 32, float, double.")
@click.option("--dither", is_flag=True, help="Add triangular dither of 1 LSB.")
@click.option("--plot", type=PATH, help="Save the spectrum before and after (one input).")
@force_option
@click.option("--sidecar/--no-sidecar", default=True, help="Write NAME.semeq.json, to make the file again (default).")
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@click.option(
    "--engine",
    default="auto",
    metavar="NAME",
    help="Filters: pedalboard, float64, auto (the first where exact).",
)
@json_option
@model_option
@language_option
def apply_command(
    request: str,
    files: tuple[Path, ...],
    output: Path,
    intensity: float,
    variant: int | None,
    vary: int | None,
    no_preamp: bool,
    preamp: float | None,
    match_loudness: bool,
    delta: bool,
    pair: bool,
    bits: str | None,
    dither: bool,
    plot: Path | None,
    force: bool,
    sidecar: bool,
    dry_run: bool,
    engine: str,
    as_json: bool,
    model: str,
    language: Language,
) -> None:
    """Render each FILE through the EQ for some WORDS; rate, channels, bits, length and tags stay.

    WORDS may also be a .json file of settings, as `semeq eq --json` prints them.
    """
    from semeq.apply import ApplyOptions, Rendered
    from semeq.jobs import as_dict, carry_out, picture, plan, rehearse, subtype_named, summary, wanted

    if no_preamp and preamp is not None:
        raise UsageError("--no-preamp and --preamp contradict each other; choose one")
    if pair and (delta or match_loudness or no_preamp or preamp is not None):
        raise UsageError("--ab matches the loudness itself; leave out --delta, --match-loudness and preamps")
    if plot and len(files) > 1:
        raise UsageError("--plot draws one input; render the others without it")
    _check_picture(plot, force)
    options = ApplyOptions(
        preamp_db=0.0 if no_preamp else preamp,
        match_loudness=match_loudness,
        mode="delta" if delta else "eq",
        engine=engine,  # type: ignore[arg-type]  # it is checked there
        subtype=subtype_named(bits),
        dither=dither,
        overwrite=force,
    )
    known = personal_model(model)
    curve = wanted(request, intensity, model=known, language=language, variant=variant, vary=vary)
    code, results = 0, []
    for source, targets in plan(list(files), output, pair=pair, make_folder=not dry_run):
        done: tuple[Rendered, ...] = ()
        try:
            if dry_run:
                found = [rehearse(source, targets, curve, options, output if len(files) > 1 else None)]
                lines = [found[0]["text"]]
            else:
                with _progress(source.name) as progress:
                    done = carry_out(source, targets, curve, options, sidecar=sidecar, progress=progress)
                found, lines = [as_dict(rendered) for rendered in done], [summary(rendered) for rendered in done]
        except (SemeqError, OSError) as error:
            code, text = 1, _named(error, source, targets)
            results.append({"input": str(source), "error": text})
            click.echo(f"semeq: {text}", err=True)
            continue
        results += found
        if not as_json:
            click.echo("\n".join(lines))
        if plot and done:
            try:
                picture(done[-1], plot, curve.title)
            except SemeqError as error:
                code = 1
                click.echo(f"semeq: {error}", err=True)
    notes = curve.asked.notes if curve.asked else ()
    if as_json:
        click.echo(json.dumps({"title": curve.title, "notes": list(notes), "files": results}, ensure_ascii=False))
    _say(notes)
    raise click.exceptions.Exit(code)


@app.command("reproduce")
@click.argument("sidecar", type=PATH)
@click.argument("source", metavar="FILE", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="File to write.")
@force_option
def reproduce_command(sidecar: Path, source: Path, output: Path, force: bool) -> None:
    """Make a rendered file again from its SIDECAR and the FILE it was made from; say whether it is the same."""
    from semeq.sidecar import installed_versions, read_sidecar, reproduce

    with _progress(source.name) as progress:
        rendered, same = reproduce(sidecar, source, output, overwrite=force, progress=progress)
    if not same:
        made_with, here = read_sidecar(sidecar).made_with, installed_versions()
        other = ", ".join(f"{name} {made_with[name]}" for name in made_with if made_with[name] != here.get(name))
        because = f", made with {other}" if other else ""
        raise AudioError(f"{output}: written, but it differs from the first one{because}")
    click.echo(f"{rendered.target}: the same file, byte for byte")


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

    _check_picture(plot, force)
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
        _say(("five bands cannot follow this curve; see --plot",))


@app.command("demo")
@click.argument("request", metavar="[WORDS]", default="warm")
@click.option("-i", "--intensity", metavar="NUMBER", callback=_intensity, default="0.7", show_default=True, help=_scale)
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


def _named(error: Exception, source: Path, targets: tuple[Path, ...]) -> str:
    """The message with the file it is about."""
    message = str(error)
    if isinstance(error, OSError) and error.strerror:
        message = f"{error.filename or source}: {error.strerror}"
    return message if any(path.name in message for path in (source, *targets)) else f"{source}: {message}"


def _check_picture(plot: Path | None, force: bool) -> None:
    """Refuse a picture's name before the work for it begins."""
    if plot is not None:
        from semeq.picture import check_picture

        check_picture(plot)
        if plot.exists() and not force:
            raise AudioError(f"{plot}: exists; use --force to replace it")


@contextmanager
def _progress(name: str) -> Iterator[Callable[[float], None] | None]:
    """A bar on a terminal's stderr, nothing when piped."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1000, label=name, file=sys.stderr) as bar:
        yield lambda done: bar.update(round(done * 1000) - bar.pos)


def _say(notes: tuple[str, ...]) -> None:
    for note in notes:
        click.echo(f"note: {note}", err=True)
