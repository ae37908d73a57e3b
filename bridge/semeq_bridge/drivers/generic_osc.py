"""Anything that takes OSC: templates of a TOML file say which address takes which number, by which law."""

from __future__ import annotations

import math
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from semeq.response import peak_db
from semeq.settings import EqSettings
from semeq_bridge.errors import DriverError
from semeq_bridge.osc import encode
from semeq_bridge.toml import listed, one_of, read_toml, real, whole

Law = Literal["lin", "log", "norm", "lognorm", "octaves", "gain"]
_LAWS = ("lin", "log", "norm", "lognorm", "octaves", "gain")
_WHATS = ("freq", "gain", "q", "preamp", "on")


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """One message: an address, which number it takes, how that is written, and what stands before it."""

    address: str
    what: str
    band: int = 0
    law: str = "lin"
    low: float = -math.inf
    high: float = math.inf
    before: tuple[int | float | str, ...] = ()

    def value(self, settings: EqSettings, preamp_db: float) -> float:
        """The number to send."""
        if self.what == "preamp":
            plain = preamp_db
        elif self.what == "on":
            plain = 1.0
        else:
            band = settings.bands[self.band - 1]
            plain = {"freq": band.freq_hz, "gain": band.gain_db, "q": band.q}[self.what]
        match self.law:
            case "octaves":
                plain = 2 / math.log(2) * math.asinh(1 / (2 * plain))
            case "gain":
                plain = 10 ** (plain / 20)
            case "log":
                plain = math.log(max(plain, 1e-9))
        held = min(max(plain, self.low), self.high)
        match self.law:
            case "norm":
                return (held - self.low) / (self.high - self.low)
            case "lognorm":
                return math.log(held / self.low) / math.log(self.high / self.low)
        return held


class GenericOsc:
    """Sends what changed to one address over UDP."""

    def __init__(self, target: str) -> None:
        if not target:
            raise DriverError("generic-osc: give a file of templates, generic-osc:FILE.toml; see bridge/README.md")
        said = read_toml(Path(target))
        self.max_hz = real(said.get("max_hz", 50.0), f"{target}: max_hz")
        if not 0 < self.max_hz <= 1000:
            raise DriverError(f"{target}: max_hz is above 0, up to 1000")
        self._to = (str(said.get("host", "127.0.0.1")), whole(said.get("port", 0), 1, 65_535, f"{target}: port"))
        rows = listed(said, "send", f"{target}: messages are written [[send]]")
        self._templates = tuple(one for row in rows for one in _templates(row, target))
        if not self._templates:
            raise DriverError(f"{target}: no [[send]] in it; see bridge/README.md")
        self._has_preamp = any(one.what == "preamp" for one in self._templates)
        self._sent: dict[str, float] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def push(self, settings: EqSettings) -> None:
        """Send the numbers that are not what they were."""
        preamp_db = -max(0.0, peak_db(settings.with_preamp(0.0))) if self._has_preamp else 0.0  # half a millisecond
        for one in self._templates:
            value, key = one.value(settings, preamp_db), f"{one.address} {one.before}"
            if self._sent.get(key) != value:
                self._socket.sendto(encode(one.address, *one.before, value), self._to)
                self._sent[key] = value

    def read_back(self) -> EqSettings | None:
        """It does not say."""
        return None

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _templates(row: Any, target: str) -> list[Template]:
    """A row of the file; ``{band}`` in its address stands for 1 to 5, or ``{band0}`` for 0 to 4."""
    if not isinstance(row, dict) or not str(row.get("address", "")).startswith("/"):
        raise DriverError(f"{target}: each [[send]] has an address that begins with a slash")
    address = str(row["address"])
    where = f"{target}: {address}"
    what = one_of(row, "what", _WHATS, where, "nothing")
    law = one_of(row, "law", _LAWS, where)
    low, high = real(row.get("low", -math.inf), f"{where}: low"), real(row.get("high", math.inf), f"{where}: high")
    if law.endswith("norm") and not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise DriverError(f"{where}: law {law} needs low and high")
    if law == "lognorm" and low <= 0:
        raise DriverError(f"{where}: law lognorm needs low above 0")
    many = "{band" in address and "band" not in row
    bands = range(1, 6) if many else [row.get("band", 0)]
    if what in ("freq", "gain", "q"):
        bands = [whole(band, 1, 5, f"{where}: band, unless {{band}} is in the address,") for band in bands]
    before = tuple(listed(row, "before", f"{where}: before is a list"))
    if not all(isinstance(one, (int, float, str)) for one in before):
        raise DriverError(f"{where}: before holds numbers and text")
    made = []
    for band in bands:
        place = address.replace("{band}", str(band)).replace("{band0}", str(band - 1))
        made.append(Template(address=place, what=what, band=band, law=law, low=low, high=high, before=before))
    return made
