"""CamillaDSP, by its websocket: five filters and a preamp of ours in the configuration it runs; the rest stays.

Target: ``camilladsp:`` (127.0.0.1:1234) or ``camilladsp:HOST:PORT``; it listens where it was started with ``-p PORT``.
Written by what is published, not tried with the program: websocket.md, src/socketserver.rs and the step of the pipeline
as versions up to 4 have them, and camilladsp-config/src/protocol.rs at a2b03a8, where version 5 names commands and
replies in a field of their own. Version 2 has a step for each channel, version 3 one for many.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semeq.settings import EqSettings, shown
from semeq_bridge.drivers.camilladsp_config import Config, bands_of, with_bands
from semeq_bridge.errors import DriverError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

HOST, PORT = "127.0.0.1", 1234
MOST_BYTES = 1 << 20
_PATIENCE_S = 1.0
_FORM = re.compile(r"(?:(?P<host>[\w.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5}))?")
_QUIET = logging.Logger(__name__)  # what goes wrong is raised; the library's log would say it again
_QUIET.addHandler(logging.NullHandler())


@dataclass(slots=True)
class _Talk:
    """A connection; ``tagged`` from version 5 on, where messages name themselves in a field."""

    wire: ClientConnection
    place: str
    tagged: bool = False
    major: int = 0

    def _exchange(self, command: str, value: str | None) -> Config | None:
        """The body of the reply; None where the command is unknown."""
        said: Any = command if value is None else {command: value}
        if self.tagged:
            said = {"command": command} | ({} if value is None else {"value": value})
        try:
            self.wire.send(json.dumps(said))
            reply = self.wire.recv(timeout=_PATIENCE_S)
        except Exception as error:  # the library's own assertions too
            raise DriverError(f"CamillaDSP at {self.place} gave no answer to {command}: {_short(error)}") from None
        body = _parsed(reply)
        if isinstance(body, dict):
            if body.get("reply") == "Invalid" or "Invalid" in body:
                return None
            if body.get("reply") == command:
                return body
            if isinstance(inner := body.get(command), dict):
                return inner
        raise DriverError(f"{self.place} answers, but not as CamillaDSP does: is that its port?")

    def greet(self) -> None:
        """Find out the version, and by that how to talk."""
        body = self._exchange("GetVersion", None)
        if body is None:
            self.tagged = True
            body = self._exchange("GetVersion", None)
        version = re.match(r"\d{1,3}(?=\.)", str((body or {}).get("value")))
        if version is None:
            raise DriverError(f"{self.place} answers, but tells no version of CamillaDSP: is that its port?")
        self.major = int(version[0])

    def ask(self, command: str, value: str | None = None) -> Any:
        """The value of a reply, once the command is done."""
        body = self._exchange(command, value)
        if body is None:
            raise DriverError(f"CamillaDSP {self.major} at {self.place} does not know {command}: another version?")
        result = body.get("result")
        if result == "Ok":
            return body.get("value")
        if isinstance(result, dict):  # up to version 4 the description is behind the name
            result = "; ".join(f"{name}: {text}" for name, text in result.items())
        detail = f": {body['message']}" if "message" in body else ""
        raise DriverError(f"CamillaDSP refused {command}: {_short(f'{result}{detail}')}")

    def config(self) -> Config:
        """The configuration that is active."""
        config = _parsed(self.ask("GetConfigJson"))
        if config is None:
            raise DriverError(f"CamillaDSP at {self.place} runs no configuration: load one into it")
        if not isinstance(config, dict) or not isinstance(config.get("devices"), dict):
            raise DriverError(f"CamillaDSP at {self.place} told a configuration without devices: another version?")
        return config


class CamillaDsp:
    """The pipeline of one CamillaDSP; each exchange has a connection of its own."""

    max_hz = 20.0

    def __init__(self, target: str) -> None:
        said = _FORM.fullmatch(target)
        port = int(said["port"] or PORT) if said else 0
        if said is None or not 1 <= port <= 65_535:
            raise DriverError(f"camilladsp:{shown(target)}: give host and port, such as camilladsp:{HOST}:{PORT}")
        host = said["host"] or HOST
        self._to = (host.strip("[]"), port)
        self._place = f"{host}:{port}"
        self._asked: EqSettings | None = None

    @contextmanager
    def _talk(self) -> Iterator[_Talk]:
        try:
            from websockets.sync.client import connect
        except ImportError:
            raise DriverError('camilladsp needs websockets: pip install "semeq[camilladsp]"') from None
        with ExitStack() as stack:
            try:
                wire = stack.enter_context(
                    connect(
                        f"ws://{self._place}",
                        sock=stack.enter_context(_connected(self._to)),  # with a socket no redirect is followed
                        proxy=None,
                        compression=None,
                        open_timeout=_PATIENCE_S,
                        close_timeout=_PATIENCE_S,
                        ping_interval=None,
                        max_size=MOST_BYTES,
                        max_queue=2,
                        logger=_QUIET,
                    )
                )
            except Exception as error:  # a peer that speaks first trips assertions of the library
                raise DriverError(
                    f"no CamillaDSP at {self._place} ({_short(error)}): start it with -p {self._to[1]}"
                ) from None
            talk = _Talk(wire, self._place)
            talk.greet()
            yield talk

    def push(self, settings: EqSettings) -> None:
        """Put the bands into the configuration that is there at this moment."""
        with self._talk() as talk:
            config = talk.config()
            changed = with_bands(config, settings, talk.major)
            if changed != config:
                talk.ask("SetConfigJson", _written(changed))
        self._asked = settings

    def alive(self) -> bool:
        """Whether the bands are as they were pushed; False where another configuration has taken their place."""
        with self._talk() as talk:
            config = talk.config()
            return self._asked is not None and with_bands(config, self._asked, talk.major) == config

    def read_back(self) -> EqSettings | None:
        """What its filters of our names stand for; None where it has none."""
        with self._talk() as talk:
            config = talk.config()
        return bands_of(config)

    def close(self) -> None:
        """Nothing is open between two exchanges."""


def _parsed(text: Any) -> Any:
    """JSON as it is meant; the text itself, which nobody takes for a reply, where it is none."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return text


def _written(config: Config) -> str:
    try:
        return json.dumps(config, allow_nan=False)
    except (ValueError, RecursionError):
        raise DriverError("CamillaDSP: its configuration holds what JSON cannot: another version?") from None


def _short(said: object) -> str:
    """What went wrong, as a part of a line."""
    words = " ".join(str(said).split()) or type(said).__name__
    text = "".join(one if one.isprintable() else "?" for one in words)
    return text if len(text) <= 160 else f"{text[:157]}..."


def _connected(to: tuple[str, int]) -> socket.socket:
    """A connection on which nothing waits longer than our patience: not to connect, and not to send."""
    wire = socket.create_connection(to, _PATIENCE_S)
    wire.settimeout(None)
    limit = int(1000 * _PATIENCE_S) if sys.platform == "win32" else struct.pack("ll", int(_PATIENCE_S), 0)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    return wire
