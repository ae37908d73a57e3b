"""Ardour, by its own OSC: an LV2 equalizer on a track, found by names, checked before every push.

Target: ``ardour:TRACK``, ``ardour:TRACK/PLUGIN`` and ``@HOST:PORT`` behind either. Measured with Ardour 7.3. OSC has to
be on in the session (Preferences > Control Surfaces). Ardour ignores values out of range, so none is sent.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from semeq.settings import EqSettings
from semeq_bridge.errors import DriverError, OscError
from semeq_bridge.osc import MOST_BYTES, Arg, Message, decode, encode
from semeq_presets.filters import Loaded, to_five
from semeq_presets.formats.lv2 import PLUGINS
from semeq_presets.plan import plan
from semeq_presets.table import FORMATS

PORT = 3819
_PATIENCE_S = 0.5


_AEQ = {"enable": "Enable", "master": "Master Gain"}
for _symbol, _label in (("l", "L"), ("1", "1"), ("2", "2"), ("3", "3"), ("4", "4"), ("h", "H")):
    _AEQ |= {f"filtog{_symbol}": f"Filter {_label}", f"g{_symbol}": f"Gain {_label}"}
    _AEQ |= {f"freq{_symbol}": f"Frequency {_label}", f"bw{_symbol}": f"Bandwidth {_label}"}
_X42 = {"enable": "Enable", "gain": "Gain", "HighPass": "Highpass", "LowPass": "Lowpass"}
for _symbol, _label in (("LS", "Lowshelf"), ("HS", "Highshelf")):
    _X42 |= {f"{_symbol}sec": _label, f"{_symbol}freq": f"{_label} Frequency"}
    _X42 |= {f"{_symbol}q": f"{_label} Bandwidth", f"{_symbol}gain": f"{_label} Gain"}
for _number in range(1, 5):
    _X42 |= {f"sec{_number}": f"Section {_number}", f"freq{_number}": f"Frequency {_number}"}
    _X42 |= {f"q{_number}": f"Bandwidth {_number}", f"gain{_number}": f"Gain {_number}"}
_CALF = {"bypass": "Bypass", "level_in": "Input Gain", "level_out": "Output Gain"}
for _symbol, _label in (("ls", "L"), ("hs", "H")):
    _CALF |= {f"{_symbol}_active": f"{_symbol.upper()} Active", f"{_symbol}_level": f"Level {_label}"}
    _CALF |= {f"{_symbol}_freq": f"Freq {_label}", f"{_symbol}_q": f"{_symbol.upper()} Q"}
for _number in range(1, 4):
    _CALF |= {f"p{_number}_active": f"F{_number} Active", f"p{_number}_level": f"Level {_number}"}
    _CALF |= {f"p{_number}_freq": f"Freq {_number}", f"p{_number}_q": f"Q {_number}"}
_LSP = {"enabled": "Enabled", "g_in": "Input gain", "g_out": "Output gain", "mode": "Equalizer mode"}
_LSP |= {"bal": "Output balance", "frqs": "Frequency shift"}
for _number in range(16):
    for _symbol, _label in (
        ("ft", "Filter type"), ("fm", "Filter mode"), ("s", "Filter slope"), ("xs", "Filter solo"),
        ("xm", "Filter mute"), ("f", "Frequency"), ("g", "Gain"), ("q", "Quality factor"),
    ):  # fmt: skip
        _LSP[f"{_symbol}_{_number}"] = f"{_label} {_number}"

PROFILES: dict[str, tuple[str, Mapping[str, str]]] = {
    "ACE EQ": ("lv2-aeq", _AEQ),
    "x42-eq": ("lv2-x42", _X42),
    "Calf Equalizer 5 Band": ("lv2-calf", _CALF),
    "LSP Parametric Equalizer x16": ("lv2-lsp", _LSP),
}
"""The equalizers we know by the names that Ardour shows: our format, and the label of each control by our symbol."""


@dataclass(slots=True)
class _Place:
    """Where the plug-in is, and its controls by label: number, lowest, highest value, what it is now."""

    strip: int
    plugin: int
    name: str
    rate_hz: float
    controls: dict[str, tuple[int, float, float, float]] = field(default_factory=dict)


class Ardour:
    """One equalizer on one track."""

    max_hz = 50.0

    def __init__(self, target: str) -> None:
        place, _, host = target.partition("@")
        self._track, _, self._plugin = place.partition("/")
        if not self._track:
            raise DriverError("ardour: name a track, such as ardour:vox")
        address, _, port = (host or f"127.0.0.1:{PORT}").rpartition(":")
        if not port.isdecimal() or not 1 <= int(port) <= 65_535:
            raise DriverError(f"ardour:{target}: behind @ stand host and port, such as 127.0.0.1:{PORT}")
        self._to = (address or "127.0.0.1", int(port))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._place: _Place | None = None
        self._sent: dict[str, float] = {}
        self._is_set_up = False

    def ask(self, last: str, address: str, *args: Arg) -> list[Message]:
        """Send a question; the answers up to the one that is the last."""
        self._drain()
        self._socket.sendto(encode(address, *args), self._to)
        answers: list[Message] = []
        until_s = time.monotonic() + _PATIENCE_S
        while (left_s := until_s - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            try:
                messages = decode(self._socket.recv(MOST_BYTES + 1))
            except (TimeoutError, OscError):
                continue
            except OSError:
                break  # nobody has the port
            for message in messages:
                answers.append(message)
                if message.address == last or (message.args and message.args[0] == last):
                    return answers
        self._is_set_up = False
        self._place = None
        raise DriverError(
            f"no answer from Ardour at {self._to[0]}:{self._to[1]}: is it open, and OSC on in its session?"
        )

    def _drain(self) -> None:
        self._socket.setblocking(False)
        try:
            while self._socket.recv(MOST_BYTES + 1):
                pass
        except OSError:
            self._socket.setblocking(True)

    def _find(self) -> tuple[int, int, str, float]:
        """Strip, plug-in, its name and the sample rate, by names: whatever was moved, the names count."""
        if not self._is_set_up:
            self._socket.sendto(encode("/set_surface", 0, 159, 0, 0, 0, 0, 0), self._to)
            time.sleep(0.05)
            self._is_set_up = True
        rows = self.ask("end_route_list", "/strip/list")
        strips = [int(str(row.args[6])) for row in rows if len(row.args) > 6 and row.args[1] == self._track]
        rate_hz = next((float(str(row.args[1])) for row in rows if row.args and row.args[0] == "end_route_list"), 48e3)
        if len(strips) != 1:
            how = "no track" if not strips else f"{len(strips)} tracks"
            raise DriverError(f"Ardour: {how} of the name {self._track!r}; nothing is pushed")
        (answer, *_) = self.ask("/strip/plugin/list", "/strip/plugin/list", strips[0])[-1:]
        rest = answer.args[1:]
        for number, name in zip(rest[0::3], rest[1::3], strict=False):
            if isinstance(name, str) and isinstance(number, int) and self._is_meant(name):
                return strips[0], number, name, rate_hz
        wanted = self._plugin or ", ".join(PROFILES)
        raise DriverError(f"Ardour: no equalizer that we know on track {self._track!r} (looked for {wanted})")

    def _is_meant(self, name: str) -> bool:
        if _profile(name) is None:
            return False
        return not self._plugin or self._plugin.casefold() in name.casefold()

    def _checked(self) -> _Place:
        """The place, sure to be the right one at this moment."""
        strip, plugin, name, rate_hz = self._find()
        place = self._place
        if place is None or (place.strip, place.plugin, place.name, place.rate_hz) != (strip, plugin, name, rate_hz):
            place = self._place = _Place(strip, plugin, name, rate_hz)
            self._describe(place)
            self._sent.clear()
        return place

    def _describe(self, place: _Place) -> None:
        rows = self.ask("/strip/plugin/descriptor_end", "/strip/plugin/descriptor", place.strip, place.plugin)
        place.controls.clear()
        for row in rows:
            if row.address == "/strip/plugin/descriptor" and len(row.args) >= 9:
                number, label, low, high, now = row.args[2], row.args[3], row.args[6], row.args[7], row.args[-1]
                if isinstance(number, int) and all(isinstance(one, (int, float)) for one in (low, high, now)):
                    place.controls[str(label)] = (number, float(low), float(high), float(now))  # type: ignore[arg-type]

    def push(self, settings: EqSettings) -> None:
        """Send what is not what it was."""
        place = self._checked()
        form, labels = _known(place.name)
        held = plan(settings, FORMATS[form], rate_hz=max(place.rate_hz, 44_100.0)).held
        for symbol, value in PLUGINS[form].controls(held, place.rate_hz).items():
            control = place.controls.get(labels.get(symbol, ""))
            if control is None:
                raise DriverError(
                    f"Ardour: {place.name} has no control {labels.get(symbol, symbol)!r}; another version?"
                )
            number, low, high, _ = control
            value = min(max(value, low), high)
            if self._sent.get(symbol) != value:
                message = encode("/strip/plugin/parameter", place.strip, place.plugin, number, float(value))
                self._socket.sendto(message, self._to)
                self._sent[symbol] = value

    def alive(self) -> bool:
        """Whether the plug-in is where it was; False where it is new, so that everything has to be sent again."""
        before = self._place
        return self._checked() is before

    def read_back(self) -> EqSettings | None:
        """What the plug-in's controls stand for."""
        place = self._checked()
        self._describe(place)
        form, labels = _known(place.name)
        said = {symbol: place.controls[label][3] for symbol, label in labels.items() if label in place.controls}
        filters, preamp_db = PLUGINS[form].filters(said, place.rate_hz)
        return to_five(Loaded(filters=filters, preamp_db=preamp_db, rate_hz=place.rate_hz))[0]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def tracks() -> list[str]:
    """The tracks of the Ardour that runs here; raises where none answers."""
    driver = Ardour("any")
    try:
        rows = driver.ask("end_route_list", "/strip/list")
    finally:
        driver.close()
    return [str(row.args[1]) for row in rows if len(row.args) > 6]


def _profile(name: str) -> tuple[str, Mapping[str, str]] | None:
    return next((profile for head, profile in PROFILES.items() if name.startswith(head)), None)


def _known(name: str) -> tuple[str, Mapping[str, str]]:
    found = _profile(name)
    if found is None:
        raise DriverError(f"Ardour: {name} is none of {', '.join(PROFILES)}")
    return found
