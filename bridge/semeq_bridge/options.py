"""Options that several commands of the bridge have."""

from __future__ import annotations

from collections.abc import Callable

import click

from semeq.options import PATH, json_option

to_option = click.option("--to", default="127.0.0.1:9000", show_default=True, help="Where the bridge listens.")
instance_option = click.option("--instance", "instances", multiple=True, help="Name of an EQ, such as vox. [main]")
program_option = click.option("--program", "programs", multiple=True, help="Words of the program list, in order.")


def serve_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a session, for the two commands that begin one."""
    options = (
        click.option("--config", type=PATH, metavar="FILE", help="A semeq.toml; options go over what it says."),
        click.option("--osc", metavar="PLACE", help="Address and port to listen at.  [127.0.0.1:9000]"),
        click.option("--tcp", metavar="PLACE", help="Listen for OSC over TCP too (lengths or SLIP)."),
        click.option("--http", metavar="PLACE", help="Tell all addresses as JSON (OSCQuery)."),
        click.option("--announce", is_flag=True, help="Let others find --http (zeroconf)."),
        instance_option,
        program_option,
        click.option("--project", metavar="NAME", help="Go on where a project was left, and keep it."),
        click.option(
            "--daw", "daws", multiple=True, metavar="[INSTANCE=]DRIVER:TARGET", help="What plays it; see drivers."
        ),
        click.option("--midi", metavar="REGEX", help="Listen to MIDI inputs of such names; hot-plugged ones too."),
        click.option("--midi-port", metavar="NAME", help="Open an input of our own, where the system has such."),
        click.option("--map", "maps", type=PATH, multiple=True, metavar="FILE", help="What knobs move, in TOML."),
        click.option("--lan", metavar="ADDRESS", help="Listen where others can reach it; with --allow."),
        click.option("--allow", multiple=True, metavar="NETWORK", help="Who may speak, such as 192.168.1.0/24."),
        json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command
