"""CamillaDSP as its documents describe it: a websocket, a configuration in JSON, filters checked as it checks them."""

from __future__ import annotations

import copy
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from semeq import eq
from semeq.errors import SemeqError
from semeq.response import Floats, log_grid_hz, response_db
from semeq.settings import EqSettings
from semeq_bridge.drivers.camilladsp import CamillaDsp
from semeq_bridge.drivers.camilladsp_config import BANDS, PREAMP
from semeq_bridge.drivers.threaded import Threaded
from semeq_bridge.errors import DriverError
from semeq_presets import FORMATS, plan
from tests import waiting

VERSIONS = ("1.0.3", "2.0.3", "3.0.1", "4.1.3", "5.0.0")
GRID = log_grid_hz(points=200)
PATIENCE_S = 5.0
eventually = partial(waiting.eventually, patience_s=PATIENCE_S)
THEIRS: dict[str, Any] = {
    "title": "living room \u266b",
    "description": None,
    "devices": {
        "samplerate": 48000,
        "chunksize": 1024,
        "silence_threshold": -61.123456789012345,
        "capture": {"type": "Alsa", "channels": 2, "device": "hw:0", "format": None},
        "playback": {"type": "Alsa", "channels": 4, "device": "hw:1", "format": "S32LE"},
    },
    "mixers": {"to4": {"channels": {"in": 2, "out": 4}, "mapping": []}},
    "filters": {
        "room": {"type": "Conv", "parameters": {"type": "Values", "values": [1e-9, 0.1, -0.30000000000000004]}},
        "hum": {"type": "Biquad", "description": "50 Hz", "parameters": {"type": "Notch", "freq": 50.0, "q": 30}},
    },
    "processors": None,
    "pipeline": [{"type": "Mixer", "name": "to4"}],
}  # fmt: skip


