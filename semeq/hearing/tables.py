"""What the listening commands print: tables for people."""

from __future__ import annotations

import math
from collections.abc import Sequence

from semeq.hearing.album import Album
from semeq.hearing.analysis import Analysis
from semeq.hearing.balance import Balance
from semeq.hearing.difference import Difference
from semeq.hearing.longterm import BANDS_HZ
from semeq.terminal import band_table, db_text, hz_text

_NAME = 28


def analysis_table(found: Sequence[Analysis], words: int) -> str:
    """One row a track; words that people agree on, the most unusual first."""
    head = f"{'track':<{_NAME}} {'LUFS':>6} {'dBTP':>6} {'crest':>5} {'tilt':>6} {'low':>5} {'mid':>5} {'high':>5}"
    head = f"{head} {'sure':>5}  words"
    rows = [head, *(_row(one, words) for one in found)]
    for reference in dict.fromkeys(one.reference for one in found):
        rows.append(f"reference: {reference}")
    rows.append("tilt in dB an octave; low, mid, high: dB against the reference; sure: how much there was to hear")
    if any(one.outlier for one in found):
        rows.append("*: further off than 95 % of the reference's tracks")
    return "\n".join(rows)


def _row(one: Analysis, words: int) -> str:
    levels = f"{_number(one.lufs):>6} {_number(one.true_peak_dbtp):>6} {one.crest_db:5.1f}"
    parts = (one.tilt_db_per_octave, one.low_db, one.mid_db, one.high_db)
    numbers = [f"{part:+.1f}" if one.shaped else "-" for part in parts]
    shape = f"{numbers[0]:>6} {numbers[1]:>5} {numbers[2]:>5} {numbers[3]:>5} {one.trust:5.0%}"
    said = ", ".join(map(str, one.known[:words])) or "nothing to hear"
    return f"{_cut(one.name)}{'*' if one.outlier else ' '}{levels} {shape}  {said}"


def balance_text(one: Balance) -> str:
    """What a track is, what to try, the bands, what it should change."""
    title = f"{one.analysis.name or 'audio'}: {one}"
    lines = [title, f"reference: {one.analysis.reference}"]
    if one.nothing:
        return "\n".join(lines)
    lines.append(
        f"sure to {one.confidence:.0%} that something is off; expected: {one.before_db:.1f} -> {one.after_db:.1f} "
        f"dB RMS from the reference, {_expected(one)}"
    )
    lines.append(f"the words say {one.said:.0%} of this EQ:" if one.try_ else "the EQ:")
    return "\n".join([*lines, band_table(one.settings)])


def _expected(one: Balance) -> str:
    return ", ".join(
        f"{word} {before:.0f} -> {after:.0f} %" for word, (before, after) in list(one.expected.items())[:3]
    )


def album_text(album: Album) -> str:
    """The tracks, the furthest first, and how far apart they are before and after."""
    lines = []
    for place in album.order:
        one = album.tracks[place]
        lines.append(f"{_cut(one.analysis.name)} {one.before_db:5.1f} -> {one.after_db:4.1f} dB  {one}")
    lines.append(f"between tracks: {album.before_db:.2f} dB RMS before, {album.after_db:.2f} after")
    lines.append(f"reference: {album.reference}")
    return "\n".join(lines)


def difference_text(found: Difference) -> str:
    """Two columns: levels, words, bands; then how deep they cancel."""
    one, other = found.first, found.second
    lines = [f"{'':<12} {_cut(one.name)} {_cut(other.name)}"]
    for title, name in (("LUFS", "lufs"), ("dBTP", "true_peak_dbtp"), ("crest dB", "crest_db")):
        lines.append(f"{title:<12} {_number(getattr(one, name)):<{_NAME}} {_number(getattr(other, name))}")
    tilts = [f"{side.tilt_db_per_octave:+.1f}" if side.shaped else "-" for side in (one, other)]
    lines.append(f"{'tilt dB/oct':<12} {tilts[0]:<{_NAME}} {tilts[1]}")
    then = {share.word: share.percent for share in other.words}
    known = [share for share in one.known if share.word in then]
    for share in sorted(known, key=lambda share: -abs(then[share.word] - share.percent))[:6]:
        percent = f"{share.percent:.0f} %"
        lines.append(f"{share.word:<12} {percent:<{_NAME}} {then[share.word]:.0f} %")
    shape = [(hz_text(BANDS_HZ[place]), float(found.shape_db[place])) for place in range(1, 40, 5)]
    bands = [f"{hz} {db_text(db)}" if math.isfinite(db) else f"{hz} -" for hz, db in shape]
    lines.append(f"spectrum, second minus first, level left out: {', '.join(bands)}")
    if found.null_dbfs_relative is None:
        lines.append(f"null: none, {found.unlike}")
    elif found.null_dbfs_relative == -math.inf:
        lines.append("null: the same samples but for a gain" if found.gain_db else "null: the same samples")
    else:
        lines.append(f"null: {found.null_dbfs_relative:.1f} dB left, the second at {found.gain_db:+.2f} dB")
    lines.append(f"reference: {one.reference}")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "-inf"


def _cut(name: str) -> str:
    return f"{name if len(name) <= _NAME else name[: _NAME - 1] + '…':<{_NAME}}"
