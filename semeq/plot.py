"""Pictures: an EQ curve with its five bands, and a spectrum before and after. Needs the ``plot`` extra."""

from __future__ import annotations

import io
import secrets
import textwrap
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from semeq.errors import MissingExtraError, UsageError
from semeq.response import RATE_HZ, Floats, arrays, bands_db, log_grid_hz, response_db
from semeq.settings import EqSettings
from semeq.terminal import TICKS_HZ, axis_limit_db, band_text, db_text, hz_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
QUIET_DB = -100.0
"""Below this a spectrum is dither and coding noise: a difference there says nothing about the EQ."""

# M. Okabe and K. Ito, "Color Universal Design", darkened until white text on them has a contrast of 4.5 (WCAG AA).
BAND_COLORS = ("#0072B2", "#00805E", "#9A6400", "#B5538E", "#C75000")
INK, SOFT, PALE, RULE, PAPER = "#17202B", "#566270", "#A5AFBA", "#DFE4EA", "#FFFFFF"
BEFORE, AFTER = "#66727F", "#C75000"

_SIZE_INCHES, _DPI = (12.0, 7.5), 160
_LEFT, _WIDTH = 0.066, 0.912
_TICK_STEP_DB = {6.0: 2, 12.0: 3, 18.0: 6, 24.0: 6, 36.0: 12, 48.0: 12, 60.0: 12, 72.0: 24, 96.0: 24, 120.0: 24}
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


def curves_db(settings: EqSettings, rate_hz: float = RATE_HZ) -> tuple[Floats, Floats, Floats]:
    """What is drawn: frequencies up to half the rate, the sum with preamp, each band. Shapes: ``[F], [F], [5, F]``."""
    high_hz = min(20_000.0, rate_hz / 2)
    at_hz = np.unique([*log_grid_hz(20.0, high_hz, 600), *(freq for freq in settings.freqs_hz if freq <= high_hz)])
    return at_hz, response_db(settings, at_hz, rate_hz), bands_db(*arrays(settings), at_hz, rate_hz)


def apart(tips: list[tuple[float, float]], limit_db: float) -> list[tuple[float, float]]:
    """Lift every point (Hz, dB) that would lie on an earlier one, so that no disc hides another."""
    placed: list[tuple[float, float]] = []
    step_db, near = limit_db * 0.11, 0.07  # a disc is 0.10 of the limit high and 0.06 of a decade wide
    for freq_hz, gain_db in tips:
        while any(abs(np.log10(freq_hz / hz)) < near and abs(gain_db - db) < 0.99 * step_db for hz, db in placed):
            gain_db += step_db
        placed.append((freq_hz, gain_db))
    return placed


def plot_settings(
    settings: EqSettings, path: Path, *, title: str, subtitle: str = "", rate_hz: float = RATE_HZ
) -> None:
    """Draw the summed curve over its five bands into a .png, .svg or .pdf; same input, same bytes."""
    at_hz, total_db, each_db = curves_db(settings, rate_hz)
    limit_db = axis_limit_db(total_db, each_db)
    used = [bool(np.any(np.abs(curve) >= 0.05)) for curve in each_db]

    def draw(figure: Figure) -> None:
        _header(figure, title, subtitle)
        axes = figure.add_axes((_LEFT, 0.225, _WIDTH, 0.585))
        _frequency_axis(axes)
        _level_axis(axes, -limit_db, limit_db, _TICK_STEP_DB[limit_db], "gain, dB")
        keys = [("sum of the five bands", INK, 3.2, "-")]
        if settings.preamp_db:
            keys = [
                ("sum with preamp", INK, 3.2, "-"),
                (f"preamp {_minus(db_text(settings.preamp_db))}", SOFT, 1.3, "--"),
            ]
            axes.axhline(settings.preamp_db, color=SOFT, linewidth=1.3, linestyle="--")
        for curve, color in zip(each_db, BAND_COLORS, strict=True):
            heard = np.abs(curve) > 0.001 * limit_db  # no pile of colours along the zero line
            axes.fill_between(at_hz, curve, where=heard, color=color, alpha=0.14, linewidth=0)
            axes.plot(at_hz, np.where(heard, curve, np.nan), color=color, linewidth=1.4)
        axes.plot(at_hz, total_db, color=INK, linewidth=3.2, gid="sum", zorder=3)
        tips = [(freq, float(np.interp(freq, at_hz, each_db[n]))) for n, freq in enumerate(settings.freqs_hz)]
        for number, (freq_hz, gain_db) in enumerate(apart(tips, limit_db)):
            _chip(axes, freq_hz, gain_db, number, used[number])
        _keys(axes, keys)
        _band_legend(figure, settings, used)

    _save(draw, path, title, _alt_text(settings))


