"""The semeq-bridge command: parses, calls, prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from semeq.command import new_group, run
from semeq.options import PATH, json_option

app = new_group("OSC and MIDI steer the EQ inside a DAW session: words, intensity, morphs, A and B, live.")
to_option = click.option("--to", default="127.0.0.1:9000", show_default=True, help="Where the bridge listens.")
instance_option = click.option("--instance", "instances", multiple=True, help="Name of an EQ, such as vox. [main]")
program_option = click.option("--program", "programs", multiple=True, help="Words of the program list, in order.")


def main() -> None:
    """Run the command line."""
    run(app, "semeq-bridge")


@app.command("serve")
@click.option("--osc", default="127.0.0.1:9000", show_default=True, help="Address and port to listen at.")
@instance_option
@program_option
@click.option("--daw", "daws", multiple=True, metavar="[INSTANCE=]DRIVER:TARGET", help="What plays it; see drivers.")
@click.option("--midi", metavar="REGEX", help="Listen to MIDI inputs of such names; hot-plugged ones too.")
@click.option("--midi-port", default="", metavar="NAME", help="Open an input of our own, where the system has such.")
@click.option("--map", "maps", type=PATH, multiple=True, metavar="FILE", help="What knobs move, in TOML.")
@click.option("--lan", metavar="ADDRESS", help="Listen where others can reach it; with --allow.")
@click.option("--allow", multiple=True, metavar="NETWORK", help="Who may speak, such as 192.168.1.0/24.")
@click.option("--record", type=PATH, metavar="FILE", help="Keep every message in a new file, for replay.")
@json_option
def serve_command(
    osc: str,
    instances: tuple[str, ...],
    programs: tuple[str, ...],
    daws: tuple[str, ...],
    midi: str | None,
    midi_port: str,
    maps: tuple[Path, ...],
    lan: str | None,
    allow: tuple[str, ...],
    record: Path | None,
    as_json: bool,
) -> None:
    """Listen for OSC and MIDI and steer what plays; until Ctrl-C or SIGTERM."""
    from semeq_bridge.jobs import Setup, learnt_file, serve

    def say(line: str) -> None:
        click.echo(json.dumps({"log": line}, ensure_ascii=False) if as_json else line, err=True)

    usual = Setup()
    setup = Setup(
        osc=osc,
        instances=instances or usual.instances,
        programs=programs or usual.programs,
        daws=daws,
        lan=lan,
        allow=allow,
        record=record,
        midi=midi,
        midi_port=midi_port,
        maps=(*maps, learnt_file()) if learnt_file().exists() else maps,
    )
    counts = serve(setup, say)
    say(json.dumps(counts) if as_json else ", ".join(f"{name} {value}" for name, value in counts.items()))


@app.command("send")
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
@json_option
def drivers_command(as_json: bool) -> None:
    """List what can play the curve, and how far each was verified."""
    from semeq_bridge.drivers import rows

    if as_json:
        click.echo(json.dumps(rows(), ensure_ascii=False))
        return
    for row in rows():
        click.echo(
            f"{row['name']:<12}  {row['title']}\n{'':<14}verified: {row['proof']}\n{'':<14}use: --daw {row['use']}"
        )


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
    """Show what a running bridge does: values and counters, twice a second."""
    from semeq_bridge.jobs import watch

    def show(values: dict[str, Any]) -> None:
        if as_json:
            click.echo(json.dumps(values, ensure_ascii=False))
            return
        if not once:
            click.clear()
        rows = [(key.removeprefix("/semeq/"), value) for key, value in values.items() if not key.endswith("/norm")]
        click.echo(
            "\n".join(
                f"{key:<24}{value:.2f}" if isinstance(value, float) else f"{key:<24}{value}" for key, value in rows
            )
        )

    watch(to, show, turns=1 if once else None)


@app.command("devices")
@json_option
def devices_command(as_json: bool) -> None:
    """List the MIDI ports there are."""
    from semeq_bridge.midi.ports import names

    inputs, outputs = names()
    if as_json:
        click.echo(json.dumps({"inputs": inputs, "outputs": outputs}, ensure_ascii=False))
        return
    for title, rows in (("inputs", inputs), ("outputs", outputs)):
        click.echo(f"{title}: {', '.join(rows) if rows else 'none'}")


@app.command("learn")
@click.argument("target")
@click.option("--midi", default=".", metavar="REGEX", help="Only inputs of such names.")
@click.option("--yes", is_flag=True, help="Store it without asking.")
def learn_command(target: str, midi: str, yes: bool) -> None:
    """Watch a control that is moved, say what it seems to be, and let it move TARGET, such as /semeq/intensity."""
    from semeq_bridge.jobs import learn, learnt_file, store

    click.echo("move the control up and down ...", err=True)
    said, row = learn(target, midi, lambda line: click.echo(line, err=True))
    click.echo(said)
    if yes or click.confirm(f"let it move {target}?"):
        store(learnt_file(), row)
        click.echo(f"stored in {learnt_file()}; semeq-bridge serve --midi reads it")


@app.command("doctor")
@to_option
@json_option
def doctor_command(to: str, as_json: bool) -> None:
    """Look whether everything is there that a session needs, and say what to do where it is not."""
    from dataclasses import asdict

    from semeq_bridge.doctor import findings
    from semeq_bridge.jobs import place_of

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
    from semeq_bridge.jobs import Setup, replay

    usual = Setup()
    values, count, refused = replay(file, instances or usual.instances, programs or usual.programs)
    if as_json:
        click.echo(json.dumps({"events": count, "refused": refused, "values": values}, ensure_ascii=False))
        return
    click.echo(f"{count} events, {refused} refused")
    for address, value in values.items():
        click.echo(f"{address} {value}")
