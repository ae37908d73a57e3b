"""A real DAW: Ardour without a screen, its EQ moved by OSC, noise in, spectrum out; renamed, killed, started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from semeq import eq
from semeq.response import Floats, response_db
from semeq.settings import EqSettings
from semeq_bridge.drivers import DRIVERS
from semeq_bridge.drivers.ardour import Ardour
from semeq_bridge.errors import DriverError
from semeq_bridge.osc import encode
from semeq_presets import FORMATS, plan
from tests.audio_files import peer
from tests.jack_ears import GRID, PATIENCE_S, heard_db, jack
from tests.test_bridge_serve import running
from tests.waiting import eventually

__all__ = ["jack"]  # a fixture
pytestmark = pytest.mark.peer

PLACE = Path("/usr/lib/ardour7")
EQS = {
    "x42": ("lv2-x42", "http://gareus.org/oss/lv2/fil4#stereo"),
    "ACE": ("lv2-aeq", "urn:ardour:a-eq"),
    "Calf": ("lv2-calf", "http://calf.sourceforge.net/plugins/Equalizer5Band"),
    "LSP": ("lv2-lsp", "http://lsp-plug.in/plugins/lv2/para_equalizer_x16_stereo"),
}
SESSION = """
AudioEngine:set_backend("None (Dummy)", "", "")
AudioEngine:set_sample_rate(48000)
AudioEngine:set_buffer_size(256)
AudioEngine:start(false)
local s = create_session(os.getenv("HOME") .. "/session", "session", 48000)
for _, name in ipairs({"vox", "other"}) do
  local order = ARDOUR.PresentationInfo.max_order
  for r in s:new_audio_track(1, 2, nil, 1, name, order, ARDOUR.TrackMode.Normal, true):iter() do
    for uri in string.gmatch(os.getenv("SEMEQ_PLUGINS"), "%S+") do
      r:add_processor_by_index(ARDOUR.LuaAPI.new_plugin(s, uri, ARDOUR.PluginType.LV2, ""), -1, nil, true)
    end
  end
