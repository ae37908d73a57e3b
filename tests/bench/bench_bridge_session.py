"""The bridge in use for some minutes of real time: what it holds at each quarter.

`python tests/bench/bench_bridge_session.py [minutes]`. A second process turns knobs by OSC 200 times a second, changes
words, and listens; connections come and go.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from semeq_bridge.osc import encode
from tests.test_bridge_serve import Running, running
from tests.test_bridge_session import WORDS, held
from tests.waiting import free_port


def used(bridge: Running, tcp_port: int, dur_s: float) -> int:
    """Some seconds of use; how many messages that was."""
    began, count = time.perf_counter(), 0
    with bridge.talk() as talk:
        talk.ask("/semeq/subscribe", patience_s=10)
        while time.perf_counter() - began < dur_s:
            talk.send(f"/semeq/vox/band/{count % 5 + 1}/gain/norm", count % 101 / 100)
            if count % 200 == 0:
                talk.ask("/semeq/vox/term", WORDS[count // 200 % len(WORDS)], patience_s=10)
            if count % 500 == 0:
                with socket.create_connection(("127.0.0.1", tcp_port)) as line:
                    line.sendall(b"\xc0" + encode("/semeq/ping", 1) + b"\xc0")
                    line.recv(100)
            count += 1
            time.sleep(max(0.0, began + count / 200 - time.perf_counter()))
    return count


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 0.4
    tcp_port = free_port(socket.SOCK_STREAM)
    print(f"{'minutes':>8} {'messages':>9} {'MiB':>8} {'files':>6} {'threads':>8}")
    with running("--daw", "vox=print:", "--tcp", f"127.0.0.1:{tcp_port}") as bridge:
        assert bridge.process.stdout is not None
        reader = threading.Thread(
            target=lambda out=bridge.process.stdout: [0 for _ in iter(lambda: out.read(65_536), b"")]
        )
        reader.start()
        count = 0
        for quarter in range(5):
            if quarter:
                count += used(bridge, tcp_port, 15 * minutes)
            now = held(bridge.process.pid)
            print(
                f"{quarter * minutes / 4:8.2f} {count:9d} {now['mib']:8.2f} {now['files']:6.0f} {now['threads']:8.0f}",
                flush=True,
            )
        bridge.process.terminate()
        reader.join(10)


if __name__ == "__main__":
    main()
