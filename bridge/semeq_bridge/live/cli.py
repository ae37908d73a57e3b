"""The commands with sound: live, play, listen. They parse, call, print."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from semeq.options import PATH, json_option
from semeq_bridge.options import serve_options
from semeq_bridge.run import run_session

_SOUND = (
    click.option("--term", "terms", multiple=True, metavar="[INSTANCE=]WORDS", help="The words to begin with."),
    click.option(
        "--intensity", "intensities", multiple=True, metavar="[INSTANCE=]X", help="How much of them, -1 to 2."
    ),
    click.option("--adapt/--no-adapt", default=None, help="Give only what the material lacks of them.  [adapt]"),
    click.option("--speed", type=click.FloatRange(0.5, 120), help="Follow the material within so many seconds.  [15]"),
    click.option("--reference", metavar="NAME", help="Compare with music, speech, pink, flat, or your own.  [music]"),
    click.option(
        "--own-reference", "own", multiple=True, metavar="NAME=PLACE", help="A file or folder of your tracks."
    ),
    click.option(
        "--match-loudness/--no-match-loudness", "match", default=None, help="Keep it as loud as it came.  [match]"
    ),
)


def sound_options(command: Callable[..., None]) -> Callable[..., None]:
    """What to play, and how to follow the material."""
    for option in reversed(_SOUND):
        command = option(command)
    return command


@click.command("live")
@click.option("--jack", "jacks", multiple=True, metavar="NAME", help="An EQ of this name with ports in JACK.")
@click.option("--device", is_flag=True, help="The inputs of a sound device through the EQ to its outputs.")
@click.option("--device-in", metavar="REGEX", help="Which device is listened to.")
@click.option("--device-out", metavar="REGEX", help="Which device plays.")
@click.option("--file", "file", type=PATH, metavar="FILE", help="A file instead, as fast as it goes; with --to.")
@click.option("--to", "target", type=PATH, metavar="FILE", help="A new file for what would have been heard.")
@click.option("--force", is_flag=True, help="Replace the file behind --to.")
@click.option("--channels", type=click.IntRange(1, 64), default=2, show_default=True, help="Of each EQ.")
@click.option("--client", default="semeq", show_default=True, help="Our name in JACK.")
@click.option(
    "--from", "sources", multiple=True, metavar="[INSTANCE=]REGEX", help="Connect ports of JACK to the inputs."
)
@click.option("--into", "targets", multiple=True, metavar="[INSTANCE=]REGEX", help="Connect the outputs to such ports.")
@click.option(
    "--hear",
    "hears",
    multiple=True,
    metavar="[INSTANCE=]WHAT",
    help="Listen to input, output, or ports of JACK.  [input]",
)
@click.option(
    "--when-down",
    type=click.Choice(["dry", "silence"]),
    default="dry",
    show_default=True,
    help="What JACK hears while the process that plays is gone.",
)
@sound_options
@serve_options
def live_command(config: Path | None, as_json: bool, **given: Any) -> None:
    """Play and adapt: hear the material, filter it, follow OSC and MIDI; until Ctrl-C."""
    from semeq_bridge.live.jobs import LiveOptions, follow_file, live_setup

    options, rest = LiveOptions.taken(given)
    if options.file is not None:
        follow_file(options, rest, as_json, click.echo)
        return
    run_session(config, as_json, rest, lambda setup: live_setup(setup, options))


@click.command("play")
@click.argument("file", type=PATH)
@click.option("--device-out", metavar="REGEX", help="Which device plays; none for no device.")
@click.option("--once", is_flag=True, help="Stop at its end.")
@sound_options
@serve_options
def play_command(config: Path | None, as_json: bool, file: Path, **given: Any) -> None:
    """Hear FILE at once; keys change words and intensity, a is A/B, d the difference."""
    from semeq_bridge.live.jobs import LiveOptions, play_setup

    options, rest = LiveOptions.taken(given | {"file": file})
    run_session(config, as_json, rest, lambda setup: play_setup(setup, options))


@click.command("listen")
@click.option("--jack", "pattern", metavar="REGEX", help="Ports of JACK.")
@click.option("--device", "device", metavar="REGEX", help="A sound device; . is the usual one.")
@click.option("--file", "file", type=PATH, metavar="FILE", help="A file, as fast as it goes.")
@click.option("--channels", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--client", default="semeq-listen", show_default=True, help="Our name in JACK.")
@click.option("--reference", default="music", show_default=True, metavar="NAME", help="What it is compared with.")
@click.option("--own-reference", "own", multiple=True, metavar="NAME=PLACE", help="A file or folder of your tracks.")
@click.option(
    "--memory", type=click.FloatRange(0.2, 3600), default=10.0, show_default=True, help="Seconds it remembers."
)
@click.option("--seconds", type=click.FloatRange(0.5), help="Stop after so long.")
@json_option
def listen_command(as_json: bool, **given: Any) -> None:
    """Say what ports of JACK, a device or a file sound like, twice a second: words with percentages, level."""
    from semeq_bridge.live.hear import ListenOptions, listen

    with contextlib.suppress(KeyboardInterrupt):  # so it ends where no --seconds says otherwise
        for row in listen(ListenOptions(**given), lambda line: click.echo(line, err=True)):
            silent = "" if row["sounding"] else "  (silence)"
            line = f"{row['at_s']:7.1f} s  {row['level_db']:6.1f} dB  {row['words'] or '-'}{silent}"
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else line)