end
s:save_state("")
close_session()
quit()
"""
OFF = '<Protocol name="Open Sound Control (OSC)" active="0"/>'
ON = OFF.replace(
    'active="0"/>',
    'active="1" debugmode="0" address-only="0" remote-port="8000" banksize="0" striptypes="159" feedback="0" '
    'gainmode="0" send-page-size="0" plug-page-size="0"/>',
)


class Daw:
    """hardour on a session of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "LD_LIBRARY_PATH": str(PLACE),
            "ARDOUR_DATA_PATH": "/usr/share/ardour7",
            "ARDOUR_CONFIG_PATH": "/etc/ardour7",
            "ARDOUR_DLL_PATH": str(PLACE),
            "HOME": str(folder),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until its OSC answers and its ports are there, and ready to be heard.

        JACK may refuse it while it still waits for one that died, and throws it out where the machine is too busy.
        """
        self.since_s = time.monotonic()

        def is_up() -> bool:
            if self.process is None or self.process.poll() is not None:
                time.sleep(1)
                self._spawn()
                self.since_s = time.monotonic()
            if self.controls_of("vox") is None:
                return False
            if is_in_graph():
                return True
            if time.monotonic() - self.since_s > PATIENCE_S / 2:
                self.kill()
            return False

        eventually(is_up, 3 * PATIENCE_S)
        self.say("/set_surface", 0, 159, 0, 0, 0, 0, 0)
        self.say("/strip/monitor_input", 1, 1)

    def _spawn(self) -> None:
        program = next(iter(sorted(PLACE.glob("hardour-*"))), None)
        if program is None:
            pytest.skip("no hardour here (Debian: apt install ardour)")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(program), str(self.folder / "session"), "session"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def controls_of(self, track: str, plugin: str = "x42") -> EqSettings | None:
        """What an equalizer is set to, by a look of our own."""
        driver = Ardour(f"{track}/{plugin}")
        try:
            return driver.read_back()
        except DriverError:
            return None
        finally:
            driver.close()

    def say(self, address: str, *args: int | float | str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(encode(address, *args), ("127.0.0.1", 3819))

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)


def is_in_graph() -> bool:
    """Whether its ports are there: where it was thrown out, its OSC goes on answering."""
    done = subprocess.run([peer("jack_lsp")], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return "ardour:vox/audio_in 1" in done.stdout


def made_session(daw: Daw) -> None:
    """A session with two tracks and every equalizer on them, with OSC on."""
    (daw.folder / "session.lua").write_text(SESSION)
    plugins = " ".join(uri for _, uri in EQS.values())
    subprocess.run(
        [peer("ardour7-lua"), str(daw.folder / "session.lua")],
        env=daw.environment | {"SEMEQ_PLUGINS": plugins},
        capture_output=True,
        timeout=2 * PATIENCE_S,
        check=True,
    )
    session = daw.folder / "session" / "session.ardour"
    text = session.read_text("utf-8")
    assert OFF in text
    session.write_text(text.replace(OFF, ON), "utf-8")


@pytest.fixture(scope="module")
def started_daw(jack: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daw]:
    assert jack
    made = Daw(tmp_path_factory.mktemp("ardour"))
    made_session(made)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def daw(started_daw: Daw) -> Daw:
    """The same for every test, started again where JACK has thrown it out meanwhile."""
    if not is_in_graph():
        started_daw.kill()
        started_daw.start()
    return started_daw


def played_db(folder: Path) -> Floats:
    return heard_db("ardour:vox/audio_in 1", "ardour:Master/audio_out 1", folder)


def wanted_db(settings: EqSettings, name: str = "lv2-x42") -> Floats:
    return response_db(plan(settings, FORMATS[name]).held, GRID)


@pytest.mark.parametrize("plugin", EQS)
def test_every_equalizer_we_know_reads_back_what_it_was_told(daw: Daw, plugin: str) -> None:
    form, _ = EQS[plugin]
    driver = Ardour(f"other/{plugin}")
    try:
        driver.push(eq("warm", 0.8))
        eventually(
            lambda: bool(
                np.abs(response_db(driver_settings(daw, plugin), GRID) - wanted_db(eq("warm", 0.8), form)).max() < 0.05
            )
        )
    finally:
        driver.push(EqSettings.flat())
        driver.close()


def driver_settings(daw: Daw, plugin: str) -> EqSettings:
    found = daw.controls_of("other", plugin)
    assert found is not None
    return found


@pytest.mark.usefixtures("daw")
def test_words_are_heard_in_ardour(tmp_path: Path) -> None:
    """Warm, bright and bypass, against the same with nothing set: Ardour changes the level itself, not the curve."""
    with running("--daw", "vox=ardour:vox/x42") as bridge:

        def error_db(settings: EqSettings, flat: Floats) -> float:
            bridge.ask("/semeq/list")
            time.sleep(0.5)
            return float(np.abs(played_db(tmp_path) - flat - wanted_db(settings)).max())

        time.sleep(0.5)
        flat = played_db(tmp_path)
        bridge.ask("/semeq/vox/term", "warm")
        assert error_db(eq("warm"), flat) < 0.1
        bridge.ask("/semeq/vox/term", "bright")
        bridge.ask("/semeq/vox/intensity", 0.5)
        assert error_db(eq("bright", 0.5), flat) < 0.1
        bridge.ask("/semeq/vox/bypass", 1)
        assert error_db(EqSettings.flat(), flat) < 0.1


KNOB = """
import sys, time
import mido
out = mido.Backend("mido.backends.rtmidi/UNIX_JACK").open_output("knob", virtual=True, client_name="knobbox")
for line in sys.stdin:
    kind, *values = line.split()
    for value in map(int, values):
        if kind == "program":
            out.send(mido.Message("program_change", program=value))
        else:
            out.send(mido.Message("control_change", control=21, value=value))
        time.sleep(0.005)
    print("sent", flush=True)
