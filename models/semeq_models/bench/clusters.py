"""Do words part in the latent space: silhouette, Davies-Bouldin index, and a straight line drawn between two words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from semeq.response import Floats

Labels = npt.NDArray[np.str_]
Bools = npt.NDArray[np.bool_]

PROBE_COST = 1e-2
_TINY = 1e-12


def silhouettes(places: Floats, labels: Labels) -> Floats:
    """How much nearer each row is to its own word than to the next: 1 far apart, 0 on the border, below 0 misplaced.

    P. Rousseeuw, "Silhouettes", J. Comput. Appl. Math. 20 (1987); a word's only row counts 0.
    Shapes: ``[N, D], [N] -> [N]``.
    """
    from scipy.spatial.distance import cdist  # slow to import, and only needed here

    _, label, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        return np.zeros(len(places))
    members = np.eye(len(sizes))[label]
    totals = cdist(places, places) @ members
    own = members.astype(bool)
    inner = totals[own] / np.maximum(sizes[label] - 1, 1)
    outer = np.where(own, np.inf, totals / sizes).min(axis=1)
    return np.where(sizes[label] > 1, (outer - inner) / np.maximum(np.maximum(inner, outer), _TINY), 0.0)


def silhouettes_among(places: Floats, labels: Labels, others: Floats, other_labels: Labels) -> Floats:
    """The same for rows that are held against the words of other rows, which know all of these words.

    Shapes: ``[N, D], [N], [M, D], [M] -> [N]``.
    """
    from scipy.spatial.distance import cdist  # slow to import, and only needed here

    words, label, sizes = np.unique(other_labels, return_inverse=True, return_counts=True)
    means = cdist(places, others) @ np.eye(len(sizes))[label] / sizes
    own = labels[:, None] == words
    inner, outer = means[own], np.where(own, np.inf, means).min(axis=1)
    return np.asarray((outer - inner) / np.maximum(np.maximum(inner, outer), _TINY))


def davies_bouldin(places: Floats, labels: Labels) -> float:
    """How wide the words are against how far their centres are apart, each with its worst neighbour: small is clear.

    D. Davies, D. Bouldin, "A cluster separation measure", IEEE Trans. PAMI 1 (1979). NaN for fewer than two words.
    """
    _, label, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        return float("nan")
    centres = np.eye(len(sizes))[label].T @ places / sizes[:, None]
    widths = np.bincount(label, np.linalg.norm(places - centres[label], axis=1)) / sizes
    apart = np.linalg.norm(centres[:, None] - centres, axis=-1)
    alike = (widths[:, None] + widths) / np.maximum(apart, _TINY)
    np.fill_diagonal(alike, -np.inf)
    return float(alike.max(axis=1).mean())


def probe(train: Floats, is_second: Bools, test: Floats, cost: float = PROBE_COST) -> Bools:
    """Which test rows a logistic regression, fitted to training rows, takes for the second word.

    Features are standardised by the training rows; ``cost`` is the L2 price of the slopes.
    Shapes: ``[N, D], [N], [M, D] -> [M]``.
    """
    from scipy.optimize import minimize  # slow to import, and only needed here

    mean, deviation = train.mean(axis=0), np.maximum(train.std(axis=0), _TINY)
    features, sides = (train - mean) / deviation, np.where(is_second, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = sides * (features @ weights[:-1] + weights[-1])
        pulls = -sides * 0.5 * (1.0 - np.tanh(0.5 * margins)) / len(sides)
        slopes = np.append(features.T @ pulls + 2.0 * cost * weights[:-1], pulls.sum())
        return float(np.logaddexp(0.0, -margins).mean() + cost * np.sum(weights[:-1] ** 2)), slopes

    weights = minimize(loss, np.zeros(train.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return np.asarray((test - mean) / deviation @ weights[:-1] + weights[-1] > 0.0)
