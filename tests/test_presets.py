"""Presets for other programs: what is written can be read back, and what is not ours is never lost."""

import random
from pathlib import Path

import numpy as np
import pytest

import semeq_presets
from semeq.errors import SemeqError
from semeq.response import log_grid_hz, peak_db, response_db
from semeq.settings import EqSettings
from semeq_presets import FORMATS, PresetError, export, load, plan, reaper_ini
from semeq_presets.export import VERSION, files_of, preset_of
from semeq_presets.formats.reaper import block, ini_text
from semeq_presets.install import install, uninstall
from semeq_presets.load import detect, parse
from tests.curves import some_settings

GRID = log_grid_hz(points=200)
READ = [name for name, form in FORMATS.items() if form.reads and form.law == "cookbook"]
FLAT = EqSettings.flat()


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("seed", range(20))
def test_what_is_exported_is_read_back(name: str, seed: int, tmp_path: Path) -> None:
    form = FORMATS[name]
    made = export(some_settings(seed), name, tmp_path / f"x{form.suffix}")
    back = load(tmp_path / f"x{form.suffix}", name if name == "soundsource" else None)
    error = response_db(back.settings, GRID) - response_db(made.held, GRID)
    assert np.abs(error).max() < 1e-3  # nine digits, or single precision
    assert not back.refitted


