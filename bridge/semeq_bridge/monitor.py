"""What a running bridge does, as a table: each EQ, what comes and goes a second, what was dropped, how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semeq_bridge.core import ROOT

_RATES = ("packets", "midi", "messages", "changes", "pushed", "sent", "shown")
_TIMES = ("p50-ms", "p99-ms", "slowest-ms")
_LEVELS = ("subscribers", "waiting", "lines", "http")


def table(values: Mapping[str, Any], before: Mapping[str, Any], passed_s: float) -> str:
    """The table of what a bridge answered; rates against what it answered some time before."""
    status = _under(values, f"{ROOT}/status/")
    was = _under(before, f"{ROOT}/status/")
    lines = [f"{'':<10}{'A/B':<4}{'intensity':>9}  {'gains, dB':<32} words"]
    for name in dict.fromkeys(key.split("/")[2] for key in values if key.endswith("/term")):
        it = _under(values, f"{ROOT}/{name}/")
        if not {"ab", "intensity", "term"} <= it.keys():
            continue  # a part of what was told has been lost on the way
        gains = " ".join(f"{it.get(f'band/{band}/gain', 0.0):+5.1f}" for band in range(1, 6))
        states = "".join(f" ({state})" for state in ("bypass", "hold") if it.get(state))
        lines.append(f"{name:<10}{'AB'[int(it['ab'])]:<4}{it['intensity']:>9.2f}  {gains:<32} {it['term']}{states}")
        if it.get("adapt") and status.get("sound-starts"):
            peaks = f"in {it.get('meter/in', 0.0):.1f}, out {it.get('meter/out', 0.0):.1f} dBFS"
            lines.append(f"{'':<14}hears {it.get('heard')}; {it.get('expect')}; {peaks}")
    lines += ["", "  ".join(f"{name} {_rate(status, was, name, passed_s)}" for name in _RATES if name in status)]
    times = [f"{name.removesuffix('-ms')} {status[name]:.2f} ms" for name in _TIMES if name in status]
    lines.append(f"to the driver: {', '.join(times)}")
    lines.append("  ".join(f"{name} {status[name]}" for name in _LEVELS if name in status))
    if "sound-starts" in status:
        lines.append(_sound(status))
    troubles = [f"! {text}" for name, text in status.items() if name.startswith("trouble-")]
    known = {*_RATES, *_TIMES, *_LEVELS}
    lost = [
        f"{name} {count}"
        for name, count in status.items()
        if name not in known and not isinstance(count, str) and not name.startswith("sound-")
    ]
    return "\n".join([*lines, f"not followed: {', '.join(lost) if lost else 'nothing'}", *troubles])


def _sound(status: Mapping[str, Any]) -> str:
    """How the process that plays is doing."""
    it = {name.removeprefix("sound-"): value for name, value in status.items() if name.startswith("sound-")}
    if not it.get("rate"):
        return "sound: none yet"
    times = f"a block takes {it.get('p50-us', 0):.0f} us, at most {it.get('p99-us', 0):.0f} (of a hundred)"
    counts = ", ".join(f"{name} {it.get(name, 0)}" for name in ("late", "xruns", "bad"))
    return f"sound: {it['rate']} Hz, {it.get('block', 0)} frames; {times}; {counts}; started {it['starts']} times"


def _under(values: Mapping[str, Any], head: str) -> dict[str, Any]:
    return {key.removeprefix(head): value for key, value in values.items() if key.startswith(head)}


def _rate(now: Mapping[str, Any], was: Mapping[str, Any], name: str, passed_s: float) -> str:
    """So many a second, or in all where nothing was asked before."""
    if name not in was or passed_s <= 0:
        return f"{now[name]}"
    return f"{(now[name] - was[name]) / passed_s:.0f}/s"
