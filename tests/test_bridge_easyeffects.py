"""EasyEffects as its sources describe it: a socket in a folder, and lines that set and get properties."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from semeq import eq
from semeq.response import Floats, log_grid_hz, response_db
from semeq.settings import EqSettings
from semeq_bridge.drivers.easyeffects import EasyEffects
from semeq_bridge.drivers.threaded import Threaded
from semeq_bridge.errors import DriverError
from semeq_presets import FORMATS, plan
from tests import waiting

GRID = log_grid_hz(points=200)
PATIENCE_S = 5.0
eventually = partial(waiting.eventually, patience_s=PATIENCE_S)
Value = bool | int | float | str
SET = re.compile(r"^set_property:(input|output):([^:]+):([0-9]+):(?:(left|right):)?([^:]+):([^\n]+)")
GET = re.compile(r"^get_property:(input|output):([^:]+):([0-9]+):(?:(left|right):)?([^\n]+)")
OLD_SET = re.compile(r"^set_property:(input|output):([^:]+):([0-9]+)()?:([^:]+):([^\n]+)")
OLD_GET = re.compile(r"^get_property:(input|output):([^:]+):([0-9]+)()?:([^\n]+)")
RANGES = {
    "inputGain": (-36, 36),
    "outputGain": (-36, 36),
    "numBands": (1, 32),
    "balance": (-100, 100),
    "pitchLeft": (-120, 120),
    "pitchRight": (-120, 120),
    "Gain": (-36, 36),
    "Frequency": (10, 24_000),
    "Q": (0, 100),
    "Width": (0, 12),
}
OFF, BELL, HI_SHELF, LO_SHELF, APO = 0, 1, 3, 5, 6


def equalizer(count: int = 5) -> dict[str, Value]:
    """The properties of an equalizer, as it is when it is added; but for the number of its bands."""
    return {
        "bypass": False,
        "inputGain": 0.0,
        "outputGain": 0.0,
        "numBands": count,
        "mode": 0,
        "splitChannels": False,
        "balance": 0.0,
        "pitchLeft": 0.0,
        "pitchRight": 0.0,
        "viewLeftChannel": True,
        "decramp": 0,
    }


def channel() -> dict[str, Value]:
    """The 32 bands of one side, as they are at first."""
    usual: dict[str, Value] = {"Gain": 0.0, "Frequency": 1000.0, "Q": 4.36, "Width": 4.0, "Type": BELL}
    usual |= {"Mode": 0, "Slope": 0, "Solo": False, "Mute": False}
    return {f"band{number}{key}": value for number in range(32) for key, value in usual.items()}


class Effects:
    """The peer: the databases of the plug-ins in two pipelines, one thread for all who talk to it."""

    def __init__(self, path: Path, count: int = 5) -> None:
        self.path, self.old = path, False
        self.databases: dict[tuple[str, str], dict[str, Value]] = {}
        self.lines: list[str] = []
        self.says, self.deaf = b"", ""
        self.add("output", count)
        path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(path))
        self._server.listen()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(self, pipeline: str, count: int = 5) -> None:
        self.databases[pipeline, "equalizer#0"] = equalizer(count)
        self.databases[pipeline, "equalizer#0#left"] = channel()
        self.databases[pipeline, "equalizer#0#right"] = channel()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)
        self._server.close()
        self.path.unlink(missing_ok=True)

    def _run(self) -> None:
        self._server.settimeout(0.05)
        while not self._stop.is_set():
            try:
                wire, _ = self._server.accept()
            except TimeoutError:
                continue
            with wire:
                wire.settimeout(PATIENCE_S)
                try:
                    while data := wire.recv(1 << 16):
                        wire.sendall(self.says or "".join(map(self._answer, data.decode().splitlines(True))).encode())
                except OSError:
                    continue

    def _answer(self, line: str) -> str:
        """What a line is answered; a part of a line is none."""
        self.lines.append(line)
        if said := (OLD_SET if self.old else SET).search(line):
            pipeline, plugin, instance, side, name, value = said.groups()
            self._set(self._database(pipeline, plugin, instance, side), name, value)
        elif said := (OLD_GET if self.old else GET).search(line):
            pipeline, plugin, instance, side, name = said.groups()
            database = self._database(pipeline, plugin, instance, side)
            if database is None:
                return "error_plugin_not_found\n"
            return f"{shown(database[name])}\n" if name in database else "error_property_not_found\n"
        return ""

    def _database(self, pipeline: str, plugin: str, instance: str, side: str | None) -> dict[str, Value] | None:
        return self.databases.get((pipeline, f"{plugin}#{instance}#{side}" if side else f"{plugin}#{instance}"))

    def _set(self, database: dict[str, Value] | None, name: str, value: str) -> None:
        if database is None or name not in database or name == self.deaf:
            return
        now = database[name]
        low, high = RANGES.get(re.sub(r"^band\d+", "", name), (-(2**31), 2**31))
        if isinstance(now, bool):
            database[name] = value in ("true", "1", "on")
        elif isinstance(now, int):
            database[name] = min(max(int(float(value)), low), high)
        elif isinstance(now, float):
            database[name] = min(max(float(value), float(low)), float(high))

    def played_db(self, pipeline: str = "output", side: str = "left") -> Floats:
        """What one side plays: the bands in use, which have to be of the cookbook's mode, and both gains."""
        whole = self.databases[pipeline, "equalizer#0"]
        bands = self.databases[pipeline, f"equalizer#0#{side if whole['splitChannels'] else 'left'}"]
        assert (whole["mode"], whole["decramp"], whole["pitchLeft"], whole["pitchRight"]) == (0, 0, 0, 0)
        total = np.full_like(GRID, float(whole["inputGain"]) + float(whole["outputGain"]))
        for number in range(int(whole["numBands"])):
            band = {key: bands[f"band{number}{key}"] for key in ("Type", "Mode", "Slope", "Frequency", "Gain", "Q")}
            if band["Type"] == OFF or bands[f"band{number}Mute"]:
                continue
            assert (band["Mode"], band["Slope"], bands[f"band{number}Solo"]) == (APO, 0, False)
            place = {LO_SHELF: 0, BELL: 1, HI_SHELF: 4}[int(band["Type"])]
            freqs, gains, qs = [1000.0] * 5, [0.0] * 5, [1.0] * 5
            freqs[place], gains[place], qs[place] = (float(band[key]) for key in ("Frequency", "Gain", "Q"))
            total += response_db(EqSettings.of(freqs, gains, qs), GRID)
        return total

    def sets(self) -> list[str]:
        return [line for line in self.lines if line.startswith("set_")]


