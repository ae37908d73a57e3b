"""The EQ in a real JACK graph: noise in, spectrum out; killed, parted, fed with what is no sound, in Ardour too."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import pytest
from scipy.signal.windows import blackmanharris

from semeq import EqSettings, eq, response_db
from semeq_bridge.client import Talk
from semeq_bridge.live.patchbay import Graph, Pair, Patches
from semeq_presets.peers.measure import period
from tests.jack_ears import RATE_HZ, Jackd, private_jack
from tests.test_bridge_ardour import Daw, made_session
from tests.test_bridge_serve import BRIDGE
from tests.waiting import eventually, free_port

Audio = npt.NDArray[np.float32]
PERIOD, SHIFT = 8192, 1000
FREQS_HZ = np.fft.rfftfreq(PERIOD, 1 / RATE_HZ)
HEARD = (FREQS_HZ > 20) & (FREQS_HZ < 20_000)
PINK = (0.25 * period(PERIOD)).astype(np.float32)
NOISE = np.stack([np.roll(PINK, SHIFT * row) for row in range(8)])
STRIPS = ("vox", "gtr", "keys")
OUTS, INS = 8, 10
WIRE = INS - 1  # the recorder's last port hears the player's first as it is
EXACT_DB = 0.001  # measured: 4e-6


class Rig:
    """A player and a recorder, see `jack_rig.py`."""

    def __init__(self, folder: Path, name: str, outs: int, ins: int) -> None:
        self.folder, self.name, self._place = folder, name, ",".join(map(str, (name, outs, ins)))
        command = [sys.executable, str(Path(__file__).with_name("jack_rig.py")), name, str(outs), str(ins)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )
        self.opened = self._answer() == "null\n"

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def do(self, what: str, value: object = None) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({what: value}) + "\n")
        answer = json.loads(self._answer())
        assert not isinstance(answer, dict), answer
        return answer

    def play(self, rows: Audio) -> None:
        path = self.folder / f"{self.name}-played.npy"
        np.save(path, rows)
        self.do("play", str(path))

    def record(self, frames: int) -> None:
        """Begin to."""
        self.do("record", frames)

    def filled(self, frames: int) -> None:
        """Until so much is recorded."""
        eventually(lambda: self.do("filled") >= frames)

    def heard(self) -> Audio:
        """What was recorded so far."""
        path = self.folder / f"{self.name}-heard.npy"
        self.do("recorded", str(path))
        heard: Audio = np.load(path)
        return heard

    def last(self, frames: int = 4 * PERIOD) -> Audio:
        """The last period of so many frames from now."""
        self.record(frames)
        self.filled(frames)
        return self.heard()[:, -PERIOD:]

    def pairs(self) -> list[list[str]]:
        """How the player is connected, and the EQ."""
        ports = [port for port in self.do("ports", "") if "_player:" in port or ":vox_" in port or ":gtr_" in port]
        return [*map(list, self.do("from", ports))]

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def transfer(heard: Audio, row: int = 0) -> npt.NDArray[np.complex128]:
    """What became of the noise, against the wire: exact at every frequency, as the noise has a period."""
    wire = np.roll(heard[WIRE], SHIFT * row)
    return np.asarray(np.fft.rfft(heard[row])[HEARD] / np.fft.rfft(wire)[HEARD])


def error_db(heard: Audio, row: int, settings: EqSettings, rate_hz: float = RATE_HZ) -> float:
    got = 20 * np.log10(np.abs(transfer(heard, row)) + 1e-30)
    wanted = response_db(settings, FREQS_HZ[HEARD] * rate_hz / RATE_HZ, rate_hz)
    return float(np.abs(got - wanted).max())


class Live:
    """`semeq-bridge live` in a process of its own."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.port, self.log = free_port(), folder / "said.txt"
        homes = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*BRIDGE, "live", "--osc", f"127.0.0.1:{self.port}", *args],
                stdout=log,
                stderr=log,
                env=os.environ | homes,
            )

    def ask(self, address: str, *args: int | float | str) -> dict[str, Any]:
        with Talk("127.0.0.1", self.port) as talk:
            answers = talk.ask(f"/semeq/{address}", *args, patience_s=20)
        return {one.address: one.args[0] if len(one.args) == 1 else one.args for one in answers}

    def set(self, address: str, *args: int | float | str) -> None:
        assert self.ask(address, *args) == {}

    def value(self, address: str) -> Any:
        return self.ask(address)[f"/semeq/{address}"]

    def status(self, name: str) -> Any:
        return self.ask("status")[f"/semeq/status/{name}"]

    def said(self, what: str) -> int:
        """How often it has said so."""
        return self.log.read_text().count(what)

    def engines(self) -> list[psutil.Process]:
        return [one for one in psutil.Process(self.process.pid).children() if plays(one)]

    def kill_engine(self) -> None:
        """As if it had crashed."""
        for one in self.engines():
            one.kill()


