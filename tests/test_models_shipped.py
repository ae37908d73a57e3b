"""The shipped default model and all cards: what is inside, what is not, and that they are fresh."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from semeq import EqSettings, eq, load_model, response_db
from semeq.artefact import shipped_models
from semeq.latent import curves_of, decode, encode
from semeq.response import log_grid_hz
from semeq.weights import weights_folder
from semeq_models import SPECS, Corpus, DataError, Run, evaluate, load_corpus, train
from semeq_models.artefact import canonical
from semeq_models.bench import Report
from semeq_models.card import CARDS, REPORTS, card
from semeq_models.curves import cosine, level_free, rms_db
from semeq_models.folder import data_folder
from semeq_models.judging import read_reports

SHIPPED = weights_folder() / "default.safetensors"


@pytest.fixture(scope="module")
def card_and_tensors() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with safe_open(SHIPPED, framework="numpy") as file:
        return json.loads(file.metadata()["semeq"]), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


@pytest.fixture(scope="module")
def words(card_and_tensors: tuple[dict[str, Any], dict[str, np.ndarray]]) -> list[dict[str, Any]]:
    return list(card_and_tensors[0]["words"])


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    try:
        return load_corpus(data_folder())
    except DataError:
        pytest.skip("the training data is not here")


# what is inside


def test_there_are_80_english_words_and_spanish_ones(words: list[dict[str, Any]]) -> None:
    languages = [word["language"] for word in words]
    assert languages.count("en") >= 80
    assert languages.count("es") >= 20


def test_words_without_a_shared_meaning_are_weak() -> None:
    english = load_model().vocabulary("en")
    for word in ("clear", "happy", "harsh", "hot", "noisy", "beautiful"):
        assert english[word].confidence == "weak"


def test_words_of_few_people_are_weak(words: list[dict[str, Any]]) -> None:
    few = [word for word in words if word["contributors"] < 4 or word["rows"] < 4]
    assert few
    assert {word["confidence"] for word in few} == {"weak"}


def test_warm_and_bright_oppose_each_other() -> None:
    english = load_model().vocabulary("en")
    assert cosine(english["warm"].curve_db, english["bright"].curve_db) < -0.7
    assert english["warm"].opposite == "bright"


def test_synonyms_and_opposites_are_words_of_the_same_language(words: list[dict[str, Any]]) -> None:
    known = {language: {word["word"] for word in words if word["language"] == language} for language in ("en", "es")}
    for word in words:
        named = {*word["synonyms"], *([word["opposite"]] if word["opposite"] else [])}
        assert named <= known[word["language"]] - {word["word"]}


def test_curves_are_level_free_at_the_strength_people_set(
    card_and_tensors: tuple[dict[str, Any], dict[str, np.ndarray]],
) -> None:
    card, tensors = card_and_tensors
    for word, curve in zip(card["words"], tensors["words.curves_db"].astype(float), strict=True):
        assert curve.mean() == pytest.approx(0, abs=1e-4)
        assert rms_db(curve) == pytest.approx(word["strength_db"], abs=1e-3)


def test_settings_play_the_curves_as_closely_as_the_file_says(
    card_and_tensors: tuple[dict[str, Any], dict[str, np.ndarray]],
) -> None:
    card, tensors = card_and_tensors
    for word, vector, curve in zip(card["words"], tensors["words.settings"], tensors["words.curves_db"], strict=True):
        played = level_free(response_db(EqSettings.from_vector(vector), tensors["bands_hz"]))
        assert rms_db(played - curve) == pytest.approx(word["fit_error_db"], abs=1e-3)
    assert np.median([word["fit_error_db"] for word in card["words"]]) <= 0.6


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_word_grows_with_intensity_at_every_frequency(language: Any) -> None:
    grid = log_grid_hz(points=200)
    for word in load_model().vocabulary(language).values():
        size = np.array([np.abs(response_db(word.settings.scaled(i), grid)) for i in np.linspace(0, 2, 17)])
        assert np.max(np.maximum.accumulate(size) - size) <= 0.01, word.name  # dB, far below what can be heard


def test_gains_leave_room_and_filters_are_broad(card_and_tensors: tuple[dict[str, Any], dict[str, np.ndarray]]) -> None:
    settings = card_and_tensors[1]["words.settings"]
    assert np.abs(settings[:, [0, 2, 5, 8, 11]]).max() <= 9
    qs = settings[:, [4, 7, 10]]
    assert 0.3 <= qs.min() <= qs.max() <= 4


def test_bright_is_no_shelf_above_10_khz_and_airy_is_where_that_lives() -> None:
    """Five of a hundred people put the high shelf of "bright" above 10 kHz; its median stands near 6 kHz."""
    assert eq("bright").freqs_hz[4] < 10_000
    top = np.array([5000.0, 16_000.0])
    bright, airy = (response_db(eq(word), top) for word in ("bright", "airy"))
    assert airy[1] - airy[0] > bright[1] - bright[0]


def test_zero_is_flat_and_settings_come_back() -> None:
    model = load_model()
    assert not any(decode(model, np.zeros(model.latent_dim))[[0, 2, 5, 8, 11]])
    for word in ("warm", "bright", "tinny"):
        vector = model.vocabulary("en")[word].settings.to_vector()
        back = curves_of(decode(model, encode(model, vector)), model.bands_hz)
        assert rms_db(level_free(back - curves_of(vector, model.bands_hz))) < 0.8


def test_more_intensity_in_the_latent_space_is_more_of_the_same_curve() -> None:
    model = load_model()
    places = np.stack([word.latent for word in model.vocabulary("en").values()])
    steps = np.linspace(0, 1, 11)
    curves = level_free(curves_of(decode(model, steps[:, None, None] * places), model.bands_hz))
    assert np.all(np.diff(rms_db(curves), axis=0) > 0)


# what is not


@pytest.mark.parametrize("name", SPECS)
def test_no_contributor_is_named_in_a_file(name: str, corpus: Corpus) -> None:
    data = (weights_folder() / f"{name}.safetensors").read_bytes()
    names = {part for one in corpus.contributions for part in (one.group, one.person) if len(part) > 6}
    assert len(names) > 500
    assert not [one for one in names if one.encode() in data]


@pytest.mark.parametrize("name", SPECS)
def test_no_curve_and_no_place_is_a_raw_row(name: str, corpus: Corpus) -> None:
    model = load_model(name)
    rows: dict[tuple[str, str], list[np.ndarray]] = {}
    for one in corpus.contributions:
        rows.setdefault((one.language, one.word), []).append(one.curve_db)
    for language, words in model.vocabularies.items():
        for word in words.values():
            near = rms_db(np.stack(rows[language, word.name]) - level_free(word.curve_db))
            assert near.min() > 0.1, word.name  # dB; a copied row would be at rounding error


# fresh


@pytest.mark.parametrize("name", SPECS)
def test_a_card_says_what_the_file_and_the_bench_say(name: str) -> None:
    assert (CARDS / f"{name}.md").read_text(encoding="utf-8") == card(name, read_reports(REPORTS, tuple(SPECS)))


def test_cards_cite_both_data_sets_and_name_limits_and_licence() -> None:
    for name in SPECS:
        text = (CARDS / f"{name}.md").read_text(encoding="utf-8")
        for part in (
            "ISMIR 2014",
            "SocialFX: Studying",
            "## Limits",
            "Apache-2.0",
            "95 % bootstrap",
            "Not for",
        ):
            assert part in text, name
    assert "32,648" in (CARDS / "v1.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def whole(corpus: Corpus) -> Iterator[Run]:
    """The default model, trained in full."""
    pytest.importorskip("torch", reason='training needs torch: pip install "semeq[train]"')
    if load_model().provenance["safe_sha256"] != corpus.checksums["safe"]:
        pytest.skip("the data here is not the data the shipped model was made from")
    yield train("default", corpus)


@pytest.mark.slow
def test_training_gives_the_shipped_model_again(whole: Run) -> None:
    """Another processor rounds otherwise, and a network learns from its rounding: the same sound, not the bytes."""
    shipped = load_model()
    for language in shipped.vocabularies:
        known, again = shipped.vocabularies[language], whole.model.vocabularies[language]
        assert set(known) == set(again)
        for name in known:
            assert again[name].curve_db == pytest.approx(known[name].curve_db, abs=1e-3)
            played = [level_free(response_db(one[name].settings, shipped.bands_hz)) for one in (known, again)]
            assert rms_db(played[0] - played[1]) < 0.9, name  # dB: another of several good fits


@pytest.mark.slow
def test_the_trained_decoder_redraws_what_people_set(whole: Run, corpus: Corpus) -> None:
    rows = np.array([one.settings for one in corpus.contributions if one.settings])
    back = curves_of(decode(whole.model, encode(whole.model, rows)), corpus.bands_hz)
    off = rms_db(level_free(back - curves_of(rows, corpus.bands_hz)))
    assert np.median(off) <= 0.6  # dB; held out it is about the same: it learns curves, not people


@pytest.fixture(scope="module")
def report(corpus: Corpus) -> Report:
    """The bench of the default model; its words do not hang on how long the decoder has learnt, so that is short."""
    pytest.importorskip("torch", reason='training needs torch: pip install "semeq[train]"')
    return evaluate(replace(SPECS["default"], epochs=2), corpus, workers=2)


@pytest.mark.slow
def test_held_out_people_are_foretold_as_well_as_the_bars_ask(report: Report) -> None:
    def value(name: str) -> float:
        found = report.figure(name).value
        assert found is not None
        return found.value

    assert value("warm: shape cosine") >= 0.39
    assert value("bright: shape cosine") >= 0.63
    assert value("mid words: shape cosine") >= 0.55
    assert value("warm: RMS dB, best amplitude") <= 3.55
    plain = report.figure("bright: RMS dB, best amplitude").plain
    assert plain is not None
    assert (
        value("bright: RMS dB, best amplitude") <= plain.value
    )  # the bar of 3.00 dB is below the ceiling of these rows
    assert value("warm: correlation, trained without SocialFX") >= 0.69
    assert value("bright: correlation, trained without SocialFX") >= 0.82
    assert value("warm and bright: probe accuracy, held out") >= 0.84


@pytest.mark.slow
def test_fusion_is_what_makes_the_mid_words(report: Report) -> None:
    found = report.figure("mid words, chosen blind: shape cosine")
    assert found.value is not None
    assert found.plain is not None
    assert found.value.value > found.plain.value + 0.15


def test_canonical_json_has_one_spelling() -> None:
    assert canonical({"b": "é", "a": 1}) == '{"a":1,"b":"\\u00e9"}'


def test_the_table_of_models_names_the_files_that_are_there() -> None:
    for entry in shipped_models().values():
        assert (weights_folder() / entry["file"]).is_file()
        assert entry["format"] == "semeq.model/2"
