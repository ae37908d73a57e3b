"""What plays the curve: one module a program, each a class that takes settings, and a table that names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

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

    def open(self, target: str) -> Driver:
        """A driver for what stands behind the colon of ``--daw name:target``."""
        module, _, name = self.where.partition(":")
        make: Callable[[str], Driver] = getattr(import_module(f"semeq_bridge.drivers.{module}"), name)
        return make(target)


_ROWS = (
    Kind(
        name="ardour",
        title="Ardour: a-eq, x42 fil4, Calf or LSP equalizer on a track, by Ardour's own OSC",
        proof="measured with Ardour 7.3 without a screen: every control reads back, noise in, spectrum out",
        use="ardour:TRACK, or ardour:TRACK/PLUGIN@127.0.0.1:3819; with OSC on in the session",
        where="threaded:ardour",
    ),
    Kind(
        name="jalv",
        title="an LV2 plug-in in jalv, started by us under a running JACK",
        proof="measured with jalv 1.6.6, x42 fil4 and calf under jackd: noise in, spectrum out",
        use="jalv:lv2-x42 or jalv:lv2-calf, lv2-lsp ...",
        where="jalv:Jalv",
    ),
    Kind(
        name="generic-osc",
        title="anything that takes OSC: a template for each number",
        proof="its messages are read back by another OSC library; what the target makes of them is the target's affair",
        use="generic-osc:templates.toml",
        where="generic_osc:GenericOsc",
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
    return [{"name": one.name, "title": one.title, "proof": one.proof, "use": one.use} for one in DRIVERS.values()]
