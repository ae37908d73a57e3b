"""AIFF chunks: read from a file, and put behind the sound of one that libsndfile has written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from semeq.audio import riff

OWN = (b"COMM", b"SSND", b"FVER", b"PEAK", b"FLLR")  # of the sound itself, or filling

Chunk = tuple[bytes, bytes]


def spans(file: BinaryIO) -> list[riff.Span]:
    """Where the chunks of an AIFF or AIFF-C file lie; none if it is something else."""
    end = file.seek(0, 2)
    file.seek(0)
    head = file.read(12)
    if head[:4] != b"FORM" or head[8:] not in (b"AIFF", b"AIFC"):
        return []
    return list(riff.walk(file, 12, end, "big"))


def promised_frames(file: BinaryIO) -> int | None:
    """How many samples a channel the header announces; None without an AIFF header."""
    for span in spans(file):
        if span.name == b"COMM" and span.size >= 18:
            file.seek(span.start + 2)
            return int.from_bytes(file.read(4))
    return None


def dress(file: BinaryIO, frames: int, frame_bytes: int, chunks: Iterable[Chunk]) -> None:
    """Add chunks to a finished file, in place, and say its true length: libsndfile counts the padding too."""
    for span in spans(file):
        if span.name == b"COMM":
            file.seek(span.start + 2)
            file.write(frames.to_bytes(4))
        if span.name == b"SSND":
            file.seek(span.start - 4)
            file.write((8 + frames * frame_bytes).to_bytes(4))
        if span.name == b"PEAK":  # libsndfile notes the time of writing; the same input shall give the same bytes
            file.seek(span.start + 4)
            file.write(bytes(4))
    end = file.seek(0, 2)
    file.write(b"\0" * (end % 2) + b"".join(riff.chunk(*chunk, "big") for chunk in chunks))
    size = file.tell() - 8
    file.seek(4)
    file.write(min(size, 0xFFFF_FFFF).to_bytes(4))
