"""Pictures of one system: curves of its words, errors of reconstruction, distributions of the 13 numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from semeq.latent import FREQS, GAINS, QS, curves_of
from semeq.model import Model
from semeq.picture import INK, PALE, SOFT, save
from semeq.response import Floats, log_grid_hz
from semeq.settings import GAIN_LIMIT_DB, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q
from semeq_models.bench.canvas import COLORS, KEY_WORDS, LEFT, WIDTH, frequency_axis, header, plain_axes, signed
from semeq_models.cleaning import Corpus
from semeq_models.errors import DataError
from semeq_models.folds import people

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LIMIT_DB = 12.0
_BANDS = ("low shelf", "bell 1", "bell 2", "bell 3", "high shelf")


def word_curves(model: Model, corpus: Corpus, path: Path, *, words: Sequence[str] = KEY_WORDS) -> None:
    """Draw what people did with up to eight words, one thin line each, and what the model plays for them."""
    said = [one for one in corpus.contributions if one.language == "en"]
    vocabulary = model.vocabularies.get("en", {})
    colors = {word: color for word, color in zip(words, COLORS, strict=False) if word in vocabulary}
    known = list(colors)
    if not known:
        raise DataError(f"model {model.name} knows none of these words; name some that it knows")
    curves = {
        word: [np.mean([row.curve_db for row in rows], axis=0) for rows in people(said, word).values()]
        for word in known
    }

    at_hz = log_grid_hz()
    played_db = {word: _played_db(model, word, corpus.bands_hz, at_hz) for word in known}

    def draw(figure: Figure) -> None:
        legend = (
            "thin lines: the mean of each person; bold: what the model plays at intensity 1; all without their level"
        )
        header(figure, f"{model.name}: what people mean", legend)
        columns = min(4, len(known))
        rows = -(-len(known) // columns)
        for number, (word, color) in enumerate(colors.items()):
            row, column = divmod(number, columns)
            axes = _panel(figure, column, row, columns, rows)
            frequency_axis(axes, (20, 100, 1000, 10_000), labelled=True)
            axes.set_ylim(-_LIMIT_DB, _LIMIT_DB)
            axes.set_yticks(range(-12, 13, 6), [signed(tick) if column == 0 else "" for tick in range(-12, 13, 6)])
            axes.axhline(0.0, color=SOFT, linewidth=1.0, zorder=1.5)
            faint = float(np.clip(4.0 / max(len(curves[word]), 1), 0.22, 0.8))
            for curve_db in curves[word]:
                axes.plot(corpus.bands_hz, curve_db, color=PALE, alpha=faint + 0.1, linewidth=0.9, zorder=2)
            axes.plot(at_hz, played_db[word], color=color, linewidth=3.4, zorder=3)
            count = len(curves[word])
            axes.set_title(word, loc="left", color=color, weight="bold", fontsize=14, pad=6)
            who = "1 person" if count == 1 else f"{count} people"
            axes.set_title(who, loc="right", color=SOFT, fontsize=10.5, pad=6)
            if column == 0:
                axes.set_ylabel("dB")
            if number + columns >= len(known):
                axes.set_xlabel("Hz")

    counts = "; ".join(f"{word}: {len(curves[word])} people" for word in known)
    save(draw, path, f"{model.name}: what people mean", counts)


def _played_db(model: Model, word: str, bands_hz: Floats, at_hz: Floats) -> Floats:
    """The curve of a word, at 0 dB on average over the bands as people's curves are."""
    vector = model.vocabularies["en"][word].settings.to_vector()
    return np.asarray(curves_of(vector, at_hz) - curves_of(vector, bands_hz).mean())


def reconstruction_histogram(errors_db: npt.ArrayLike, path: Path, *, name: str) -> None:
    """Draw how far settings are from themselves after they went through the system (level-free RMS, dB)."""
    errors = np.asarray(errors_db, dtype=np.float64)
    if not errors.size:
        raise DataError("no errors to draw; reconstruct some rows first")
    median, most = (float(np.quantile(errors, share)) for share in (0.5, 0.9))
    edges = np.linspace(0.0, _round_up(float(np.quantile(errors, 0.99)) * 1.1), 41)
    beyond = int(np.count_nonzero(errors > edges[-1]))

    def draw(figure: Figure) -> None:
        said = f"{errors.size:,} settings, encoded and decoded: median {median:.2f} dB, 90 % within {most:.2f} dB"
        header(figure, f"{name}: reconstruction", said + (f"; {beyond} beyond the picture" if beyond else ""))
        axes = figure.add_axes((LEFT, 0.105, WIDTH, 0.735))
        plain_axes(axes)
        axes.grid(visible=False, axis="x")
        counts, *_ = axes.hist(errors, bins=edges.tolist(), color=COLORS[1], alpha=0.85, rwidth=0.94, zorder=2)
        top = 1.18 * float(np.max(counts))
        axes.set_ylim(0.0, top)
        axes.set_xlim(0.0, edges[-1])
        for value, label in ((median, f"median {median:.2f} dB"), (most, f"90 %: {most:.2f} dB")):
            axes.vlines(value, 0.0, 0.95 * top, color=INK, linewidth=1.6, zorder=3)
            left = value > 0.8 * edges[-1]
            place: dict[str, Any] = {"ha": "right" if left else "left", "va": "top", "color": INK, "weight": "bold"}
            axes.text(value + (-1 if left else 1) * 0.008 * edges[-1], 0.95 * top, label, **place)
        axes.set_xlabel("level-free RMS difference, dB")
        axes.set_ylabel("settings")

    save(draw, path, f"{name}: reconstruction", f"median {median:.2f} dB; 90 % within {most:.2f} dB")


