"""Which words mean nearly the same and which the opposite, by the dictionary; the data may only refuse a pair."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from semeq.language import Language

# One line per family: every word in it is a synonym of every other.
_FAMILIES: dict[Language, str] = {
    "en": """
warm full mellow
warm rounded cosy
smooth soft gentle mellow
dark dull muffled
deep low bassy subby
deep heavy
heavy fat thick chunky
heavy powerful strong
boomy muddy rumbling
boomy bassy thumpy
bassy fat
full fat thick
bright crisp clear
bright airy light
bright shimmering
airy light fresh
crisp sharp
crisp clean clear
clear clean pure
present clear
tinny thin
tinny radio phone metallic
thin light
tinny shrill
harsh sharp shrill brittle
harsh raspy jarring
harsh aggressive edgy
hard aggressive harsh
loud powerful strong
loud noisy
punchy powerful
punchy thumpy
brassy metallic
grainy raspy
hollow distant
calm peaceful serene relaxing soothing
gentle soothing calm soft quiet
happy cheerful joyful fun upbeat
uplifting cheerful upbeat
energetic exciting fast upbeat
aggressive angry
scary tense
sad wistful
cold cool
pleasant nice good sweet
beautiful pretty elegant graceful
melodic harmonious
emotional romantic
angry aggravating jarring
grand powerful
super awesome good
muffled muddy
damp wet
woody hollow
""",
    "es": """
cálido caliente tibio
claro brillante cristalino limpio
brillante resplandeciente
agudo alto afilado
agudo metálico estridente
profundo grave bajo
pesado grueso profundo
pesado fuerte
oscuro apagado
fuerte intenso
fuerte ruidoso estruendoso
duro áspero agresivo
suave dulce tierno
suave tranquilo calmado relajante
tranquilo calmado relajante agradable
triste melancólico nostálgico
alegre feliz divertido
frío fresco
seco duro
húmedo mojado
rápido energético frenético
bello hermoso elegante
feo asqueroso malo molesto
ligero suave
rítmico armonioso
sucio ruidoso
""",
}

_OPPOSITES: dict[Language, str] = {
    "en": """
warm bright
warm cold
warm thin
warm tinny
bright dark
bright dull
bright muffled
clear muffled
clear muddy
clean muddy
crisp muffled
crisp dull
airy heavy
airy boomy
airy deep
light heavy
thin full
thin fat
thin heavy
tinny deep
tinny boomy
tinny full
tinny bassy
tinny heavy
sharp dull
sharp smooth
sharp soft
harsh smooth
harsh soft
harsh gentle
harsh mellow
shrill deep
hard soft
loud quiet
loud soft
high low
deep thin
heavy thin
calm energetic
calm exciting
soothing jarring
soothing harsh
happy sad
peaceful angry
gentle aggressive
relaxing exciting
fast slow
wet dry
hot cold
present distant
hollow full
noisy quiet
noisy clean
pleasant harsh
uplifting sad
mellow aggressive
punchy soft
subby tinny
muddy crisp
fresh muddy
""",
    "es": """
cálido frío
caliente frío
claro oscuro
claro apagado
brillante oscuro
brillante apagado
agudo profundo
agudo bajo
alto bajo
pesado ligero
grueso ligero
suave duro
suave áspero
suave fuerte
fuerte débil
tranquilo agresivo
tranquilo ruidoso
alegre triste
feliz triste
seco húmedo
seco mojado
rápido lento
limpio sucio
profundo cristalino
dulce áspero
""",
}

# Words that speak of tone: two people are enough for these to enter the vocabulary, flagged weak.
_TONE: dict[Language, str] = {
    "en": """airy bassy boomy brassy bright brittle chunky clean clear cold crisp crunchy damp dark deep distant dry
        dull edgy fat fizzy full fuzzy grainy hard harsh heavy high hollow jarring light loud low mellow metallic muddy
        muffled nasal noisy notchy phone present punchy pure quiet radio raspy round rumbling sharp shimmering shrill
        slow smooth snappy soft solid strong subby tense thick thin thumpy tinny toppy twangy vibrant warm wet woody""",
    "es": """afilado agudo alto apagado bajo brillante caliente claro compacto cristalino cálido distante dulce duro
        débil estridente fresco frío fuerte grave grueso hueco húmedo intenso ligero limpio lleno metálico mojado
        oscuro pesado profundo resonante ruidoso seco suave sucio tibio áspero""",
}

# Words that were found to have no shared EQ meaning on the whole published sets: weak, whatever one part of them says.
DOUBTED: dict[Language, frozenset[str]] = {
    "en": frozenset({"beautiful", "clear", "happy", "harsh", "hot", "noisy"}),
    "es": frozenset(),
}


def _pairs(text: str) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(pair) for line in text.split("\n") for pair in combinations(line.split(), 2))


SYNONYMS: dict[Language, frozenset[frozenset[str]]] = {language: _pairs(text) for language, text in _FAMILIES.items()}
OPPOSITES: dict[Language, frozenset[frozenset[str]]] = {language: _pairs(text) for language, text in _OPPOSITES.items()}
TONE_WORDS: dict[Language, frozenset[str]] = {language: frozenset(text.split()) for language, text in _TONE.items()}


def partners(word: str, pairs: Iterable[frozenset[str]]) -> list[str]:
    """The other halves of all pairs that hold ``word``, in alphabetical order.

    >>> partners("warm", OPPOSITES["en"])
    ['bright', 'cold', 'thin', 'tinny']
    """
    return sorted(other for pair in pairs if word in pair for other in pair - {word})
