"""Curves and bands as plain text: tiny drawings for the eye, tables that also read well aloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

import numpy as np
import numpy.typing as npt

from semeq.response import log_grid_hz, response_db
from semeq.settings import EqBand, EqSettings

SPARK_POINTS = 24
SPARK_STEPS = (-1.0, -1 / 2, -1 / 6, -1 / 24, 1 / 24, 1 / 6, 1 / 2, 1.0)  # of the limit: finer near 0 dB, as ears are
SPARK = "▁▁▂▃▄▅▆▇█"  # ▄ is 0 dB
SPARK_ASCII = "__.,-=+*#"  # - is 0 dB

LIMITS_DB = (6.0, 12.0, 18.0, 24.0, 36.0, 48.0, 60.0, 72.0, 96.0, 120.0)
TICKS_HZ = {
    20.0: "20",
    50.0: "50",
    100.0: "100",
    200.0: "200",
    500.0: "500",
    1_000.0: "1k",
    2_000.0: "2k",
    5_000.0: "5k",
    10_000.0: "10k",
    20_000.0: "20k",
}
BAR_CHARACTERS = 12
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # braille: bit of each dot, 4 rows of 2
_GUTTER = 9  # characters left of the drawing: "+12 dB |"


def needs_ascii(stream: TextIO) -> bool:
    """Whether the stream's encoding cannot print the Unicode drawings."""
    try:
        (SPARK + "┤│└┬─⣿").encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def axis_limit_db(*curves_db: npt.ArrayLike) -> float:
    """Half the height of a symmetric dB axis on which every curve leaves some air.

    >>> axis_limit_db([0.0, 3.0]), axis_limit_db([-7.0]), axis_limit_db([21.0])
    (6.0, 12.0, 24.0)
    """
    peak = max(float(np.max(np.abs(curve), initial=0.0)) for curve in curves_db)
    return next((limit for limit in LIMITS_DB if peak <= 0.96 * limit), LIMITS_DB[-1])


def db_text(gain_db: float, unit: str = " dB") -> str:
    """A gain with its sign and one decimal; what rounds to zero has no sign.

    >>> db_text(3.24), db_text(-0.04)
    ('+3.2 dB', '0.0 dB')
    """
    rounded = round(gain_db, 1)
    return f"{rounded:+.1f}{unit}" if rounded else f"0.0{unit}"


def hz_text(freq_hz: float) -> str:
    """A frequency in Hz with the digits that matter.

    >>> hz_text(31.5), hz_text(120), hz_text(8000.4)
    ('31.5 Hz', '120 Hz', '8000 Hz')
    """
    return f"{freq_hz:.1f}".removesuffix(".0") + " Hz" if freq_hz < 100 else f"{freq_hz:.0f} Hz"


def band_text(band: EqBand) -> str:
    """One band on one line.

    >>> band_text(EqBand(kind="low_shelf", freq_hz=120, gain_db=3.2))
    'low shelf 120 Hz +3.2 dB'
    """
    return f"{band.kind.replace('_', ' ')} {hz_text(band.freq_hz)} {db_text(band.gain_db)}"


def sparkline(curve_db: npt.ArrayLike, limit_db: float = 12.0, *, ascii: bool = False) -> str:
    """A curve, evenly spaced in octaves, on one line; the middle character is 0 dB. Shape: ``[F]``.

    With the limit at 12 dB the steps lie at 0.5, 2, 6 and 12 dB. Longer curves become 24 means.

    >>> sparkline([-9, -3, -1, 0, 1, 3, 9, 15])
    '▁▂▃▄▅▆▇█'
    """
    curve = np.asarray(curve_db, dtype=np.float64)
    if len(curve) > SPARK_POINTS:
        curve = np.array([part.mean() for part in np.array_split(curve, SPARK_POINTS)])
    levels = np.searchsorted(np.array(SPARK_STEPS) * limit_db, curve)
    return "".join((SPARK_ASCII if ascii else SPARK)[level] for level in levels)


