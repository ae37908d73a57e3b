"""EasyEffects 8.2.8 and later, by its local socket: the five bands of the first equalizer of a pipeline.

Target: ``easyeffects:`` (the output pipeline) or ``easyeffects:input``, and ``@/path/to/socket`` behind either. The
socket is ``$XDG_RUNTIME_DIR/EasyEffectsServer``; that of the Flatpak is in
``$XDG_RUNTIME_DIR/.flatpak/com.github.wwmm.easyeffects/tmp``.

Written by its sources, not tried with the program: src/local_server.cpp at 07af7d2 (lines, replies, errors),
easyeffects_db_equalizer.kcfg at 392f5f2 and easyeffects_db_equalizer_channel.kcfg at 578363e (properties, ranges, the
order of modes and types), and the manual's local_server.md for ``left`` and ``right``, which came with 76a3f9a.
Nothing is pushed unless the equalizer has five bands in use: that is how its owner gives it to us. One that was taken
out of the pipeline still answers until EasyEffects is started anew.
"""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from semeq.settings import EqSettings, shown
from semeq_bridge.errors import DriverError
from semeq_presets.filters import Filter, FilterKind, Loaded, to_five
from semeq_presets.plan import plan
from semeq_presets.table import FORMATS

SOCKET = "EasyEffectsServer"
TYPES: dict[FilterKind, int] = {"bell": 1, "high_shelf": 3, "low_shelf": 5}
APO_MODE, FIRST_SLOPE, IIR, OFF = 6, 0, 0, 0
"""Places in the lists of EasyEffects: APO (DR), x1, IIR, no decramping."""
GAIN_DB, FREQ_HZ, Q = (-36.0, 36.0), (10.0, 24_000.0), (0.0, 100.0)
_COUNT = "numBands"
_PATIENCE_S = 1.0
_MOST_BYTES = 1 << 16
_MOST_PATH_BYTES = 107
_USE = "easyeffects:, easyeffects:input or @/path/to/socket behind either"


