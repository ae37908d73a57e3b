"""What the bands do to a spectrum, held against scipy and pedalboard."""

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from scipy.signal import freqz_sos

from semeq.render import EngineChoice, Samples, float32_error_db, render
from semeq.response import (
    Floats,
    arrays,
    auto_preamp_db,
    bands_db,
    log_grid_hz,
    octave_changes_db,
    peak_db,
    response_db,
    sos,
)
from semeq.settings import EqSettings
from tests.strategies import any_settings, truthful_settings

RATES_HZ = (44_100, 48_000, 96_000)
rates = st.sampled_from(RATES_HZ)
grid = log_grid_hz(points=200)


def measured_db(impulse_response: Samples, rate_hz: float) -> tuple[Samples, Samples]:
    """Frequencies from 20 Hz to 20 kHz (nearest to a log grid) and the gain there."""
    freqs = np.fft.rfftfreq(len(impulse_response), 1 / rate_hz)
    picked = np.unique(np.searchsorted(freqs, grid))
    picked = picked[(freqs[picked] >= 20) & (freqs[picked] <= min(20_000, rate_hz / 2))]
    return freqs[picked], 20 * np.log10(np.abs(np.fft.rfft(impulse_response))[picked])


def impulse(rate_hz: float) -> Floats:
    """Long enough for the slowest filter (20 Hz, Q 10) to fade below -100 dB."""
    signal = np.zeros(1 << (18 if rate_hz > 50_000 else 17))
    signal[0] = 1
    return signal


@given(any_settings(), rates)
def test_the_response_is_scipys_response_of_the_sections(settings: EqSettings, rate_hz: int) -> None:
    inside = grid[grid < rate_hz / 2]
    _, reference = freqz_sos(sos(settings, rate_hz), worN=inside, fs=rate_hz)
    np.testing.assert_allclose(response_db(settings, inside, rate_hz), 20 * np.log10(abs(reference)), atol=1e-5)


@trials(max_examples=40, deadline=None)
@given(any_settings(preamp=False), rates)
def test_what_is_rendered_is_the_response(settings: EqSettings, rate_hz: int) -> None:
    freqs, gains = measured_db(render(impulse(rate_hz), settings, rate_hz), rate_hz)
    np.testing.assert_allclose(gains, response_db(settings, freqs, rate_hz), atol=0.01)


@trials(max_examples=60, deadline=None)
@given(st.data(), rates)
def test_pedalboards_own_filters_agree_where_single_precision_suffices(data: st.DataObject, rate_hz: int) -> None:
    settings = data.draw(truthful_settings(rate_hz))
    kinds = {"low_shelf": pedalboard.LowShelfFilter, "bell": pedalboard.PeakFilter}
    board = pedalboard.Pedalboard(
        [
            kinds.get(band.kind, pedalboard.HighShelfFilter)(
                cutoff_frequency_hz=band.freq_hz, gain_db=band.gain_db, q=band.q
            )
            for band in settings.bands
        ]
    )
    rendered = board.process(impulse(rate_hz).astype(np.float32)[None], rate_hz)[0].astype(np.float64)
    freqs, gains = measured_db(rendered, rate_hz)
    np.testing.assert_allclose(gains, response_db(settings, freqs, rate_hz), atol=0.01)


def test_single_precision_bends_low_shelves_so_it_is_not_used_for_them() -> None:
    """The reason for a second engine: pedalboard alone is off by far more than 0.01 dB here."""
    settings = EqSettings.flat().with_gain(1, 12.0)
    low = EqSettings.of((20, *settings.freqs_hz[1:]), settings.gains_db)
    assert float32_error_db(low, 96_000) > 0.01
    errors = {}
    engines: tuple[EngineChoice, ...] = ("pedalboard", "auto")
    for engine in engines:
        rendered = render(impulse(96_000).astype(np.float32), low, 96_000, engine=engine)
        freqs, gains = measured_db(rendered.astype(np.float64), 96_000)
        errors[engine] = np.abs(gains - response_db(low, freqs, 96_000)).max()
    assert errors["pedalboard"] > 0.1
    assert errors["auto"] < 0.001


def test_a_band_reaches_its_gain_at_its_centre() -> None:
    settings = EqSettings.of((100, 300, 1000, 3000, 8000), (0, 0, 6, 0, 0))
    assert bands_db(*arrays(settings), np.array([1000.0]), 48_000)[2, 0] == pytest.approx(6)


def test_a_shelf_has_half_its_gain_at_its_frequency() -> None:
    settings = EqSettings.of((100, 300, 1000, 3000, 8000), (6, 0, 0, 0, -8))
    each = bands_db(*arrays(settings), np.array([100.0, 8000.0]), 48_000)
    assert each[0, 0] == pytest.approx(3)
    assert each[4, 1] == pytest.approx(-4)


@given(any_settings(), rates)
def test_a_cut_undoes_the_equal_boost(settings: EqSettings, rate_hz: int) -> None:
    both = response_db(settings, grid, rate_hz) + response_db(settings.inverted(), grid, rate_hz)
    np.testing.assert_allclose(both, 0, atol=1e-6)


@given(any_settings(preamp=False), rates)
def test_no_frequency_lies_above_the_peak(settings: EqSettings, rate_hz: int) -> None:
    dense = np.concatenate([[0.0], np.geomspace(1, rate_hz / 2, 5000)])
    curve = response_db(settings, dense, rate_hz)
    assert -0.0005 <= peak_db(settings, rate_hz) - curve.max() < 0.05  # the preamp keeps 0.001 dB in reserve
    assert response_db(settings.with_preamp(auto_preamp_db(settings, rate_hz)), dense, rate_hz).max() <= 1e-9


def test_a_curve_that_only_cuts_needs_no_preamp() -> None:
    assert auto_preamp_db(EqSettings.flat().with_gain(3, -6)) == 0.0


def test_a_band_beyond_half_the_rate_stays_calm() -> None:
    settings = EqSettings.of((8000, 9000, 9000, 9000, 9000), (6, 12, 12, 12, 12))
    np.testing.assert_allclose(response_db(settings, [50, 500, 1900], 4000), 6, atol=1e-9)
    np.testing.assert_allclose(render(np.ones(4000), settings, 4000)[-1], 10 ** (6 / 20), rtol=1e-9)


def test_octave_changes_follow_the_curve() -> None:
    changes = octave_changes_db(EqSettings.from_text("+6 dB low shelf at 250 Hz"))
    assert list(changes) == sorted(changes)
    assert changes[31.5] == pytest.approx(6, abs=0.1)
    assert changes[250.0] == pytest.approx(3, abs=0.1)
    assert changes[16_000.0] == pytest.approx(0, abs=0.1)