def parameter_distributions(
    people_numbers: npt.ArrayLike, decoded_numbers: npt.ArrayLike, path: Path, *, name: str
) -> None:
    """Draw each of the 13 numbers twice: as people set it, and as the decoder answers. Shapes: ``[N, 13], [M, 13]``."""
    heard, said = (np.asarray(numbers, dtype=np.float64) for numbers in (people_numbers, decoded_numbers))

    def draw(figure: Figure) -> None:
        header(
            figure,
            f"{name}: the 13 numbers",
            f"share of {len(heard):,} settings of people and {len(said):,} decoded ones",
        )
        for row, (columns, unit, edges) in enumerate(_KINDS):
            for place, column in enumerate(columns):
                band = place + (1 if len(columns) == 3 else 0)
                axes = _panel(figure, band, row, 5, 3)
                axes.grid(visible=False, axis="y")
                axes.set_yticks([])
                if unit != "dB":
                    axes.set_xscale("log")
                    axes.set_xticks([], minor=True)
                ticks = _TICKS[unit]
                axes.set_xticks(list(ticks), list(ticks.values()))
                _step(axes, heard[:, column], edges, filled=True)
                _step(axes, said[:, column], edges, filled=False)
                axes.set_xlim(edges[0], edges[-1])
                axes.set_ylim(bottom=0.0)
                axes.set_xlabel(_UNITS[unit], labelpad=2)
                if row == 0:
                    axes.set_title(_BANDS[band], loc="left", color=INK, weight="bold", fontsize=12, pad=6)
        _key(figure, _box(0, 2, 5, 3))

    save(draw, path, f"{name}: the 13 numbers", "distributions of gains, frequencies and Qs, of people and decoded")


def _round_up(value: float) -> float:
    """1, 2 or 5 times a power of ten, or halves of these: an axis that ends at a tick."""
    power = 10.0 ** np.floor(np.log10(max(value, 1e-6)))
    return float(next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value))


def _box(column: int, row: int, columns: int, rows: int) -> tuple[float, float, float, float]:
    gap_x, gap_y, bottom, top = 0.022, 0.105 if rows > 1 else 0.0, 0.085, 0.800
    width = (WIDTH - gap_x * (columns - 1)) / columns
    height = (top - bottom - gap_y * (rows - 1)) / rows
    return LEFT + column * (width + gap_x), top - (row + 1) * height - row * gap_y, width, height


def _panel(figure: Figure, column: int, row: int, columns: int, rows: int) -> Axes:
    axes = figure.add_axes(_box(column, row, columns, rows))
    plain_axes(axes)
    axes.tick_params(labelsize=9.5)
    return axes


def _step(axes: Axes, values: Floats, edges: Floats, *, filled: bool) -> None:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    share = counts / max(len(values), 1)
    if filled:
        axes.stairs(share, edges, fill=True, color=PALE, alpha=0.75, zorder=2)
    else:
        axes.stairs(share, edges, color=COLORS[0], linewidth=1.8, zorder=3)


def _key(figure: Figure, box: tuple[float, float, float, float]) -> None:
    axes = figure.add_axes(box)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.fill_between([0.0, 0.18], 0.68, 0.80, color=PALE, alpha=0.75, linewidth=0)
    axes.text(0.24, 0.74, "people", va="center", color=SOFT, weight="bold")
    axes.plot([0.0, 0.18], [0.48, 0.48], color=COLORS[0], linewidth=1.8)
    axes.text(0.24, 0.48, "decoded", va="center", color=COLORS[0], weight="bold")


_UNITS = {"dB": "gain, dB", "Hz": "Hz", "Q": "Q"}
_TICKS: dict[str, dict[float, str]] = {
    "dB": {tick: signed(tick) for tick in (-10.0, -5.0, 0.0, 5.0, 10.0)},
    "Hz": {50.0: "50", 200.0: "200", 1000.0: "1k", 5000.0: "5k"},
    "Q": {0.2: "0.2", 0.5: "0.5", 1.0: "1", 2.0: "2", 5.0: "5"},
}
_KINDS: tuple[tuple[Sequence[int], str, Floats], ...] = (
    (GAINS, "dB", np.arange(-GAIN_LIMIT_DB - 0.5, GAIN_LIMIT_DB + 1.0)),
    (FREQS, "Hz", np.geomspace(MIN_FREQ_HZ, MAX_FREQ_HZ, 31)),
    (QS, "Q", np.geomspace(MIN_Q, MAX_Q, 21)),
)
