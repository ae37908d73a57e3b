"""The training data: published layouts, traps, people, words."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeq import EqSettings, response_db
from semeq_models import DataError
from semeq_models.cleaning import clean_safe, clean_socialfx, legal, load_corpus
from semeq_models.curves import level_free, settings_db
from semeq_models.folder import SAFE_FILE, SOCIALFX_FILE, data_folder
from semeq_models.people import people
from semeq_models.safe import SafeRow, load_features, load_safe
from semeq_models.socialfx import SocialFxRow, load_socialfx
from semeq_models.spelling import words_of

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
    rows = load_safe(write(tmp_path / "safe.csv", "\n".join(lines) + "\n"))
    assert [row.tag for row in rows] == [" Warm", "Bright, Clear"]
    assert [row.contributor for row in rows] == ["192.0.2.7", "2001:db8::1"]
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
    bands, rows = load_socialfx(write(tmp_path / "fx.csv", text))
    assert bands == tuple(BANDS_HZ)
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
