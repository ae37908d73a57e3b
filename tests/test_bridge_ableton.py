"""Live, as AbletonOSC's source has it: a tick of 100 ms, a fixed port for answers, an EQ Eight with its own law."""

from __future__ import annotations

import json
import math
import random
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from semeq import eq
from semeq.errors import SettingsError
from semeq.response import Floats, log_grid_hz, response_db
from semeq.settings import LAYOUT, EqBand, EqSettings
from semeq_bridge.drivers.ableton import Ableton
from semeq_bridge.drivers.calibration import even, learned, octaves, shown
from semeq_bridge.drivers.threaded import Threaded
from semeq_bridge.errors import DriverError
from semeq_bridge.osc import Arg, Message, decode, encode
from semeq_bridge.pusher import Pusher
from semeq_presets import FORMATS, plan
from tests import waiting
from tests.waiting import free_port

TICK_S = 0.1
GRID = log_grid_hz(points=200)
eventually = partial(waiting.eventually, patience_s=20.0)
TYPES = {2: "low_shelf", 3: "bell", 5: "high_shelf"}


def true_hz(at: float) -> float:
    """Not the law we start with: 10 Hz to 22 kHz, bent."""
    return float(10 * 2200 ** ((at + 0.3 * at * at) / 1.3))


def true_q(at: float) -> float:
    return float(0.1 * 180 ** (at**1.2))


def three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


@dataclass
class Knob:
    name: str
    value: float
    low: float = 0.0
    high: float = 1.0

    def text(self) -> str:
        """What Live shows."""
        if "Frequency" in self.name:
            hz = true_hz(self.value)
            return f"{three_digits(hz / 1000)} kHz" if hz >= 1000 else f"{three_digits(hz)} Hz"
        if "Resonance" in self.name:
            return three_digits(true_q(self.value))
        return f"{self.value:.1f} dB" if "Gain" in self.name else f"{self.value:g}"


@dataclass
class Device:
    class_name: str = "Eq8"
    name: str = "EQ Eight"
    knobs: list[Knob] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.knobs = [
            Knob("Device On", 1.0),
            Knob("Output Gain", 0.0, -12, 12),
            Knob("Scale", 1.0, -2, 2),
            Knob("Adaptive Q", 1.0),
        ]
        for band in range(1, 9):
            for side in "AB":
                self.knobs += [
                    Knob(f"{band} Filter On {side}", 0.0),
                    Knob(f"{band} Filter Type {side}", 3.0, 0, 7),
                    Knob(f"{band} Frequency {side}", 0.5),
                    Knob(f"{band} Gain {side}", 0.0, -15, 15),
                    Knob(f"{band} Resonance {side}", 0.4),
                ]

    def values(self) -> dict[str, float]:
        return {knob.name: knob.value for knob in self.knobs}

    def curve_db(self) -> Floats:
        """What bands 1 to 5 and the output do, by the true laws."""
        said, bands = self.values(), []
        assert (said["Device On"], said["Scale"], said["Adaptive Q"]) == (1, 1, 0)
        for band, kind in enumerate(LAYOUT, 1):
            assert said[f"{band} Filter On A"] == 1
            assert TYPES[int(said[f"{band} Filter Type A"])] == kind
            hz, q = true_hz(said[f"{band} Frequency A"]), true_q(said[f"{band} Resonance A"])
            bands.append(EqBand(kind=kind, freq_hz=hz, gain_db=said[f"{band} Gain A"], q=q))
        return response_db(EqSettings(bands=tuple(bands), preamp_db=said["Output Gain"]), GRID)


@dataclass
class Track:
    name: str
    devices: list[Device] = field(default_factory=list)


