"""From contributions to words: balance, fusion, agreement, bands that grow together."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from semeq import EqSettings, response_db
from semeq.language import Language
from semeq.response import Floats, log_grid_hz
from semeq_models import DataError
from semeq_models.agreement import agreement, chances, confidence
from semeq_models.artefact import write_artefact
from semeq_models.bands import fit_bands, setback_db
from semeq_models.cleaning import SHAPE_DB, Contribution, Corpus
from semeq_models.consensus import consensus, own_mean_db, row_weights, voices
from semeq_models.curves import cosine, level_free, rms_db, unit
from semeq_models.folds import folds
from semeq_models.lexicon import OPPOSITES, SYNONYMS
from semeq_models.vocabulary import strength_db, vocabulary

BANDS_HZ = np.geomspace(20, 19_682, 40)
TILT = SHAPE_DB * unit(level_free(-np.log(BANDS_HZ)))  # more lows
BUMP = SHAPE_DB * unit(level_free(np.exp(-(np.log(BANDS_HZ / 1000) ** 2))))


def said(
    word: str,
    curve: Floats,
    person: str,
    *,
    source: Literal["safe", "socialfx"] = "safe",
    language: Language = "en",
    consistency: float = 1,
) -> Contribution:
    return Contribution(
        word=word,
        language=language,
        source=source,
        group=person,
        person=person,
        curve_db=curve,
        consistency=consistency,
        settings=tuple(EqSettings.flat().to_vector()),
    )


def corpus(contributions: list[Contribution]) -> Corpus:
    counts = {"rows": len(contributions), "used": len(contributions)}
    return Corpus(
        bands_hz=BANDS_HZ,
        contributions=tuple(contributions),
        safe_counts=counts,
        socialfx_counts=counts,
        checksums={"safe": "0" * 64, "socialfx": "1" * 64},
    )


def noisy(word: str, curve: Floats, people: int, seed: int, language: Language = "en") -> list[Contribution]:
    random = np.random.default_rng(seed)
    curves = [level_free(curve + random.normal(size=40).cumsum() / 4) for _ in range(people)]
    return [said(word, one, f"{word} {seed} {number}", language=language) for number, one in enumerate(curves)]


# consensus


def test_a_person_with_a_hundred_rows_is_one_voice() -> None:
    many = [said("zonk", TILT, "busy")] * 100
    others = [said("zonk", BUMP, f"person {number}") for number in range(3)]
    [word] = consensus([*many, *others], "en").values()
    assert word.curve_db == pytest.approx((TILT + 3 * BUMP) / 4)
    assert row_weights([*many, *others]) == pytest.approx([0.01] * 100 + [1] * 3)


def test_a_socialfx_voice_weighs_as_much_as_its_ratings_agree() -> None:
    for consistency, weight in ((0.0, 0.75), (0.75, 1.5)):
        [voice] = voices([said("zonk", TILT, "a", source="socialfx", consistency=consistency)])["zonk"]
        assert voice.weight == weight


def test_a_rare_word_leans_on_its_synonyms_and_a_common_one_hardly() -> None:
    synonym, word = "warm", "full"
    assert frozenset({synonym, word}) in SYNONYMS["en"]
    known = [said(synonym, BUMP, f"s{number}") for number in range(50)]
    for people, most, least in ((1, 0.8, 0.0), (100, 1.0, 0.95)):
        own = [said(word, TILT, f"p{number}") for number in range(people)]
        meaning = consensus([*known, *own], "en")[word]
        share = float(np.mean(meaning.curve_db * TILT) / np.mean(TILT**2))
        assert least <= share <= most


def test_english_and_spanish_never_share_a_row() -> None:
    english = noisy("metal", TILT, 6, 1)
    spanish = noisy("metal", BUMP, 6, 2, "es")
    alone = consensus(english, "en")["metal"].curve_db
    together = consensus([*english, *spanish], "en")["metal"].curve_db
    assert np.array_equal(alone, together)
    assert cosine(together, consensus([*english, *spanish], "es")["metal"].curve_db) < 0.9


def test_dictionaries_do_not_contradict_themselves() -> None:
    for language in ("en", "es"):
        assert not SYNONYMS[language] & OPPOSITES[language]


# strength


def test_intensity_one_is_what_people_typically_set() -> None:
    rows = [said("zonk", 2 * TILT, f"p{number}") for number in range(200)]
    assert strength_db("zonk", "en", rows) == pytest.approx(2 * SHAPE_DB, rel=0.02)  # five of 205 say 3.5 dB


def test_with_few_safe_people_the_strength_is_the_typical_one() -> None:
    assert strength_db("zonk", "en", [said("zonk", 3 * TILT, "a"), said("zonk", 3 * TILT, "b")]) == SHAPE_DB


# agreement


def test_people_who_draw_the_same_shape_agree_fully_whatever_its_strength() -> None:
    heard = voices([said("zonk", TILT, "a"), said("zonk", 3 * TILT, "b")])["zonk"]
    assert agreement(np.stack([voice.shape for voice in heard])) == pytest.approx(1)


def test_opposite_people_disagree() -> None:
    assert agreement(unit(np.stack([TILT, -TILT]))) == pytest.approx(-1)


def test_a_person_does_not_agree_with_themselves() -> None:
    heard = voices([said("zonk", TILT, "a")] * 5 + [said("zonk", BUMP, "b")])["zonk"]
    expected = float(cosine(TILT, BUMP))
    assert agreement(np.stack([voice.shape for voice in heard])) == pytest.approx(expected)


def test_shared_meaning_stands_out_from_chance_and_noise_does_not() -> None:
    crowd = [one for number in range(30) for one in noisy(f"noise{number}", 0 * TILT, 4, number)]
    odds = chances(voices([*crowd, *noisy("tilted", TILT, 8, 99), *noisy("nothing", 0 * TILT, 8, 98)]), draws=300)
    assert odds["tilted"] < 0.01
    assert odds["nothing"] > 0.02


@pytest.mark.parametrize(
    ("agreement", "chance", "contributors", "synonyms_agree", "level"),
    [
        (0.5, 0.001, 9, False, "good"),
        (0.2, 0.001, 90, False, "fair"),
        (0.5, 0.001, 5, False, "fair"),
        (0.5, 0.03, 9, True, "good"),
        (0.5, 0.03, 9, False, "weak"),
        (0.9, 0.001, 3, True, "weak"),
        (0.05, 0.4, 50, True, "weak"),
    ],
)
def test_confidence_needs_people_who_agree_more_than_chance(
    agreement: float, chance: float, contributors: int, synonyms_agree: bool, level: str
) -> None:
    found = confidence(
        agreement=agreement,
        chance=chance,
        contributors=contributors,
        rows=contributors,
        synonyms_agree=synonyms_agree,
    )
    assert found == level


# bands


def test_five_bands_follow_a_smooth_curve() -> None:
    for curve in (TILT, BUMP, -BUMP):
        found = fit_bands(curve, BANDS_HZ)
        assert found.error_db < 0.3
        error = level_free(response_db(found.settings, BANDS_HZ)) - curve
        assert found.error_db == pytest.approx(float(rms_db(error)), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_more_intensity_is_more_change_at_every_frequency(seed: int) -> None:
    steps = np.random.default_rng(seed).normal(size=40).cumsum()
    curve = SHAPE_DB * unit(level_free(np.convolve(steps, np.ones(9) / 9, mode="same")))
    settings = fit_bands(curve, BANDS_HZ).settings
    size = np.array([np.abs(response_db(settings.scaled(i), log_grid_hz(points=200))) for i in np.linspace(0, 2, 21)])
    assert np.max(np.maximum.accumulate(size) - size) <= 0.01  # dB, far below what can be heard


def test_bands_stay_near_those_they_began_with_unless_others_are_clearly_nearer() -> None:
    wanted = EqSettings.of((90, 300, 1000, 3500, 8000), (2, 3, -2, 1, -2))
    curve = level_free(response_db(wanted, BANDS_HZ))
    assert fit_bands(curve, BANDS_HZ, start=wanted).settings.freqs_hz == pytest.approx(wanted.freqs_hz, rel=0.2)
    far = EqSettings.of((900, 1000, 1100, 1200, 1300), (9, -9, 9, -9, 9))
    assert fit_bands(curve, BANDS_HZ, start=far).error_db < 0.3


def test_setback_measures_what_fighting_bands_take_back() -> None:
    fighting = EqSettings.of((100, 300, 900, 2500, 7000), (2.1, 4.9, 2.0, -7.8, 5.4))
    assert setback_db(fighting) > 0.05
    assert setback_db(EqSettings.flat().with_gain(2, 6.0)) == 0


def test_bands_stay_musical() -> None:
    settings = fit_bands(3 * BUMP, BANDS_HZ).settings  # more than 9 dB would follow it better
    assert max(map(abs, settings.gains_db)) <= 9
    assert all(0.3 <= q <= 4 for q in settings.qs[1:4])


# the word table


def small_corpus() -> Corpus:
    rows = [*noisy("warm", TILT, 12, 1), *noisy("bright", -TILT, 12, 2), *noisy("cálido", TILT, 5, 3, "es")]
    rows += [one for number in range(12) for one in noisy(f"{'abcdefghijkl'[number]}x", 0 * TILT, 2, 50 + number)]
    return corpus([*rows, *noisy("full", TILT, 6, 4), *noisy("lonely", TILT, 1, 5)])


def test_the_table_knows_opposites_synonyms_and_leaves_out_words_of_one_person() -> None:
    table = {entry.word: entry for entry in vocabulary(small_corpus(), "en")}
    assert "lonely" not in table
    assert table["warm"].opposite == "bright"
    assert table["warm"].synonyms == ("full",)
    assert table["warm"].confidence == "good"
    assert "cálido" not in table


def test_a_file_that_cannot_be_written_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="name another file"):
        write_artefact(b"model", tmp_path)
    assert not list(tmp_path.iterdir())


# folds


def test_no_contributor_is_on_both_sides_and_every_row_is_held_out_once() -> None:
    everything = small_corpus()
    held_out: list[int] = []
    for fold in folds(everything, "en", 5, 0):
        assert not {one.group for one in fold.train} & {one.group for one in fold.test}
        held_out += [id(one) for one in fold.test]
        for word, meaning in fold.meanings.items():
            heard = [one for one in fold.train if one.word == word]
            assert own_mean_db(meaning.voices) == pytest.approx(np.mean([one.curve_db for one in heard], axis=0))
    assert sorted(held_out) == sorted(id(one) for one in everything.contributions if one.language == "en")
