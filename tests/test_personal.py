"""Words of your own: taught from settings or a curve, kept in one file, used like any other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from semeq import EqSettings, UsageError, eq, interpolate, load_model, suggest, words
from semeq.cli import app
from semeq.errors import SemeqError
from semeq.personal import MOST_NAME_CHARS, PersonalWord, check_new, plain_name, with_words
from semeq.personal_file import forget, load_words, personal_model, read_words, teach, words_file, write_words

AIR = EqSettings.flat().with_gain(5, 4.0).with_gain(2, -2.0)
MINE = PersonalWord(name="my vocal air", language="en", settings=AIR)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMEQ_CONFIG", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config"


@pytest.fixture
def semeq() -> Run:
    """Run the command in this process: exit code (1 for one of our errors), stdout, the error's line."""

    def run(*arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, arguments)
        if done.exception and not isinstance(done.exception, (SemeqError, SystemExit)):
            raise done.exception
        failed = isinstance(done.exception, SemeqError)
        return (done.exit_code, done.stdout, str(done.exception) if failed else done.stderr)

    return run


def saved(settings: EqSettings = AIR, name: str = "air.json") -> str:
    Path(name).write_text(settings.to_json(), encoding="utf-8")
    return name


# used like any other


@pytest.mark.parametrize("name", ["default", "socialfx", "v1", "v2", "v2-vae", "v3"])
def test_a_personal_word_works_in_every_model(name: str) -> None:
    model = with_words(load_model(name), [MINE])
    assert eq("my vocal air", model=model) == AIR
    assert eq("my vocal air", 0.5, model=model) == AIR.scaled(0.5)
    assert eq("my vocal air", -1.0, model=model) == AIR.inverted()
    assert eq("my vocal air", 0.0, model=model).is_flat
    assert not eq("50% my vocal air + 50% warm", model=model).is_flat
    assert interpolate("my vocal air", "warm", 0.0, model=model) == AIR
    assert not eq("my vocal air", vary=1, model=model).is_flat


def test_it_is_listed_as_your_own_and_brings_no_doubt() -> None:
    model = with_words(load_model(), [MINE])
    [word] = [word for word in words(model=model) if word.name == "my vocal air"]
    assert word.confidence == "own"
    assert word.strength_db == pytest.approx(float(np.std(word.curve_db)))
    assert suggest("my vocal air", model=model).notes == ()


def test_the_model_it_was_added_to_stays_as_it_was() -> None:
    with_words(load_model(), [MINE])
    assert "my vocal air" not in load_model().vocabulary("en")


def test_a_word_of_the_model_stands_before_a_personal_one_of_its_name() -> None:
    hidden = PersonalWord(name="warm", language="en", settings=AIR)
    assert eq("warm", model=with_words(load_model(), [hidden])) == eq("warm")


def test_a_personal_word_has_no_preamp() -> None:
    assert PersonalWord(name="x", language="en", settings=AIR.with_preamp(-6)).settings.preamp_db == 0


# names


@pytest.mark.parametrize("name", ["my air", "Ärger", "rock'n'roll", "lo-fi", "a b c d", "MY  Vocal   AIR"])
def test_good_names_are_kept_in_small_letters(name: str) -> None:
    assert plain_name(name) == " ".join(name.casefold().split())


@pytest.mark.parametrize(
    "name",
    ["", " ", "50% air", "air+", "a b c d e", "x_y", "-air", "3 d", "a\nb\tc;", "x" * (MOST_NAME_CHARS + 1), None, 5],
)
def test_names_that_could_not_be_said_are_refused(name: Any) -> None:
    with pytest.raises(UsageError, match="use 1 to 4 words of letters"):
        plain_name(name)


@pytest.mark.parametrize("name", ["very much", "less air", "not warm", "warm and mine", "half air", "plus"])
def test_names_with_words_that_mean_something_else_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="has a meaning of its own in a request"):
        check_new(name, "en", load_model())


@given(st.text(max_size=30))
def test_any_name_is_taken_or_refused_in_one_line(name: str) -> None:
    try:
        kept = check_new(name, "en", load_model())
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        model = with_words(load_model(), [PersonalWord(name=kept, language="en", settings=AIR)])
        assert eq(kept, model=model) == AIR


# the file


def test_taught_words_stay_until_they_are_forgotten(home: Path) -> None:
    assert load_words() == ()
    teach("My Vocal Air", "en", AIR, model=load_model())
    assert load_words() == (MINE,)
    assert words_file() == str(home / "words.json")
    forget("my vocal AIR", "en")
    assert load_words() == ()


def test_the_file_can_be_read_by_people(home: Path) -> None:
    teach("voz clara", "es", AIR, model=load_model())
    data = json.loads((home / "words.json").read_text(encoding="utf-8"))
    assert data["format"] == "semeq.words/1"
    assert data["words"][0]["word"] == "voz clara"
    assert not [path for path in home.iterdir() if path.name != "words.json"]


