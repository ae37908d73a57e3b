"""Curves into bands: how near the fit comes, and what adding curves gives."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from scipy.optimize import least_squares

from semeq.blend import combine, interpolate_settings
from semeq.curvefile import read_curve, read_curve_file
from semeq.errors import CurveError, UsageError
from semeq.fit import curve_error_db, fit
from semeq.response import bands_db, log_grid_hz, response_db
from semeq.settings import EqSettings
from tests.data import data_folder
from tests.strategies import any_settings

grid = log_grid_hz(points=64)

gentle = st.builds(
    lambda freqs, gains, qs: EqSettings.of(freqs, gains, (0.7071, *qs, 0.7071)),
    st.tuples(
        st.floats(40, 200), st.floats(150, 800), st.floats(700, 3000), st.floats(2500, 9000), st.floats(4000, 12_000)
    ),
    st.tuples(*[st.floats(-6, 6)] * 5),
    st.tuples(*[st.floats(0.5, 2)] * 3),
)


@trials(max_examples=25, deadline=None)
@given(gentle)
def test_a_curve_made_of_five_bands_is_found_again(wanted: EqSettings) -> None:
    curve = response_db(wanted, grid)
    assert curve_error_db(fit(curve, grid), curve, grid) < 0.3  # shape of ±6 dB; the level is free


def socialfx_curves() -> tuple[np.ndarray, np.ndarray]:
    with (data_folder() / "socialfx_eq_contributions.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    bands_hz = np.array([float(name[4:].split("Hz")[0]) for name in header if name.startswith("RSC_")])
    return bands_hz, np.array([row[-len(bands_hz) :] for row in rows], dtype=float)


def test_socialfx_shapes_at_5_db_rms_fit_within_0_6_db() -> None:
    bands_hz, curves = socialfx_curves()
    errors = []
    for curve in curves[:: len(curves) // 60]:
        difference = response_db(fit(5 * curve, bands_hz), bands_hz) - 5 * curve
        errors.append(np.std(difference))  # on the data's own bands, level free
    assert np.median(errors) <= 0.6


def test_the_fit_is_no_worse_than_scipys_optimiser_from_the_same_place() -> None:
    rng = np.random.default_rng(7)
    target = np.convolve(rng.standard_normal(96), np.hanning(17), "valid")[: len(grid)] * 2
    at_hz = grid[: len(target)]

    def residual(p: np.ndarray) -> np.ndarray:
        qs = np.concatenate([[0.7071], np.exp(p[10:]), [0.7071]])
        error = bands_db(np.exp(p[:5]), p[5:10], qs, at_hz).sum(axis=0) - target
        return np.asarray(error - error.mean())

    start = np.concatenate([np.log([80, 250, 900, 3200, 9000]), np.zeros(5), np.zeros(3)])
    low = np.concatenate([np.full(5, np.log(20)), np.full(5, -12), np.full(3, np.log(0.1))])
    high = np.concatenate([np.full(5, np.log(20_000)), np.full(5, 12), np.full(3, np.log(10))])
    theirs = np.sqrt(np.mean(least_squares(residual, start, bounds=(low, high)).fun ** 2))
    ours = np.std(response_db(fit(target, at_hz), at_hz) - target)
    assert ours <= theirs * 1.05


def test_the_level_is_free_or_goes_into_the_preamp() -> None:
    curve = response_db(EqSettings.flat().with_gain(3, 4.0), grid)
    assert fit(curve + 30, grid).preamp_db == 0
    assert fit(curve + 30, grid, level_free=False).preamp_db == pytest.approx(30, abs=0.5)
    assert curve_error_db(fit(curve + 30, grid, level_free=False), curve + 30, grid, level_free=False) < 0.1


def test_gains_stay_within_the_limit_asked_for() -> None:
    settings = fit(np.where(grid < 500, 15.0, -15.0), grid, gain_limit_db=6)
    assert max(map(abs, settings.gains_db)) <= 6


def test_the_order_of_the_points_does_not_matter() -> None:
    curve = response_db(EqSettings.flat().with_gain(2, 5.0), grid)
    assert fit(curve[::-1], grid[::-1]) == fit(curve, grid)


@pytest.mark.parametrize(
    ("target", "at_hz"),
    [([1.0], [100.0]), ([1, 2], [100, 200, 300]), ([1, np.nan], [100, 200]), ([1, 2], [-5, 100]), ([1, 2], [1, 2])],
)
def test_impossible_curves_are_refused_in_one_line(target: list[float], at_hz: list[float]) -> None:
    with pytest.raises(CurveError) as caught:
        fit(target, at_hz)
    assert "\n" not in str(caught.value)


@trials(max_examples=50, deadline=None)
@given(gentle, gentle, st.floats(0, 1))
def test_a_sum_of_curves_is_near_the_sum_in_db(a: EqSettings, b: EqSettings, share: float) -> None:
    both = combine([a, b], [share, 1 - share])
    wanted = share * response_db(a, grid) + (1 - share) * response_db(b, grid)
    error = response_db(both, grid) - wanted
    assert np.sqrt(np.mean(error**2)) < 1.0 + 0.1 * np.abs(wanted).max()  # ten filters into five: not exact


@given(any_settings(preamp=False))
def test_one_curve_alone_is_scaled_exactly(settings: EqSettings) -> None:
    assert combine([settings, EqSettings.flat()], [0.5, 0.0]) == settings.scaled(0.5)


def test_nothing_added_up_is_flat() -> None:
    assert not any(combine([EqSettings.flat().with_gain(1, 6)], [0.0]).gains_db)


@given(gentle, gentle)
def test_both_ends_of_a_path_are_exact(a: EqSettings, b: EqSettings) -> None:
    assert interpolate_settings(a, b, 0) == a
    assert interpolate_settings(a, b, 1) == b
    with pytest.raises(UsageError, match=r"position 1\.1: use 0 to 1"):
        interpolate_settings(a, b, 1.1)


@pytest.mark.parametrize(
    "text",
    [
        "Hz,dB\n20,1\n20000,-1\n",
        "# room\n20;1\n20000;-1",
        "20\t1\n20000\t-1\n",
        "20 1\n\n20000 -1",
        "Hz;dB\n20;1,0\n2e4;-1,0",
    ],
)
def test_curves_are_read_from_the_usual_tables(text: str) -> None:
    freqs, gains = read_curve(text)
    assert freqs.tolist() == [20, 20_000]
    assert gains.tolist() == [1, -1]


def test_a_bad_row_is_named_with_its_line() -> None:
    with pytest.raises(CurveError, match=r"line 3"):
        read_curve("20,1\n30,2\n40,loud\n", "room.csv")


@pytest.mark.parametrize("text", ["100,nan\n200,3\n", "inf,1\n200,3\n"])
def test_a_row_that_is_no_number_is_named_even_as_the_first(text: str) -> None:
    with pytest.raises(CurveError, match=r"room\.csv, line 1"):
        read_curve(text, "room.csv")


@given(st.text())
def test_random_text_is_a_curve_or_one_clear_error(text: str) -> None:
    try:
        read_curve(text)
    except CurveError as error:
        assert str(error)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CurveError, match="nowhere"):
        read_curve_file(tmp_path / "nowhere.csv")
