"""Tags in the words of the container they go to: as they were where it is the same, mapped where it is another."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from semeq.audio import flac, id3, riff
from semeq.audio.tags import AIFF_TEXT, INFO, PICTURE_KEY, Chunk, Tags, family


def wav_chunks(tags: Tags) -> tuple[Chunk, ...]:
    """Chunks for a WAV file, the sound's place marked by b"data"."""
    if family(tags.container) == "wav":
        return tags.chunks
    texts = _joined(tags.comments)
    chunks: list[Chunk] = [(b"fmt ", b""), (b"data", b"")]
    if info := [riff.chunk(INFO[key], text + b"\0") for key, text in texts.items() if key in INFO]:
        chunks.append((b"LIST", b"INFO" + b"".join(info)))
    return (*chunks, *_id3_chunk(b"id3 ", tags, INFO))


def aiff_chunks(tags: Tags) -> tuple[Chunk, ...]:
    """Chunks for an AIFF file."""
    if tags.container == "aiff":
        return tags.chunks
    texts = _joined(tags.comments)
    chunks = [(AIFF_TEXT[key], text) for key, text in texts.items() if key in AIFF_TEXT]
    return (*chunks, *_id3_chunk(b"ID3 ", tags, AIFF_TEXT))


def flac_blocks(tags: Tags) -> list[flac.Block]:
    """Blocks for a FLAC file, besides the comment."""
    own = [(name[0], data) for name, data in tags.chunks] if tags.container == "flac" else []
    return own + [(flac.PICTURE, picture) for picture in tags.pictures if id3.split_picture(picture)]


def ogg_comments(tags: Tags) -> list[str]:
    """Comments for an Ogg file; pictures become comments too."""
    return [*tags.comments, *(f"{PICTURE_KEY}={base64.b64encode(picture).decode()}" for picture in tags.pictures)]


def _id3_chunk(name: bytes, tags: Tags, sayable: Iterable[str]) -> list[Chunk]:
    """An ID3 chunk, where there is one already or where plain text chunks cannot say everything."""
    if tags.id3:
        return [(name, tags.id3)]
    keys = {line.partition("=")[0].upper() for line in tags.comments}
    if keys <= set(sayable) and not tags.pictures:
        return []
    return [(name, id3.build(tags.comments, tags.pictures))]


def _joined(comments: Iterable[str]) -> dict[str, bytes]:
    texts: dict[str, list[str]] = {}
    for line in comments:
        key, _, value = line.partition("=")
        texts.setdefault(key.upper(), []).append(value)
    return {key: "; ".join(values).encode("utf-8", "surrogateescape") for key, values in texts.items()}
