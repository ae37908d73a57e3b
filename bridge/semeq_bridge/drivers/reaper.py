"""REAPER's ReaEQ, by REAPER's own OSC: the track found by the names REAPER tells, checked before every push.

Target: ``reaper:TRACK`` and ``@HOST:PORT:LISTENPORT`` behind it. Written from the source of REAPER's OSC surface; not
tried with REAPER. The track needs a ReaEQ with a low shelf, three bands and a high shelf; none is inserted.
``.../gain/db`` goes unchanged to a function that takes a factor, as people who measured it say, so a factor is sent: it
is small where dB were meant. REAPER shows the gain it made of that; where it shows the factor as dB, dB are sent.
"""

from __future__ import annotations

import math
import re
import struct
import time
from collections.abc import Mapping

from semeq.settings import EqSettings
from semeq_bridge.drivers.calibration import shown
from semeq_bridge.drivers.wire import Wire, placed
from semeq_bridge.errors import DriverError
from semeq_bridge.osc import Message
from semeq_presets.errors import PresetError
from semeq_presets.filters import to_five
from semeq_presets.formats.reaper import block, read_block
from semeq_presets.plan import plan
from semeq_presets.table import FORMATS

PORT, LISTEN_PORT = 8000, 9001
TRACKS = 64
_REFRESH = "/action/41743"  # "Control surface: Refresh all surfaces"; its number is not verified
_BANDS = ("loshelf", "band/0", "band/1", "band/2", "hishelf")  # bells count from 0
_BAND = struct.Struct("<iidddB")
_HEAD, _GAIN_OFFSET = 8, 8
_LOWEST_HZ = 10.0
_PATIENCE_S, _QUIET_S, _SOON_S = 2.0, 0.06, 0.15
_LOOK_S = 5.0
_SAME_DB = 0.1
_NAME = re.compile(r"/track/(\d{1,4})/name")
_SHOWN = re.compile(r"(?:/track/\d{1,4})?/fxeq/(loshelf|band/[0-2]|hishelf)/(freq|gain|q)/str")


