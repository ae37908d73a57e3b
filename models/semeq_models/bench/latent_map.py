"""A map of the latent space: every row a dot, every word at its place, seen along the two directions that vary most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from semeq.latent import encode, encode_curves
from semeq.model import Model
from semeq.picture import INK, PALE, SOFT, save
from semeq.response import Floats
from semeq.settings import EqSettings
from semeq_models.bench.canvas import COLORS, KEY_WORDS, LEFT, MARKERS, WIDTH, header, number, plain_axes
from semeq_models.bench.labels import Label, write
from semeq_models.cleaning import Contribution, Corpus

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_OTHERS = 60
_MARGIN, _BEYOND = 0.05, 0.006
_BOX = (LEFT, 0.085, WIDTH, 0.765)
_SHAPE = _BOX[2] * 12.0 / (_BOX[3] * 7.5)  # of the axes, on the page that `semeq.picture` gives


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plane:
    """Two directions of the latent space, and the share of the variance that each holds."""

    mean: Floats
    directions: Floats
    shares: Floats

    def at(self, places: Floats) -> Floats:
        """Shapes: ``[..., D] -> [..., 2]``."""
        return np.asarray((places - self.mean) @ self.directions.T)


def main_plane(places: Floats) -> Plane:
    """The plane along which the places vary most (PCA); its directions point to where their largest number grows."""
    mean = places.mean(axis=0)
    _, sizes, directions = np.linalg.svd(places - mean, full_matrices=False)
    found = np.zeros((2, places.shape[1]))
    found[: len(directions[:2])] = directions[:2]
    signs = np.sign(found[np.arange(2), np.abs(found).argmax(axis=1)])  # directions have no sign: choose
    shares = np.zeros(2)
    shares[: len(sizes[:2])] = (sizes[:2] ** 2) / max(float(np.sum(sizes**2)), 1e-12)
    return Plane(mean=mean, directions=found * np.where(signs == 0, 1.0, signs)[:, None], shares=shares)


def readable_rows(model: Model, corpus: Corpus) -> list[Contribution]:
    """The English rows that the encoder can read: those with settings, and all of them where it reads curves."""
    english = [one for one in corpus.contributions if one.language == "en"]
    return english if model.encoder_input == "curve" else [one for one in english if one.settings]


def encoded(model: Model, rows: Sequence[Contribution]) -> Floats:
    """Where the rows lie. Shape: ``[R, D]``."""
    if model.encoder_input == "curve":
        return encode_curves(model, np.array([one.curve_db for one in rows]))
    return encode(model, [one.settings for one in rows])


def latent_map(model: Model, corpus: Corpus, path: Path, *, words: Sequence[str] = KEY_WORDS) -> None:
    """Draw the encoded rows of ``corpus`` with English words at their places; ``words`` (up to 8) are coloured."""
    rows = readable_rows(model, corpus)
    places = encoded(model, rows)
    known = model.vocabularies.get("en", {})
    looks = {word: look for word, *look in zip(words, COLORS, MARKERS, strict=False) if word in known}
    others = sorted((word for word in known if word not in looks), key=lambda word: (-known[word].contributors, word))
    plane = main_plane(places)
    spots = plane.at(places)
    flat = plane.at(encode(model, EqSettings.flat().to_vector()))
    labels = [
        Label(text=word, at=plane.at(known[word].latent), color=color, marker=marker, size=13.0, weight="bold")
        for word, (color, marker) in looks.items()
    ]
    labels.append(Label(text="flat", at=flat, color=INK, marker="", size=11.0))
    must = len(labels)
    labels += [Label(text=word, at=plane.at(known[word].latent), color=SOFT, size=8.5) for word in others]

    low, high = _view(spots, np.array([label.at for label in labels[:must]]))

    def draw(figure: Figure) -> None:
        header(figure, f"{model.name}: the latent space", subtitle)
        axes = figure.add_axes(_BOX)
        plain_axes(axes)
        axes.set_xlabel(f"first direction, {100 * plane.shares[0]:.0f} % of the variance")
        axes.yaxis.set_label_coords(-0.049, 0.5)
        axes.set_ylabel(f"second direction, {100 * plane.shares[1]:.0f} %")
        rest = np.array([row.word not in looks for row in rows])
        axes.plot(*spots[rest].T, "o", markersize=2.8, color=PALE, alpha=0.6, markeredgewidth=0, zorder=2)
        for word, (color, marker) in looks.items():
            own = spots[[row.word == word for row in rows]]
            look: dict[str, Any] = {"alpha": 0.45 if len(own) > 100 else 0.9, "markeredgewidth": 0, "zorder": 2.5}
            axes.plot(*own.T, marker, linestyle="", markersize=4.2, color=color, **look)
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: number(round(value, 12)))
        write(axes, labels, must=must, most=must + _MOST_OTHERS)

    subtitle = f"{len(rows):,} settings of people as dots, {len(known)} words at their places"
    beyond = int(np.count_nonzero(((spots < low) | (spots > high)).any(axis=1)))
    subtitle += f"; {beyond} dots lie further out" if beyond else ""
    save(draw, path, f"{model.name}: the latent space", _alt_text(labels[:must]))


def _view(spots: Floats, marks: Floats) -> tuple[Floats, Floats]:
    """Left bottom and right top: all that is marked, and nearly all dots, in the shape of the axes."""
    low = np.minimum(np.quantile(spots, _BEYOND, axis=0), marks.min(axis=0))
    high = np.maximum(np.quantile(spots, 1.0 - _BEYOND, axis=0), marks.max(axis=0))
    middle, half = (low + high) / 2, np.maximum((0.5 + _MARGIN) * (high - low), 1e-6)
    tall = max(half[0] / _SHAPE, half[1])
    half = np.array([_SHAPE * tall, tall])
    return middle - half, middle + half


def _alt_text(labels: Sequence[Label]) -> str:
    return "; ".join(f"{label.text} at {label.at[0]:.2f}, {label.at[1]:.2f}" for label in labels)