class Live:
    """Answers as AbletonOSC does; a question that fails ends the tick, as there."""

    def __init__(self, port: int = 0, reply_port: int = 0) -> None:
        self.port, self.reply_port = port or free_port(), reply_port or free_port()
        self.tracks = [Track("drums", [Device()]), Track("vox", [Device("Compressor2", "Comp"), Device()])]
        self.version = (12, 2)
        self.texts = True
        self.heard: list[tuple[float, Message]] = []
        self.off_ticks = 0
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.start()

    @property
    def target(self) -> str:
        return f"@127.0.0.1:{self.port}:{self.reply_port}"

    @property
    def eq(self) -> Device:
        return next(track for track in self.tracks if track.name == "vox").devices[-1]

    def start(self) -> None:
        self.stop()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.setblocking(False)
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
        while not self.is_over.wait(TICK_S):
            with self.lock:
                self.tick()
                self.off_ticks += sum(one.knobs[0].value == 0 for track in self.tracks for one in track.devices)

    def tick(self) -> None:
        try:
            while True:
                packet, (host, _) = self.socket.recvfrom(65_536)
                (message,) = decode(packet)
                self.heard.append((time.monotonic(), message))
                answer = self.answer(message.address, *message.args)
                if answer is not None:
                    self.socket.sendto(encode(message.address, *answer), (host, self.reply_port))
        except (BlockingIOError, IndexError, ValueError):
            return

    def answer(self, address: str, *args: Arg) -> tuple[Arg, ...] | None:
        whole = [int(one) for one in args if isinstance(one, int)]
        match address.split("/")[2:]:
            case ["application", "get", "version"]:
                return self.version
            case ["song", "get", "num_tracks"]:
                return (len(self.tracks),)
            case ["track", "get", "name"]:
                return whole[0], self.tracks[whole[0]].name
            case ["track", "get", "devices", what]:
                return whole[0], *(getattr(one, what) for one in self.tracks[whole[0]].devices)
            case ["device", *rest]:
                device = self.tracks[whole[0]].devices[whole[1]]
                return self.of_device(device, rest, whole, args)
        return None

    def of_device(
        self, device: Device, rest: list[str], whole: list[int], args: tuple[Arg, ...]
    ) -> tuple[Arg, ...] | None:
        here = (whole[0], whole[1])
        match rest:
            case ["get", "num_parameters"]:
                return *here, len(device.knobs)
            case ["get", "parameters", ("min" | "max") as end]:
                return *here, *(one.low if end == "min" else one.high for one in device.knobs)
            case ["get", "parameter", what]:
                knob = device.knobs[whole[2]]
                text = knob.text() if self.texts else "n/a"
                said: dict[str, Arg] = {"name": knob.name, "value": knob.value, "value_string": text}
                return *here, whole[2], said[what]
            case ["set", "parameter", "value"]:
                knob, value = device.knobs[whole[2]], float(str(args[3]))
                if not knob.low <= value <= knob.high:
                    raise ValueError(value)
                knob.value = value
        return None

    def set_tracks(self, *names: str) -> None:
        """Other names, in place."""
        with self.lock:
            for track, name in zip(self.tracks, names, strict=True):
                track.name = name

    def touched(self) -> set[int]:
        """The tracks that were told anything to do."""
        with self.lock:
            said = [one for _, one in self.heard if "/set/" in one.address]
            return {int(str(one.args[0])) for one in said}

    def pushes(self) -> int:
        with self.lock:
            return sum("/set/" in one.address for _, one in self.heard)


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("SEMEQ_CONFIG", str(tmp_path))
    one = Live()
    yield one
    one.stop()


@pytest.fixture
def driver(live: Live) -> Iterator[Ableton]:
    one = Ableton(f"vox{live.target}")
    yield one
    one.close()


def plays(live: Live, settings: EqSettings) -> bool:
    wanted = response_db(plan(settings, FORMATS["ableton-adv"]).held, GRID)
    with live.lock:
        try:
            return bool(np.abs(live.eq.curve_db() - wanted).max() < 0.05)
        except (AssertionError, SettingsError):
            return False


