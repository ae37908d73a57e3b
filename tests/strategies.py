"""What hypothesis draws: legal settings."""

import numpy as np
from hypothesis import strategies as st

from semeq.render import ERROR_BUDGET_DB, float32_error_db
from semeq.settings import EqSettings

gains = st.floats(-12, 12)
freqs = st.floats(np.log(20), np.log(20_000)).map(lambda octave: float(np.clip(np.exp(octave), 20, 20_000)))
qs = st.floats(np.log(0.1), np.log(10)).map(lambda octave: float(np.clip(np.exp(octave), 0.1, 10)))


def five(values: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[float, ...]]:
    return st.tuples(*[values] * 5)


@st.composite
def any_settings(draw: st.DrawFn, preamp: bool = True) -> EqSettings:
    preamp_db = draw(st.floats(-60, 60)) if preamp else 0.0
    return EqSettings.of(draw(five(freqs)), draw(five(gains)), draw(five(qs)), preamp_db)


@st.composite
def truthful_settings(draw: st.DrawFn, rate_hz: float) -> EqSettings:
    """Curves that single precision renders truthfully: each band high enough for its Q."""
    settings = draw(any_settings(preamp=False))
    moved = []
    for number, (freq_hz, q) in enumerate(zip(settings.freqs_hz, settings.qs, strict=True)):
        alone = EqSettings.of([freq_hz] * 5, [float(place == number) for place in range(5)], [q] * 5)
        share = float32_error_db(alone, rate_hz) / (ERROR_BUDGET_DB / 5)
        moved.append(min(freq_hz * max(1.0, share) ** 0.5, 20_000.0))
    return EqSettings.of(moved, settings.gains_db, settings.qs)
