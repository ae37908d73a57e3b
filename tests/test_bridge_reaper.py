"""REAPER, as the source of its OSC surface has it: patterns from our file, names told, changes only, no echo."""

from __future__ import annotations

import math
import random
import re
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
from semeq.response import Floats, log_grid_hz, response_db
from semeq.settings import EqSettings
from semeq_bridge.drivers.reaper import Reaper, controls, read_shown
from semeq_bridge.drivers.threaded import Threaded
from semeq_bridge.errors import DriverError
from semeq_bridge.osc import Arg, Message, decode, encode
from semeq_bridge.pusher import Pusher
from semeq_presets import FORMATS, plan
from semeq_presets.filters import Filter, filters_db
from tests import waiting
from tests.waiting import free_port

PATTERNS = Path(__file__).parents[1] / "bridge" / "reaper" / "semeq.ReaperOSC"
LOOP_S = 0.03
GRID = log_grid_hz(points=200)
eventually = partial(waiting.eventually, patience_s=20.0)
PARAMETERS = {"FREQ": "freq", "GAIN": "gain", "Q": "q"}
KEYS = {"LOSHELF": "loshelf", "BAND": "band", "HISHELF": "hishelf"}
WORDS = {"_COUNT": r"\d+", "_FOLLOWS": r"REAPER|DEVICE|LAST_TOUCHED|FOCUSED|MIXER", "_EQ": r"INSERT"}


def patterns(text: str) -> list[tuple[str, str, str]]:
    """Key, flag and address of each pattern; a file with a word that REAPER does not know is not taken at all."""
    found = []
    for line in text.splitlines():
        key, *words = line.split() or [""]
        if not words or key.startswith("#"):
            continue
        for place, word in enumerate(words):
            ends = [known for end, known in WORDS.items() if key.endswith(end)]
            if place == 0 and ends and re.fullmatch(ends[0], word):
                continue
            assert word[0] in "nfbtrsi", f"{key}: unknown flag"
            assert word[1] == "/", f"{key}: no address"
            found.append((key, word[0], word[1:]))
    return found


@dataclass
class ReaEq:
    """Frequency, factor and octaves by band; the output as a factor."""

    bands: dict[str, list[float]] = field(
        default_factory=lambda: {
            "loshelf": [100.0, 1.0, 2.0],
            "band/0": [300.0, 1.0, 2.0],
            "band/1": [1000.0, 1.0, 2.0],
            "band/2": [2000.0, 1.0, 2.0],
            "hishelf": [5000.0, 1.0, 2.0],
        }
    )
    output: float = 1.0

    def curve_db(self) -> Floats:
        """ReaEQ's law as it was measured: the sample rate bends the width of bells, shelves have a slope."""
        filters = []
        for name, (freq_hz, factor, octaves) in self.bands.items():
            w, amp = 2 * math.pi * freq_hz / 48_000, math.sqrt(factor)
            if name.startswith("band"):
                q = 1 / (2 * math.sinh(math.log(2) / 2 * octaves * w / math.sin(w)))
                filters.append(Filter(kind="bell", freq_hz=freq_hz, gain_db=20 * math.log10(factor), q=q))
            else:
                q = 1 / math.sqrt((amp + 1 / amp) * (octaves**2 - 1) + 2)
                kind = "low_shelf" if name == "loshelf" else "high_shelf"
                filters.append(Filter(kind=kind, freq_hz=freq_hz, gain_db=20 * math.log10(factor), q=q))  # type: ignore[arg-type]
        return filters_db(filters, GRID) + 20 * math.log10(self.output)


@dataclass
class Track:
    name: str
    eq: ReaEq | None = field(default_factory=ReaEq)