def test_without_personal_words_the_model_is_just_its_name(home: Path) -> None:
    assert personal_model("default") == "default"
    assert not home.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 3}', '{"format": "semeq.words/1", "words": [3]}'])
def test_a_damaged_file_is_one_line_and_never_overwritten(home: Path, text: str) -> None:
    home.mkdir()
    (home / "words.json").write_text(text, encoding="utf-8")
    for call in (load_words, lambda: teach("mine", "en", AIR, model=load_model()), lambda: personal_model("default")):
        with pytest.raises(UsageError, match=r"words\.json: "):
            call()
    assert (home / "words.json").read_text(encoding="utf-8") == text


def test_a_newer_file_says_so(home: Path) -> None:
    home.mkdir()
    (home / "words.json").write_text('{"format": "semeq.words/2", "words": []}', encoding="utf-8")
    with pytest.raises(UsageError, match=r"format 'semeq.words/2', this semeq reads 'semeq.words/1'; update semeq"):
        load_words()


def test_a_folder_that_cannot_be_written_is_one_line(home: Path) -> None:
    home.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(UsageError, match="set SEMEQ_CONFIG to a folder that can be written"):
        teach("mine", "en", AIR, model=load_model())


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "/x/semeq/words.json"),
        ("linux", {"HOME": "/home/a"}, "/home/a/.config/semeq/words.json"),
        ("darwin", {"HOME": "/Users/a"}, "/Users/a/Library/Application Support/semeq/words.json"),
    ],
)
def test_the_file_lies_where_the_system_keeps_such_things(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    for name in ("SEMEQ_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert words_file() == expected


# the command


def test_teach_use_export_forget_import(semeq: Run) -> None:
    code, out, _ = semeq("words", "teach", "my vocal air", "--settings", saved())
    assert code == 0
    assert '"my vocal air" is' in out
    code, out, _ = semeq("eq", "my vocal air", "--json")
    assert EqSettings.from_dict(json.loads(out)["settings"]) == AIR
    assert json.loads(out)["words"][0]["confidence"] == "own"
    assert "my vocal air" in semeq("words", "--confidence", "own")[1]
    assert semeq("words", "export", "mine.json")[0] == 0
    assert read_words("mine.json") == (MINE,)
    assert semeq("words", "forget", "my vocal air")[0] == 0
    assert semeq("eq", "my vocal air")[0] == 1
    assert "1 word added, 0 kept" in semeq("words", "import", "mine.json")[1]
    assert "0 words added, 1 kept" in semeq("words", "import", "mine.json")[1]
    assert semeq("eq", "my vocal air")[0] == 0


def test_a_curve_is_taught_as_the_five_bands_nearest_to_it(semeq: Run) -> None:
    rows = "\n".join(f"{hz},{gain}" for hz, gain in ((20, 3), (100, 3), (300, 1), (1000, 0), (5000, -2), (20000, -3)))
    Path("curve.csv").write_text(rows, encoding="utf-8")
    assert semeq("words", "teach", "my tilt", "--curve", "curve.csv")[0] == 0
    assert load_words()[0].settings.gains_db[0] > 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("teach", "mine"), "--settings FILE or --curve CSV, one of them"),
        (("teach", "mine", "--settings", "a", "--curve", "b"), "--settings FILE or --curve CSV, one of them"),
        (("teach", "mine", "--settings", "nothing.json"), "nothing.json: No such file"),
        (("teach", "warm", "--settings", "air.json"), "'warm' is a word of model default already"),
        (("teach", "mine", "--settings", "flat.json"), "'mine' would be flat"),
        (("forget", "mine"), "no word 'mine' of yours; you have: none"),
        (("export", "mine.json"), "no words of your own yet"),
        (("import", "air.json"), "air.json: holds no words of yours"),
        (("import", "nothing.json"), "nothing.json: No such file"),
    ],
)
def test_what_cannot_be_done_is_one_line(semeq: Run, arguments: tuple[str, ...], line: str) -> None:
    saved()
    saved(EqSettings.flat(), "flat.json")
    code, _, err = semeq("words", *arguments)
    assert code == 1
    assert line in err
    assert "\n" not in err


def test_a_word_is_replaced_only_by_force(semeq: Run) -> None:
    semeq("words", "teach", "mine", "--settings", saved())
    code, _, err = semeq("words", "teach", "mine", "--settings", saved(AIR.scaled(2)))
    assert (code, "use --force" in err) == (1, True)
    assert load_words()[0].settings == AIR
    assert semeq("words", "teach", "mine", "--settings", "air.json", "--force")[0] == 0
    assert load_words()[0].settings == AIR.scaled(2)


def test_an_import_is_all_or_nothing(semeq: Run) -> None:
    hidden = PersonalWord(name="warm", language="en", settings=AIR)
    write_words("theirs.json", [MINE, hidden])
    code, _, err = semeq("words", "import", "theirs.json")
    assert (code, "'warm' is a word of model default" in err) == (1, True)
    assert load_words() == ()