def plot_spectra(
    before_db: npt.ArrayLike,
    after_db: npt.ArrayLike,
    at_hz: npt.ArrayLike,
    settings: EqSettings,
    path: Path,
    *,
    title: str,
    subtitle: str = "",
    rate_hz: float = RATE_HZ,
    level_change_db: float = 0.0,
) -> None:
    """Draw two spectra of `average_spectrum_db`, and below them the measured change against the EQ's curve.

    ``level_change_db`` is what was turned up or down besides ``settings``, such as loudness matching.
    """
    before, after, freqs = (np.asarray(values, dtype=np.float64) for values in (before_db, after_db, at_hz))
    predicted = response_db(settings, freqs, rate_hz) + level_change_db
    measured = np.where(np.minimum(before, after) > QUIET_DB, after - before, np.nan)
    loudest = max(float(before.max()), float(after.max()))
    silent = loudest <= QUIET_DB

    def draw(figure: Figure) -> None:
        _header(figure, title, subtitle)
        upper = figure.add_axes((_LEFT, 0.420, _WIDTH, 0.390))
        _frequency_axis(upper, labelled=False)
        top = 0.0 if silent else float(np.ceil((loudest + 2.0) / 10.0) * 10.0)
        quietest = max(float(min(before.min(), after.min())) - 3.0, top - 80.0)
        bottom = min(float(np.floor(quietest / 10.0) * 10.0), top - 40.0)
        _level_axis(upper, bottom, top, 10, "level per 1/6 octave, dB")
        upper.fill_between(freqs, before, after, color=AFTER, alpha=0.12, linewidth=0)
        upper.plot(freqs, before, color=BEFORE, linewidth=1.8, gid="before")
        upper.plot(freqs, after, color=AFTER, linewidth=1.8, gid="after")
        _keys(upper, [("before", BEFORE, 1.8, "-"), ("after", AFTER, 1.8, "-")])

        lower = figure.add_axes((_LEFT, 0.085, _WIDTH, 0.270))
        _frequency_axis(lower)
        limit_db = axis_limit_db(predicted, np.nan_to_num(measured))
        _level_axis(lower, -limit_db, limit_db, int(limit_db) // 2, "change, dB")
        lower.plot(freqs, predicted, color=INK, linewidth=1.4, linestyle=(0, (4, 3)), gid="predicted", zorder=3)
        keys = [("predicted by the EQ", INK, 1.4, "--")]
        if silent:
            upper.text(0.5, 0.56, "silence: nothing to measure", transform=upper.transAxes, ha="center", color=SOFT)
        else:
            lower.plot(freqs, measured, color=AFTER, linewidth=2.6, gid="measured", zorder=2.8)
            keys.insert(0, ("measured", AFTER, 2.6, "-"))
        _keys(lower, keys)

    _save(draw, path, title, _alt_text(settings))


def _header(figure: Figure, title: str, subtitle: str) -> None:
    """Title and subtitle in slots of fixed height: smaller type first, then two lines, then an ellipsis."""
    _fit(figure, title, 0.944 if subtitle else 0.910, (21.0, 18.0, 15.5), color=INK, weight="bold")
    _fit(figure, subtitle, 0.876, (13.0, 12.0, 11.0), color=SOFT)


def _fit(figure: Figure, words: str, y: float, sizes: tuple[float, ...], **look: Any) -> None:
    words = _printable(words)[:600]
    text = figure.text(_LEFT, y, words, va="center", ha="left", linespacing=1.15, **look)
    room = _WIDTH * figure.bbox.width

    def width() -> float:
        return float(text.get_window_extent(figure.canvas.get_renderer()).width)  # type: ignore[attr-defined]

    for size in sizes:
        text.set_fontsize(size)
        if width() <= room:
            return
    for characters in range(int(1.4 * len(words) * room / width()), 10, -1):
        lines = textwrap.wrap(words, characters)
        if len(lines) > 2:
            lines = [lines[0], lines[1][: characters - 2].rstrip() + " …"]
        else:  # two lines of much the same length
            ways = (textwrap.wrap(words, fewer) for fewer in range(len(words) // 2, characters + 1))
            lines = next((way for way in ways if len(way) <= 2), lines)
        text.set_text("\n".join(lines))
        if width() <= room:
            return


def _frequency_axis(axes: Axes, *, labelled: bool = True) -> None:
    axes.set_xscale("log")
    axes.set_xlim(20.0, 20_000.0)
    axes.set_xticks(list(TICKS_HZ), list(TICKS_HZ.values()) if labelled else [""] * len(TICKS_HZ))
    between = [n * decade for decade in (10, 100, 1000) for n in range(2, 10)]
    axes.set_xticks(between, [""] * len(between), minor=True)
    axes.tick_params(which="both", length=0, pad=9)
    axes.grid(which="minor", color=RULE, linewidth=0.4)
    axes.grid(which="major", color=RULE, linewidth=0.9)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    if labelled:
        below: dict[str, Any] = {"xytext": (0, -32), "textcoords": "offset points", "xycoords": "axes fraction"}
        axes.annotate("Hz", (1.0, 0.0), ha="right", color=SOFT, **below)


def _level_axis(axes: Axes, bottom: float, top: float, step: int, name: str) -> None:
    """A dB axis with round ticks; where it crosses 0 dB, that line stands out and gains have a sign."""
    axes.set_ylim(bottom, top)
    ticks = range(-(int(-bottom) // step) * step, int(top) + 1, step)
    axes.tick_params(axis="y", pad=12)  # room for a disc at the edge
    axes.set_yticks(ticks, [_minus(f"{tick:+d}" if tick and top > 0 else str(tick)) for tick in ticks])
    axes.set_ylabel(name)
    axes.yaxis.set_label_coords(-0.049, 0.5)
    if bottom < 0 < top:
        axes.axhline(0.0, color=SOFT, linewidth=1.2, zorder=2.5)


def _keys(axes: Axes, keys: list[tuple[str, str, float, str]]) -> None:
    """Line samples with their names in the colour of the line, right above the axes."""
    handles = [axes.plot([], [], color=color, linewidth=width, linestyle=dash)[0] for _, color, width, dash in keys]
    axes.legend(
        handles,
        [name for name, *_ in keys],
        labelcolor="linecolor",
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=len(keys),
        frameon=False,
        borderaxespad=0.2,
        handlelength=2.2,
        columnspacing=2.0,
    )


def _chip(axes: Axes, x: float, y: float, number: int, used: bool) -> None:
    """A numbered disc in the band's colour, pale where the band does nothing."""
    face, edge, ink = (BAND_COLORS[number], PAPER, PAPER) if used else (PAPER, PALE, SOFT)
    axes.plot(x, y, "o", markersize=15, color=face, markeredgecolor=edge, clip_on=False, zorder=5)
    place: dict[str, Any] = {"ha": "center", "va": "center_baseline", "zorder": 6}
    axes.annotate(str(number + 1), (x, y), color=ink, weight="bold", fontsize=9, **place)


def _band_legend(figure: Figure, settings: EqSettings, used: list[bool]) -> None:
    strip = figure.add_axes((_LEFT, 0.03, _WIDTH, 0.1), xlim=(0, 5), ylim=(0, 1))
    strip.set_axis_off()
    for number, band in enumerate(settings.bands):
        kind, where = band.kind.replace("_", " "), hz_text(band.freq_hz)
        _chip(strip, number + 0.06, 0.5, number, used[number])
        ink = INK if used[number] else SOFT
        strip.text(number + 0.17, 0.70, f"{kind} {where}", va="center", weight="bold", color=ink)
        strip.text(number + 0.17, 0.28, f"{_minus(db_text(band.gain_db))}, Q {band.q:.2f}", va="center", color=SOFT)


def _alt_text(settings: EqSettings) -> str:
    """What the picture shows, for those who cannot see it."""
    parts = [band_text(band) for band in settings.bands]
    return "; ".join([*parts, f"preamp {db_text(settings.preamp_db)}"] if settings.preamp_db else parts)


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _printable(words: str) -> str:
    """One line of characters the font has; others become a box."""
    line = " ".join(unicodedata.normalize("NFC", words).split())
    return "".join(letter if ord(letter) in _glyphs() else "□" for letter in line)


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib import font_manager as fonts

    weights = [fonts.FontProperties(family=_FONT, weight=weight) for weight in ("normal", "bold")]
    return frozenset.intersection(*(frozenset(fonts.get_font(fonts.findfont(w)).get_charmap()) for w in weights))


def _save(draw: Callable[[Figure], None], path: Path, title: str, description: str) -> None:
    """Run ``draw`` on an empty figure in our style and write it under a temporary name first."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path.name}: a picture's name ends in {', '.join(SUFFIXES)}")
    try:
        import matplotlib.style
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError('pictures need matplotlib: pip install "semeq[plot]"') from None
    about = {"Title": _printable(title), _ABOUT[suffix]: description}
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