@pytest.mark.parametrize("word", ["warm", "bright", "full"])
def test_words_are_played_whatever_the_law_of_the_knobs_is(live: Live, driver: Ableton, word: str) -> None:
    driver.push(eq(word, 0.9))
    eventually(lambda: plays(live, eq(word, 0.9)))
    assert live.touched() == {1}  # "drums" is track 0


def test_the_bands_of_the_user_stay(live: Live, driver: Ableton) -> None:
    before = live.eq.values()
    driver.push(eq("warm"))
    eventually(lambda: plays(live, eq("warm")))
    ours = {f"{band}" for band in range(1, 6)} | {"Output", "Scale", "Adaptive"}
    kept = {name: value for name, value in before.items() if name.split()[0] not in ours or name.endswith("B")}
    assert len(kept) == 56  # 3 bands of A, 8 of B, five knobs each, and the switch
    assert {name: live.eq.values()[name] for name in kept} == kept


def test_the_law_is_learned_once_a_version_and_kept_beside_the_words(live: Live, tmp_path: Path) -> None:
    def texts_asked() -> int:
        return sum("value_string" in message.address for _, message in live.heard)

    for version, expected in (((12, 2), 67), ((12, 2), 67), ((12, 3), 134)):
        live.version = version
        driver = Ableton(f"vox{live.target}")
        driver.push(eq("warm"))
        eventually(lambda: plays(live, eq("warm")))
        driver.close()
        assert texts_asked() == expected
    assert set(json.loads((tmp_path / "ableton.json").read_text())["versions"]) == {"12.2", "12.3"}


def test_learning_is_over_within_a_tick(live: Live, driver: Ableton) -> None:
    driver.push(eq("warm"))
    eventually(lambda: plays(live, eq("warm")))
    assert live.off_ticks <= 1  # off and on again in one tick; in two where one falls into the burst


def test_a_damaged_file_of_laws_is_learned_anew(live: Live, driver: Ableton, tmp_path: Path) -> None:
    (tmp_path / "ableton.json").write_text('{"format": "semeq.ableton/1", "versions": {"12.2": {"freq": [[1, "x"]]}}}')
    driver.push(eq("warm"))
    eventually(lambda: plays(live, eq("warm")))


def test_where_nothing_can_be_read_the_usual_law_holds(live: Live, driver: Ableton, tmp_path: Path) -> None:
    live.texts = False
    driver.push(eq("warm"))
    band = eq("warm").bands[2]
    at = math.log(band.freq_hz / 10) / math.log(2200)
    eventually(lambda: live.eq.values()["3 Frequency A"] == pytest.approx(at, abs=1e-6))
    assert not (tmp_path / "ableton.json").exists()
    assert live.eq.values()["Output Gain"] == 0  # not known to be in dB


def test_values_are_read_back(live: Live, driver: Ableton) -> None:
    driver.push(eq("bright", 0.7))
    eventually(lambda: plays(live, eq("bright", 0.7)))
    found = driver.read_back()
    assert found is not None
    wanted = response_db(plan(eq("bright", 0.7), FORMATS["ableton-adv"]).held, GRID)
    assert np.abs(response_db(found, GRID) - wanted).max() < 0.05
    with live.lock:
        live.eq.knobs[5].value = 6.0  # band 1 becomes a cut
    assert driver.read_back() is None


def test_a_range_that_is_told_is_kept_to(live: Live, driver: Ableton) -> None:
    with live.lock:
        live.eq.knobs = [
            one for one in live.eq.knobs if not one.name.endswith("B")
        ]  # an answer short enough to be read
        for knob in live.eq.knobs:
            if "Gain A" in knob.name:
                knob.low, knob.high = -2.0, 2.0
    driver.push(EqSettings.flat().with_gain(3, 9.0))
    eventually(lambda: live.eq.values()["3 Gain A"] == 2.0)