def plays(one: psutil.Process) -> bool:
    try:
        return "semeq_bridge.live.engine" in one.cmdline()
    except psutil.Error:
        return False


@contextmanager
def living(folder: Path, *args: str) -> Iterator[Live]:
    it = Live(folder, *args)
    try:
        eventually(lambda: it.said("sound: JACK client") > 0)
        yield it
    finally:
        it.process.send_signal(signal.SIGTERM)
        it.process.wait(20)
    assert it.process.returncode == 0, it.log.read_text()
    assert "Traceback" not in it.log.read_text()


# what there is for all of them


@pytest.fixture(scope="module")
def jackd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jackd]:
    """JACK, which waits two seconds for a client that died instead of twenty."""
    with private_jack(tmp_path_factory.mktemp("jack"), timeout_ms=200) as it:
        yield it


class Rigs:
    """The rig of this file; started again where it has gone with its server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.it: Rig | None = None

    def now(self) -> Rig:
        while self.it is None or not self.it.opened or self.it.process.poll() is not None:
            if self.it is not None:
                self.it.close()
            self.it = Rig(self._folder, "semeq", OUTS, INS)
            if self.it.opened:
                self.it.play(NOISE)
                self.it.do("connect", [("semeq_player:out_1", f"semeq_ear:in_{INS}")])
        return self.it


@pytest.fixture(scope="module")
def rigs(jackd: Jackd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rigs]:
    assert jackd.process.poll() is None
    it = Rigs(tmp_path_factory.mktemp("rig"))
    yield it
    it.now().close()


@pytest.fixture
def rig(rigs: Rigs) -> Rig:
    return rigs.now()


@pytest.fixture(scope="module")
def live(rigs: Rigs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Three EQs for two channels each, connected by hand: player, EQ, recorder."""
    options = ["--no-adapt", "--no-match-loudness", *(part for name in STRIPS for part in ("--jack", name))]
    with living(tmp_path_factory.mktemp("live"), *options) as it:
        pairs = []
        for number, name in enumerate(STRIPS):
            for place in (1, 2):
                port = 2 * number + place
                pairs.append((f"semeq_player:out_{port}", f"semeq:{name}_in_{place}"))
                pairs.append((f"semeq:{name}_out_{place}", f"semeq_ear:in_{port}"))
        rigs.now().do("connect", pairs)
        yield it


