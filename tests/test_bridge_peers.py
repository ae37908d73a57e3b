"""The bridge among real programs: OSC from liblo and Pd, a plug-in in jalv under JACK, noise in, spectrum out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from semeq import eq
from semeq.response import Floats, response_db
from semeq.settings import EqSettings
from semeq_bridge.drivers.jalv import Jalv
from semeq_presets import FORMATS, plan
from tests.audio_files import peer
from tests.jack_ears import GRID, PATIENCE_S, heard_db, jack
from tests.test_bridge_serve import Running, running
from tests.waiting import free_port

__all__ = ["jack"]  # a fixture
pytestmark = pytest.mark.peer


def wanted_db(settings: EqSettings, name: str) -> Floats:
    return response_db(plan(settings, FORMATS[name]).held, GRID)


def until(what: object, of: Running, address: str, counter: str = "") -> None:
    """Until a bridge says so; in its own time."""

    def now() -> object:
        if not counter:
            return of.value(address)
        return {one.address: one.args[0] for one in of.ask(address)}.get(f"{address}/{counter}")

    end = time.monotonic() + PATIENCE_S
    while (got := now()) != what:
        assert time.monotonic() < end, f"{address} is {got!r}"
        time.sleep(0.05)


@pytest.mark.parametrize("name", ["lv2-x42", "lv2-calf"])
def test_words_sent_as_osc_are_heard_through_a_plug_in(jack: str, name: str, tmp_path: Path) -> None:
    """oscsend -> bridge -> jalv -> noise: warm, bright, bypass, A and B, to a tenth of a dB."""
    oscsend, _, _ = peer("oscsend"), peer("jalv"), jack
    with running("--daw", f"vox=jalv:{name}") as bridge:

        def say(address: str, types: str = "", *values: str) -> None:
            subprocess.run([oscsend, "127.0.0.1", str(bridge.port), address, types, *values], check=True)

        client = f"semeq_{name[4:]}.*"

        def error_db(settings: EqSettings) -> float:
            bridge.ask("/semeq/list")  # what was sent before is followed by now
            time.sleep(0.3)
            return float(np.abs(heard_db(client, client, tmp_path) - wanted_db(settings, name)).max())

        say("/semeq/vox/term", "s", "warm")
        assert error_db(eq("warm")) < 0.1
        say("/semeq/vox/ab/store")
        say("/semeq/vox/ab", "i", "1")
        say("/semeq/vox/term", "s", "bright")
        say("/semeq/vox/intensity", "f", "0.5")
        assert error_db(eq("bright", 0.5)) < 0.1
        say("/semeq/vox/bypass", "i", "1")
        assert error_db(EqSettings.flat()) < 0.1
        say("/semeq/vox/bypass", "i", "0")
        say("/semeq/vox/ab", "i", "0")
        assert error_db(eq("warm")) < 0.1


def test_what_jalv_plays_reads_back(jack: str) -> None:
    peer("jalv")
    assert jack
    driver = Jalv("lv2-calf")
    try:
        driver.push(eq("warm"))
        time.sleep(0.3)
        back = driver.read_back()
    finally:
        driver.close()
    assert back is not None
    assert np.abs(response_db(back, GRID) - wanted_db(eq("warm"), "lv2-calf")).max() < 0.01


SENDER = """
import sys, time
import mido
out = mido.Backend("mido.backends.rtmidi/UNIX_JACK").open_output("knob", virtual=True, client_name="knobbox")
for line in sys.stdin:
    count, rate = map(int, line.split())
    began = time.perf_counter()
    for number in range(count):
        out.send(mido.Message("control_change", control=21, value=number % 128))
        if rate:
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
    print("sent", flush=True)
