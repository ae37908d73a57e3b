"""How each system is made and what it is good for, in words: the parts of a card that no computer can find out."""

from __future__ import annotations

from dataclasses import dataclass

from semeq_models.consensus import BASE_WEIGHT, PRIOR_VOICES


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """What a card says about one system; plain Markdown."""

    made: str
    limits: tuple[str, ...]


_ORIGIN = "Its words are the means of the encoded settings; a blend or a way between words is a mean of those places."

METHODS: dict[str, Method] = {
    "default": Method(
        made=f"""\
Junk tags, flat settings and copies go; spellings and inflections merge; a tag of several words counts for each.
Curves are level-free: SocialFX has lost the level, and in SAFE-DB it is loudness. A person is one voice,
however many rows they left. A SAFE voice weighs 1, a SocialFX voice {BASE_WEIGHT:g} plus the consistency of its
ratings; its shape is given 3.5 dB, the typical strength of a SAFE setting. A word's mean is drawn towards that of its
dictionary synonyms with the weight of {PRIOR_VOICES:g} voices. Intensity 1 is the strength people typically set.

The encoder reads the curve, not the 13 numbers, so the order of the bells does not matter: one matrix, 40 to 32, whose
rows are orthogonal. The length of a place is the RMS of its curve in dB, places add up as curves do, zero is flat. It
keeps the 32 directions in which people's curves differ most (uncentred principal components). The decoder is a network
of three layers of 256; its gains are `12 tanh(h(z) - h(0))`, so they are zero at zero exactly, Hz and Q are sigmoids
over their whole legal range. It learns to redraw any curve: people's, the means of words, their mixtures, stronger,
weaker and turned over (60 epochs of 100 batches, two minutes of one processor). The loss is the level-free error of the frequency response, computed in float64 (in single
precision low bands are only noise), plus a small cost of gain.

A word's five bands begin where the decoder puts them and are polished until more intensity is more change at every
frequency. A blend begins where the decoder puts the sum of the places, and a few steps take it to the sum of the curves.
""",
        limits=(
            "The latent space says how a curve looks, not what a sound is: how to adapt to audio is not learnt from it.",
            "`bright` is a cut below and a rise from 3 to 8 kHz, as people set it; what lies above 10 kHz is `airy`.",
        ),
    ),
    "v1": Method(
        made=f"""\
The first system of the student project that semeq grew out of, rebuilt from its description. 13 z-scored numbers go
through residual blocks 13-64-128-64 to 32 numbers (tanh); the decoder mirrors them and ends in three heads: gain
(tanh x 12 dB), frequency (sigmoid, mapped to each band's range in Hz) and Q. Loss: mean square error + 0.5 x contrast
of a 128-number embedding. {_ORIGIN}

Why it fails: the heads speak dB, Hz and Q, but they are compared with z-scores, and what they say is then scaled back as
if it were z-scores. The best a frequency head can do is to sit at the low end of its range. The loss that remains is
(22² + 82² + 180² + 220² + 580²) / 13 = 32,647; the project reported 32,648, and this training ends at 32,648 too. Scaled
back, the high shelf stands above a megahertz. Gains and Q are drowned by those squares, so every word gets one curve.
""",
        limits=("Do not use it for music. It is kept because it explains why the others are made as they are.",),
    ),
    "v2": Method(
        made=f"""\
The redesign. Frequencies and Q as logarithms, all 13 numbers between the least and the most in the data; residual blocks
13-64-128-64 to 32 numbers (tanh) and back; one sigmoid head. Loss: mean square error of the normalised numbers + contrast
of a 128-number embedding, whose weight grows from 0.1 to 0.5. Batches of 64, 150 epochs, Adam at 0.001, halved where the
loss stands still. {_ORIGIN}
""",
        limits=(
            "It knows only words with five rows in SAFE-DB.",
            "Flat has no place of its own in its latent space: only semeq's scaling of the gains makes intensity 0 flat.",
            "Contrast gathers the training rows far better than those of new people: see both silhouettes.",
        ),
    ),
    "v3": Method(
        made=f"""\
As v2, with fixed bounds (20 to 20,000 Hz, 12 dB up and down, Q 0.1 to 10) in place of those of the data, checkpoints every
30 epochs, and 32 latent numbers here (`--latent-dim 64` trains the larger form). {_ORIGIN} The wider bounds let
the decoder reach 20 kHz; they do not make it go there, as hardly anybody does.
""",
        limits=(
            "As v2. Its description promised a `bright` above 12 kHz; people's high shelf for `bright` stands near 6 kHz.",
        ),
    ),
    "v2-vae": Method(
        made=f"""\
v2 as a variational autoencoder: the encoder says a mean and a variance for each of 32 numbers, the decoder redraws from
a place drawn there, and places keep near a standard normal (Kullback-Leibler divergence, weight 0.002, faded in over the
first half). 200 epochs. The file holds the means. {_ORIGIN}
""",
        limits=("As v2. Divergence blurs what comes back: most of the 32 numbers say nothing.",),
    ),
    "socialfx": Method(
        made=f"""\
The 40-band system: SocialFX curves (z-scored shapes) go through residual blocks 40-128-64 to 32 numbers (tanh) and back
through 64 and 128 to 40. Loss: mean square error + 0.1 x contrast. The 40 bands that come out are fitted to five.
English and Spanish are kept apart. {_ORIGIN}
""",
        limits=(
            "It has never seen a real setting: it knows shapes only, and its strength is a convention.",
            "It plays what it decodes through a search for five bands: slower than a network, and a step where bands swap.",
        ),
    ),
}
