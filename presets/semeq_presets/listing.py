"""The table of formats, for people and for machines."""

from __future__ import annotations

from typing import Any

from semeq_presets.table import FORMATS, Format

_HEADS = {
    "rendered": "Played by the real program and measured",
    "structure": "Bytes as real files have them; not played by the program",
    "experimental": "Experimental: one source, or an unsettled field; not tried",
}
_LAWS = {
    "cookbook": "Audio EQ Cookbook",
    "analog": "analogue prototypes",
    "eq10q": "cookbook shelves, bells after Orfanidis",
    "curve": "the curve itself, as points",
}


def formats_text() -> str:
    """One paragraph a format, the best verified first."""
    width = max(map(len, FORMATS))
    lines: list[str] = []
    for proof, head in _HEADS.items():
        lines += ["", f"{head}:"] if lines else [f"{head}:"]
        for form in FORMATS.values():
            if form.proof == proof:
                marks = ", ".join(filter(None, ["reads" if form.reads else "", "banks" if form.bank else ""]))
                lines.append(f"  {form.name:<{width}}  {form.suffix:<12}  {form.title}{f' [{marks}]' if marks else ''}")
                lines.append(f"  {'':<{width}}  {'':<12}  verified: {form.evidence}")
                if form.limits:
                    lines.append(f"  {'':<{width}}  {'':<12}  limits: {form.limits}")
                lines.append(f"  {'':<{width}}  {'':<12}  use: {form.use}")
    return "\n".join(lines)


def formats_rows() -> list[dict[str, Any]]:
    """Everything the table says."""
    return [_row(form) for form in FORMATS.values()]


def _row(form: Format) -> dict[str, Any]:
    ranges = form.ranges
    return {
        "name": form.name,
        "title": form.title,
        "suffix": form.suffix,
        "proof": form.proof,
        "evidence": form.evidence,
        "law": _LAWS[form.law],
        "law_known": form.law_known,
        "ranges": {
            "freq_hz": list(ranges.freq_hz),
            "gain_db": [-ranges.gain_db, ranges.gain_db],
            "bell_q": list(ranges.bell_q),
            "shelf_q": list(ranges.shelf_q),
            "preamp_db": list(ranges.preamp_db) if ranges.preamp_db else None,
            "bands": ranges.bands,
            "decimals": list(ranges.decimals) if ranges.decimals else None,
        },
        "limits": form.limits,
        "refit": form.refit,
        "reads": form.reads,
        "bank": form.bank,
        "check": bool(form.peer),
        "folders": dict(form.folders),
        "use": form.use,
    }
