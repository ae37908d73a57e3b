"""WAV and RF64 in blocks: a header read with suspicion, samples by `semeq.pcm`, a header patched at the end."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from semeq.audio import pcm, riff
from semeq.audio.info import BITS, MAX_CHANNELS, AudioInfo
from semeq.errors import AudioError

Chunk = tuple[bytes, bytes]  # name and data

PCM, IEEE_FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_SUBTYPES = {
    (PCM, 1): "PCM_U8",
    (PCM, 2): "PCM_16",
    (PCM, 3): "PCM_24",
    (PCM, 4): "PCM_32",
    (IEEE_FLOAT, 4): "FLOAT",
    (IEEE_FLOAT, 8): "DOUBLE",
}
# Speakers in the order of WAVEFORMATEXTENSIBLE, for files that do not say: mono, stereo, 3.0, quad, 5.0, 5.1, 6.1, 7.1.
_MASKS = {1: 0x4, 2: 0x3, 3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x70F, 8: 0x63F}
_UNKNOWN_32 = 0xFFFF_FFFF
_UNKNOWN_64 = 0xFFFF_FFFF_FFFF_FFFF
_SOX_UNKNOWN = range(0x7FFF_F000 - 0x1_0000, 0x8000_0000)  # what sox promises into a pipe, less a partial frame
_ROOM_BYTES = 28  # of a ds64 chunk


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything lies in a WAV file; ``info`` is None for codecs that are not ours."""

    form: bytes
    info: AudioInfo | None
    spans: tuple[riff.Span, ...]
    data_start: int
    frame_bytes: int


