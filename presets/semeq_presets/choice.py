"""The formats a user wants without naming them, kept in the configuration folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from semeq.personal_file import words_file
from semeq_presets.disk import read_whole, write_whole
from semeq_presets.errors import PresetError
from semeq_presets.table import Format, format_named

ALWAYS = "apo"


def _file() -> Path:
    return Path(words_file()).with_name("presets.json")


def chosen() -> tuple[Format, ...]:
    """apo, which everybody reads, and what the user once chose."""
    path = _file()
    if not path.exists():
        return (format_named(ALWAYS),)
    try:
        names = json.loads(read_whole(path))["formats"]
        return tuple(format_named(name) for name in dict.fromkeys([ALWAYS, *names]))
    except (ValueError, KeyError, TypeError):
        raise PresetError(f"{path}: damaged; choose again with semeq-presets default") from None


def choose(formats: Sequence[Format]) -> None:
    """Remember these."""
    said = {"formats": [form.name for form in formats]}
    write_whole(_file(), (json.dumps(said, indent=1) + "\n").encode("utf-8"))
