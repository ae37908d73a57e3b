"""`semeq ab`: versions made equally loud, hidden behind numbers, listened to, and read back."""

import hashlib
import json
import shutil
import subprocess
import tracemalloc
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import soundfile
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semeq.errors import AudioError, SemeqError, UsageError
from semeq.hearing.blind import BlindOptions, make_blind_set, shuffles
from semeq.hearing.blind_cli import ab_command, results_text
from semeq.hearing.blind_page import listening_page
from semeq.hearing.blind_results import bootstrap, read_answers, read_key, read_results, wilson
from tests.sound import noise, read, write

HOSTILE = """</script><script>alert(1)</script>" onload='x' & <b>"""
NAMES = ("plain.wav", "warm50.wav", "warm100.wav")


def versions(folder: Path, peaks: Sequence[float] = (0.2, 0.5, 0.9), dur_s: float = 1.0, **how: Any) -> list[Path]:
    return [write(folder / name, noise(dur_s, peak=peak), **how) for name, peak in zip(NAMES, peaks, strict=False)]


def key_of(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    return said


def everything(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def lufs(path: Path) -> float:
    samples, rate_hz = read(path)
    return float(pyloudnorm.Meter(rate_hz).integrated_loudness(samples.T))


# making a set


def test_all_versions_become_as_loud_as_the_quietest(tmp_path: Path) -> None:
    sources = versions(tmp_path)
    made = make_blind_set(sources, tmp_path / "ab", BlindOptions(seed=1))
    quietest = lufs(sources[0])
    heard = [lufs(path) for path in sorted((tmp_path / "ab" / "trial-01").iterdir())]
    assert heard == pytest.approx([quietest] * 3, abs=0.02)
    assert [one.lufs_after for one in made.versions] == pytest.approx(heard, abs=0.02)
    assert max(one.gain_db for one in made.versions) == 0


def test_a_version_is_its_source_times_one_gain(tmp_path: Path) -> None:
    sources = versions(tmp_path)
    made = make_blind_set(sources, tmp_path / "ab", BlindOptions(seed=1))
    for place, number in enumerate(made.trials[0], 1):
        hidden, _ = read(tmp_path / "ab" / "trial-01" / f"{place}.wav")
        expected = read(sources[number])[0] * 10 ** (made.versions[number].gain_db / 20)
        np.testing.assert_allclose(hidden, expected, atol=2**-23)  # one step of 24 bits


def test_where_a_version_would_clip_all_go_down_together(tmp_path: Path) -> None:
    """A float file may lie beyond full scale, but no player can play that."""
    steady, spiky = noise(2.0, peak=0.9), noise(2.0, peak=0.3)
    spiky[0, 1000] = 3.0
    sources = [
        write(tmp_path / "steady.wav", steady, subtype="FLOAT"),
        write(tmp_path / "spiky.wav", spiky, subtype="FLOAT"),
    ]
    make_blind_set(sources, tmp_path / "ab", BlindOptions(seed=1))
    files = sorted((tmp_path / "ab" / "trial-01").iterdir())
    assert max(np.abs(read(path)[0]).max() for path in files) < 1
    assert lufs(files[0]) == pytest.approx(lufs(files[1]), abs=0.02)


@pytest.mark.parametrize(
    ("subtypes", "written"),
    [
        (("PCM_16", "PCM_24"), "PCM_24"),
        (("FLOAT", "FLOAT"), "FLOAT"),
        (("DOUBLE", "PCM_16"), "FLOAT"),
    ],
)
def test_files_are_24_bit_or_all_floats_so_that_no_size_tells(
    subtypes: tuple[str, str], written: str, tmp_path: Path
) -> None:
    lengths = (1.0, 1.05)
    sources = [
        write(tmp_path / f"{subtype}-{dur_s}.wav", noise(dur_s, 44_100), 44_100, subtype)
        for subtype, dur_s in zip(subtypes, lengths, strict=True)
    ]
    make_blind_set(sources, tmp_path / "ab", BlindOptions(seed=1, trials=3))
    files = list((tmp_path / "ab").glob("trial-*/*.wav"))
    infos = [soundfile.info(path) for path in files]
    assert {(one.subtype, one.samplerate, one.channels, one.frames) for one in infos} == {(written, 44_100, 2, 44_100)}
    assert len({(path.stat().st_size, path.stat().st_mtime) for path in files}) == 1


def test_the_same_seed_makes_the_same_set_byte_for_byte(tmp_path: Path) -> None:
    sources = versions(tmp_path)
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        make_blind_set(sources, tmp_path / name, BlindOptions(seed=seed, trials=4))
    assert everything(tmp_path / "a") == everything(tmp_path / "b")
    assert everything(tmp_path / "a") != everything(tmp_path / "c")


def test_without_a_seed_no_two_sets_are_alike_and_the_key_keeps_the_seed(tmp_path: Path) -> None:
    sources = versions(tmp_path)
    first = make_blind_set(sources, tmp_path / "a")
    second = make_blind_set(sources, tmp_path / "b")
    assert first.set_id != second.set_id
    assert shuffles(3, 1, key_of(tmp_path / "a")["seed"]) == first.trials


def test_every_order_is_as_likely_as_any_other() -> None:
    orders = shuffles(3, 60, seed=5) + shuffles(3, 60, seed=6)
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert min(counts) >= 8  # 20 expected; below 8 comes once in 500 sets


def test_the_key_knows_every_file_and_which_is_which(tmp_path: Path) -> None:
    sources = versions(tmp_path)
    make_blind_set(sources, tmp_path / "ab", BlindOptions(seed=3, trials=5))
    key, found = key_of(tmp_path / "ab"), everything(tmp_path / "ab")
    del found["key.json"]
    assert key["files"] == found
    assert "Do not open" in key["read_this_first"]
    quiet = hashlib.sha256((tmp_path / "ab" / "trial-01" / f"{key['trials'][0].index(NAMES[0]) + 1}.wav").read_bytes())
    for number, order in enumerate(key["trials"], 1):
        assert found[f"trial-{number:02}/{order.index(NAMES[0]) + 1}.wav"] == quiet.hexdigest()
    assert [one["sha256"] for one in key["versions"]] == [everything(tmp_path)[name] for name in NAMES]


def test_many_trials_take_the_disk_of_one(tmp_path: Path) -> None:
    make_blind_set(versions(tmp_path), tmp_path / "ab", BlindOptions(seed=3, trials=20))
    places = {path.stat().st_ino for path in (tmp_path / "ab").rglob("*.wav")}
    assert len(places) == 3


def test_tags_do_not_travel_into_a_set(tmp_path: Path) -> None:
    sources = versions(tmp_path)
    with soundfile.SoundFile(tmp_path / "tagged.wav", "w", 48_000, 2, "PCM_24") as file:
        file.title = "WARM VERSION"
        file.write(noise(1.0, peak=0.1).T)
    make_blind_set([*sources[:2], tmp_path / "tagged.wav"], tmp_path / "ab")
    assert not any(b"WARM" in path.read_bytes() for path in (tmp_path / "ab").rglob("*.wav"))


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    peaks = []
    for dur_s in (8.0, 32.0):
        folder = tmp_path / str(dur_s)
        folder.mkdir()
        sources = versions(folder, (0.2, 0.5), dur_s)
        tracemalloc.start()
        make_blind_set(sources, folder / "ab")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1e6  # 24 s more are 9 MB of floats a version


def _unlike(folder: Path) -> dict[str, Path]:
    return {
        "rate": write(folder / "rate.wav", noise(1.0, 44_100), 44_100),
        "mono": write(folder / "mono.wav", noise(1.0, channels=1)),
        "long": write(folder / "long.wav", noise(1.2)),
        "silent": write(folder / "silent.wav", np.zeros((2, 48_000))),
        "nan": write(folder / "nan.wav", np.full((2, 48_000), np.nan), subtype="FLOAT"),
        "missing": folder / "missing.wav",
    }


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("rate", r"rate\.wav: 44100 Hz, not 48000 Hz as plain\.wav"),
        ("mono", r"mono\.wav: 1 channels, not 2"),
        ("long", r"long\.wav: 1\.20 s long, not 1\.00 s"),
        ("silent", r"silent\.wav: silent.*leave it out"),
        ("nan", r"nan\.wav: not a number at 0\.000 s"),
        ("missing", r"missing\.wav: no such file"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_nothing_is_left(second: str, said: str, tmp_path: Path) -> None:
    (plain,) = versions(tmp_path, (0.2,))
    other = _unlike(tmp_path)[second]
    before = everything(tmp_path)
    with pytest.raises(AudioError, match=said) as caught:
        make_blind_set([plain, other], tmp_path / "ab")
    assert "\n" not in str(caught.value)
    assert everything(tmp_path) == before
    assert not (tmp_path / "ab").exists()


def test_one_file_too_many_files_and_the_same_file_twice_are_refused(tmp_path: Path) -> None:
    (plain,) = versions(tmp_path, (0.2,))
    for wrong, said in (([plain], "1 files: give 2 to 12"), ([plain] * 13, "13 files"), ([plain, plain], "twice")):
        with pytest.raises(UsageError, match=said):
            make_blind_set(wrong, tmp_path / "ab")


@pytest.mark.parametrize(
    "wrong", [{"trials": 0}, {"trials": 100}, {"seed": -1}, {"question": " "}, {"question": "a\nb"}, {"answer": "x"}]
)
def test_options_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="use"):
        BlindOptions(**wrong)


def test_an_existing_set_is_replaced_only_when_told_and_other_files_stay(tmp_path: Path) -> None:
    sources, folder = versions(tmp_path), tmp_path / "ab"
    make_blind_set(sources, folder, BlindOptions(seed=1, trials=3))
    (folder / "answers").mkdir()
    (folder / "answers" / "ana.json").write_text("precious")
    before = everything(folder)
    with pytest.raises(AudioError, match=r"exists.*--force"):
        make_blind_set(sources, folder)
    assert everything(folder) == before
    make_blind_set(sources, folder, BlindOptions(seed=2, overwrite=True))
    assert (folder / "answers" / "ana.json").read_text() == "precious"
    assert sorted(path.name for path in folder.iterdir()) == ["answers", "key.json", "listen.html", "trial-01"]
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "ab"}


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    sources = versions(tmp_path)
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "key.json").write_text("{}")
    with pytest.raises(AudioError, match="other things than a listening set"):
        make_blind_set(sources, tmp_path / "music", BlindOptions(overwrite=True))
    assert (tmp_path / "music" / "key.json").read_text() == "{}"