class Daw:
    """REAPER with an OSC device of our patterns."""

    def __init__(self) -> None:
        self.port, self.listen_port = free_port(), free_port()
        self.tracks = [Track("drums"), Track("vox"), Track("keys")]
        self.takes_decibels = False
        self.patterns = patterns(PATTERNS.read_text())
        self.heard: list[Message] = []
        self.cache: dict[str, Arg] = {}
        self.current = 0
        self.edit: tuple[str, str] = ("", "")
        self.lock = threading.RLock()
        self.thread: threading.Thread | None = None
        self.start()

    @property
    def target(self) -> str:
        return f"@127.0.0.1:{self.port}:{self.listen_port}"

    @property
    def eq(self) -> ReaEq:
        found = next(track for track in self.tracks if track.name == "vox").eq
        assert found is not None
        return found

    def start(self) -> None:
        self.stop()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.cache.clear()
        self.current = 0
        self.is_over = threading.Event()
        self.tell_all()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        if self.thread is not None:
            self.is_over.set()
            self.thread.join(5)
            self.socket.close()
            self.thread = None

    def run(self) -> None:
        while not self.is_over.wait(LOOP_S):
            self.socket.setblocking(False)
            with self.lock:
                try:
                    while True:
                        for message in decode(self.socket.recv(65_536)):
                            self.heard.append(message)
                            self.follow(message)
                except BlockingIOError:
                    continue

    def follow(self, message: Message) -> None:
        for key, flag, address in self.patterns:
            found = re.fullmatch(address.replace("@", r"(\d+)"), message.address)
            if found is not None:
                self.edit = (message.address, flag)
                self.cache.pop(message.address, None)
                self.do(key, flag, [int(one) for one in found.groups()], message.args)
                self.edit = ("", "")
                return

    def do(self, key: str, flag: str, numbers: list[int], args: tuple[Arg, ...]) -> None:
        match key.split("_"):
            case ["ACTION"] if [*numbers, *args][0] == 41743:
                self.cache.clear()
                self.tell_all()
            case ["DEVICE", "TRACK", "SELECT"]:
                self.current = min(numbers[0], len(self.tracks))
                self.tell("DEVICE_TRACK_SELECT", [self.current], 1.0)
                self.tell_eq()
            case ["FX", "EQ", *rest] if flag == "f":
                value = float(str(args[0]))
                assert "BYPASS" not in rest
                number, band = numbers[0], f"/{numbers[1]}" if len(numbers) > 1 else ""
                device = self.tracks[number - 1].eq if 1 <= number <= len(self.tracks) else None
                if device is None:
                    return  # EXISTING: none is inserted
                if self.takes_decibels and rest[-1] == "GAIN":
                    value = 10 ** (value / 20)
                if rest == ["MASTER", "GAIN"]:
                    device.output = value
                elif row := device.bands.get(KEYS[rest[0]] + band):
                    row[list(PARAMETERS).index(rest[1])] = value
                if number == self.current:
                    self.tell_eq(default=False)

    def tell(self, key: str, numbers: list[int], value: Arg) -> None:
        """To the patterns of a key with as many numbers; only what changed, and not what was just said to it."""
        for one, flag, address in self.patterns:
            fits = flag == "s" if isinstance(value, str) else flag in "nbt"
            if one != key or not fits or address.count("@") != len(numbers):
                continue
            for number in numbers:
                address = address.replace("@", str(number), 1)
            if self.edit == (address, flag) or self.cache.get(address) == value:
                continue
            self.cache[address] = value
            self.socket.sendto(encode(address, value), ("127.0.0.1", self.listen_port))

    def tell_all(self) -> None:
        with self.lock:
            for number in range(1, 65):
                name = self.tracks[number - 1].name if number <= len(self.tracks) else f"Track {number}"
                self.tell("TRACK_NAME", [number], name)
            self.tell_eq()

    def tell_eq(self, default: bool = True) -> None:
        """Of the track that the device has selected: first what stands for nothing; its output last, misplaced."""
        device = self.tracks[self.current - 1].eq if self.current else None
        rows = [(name, ["0Hz", "0dB", "1.0"]) for name in ReaEq().bands] if default else []
        if device is not None:
            rows += [
                (name, [f"{freq:.1f}Hz", f"{decibels(factor):.2f}dB", f"{octaves:.2f}"])
                for name, (freq, factor, octaves) in device.bands.items()
            ]
        for name, texts in rows:
            kind, _, band = name.partition("/")
            for what, text in zip(PARAMETERS, texts, strict=True):
                self.tell(f"FX_EQ_{kind.upper()}_{what}", [int(band)] if band else [], text)
        if device is not None:
            self.tell("FX_EQ_BAND_FREQ", [0], f"{decibels(device.output):.1f}Hz")

    def rename(self, *names: str) -> None:
        with self.lock:
            for track, name in zip(self.tracks, names, strict=True):
                track.name = name
            self.tell_all()

    def touched(self) -> set[str]:
        """The tracks whose EQ was told anything."""
        with self.lock:
            return {one.address.split("/")[2] for one in self.heard if "fxeq" in one.address}

    def pushes(self) -> int:
        with self.lock:
            return sum("fxeq" in one.address for one in self.heard)