def test_a_renamed_track_gets_nothing_and_that_is_told(live: Live, driver: Ableton) -> None:
    driver.push(eq("warm"))
    eventually(lambda: plays(live, eq("warm")))
    live.set_tracks("drums", "renamed")
    told = live.pushes()
    with pytest.raises(DriverError, match="no track of the name 'vox'; nothing is pushed"):
        driver.push(eq("bright"))
    live.set_tracks("vox", "vox")
    with pytest.raises(DriverError, match="2 tracks of the name 'vox'; nothing is pushed"):
        driver.push(eq("bright"))
    time.sleep(2 * TICK_S)
    assert live.pushes() == told
    live.set_tracks("drums", "vox")
    driver.push(eq("bright"))
    eventually(lambda: plays(live, eq("bright")))
    assert live.touched() == {1}


def test_a_track_that_moved_is_found_again(live: Live, driver: Ableton) -> None:
    driver.push(eq("warm"))
    eventually(lambda: plays(live, eq("warm")))
    drums = live.tracks[0].devices[0].values()
    with live.lock:
        live.tracks = [live.tracks[1], Track("keys", [Device()]), live.tracks[0]]
        live.heard.clear()
    driver.push(eq("bright"))
    eventually(lambda: plays(live, eq("bright")))
    assert live.touched() == {0}
    assert live.tracks[2].devices[0].values() == drums


def test_a_device_that_was_removed_is_told_and_a_new_one_gets_everything(live: Live, driver: Ableton) -> None:
    driver.push(eq("warm"))
    eventually(lambda: plays(live, eq("warm")))
    with live.lock:
        comp, _ = live.tracks[1].devices
        live.tracks[1].devices = [comp]
    with pytest.raises(DriverError, match="no EQ Eight on track 'vox'"):
        driver.alive()
    with live.lock:
        live.tracks[1].devices = [comp, Device()]
    driver.push(eq("warm"))
    eventually(lambda: plays(live, eq("warm")))
    assert driver.alive()
    with live.lock:
        live.tracks[1].devices = [comp, Device()]  # within one look: another one in its place
    assert not driver.alive()


def test_a_device_can_be_named(live: Live) -> None:
    with live.lock:
        live.tracks[1].devices = [Device(name="Low"), Device(name="Tone")]
    driver = Ableton(f"vox/Tone{live.target}")
    driver.push(eq("warm"))
    eventually(lambda: plays(live, eq("warm")))
    assert live.tracks[1].devices[0].values() == Device().values()
    driver.close()


def test_when_live_is_back_everything_is_as_it_was(live: Live) -> None:
    live.stop()
    threaded = Threaded(Ableton(f"vox{live.target}"))  # Live need not be there
    threaded.push(eq("warm"))
    eventually(lambda: "no answer from Live" in threaded.failed)
    live.start()
    eventually(lambda: plays(live, eq("warm")))
    live.stop()
    live.tracks[1].devices = [Device()]
    eventually(lambda: "no answer from Live" in threaded.failed)
    live.start()
    eventually(lambda: plays(live, eq("warm")))
    assert threaded.failed == ""
    threaded.close()


def test_no_more_is_sent_than_live_can_follow_and_the_last_value_lands(live: Live, driver: Ableton) -> None:
    driver.push(eq("warm"))
    pusher, began_s = Pusher("vox", driver), time.monotonic()
    for step in range(60):
        pusher.waiting = True
        last = eq("warm", step / 60)
        pusher.push(lambda settings=last: settings, time.monotonic())  # type: ignore[misc]
        time.sleep(0.01)
    while pusher.waiting:
        pusher.push(lambda: last, time.monotonic())
        time.sleep(0.01)
    assert pusher.pushed <= driver.max_hz * (time.monotonic() - began_s) + 1
    assert pusher.failed == ""
    eventually(lambda: plays(live, last))