# the page


class Page(HTMLParser):
    """All tags with their attributes, and the text outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.script = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and not self.script:
            self.script = data
        elif self.tags and self.tags[-1][0] not in ("script", "style"):
            self.said += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [has for name, has in self.tags if name == tag and wanted.items() <= has.items()]


def page(question: str = "Which?", answer: str = "both", trials: int = 2) -> Page:
    files = [[f"trial-{trial:02}/{place}.wav" for place in (1, 2, 3)] for trial in range(1, trials + 1)]
    return Page(listening_page(set_id="abc", question=question, answer=answer, trials=files))


def test_the_page_plays_every_file_of_the_set_by_its_relative_path(tmp_path: Path) -> None:
    make_blind_set(versions(tmp_path), tmp_path / "ab", BlindOptions(trials=3))
    found = Page((tmp_path / "ab" / "listen.html").read_text(encoding="utf-8"))
    played = [str(one["data-src"]) for one in found.all("audio")]
    assert sorted(played) == sorted(name for name in key_of(tmp_path / "ab")["files"] if name.endswith(".wav"))
    assert all((tmp_path / "ab" / name).is_file() for name in played)


def test_the_page_knows_nothing_of_the_key_and_nothing_of_the_network(tmp_path: Path) -> None:
    make_blind_set(versions(tmp_path), tmp_path / "ab", BlindOptions(seed=123_456_789))
    text = (tmp_path / "ab" / "listen.html").read_text(encoding="utf-8")
    key = key_of(tmp_path / "ab")
    secrets = [*NAMES, "plain", "warm", "123456789", *key["files"].values(), *(v["sha256"] for v in key["versions"])]
    assert not [secret for secret in secrets if secret in text]
    assert not [word for word in ("http:", "https:", "//", "fetch(", "XMLHttp", "import(", "volume =") if word in text]
    assert not [has for _, has in Page(text).tags if {"src", "href"} & has.keys()]


def test_a_hostile_question_stays_text() -> None:
    plain, hostile = page(), page(HOSTILE)
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(has) for _, has in hostile.tags] == [sorted(has) for _, has in plain.tags]
    assert HOSTILE in hostile.said


@pytest.mark.parametrize(("answer", "sliders", "radios"), [("rating", 6, 0), ("preference", 0, 8), ("both", 6, 8)])
def test_the_page_asks_what_was_wanted(answer: str, sliders: int, radios: int) -> None:
    found = page(answer=answer)
    assert len(found.all("input", **{"class": "rating"})) == sliders
    assert len(found.all("input", type="radio")) == radios


def test_every_control_has_a_name_for_those_who_do_not_see_it() -> None:
    found = page()
    assert all(has.get("aria-label") for has in found.all("input", type="range"))
    assert all(has.get("aria-label") for has in found.all("button", **{"class": "choose"}))
    assert found.all("html", lang="en")
    assert found.all("p", role="status")
    assert found.all("noscript")


FAKE_BROWSER = """
const make = (tag, data) => ({tagName: tag, dataset: data || {}, on: {}, attributes: {}, muted: false, currentTime: 0,
  addEventListener(kind, does) { this.on[kind] = does; }, setAttribute(name, value) { this.attributes[name] = value; },
  removeAttribute() {}, load() {}, pause() { this.running = false; }, play() { this.running = true; }, focus() {},
  remove() {}, click() {}, appendChild() {}, duration: 60, checked: false, value: ""});