class Reaper:
    """One ReaEQ on one track."""

    max_hz = 50.0

    def __init__(self, target: str) -> None:
        self._track, host, (port, listen_port) = placed(target, "reaper", (PORT, LISTEN_PORT))
        self._at = f"{host}:{port}"
        hint = f"give another, reaper:{self._track}@{self._at}:PORT, and the same as device port in REAPER"
        self._wire = Wire("reaper", host, port, listen_port, hint)
        self._hint = f"its OSC device with port {listen_port}, local listen port {port}, pattern config semeq"
        self._names: dict[int, str] = {}
        self._shown: dict[str, str] = {}
        self._number = 0
        self._sent: dict[str, float] = {}
        self._wanted: EqSettings | None = None
        self._is_decibels: bool | None = None
        self._lessons = 5
        self._is_silent = False
        self._asked_s = -math.inf

    def _listen(self, patience_s: float = 0.0) -> bool:
        """Note what REAPER tells; whether it told anything."""
        heard = False
        for message in self._wire.heard(patience_s, _QUIET_S if patience_s else 0.0):
            heard = True
            self._note(message)
        return heard

    def _note(self, message: Message) -> None:
        match message.args:
            case (str(text),) if name := _NAME.fullmatch(message.address):
                number = int(name[1])
                if number == self._number and time.monotonic() - self._asked_s > _PATIENCE_S:
                    self._sent.clear()  # told unasked: REAPER, or its project, is new
                if len(self._names) < 10 * TRACKS or number in self._names:
                    self._names[number] = text
            case (str(text),) if found := _SHOWN.fullmatch(message.address):
                key = f"{found[1]}/{found[2]}"
                value = shown(text)
                # the output gain is shown as the frequency of band 0; what is no frequency is none
                if key != "band/0/freq" or (value is not None and value[0] >= _LOWEST_HZ):
                    self._shown[key] = text

    def _refresh(self) -> None:
        """Ask REAPER to tell everything again, the values of our track too; raises where it does not."""
        patience_s = _PATIENCE_S
        if self._is_silent and time.monotonic() - self._asked_s < _LOOK_S:
            patience_s = _SOON_S  # asked in vain just now: when REAPER starts, it tells by itself
        else:
            self._asked_s = time.monotonic()
            if self._number:
                self._wire.send(f"/device/track/select/{self._number}")  # of this surface; REAPER's selection stays
            self._wire.send(_REFRESH)
        self._is_silent = not self._listen(patience_s)
        if self._is_silent:
            self._names.clear()
            self._forget()
            raise DriverError(
                f"no answer from REAPER at {self._at}: is it open, and in Preferences > Control/OSC/web {self._hint}?"
            )

    def _forget(self) -> None:
        self._number = 0
        self._sent.clear()
        self._shown.clear()

    def _checked(self) -> int:
        """The number of the track, by its name, as REAPER tells it now."""
        self._listen()
        if not self._names:
            self._refresh()
        if len(found := self._found()) != 1:
            self._listen(_SOON_S)  # names come one by one when tracks move
            found = self._found()
        if len(found) != 1:
            self._forget()
            how = f"{len(found)} tracks" if found else f"no track among the first {TRACKS}"
            raise DriverError(f"REAPER: {how} of the name {self._track!r}; nothing is pushed")
        if found[0] != self._number:
            self._forget()
            self._number = found[0]
            self._refresh()
            if self._found() != found:
                self._forget()
                raise DriverError("REAPER: its tracks change just now; nothing is pushed")
        freq = shown(self._shown.get("loshelf/freq", ""))
        if freq is not None and freq[0] < _LOWEST_HZ:  # what is told where there is none
            self._forget()
            raise DriverError(f"REAPER: no ReaEQ on track {self._track!r}; put one there. Nothing is pushed")
        return self._number

    def _found(self) -> list[int]:
        return [number for number, name in sorted(self._names.items()) if name == self._track]

    def track_names(self) -> list[str]:
        """All that it has told."""
        with self._wire.lock:
            self._refresh()
            return [name for _, name in sorted(self._names.items())]

    def push(self, settings: EqSettings) -> None:
        """Send what is not what it was."""
        with self._wire.lock:
            number = self._checked()
            self._wanted = held = plan(settings, FORMATS["reaper"]).held
            if self._is_decibels is None:
                self._learn(number, held)
            else:
                self._send(number, held)

    def _send(self, number: int, held: EqSettings) -> None:
        for name, value in controls(held, bool(self._is_decibels)).items():
            if self._sent.get(name) != value:
                self._wire.send(f"/track/{number}/fxeq/{name}", value)
                self._sent[name] = value

    def _learn(self, number: int, held: EqSettings) -> None:
        """Send factors, and learn from the gains that are shown then whether they were taken for dB: then send dB.

        Factors where dB are meant stay within 4 dB; dB where factors are meant may silence a track. So dB want proof.
        """
        told = self._told_gains_db(number, held)
        self._lessons -= 1
        if self._lessons <= 0 or any(
            abs(shown_db - gain_db) <= _SAME_DB < abs(shown_db - factor) for shown_db, gain_db, factor in told
        ):
            self._is_decibels = False
        elif (
            sum(abs(shown_db - factor) <= _SAME_DB < abs(shown_db - gain_db) for shown_db, gain_db, factor in told) > 2
        ):
            self._is_decibels = True
            again = self._told_gains_db(number, held)
            if not again or any(abs(shown_db - gain_db) > _SAME_DB for shown_db, gain_db, _ in again):
                self._is_decibels = False
                self._send(number, held)

    def _told_gains_db(self, number: int, held: EqSettings) -> list[tuple[float, float, float]]:
        """Send, and wait for the gains that REAPER shows of it: each with the one that is wanted, and its factor."""
        for band in _BANDS:
            self._shown.pop(f"{band}/gain", None)
        self._send(number, held)
        self._listen(_SOON_S)
        rows = [
            (shown(self._shown.get(f"{name}/gain", "")), band) for name, band in zip(_BANDS, held.bands, strict=True)
        ]
        return [
            (told[0], band.gain_db, 10 ** (band.gain_db / 20))
            for told, band in rows
            if told is not None and told[1] < _SAME_DB
        ]

    def alive(self) -> bool:
        """Whether the track is where it was; False where everything has to be sent again. Asks now and then."""
        with self._wire.lock:
            self._listen()
            if time.monotonic() - self._asked_s >= _LOOK_S:
                self._refresh()
                if self._is_another():
                    self._sent.clear()
            before = self._number
            return self._checked() == before and bool(self._sent)

    def _is_another(self) -> bool:
        """Whether most of what is shown is not what was sent: a project loaded again; a few are the user's hand."""
        same = []
        for name in _BANDS:
            freq, gain = (shown(self._shown.get(f"{name}/{what}", "")) for what in ("freq", "gain"))
            freq_hz, sent = self._sent.get(f"{name}/freq/hz"), self._sent.get(f"{name}/gain/db")
            if freq is not None and freq_hz is not None:
                same.append(abs(freq[0] - freq_hz) <= 2 * freq[1])
            if gain is not None and sent is not None:
                gain_db = sent if self._is_decibels else 20 * math.log10(sent)
                same.append(abs(gain[0] - gain_db) <= 2 * gain[1])
        return 2 * sum(same) < len(same)

    def read_back(self) -> EqSettings | None:
        """What REAPER shows of the five bands; None where it does not show all. It does not show the output gain."""
        with self._wire.lock:
            number = self._checked()
            self._shown.clear()
            self._refresh()
            if self._checked() != number:
                return None
            preamp_db = self._wanted.preamp_db if self._wanted is not None else 0.0
            return read_shown(self._shown, preamp_db)

    def close(self) -> None:
        """Close the socket."""
        self._wire.close()


