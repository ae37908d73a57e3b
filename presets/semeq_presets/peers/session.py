"""PipeWire and EasyEffects in a session of their own: private bus, daemon, folders and, for EasyEffects, a screen.

Nothing of the user's session is touched. Noise is played into the filters and what comes out recorded; programs are
started, linked and ended here, by their process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from semeq.response import Floats
from semeq_presets.errors import PeerError
from semeq_presets.peers.measure import from_period, period, program, steady_period

RATE_HZ = 48_000
_LEVEL, _PERIOD = 0.5, 1 << 15
_AT_ONCE, _STEADY, _ATTEMPTS = 25, 3e-3, 5
_PATIENCE_S = 15.0
_SINK = (
    "{ factory.name=support.null-audio-sink node.name=semeq_out media.class=Audio/Sink object.linger=true "
    "audio.position=[FL FR] audio.rate=48000 priority.session=100000 priority.driver=100000 }"
)


class _Session:
    """The environment of a private session and the programs started in it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._stack, self.folder = stack, folder
        self.environment = os.environ | {
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PIPEWIRE_RUNTIME_DIR": str(folder / "run"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "HOME": str(folder / "home"),
            "GSETTINGS_BACKEND": "memory",
            "LC_ALL": "C.UTF-8",
        }
        for name in ("run", "config", "state", "data", "cache", "home"):
            (folder / name).mkdir(mode=0o700)

    def start(self, *command: str, pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Start a program that is ended with the session."""
        log = self._stack.enter_context((self.folder / f"{Path(command[0]).name}.log").open("ab"))
        process = subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=pass_fds
        )
        self._stack.callback(_end, process)
        return process

    def ask(self, *command: str) -> str:
        """What a program prints; nothing where it fails."""
        done = subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False
        )
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""

    def wait_for(self, what: str, *command: str) -> None:
        """Until a command prints ``what``."""
        until = time.monotonic() + _PATIENCE_S
        while what not in self.ask(*command):
            if time.monotonic() > until:
                raise PeerError(f"{what} did not come up in the private PipeWire session; it was ended")
            time.sleep(0.05)

    def link(self, output: str, target: str) -> None:
        """Join two ports, as soon as both are there."""
        until = time.monotonic() + _PATIENCE_S
        command = [program("pw-link", "pipewire-bin"), output, target]
        while subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False
        ).returncode:
            if time.monotonic() > until:
                raise PeerError(f"{output} and {target} could not be joined in the private session; it was ended")
            time.sleep(0.05)

    def play(self, dur_s: int) -> None:
        """Start the noise; it lasts for ``dur_s``."""
        import soundfile

        source = self.folder / "noise.wav"
        samples = np.tile(_LEVEL * period(_PERIOD), -(-dur_s * RATE_HZ // _PERIOD)).astype(np.float32)
        soundfile.write(source, samples, RATE_HZ, subtype="FLOAT")
        self.start(program("pw-cat", "pipewire-bin"), "-p", *_named("semeq_noise"), str(source))
        self.wait_for("semeq_noise:output_MONO", "pw-link", "-o")

    def record(self, name: str) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a recorder; its input is ``name:input_MONO``."""
        target = self.folder / f"{name}.wav"
        form = ["--channels", "1", "--format", "f32", "--rate", str(RATE_HZ)]
        return self.start(program("pw-cat", "pipewire-bin"), "-r", *_named(name), *form, str(target)), target


def _named(name: str) -> list[str]:
    return ["--target", "0", "-P", f'{{ node.name = "{name}" }}']


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


@contextmanager
def _session(*, screen: bool, prepare: dict[str, bytes]) -> Iterator[_Session]:
    """A session with PipeWire and its session manager; ``prepare`` are files of its configuration."""
    for name, package in (("pipewire", "pipewire"), ("wireplumber", "wireplumber"), ("dbus-daemon", "dbus")):
        program(name, package)
    folder = Path(tempfile.mkdtemp(prefix="semeq-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        session = _Session(folder, stack)
        for name, data in prepare.items():
            path = folder / "config" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        address = f"unix:path={folder}/run/bus"
        session.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        session.start("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}")
        if screen:
            _start_screen(session)
        session.start("pipewire")
        session.wait_for("core", "pw-cli", "info", "0")
        session.start("wireplumber")
        yield session


def _start_screen(session: _Session) -> None:
    reading, writing = os.pipe()
    try:
        command = [
            program("Xvfb", "xvfb"),
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            "640x480x24",
            "-nolisten",
            "tcp",
        ]
        session.start(*command, pass_fds=[writing])
        os.set_blocking(reading, False)
        until, number = time.monotonic() + _PATIENCE_S, b""
        while not number.endswith(b"\n"):
            try:
                number += os.read(reading, 16)
            except BlockingIOError:
                time.sleep(0.05)
            if time.monotonic() > until:
                raise PeerError("Xvfb did not come up; it was ended")
    finally:
        os.close(writing)
        os.close(reading)
    session.environment["DISPLAY"] = f":{number.decode().strip()}"


def pipewire_played(files: Sequence[tuple[str, bytes]]) -> list[Floats]:
    """Impulse responses of filter chains: name of the node and the file that makes it, for each."""
    heard: list[Floats] = []
    for start in range(0, len(files), _AT_ONCE):
        some = files[start : start + _AT_ONCE]
        prepare = {f"pipewire/pipewire.conf.d/{number}.conf": data for number, (_, data) in enumerate(some)}
        with _session(screen=False, prepare=prepare) as session:
            session.ask("pw-cli", "create-node", "adapter", _SINK)
            session.wait_for("semeq_out:playback_FL", "pw-link", "-i")
            session.play(120)
            found: list[Floats | None] = [None] * len(some)
            for attempt in range(_ATTEMPTS):
                left = [number for number, response in enumerate(found) if response is None]
                for number, path in zip(
                    left, _recorded(session, attempt, [(n, some[n][0]) for n in left]), strict=True
                ):
                    found[number] = _response(path)
                if all(response is not None for response in found):
                    break
            heard += map(_steady, found)
    return heard


def _recorded(session: _Session, attempt: int, nodes: Sequence[tuple[int, str]]) -> list[Path]:
    """What some filter chains play, all at the same time."""
    names = [f"semeq_rec_{number}_{attempt}" for number, _ in nodes]
    recorders = [session.record(name) for name in names]
    for name, (_, node) in zip(names, nodes, strict=True):
        session.wait_for(f"{name}:input_MONO", "pw-link", "-i")
        if not attempt:
            session.link("semeq_noise:output_MONO", f"effect_input.{node}:playback_FL")
        session.link(f"effect_output.{node}:output_FL", f"{name}:input_MONO")
    time.sleep(2.5)
    for process, _ in recorders:
        _end(process)
    return [path for _, path in recorders]


def easyeffects_played(presets: Sequence[bytes]) -> list[Floats]:
    """Impulse responses of EasyEffects with one preset after the other."""
    prepare = {f"easyeffects/output/p{number}.json": data for number, data in enumerate(presets)}
    command = program("easyeffects", "easyeffects")
    heard = []
    with _session(screen=True, prepare=prepare) as session:
        session.ask("pw-cli", "create-node", "adapter", _SINK)
        session.wait_for("semeq_out:playback_FL", "pw-link", "-i")
        session.start(command, "--gapplication-service")
        session.wait_for("easyeffects_sink:playback_FL", "pw-link", "-i")
        session.play(60 + 6 * len(presets))
        session.link("semeq_noise:output_MONO", "easyeffects_sink:playback_FL")
        for number in range(len(presets)):
            session.ask(command, "-l", f"p{number}")
            session.wait_for("ee_soe_equalizer:output_FL", "pw-link", "-o")
            time.sleep(0.3)
            response = None
            for attempt in range(_ATTEMPTS):
                name = f"semeq_rec_{number}_{attempt}"
                process, path = session.record(name)
                session.wait_for(f"{name}:input_MONO", "pw-link", "-i")
                session.link("semeq_out:monitor_FL", f"{name}:input_MONO")
                time.sleep(2.0)
                _end(process)
                if (response := _response(path)) is not None:
                    break
            heard.append(_steady(response))
    return heard


def _steady(response: Floats | None) -> Floats:
    if response is None:
        raise PeerError("nothing steady was heard in the private session; the machine may be too busy, try again")
    return response


def _response(path: Path) -> Floats | None:
    """The impulse response in a recording; None where nothing steady is in it."""
    import soundfile

    try:
        samples, _ = soundfile.read(path)
    except (soundfile.LibsndfileError, OSError):
        samples = np.zeros(0)
    steady = steady_period(np.asarray(samples, np.float64), _PERIOD, _STEADY)
    return None if steady is None else from_period(steady / _LEVEL)
