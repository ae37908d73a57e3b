"""Ogg pages (RFC 3533): the comment packet read, and replaced in a file that libsndfile has written."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from semeq.audio.flac import read_comments, write_comments
from semeq.audio.riff import MAX_KEPT_BYTES

_SERIAL = 1  # libsndfile rolls dice here; the same input shall give the same bytes
_CONTINUED, _FIRST = 1, 2
# First packet, comment packet, what ends it, and how many packets come before the sound.
_CODECS = {
    b"\x01vorbis": (b"\x03vorbis", b"\x01", 3),  # Vorbis I, 4.2.1: the framing bit
    b"OpusHead": (b"OpusTags", b"", 2),  # RFC 7845, 5
}
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its flags, position in samples, stream, packet lengths and bytes."""

    flags: int
    position: bytes
    serial: bytes
    lacing: bytes
    body: bytes

    def encoded(self, number: int) -> bytes:
        """The page with our serial number, page number ``number`` and its checksum."""
        head = b"OggS\0" + bytes([self.flags]) + self.position + _SERIAL.to_bytes(4, "little")
        head += (number & 0xFFFF_FFFF).to_bytes(4, "little")
        tail = bytes([len(self.lacing)]) + self.lacing + self.body
        return head + _crc(head + bytes(4) + tail).to_bytes(4, "little") + tail


def pages(file: BinaryIO) -> Iterator[Page]:
    """The pages from the start of the file, up to its end or to the first damage."""
    file.seek(0)
    while True:
        head = file.read(27)
        if len(head) < 27 or head[:5] != b"OggS\0":
            return
        lacing = file.read(head[26])
        body = file.read(sum(lacing))
        if len(lacing) < head[26] or len(body) < sum(lacing):
            return
        yield Page(head[5], head[6:14], head[14:18], lacing, body)


def read_packets(stream: Iterator[Page]) -> list[bytes]:
    """The packets before the sound, of the first stream; fewer if the file is damaged, none if it is not ours."""
    packets: list[bytes] = []
    part: list[bytes] = []
    wanted, serial, size = 1, b"", 0
    for page in stream:
        serial = serial or page.serial
        if page.serial != serial:
            continue
        start = 0
        for length in page.lacing:
            part.append(page.body[start : start + length])
            start += length
            if length < 255:
                packets.append(b"".join(part))
                part = []
        size += len(page.body)
        if wanted == 1 and packets:
            codec = next((codec for codec in _CODECS if packets[0].startswith(codec)), None)
            if codec is None:
                return []
            wanted = _CODECS[codec][2]
        if len(packets) >= wanted or size > MAX_KEPT_BYTES:
            break
    return packets[:wanted]


def read_ogg_comments(file: BinaryIO) -> tuple[str, ...] | None:
    """The ``KEY=value`` lines of a Vorbis or Opus file; None if it is neither."""
    packets = read_packets(pages(file))
    if len(packets) < 2:
        return None
    magic = next(_CODECS[codec][0] for codec in _CODECS if packets[0].startswith(codec))
    return read_comments(packets[1][len(magic) :])[1] if packets[1].startswith(magic) else None


def dress(source: BinaryIO, target: BinaryIO, comments: Iterable[str]) -> None:
    """Copy ``source`` to ``target`` with these comments instead of its own."""
    stream = pages(source)
    first, comment, *setup = read_packets(stream)
    magic, end, _ = next(_CODECS[codec] for codec in _CODECS if first.startswith(codec))
    vendor, _ = read_comments(comment[len(magic) :])
    number = 0
    for page in _paged([first], _FIRST):
        target.write(page.encoded(number))
        number += 1
    for page in _paged([magic + write_comments(vendor, comments) + end, *setup], 0):
        target.write(page.encoded(number))
        number += 1
    for page in stream:
        target.write(page.encoded(number))
        number += 1


def _paged(packets: list[bytes], flags: int) -> Iterator[Page]:
    """Packets that carry no sound, in pages as full as they can be."""
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    body = b"".join(packets)
    start = 0
    for first in range(0, len(lacing), 255):
        now = lacing[first : first + 255]
        size = sum(now)
        ends = any(length < 255 for length in now)
        yield Page(flags, bytes(8) if ends else b"\xff" * 8, b"", now, body[start : start + size])
        start += size
        flags = _CONTINUED if now[-1] == 255 else 0


def _crc(data: bytes) -> int:
    """Ogg's checksum is zlib's polynomial, read from the other end of each byte, without the inversions."""
    mirrored = zlib.crc32(data.translate(_MIRROR), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def is_cut(file: BinaryIO) -> bool:
    """Whether the file ends within a page."""
    end = file.seek(0, 2)
    file.seek(max(0, end - 2 * 65_307))  # the largest page, twice
    tail = file.read()
    page = tail[tail.rfind(b"OggS\0") :]
    return len(page) < 27 or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])
