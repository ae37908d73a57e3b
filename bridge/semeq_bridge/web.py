"""The web server of OSCQuery: a few requests at a time, from those who may, by the name we are known under; read only.

A page of a stranger can make a browser ask 127.0.0.1 under a name of its own (DNS rebinding): Host is checked.
"""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from semeq_bridge.errors import BridgeError
from semeq_bridge.oscquery import as_bytes

_MOST_AT_ONCE, _PATIENCE_S = 8, 2.0
Answer = Callable[[str], tuple[int, dict[str, Any]]]


class Web(ThreadingHTTPServer):
    """Answers GET with what ``answer`` makes of the target."""

    daemon_threads = True
    request_queue_size = 16

    def __init__(self, host: str, port: int, answer: Answer, may: Callable[[str], bool]) -> None:
        self.answer, self.may = answer, may
        self.counts: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._room = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), Asked)
        except OSError as error:
            raise BridgeError(f"port {port} at {host}: {error.strerror}; give another with --http") from None
        port = self.server_address[1]
        self.names = {
            f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host)
        }
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)

    def count(self, name: str) -> None:
        """One more of these; several threads count."""
        with self._counting:
            self.counts[name] += 1

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self.shutdown()
        self._thread.join(2)
        self.server_close()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Only those who may."""
        del request
        if self.may(client_address[0]):
            return True
        self.count("not-allowed")
        return False

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for each, but no more than a few."""
        if not self._room.acquire(blocking=False):
            self.count("http-refused")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the room back, whatever happened."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Somebody hung up, or sent no HTTP: counted, not printed."""
        del request, client_address
        self.count("http-bad")


class Asked(BaseHTTPRequestHandler):
    """One request."""

    server: Web  # pyright: ignore[reportIncompatibleVariableOverride]  # no other server makes it
    server_version, sys_version = "semeq", ""
    timeout = _PATIENCE_S

    def do_GET(self) -> None:  # named by http.server
        """Answer from the state as it is."""
        self.server.count("http")
        if self.headers.get("Host", "").lower() not in self.server.names:
            self.server.count("http-refused")
            self._say(403, {"error": f"Host has to be one of {', '.join(sorted(self.server.names))}"})
            return
        self._say(*self.server.answer(self.path))

    def _say(self, status: int, said: dict[str, Any]) -> None:
        body = b"" if status == 204 else as_bytes(said)
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses: as JSON too."""
        del explain
        self.close_connection = True
        self._say(code, {"error": message or "refused; only GET is answered"})

    def log_message(self, format: str, *args: Any) -> None:  # named by http.server
        """Nothing is printed; there are counters."""