const ids = {};
const audio = [1, 2, 3].map((n) => make("AUDIO", {src: `trial-01/${n}.wav`}));
const buttons = [1, 2, 3].map((n) => make("BUTTON", {place: String(n)}));
const sliders = [1, 2, 3].map(() => Object.assign(make("INPUT"), {value: "50", parentNode: make("LABEL")}));
const radios = [1, 2, 3, 0].map((n) => Object.assign(make("INPUT"), {value: String(n)}));
const found = {"section.trial": [make("SECTION")], audio, "button.choose": buttons, "input.rating": sliders,
  "input[type=radio]": radios, textarea: [make("TEXTAREA")], output: [make("OUTPUT")], h2: [make("H2")]};
let keys, saved;
globalThis.document = {body: Object.assign(make("BODY", {format: "semeq.ab.answers/1", set: "SET", answer: "both"})),
  querySelectorAll: (selector) => found[selector] || [],
  getElementById: (id) => ids[id] ||= make("DIV"), createElement: (tag) => make(tag),
  addEventListener: (kind, does) => { keys = does; }};
for (const root of found["section.trial"]) root.querySelectorAll = document.querySelectorAll;
for (const one of sliders) one.parentNode.querySelectorAll = document.querySelectorAll;
globalThis.window = {addEventListener() {}};
globalThis.setInterval = () => 0;
globalThis.setTimeout = () => 0;
globalThis.Blob = class { constructor(parts) { saved = parts.join(""); } };
URL.createObjectURL = () => "blob:1";
const press = (key) => keys({key, target: make("BODY"), preventDefault() {}});
"""
LISTENER = """
press(" "); audio.forEach((one) => { one.currentTime = 12.5; }); press("3");
const heard = audio.map((one) => !one.muted), running = audio.every((one) => one.running);
sliders[0].value = "80"; sliders[0].on.input(); radios[1].checked = true;
document.getElementById("name").value = "Ana"; ids.save.on.click();
console.log(JSON.stringify({heard, running, times: audio.map((one) => one.currentTime), saved: JSON.parse(saved),
  status: ids.status.textContent}));
