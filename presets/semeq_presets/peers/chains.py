"""ffmpeg, mpv, SoX and a convolver, run on a file of noise."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from semeq.response import Floats
from semeq_presets.errors import PeerError
from semeq_presets.peers.measure import FRAMES, from_period, period, program

_LEVEL = 2.0**-5  # so that nothing on the way clips
_TIMEOUT_S = 60


def played(name: str, path: Path, rate_hz: float) -> Floats:
    """The impulse response of a preset of the format ``name``."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.wav", Path(folder) / "out.wav"
        _write_noise(source, rate_hz)
        _run(_command(name, path, source, target, rate_hz))
        heard = _read(target)
    if len(heard) < 3 * FRAMES:
        raise PeerError(f"{path.name}: the sound stopped early; the program refused the preset")
    return from_period(heard[3 * FRAMES // 2 : 5 * FRAMES // 2] / _LEVEL)


def _command(name: str, path: Path, source: Path, target: Path, rate_hz: float) -> list[str]:
    match name:
        case "ffmpeg":
            quiet = [program("ffmpeg", "ffmpeg"), "-v", "error", "-nostdin", "-y", "-i", str(source)]
            return [*quiet, "-filter_script:a", str(path), "-c:a", "pcm_f32le", str(target)]
        case "mpv":
            profile = next(line for line in path.read_text("utf-8").splitlines() if line.startswith("["))[1:-1]
            player = [program("mpv", "mpv"), "--no-config", "--no-video", "--really-quiet", "--untimed"]
            sound = ["--ao=pcm", f"--ao-pcm-file={target}", "--audio-format=float", f"--audio-samplerate={rate_hz:.0f}"]
            return [*player, *sound, f"--include={path}", f"--profile={profile}", str(source)]
        case "sox":
            return [program("sox", "sox"), "-D", str(source), str(target), "--effects-file", str(path)]
        case _:
            taps = source.with_name("taps.txt")
            np.savetxt(taps, _read(path), fmt="%.9g")
            quiet = [program("sox", "sox"), "-D", str(source), str(target)]
            return [*quiet, "fir", str(taps)]


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        raise PeerError(f"{Path(command[0]).name}: still busy after {_TIMEOUT_S} s; it was stopped") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise PeerError(f"{Path(command[0]).name} refused the preset: {said[-1] if said else done.returncode}")


def _write_noise(path: Path, rate_hz: float) -> None:
    import soundfile

    samples = np.tile(_LEVEL * period(), 3).astype(np.float32)
    soundfile.write(path, samples, round(rate_hz), subtype="FLOAT")


def _read(path: Path) -> Floats:
    import soundfile

    try:
        samples, _ = soundfile.read(path, always_2d=True)
    except (soundfile.LibsndfileError, OSError):
        raise PeerError(f"{path.name}: no sound came out; the program refused the preset") from None
    return np.asarray(samples[:, 0], dtype=np.float64)