def decibels(factor: float) -> float:
    return 20 * math.log10(max(factor, 1e-9))


@pytest.fixture
def daw() -> Iterator[Daw]:
    one = Daw()
    yield one
    one.stop()


@pytest.fixture
def driver(daw: Daw) -> Iterator[Reaper]:
    one = Reaper(f"vox{daw.target}")
    yield one
    one.close()


def plays(daw: Daw, settings: EqSettings) -> bool:
    wanted = response_db(plan(settings, FORMATS["reaper"]).held, GRID)
    with daw.lock:
        return bool(np.abs(daw.eq.curve_db() - wanted).max() < 0.05)


@pytest.mark.parametrize("word", ["warm", "bright", "full"])
@pytest.mark.parametrize("takes_decibels", [False, True])
def test_words_are_played_whether_gains_are_factors_or_decibels(
    daw: Daw, driver: Reaper, word: str, takes_decibels: bool
) -> None:
    daw.takes_decibels = takes_decibels
    driver.push(eq(word, 0.9))
    eventually(lambda: plays(daw, eq(word, 0.9)))
    driver.push(eq(word, 0.4))
    eventually(lambda: plays(daw, eq(word, 0.4)))
    assert daw.touched() == {"2"}


def test_a_gain_is_never_taken_for_decibels_without_proof(daw: Daw, driver: Reaper) -> None:
    """Factors where dB are meant are small; dB where factors are meant would silence a track."""
    with daw.lock:
        daw.tell_eq = lambda **_: None  # type: ignore[method-assign]  # REAPER shows nothing
    driver.push(eq("warm", 0.9))
    eventually(lambda: plays(daw, eq("warm", 0.9)))
    with daw.lock:
        assert all(float(str(one.args[0])) > 0 for one in daw.heard if one.address.endswith("/db"))


def test_our_pattern_file_is_one_that_reaper_takes() -> None:
    said = patterns(PATTERNS.read_text())
    sent = {f"/track/2/fxeq/{name}" for name in controls(eq("warm"), False)}
    for address in sent | {"/device/track/select/2", "/action/41743"}:
        assert any(re.fullmatch(known.replace("@", r"\d+"), address) for _, flag, known in said if flag in "ft")
    assert not any("bypass" in address for _, _, address in said)
    assert all(
        address.startswith("/track/@/") for key, flag, address in said if key.startswith("FX_EQ") and flag != "s"
    )


def test_only_what_changed_is_sent(daw: Daw, driver: Reaper) -> None:
    driver.push(EqSettings.flat())
    eventually(lambda: daw.pushes() == 16)
    driver.push(EqSettings.flat().with_gain(2, -3.0))
    eventually(lambda: plays(daw, EqSettings.flat().with_gain(2, -3.0)))
    with daw.lock:
        assert [one.address for one in daw.heard if "fxeq" in one.address][16:] == ["/track/2/fxeq/band/0/gain/db"]


def test_values_are_read_back(daw: Daw, driver: Reaper) -> None:
    driver.push(eq("bright", 0.7))
    eventually(lambda: plays(daw, eq("bright", 0.7)))
    found = driver.read_back()
    assert found is not None
    wanted = response_db(plan(eq("bright", 0.7), FORMATS["reaper"]).held, GRID)
    assert np.abs(response_db(found, GRID) - wanted).max() < 0.1  # two places are shown


def test_what_is_shown_in_part_is_not_read_back() -> None:
    assert read_shown({"loshelf/freq": "100.0Hz", "loshelf/gain": "-infdB"}) is None


def test_a_renamed_track_gets_nothing_and_that_is_told(daw: Daw, driver: Reaper) -> None:
    driver.push(eq("warm"))
    eventually(lambda: plays(daw, eq("warm")))
    daw.rename("drums", "renamed", "keys")
    told = daw.pushes()
    with pytest.raises(DriverError, match=r"no track .* of the name 'vox'; nothing is pushed"):
        driver.push(eq("bright"))
    daw.rename("vox", "vox", "keys")
    with pytest.raises(DriverError, match="2 tracks of the name 'vox'; nothing is pushed"):
        driver.push(eq("bright"))
    time.sleep(3 * LOOP_S)
    assert daw.pushes() == told
    daw.rename("drums", "vox", "keys")
    driver.push(eq("bright"))
    eventually(lambda: plays(daw, eq("bright")))
    assert daw.touched() == {"2"}


