"""What a sender can do to the bridge: packets that stop python-osc, floods, crowds of subscribers, some that are slow.

`python tests/bench/bench_bridge_abuse.py [seconds]`. Each row: what was done, and how long an honest question takes
then: 500 of them, one after the other, from this process; the bridge and whoever floods it have processes of their own.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from semeq_bridge.errors import BridgeError
from semeq_bridge.osc import encode
from tests.test_bridge_serve import Running, running
from tests.waiting import free_port

KILLERS = {
    "an element of -4 bytes": b"#bundle\0" + bytes(8) + struct.pack(">i", -4) + b"/x\0\0",
    "a time in 136 years": b"#bundle\0" + b"\xff" * 8 + struct.pack(">i", 8) + b"/x\0\0,\0\0\0",
    "a pattern with nine stars": encode("/semeq/*a*a*a*a*a*a*a*ab", 1.0),
}
FLOOD = """
import socket, sys, time
from semeq_bridge.osc import encode
port, dur_s = int(sys.argv[1]), float(sys.argv[2])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.connect(("127.0.0.1", port))
packets = [encode(f"/semeq/vox/band/{band}/gain/norm", step / 100) for band in range(1, 6) for step in range(100)]
began, count = time.perf_counter(), 0
while (passed_s := time.perf_counter() - began) < dur_s:
    for packet in packets:
        try:
            out.send(packet)
        except OSError:
            pass
        count += 1
    time.sleep(max(0.0, count / 50_000 - (time.perf_counter() - began)))
print(count, passed_s)
"""
PEER = """
import sys
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer
dispatcher = Dispatcher()
for number in range(200):
    dispatcher.map(f"/semeq/{'a' * 40}{number}", print)
def pong(client, *_):
    server.socket.sendto(b"/pong\\0\\0\\0,\\0\\0\\0", client)
dispatcher.map("/ping", pong, needs_reply_address=True)
server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def ways_ms(bridge: Running, count: int = 500) -> list[float]:
    """How long honest questions take; those that nobody answered within a second count as that."""
    found = []
    with bridge.talk() as talk:
        for _ in range(count):
            began = time.perf_counter()
            with contextlib.suppress(BridgeError):
                talk.ask("/semeq/vox/intensity", patience_s=1.0)
            found.append(1000 * (time.perf_counter() - began))
    return sorted(found)


def row(name: str, ways: Sequence[float], more: str = "") -> None:
    p50, p99 = ways[len(ways) // 2], ways[int(0.99 * len(ways))]
    print(f"{name:<46} {p50:8.2f} {p99:8.2f} {ways[-1]:8.2f}   {more}", flush=True)


def counter(bridge: Running, name: str) -> int:
    rows = {one.address: one.args[0] for one in bridge.ask("/semeq/status")}
    return int(float(str(rows.get(f"/semeq/status/{name}", 0))))


def peer_lives(packet: bytes) -> bool:
    """Whether python-osc answers three seconds after such a packet."""
    process = subprocess.Popen(
        [sys.executable, "-c", PEER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        to = ("127.0.0.1", int(process.stdout.readline()))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.settimeout(3)
            out.sendto(packet, to)
            out.sendto(b"/ping\0\0\0,\0\0\0", to)
            try:
                return out.recv(100).startswith(b"/pong")
            except TimeoutError:
                return False
    finally:
        process.kill()
        process.communicate()


def killers(bridge: Running) -> None:
    for name, packet in KILLERS.items():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for _ in range(100):
                out.sendto(packet, ("127.0.0.1", bridge.port))
        said = "answers" if peer_lives(packet) else "never answers again (3 s)"
        row(f"100 times {name}", ways_ms(bridge), f"python-osc after one: {said}")


def flood(bridge: Running, dur_s: float) -> None:
    before = counter(bridge, "packets")
    process = subprocess.Popen(
        [sys.executable, "-c", FLOOD, str(bridge.port), str(dur_s)], stdout=subprocess.PIPE, text=True
    )
    time.sleep(dur_s / 2)
    during = ways_ms(bridge, 20)
    out, _ = process.communicate()
    count, passed_s = out.split()
    row(f"a flood of {int(count) / float(passed_s):.0f}/s, in the middle of it", during, "(unanswered counts 1000)")
    time.sleep(1.0)
    lost = counter(bridge, "overflow") + counter(bridge, "dropped")
    seen = counter(bridge, "packets") - before - 2 * 20 - 4
    row("  a second after it", ways_ms(bridge), f"sent {count}; followed {seen} and counted as lost {lost}")


def crowd(bridge: Running) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for number in range(10_000):
            out.sendto(encode("/semeq/subscribe", 20_000 + number), ("127.0.0.1", bridge.port))
            if number % 100 == 99:
                time.sleep(0.02)
    bridge.ask("/semeq/list")
    row("10,000 subscribers asked for", ways_ms(bridge), f"{counter(bridge, 'subscribers')} let in, 16 a host at most")


def idle(bridge: Running, tcp_port: int) -> None:
    """One that does not read (TCP), one whose port nobody has (UDP); a stream of changes meanwhile."""
    lazy = socket.create_connection(("127.0.0.1", tcp_port))
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    packet = encode("/semeq/subscribe")
    lazy.sendall(struct.pack(">i", len(packet)) + packet)
    bridge.ask("/semeq/subscribe", 9)
    stream = subprocess.Popen(
        [sys.executable, "-c", FLOOD.replace("50_000", "500"), str(bridge.port), "5"], stdout=subprocess.PIPE, text=True
    )
    time.sleep(1)
    row("a slow and a dead subscriber, 500 changes/s", ways_ms(bridge), f"unsent {counter(bridge, 'unsent')}")
    stream.communicate()
    lazy.close()


def main() -> None:
    dur_s = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    print(f"{'':<46} {'p50, ms':>8} {'p99':>8} {'most':>8}")
    tcp_port = free_port(socket.SOCK_STREAM)
    with running("--tcp", f"127.0.0.1:{tcp_port}") as bridge:
        row("nothing", ways_ms(bridge))
        killers(bridge)
        flood(bridge, dur_s)
        idle(bridge, tcp_port)
        crowd(bridge)


if __name__ == "__main__":
    main()
