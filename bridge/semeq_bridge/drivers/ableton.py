"""Ableton Live's EQ Eight, through AbletonOSC: everything found by name, the law of its knobs read off what they show.

Target: ``ableton:TRACK``, ``ableton:TRACK/DEVICE``, and ``@HOST:PORT`` behind either. AbletonOSC looks at its port once
in 100 ms and answers to port 11001 only. Track and device are asked for before every push, so that a push takes one or
two such ticks; in the tick between, a track that moves cannot be seen. Bands 1 to 5 are ours, 6 to 8 stay the user's.
Scale and Adaptive Q would bend the curve: they are set to 100 % and off. Written from the source of AbletonOSC; not
tried with Live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
)
from semeq_bridge.drivers.ableton_laws import Laws, remember, remembered
from semeq_bridge.drivers.calibration import learned, octaves, shown
from semeq_bridge.drivers.wire import number, placed, shared
from semeq_bridge.errors import DriverError
from semeq_bridge.osc import Arg, Message
from semeq_presets.plan import plan
from semeq_presets.table import FORMATS

PORT, REPLY_PORT = 11_000, 11_001
_CLASS = "Eq8"
_TYPES = {"low_shelf": 2, "bell": 3, "high_shelf": 5}
_START = {"freq": octaves(10, 22_000), "q": octaves(0.1, 18)}
_POINTS = 33  # so many that a straight line between two is off by less than what a display rounds
_PATIENCE_S = 0.8  # eight ticks; a question that fails ends a tick
_MOST_ASKED = 2000
_TRIES = 3
_GAIN_DB, _OUTPUT_DB = (-15.0, 15.0), (-12.0, 12.0)

Question = tuple[str, tuple[Arg, ...]]


@dataclass(slots=True)
class _Place:
    """Where the device is, and its parameters by name: number, and range where it was told."""

    track: int
    device: int
    numbers: dict[str, int] = field(default_factory=dict)
    lows: dict[str, float] = field(default_factory=dict)
    highs: dict[str, float] = field(default_factory=dict)


class Ableton:
    """One EQ Eight on one track."""

    max_hz = 10.0

    def __init__(self, target: str) -> None:
        place, host, (port, reply_port) = placed(target, "ableton", (PORT, REPLY_PORT))
        self._track, _, self._device = place.partition("/")
        if not self._track:
            raise DriverError("ableton: name a track, such as ableton:vox")
        self._at = f"{host}:{port}"
        hint = "AbletonOSC answers there and nowhere else: end the other program that uses it"
        self._wire = shared("ableton", host, port, reply_port, hint)
        self._place: _Place | None = None
        self._tracks = 0
        self._laws: Laws | None = None
        self._sent: dict[str, float] = {}

    def _ask(self, questions: Sequence[Question]) -> list[Message]:
        """All questions at once; the answers that came before that to the last, the number of tracks, and it too."""
        last = "/live/song/get/num_tracks"
        self._wire.drain()
        for address, args in (*questions, (last, ())):
            self._wire.send(address, *args)
        answers: list[Message] = []
        for message in self._wire.heard(_PATIENCE_S, _PATIENCE_S):
            answers.append(message)
            if message.address == last and len(message.args) == 1:
                return answers
        self._place, self._laws, self._tracks = None, None, 0
        self._sent.clear()
        raise DriverError(
            f"no answer from Live at {self._at}: is it open, and AbletonOSC chosen as a control surface "
            "(Preferences > Link, Tempo & MIDI)?"
        )

    def _find(self) -> tuple[int, int]:
        """Track and device, by names, in one tick where nothing has moved."""
        for _ in range(_TRIES):
            asked = range(min(self._tracks, _MOST_ASKED))
            likely = self._place.track if self._place and self._place.track in asked else None
            questions: list[Question] = [("/live/track/get/name", (one,)) for one in asked]
            questions += [] if likely is None else _devices_of(likely)
            answers = self._ask(questions)
            count = int(number(answers[-1].args[0]) or 0)
            names = {
                int(message.args[0]): message.args[1]  # type: ignore[arg-type]  # _whole has looked
                for message in answers
                if message.address == "/live/track/get/name" and _whole(message.args, 2)
            }
            if count == self._tracks and len(names) == min(count, _MOST_ASKED):
                found = [one for one, name in names.items() if name == self._track]
                if len(found) != 1:
                    how = f"{len(found)} tracks" if found else "no track"
                    raise DriverError(f"Live: {how} of the name {self._track!r}; nothing is pushed")
                if found[0] != likely:
                    answers = self._ask(_devices_of(found[0]))
                    if number(answers[-1].args[0]) != count:
                        continue
                return found[0], self._device_in(found[0], answers)
            self._tracks = count
        raise DriverError("Live: its tracks change faster than it tells; nothing is pushed")

    def _device_in(self, track: int, answers: Sequence[Message]) -> int:
        """The equalizer among the devices of a track."""
        classes, names = (
            next((list(one.args[1:]) for one in answers if one.address == address and one.args[:1] == (track,)), [])
            for address, _ in _devices_of(track)
        )
        for place, (kind, name) in enumerate(zip(classes, names, strict=False)):
            if kind == _CLASS and (not self._device or name == self._device):
                return place
        which = f"EQ Eight of the name {self._device!r}" if self._device else "EQ Eight"
        raise DriverError(f"Live: no {which} on track {self._track!r}; put one there. Nothing is pushed")

    def _checked(self) -> _Place:
        """The place, as it was in the last tick."""
        try:
            track, device = self._find()
        except DriverError:
            self._place = None
            self._sent.clear()
            raise
        place = self._place
        if place is None or (place.track, place.device) != (track, device):
            place = _Place(track, device)
            self._describe(place)
            self._place = place
            self._sent.clear()
        return place

    def _describe(self, place: _Place) -> None:
        """The parameters by name; their ranges where the answer is not too long to be read."""
        here = (place.track, place.device)
        count = "/live/device/get/num_parameters"
        said = [one.args for one in self._ask([(count, here)]) if one.address == count and _whole(one.args, 3)]
        if not said:
            raise DriverError("Live: AbletonOSC does not tell the parameters; update it")
        amount = min(int(number(said[0][2]) or 0), _MOST_ASKED)
        ends = ("/live/device/get/parameters/min", "/live/device/get/parameters/max")
        questions: list[Question] = [("/live/device/get/parameter/name", (*here, one)) for one in range(amount)]
        for message in self._ask([*questions, *((end, here) for end in ends)]):
            match message.args:
                case (track, device, int(one), str(name)) if (track, device) == here:
                    place.numbers[name] = one
                case (track, device, *values) if (track, device) == here and len(values) == amount:
                    into = {ends[0]: place.lows, ends[1]: place.highs}.get(message.address, {})
                    for name, at in place.numbers.items():
                        if (value := number(values[at])) is not None:
                            into[name] = value
        missing = [name for name in _names(place.numbers, 1) if name not in place.numbers]
        if missing:
            raise DriverError(f"Live: the EQ Eight has no parameter {missing[0]!r}; another version?")

    def _known(self, place: _Place) -> Laws:
        """What the knobs stand for: known from before, or read off the device now."""
        if self._laws is not None:
            return self._laws
        answers = self._ask([("/live/application/get/version", ())])
        versions = [one.args for one in answers if one.address == "/live/application/get/version"]
        version = ".".join(str(one) for one in versions[0]) if versions else ""
        laws = remembered(version)
        if laws is None:
            laws, is_read = self._calibrated(place)
            if is_read and version:
                remember(version, laws)
        self._laws = laws
        return laws

    def _calibrated(self, place: _Place) -> tuple[Laws, bool]:
        """Turn the knobs of band 1, with the device off, and read what they show; over in a tick or two."""
        here = (place.track, place.device)
        _, _, freq, _, q = (place.numbers[name] for name in _names(place.numbers, 1))
        on, out = place.numbers.get("Device On", 0), place.numbers.get("Output Gain")
        moved = [on, freq, q, *([] if out is None else [out])]
        before = self._values(here, moved)
        if len(before) != len(moved):
            raise DriverError("Live: AbletonOSC does not tell the values; update it")
        steps = [step / (_POINTS - 1) for step in range(_POINTS)]
        turns = [(one, step) for step in steps for one in (freq, q)] + ([] if out is None else [(out, -3.0)])
        set_value, get_text = "/live/device/set/parameter/value", "/live/device/get/parameter/value_string"
        questions: list[Question] = [(set_value, (*here, on, 0.0))]
        for one, value in turns:
            questions += [(set_value, (*here, one, value)), (get_text, (*here, one))]
        questions += [(set_value, (*here, one, before[one])) for one in reversed(moved)]
        texts: dict[int, list[Arg]] = {}
        for message in self._ask(questions):
            if message.address == get_text and _whole(message.args, 4) and message.args[:2] == here:
                texts.setdefault(int(number(message.args[2]) or 0), []).append(message.args[3])
        read = {
            name: learned(_START[name], list(zip(steps, texts[one], strict=True)))
            if len(texts.get(one, [])) == _POINTS
            else None
            for name, one in (("freq", freq), ("q", q))
        }
        output = shown((texts.get(out) or [None])[-1]) if out is not None else None
        laws = Laws(
            freq=read["freq"] or _START["freq"],
            q=read["q"] or _START["q"],
            output_is_db=output is not None and abs(output[0] + 3) <= 2 * output[1],
        )
        return laws, None not in read.values()

    def _values(self, here: tuple[int, int], wanted: Sequence[int]) -> dict[int, float]:
        """What some parameters are."""
        address = "/live/device/get/parameter/value"
        return {
            int(message.args[2]): value  # type: ignore[arg-type]  # _whole has looked
            for message in self._ask([(address, (*here, one)) for one in wanted])
            if message.address == address and _whole(message.args, 4) and message.args[:2] == here
            if (value := number(message.args[3])) is not None
        }

    def push(self, settings: EqSettings) -> None:
        """Send what is not what it was."""
        with self._wire.lock:
            place = self._checked()
            laws = self._known(place)
            held = plan(settings, FORMATS["ableton-adv"]).held
            for name, value in _wanted(held, laws, place).items():
                if self._sent.get(name) != value:
                    here = (place.track, place.device, place.numbers[name])
                    self._wire.send("/live/device/set/parameter/value", *here, value)
                    self._sent[name] = value

    def alive(self) -> bool:
        """Whether the device is where it was and still the same; False where everything has to be sent again."""
        with self._wire.lock:
            before = self._place
            place = self._checked()
            if place is not before or not self._sent:
                return False
            numbers = {place.numbers[name]: value for name, value in self._sent.items()}
            values = self._values((place.track, place.device), list(numbers))
            other = sum(abs(values.get(one, value) - value) > 1e-3 for one, value in numbers.items())
            if 2 * other > len(numbers):  # a new one in its place; a few are the user's hand
                self._sent.clear()
                return False
            return True

    def track_names(self) -> list[str]:
        """All of them, in Live's order."""
        with self._wire.lock:
            count = int(number(self._ask([])[-1].args[0]) or 0)
            answers = self._ask([("/live/track/get/name", (one,)) for one in range(min(count, _MOST_ASKED))])
        return [str(one.args[1]) for one in answers if one.address == "/live/track/get/name" and _whole(one.args, 2)]

    def read_back(self) -> EqSettings | None:
        """The settings that bands 1 to 5 stand for; None where they are not of our kinds."""
        with self._wire.lock:
            place = self._checked()
            laws = self._known(place)
            values = self._values((place.track, place.device), list(place.numbers.values()))
        said = {name: values[one] for name, one in place.numbers.items() if one in values}
        bands = []
        for band, kind in enumerate(LAYOUT, 1):
            row = [said.get(name) for name in _names(place.numbers, band)]
            on, type_number, freq, gain, q = (-1.0 if one is None else one for one in row)
            if None in row or round(type_number) != _TYPES[kind]:
                return None
            bands.append(
                EqBand(
                    kind=kind,
                    freq_hz=min(max(laws.freq.value(freq), MIN_FREQ_HZ), MAX_FREQ_HZ),
                    gain_db=min(max(gain, -GAIN_LIMIT_DB), GAIN_LIMIT_DB) if on > 0.5 else 0.0,
                    q=min(max(laws.q.value(q), MIN_Q), MAX_Q),
                )
            )
        output_db = said.get("Output Gain", 0.0) if laws.output_is_db else 0.0
        return EqSettings(bands=tuple(bands), preamp_db=output_db)

    def close(self) -> None:
        """Let go of the port."""
        self._wire.close()