def test_a_track_that_moved_is_found_again(daw: Daw, driver: Reaper) -> None:
    driver.push(eq("warm"))
    eventually(lambda: plays(daw, eq("warm")))
    with daw.lock:
        daw.tracks = [daw.tracks[1], daw.tracks[0], daw.tracks[2]]
        daw.heard.clear()
        daw.tell_all()
    driver.push(eq("bright"))
    eventually(lambda: plays(daw, eq("bright")))
    assert daw.touched() == {"1"}
    assert daw.tracks[1].eq == ReaEq()


def test_an_equalizer_that_was_removed_is_told_and_none_is_inserted(daw: Daw) -> None:
    threaded = Threaded(Reaper(f"vox{daw.target}"))
    threaded.push(eq("warm"))
    eventually(lambda: plays(daw, eq("warm")))
    with daw.lock:
        daw.tracks[1].eq = None
        daw.tell_eq()
    eventually(lambda: "no ReaEQ on track 'vox'" in threaded.failed)
    assert daw.tracks[1].eq is None
    with daw.lock:
        daw.tracks[1].eq = ReaEq()
    eventually(lambda: plays(daw, eq("warm")))
    threaded.close()


def test_when_reaper_is_back_everything_is_as_it_was(daw: Daw) -> None:
    daw.stop()
    threaded = Threaded(Reaper(f"vox{daw.target}"))  # REAPER need not be there
    threaded.push(eq("warm"))
    eventually(lambda: "no answer from REAPER" in threaded.failed)
    assert "pattern config semeq" in threaded.failed
    daw.start()
    eventually(lambda: plays(daw, eq("warm")))
    daw.stop()
    daw.tracks[1].eq = ReaEq()
    daw.start()  # so soon that nobody saw it go
    eventually(lambda: plays(daw, eq("warm")))
    daw.stop()
    eventually(lambda: "no answer from REAPER" in threaded.failed)
    daw.tracks[1].eq = ReaEq()
    daw.start()
    eventually(lambda: plays(daw, eq("warm")) and threaded.failed == "")
    threaded.close()


def test_a_project_that_was_loaded_again_gets_everything(daw: Daw, driver: Reaper) -> None:
    driver.push(eq("warm"))
    eventually(lambda: plays(daw, eq("warm")))
    driver._asked_s = -math.inf  # as if some seconds had gone
    assert driver.alive()
    with daw.lock:
        daw.tracks[1].eq = ReaEq()  # its name is the same, so REAPER tells none
    driver._asked_s = -math.inf
    assert not driver.alive()


def test_no_more_is_sent_than_fifty_a_second_and_the_last_value_lands(daw: Daw, driver: Reaper) -> None:
    driver.push(eq("warm"))
    pusher, began_s = Pusher("vox", driver), time.monotonic()
    for step in range(200):
        pusher.waiting = True
        last = eq("warm", step / 200)
        pusher.push(lambda settings=last: settings, time.monotonic())  # type: ignore[misc]
        time.sleep(0.002)
    while pusher.waiting:
        pusher.push(lambda: last, time.monotonic())
        time.sleep(0.002)
    assert pusher.failed == ""
    assert pusher.pushed <= driver.max_hz * (time.monotonic() - began_s) + 1
    eventually(lambda: plays(daw, last))


def test_garbage_at_our_port_does_not_hurt(daw: Daw, driver: Reaper) -> None:
    chance = random.Random(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for _ in range(500):
            packet = chance.choice(
                [
                    chance.randbytes(chance.randrange(200)),
                    encode("/track/99999999/name", "vox"),
                    encode("/track/2/name", 7),
                    encode("/fxeq/loshelf/freq/str", 1.0),
                    encode("/fxeq/loshelf/gain/str", "x" * 300),
                ]
            )
            out.sendto(packet, ("127.0.0.1", daw.listen_port))
    driver.push(eq("warm"))
    eventually(lambda: plays(daw, eq("warm")))


def test_a_port_that_is_taken_is_one_clear_line(daw: Daw, driver: Reaper) -> None:
    assert driver
    with pytest.raises(DriverError, match=rf"cannot listen on port {daw.listen_port} .*give another"):
        Reaper(f"vox{daw.target}")


@pytest.mark.parametrize("target", ["", "@127.0.0.1", "vox@127.0.0.1:0", "vox@127.0.0.1:70000", "vox@h:1:2:3"])
def test_a_target_that_cannot_be_is_refused(target: str) -> None:
    with pytest.raises(DriverError, match="reaper"):
        Reaper(target)
