"""Model cards, written from the shipped files and the reports of the bench: they cannot say more than was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semeq.artefact import load_model
from semeq.model import Model, Word
from semeq_models.agreement import DRAWS
from semeq_models.artefact import LICENCE
from semeq_models.bench import Report, compare_table, report_lines
from semeq_models.methods import METHODS

CARDS = Path(__file__).resolve().parents[1] / "cards"
REPORTS = CARDS / "bench.json"

_TEMPLATE = """\
# Model card: {name}

{summary}.{warning} Written by `semeq-models card` from the model file and the bench.

## Data

{data}

The file holds weights, places and bands of words, and counts. No row of the data and no contributor is in it.

## Words

{words}

*people*: listeners (as far as they can be told apart) plus SocialFX contributions. Confidence comes from agreement,
the mean shape cosine between every two people (0 to 1), and from {draws} random sets of as many curves: *good* and
*fair* words agree more than chance would; *weak* ones do not, or fewer than four people used them. Weak words are kept
because people ask for them, and are marked. `beautiful`, `clear`, `happy`, `harsh`, `hot` and `noisy` are weak by a rule:
they showed no shared meaning in the whole published sets, even where the rows used here look consistent (`clear`).
*Variants* are groups of a word's settings that stand apart more than 95 of 100 single clouds would by chance.

## How it is made

{made}
## Figures on held-out people

{folds} folds of whole contributors{splits}: networks and words are made anew without them. SocialFX names nobody: its rows
are split at random, so one person may stand on both sides. Means with 95 % bootstrap intervals over people or words.
*Shape cosine*: 1 is the same shape, 0 unrelated. *RMS dB*: level-free difference from what people set, once with the
amplitude that is best on the training rows, once at intensity 1; the mean of many people is smaller than any of them,
so intensity 1 scores worse by design. *Ceiling*: what no system can be expected to pass, as people differ. Words that a
system does not know count as flat, as a user would hear them.

{figures}

- mid words: consistent English words of five people or more, chosen on all rows: {mid}. The choice has seen the held-out
  rows, which flatters every system alike; *chosen blind* is the same choice made anew without them in every fold.
- Spanish mid words: {spanish}.
{side_by_side}
## Limits

{limits}
- People do not agree much: see the ceilings. Most words rest on few people; SAFE-DB is mostly two words, by listeners of
  a few labs on ten songs. Who spoke is told apart by contributor, profile and song order, which is a reconstruction.
- The strength of SocialFX shapes is a convention. No listening test has been made.
- Not for measuring people, hearing or rooms; not a substitute for listening.

## Licence and sources

{licence}. Neither data set states a licence; only aggregates are shipped.

- R. Stables, S. Enderby, B. De Man, G. Fazekas, J. D. Reiss: SAFE: A system for the extraction and retrieval of
  semantic audio descriptors. ISMIR 2014.
- T. Zheng, P. Seetharaman, B. Pardo: SocialFX: Studying a crowdsourced folksonomy of audio effects terms. ACM
  Multimedia 2016.
"""
_SOURCES = {"safe": "SAFE-DB", "socialfx": "SocialFX"}
_LANGUAGES = {"en": "English", "es": "Spanish"}
_SIDE_BY_SIDE = """
## Side by side

All systems on the same folds; the best in bold, "tie" where an interval overlaps that of the best.

{table}
"""


def card(name: str, reports: Sequence[Report]) -> str:
    """The card of one shipped model; that of the default model shows all systems side by side."""
    model, method = load_model(name), METHODS[name]
    mine = next(report for report in reports if report.name == name)
    return _TEMPLATE.format(
        name=name,
        summary=model.description[:1].upper() + model.description[1:],
        warning=f" **{model.warning[:1].upper() + model.warning[1:]}.**" if model.warning else "",
        data="\n".join(_data_lines(model.provenance)),
        words="\n".join(vocabulary_lines(model)),
        draws=DRAWS,
        made=method.made,
        folds=mine.folds,
        splits=f", averaged over {mine.splits} random splits" if mine.splits > 1 else "",
        figures="\n".join(report_lines(mine)),
        mid=", ".join(mine.words["mid words"]),
        spanish=", ".join(mine.words["Spanish mid words"]),
        side_by_side=_SIDE_BY_SIDE.format(table="\n".join(compare_table(reports))) if name == "default" else "",
        limits="\n".join(f"- {limit}" for limit in method.limits),
        licence=LICENCE,
    )


def _data_lines(provenance: Mapping[str, Any]) -> list[str]:
    lines = []
    for source in provenance["spec"]["sources"]:
        dropped = ", ".join(f"{count} {why}" for why, count in sorted(provenance[f"{source}_dropped"].items()))
        rows, used = provenance[f"{source}_rows"], provenance[f"{source}_rows_used"]
        lines.append(f"- {_SOURCES[source]}: {rows} rows, {used} used; dropped: {dropped or 'none'}.")
    least = provenance["spec"]["min_examples"]
    return [*lines, f"- Words with {least} rows or more."] if least > 1 else lines


def vocabulary_lines(model: Model) -> list[str]:
    """Counts by language and confidence, the words people agree about, and those with variants."""
    counts = ["| language | words | good | fair | weak |", "|---|---|---|---|---|"]
    agreed: list[str] = []
    split: list[str] = []
    for language, name in _LANGUAGES.items():
        words = sorted(model.vocabularies[language].values(), key=lambda word: word.name)  # type: ignore[index]
        if not words:
            continue
        level = {level: [word for word in words if word.confidence == level] for level in ("good", "fair", "weak")}
        counts.append(f"| {name} | {len(words)} | {' | '.join(str(len(found)) for found in level.values())} |")
        for sure in ("good", "fair"):
            agreed.append(f"- {name}, {sure}: {', '.join(map(_named, level[sure])) or 'none'}.")
        split += [f"{word.name} {len(word.variants)}" for word in words if word.variants]
    return [*counts, "", *agreed, f"- Variants: {', '.join(split) or 'no word shows any'}."]


def _named(word: Word) -> str:
    return f"{word.name} ({word.contributors} people, agreement {word.agreement:.2f})"
