"""MIDI for whatever can learn it: each number of the five bands is a controller of 14 bits, or an NRPN.

Target: ``midi-out:PORT`` (a regular expression; nothing is an output of our own, where the system has such), ``/nrpn``
behind it for NRPNs, ``@2`` for another channel. Gains are -12 to 12 dB in equal steps, frequencies 20 Hz to 20 kHz and
Q 0.1 to 10 in equal steps of octaves: the same as ``/semeq/.../norm``. Only what changed is sent, so that moving one
number teaches one knob.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass

from semeq.settings import GAIN_LIMIT_DB, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q, EqBand, EqSettings
from semeq_bridge.errors import DriverError
from semeq_bridge.midi.hands import Law
from semeq_bridge.midi.reader import Midi
from semeq_bridge.midi.rings import cc14, nrpn
from semeq_bridge.midi.table import checked_pattern

FIRST_CC, FIRST_NRPN = 14, 0x0400  # CC 14 to 28 with 46 to 60: free for any use; NRPN 8, 0 to 8, 14
OWN_PORT = "semeq out"
_STEPS = 16_383
_LAWS = (
    Law(low=MIN_FREQ_HZ, high=MAX_FREQ_HZ, curve="log"),
    Law(low=-GAIN_LIMIT_DB, high=GAIN_LIMIT_DB),
    Law(low=MIN_Q, high=MAX_Q, curve="log"),
)
_FORM = re.compile(r"(?P<port>.*?)(?:/(?P<way>\w+))?(?:@(?P<channel>\d+))?", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where to send, and how."""

    port: str
    way: str = "cc14"
    channel: int = 1

    @classmethod
    def of(cls, target: str) -> Place:
        """What stands behind ``midi-out:``.

        >>> Place.of("nano.*/nrpn@2")
        Place(port='nano.*', way='nrpn', channel=2)
        """
        said = _FORM.fullmatch(target)
        assert said is not None
        way, channel = said["way"] or "cc14", int(said["channel"] or 1)
        if way not in ("cc14", "nrpn") or not 1 <= channel <= 16:
            raise DriverError(f"midi-out:{target}: give a port, /cc14 or /nrpn, and @1 to @16, such as IAC/nrpn@2")
        return cls(port=checked_pattern(said["port"], "midi-out:"), way=way, channel=channel)


def steps_of(settings: EqSettings) -> list[int]:
    """The fifteen numbers, 0 to 16383: frequency, gain and Q of each band in turn."""
    return [step for band in settings.bands for step in _band(band)]


def settings_from(steps: list[int]) -> EqSettings:
    """The settings that fifteen numbers stand for."""
    freqs_hz, gains_db, qs = (
        [min(law.value(step / _STEPS), law.high) for step in steps[first::3]] for first, law in enumerate(_LAWS)
    )
    return EqSettings.of(freqs_hz, gains_db, qs)


def _band(band: EqBand) -> list[int]:
    numbers = (band.freq_hz, band.gain_db, band.q)
    return [math.floor(law.share(one) * _STEPS + 0.5) for law, one in zip(_LAWS, numbers, strict=True)]


class MidiOut:
    """A port to send to; what happens to it is told by the process that has it open."""

    max_hz = 30.0  # fifteen numbers of six bytes fill half a cable of the old kind

    def __init__(self, target: str) -> None:
        self._place = Place.of(target)
        own = "" if self._place.port else OWN_PORT
        self._midi = Midi("", "", lambda _: None, own)
        self._sent: list[int] = [-1] * 15
        self._there = not self._place.port
        if self._place.port:
            self._midi.send(self._place.port, b"")  # looked for from now on

    def _look(self) -> None:
        """What happened to the port since the last time; raises where it cannot be written to."""
        for _ in self._midi.arrived(time.monotonic()):
            pass
        for happened in self._midi.happened:
            self._there = "out" in happened or not self._place.port
            self._sent = [-1] * 15
        self._midi.happened.clear()
        if self._midi.failed:
            raise DriverError(self._midi.failed)
        if not self._there:
            self._midi.send(self._place.port, b"")
            raise DriverError(f"midi-out: no output is called {self._place.port!r}; see semeq-bridge devices")

    def push(self, settings: EqSettings) -> None:
        """Send the numbers that are not what they were."""
        self._look()
        wanted = steps_of(settings)
        for number, (old, new) in enumerate(zip(self._sent, wanted, strict=True)):
            if old != new:
                self._send(number, new)
        self._sent = wanted

    def _send(self, number: int, steps: int) -> None:
        channel = self._place.channel - 1
        if self._place.way == "nrpn":
            data = nrpn(channel, FIRST_NRPN + number, steps)
        else:
            data = cc14(channel, FIRST_CC + number, steps)
        if not self._midi.send(self._place.port, data):
            self._sent = [-1] * 15
            raise DriverError("midi-out: the port takes no more; it is tried again")

    def alive(self) -> bool:
        """False where the port has come back, so that everything has to be sent again."""
        self._look()
        return -1 not in self._sent

    def read_back(self) -> EqSettings | None:
        """Nobody answers."""
        return None

    def close(self) -> None:
        """End the process."""
        self._midi.close()
