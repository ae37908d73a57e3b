"""The semeq-bridge command."""

from __future__ import annotations

from semeq.command import new_group, run

app = new_group("OSC and MIDI steer the EQ inside a DAW session. Not in this version yet.")


def main() -> None:
    """Run the command line."""
    run(app, "semeq-bridge")