def _devices_of(track: int) -> list[Question]:
    return [("/live/track/get/devices/class_name", (track,)), ("/live/track/get/devices/name", (track,))]


def _whole(args: Sequence[Arg], length: int) -> bool:
    """Whether an answer is that long, with numbers before its last."""
    return len(args) == length and all(isinstance(one, (int, float)) for one in args[:-1])


def _names(known: Mapping[str, int], band: int) -> tuple[str, str, str, str, str]:
    """The parameters of a band; its Q has had two names."""
    q = f"{band} Q A" if f"{band} Q A" in known else f"{band} Resonance A"
    return f"{band} Filter On A", f"{band} Filter Type A", f"{band} Frequency A", f"{band} Gain A", q


def _wanted(held: EqSettings, laws: Laws, place: _Place) -> dict[str, float]:
    """All that we set, by name."""
    said: dict[str, float] = {}
    for band, wanted in enumerate(held.bands, 1):
        on, kind, freq, gain, q = _names(place.numbers, band)
        low, high = place.lows.get(gain, _GAIN_DB[0]), place.highs.get(gain, _GAIN_DB[1])
        said |= {
            on: 1.0,
            kind: float(_TYPES[wanted.kind]),
            freq: laws.freq.position(wanted.freq_hz),
            gain: min(max(wanted.gain_db, low), high),
            q: laws.q.position(wanted.q),
        }
    said |= {name: value for name, value in (("Scale", 1.0), ("Adaptive Q", 0.0)) if name in place.numbers}
    if laws.output_is_db:
        low, high = place.lows.get("Output Gain", _OUTPUT_DB[0]), place.highs.get("Output Gain", _OUTPUT_DB[1])
        said["Output Gain"] = min(max(held.preamp_db, low), high)
    return said


def tracks() -> list[str]:
    """The tracks of the Live that runs here; raises where AbletonOSC does not answer."""
    driver = Ableton("any")
    try:
        return driver.track_names()
    finally:
        driver.close()