def test_garbage_at_the_port_for_answers_does_not_hurt(live: Live, driver: Ableton) -> None:
    chance, is_over = random.Random(1), threading.Event()

    def shout() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not is_over.is_set():
                packet = chance.choice(
                    [
                        chance.randbytes(chance.randrange(200)),
                        encode("/live/track/get/name", 0, "vox", "more"),
                        encode("/live/track/get/devices/name", "x"),
                        encode("/live/device/get/parameter/value", 1, 1, "x", "y"),
                        encode("/live/error", "no"),
                    ]
                )
                out.sendto(packet, ("127.0.0.1", live.reply_port))
                time.sleep(0.002)

    shouting = threading.Thread(target=shout, daemon=True)
    shouting.start()
    try:
        driver.push(eq("warm"))
        eventually(lambda: plays(live, eq("warm")))
    finally:
        is_over.set()
        shouting.join(5)


def test_two_tracks_share_the_one_port_for_answers(live: Live) -> None:
    vox, drums = Ableton(f"vox{live.target}"), Ableton(f"drums{live.target}")
    vox.push(eq("warm"))
    drums.push(eq("bright"))
    vox.close()
    drums.push(eq("warm"))  # its port is still there
    eventually(lambda: plays(live, eq("warm")))
    drums.close()
    assert live.touched() == {0, 1}


def test_a_port_that_is_taken_is_one_clear_line(live: Live) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", live.reply_port))
        with pytest.raises(DriverError, match=rf"cannot listen on port {live.reply_port} .*end the other program"):
            Ableton(f"vox{live.target}")


@pytest.mark.parametrize("target", ["", "@127.0.0.1:1", "vox@127.0.0.1:0", "vox@127.0.0.1:x", "vox@h:1:2:3", "/Tone"])
def test_a_target_that_cannot_be_is_refused(target: str) -> None:
    with pytest.raises(DriverError, match="ableton"):
        Ableton(target)


def test_a_law_that_explains_what_is_shown_stays_exact() -> None:
    start = octaves(10, 22_000)
    readings = [(at / 8, f"{start.value(at / 8):.0f} Hz") for at in range(9)]
    assert learned(start, readings) is start


def test_a_law_is_found_through_the_rounding_of_a_display() -> None:
    """Three digits are up to 0.5 %; a smooth law through 33 of them is nearer than any of them."""
    readings = [(at / 32, Knob("1 Frequency A", at / 32).text()) for at in range(33)]
    found = learned(octaves(10, 22_000), readings)
    assert found is not None
    for hz in (31.0, 100.0, 440.0, 1234.0, 9000.0):
        assert true_hz(found.position(hz)) == pytest.approx(hz, rel=0.003)
        assert found.value(found.position(hz)) == pytest.approx(hz, rel=1e-6)


def test_steps_that_follow_no_curve_are_taken_as_they_are() -> None:
    readings = [(at / 8, f"{(0, 1, 2, 3, 20, 21, 22, 23, 60)[at]:.3f} dB") for at in range(9)]
    found = learned(even(0, 10), readings)
    assert found is not None
    assert [round(found.value(at / 8), 3) for at in range(9)] == [0, 1, 2, 3, 20, 21, 22, 23, 60]


@pytest.mark.parametrize("texts", [["n/a"] * 9, ["100 Hz"] * 9, [f"{9 - at} Hz" for at in range(9)]])
def test_nothing_is_learned_from_what_does_not_rise(texts: list[str]) -> None:
    assert learned(octaves(10, 22_000), [(at / 8, text) for at, text in enumerate(texts)]) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.00 kHz", (1000, 5)), ("180 Hz", (180, 0.5)), ("+7.8 dB", (7.8, 0.05)), ("\u22123,5 dB", (-3.5, 0.05))],
)
def test_shown_numbers_are_read_with_their_rounding(text: str, number: tuple[float, float]) -> None:
    assert shown(text) == pytest.approx(number)
