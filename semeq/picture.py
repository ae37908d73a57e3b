"""How a picture is made: one style, the same bytes every time, and a whole file or none."""

from __future__ import annotations

import io
import logging
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeq.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
INK, SOFT, PALE, RULE, PAPER = "#17202B", "#566270", "#A5AFBA", "#DFE4EA", "#FFFFFF"
_SIZE_INCHES, _DPI = (12.0, 7.5), 160
_FONT = "DejaVu Sans"  # comes with matplotlib, so a picture is the same on every machine
_ABOUT = {".png": "Description", ".svg": "Description", ".pdf": "Subject"}
_STAMPS = {".png": ("Software",), ".svg": ("Date", "Creator"), ".pdf": ("CreationDate", "Creator", "Producer")}
_STYLE: Any = {
    "font.family": _FONT,
    "font.size": 11.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": RULE,
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "svg.fonttype": "none",
    "svg.hashsalt": "semeq",
    "pdf.fonttype": 42,
}


def check_picture(path: Path) -> None:
    """Refuse a path no picture can be written to; ask before long work."""
    with suppress(OSError):  # what cannot be looked at will say so when it is written
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; give the picture a name in it, such as {path / 'curve.png'}")
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path.name}: a picture's name ends in {', '.join(SUFFIXES)}")
    with suppress(OSError):
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}; make it first or choose another place")


def rounded_percents(title: str) -> str:
    """Percentages with at most one decimal; the rest stays.

    >>> rounded_percents("16.6667% warm + 33.02 % full")
    '16.7% warm + 33 % full'
    """
    return re.sub(r"\d+\.\d\d+(?=\s?%)", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), title)


def printable(words: str) -> str:
    """One line of characters the font has; others become a box."""
    line = " ".join(unicodedata.normalize("NFC", words).split())
    return "".join(letter if ord(letter) in _glyphs() else "□" for letter in line)


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib import font_manager as fonts

    weights = [fonts.FontProperties(family=_FONT, weight=weight) for weight in ("normal", "bold")]
    return frozenset.intersection(*(frozenset(fonts.get_font(fonts.findfont(w)).get_charmap()) for w in weights))


def save(draw: Callable[[Figure], None], path: Path, title: str, description: str) -> None:
    """Run ``draw`` on an empty figure in our style and write it under a temporary name first."""
    path = Path(path)
    check_picture(path)
    with _quiet_matplotlib():
        data = _drawn(draw, path.suffix.lower(), rounded_percents(title), description)
    part = path.with_name(f".semeq-{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path}: the picture cannot be written there ({error.strerror}); choose another place"
        ) from None
    finally:
        with suppress(OSError):
            part.unlink()


def _drawn(draw: Callable[[Figure], None], suffix: str, title: str, description: str) -> bytes:
    try:
        import matplotlib.style
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError('pictures need matplotlib: pip install "semeq[plot]"') from None
    about = {"Title": printable(title), _ABOUT[suffix]: description}
    nothing = dict.fromkeys(_STAMPS[suffix])  # no dates, no versions: same input, same bytes
    picture = io.BytesIO()
    with matplotlib.style.context("default"), matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI, facecolor=PAPER)
        FigureCanvasAgg(figure)
        draw(figure)
        figure.savefig(picture, format=suffix[1:], metadata=about | nothing)
    data = picture.getvalue()
    if suffix == ".svg":  # where the font is missing, another without serifs
        data = data.replace(b"'DejaVu Sans'", b"'DejaVu Sans', Verdana, sans-serif")
    return data


@contextmanager
def _quiet_matplotlib() -> Iterator[None]:
    """Without a home to write to it warns about its caches at length; a level the user chose stays."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    if level == logging.NOTSET:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
