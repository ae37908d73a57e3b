"""Is JACK's server still there? Its clients are not told when it crashed, and go on listing its ports."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path


def jack_socket() -> Path | None:
    """Where JACK's server waits for clients; None where it is another's, such as PipeWire's."""
    name = os.environ.get("JACK_DEFAULT_SERVER", "default")
    path = Path("/dev/shm" if sys.platform == "linux" else "/tmp") / f"jack_{name}_{os.getuid()}_0"
    return path if path.is_socket() else None


def is_answered(server: Path) -> bool:
    """Whether somebody waits there; JACK's own programs look the same way."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(str(server)) not in (errno.ECONNREFUSED, errno.ENOENT)
