"""The process that keeps JACK's connections: ``python -m semeq_bridge.live.patchbay SETUP``.

It makes those that were asked for and remembers those that somebody makes; where a port comes back, so do they. While
the ports of a strip are gone, what went into it goes past it, or nothing does, as it was asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from semeq.errors import SemeqError
from semeq_bridge.jack import is_answered, jack_socket
from semeq_bridge.live.child import Parent
from semeq_bridge.live.engine import AGAIN
from semeq_bridge.live.jack_sound import library, opened

_LOOK_S, _PROBE_S, _MISSED_S = 0.1, 1.0, 2.0
_NOBODY: frozenset[str] = frozenset()
Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """The ports of JACK and what is connected: pairs of an output and an input."""

    outputs: frozenset[str]
    inputs: frozenset[str]
    pairs: frozenset[Pair]

    def has(self, port: str) -> bool:
        """Whether there is such a port."""
        return port in self.outputs or port in self.inputs

    def holds(self, pair: Pair) -> bool:
        """Whether both ends are there."""
        return pair[0] in self.outputs and pair[1] in self.inputs


@dataclass(slots=True)
class Patches:
    """What should be connected. ``strips`` are pairs of ports, in and out, channel by channel.

    A rule is a pattern for ports of others, and the ports of ours that get one each, in the order of names.
    """

    strips: Sequence[Sequence[Pair]]
    dry: bool = True
    rules: Sequence[tuple[str, Sequence[str]]] = ()
    wanted: set[Pair] = field(default_factory=set)
    past: set[Pair] = field(default_factory=set)
    _made: set[Pair] = field(default_factory=set)
    _doubted: set[Pair] = field(default_factory=set)
    _parted: set[Pair] = field(default_factory=set)
    unmatched: dict[str, str] = field(default_factory=dict)
    _seen: set[Pair] = field(default_factory=set)
    _ruled: set[Pair] = field(default_factory=set)

    @property
    def ours(self) -> set[str]:
        """The names of our ports."""
        return {port for strip in self.strips for pair in strip for port in pair} | {
            port for _, ports in self.rules for port in ports
        }

    @property
    def is_unsure(self) -> bool:
        """Whether it has to look again whatever happens."""
        return bool(self._doubted) or self._seen != self._ruled

    def look(self, graph: Graph, fresh: Set[str] = _NOBODY) -> tuple[set[Pair], set[Pair]]:
        """What to connect and what to part now. ``fresh`` ports have come since the last look: they have no past."""
        ours = self.ours
        touching = {pair for pair in graph.pairs if pair[0] in ours or pair[1] in ours}
        lost = {pair for pair in self._made if graph.holds(pair) and pair not in graph.pairs and not fresh & {*pair}}
        parted = lost & self._doubted  # seen twice, so nobody is just about to go: somebody did that
        self._doubted = lost - parted
        self._parted = {pair for pair in self._parted | parted if graph.holds(pair) and not fresh & {*pair}} - touching
        ruled, moved = self._by_rule(graph)
        self.wanted = (self.wanted | touching | ruled) - self._parted - moved
        connect = {pair for pair in self.wanted - self._doubted if graph.holds(pair) and pair not in graph.pairs}
        self._made = connect | self._doubted | (self.wanted & graph.pairs)
        past: set[Pair] = set()
        for strip in self.strips if self.dry else ():
            if not all(graph.has(port) for pair in strip for port in pair):
                past |= self._past(strip)
        around = {pair for pair in past - self.past if graph.holds(pair) and pair not in graph.pairs}
        part = ((self.past - past) | moved) & graph.pairs
        self.past = (self.past & past) | around
        return connect | around, part

    def failed(self, pair: Pair) -> None:
        """It could not be connected: tried again with the next look."""
        self._made.discard(pair)
        self.past.discard(pair)

    def _past(self, strip: Sequence[Pair]) -> set[Pair]:
        """From whatever goes in to wherever it goes, without us."""
        found: set[Pair] = set()
        for into, out in strip:
            sources = [pair[0] for pair in self.wanted if pair[1] == into]
            found |= {(source, pair[1]) for source in sources for pair in self.wanted if pair[0] == out}
        return found

    def _by_rule(self, graph: Graph) -> tuple[set[Pair], set[Pair]]:
        """What the rules connect, and what they did before others came between. Ports come one after another."""
        found: set[Pair] = set()
        self.unmatched = {}
        for pattern, ports in self.rules:
            if not all(graph.has(port) for port in ports):
                continue
            inward = ports[0] in graph.inputs
            others = sorted(port for port in (graph.outputs if inward else graph.inputs) if re.search(pattern, port))
            pairs = zip(others, ports, strict=False) if inward else zip(ports, others, strict=False)
            found |= set(pairs)
            if not others:
                self.unmatched[pattern] = "outputs" if inward else "inputs"
        before, is_settled = self._ruled, found == self._seen
        self._seen = found
        if is_settled:
            self._ruled = found
        return self._ruled, {pair for pair in before - self._ruled if graph.holds(pair)}


def graph_of(client: Any, names: Iterable[str]) -> Graph:
    """How it is now; the pairs are those of the ports of these names."""
    outputs = {port.name: port for port in client.get_ports(is_audio=True, is_output=True)}
    inputs = {port.name: port for port in client.get_ports(is_audio=True, is_input=True)}
    pairs: set[Pair] = set()
    for name in names:
        if name in outputs:
            pairs |= {(name, other.name) for other in client.get_all_connections(outputs[name])}
        elif name in inputs:
            pairs |= {(other.name, name) for other in client.get_all_connections(inputs[name])}
    return Graph(outputs=frozenset(outputs), inputs=frozenset(inputs), pairs=frozenset(pairs))


def main(text: str) -> None:
    """Look ten times a second until the other end is gone."""
    setup: Mapping[str, Any] = json.loads(text)
    parent = Parent()
    patches = patches_of(setup)
    fresh: set[str] = set()
    happened = threading.Event()
    try:
        client, jack = opened(f"{setup['client']}_patchbay"), library()
        client.set_port_registration_callback(lambda port, is_new: _registered(port, is_new, fresh, happened))
        client.set_port_connect_callback(lambda *_: happened.set())
        client.set_shutdown_callback(lambda *_: os._exit(AGAIN))
        client.activate()
    except SemeqError as error:
        parent.tell(waits=str(error))  # the process that plays says the same
        os._exit(AGAIN)
    server, probe_s = jack_socket(), 0.0
    for pair in setup.get("wanted", ()):
        patches.wanted.add((pair[0], pair[1]))
    parent.tell(up="")
    told: set[Pair] = set()
    said: set[str] = set()
    began_s = time.monotonic()
    while parent.open:
        parent.said(_LOOK_S)
        is_due = time.monotonic() - probe_s > _PROBE_S
        if is_due:
            probe_s = time.monotonic()
            if server is not None and not is_answered(server):
                os._exit(AGAIN)
        if not (is_due or happened.is_set() or patches.is_unsure):
            continue
        happened.clear()
        new = {fresh.pop() for _ in range(len(fresh))}
        try:
            connect, part = patches.look(graph_of(client, patches.ours | {pair[0] for pair in patches.past}), new)
        except jack.JackError:  # a port has gone between two questions
            happened.set()
            fresh |= new
            continue
        for pair in sorted(part):  # before the others: nobody hears both
            with contextlib.suppress(jack.JackError):
                client.disconnect(*pair)
        for pair in sorted(connect):
            try:
                client.connect(*pair)
            except jack.JackError:
                patches.failed(pair)
                happened.set()
        missed = patches.unmatched if time.monotonic() - began_s > _MISSED_S else {}
        for pattern in missed.keys() - said:
            said.add(pattern)
            parent.tell(say=f"JACK has no {missed[pattern]} that match {pattern!r} yet; connected when they come")
        if patches.wanted != told:
            told = set(patches.wanted)
            parent.tell(wanted=sorted(told))
    os._exit(0)


def _registered(port: Any, is_new: bool, fresh: set[str], happened: threading.Event) -> None:
    if is_new:
        fresh.add(port.name)
    happened.set()


def patches_of(setup: Mapping[str, Any]) -> Patches:
    """The ports of every strip by their names, and the rules."""
    client, strips, rules = setup["client"], [], []
    for row in setup["strips"]:
        places = range(1, row["channels"] + 1)
        into, out, ears = (
            [f"{client}:{row['name']}_{way}_{place}" for place in places] for way in ("in", "out", "hear")
        )
        strips.append(list(zip(into, out, strict=True)))
        for way, ports in (("from", into), ("into", out), ("hear", ears)):
            if pattern := setup.get(way, {}).get(row["name"]):
                rules.append((pattern, ports))
    return Patches(strips=strips, dry=setup.get("dry", True), rules=rules)


if __name__ == "__main__":
    main(sys.argv[1])
