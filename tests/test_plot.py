"""Pictures and spectra: facts about what is drawn and what is measured."""

import logging
import os
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.signal import sosfilt

from semeq.errors import MissingExtraError, UsageError
from semeq.picture import check_picture, rounded_percents
from semeq.plot import apart, axis_range_db, curves_db, plot_settings, plot_spectra
from semeq.response import Floats, auto_preamp_db, peak_db, response_db, sos
from semeq.settings import EqSettings
from semeq.spectrum import FLOOR_DB, average_spectrum_db

RATE_HZ = 48_000
WARM = EqSettings.of((120, 350, 1200, 3500, 9000), (3.2, 1.8, -0.8, -2.1, -3.0))
EXTREME = EqSettings.of((120, 200, 250, 300, 9000), (12, 9, 9, 6, -12))
CASES = {"warm": WARM, "flat": EqSettings.flat(), "extreme": EXTREME, "preamp": WARM.with_preamp(-60)}
COINCIDING = EqSettings.of((300, 300, 300, 300, 300), (6, 4, 4, 4, -3))
STEEP = EqSettings.of((1000, 1000, 1000, 1010, 20_000), (0, 8, 8, 3, 0), (0.7, 8, 8, 2, 0.7))
SVG = "{http://www.w3.org/2000/svg}"


def _texts(path: Path) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.parse(path).iter(f"{SVG}text")]


def _line(path: Path, name: str) -> Floats:
    """The x and y of every point of the line called ``name``, in points from the upper left. Shape: ``[2, N]``."""
    line = next(group for group in ElementTree.parse(path).iter(f"{SVG}g") if group.get("id") == name)
    shape = next(line.iter(f"{SVG}path")).get("d", "")
    return np.array([(float(x), float(y)) for x, y in re.findall(r"[ML] (\S+) (\S+)", shape)]).T


def _heights(path: Path, name: str) -> Floats:
    return np.asarray(_line(path, name)[1])


def _noise(dur_s: float = 4.0) -> Floats:
    return np.random.default_rng(5).standard_normal((2, round(dur_s * RATE_HZ))) * 0.05


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_the_drawn_sum_contains_the_peak_and_is_preamp_plus_bands(settings: EqSettings) -> None:
    at_hz, total_db, each_db = curves_db(settings)
    assert total_db.max() == pytest.approx(peak_db(settings), abs=0.01)
    assert total_db == pytest.approx(settings.preamp_db + each_db.sum(axis=0))
    assert set(settings.freqs_hz) <= set(at_hz)  # the tip of a narrow bell is not cut


def test_the_line_in_the_picture_rises_to_the_peak(tmp_path: Path) -> None:
    plot_settings(WARM, tmp_path / "a.svg", title="warm")
    zero_pt, six_db_pt = 540 * (1 - 0.225 - 0.585 / 2), 540 * 0.585 / 2  # where the axes stand on the page, +-6 dB high
    drawn_db = (zero_pt - _heights(tmp_path / "a.svg", "sum")) / six_db_pt * 6
    assert drawn_db.max() == pytest.approx(peak_db(WARM), abs=0.02)


@pytest.mark.parametrize("settings", [*CASES.values(), COINCIDING, STEEP, EqSettings.of((300,) * 5, (0,) * 5)])
def test_every_band_number_stands_on_its_own_curve_and_hides_no_other(settings: EqSettings) -> None:
    at_hz, _, each_db = curves_db(settings)
    spots = apart(settings.freqs_hz, at_hz, each_db, 24.0)
    for (hz, db), curve_db in zip(spots, each_db, strict=True):
        assert db == np.interp(hz, at_hz, curve_db)
    discs = np.array([(np.log10(hz) / 0.061, db / (0.0506 * 24.0)) for hz, db in spots])  # 16 pt on these axes
    apart_by = [np.hypot(*(one - other)) for n, one in enumerate(discs) for other in discs[:n]]
    assert min(apart_by) >= 1.0