@pytest.mark.parametrize("name", ["graphiceq", "wavelet", "lv2-eq10q", "proq3"])
def test_what_must_be_fitted_is_near(name: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    gentle = EqSettings.of((120, 300, 1500, 5000, 9000), (4.5, -3, 5, -6, -4), (0.7, 1.4, 0.6, 2, 0.7))
    made = export(gentle, name, tmp_path / f"x{form.suffix}")
    back = load(tmp_path / f"x{form.suffix}", name)
    told = plan(gentle, form).error_db
    error = response_db(back.settings, GRID) - back.settings.preamp_db - response_db(gentle, GRID)
    assert np.abs(error - error.mean() * (form.law == "curve")).max() < told + back.error_db + 0.1
    assert made.refitted == (name == "lv2-eq10q")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "title", ['a "b" `c` <d> & e', "../up/and away", "a\nb\x00c", "🎛" * 60, "x" * 300, "con", "  . "]
)
def test_no_name_leads_elsewhere_or_breaks_a_file(name: str, title: str) -> None:
    form = FORMATS[name]
    files = files_of(form, preset_of(plan(some_settings(1), form), title, title))
    for path, data in files.items():
        parts = Path(path).parts
        assert len(parts) <= 2
        assert not {"..", "/", ""} & set(parts)
        assert all(len(part.encode()) < 200 for part in parts)
        if form.reads and "manifest" not in path:
            parse(data, name)


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.reads])
def test_damaged_files_get_one_line(name: str) -> None:
    chance = random.Random(name)
    form = FORMATS[name]
    whole = next(data for path, data in files_of(form, preset_of(plan(some_settings(2), form), "x", "y")).items()
                 if "manifest" not in path)  # fmt: skip
    for number in range(600):
        data = bytearray(whole[: chance.randrange(len(whole) + 1)] if number % 3 else whole)
        for _ in range(chance.randint(0, 4)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            parse(bytes(data), name)
            detect(bytes(data), "x.txt")
        except SemeqError as error:
            assert "\n" not in str(error)


def test_a_preset_of_fil4_with_a_bell_at_0_hz_is_no_traceback() -> None:
    form = FORMATS["lv2-x42"]
    files = files_of(form, preset_of(plan(some_settings(3), form), "x", "y"))
    text = next(data for path, data in files.items() if "manifest" not in path).decode()
    head, symbol, tail = text.partition('lv2:symbol "freq1" ;')
    broken = f"{head}{symbol}\n        pset:value 0.0\n    ]{tail[tail.index(']') + 1 :]}"
    parse(broken.encode(), "lv2-x42")


@pytest.mark.parametrize(
    "name", [name for name, form in FORMATS.items() if form.law == "cookbook" and form.ranges.preamp_db]
)
def test_with_its_preamp_a_curve_comes_to_0_db_and_not_above(name: str) -> None:
    form = FORMATS[name]
    for seed in range(10):
        held = plan(some_settings(seed), form).held
        if peak_db(held.with_preamp(0.0)) > 0 and held.preamp_db > form.ranges.preamp_db[0]:  # type: ignore[index]
            slack = 0.05 + form.margin_db + (10.0 ** -form.ranges.decimals[1] if form.ranges.decimals else 0)
            assert -slack < peak_db(held) <= 0


def test_the_peak_is_found_on_both_sides_of_two_bands_at_one_frequency() -> None:
    for seed in range(40):
        one = some_settings(seed)
        twin = EqSettings.of((one.freqs_hz[1], *one.freqs_hz[1:2] * 2, *one.freqs_hz[3:]), one.gains_db, one.qs)
        dense = response_db(twin, np.geomspace(5, 23_999, 60_000)).max()
        assert peak_db(twin) > dense - 1e-3


def test_files_that_exist_stay_unless_asked(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    target.write_text("mine")
    with pytest.raises(PresetError, match="--force"):
        export(some_settings(0), "apo", target)
    assert target.read_text() == "mine"


def test_a_list_of_presets_loses_nothing() -> None:
    """Names, data and sections of others, before, between and behind, with the line ends of Windows."""
    theirs = ini_text([("a", block(FLAT, 48e3)), ("b", block(some_settings(1), 48e3))]).replace(b"\n", b"\r\n")
    theirs += b"\r\n[Other]\r\nKey=value\r\n"
    more = reaper_ini.with_presets(theirs, {"ours": block(some_settings(2), 48e3)})
    assert reaper_ini.names_in(more) == ("a", "b", "ours")
    assert b"[Other]\r\nKey=value" in more
    less = reaper_ini.without_presets(more, ["ours", "b"])
    assert reaper_ini.names_in(less) == ("a",)
    assert b"[Other]\r\nKey=value" in less
    assert b"NbPresets=1\r\n" in less


def installed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("SEMEQ_CONFIG", str(folder / "semeq"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setattr("sys.platform", "linux")


def test_installing_and_removing_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, tmp_path)
    form = FORMATS["pipewire"]
    preset = preset_of(plan(some_settings(4), form), "semeq warm", "x")
    place = tmp_path / "config/pipewire/pipewire.conf.d/semeq warm.conf"
    place.parent.mkdir(parents=True)
    place.write_text("mine")
    with pytest.raises(PresetError, match="not written by semeq"):
        install([preset], form)
    assert install([preset], form, force=True)[0].action == "replaced"
    assert uninstall()[0].action == "restored"
    assert place.read_text() == "mine"
    (name, data), *_ = files_of(form, preset).items()
    place.write_bytes(data)  # the same bytes, put there by hand
    install([preset], form)
    uninstall()
    assert place.read_bytes() == data, name


def test_a_preset_of_theirs_that_is_replaced_in_reapers_list_has_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, tmp_path)
    form = FORMATS["reaper-ini"]
    place = tmp_path / "config/REAPER/presets/vst-reaeq.ini"
    place.parent.mkdir(parents=True)
    first, second = (preset_of(plan(some_settings(seed), form), f"p{seed}", "x") for seed in (1, 2))
    install([first], form)
    grown = reaper_ini.with_presets(place.read_bytes(), {"p2": block(FLAT, 48e3)})
    place.write_bytes(grown)
    with pytest.raises(PresetError, match="not ours"):
        install([second], form)
    install([second], form, force=True)
    assert (place.parent / "vst-reaeq.ini.semeq-backup").read_bytes() == grown


def test_the_version_in_presets_is_the_version_of_semeq() -> None:
    from importlib.metadata import version

    assert version("semeq") == VERSION
    assert semeq_presets.export is export


@pytest.mark.parametrize("gain_db", [-12.0, 12.0])
@pytest.mark.parametrize("name", READ)
def test_a_band_at_its_limit_is_read_as_it_stands(name: str, gain_db: float, tmp_path: Path) -> None:
    """12 dB as a linear gain of nine digits is a little more than 12 dB."""
    form = FORMATS[name]
    made = export(FLAT.with_gain(2, gain_db), name, tmp_path / f"x{form.suffix}")
    back = load(tmp_path / f"x{form.suffix}", name)
    assert not back.refitted
    assert np.abs(response_db(back.settings, GRID) - response_db(made.held, GRID)).max() < 1e-3
