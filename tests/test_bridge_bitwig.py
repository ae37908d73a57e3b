"""Bitwig, as the source of DrivenByMoss has it: one selected track, whole numbers, bundles of what changed."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest

from semeq import eq
from semeq.errors import SettingsError
from semeq.response import Floats, log_grid_hz, response_db
from semeq.settings import LAYOUT, EqBand, EqSettings
from semeq_bridge.drivers.bitwig import Bitwig
from semeq_bridge.drivers.threaded import Threaded
from semeq_bridge.errors import DriverError
from semeq_bridge.osc import Arg, Message, bundled, decode, encode
from semeq_bridge.pusher import Pusher
from tests import waiting
from tests.waiting import free_port

FLUSH_S = 0.02
GRID = log_grid_hz(points=200)
eventually = partial(waiting.eventually, patience_s=20.0)
TYPES = {"lowshelf": "low_shelf", "bell": "bell", "highshelf": "high_shelf"}


def true(what: str, at: float) -> float:
    """Not the laws we start with."""
    match what:
        case "freq":
            return float(10 * 2400 ** ((at + 0.2 * at * at) / 1.2))
        case "gain":
            return -24 + 48 * at
        case _:
            return float(0.05 * 800**at)


def text(what: str, at: float) -> str:
    value = true(what, at)
    if what == "freq":
        return f"{value / 1000:.3f} kHz" if value >= 1000 else f"{value:.1f} Hz"
    return f"{value:+.2f} dB" if what == "gain" else f"{value:.3f}"


@dataclass
class EqPlus:
    types: list[str] = field(default_factory=lambda: ["bell"] * 8)
    knobs: dict[str, list[float]] = field(
        default_factory=lambda: {"freq": [0.5] * 8, "gain": [0.5] * 8, "q": [0.4] * 8},
    )

    def curve_db(self) -> Floats:
        bands = []
        for band, kind in enumerate(LAYOUT):
            assert TYPES.get(self.types[band]) == kind
            hz, gain_db, q = (true(what, self.knobs[what][band]) for what in ("freq", "gain", "q"))
            bands.append(EqBand(kind=kind, freq_hz=hz, gain_db=round(gain_db, 4), q=q))
        return response_db(EqSettings(bands=tuple(bands)), GRID)


class Daw:
    """Bitwig with the controller Open Sound Control."""

    def __init__(self) -> None:
        self.port, self.listen_port = free_port(), free_port()
        self.tracks: dict[str, EqPlus | None] = {"drums": EqPlus(), "vox": EqPlus(), "keys": EqPlus()}
        self.selected = "vox"
        self.resolution = 16_384
        self.passes_over_the_first = True
        self.warm: set[str] = set()
        self.heard: list[tuple[str, Message]] = []
        self.loud_s: list[float] = []
        self.cache: dict[str, Arg] = {}
        self.lock = threading.RLock()
        self.thread: threading.Thread | None = None
        self.start()

    @property
    def target(self) -> str:
        return f"@127.0.0.1:{self.port}:{self.listen_port}"

    @property
    def eq(self) -> EqPlus:
        found = self.tracks["vox"]
        assert found is not None
        return found

    def start(self) -> None:
        self.stop()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.setblocking(False)
        self.cache.clear()
        self.warm.clear()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        if self.thread is not None:
            self.is_over.set()
            self.thread.join(5)
            self.socket.close()
            self.thread = None

    def run(self) -> None:
        self.flush(True)
        while not self.is_over.wait(FLUSH_S):
            with self.lock:
                try:
                    while True:
                        for message in decode(self.socket.recv(65_536)):
                            self.heard.append((self.selected, message))
                            self.follow(message)
                except (BlockingIOError, OSError):
                    pass
                self.flush(False)

    def follow(self, message: Message) -> None:
        device = self.tracks.get(self.selected)
        match message.address.split("/")[1:]:
            case ["refresh"]:
                self.flush(True)
            case ["eq", "type", band] if device is not None:
                device.types[int(band) - 1] = str(message.args[0])
            case ["eq", what, band] if device is not None:
                assert isinstance(message.args[0], int)
                if self.passes_over_the_first and message.address not in self.warm:
                    self.warm.add(message.address)
                    return
                device.knobs[what][int(band) - 1] = min(message.args[0] / (self.resolution - 1), 1.0)
                if what == "gain" and device.types[int(band) - 1] == "bell" and band == "1":
                    self.loud_s.append(time.monotonic())

    def state(self) -> dict[str, Arg]:
        device = self.tracks.get(self.selected)
        said: dict[str, Arg] = {
            **{f"/track/{place}/name": name for place, name in enumerate(self.tracks, 1)},
            "/track/selected/name": self.selected,
            "/track/selected/vu": random.random(),  # always something new
            "/eq/exists": int(device is not None),
            "/eq/name": "EQ+" if device else "",
        }
        for band in range(8):
            said[f"/eq/type/{band + 1}/value"] = device.types[band] if device else "off"
            for what in ("gain", "freq", "q"):
                at = device.knobs[what][band] if device else 0.0
                said[f"/eq/{what}/{band + 1}/valueStr"] = text(what, at) if device else ""
                said[f"/eq/{what}/{band + 1}/value"] = round(at * (self.resolution - 1))
        return said

    def flush(self, is_dump: bool) -> None:
        """What changed, or all, in bundles of a hundred."""
        with self.lock:
            now = self.state()
            rows = [(one, value) for one, value in now.items() if is_dump or self.cache.get(one) != value]
            self.cache = now
        packets = [encode(one, value) for one, value in [("/update", 1), *rows, ("/update", 0)]]
        for start in range(0, len(packets), 101):
            self.socket.sendto(bundled(packets[start : start + 101]), ("127.0.0.1", self.listen_port))

    def select(self, name: str) -> None:
        with self.lock:
            self.selected = name
        time.sleep(3 * FLUSH_S)

    def pushed_to(self) -> set[str]:
        """The tracks whose EQ was told anything."""
        with self.lock:
            return {selected for selected, one in self.heard if one.address.startswith("/eq/")}

    def pushes(self) -> int:
        with self.lock:
            return sum(one.address.startswith("/eq/") for _, one in self.heard)


@pytest.fixture
def daw() -> Iterator[Daw]:
    one = Daw()
    yield one
    one.stop()


@pytest.fixture
def driver(daw: Daw) -> Iterator[Bitwig]:
    one = Bitwig(f"vox{daw.target}")
    yield one
    one.close()


def plays(daw: Daw, settings: EqSettings) -> bool:
    wanted = response_db(settings.with_preamp(0.0), GRID)
    with daw.lock:
        try:
            return bool(np.abs(daw.eq.curve_db() - wanted).max() < 0.05)
        except (AssertionError, SettingsError):
            return False


@pytest.mark.parametrize("word", ["warm", "bright", "full"])
def test_words_are_played_whatever_the_law_of_the_knobs_is(daw: Daw, driver: Bitwig, word: str) -> None:
    driver.push(eq(word, 0.9))
    assert plays(daw, eq(word, 0.9))  # a push ends when Bitwig tells that it is so
    driver.push(eq(word, 0.3))
    assert plays(daw, eq(word, 0.3))
    assert daw.pushed_to() == {"vox"}


def test_learning_is_never_heard(daw: Daw, driver: Bitwig) -> None:
    """While the knobs are turned, band 1 is off."""
    driver.push(eq("warm"))
    assert daw.loud_s == []


def test_only_what_is_not_so_already_is_sent(daw: Daw, driver: Bitwig) -> None:
    driver.push(EqSettings.flat())
    told = daw.pushes()
    driver.push(EqSettings.flat())
    assert daw.pushes() == told
    driver.push(EqSettings.flat().with_gain(2, 3.0))
    with daw.lock:
        assert {one.address for _, one in daw.heard[-(daw.pushes() - told) :]} == {"/eq/gain/2"}


def test_where_nothing_is_shown_the_usual_laws_hold(daw: Daw, driver: Bitwig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.test_bridge_bitwig.text", lambda *_: "?")
    driver.push(eq("warm"))
    band = eq("warm").bands[2]
    assert daw.eq.knobs["gain"][2] == pytest.approx((band.gain_db + 30) / 60, abs=1e-4)
    assert 20 * 1000 ** daw.eq.knobs["freq"][2] == pytest.approx(band.freq_hz, rel=1e-3)
    assert 40 ** (2 * daw.eq.knobs["q"][2] - 1) == pytest.approx(band.q, rel=1e-3)


def test_bands_six_to_eight_stay(daw: Daw, driver: Bitwig) -> None:
    driver.push(eq("warm"))
    fresh = EqPlus()
    assert daw.eq.types[5:] == fresh.types[5:]
    assert {what: knobs[5:] for what, knobs in daw.eq.knobs.items()} == {
        what: knobs[5:] for what, knobs in fresh.knobs.items()
    }


def test_values_are_read_back(daw: Daw, driver: Bitwig) -> None:
    driver.push(eq("bright", 0.7))
    found = driver.read_back()
    assert found is not None
    wanted = response_db(eq("bright", 0.7).with_preamp(0.0), GRID)
    assert np.abs(response_db(found, GRID) - wanted).max() < 0.05
    with daw.lock:
        daw.eq.types[0] = "lowcut"
    assert driver.read_back() is None


def test_a_track_that_is_not_selected_gets_nothing_and_that_is_told(daw: Daw, driver: Bitwig) -> None:
    driver.push(eq("warm"))
    daw.select("drums")
    told = daw.pushes()
    with pytest.raises(DriverError, match=r"the selected track is 'drums', not 'vox'; select it. Nothing is pushed"):
        driver.push(eq("bright"))
    with pytest.raises(DriverError, match="the selected track is 'drums'"):
        driver.alive()
    time.sleep(3 * FLUSH_S)
    assert daw.pushes() == told
    daw.select("vox")
    driver.push(eq("bright"))
    assert plays(daw, eq("bright"))
    assert daw.pushed_to() == {"vox"}
    assert daw.tracks["drums"] == EqPlus()


def test_a_renamed_track_gets_nothing_until_it_has_its_name_back(daw: Daw) -> None:
    threaded = Threaded(Bitwig(f"vox{daw.target}"))
    threaded.push(eq("warm"))
    eventually(lambda: plays(daw, eq("warm")))
    with daw.lock:
        daw.tracks["renamed"] = daw.tracks.pop("vox")
        daw.selected = "renamed"
    eventually(lambda: "the selected track is 'renamed'" in threaded.failed)
    with daw.lock:
        daw.tracks = {"vox": EqPlus(), **daw.tracks}  # moved, and a fresh EQ+
        daw.selected = "vox"
    eventually(lambda: plays(daw, eq("warm")))
    threaded.close()
    assert daw.pushed_to() == {"vox"}


def test_what_is_known_of_one_track_is_not_taken_for_another(daw: Daw, driver: Bitwig) -> None:
    driver.push(eq("warm"))
    with daw.lock:
        copied = EqPlus(list(daw.eq.types), {what: list(knobs) for what, knobs in daw.eq.knobs.items()})
        daw.tracks["drums"] = copied
        daw.tracks["vox"] = EqPlus()
        daw.selected = "drums"
    time.sleep(3 * FLUSH_S)
    daw.select("vox")
    driver.push(eq("warm"))
    assert plays(daw, eq("warm"))


def test_an_equalizer_that_was_removed_is_told(daw: Daw, driver: Bitwig) -> None:
    driver.push(eq("warm"))
    with daw.lock:
        daw.tracks["vox"] = None
    time.sleep(3 * FLUSH_S)
    with pytest.raises(DriverError, match=r"no EQ\+ on track 'vox'; put one there"):
        driver.push(eq("bright"))
    with daw.lock:
        daw.tracks["vox"] = EqPlus()
    time.sleep(3 * FLUSH_S)
    driver.push(eq("bright"))
    assert plays(daw, eq("bright"))


def test_another_equalizer_in_its_place_gets_everything(daw: Daw, driver: Bitwig) -> None:
    driver.push(eq("warm"))
    assert driver.alive()
    with daw.lock:
        daw.eq.knobs["gain"][1] = 0.5  # the user's hand
    time.sleep(3 * FLUSH_S)
    assert driver.alive()
    with daw.lock:
        daw.tracks["vox"] = EqPlus()
    time.sleep(3 * FLUSH_S)
    assert not driver.alive()


def test_when_bitwig_is_back_everything_is_as_it_was(daw: Daw) -> None:
    daw.stop()
    threaded = Threaded(Bitwig(f"vox{daw.target}"))  # Bitwig need not be there
    threaded.push(eq("warm"))
    eventually(lambda: "no answer from Bitwig" in threaded.failed)
    daw.start()
    eventually(lambda: plays(daw, eq("warm")))
    daw.stop()
    daw.tracks["vox"] = EqPlus()
    eventually(lambda: "no answer from Bitwig" in threaded.failed)
    daw.start()
    eventually(lambda: plays(daw, eq("warm")) and threaded.failed == "")
    threaded.close()


def test_another_resolution_is_told_and_can_be_given(daw: Daw, driver: Bitwig) -> None:
    daw.resolution = 128
    with pytest.raises(DriverError, match=r"value resolution 16384"):
        driver.push(eq("warm"))
    driver.close()
    coarse = Bitwig(f"vox{daw.target}:128")
    coarse.push(eq("warm"))
    found = coarse.read_back()
    coarse.close()
    assert found is not None
    wanted = response_db(eq("warm").with_preamp(0.0), GRID)
    assert np.abs(response_db(found, GRID) - wanted).max() < 1.0  # steps of .4 dB


def test_no_more_is_sent_than_twenty_a_second_and_the_last_value_lands(daw: Daw, driver: Bitwig) -> None:
    driver.push(eq("warm"))
    pusher, began_s = Pusher("vox", driver), time.monotonic()
    for step in range(100):
        pusher.waiting = True
        last = eq("warm", step / 100)
        pusher.push(lambda settings=last: settings, time.monotonic())  # type: ignore[misc]
        time.sleep(0.005)
    while pusher.waiting:
        pusher.push(lambda: last, time.monotonic())
        time.sleep(0.005)
    assert pusher.failed == ""
    assert pusher.pushed <= driver.max_hz * (time.monotonic() - began_s) + 1
    assert plays(daw, last)


def test_garbage_at_our_port_does_not_hurt(daw: Daw, driver: Bitwig) -> None:
    chance = random.Random(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for _ in range(500):
            packet = chance.choice(
                [
                    chance.randbytes(chance.randrange(200)),
                    encode("/track/selected/name", 7),
                    encode("/eq/freq/1/value", "x"),
                    encode("/eq/gain/1/value", 1, 2),
                    encode("/eq/q/1/valueStr", "x" * 300),
                ]
            )
            out.sendto(packet, ("127.0.0.1", daw.listen_port))
    driver.push(eq("warm"))
    assert plays(daw, eq("warm"))


def test_a_port_that_is_taken_is_one_clear_line(daw: Daw, driver: Bitwig) -> None:
    assert driver
    with pytest.raises(DriverError, match=rf"cannot listen on port {daw.listen_port} .*give another"):
        Bitwig(f"vox{daw.target}")


@pytest.mark.parametrize("target", ["", "@127.0.0.1", "vox@127.0.0.1:0", "vox@h:1:2:128:4", "vox@127.0.0.1:1:2:100"])
def test_a_target_that_cannot_be_is_refused(target: str) -> None:
    with pytest.raises(DriverError, match="bitwig"):
        Bitwig(target)