def test_band_numbers_with_room_stand_at_their_frequency_and_others_near_it() -> None:
    at_hz, _, each_db = curves_db(WARM)
    assert [hz for hz, _ in apart(WARM.freqs_hz, at_hz, each_db, 12.0)] == list(WARM.freqs_hz)
    at_hz, _, each_db = curves_db(COINCIDING)
    octaves = [abs(np.log2(hz / 300)) for hz, _ in apart(COINCIDING.freqs_hz, at_hz, each_db, 24.0)]
    assert max(octaves) < 0.5


@pytest.mark.parametrize(("gain_db", "ends"), [(6.0, "−3 +9"), (-6.0, "−9 +3"), (3.0, "−2 +6"), (0.0, "−6 +6")])  # noqa: RUF001
def test_a_curve_on_one_side_of_0_db_leaves_no_half_of_the_picture_empty(
    tmp_path: Path, gain_db: float, ends: str
) -> None:
    plot_settings(EqSettings.flat().with_gain(3, gain_db), tmp_path / "a.svg", title="")
    ticks = [text for text in _texts(tmp_path / "a.svg") if re.fullmatch(r"[−+]\d+|0", text)]  # noqa: RUF001
    assert f"{ticks[0]} {ticks[-1]}" == ends
    assert "0" in ticks


@pytest.mark.parametrize("gains_db", [(-0.4, 8), (-3, 4), (-11, 0.1), (0, 0.2), (-60, 3), (-2.9, 6.1), (0, 110)])
def test_an_axis_ends_at_ticks_and_leaves_air_around_the_curve(gains_db: tuple[float, float]) -> None:
    from semeq.plot import _TICK_STEP_DB
    from semeq.terminal import axis_limit_db

    limit_db = axis_limit_db(gains_db)
    bottom, top = axis_range_db(limit_db, _TICK_STEP_DB[limit_db], gains_db)
    assert bottom < gains_db[0]
    assert gains_db[1] < top
    assert bottom % _TICK_STEP_DB[limit_db] == top % _TICK_STEP_DB[limit_db] == 0
    assert max(-bottom, top) >= 6


def test_percentages_in_a_title_have_one_decimal_at_most(tmp_path: Path) -> None:
    title = "16.6667% warm + 33.3333 % bright - 50% harsh + 66.98% 1.2345"
    assert rounded_percents(title) == "16.7% warm + 33.3 % bright - 50% harsh + 67% 1.2345"
    plot_settings(WARM, tmp_path / "a.svg", title="16.6667% warm", subtitle="16.6667% stays")
    assert {"16.7% warm", "16.6667% stays"} <= set(_texts(tmp_path / "a.svg"))


def test_the_picture_says_title_strength_bands_and_preamp_as_text(tmp_path: Path) -> None:
    plot_settings(WARM.with_preamp(-3.2), tmp_path / "a.svg", title="70 % cálido", subtitle="strength 70 %")
    texts = _texts(tmp_path / "a.svg")
    assert {"70 % cálido", "strength 70 %", "low shelf 120 Hz", "+3.2 dB, Q 0.71", "preamp −3.2 dB"} <= set(texts)  # noqa: RUF001
    assert [text for text in texts if text.endswith("k")] == ["1k", "2k", "5k", "10k", "20k"]


