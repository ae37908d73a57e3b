"""`play`, `listen` and sound devices: keys in a real terminal, files of every kind, PortAudio on a JACK of our own."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from semeq import eq
from semeq.errors import AudioError
from semeq.response import Floats, response_db
from semeq.streaming import Audio
from semeq_bridge.cli import main
from semeq_bridge.client import Talk
from semeq_bridge.live.source import Source
from semeq_presets.peers.measure import curve_db, from_period, period, steady_period
from tests.jack_ears import FRAMES, GRID, RATE_HZ, Jackd, heard_db, private_jack
from tests.sound import noise, read, sine, write
from tests.waiting import eventually, free_port

BRIDGE = [sys.executable, "-c", "from semeq_bridge.cli import main; main()"]
PATIENCE_S = 30.0
NO_DEVICE = "--device-out none --osc 127.0.0.1:0"
PORT = re.compile(r"OSC at 127\.0\.0\.1:(\d+);")
ESCAPES = re.compile(r"\x1b\[[0-?]*[@-~]")


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of noise."""
    return write(tmp_path_factory.mktemp("play") / "mix.wav", noise(20.0))


# files


def taken(source: Source, frames: int) -> Audio:
    """The next frames, when they are there: nobody hears it at its pace here."""
    eventually(lambda: source._end is not None or source._filled - source._read >= frames, 10)
    return source.read(frames)


def all_of(source: Source) -> Audio:
    """Everything of a file that does not loop."""
    blocks: list[Audio] = []
    while not source.is_over:
        blocks.append(taken(source, 7001))
    source.close()
    return np.concatenate(blocks, axis=1)


@pytest.mark.parametrize(
    ("name", "subtype", "channels"),
    [
        ("a.wav", "PCM_16", 1),
        ("a.wav", "PCM_24", 2),
        ("a.wav", "FLOAT", 2),
        ("a.wav", "DOUBLE", 6),
        ("a.flac", "PCM_24", 2),
        ("a.aiff", "PCM_16", 2),
        ("a.ogg", "VORBIS", 2),
        ("a.mp3", "MPEG_LAYER_III", 2),
    ],
)
def test_a_file_is_read_as_another_library_reads_it(name: str, subtype: str, channels: int, tmp_path: Path) -> None:
    path = write(tmp_path / name, noise(4.0, channels=channels), subtype=subtype)  # more than is read ahead at once
    theirs, _ = read(path)
    source = Source(path, is_loop=False)
    ours = all_of(source)
    assert (source.channels, source.late) == (channels, 0)
    if name == "a.mp3":  # which of its first samples are sound, decoders do not agree on; both lost the same noise
        power = [float(np.sqrt(np.mean(one**2))) for one in (ours, theirs)]
        assert power[0] == pytest.approx(power[1], rel=0.02)
        assert ours.shape[1] == pytest.approx(theirs.shape[1], abs=9000)
        return
    np.testing.assert_allclose(ours[:, : theirs.shape[1]], theirs, atol=2e-5)  # half a step of 16 bits
    assert not ours[:, theirs.shape[1] :].any()