"""
KNOB = """
version = 1
[[device]]
match = "knob"
[[device.map]]
cc = 21
takeover = "jump"
target = "/semeq/vox/intensity"
"""


def test_a_knob_over_real_jack_midi_loses_nothing_and_doubles_nothing(
    jack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2,000 turns at 1,000 a second and 5,000 in a burst, from a device that is plugged in while we run."""
    assert jack
    monkeypatch.setenv("SEMEQ_MIDI", "jack")
    (tmp_path / "map.toml").write_text(KNOB)
    record = tmp_path / "record.jsonl"
    with running("--midi", "knob", "--map", str(tmp_path / "map.toml"), "--record", str(record)) as bridge:
        sender = subprocess.Popen(
            [sys.executable, "-c", SENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        try:
            bridge.said("knob")
            assert sender.stdin is not None
            assert sender.stdout is not None
            time.sleep(0.5)
            sent = 0
            for count, rate in ((2000, 1000), (5000, 0)):
                sender.stdin.write(f"{count} {rate}\n")
                assert sender.stdout.readline() == "sent\n"
                sent += count
                until(sent, bridge, "/semeq/status", "midi")
            assert bridge.value("/semeq/vox/intensity") == pytest.approx(4999 % 128 / 127)
        finally:
            sender.terminate()
            sender.communicate(timeout=10)
        bridge.said("has gone")
    turned = [
        json.loads(line) for line in record.read_text().splitlines() if '"/semeq/vox/intensity", "args": [' in line
    ]
    values = [round(row["args"][0] * 127) for row in turned if row["args"]]
    assert values == [number % 128 for count in (2000, 5000) for number in range(count)]


PATCH = """#N canvas 0 0 400 300 10;
#X obj 0 0 loadbang;
#X obj 0 20 t b b;
#X msg 100 40 connect 127.0.0.1 {port};
#X msg 0 60 0.25;
#X obj 0 80 oscformat semeq vox intensity;
#X obj 0 100 netsend -u -b;
#X connect 0 0 1 0;
#X connect 1 0 3 0;
#X connect 1 1 2 0;
#X connect 2 0 5 0;
#X connect 3 0 4 0;
#X connect 4 0 5 0;
"""


def moved_by_pure_data(bridge: Running, folder: Path) -> None:
    """Pd is started, and ended when the bridge says that the intensity has moved."""
    (folder / "knob.pd").write_text(PATCH.format(port=bridge.port))
    process = subprocess.Popen(
        [peer("pd"), "-nogui", "-noaudio", "-nomidi", "-open", str(folder / "knob.pd")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(0.25, bridge, "/semeq/vox/intensity")
    finally:
        process.terminate()
        process.wait(10)


def test_pure_data_moves_the_intensity(tmp_path: Path) -> None:
    with running() as bridge:
        moved_by_pure_data(bridge, tmp_path)


def test_what_pure_data_moves_is_heard_through_a_plug_in(jack: str, tmp_path: Path) -> None:
    """Pd -> bridge -> jalv -> noise, to a tenth of a dB."""
    _, _ = peer("jalv"), jack
    with running("--daw", "vox=jalv:lv2-x42") as bridge:
        bridge.ask("/semeq/vox/term", "bright")
        moved_by_pure_data(bridge, tmp_path)
        time.sleep(0.5)
        heard = heard_db("semeq_x42.*", "semeq_x42.*", tmp_path)
    assert np.abs(heard - wanted_db(eq("bright", 0.25), "lv2-x42")).max() < 0.1


def test_oscdump_hears_what_a_subscriber_is_told() -> None:
    """Through another library's decoder: addresses, types and values."""
    oscdump = peer("oscdump")
    with running() as bridge:
        port = free_port()
        process = subprocess.Popen([oscdump, "-L", str(port)], stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(0.5)
            bridge.ask("/semeq/vox/term", "warm")
            bridge.ask("/semeq/subscribe", port, 60, "/semeq/vox/")
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(20)]
        finally:
            process.terminate()
            process.communicate(timeout=10)
    assert any('/semeq/vox/term s "warm"' in line for line in lines)
    assert any("/semeq/vox/bypass i 0" in line for line in lines)
    assert any("/semeq/vox/intensity f 1.000000" in line for line in lines)


def test_jalv_without_jack_is_one_line() -> None:
    peer("jalv")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from semeq_bridge.cli import main; main()",
            "serve",
            "--osc",
            "127.0.0.1:0",
            "--daw",
            "jalv:",
        ],
        env={**os.environ, "JACK_DEFAULT_SERVER": "nobody", "JACK_NO_START_SERVER": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 1
    assert "is JACK running?" in done.stderr.splitlines()[-1]