def controls(held: EqSettings, is_decibels: bool) -> dict[str, float]:
    """The numbers of ReaEQ by the ends of their addresses: Hz, octaves and the gain as a factor, or in dB."""
    data = block(held, 48_000.0)

    def gain(factor: float) -> float:
        return 20 * math.log10(factor) if is_decibels else factor

    said: dict[str, float] = {}
    for place, name in enumerate(_BANDS):
        _, _, freq_hz, factor, octaves, _ = _BAND.unpack_from(data, _HEAD + place * _BAND.size)
        said |= {f"{name}/freq/hz": freq_hz, f"{name}/gain/db": gain(factor), f"{name}/q/oct": octaves}
    (output,) = struct.unpack_from("<d", data, _HEAD + len(_BANDS) * _BAND.size + _GAIN_OFFSET)
    return {**said, "gain/db": gain(output)}


def read_shown(texts: Mapping[str, str], preamp_db: float = 0.0) -> EqSettings | None:
    """The settings of what ReaEQ shows, by the same law as its files; None where a number is missing."""
    kinds = {"loshelf": 0, "hishelf": 1}
    rows = []
    for name in _BANDS:
        row = [shown(texts.get(f"{name}/{what}", "")) for what in ("freq", "gain", "q")]
        freq_hz, gain_db, octaves = (math.nan if one is None else one[0] for one in row)
        if not (freq_hz >= _LOWEST_HZ and abs(gain_db) <= 60 and octaves > 0):
            return None
        rows.append(_BAND.pack(kinds.get(name, 8), 1, freq_hz, 10 ** (gain_db / 20), octaves, 1))
    tail = struct.pack("<iid", 1, 1, 10 ** (preamp_db / 20))
    try:
        return to_five(read_block(struct.pack("<ii", 33, len(rows)) + b"".join(rows) + tail))[0]
    except PresetError:
        return None


def tracks() -> list[str]:
    """The tracks of the REAPER that runs here; raises where it does not answer."""
    driver = Reaper("any")
    try:
        return driver.track_names()
    finally:
        driver.close()