def test_the_picture_describes_itself_to_screen_readers(tmp_path: Path) -> None:
    plot_settings(WARM, tmp_path / "a.svg", title="warm")
    assert "low shelf 120 Hz +3.2 dB; bell 350 Hz +1.8 dB" in (tmp_path / "a.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".PNG"])
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        plot_settings(WARM, tmp_path / f"{name}{suffix}", title="warm", subtitle="100 %")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert b"atplotlib" not in (tmp_path / f"a{suffix}").read_bytes().replace(b'id="matplotlib.axis', b"")


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_nothing_is_drawn_outside_the_page(tmp_path: Path, settings: EqSettings) -> None:
    plot_settings(settings, tmp_path / "a.svg", title="+ ".join(["30 % warm"] * 40), subtitle="m" * 2000)
    for text in ElementTree.parse(tmp_path / "a.svg").iter(f"{SVG}text"):
        assert 0 < float(text.get("x", 400)) < 864
        assert 0 < float(text.get("y", 300)) < 540
    assert 0 < _heights(tmp_path / "a.svg", "sum").min() <= _heights(tmp_path / "a.svg", "sum").max() < 540


@pytest.mark.parametrize("title", ["", "$x_1$ \\frac", "日本 🎉", "<b>&amp;", "a\nb\x07\udc80", "m" * 5000, "cálido"])
def test_any_title_can_be_drawn(tmp_path: Path, title: str) -> None:
    plot_settings(WARM, tmp_path / "a.svg", title=title, subtitle=title)
    ElementTree.parse(tmp_path / "a.svg")
    plot_settings(WARM, tmp_path / "a.png", title=title)


def test_a_rate_too_low_for_a_band_ends_the_curve_at_half_of_it() -> None:
    at_hz, total_db, _ = curves_db(WARM, 8000)
    assert at_hz[-1] == 4000
    assert np.isfinite(total_db).all()


@pytest.mark.parametrize("name", ["a.jpg", "a", "png"])
def test_another_suffix_is_one_line_that_names_the_choices(tmp_path: Path, name: str) -> None:
    for refuse in (check_picture, lambda path: plot_settings(WARM, path, title="warm")):
        with pytest.raises(UsageError, match=r"^\S+: a picture's name ends in \.png, \.svg, \.pdf$"):
            refuse(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (".", r"^\.: is a folder; give the picture a name in it, such as curve\.png$"),
        ("..", r"^\.\.: is a folder; [^\n]+ such as \.\./curve\.png$"),
        ("folder.png", r"^folder\.png: is a folder; [^\n]+ such as folder\.png/curve\.png$"),
        ("none/a.png", r"^none/a\.png: there is no folder none; make it first or choose another place$"),
        ("file/a.png", r"^file/a\.png: there is no folder file; make it first or choose another place$"),
    ],
)
def test_a_place_no_picture_can_have_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.png").mkdir()
    Path("file").write_text("")
    for refuse in (check_picture, lambda path: plot_settings(WARM, path, title="warm")):
        with pytest.raises(UsageError, match=says):
            refuse(Path(name))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


def test_a_place_that_can_hold_a_picture_passes_unwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.SVG", str(tmp_path / "c.pdf")):
        check_picture(Path(name))
    assert not list(tmp_path.iterdir())


def test_a_picture_that_cannot_be_written_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]+: the picture cannot be written there \(.+\); choose another place$"):
        plot_settings(WARM, tmp_path / f"{'a' * 300}.png", title="warm")
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_answer_is_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.style", None)
    with pytest.raises(MissingExtraError, match=r'pip install "semeq\[plot\]"'):
        plot_settings(WARM, tmp_path / "a.png", title="warm")


def test_matplotlib_is_imported_only_to_draw_and_without_its_global_state(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from semeq.plot import EqSettings, plot_settings
assert "matplotlib" not in sys.modules
plot_settings(EqSettings.flat(), Path({str(tmp_path / "a.png")!r}), title="flat")
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_drawing_leaves_the_users_matplotlib_alone(tmp_path: Path) -> None:
    import matplotlib

    def values() -> dict[str, object]:
        return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}

    before = values()
    plot_settings(WARM, tmp_path / "a.png", title="warm")
    assert values() == before


def test_without_a_home_to_write_to_drawing_is_silent(tmp_path: Path) -> None:
    gone = str(tmp_path / "file" / "home")
    (tmp_path / "file").write_text("")
    kept = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR" and name[:4] != "XDG_"}
    code = f"""
import logging
from pathlib import Path
from semeq.plot import EqSettings, plot_settings
plot_settings(EqSettings.flat(), Path({str(tmp_path / "a.png")!r}), title="flat")
assert logging.getLogger("matplotlib").level == logging.NOTSET
"""
    drawn = subprocess.run([sys.executable, "-c", code], env=kept | {"HOME": gone}, capture_output=True, text=True)
    assert (drawn.returncode, drawn.stdout, drawn.stderr) == (0, "", "")


