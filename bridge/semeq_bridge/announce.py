"""Telling the network where OSCQuery and OSC are (zeroconf), for programs that look for it; the extra ``discovery``."""

from __future__ import annotations

import socket
from typing import Any

from semeq_bridge.errors import BridgeError

NAME = "semeq"


class Announced:
    """Told until stopped; on the one interface that we listen at."""

    def __init__(self, host: str, osc_port: int, http_port: int) -> None:
        try:
            from zeroconf import ServiceInfo, Zeroconf
        except ImportError:
            raise BridgeError('--announce needs zeroconf: pip install "semeq[discovery]"') from None
        packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
        rows = (("_oscjson._tcp.local.", http_port), ("_osc._udp.local.", osc_port))
        try:
            self._zeroconf: Any = Zeroconf(interfaces=[host])
            for kind, port in rows:
                info = ServiceInfo(kind, f"{NAME}.{kind}", port=port, addresses=[packed], server=f"{NAME}.local.")
                self._zeroconf.register_service(info, allow_name_change=True)
        except OSError as error:
            raise BridgeError(f"--announce does not work at {host}: {error.strerror or error}") from None

    def stop(self) -> None:
        """Take it back."""
        self._zeroconf.close()
