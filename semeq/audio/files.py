"""Open and create audio files of any kind, block by block; an output appears whole, under its name, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import numpy as np

from semeq.audio import aiff, flac, ogg, riff, wav
from semeq.audio.disk import explained
from semeq.audio.info import AudioInfo, check_limits, output_info
from semeq.audio.pcm import Block
from semeq.audio.sndfile import SndSink, SndSource, check_frames
from semeq.audio.tag_targets import aiff_chunks, flac_blocks, ogg_comments, wav_chunks
from semeq.audio.tags import Tags
from semeq.errors import AudioError

__all__ = ["AudioInfo", "Reader", "Writer", "create_audio", "open_audio", "output_info", "same_file"]


class Source(Protocol):
    """What a container's module gives for reading."""

    info: AudioInfo

    def read(self, frames: int) -> Block: ...
    def close(self) -> None: ...


class Sink(Protocol):
    """What a container's module gives for writing."""

    def write(self, block: Block, dither_rng: np.random.Generator | None) -> int: ...
    def finish(self) -> None: ...


class Reader:
    """One audio file, read in order; a context manager."""

    def __init__(self, path: Path, source: Source) -> None:
        self._path = path
        self._source = source
        self._got = 0
        self.info = source.info

    def read(self, frames: int) -> Block:
        """The next ``frames``, fewer only at the end, none when finished. Shape: ``[channels, n]``."""
        try:
            block = self._source.read(frames)
        except OSError as error:
            raise explained(error, self._path) from None
        self._got += block.shape[1]
        estimated = self.info.container in ("mp3", "ogg")
        if block.shape[1] < frames and self._got < self.info.frames and not estimated:
            raise riff.truncated(self._path.name, self.info.dur_s, self._got / self.info.rate_hz)
        return block

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_audio(path: Path) -> Reader:
    """Open a file for reading; what is wrong with it is said in one line."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                raise AudioError(f"{path.name}: empty file; get it again")
            layout = wav.scan(file, path.name)
        if layout is not None and layout.info is not None:
            source: Source = wav.WavSource(path, layout)
        else:
            source = SndSource(path)
    except OSError as error:
        raise explained(error, path) from None
    if source.info.frames == 0:
        source.close()
        raise AudioError(f"{path.name}: holds no sound (0 samples); nothing to do")
    return Reader(path, source)


class Writer:
    """One audio file, written in order; a context manager that renames on success and leaves nothing on failure."""

    def __init__(
        self, path: Path, info: AudioInfo, tags: Tags, dither_rng: np.random.Generator | None, overwrite: bool
    ) -> None:
        self.info = info
        self.clipped = 0
        self.frames = 0
        self._shown = path
        self._tags = tags
        self._dither_rng = dither_rng
        self._overwrite = overwrite
        self._target = path.resolve()  # a symlink stays, what it means is replaced
        self._sink: Sink | None = None
        self._parts: list[tuple[Path, BinaryIO]] = []
        self._check_target()
        try:
            file = self._new_part()
            if info.container in ("wav", "rf64"):
                self._sink = wav.WavSink(file, info, _form(info, tags), wav_chunks(tags))
            else:
                self._sink = SndSink(file, path, info)
        except BaseException as error:
            self._discard()
            raise explained(error, path) from None

    def write(self, block: Block) -> None:
        """Append a block. Shape: ``[channels, n]``, float32 or float64."""
        if block.ndim != 2 or block.shape[0] != self.info.channels:
            raise AudioError(f"block of shape {list(block.shape)}: use [{self.info.channels}, n]")
        if self._sink is None:
            raise AudioError(f"{self._shown}: already closed; create it again")
        try:
            self.clipped += self._sink.write(block, self._dither_rng)
        except OSError as error:
            raise explained(error, self._shown) from None
        self.frames += block.shape[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None or self._sink is None:
            self._discard()
            return
        try:
            self._sink.finish()
            self._dress()
            part, file = self._parts[-1]
            file.close()
            if self.info.container not in ("wav", "rf64"):
                check_frames(part, self._shown, self.frames)
            self._check_target()
            if self._target.exists():
                part.chmod(stat.S_IMODE(self._target.stat().st_mode))  # who may read it stays as it was
            part.replace(self._target)
        except BaseException as failure:
            raise explained(failure, self._shown) from None
        finally:
            self._discard()

    def _dress(self) -> None:
        """Give the tags to what libsndfile has written."""
        file, tags = self._parts[-1][1], self._tags
        match self.info.container:
            case "aiff":
                aiff.dress(file, self.frames, self.info.frame_bytes, aiff_chunks(tags))
            case "flac" if tags.comments or flac_blocks(tags):
                flac.dress(file, self._new_part(), tags.comments, flac_blocks(tags))
            case "ogg":
                ogg.dress(file, self._new_part(), ogg_comments(tags))

    def _new_part(self) -> BinaryIO:
        part = self._target.with_name(f".semeq-{secrets.token_hex(6)}.part")
        file = part.open("x+b")
        self._parts.append((part, file))
        return file

    def _check_target(self) -> None:
        if not self._target.exists():
            return
        if not self._target.is_file():
            raise AudioError(f"{self._shown}: not a file; name a file to write")
        if not self._overwrite:
            raise AudioError(f"{self._shown}: exists; choose another name or use --force to replace it")

    def _discard(self) -> None:
        if isinstance(self._sink, SndSink):
            self._sink.abandon()
        self._sink = None
        for part, file in self._parts:
            with contextlib.suppress(OSError):  # what was left to flush goes with the file
                file.close()
            part.unlink(missing_ok=True)
        self._parts = []


def _form(info: AudioInfo, tags: Tags) -> bytes:
    if info.container == "wav":
        return b"RIFF"
    return b"BW64" if tags.form == b"BW64" else b"RF64"


def create_audio(
    path: Path,
    info: AudioInfo,
    *,
    tags: Tags | None = None,
    dither_rng: np.random.Generator | None = None,
    overwrite: bool = True,
) -> Writer:
    """Create a file such as ``info`` says; it carries its name only once the ``with`` block ends well."""
    path = Path(path)
    check_limits(path, info)
    return Writer(path, info, tags or Tags(), dither_rng, overwrite)


def same_file(first: Path, second: Path) -> bool:
    """Whether two names mean one file, through symlinks, hard links and ``..`` too."""
    try:
        return Path(first).samefile(second)
    except OSError:
        return Path(first).resolve() == Path(second).resolve()
