"""The model card, written from computed figures so that it cannot say more than was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from semeq_models.agreement import DRAWS
from semeq_models.artefact import LICENCE, NAME
from semeq_models.build import Build, counts_text
from semeq_models.consensus import BASE_WEIGHT, PRIOR_VOICES
from semeq_models.evaluate import GROUPS, LEAST_PEOPLE_MID, Evaluation, table_lines
from semeq_models.folds import LEAST_PEOPLE

CARDS = Path(__file__).resolve().parents[1] / "cards"

_TEMPLATE = """\
# Model card: {name}

Words into five-band EQ. English and Spanish, two vocabularies that never mix data. This card is written by
`semeq-models card`; a test holds its figures against freshly computed ones.

## Data

- SAFE-DB: {safe}.
- SocialFX: {socialfx}.

The file holds consensus curves, fitted bands and counts. No row of the data and no contributor is in it.

## Words

{words}

*people*: SAFE listeners (as far as they can be told apart) plus SocialFX contributions. Confidence comes from
agreement, the mean shape cosine between every two people (0 to 1), and from {draws} random sets of as many
curves: *good* and *fair* words agree more than chance would; *weak* ones do not, or fewer than four people used
them. Weak words are kept because people ask for them, and are marked. `beautiful`, `clear`, `happy`, `harsh`,
`hot` and `noisy` are weak by a rule: they showed no shared meaning in the whole published sets, even where the
rows used here look consistent (`clear`).

## How it is made

Junk tags, flat settings and copies go; spellings and inflections merge; a tag of several words counts for each.
Curves are level-free: SocialFX has lost the level, and in SAFE it is loudness. A person is one voice that grows
with the square root of their rows. A SAFE voice weighs 1, a SocialFX voice {base_weight:g} plus the consistency
of its ratings; its shape is given 3.5 dB, the typical strength of a SAFE setting. A word's mean is drawn
towards that of its dictionary synonyms with the weight of {prior_voices:g} voices. Intensity 1 is the strength
people typically set. The five bands are fitted so that more intensity is more change at every frequency.

## Figures on held-out people

{folds} folds of whole contributors, averaged over {splits} random splits. SocialFX names nobody: its rows are split
at random, so one person may stand on both sides. Means with 95 % bootstrap intervals over people (warm, bright:
SAFE only) or over words. A single split moves the mid words by a few hundredths.
*Shape cosine*: 1 is the same shape, 0 unrelated. *RMS dB*: level-free difference from what people set, once
with the amplitude that is best on the training rows, once at intensity 1. The mean of many people is smaller
than any of them: the best amplitude is about half of what people set, so intensity 1 scores worse by design.

{table}

- mid words: {mid_rule}, {least_people_mid} people or more, chance below 5 %: {mid_words}. The choice has seen
  the held-out rows, which flatters every design alike.
- mid words, chosen blind: {blind_rule}, {least_people} people or more; chosen anew in every fold.
- Spanish mid words: {spanish_mid_words}.

The weights and the pull of the synonyms were chosen on folds of the same data; the differences between near
choices are far inside the intervals.

## Limits

- People do not agree much: for `warm` no curve can be expected to reach a cosine above 0.5 with a new person.
- Most words rest on few people. SAFE is mostly two words, by listeners of a few labs on ten songs.
- Who spoke is told apart by contributor, profile and song order, which is a reconstruction.
- The strength of SocialFX shapes is a convention.
- The settings say nothing about the sound they were made for: how to adapt to audio is not learned from them.
- No listening test has been made.

## Licence and sources

{licence}. Neither data set states a licence; only aggregates are shipped.

- R. Stables, S. Enderby, B. De Man, G. Fazekas, J. D. Reiss: SAFE: A system for the extraction and retrieval of
  semantic audio descriptors. ISMIR 2014.
- T. Zheng, P. Seetharaman, B. Pardo: SocialFX: Studying a crowdsourced folksonomy of audio effects terms. ACM
  Multimedia 2016.
"""


def card(built: Build, evaluation: Evaluation) -> str:
    """The card of the default model, in Markdown."""
    return _TEMPLATE.format(
        name=NAME,
        safe=counts_text(built.corpus.safe_counts),
        socialfx=counts_text(built.corpus.socialfx_counts),
        words="\n".join(vocabulary_lines(built)),
        draws=DRAWS,
        base_weight=BASE_WEIGHT,
        prior_voices=PRIOR_VOICES,
        folds=evaluation.folds,
        splits=evaluation.splits,
        table="\n".join(table_lines(evaluation)),
        mid_rule=GROUPS["mid words"],
        least_people_mid=LEAST_PEOPLE_MID,
        mid_words=", ".join(evaluation.mid_words),
        blind_rule=GROUPS["mid words, chosen blind"],
        least_people=LEAST_PEOPLE,
        spanish_mid_words=", ".join(evaluation.spanish_mid_words),
        licence=LICENCE,
    )


def vocabulary_lines(built: Build) -> list[str]:
    """Counts by language and confidence, the words people agree about, and how near the bands come."""
    counts = ["| language | words | good | fair | weak |", "|---|---|---|---|---|"]
    agreed = []
    for language, name in (("en", "English"), ("es", "Spanish")):
        words = [entry for entry in built.entries if entry.language == language]
        level = {level: [e for e in words if e.confidence == level] for level in ("good", "fair", "weak")}
        counts.append(f"| {name} | {len(words)} | {' | '.join(str(len(found)) for found in level.values())} |")
        for sure in ("good", "fair"):
            named = [f"{e.word} ({e.contributors} people, agreement {e.agreement:.2f})" for e in level[sure]]
            agreed.append(f"- {name}, {sure}: {', '.join(named) or 'none'}.")
    errors = [entry.fit.error_db for entry in built.entries]
    return [
        *counts,
        "",
        *agreed,
        f"- Five bands follow their curve to {np.median(errors):.2f} dB RMS (median; 90th percentile "
        f"{np.quantile(errors, 0.9):.2f}, most {max(errors):.2f}).",
    ]
