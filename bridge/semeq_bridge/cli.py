"""The semeq-bridge command: parses, calls, prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from semeq.command import new_group, run
from semeq.options import PATH, json_option
from semeq_bridge.live.cli import listen_command, live_command, play_command
from semeq_bridge.options import instance_option, program_option, serve_options, to_option
from semeq_bridge.run import run_session

app = new_group("OSC and MIDI steer the EQ inside a DAW session, or play it: words, intensity, morphs, A and B, live.")
for command in (live_command, play_command, listen_command):
    app.add_command(command)


def main() -> None:
    """Run the command line."""
    run(app, "semeq-bridge")


@app.command("serve")
@serve_options
@click.option("--record", type=PATH, metavar="FILE", help="Keep every message in a new file, for replay.")
def serve_command(config: Path | None, as_json: bool, **given: Any) -> None:
    """Listen for OSC and MIDI and steer what plays; until Ctrl-C or SIGTERM."""
    run_session(config, as_json, given)


@app.command("record")
@click.argument("file", type=PATH)
@serve_options
def record_command(file: Path, config: Path | None, as_json: bool, **given: Any) -> None:
    """Serve, and keep every message in a new FILE, which replay follows again."""
    run_session(config, as_json, given | {"record": file})


@app.command("send", context_settings={"ignore_unknown_options": True})
@click.argument("address")
@click.argument("values", nargs=-1)
@to_option
@json_option
def send_command(address: str, values: tuple[str, ...], to: str, as_json: bool) -> None:
    """Send VALUES to an ADDRESS such as /semeq/intensity; without values, ask for what it is."""
    from semeq_bridge.jobs import ask, number_or_text

    for said, args in ask(to, address, [number_or_text(value) for value in values]):
        row = {"address": said, "values": args}
        click.echo(json.dumps(row, ensure_ascii=False, default=repr) if as_json else " ".join([said, *map(str, args)]))


@app.command("drivers")
@click.option("--look", is_flag=True, help="Ask the programs that run here what there is to steer.")
@json_option
def drivers_command(look: bool, as_json: bool) -> None:
    """List what can play the curve, and how far each was verified; with --look, what is there."""
    from semeq_bridge.drivers import found, rows

    if look:
        for name, targets, why in found():
            row = {"name": name, "targets": targets, "why": why}
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else f"{name:<12}  {', '.join(targets) or why}")
        return

    if as_json:
        click.echo(json.dumps(rows(), ensure_ascii=False))
        return
    for row in rows():
        click.echo(f"{row['name']:<12}  {row['title']}{' (beta)' if row['beta'] else ''}")
        click.echo(f"{'':<14}verified: {row['proof']}\n{'':<14}use: --daw {row['use']}")


@app.command("addresses")
@json_option
def addresses_command(as_json: bool) -> None:
    """List every OSC address: what it takes, its range, what it does."""
    from semeq_bridge.jobs import address_rows, address_table

    click.echo(json.dumps(address_rows(), ensure_ascii=False) if as_json else address_table())


@app.command("monitor")
@to_option
@click.option("--once", is_flag=True, help="Print everything once and stop.")
@json_option
def monitor_command(to: str, once: bool, as_json: bool) -> None:
    """Show what a running bridge does, twice a second: every EQ, rates, what was dropped, how long changes take."""
    from semeq_bridge.jobs import watch
    from semeq_bridge.monitor import table

    def show(values: dict[str, Any], before: dict[str, Any], passed_s: float) -> None:
        if as_json:
            click.echo(json.dumps(values, ensure_ascii=False))
            return
        if not once:
            click.clear()
        click.echo(table(values, before, passed_s))

    watch(to, show, turns=1 if once else None)


@app.command("devices")
@json_option
def devices_command(as_json: bool) -> None:
    """List the MIDI ports there are, and the sound devices."""
    from semeq_bridge.doctor import device_text, devices_here

    found, whys = devices_here()
    for why in whys:
        click.echo(why, err=True)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for title, rows in found.items():
        click.echo(f"{title}: {', '.join(map(device_text, rows)) or 'none'}")


@app.command("learn")
@click.argument("target")
@click.option("--midi", default=".", metavar="REGEX", help="Only inputs of such names.")
@click.option("--yes", is_flag=True, help="Store it without asking.")
def learn_command(target: str, midi: str, yes: bool) -> None:
    """Watch a control that is moved, say what it seems to be, and let it move TARGET, such as /semeq/intensity."""
    from semeq_bridge.jobs import learn, learnt_file, store

    said, row = learn(target, midi, lambda line: click.echo(line, err=True))
    click.echo(said)
    if yes or click.confirm(f"let it move {target}?"):
        store(learnt_file(), row)
        click.echo(f"stored in {learnt_file()}; semeq-bridge serve --midi reads it when it starts")


@app.command("doctor")
@to_option
@json_option
def doctor_command(to: str, as_json: bool) -> None:
    """Look whether everything is there that a session needs, and say what to do where it is not."""
    from dataclasses import asdict

    from semeq_bridge.doctor import findings
    from semeq_bridge.setup import place_of

    found = findings(*place_of(to))
    click.echo(
        json.dumps([asdict(one) for one in found], ensure_ascii=False) if as_json else "\n".join(map(str, found))
    )
    if any(one.needed and not one.well for one in found):
        click.get_current_context().exit(1)


@app.command("replay")
@click.argument("file", type=PATH)
@instance_option
@program_option
@json_option
def replay_command(file: Path, instances: tuple[str, ...], programs: tuple[str, ...], as_json: bool) -> None:
    """Follow a FILE that serve --record wrote, without a wire; say where it ends."""
    from semeq_bridge.record import replay
    from semeq_bridge.setup import Setup

    usual = Setup()
    values, count, refused = replay(file, instances or usual.instances, programs or usual.programs)
    if as_json:
        click.echo(json.dumps({"events": count, "refused": refused, "values": values}, ensure_ascii=False))
        return
    click.echo(f"{count} events, {refused} refused")
    for address, value in values.items():
        click.echo(f"{address} {value}")


@app.group("state")
def state_group() -> None:
    """What a bridge that runs, or a project that was kept, plays."""


@click.command("export")
@click.argument("instance", default="")
@to_option
@click.option("--project", metavar="NAME", help="From a project that was kept, instead of a bridge that runs.")
def export_command(instance: str, to: str, project: str | None) -> None:
    """Print what an INSTANCE (the first) plays as settings, for semeq apply and semeq-presets convert."""
    from semeq_bridge.jobs import played
    from semeq_bridge.recall import project_file, settings_in

    settings = settings_in(project_file(project), instance) if project else played(to, instance)
    click.echo(settings.to_json(indent=2))


app.add_command(export_command)
state_group.add_command(export_command)
