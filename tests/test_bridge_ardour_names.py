"""The driver of Ardour against a stand-in for its OSC: whatever is moved, renamed or removed, no other is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from semeq import eq
from semeq_bridge.drivers.ardour import _X42, Ardour
from semeq_bridge.errors import DriverError
from semeq_bridge.osc import Arg, decode, encode

LABELS = [label for _, label in sorted(_X42.items())]


class Session:
    """Tracks by number, each with the names of its plug-ins; answers as Ardour 7.3 did when it was measured."""

    def __init__(self) -> None:
        self.tracks: dict[int, tuple[str, list[str]]] = {1: ("drums", ["x42-eq"]), 2: ("vox", ["Gate", "x42-eq"])}
        self.told: list[tuple[Arg, ...]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = int(self._socket.getsockname()[1])
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_over.is_set():
            try:
                packet, source = self._socket.recvfrom(8192)
            except TimeoutError:
                continue
            (message,) = decode(packet)
            for address, *args in self._answers(message.address, message.args):
                self._socket.sendto(encode(str(address), *args), source)

    def _answers(self, address: str, args: tuple[Arg, ...]) -> Iterator[tuple[Arg, ...]]:
        match address, args:
            case "/strip/list", _:
                for number, (name, _) in self.tracks.items():
                    yield "#reply", "AT", name, 2, 2, 0, 0, number, 0
                yield "#reply", "end_route_list", 48_000, 0
            case "/strip/plugin/list", (int(strip),):
                rows = [part for place, name in enumerate(self.tracks[strip][1], 1) for part in (place, name, 1)]
                yield "/strip/plugin/list", strip, *rows
            case "/strip/plugin/descriptor", (strip, plugin):
                for number, label in enumerate(LABELS, 1):
                    yield address, strip, plugin, number, label, 128, "float", -99_999.0, 99_999.0, "", 0, 0.0
                yield "/strip/plugin/descriptor_end", strip, plugin
            case "/strip/plugin/parameter", _:
                self.told.append(args)

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(5)
        self._socket.close()


@pytest.fixture
def session() -> Iterator[Session]:
    one = Session()
    yield one
    one.stop()


@pytest.fixture
def driver(session: Session) -> Iterator[Ardour]:
    one = Ardour(f"vox/x42@127.0.0.1:{session.port}")
    yield one
    one.close()


def places(session: Session, driver: Ardour) -> set[tuple[Arg, ...]]:
    """Strip and plug-in of everything that was told since the last time."""
    driver.alive()  # an answer comes after all that was sent before
    found = {row[:2] for row in session.told}
    session.told.clear()
    return found


def test_the_equalizer_is_found_by_names_and_nothing_else_is_told(session: Session, driver: Ardour) -> None:
    driver.push(eq("warm"))
    assert places(session, driver) == {(2, 2)}


def test_a_track_and_a_plug_in_that_moved_are_found_again_and_told_everything(session: Session, driver: Ardour) -> None:
    driver.push(eq("warm"))
    places(session, driver)
    session.tracks = {1: ("vox", ["x42-eq", "Gate"]), 2: ("drums", ["Gate", "x42-eq"])}
    assert not driver.alive()
    driver.push(eq("warm"))
    assert places(session, driver) == {(1, 1)}


@pytest.mark.parametrize(
    ("tracks", "said"),
    [
        ({1: ("drums", ["x42-eq"]), 2: ("vox", ["Gate"])}, "no equalizer that we know on track 'vox'"),
        ({1: ("drums", ["x42-eq"]), 2: ("lead", ["Gate", "x42-eq"])}, "no track of the name 'vox'"),
        ({1: ("vox", ["x42-eq"]), 2: ("vox", ["Gate", "x42-eq"])}, "2 tracks of the name 'vox'"),
    ],
)
def test_what_was_removed_renamed_or_doubled_gets_nothing_and_recovers(
    session: Session, driver: Ardour, tracks: dict[int, tuple[str, list[str]]], said: str
) -> None:
    driver.push(eq("warm"))
    places(session, driver)
    before, session.tracks = session.tracks, tracks
    with pytest.raises(DriverError, match=said):
        driver.push(eq("bright"))
    with pytest.raises(DriverError, match=said):
        driver.alive()
    assert session.told == []
    session.tracks = before
    driver.push(eq("bright"))
    assert places(session, driver) == {(2, 2)}
