"""Cards of audio encoders: what they learnt from, how, their figures, what they must not be used for."""

from __future__ import annotations

import json
from pathlib import Path

from semeq.hearing.encoder import load_encoder
from semeq.hearing.reference import references
from semeq_models.audio.figures import Figure, audio_table
from semeq_models.card import CARDS
from semeq_models.errors import DataError

FIGURES = CARDS / "audio.json"

_METHODS = {
    "audio-default": """\
The ear: power per Hz on 40 bands, averaged over all frames no more than 20 dB below the mean, all channels alike,
without its level. The reference's mean is taken away; bands without sound (above a cut, beyond the sample rate) are
filled in by what the others make likely. What is left is music and EQ together. A network (41 -> 256 -> 256 -> 40, then
the frozen matrix of the EQ encoder) says which part of it is EQ; it is told how far the reference spreads, and is the
more cautious the wider that is.

It learns from spectra that are drawn: what pieces of music differ by (the covariance of the reference "music", or
anything smooth), 0.5 to 9 dB RMS of it, under an EQ that a person of SAFE-DB or SocialFX set, or that a word means, or
none. The loss is the RMS error in dB. 60 epochs of 100 batches of 512; 45 s of one processor.

*Adaptive EQ* projects what it sees on the words' place and gives the missing share; half of the encoder's caution (the
square root of its response to the words) is taken back there. *Balance* turns what it sees over: all of it beyond the
nearest 40 % of the reference's tracks, nothing within the nearest 10 %, nothing on a moment of sound or where nobody
would hear it; beside a wide reference it leaves an eighth undone. A reference that is the same piece (its bands go up
and down with those of what is heard) is taken for what was there before, and the difference for the EQ.""",
    "audio-cnn": """\
The origin's design, kept for comparison: log-mel spectrograms (64 bands) of clips with an EQ of SAFE-DB on them, three
clips for each setting, through a small convolutional network into the space of `v2`, whose EQ encoder stays frozen; the
loss is the squared distance in that space and a contrast between words. It has no reference: what it takes for neutral
is the material it was trained on. Used by `--mode traverse --model v2` only.""",
}
_LIMITS = """\
- What a track seems to have is an estimate: music differs from music by more than most EQs do. The ceiling column is
  what one who knows the clean spectrum could do with these five bands. Tracks of one game differ by 4 to 6 dB RMS from
  each other, hardly less than from "music": a reference of your own helps as much as your tracks are alike.
- The references are game music (Debian packages) and game voices: orchestral, rock, electronic, chip; hardly any solo
  voice, jazz or old recordings. Use tracks of your own where you have them.
- Percentages follow a normal distribution with the reference's covariance; far out they are only a direction.
- It knows spectra, not dynamics, space or intent. Not for measuring rooms, hearing or people; no listening test was made."""


def audio_card(name: str, figures: Path = FIGURES) -> str:
    """The card of a shipped audio encoder, in Markdown."""
    encoder = load_encoder(name)
    try:
        rows = json.loads(figures.read_text(encoding="utf-8"))[name]
        table = audio_table([Figure(**row) for row in rows])
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"{figures}: no figures of {name}; make them: semeq-models evaluate --audio {name} -o"
        ) from None
    said = encoder.provenance
    sources = "; ".join(f"{one.name}: {one.about}" for one in references().values())
    return "\n".join(
        [
            f"# Audio encoder card: {name}",
            "",
            f"{encoder.description[0].upper()}{encoder.description[1:]}. Written by `semeq-models card`.",
            "",
            "## Data",
            "",
            f"- EQs: {said['rows']} rows of SAFE-DB and SocialFX, cleaned as for the model `{encoder.space}`.",
            f"- References: {sources}. Only means, covariances and quantiles are shipped, no recording.",
            "",
            "## How it is made",
            "",
            _METHODS[name],
            "",
            "## Figures",
            "",
            "`semeq-models evaluate --audio`: the encoder is trained anew without a fifth of the contributors, and the EQs",
            "are theirs, scaled to 4.4 dB RMS (only the space it leads into is the shipped one). On music-like mixes with a",
            "known spread of 3.5 dB RMS and on pink noise, made anew; *real* is the music of six games of which nothing was",
            "learnt (wesnoth, singularity, drascula, neverball, nexuiz, ufoai: orchestral to electronic), a minute of each",
            "track. *Own reference* is the other tracks of the same game. Means with 95 % bootstrap intervals.",
            "*Share removed* is 1 - what is left / 4.4 dB.",
            "",
            *table,
            "",
            "## Limits",
            "",
            _LIMITS,
            "",
        ]
    )
