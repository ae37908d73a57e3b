"""The bridge on loopback: how long a change takes to its driver, and what is lost in a stream and in a flood.

`python tests/bench/bench_bridge.py [seconds]`: another process sends. python-osc's servers get the same stream in the
same run. "Lost" is what did not arrive; "wrong" are addresses whose last value is not the last one sent.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from semeq import eq
from semeq_bridge.client import Talk
from semeq_bridge.osc import decode

BRIDGE = [sys.executable, "-c", "from semeq_bridge.cli import main; main()"]
NAMES = [f"i{number}" for number in range(14)]
ADDRESSES = [
    f"/semeq/{name}/band/{n}/{what}/norm" for name in NAMES for n in range(1, 6) for what in ("gain", "freq", "q")
]
SENDER = """
import socket, sys, time
from semeq_bridge.osc import encode
port, rate, dur_s = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
addresses = sys.argv[4].split(",")
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
count = int(rate * dur_s)
began = time.perf_counter()
for number in range(count):
    out.sendto(encode(addresses[number % len(addresses)], (number % 1000) / 1000), ("127.0.0.1", port))
    if number % 8 == 7:
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
print(count, time.perf_counter() - began)
"""
PEER = """
import sys, threading, time, json
from pythonosc.dispatcher import Dispatcher
from pythonosc import osc_server
kind, addresses = sys.argv[1], sys.argv[2].split(",")
seen = {"count": 0, "last": {}}
def take(address, value):
    seen["count"] += 1
    seen["last"][address] = value
dispatcher = Dispatcher()
for address in addresses:
    dispatcher.map(address, take)
server = getattr(osc_server, kind)(("127.0.0.1", 0), dispatcher)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.readline()
print(json.dumps(seen))
"""


def send(port: int, rate: float, dur_s: float) -> int:
    command = [sys.executable, "-c", SENDER, str(port), str(rate), str(dur_s), ",".join(ADDRESSES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


def last_values(count: int) -> dict[str, float]:
    return {ADDRESSES[n % len(ADDRESSES)]: (n % 1000) / 1000 for n in range(max(0, count - len(ADDRESSES)), count)}


def bridge(rate: float, dur_s: float) -> tuple[int, int, int, float]:
    """Sent, lost, wrong, and the slowest way of a change to its driver in ms."""
    names = [part for name in NAMES for part in ("--instance", name)]
    command = [*BRIDGE, "serve", "--osc", "127.0.0.1:0", *names, "--daw", f"{NAMES[0]}=print:", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        port = int(process.stderr.readline().split("127.0.0.1:")[1].split(";")[0])
        with Talk("127.0.0.1", port) as talk:
            for name in NAMES:
                talk.ask(f"/semeq/{name}/term", "warm")
            before = status(talk)["messages"]
            count = send(port, rate, dur_s)
            lost = count - int(status(talk)["messages"] - before - 2)
            wrong = 0
            for address, value in last_values(count).items():
                (answer,) = talk.ask(address)
                wrong += abs(float(answer.args[0]) - value) > 1e-3  # type: ignore[arg-type]
            return count, lost, wrong, status(talk)["slowest-ms"]
    finally:
        process.terminate()
        process.communicate(timeout=10)


def status(talk: Talk) -> dict[str, float]:
    rows = talk.ask("/semeq/status", patience_s=20)
    return {one.address.rpartition("/")[2]: float(one.args[0]) for one in rows}  # type: ignore[arg-type]


def peer(kind: str, rate: float, dur_s: float) -> tuple[int, int, int]:
    command = [sys.executable, "-c", PEER, kind, ",".join(ADDRESSES)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    count = send(port, rate, dur_s)
    time.sleep(0.5)
    out, _ = process.communicate("\n", timeout=30)
    seen = json.loads(out)
    wrong = sum(abs(seen["last"].get(address, -1) - value) > 1e-3 for address, value in last_values(count).items())
    return count, count - seen["count"], wrong


LATENCY = """
import socket, sys, time
from semeq_bridge.osc import encode
port, rate, count = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
began = time.perf_counter()
for number in range(count):
    time.sleep(max(0.0, began + number / rate - time.perf_counter()))
    out.sendto(encode("/semeq/a/intensity", number / count), ("127.0.0.1", port))
    print(time.monotonic(), flush=False)
"""


def latency(rate: float, count: int) -> list[float]:
    """From a datagram sent in one process to the generic driver's datagram received here, in ms."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(("127.0.0.1", 0))
    ear.settimeout(2)
    template = Path("/tmp") / f"semeq-bench-{ear.getsockname()[1]}.toml"
    template.write_text(
        f'port = {ear.getsockname()[1]}\nmax_hz = 1000\n[[send]]\naddress = "/g"\nwhat = "gain"\nband = 2\n'
    )
    command = [
        *BRIDGE,
        "serve",
        "--osc",
        "127.0.0.1:0",
        "--instance",
        "a",
        "--daw",
        f"generic-osc:{template}",
        "--json",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        port = int(process.stderr.readline().split("127.0.0.1:")[1].split(";")[0])
        with Talk("127.0.0.1", port) as talk:
            talk.ask("/semeq/a/term", "warm")
            talk.ask("/semeq/a/intensity", 2.0)
        ear.settimeout(0.3)
        try:
            while ear.recv(999):
                pass
        except TimeoutError:
            ear.settimeout(2)
        command = [sys.executable, "-c", LATENCY, str(port), str(rate), str(count)]
        sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        heard: dict[int, float] = {}
        full_db = eq("warm").gains_db[1]
        try:
            while max(heard, default=0) < count - 1:
                (message,) = decode(ear.recv(999))
                heard[round(float(message.args[0]) / full_db * count)] = time.monotonic()  # type: ignore[arg-type]
        except TimeoutError:
            pass
        out, _ = sender.communicate(timeout=10)
        sent = [float(line) for line in out.split()]
        return sorted(1000 * (at_s - sent[number]) for number, at_s in heard.items() if number < count)
    finally:
        process.terminate()
        process.communicate(timeout=10)
        template.unlink()


def main() -> None:
    dur_s = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    times = latency(500, int(500 * min(dur_s, 10)))
    middle, late = times[len(times) // 2], times[int(0.99 * len(times))]
    figures = f"p50 {middle:.2f} ms, p99 {late:.2f} ms, most {times[-1]:.2f} ms"
    print(f"set -> driver at 500/s: {figures} ({len(times)} changes; others were overtaken by the next)")
    print(f"\n{'a stream over 210 addresses':<28} {'sent':>8} {'lost':>8} {'wrong':>6}   slowest change, ms")
    for rate in (5000, 10_000):
        count, lost, wrong, slowest_ms = bridge(rate, dur_s)
        print(f"{f'semeq-bridge, {rate}/s':<28} {count:8d} {lost:8d} {wrong:6d}   {slowest_ms:.1f}", flush=True)
        for kind in ("BlockingOSCUDPServer", "ThreadingOSCUDPServer"):
            count, lost, wrong = peer(kind, rate, dur_s)
            print(f"{f'  {kind}':<28} {count:8d} {lost:8d} {wrong:6d}", flush=True)


if __name__ == "__main__":
    main()
