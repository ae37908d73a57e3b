"""The 13 numbers: legal ranges, forms, and arithmetic."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from semeq.errors import SettingsError
from semeq.schema import SCHEMA
from semeq.settings import LAYOUT, EqBand, EqSettings
from tests.strategies import any_settings


@given(any_settings())
def test_json_and_dict_keep_every_digit(settings: EqSettings) -> None:
    assert EqSettings.from_json(settings.to_json()) == settings
    assert EqSettings.from_dict(settings.to_dict()) == settings


@given(any_settings())
def test_the_schema_accepts_every_legal_settings(settings: EqSettings) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(settings.to_json()))


@pytest.mark.parametrize("change", [{"bands": []}, {"preamp_db": 99}, {"loudness": 1}, {"format": "semeq.settings/9"}])
def test_the_schema_and_the_reader_refuse_the_same(change: dict[str, object]) -> None:
    data = EqSettings.flat().to_dict() | change
    assert not Draft202012Validator(SCHEMA).is_valid(data)
    with pytest.raises(SettingsError):
        EqSettings.from_dict(data)


@given(any_settings())
def test_the_vector_has_the_safe_db_order_and_comes_back(settings: EqSettings) -> None:
    vector = settings.to_vector()
    low, first, second, third, high = settings.bands
    assert vector[:2] == [low.gain_db, low.freq_hz]
    assert vector[2:11] == [n for band in (first, second, third) for n in (band.gain_db, band.freq_hz, band.q)]
    assert vector[11:] == [high.gain_db, high.freq_hz]
    assert EqSettings.from_vector(vector).to_vector() == vector


def test_a_published_row_is_read_in_its_order() -> None:
    row = [-12, 1000, -12, 240.67, 0.236, 7.0, 1425.5, 1.32, 9.45, 220, 0.71, 2.13, 4328.4]
    settings = EqSettings.from_vector(row)
    assert settings.gains_db == (-12, -12, 7.0, 9.45, 2.13)
    assert settings.freqs_hz == (1000, 240.67, 1425.5, 220, 4328.4)
    assert settings.qs == (0.7071, 0.236, 1.32, 0.71, 0.7071)


def test_clamping_moves_values_to_the_edge_and_never_hides_nan() -> None:
    wild = [99, 1, -99, 1e9, 0, *[0, 1000, 99] * 2, 0, 25_000]
    settings = EqSettings.from_vector(wild, clamp=True)
    assert settings.gains_db[:2] == (12, -12)
    assert settings.freqs_hz == (20, 20_000, 1000, 1000, 20_000)
    assert settings.qs[1:4] == (0.1, 10, 10)
    with pytest.raises(SettingsError, match="NaN"):
        EqSettings.from_vector([math.nan] * 13, clamp=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("gain_db", 12.1), ("gain_db", math.nan), ("freq_hz", 19), ("freq_hz", math.inf), ("q", 0.05), ("q", "wide")],
)
def test_an_illegal_value_is_named_with_its_range(field: str, value: object) -> None:
    legal = {"kind": "bell", "freq_hz": 1000, "gain_db": 0}
    with pytest.raises(SettingsError, match=rf"{field}=.*: use .* to ") as caught:
        EqBand(**(legal | {field: value}))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_bands_must_come_in_their_order() -> None:
    with pytest.raises(SettingsError, match="low_shelf, bell, bell, bell, high_shelf"):
        EqSettings(bands=EqSettings.flat().bands[::-1])


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(AttributeError):
        EqSettings.flat().preamp_db = 3  # type: ignore[misc]


@given(any_settings(), st.floats(-2, 2))
def test_scaling_keeps_the_shape_and_never_leaves_the_range(settings: EqSettings, factor: float) -> None:
    scaled = np.array(settings.scaled(factor).gains_db)
    wanted = np.array(settings.gains_db) * factor
    assert np.all(np.abs(scaled) <= 12)
    most = np.abs(wanted).max()
    np.testing.assert_allclose(scaled, wanted * (12 / most if most > 12 else 1), atol=1e-9)


def test_flat_means_that_nothing_at_all_would_change() -> None:
    assert EqSettings.flat().is_flat
    assert not EqSettings.flat().with_preamp(-1).is_flat
    assert not EqSettings.flat().with_gain(5, 0.1).is_flat


def test_scaling_by_zero_gives_plain_zeros() -> None:
    boosted = EqSettings.flat().with_gain(1, -6).scaled(0)
    assert all(math.copysign(1, gain) == 1 and gain == 0 for gain in boosted.gains_db)


@given(any_settings())
def test_inverting_twice_changes_nothing(settings: EqSettings) -> None:
    assert settings.inverted().inverted() == settings


@given(any_settings())
def test_text_comes_back_within_its_rounding(settings: EqSettings) -> None:
    back = EqSettings.from_text(settings.to_text())
    np.testing.assert_allclose(back.gains_db, settings.gains_db, atol=0.0501)
    np.testing.assert_allclose(back.freqs_hz, settings.freqs_hz, rtol=0.006)
    np.testing.assert_allclose(back.qs, settings.qs, rtol=0.006)
    assert back.preamp_db == pytest.approx(settings.preamp_db, abs=0.0501)


def test_text_reads_like_speech() -> None:
    settings = EqSettings.flat().with_gain(1, 3.2)
    assert settings.to_text().splitlines()[0] == "+3.2 dB low shelf at 100 Hz"
    assert len(settings.to_text().splitlines()) == len(LAYOUT)


@given(st.text())
def test_random_text_is_refused_in_one_line_or_read(text: str) -> None:
    for read in (EqSettings.from_text, EqSettings.from_json):
        try:
            read(text)
        except SettingsError as error:
            assert not re.search(r"[\r\n]", str(error)) or repr(text) in str(error)
