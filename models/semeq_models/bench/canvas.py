"""What the pictures of the bench share: header, axes and colours, in the style of `semeq.picture`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from semeq.picture import INK, PAPER, RULE, SOFT, printable
from semeq.terminal import TICKS_HZ

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KEY_WORDS = ("warm", "bright", "clear", "airy", "thin", "full", "deep", "tinny")
# M. Okabe and K. Ito, "Color Universal Design", darkened so that words in these colours can be read on white.
COLORS = ("#C75000", "#0072B2", "#00805E", "#B5538E", "#9A6400", "#6A5FB5", "#2E93C9", "#6B6B00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
"""Shapes beside the colours, for those who see few of them."""
LEFT, WIDTH = 0.066, 0.912
MINUS = "\N{MINUS SIGN}"


def header(figure: Figure, title: str, subtitle: str) -> None:
    """Title and subtitle where every picture of semeq has them; what is too long gets an ellipsis."""
    for text, y, size, color, weight in ((title, 0.944, 21.0, INK, "bold"), (subtitle, 0.892, 13.0, SOFT, "normal")):
        words = printable(text)
        said = figure.text(LEFT, y, words, va="center", ha="left", fontsize=size, color=color, weight=weight)
        room = WIDTH * figure.bbox.width
        while words and said.get_window_extent().width > room:
            words = words[: int(len(words) * min(0.98, room / said.get_window_extent().width)) - 1]
            said.set_text(f"{words.rstrip()} …")


def plain_axes(axes: Axes) -> None:
    """No frame, no tick marks, pale grid."""
    axes.tick_params(which="both", length=0, pad=6)
    axes.grid(which="major", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.set_facecolor(PAPER)


def frequency_axis(axes: Axes, ticks_hz: Sequence[float], *, labelled: bool = True) -> None:
    """Hz from 20 to 20,000 in octaves, with these ticks."""
    axes.set_xscale("log")
    axes.set_xlim(20.0, 20_000.0)
    axes.set_xticks(list(ticks_hz), [hertz(tick) if labelled else "" for tick in ticks_hz])
    axes.set_xticks([], minor=True)


def hertz(freq_hz: float) -> str:
    """A tick, such as 20, 200, 2k."""
    return TICKS_HZ.get(freq_hz, f"{freq_hz / 1000:g}k" if freq_hz >= 1000 else f"{freq_hz:g}")


def number(value: float) -> str:
    """A tick or a loss in few characters: plain digits, or a power of ten where these would be many."""
    text = f"{value:.3g}"
    if "e" in text and 1e-5 <= abs(value) < 1e6:
        text = f"{value:,.0f}" if abs(value) >= 1 else f"{value:.7f}".rstrip("0")
    digits, _, power = text.partition("e")
    return f"{digits}e{int(power)}".replace("-", MINUS) if power else text.replace("-", MINUS)


def signed(value: float) -> str:
    """A gain with its sign and a real minus."""
    return f"{value:+g}".replace("-", MINUS) if value else "0"