"""


def test_a_key_switches_in_place_and_what_is_saved_can_be_read(tmp_path: Path) -> None:
    """In node with the least of a browser, where there is node; elsewhere the page is only parsed."""
    found = page(trials=1)
    assert found.script
    node = shutil.which("node")
    if node is None:
        return
    code = tmp_path / "page.js"
    code.write_text(FAKE_BROWSER + found.script + LISTENER, encoding="utf-8")
    done = subprocess.run([node, code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["heard"] == [False, False, True]
    assert told["running"]
    assert told["times"] == [12.5] * 3
    assert told["saved"]["trials"] == [{"trial": 1, "ratings": [80, None, None], "preferred": 2, "comment": ""}]
    assert "trial 1" in told["status"]
    make_blind_set(versions(tmp_path), tmp_path / "ab", BlindOptions(answer="both"))
    key = read_key(tmp_path / "ab")
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(told["saved"] | {"set": key.set_id}))
    assert read_answers(path, key).name == "Ana"


# reading answers back


def made_set(folder: Path, trials: int = 2, answer: str = "rating", names: int = 3) -> Path:
    sources = versions(folder)[:names]
    make_blind_set(sources, folder / "ab", BlindOptions(seed=4, trials=trials, answer=answer))  # type: ignore[arg-type]
    return folder / "ab"


def answer(folder: Path, number: int, taste: Mapping[str, float], **other: Any) -> Path:
    """One listener who likes versions as ``taste`` says, wherever they lie."""
    key = key_of(folder)
    trials = [
        {
            "trial": trial,
            "ratings": [taste[name] for name in order] if key["answer"] != "preference" else None,
            "preferred": order.index(max(taste, key=lambda name: taste[name])) + 1
            if key["answer"] != "rating"
            else None,
            "comment": "",
        }
        for trial, order in enumerate(key["trials"], 1)
    ]
    said = {"format": "semeq.ab.answers/1", "set": key["set"], "listener": f"{number:016x}", "name": "", "comment": ""}
    path = folder / "answers" / f"{number}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(said | {"saved": f"2026-01-01T00:00:{number:02}Z", "trials": trials} | other))
    return path


def test_ratings_find_their_versions_through_the_shuffles(tmp_path: Path) -> None:
    folder = made_set(tmp_path, trials=5)
    for number in range(8):
        answer(folder, number, dict(zip(NAMES, (20 + number, 50, 90 - number), strict=True)))
    found = read_results(folder)
    assert [one.mean_rating for one in found.versions] == pytest.approx([23.5, 50, 86.5])
    assert [one.wins for one in found.versions] == [0, 0, 40]
    assert (found.listeners, found.trials, found.enough) == (8, 40, True)
    assert found.verdicts == ("warm100.wav is rated highest by the listeners, beyond chance.",)
    low, high = found.versions[0].rating_interval or (0, 0)
    assert 20 < low < 23.5 < high < 27


def test_few_answers_tell_nothing_and_that_is_said(tmp_path: Path) -> None:
    folder = made_set(tmp_path, trials=9, answer="both")
    for number in range(5):
        answer(folder, number, dict(zip(NAMES, (0, 50, 100), strict=True)))
    found = read_results(folder)
    assert not found.enough
    assert all(said.startswith("Too few answers to tell: 5 listeners") for said in found.verdicts)


def test_listeners_who_disagree_give_no_winner(tmp_path: Path) -> None:
    folder = made_set(tmp_path, answer="both")
    for number in range(12):
        answer(folder, number, {name: 90.0 if number % 3 == place else 40.0 for place, name in enumerate(NAMES)})
    found = read_results(folder)
    assert found.enough
    assert all(said.startswith("No version is") for said in found.verdicts)
    assert [one.share for one in found.versions] == pytest.approx([1 / 3] * 3)


def test_one_listener_with_many_trials_speaks_for_one_listener(tmp_path: Path) -> None:
    folder = made_set(tmp_path, trials=10, answer="preference", names=2)
    found = read_results(folder, [answer(folder, 1, {NAMES[0]: 1, NAMES[1]: 2})])
    assert found.verdicts == ("warm50.wav is chosen by this one listener more often than chance would.",)
    assert found.versions[1].share_interval == pytest.approx(wilson(1.0, 10))
    assert found.versions[1].mean_rating is None


def test_no_difference_is_shared_and_gaps_are_not_counted(tmp_path: Path) -> None:
    folder = made_set(tmp_path, trials=2, answer="preference", names=2)
    trials = [{"trial": n, "ratings": None, "preferred": p, "comment": ""} for n, p in ((1, 0), (2, None))]
    found = read_results(folder, [answer(folder, 1, {NAMES[0]: 1, NAMES[1]: 2}, trials=trials)])
    assert [one.wins for one in found.versions] == [0.5, 0.5]
    assert any("1 of 2 trials are not fully answered" in note for note in found.notes)


def test_who_saves_twice_is_counted_once(tmp_path: Path) -> None:
    folder = made_set(tmp_path)
    taste = dict(zip(NAMES, (10, 20, 30), strict=True))
    answer(folder, 1, dict.fromkeys(NAMES, 0.0), listener="f" * 16)
    answer(folder, 2, taste, listener="f" * 16)
    answer(folder, 3, taste, name="Ana")
    answer(folder, 4, taste, name="ANA")
    found = read_results(folder)
    assert found.listeners == 2
    assert [one.mean_rating for one in found.versions] == [10, 20, 30]
    assert any("saved again later as 2.json" in note for note in found.notes)
    assert any("count as one listener" in note for note in found.notes)


def test_intervals_are_the_published_ones() -> None:
    """Wilson from Newcombe 1998, table I: 81 of 263; the bootstrap near the normal interval of many values."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    values = np.random.default_rng(1).normal(50, 10, 400)
    assert bootstrap(values) == pytest.approx((values.mean() - 0.98, values.mean() + 0.98), abs=0.1)
    assert bootstrap(values) == bootstrap(values)
    assert bootstrap(values[:1]) is None


