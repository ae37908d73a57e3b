"""The semeq-presets command."""

from __future__ import annotations

from semeq.command import new_group, run

app = new_group("Words as preset files for the EQs people own. Not in this version yet.")


def main() -> None:
    """Run the command line."""
    run(app, "semeq-presets")
