"""Ways to mean a word: typical variants, other people's ways, blends and paths through every model."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeq import EqSettings, UnknownWordError, UsageError, eq, interpolate, load_model, response_db, suggest, words
from semeq.blend import path_steps_db
from semeq.latent import decode_settings
from semeq.response import log_grid_hz

NAMES = ["default", "socialfx", "v1", "v2", "v2-vae", "v3"]
GRID = log_grid_hz(points=200)


def shape_db(settings: EqSettings) -> np.ndarray:
    curve = response_db(settings, GRID)
    return np.asarray(curve - curve.mean())


def strength_db(settings: EqSettings) -> float:
    return float(np.sqrt(np.mean(shape_db(settings) ** 2)))


def alike(one: EqSettings, other: EqSettings) -> float:
    a, b = shape_db(one), shape_db(other)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


# variants


def test_warm_has_variants_that_differ_from_each_other() -> None:
    warm = load_model().vocabulary("en")["warm"]
    assert len(warm.variants) >= 2
    assert sum(variant.share for variant in warm.variants) == pytest.approx(1, abs=0.01)  # shares are rounded
    assert [variant.share for variant in warm.variants] == sorted((v.share for v in warm.variants), reverse=True)
    for one, other in itertools.combinations(warm.variants, 2):
        assert alike(one.settings, other.settings) < 0.9


def test_a_variant_is_as_strong_as_people_set_the_word_and_scales_like_it() -> None:
    warm = load_model().vocabulary("en")["warm"]
    for number in range(1, len(warm.variants) + 1):
        full = eq("warm", variant=number)
        assert strength_db(full) == pytest.approx(warm.strength_db, rel=0.25)  # five bands follow a curve to .3 dB
        assert eq("warm", 0.5, variant=number).gains_db == pytest.approx([gain / 2 for gain in full.gains_db])
        assert eq("warm", 0.0, variant=number).is_flat


@pytest.mark.parametrize(
    ("request_text", "variant", "line"),
    [
        ("warm", 9, "variant 9: 'warm' has 1 to"),
        ("warm", 0, "variant 0: 'warm' has 1 to"),
        ("warm", "2", "variant '2': 'warm' has 1 to"),
        ("warm", True, "variant True: 'warm' has 1 to"),
        ("tinny", 1, "'tinny' shows no separate ways to mean it .*warm.*; ask for a variation"),
        ("warm and full", 1, "variants are of one word"),
    ],
)
def test_variants_that_are_not_there_are_refused_with_those_that_are(
    request_text: str, variant: int, line: str
) -> None:
    with pytest.raises(UsageError, match=line):
        eq(request_text, variant=variant)


# variations


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_is_the_same_person(name: str) -> None:
    assert eq("warm", model=name, vary=5) == eq("warm", model=name, vary=5)
    assert eq("warm", 0.0, model=name, vary=5).is_flat


def test_seeds_are_different_people_who_mean_the_same_word() -> None:
    ways = [eq("bright", vary=seed) for seed in range(60)]
    assert len({way.gains_db for way in ways}) == 60
    towards = [alike(way, eq("bright")) for way in ways]
    assert np.mean(towards) > 0.4  # two people who say "bright" agree to .4
    assert min(towards) < 0.5 < max(towards)


@given(st.integers(0, 2**31 - 1))
def test_a_variation_is_never_stronger_than_the_word(seed: int) -> None:
    bands_hz = load_model().bands_hz
    played, typical = (float(np.std(response_db(one, bands_hz))) for one in (eq("warm", vary=seed), eq("warm")))
    assert played < 1.15 * typical  # gains add up a little otherwise than curves
    assert max(map(abs, eq("warm", vary=seed).gains_db)) <= 12


def test_a_blend_varies_too() -> None:
    assert eq("warm and full", vary=1) != eq("warm and full", vary=2) != eq("warm and full")


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5, "3", True])
def test_seeds_are_whole_numbers(seed: object) -> None:
    with pytest.raises(UsageError, match=r"vary .*: use a whole number from 0"):
        eq("warm", vary=seed)  # type: ignore[arg-type]


def test_a_variant_and_a_variation_at_once_are_refused() -> None:
    with pytest.raises(UsageError, match="choose one"):
        eq("warm", variant=1, vary=1)


def test_a_suggestion_says_which_way_it_took() -> None:
    assert suggest("warm", variant=2).variant == 2
    assert suggest("warm", vary=3).vary == 3
    assert (suggest("warm").variant, suggest("warm").vary, suggest("warm").model) == (None, None, "default")


# blends and ways


@pytest.mark.parametrize("name", ["socialfx", "v1", "v2", "v2-vae", "v3"])
def test_the_old_systems_blend_in_their_latent_space(name: str) -> None:
    model = load_model(name)
    warm, bright = (model.vocabulary("en")[word] for word in ("warm", "bright"))
    middle = decode_settings(model, 0.5 * warm.latent + 0.5 * bright.latent)
    assert eq("50% warm + 50% bright", model=name) == middle
    assert interpolate("warm", "bright", 0.5, model=name) == middle


@pytest.mark.parametrize("name", NAMES)
def test_both_ends_of_a_way_are_exact(name: str) -> None:
    mine = EqSettings.flat().with_gain(2, 5.0).with_preamp(-3.0)
    for a, b in (("warm", "bright"), ("warm", mine), (mine, "bright")):
        for end, position in ((a, 0), (b, 1)):
            played = end if isinstance(end, EqSettings) else eq(end, model=name)
            assert interpolate(a, b, position, model=name) == played


def test_ways_between_words_are_short_and_even() -> None:
    """The bars: on average at most 5 % longer than straight, the largest step at most 1.2 times the mean one."""
    known = [word.name for word in words() if word.confidence != "weak"][:8]
    ratios, roughest = [], []
    for a, b in itertools.combinations(known, 2):
        way = [interpolate(a, b, position) for position in np.linspace(0, 1, 25)]
        steps = path_steps_db(way)
        ratios.append(sum(steps) / path_steps_db([way[0], way[-1]])[0])
        roughest.append(max(steps) / np.mean(steps))
    assert np.mean(ratios) <= 1.05
    assert np.mean(roughest) <= 1.05
    assert max(roughest) <= 1.2


def share_of(name: str, other: str, share: float) -> EqSettings:
    return eq(f"{1 - share:.6f} {name} + {share:.6f} {other}") if 0 < share < 1 else eq(other if share else name)


def test_nothing_jumps_when_a_second_word_joins() -> None:
    for name, other in (("warm", "full"), ("bright", "tinny"), ("soft", "dark")):
        shares = [0.0, 1e-5, *np.linspace(0.02, 0.98, 49), 1 - 1e-5, 1.0]
        blend = [share_of(name, other, share) for share in shares]
        steps = path_steps_db(blend)
        assert steps[0] < 0.01 > steps[-1]  # dB
        assert max(steps) < 0.6  # dB, for a step of 2 %


def test_a_model_without_a_language_says_so() -> None:
    with pytest.raises(UnknownWordError, match="v2 has no Spanish words"):
        eq("brillante", model="v2", language="es")