def shown(value: Value) -> str:
    """A value as Qt turns it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value!r}".removesuffix(".0") if isinstance(value, float) else str(value)


@contextmanager
def effects(folder: Path, target: str = "", count: int = 5) -> Iterator[tuple[Effects, EasyEffects]]:
    peer = Effects(folder / "ee", count)
    driver = EasyEffects(f"{target}@{peer.path}")
    try:
        yield peer, driver
    finally:
        driver.close()
        peer.stop()


def asked_db(settings: EqSettings) -> Floats:
    """The curve, as far down as the preamp keeps it from clipping."""
    held = plan(settings, FORMATS["easyeffects"]).held
    return response_db(settings.with_preamp(held.preamp_db), GRID)


def line_of(push: Callable[[], object]) -> str:
    """The one line with which something is refused."""
    with pytest.raises(DriverError) as told:
        push()
    line = str(told.value)
    assert "\n" not in line
    assert len(line) < 400
    return line


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("pipeline", ["output", "input"])
def test_words_are_played_on_both_sides_of_either_pipeline(tmp_path: Path, pipeline: str, split: bool) -> None:
    with effects(tmp_path, pipeline) as (peer, driver):
        peer.add("input")
        peer.databases[pipeline, "equalizer#0"]["splitChannels"] = split
        for settings in (eq("warm"), eq("bright", 0.4), EqSettings.flat(), eq("dark")):
            driver.push(settings)
            for side in ("left", "right"):
                assert np.abs(peer.played_db(pipeline, side) - asked_db(settings)).max() < 0.01
        assert all(f":{pipeline}:" in line for line in peer.lines)


def test_the_output_is_meant_where_nothing_is_said(tmp_path: Path) -> None:
    with effects(tmp_path) as (peer, driver):
        driver.push(eq("warm"))
        assert peer.lines
        assert all("_property:output:equalizer:0:" in line for line in peer.lines)


def test_the_socket_is_looked_for_where_easyeffects_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    peer = Effects(tmp_path / "EasyEffectsServer")
    try:
        EasyEffects("").push(eq("warm"))
        assert np.abs(peer.played_db() - asked_db(eq("warm"))).max() < 0.01
    finally:
        peer.stop()


def test_what_is_not_of_the_curve_stays(tmp_path: Path) -> None:
    theirs: dict[str, Value] = {"bypass": True, "outputGain": -1.5, "balance": 20.0, "viewLeftChannel": False}
    with effects(tmp_path) as (peer, driver):
        peer.databases["output", "equalizer#0"] |= theirs
        peer.databases["output", "compressor#0"] = {"threshold": -20.0}
        peer.databases["output", "equalizer#0#left"]["band7Gain"] = 3.0  # not in use
        driver.push(eq("warm"))
        whole = peer.databases["output", "equalizer#0"]
        assert {name: whole[name] for name in theirs} == theirs
        assert whole["numBands"] == 5
        assert peer.databases["output", "equalizer#0#left"]["band7Gain"] == 3.0
        assert peer.databases["output", "compressor#0"] == {"threshold": -20.0}
        assert np.abs(peer.played_db() - (asked_db(eq("warm")) - 1.5)).max() < 0.01


def test_whatever_the_five_bands_were_they_are_ours_after_a_push(tmp_path: Path) -> None:
    with effects(tmp_path) as (peer, driver):
        peer.databases["output", "equalizer#0"] |= {"mode": 2, "decramp": 3, "pitchLeft": 7.0, "pitchRight": -7.0}
        for side in ("left", "right"):
            for number in range(5):
                odd: dict[str, Value] = {"Type": 6, "Mode": 4, "Slope": 2, "Solo": True, "Mute": True, "Gain": 9.0}
                bands = {f"band{number}{key}": value for key, value in odd.items()}
                peer.databases["output", f"equalizer#0#{side}"] |= bands
        driver.push(eq("warm"))
        assert np.abs(peer.played_db() - asked_db(eq("warm"))).max() < 0.01


def test_only_what_changed_is_sent(tmp_path: Path) -> None:
    with effects(tmp_path) as (peer, driver):
        driver.push(EqSettings.flat())
        peer.lines.clear()
        driver.push(EqSettings.flat())
        assert peer.sets() == []
        driver.push(EqSettings.flat().with_gain(2, -3.0))
        places = [f"set_property:output:equalizer:0:{side}:band1Gain:-3.000000\n" for side in ("left", "right")]
        assert peer.sets() == places


def test_what_is_played_reads_back(tmp_path: Path) -> None:
    with effects(tmp_path) as (peer, driver):
        assert "not set by semeq" in line_of(driver.read_back)
        driver.push(eq("warm"))
        said = driver.read_back()
        assert said is not None
        assert np.abs(response_db(said, GRID) - peer.played_db()).max() < 0.001


def test_a_preset_that_was_loaded_since_is_set_right_within_a_moment(tmp_path: Path) -> None:
    with effects(tmp_path) as (peer, driver):
        watched = Threaded(driver)
        try:
            watched.push(eq("warm"))
            eventually(lambda: len(peer.sets()) > 10)
            peer.add("output")
            peer.lines.clear()
            eventually(lambda: len(peer.sets()) > 10)
            eventually(lambda: bool(np.abs(peer.played_db() - asked_db(eq("warm"))).max() < 0.01))
            assert watched.failed == ""
        finally:
            watched.close()


def test_it_goes_away_and_comes_back_with_the_latest(tmp_path: Path) -> None:
    peer = Effects(tmp_path / "ee")
    watched = Threaded(EasyEffects(f"@{peer.path}"))
    try:
        watched.push(eq("warm"))
        eventually(lambda: len(peer.sets()) > 10)
        peer.stop()
        watched.push(eq("bright"))
        eventually(lambda: "no answer from EasyEffects" in watched.failed)
        peer = Effects(peer.path)
        eventually(lambda: len(peer.sets()) > 10 and watched.failed == "")
        assert np.abs(peer.played_db() - asked_db(eq("bright"))).max() < 0.01
    finally:
        watched.close()
        peer.stop()


def test_one_that_is_not_up_yet_is_told_at_the_push(tmp_path: Path) -> None:
    driver = EasyEffects(f"@{tmp_path}/none")
    for what in (lambda: driver.push(eq("warm")), driver.alive, driver.read_back):
        assert "is it running, and its version 8.2.8 or later?" in line_of(what)


def test_an_equalizer_that_was_not_given_to_us_is_left_alone(tmp_path: Path) -> None:
    with effects(tmp_path, count=32) as (peer, driver):
        assert "has 32 bands in use, nothing is pushed: set it to 5" in line_of(lambda: driver.push(eq("warm")))
        assert not driver.alive()
        assert peer.sets() == []


def test_a_pipeline_without_an_equalizer_is_told(tmp_path: Path) -> None:
    with effects(tmp_path, "input") as (peer, driver):
        assert "no equalizer in the input pipeline: add one" in line_of(lambda: driver.push(eq("warm")))
        assert peer.sets() == []


def test_a_version_that_cannot_reach_the_bands_is_told(tmp_path: Path) -> None:
    with effects(tmp_path) as (peer, driver):
        peer.old = True
        assert "use its version 8.2.8 or later" in line_of(lambda: driver.push(eq("warm")))
        assert peer.sets() == []


def test_a_value_that_is_not_taken_is_told(tmp_path: Path) -> None:
    with effects(tmp_path) as (peer, driver):
        peer.deaf = "band2Frequency"
        assert "was told left:band2Frequency" in line_of(lambda: driver.push(eq("warm")))
        assert not driver.alive()


def test_a_preamp_beyond_what_it_takes_is_its_lowest(tmp_path: Path) -> None:
    """Five bands of 12 dB at one place need 60 dB of room; the gain before the equalizer goes down to -36."""
    loud = EqSettings.of([1000.0] * 5, [12.0] * 5, [1.0] * 5)
    with effects(tmp_path) as (peer, driver):
        driver.push(loud)
        assert peer.databases["output", "equalizer#0"]["inputGain"] == max(
            plan(loud, FORMATS["easyeffects"]).held.preamp_db, -36.0
        )


ANSWERS = {
    "empty": b"\n" * 200,
    "garbage": b"garbage\n" * 200,
    "bytes": b"\xff\xfe\n" * 200,
    "nan": b"nan\n" * 200,
    "inf": b"inf\n" * 200,
    "huge": b"x" * (1 << 20),
    "too few": b"1\n",
    "no line": b"5",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_foreign_answers_are_one_line_soon(tmp_path: Path, name: str) -> None:
    with effects(tmp_path) as (peer, driver):
        peer.says = ANSWERS[name]
        began_s = time.monotonic()
        line_of(lambda: driver.push(eq("warm")))
        line_of(driver.read_back)
        assert time.monotonic() - began_s < PATIENCE_S
        assert peer.sets() == []
        peer.says = b""
    with effects(tmp_path) as (peer, driver):
        driver.push(eq("warm"))


def test_one_that_drips_is_given_up_after_a_second(tmp_path: Path) -> None:
    stop = threading.Event()

    def drip() -> None:
        wire, _ = server.accept()
        with wire:
            while not stop.wait(0.1):
                try:
                    wire.sendall(b"5\n")
                except OSError:
                    return

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "ee"))
        server.listen()
        server.settimeout(PATIENCE_S)
        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began_s = time.monotonic()
        line_of(lambda: EasyEffects(f"@{tmp_path}/ee").push(eq("warm")))
        assert time.monotonic() - began_s < 2
        stop.set()
        thread.join(PATIENCE_S)


@pytest.mark.parametrize("target", ["inputs", "left", "output:1", "@", "@here", "input@", "output@here/ee", "@/a\0b"])
def test_a_target_that_is_none_is_refused_with_what_to_give(target: str) -> None:
    assert "use easyeffects:, easyeffects:input or @/path/to/socket" in line_of(lambda: EasyEffects(target))


def test_a_path_too_long_for_a_socket_is_refused() -> None:
    assert "longer than 107 bytes" in line_of(lambda: EasyEffects(f"@/{'x' * 107}"))


def test_targets_are_read_without_the_program() -> None:
    for target in ("", "output", "input", "@/run/ee", "input@/run/e@e"):
        EasyEffects(target).close()
