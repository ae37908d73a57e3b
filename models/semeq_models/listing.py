"""The systems and the shipped models at a glance."""

from __future__ import annotations

from typing import Any

from semeq.artefact import load_model, shipped_models
from semeq.weights import weights_folder
from semeq_models.systems import SPECS


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
    return "\n".join(lines)
