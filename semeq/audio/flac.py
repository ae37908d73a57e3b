"""FLAC metadata blocks: read from a file, and put into one that libsndfile has written."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable
from typing import BinaryIO

from semeq.audio import id3
from semeq.audio.riff import MAX_KEPT_BYTES

STREAMINFO, PADDING, APPLICATION, SEEKTABLE, VORBIS_COMMENT, CUESHEET, PICTURE = range(7)
NAMES = ("STREAMINFO", "PADDING", "APPLICATION", "SEEKTABLE", "VORBIS_COMMENT", "CUESHEET", "PICTURE")
MAX_BLOCK_BYTES = 2**24 - 1

Block = tuple[int, bytes]  # kind and data


def read_blocks(file: BinaryIO) -> tuple[list[Block], list[str], int]:
    """The metadata blocks, the names of those too large to keep, and where the sound begins (0: no FLAC)."""
    file.seek(0)
    start = id3.tag_size(file.read(10))
    file.seek(start)
    if file.read(4) != b"fLaC":
        return [], [], 0
    blocks: list[Block] = []
    large: list[str] = []
    start += 4
    room = MAX_KEPT_BYTES
    while True:
        file.seek(start)
        head = file.read(4)
        if len(head) < 4:
            return blocks, large, start
        kind, size = head[0] & 0x7F, int.from_bytes(head[1:])
        if kind == PADDING:
            pass
        elif size > room:
            large.append(name(kind))
        else:
            blocks.append((kind, file.read(size)))
            room -= size
        start += 4 + size
        if head[0] & 0x80:
            return blocks, large, start


def name(kind: int) -> str:
    """What the format calls a block."""
    return NAMES[kind] if kind < len(NAMES) else f"block {kind}"


def dress(source: BinaryIO, target: BinaryIO, comments: Iterable[str], blocks: Iterable[Block]) -> None:
    """Copy ``source`` to ``target`` with these comments and blocks; its own facts and seek table stay."""
    own, _, start = read_blocks(source)
    vendor = next((read_comments(data)[0] for kind, data in own if kind == VORBIS_COMMENT), b"semeq")
    wanted = [block for block in own if block[0] in (STREAMINFO, SEEKTABLE)]
    wanted.append((VORBIS_COMMENT, write_comments(vendor, comments)))
    wanted += [block for block in blocks if block[0] not in (STREAMINFO, PADDING, SEEKTABLE, VORBIS_COMMENT)]
    wanted = [block for block in wanted if len(block[1]) <= MAX_BLOCK_BYTES]
    target.write(b"fLaC")
    for number, (kind, data) in enumerate(wanted, 1):
        last = 0x80 if number == len(wanted) else 0
        target.write(bytes([kind | last]) + len(data).to_bytes(3) + data)
    source.seek(start)
    shutil.copyfileobj(source, target, 1 << 20)


def read_comments(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Vendor and ``KEY=value`` lines of a Vorbis comment; bytes that are not UTF-8 survive as surrogates."""
    lines: list[str] = []
    try:
        (size,) = struct.unpack_from("<I", data)
        vendor = data[4 : 4 + size]
        (count,) = struct.unpack_from("<I", data, 4 + size)
        start = 8 + size
        for _ in range(min(count, len(data) // 4)):
            (size,) = struct.unpack_from("<I", data, start)
            line = data[start + 4 : start + 4 + size]
            if len(line) < size:
                break
            lines.append(line.decode("utf-8", "surrogateescape"))
            start += 4 + size
    except struct.error:
        return b"", tuple(lines)
    return vendor, tuple(lines)


def write_comments(vendor: bytes, comments: Iterable[str]) -> bytes:
    """The opposite of `read_comments`."""
    lines = [line.encode("utf-8", "surrogateescape") for line in comments]
    parts = [struct.pack("<I", len(vendor)), vendor, struct.pack("<I", len(lines))]
    for line in lines:
        parts += [struct.pack("<I", len(line)), line]
    return b"".join(parts)
