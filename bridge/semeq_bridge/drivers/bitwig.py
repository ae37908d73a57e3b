"""Bitwig Studio's EQ+ on the selected track, through DrivenByMoss: nothing is sent while another track is selected.

Target: ``bitwig:TRACK`` and ``@HOST:PORT:LISTENPORT:RESOLUTION`` behind it. DrivenByMoss steers the first EQ+ of the
selected track and no other; it sends to port 9000 unless told otherwise, which is our own: set it to 9001. Written from
its source; not tried with Bitwig. The law of the knobs is read off what they show, with band 1 switched off. Somebody
saw a first value of a knob being passed over, so a value is sent again until Bitwig tells it. EQ+ has no output gain
that can be reached, so the preamp is left out.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from semeq.settings import (
    GAIN_LIMIT_DB,
    LAYOUT,
    MAX_FREQ_HZ,
    MAX_Q,
    MIN_FREQ_HZ,
    MIN_Q,
    EqBand,
    EqSettings,
    checked_settings,
)
from semeq_bridge.drivers.calibration import Scale, even, learned, octaves
from semeq_bridge.drivers.wire import Wire, number, placed
from semeq_bridge.errors import DriverError
from semeq_bridge.osc import Arg

PORT, LISTEN_PORT, RESOLUTION = 8000, 9001, 16_384
RESOLUTIONS = (128, 1024, 16_384)
_TYPES = {"low_shelf": "lowshelf", "bell": "bell", "high_shelf": "highshelf"}
_POINTS = 11
_ROUNDS, _ROUND_S, _TEXT_S = 4, 0.25, 0.05
_PATIENCE_S, _LOOK_S = 2.0, 5.0
_SELECTED = "/track/selected/name"
_KNOBS = [f"/eq/{what}/{band}" for band in range(1, 6) for what in ("type", "freq", "gain", "q")]
_NEEDED = {_SELECTED, "/eq/exists", *(f"{knob}/value" for knob in _KNOBS)}
_KEPT = _NEEDED | {f"{knob}/valueStr" for knob in _KNOBS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Laws:
    """What the knobs stand for: as somebody read them off EQ+, until they are read here."""

    freq: Scale = field(default_factory=lambda: octaves(20, 20_000))
    gain: Scale = field(default_factory=lambda: even(-30, 30))
    q: Scale = field(default_factory=lambda: octaves(1 / 40, 40))


class Bitwig:
    """The EQ+ of one track, while that track is selected."""

    max_hz = 20.0

    def __init__(self, target: str) -> None:
        usual = (PORT, LISTEN_PORT, RESOLUTION)
        self._track, host, (port, listen_port, resolution) = placed(target, "bitwig", usual)
        if resolution not in RESOLUTIONS:
            raise DriverError(f"bitwig: value resolution {resolution}: use one of {', '.join(map(str, RESOLUTIONS))}")
        self._at, self._most = f"{host}:{port}", resolution - 1
        hint = f"give another, bitwig:{self._track}@{self._at}:PORT, and the same as port to send to in Bitwig"
        self._wire = Wire("bitwig", host, port, listen_port, hint)
        self._hint = f"port to receive on {port}, port to send to {listen_port}, value resolution {resolution}"
        self._told: dict[str, Arg] = {}
        self._laws: Laws | None = None
        self._wanted: dict[str, int | str] = {}
        self._is_all_sent = False
        self._asked_s = -1e9

    def _listen(self, patience_s: float = 0.0) -> bool:
        """Note what Bitwig tells; whether it told anything."""
        heard = False
        for message in self._wire.heard(patience_s):
            heard = True
            if len(message.args) != 1 or message.address not in _KEPT:
                continue
            if message.address == _SELECTED and self._told.get(_SELECTED, message.args[0]) != message.args[0]:
                self._told.clear()  # what is known of the EQ was another's
            self._told[message.address] = message.args[0]
        return heard

    def _refresh(self) -> None:
        """Ask for everything, and wait until it is there; raises where it does not come."""
        self._asked_s = time.monotonic()
        self._told.clear()
        self._wire.send("/refresh")
        heard = False
        while not self._told.keys() >= _NEEDED and (left_s := self._asked_s + _PATIENCE_S - time.monotonic()) > 0:
            heard = self._listen(left_s) or heard
        if self._told.keys() >= _NEEDED:
            return
        self._is_all_sent = False
        if heard:
            raise DriverError(
                f"Bitwig at {self._at} does not tell of its EQ+: update DrivenByMoss; it needs {self._hint}"
            )
        raise DriverError(
            f"no answer from Bitwig at {self._at}: is it open, with the controller Open Sound Control of "
            f"DrivenByMoss: {self._hint}?"
        )

    def _check(self) -> None:
        """Whether the track that is selected now is ours and has an EQ+; raises where not."""
        self._listen()
        if not self._told.keys() >= _NEEDED:
            self._refresh()
        name = self._told.get(_SELECTED)
        if name != self._track:
            self._is_all_sent = False
            shown = repr(name) if name else "none"
            raise DriverError(
                f"Bitwig: the selected track is {shown}, not {self._track!r}; select it. Nothing is pushed"
            )
        if not self._told.get("/eq/exists"):
            self._is_all_sent = False
            raise DriverError(f"Bitwig: no EQ+ on track {self._track!r}; put one there. Nothing is pushed")

    def _calibrated(self) -> Laws:
        """What the knobs stand for; where they cannot be turned, as somebody read them off."""
        try:
            return self._read_off()
        except DriverError:
            self._check()  # raises where it is another track that is selected now
            return Laws()

    def _read_off(self) -> Laws:
        """Turn the knobs of band 1, which is off, and read what they show."""
        self._settle({"/eq/type/1": "off"})
        readings: dict[str, list[tuple[float, object]]] = {"freq": [], "gain": [], "q": []}
        for step in range(_POINTS):
            value = round(step * self._most / (_POINTS - 1))
            self._settle({f"/eq/{what}/1": value for what in readings})
            time.sleep(_TEXT_S)  # the text may come a little later
            self._check()
            for what, rows in readings.items():
                rows.append((value / self._most, self._told.get(f"/eq/{what}/1/valueStr")))
        usual = Laws()
        freq, gain, q = (learned(getattr(usual, what), rows) for what, rows in readings.items())
        return Laws(freq=freq or usual.freq, gain=gain or usual.gain, q=q or usual.q)

    def _settle(self, wanted: Mapping[str, int | str]) -> None:
        """Send what is not as it is told to be, until it is; raises where it does not become so."""
        for _ in range(_ROUNDS):
            self._check()
            missing = self._missing(wanted)
            if not missing:
                return
            for address in missing:
                self._wire.send(address, wanted[address])
            until_s = time.monotonic() + _ROUND_S
            while self._missing(wanted) and (left_s := until_s - time.monotonic()) > 0:
                self._listen(left_s)
        self._check()
        if missing := self._missing(wanted):
            self._is_all_sent = False
            raise DriverError(
                f"Bitwig: {missing[0]} did not become what was sent; see that its controller has {self._hint}, "
                "and that controllers take over at once (Settings > Controllers)"
            )

    def _missing(self, wanted: Mapping[str, int | str]) -> list[str]:
        """What is not told to be as it should; a step beside it is as near as Bitwig rounds."""
        left = []
        for address, value in wanted.items():
            told = self._told.get(f"{address}/value")
            if isinstance(value, str):
                is_there = told == value
            else:
                said = number(told)
                is_there = said is not None and abs(said - value) <= 1
            if not is_there:
                left.append(address)
        return left

    def push(self, settings: EqSettings) -> None:
        """Send what Bitwig does not tell to be so already."""
        with self._wire.lock:
            self._check()
            if self._laws is None:
                self._laws = self._calibrated()
            self._wanted = _wanted(checked_settings(settings), self._laws, self._most)
            self._settle(self._wanted)
            self._is_all_sent = True

    def alive(self) -> bool:
        """Whether all that was sent is there; raises where the track is not selected. Asks now and then."""
        with self._wire.lock:
            self._listen()
            if time.monotonic() - self._asked_s >= _LOOK_S:
                self._refresh()
            self._check()
            if 2 * len(self._missing(self._wanted)) > len(self._wanted):  # a few are the user's hand
                self._is_all_sent = False
            return self._is_all_sent

    def read_back(self) -> EqSettings | None:
        """What Bitwig tells of bands 1 to 5; None where they are not of our kinds."""
        with self._wire.lock:
            self._check()
            self._refresh()
            self._check()
            laws, bands = self._laws or Laws(), []
            for band, kind in enumerate(LAYOUT, 1):
                row = [number(self._told.get(f"/eq/{what}/{band}/value")) for what in ("freq", "gain", "q")]
                freq, gain, q = (-1.0 if one is None else one / self._most for one in row)
                if self._told.get(f"/eq/type/{band}/value") != _TYPES[kind] or None in row:
                    return None
                bands.append(
                    EqBand(
                        kind=kind,
                        freq_hz=min(max(laws.freq.value(freq), MIN_FREQ_HZ), MAX_FREQ_HZ),
                        gain_db=min(max(laws.gain.value(gain), -GAIN_LIMIT_DB), GAIN_LIMIT_DB),
                        q=min(max(laws.q.value(q), MIN_Q), MAX_Q),
                    )
                )
            return EqSettings(bands=tuple(bands))

    def close(self) -> None:
        """Close the socket."""
        self._wire.close()


def _wanted(settings: EqSettings, laws: Laws, most: int) -> dict[str, int | str]:
    """What each knob has to be: whole numbers, as DrivenByMoss cuts off what is behind the point."""
    wanted: dict[str, int | str] = {}
    for band, one in enumerate(settings.bands, 1):
        wanted[f"/eq/type/{band}"] = _TYPES[one.kind]
        wanted[f"/eq/freq/{band}"] = round(laws.freq.position(one.freq_hz) * most)
        wanted[f"/eq/gain/{band}"] = round(laws.gain.position(one.gain_db) * most)
        wanted[f"/eq/q/{band}"] = round(laws.q.position(one.q) * most)
    return wanted