def scan(file: BinaryIO, name: str) -> Layout | None:
    """Find the chunks of a WAV or RF64 file; None if it is something else."""
    end = file.seek(0, 2)
    file.seek(0)
    head = file.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return None
    spans: list[riff.Span] = []
    for span in riff.walk(file, 12, end):
        spans.append(span)
        if span.name == b"data":
            break
    fmt = _content(file, spans, b"fmt ", 40)
    if not fmt or spans[-1].name != b"data":
        raise AudioError(f"{name}: damaged: a WAV file without {'sound' if fmt else 'a format'}; get it again")
    data = spans.pop()
    size_64 = _content(file, spans, b"ds64", 16)[8:]
    promised = int.from_bytes(size_64, "little") if size_64 and data.size == _UNKNOWN_32 else data.size
    held = _held(file, data.start, promised, end)
    info, frame_bytes = _read_fmt(fmt, head[:4])
    if info is not None:
        if promised // frame_bytes > held // frame_bytes and not _streamed(promised):
            raise riff.truncated(name, promised / frame_bytes / info.rate_hz, held / frame_bytes / info.rate_hz)
        info = replace(info, frames=held // frame_bytes)
    sound = riff.Span(b"data", data.start, held)
    spans += [sound, *riff.walk(file, riff.behind(file, sound, end), end)]
    return Layout(head[:4], info, tuple(spans), data.start, frame_bytes)


def _content(file: BinaryIO, spans: Sequence[riff.Span], name: bytes, most: int) -> bytes:
    """The first bytes of the first chunk of that name; nothing if there is none."""
    for span in spans:
        if span.name == name:
            file.seek(span.start)
            return file.read(min(span.size, most))
    return b""


def _streamed(size: int) -> bool:
    """Whether a length means "unknown when the header was written"."""
    return size in (0, _UNKNOWN_32, _UNKNOWN_64) or size in _SOX_UNKNOWN


def _held(file: BinaryIO, start: int, promised: int, end: int) -> int:
    """Bytes of sound that are there."""
    left = max(0, end - start)
    if promised > left or (promised == 0 and not riff.reaches_end(file, start, end)):
        return left
    # Writers that do not know RF64 let the length wrap at 4 GiB; whole turns are sound, not tags.
    turns = (left - promised) >> 32 if promised < _UNKNOWN_32 else 0
    if turns and not riff.reaches_end(file, start + promised + promised % 2, end):
        return promised + (turns << 32)
    return promised


def _read_fmt(fmt: bytes, form: bytes) -> tuple[AudioInfo | None, int]:
    if len(fmt) < 16:
        return None, 0
    tag, channels, rate_hz, _, frame_bytes, bits = struct.unpack("<HHIIHH", fmt[:16])
    if tag == EXTENSIBLE and len(fmt) >= 40 and fmt[26:40] == _GUID_TAIL:
        tag = int.from_bytes(fmt[24:26], "little")
    width, rest = divmod(frame_bytes, max(channels, 1))
    subtype = _SUBTYPES.get((tag, width))
    if (
        rest
        or subtype is None
        or (bits + 7) // 8 != width
        or not 1 <= channels <= MAX_CHANNELS
        or not 1 <= rate_hz < 2**31
    ):
        return None, 0
    container = "wav" if form == b"RIFF" else "rf64"
    info = AudioInfo(container=container, subtype=subtype, rate_hz=rate_hz, channels=channels, frames=0)
    return info, frame_bytes


class WavSource:
    """The samples of one WAV file, in order."""

    def __init__(self, path: Path, layout: Layout) -> None:
        assert layout.info is not None  # the caller has looked
        self.info = layout.info
        self._frame_bytes = layout.frame_bytes
        self._left = layout.info.frames
        self._raw = np.empty(0, np.uint8)
        self._file = path.open("rb", buffering=0)
        self._file.seek(layout.data_start)

    def read(self, frames: int) -> pcm.Block:
        """The next ``frames``, or what is left."""
        frames = min(frames, self._left)
        size = frames * self._frame_bytes
        if self._raw.size < size + 4:
            self._raw = np.zeros(size + 4, np.uint8)
        view = self._raw.data
        got = 0
        while got < size:
            more = self._file.readinto(view[4 + got : 4 + size])
            if not more:
                break
            got += more
        frames = got // self._frame_bytes
        self._left -= frames
        return pcm.decode(self._raw, frames, self.info.channels, self.info.subtype)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class WavSink:
    """One WAV file being written; ``before`` and ``after`` are chunks that stand around the sound."""

    def __init__(self, file: BinaryIO, info: AudioInfo, form: bytes, around: Sequence[Chunk]) -> None:
        self._file = file
        self._info = info
        self._form = form
        names = [name for name, _ in around]
        if b"fmt " not in names:
            around = [(b"fmt ", b""), *around]
            names = [name for name, _ in around]
        split = names.index(b"data") if b"data" in names else len(names)
        self._after = [chunk for chunk in around[split:] if chunk[0] != b"data"]
        self._bytes = 0
        self._frame_bytes = info.channels * pcm.WIDTH[info.subtype]
        tags = sum(len(data) + 9 for _, data in around)
        self._room = form != b"RIFF" or info.frames * self._frame_bytes + tags + 1024 > _UNKNOWN_32
        head = form + b"\0\0\0\0WAVE"
        if self._room:
            head += riff.chunk(b"JUNK", bytes(_ROOM_BYTES))
        self._fact = None
        for name, data in around[:split]:
            if name == b"fmt ":
                head += riff.chunk(name, fmt_chunk(info, data))
                if info.is_float:
                    self._fact = len(head) + 8
                    head += riff.chunk(b"fact", bytes(4))
            else:
                head += riff.chunk(name, data)
        self._data_head = len(head)
        file.write(head + b"data\0\0\0\0")

    def write(self, block: pcm.Block, dither_rng: np.random.Generator | None) -> int:
        """Append ``block``; returns how many samples had to be clipped."""
        clipped = 0
        for start in range(0, block.shape[1], pcm.TILE):
            tile = block[:, start : start + pcm.TILE]
            if self._info.is_float:
                raw = pcm.interleaved(tile, pcm.LITTLE[self._info.subtype]).view(np.uint8).reshape(-1)
            else:
                ints, more = pcm.quantise(tile, BITS[self._info.subtype], dither_rng)
                raw = pcm.pack(ints, self._info.subtype)
                clipped += more
            self._file.write(raw.data)
            self._bytes += raw.size
        return clipped

    def finish(self) -> None:
        """Write what follows the sound and put the lengths into the header."""
        self._file.write(b"\0" * (self._bytes % 2) + b"".join(riff.chunk(*chunk) for chunk in self._after))
        size = self._file.tell()
        frames = self._bytes // self._frame_bytes
        large = self._form != b"RIFF" or size - 8 > _UNKNOWN_32
        if large and not self._room:
            raise AudioError("more than 4 GiB of sound, and frames did not say so; give the length when creating")
        if large:
            self._patch(0, (self._form if self._form != b"RIFF" else b"RF64") + b"\xff" * 4)
            ds64 = struct.pack("<QQQI", size - 8, self._bytes, frames, 0)
            self._patch(12, riff.chunk(b"ds64", ds64))
        else:
            self._patch(4, struct.pack("<I", size - 8))
        self._patch(self._data_head + 4, struct.pack("<I", _UNKNOWN_32 if large else self._bytes))
        if self._fact is not None:
            self._patch(self._fact, struct.pack("<I", min(frames, _UNKNOWN_32)))

    def _patch(self, place: int, data: bytes) -> None:
        self._file.seek(place)
        self._file.write(data)


def fmt_chunk(info: AudioInfo, like: bytes = b"") -> bytes:
    """The format chunk: plain up to stereo, extensible beyond, or of the kind of ``like``, with its speakers."""
    width = pcm.WIDTH[info.subtype]
    tag = IEEE_FLOAT if info.is_float else PCM
    extensible = info.channels > 2
    mask = _MASKS.get(info.channels, 0)
    if len(like) >= 16 and int.from_bytes(like[2:4], "little") == info.channels:
        extensible = int.from_bytes(like[:2], "little") == EXTENSIBLE
        if extensible and len(like) >= 24:
            mask = int.from_bytes(like[20:24], "little")
    frame_bytes = info.channels * width
    rate = min(info.rate_hz * frame_bytes, _UNKNOWN_32)
    head = struct.pack("<HIIHH", info.channels, info.rate_hz, rate, frame_bytes, 8 * width)
    if extensible:
        return struct.pack("<H", EXTENSIBLE) + head + struct.pack("<HHIH", 22, 8 * width, mask, tag) + _GUID_TAIL
    return struct.pack("<H", tag) + head + (b"\0\0" if info.is_float else b"")