WRONG_ANSWERS: list[tuple[object, str]] = [
    ({"set": "other"}, "answers of another set"),
    ({"format": "x"}, "not answers"),
    ({"trials": []}, "2 trials are wanted"),
    ({"trials": "12"}, "2 trials are wanted"),
    ({"trials": [1, 2]}, "trial 1 is not where it belongs"),
    ({"name": 5}, "text of up to 200"),
    ({"name": "x" * 10_000}, "text of up to 200"),
    ({"listener": None}, "text of up to 64"),
    *[
        ({"trials": [{"trial": 1, "ratings": ratings, "preferred": None, "comment": ""}] * 2}, said)
        for ratings, said in (
            ([1, 2], "3 ratings are wanted"),
            ([1, 2, 101], "from 0 to 100"),
            ([1, 2, True], "from 0 to 100"),
            ([1, 2, "3"], "from 0 to 100"),
            ([1, 2, 10**400], "from 0 to 100"),
            ([1, 2, float("nan")], "not JSON"),
            ([1, 2, float("inf")], "not JSON"),
        )
    ],
    ({"trials": [{"trial": 1, "ratings": None, "preferred": 4, "comment": ""}] * 2}, "preferred is 0 to 3"),
]


@pytest.mark.parametrize(("change", "said"), WRONG_ANSWERS, ids=range(len(WRONG_ANSWERS)))
def test_wrong_answers_are_refused_in_one_line(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    folder = made_set(tmp_path)
    path = answer(folder, 1, dict.fromkeys(NAMES, 0.0), **change)
    with pytest.raises(AudioError, match=rf"1\.json: .*{said}") as caught:
        read_results(folder, [path])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"", b"[" * 100_000, b'{"a":' + b"1" * 9000 + b"}", b"\xff", b"[]", b" " * 2_000_000])
