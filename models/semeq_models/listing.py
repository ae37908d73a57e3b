"""The systems and the shipped models at a glance."""

from __future__ import annotations

from typing import Any

from semeq.artefact import load_model, shipped_models
from semeq.hearing.encoder import FORMAT as AUDIO_FORMAT
from semeq.weights import shipped, weights_folder
from semeq_models.systems import AUDIO_SPECS, SPECS


def systems() -> list[dict[str, Any]]:
    """Every system: what it is, and what of it is shipped."""
    table = shipped_models()
    rows: list[dict[str, Any]] = []
    for name, spec in SPECS.items():
        row: dict[str, Any] = {"name": name, "summary": spec.summary, "warning": spec.warning, "shipped": name in table}
        if name in table:
            model = load_model(name)
            row |= {
                "file": table[name]["file"],
                "sha256": table[name]["sha256"],
                "bytes": (weights_folder() / table[name]["file"]).stat().st_size,
                "latent_dim": model.latent_dim,
                "words": {language: len(words) for language, words in model.vocabularies.items()},
            }
        rows.append(row)
    return rows


def encoders() -> list[dict[str, Any]]:
    """Every audio encoder: what it is, and where it leads."""
    table = shipped(AUDIO_FORMAT)
    return [
        {
            "name": name,
            "summary": spec.summary,
            "space": spec.space,
            "shipped": name in table,
            **({"file": table[name]["file"], "sha256": table[name]["sha256"]} if name in table else {}),
        }
        for name, spec in AUDIO_SPECS.items()
    ]


def systems_text(rows: list[dict[str, Any]]) -> str:
    """One line a system."""
    lines = [f"{'name':<10} {'latent':>6} {'en':>4} {'es':>4} {'kB':>5}  sha256        what"]
    for row in rows:
        if row["shipped"]:
            words = row["words"]
            figures = f"{row['latent_dim']:6d} {words['en']:4d} {words['es']:4d} {row['bytes'] / 1000:5.0f}"
            lines.append(f"{row['name']:<10} {figures}  {row['sha256'][:12]}  {row['summary']}")
        else:
            lines.append(f"{row['name']:<10} {'not shipped':>22}  {'':12}  {row['summary']}")
    for one in encoders():
        kilobytes = (weights_folder() / one["file"]).stat().st_size / 1000 if one["shipped"] else 0.0
        lines.append(
            f"{one['name']:<16} into {one['space']:<7} {kilobytes:5.0f}  {one.get('sha256', '')[:12]}  {one['summary']}"
        )
    return "\n".join(lines)
