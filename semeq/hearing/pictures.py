"""A picture of one track beside its reference: its long-term spectrum over the spread of the reference's tracks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from semeq.errors import AudioError
from semeq.hearing.analysis import Analysis
from semeq.hearing.longterm import BANDS_HZ
from semeq.picture import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIZE = (9.0, 5.0)


def plot_analysis(found: Analysis, folder: Path, *, overwrite: bool = False) -> Path:
    """Draw one track into a folder and return the picture's path."""
    path = folder / f"{Path(found.name or 'audio').stem}.png"
    if path.exists() and not overwrite:
        raise AudioError(f"{path}: exists; use --force to replace it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioError(f"{folder}: {error.strerror}; give a folder that can be written") from None
    words = ", ".join(str(one) for one in found.known[:4])

    def draw(figure: Figure) -> None:
        figure.set_size_inches(*_SIZE)
        axes = figure.add_axes((0.08, 0.12, 0.88, 0.7))
        reference = found.listened.reference
        spread = np.sqrt(np.diag(reference.covariance))
        mean = reference.mean_db
        axes.fill_between(BANDS_HZ, mean - spread, mean + spread, color="#d9dee3", label="two thirds of its tracks")
        axes.plot(BANDS_HZ, mean, color="#8a949e", lw=1.5, label=f"reference: {reference.name}")
        axes.plot(BANDS_HZ, mean + found.listened.deviation_db, color="#0b6bcb", lw=2.2, label=found.name)
        axes.set_xscale("log")
        axes.set_xlim(20, 20_000)
        axes.set_xticks([50, 100, 200, 500, 1000, 2000, 5000, 10_000])
        axes.set_xticklabels(["50", "100", "200", "500", "1 kHz", "2", "5", "10"])
        axes.minorticks_off()
        axes.set_ylabel("dB per Hz, level left out")
        axes.grid(color="#e8ebee")
        axes.legend(frameon=False)
        figure.text(0.08, 0.93, found.name, fontsize=14, weight="bold")
        figure.text(0.08, 0.87, words, fontsize=10, color="#68727c")

    save(draw, path, found.name, f"Long-term spectrum of {found.name} beside the reference {found.reference}: {words}")
    return path
