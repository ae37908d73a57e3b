"""What the knobs of EQ Eight stand for, remembered by the version of Live that showed it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeq.errors import SemeqError
from semeq.personal_file import words_file
from semeq.sidecar import write_text
from semeq_bridge.drivers.calibration import Scale

_FORMAT = "semeq.ableton/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Laws:
    """What the knobs of one Live stand for; whether Output Gain is in dB."""

    freq: Scale
    q: Scale
    output_is_db: bool


def _file() -> Path:
    return Path(words_file()).with_name("ableton.json")


def _read_file() -> dict[str, Any]:
    """What was learned before, by version; nothing where the file is not one of ours."""
    with suppress(OSError, ValueError, RecursionError, KeyError, TypeError):
        said = json.loads(_file().read_text("utf-8"))
        if said["format"] == _FORMAT:
            return dict(said["versions"])
    return {}


def remembered(version: str) -> Laws | None:
    """The laws of a version; None where they were not learned, or the file is damaged."""
    with suppress(ValueError, KeyError, TypeError):
        row = _read_file()[version]
        scales = []
        for name in ("freq", "q"):
            positions, values = (tuple(map(float, column)) for column in zip(*row[name], strict=True))
            if list(positions) != sorted(positions) or list(values) != sorted(values) or values[0] <= 0:
                return None
            scales.append(Scale(positions=positions, values=values, in_octaves=True))
        return Laws(freq=scales[0], q=scales[1], output_is_db=row["output_is_db"] is True)
    return None


def remember(version: str, laws: Laws) -> None:
    """Keep the laws of a version."""
    rows = {
        name: list(zip(one.positions, one.values, strict=True)) for name, one in (("freq", laws.freq), ("q", laws.q))
    }
    versions = _read_file() | {version: {**rows, "output_is_db": laws.output_is_db}}
    with suppress(SemeqError, OSError):  # it is learned again next time
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_text(_file(), json.dumps({"format": _FORMAT, "versions": versions}) + "\n")
