"""From words to settings: flat at zero, growing with intensity, smooth on the way, honest about doubt."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeq import EqSettings, eq, interpolate, load_model, response_db, suggest, words
from semeq.blend import path, path_steps_db
from semeq.errors import ModelError, UnknownWordError, UsageError
from semeq.model import Word
from semeq.response import log_grid_hz

grid = log_grid_hz(points=200)
ENGLISH, SPANISH = words("en"), words("es")
agreed = [word.name for word in ENGLISH if word.confidence != "weak"]
names = st.sampled_from([word.name for word in ENGLISH])


def in_range(settings: EqSettings) -> bool:
    return all(abs(gain) <= 12 for gain in settings.gains_db)  # the rest EqBand has checked


@given(names, names, st.floats(0, 1))
def test_intensity_0_is_exactly_flat(a: str, b: str, share: float) -> None:
    for request in (a, f"{share:.0%} {a} + {1 - share:.0%} {b}" if 0.01 < share < 0.99 else b):
        assert eq(request, 0.0).gains_db == (0.0,) * 5


@pytest.mark.parametrize("word", [*ENGLISH, *SPANISH], ids=lambda word: f"{word.language}-{word.name}")
def test_every_word_grows_with_intensity_at_every_frequency(word: Word) -> None:
    """Up to 0.01 dB, a hundredth of what is heard: near a crossing of 0 dB opposite bands do not cancel for ever."""
    steps = [eq(word.name, intensity, language=word.language) for intensity in np.linspace(0, 2, 21)]
    sizes = np.abs([response_db(settings, grid) for settings in steps])
    assert np.diff(sizes, axis=0).min() >= -0.01
    assert all(map(in_range, steps))


@given(names, st.floats(-1, 2))
def test_minus_one_is_the_opposite_and_nothing_leaves_the_range(word: str, intensity: float) -> None:
    settings = eq(word, intensity)
    assert in_range(settings)
    if abs(intensity) <= 1:
        np.testing.assert_allclose(response_db(settings, grid) + response_db(eq(word, -intensity), grid), 0, atol=1e-9)


pairs = [*itertools.combinations(sorted(word.name for word in ENGLISH), 2)]


@pytest.mark.parametrize(("a", "b"), [*itertools.combinations(agreed[:6], 2), *pairs[:: len(pairs) // 40]])
def test_a_path_between_two_words_is_smooth(a: str, b: str) -> None:
    steps = path_steps_db(path(eq(a), eq(b), 20))
    assert max(steps) <= 1.2 * np.mean(steps)


def test_both_ends_of_a_path_are_the_words() -> None:
    assert interpolate("warm", "bright", 0) == eq("warm")
    assert interpolate("warm", "bright", 1) == eq("bright")
    middle = response_db(interpolate("warm", "bright", 0.5), grid)
    wanted = (response_db(eq("warm"), grid) + response_db(eq("bright"), grid)) / 2
    assert np.sqrt(np.mean((middle - wanted) ** 2)) < 0.5


def test_less_is_the_other_direction() -> None:
    assert np.dot(response_db(eq("less harsh"), grid), response_db(eq("harsh"), grid)) < 0


def test_a_blend_lies_between_its_words() -> None:
    blend = response_db(eq("50% warm + 50% airy"), grid)
    wanted = 0.5 * response_db(eq("warm"), grid) + 0.5 * response_db(eq("airy"), grid)
    assert np.sqrt(np.mean((blend - wanted) ** 2)) < 0.5


def test_warm_and_bright_go_where_everybody_means() -> None:
    """Signs every source agrees on: warm has more lows than highs, bright the reverse."""
    for word, sign in (("warm", 1), ("bright", -1), ("tinny", -1), ("deep", 1), ("airy", -1)):
        low, high = response_db(eq(word), [150, 8000])
        assert sign * (low - high) > 2, word


def test_languages_do_not_mix() -> None:
    spanish = [word for word in SPANISH if word.name not in {other.name for other in ENGLISH}]
    assert spanish
    with pytest.raises(UnknownWordError, match="Spanish"):
        eq(spanish[0].name)
    with pytest.raises(UnknownWordError):
        eq("bright", language="es")


def test_an_unknown_word_is_refused_never_guessed() -> None:
    with pytest.raises(UnknownWordError, match="nearest known"):
        eq("zorpy")


def test_doubt_is_said_in_one_line() -> None:
    (note,) = suggest("happy").notes
    assert "do not agree" in note
    assert "\n" not in note
    assert suggest("bright").notes == ()


def test_few_people_are_not_said_to_disagree() -> None:
    """Two who agree at 0.8 are weak ground, but they do agree."""
    calido = load_model().vocabulary("es")["cálido"]
    assert (calido.contributors, calido.confidence) == (2, "weak")
    assert suggest("cálido", language="es").notes == ("only 2 people used 'cálido': trust your ears",)
    for word in (*ENGLISH, *SPANISH):
        if word.confidence == "weak":
            (note,) = suggest(f'"{word.name}"', language=word.language).notes
            disagree = word.agreement < 0.3 and word.contributors >= 5
            assert note.startswith("people do not agree on" if disagree else f"only {word.contributors} people used")


@pytest.mark.parametrize("intensity", [-1.01, 2.01, float("nan"), "loud", None])
def test_an_intensity_outside_the_range_is_refused(intensity: object) -> None:
    with pytest.raises(UsageError, match=r"-1 .* to 2"):
        eq("warm", intensity)  # type: ignore[arg-type]


def test_where_the_bands_meet_their_limit_it_is_said_and_the_shape_stays() -> None:
    strong = max(ENGLISH, key=lambda word: max(map(abs, word.settings.gains_db)))
    if max(map(abs, strong.settings.gains_db)) * 2 <= 12:
        pytest.fail("no word reaches the limit; choose another example")
    found = suggest(strong.name, 2.0)
    assert any("held at ±12 dB" in note for note in found.notes)
    ratios = np.array(found.settings.gains_db) / np.array(strong.settings.gains_db)
    np.testing.assert_allclose(ratios, ratios[0])


@pytest.mark.parametrize("text", ["200% good", "really really really good", "good 150%", "less good", "good"])
@pytest.mark.parametrize("intensity", [-1.0, 0.5, 0.8, 1.0, 1.4, 2.0])
def test_the_limit_is_said_exactly_where_it_holds_and_where_it_was_reached(text: str, intensity: float) -> None:
    found = suggest(text, intensity)
    (part,) = found.request.parts
    wanted_db = 9.0 * abs(part.weight * intensity)  # people set "good" to 9 dB
    held = [note for note in found.notes if "held" in note]
    assert len(held) == (wanted_db > 12)
    for note in held:
        reached = float(note.rpartition(" ")[2])
        assert note.startswith("held at ±12 dB, reached at intensity")
        most_db = max(map(abs, eq(text, reached).gains_db))
        assert most_db == pytest.approx(12, abs=0.1)  # the number is rounded to 0.01
        assert reached * intensity > 0


def test_every_word_carries_what_is_known_about_it() -> None:
    assert len(ENGLISH) >= 80
    for word in (*ENGLISH, *SPANISH):
        assert word.contributors >= 1
        assert 0 <= word.agreement <= 1
        assert word.confidence in ("good", "fair", "weak")
        assert word.strength_db > 0
        vocabulary = load_model().vocabulary(word.language)
        assert set(word.synonyms) <= set(vocabulary)
        assert word.opposite is None or word.opposite in vocabulary


def test_words_without_meaning_are_weak() -> None:
    weak = {word.name for word in ENGLISH if word.confidence == "weak"}
    assert {"clear", "happy", "harsh", "hot", "beautiful"} & {word.name for word in ENGLISH} <= weak


def test_the_curve_of_a_word_is_its_five_bands() -> None:
    model = load_model()
    errors = []
    for word in ENGLISH:
        difference = response_db(word.settings, model.bands_hz) - word.curve_db
        errors.append(np.std(difference))
    assert np.median(errors) < 0.6


def test_a_model_is_read_once() -> None:
    assert load_model("default") is load_model()
    with pytest.raises(ModelError, match="default"):
        load_model("v99")
