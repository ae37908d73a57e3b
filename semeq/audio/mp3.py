"""How long an MP3 file really is: libsndfile believes headers and estimates, and stops where they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from semeq.audio import id3

_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBPS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SEARCH_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
_LONGEST_BYTES = 4096  # two frames of the highest bit rate and a head


@dataclass(frozen=True, slots=True)
class Length:
    """What the header promises and what the file holds, in frames of sound; ``known`` where a header says it."""

    promised: int
    held: int
    rate_hz: int
    known: bool


def measure(file: BinaryIO) -> Length | None:
    """Measure a layer III file; None if no frame of it is found near the start."""
    end = file.seek(0, 2)
    file.seek(0)
    start = id3.tag_size(file.read(10))
    file.seek(start)
    head = file.read(_SEARCH_BYTES)
    place = next((at for at in range(len(head) - 4) if head[at] == 0xFF and _chained(head, at)), None)
    if place is None:
        return None
    first = _frame(head[place : place + 4])
    assert first is not None  # _chained has seen it
    size, samples, rate_hz = first
    left = end - start - place
    for mark in (b"Xing", b"Info"):
        at = head.find(mark, place, place + 64)
        if at < 0 or not head[at + 7] & 1:
            continue
        promised = held = int.from_bytes(head[at + 8 : at + 12])
        if head[at + 7] & 2 and (size_bytes := int.from_bytes(head[at + 12 : at + 16])):
            if left + size < size_bytes:  # a frame more or less is custom
                held = promised * left // size_bytes
            elif left > size_bytes:  # files put behind each other
                held = promised + _count(file, start + place + size_bytes)
        return Length(promised * samples, held * samples, rate_hz, True)
    if head.find(b"VBRI", place, place + 64) >= 0:
        return None
    count = _count(file, start + place)
    return Length(count * samples, count * samples, rate_hz, False)


def _chained(head: bytes, at: int) -> bool:
    """Whether a frame stands here and another one right behind it (or the end)."""
    frame = _frame(head[at : at + 4])
    if frame is None:
        return False
    after = head[at + frame[0] : at + frame[0] + 4]
    return len(after) < 4 or _frame(after) is not None


def _frame(head: bytes) -> tuple[int, int, int] | None:
    """Bytes, samples and rate of the frame with this header."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # layer III only
        return None
    version, kbps, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or kbps in (0, 15) or rate == 3:
        return None
    samples = 1152 if version == 3 else 576
    rate_hz = _RATES_HZ[version][rate]
    size = samples // 8 * _KBPS[version == 3][kbps] * 1000 // rate_hz + (head[2] >> 1 & 1)
    return size, samples, rate_hz


def _count(file: BinaryIO, start: int) -> int:
    """Frames from ``start`` on, hopping from head to head; damage and tags are stepped over."""
    count, block, base, at = 0, b"", start, 0
    known = False  # whether the frame before stands right before this one
    while True:
        if at + _LONGEST_BYTES > len(block):
            base, at = base + at, 0
            file.seek(base)
            block = file.read(_BLOCK_BYTES)
            if len(block) < 4:
                return count
        frame = _frame(block[at : at + 4])
        if frame is None or not (known or _chained(block, at)):
            at, known = _after(block, at), False
            if at + 4 > len(block) and len(block) < _BLOCK_BYTES:
                return count
            continue
        count, at, known = count + 1, at + frame[0], True


def _after(block: bytes, at: int) -> int:
    """The next place where a frame could begin."""
    found = block.find(b"\xff", at + 1)
    return len(block) if found < 0 else found
