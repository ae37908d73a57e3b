"""Presets for other programs: what is written can be read back, and what is not ours is never lost."""

import random
from pathlib import Path

import numpy as np
import pytest

import semeq_presets
from semeq.errors import SemeqError
from semeq.response import arrays, log_grid_hz, peak_db, response_db
from semeq.settings import SHELF_Q, EqSettings
from semeq_presets import FORMATS, PresetError, export, load, plan, reaper_ini
from semeq_presets.export import VERSION, files_of, preset_of
from semeq_presets.formats.reaper import block, ini_text
from semeq_presets.install import install, uninstall
from semeq_presets.load import detect, from_bytes, parse
from semeq_presets.plan import Plan, played_db
from tests.curves import some_settings, wild_settings

GRID = log_grid_hz(points=200)
READ = [name for name, form in FORMATS.items() if form.reads and (form.law == "cookbook" or name == "proq3")]
FLAT = EqSettings.flat()


def written(settings: EqSettings, name: str) -> tuple[Plan, bytes]:
    """The plan, and the file of the preset itself."""
    planned = plan(settings, FORMATS[name])
    files = files_of(planned.format, preset_of(planned, "x", "y"))
    return planned, next(data for path, data in files.items() if "manifest" not in path)


def in_order(settings: EqSettings) -> list[tuple[float, float, float]]:
    """Bells by frequency: fil4 has places of its own for them."""
    low, *bells, high = zip(*arrays(settings), strict=True)
    return [low, *sorted(bells), high]


@pytest.mark.parametrize("name", READ)
def test_what_is_exported_is_read_back_number_for_number(name: str) -> None:
    """500 settings; what is left is the rounding of nine digits, of single precision, or of none."""
    shelf_q = SHELF_Q if name == "lv2-aeq" else None  # nothing to fit, which takes its time
    for seed in range(500):
        planned, data = written(wild_settings(seed, shelf_q=shelf_q), name)
        back = from_bytes(data, name)
        assert not back.refitted
        assert np.allclose(in_order(back.settings), in_order(planned.held), rtol=1e-6, atol=1e-6)
        said = 0.0 if FORMATS[name].ranges.preamp_db is None else planned.held.preamp_db
        assert back.settings.preamp_db == pytest.approx(said, abs=1e-6)


@pytest.mark.parametrize("name", ["graphiceq", "wavelet", "lv2-eq10q"])
def test_what_has_no_bands_of_ours_is_fitted_to_a_tenth_of_a_db(name: str) -> None:
    """A drawn curve against the one that was drawn, EQ10Q's bells against what it plays; all 500: bench_presets.py."""
    for seed in (*range(60), 166, 354):  # and two that were found late
        settings = wild_settings(seed)
        planned, data = written(settings, name)
        back = from_bytes(data, name)
        wanted = response_db(settings, GRID) + planned.held.preamp_db
        if name == "lv2-eq10q":
            wanted = played_db(planned.held, planned.format, GRID, 48_000)
        assert np.abs(response_db(back.settings, GRID) - wanted).max() <= 0.1
        assert back.error_db < 0.1


def test_more_than_five_filters_become_five_and_the_error_is_told() -> None:
    lines = [f"Filter {n}: ON PK Fc {60 * 2**n} Hz Gain {(-1) ** n * 3} dB Q 2" for n in range(8)]
    back = from_bytes(("Preamp: -3 dB\n" + "\n".join(lines)).encode(), "apo")
    assert back.refitted
    assert 0.5 < back.error_db < 3.0  # eight alternating bells are beyond five bands
    assert "8 filters fitted to five bands" in back.notes[-1]
    assert back.settings.preamp_db == -3.0


def test_numbers_of_pro_q_are_read_as_they_stand_and_what_that_may_cost_is_told() -> None:
    _, data = written(EqSettings.flat().with_gain(2, 3.0), "proq3")
    assert from_bytes(data, "proq3").notes == ()
    planned, data = written(wild_settings(5), "proq3")
    back = from_bytes(data, "proq3")
    assert back.error_db == pytest.approx(planned.error_db, abs=0.02)
    assert "may play them" in back.notes[-1]


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
