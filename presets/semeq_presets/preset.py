"""One preset on its way into a file: what was wanted, what the target can hold, what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semeq.response import RATE_HZ
from semeq.settings import EqSettings
from semeq_presets.text import one_line, safe_name

Files = Mapping[str, bytes]
"""What an export consists of: bytes by relative name, most often one file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """``settings`` are what the target will hold, preamp and all; ``note`` is kept wherever the format has room."""

    name: str
    settings: EqSettings
    note: str = ""
    rate_hz: float = RATE_HZ

    @property
    def title(self) -> str:
        """The name on one line."""
        return one_line(self.name) or "preset"

    @property
    def stem(self) -> str:
        """The name as a file's, without suffix."""
        return safe_name(self.name)

    @property
    def comment(self) -> str:
        """The note on one line, of ASCII."""
        return one_line(self.note, 400).encode("ascii", "replace").decode()


def one_file(preset: Preset, suffix: str, data: str | bytes) -> Files:
    """The files of a format that is one file."""
    return {f"{preset.stem}{suffix}": data.encode("utf-8") if isinstance(data, str) else data}
