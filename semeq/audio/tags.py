"""What a file says about itself besides its sound: read whole, kept whole, and mapped where containers differ.

The common language is that of Vorbis comments (``TITLE=...``) and of FLAC picture blocks. What has no place in it,
such as cue points, is carried only between files of one kind, and is named by `Tags.lost_in` otherwise.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from semeq.audio import aiff, flac, id3, ogg, riff, wav
from semeq.audio.disk import explained
from semeq.audio.info import AudioInfo

Chunk = tuple[bytes, bytes]  # name and data

# Vorbis comment and RIFF INFO.
INFO = {
    "TITLE": b"INAM",
    "ARTIST": b"IART",
    "ALBUM": b"IPRD",
    "DATE": b"ICRD",
    "TRACKNUMBER": b"ITRK",
    "GENRE": b"IGNR",
    "COMMENT": b"ICMT",
    "COPYRIGHT": b"ICOP",
    "ENCODER": b"ISFT",
}
_KEY_OF_INFO = {name: key for key, name in INFO.items()} | {b"IPRT": "TRACKNUMBER"}
AIFF_TEXT = {"TITLE": b"NAME", "ARTIST": b"AUTH", "COPYRIGHT": b"(c) ", "COMMENT": b"ANNO"}
_KEY_OF_AIFF = {name: key for key, name in AIFF_TEXT.items()}
# Written anew with the sound, or filling.
_WAV_OWN = (b"fact", b"PEAK", b"ds64", b"JUNK", b"junk", b"PAD ", b"FLLR")
_ID3 = (b"id3 ", b"ID3 ")
PICTURE_KEY = "METADATA_BLOCK_PICTURE"
_FAMILIES = {"rf64": "wav", "wavex": "wav"}
_STRINGS = {"tracknumber": "TRACKNUMBER", "software": "ENCODER"}  # soundfile's names that are not ours in small letters


@dataclass(frozen=True, kw_only=True, slots=True)
class Tags:
    """Everything but the sound: ``chunks`` as they lie in the file, ``comments`` and ``pictures`` in common words."""

    container: str = ""
    form: bytes = b"RIFF"  # RIFF, RF64 or BW64, where it comes from a WAV file
    chunks: tuple[Chunk, ...] = ()  # WAV and AIFF chunks in order (b"data" marks the sound), FLAC blocks by name
    comments: tuple[str, ...] = ()  # KEY=value
    pictures: tuple[bytes, ...] = ()  # FLAC picture blocks
    id3: bytes = b""  # a whole ID3v2 tag
    strange: tuple[str, ...] = ()  # names of what no other kind of file can say
    dropped: tuple[str, ...] = ()  # names of what was too large, or not understood

    def lost_in(self, info: AudioInfo) -> list[str]:
        """Names of what a file such as ``info`` cannot carry; empty where everything is kept."""
        target = family(info.container)
        lost = list(self.dropped)
        if target == family(self.container) and target in ("wav", "aiff", "flac", "ogg"):
            return lost
        lost += self.strange
        if target in ("wav", "aiff") and self.id3:
            return lost
        lost += id3.parse(self.id3).others
        if target in ("w64", "caf"):
            lost += [line.partition("=")[0].lower() for line in self.comments]
            lost += ["picture"] * bool(self.pictures)
        return list(dict.fromkeys(lost))


def family(container: str) -> str:
    """What shares one kind of tags."""
    return _FAMILIES.get(container, container)


def read_tags(path: Path) -> Tags:
    """Read everything the container can carry; a file that is not audio has no tags."""
    path = Path(path)
    try:
        return _read(path)
    except OSError as error:
        raise explained(error, path) from None


def _read(path: Path) -> Tags:
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:] == b"WAVE":
            return _read_wav(file, path.name)
        if head[:4] == b"FORM":
            return _read_aiff(file)
        if head[:4] == b"OggS":
            return _read_ogg(file)
        blocks, large, start = flac.read_blocks(file)
        if start:
            return _read_flac(blocks, large)
        if tags := _read_mp3(file):
            return tags
    return _read_strings(path)


def _read_wav(file: BinaryIO, name: str) -> Tags:
    layout = wav.scan(file, name)
    if layout is None:
        return Tags()
    chunks, large = _read_chunks(file, [span for span in layout.spans if span.name not in _WAV_OWN], b"data")
    comments: list[str] = []
    strange: list[str] = []
    for chunk_name, data in chunks:
        if chunk_name == b"LIST" and data[:4] == b"INFO":
            comments += _read_info(data)
        elif chunk_name == b"LIST":
            strange.append(f"LIST {data[:4].decode('latin-1')}")
        elif chunk_name not in (b"fmt ", b"data", *_ID3):
            strange.append(chunk_name.decode("latin-1").strip())
    return _with_id3(
        Tags(
            container="wav",
            form=layout.form,
            chunks=tuple(chunks),
            comments=tuple(comments),
            strange=tuple(dict.fromkeys(strange)),
            dropped=large,
        )
    )


def _read_info(data: bytes) -> list[str]:
    lines = []
    start = 4
    while start + 8 <= len(data):
        name, size = data[start : start + 4], int.from_bytes(data[start + 4 : start + 8], "little")
        if value := _decoded(data[start + 8 : start + 8 + size]):
            lines.append(f"{_KEY_OF_INFO.get(name) or id3.legal_key(name.decode('latin-1'))}={value}")
        start += 8 + size + size % 2
    return lines


def _read_aiff(file: BinaryIO) -> Tags:
    chunks, large = _read_chunks(file, [span for span in aiff.spans(file) if span.name not in aiff.OWN])
    comments = [f"{_KEY_OF_AIFF[name]}={_decoded(data)}" for name, data in chunks if name in _KEY_OF_AIFF]
    strange = [name.decode("latin-1").strip() for name, _ in chunks if name not in (*_KEY_OF_AIFF, *_ID3)]
    return _with_id3(
        Tags(
            container="aiff",
            chunks=tuple(chunks),
            comments=tuple(comments),
            strange=tuple(dict.fromkeys(strange)),
            dropped=large,
        )
    )


def _read_chunks(file: BinaryIO, spans: list[riff.Span], sound: bytes = b"") -> tuple[list[Chunk], tuple[str, ...]]:
    chunks: list[Chunk] = []
    large: list[str] = []
    room = riff.MAX_KEPT_BYTES
    for span in spans:
        if span.name == sound:
            chunks.append((span.name, b""))
        elif span.size > room:
            large.append(span.name.decode("latin-1").strip())
        else:
            file.seek(span.start)
            chunks.append((span.name, file.read(span.size)))
            room -= span.size
    return chunks, tuple(large)


def _with_id3(tags: Tags) -> Tags:
    """Add what an ID3 chunk says and the other chunks do not."""
    raw = next((data for name, data in tags.chunks if name in _ID3 and id3.tag_size(data[:10])), b"")
    parsed = id3.parse(raw)
    known = {line.partition("=")[0] for line in tags.comments}
    more = [line for line in parsed.comments if line.partition("=")[0] not in known]
    return replace(tags, comments=(*tags.comments, *more), pictures=parsed.pictures, id3=raw)


def _read_flac(blocks: list[flac.Block], large: list[str]) -> Tags:
    comments = [line for kind, data in blocks if kind == flac.VORBIS_COMMENT for line in flac.read_comments(data)[1]]
    rest = [
        block
        for block in blocks
        if block[0] not in (flac.STREAMINFO, flac.SEEKTABLE, flac.VORBIS_COMMENT, flac.PICTURE)
    ]
    return Tags(
        container="flac",
        chunks=tuple((bytes([kind]), data) for kind, data in rest),
        comments=tuple(comments),
        pictures=tuple(data for kind, data in blocks if kind == flac.PICTURE),
        strange=tuple(dict.fromkeys(flac.name(kind) for kind, _ in rest)),
        dropped=tuple(large),
    )


def _read_ogg(file: BinaryIO) -> Tags:
    comments: list[str] = []
    pictures: list[bytes] = []
    for line in ogg.read_ogg_comments(file) or ():
        key, _, value = line.partition("=")
        try:
            picture = base64.b64decode(value, validate=True) if key.upper() == PICTURE_KEY else b""
        except (binascii.Error, ValueError):  # ValueError: not even ASCII
            picture = b""
        if id3.split_picture(picture):
            pictures.append(picture)
        else:
            comments.append(line)
    return Tags(container="ogg", comments=tuple(comments), pictures=tuple(pictures))


def _read_mp3(file: BinaryIO) -> Tags | None:
    file.seek(0)
    size = id3.tag_size(file.read(10))
    end = file.seek(0, 2)
    file.seek(max(0, end - 128))
    last = id3.parse_v1(file.read(128))
    file.seek(max(0, end - 160))
    ape = ("APEv2",) if b"APETAGEX" in file.read(160) else ()
    if not size and not last.comments and not ape:
        return None
    if size > riff.MAX_KEPT_BYTES:
        return Tags(container="mp3", comments=last.comments, dropped=("ID3v2", *ape))
    file.seek(0)
    raw = file.read(size)
    parsed = id3.parse(raw)
    comments = parsed.comments or last.comments
    return Tags(container="mp3", comments=comments, pictures=parsed.pictures, id3=raw, dropped=ape)


def _read_strings(path: Path) -> Tags:
    import soundfile

    try:
        with soundfile.SoundFile(path) as sound:
            strings = sound.copy_metadata()
            return Tags(
                container=sound.format.lower(),
                comments=tuple(f"{_STRINGS.get(key, key.upper())}={value}" for key, value in strings.items()),
            )
    except soundfile.LibsndfileError:
        return Tags()


def _decoded(data: bytes) -> str:
    data = data.split(b"\0")[0]
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
