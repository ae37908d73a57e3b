"""The training data: published layouts, traps, people, words."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeq import EqSettings, response_db
from semeq_models import DataError
from semeq_models.cleaning import clean_safe, clean_socialfx, legal, load_corpus
from semeq_models.curves import BANDS_HZ as FORTY_BANDS_HZ
from semeq_models.curves import level_free, settings_db
from semeq_models.describe import describe, description_text
from semeq_models.folder import SAFE_FILE, SOCIALFX_FILE, data_files, data_folder
from semeq_models.people import people
from semeq_models.safe import FEATURES_FILE, SafeRow, load_features, load_safe
from semeq_models.socialfx import SocialFxRow, load_socialfx
from semeq_models.spelling import words_of
from tests.synthetic import write_csvs

BANDS_HZ = np.round(np.geomspace(20, 19_682, 40))
WARM = (4.0, 150.0, 0.0, 560.0, 0.71, 2.0, 1000.0, 0.71, 0.0, 3300.0, 0.71, -3.0, 8200.0)
FLAT = (0.0, 150.0, 0.0, 560.0, 0.71, 0.0, 1000.0, 0.71, 0.0, 3300.0, 0.71, 0.0, 8200.0)


def safe_line(number: int, tag: str, address: str = "192.0.2.7", settings: tuple[float, ...] = WARM) -> str:
    numbers = ",".join(map(str, settings))
    return f'{number},"{tag}",{address},2,2,{numbers},rock,guitar,London,3 years,30,English,0123456789abcdef'


def socialfx_lines(rows: list[tuple[str, str]], header_names_language: bool = False) -> str:
    bands = [f"RSC_{hz:.0f}Hz_band" for hz in BANDS_HZ]
    names = ["descriptor", *(["language"] if header_names_language else []), "audio_id", "ratings_consistency", *bands]
    shape = ",".join(f"{value:.6f}" for value in np.linspace(1.7, -1.7, 40))
    return "\n".join([",".join(names), *[f"{tag},{language},8,0.75,{shape}" for tag, language in rows]]) + "\n"


def safe_row(
    tag: str, *, settings: tuple[float, ...] = WARM, contributor: str = "192.0.2.7", song: str = ""
) -> SafeRow:
    return SafeRow(tag=tag, contributor=contributor, settings=settings, genre=song)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# layouts


def test_safe_is_read_as_published_without_a_header_and_with_an_address_as_contributor(tmp_path: Path) -> None:
    lines = [safe_line(1, " Warm"), safe_line(2, "Bright, Clear", "2001:db8::1")]
    rows = load_safe(write(tmp_path / "safe.csv", "\n".join(lines) + "\n")).rows
    assert [row.tag for row in rows] == [" Warm", "Bright, Clear"]
    assert [row.contributor for row in rows] == ["user 0001", "user 0002"]
    assert rows[0].settings == WARM
    assert (rows[0].genre, rows[0].instrument, rows[0].experience, rows[0].language) == (
        "rock",
        "guitar",
        "3 years",
        "english",
    )


@pytest.mark.parametrize("header_names_language", [False, True])
def test_the_name_missing_from_the_socialfx_header_shifts_no_column(
    tmp_path: Path, header_names_language: bool
) -> None:
    text = socialfx_lines([("cold", "English"), ("frío", "Español")], header_names_language)
    data = load_socialfx(write(tmp_path / "fx.csv", text))
    rows = data.rows
    assert data.bands_hz == tuple(BANDS_HZ)
    assert [(row.tag, row.language) for row in rows] == [("cold", "en"), ("frío", "es")]
    assert rows[0].consistency == 0.75
    assert (rows[0].shape[0], rows[0].shape[-1]) == (1.7, -1.7)


def test_the_feature_file_says_for_each_row_id_what_the_sound_was_before_and_after(tmp_path: Path) -> None:
    values = ",".join(str(number / 8) for number in range(80))
    text = f"17,unprocessed,{values}\n17,processed,{values}\n"
    before, after = load_features(write(tmp_path / "features.csv", text))
    assert (before.row_id, before.processed, after.processed) == (17, False, True)
    assert before.features[79] == 79 / 8


def test_a_header_above_the_features_is_passed_over(tmp_path: Path) -> None:
    header = ",".join(["ID", "Signal", *[f"F{number}" for number in range(80)]])
    rows = load_features(write(tmp_path / "features.csv", f"{header}\n3,Processed,{','.join(['0'] * 80)}\n"))
    assert [row.row_id for row in rows] == [3]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("3,warm,192.0.2.7,1", "line 2: 4 columns, expected 25"),
        (safe_line(3, "warm").replace(",150.0,", ",oops,"), "line 2: 'oops' is not a finite number"),
        (safe_line(3, "warm").replace(",150.0,", ",nan,"), "line 2: 'nan' is not a finite number"),
    ],
)
def test_a_bad_safe_row_is_named_by_its_line(tmp_path: Path, bad: str, said: str) -> None:
    path = write(tmp_path / "safe.csv", f"{safe_line(1, 'warm')}\n{bad}\n")
    with pytest.raises(DataError, match=re.escape(said)):
        load_safe(path)


def test_a_third_language_in_socialfx_is_refused_by_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "fx.csv", socialfx_lines([("warm", "English"), ("warm", "Klingon")]))
    with pytest.raises(DataError, match="line 3: language 'Klingon'"):
        load_socialfx(path)


def test_a_feature_row_that_is_neither_before_nor_after_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "features.csv", f"3,sideways,{','.join(['0'] * 80)}\n")
    with pytest.raises(DataError, match="line 1: 'sideways'"):
        load_features(path)


def many(bad: list[str], good: int = 100) -> str:
    return "\n".join([safe_line(number, "warm") for number in range(good)] + bad) + "\n"


def test_a_few_bad_rows_in_a_hundred_are_passed_over_and_named_by_their_lines(tmp_path: Path) -> None:
    bad = ["7,warm,192.0.2.7", safe_line(8, "warm").replace(",150.0,", ",150;0,"), safe_line(9, "warm") + ",more"]
    data = load_safe(write(tmp_path / "safe.csv", many(bad)))
    assert len(data.rows) == 100
    assert data.reading.bad_lines == {"wrong number of columns": (101, 103), "not a number": (102,)}
    assert load_corpus(tmp_path / "safe.csv").safe_counts["bad row"] == 3
    assert load_corpus(tmp_path / "safe.csv").safe_counts["rows"] == 103


def test_a_file_with_more_than_five_bad_rows_in_a_hundred_is_refused_by_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "safe.csv", many(["oops"] * 6))
    with pytest.raises(DataError, match=r"line 101: 1 columns, expected 25 \(6 of 106 rows cannot be read\)"):
        load_safe(path)


def test_decimal_commas_are_told_from_other_nonsense(tmp_path: Path) -> None:
    path = write(tmp_path / "safe.csv", safe_line(1, "warm").replace(",150.0,", ',"150,0",'))
    with pytest.raises(DataError, match="'150,0' is not a finite number; write decimals with a point"):
        load_safe(path)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\n\n", " \n,,\n"])
def test_line_endings_blank_lines_and_empty_cells_at_the_end_do_not_matter(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "safe.csv"
    lines = [safe_line(1, "warm"), safe_line(2, "bright") + ",,"]
    path.write_bytes((ending.join(lines) + ending).encode())
    assert [row.tag for row in load_safe(path).rows] == ["warm", "bright"]


@pytest.mark.parametrize(("codec", "name"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("cp1252", "Windows-1252")])
def test_accents_survive_in_either_encoding(tmp_path: Path, codec: str, name: str) -> None:
    path = tmp_path / "fx.csv"
    path.write_bytes(socialfx_lines([("cálido", "Español")]).encode(codec))
    data = load_socialfx(path)
    assert (data.rows[0].tag, data.rows[0].language, data.reading.encoding) == ("cálido", "es", name)


@pytest.mark.parametrize("data", ["1,warm".encode("utf-16"), b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_csv_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    for load in (load_safe, load_features, load_socialfx):
        with pytest.raises(DataError, match=r"x.csv: not a text file, or UTF-16"):
            load(tmp_path / "x.csv")


def test_a_header_without_a_column_that_is_needed_is_refused(tmp_path: Path) -> None:
    text = socialfx_lines([("warm", "English")], header_names_language=True).replace("ratings_consistency", "rating")
    with pytest.raises(DataError, match="line 1: no column ratings_consistency"):
        load_socialfx(write(tmp_path / "fx.csv", text))


def test_rare_words_can_be_left_out_by_their_usual_spelling(tmp_path: Path) -> None:
    lines = [safe_line(number, tag) for number, tag in enumerate(["warm", "Warm ", "WARM", "tinny"])]
    data = load_safe(write(tmp_path / "safe.csv", "\n".join(lines)), min_examples=3)
    assert [row.tag for row in data.rows] == ["warm", "Warm ", "WARM"]
    assert data.rare == 1
    shapes = [("warm", "English"), ("warm", "English"), ("claro", "Español")]
    drawn = load_socialfx(write(tmp_path / "fx.csv", socialfx_lines(shapes)), min_examples=2)
    assert (len(drawn.rows), drawn.rare) == (2, 1)


def test_audio_features_join_their_row_before_and_after(tmp_path: Path) -> None:
    path = write(tmp_path / "safe.csv", "\n".join([safe_line(17, "warm"), safe_line(18, "bright")]))
    with pytest.raises(DataError, match=r"SAFEEqualiserAudioFeatureData.csv: not beside safe.csv; put it there"):
        load_safe(path, include_audio=True)
    ones, twos = (",".join([digit] * 80) for digit in "12")
    write(tmp_path / FEATURES_FILE, f"17,unprocessed,{ones}\n17,processed,{twos}\n")
    for included in (True, tmp_path / FEATURES_FILE):
        first, second = load_safe(path, include_audio=included).rows
        assert first.before is not None
        assert first.after is not None
        assert (first.before.features[0], first.after.features[0]) == (1, 2)
        assert (second.before, second.after) == (None, None)


def test_no_contributor_leaves_the_loader(tmp_path: Path) -> None:
    addresses = [f"198.51.100.{number}" for number in range(30)]
    good = [safe_line(number, "warm", address) for number, address in enumerate(addresses)]
    path = write(tmp_path / SAFE_FILE, "\n".join([*good, f"9,warm,{addresses[0]},oops"]))
    data, corpus, found = load_safe(path), load_corpus(path), describe(path)
    for said in (repr(data), repr(corpus), repr(found), description_text(found), json.dumps(found.to_dict())):
        assert "198.51" not in said
    assert len({row.contributor for row in data.rows}) == 30
    write(path, f"1,warm,{addresses[0]},oops")
    with pytest.raises(DataError) as caught:
        load_safe(path)
    assert "198.51" not in str(caught.value)


@pytest.mark.parametrize("named", [("safe",), ("socialfx",), ("safe", "socialfx")])
def test_either_file_alone_makes_a_corpus(tmp_path: Path, named: tuple[str, ...]) -> None:
    folder = write_csvs(tmp_path)
    files = {"safe": folder / SAFE_FILE, "socialfx": folder / SOCIALFX_FILE}
    corpus = load_corpus(*data_files(**{name: files[name] for name in named}))
    assert {one.source for one in corpus.contributions} == set(named)
    assert set(corpus.checksums) == set(named)
    assert corpus.bands_hz == pytest.approx(FORTY_BANDS_HZ)


def test_a_named_file_stands_before_the_one_in_the_folder(tmp_path: Path) -> None:
    folder = write_csvs(tmp_path)
    mine = tmp_path / "mine.csv"
    assert data_files(folder, safe=mine) == (mine, folder / SOCIALFX_FILE)
    assert data_files(folder) == (folder / SAFE_FILE, folder / SOCIALFX_FILE)


def test_nothing_to_learn_from_is_one_line() -> None:
    with pytest.raises(DataError, match="no rows to learn from"):
        load_corpus(None, None)


# what is in it


def test_the_description_counts_what_the_files_hold(tmp_path: Path) -> None:
    folder = write_csvs(tmp_path, people=6)
    safe, socialfx = describe(*data_files(folder)).files
    assert (safe.rows, safe.used, safe.words, socialfx.rows) == (18, 18, 3, 18)
    assert {word.word: (word.rows, word.people) for word in safe.top} == dict.fromkeys(
        ("warm", "bright", "thin"), (6, 6)
    )
    assert all(word.agreement > 0.5 for word in safe.top)
    assert safe.more["contributors"] == 6
    assert safe.more["filled in"]["genre"] == 1
    assert safe.published is False
    assert socialfx.more["rows by language"] == {"English": 18, "Spanish": 0}
    assert len(safe.more["ranges"]) == 13
    assert all(spread == sorted(spread) for spread in safe.more["ranges"].values())


def test_the_description_fits_a_terminal_and_is_the_same_twice(tmp_path: Path) -> None:
    files = data_files(write_csvs(tmp_path))
    text = description_text(describe(*files))
    assert text == description_text(describe(*files))
    assert max(map(len, text.splitlines())) <= 110
    assert "contributors: 12" in text


def test_audio_features_are_counted_in_the_description(tmp_path: Path) -> None:
    safe, _ = data_files(write_csvs(tmp_path))
    assert safe is not None
    values = ",".join(["0.5"] * 80)
    write(tmp_path / FEATURES_FILE, f"0,processed,{values}\n0,unprocessed,{values}\n1,processed,{values}\n")
    [found] = describe(safe, None, include_audio=True).files
    assert found.more["rows with audio features before and after"] == 1


@given(st.binary(max_size=400))
def test_any_bytes_are_rows_or_one_line_of_complaint(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "file.csv"
    path.write_bytes(data)
    for load in (load_safe, load_features, load_socialfx):
        try:
            load(path)
        except DataError as error:
            assert "\n" not in str(error)


def test_without_data_the_message_names_the_files_and_where_to_put_them(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        data_folder(tmp_path)
    assert all(part in str(caught.value) for part in (SAFE_FILE, SOCIALFX_FILE, str(tmp_path)))
    assert "\n" not in str(caught.value)


def test_a_named_folder_comes_before_the_variable_and_the_variable_before_the_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("named", "variable"):
        (tmp_path / folder).mkdir()
        for name in (SAFE_FILE, SOCIALFX_FILE):
            (tmp_path / folder / name).touch()
    monkeypatch.setenv("SEMEQ_DATA", str(tmp_path / "variable"))
    assert data_folder() == tmp_path / "variable"
    assert data_folder(tmp_path / "named") == tmp_path / "named"


# words


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        (" Warmer ", ("warm",)),
        ("birght ", ("bright",)),
        ("brighter+more present", ("bright", "more", "present")),
        ("Clean Bright Pleasant", ("clean", "bright", "pleasant")),
        ("hat crispy", ("crisp",)),
        ("Magic_Warm", ("magic", "warm")),
        ("test", ()),
        ("TEST 1", ()),
        ("test1", ()),
        ("test_warm", ()),
        ("RE27-1", ()),
        ("12", ()),
        ("Low Cut", ()),
        ("Mud-free Electric for Mix", ()),
        ("drum 1", ()),
    ],
)
def test_a_tag_becomes_its_words_or_nothing(tag: str, words: tuple[str, ...]) -> None:
    assert words_of(tag, "en") == words


def test_spanish_words_keep_their_accents_and_lose_their_gender() -> None:
    assert words_of("Cálida", "es") == words_of("calido", "es") == ("cálido",)
    assert words_of("TRISTEZA", "es") == ("triste",)


# cleaning


def test_traps_are_dropped_and_counted() -> None:
    rows = [safe_row(tag) for tag in ("warm", "test 1", "re27", "99", "warm ", "bright")]
    rows += [safe_row("warm", settings=FLAT), safe_row("warm", settings=(99.0, *WARM[1:]))]
    kept, counts = clean_safe(rows, BANDS_HZ)
    assert counts == {
        "rows": 8,
        "used": 2,
        "test": 1,
        "re27": 1,
        "not a word": 1,
        "repeat": 1,
        "flat": 1,
        "out of range": 1,
    }
    assert [one.word for one in kept] == ["warm", "bright"]


def test_the_same_setting_from_another_contributor_is_no_repeat() -> None:
    kept, _ = clean_safe([safe_row("warm"), safe_row("warm", contributor="198.51.100.4")], BANDS_HZ)
    assert len(kept) == 2


def test_a_hair_over_a_limit_is_rounding_and_more_is_no_setting() -> None:
    assert legal((12.000001, *WARM[1:])) == (12.0, *WARM[1:])
    assert legal((12.5, *WARM[1:])) is None
    assert legal((*WARM[:1], -150.0, *WARM[2:])) is None


def test_curves_carry_no_level() -> None:
    kept, _ = clean_safe([safe_row("warm")], BANDS_HZ)
    shapes, _ = clean_socialfx([SocialFxRow(tag="warm", language="en", consistency=0.5, shape=tuple(range(40)))])
    for one in (*kept, *shapes):
        assert one.curve_db.mean() == pytest.approx(0, abs=1e-12)


def test_a_safe_curve_is_the_response_of_its_settings() -> None:
    expected = level_free(response_db(EqSettings.from_vector(WARM), BANDS_HZ))
    assert level_free(settings_db([WARM], BANDS_HZ))[0] == pytest.approx(expected, abs=1e-9)


def test_both_published_layouts_make_one_corpus(tmp_path: Path) -> None:
    write(tmp_path / SAFE_FILE, "\n".join([safe_line(1, "warm"), safe_line(2, "test")]))
    write(tmp_path / SOCIALFX_FILE, socialfx_lines([("warm", "English"), ("Claro", "Español")]))
    corpus = load_corpus(tmp_path)
    said = [(one.word, one.language, one.source) for one in corpus.contributions]
    assert said == [("warm", "en", "safe"), ("warm", "en", "socialfx"), ("claro", "es", "socialfx")]


# people


def test_a_song_that_comes_back_for_the_same_word_begins_the_next_listener() -> None:
    session = [safe_row(tag, song=song) for song in ("jazz1", "metal1") for tag in ("warm", "bright")]
    names = people([*session, *session])
    assert len(set(names[:4])) == 1
    assert len(set(names)) == 2


def test_two_contributors_are_never_one_person() -> None:
    assert len(set(people([safe_row("warm"), safe_row("warm", contributor="198.51.100.4")]))) == 2