out.close()
"""
MAP = """
version = 1
[[device]]
match = "knob"
[[device.map]]
cc = 21
target = "/semeq/vox/intensity"
takeover = "pickup"
[[device.map]]
program = true
target = "/semeq/vox/term"
values = ["bright", "warm"]
"""


@pytest.mark.usefixtures("daw")
def test_a_knob_is_swept_over_jack_picks_up_and_is_heard_in_ardour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program change says warm; the knob comes from below, passes the value, goes down to the middle."""
    monkeypatch.setenv("SEMEQ_MIDI", "jack")
    (tmp_path / "map.toml").write_text(MAP)
    args = ["--daw", "vox=ardour:vox/x42", "--midi", "knob", "--map", str(tmp_path / "map.toml")]
    with running(*args) as bridge:
        bridge.ask("/semeq/vox/intensity", 0.7)
        knob = subprocess.Popen(
            [sys.executable, "-c", KNOB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

        def turn(*moves: object) -> None:
            assert knob.stdin is not None
            assert knob.stdout is not None
            knob.stdin.write(" ".join(map(str, moves)) + "\n")
            assert knob.stdout.readline() == "sent\n"

        try:
            bridge.said("knob")
            time.sleep(0.5)
            flat = played_db(tmp_path)
            turn("program", 1)
            eventually(lambda: bridge.value("/semeq/vox/term") == "warm")
            turn("knob", *range(80))
            bridge.said("waits until it passes /semeq/vox/intensity, which is at 0.7")
            assert bridge.value("/semeq/vox/intensity") == pytest.approx(0.7)  # not yet picked up: no jump
            turn("knob", *range(80, 128), *range(126, 62, -1))
            eventually(lambda: bridge.value("/semeq/vox/intensity") == pytest.approx(63 / 127))
            time.sleep(0.5)
            error_db = np.abs(played_db(tmp_path) - flat - wanted_db(eq("warm", 63 / 127))).max()
        finally:
            knob.communicate(timeout=20)
    assert error_db < 0.1


@pytest.mark.usefixtures("daw")
def test_the_tracks_are_found() -> None:
    assert {"ardour:vox", "ardour:other"} <= set(DRIVERS["ardour"].targets())


def is_set(daw: Daw, track: str, settings: EqSettings) -> bool:
    found = daw.controls_of(track)
    return found is not None and bool(np.abs(response_db(found, GRID) - wanted_db(settings)).max() < 0.05)


def test_a_renamed_track_gets_nothing_until_it_is_back(daw: Daw) -> None:
    with running("--daw", "vox=ardour:vox/x42") as bridge:
        bridge.ask("/semeq/vox/term", "warm")
        eventually(lambda: is_set(daw, "vox", eq("warm")))
        daw.say("/strip/name", 1, "renamed")
        eventually(lambda: daw.controls_of("renamed") is not None)
        bridge.ask("/semeq/vox/term", "bright")
        bridge.said("no track of the name 'vox'; nothing is pushed")
        assert is_set(daw, "renamed", eq("warm"))
        assert not is_set(daw, "other", eq("bright"))
        daw.say("/strip/name", 1, "vox")
        eventually(lambda: is_set(daw, "vox", eq("bright")), 10)


def test_after_a_kill_and_a_restart_everything_is_as_it_was(daw: Daw) -> None:
    with running("--daw", "vox=ardour:vox/x42") as bridge:
        bridge.ask("/semeq/vox/term", "warm")
        eventually(lambda: is_set(daw, "vox", eq("warm")))
        daw.kill()
        bridge.ask("/semeq/vox/term", "bright")
        bridge.said("no answer from Ardour")
        assert bridge.value("/semeq/vox/term") == "bright"  # control goes on
        daw.start()
        back_s = time.monotonic()
        eventually(lambda: is_set(daw, "vox", eq("bright")), 10)
        assert time.monotonic() - back_s < 5