def test_a_level_the_user_chose_for_matplotlibs_log_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="matplotlib"):
        plot_settings(WARM, tmp_path / "a.png", title="warm")
        assert logging.getLogger("matplotlib").level == logging.DEBUG


@pytest.mark.parametrize("settings", [WARM, EXTREME.with_preamp(-24)])
def test_the_spectrum_of_filtered_noise_changes_by_the_curve(settings: EqSettings) -> None:
    noise = _noise()
    at_hz, before_db = average_spectrum_db(noise, RATE_HZ)
    _, after_db = average_spectrum_db(sosfilt(sos(settings, RATE_HZ), noise), RATE_HZ)
    assert after_db - before_db == pytest.approx(response_db(settings, at_hz), abs=0.5)


def test_a_full_scale_sine_reads_0_db_at_its_frequency_and_little_an_octave_away() -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ)
    at_hz, level_db = average_spectrum_db(sine, RATE_HZ)
    assert np.interp(1000, at_hz, level_db) == pytest.approx(0.0, abs=0.05)
    assert np.interp([500, 2000], at_hz, level_db).max() < -80


def test_white_noise_rises_3_db_an_octave_and_adds_up_to_its_power() -> None:
    at_hz, level_db = average_spectrum_db(_noise(8.0), RATE_HZ)
    high = at_hz > 500
    assert np.polyfit(np.log2(at_hz[high]), level_db[high], 1)[0] == pytest.approx(3.01, abs=0.1)
    wide = 1 / 12 * np.log(2) * 2 * 1000  # hertz in the 1/6 octave around 1 kHz
    expected_db = 10 * np.log10(0.05**2 * 2 * wide / (RATE_HZ / 2))
    assert np.interp(1000, at_hz, level_db) == pytest.approx(expected_db, abs=0.5)  # 8 s of noise: 0.3 dB of chance


def test_the_borders_of_blocks_do_not_matter() -> None:
    noise = _noise(2.0)
    whole = average_spectrum_db(noise, RATE_HZ)[1]
    for length in (700, 9001, 40_000):
        pieces = (noise[:, start : start + length] for start in range(0, noise.shape[1], length))
        assert average_spectrum_db(pieces, RATE_HZ)[1] == pytest.approx(whole, abs=1e-9)


def test_memory_does_not_grow_with_length() -> None:
    second = _noise(1.0).astype(np.float32)
    tracemalloc.start()
    average_spectrum_db((second.copy() for _ in range(60)), RATE_HZ)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8 * second.nbytes


@pytest.mark.parametrize("frames", [0, 1, 100, 100_000])
def test_silence_of_any_length_reads_the_floor(frames: int) -> None:
    assert (average_spectrum_db(np.zeros((2, frames)), RATE_HZ)[1] == FLOOR_DB).all()
    assert (average_spectrum_db([], RATE_HZ)[1] == FLOOR_DB).all()


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 44_100, 192_000])
def test_frequencies_stay_below_half_of_any_rate(rate_hz: int) -> None:
    at_hz, level_db = average_spectrum_db(_noise(1.0), rate_hz)
    assert 20 == at_hz[0] < at_hz[-1] < rate_hz / 2
    assert np.isfinite(level_db).all()


