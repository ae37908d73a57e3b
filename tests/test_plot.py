"""Pictures and spectra: facts about what is drawn and what is measured."""

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
from semeq.plot import apart, curves_db, plot_settings, plot_spectra
from semeq.response import Floats, peak_db, response_db, sos
from semeq.settings import EqSettings
from semeq.spectrum import FLOOR_DB, average_spectrum_db

RATE_HZ = 48_000
WARM = EqSettings.of((120, 350, 1200, 3500, 9000), (3.2, 1.8, -0.8, -2.1, -3.0))
EXTREME = EqSettings.of((120, 200, 250, 300, 9000), (12, 9, 9, 6, -12))
CASES = {"warm": WARM, "flat": EqSettings.flat(), "extreme": EXTREME, "preamp": WARM.with_preamp(-60)}
SVG = "{http://www.w3.org/2000/svg}"


def _texts(path: Path) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.parse(path).iter(f"{SVG}text")]


def _heights(path: Path, name: str) -> Floats:
    """The y of every point of the line called ``name``, in points from the top."""
    line = next(group for group in ElementTree.parse(path).iter(f"{SVG}g") if group.get("id") == name)
    shape = next(line.iter(f"{SVG}path")).get("d", "")
    return np.array([float(y) for y in re.findall(r"[ML] \S+ (\S+)", shape)])


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


def test_no_band_number_hides_another() -> None:
    tips = [(300.0, 12.0), (300.0, 12.0), (310.0, 11.5), (3000.0, 11.5), (20.0, 12.0)]
    moved = apart(tips, 18.0)
    assert [moved[0], moved[3], moved[4]] == [tips[0], tips[3], tips[4]]
    assert min(np.diff(sorted(gain_db for _, gain_db in moved[:3]))) > 0.1 * 18


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
    with pytest.raises(UsageError, match=r"^\S+: a picture's name ends in \.png, \.svg, \.pdf$"):
        plot_settings(WARM, tmp_path / name, title="warm")


def test_a_place_that_cannot_be_written_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none" / "a.png", tmp_path / "folder.png", tmp_path / "file" / "a.png"):
        with pytest.raises(
            UsageError, match=r"^[^\n]+: the picture cannot be written there \(.+\); choose another place$"
        ):
            plot_settings(WARM, path, title="warm")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


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


def test_the_lower_panel_lays_the_measured_change_on_the_predicted_curve(tmp_path: Path) -> None:
    noise = _noise()
    at_hz, before_db = average_spectrum_db(noise, RATE_HZ)
    _, after_db = average_spectrum_db(2.0 * sosfilt(sos(WARM, RATE_HZ), noise), RATE_HZ)
    path = tmp_path / "a.svg"
    plot_spectra(before_db, after_db, at_hz, WARM, path, title="warm", level_change_db=20 * np.log10(2))
    assert _heights(path, "measured").min() == pytest.approx(_heights(path, "predicted").min(), abs=1.0)  # 1/14 inch
    assert {"before", "after", "measured", "predicted by the EQ"} <= set(_texts(path))


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
