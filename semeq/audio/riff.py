"""Chunks: four letters, a length, bytes. The walk trusts no length and never reads what it steps over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from semeq.errors import AudioError

Order = Literal["little", "big"]  # RIFF and AIFF

MAX_CHUNKS = 10_000
_COMMON = (b"data", b"LIST", b"fmt ", b"fact", b"bext", b"iXML", b"cue ", b"smpl", b"id3 ", b"SSND", b"COMM")
MAX_KEPT_BYTES = 32 << 20  # all tags of one file together; larger ones are named as lost


@dataclass(frozen=True, slots=True)
class Span:
    """Where one chunk lies in a file: its bytes, without the eight of its head."""

    name: bytes
    start: int
    size: int


def walk(file: BinaryIO, start: int, end: int, order: Order = "little") -> Iterator[Span]:
    """Yield the chunks from ``start`` on; ``size`` is as promised, and may reach beyond ``end``."""
    for _ in range(MAX_CHUNKS):
        head = _peek(file, start, end)
        if head is None:
            return
        size = int.from_bytes(head[4:], order)
        span = Span(head[:4], start + 8, size)
        yield span
        start = behind(file, span, end)


def behind(file: BinaryIO, span: Span, end: int) -> int:
    """Where the next chunk begins: odd ones are padded, but some writers forget it."""
    after = span.start + span.size
    if span.size % 2 == 0:
        return after
    padded, bare = _peek(file, after + 1, end), _peek(file, after, end)
    return after if bare and (not padded or bare[:4] in _COMMON) else after + 1


def _peek(file: BinaryIO, start: int, end: int) -> bytes | None:
    if start + 8 > end:
        return None
    file.seek(start)
    head = file.read(8)
    return head if len(head) == 8 and all(0x20 <= byte < 0x7F for byte in head[:4]) else None


def reaches_end(file: BinaryIO, start: int, end: int) -> bool:
    """Whether whole chunks, at least one, fill the file from ``start`` to ``end``."""
    last = None
    for last in walk(file, start, end):
        if last.start + last.size > end:
            return False
    return last is not None and last.start + last.size + last.size % 2 >= end


def chunk(name: bytes, data: bytes, order: Order = "little") -> bytes:
    """One chunk, padded to an even length.

    >>> len(chunk(b"note", b"abc"))
    12
    """
    return name + len(data).to_bytes(4, order) + data + b"\0" * (len(data) % 2)


def truncated(name: str, promised_s: float, held_s: float) -> AudioError:
    """The one line for a file that ends too early."""
    return AudioError(
        f"{name}: truncated: its header promises {promised_s:.1f} s, the file holds {held_s:.1f} s; "
        "get it again or repair it first"
    )
