"""What people type, and what it means."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeq.errors import RequestError, UnknownWordError
from semeq.grammar import MAX_CHARS, MAX_WORDS, Part, Request, parse
from semeq.language import LANGUAGES, Language
from semeq.lookup import real_words
from semeq.suggest import words

ENGLISH = frozenset(
    {"warm", "bright", "full", "thin", "muddy", "harsh", "clear", "airy", "boomy", "crisp", "soft", "smooth", "tinny"}
    | {"deep", "dark", "heavy", "sharp", "cold", "hollow", "punchy", "noisy", "gentle", "powerful", "metallic", "hot"}
    | {"super", "little", "high-pitched", "spine-tingling", "game dog", "drum 1", "brighter+more present"}
)
SPANISH = frozenset(
    {"cálido", "brillante", "lleno", "claro", "oscuro", "suave", "áspero", "fuerte", "profundo", "agudo", "grave"}
    | {"seco", "feroz", "agotador", "frío", "caliente", "pacífico", "pacifico", "pesado", "largo", "música de piano"}
)
VOCABULARIES: dict[Language, frozenset[str]] = {"en": ENGLISH, "es": SPANISH}


def english(text: str) -> dict[str, float]:
    return {part.word: part.weight for part in parse(text, ENGLISH).parts}


def spanish(text: str) -> dict[str, float]:
    return {part.word: part.weight for part in parse(text, SPANISH, language="es").parts}


@pytest.mark.parametrize("text", ["warm -i 0.5", "warm --intensity=0.5", "70% warm + full --plot"])
def test_an_option_inside_the_quotes_is_not_read_as_a_word(text: str) -> None:
    assert "outside the quotes" in message(text)


def message(text: str, language: Language = "en") -> str:
    with pytest.raises(RequestError) as caught:
        parse(text, VOCABULARIES[language], language=language)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("warm", {"warm": 1}),
        ("70% warm + 30% full", {"warm": 0.7, "full": 0.3}),
        ("70 % warm, 30 % full", {"warm": 0.7, "full": 0.3}),
        ("70 percent warm and 30 pct full", {"warm": 0.7, "full": 0.3}),
        ("warm 70% full 30%", {"warm": 0.7, "full": 0.3}),
        ("warm (70%), full (30%)", {"warm": 0.7, "full": 0.3}),
        ("warm:0.7, full:0.3", {"warm": 0.7, "full": 0.3}),
        ("warm=0.7 full=.3", {"warm": 0.7, "full": 0.3}),
        ("0.7*warm + 0.3*full", {"warm": 0.7, "full": 0.3}),
        ("0,7 warm, 0,3 full", {"warm": 0.7, "full": 0.3}),
        ("7/10 warm, 3/10 full", {"warm": 0.7, "full": 0.3}),
        ("½ warm + ½ full", {"warm": 0.5, "full": 0.5}),
        ("half warm half bright", {"warm": 0.5, "bright": 0.5}),
        ("50/50 warm bright", {"warm": 0.5, "bright": 0.5}),
        ("70/30 warm and full", {"warm": 0.7, "full": 0.3}),
        ("70% warm", {"warm": 0.7}),
        ("150% warm", {"warm": 1.5}),
        ("30% warm + 20% full", {"warm": 0.3, "full": 0.2}),
        ("warm, 70%", {"warm": 0.7}),
    ],
)
def test_a_weight_is_a_share_of_full_strength(text: str, expected: dict[str, float]) -> None:
    assert english(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("warm:7, full:3", {"warm": 0.7, "full": 0.3}),
        ("70 warm 30 full", {"warm": 0.7, "full": 0.3}),
        ("100% warm + 100% full", {"warm": 0.5, "full": 0.5}),
        ("3 parts warm, 1 part full", {"warm": 0.75, "full": 0.25}),
        ("three parts warm and one part full", {"warm": 0.75, "full": 0.25}),
        ("2 parts warm", {"warm": 1}),
        ("very warm and very bright", {"warm": 0.5, "bright": 0.5}),
        ("-100% harsh + 100% warm", {"harsh": -0.5, "warm": 0.5}),
    ],
)
def test_a_blend_never_adds_up_to_more_than_the_whole(text: str, expected: dict[str, float]) -> None:
    assert english(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("warm and full", {"warm": 0.5, "full": 0.5}),
        ("warm full", {"warm": 0.5, "full": 0.5}),
        ("warm-full", {"warm": 0.5, "full": 0.5}),
        ("equal parts warm and full", {"warm": 0.5, "full": 0.5}),
        ("warm, full & dark; deep", {"warm": 0.25, "full": 0.25, "dark": 0.25, "deep": 0.25}),
        ("70% warm + full", {"warm": 0.7, "full": 0.3}),
        ("60% warm + full + dark", {"warm": 0.6, "full": 0.2, "dark": 0.2}),
        ("0% warm + full", {"full": 1}),
        ("warm, full, warm, warm", {"warm": 0.75, "full": 0.25}),
        ("warm, full, not warm, dark", {"full": 0.25, "dark": 0.25}),
    ],
)
def test_words_without_a_weight_share_what_is_left(text: str, expected: dict[str, float]) -> None:
    assert english(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("slightly warm", {"warm": 0.35}),
        ("a bit warmer", {"warm": 0.35}),
        ("bit warmer", {"warm": 0.35}),
        ("a little more full", {"full": 0.35}),
        ("a touch of air", {"airy": 0.35}),
        ("a tiny bit warm", {"warm": 0.35}),
        ("a tiny tiny bit warm", {"warm": 0.1225}),
        ("something warm", {"warm": 1}),
        ("warm, a bit bright", {"warm": 0.5, "bright": 0.175}),
        ("warm a bit", {"warm": 0.35}),
        ("somewhat bright", {"bright": 0.5}),
        ("more warm", {"warm": 1}),
        ("make it warmer, please", {"warm": 1}),
        ("very warm", {"warm": 1.4}),
        ("much brighter", {"bright": 1.4}),
        ("a lot more full", {"full": 1.4}),
        ("extremely warm", {"warm": 1.7}),
        ("very extremely warm", {"warm": 2}),
        ("50% very warm", {"warm": 0.7}),
        ("slightly warm and bright", {"warm": 0.175, "bright": 0.5}),
    ],
)
def test_a_modifier_multiplies_the_word_after_it(text: str, expected: dict[str, float]) -> None:
    assert english(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("less harsh", {"harsh": -0.7}),
        ("not so boomy", {"boomy": -0.7}),
        ("too harsh", {"harsh": -0.7}),
        ("turn down the harshness", {"harsh": -0.7}),
        ("a bit less harsh", {"harsh": -0.35}),
        ("slightly too harsh", {"harsh": -0.35}),
        ("much less harsh", {"harsh": -1.4}),
        ("30% less harsh", {"harsh": -0.3}),
        ("less harsh: 30%", {"harsh": -0.3}),
        ("soften the harshness", {"harsh": -0.7}),
        ("hardly bright", {"bright": -0.5}),
        ("not harsh", {"harsh": -1}),
        ("without mud", {"muddy": -1}),
        ("don't make it harsh", {"harsh": -1}),
        ("not very bright", {"bright": -0.5}),
        ("not less bright", {"bright": 0.7}),
        ("-30% harsh", {"harsh": -0.3}),
        ("harsh: -0.3", {"harsh": -0.3}),
        ("-harsh", {"harsh": -1}),
        ("warm - 30% harsh", {"warm": 0.7, "harsh": -0.3}),
        ("warm −30% harsh", {"warm": 0.7, "harsh": -0.3}),  # noqa: RUF001  a real minus sign
        ("warm, not muddy", {"warm": 0.5, "muddy": -0.5}),
        ("warm — but less boomy", {"warm": 0.5, "boomy": -0.35}),
        ("warm with less mud", {"warm": 0.5, "muddy": -0.35}),
        ("not muddy or harsh", {"muddy": -0.5, "harsh": -0.5}),
        ("neither muddy nor harsh", {"muddy": -0.5, "harsh": -0.5}),
        ("not muddy and harsh", {"muddy": -0.5, "harsh": 0.5}),
    ],
)
def test_a_negative_is_the_opposite_direction(text: str, expected: dict[str, float]) -> None:
    assert english(text) == expected


@pytest.mark.parametrize(
    ("text", "word", "weight"),
    [
        ("warmer", "warm", 1),
        ("thinner", "thin", 1),
        ("muddier", "muddy", 1),
        ("crispest", "crisp", 1.4),
        ("most crisp", "crisp", 1.4),
        ("brightish", "bright", 0.5),
        ("softly", "soft", 1),
        ("gently", "gentle", 1),
        ("brighten it up", "bright", 1),
        ("hotter", "hot", 1),
        ("metallically", "metallic", 1),
        ("warmth", "warm", 1),
        ("clarity", "clear", 1),
        ("brightness", "bright", 1),
        ("boominess", "boomy", 1),
        ("boom", "boomy", 1),
        ("mud", "muddy", 1),
        ("noise", "noisy", 1),
        ("power", "powerful", 1),
        ("crispy", "crisp", 1),
        ("high pitched", "high-pitched", 1),
        ("GAME  DOG", "game dog", 1),
        ("game-dog", "game dog", 1),
        ("drum 1", "drum 1", 1),
    ],
)
def test_an_english_inflection_means_its_word(text: str, word: str, weight: float) -> None:
    assert english(text) == {word: weight}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cálido", {"cálido": 1}),
        ("calido", {"cálido": 1}),
        ("CÁLIDAS", {"cálido": 1}),
        ("brillantes", {"brillante": 1}),
        ("feroces", {"feroz": 1}),
        ("agotadoras", {"agotador": 1}),
        ("suavemente", {"suave": 1}),
        ("suavecito", {"suave": 0.5}),
        ("calidísimo", {"cálido": 1.4}),
        ("sequísima", {"seco": 1.4}),
        ("larguísimo", {"largo": 1.4}),
        ("calidez", {"cálido": 1}),
        ("musica de piano", {"música de piano": 1}),
        ("pacífico", {"pacífico": 1}),
        ("pacifico", {"pacifico": 1}),
        ("más cálido", {"cálido": 1}),
        ("mas calido", {"cálido": 1}),
        ("muy cálido", {"cálido": 1.4}),
        ("un poco más lleno", {"lleno": 0.35}),
        ("menos brillante", {"brillante": -0.7}),
        ("un poco menos brillante", {"brillante": -0.35}),
        ("no tan brillante", {"brillante": -0.7}),
        ("poco brillante", {"brillante": -0.5}),
        ("sin ser áspero", {"áspero": -1}),
        ("ni áspero ni oscuro", {"áspero": -0.5, "oscuro": -0.5}),
        ("cálido y brillante", {"cálido": 0.5, "brillante": 0.5}),
        ("70 % cálido + 30 % lleno", {"cálido": 0.7, "lleno": 0.3}),
        ("70 por ciento cálido e 30 por ciento lleno", {"cálido": 0.7, "lleno": 0.3}),
        ("0,7 cálido, 0,3 lleno", {"cálido": 0.7, "lleno": 0.3}),
        ("mitad cálido, mitad brillante", {"cálido": 0.5, "brillante": 0.5}),
        ("3 partes cálido y una parte lleno", {"cálido": 0.75, "lleno": 0.25}),
        ("que suene más cálido pero menos áspero", {"cálido": 0.5, "áspero": -0.35}),
        ("cálido con brillo", {"cálido": 0.5, "brillante": 0.5}),
    ],
)
def test_spanish_says_the_same_things(text: str, expected: dict[str, float]) -> None:
    assert spanish(text) == expected


@pytest.mark.parametrize("typed", ["brght", "birght", "brigth", "brightt", "brighr", "rbight", "Brght"])
def test_a_safe_typo_is_read_and_said(typed: str) -> None:
    request = parse(typed, ENGLISH)
    assert request.parts == (Part("bright", 1),)
    assert request.notes == (f'read "{typed.lower()}" as "bright"',)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("verry warm", {"warm": 1.4}),
        ("slighty warm", {"warm": 0.35}),
        ("brigter", {"bright": 1}),
        ("metalic", {"metallic": 1}),
        ("powreful", {"powerful": 1}),
    ],
)
def test_typos_in_modifiers_and_inflections_are_read_too(text: str, expected: dict[str, float]) -> None:
    assert english(text) == expected
    assert len(parse(text, ENGLISH).notes) == 1


@pytest.mark.parametrize(
    "typed", ["clean", "warn", "farm", "wrm", "ful", "hard", "right", "father", "brugght", "zorpy", "banana"]
)
def test_another_real_word_is_never_taken_for_a_typo(typed: str) -> None:
    with pytest.raises(UnknownWordError, match=f'^no word "{typed}"; '):
        parse(typed, ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_listed_as_real_is_corrected_to_a_shipped_word(language: Language) -> None:
    vocabulary = frozenset(word.name for word in words(language))
    for word in real_words(language):
        try:
            request = parse(word, vocabulary, language=language)
        except RequestError:
            continue
        assert request.notes == (), word


@pytest.mark.parametrize(
    ("typed", "language", "meant"),
    [
        *(("tinier", "en", "tinny"), ("heard", "en", "hard"), ("could", "en", "cold"), ("flatter", "en", "fat")),
        *(
            ("string", "en", "strong"),
            ("tangy", "en", "twangy"),
            ("grateful", "en", "graceful"),
            ("party", "en", "dry"),
        ),
        *(("preset", "en", "present"), ("shooting", "en", "soothing"), ("editing", "en", "exciting")),
        *(("pescado", "es", "pesado"), ("calidad", "es", "cálido"), ("elefante", "es", "elegante")),
        *(("afinado", "es", "afilado"), ("fuente", "es", "fuerte"), ("interno", "es", "intenso")),
    ],
)
def test_a_real_word_near_a_shipped_one_is_unknown(typed: str, language: Language, meant: str) -> None:
    vocabulary = frozenset(word.name for word in words(language))
    with pytest.raises(UnknownWordError, match=f'^no word "{typed}"; ') as caught:
        parse(f"{meant}, {typed}", vocabulary, language=language)
    assert meant in str(caught.value) or typed == "party"  # "party" was read as "partly"


@pytest.mark.parametrize("typed", ["🔥", ">", "as", "warm >", "%", "ß", "pop"])
def test_an_unknown_word_like_no_other_names_no_neighbours(typed: str) -> None:
    assert message(typed).endswith("; `semeq words` lists all words")
    assert message("xxx", "es") == 'no word "xxx"; `semeq words --language es` lists all words'


@pytest.mark.parametrize(
    ("typed", "near"), [("metalhead", "metallic"), ("highpitch", "high-pitched"), ("game", "game dog")]
)
def test_a_shared_beginning_or_part_makes_a_neighbour(typed: str, near: str) -> None:
    assert message(typed).startswith(f'no word "{typed}"; nearest known: ')
    assert near in message(typed)


def test_an_unknown_word_names_the_nearest_and_fails_the_whole_request() -> None:
    assert message("clean") == message("70% warm + 30% clean")
    assert message("clean") == 'no word "clean"; nearest known: clear'
    assert message("sharm").count(",") == 2
    with pytest.raises(UnknownWordError, match="the vocabulary is empty"):
        parse("warm", ())


def test_an_exact_word_beats_an_inflection_and_an_inflection_beats_a_typo() -> None:
    assert parse("warmer", {"warm", "warmer"}).parts == (Part("warmer", 1),)
    assert parse("mud", {"muddy", "mud"}).parts == (Part("mud", 1),)
    assert parse("warmly", {"warm", "warmlyy"}).parts == (Part("warm", 1),)


def test_a_typo_with_two_readings_is_refused() -> None:
    with pytest.raises(UnknownWordError, match=r'^no word "sofrer"; nearest known: sof'):
        parse("sofrer", {"softer", "sofer"})


@pytest.mark.parametrize("language", VOCABULARIES)
def test_the_two_languages_never_mix(language: Language) -> None:
    text, name, key = {"en": ("más cálido", "Spanish", "es"), "es": ("warmer", "English", "en")}[language]
    theirs = SPANISH if language == "en" else ENGLISH
    with pytest.raises(UnknownWordError, match=f'" is {name}: use --language {key}$'):
        parse(text, VOCABULARIES[language], language=language, other=theirs)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "say what you want"),
        (' "" ', "say what you want"),
        ("make it sound", "say what you want"),
        ("0% warm", "sum to 0"),
        ("warm:0, full:0", "sum to 0"),
        ("0/0 warm full", "sum to 0"),
        ("warm and not warm", "sum to 0"),
        ("100% warm + full", 'give "full" one too'),
        ("2 parts warm + full", 'give "full" one too'),
        ("900% warm", "weight 900%: use up to 200%"),
        ("1000 warm, 1 full", "weight 1000: use up to 100"),
        ("9" * 400 + " warm", "use up to 100"),
        ("1/0 warm", "weight 1/0: use up to 100"),
        ("7 warm", "one word alone goes up to 2"),
        ("70%", "has no word"),
        ("0.5 0.5 warm", "two weights for one word"),
        ("less", "needs another after it"),
        ("warm but very", "needs another after it"),
        ("nan warm", 'no word "nan"'),
        ("inf warm", 'no word "inf"'),
        ("warm\x00", 'no word "?"'),
        ("bass +3 dB", '"3 dB": a request is words with shares such as "70% warm", not dB or Hz'),
        ("warm +3dB", '"3 dB": a request is words'),
        ("-3 dB at 2000 Hz", '"3 dB": a request is words'),
        ("60-80hz warm", 'Hz": a request is words'),
        ("more dB", '"dB": a request is words'),
        ("w" * (MAX_CHARS + 1), f"use at most {MAX_CHARS}"),
    ],
)
def test_bad_input_is_refused_in_one_line_that_says_why(text: str, says: str) -> None:
    assert says in message(text)


def test_an_unknown_language_and_too_many_words_are_refused() -> None:
    with pytest.raises(RequestError, match="use one of en, es"):
        parse("warm", ENGLISH, language="fr")  # type: ignore[arg-type]
    many = [f"word{letter}" for letter in "abcdefghijklmnopqrstuvw"]
    with pytest.raises(RequestError, match=f"use at most {MAX_WORDS}"):
        parse(" ".join(many), many)


@pytest.mark.parametrize("language", VOCABULARIES)
def test_every_word_of_the_vocabulary_means_itself_in_any_case_and_quotes(language: Language) -> None:
    for word in VOCABULARIES[language]:
        for text in (word, word.upper(), f" {word}! ", f'"{word}"', f"“{word}”", f"«{word}»", f"‘{word}’"):  # noqa: RUF001  typed like that
            assert parse(text, VOCABULARIES[language], language=language).parts == (Part(word, 1),)


@pytest.mark.parametrize("language", VOCABULARIES)
def test_less_is_the_opposite_direction_of_more_for_every_word(language: Language) -> None:
    more, less, a_bit_less = ("more", "less", "a bit less") if language == "en" else ("más", "menos", "un poco menos")
    for word in VOCABULARIES[language]:
        (up,) = parse(f'{more} "{word}"', VOCABULARIES[language], language=language).parts
        (down,) = parse(f'{less} "{word}"', VOCABULARIES[language], language=language).parts
        (slightly,) = parse(f'{a_bit_less} "{word}"', VOCABULARIES[language], language=language).parts
        assert up.word == down.word == slightly.word == word
        assert down.weight < slightly.weight < 0 < up.weight


def test_a_word_that_is_also_a_modifier_is_a_word_only_by_itself() -> None:
    assert english("super") == {"super": 1}
    assert english("super + warm") == {"super": 0.5, "warm": 0.5}
    assert english("super warm") == {"warm": 1.7}
    assert english('"super" warm') == {"super": 0.5, "warm": 0.5}
    assert english("30% little") == {"little": 0.3}
    assert english("a little warm") == {"warm": 0.35}


def test_the_order_of_the_parts_does_not_change_them() -> None:
    parts = ("60% warm", "full", "less harsh", "very deep")
    expected = set(parse(", ".join(parts), ENGLISH).parts)
    for order in permutations(parts):
        assert set(parse(", ".join(order), ENGLISH).parts) == expected


@pytest.mark.parametrize(
    ("text", "language", "canonical"),
    [
        ("-30% harsh", "en", "30% less harsh"),
        ("less harsh", "en", "70% less harsh"),
        ("-harsh", "en", "not harsh"),
        ("much less harsh", "en", "140% less harsh"),
        ("-20% game dog + 30% warm - 50% full", "en", '20% less "game dog" + 30% warm - 50% full'),
        ("menos áspero", "es", "70% menos áspero"),
        ("sin aspero", "es", "no áspero"),
    ],
)
def test_the_canonical_text_never_begins_with_a_dash(text: str, language: Language, canonical: str) -> None:
    request = parse(text, VOCABULARIES[language], language=language)
    assert str(request) == canonical
    assert parse(canonical, VOCABULARIES[language], language=language) == request


def test_the_canonical_text_survives_words_that_are_also_small_words() -> None:
    vocabulary = {"less", "not", "overly", "very", "drum 1", "minus"}
    for word in vocabulary:
        for weight in (-2.0, -1.0, -0.35, 1.0, 1.5):
            request = Request((Part(word, weight),), "en")
            assert parse(str(request), vocabulary) == request


def test_a_word_that_cancels_itself_in_a_blend_is_said() -> None:
    assert parse("warm, full, not warm, dark", ENGLISH).notes == ('"warm" cancels itself',)
    assert parse("0% warm + full", ENGLISH).notes == ()


def test_a_unit_in_a_word_of_the_vocabulary_is_no_unit() -> None:
    assert len(parse("hum hz and warm", {"hum hz", "warm"}).parts) == 2


@pytest.mark.parametrize("language", VOCABULARIES)
def test_the_canonical_text_quotes_what_would_be_misread(language: Language) -> None:
    words = sorted(VOCABULARIES[language])
    for one, two in pairwise(words):
        request = Request((Part(one, 0.333333), Part(two, -0.25)), language)
        assert parse(str(request), VOCABULARIES[language], language=language) == request


SCRAPS = st.sampled_from(
    [
        *("70%", "30 %", "0.7", ".5", "7", "1/3", "50/50", "-20%", "half", "mitad", "2 parts", "2 partes", "0%"),
        *("+", ",", "&", "-", ":", "=", "/", "and", "y", "but", "or", "o", '"', "“", "(", ")", "\n"),
        *("more", "less", "not", "very", "a bit", "not very", "too", "más", "menos", "sin", "muy", "un poco", "super"),
        *("warmer", "brght", "mud", "cálida", "calidísimo", "brillnte", "harshness", "it", "zorpy", "\u0301", "ﬁ", "٣"),
        *sorted(ENGLISH),
        *sorted(SPANISH),
    ]
)


@given(st.lists(SCRAPS, max_size=12).map(" ".join) | st.text(max_size=60), st.sampled_from(sorted(VOCABULARIES)))
def test_any_text_is_either_a_sound_request_or_a_one_line_error(text: str, language: Language) -> None:
    vocabulary = VOCABULARIES[language]
    try:
        request = parse(text, vocabulary, language=language)
    except RequestError as error:
        assert len(str(error).splitlines()) == 1
        return
    weights = [abs(part.weight) for part in request.parts]
    assert {part.word for part in request.parts} <= vocabulary
    assert len({part.word for part in request.parts}) == len(weights) > 0
    assert min(weights) > 0
    assert sum(weights) <= (2 if len(weights) == 1 else 1 + 1e-3)  # rounded to six digits
    assert not str(request).startswith("-")
    assert parse(str(request), vocabulary, language=language) == request


@given(st.lists(st.tuples(st.integers(1, 100), st.sampled_from(sorted(ENGLISH))), min_size=1, max_size=6))
def test_case_blanks_and_quotes_never_matter(parts: list[tuple[int, str]]) -> None:
    text = " + ".join(f'{weight}% "{word}"' for weight, word in parts)
    assert parse(f"“{text.upper().replace(' ', '  ')}”", ENGLISH) == parse(text, ENGLISH)
