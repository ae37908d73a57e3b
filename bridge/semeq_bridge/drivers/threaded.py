"""A driver whose program answers questions, in a thread of its own: the loop only leaves the latest settings there."""

from __future__ import annotations

import threading
from typing import Protocol

from semeq.errors import SemeqError
from semeq.settings import EqSettings
from semeq_bridge.drivers import Driver
from semeq_bridge.errors import DriverError

_LOOK_S = 1.0


class Watched(Driver, Protocol):
    """A driver that can say whether its program is still the one it was."""

    def alive(self) -> bool:
        """False where everything has to be sent again; raises where nobody answers."""
        ...


class Threaded:
    """Pushes the latest settings, looks after the program once a second, and sends everything again when it is back."""

    def __init__(self, inner: Watched) -> None:
        self.max_hz = inner.max_hz
        self._inner = inner
        self._wanted: EqSettings | None = None
        self._failed = ""
        self._news, self._stop = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        done: EqSettings | None = None
        while not self._stop.is_set():
            self._news.wait(_LOOK_S)
            self._news.clear()
            with self._lock:
                wanted = self._wanted
            if wanted is None or self._stop.is_set():
                continue
            try:
                if wanted != done or not self._inner.alive():
                    self._inner.push(wanted)
                    done = wanted
                self._failed = ""
            except (SemeqError, OSError) as error:
                self._failed, done = str(error), None
                self._stop.wait(_LOOK_S / 2)

    def push(self, settings: EqSettings) -> None:
        """Leave the settings there; they are sent as soon as the program can have them."""
        with self._lock:
            self._wanted = settings
        self._news.set()
        if self._failed:
            raise DriverError(self._failed)

    @property
    def failed(self) -> str:
        """What is wrong; nothing where all is well."""
        return self._failed

    def read_back(self) -> EqSettings | None:
        """What the program says it plays."""
        return self._inner.read_back()

    def close(self) -> None:
        """End the thread and let go of the program."""
        self._stop.set()
        self._news.set()
        self._thread.join(3)
        self._inner.close()
