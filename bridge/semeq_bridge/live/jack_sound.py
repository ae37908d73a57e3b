"""JACK: one client with the ports of every strip. Its callback copies, plays, copies; nothing of ours runs beside."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from semeq_bridge.errors import BridgeError
from semeq_bridge.jack import is_answered, jack_socket
from semeq_bridge.live.child import Parent
from semeq_bridge.live.engine import Engine


def library() -> Any:
    """JACK-Client, where it and JACK are installed."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        import jack
    except ImportError:
        raise BridgeError('JACK needs its Python library: pip install "semeq[live]"') from None
    except OSError:
        raise BridgeError("no JACK library here: install JACK or PipeWire's (Debian: apt install jackd2)") from None
    for silent in (jack.set_error_function, jack.set_info_function):
        silent(lambda _: None)
    return jack


def opened(name: str) -> Any:
    """A client of the server that ``JACK_DEFAULT_SERVER`` names."""
    jack = library()
    try:
        return jack.Client(name, use_exact_name=True, no_start_server=True)
    except jack.JackOpenError as error:
        if error.status.name_not_unique:
            raise BridgeError(
                f"JACK has a client {name!r} already: end it, or give another name with --client"
            ) from None
        server = os.environ.get("JACK_DEFAULT_SERVER", "default")
        raise BridgeError(f"no JACK server {server!r} answers: start it (semeq-bridge doctor looks)") from None


class JackSound:
    """The ports ``NAME_in_1``, ``NAME_out_1`` ...; with ``hear`` also ``NAME_hear_1`` ..., with ``play`` no outputs."""

    def __init__(self, engine: Engine, _: Parent, *, client: str = "semeq", listen_only: bool = False) -> None:
        self._engine = engine
        self._client = opened(client)
        self._server = jack_socket()
        self._lost = ""
        self._rows: list[tuple[int, list[Any], list[Any], list[Any]]] = []
        for number, row in enumerate(engine.rows):
            places = range(1, row["channels"] + 1)
            into = [self._client.inports.register(f"{row['name']}_in_{place}") for place in places]
            outs = [] if listen_only else [self._client.outports.register(f"{row['name']}_out_{at}") for at in places]
            heard = row["tap"] == "ports"
            ears = [self._client.inports.register(f"{row['name']}_hear_{at}") for at in places] if heard else []
            self._rows.append((number, into, outs, ears))
        self._buffers: list[np.ndarray[Any, np.dtype[np.float32]]] = []

    def start(self) -> str:
        """Take part in the graph."""
        self._set_up(self._client.blocksize)
        self._client.set_blocksize_callback(self._set_up)
        self._client.set_samplerate_callback(lambda _: self._set_up(self._client.blocksize))
        self._client.set_xrun_callback(lambda _: self._engine.panel.count("xruns"))
        self._client.set_shutdown_callback(self._shut_down)
        self._client.set_process_callback(self._process)
        self._client.activate()
        return f"JACK client {self._client.name!r}, {self._client.samplerate} Hz, {self._client.blocksize} frames"

    def _set_up(self, frames: int) -> None:
        self._engine.set_up(float(self._client.samplerate), frames)
        self._buffers = [np.zeros((2, row["channels"], frames), np.float32) for row in self._engine.rows]

    def _shut_down(self, _: Any, reason: str) -> None:
        self._lost = f"JACK: {reason or 'it has shut us down'}"

    def _process(self, frames: int) -> None:
        began_ns = time.perf_counter_ns()
        if not frames:
            return
        try:
            for number, into, outs, ears in self._rows:
                block, heard = self._buffers[number][:, :, :frames]
                for row, port in zip(block, into, strict=True):
                    row[:] = port.get_array()
                for row, port in zip(heard, ears, strict=False):
                    row[:] = port.get_array()
                played = self._engine.block(number, block, heard if ears else None)
                for row, port in zip(played, outs, strict=False):
                    port.get_array()[:] = row
            self._engine.done(began_ns, frames)
        except Exception as error:  # whatever it is, JACK must not see it
            self._engine.failed = f"JACK: {type(error).__name__}: {error}"
            for _, _, outs, _ in self._rows:
                for port in outs:
                    port.get_array().fill(0.0)

    def look(self, is_stuck: bool) -> str:
        """Shut down, or the server gone without a word."""
        if is_stuck and not self._lost and self._server is not None and not is_answered(self._server):
            self._lost = "JACK: its server is gone"
        return self._lost

    def order(self, said: Mapping[str, Any]) -> None:
        """Nothing that JACK could be told."""

    def stop(self) -> None:
        """Leave the graph."""
        if not self._lost:
            self._client.deactivate()
            self._client.close()
