"""What plays the curve: one module a program, each a class that takes settings, and a table that names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from semeq.errors import SemeqError
from semeq.settings import EqSettings
from semeq_bridge.errors import DriverError


class Driver(Protocol):
    """A program that plays what it is given. ``max_hz`` is how often it may be told."""

    max_hz: float

    def push(self, settings: EqSettings) -> None:
        """Play these settings from now on; the last ones given are the ones that count."""

    def read_back(self) -> EqSettings | None:
        """What the program says it plays; None where it does not say."""

    def close(self) -> None:
        """Let go of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A row of the table."""

    name: str
    title: str
    proof: str
    use: str
    where: str
    watched: bool = False
    beta: bool = False
    look: str = ""

    def open(self, target: str) -> Driver:
        """A driver for what stands behind the colon of ``--daw name:target``; watched ones in a thread of their own."""
        from semeq_bridge.drivers.threaded import Threaded

        module, _, name = self.where.partition(":")
        make: Callable[[str], Any] = getattr(import_module(f"semeq_bridge.drivers.{module}"), name)
        made: Driver = Threaded(make(target)) if self.watched else make(target)
        return made

    def targets(self) -> list[str]:
        """What could stand behind ``--daw`` here and now; raises where the program does not answer."""
        if not self.look:
            return []
        module, _, name = self.look.partition(":")
        look: Callable[[], list[str]] = getattr(import_module(f"semeq_bridge.{module}"), name)
        return [f"{self.name}:{target}" for target in look()]


_ROWS = (
    Kind(
        name="ardour",
        title="Ardour: a-eq, x42 fil4, Calf or LSP equalizer on a track, by Ardour's own OSC",
        proof="measured with Ardour 7.3 without a screen: every control reads back, noise in, spectrum out",
        use="ardour:TRACK, or ardour:TRACK/PLUGIN@127.0.0.1:3819; with OSC on in the session",
        where="ardour:Ardour",
        look="drivers.ardour:tracks",
        watched=True,
    ),
    Kind(
        name="reaper",
        title="REAPER: ReaEQ on a track, by REAPER's own OSC",
        proof="against a peer after the source of REAPER's OSC surface; not tried with REAPER",
        use="reaper:TRACK, or reaper:TRACK@127.0.0.1:8000:9001; an OSC device with pattern config semeq",
        where="reaper:Reaper",
        look="drivers.reaper:tracks",
        watched=True,
        beta=True,
    ),
    Kind(
        name="ableton",
        title="Ableton Live: EQ Eight on a track, through AbletonOSC",
        proof="against a peer after AbletonOSC's source, with another law for the knobs; not tried with Live",
        use="ableton:TRACK, or ableton:TRACK/DEVICE@127.0.0.1:11000; AbletonOSC chosen as control surface",
        where="ableton:Ableton",
        look="drivers.ableton:tracks",
        watched=True,
        beta=True,
    ),
    Kind(
        name="bitwig",
        title="Bitwig Studio: EQ+ on the selected track, through DrivenByMoss",
        proof="against a peer after DrivenByMoss' source; not tried with Bitwig",
        use="bitwig:TRACK, or bitwig:TRACK@127.0.0.1:8000:9001; port to send to 9001, value resolution High",
        where="bitwig:Bitwig",
        watched=True,
        beta=True,
    ),
    Kind(
        name="easyeffects",
        title="EasyEffects 8.2.8 and later: the equalizer of a pipeline, by its local socket",
        proof="against a peer after its sources and manual; not tried with the program",
        use="easyeffects: or easyeffects:input, @/path/to/socket behind either; give its equalizer 5 bands first",
        where="easyeffects:EasyEffects",
        watched=True,
        beta=True,
    ),
    Kind(
        name="camilladsp",
        title="CamillaDSP: five filters and a preamp in the configuration it runs, by its websocket",
        proof="against a peer after its documents and sources (versions 1 to 5); not tried with the program",
        use='camilladsp: or camilladsp:HOST:PORT; started with -p 1234; pip install "semeq[camilladsp]"',
        where="camilladsp:CamillaDsp",
        watched=True,
        beta=True,
    ),
    Kind(
        name="jalv",
        title="an LV2 plug-in in jalv, started by us under a running JACK",
        proof="measured with jalv 1.6.6, x42 fil4 and calf under jackd: noise in, spectrum out",
        use="jalv:lv2-x42 or jalv:lv2-calf, lv2-lsp ...",
        where="jalv:Jalv",
        look="drivers.jalv:plugins",
        watched=True,
    ),
    Kind(
        name="generic-osc",
        title="anything that takes OSC: a template for each number",
        proof="its messages are read back by another OSC library; what the target makes of them is the target's affair",
        use="generic-osc:templates.toml",
        where="generic_osc:GenericOsc",
    ),
    Kind(
        name="midi-out",
        title="anything that can learn MIDI: each number as a controller of 14 bits, or an NRPN",
        proof="received by another library over JACK MIDI, number by number; no DAW was taught",
        use="midi-out:PORT, midi-out:PORT/nrpn@2; without PORT an output of our own",
        where="midi_out:MidiOut",
        look="midi.ports:outputs",
        watched=True,
    ),
    Kind(
        name="print",
        title="a line of JSON for every change, on standard output",
        proof="read by the tests",
        use="print:",
        where="printing:Printing",
    ),
)
DRIVERS: dict[str, Kind] = {row.name: row for row in _ROWS}


def opened(text: str) -> Driver:
    """The driver of ``name:target``."""
    name, _, target = text.partition(":")
    if name not in DRIVERS:
        raise DriverError(f"no driver {name!r}; there are {', '.join(DRIVERS)} (semeq-bridge drivers)")
    return DRIVERS[name].open(target)


def rows() -> list[dict[str, Any]]:
    """The table, for machines."""
    return [
        {"name": one.name, "title": one.title, "beta": one.beta, "proof": one.proof, "use": one.use}
        for one in DRIVERS.values()
    ]


def found() -> list[tuple[str, list[str], str]]:
    """For every driver that can look: its name, the targets that are there, or why there are none."""
    rows: list[tuple[str, list[str], str]] = []
    for kind in DRIVERS.values():
        if kind.look:
            try:
                rows.append((kind.name, kind.targets(), ""))
            except SemeqError as error:
                rows.append((kind.name, [], str(error)))
    return rows
