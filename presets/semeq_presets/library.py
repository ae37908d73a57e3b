"""The library: the words people agree on most, at 50 and 100 %, in every proven format; a folder made to be browsed.

``python -m semeq_presets.library`` writes it again (``make library``); a test keeps it equal to what is written.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from semeq.artefact import load_model
from semeq.model import Word
from semeq.response import log_grid_hz, response_db
from semeq.settings import EqSettings
from semeq.suggest import suggest
from semeq.terminal import sparkline
from semeq_presets.disk import write_files
from semeq_presets.errors import PresetError
from semeq_presets.export import bank_of, files_of, preset_of
from semeq_presets.plan import Plan, plan
from semeq_presets.preset import Preset
from semeq_presets.table import PROVEN, Format, format_named

WORDS, LEAST_PEOPLE = 24, 4
STRENGTHS = {"50%": 0.5, "": 1.0}
FORMAT_NAMES = (*PROVEN, "pipewire-old", "reaper", "reaper-rpl")
_COLUMNS, _PANEL = 4, (220, 150)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One word at one strength."""

    word: Word
    name: str
    strength: float
    settings: EqSettings


def words() -> tuple[Word, ...]:
    """Of the words that enough people used, those they agree on most; in the order of the alphabet."""
    known = [word for word in load_model("default").vocabulary("en").values() if word.contributors >= LEAST_PEOPLE]
    best = sorted(known, key=lambda word: (-word.agreement, word.name))[:WORDS]
    return tuple(sorted(best, key=lambda word: word.name))


def entries() -> tuple[Entry, ...]:
    """The curves, with numbers rounded far below what can be heard, so that every machine writes the same bytes."""
    found = []
    for word in words():
        for label, strength in STRENGTHS.items():
            made = suggest(word.name, strength).settings
            settings = EqSettings.of(
                [round(freq, 1) for freq in made.freqs_hz],
                [round(gain, 2) for gain in made.gains_db],
                [round(q, 4) for q in made.qs],
            )
            name = f"{word.name} {label}".strip()
            found.append(Entry(word=word, name=name, strength=strength, settings=settings))
    return tuple(found)


def files() -> dict[str, bytes]:
    """Everything in the library, by its path."""
    all_entries = entries()
    made: dict[str, bytes] = {}
    errors: dict[str, float] = {}
    for name in FORMAT_NAMES:
        form = format_named(name)
        plans = [plan(entry.settings, form, refit=True) for entry in all_entries]
        errors[name] = max(planned.error_db for planned in plans)
        made |= {f"{name}/{path}": data for path, data in _presets(form, all_entries, plans).items()}
    made["curves.svg"] = _picture(all_entries).encode("utf-8")
    made["README.md"] = _readme(all_entries, errors).encode("utf-8")
    return made


def _presets(form: Format, all_entries: tuple[Entry, ...], plans: list[Plan]) -> Mapping[str, bytes]:
    presets: list[Preset] = []
    for entry, planned in zip(all_entries, plans, strict=True):
        presets.append(preset_of(planned, entry.name, f"{entry.word.name}, intensity {entry.strength:g}"))
    if form.bank:
        return bank_of(form, presets, "semeq")
    return {path: data for preset in presets for path, data in files_of(form, preset).items()}


