"""How an instance follows what it hears: a share of the words that moves slowly, and stands still in silence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from semeq.errors import SemeqError
from semeq.hearing.adaptive import share_for
from semeq.hearing.live import Moment
from semeq.hearing.longterm import BANDS_HZ
from semeq.settings import EqSettings
from semeq_bridge.errors import MessageError
from semeq_bridge.osc import Arg
from semeq_bridge.state import QUIETEST_DB, Heard, Instance, Listening, Sound, said_settings

MEMORY_SHARE, LAG_SHARE = 1 / 5, 1 / 7
"""Of the time within which a change of the material is followed: how long the ear remembers, how the share lags."""
_MOST_STEP_S, _SHAPE_S = 0.25, 3.0
_BANDS = len(BANDS_HZ)


def followed(instance: Instance, moment: Moment, words: str, peaks_dbfs: tuple[float, float], at_s: float) -> Instance:
    """The instance after it has heard some more."""
    before, how = instance.heard, instance.listening
    full = full_settings(instance.sound)
    have, share = moment.have(full), before.share
    aim = share_for(have, instance.sound.wording.intensity, moment.trust)
    passed_s = min(max(at_s - before.at_s, 0.0), _MOST_STEP_S)
    if how.adapt and moment.sounding and instance.held is None:
        lag_s = LAG_SHARE * (how.speed_s if aim > share else how.release_s)
        share += (aim - share) * (1.0 - math.exp(-passed_s / lag_s))
    into, out = (max(peak, QUIETEST_DB) for peak in peaks_dbfs)
    shape_db = moment.shape_db
    if before.shape_db is not None:  # in dB, so that one loud note does not carry the trim away
        shape_db = before.shape_db + (shape_db - before.shape_db) * (1.0 - math.exp(-passed_s / _SHAPE_S))
    heard = Heard(moment=moment, shape_db=shape_db, at_s=at_s, have=have, share=share, aim=aim, words=words)
    return replace(instance, heard=replace(heard, in_dbfs=into, out_dbfs=out))


def memory_s(how: Listening) -> float:
    """How long the ear remembers."""
    return MEMORY_SHARE * min(how.speed_s, how.release_s)


def with_words(before: Instance, after: Instance) -> Instance:
    """Other words are answered at once by what is known of the material: only the material is followed slowly."""
    if not after.listening.adapt:
        return after if after.heard.share == 1.0 else replace(after, heard=replace(after.heard, share=1.0))
    moment, was, now = after.heard.moment, before.sound.wording, after.sound.wording
    if moment is None or was == now:
        return after
    aims = [moment.share_for(full_settings(one.sound), one.sound.wording.intensity) for one in (before, after)]
    share = min(max(after.heard.share + aims[1] - aims[0], 0.0), max(aims[1], after.heard.share))
    have = moment.have(full_settings(after.sound))
    return replace(after, heard=replace(after.heard, share=share, have=have, aim=aims[1]))


def full_settings(sound: Sound) -> EqSettings:
    """The words at intensity 1."""
    return said_settings(replace(sound.wording, intensity=1.0))


def frame_args(moment: Moment, words: str, in_dbfs: float, out_dbfs: float) -> tuple[Arg, ...]:
    """What was heard as the arguments of a message: for records, and between processes."""
    head = (moment.reference, words, round(moment.spread_db, 3), round(moment.trust, 4), round(moment.level_db, 1))
    tail = (int(moment.sounding), round(in_dbfs, 1), round(out_dbfs, 1))
    bands = (round(float(number), 2) for row in (moment.deviation_db, moment.shape_db) for number in row)
    return (*head, *tail, *bands)


def read_frame(args: tuple[Arg, ...]) -> tuple[Moment, str, tuple[float, float]]:
    """The same, read."""
    try:
        reference, words, *numbers = args
        if not isinstance(reference, str) or not isinstance(words, str) or len(numbers) != 6 + 2 * _BANDS:
            raise MessageError("a frame of what is heard has other parts")
        row = np.array(numbers, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise error if isinstance(error, SemeqError) else MessageError("a frame of what is heard has numbers") from None
    if not np.isfinite(row).all():
        raise MessageError("a frame of what is heard has finite numbers")
    spread_db, trust, level_db, sounding, in_dbfs, out_dbfs = row[:6].tolist()
    moment = Moment(
        deviation_db=row[6 : 6 + _BANDS],
        shape_db=row[6 + _BANDS :],
        reference=reference,
        spread_db=spread_db,
        trust=min(max(trust, 0.0), 1.0),
        level_db=level_db,
        sounding=sounding != 0.0,
    )
    return moment, words, (in_dbfs, out_dbfs)
