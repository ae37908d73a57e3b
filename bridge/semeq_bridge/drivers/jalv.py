"""jalv, a host for one LV2 plug-in: started by us, and again where it ends; controlled by its standard input."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time

from semeq.settings import EqSettings
from semeq_bridge.errors import DriverError
from semeq_bridge.jack import is_answered, jack_socket
from semeq_presets.formats.lv2 import PLUGINS
from semeq_presets.plan import plan
from semeq_presets.table import FORMATS

_PATIENCE_S = 30.0


class Jalv:
    """A plug-in under the JACK server that ``JACK_DEFAULT_SERVER`` names."""

    max_hz = 50.0

    def __init__(self, target: str) -> None:
        name, _, rate = (target or "lv2-x42").partition("@")
        if name not in PLUGINS:
            raise DriverError(f"jalv:{name}: use one of {', '.join(PLUGINS)}")
        if rate and not rate.isdecimal():
            raise DriverError(f"jalv:{target}: a rate is a number, such as {name}@48000")
        self._form, self._plugin, self._rate_hz = FORMATS[name], PLUGINS[name], float(rate or 48_000)
        self._written: dict[str, str] = {}
        program = shutil.which("jalv")
        if program is None:
            raise DriverError("no jalv here: install it (Debian: apt install jalv)")
        self.client = f"semeq_{name.removeprefix('lv2-')}_{os.getpid()}"
        uri = self._plugin.uris[-1]  # the one for mono where there are two
        lines = [found, "-oL"] if (found := shutil.which("stdbuf")) else []  # else what it says comes late
        self._command = [*lines, program, "-x", "-n", self.client, uri]
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"JACK_NO_START_SERVER": "1"},
            text=True,
            bufsize=1,
        )
        self._server = jack_socket()
        self._said: list[str] = []
        self._written.clear()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self._wait_until_up()

    def _listen(self) -> None:
        """Keep the last lines it says; a full pipe would stop it."""
        if self._process.stdout is not None:
            for line in self._process.stdout:
                self._said = [*self._said[-400:], line.rstrip()]

    def _wait_until_up(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                said = next((line for line in reversed(self._said) if line.strip()), "nothing")
                raise DriverError(f"jalv ended at once and said: {said[:120]} (is JACK running?)")
            if self._controls():
                return
            time.sleep(0.05)
        self.close()
        raise DriverError(f"jalv did not come up within {_PATIENCE_S:.0f} s; it was ended")

    def _controls(self) -> dict[str, float]:
        """What it says all its controls are."""
        before = len(self._said)
        self._write("controls")
        time.sleep(0.1)
        found = {}
        for line in self._said[min(before, len(self._said)) :]:
            symbol, equals, value = line.removeprefix("> ").partition(" = ")
            with contextlib.suppress(ValueError):
                if equals:
                    found[symbol.strip()] = float(value)
        return found

    def _write(self, line: str) -> None:
        try:
            if self._process.stdin is None:
                raise BrokenPipeError
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise DriverError("jalv is gone") from None

    def push(self, settings: EqSettings) -> None:
        """Write the controls that are not what they were."""
        if self._process.poll() is not None:
            self.close()
            self._start()
        held = plan(settings, self._form, rate_hz=self._rate_hz).held
        for symbol, value in self._plugin.controls(held, self._rate_hz).items():
            text = f"{value:.6f}"
            if symbol != "bal" and self._written.get(symbol) != text:
                self._write(f"{symbol} = {text}")
                self._written[symbol] = text

    def alive(self) -> bool:
        """False where it has ended, or has no JACK any more: it is started again with the next push."""
        if self._server is not None and not is_answered(self._server):
            self.close()
        return self._process.poll() is None

    def read_back(self) -> EqSettings | None:
        """The settings its controls stand for."""
        from semeq_presets.filters import Loaded, to_five

        filters, preamp_db = self._plugin.filters(self._controls(), self._rate_hz)
        return to_five(Loaded(filters=filters, preamp_db=preamp_db))[0]

    def close(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(3)
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        self._reader.join(1)


def plugins() -> list[str]:
    """The plug-ins we know how to set; whether one is installed, jalv says when it is asked for it."""
    if shutil.which("jalv") is None:
        raise DriverError("no jalv here: install it (Debian: apt install jalv)")
    return list(PLUGINS)
