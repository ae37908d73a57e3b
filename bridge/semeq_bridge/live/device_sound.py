"""A sound device, by PortAudio: a file to its outputs, or its inputs through the strips to its outputs."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semeq.errors import SemeqError
from semeq.streaming import Audio
from semeq_bridge.errors import BridgeError
from semeq_bridge.live.child import Parent
from semeq_bridge.live.engine import Engine
from semeq_bridge.live.source import Source


def library() -> Any:
    """sounddevice, where it and PortAudio are installed."""
    try:
        import sounddevice
    except ImportError:
        raise BridgeError('a sound device needs its library: pip install "semeq[live]"') from None
    except OSError:
        raise BridgeError("no PortAudio here: install it (Debian: apt install libportaudio2)") from None
    except Exception as error:  # its own, which cannot be named: it comes where PortAudio does not start
        raise BridgeError(f"PortAudio does not start: {error}") from None
    return sounddevice


def devices() -> list[dict[str, Any]]:
    """All devices there are: name, inputs, outputs, the usual rate."""
    sounddevice = library()
    try:
        rows = list(sounddevice.query_devices())
        apis = [api["name"] for api in sounddevice.query_hostapis()]
    except sounddevice.PortAudioError as error:
        raise BridgeError(f"PortAudio: {error}") from None
    return [
        {
            "number": number,
            "name": row["name"],
            "system": apis[row["hostapi"]],
            "inputs": row["max_input_channels"],
            "outputs": row["max_output_channels"],
            "rate_hz": row["default_samplerate"],
        }
        for number, row in enumerate(rows)
    ]


def chosen(rows: list[dict[str, Any]], pattern: str | None, way: str, default: int) -> dict[str, Any]:
    """The device that a pattern means, or the usual one; ``way`` is "inputs" or "outputs"."""
    able = [row for row in rows if row[way] > 0]
    if pattern:
        found = [row for row in able if re.search(pattern, row["name"])]
        if not found:
            names = ", ".join(row["name"] for row in able) or "none"
            raise BridgeError(f"no sound device with {way} whose name {pattern!r} means; there are: {names}")
        return found[0]
    for row in able:
        if row["number"] == default:
            return row
    if not able:
        raise BridgeError(f"no sound device with {way} here: plug one in, start JACK, or see semeq-bridge devices")
    return able[0]


def spread(played: Audio, count: int) -> Audio:
    """For so many loudspeakers: one channel comes out of all, all come out of one, else each out of its own.

    >>> spread(np.array([[1.0], [3.0]], np.float32), 1).tolist(), spread(np.array([[1.0]], np.float32), 2).tolist()
    ([[2.0]], [[1.0], [1.0]])
    """
    if count == 1 and len(played) > 1:
        return np.asarray(played.mean(axis=0, keepdims=True))
    return played[:count] if len(played) >= count else np.broadcast_to(played[:1], (count, played.shape[1]))


class DeviceSound:
    """One stream. With ``file`` that is played through the first strip; without, inputs go through it."""

    def __init__(
        self,
        engine: Engine,
        parent: Parent,
        *,
        file: str | None = None,
        loop: bool = True,
        into: str | None = None,
        out: str | None = None,
        block: int = 0,
        rate_hz: float | None = None,
        listen_only: bool = False,
    ) -> None:
        self._sounddevice = library()
        self._engine, self._parent, self._block = engine, parent, block
        self._failed, self._over_s, self._frames = "", 0.0, 0
        self._source: Source | None = None
        try:
            self._find(into, out, listen_only=listen_only, plays=file is not None)
            if file is not None:
                self._source = self._open(Path(file), loop)
                rate_hz = self._source.rate_hz
        except SemeqError:
            self._let_go()
            raise
        self._rate_hz = rate_hz or float((self._out or self._into or {})["rate_hz"])

    def _find(self, into: str | None, out: str | None, *, listen_only: bool, plays: bool) -> None:
        """Which devices, and how many channels of each."""
        rows, usual = devices(), self._sounddevice.default.device
        self._out = None if listen_only else chosen(rows, out, "outputs", usual[1])
        self._into = None if plays else chosen(rows, into, "inputs", usual[0])
        wanted = self._engine.rows[0]["channels"]
        self._channels = [0 if plays else wanted, 0]
        if self._into is not None and self._into["inputs"] < wanted:
            has = self._into["inputs"]
            raise BridgeError(f"{self._into['name']}: has {has} input{'s'[: has > 1]}; give --channels {has}")
        self._note = ""
        if self._out is not None:
            self._channels[1] = count = min(max(wanted, 2), self._out["outputs"])
            if wanted > count > 1:
                self._note = f", the first {count} of {wanted} channels"

    def _open(self, path: Path, loop: bool) -> Source:
        """The file at its own rate where the device takes that, else at the device's, which is said."""
        source = Source(path, is_loop=loop)
        assert self._out is not None
        try:
            self._sounddevice.check_output_settings(device=self._out["number"], samplerate=source.rate_hz)
        except (self._sounddevice.PortAudioError, ValueError):
            source.close()
            self._note += f", resampled from {source.file_rate_hz:g} Hz for this device"
            return Source(path, float(self._out["rate_hz"]), is_loop=loop)
        return source

    def start(self) -> str:
        """Open the stream."""
        self._engine.set_up(self._rate_hz, self._block or 512)
        numbers = [None if row is None else row["number"] for row in (self._into, self._out)]
        how = {"samplerate": self._rate_hz, "blocksize": self._block, "dtype": "float32"}
        how["latency"] = "low" if self._source is None else "high"
        try:
            if self._into is None:
                made = self._sounddevice.OutputStream(
                    device=numbers[1], channels=self._channels[1], callback=self._played, **how
                )
            elif self._out is None:
                made = self._sounddevice.InputStream(
                    device=numbers[0], channels=self._channels[0], callback=self._heard, **how
                )
            else:
                made = self._sounddevice.Stream(device=numbers, channels=self._channels, callback=self._through, **how)
            self._stream = made
            self._stream.start()
        except (self._sounddevice.PortAudioError, ValueError) as error:
            self._let_go()
            raise BridgeError(f"the sound device cannot be opened: {error}") from None
        names = " to ".join(row["name"] for row in (self._into, self._out) if row is not None)
        return f"{names}, {self._rate_hz:g} Hz{self._note}"

    def _run(self, block: Audio, out: Any, status: Any) -> None:
        began_ns, frames = time.perf_counter_ns(), block.shape[1]
        try:
            if status:
                self._engine.panel.count("xruns")
            if frames != self._frames:
                self._frames = frames
                self._engine.panel.put("block", frames)
            played = self._engine.block(0, block)
            if out is not None:
                out[:] = spread(played, out.shape[1]).T
            self._engine.done(began_ns, frames)
        except Exception as error:  # whatever it is, PortAudio must not see it
            self._failed = f"{type(error).__name__}: {error}"
            if out is not None:
                out.fill(0.0)

    def _played(self, out: Any, frames: int, _: Any, status: Any) -> None:
        assert self._source is not None
        late = self._source.late
        block = self._source.read(frames)
        self._run(block, out, status or self._source.late != late)

    def _heard(self, into: Any, _: int, __: Any, status: Any) -> None:
        self._run(np.ascontiguousarray(into.T), None, status)

    def _through(self, into: Any, out: Any, _: int, __: Any, status: Any) -> None:
        self._run(np.ascontiguousarray(into.T), out, status)

    def look(self, is_stuck: bool) -> str:
        """Say where a file is; whether the device is still there."""
        if self._source is not None:
            self._parent.tell(place=round(self._source.place_s, 2), of=round(self._source.dur_s, 2))
            self._end_of(self._source)
        if self._failed:
            self._let_go()
            return self._failed
        return "the sound device is gone" if is_stuck and not self._stream.active else ""

    def _end_of(self, source: Source) -> None:
        """Say that it is over, when the last of it has been heard."""
        if not source.is_over:
            self._over_s = 0.0
        elif not self._over_s:
            self._over_s = time.monotonic() + float(self._stream.latency)
        elif self._over_s < time.monotonic() < np.inf:
            self._over_s = np.inf
            if source.failed:
                self._parent.tell(say=source.failed)
            self._parent.tell(ended="")

    def order(self, said: Mapping[str, Any]) -> None:
        """Pause, seek."""
        if self._source is not None:
            self._source.order(said)

    def _let_go(self) -> None:
        """Leave PortAudio. A client of JACK that ends without would keep its server waiting for seconds."""
        self._sounddevice._terminate()

    def stop(self) -> None:
        """Close the stream."""
        self._stream.abort()
        self._stream.close()
        self._let_go()
        if self._source is not None:
            self._source.close()