def write(folder: Path) -> int:
    """Write the library anew into ``folder``, which is one or is empty; says how many files there are."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "curves.svg").exists():
        raise PresetError(f"{folder}: not empty and no library; give another folder")
    made = files()
    for name in FORMAT_NAMES:
        shutil.rmtree(folder / name, ignore_errors=True)
    write_files({folder / path: data for path, data in made.items()}, overwrite=True)
    return len(made)


def _readme(all_entries: tuple[Entry, ...], errors: Mapping[str, float]) -> str:
    lines = [
        "# Ready-made presets",
        "",
        f"{WORDS} words as EQ curves, at 50 and 100 % of how strongly people set them, for the programs below. They",
        f"are the words that people agree on most, out of those that at least {LEAST_PEOPLE} people used. Nothing has",
        "to be installed to use them; for other words, blends, strengths and formats: `semeq-presets export`.",
        "",
        "![All curves: bold at 100 %, thin at 50 %](curves.svg)",
        "",
        "## Take one",
        "",
        "Every preset brings its own preamp: with it the highest point of the curve is at 0 dB. What you hear is then",
        "softer, not louder: turn the volume up before you compare.",
        "",
        "| program | folder | how | off by, at most |",
        "|---|---|---|---|",
    ]
    for name in FORMAT_NAMES:
        form = format_named(name)
        known = " (third parties' measurements)" if form.law_known == "third party" else ""
        how = form.use.replace("NAME.mpv.conf --profile=semeq-NAME", "semeq.mpv.conf --profile=semeq-warm")
        lines.append(f"| {form.title} | [{name}]({name}/) | {how} | {_error(errors[name])}{known} |")
    lines += [
        "",
        "The last column is the greatest difference, from 20 Hz to 20 kHz, between what the program plays and the",
        "curve of the word, over all the presets here. Where a program cannot play a curve, the nearest that it can",
        "was fitted. Everything is made for 48 kHz; for another rate: `semeq-presets export warm --rate 44100`.",
        "",
        "## The words",
        "",
        "*People* is how many used the word, *agree* how alike their curves are (the mean cosine between two people;",
        "1 is the same, 0 nothing in common). The links are to Equalizer APO texts.",
        "",
        "| word | 20 Hz ... 20 kHz | boost and cut | people | agree | |",
        "|---|---|---|---|---|---|",
    ]
    by_word: dict[str, list[Entry]] = {}
    for entry in all_entries:
        by_word.setdefault(entry.word.name, []).append(entry)
    for word, row in by_word.items():
        full = row[-1]
        curve = response_db(full.settings, log_grid_hz(points=24))
        span = f"{curve.max():+.1f} ... {curve.min():+.1f} dB"
        links = " ".join(f"[{100 * one.strength:g} %](apo/{quote(one.name)}.txt)" for one in row)
        about = full.word
        lines.append(
            f"| {word} | `{sparkline(curve)}` | {span} | {about.contributors} | {about.agreement:.2f} | {links} |"
        )
    return "\n".join([*lines, ""])


def _error(error_db: float) -> str:
    return "0.01 dB" if error_db <= 0.01 else f"{error_db:.2f} dB"


def _picture(all_entries: tuple[Entry, ...]) -> str:
    """Small pictures of all words, for light and dark pages."""
    width, height = _PANEL
    rows = -(-WORDS // _COLUMNS)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_COLUMNS * width} {rows * height}" '
        'role="img" font-family="sans-serif" font-size="11">',
        "<title>The curves of all words in this library</title>",
        "<style>text { fill: #1c2733 } .tick { fill: #66727f; font-size: 8px }",
        ".axis { stroke: #8a94a0; stroke-opacity: .6; stroke-width: .6 }",
        ".full, .half { stroke: #c75000; fill: none; stroke-width: 2.2 } .half { stroke-width: .9 }",
        "@media (prefers-color-scheme: dark) { text { fill: #e8edf2 } .tick { fill: #a5b0bc } "
        ".full, .half { stroke: #ff9a4d } }</style>",
    ]
    for number, entry in enumerate(all_entries):
        column, row = number // len(STRENGTHS) % _COLUMNS, number // len(STRENGTHS) // _COLUMNS
        left, top = column * width + 26, row * height + 24
        if entry.strength != 1:
            lines += _frame(entry.word.name, left, top)
        kind = "full" if entry.strength == 1 else "half"
        lines.append(f'<polyline class="{kind}" points="{_points(entry.settings, left, top)}"/>')
    return "\n".join([*lines, "</svg>", ""])


_WIDE, _TALL, _LIMIT_DB = 184.0, 100.0, 12.0
_TICKS = {100: "100", 1000: "1k", 10_000: "10k"}


def _frame(title: str, left: float, top: float) -> list[str]:
    lines = [f'<text x="{left:g}" y="{top - 8:g}" font-weight="bold">{title}</text>']
    for gain_db in (-10, 0, 10):
        y = top + _TALL / 2 * (1 - gain_db / _LIMIT_DB)
        lines.append(f'<path class="axis" d="M{left:g} {y:.1f}h{_WIDE:g}"/>')
        label = f"{gain_db:+d}" if gain_db else "0 dB"
        lines.append(f'<text class="tick" x="{left - 3:g}" y="{y + 3:.1f}" text-anchor="end">{label}</text>')
    for freq_hz, label in _TICKS.items():
        x = left + _WIDE * np.log(freq_hz / 20) / np.log(1000)
        lines.append(f'<path class="axis" d="M{x:.1f} {top:g}v{_TALL:g}"/>')
        lines.append(f'<text class="tick" x="{x:.1f}" y="{top + _TALL + 9:g}" text-anchor="middle">{label}</text>')
    return lines


def _points(settings: EqSettings, left: float, top: float) -> str:
    at_hz = log_grid_hz(points=93)
    shown = np.clip(response_db(settings, at_hz), -_LIMIT_DB, _LIMIT_DB)
    x = left + np.linspace(0, _WIDE, len(at_hz))
    y = top + _TALL / 2 * (1 - shown / _LIMIT_DB)
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def main() -> None:
    """Write the library into the folder that is named, or to presets/library."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "presets/library")
    try:
        print(f"{folder}: {write(folder)} files")
    except PresetError as error:
        sys.exit(f"semeq_presets: {error}")


if __name__ == "__main__":
    main()