class EasyEffects:
    """One equalizer; each exchange has a connection of its own, as replies do not say what they answer."""

    max_hz = 20.0

    def __init__(self, target: str) -> None:
        pipeline, at, path = target.partition("@")
        self._pipeline = pipeline or "output"
        if self._pipeline not in ("input", "output"):
            raise DriverError(f"easyeffects:{shown(target)}: no such pipeline; use {_USE}")
        if at and (not Path(path).is_absolute() or "\0" in path):
            raise DriverError(f"easyeffects:{shown(target)}: behind @ stands the whole path; use {_USE}")
        if not hasattr(socket, "AF_UNIX"):
            raise DriverError("easyeffects: this system has no sockets in folders, so no EasyEffects")
        self._path = path or str(Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}") / SOCKET)
        if len(os.fsencode(self._path)) > _MOST_PATH_BYTES:
            raise DriverError(f"easyeffects: {shown(self._path)} is longer than {_MOST_PATH_BYTES} bytes; link to it")
        self._asked: dict[str, float] = {}

    def _exchange(self, lines: Iterable[str], answers: int) -> list[str]:
        """Send lines; as many answers as are due, all within our patience."""
        until_s = time.monotonic() + _PATIENCE_S
        got = b""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
                wire.settimeout(_PATIENCE_S)
                wire.connect(self._path)
                wire.sendall("".join(f"{line}\n" for line in lines).encode())  # at once: a line in two parts is lost
                while got.count(b"\n") < answers and len(got) <= _MOST_BYTES:
                    wire.settimeout(max(until_s - time.monotonic(), 1e-3))
                    piece = wire.recv(4096)
                    if not piece or time.monotonic() > until_s:
                        raise TimeoutError
                    got += piece
        except OSError:
            raise DriverError(
                f"no answer from EasyEffects at {self._path}: is it running, and its version 8.2.8 or later?"
            ) from None
        if len(got) > _MOST_BYTES:
            raise DriverError(f"{self._path} says too much for EasyEffects: is that its socket?")
        return got.decode("utf-8", "replace").split("\n")[:answers]

    def _values(self, names: Iterable[str], news: Mapping[str, float] | None = None) -> dict[str, float]:
        """What properties are, after some were set."""
        asked, place = list(names), f"{self._pipeline}:equalizer:0"
        lines = [f"set_property:{place}:{name}:{_text(value)}" for name, value in (news or {}).items()]
        lines += [f"get_property:{place}:{name}" for name in asked]
        answers = dict(zip(asked, self._exchange(lines, len(asked)), strict=True))
        for name, said in answers.items():
            if said == "error_plugin_not_found":
                raise DriverError(
                    f"EasyEffects: no equalizer in the {self._pipeline} pipeline: add one, and give it 5 bands"
                )
            if said.startswith("error_"):
                raise DriverError(
                    f"EasyEffects cannot tell {name} of its equalizer ({shown(said)}): use its version 8.2.8 or later"
                )
        return {name: self._number(name, said) for name, said in answers.items()}

    def _number(self, name: str, said: str) -> float:
        if said in ("true", "false"):
            return float(said == "true")
        try:
            value = float(said)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DriverError(f"{self._path} says {name} is {shown(said)}: is that the socket of EasyEffects?")
        return value

    def push(self, settings: EqSettings) -> None:
        """Set what is not as it should be, and see that it was taken."""
        wanted = properties(plan(settings, FORMATS["easyeffects"]).held)
        said = self._values([_COUNT, *wanted])
        if said[_COUNT] != len(settings.bands):
            raise DriverError(
                f"EasyEffects: the {self._pipeline} equalizer has {said[_COUNT]:g} bands in use, nothing is pushed: "
                "set it to 5, or load a preset of semeq"
            )
        news = {name: value for name, value in wanted.items() if not _near(said[name], value)}
        if news:
            said = self._values(news, news)
        for name, value in news.items():
            if not _near(said[name], value):
                raise DriverError(
                    f"EasyEffects was told {name} {_text(value)} and has {said[name]:g}: another version?"
                )
        self._asked = wanted

    def alive(self) -> bool:
        """Whether the bands are as they were pushed; False where a preset or a hand has changed them."""
        said = self._values([_COUNT, *self._asked])
        return (
            said[_COUNT] == 5
            and bool(self._asked)
            and all(_near(said[name], self._asked[name]) for name in self._asked)
        )

    def read_back(self) -> EqSettings | None:
        """What the equalizer stands for, by its left side."""
        said = self._values([_COUNT, "inputGain", "outputGain", *_side(EqSettings.flat(), "left")])
        kinds: dict[int, FilterKind] = {place: kind for kind, place in TYPES.items()}
        found: list[Filter] = []
        for number in range(5):
            band = {key: said[f"left:band{number}{key}"] for key in ("Type", "Mode", "Frequency", "Gain", "Q", "Mute")}
            kind = kinds.get(int(band["Type"]))
            if said[_COUNT] != 5 or kind is None or band["Mode"] != APO_MODE:
                raise DriverError(f"EasyEffects: the {self._pipeline} equalizer is not set by semeq; push to it first")
            if not band["Mute"]:
                found.append(Filter(kind=kind, freq_hz=band["Frequency"], gain_db=band["Gain"], q=band["Q"]))
        return to_five(Loaded(filters=tuple(found), preamp_db=said["inputGain"] + said["outputGain"]))[0]

    def close(self) -> None:
        """Nothing is open between two exchanges."""


def properties(held: EqSettings) -> dict[str, float]:
    """Every property that makes the curve, and its value in what EasyEffects takes."""
    whole = {"mode": IIR, "decramp": OFF, "pitchLeft": 0.0, "pitchRight": 0.0}
    whole["inputGain"] = _within(held.preamp_db, GAIN_DB)
    return whole | _side(held, "left") | _side(held, "right")


def _side(held: EqSettings, side: str) -> dict[str, float]:
    """The five bands of the left or of the right."""
    found: dict[str, float] = {}
    for number, band in enumerate(held.bands):
        numbers = {
            "Type": TYPES[band.kind],
            "Mode": APO_MODE,
            "Slope": FIRST_SLOPE,
            "Solo": False,
            "Mute": False,
            "Frequency": _within(band.freq_hz, FREQ_HZ),
            "Gain": _within(band.gain_db, GAIN_DB),
            "Q": _within(band.q, Q),
        }
        found |= {f"{side}:band{number}{key}": value for key, value in numbers.items()}
    return found


def _within(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _text(value: float) -> str:
    """A value as a line carries it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f"{value:.6f}"


def _near(said: float, wanted: float) -> bool:
    return math.isclose(said, wanted, rel_tol=1e-6, abs_tol=2e-6)
