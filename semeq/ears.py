"""The doors to what listens: `semeq.hearing` is imported when one of them is opened, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from semeq.hearing.analysis import Analysis
    from semeq.hearing.balance import Balance
    from semeq.hearing.heard import Audio
    from semeq.hearing.listening import ReferenceLike
    from semeq.settings import EqSettings

REFERENCE = "music"


def analyze(audio: Audio, rate_hz: float | None = None, reference: ReferenceLike = REFERENCE) -> Analysis:
    """What some audio is, in words and numbers, against a reference.

    ``audio`` is floats ``[channels, frames]`` or ``[frames]`` with their rate, or a file's name; ``reference`` is
    "music", "speech", "pink", "flat", or a file or folder of tracks.

    >>> import numpy as np
    >>> noise = np.random.default_rng(0).standard_normal(96_000) * 0.1
    >>> analyze(noise, 48_000, reference="pink").percent("bright") > 90
    True
    """
    from semeq.hearing.analysis import analyze as look

    return look(audio, rate_hz, reference)


def match(audio: Audio, rate_hz: float | None = None, reference: ReferenceLike = REFERENCE) -> EqSettings:
    """The EQ that some audio seems to have, against a reference.

    >>> import numpy as np
    >>> match(np.zeros(4800), 48_000).gains_db
    (0.0, 0.0, 0.0, 0.0, 0.0)
    """
    from semeq.hearing.analysis import match as look

    return look(audio, rate_hz, reference)


def balance(
    audio: Audio,
    rate_hz: float | None = None,
    reference: ReferenceLike = REFERENCE,
    amount: float = 1.0,
    *,
    max_db: float = 8.0,
) -> Balance:
    """What would bring some audio towards a reference: ``amount`` of it (0 to 1), no band beyond ``max_db``.

    >>> import numpy as np
    >>> balance(np.zeros(48_000), 48_000).nothing
    True
    """
    from semeq.hearing.balance import balance as look

    return look(audio, rate_hz, reference, amount, max_db=max_db)
