"""What the words around a word mean: modifiers, connectives, aliases and inflections of English and Spanish.

Keys are lower case and without accents; a key of several words is matched before a shorter one. Nothing here makes
a word known: an alias or an inflected form counts only when its target is in the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from semeq.language import Language

LESS_ALONE = 0.7  # "less harsh" is gentler than "not harsh"; with a degree the degree counts: "slightly less" = -0.35
SUPERLATIVE, MILD = 1.4, 0.5  # "warmest", "calidísimo"; "brightish", "suavecito"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """The small words of one language; ``forms`` yields the inflections of a word and how strong each is."""

    name: str
    amounts: Mapping[str, float]  # factors of the next word; negative ones turn its direction round
    less: frozenset[str]  # turn round, and mean LESS_ALONE when nothing else says how much
    ands: frozenset[str]  # between the parts of a blend
    ors: frozenset[str]  # the same, but a "not" reaches across: "not muddy or harsh"
    parts: frozenset[str]  # "2 parts warm, 1 part full": ratios
    numbers: Mapping[str, float]
    fillers: frozenset[str]  # say nothing about the sound
    say: tuple[str, str]  # "less" and "not", as the canonical text says them
    aliases: Mapping[str, str]  # other word -> the words it may stand for, best first
    real: frozenset[str]  # words one slip away from one we know, and yet meant: never read as typos, nor their forms
    forms: Callable[[str], Iterator[tuple[str, float]]]


def _listed(text: str) -> frozenset[str]:
    return frozenset(entry.strip() for entry in text.split(","))


def _spaced(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _amounts(table: Mapping[float, str]) -> dict[str, float]:
    return {entry: amount for amount, entries in table.items() for entry in _listed(entries)}


def _aliases(text: str) -> dict[str, str]:
    pairs = (line.split("=") for line in text.strip().splitlines())
    return {alias.strip(): targets.strip() for aliases, targets in pairs for alias in aliases.split()}


def english_forms(word: str) -> Iterator[tuple[str, float]]:
    """Yield comparatives, adverbs, nouns and verbs made from an English adjective.

    >>> [form for form, _ in english_forms("muddy")]
    ['muddier', 'muddiest', 'muddiness', 'muddily', 'muddyish', 'mud']
    >>> [form for form, _ in english_forms("thin")][:3]
    ['thinner', 'thinnest', 'thinnish']
    """
    vowels = [letter in "aeiou" for letter in word]
    stem = word
    if word.endswith("e"):
        stem = word[:-1]
    elif word.endswith("y") and len(word) > 2 and not vowels[-2]:
        stem = word[:-1] + "i"
    elif len(word) > 2 and vowels[-3:] == [False, True, False] and sum(vowels) == 1 and word[-1] not in "wxy":
        stem = word + word[-1]  # thin, hot, big, flat
    yield stem + "er", 1.0
    yield stem + "est", SUPERLATIVE
    if stem[-1] != "i":
        yield stem + "ish", MILD
        yield stem + "en", 1.0  # brighten, soften
        yield stem + "ening", 1.0
        yield word + "ness", 1.0
        yield (word[:-1] + "y" if word.endswith(("le", "ll")) else word + "ly"), 1.0
        if word.endswith("ic"):
            yield word + "ally", 1.0
    else:
        yield stem + "ness", 1.0
        yield stem + "ly", 1.0
        yield word + "ish", MILD
    if word.endswith("ful"):
        yield word[:-3], 1.0  # power, peace
    elif word.endswith("y") and len(word) > 3:
        noun = word[:-1]
        doubled = noun[-1] == noun[-2] and noun[-1] not in "fls"
        yield (noun[:-1] if doubled else noun), 1.0  # mud, boom, air, bass
        if not doubled:
            yield noun + "e", 1.0  # noise, edge


def spanish_forms(word: str) -> Iterator[tuple[str, float]]:
    """Yield gender, number, adverb, diminutive and superlative of a Spanish adjective written without accents.

    >>> [form for form, _ in spanish_forms("suave")]
    ['suaves', 'suavemente', 'suavisimo', 'suavisima', 'suavisimos', 'suavisimas', 'suavecito', 'suavecita']
    >>> [form for form, _ in spanish_forms("seco")][:6]
    ['secos', 'seca', 'secas', 'secamente', 'sequisimo', 'sequisima']
    """
    stem, small = word, "ecit"
    if word.endswith(("o", "a")):
        stem, small = word[:-1], "it"
        for ending in ("o", "os", "a", "as", "amente"):
            if stem + ending != word:
                yield stem + ending, 1.0
    elif word.endswith("e"):
        stem = word[:-1]
        yield word + "s", 1.0
        yield word + "mente", 1.0
    else:
        yield (word[:-1] + "ces" if word.endswith("z") else word + "es"), 1.0
        yield word + "mente", 1.0
        if word.endswith("or"):
            yield word + "a", 1.0
            yield word + "as", 1.0
    if word.endswith(("co", "ca", "go", "ga")):
        stem = stem[:-1] + {"c": "qu", "g": "gu"}[stem[-1]]
    elif word.endswith("z"):
        stem = word[:-1] + "c"
    for ending in ("o", "a", "os", "as"):
        yield stem + "isim" + ending, SUPERLATIVE
    yield stem + small + "o", MILD
    yield stem + small + "a", MILD


ENGLISH = Lexicon(
    name="English",
    amounts=_amounts(
        {
            0.35: "slightly, a bit, bit, a little, little, a little bit, little bit, a tiny bit, tiny bit, tiny,"
            "a touch, a touch of, touch, a tad, tad, a hint of, hint of, mildly, subtly, marginally, lightly, barely",
            0.5: "somewhat, kind of, kinda, sort of, sorta, moderately, partly",
            0.75: "fairly, quite, rather, pretty, reasonably",
            1.0: "more, fully",
            1.4: "very, much, really, a lot, a lot of, lots of, plenty of, so, most, quite a bit, considerably, far,"
            "truly, significantly, highly, strongly, heavily",
            1.7: "extremely, super, ultra, way, hugely, incredibly, totally, insanely",
            -0.5: "not very, not too, not really, not particularly, not overly, hardly",
            -1.0: "not, no, without, never, non, neither, nor, don't, dont, isn't, avoid, remove, removing, kill,"
            "minus, get rid of, free of, instead of, rather than, anything but, not at all",
        }
    ),
    less=_listed(
        "less, fewer, not so, not as, not that, too, lessen, reduce, reducing, decrease, tame, cut, tone down,"
        "turn down, bring down, dial down, roll off, lower the, soften the, dampen the"
    ),
    ands=_listed("and, with, but, plus, then, also, yet, while"),
    ors=_listed("or"),
    parts=_listed("part, parts"),
    numbers={"half": 0.5, "third": 1 / 3, "quarter": 0.25, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0},
    fillers=_listed(
        "a, an, the, it, its, it's, is, be, to, of, in, make, makes, making, made, me, my, i, i'd, like, want, would,"
        "need, needs, give, keep, get, some, sound, sounds, sounding, tone, mix, track, song, feel, please, up, out,"
        "this, that, thing, something, should, just, add, adding, increase, raise, boost, bring, one, turn up,"
        "equal parts, equal parts of, a mix of, a blend of, blend of, mix of, at all"
    ),
    say=("less", "not"),
    aliases=_aliases(
        """
        warmth = warm
        clarity = clear
        depth = deep
        strength = strong
        width = wide
        heat = hot
        anger = angry
        beauty = beautiful
        presence = present
        brilliance = brilliant
        brite = bright
        lite = light
        phat fatt = fat
        crispy = crisp
        bassy = bass
        nasally = nasal
        metal = metallic
        brassiness = brassy
        melody = melodic melodious
        harmony = harmonious
        energy = energetic
        emotion = emotional
        excitement = exciting
        joy = joyful joyous
        calming = calm
        aggression = aggressive
        agressive = aggressive
        violence = violent
        distance = distant
        elegance = elegant
        romance = romantic
        melodious = melodic
        serenity = serene
        purity = pure
        vibrance vibrancy = vibrant
        tension = tense
        rumble = rumbling
        relaxed = relaxing
        grandeur = grand
        dryer = dry
        lows = low
        highs = high
        """
    ),
    real=_spaced(
        """
        angler barley base basis basso blight bloom bristle broom clam clan cleanser clod clunky coder could driver
        emoticon every exacting existing exiting fairy feast flat flunk flunky gander gentile godly grad gran grande
        granny grateful hallow hardy harness hash heard heart heath heaven hoard krill lightning liter lithe litre
        mallow melodica mental metallica moist morel muffler mulch munch niche niece nosy party paunch paunchy peasant
        petty pheasant powder prescient preset president prevent puree purge purse quiet quit rally rambling relating
        relaying scar scarce shaper shill shooting smoothing snubby string strung stubby superb supper tangy tens thine
        think tinny tiny touche touchy vibrate vibrato warn
        """
    ),
    forms=english_forms,
)

SPANISH = Lexicon(
    name="Spanish",
    amounts=_amounts(
        {
            0.35: "un poco, un poco de, un poquito, un poquito de, poquito, ligeramente, levemente, un toque,"
            "un toque de, apenas, un pelin",
            0.5: "algo, algo de, moderadamente, medianamente",
            0.75: "bastante",
            1.0: "mas",
            1.4: "muy, mucho, mucha, muchos, muchas, realmente, tan, altamente, fuertemente",
            1.7: "extremadamente, super, ultra, sumamente, increiblemente, totalmente",
            -0.5: "no muy, no demasiado, poco",
            -1.0: "no, sin, ni, nunca, nada, nada de, quita, quitar, elimina, eliminar, evita, evitar, en vez de,"
            "en lugar de, libre de",
        }
    ),
    less=_listed("menos, no tan, demasiado, demasiada, reduce, reducir, baja, bajar, rebaja"),
    ands=_listed("y, e, con, pero, ademas, tambien, aunque"),
    ors=_listed("o, u"),
    parts=_listed("parte, partes"),
    numbers={"mitad": 0.5, "medio": 0.5, "media": 0.5, "tercio": 1 / 3, "cuarto": 0.25, "dos": 2.0, "tres": 3.0},
    fillers=_listed(
        "el, la, los, las, lo, un, una, uno, de, del, a, al, que, se, me, su, mi, es, sea, ser, suene, suena, sonar,"
        "sonido, tono, mezcla, haz, hazlo, hacer, quiero, quisiera, dale, da, pon, ponle, favor, por favor, por,"
        "anade, anadir, sube, subir, partes iguales, a partes iguales, partes iguales de, estar, este"
    ),
    say=("menos", "no"),
    aliases=_aliases(
        """
        calidez = calido
        calor = caliente calido
        brillo brillantez = brillante
        claridad = claro
        oscuridad obscuridad = oscuro
        obscuro obscura = oscuro
        suavidad = suave
        aspereza = aspero
        fuerza = fuerte
        profundidad = profundo hondo
        plenitud = lleno
        dulzura = dulce
        frialdad = frio
        frescura = fresco
        pesadez = pesado
        dureza = duro
        grosor = grueso
        ruido = ruidoso
        limpieza = limpio
        ligereza = ligero
        sequedad = seco
        suciedad = sucio
        gravedad = grave
        altura = alto
        debilidad = debil
        nitidez = nitido
        tranquilidad = tranquilo
        calma = calmado tranquilo
        resonancia = resonante
        emocion = emocionante
        estruendo = estruendoso
        felicidad = feliz
        distancia = distante
        ritmo = ritmico
        fealdad = feo
        tristeza = triste
        alegria = alegre
        ternura = tierno
        rapidez = rapido
        lentitud = lento
        elegancia = elegante
        armonia harmonioso = armonioso armonico
        harmonico = armonico
        melancolia = melancolico
        energia = energetico
        intensidad = intenso
        humedad = humedo
        agresividad = agresivo
        """
    ),
    real=_spaced(
        """
        abajo afiliado afinado aguado aislado alergia altar anada apegado apilado asilado caido caldo calado calidad
        callado calzado caro clama cliente colmado comparto durar eclectico electronico elefante frasco fresa fresno
        frito fuente fuera humero inmenso intento interno liguero modesto morado nadar pagado pasado pegado pelado
        pensado pescado pisado posado quinta rapado risco rugido secta sueco suecia terno traste
        """
    ),
    forms=spanish_forms,
)

LEXICONS: dict[Language, Lexicon] = {"en": ENGLISH, "es": SPANISH}