@pytest.mark.parametrize("level_change_db", [0.0, 6.0])
def test_tone_is_drawn_apart_from_level(tmp_path: Path, level_change_db: float) -> None:
    settings, noise, path = WARM.with_preamp(auto_preamp_db(WARM)), _noise(), tmp_path / "a.svg"
    at_hz, before_db = average_spectrum_db(noise, RATE_HZ)
    louder = 10 ** (level_change_db / 20)
    _, after_db = average_spectrum_db(louder * sosfilt(sos(settings, RATE_HZ), noise), RATE_HZ)
    plot_spectra(before_db, after_db, at_hz, settings, path, title="warm", level_change_db=level_change_db)

    x = 864 * (0.066 + 0.912 * np.log10(at_hz / 20) / 3)  # matplotlib leaves out points on straight pieces
    higher = np.interp(x, *_line(path, "before")) - np.interp(x, *_line(path, "after"))
    curve_db = response_db(WARM, at_hz)
    assert (higher[curve_db > 1] > 0).all()  # a boost looks like a boost
    assert (higher[curve_db < -1] < 0).all()

    zero_pt, six_db_pt = 540 * (1 - 0.085 - 0.270 / 2), 540 * 0.270 / 2
    measured_db, predicted_db = ((zero_pt - _heights(path, name)) / six_db_pt * 6 for name in ("measured", "predicted"))
    assert predicted_db.max() == pytest.approx(curve_db.max(), abs=0.01)
    assert predicted_db.min() == pytest.approx(curve_db.min(), abs=0.01)
    assert measured_db.max() == pytest.approx(curve_db.max(), abs=0.3)  # 1/6 octaves of noise
    assert measured_db.min() == pytest.approx(curve_db.min(), abs=0.3)
    says = "a change of level of +2.8 dB" if level_change_db else "preamp of −3.2 dB"  # noqa: RUF001
    assert {"before", f"after, {says} taken out", "measured", "predicted by the EQ"} <= set(_texts(path))


def test_where_the_level_stayed_nothing_is_said_of_it(tmp_path: Path) -> None:
    at_hz, before_db = average_spectrum_db(_noise(), RATE_HZ)
    plot_spectra(before_db, before_db, at_hz, EqSettings.flat(), tmp_path / "a.svg", title="flat")
    assert "after" in _texts(tmp_path / "a.svg")


def test_a_delta_is_drawn_as_it_is_beside_no_prediction(tmp_path: Path) -> None:
    at_hz, before_db = average_spectrum_db(_noise(), RATE_HZ)
    path = tmp_path / "a.svg"
    plot_spectra(before_db, before_db - 10, at_hz, WARM.with_preamp(-24), path, title="warm", predicted=False)
    assert {"before", "the delta: what the EQ adds and takes away", "the delta against before"} <= set(_texts(path))
    assert not any(word in text for text in _texts(path) for word in ("predicted", "measured", "after", "taken out"))
    assert "predicted" not in {group.get("id") for group in ElementTree.parse(path).iter(f"{SVG}g")}
    top_pt, tall_pt = 540 * (1 - 0.085 - 0.270), 540 * 0.270
    assert (_heights(path, "measured") - top_pt) / tall_pt * 15 == pytest.approx(3 + 10, abs=0.01)  # from +3 to -12 dB


def test_a_silent_delta_says_so(tmp_path: Path) -> None:
    at_hz, before_db = average_spectrum_db(_noise(), RATE_HZ)
    silence_db, path = np.full_like(before_db, FLOOR_DB), tmp_path / "a.svg"
    plot_spectra(before_db, silence_db, at_hz, EqSettings.flat(), path, title="flat", predicted=False)
    assert "the delta is silent: nothing to measure" in _texts(path)
    assert "the delta against before" not in _texts(path)


def test_silence_is_said_and_nothing_is_called_measured(tmp_path: Path) -> None:
    at_hz, silence_db = average_spectrum_db(np.zeros((2, 48_000)), RATE_HZ)
    plot_spectra(silence_db, silence_db, at_hz, WARM, tmp_path / "a.svg", title="warm")
    texts = _texts(tmp_path / "a.svg")
    assert "silence: nothing to measure" in texts
    assert "measured" not in texts


def test_what_is_quieter_than_dither_is_not_called_a_change(tmp_path: Path) -> None:
    at_hz, before_db = average_spectrum_db(_noise(), RATE_HZ)
    before_db[at_hz > 5000] = FLOOR_DB
    after_db = np.where(at_hz > 5000, -104.0, before_db + 1)  # 16-bit dither above the old file's cut
    plot_spectra(before_db, after_db, at_hz, EqSettings.flat(), tmp_path / "a.svg", title="warm")
    heights = _heights(tmp_path / "a.svg", "measured")
    assert np.ptp(heights) < 0.1
