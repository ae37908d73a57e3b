"""What an instance of the bridge is doing, as values: the sound that is asked for, two slots, what can be undone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from semeq import eq, interpolate
from semeq.errors import SemeqError
from semeq.settings import GAIN_LIMIT_DB, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q, EqSettings
from semeq_bridge.errors import MessageError

if TYPE_CHECKING:
    from semeq.hearing.live import Moment
    from semeq.response import Floats

MOST_UNDO, MOST_WORDS_CHARS, MOST_BLENDED, MOST_SNAPSHOTS = 64, 200, 12, 64
QUIETEST_DB = -120.0
SPEEDS_S = (0.5, 120.0)
_ONE_MOVE_S = 1.0  # a fader that moves on within this time is one thing to undo


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """What is said in words: how strongly, and how far on the way to others."""

    words: str = ""
    intensity: float = 1.0
    to: str = ""
    morph: float = 0.0


@dataclass(frozen=True, slots=True)
class Put:
    """Where a hand put a number of a band, and over which words: it stays so much off whatever the words become."""

    value: float
    over: Wording


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What a hand changed about one band."""

    gain: Put | None = None
    freq: Put | None = None
    q: Put | None = None


_UNMOVED = (Moved(),) * 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """What is asked for. ``weights`` are a blend set by faders; where there are some, the words are their text."""

    wording: Wording = Wording()
    weights: tuple[tuple[str, float], ...] = ()
    moved: tuple[Moved, ...] = _UNMOVED
    range_db: float = GAIN_LIMIT_DB
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """Made once: thirty values of one sound are looked up by it thirty times a second."""
        if not self._hash:
            object.__setattr__(self, "_hash", hash((self.wording, self.weights, self.moved, self.range_db)) or 1)
        return self._hash

    def saying(self, **said: str | float) -> Sound:
        """The same with other words."""
        return replace(self, wording=replace(self.wording, **said))  # type: ignore[arg-type]  # fields of Wording


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What is heard of the material where somebody listens, and how much of the words that leaves to do.

    ``have`` is how much of the words it has, ``share`` how much of them is given now, on the way to ``aim``; 1 is as
    they are. ``words`` say what it is like; ``shape_db`` is its spectrum, moving slowly; ``in_dbfs`` and ``out_dbfs``
    are peaks of what goes in and comes out.
    """

    moment: Moment | None = None
    shape_db: Floats | None = field(default=None, compare=False)
    at_s: float = 0.0
    have: float = 0.0
    share: float = 1.0
    aim: float = 1.0
    words: str = ""
    in_dbfs: float = QUIETEST_DB
    out_dbfs: float = QUIETEST_DB


@dataclass(frozen=True, kw_only=True, slots=True)
class Listening:
    """How an instance follows the material: whether, how fast it gives more and less, beside which reference.

    ``match`` keeps it as loud as it came, ``delta`` plays the difference alone.
    """

    adapt: bool = False
    speed_s: float = 15.0
    release_s: float = 15.0
    reference: str = "music"
    match: bool = False
    delta: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """One EQ that is steered. ``sounds`` are A and B, ``side`` the one that is heard and changed."""

    name: str
    sounds: tuple[Sound, Sound] = (Sound(), Sound())
    side: int = 0
    bypass: bool = False
    held: Sound | None = None
    past: tuple[Sound, ...] = ()
    future: tuple[Sound, ...] = ()
    touched: tuple[str, float] = ("", 0.0)
    snapshots: tuple[tuple[str, Sound], ...] = ()
    listening: Listening = Listening()
    heard: Heard = Heard()

    @property
    def sound(self) -> Sound:
        """The sound that is heard, or would be if nothing was held."""
        return self.sounds[self.side]

    def with_sound(self, sound: Sound, address: str, now_s: float) -> Instance:
        """The instance with another sound; one that moves on from the same control is one thing to undo."""
        if sound == self.sound:
            return self
        before, since_s = self.touched
        goes_on = before == address and now_s - since_s < _ONE_MOVE_S and bool(self.past)
        past = self.past if goes_on else (*self.past, self.sound)[-MOST_UNDO:]
        return replace(self._put(sound), past=past, future=(), touched=(address, now_s))

    def _put(self, sound: Sound) -> Instance:
        sounds = (sound, self.sounds[1]) if self.side == 0 else (self.sounds[0], sound)
        return replace(self, sounds=sounds)

    def undone(self) -> Instance:
        """The sound before the last change."""
        if not self.past:
            return self
        back = replace(self._put(self.past[-1]), past=self.past[:-1], future=(self.sound, *self.future)[:MOST_UNDO])
        return replace(back, touched=("", 0.0))

    def redone(self) -> Instance:
        """The change again that was undone."""
        if not self.future:
            return self
        on = replace(self._put(self.future[0]), past=(*self.past, self.sound)[-MOST_UNDO:], future=self.future[1:])
        return replace(on, touched=("", 0.0))

    def turned_to(self, side: int) -> Instance:
        """The other slot; what can be undone belongs to a slot and is forgotten."""
        return self if side == self.side else replace(self, side=side, past=(), future=(), touched=("", 0.0))

    @property
    def share(self) -> float:
        """How much of the words is given, in steps too small to hear; all of them where it does not adapt."""
        return round(self.heard.share, 2) if self.listening.adapt else 1.0

    @property
    def settings(self) -> EqSettings:
        """What should be played now: as it was where held; flat where bypassed, its bands where they are."""
        settings = settings_of(self.held or self.sound, self.share)
        if self.bypass:
            return settings.scaled(0.0)
        if self.listening.match and not self.listening.delta:
            from semeq_bridge.live.trim import trim_db

            settings = settings.with_preamp(trim_db(settings, self.heard.shape_db))
        return settings


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """All instances by name, the words of the program list, and the references there are."""

    instances: dict[str, Instance] = field(default_factory=dict)
    programs: tuple[str, ...] = ("warm", "bright")
    references: tuple[str, ...] = ("music", "speech", "pink", "flat")

    def with_instance(self, instance: Instance) -> State:
        """The state with one instance changed."""
        return replace(self, instances=self.instances | {instance.name: instance})


@lru_cache(maxsize=512)
def checked_words(words: str) -> str:
    """Words that a curve can be made of, as they stand; "" is flat."""
    words = words.strip()
    if len(words) > MOST_WORDS_CHARS:
        raise MessageError(f"more than {MOST_WORDS_CHARS} characters of words")
    if words:
        try:
            eq(words)
        except SemeqError as error:
            raise MessageError(str(error)) from None
    return words


def blend_text(weights: tuple[tuple[str, float], ...]) -> str:
    """Faders as words: those that are up.

    >>> blend_text((("warm", 0.7), ("full", 0.0), ("airy", 0.3)))
    'warm:0.7, airy:0.3'
    """
    return ", ".join(f"{word}:{weight:g}" for word, weight in weights if round(weight, 4))


@lru_cache(maxsize=1024)
def said_settings(wording: Wording) -> EqSettings:
    """The five bands of words alone."""
    it = wording
    if it.to and it.morph and it.words:
        return interpolate(it.words, it.to, it.morph).scaled(it.intensity)
    if it.to and it.morph:
        return eq(it.to, it.intensity * it.morph)
    return eq(it.words, it.intensity) if it.words else EqSettings.flat()


@lru_cache(maxsize=1024)
def settings_of(sound: Sound, share: float = 1.0) -> EqSettings:
    """The five bands of a sound: so much of its words, moved by hand, within its range."""
    said = said_settings(sound.wording)
    made = _moved(said if share == 1.0 else said.scaled(share), sound.moved)
    highest = max(map(abs, made.gains_db))
    return made if highest <= sound.range_db else made.scaled(sound.range_db / highest)


def _moved(settings: EqSettings, moved: tuple[Moved, ...]) -> EqSettings:
    if moved == _UNMOVED:
        return settings
    freqs, gains, qs = (list(row) for row in (settings.freqs_hz, settings.gains_db, settings.qs))
    for place, by in enumerate(moved):
        if by.gain is not None:
            gains[place] += by.gain.value - said_settings(by.gain.over).gains_db[place]
        if by.freq is not None:
            freqs[place] *= by.freq.value / said_settings(by.freq.over).freqs_hz[place]
        if by.q is not None:
            qs[place] *= by.q.value / said_settings(by.q.over).qs[place]
    return EqSettings.of(
        [min(max(freq, MIN_FREQ_HZ), MAX_FREQ_HZ) for freq in freqs],
        [min(max(gain, -GAIN_LIMIT_DB), GAIN_LIMIT_DB) for gain in gains],
        [min(max(q, MIN_Q), MAX_Q) for q in qs],
    )