class Camilla:
    """The peer: one configuration, and the commands that touch it."""

    def __init__(self, version: str = "3.0.1", config: Any = THEIRS, port: int = 0) -> None:
        self.major = int(version.partition(".")[0])
        self.version, self.config = version, copy.deepcopy(config)
        self.sets, self.talks = 0, 0
        self.refuses, self.says = "", b""
        self.keeps_single = False
        self._server = serve(self._talk, "127.0.0.1", port, open_timeout=PATIENCE_S, close_timeout=1)
        self.port = int(self._server.socket.getsockname()[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(PATIENCE_S)

    def _talk(self, wire: ServerConnection) -> None:
        self.talks += 1
        try:
            while True:
                message = wire.recv(timeout=PATIENCE_S)
                if self.says != b"":
                    wire.send(self.says if self.says[:1] == b"\xff" else self.says.decode())
                else:
                    wire.send(json.dumps(self._answer(json.loads(message))))
        except (ConnectionClosed, TimeoutError):
            return

    def _answer(self, said: Any) -> Any:
        if self.major >= 5:
            if not isinstance(said, dict) or "command" not in said:
                return {"reply": "Invalid", "error": "missing field `command`"}
            name, value = said["command"], said.get("value")
        else:
            if isinstance(said, dict) and len(said) != 1:
                return {"Invalid": {"error": "expected value"}}
            name, value = next(iter(said.items())) if isinstance(said, dict) else (said, None)
        body: dict[str, Any]
        if name == "GetVersion":
            body = {"result": "Ok", "value": self.version}
        elif name == "GetConfigJson":
            body = {"result": "Ok", "value": json.dumps(self.config)}
        elif name == "SetConfigJson":
            body = self._set(value)
        else:
            body = {"error": f"unknown variant `{name}`"}
            name = "Invalid"
        return {"reply": name, **body} if self.major >= 5 else {name: body}

    def _set(self, text: Any) -> dict[str, Any]:
        config = json.loads(text)
        fault = self.refuses or self._fault(config)
        if fault:
            if self.major >= 5:
                return {"result": "ConfigValidationError", "message": fault}
            return {"result": {"ConfigValidationError": fault} if self.major >= 3 else "Error"}
        self.sets += 1
        self.config = json.loads(json.dumps(config), parse_float=_single) if self.keeps_single else config
        return {"result": "Ok"}

    def _fault(self, config: Any) -> str:
        """What is wrong with it, by the rules for biquads, gains and steps."""
        for name, one in config["filters"].items():
            said = one["parameters"]
            if one["type"] == "Biquad":
                if not 0 < said["freq"] < config["devices"]["samplerate"] / 2:
                    return f"Invalid filter '{name}'. Reason: Frequency must be < samplerate/2"
                if not said["q"] > 0:
                    return f"Invalid filter '{name}'. Reason: Q must be > 0"
                if said["type"] != "Notch" and set(said) != {"type", "freq", "gain", "q"}:
                    return f"Invalid filter '{name}'. Reason: unknown field"
            if one["type"] == "Gain" and not -150 <= said["gain"] <= 150:
                return f"Invalid filter '{name}'. Reason: Gain must be larger than -150 dB"
        for step in config["pipeline"]:
            known = {"type", "names", "description", "bypassed", "channel" if self.major < 3 else "channels"}
            if step["type"] == "Filter" and not set(step) <= known:
                return f"unknown field {', '.join(set(step) - known)}"
            if missing := [name for name in step.get("names", []) if name not in config["filters"]]:
                return f"Use of missing filter '{missing[0]}'"
        return ""

    def played_db(self, channel: int) -> Floats:
        """What one channel of the pipeline does, by the parameters of its filters."""
        total = np.zeros_like(GRID)
        for step in self.config["pipeline"]:
            if step["type"] != "Filter" or step.get("bypassed"):
                continue
            channels = step.get("channels", [step.get("channel")])
            if channels is not None and channel not in channels:
                continue
            for name in step["names"]:
                one = self.config["filters"][name]
                if one["type"] == "Gain":
                    total += one["parameters"]["gain"]
                elif name.startswith("semeq"):
                    total += biquad_db(one["parameters"], float(self.config["devices"]["samplerate"]))
        return total

    def without_ours(self) -> Any:
        """The configuration with our filters and the steps that hold nothing else taken out."""
        config = copy.deepcopy(self.config)
        ours = {PREAMP, *BANDS}
        config["filters"] = {name: one for name, one in config["filters"].items() if name not in ours}
        config["pipeline"] = [step for step in config["pipeline"] if not set(step.get("names", [""])) <= ours]
        return config


def _single(text: str) -> float:
    return float(np.float32(text))


def biquad_db(said: Any, rate_hz: float) -> Floats:
    """A filter alone: the place of its kind among five bands, the others flat."""
    place = {"Lowshelf": 0, "Peaking": 1, "Highshelf": 4}[said["type"]]
    freqs, gains, qs = [1000.0] * 5, [0.0] * 5, [1.0] * 5
    freqs[place], gains[place], qs[place] = said["freq"], said["gain"], said["q"]
    return response_db(EqSettings.of(freqs, gains, qs), GRID, rate_hz)


@contextmanager
def camilla(version: str = "3.0.1", config: Any = THEIRS) -> Iterator[tuple[Camilla, CamillaDsp]]:
    peer = Camilla(version, config)
    driver = CamillaDsp(f"127.0.0.1:{peer.port}")
    try:
        yield peer, driver
    finally:
        driver.close()
        peer.stop()


def asked_db(settings: EqSettings, rate_hz: float = 48_000.0) -> Floats:
    """The curve, as far down as the preamp keeps it from clipping."""
    held = plan(settings, FORMATS["camilladsp"]).held
    return response_db(settings.with_preamp(held.preamp_db), GRID, rate_hz)


def line_of(push: Callable[[], object]) -> str:
    """The one line with which something is refused."""
    with pytest.raises(DriverError) as told:
        push()
    line = str(told.value)
    assert "\n" not in line
    assert len(line) < 300
    return line


def with_config(**news: Any) -> Any:
    return {**copy.deepcopy(THEIRS), **news}


@pytest.mark.parametrize("version", VERSIONS)
def test_words_are_played_by_every_channel_in_the_words_of_each_version(version: str) -> None:
    with camilla(version) as (peer, driver):
        for settings in (eq("warm"), eq("bright", 0.4), EqSettings.flat(), eq("dark")):
            driver.push(settings)
            for channel in range(4):
                assert np.abs(peer.played_db(channel) - asked_db(settings)).max() < 0.01


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_there_stays_to_the_last_digit(version: str) -> None:
    with camilla(version) as (peer, driver):
        driver.push(eq("warm"))
        driver.push(eq("bright"))
        assert json.dumps(peer.without_ours()) == json.dumps(THEIRS)
        assert peer.config["pipeline"][: len(THEIRS["pipeline"])] == THEIRS["pipeline"]


def test_the_step_is_put_there_once() -> None:
    with camilla() as (peer, driver):
        for _ in range(3):
            driver.push(eq("warm"))
            driver.push(eq("bright"))
        names = [PREAMP, *BANDS]
        assert peer.config["pipeline"][1:] == [{"type": "Filter", "channels": [0, 1, 2, 3], "names": names}]


def test_version_2_has_a_step_for_each_channel() -> None:
    with camilla("2.0.3") as (peer, driver):
        driver.push(eq("warm"))
        assert [step.get("channel") for step in peer.config["pipeline"][1:]] == [0, 1, 2, 3]


def test_a_curve_that_needs_no_preamp_gets_none_until_one_does() -> None:
    cuts, boosts = EqSettings.flat().with_gain(2, -3.0), EqSettings.flat().with_gain(2, 3.0)
    with camilla() as (peer, driver):
        driver.push(cuts)
        assert PREAMP not in peer.config["filters"]
        for settings in (boosts, cuts):  # and then the pipeline is not built anew
            driver.push(settings)
            assert peer.config["pipeline"][-1]["names"] == [PREAMP, *BANDS]
            assert np.abs(peer.played_db(0) - asked_db(settings)).max() < 0.01


def test_a_place_that_the_owner_chose_is_kept() -> None:
    step = {
        "type": "Filter",
        "channels": [1],
        "description": "mine",
        "bypassed": None,
        "names": ["hum", *BANDS, "room"],
    }
    with camilla(config=with_config(pipeline=[step])) as (peer, driver):
        peer.config["filters"] |= {name: {"type": "Gain", "parameters": {"gain": 0.0}} for name in BANDS}
        driver.push(eq("warm"))
        assert peer.config["pipeline"] == [{**step, "names": ["hum", PREAMP, *BANDS, "room"]}]
        assert np.abs(peer.played_db(1) - asked_db(eq("warm"))).max() < 0.01
        assert not peer.played_db(0).any()


def test_a_place_for_some_bands_only_gets_nothing() -> None:
    step = {"type": "Filter", "channels": [0], "names": ["semeq_2", "semeq_4"]}
    with camilla(config=with_config(pipeline=[step])) as (peer, driver):
        line = line_of(lambda: driver.push(eq("warm")))
        assert "add semeq_1, semeq_3, semeq_5 to it" in line
        assert peer.sets == 0


def test_what_is_heard_already_is_not_sent_again() -> None:
    with camilla() as (peer, driver):
        driver.push(eq("warm"))
        driver.push(eq("warm"))
        assert peer.sets == 1


def test_what_is_played_reads_back() -> None:
    with camilla() as (peer, driver):
        assert driver.read_back() is None
        driver.push(eq("warm"))
        said = driver.read_back()
        assert said is not None
        assert np.abs(response_db(said, GRID) - peer.played_db(0)).max() < 0.001


def test_a_build_of_single_precision_counts_as_having_what_it_was_told() -> None:
    with camilla() as (peer, driver):
        peer.keeps_single = True
        driver.push(EqSettings.of((111.11111, 333.33333, 1234.56789, 3000, 8000), (1 / 3, -1.1, 2 / 3, 1, 0.7)))
        assert driver.alive()


def test_a_description_of_our_filter_stays() -> None:
    with camilla() as (peer, driver):
        driver.push(eq("warm"))
        peer.config["filters"]["semeq_1"]["description"] = "mine"
        driver.push(eq("bright"))
        assert peer.config["filters"]["semeq_1"]["description"] == "mine"


def test_a_preamp_that_was_made_linear_is_in_db_again() -> None:
    with camilla() as (peer, driver):
        driver.push(eq("warm"))
        peer.config["filters"][PREAMP]["parameters"]["scale"] = "linear"
        assert not driver.alive()
        driver.push(eq("warm"))
        assert "scale" not in peer.config["filters"][PREAMP]["parameters"]


def test_bands_that_a_low_rate_cannot_have_do_what_they_would() -> None:
    """At 16 kHz a shelf from 8 kHz on does nothing, and one of that frequency would be refused."""
    settings = EqSettings.of((100, 300, 1000, 3000, 9000), (3, 0, 0, 2, 6))
    devices = {**THEIRS["devices"], "samplerate": 16_000}
    with camilla(config=with_config(devices=devices)) as (peer, driver):
        driver.push(settings)
        shape = peer.played_db(0) - peer.config["filters"][PREAMP]["parameters"]["gain"]
        heard = GRID < 7_000
        assert np.abs(shape - response_db(settings, GRID, 16_000))[heard].max() < 0.01


@pytest.mark.parametrize("other", [THEIRS, with_config(title="another", filters=None, pipeline=None)])
def test_another_configuration_gets_the_bands_within_a_moment(other: Any) -> None:
    with camilla() as (peer, driver):
        watched = Threaded(driver)
        try:
            watched.push(eq("warm"))
            eventually(lambda: peer.sets == 1)
            peer.config = copy.deepcopy(other)
            eventually(lambda: peer.sets == 2)
            assert np.abs(peer.played_db(3) - asked_db(eq("warm"))).max() < 0.01
            assert watched.failed == ""
        finally:
            watched.close()


def test_it_goes_away_and_comes_back_with_the_latest() -> None:
    peer = Camilla()
    watched = Threaded(CamillaDsp(f"127.0.0.1:{peer.port}"))
    try:
        watched.push(eq("warm"))
        eventually(lambda: peer.sets == 1)
        peer.stop()
        watched.push(eq("bright"))
        eventually(lambda: f"no CamillaDSP at 127.0.0.1:{peer.port}" in watched.failed)
        peer = Camilla(port=peer.port)
        eventually(lambda: peer.sets > 0)
        assert np.abs(peer.played_db(0) - asked_db(eq("bright"))).max() < 0.01
        eventually(lambda: watched.failed == "")
    finally:
        watched.close()
        peer.stop()


def test_one_that_is_not_up_yet_is_told_at_the_push() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        port = taken.getsockname()[1]
        assert f"start it with -p {port}" in line_of(lambda: CamillaDsp(f"127.0.0.1:{port}").push(eq("warm")))


@pytest.mark.parametrize(("version", "said"), [("1.0.3", "Error"), ("3.0.1", "too loud"), ("5.0.0", "too loud")])
def test_a_refusal_is_told_in_its_words(version: str, said: str) -> None:
    with camilla(version) as (peer, driver):
        peer.refuses = "too\nloud \ud800\x1b[2J"
        line = line_of(lambda: driver.push(eq("warm")))
        assert "refused SetConfigJson" in line
        assert said in line
        assert line.isprintable()
        assert not driver.alive()


def test_one_that_runs_nothing_is_told() -> None:
    with camilla(config=None) as (peer, driver):
        assert "runs no configuration: load one" in line_of(lambda: driver.push(eq("warm")))
        assert "runs no configuration: load one" in line_of(driver.alive)
        assert peer.sets == 0


@pytest.mark.parametrize(
    "news",
    [
        {"devices": None},
        {"devices": {"samplerate": "fast", "playback": {"channels": 2}}},
        {"devices": {"samplerate": 48_000, "playback": {"channels": 0}}},
        {"devices": {"samplerate": 48_000, "playback": None}},
        {"filters": []},
        {"pipeline": {}},
    ],
)
def test_a_configuration_of_another_kind_gets_nothing(news: Any) -> None:
    with camilla(config=with_config(**news)) as (peer, driver):
        assert "another version?" in line_of(lambda: driver.push(eq("warm")))
        assert peer.sets == 0


@pytest.mark.parametrize("filters", [{}, {"type": "Gain"}, 7, {"type": "Biquad", "parameters": {"type": "Notch"}}])
def test_filters_of_our_names_that_are_none_of_ours_are_set_right(filters: Any) -> None:
    step = {"type": "Filter", "channels": [0, 1, 2, 3], "names": [PREAMP, *BANDS]}
    others = dict.fromkeys((PREAMP, *BANDS), filters)
    with camilla(config=with_config(filters=others, pipeline=[step, 3, {"type": "Filter", "names": None}])) as (
        peer,
        driver,
    ):
        line_of(driver.read_back)
        peer.config["pipeline"] = [step]
        driver.push(eq("warm"))
        assert np.abs(peer.played_db(0) - asked_db(eq("warm"))).max() < 0.01


@pytest.mark.parametrize("freq", [None, "x", [], {}, -1, 1e300, float("nan"), pytest.param(10**400, id="long")])
def test_numbers_that_no_filter_has_do_not_read_back(freq: Any) -> None:
    with camilla() as (peer, driver):
        driver.push(eq("warm"))
        peer.config["filters"]["semeq_2"]["parameters"]["freq"] = freq
        with pytest.raises(SemeqError) as told:
            driver.read_back()
        assert "\n" not in str(told.value)
        assert not driver.alive()


def test_a_number_that_json_does_not_have_is_not_sent_back() -> None:
    with camilla(config=with_config(title=float("inf"))) as (peer, driver):
        assert "holds what JSON cannot" in line_of(lambda: driver.push(eq("warm")))
        assert peer.sets == 0


ANSWERS = {
    "garbage": b"}{",
    "bytes": b"\xff\xfe\x00",
    "a list": b"[]",
    "a number": b"7",
    "another reply": b'{"GetState": {"result": "Ok", "value": "Running"}}',
    "no body": b'{"GetVersion": 3}',
    "no version": b'{"GetVersion": {"result": "Ok", "value": [[]]}}',
    "always invalid": b'{"Invalid": {"error": "no"}}',
    "deep": b"[" * 200_000,
    "huge": b'"' + b"x" * (1 << 21) + b'"',
    "a long number": b"1" * 10_000,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_foreign_answers_are_one_line(name: str) -> None:
    with camilla() as (peer, driver):
        peer.says = ANSWERS[name]
        began_s = time.monotonic()
        line_of(lambda: driver.push(eq("warm")))
        assert time.monotonic() - began_s < PATIENCE_S
        peer.says = b""
        driver.push(eq("warm"))


@contextmanager
def saying(data: bytes, waits: bool = False) -> Iterator[int]:
    """A listener that says one thing to everybody, at once or when it was spoken to, and holds the line; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        held: list[socket.socket] = []

        def run() -> None:
            try:
                while True:
                    wire, _ = server.accept()
                    held.append(wire)
                    if waits:
                        wire.recv(4096)
                    wire.sendall(data)
            except OSError:
                return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_S)
            for wire in held:
                wire.close()


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("data", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\x00" * 100_000])
def test_another_server_on_its_port_is_one_line_soon(data: bytes, waits: bool) -> None:
    with saying(data, waits) as port:
        began_s = time.monotonic()
        assert "no CamillaDSP at" in line_of(lambda: CamillaDsp(f"127.0.0.1:{port}").push(eq("warm")))
        assert time.monotonic() - began_s < PATIENCE_S


def test_a_redirect_is_not_followed() -> None:
    with camilla() as (peer, _):
        to = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: ws://127.0.0.1:{peer.port}/\r\nContent-Length: 0\r\n\r\n"
        for waits in (True, False, False, False):
            with saying(to.encode(), waits) as port:
                assert "no CamillaDSP at" in line_of(lambda: CamillaDsp(f"127.0.0.1:{port}").push(eq("warm")))
        assert peer.talks == 0


def test_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "socks_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with camilla() as (peer, driver):
        driver.push(eq("warm"))
        assert peer.sets == 1


def test_one_that_says_nothing_is_given_up_after_a_second_or_two() -> None:
    def mute(wire: ServerConnection) -> None:
        with pytest.raises((ConnectionClosed, TimeoutError)):
            while True:
                wire.recv(timeout=PATIENCE_S)

    with serve(mute, "127.0.0.1", 0, close_timeout=1) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        began_s = time.monotonic()
        driver = CamillaDsp(f"127.0.0.1:{server.socket.getsockname()[1]}")
        assert "gave no answer to GetVersion" in line_of(lambda: driver.push(eq("warm")))
        assert time.monotonic() - began_s < 4
        server.shutdown()
        thread.join(PATIENCE_S)


@pytest.mark.parametrize(
    "target",
    [
        "x",
        "host",
        "host:",
        ":1234",
        "host:0",
        "host:65536",
        "host:1:2",
        "a/b:1234",
        "a b:1234",
        "h@x:1",
        "host:1234\n",
        "\0",
    ],
)
def test_a_target_that_is_none_is_refused_with_an_example(target: str) -> None:
    assert "such as camilladsp:127.0.0.1:1234" in line_of(lambda: CamillaDsp(target))


def test_targets_are_read_without_the_program() -> None:
    for target in ("", "localhost:1234", "[::1]:1234", "pi-4.local:5005"):
        CamillaDsp(target).close()


def test_without_its_library_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.sync.client", None)
    line = line_of(lambda: CamillaDsp("").push(eq("warm")))
    assert line == 'camilladsp needs websockets: pip install "semeq[camilladsp]"'