@pytest.fixture(scope="module")
def mono(rigs: Rigs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One channel, silent where it is down, and connected by rules to a guest that comes and goes."""
    options = ["--jack", "one", "--channels", "1", "--client", "semeq-mono", "--when-down", "silence"]
    rules = ["--from", "^guest_player:", "--into", "one=^guest_ear:in_1$", "--term", "warm"]
    assert rigs.now().opened
    with living(tmp_path_factory.mktemp("mono"), *options, *rules, "--no-adapt", "--no-match-loudness") as it:
        yield it


@contextmanager
def guest(folder: Path) -> Iterator[Rig]:
    it = Rig(folder, "guest", 1, 2)
    it.play(PINK[None])
    it.do("connect", [("guest_player:out_1", "guest_ear:in_2")])
    try:
        yield it
    finally:
        it.close()


def mono_error_db(it: Rig, settings: EqSettings) -> float:
    heard = it.last()
    return error_db(heard[[0] * WIRE + [1]], 0, settings)


def is_connected(it: Rig, *pairs: Pair) -> bool:
    found = [tuple(pair) for pair in it.do("from", [pair[0] for pair in pairs if pair[0] in it.do("ports", "")])]
    return all(pair in found for pair in pairs)


def pure(*pairs: Pair, gone: Sequence[str] = ()) -> Graph:
    """A graph of an EQ between a player of two channels and a recorder, with these pairs, without those ports."""
    ports = {f"{name}_{place}" for name in ("player:out", "eq:in", "eq:out", "ear:in") for place in (1, 2)}
    ports -= set(gone)
    kept = frozenset(pair for pair in pairs if ports.issuperset(pair))
    return Graph(
        outputs=frozenset(ports & {f"{name}_{place}" for name in ("player:out", "eq:out") for place in (1, 2)}),
        inputs=frozenset(ports & {f"{name}_{place}" for name in ("eq:in", "ear:in") for place in (1, 2)}),
        pairs=kept,
    )


INTO, OUT = ("player:out_1", "eq:in_1"), ("eq:out_1", "ear:in_1")
EQ = [("eq:in_1", "eq:out_1")]
OURS = ("eq:in_1", "eq:out_1")


# what should be connected


def test_what_somebody_connects_comes_back_with_the_ports_and_is_passed_by_meanwhile() -> None:
    patches = Patches(strips=[EQ])
    assert patches.look(pure(INTO, OUT)) == (set(), set())
    past = ("player:out_1", "ear:in_1")
    assert patches.look(pure(INTO, OUT, gone=OURS)) == ({past}, set())
    assert patches.look(pure(past, gone=OURS)) == (set(), set())
    assert patches.look(pure(past)) == ({INTO, OUT}, {past})
    silent = Patches(strips=[EQ], dry=False)
    silent.look(pure(INTO, OUT))
    assert silent.look(pure(gone=OURS)) == (set(), set())


def test_ports_that_went_and_came_between_two_looks_are_connected_again() -> None:
    """JACK lets go of a client that died and lets the next one in at the same moment."""
    patches = Patches(strips=[EQ])
    patches.look(pure(INTO, OUT))
    assert patches.look(pure(), {*OURS}) == ({INTO, OUT}, set())
    patches.look(pure(INTO, OUT))
    assert patches.look(pure()) == (set(), set())  # it is about to go, or somebody has parted it
    assert patches.look(pure(gone=OURS)) == ({("player:out_1", "ear:in_1")}, set())


def test_what_somebody_parts_stays_parted_until_its_ports_come_anew() -> None:
    patches = Patches(strips=[EQ], rules=[("^player:out_1", ["eq:in_1"])])
    patches.look(pure())
    assert patches.look(pure()) == ({INTO}, set())
    patches.look(pure(INTO))
    for _ in range(5):
        assert patches.look(pure()) == (set(), set())
    patches.look(pure(gone=["player:out_1"]))
    assert patches.look(pure()) == ({INTO}, set())


def test_rules_wait_for_ports_that_come_one_after_another_and_mend_what_they_did() -> None:
    patches = Patches(strips=[], rules=[("^player:", ["eq:in_1", "eq:in_2"])])
    second = ("player:out_2", "eq:in_1")
    patches.look(pure(gone=["player:out_1"]))
    assert patches.look(pure(gone=["player:out_1"])) == ({second}, set())
    assert patches.look(pure(second)) == (set(), set())
    assert patches.look(pure(second)) == ({INTO, ("player:out_2", "eq:in_2")}, {second})
    both = (INTO, ("player:out_2", "eq:in_2"))
    assert patches.look(pure(*both)) == (set(), set())
    assert not patches.is_unsure


# words


@pytest.mark.peer
def test_words_sent_as_osc_are_heard_between_a_player_and_a_recorder(live: Live, rig: Rig) -> None:
    """Words, intensities and bypass on both channels; a channel on the wrong side would have another phase."""
    live.set("vox/bypass", 0)
    for words, intensity in (("warm", 1.0), ("bright", 0.5), ("less harsh", 2.0)):
        live.set("vox/term", words)
        live.set("vox/intensity", intensity)
        heard = rig.last()
        assert error_db(heard, 0, eq(words, intensity)) < EXACT_DB
        assert error_db(heard, 1, eq(words, intensity)) < EXACT_DB
        assert np.abs(transfer(heard, 0) - transfer(heard, 1)).max() < 1e-4
    live.set("vox/intensity", 1.0)
    live.set("vox/bypass", 1)
    heard = rig.last()
    live.set("vox/bypass", 0)
    assert np.array_equal(heard[0], heard[WIRE])
    assert np.array_equal(heard[1], np.roll(heard[WIRE], SHIFT))


@pytest.mark.peer
def test_delta_is_what_the_words_change(live: Live, rig: Rig) -> None:
    live.set("vox/term", "warm")
    wet = transfer(rig.last())
    live.set("vox/delta", 1)
    delta = transfer(rig.last())
    live.set("vox/delta", 0)
    assert np.abs(delta - (wet - 1.0)).max() < 1e-4
    assert np.abs(delta).max() > 0.1


@pytest.mark.peer
def test_every_track_plays_its_own_words(live: Live, rig: Rig) -> None:
    words = dict(zip(STRIPS, ("warm", "bright", "thin"), strict=True))
    for name, word in words.items():
        live.set(f"{name}/term", word)
    heard = rig.last()
    for number, word in enumerate(words.values()):
        for row in (2 * number, 2 * number + 1):
            assert error_db(heard, row, eq(word)) < EXACT_DB


# what is no sound


NO_SOUND = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "loud": 1e30}


@pytest.mark.peer
def test_what_is_no_sound_is_muted_told_once_and_disturbs_no_other(live: Live, rig: Rig) -> None:
    """NaN, infinities, 1e30 and denormals come from upstream for 0.1 s each."""
    for name, word in (("vox", "warm"), ("gtr", "bright")):
        live.set(f"{name}/term", word)
    peak = float(np.abs(rig.last()[0]).max())
    before, told = live.status("sound-bad"), live.said("muted while it lasts")
    rig.record(3 * RATE_HZ)
    rig.filled(2 * PERIOD)
    silent = []
    for value in NO_SOUND.values():
        bad = NOISE.copy()
        bad[0, ::100] = value
        rig.play(bad)
        begun = rig.do("filled")
        rig.filled(begun + RATE_HZ // 10)
        silent.append((begun + RATE_HZ // 20, rig.do("filled")))
        rig.play(NOISE)
        rig.filled(rig.do("filled") + RATE_HZ // 20)
    denormal = NOISE.copy()
    denormal[:2] = 1e-40
    rig.play(denormal)
    rig.filled(rig.do("filled") + RATE_HZ // 10)
    rig.play(NOISE)
    rig.filled(rig.do("filled") + RATE_HZ // 10)
    heard = rig.heard()
    assert not np.isfinite(heard[WIRE]).all()  # it did come
    assert np.isfinite(heard[:WIRE]).all()
    assert np.abs(heard[:2]).max() < 1.05 * peak
    for start, end in silent:
        assert end - start > 512
        assert not heard[:2, start:end].any()
    gtr = heard[2:4]
    assert np.abs(gtr[:, PERIOD:] - gtr[:, :-PERIOD]).max() < 1e-6
    assert live.status("sound-bad") - before > 20
    eventually(lambda: live.said("muted while it lasts") > told)
    assert error_db(rig.last(), 0, eq("warm")) < EXACT_DB
    assert live.said("vox: what comes in is no sound") == live.said("muted while it lasts") == told + 1
    bad[0], bad[2] = NOISE[0], np.nan
    rig.play(bad)
    eventually(lambda: live.said("gtr: what comes in is no sound") == 1)  # another is told of too
    rig.play(NOISE)
    assert error_db(rig.last(), 2, eq("bright")) < EXACT_DB


# another block size


def beside_the_tone_dbfs(heard: Audio, tone_hz: float = 1000.0, skirt_hz: float = 250.0) -> float:
    """The highest component away from the tone, in windows with side lobes below -90 dB."""
    window = blackmanharris(4096)
    frames = np.lib.stride_tricks.sliding_window_view(heard.astype(np.float64), 4096)[::256]
    levels = np.abs(np.fft.rfft(frames * window, axis=1)) * 2.0 / window.sum()
    away = np.abs(np.fft.rfftfreq(4096, 1 / RATE_HZ) - tone_hz) > skirt_hz
    return float(20.0 * np.log10(levels[:, away].max() + 1e-30))


@pytest.mark.peer
def test_another_block_size_is_not_heard(live: Live, rig: Rig) -> None:
    """A tone while JACK goes from 256 frames to others: no more beside it than on a wire."""
    live.set("vox/term", "warm")
    tone = 0.5 * np.sin(2 * np.pi * np.arange(RATE_HZ // 1000) / (RATE_HZ // 1000))
    rig.play(np.tile(tone.astype(np.float32), (OUTS, 1)))
    rig.last(RATE_HZ // 4)
    rig.record(4 * RATE_HZ)
    for frames in (512, 64, 1024, 16, 4096, 256):
        rig.do("block", frames)
        eventually(lambda frames=frames: live.status("sound-block") == frames)  # type: ignore[misc]
        rig.filled(rig.do("filled") + 8192)
    heard = rig.heard()
    rig.play(NOISE)
    assert np.abs(heard[0]).max() > 0.1
    wire = beside_the_tone_dbfs(heard[WIRE])
    assert beside_the_tone_dbfs(heard[0]) < max(-80.0, wire + 1.0)
    assert error_db(rig.last(), 0, eq("warm")) < EXACT_DB


# what dies


@pytest.mark.peer
def test_a_killed_engine_is_back_within_seconds(live: Live, rig: Rig) -> None:
    """JACK itself stands still for two of them; then it lets the next one in at the very moment the dead one goes."""
    live.set("vox/term", "warm")
    rig.last(PERIOD)
    pairs, ups = rig.pairs(), live.said("sound: JACK client")
    live.kill_engine()
    dead_s = time.monotonic()
    eventually(lambda: live.said("sound: JACK client") > ups and rig.pairs() == pairs)
    assert time.monotonic() - dead_s < 5
    assert error_db(rig.last(), 0, eq("warm")) < EXACT_DB
    assert live.value("vox/term") == "warm"


@pytest.mark.peer
def test_a_killed_engine_is_passed_by_and_is_back_as_it_was(live: Live, mono: Live, rig: Rig, tmp_path: Path) -> None:
    """Both die again and again for a while: one is passed by dry, the other is silent; then all is as before."""
    live.set("vox/term", "warm")
    with guest(tmp_path) as visitor:
        eventually(lambda: is_connected(visitor, ("guest_player:out_1", "semeq-mono:one_in_1")))
        eventually(lambda: is_connected(visitor, ("semeq-mono:one_out_1", "guest_ear:in_1")))
        wet = rig.last()
        assert error_db(wet, 0, eq("warm")) < EXACT_DB
        pairs, starts = rig.pairs(), live.status("sound-starts")
        for one in (rig, visitor):
            one.record(30 * RATE_HZ)
        rig.filled(PERIOD)
        live.kill_engine()
        mono.kill_engine()
        begun = rig.do("filled")
        eventually(lambda: again(live, mono) and rig.do("filled") > begun + RATE_HZ)
        dry, silent = rig.heard(), visitor.heard()
        down_s = time.monotonic()
        again(live, mono)
        eventually(lambda: rig.pairs() == pairs)
        back_s = time.monotonic() - down_s
        eventually(lambda: mono_error_db(visitor, eq("warm")) < EXACT_DB)
        assert back_s < 5
        rig.filled(dry.shape[1] + 2 * PERIOD)
        heard = rig.heard()
        assert np.array_equal(dry[0, -PERIOD:], dry[WIRE, -PERIOD:])
        assert not silent[0, -PERIOD:].any()
        assert np.abs(silent[1, -PERIOD:]).max() > 0.2
        assert (
            np.abs(heard[:2]).max() < 1.1 * np.abs(wet[:2]).max()
        )  # both at once would be 1.8; a filter's start, 1.04
        assert error_db(heard[:, -PERIOD:], 0, eq("warm")) < EXACT_DB
        assert live.value("vox/term") == "warm"
        assert live.status("sound-starts") > starts


def again(*those: Live) -> bool:
    """Kill whatever has been started again."""
    for one in those:
        one.kill_engine()
    return True


@pytest.mark.peer
def test_rules_connect_whoever_comes_and_leave_parted_what_somebody_parts(mono: Live, tmp_path: Path) -> None:
    """One channel, too: what is heard is exact."""
    rules = (("guest_player:out_1", "semeq-mono:one_in_1"), ("semeq-mono:one_out_1", "guest_ear:in_1"))
    with guest(tmp_path) as visitor:
        eventually(lambda: is_connected(visitor, *rules))
        assert mono_error_db(visitor, eq("warm")) < EXACT_DB
        visitor.do("part", [rules[0]])
        time.sleep(1.5)  # longer than between two looks, whatever happens
        assert not is_connected(visitor, rules[0])
        assert is_connected(visitor, rules[1])
    with guest(tmp_path) as visitor:
        eventually(lambda: is_connected(visitor, *rules), 5)
    eventually(lambda: mono.said("JACK has no outputs that match '^guest_player:' yet") == 1)
    assert mono.said("patchbay: it ended") == 0


@pytest.mark.peer
@pytest.mark.parametrize("name", ["a:b", "x" * 60])
def test_a_name_that_jack_cannot_take_is_one_line(jackd: Jackd, name: str) -> None:
    assert jackd.process.poll() is None
    command = [*BRIDGE, "live", "--osc", "127.0.0.1:0", "--jack", "vox", "--client", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"semeq-bridge: --client '{name}'")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.peer
@pytest.mark.parametrize(("pause_s", "rate_hz"), [(0.0, 44_100), (2.0, RATE_HZ)])
def test_jack_can_crash_and_all_is_back_as_it_was(
    jackd: Jackd, rigs: Rigs, live: Live, pause_s: float, rate_hz: int
) -> None:
    """At once, at another rate, or after a while."""
    live.set("vox/term", "warm")
    pairs = rigs.now().pairs()
    assert len(pairs) > 8
    jackd.kill()
    live.set("vox/term", "bright")
    time.sleep(pause_s)
    jackd.start(rate_hz)
    back_s = time.monotonic()
    rig = rigs.now()
    eventually(lambda: rig.pairs() == pairs)
    assert time.monotonic() - back_s < 5
    assert error_db(rig.last(), 0, eq("bright"), rate_hz) < EXACT_DB
    assert live.status("sound-rate") == rate_hz


# what is heard


def shaped(settings: EqSettings) -> Audio:
    """The noise through an EQ."""
    gain = 10 ** (response_db(settings, np.maximum(FREQS_HZ, 1.0)) / 20)
    return np.fft.irfft(np.fft.rfft(PINK) * gain).astype(np.float32)


DARK, LIGHT = (shaped(eq("bright").scaled(share)) for share in (-1.5, 1.5))
ADAPTING = (
    *("--jack", "dark", "--jack", "light", "--jack", "ears", "--client", "semeq-adapt"),
    *("--from", "dark=player:out_1$", "--from", "light=player:out_2$", "--from", "ears=player:out_2$"),
    *("--into", "dark=semeq_ear:in_7$", "--into", "light=semeq_ear:in_8$", "--into", "ears=semeq_ear:in_9$"),
    *("--hear", "ears=player:out_1$", "--channels", "1", "--speed", "2", "--term", "bright"),
)


def tilt_db(heard: Audio, played: Audio) -> float:
    """How much more of 8 kHz than of 100 Hz."""
    gain = np.abs(np.fft.rfft(heard) / np.fft.rfft(played))
    high, low = (int(np.abs(FREQS_HZ - freq_hz).argmin()) for freq_hz in (8000.0, 100.0))
    return float(20 * np.log10(gain[high] / gain[low]))


@pytest.mark.peer
def test_dark_noise_is_given_more_of_bright_than_light_noise(rig: Rig, tmp_path: Path) -> None:
    """In real time; the third EQ has the light noise in, but hears the dark one by ports of its own."""
    rig.play(np.stack([DARK, LIGHT, *NOISE[2:]]))
    with living(tmp_path, *ADAPTING) as live:
        share = {}

        def has_settled() -> bool:
            share.update({name: live.value(f"{name}/share") for name in ("dark", "light", "ears")})
            return bool(share["dark"] > 1.3 and share["ears"] > 1.3 and share["light"] < 0.8)

        eventually(has_settled)
        for name, word in (("dark", "dark"), ("ears", "dark"), ("light", "bright")):
            eventually(lambda name=name, word=word: word in live.value(f"{name}/heard"))  # type: ignore[misc]
        assert live.value("dark/expect").startswith("bright: has ")
        assert "of the opposite" in live.value("dark/expect")
        assert "of the opposite" not in live.value("light/expect")
        heard = rig.last()
        dark, light, ears = (tilt_db(heard[6 + row], played) for row, played in enumerate((DARK, LIGHT, LIGHT)))
        assert min(dark, ears) > light + 4.0
        assert light > 1.0
    rig.play(NOISE)


@pytest.mark.peer
def test_listen_says_what_ports_sound_like(rig: Rig) -> None:
    rig.play(np.stack([DARK] * OUTS))
    command = [*BRIDGE, "listen", "--jack", "semeq_player:out_[12]$", "--seconds", "3", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    rig.play(NOISE)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert 3 <= len(rows) <= 6
    assert "%" in rows[-1]["words"]
    assert rows[-1]["sounding"]
    assert -40 < rows[-1]["level_db"] < -5
    assert "%" not in rows[0]["words"]  # it has heard too little


# a DAW


INSERT = """
<Processor id="90001" name="semeq" active="1" user-latency="0" use-user-latency="0" own-input="1" own-output="1"
 type="port" bitslot="0" latency="0" block-size="256">
<IO name="semeq" id="90002" direction="Input" default-type="audio">
<Port type="audio" name="semeq/audio_return 1"/>
</IO>
<IO name="semeq" id="90003" direction="Output" default-type="audio">
<Port type="audio" name="semeq/audio_send 1"/>
</IO>
</Processor>
"""


@pytest.fixture
def daw(tmp_path: Path) -> Iterator[Daw]:
    """Ardour with an insert on its track "vox" that goes out to JACK, in a JACK of its own that is patient."""
    with private_jack(tmp_path) as jackd:
        made = Daw(tmp_path)
        made_session(made)
        session = tmp_path / "session" / "session.ardour"
        head, track, tail = session.read_text("utf-8").partition('name="vox" default-type')
        at = tail.rindex("<Processor", 0, tail.index('type="lv2"'))
        session.write_text(head + track + tail[:at] + INSERT + tail[at:], "utf-8")
        made.start()
        yield made
        jackd.kill()  # else it would wait for Ardour
        made.kill()


@pytest.mark.peer
def test_the_eq_is_an_insert_in_ardour(daw: Daw, tmp_path: Path) -> None:
    """Its words are heard from Ardour's master, and dark material is given more of them than light."""
    rules = ("--from", "^ardour:semeq/audio_send", "--into", "^ardour:semeq/audio_return")
    rig = Rig(tmp_path, "semeq", OUTS, INS)
    rig.play(NOISE)
    rig.do("connect", [("semeq_player:out_1", one) for one in (f"semeq_ear:in_{INS}", "ardour:vox/audio_in 1")])
    rig.do("connect", [("ardour:Master/audio_out 1", "semeq_ear:in_1")])
    assert daw.process is not None
    options = ("--jack", "vox", "--channels", "1", "--no-adapt", "--speed", "2", *rules)
    with contextlib.closing(rig), living(tmp_path, *options) as live:
        eventually(lambda: is_connected(rig, ("semeq:vox_out_1", "ardour:semeq/audio_return 1")))
        flat = transfer(rig.last())
        assert np.abs(flat).min() > 0.1
        live.set("vox/match", 0)
        for words in ("warm", "bright"):
            live.set("vox/term", words)
            gain = np.abs(transfer(rig.last()) / flat)
            wanted = response_db(eq(words), FREQS_HZ[HEARD])
            assert np.abs(20 * np.log10(gain) - wanted).max() < 0.7
        live.set("vox/adapt", 1)
        tilt = []
        for noise in (DARK, LIGHT):
            rig.play(np.stack([noise] * OUTS))
            low, high = (1.2, 1.6) if noise is DARK else (0.0, 0.8)
            eventually(lambda low=low, high=high: low < live.value("vox/share") < high)  # type: ignore[misc]
            tilt.append(tilt_db(rig.last()[0], noise))
        assert tilt[0] > tilt[1] + 3.0
