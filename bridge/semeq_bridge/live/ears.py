"""The process that listens: ``python -m semeq_bridge.live.ears SETUP``. It reads what the playing process left.

Twenty times a second a frame for every strip that had sound: how it differs from its reference, how loud it is, and
twice a second what that is in words. It is told references and how long to remember.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from semeq.artefact import DEFAULT_MODEL, load_model
from semeq.hearing.analysis import nameable, shares
from semeq.hearing.live import FRAMES_HZ, Ear, Moment
from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.reference import Reference, load_reference
from semeq.response import Floats, response_db
from semeq_bridge.live.child import Parent
from semeq_bridge.live.follow import frame_args
from semeq_bridge.live.panel import Panel, Strip
from semeq_bridge.live.references import read_reference

_WORDS_S, _WORDS = 0.5, 3
_SURE_PERCENT = 60.0


@dataclass(slots=True)
class Listener:
    """One strip's ear. ``through`` is whether it hears what comes out of the EQ, so that its curve has to be undone."""

    strip: Strip
    channels: int
    through: bool
    reference: Reference = field(default_factory=load_reference)
    memory_s: float = 2.0
    ear: Ear | None = None
    words: str = ""
    words_s: float = 0.0
    _place: int = 0
    _seen: int = 0
    _curve_db: Floats | None = None

    def begin(self, rate_hz: float) -> None:
        """A new ear, from now on."""
        self.ear = Ear(rate_hz, self.channels, self.memory_s)
        self._place = self.strip.written

    def remember(self, memory_s: float) -> None:
        """So long from now on."""
        self.memory_s = memory_s
        if self.ear is not None:
            self.ear.memory_s = memory_s

    def listen(self, now_s: float) -> Moment | None:
        """What there is to say, if something new was heard."""
        if self.ear is None:
            return None
        self._place, block = self.strip.read(self._place, self.channels)
        if not block.shape[1] or not self.ear.update(block, self._curve()):
            return None
        moment = self.ear.moment(self.reference)
        if now_s - self.words_s >= _WORDS_S:
            self.words_s, self.words = now_s, in_words(moment, self.reference)
        return moment

    def _curve(self) -> Floats | None:
        if self.through and (found := self.strip.asked(self._seen)) is not None:
            self._seen, asked = found
            self._curve_db = None if asked.bypass else response_db(asked.settings, BANDS_HZ)
        return self._curve_db

    def peak_dbfs(self, place: int) -> float:
        """The peak of what went in (0) or came out (1)."""
        return 20.0 * math.log10(max(float(self.strip.levels[place]), 1e-6))


def in_words(moment: Moment, reference: Reference) -> str:
    """What the material is most like, of the words that people agree on.

    >>> import numpy as np
    >>> flat = np.zeros(40)
    >>> still = dict(shape_db=flat, reference="music", spread_db=3.0, trust=1.0, level_db=-20.0, sounding=True)
    >>> in_words(Moment(deviation_db=flat, **still), load_reference())
    'neutral'
    """
    if not moment.trust:
        return ""
    beside = reference if moment.reference == reference.name else load_reference(moment.reference)
    found = shares(
        moment.deviation_db, moment.trust, beside, nameable(load_model(DEFAULT_MODEL).vocabulary("en").values())
    )
    most = [one for one in found if one.percent >= _SURE_PERCENT][:_WORDS]
    return ", ".join(map(str, most)) or "neutral"


def follow(listeners: Sequence[Listener], said: Mapping[str, Any]) -> None:
    """Do as it was told."""
    one = listeners[int(said["strip"])]
    if "reference" in said:
        one.reference = read_reference(said["reference"])
        one.words_s = 0.0
    if "memory_s" in said:
        one.remember(float(said["memory_s"]))


def main(text: str) -> None:
    """Listen until the other end is gone."""
    setup = json.loads(text)
    parent, panel = Parent(), Panel.seen(**setup["panel"])
    listeners = [
        Listener(strip, row["channels"], row["tap"] == "output")
        for strip, row in zip(panel.strips, setup["strips"], strict=True)
    ]
    parent.tell(up="")
    version, next_s = -1, time.monotonic()
    while parent.open:
        for said in parent.said(max(next_s - time.monotonic(), 0.0)):
            follow(listeners, said)
        now_s = time.monotonic()
        if now_s < next_s:
            continue
        next_s = max(next_s + 1.0 / FRAMES_HZ, now_s)
        if panel.get("version") != version and panel.get("rate"):
            version = panel.get("version")
            for one in listeners:
                one.begin(float(panel.get("rate")))
        for number, one in enumerate(listeners):
            if (moment := one.listen(now_s)) is not None:
                parent.tell(frame=number, args=frame_args(moment, one.words, one.peak_dbfs(0), one.peak_dbfs(1)))
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
