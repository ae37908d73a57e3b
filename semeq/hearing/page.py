"""One self-contained HTML page about an album or some tracks: numbers, words, spectra before and after as drawings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from semeq.hearing.album import Album
from semeq.hearing.balance import Balance
from semeq.hearing.longterm import BANDS_HZ
from semeq.response import Floats, response_db
from semeq.terminal import band_table

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2329;--soft:#68727c;--line:#d8dde2;--paper:#fff;--before:#8a949e;--after:#0b6bcb;
--eq:#c2410c}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecef;--soft:#9aa5b0;--line:#39424b;--paper:#14181c;--before:#8a949e;
--after:#5fb0ff;--eq:#ff9d66}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;
margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right}
th:first-child,td:first-child,td.words,th.words{text-align:left}
section{margin:2.5rem 0}h2{margin:0 0 .3rem}p.soft,figcaption{color:var(--soft)}
pre{overflow-x:auto}svg{width:100%;height:auto}figure{margin:1rem 0}
.grid{stroke:var(--line)}.before{stroke:var(--before)}.after{stroke:var(--after)}.eq{stroke:var(--eq)}
path{fill:none;stroke-width:2;stroke-linejoin:round}text{fill:var(--soft);font-size:12px}
"""
_WIDE, _HIGH, _LEFT, _BOTTOM = 860, 300, 44, 26
_MARKS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)


def report_page(tracks: Sequence[Balance], album: Album | None = None) -> str:
    """The page; the furthest track first where it is an album."""
    ordered = [tracks[place] for place in album.order] if album else list(tracks)
    title = f"Album of {len(tracks)} tracks" if album else "1 track" if len(tracks) == 1 else f"{len(tracks)} tracks"
    lines = [f"<h1>{title}</h1>"]
    if album:
        lines.append(
            f"<p>Between tracks: <b>{album.before_db:.2f} dB</b> RMS before, <b>{album.after_db:.2f} dB</b> after.</p>"
        )
    for reference in [album.reference] if album else dict.fromkeys(one.analysis.reference for one in tracks):
        lines.append(f'<p class="soft">Reference: {escape(reference)}</p>')
    lines += [_table(ordered), *map(_section, ordered)]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width,initial-scale=1"><title>semeq: {escape(title)}</title><style>{_STYLE}</style>'
        "</head>"
        f"<body>{''.join(lines)}</body></html>\n"
    )


def _table(tracks: Sequence[Balance]) -> str:
    head = "".join(
        f"<th{' class=words' if name in ('it is', 'try') else ''}>{name}</th>"
        for name in ("track", "LUFS", "dBTP", "crest dB", "tilt dB/oct", "off by dB", "then", "it is", "try")
    )
    rows = []
    for one in tracks:
        found = one.analysis
        numbers = [
            _number(found.lufs),
            _number(found.true_peak_dbtp),
            f"{found.crest_db:.1f}",
            f"{found.tilt_db_per_octave:.1f}",
            f"{one.before_db:.1f}",
            f"{one.after_db:.1f}",
        ]
        said = [", ".join(map(str, one.is_[:3])), one.request or ("nothing to do" if one.nothing else "the EQ below")]
        rows.append(
            f"<tr><td>{escape(found.name)}</td>{''.join(f'<td>{number}</td>' for number in numbers)}"
            f"{''.join(f'<td class=words>{escape(text)}</td>' for text in said)}</tr>"
        )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _section(one: Balance) -> str:
    found = one.analysis
    notes = "".join(f"<p>{escape(note)}</p>" for note in one.notes)
    done = f"<pre>{escape(band_table(one.settings))}</pre>" if not one.nothing else ""
    return (
        f"<section><h2>{escape(found.name)}</h2>"
        f"<p>{escape(str(one))}; sure to {one.confidence:.0%} that something is off.</p>"
        f"{notes}{_drawing(one)}{done}</section>"
    )


def _drawing(one: Balance) -> str:
    """What the track has more and less than the reference, before and after, and the EQ."""
    before = one.analysis.listened.deviation_db
    eq_db = response_db(one.settings, BANDS_HZ)
    after = before + eq_db - eq_db.mean()
    limit = max(6.0, 3.0 * math.ceil(float(np.max(np.abs([before, after, eq_db]))) / 3.0))
    step = 3 if limit <= 9 else 6 if limit <= 18 else 12
    lines = []
    for level in np.arange(-step * (limit // step), limit + 0.1, step):
        y = _y(level, limit)
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDE}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{level:+.0f}</text>')
    for freq in _MARKS:
        name = f"{freq // 1000} kHz" if freq >= 1000 else f"{freq}"
        lines.append(f'<text x="{_x(freq):.1f}" y="{_HIGH - 6}" text-anchor="middle">{name}</text>')
    for kind, curve in (("before", before), ("after", after), ("eq", eq_db)):
        lines.append(f'<path class="{kind}" d="{_path(curve, limit)}"/>')
    label = f"Spectrum of {escape(one.analysis.name)} against the reference in dB, before and after, and the EQ"
    return (
        f'<figure><svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{label}">{"".join(lines)}</svg>'
        "<figcaption>dB against the reference: grey before, blue expected after; orange the EQ.</figcaption></figure>"
    )


def _path(curve_db: Floats, limit: float) -> str:
    points = [f"{_x(freq):.1f},{_y(level, limit):.1f}" for freq, level in zip(BANDS_HZ, curve_db, strict=True)]
    return "M" + "L".join(points)


def _x(freq_hz: float) -> float:
    low, high = math.log(BANDS_HZ[0]), math.log(BANDS_HZ[-1])
    return _LEFT + (_WIDE - _LEFT) * (math.log(freq_hz) - low) / (high - low)


def _y(level_db: float, limit: float) -> float:
    return (_HIGH - _BOTTOM) * (0.5 - 0.48 * level_db / limit)


def _number(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "-inf"
