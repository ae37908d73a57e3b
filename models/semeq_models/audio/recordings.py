"""Recordings in folders as long-term spectra: one a track, or one a folder where clips are short."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semeq.audio import open_audio
from semeq.audio.info import SUFFIXES
from semeq.errors import AudioError
from semeq.hearing.longterm import LongTerm, Spectrum
from semeq.render import Samples
from semeq_models.errors import DataError

SHORTEST_S = 20.0  # of loud sound
_BLOCK = 1 << 17


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Recording:
    """One piece: its spectrum and the collection it is of, which counts as one voice among many."""

    collection: str
    spectrum: Spectrum


def recordings(
    folders: Iterable[Path], *, short: bool = False, on_file: Callable[[Path], None] | None = None
) -> list[Recording]:
    """Every piece below some folders that holds 20 s of sound; with ``short``, the clips of one folder are one piece.

    A folder given is one collection. What cannot be read is passed over: folders of games hold all kinds of files.
    """
    found: list[Recording] = []
    for folder in folders:
        check_folders([folder])
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        pieces: dict[Path, list[Path]] = {}
        for path in files:
            pieces.setdefault(path.parent if short else path, []).append(path)
        for paths in pieces.values():
            spectrum = _spectrum(paths, on_file)
            if spectrum is not None and spectrum.loud_s >= SHORTEST_S:
                found.append(Recording(collection=folder.name, spectrum=spectrum))
    if not found:
        raise DataError("no recordings of 20 s or more found; give folders that hold some")
    return found


def check_folders(folders: Iterable[Path]) -> None:
    """Refuse folders that are not there; ask before long work."""
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; give folders of recordings")


def _spectrum(paths: Iterable[Path], on_file: Callable[[Path], None] | None) -> Spectrum | None:
    """The spectrum of some files together, those of the first one's rate and channels."""
    ears: LongTerm | None = None
    form: tuple[int, int] | None = None
    for path in paths:
        if on_file is not None:
            on_file(path)
        try:
            with open_audio(path) as reader:
                form = form or (reader.info.rate_hz, reader.info.channels)
                if form != (reader.info.rate_hz, reader.info.channels):
                    continue
                ears = ears or LongTerm(*form)
                for block in _blocks(reader.read):
                    ears.update(block)
        except AudioError:
            continue
    return ears.finish() if ears is not None else None


def _blocks(read: Callable[[int], Samples]) -> Iterator[Samples]:
    while (block := read(_BLOCK)).shape[1]:
        yield np.nan_to_num(block)
