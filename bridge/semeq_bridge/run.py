"""A session as a command runs it: its log on standard error, its counts at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from semeq_bridge.setup import Setup


def run_session(
    config: Path | None, as_json: bool, given: dict[str, Any], more: Callable[[Setup], Setup] | None = None
) -> None:
    """Serve what a file and options say; ``more`` is what a command adds to that."""
    from semeq_bridge.jobs import learnt_file
    from semeq_bridge.session import serve
    from semeq_bridge.setup import Setup, read_setup

    def say(line: str) -> None:
        click.echo(json.dumps({"log": line}, ensure_ascii=False) if as_json else line, err=True)

    setup = (read_setup(config) if config else Setup()).with_options(**given)
    setup = setup.with_options(learnt=learnt_file() if learnt_file().exists() else None)
    counts = serve(more(setup) if more else setup, say)
    told = json.dumps({"counts": counts}) if as_json else ", ".join(f"{name} {value}" for name, value in counts.items())
    click.echo(told, err=True)
