"""Curves as text: facts about what the eye, the ear and an old terminal get."""

import io
import re

import numpy as np
import pytest

from semeq.response import log_grid_hz, octave_changes_db, peak_db, response_db
from semeq.settings import EqSettings
from semeq.terminal import (
    SPARK,
    SPARK_ASCII,
    SPARK_POINTS,
    axis_limit_db,
    band_table,
    band_text,
    db_text,
    draw_curve,
    needs_ascii,
    octave_table,
    sparkline,
)

WARM = EqSettings.of((120, 350, 1200, 3500, 9000), (3.2, 1.8, -0.8, -2.1, -3.0))


@pytest.mark.parametrize(("ascii", "characters"), [(False, SPARK), (True, SPARK_ASCII)])
def test_a_louder_point_never_gets_a_lower_character(ascii: bool, characters: str) -> None:
    line = "".join(sparkline([gain_db], ascii=ascii) for gain_db in np.linspace(-15, 15, 601))
    assert [characters.index(character) for character in line] == sorted(map(characters.index, line))
    assert set(line) == set(characters)


def test_the_middle_character_is_flat_and_boosts_differ_from_cuts() -> None:
    assert set(sparkline(np.zeros(24))) == {"▄"}
    assert sparkline([-3.0, 0.0, 3.0]) == "▂▄▆"
    assert sparkline([-3.0, 0.0, 3.0], ascii=True) == ".-+"


def test_a_long_curve_becomes_one_short_line() -> None:
    assert len(sparkline(response_db(WARM, log_grid_hz()))) == SPARK_POINTS


def test_an_ascii_stream_gets_ascii_only() -> None:
    old = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert needs_ascii(old)
    assert not needs_ascii(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    old.write(draw_curve(WARM, ascii=True) + sparkline([-9, 0, 9], ascii=True))


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("height", [5, 7, 13, 21])
def test_a_drawing_keeps_its_width_and_height(ascii: bool, height: int) -> None:
    lines = draw_curve(WARM, width=72, height=height, ascii=ascii).splitlines()
    assert len(lines) == height + 2
    assert max(map(len, lines)) == 72


@pytest.mark.parametrize("height", [6, 8, 24])
def test_an_even_height_loses_a_line_so_that_0_db_keeps_its_own(height: int) -> None:
    assert len(draw_curve(WARM, height=height).splitlines()) == height - 1 + 2


@pytest.mark.parametrize("settings", [WARM, WARM.with_preamp(-60), EqSettings.flat()], ids=["warm", "preamp", "flat"])
@pytest.mark.parametrize("ascii", [False, True])
def test_no_line_is_longer_than_any_terminal_is_wide(settings: EqSettings, ascii: bool) -> None:
    for width in range(20, 201):
        lines = draw_curve(settings, width=width, ascii=ascii).splitlines()
        assert max(map(len, lines)) <= width
        assert {"100", "10k"} <= set(lines[-1].split()) or width < 24


def test_a_narrow_drawing_names_fewer_frequencies_and_1_khz_above_all() -> None:
    narrow, wide = (draw_curve(WARM, width=width).splitlines()[-1].split() for width in (30, 80))
    assert narrow == ["Hz", "20", "100", "1k", "10k"]
    assert wide == ["Hz", "20", "50", "100", "200", "500", "1k", "2k", "5k", "10k", "20k"]


def test_a_drawing_is_highest_where_the_curve_is() -> None:
    lines = draw_curve(EqSettings.flat().with_gain(3, 11.0), ascii=True).splitlines()
    assert lines[0].startswith(" +12 dB")
    column = lines[1].index("*")  # the row below +12 dB: 10 dB
    assert lines[-1][column - 1 : column + 4].strip() == "1k"


def test_a_flat_curve_is_drawn_on_the_zero_line_alone() -> None:
    drawn = [line for line in draw_curve(EqSettings.flat(), ascii=True).splitlines() if "*" in line]
    assert len(drawn) == 1
    assert drawn[0].strip().startswith("0 dB")


def test_every_curve_fits_its_axis() -> None:
    extreme = EqSettings.of((100, 300, 300, 300, 9000), (12.0,) * 5, preamp_db=60)
    for settings in (EqSettings.flat(), WARM, extreme, extreme.inverted()):
        assert axis_limit_db([peak_db(settings)]) >= abs(peak_db(settings))
        assert "*" in draw_curve(settings, ascii=True)


def test_the_band_table_reads_aloud_as_five_bands_with_units() -> None:
    lines = band_table(WARM).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "low shelf 120 Hz +3.2 dB Q 0.71",
        "bell 350 Hz +1.8 dB Q 1.00",
        "bell 1200 Hz -0.8 dB Q 1.00",
        "bell 3500 Hz -2.1 dB Q 1.00",
        "high shelf 9000 Hz -3.0 dB Q 0.71",
    ]
    assert len({line.index(" Hz") for line in lines}) == len({line.index(" dB") for line in lines}) == 1
    assert band_table(WARM).isascii()


def test_the_band_table_names_a_preamp_only_where_there_is_one() -> None:
    assert "preamp" not in band_table(WARM)
    assert " ".join(band_table(WARM.with_preamp(-3.24)).splitlines()[-1].split()) == "preamp -3.2 dB"


@pytest.mark.parametrize("gain_db", [0.0, -0.0, 0.04, -0.04, 1e-9, -1e-9])
def test_no_zero_carries_a_sign(gain_db: float) -> None:
    settings = EqSettings.flat().with_gain(1, gain_db).with_preamp(gain_db)
    texts = [db_text(gain_db), db_text(np.float64(gain_db)), band_text(settings.bands[0]), band_table(settings)]
    texts += [octave_table({125.0: gain_db}), *(draw_curve(settings, height=height) for height in (5, 7, 13))]
    for text in texts:
        assert not re.search(r"[-+]0(\.0)? dB", text)
        assert re.search(r"\b0(\.0)? dB", text)


def test_octave_bars_grow_with_the_change_and_show_its_direction() -> None:
    lines = octave_table({63.0: 2.0, 125.0: 4.0, 1000.0: -4.0, 8000.0: 0.0}).splitlines()
    bars = [line[line.index("dB") + 2 :].split("|") for line in lines]
    assert [(less.count("#"), more.count("#")) for less, more in bars] == [(0, 4), (0, 8), (8, 0), (0, 0)]


def test_octave_lines_begin_with_band_and_change() -> None:
    lines = octave_table(octave_changes_db(WARM)).splitlines()
    assert len(lines) == 10
    assert lines[0].split()[:4] == ["31.5", "Hz", "+3.2", "dB"]
