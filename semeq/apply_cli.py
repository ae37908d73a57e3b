"""`semeq apply` and `semeq reproduce`: files through the EQ, and made again."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click

from semeq.errors import AudioError, SemeqError, UsageError
from semeq.language import Language
from semeq.options import (
    PATH,
    check_picture_option,
    force_option,
    intensity_option,
    json_option,
    language_option,
    mode_option,
    model_option,
    progress_bar,
    reference_option,
    refuse_without,
    say,
    variant_option,
    vary_option,
)
from semeq.personal_file import personal_model

APPLY_EXAMPLES = """\b
Examples:
  semeq apply warm mix.wav -o warm.wav
  semeq apply "a bit less harsh" album/*.flac -i 0.5 --match-loudness -o softer/
  semeq apply warm mix.wav --adaptive -o warm.wav    # only as much as it lacks"""


@click.command("apply", short_help="Render audio through the EQ for some words.", epilog=APPLY_EXAMPLES)
@click.argument("request", metavar="WORDS")
@click.argument("files", metavar="FILE...", type=PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=PATH, required=True, help="File to write, or a folder for many inputs.")
@intensity_option
@variant_option
@vary_option
@click.option("--adaptive", is_flag=True, help="Listen to each file: only what it lacks, at most 1.5 of it.")
@click.option("--follow", "following", is_flag=True, help="With --adaptive: move slowly with the sections of a piece.")
@reference_option
@mode_option
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
    adaptive: bool,
    following: bool,
    reference: str,
    mode: str,
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
    from semeq.jobs import as_dict, carry_out, followed, picture, plan, rehearse, subtype_named, summary, wanted

    if following and (not adaptive or mode != "missing"):
        raise UsageError("--follow listens to each section: use it with --adaptive, and without --mode")
    if not adaptive:
        refuse_without("--adaptive", "reference", "mode")
    if no_preamp and preamp is not None:
        raise UsageError("--no-preamp and --preamp contradict each other; choose one")
    if pair and (delta or match_loudness or no_preamp or preamp is not None):
        raise UsageError("--ab matches the loudness itself; leave out --delta, --match-loudness and preamps")
    if plot and len(files) > 1:
        raise UsageError("--plot draws one input; render the others without it")
    check_picture_option(plot, force)
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
    asked = partial(wanted, request, intensity=intensity, model=known, language=language, variant=variant, vary=vary)
    curve, beside = asked(), None
    if adaptive:
        from semeq.hearing.adaptive import checked_mode
        from semeq.hearing.listening import find_reference

        beside, mode = find_reference(reference), checked_mode(mode)
    code, results = 0, []
    for source, targets in plan(files, output, pair=pair, make_folder=not dry_run):
        done: tuple[Rendered, ...] = ()
        try:
            if beside is not None:
                curve = asked(audio=source, reference=beside, mode=mode)
                if following:
                    curve = followed(source, curve, asked(intensity=1.0), intensity, beside)
                say(curve.notes)
            if dry_run:
                found = [rehearse(source, targets, curve, options, output if len(files) > 1 else None)]
                lines = [found[0]["text"]]
            else:
                with progress_bar(source.name) as progress:
                    done = carry_out(source, targets, curve, options, sidecar=sidecar, progress=progress)
                found, lines = [as_dict(rendered) for rendered in done], [summary(rendered) for rendered in done]
            if curve.adapted:
                found = [one | {"adapted": curve.adapted.to_dict()} for one in found]
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
    notes = () if adaptive else curve.notes
    if as_json:
        click.echo(json.dumps({"title": curve.title, "notes": list(notes), "files": results}, ensure_ascii=False))
    say(notes)
    raise click.exceptions.Exit(code)


@click.command("reproduce")
@click.argument("sidecar", type=PATH)
@click.argument("source", metavar="FILE", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="File to write.")
@force_option
def reproduce_command(sidecar: Path, source: Path, output: Path, force: bool) -> None:
    """Make a rendered file again from its SIDECAR and the FILE it was made from; say whether it is the same."""
    from semeq.sidecar import installed_versions, read_sidecar, reproduce

    with progress_bar(source.name) as progress:
        rendered, same = reproduce(sidecar, source, output, overwrite=force, progress=progress)
    if not same:
        made_with, here = read_sidecar(sidecar).made_with, installed_versions()
        other = ", ".join(f"{name} {made_with[name]}" for name in made_with if made_with[name] != here.get(name))
        because = f", made with {other}" if other else ""
        raise AudioError(f"{output}: written, but it differs from the first one{because}")
    click.echo(f"{rendered.target}: the same file, byte for byte")


def _named(error: Exception, source: Path, targets: tuple[Path, ...]) -> str:
    """The message with the file it is about."""
    message = str(error)
    if isinstance(error, OSError) and error.strerror:
        message = f"{error.filename or source}: {error.strerror}"
    return message if any(path.name in message for path in (source, *targets)) else f"{source}: {message}"
