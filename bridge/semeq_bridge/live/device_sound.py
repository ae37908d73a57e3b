"""A sound device, by PortAudio: a file to its outputs, or its inputs through the strips to its outputs."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

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
        self._sounddevice = sounddevice = library()
        self._engine, self._parent, self._told = engine, parent, False
        rows, usual = devices(), sounddevice.default.device
        self._out = None if listen_only else chosen(rows, out, "outputs", usual[1])
        self._into = chosen(rows, into, "inputs", usual[0]) if file is None else None
        self._source: Source | None = None
        self._note = ""
        if file is not None and self._out is not None:
            self._source = self._open(Path(file), loop)
            rate_hz = self._source.rate_hz
        row = self._out or self._into
        assert row is not None
        self._rate_hz = rate_hz or row["rate_hz"]
        self._channels = [engine.rows[0]["channels"] if file is None else 0, 0]
        if self._into is not None and self._into["inputs"] < self._channels[0]:
            has = self._into["inputs"]
            raise BridgeError(f"{self._into['name']}: has {has} inputs; give --channels {has}")
        if self._out is not None:
            self._channels[1] = min(max(engine.rows[0]["channels"], 2), self._out["outputs"])
        self._block = block

    def _open(self, path: Path, loop: bool) -> Source:
        """The file at its own rate where the device takes that, else at the device's, which is said."""
        source = Source(path, is_loop=loop)
        assert self._out is not None
        try:
            self._sounddevice.check_output_settings(device=self._out["number"], samplerate=source.rate_hz)
        except (self._sounddevice.PortAudioError, ValueError):
            source.close()
            rate_hz = float(self._out["rate_hz"])
            self._note = f", resampled from {source.file_rate_hz:g} Hz for this device"
            return Source(path, rate_hz, is_loop=loop)
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
            raise BridgeError(f"the sound device cannot be opened: {error}") from None
        self._engine.panel.put("block", self._block)
        names = " to ".join(row["name"] for row in (self._into, self._out) if row is not None)
        return f"{names}, {self._rate_hz:g} Hz{self._note}"

    def _run(self, block: Any, out: Any, status: Any) -> None:
        began_ns = time.perf_counter_ns()
        try:
            if status:
                self._engine.panel.count("xruns")
            played = self._engine.block(0, block)
            if out is not None:
                count = out.shape[1]
                out[:] = played[:count].T if len(played) >= count else played[:1].T
            self._engine.done(began_ns, block.shape[1])
        except Exception as error:  # whatever it is, PortAudio must not see it
            self._engine.failed = f"{type(error).__name__}: {error}"
            if out is not None:
                out.fill(0.0)

    def _played(self, out: Any, frames: int, _: Any, status: Any) -> None:
        assert self._source is not None
        self._run(self._source.read(frames), out, status)

    def _heard(self, into: Any, _: int, __: Any, status: Any) -> None:
        self._run(np.ascontiguousarray(into.T), None, status)

    def _through(self, into: Any, out: Any, _: int, __: Any, status: Any) -> None:
        self._run(np.ascontiguousarray(into.T), out, status)

    def look(self, is_stuck: bool) -> str:
        """Say where a file is; whether the device is still there."""
        if self._source is not None:
            self._parent.tell(place=round(self._source.place_s, 2), of=round(self._source.dur_s, 2))
            if self._source.is_over and not self._told:
                self._told = True
                self._parent.tell(ended="")
        return "the sound device is gone" if is_stuck and not self._stream.active else ""

    def order(self, said: Mapping[str, Any]) -> None:
        """Pause, seek."""
        if self._source is not None:
            self._source.order(said)

    def stop(self) -> None:
        """Close the stream."""
        self._stream.abort()
        self._stream.close()
        if self._source is not None:
            self._source.close()