@pytest.mark.parametrize("frames", [10, 5_000, 40_000])
def test_a_loop_has_no_seam(frames: int, tmp_path: Path) -> None:
    audio = noise(frames / 48_000)
    source = Source(write(tmp_path / "a.wav", audio, subtype="FLOAT"))
    heard = np.concatenate([taken(source, 997) for _ in range(99)], axis=1)
    assert source.place_s == pytest.approx((heard.shape[1] % frames) / 48_000, abs=1e-6)
    source.close()
    whole = np.tile(audio, heard.shape[1] // frames + 1)[:, : heard.shape[1]]
    np.testing.assert_array_equal(heard, whole.astype(np.float32))


@pytest.mark.parametrize("order", [{"pause": True}, {"seek": 3.0}])
def test_a_pause_and_a_jump_do_not_click(order: dict[str, float], tmp_path: Path) -> None:
    """The file is 1 in its first half and -1 in its second: without fades a step of 1 or 2."""
    half = np.ones((1, 96_000))
    source = Source(write(tmp_path / "a.wav", np.concatenate([half, -half], axis=1), subtype="FLOAT"))
    blocks = [source.read(256) for _ in range(4)]
    source.order(order)

    def is_there() -> bool:
        blocks.append(source.read(256))
        return float(blocks[-1][0, -1]) == (0.0 if "pause" in order else -1.0)

    eventually(is_there, 10)
    place_s = source.place_s
    source.read(4800)
    assert (source.place_s == place_s) is ("pause" in order)
    source.close()
    heard = np.concatenate(blocks, axis=1)[0]
    assert np.abs(np.diff(heard)).max() < 1.1 / (0.01 * 48_000)  # a fade of 10 ms
    assert heard[:512].min() == 1.0


def test_a_jump_goes_where_it_should_in_a_file_that_is_resampled(tmp_path: Path) -> None:
    audio = np.arange(2 * 44_100)[None] / (2 * 44_100)  # the sample says where it is
    source = Source(write(tmp_path / "a.wav", audio, 44_100, "FLOAT"), 48_000.0)
    source.read(4800)
    source.order({"seek": 1.5})
    eventually(lambda: source.read(256)[0, -1] > 0.6, 10)
    source.read(1000)  # faded in
    assert source.read(1)[0, 0] * 2.0 == pytest.approx(1.5 + (2 * 256 + 1000) / 48_000, abs=2e-3)
    assert source.place_s == pytest.approx(1.5 + (2 * 256 + 1000) / 48_000, abs=2e-3)
    source.close()


def test_a_file_that_breaks_off_is_over_and_says_why(tmp_path: Path) -> None:
    class Broken:
        """A decoder that fails; any trace of its thread is a failure of this test."""

        def read(self, _: int) -> Audio:
            raise RuntimeError("bad block\nmore")

        def close(self) -> None:
            pass

    source = Source(write(tmp_path / "a.wav", noise(10.0)))
    source._file = Broken()
    heard = all_of(source)
    assert source.failed == "a.wav: cannot be read on: bad block"
    assert 16_384 <= heard.shape[1] < 480_000


def test_what_is_no_sound_is_refused_by_the_process_that_plays_too(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound " * 100)
    with pytest.raises(AudioError, match=r"a\.wav: cannot be played"):
        Source(tmp_path / "a.wav")


# mistakes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where mistakes are made: files that are well, and files that are not."""
    monkeypatch.chdir(tmp_path)
    whole = write(tmp_path / "in.wav", noise(1.0)).read_bytes()
    write(tmp_path / "there.wav", noise(0.1))
    write(tmp_path / "silent.wav", np.zeros((2, 0)))
    for name, data in {
        "empty.wav": b"",
        "text.wav": b"no sound " * 100,
        "cut.wav": whole[:40_000],
        "header.wav": whole[:30],
        "text.mp3": b"no sound " * 100,
    }.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.fixture
def signals() -> Iterator[None]:
    """The command sets its own; ours are back afterwards."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    yield
    for one, what in before.items():
        signal.signal(one, what)


MISTAKES = [
    ("live", 2, "--jack NAME"),
    ("live --jack vox --device", 2, "say where the sound is"),
    ("live --jack vox --device-out x", 2, "say where the sound is"),
    ("live --jack vox --to out.wav", 2, "--file"),
    ("live --jack vox --term bass=warm", 2, "no EQ 'bass'; there are vox"),
    ("live --jack vox --intensity bass=1", 2, "no EQ 'bass'; there are vox"),
    ("live --jack vox --term xyzzy", 2, 'no word "xyzzy"'),
    ("live --jack vox --reference opera", 2, "music, speech"),
    ("live --jack vox --speed 0", 2, "--speed"),
    ("live --jack vox --channels 0", 2, "--channels"),
    ("live --jack vox --from (", 2, "--from '('"),
    ("live --jack vox --hear (", 2, "--hear '('"),
    ("live --jack vox --when-down loud", 2, "'dry', 'silence'"),
    ("live --device --from x", 2, "go with --jack"),
    ("live --device --device-in (", 2, "--device-in '('"),
    ("live --device --instance a --instance b", 2, "a device has one EQ"),
    ("live --file in.wav --term warm", 2, "--to FILE"),
    ("live --file in.wav --to out.wav", 2, "--term WORDS"),
    ("live --file in.wav --to out.wav --term warm --jack vox", 2, "instead of --jack"),
    ("live --file in.wav --to out.wav --term xyzzy", 2, 'no word "xyzzy"'),
    ("live --file in.wav --to in.wav --term warm", 1, "another name"),
    ("live --file in.wav --to in.wav --term warm --force", 1, "another name"),
    ("live --file in.wav --to there.wav --term warm", 1, "there.wav"),
    ("live --file no.wav --to out.wav --term warm", 1, "no.wav"),
    ("live --file text.wav --to out.wav --term warm", 1, "text.wav"),
    ("play no.wav", 2, "no such file"),
    ("play .", 2, "a folder"),
    ("play empty.wav", 1, "empty"),
    ("play silent.wav", 1, "no sound"),
    ("play text.wav", 1, "not audio"),
    ("play text.mp3", 1, "text.mp3"),
    ("play cut.wav", 1, "truncated"),
    ("play header.wav", 1, "damaged"),
    ("play in.wav --intensity loud", 2, "-1 to 2"),
    ("play in.wav --intensity 7", 2, "-1 to 2"),
    ("play in.wav --intensity nan", 2, "-1 to 2"),
    ("play in.wav --term xyzzy", 2, 'no word "xyzzy"'),
    ("play in.wav --term bass=warm", 2, "no EQ 'bass'"),
    ("play in.wav --instance a --instance b", 2, "one EQ"),
    ("play in.wav --reference opera", 2, "music, speech"),
    ("play in.wav --own-reference music=in.wav", 2, "NAME=FILE"),
    ("play in.wav --device-out (", 2, "--device-out '('"),
    ("play in.wav --osc 0.0.0.0:9000", 2, "--lan"),
    ("listen", 2, "--jack REGEX"),
    ("listen --jack x --file in.wav", 2, "--jack REGEX"),
    ("listen --device (", 2, "--device '('"),
    ("listen --file in.wav --reference opera", 2, "music, speech"),
    ("listen --file no.wav", 1, "no.wav"),
    ("listen --file text.wav", 1, "not audio"),
    ("listen --file in.wav --seconds 0", 2, "--seconds"),
]


@pytest.mark.usefixtures("signals", "folder")
@pytest.mark.parametrize(("line", "code", "says"), MISTAKES)
def test_a_mistake_is_one_line_that_says_what_to_do(
    line: str, code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["semeq-bridge", *shlex.split(line)])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    assert (left.value.code, said.out) == (code, "")
    (only,) = said.err.splitlines()
    assert only.startswith("semeq-bridge: ") and says in only
    assert not Path("out.wav").exists()


# in a terminal


class Terminal:
    """A command in a terminal of its own: what it writes there, keys for it."""

    def __init__(self, command: str, columns: int = 100) -> None:
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            [*BRIDGE, *shlex.split(command)],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.screen = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                self.screen += os.read(self._master, 1 << 16).decode()
            except OSError:
                return

    @property
    def lines(self) -> list[str]:
        """The line at the bottom, each time that it was drawn."""
        return [ESCAPES.sub("", part).strip("\r\n") for part in self.screen.split("\r\x1b[K")]

    def waits_for(self, text: str) -> None:
        """Until the line at the bottom has this in it."""
        eventually(lambda: text in self.lines[-1], PATIENCE_S)

    def press(self, keys: str) -> None:
        """Press keys, all at once."""
        os.write(self._master, keys.encode())

    def value(self, path: str) -> object:
        """What it says at its port for OSC."""
        found = PORT.search(self.screen)
        assert found is not None
        with Talk("127.0.0.1", int(found[1])) as talk:
            (answer,) = talk.ask(f"/semeq/main/{path}", patience_s=10)
        return answer.args[0]

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for end in (self._slave, self._master):
            os.close(end)


@contextmanager
def terminal(command: str, columns: int = 100) -> Iterator[Terminal]:
    it = Terminal(command, columns)
    try:
        yield it
    finally:
        it.close()


@pytest.fixture(scope="module")
def playing(mix: Path) -> Iterator[Terminal]:
    """A file that plays into nothing, in a terminal."""
    with terminal(f"play {mix} {NO_DEVICE} --term warm --no-adapt --no-match-loudness") as it:
        it.waits_for("hears")
        yield it


@pytest.mark.parametrize(
    ("keys", "shown", "path", "value"),
    [
        ("\x1b[A\x1bOA++", "warm x1.20", "intensity", 1.2),  # all at once: none is lost
        ("\x1b[B-", "warm x1.10", "intensity", 1.1),
        ("\x1b[C", "bright x1.10", "term", "bright"),
        ("\x1b[D", "warm x1.10", "term", "warm"),
        ("a", "BYPASS", "bypass", 1),
        ("d", "DELTA", "delta", 1),
        ("", "DELTA", "bypass", 0),  # of what is bypassed there is no difference to hear
        ("a", "BYPASS", "delta", 0),
        ("a", "warm x1.10 | peak", "bypass", 0),
        ("m", "trim", "match", 1),
        ("l", "gives", "adapt", 1),
        ("\x1b[1;5C\x1bd\x1b[3~", "warm", "delta", 0),  # keys that mean nothing here
    ],
)
def test_a_key_does_what_it_should_and_the_line_shows_it(
    playing: Terminal, keys: str, shown: str, path: str, value: float | str
) -> None:
    playing.press(keys)
    playing.waits_for(shown)
    found = playing.value(path)
    assert found == (value if isinstance(value, str) else pytest.approx(value))


def test_a_pause_stands_still_and_keys_jump(playing: Terminal) -> None:
    playing.press("0..")
    playing.waits_for("0:10/0:20")
    playing.press(" ")
    playing.waits_for("|| 0:1")
    seen = len(playing.lines)
    eventually(lambda: len(playing.lines) > seen + 12, PATIENCE_S)  # more than a second of it
    assert len({line.split()[1] for line in playing.lines[-10:]}) == 1
    playing.press(" ,,0")
    playing.waits_for("0:00/0:20")
    assert not playing.lines[-1].startswith("||")


def test_where_what_plays_is_killed_it_goes_on_and_what_is_said_stands_on_a_line_of_its_own(playing: Terminal) -> None:
    playing.press("0...")
    playing.waits_for("0:15/0:20")
    playing.press(" ")
    playing.waits_for("||")
    before = playing.value("intensity")
    (engine,) = [
        one for one in psutil.Process(playing.process.pid).children() if "semeq_bridge.live.engine" in one.cmdline()
    ]
    engine.kill()
    began_s = time.monotonic()
    playing.waits_for("NO SOUND || 0:15/0:20 warm")
    eventually(lambda: "NO SOUND" not in playing.lines[-1], PATIENCE_S)
    assert "engine: it ended; started again" in playing.lines  # the whole line
    seen = len(playing.lines)
    eventually(lambda: len(playing.lines) > seen + 10, PATIENCE_S)
    assert playing.lines[-1].startswith("|| 0:15/0:20 warm")
    assert playing.value("intensity") == before
    assert time.monotonic() - began_s < 5.0 + 1.0  # a second of it to look whether it stands still
    playing.press(" ")
    playing.waits_for("0:16/0:20")


def test_the_line_fits_a_narrow_terminal(mix: Path) -> None:
    with terminal(f"play {mix} {NO_DEVICE} --term warm", columns=30) as it:
        it.waits_for("gives")
        drawn = [line for line in it.lines if "/0:20" in line]
        assert max(map(len, drawn)) == 29  # cut, for what it hears is longer


def pressing(keys: str) -> Callable[[Terminal], None]:
    return lambda it: it.press(keys)


def sending(what: signal.Signals) -> Callable[[Terminal], None]:
    return lambda it: it.process.send_signal(what)


@pytest.mark.parametrize(
    "end",
    [pressing("q"), pressing("\x03"), sending(signal.SIGTERM), sending(signal.SIGHUP)],
    ids=["q", "Ctrl-C", "SIGTERM", "SIGHUP"],
)
def test_the_terminal_is_as_it_was_however_it_ends(mix: Path, end: Callable[[Terminal], None]) -> None:
    with terminal(f"play {mix} {NO_DEVICE}") as it:
        it.waits_for("hears")  # all its processes run
        assert termios.tcgetattr(it._slave) != it.before
        end(it)
        assert it.process.wait(10) == 0
        assert termios.tcgetattr(it._slave) == it.before
        eventually(lambda: "sound-blocks" in it.lines[-1].splitlines()[-1], 5)  # its counts, below the line
        assert "Traceback" not in it.screen


def test_the_terminal_is_as_it_was_after_an_error(mix: Path) -> None:
    with terminal(f"play {mix} --osc 127.0.0.1:0 --device-out 'no such device at all'") as it:
        assert it.process.wait(PATIENCE_S) == 1
        assert termios.tcgetattr(it._slave) == it.before
        eventually(lambda: "semeq-bridge: no sound device with outputs whose name" in it.screen, 5)
        assert "Traceback" not in it.screen and "A/B" not in it.screen


def test_without_a_terminal_it_plays_without_keys_to_the_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(1.0))
    command = [*BRIDGE, "play", str(path), *NO_DEVICE.split(), "--once", "--json"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0
    *_, last = [json.loads(line) for line in done.stderr.splitlines()]
    assert last["counts"]["sound-blocks"] >= 48_000 // 512


# devices


@pytest.mark.parametrize(
    ("error", "says"), [("ImportError", 'pip install "semeq[live]"'), ("OSError", "apt install libportaudio2")]
)
def test_where_there_is_no_portaudio_that_is_said(error: str, says: str, mix: Path, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text(f"raise {error}('not here')")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}

    def command(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*BRIDGE, *shlex.split(line)], capture_output=True, text=True, timeout=30, env=environment, check=False
        )

    listed = command("devices --json")
    assert (listed.returncode, json.loads(listed.stdout)["sound"]) == (0, [])
    assert sum(says in line for line in listed.stderr.splitlines()) == 1
    rows = {row["what"]: row for row in json.loads(command(f"doctor --json --to 127.0.0.1:{free_port()}").stdout)}
    assert says in rows["sound"]["said"] and not rows["sound"]["well"]
    played = command(f"play {mix} --osc 127.0.0.1:0")
    assert played.returncode == 1
    assert says in played.stderr.splitlines()[-1] and "Traceback" not in played.stderr


RECORD = """
import sys, time
import jack, numpy as np
target, dur_s, *names = sys.argv[1:]
client = jack.Client("semeq_recorder")
ears = [client.inports.register(f"ear_{place}") for place in range(len(names))]
heard, place = np.zeros((len(names), round(float(dur_s) * client.samplerate)), np.float32), [0]
@client.set_process_callback
def process(count):
    at = place[0]
    if at + count <= heard.shape[1]:
        for row, ear in zip(heard, ears):
            row[at : at + count] = ear.get_array()
        place[0] += count
with client:
    until = time.monotonic() + 30
    while len(client.get_ports("^PortAudio:out_", is_output=True)) < len(names) and time.monotonic() < until:
        time.sleep(0.05)
    for name, ear in zip(names, ears):
        client.connect(name, ear)
    time.sleep(0.3)
    place[0] = 0
    while place[0] + client.blocksize <= heard.shape[1]:
        time.sleep(0.05)
np.save(target, heard)
"""


@pytest.fixture(scope="module")
def jackd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jackd]:
    """A JACK whose system PortAudio takes for a sound device."""
    with private_jack(tmp_path_factory.mktemp("jack"), 500) as it:
        yield it


class Running:
    """A command and what it says."""

    def __init__(self, line: str) -> None:
        self.process = subprocess.Popen(
            [*BRIDGE, *shlex.split(line)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0
        )
        self.said = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line.decode()

    def ask(self, address: str) -> dict[str, object]:
        """Answers by their address."""
        eventually(lambda: PORT.search(self.said) is not None, PATIENCE_S)
        found = PORT.search(self.said)
        assert found is not None
        with Talk("127.0.0.1", int(found[1])) as talk:
            return {one.address: one.args[0] for one in talk.ask(address, patience_s=10)}

    def blocks(self) -> int:
        """How many were played."""
        return int(str(self.ask("/semeq/status")["/semeq/status/sound-blocks"]))

    def plays(self) -> None:
        """Wait until it does."""
        eventually(lambda: "sound: " in self.said, PATIENCE_S)


@contextmanager
def running(line: str) -> Iterator[Running]:
    it = Running(line)
    try:
        yield it
        it.process.terminate()
        assert it.process.wait(10) == 0
        assert "Traceback" not in it.said
    finally:
        it.process.kill()
        it.process.wait()
        it._thread.join(10)
        assert it.process.stderr is not None
        it.process.stderr.close()


def recorded(dur_s: float, folder: Path, *names: str) -> Floats:
    """What comes out of ports of JACK, ``[ports, samples]``."""
    target = folder / "heard.npy"
    command = [sys.executable, "-c", RECORD, str(target), str(dur_s), *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    return np.asarray(np.load(target), dtype=np.float64)


@pytest.mark.peer
@pytest.mark.usefixtures("jackd")
def test_a_mono_file_comes_out_of_both_loudspeakers_with_the_curve_of_its_words(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", 0.25 * np.tile(period(FRAMES), 2)[None], RATE_HZ, "FLOAT")
    with running(f"play {path} --osc 127.0.0.1:0 --term warm --no-adapt --no-match-loudness") as it:
        it.plays()
        left, right = recorded(2.2 * FRAMES / RATE_HZ, tmp_path, "PortAudio:out_0", "PortAudio:out_1")
        np.testing.assert_array_equal(left, right)
        steady = steady_period(left, FRAMES, 1e-3)
        assert steady is not None
        errors_db = curve_db(from_period(steady / 0.25), GRID, RATE_HZ) - response_db(eq("warm"), GRID)
        assert np.abs(errors_db).max() < 0.1  # asked for are 0.7; this is digital all the way
        status = it.ask("/semeq/status")
        assert (status["/semeq/status/sound-rate"], status["/semeq/status/sound-block"]) == (RATE_HZ, 256)


@pytest.mark.peer
@pytest.mark.usefixtures("jackd")
def test_a_file_of_another_rate_and_more_channels_is_played_and_that_is_said(tmp_path: Path) -> None:
    tone = np.tile(sine(1000.0, 1.0, 44_100), (6, 1))
    with running(f"play {write(tmp_path / 'a.wav', tone, 44_100)} --osc 127.0.0.1:0") as it:
        it.plays()
        assert "48000 Hz, the first 2 of 6 channels, resampled from 44100 Hz for this device" in it.said
        (heard,) = recorded(1.0, tmp_path, "PortAudio:out_1")
    began_s = time.monotonic()
    subprocess.run([*BRIDGE, "devices"], capture_output=True, timeout=60, check=True)
    assert time.monotonic() - began_s < 3.0  # who leaves without a word keeps the server busy for longer
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert int(spectrum.argmax()) * RATE_HZ / len(heard) == pytest.approx(1000.0, abs=1.5)
    assert np.abs(heard).max() == pytest.approx(0.25, rel=0.02)


@pytest.mark.peer
@pytest.mark.usefixtures("jackd")
def test_the_inputs_of_a_device_go_through_the_eq_to_its_outputs(tmp_path: Path) -> None:
    line = "live --device --device-in system --device-out ^sys --osc 127.0.0.1:0 --term bright --no-adapt"
    with running(f"{line} --no-match-loudness") as it:
        it.plays()
        errors_db = heard_db("PortAudio:in_1", "PortAudio:out_1", tmp_path) - response_db(eq("bright"), GRID)
        assert np.abs(errors_db).max() < 0.1


@pytest.mark.peer
@pytest.mark.parametrize("command", ["play {mix}", "live --device"])
def test_a_device_that_goes_and_comes_back_is_played_again(command: str, jackd: Jackd, mix: Path) -> None:
    with running(f"{command.format(mix=mix)} --osc 127.0.0.1:0 --term warm --intensity 0.7") as it:
        it.plays()
        eventually(lambda: it.blocks() > 100, PATIENCE_S)
        jackd.kill()
        time.sleep(1.2)
        try:
            began_s, before = time.monotonic(), it.blocks()
            starts = int(str(it.ask("/semeq/status")["/semeq/status/sound-starts"]))
            assert starts <= 6  # it is tried once a second, not all the time
        finally:
            jackd.start()
        eventually(lambda: it.blocks() > before + 50, PATIENCE_S)
        assert time.monotonic() - began_s < 5.0
        assert it.ask("/semeq/main/intensity")["/semeq/main/intensity"] == pytest.approx(0.7)
        assert it.said.count("the sound device is gone") == 1
        if command.startswith("live"):
            assert it.said.count("the sound device is gone") == 1
        eventually(lambda: it.said.count("sound: ") == 2 and "all is well again" in it.said, 5)


@pytest.mark.peer
@pytest.mark.usefixtures("jackd")
def test_a_device_is_listened_to() -> None:
    command = [*BRIDGE, *shlex.split("listen --device . --seconds 1.2 --json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert 1 <= len(rows) <= 2
    assert {row["sounding"] for row in rows} == {False}  # nobody plays into this server
    assert rows[0]["at_s"] == pytest.approx(0.5, abs=0.3)


def test_a_file_is_listened_to(tmp_path: Path) -> None:
    tone = sine(60.0, 2.0) + 0.01 * noise(2.0, channels=1)
    done = subprocess.run(
        [*BRIDGE, "listen", "--file", str(write(tmp_path / "a.wav", tone)), "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["at_s"] for row in rows] == [0.5, 1.0, 1.5, 2.0]
    assert all(row["sounding"] for row in rows)


@pytest.mark.peer
@pytest.mark.usefixtures("jackd")
def test_sound_devices_are_listed() -> None:
    def command(line: str) -> str:
        return subprocess.run([*BRIDGE, *line.split()], capture_output=True, text=True, timeout=30, check=False).stdout

    found = {row["name"]: row for row in json.loads(command("devices --json"))["sound"]}
    assert (found["system"]["inputs"], found["system"]["outputs"]) == (2, 2)
    assert "system (2 in, 2 out, JACK Audio Connection Kit)" in command("devices")
    rows = {row["what"]: row for row in json.loads(command(f"doctor --json --to 127.0.0.1:{free_port()}"))}
    assert "system" in rows["sound"]["said"] and rows["sound"]["well"] and rows["JACK-Client"]["well"]