def draw_curve(settings: EqSettings, width: int = 64, height: int = 13, *, ascii: bool = False) -> str:
    """The summed curve from 20 Hz to 20 kHz, on ``height`` lines or one fewer, then two lines of axis.

    No line is longer than ``width`` characters; a narrow drawing names fewer frequencies. The least is 20 x 5.
    """
    height = max(height - 1, 5) | 1  # an odd height gives 0 dB a line of its own
    columns = max(width, 20) - _GUTTER
    dots_x, dots_y = (1, 1) if ascii else (2, 4)  # in one character
    zero, corner, wall, notch, floor, tick = "-+|+-+" if ascii else "─└│┤─┬"

    curve = response_db(settings, log_grid_hz(points=columns * dots_x))
    limit_db = axis_limit_db(curve)
    middle_dot = (height * dots_y - 1) / 2
    dots = _line_dots(middle_dot - curve / limit_db * dots_y * (height // 2), height * dots_y)
    cells = dots.reshape(height, dots_y, columns, dots_x)
    if ascii:
        drawn = [["*" if cell else " " for cell in row] for row in cells.max(axis=(1, 3))]
    else:
        drawn = [
            [chr(0x2800 + bits) if bits else " " for bits in row] for row in np.einsum("rycx,yx->rc", cells, _DOTS)
        ]
    middle = height // 2
    drawn[middle] = [zero if cell == " " else cell for cell in drawn[middle]]

    lines = []
    for row, cell_row in enumerate(drawn):
        at_db = limit_db * (middle - row) / middle
        label = f"{at_db:+.0f} dB" if at_db else "0 dB"
        labelled = row % (middle // 2 if middle % 2 == 0 else middle) == 0
        lines.append(
            f"{label if labelled else '':>{_GUTTER - 2}} {notch if labelled else wall}{''.join(cell_row)}".rstrip()
        )

    axis, names = [floor] * columns, [" "] * columns
    for freq_hz, name in sorted(TICKS_HZ.items(), key=lambda item: item[1][0] != "1"):
        at = round(np.log10(freq_hz / 20.0) / 3.0 * (columns - 1))
        start = min(max(at - len(name) // 2, 0), columns - len(name))
        if not "".join(names[max(start - 1, 0) : start + len(name) + 1]).strip():
            names[start : start + len(name)] = name
            axis[at] = tick
    lines.append(" " * (_GUTTER - 1) + corner + "".join(axis))
    lines.append(f"{'Hz':>{_GUTTER - 2}}  " + "".join(names).rstrip())
    return "\n".join(lines)


def _line_dots(y: npt.NDArray[np.float64], rows: int) -> npt.NDArray[np.bool_]:
    """A connected line through one point per column. Shapes: ``[C] -> [rows, C]``."""
    here = np.clip(np.rint(y), 0, rows - 1)
    before = np.concatenate([here[:1], here[:-1]])
    row = np.arange(rows)[:, None]
    return np.array((row >= np.minimum(here, before + 1)) & (row <= np.maximum(here, before - 1)))


def band_table(settings: EqSettings) -> str:
    """The five bands in Hz, dB and Q, aligned; a last line names the preamp where there is one."""
    lines = []
    for band in settings.bands:
        kind = band.kind.replace("_", " ")
        lines.append(f"{kind:<10}  {hz_text(band.freq_hz):>8}  {db_text(band.gain_db):>8}  Q {band.q:.2f}")
    if settings.preamp_db:
        lines.append(f"{'preamp':<10}  {'':>8}  {db_text(settings.preamp_db):>8}")
    return "\n".join(lines)


def octave_table(changes: Mapping[float, float]) -> str:
    """Change in dB per octave band, with a bar of ``#`` that grows right of the middle for more, left for less."""
    limit_db = axis_limit_db(*([change] for change in changes.values()), [0.0])
    lines = []
    for centre_hz, change_db in changes.items():
        length = min(round(abs(change_db) / limit_db * BAR_CHARACTERS), BAR_CHARACTERS)
        less, more = ("#" * length, "") if change_db < 0 else ("", "#" * length)
        line = f"{hz_text(centre_hz):>8}  {db_text(change_db):>8}  {less:>{BAR_CHARACTERS}}|{more}"
        lines.append(line)
    return "\n".join(lines)
