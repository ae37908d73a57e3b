"""Free-text tags become words: case, blanks, typos and plain inflections merge; what is no word for a sound goes."""

from __future__ import annotations

import re
import unicodedata

from semeq.language import Language

# One line per word: the word, then what people wrote for it.
_ENGLISH = """
aggressive agressive
airy air
angry anger
bassy bassier
beautiful beauty
boomy boom booming
brassy brass
bright brighter brightness brite brght birght
calm calming
cheerful cheery
clear clearer clarity
cold colder coldness
crisp crispy crisper
crunchy crunch
dark darker darkness
deep deeper depth
distant distance
dreamy dream
dull duller
edgy edge
emotional emotion
energetic energized energizing energy
exciting excited excitement
fast fast-paced faster
fat fatt fatter phat
fizzy fizz
full fuller fullness
gentle gently
graceful grace
grand grandiose
happy happiness
hard harder hardness
harmonious harmony
harsh harsher harshness
heavy heavier
high high-pitched higher
hot hotter heat
joyful joy joyous
light lighter
loud louder
low lower
melancholic melancholy
melodic melodious melody
metallic metal
middly middy
muddy mud
noisy noise
peaceful peace
phone telephone
pleasant pleasing pleasurable
powerful power
present presence
pretty prettier
punchy punch
pure purity
quiet quieter
relaxing relaxed relax
rhythmic rhythm
rumbling rumble
sad sadder sadness
scary scared
sharp sharper
shimmering shimmer
smooth smoother
snappy snap
soft softer softness
solid solidity
soothing soothe
spacey spacious
strong stronger strength
subby sub
sweet sweeter sweetening
thick thicker thickness
thin thinner
thumpy thump thuddy
tinny tiny
twangy twang
uplifting lifted
vibrant vibrance
warm warmer warmth warn
woody wood
"""

_SPANISH = """
agresivo agresiva agresividad
agudo aguda
alegre alegré alegría alegria
alto alta
apagado apagada
armonioso armoniosa armonía armónico harmónico
aéreo aérea
bajo baja
bello bella
brillante brillantes
bueno buena
caliente calor
calmado calmada calmante
claro clara claridad
cristalino cristalina
cálido calido cálida calida
dinámico dinámica dinamico
distante lejano
divertido divertida
dulce dulces
duro dura
débil debil
eléctrico eléctrica
emocionante emoción emotivo
energético energía energetico
estruendoso estruendo
feliz felicidad
feo fea
fresco fresca
frenético frenetico
frío frio fría fria
fuerte fuertes
grueso gruesa
hermoso hermosa
hueco hueca
húmedo humedo húmeda
intenso intensa
lento lenta
ligero ligera
limpio limpia
lleno llena
melancólico melancolico melancólica
metálico metalico
molesto molesta
nostálgico nostalgico
oscuro oscura obscuro
pesado pesada
profundo profunda
rápido rapido rápida
rítmico ritmo ritmico
ruidoso ruidosa ruido
seco seca
suave suaves suavizar
sucio sucia
tibio tibia
tierno tierna ternura
tranquilo tranquila tranquilidad
triste tristeza
áspero aspero áspera
"""

# Words of grammar, greetings, gear, players, presets and styles: none says how a sound should be.
_NOT_WORDS: dict[Language, str] = {
    "en": """a acoustic and balance balanced bas base bass boost boosted cut cuts default drum drums electric eq
        equal filter flat for free gain guitar guitarriche hat hate hello hihat in it jams jammy jazz kick lead
        lift love low-cut lv mix mono music my nulls of on open organ overhead pad part piano please reset rock
        setting snare some sound st studio synth techno the to tone track up very vocal vocals voice voix vox
        with zimbo""",
    "es": """camino canción como cool de dolor eq es esto fiesta guitarra hola hot joven la lluvia mana masa music
        musica música piano rock siempre trabajo un una yo""",
}

_JUNK_PHRASE = re.compile(r"(low|high)[ _-]*(cut|pass)|clean[ _-]*up|\bfree\b|love it", re.IGNORECASE)
_RE27 = re.compile(r"\s*re[ _-]*27", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def _table(text: str) -> dict[str, str]:
    lines = [line.split() for line in text.split("\n") if line]
    return {variant: word for word, *variants in lines for variant in variants}


SPELLING: dict[Language, dict[str, str]] = {"en": _table(_ENGLISH), "es": _table(_SPANISH)}
NOT_WORDS: dict[Language, frozenset[str]] = {language: frozenset(t.split()) for language, t in _NOT_WORDS.items()}


def junk_reason(tag: str) -> str:
    """Why the whole tag is no description of a sound, or ``""``.

    >>> junk_reason("Test 1"), junk_reason("RE27-1"), junk_reason("12"), junk_reason("warm")
    ('test', 're27', 'not a word', '')
    """
    if any(token.startswith("test") for token in _TOKEN.findall(tag.lower())):
        return "test"
    if _RE27.match(tag):
        return "re27"
    return "not a word" if _JUNK_PHRASE.search(tag) or not _TOKEN.search(tag) else ""


def words_of(tag: str, language: Language) -> tuple[str, ...]:
    """The words a tag holds, each once, as the vocabulary spells them; none where the tag is junk.

    >>> words_of(" Warmer+fuller mix", "en"), words_of("Clara", "es"), words_of("test_warm", "en")
    (('warm', 'full'), ('claro',), ())
    """
    if junk_reason(tag):
        return ()
    tokens = _TOKEN.findall(unicodedata.normalize("NFC", tag).lower())
    spelled = [SPELLING[language].get(token, token) for token in tokens if token not in NOT_WORDS[language]]
    return tuple(dict.fromkeys(word for word in spelled if word and len(word) > 1))