def test_files_that_are_no_answers_are_refused(raw: bytes, tmp_path: Path) -> None:
    folder = made_set(tmp_path)
    (tmp_path / "bad.json").write_bytes(raw)
    with pytest.raises(AudioError, match=r"bad\.json: (not|larger)"):
        read_results(folder, [tmp_path / "bad.json"])


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_fields = ("trials", "name", "listener", "saved", "comment", "set", "format", "versions", "files", "answer", "question")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(_fields), value=_json, key_too=st.booleans())
def test_any_json_is_read_or_refused(field: str, value: object, key_too: bool, tmp_path: Path) -> None:
    folder = tmp_path / "ab"
    if not folder.exists():
        made_set(tmp_path)
        (tmp_path / "key.json").write_bytes((folder / "key.json").read_bytes())
    (folder / "key.json").write_bytes((tmp_path / "key.json").read_bytes())
    path = answer(folder, 1, dict.fromkeys(NAMES, 0.0), **({} if key_too else {field: value}))
    if key_too:
        (folder / "key.json").write_text(json.dumps(key_of(folder) | {field: value}))
    try:
        text = results_text(read_results(folder, [path]))
    except SemeqError as error:
        text = str(error)
    assert text


def test_what_listeners_write_cannot_steer_a_terminal(tmp_path: Path) -> None:
    folder = made_set(tmp_path)
    answer(folder, 1, dict.fromkeys(NAMES, 0.0), name="A\x1b[31m\nna", comment="\u202eevil\ud800\x07 warm")
    text = results_text(read_results(folder))
    assert "Said by A [31m na: evil warm" in text


