"""Pictures: an EQ curve with its five bands, and a spectrum before and after. Needs the ``plot`` extra."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from semeq.picture import INK, PALE, PAPER, RULE, SOFT, printable, rounded_percents, save
from semeq.response import RATE_HZ, Floats, arrays, bands_db, log_grid_hz, response_db
from semeq.settings import EqSettings
from semeq.terminal import LIMITS_DB, TICKS_HZ, axis_limit_db, band_text, db_text, hz_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUIET_DB = -100.0
"""Below this a spectrum is dither and coding noise: a difference there says nothing about the EQ."""

# M. Okabe and K. Ito, "Color Universal Design", darkened until white text on them has a contrast of 4.5 (WCAG AA).
BAND_COLORS = ("#0072B2", "#00805E", "#9A6400", "#B5538E", "#C75000")
BEFORE, AFTER = "#66727F", "#C75000"

_LEFT, _WIDTH = 0.066, 0.912
_DISC_DECADES, _DISC_SPANS = 0.064, 0.053  # a disc with its rim, in decades and in heights of the dB axis
_TICK_STEP_DB = {6.0: 2, 12.0: 3, 18.0: 6, 24.0: 6, 36.0: 12, 48.0: 12, 60.0: 12, 72.0: 24, 96.0: 24, 120.0: 24}


def curves_db(settings: EqSettings, rate_hz: float = RATE_HZ) -> tuple[Floats, Floats, Floats]:
    """What is drawn: frequencies up to half the rate, the sum with preamp, each band. Shapes: ``[F], [F], [5, F]``."""
    high_hz = min(20_000.0, rate_hz / 2)
    at_hz = np.unique([*log_grid_hz(20.0, high_hz, 600), *(freq for freq in settings.freqs_hz if freq <= high_hz)])
    return at_hz, response_db(settings, at_hz, rate_hz), bands_db(*arrays(settings), at_hz, rate_hz)


def apart(tips_hz: npt.ArrayLike, at_hz: Floats, each_db: Floats, span_db: float) -> list[tuple[float, float]]:
    """Where on its own curve each disc stands (Hz, dB): as near its tip as it can without covering an earlier disc.

    ``span_db`` is the height of the dB axis. Shapes: ``[N], [F], [N, F]``.
    """
    x, y = np.log10(at_hz) / _DISC_DECADES, each_db / (_DISC_SPANS * span_db)  # in discs
    placed: list[tuple[float, float]] = []
    spots = []
    for tip_hz, own, curve_db in zip(np.asarray(tips_hz), y, each_db, strict=True):
        tip = int(np.abs(at_hz - tip_hz).argmin())
        away = np.hypot(x - x[tip], own - own[tip])
        for other_x, other_y in placed:
            away[np.hypot(x - other_x, own - other_y) < 1.0] = np.inf
        spot = int(away.argmin())
        placed.append((float(x[spot]), float(own[spot])))
        spots.append((float(at_hz[spot]), float(curve_db[spot])))
    return spots


def axis_range_db(limit_db: float, step_db: int, *curves_db: npt.ArrayLike) -> tuple[float, float]:
    """Bottom and top of a dB axis: +-``limit_db``, or no more ticks than needed where nearly all is on one side.

    >>> axis_range_db(12, 3, [0.0, 6.0]), axis_range_db(12, 3, [-9.0, 0.5]), axis_range_db(12, 3, [-5.0, 9.0])
    ((-3, 9), (-12, 3), (-12, 12))
    """
    curves = [np.asarray(curve, dtype=np.float64) for curve in curves_db]
    reach_db = [max(0.0, *(float((side * curve).max()) for curve in curves)) for side in (-1, 1)]
    less_db, more_db = (max(1, int(np.ceil((db + 0.04 * limit_db) / step_db))) * step_db for db in sorted(reach_db))
    if min(reach_db) >= max(reach_db) / 2 or less_db > limit_db / 2:
        return -limit_db, limit_db
    more_db = max(more_db, int(LIMITS_DB[0]))  # weak curves share one scale
    return (-less_db, more_db) if reach_db[0] < reach_db[1] else (-more_db, less_db)


def plot_settings(
    settings: EqSettings,
    path: Path,
    *,
    title: str,
    subtitle: str = "",
    rate_hz: float = RATE_HZ,
    also_db: Mapping[str, Floats] | None = None,
) -> None:
    """Draw the summed curve over its five bands into a .png, .svg or .pdf; same input, same bytes.

    ``also_db`` are other curves to compare it with, by name, at the frequencies of `curves_db`.
    """
    at_hz, total_db, each_db = curves_db(settings, rate_hz)
    limit_db = axis_limit_db(total_db, each_db)
    bottom_db, top_db = axis_range_db(limit_db, _TICK_STEP_DB[limit_db], total_db, each_db)
    used = [bool(np.any(np.abs(curve) >= 0.05)) for curve in each_db]

    def draw(figure: Figure) -> None:
        _header(figure, title, subtitle)
        axes = figure.add_axes((_LEFT, 0.225, _WIDTH, 0.585))
        _frequency_axis(axes)
        _level_axis(axes, bottom_db, top_db, _TICK_STEP_DB[limit_db], "gain, dB")
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
        for (name, curve), style in zip((also_db or {}).items(), cycle((":", "--", "-.")), strict=False):
            axes.plot(at_hz, curve, color=AFTER, linewidth=1.8, linestyle=style, zorder=4)
            keys.append((name, AFTER, 1.8, style))
        spots = apart(settings.freqs_hz, at_hz, each_db, top_db - bottom_db)
        for number, (freq_hz, gain_db) in enumerate(spots):
            _chip(axes, freq_hz, gain_db, number, used[number])
        _keys(axes, keys)
        _band_legend(figure, settings, used)

    save(draw, path, title, _alt_text(settings))


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
    predicted: bool = True,
) -> None:
    """Draw two spectra of `average_spectrum_db`, and below them the measured change against the EQ's curve.

    Tone is drawn apart from level: the preamp and ``level_change_db`` (what was turned up or down besides it, such as
    loudness matching) are taken out of the line after. Without ``predicted`` it is a delta, what the EQ adds and takes
    away: that is drawn as it is and compared with no curve.
    """
    before, after, freqs = (np.asarray(values, dtype=np.float64) for values in (before_db, after_db, at_hz))
    level_db = settings.preamp_db + level_change_db if predicted else 0.0
    heard = np.minimum(before, after) > QUIET_DB
    measured = np.where(heard, after - before - level_db, np.nan)
    after = np.where(heard, after - level_db, after)  # what dither adds comes after the preamp
    loudest = max(float(before.max()), float(after.max()))
    silent = loudest <= QUIET_DB
    curve = response_db(settings.with_preamp(0.0), freqs, rate_hz) if predicted else np.zeros_like(freqs)
    after_name, what = ("after", "measured") if predicted else ("the delta", "the delta against before")
    after_says = after_name if predicted else f"{after_name}: what the EQ adds and takes away"
    if abs(level_db) >= 0.05:
        cause = "a change of level" if level_change_db else "preamp"
        after_says += f", {cause} of {_minus(db_text(level_db))} taken out"

    def draw(figure: Figure) -> None:
        _header(figure, title, subtitle)
        upper = figure.add_axes((_LEFT, 0.420, _WIDTH, 0.390))
        _frequency_axis(upper, labelled=False)
        top = 0.0 if silent else float(np.ceil((loudest + 2.0) / 10.0) * 10.0)
        quietest = max(float(min(before.min(), after.min())) - 3.0, top - 80.0)
        bottom = min(float(np.floor(quietest / 10.0) * 10.0), top - 40.0)
        _level_axis(upper, bottom, top, 10, "level per 1/6 octave, dB")
        if predicted:
            upper.fill_between(freqs, before, after, where=heard, color=AFTER, alpha=0.12, linewidth=0)
        upper.plot(freqs, before, color=BEFORE, linewidth=1.8, gid="before")
        upper.plot(freqs, after, color=AFTER, linewidth=1.8, gid="after")
        _keys(upper, [("before", BEFORE, 1.8, "-"), (after_says, AFTER, 1.8, "-")])

        lower = figure.add_axes((_LEFT, 0.085, _WIDTH, 0.270))
        _frequency_axis(lower)
        known = np.where(heard, measured, 0.0)
        limit_db = axis_limit_db(curve, known)
        step_db = _TICK_STEP_DB[limit_db]
        name = "change by the EQ, dB" if predicted else "difference, dB"
        _level_axis(lower, *axis_range_db(limit_db, step_db, curve, known), step_db, name)
        keys = []
        if heard.any():
            lower.plot(freqs, measured, color=AFTER, linewidth=2.6, gid="measured", zorder=2.8)
            keys.append((what, AFTER, 2.6, "-"))
        else:
            why = "silence" if silent else f"{after_name} is silent"
            place: dict[str, Any] = {"transform": upper.transAxes, "ha": "center", "color": SOFT}
            upper.text(0.5, 0.56, f"{why}: nothing to measure", backgroundcolor=PAPER, **place)
        if predicted:
            lower.plot(freqs, curve, color=INK, linewidth=1.4, linestyle=(0, (4, 3)), gid="predicted", zorder=3)
            keys.append(("predicted by the EQ", INK, 1.4, "--"))
        if keys:
            _keys(lower, keys)

    save(draw, path, title, _alt_text(settings))


def _header(figure: Figure, title: str, subtitle: str) -> None:
    """Title and subtitle in slots of fixed height: smaller type first, then two lines, then an ellipsis."""
    _fit(figure, rounded_percents(title), 0.944 if subtitle else 0.910, (21.0, 18.0, 15.5), color=INK, weight="bold")
    _fit(figure, subtitle, 0.876, (13.0, 12.0, 11.0), color=SOFT)


def _fit(figure: Figure, words: str, y: float, sizes: tuple[float, ...], **look: Any) -> None:
    words = printable(words)[:600]
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