def test_sound_that_changed_since_is_noticed(tmp_path: Path) -> None:
    folder = made_set(tmp_path)
    answer(folder, 1, dict.fromkeys(NAMES, 0.0))
    assert not read_results(folder).notes
    (folder / "listen.html").write_text("other")
    shutil.rmtree(folder / "trial-02")
    notes = read_results(folder).notes
    assert any("listen.html: no longer what" in note for note in notes)
    assert any("trial-02/1.wav" in note and "cannot be read" in note for note in notes)


# the command


def ab(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(ab_command, list(map(str, words)))
    if isinstance(done.exception, SemeqError):
        return done.exception.exit_code, done.stdout, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_the_command_makes_a_set_and_tells_nothing_of_which_is_where(tmp_path: Path) -> None:
    sources = versions(tmp_path)
    code, out, _ = ab(*sources, "-o", tmp_path / "ab", "--seed", 99_887, "--trials", 2, "--question", "Which is warm?")
    assert code == 0
    assert "listen.html (2 trials)" in out
    assert "do not open" in out
    code, said, _ = ab(*sources, "-o", tmp_path / "ab2", "--seed", 99_887, "--json")
    assert set(json.loads(said)["versions"][0]) == {"name", "sha256", "lufs_before", "lufs_after", "gain_db"}
    assert not any(word in out + said for word in ("99887", "1.wav"))


def test_the_command_reads_results_as_a_table_and_as_json(tmp_path: Path) -> None:
    folder = made_set(tmp_path)
    files = [answer(folder, number, dict(zip(NAMES, (1, 2, 3), strict=True))) for number in range(2)]
    code, out, _ = ab("--results", folder, *files)
    assert code == 0
    assert "warm100.wav" in out
    assert "Too few answers to tell: 2 listeners have rated; below 6" in out
    code, out, _ = ab("--results", folder, "--json")
    said = json.loads(out)
    assert [one["mean_rating"] for one in said["versions"]] == [1, 2, 3]
    assert said["enough"] is False


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    assert ab("a.wav", "b.wav")[2].startswith("say with -o")
    assert "choose one" in ab("--results", tmp_path, "-o", tmp_path)[2]
    assert "key.json: No such file" in ab("--results", tmp_path)[2]
    folder = made_set(tmp_path)
    assert "no answers given" in ab("--results", folder)[2]
