"""ID3v2 and ID3v1: text frames and pictures in the words of Vorbis comments, and back as ID3v2.4."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Vorbis comment, ID3v2.3/2.4 frame, ID3v2.2 frame.
FRAMES = (
    ("TITLE", "TIT2", "TT2"),
    ("ARTIST", "TPE1", "TP1"),
    ("ALBUM", "TALB", "TAL"),
    ("ALBUMARTIST", "TPE2", "TP2"),
    ("CONDUCTOR", "TPE3", "TP3"),
    ("DATE", "TDRC", "TYE"),
    ("DATE", "TYER", "TYE"),  # of ID3v2.3
    ("TRACKNUMBER", "TRCK", "TRK"),
    ("DISCNUMBER", "TPOS", "TPA"),
    ("GENRE", "TCON", "TCO"),
    ("COMMENT", "COMM", "COM"),
    ("COPYRIGHT", "TCOP", "TCR"),
    ("ENCODER", "TSSE", "TSS"),
    ("ENCODED-BY", "TENC", "TEN"),
    ("COMPOSER", "TCOM", "TCM"),
    ("LYRICIST", "TEXT", "TXT"),
    ("PUBLISHER", "TPUB", "TPB"),
    ("ISRC", "TSRC", "TRC"),
    ("BPM", "TBPM", "TBP"),
    ("KEY", "TKEY", "TKE"),
    ("LANGUAGE", "TLAN", "TLA"),
)
_KEY_OF = {frame: key for key, *frames in FRAMES for frame in frames}
_FRAME_OF = {key: frame for key, frame, _ in reversed(FRAMES)}  # the first of a key wins
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_MIME = {b"JPG": "image/jpeg", b"PNG": "image/png"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What we understand of a tag (``KEY=value`` lines, FLAC picture blocks), and the names of the rest."""

    comments: tuple[str, ...] = ()
    pictures: tuple[bytes, ...] = ()
    others: tuple[str, ...] = ()


def tag_size(head: bytes) -> int:
    """Length of the tag that begins with these ten bytes; 0 if none does."""
    if len(head) < 10 or head[:3] != b"ID3" or head[3] == 0xFF or max(head[6:10]) > 0x7F:
        return 0
    return 10 + _synchsafe(head[6:10]) + (10 if head[5] & 0x10 else 0)


def parse(raw: bytes) -> Parsed:
    """Read an ID3v2 tag; what is damaged is passed over."""
    if not tag_size(raw[:10]):
        return Parsed()
    comments: list[str] = []
    pictures: list[bytes] = []
    others: list[str] = []
    for name, body in _frames(raw):
        if name in ("APIC", "PIC"):
            picture = _picture(body, short=name == "PIC")
            pictures += [picture] if picture else []
        elif name in ("TXXX", "TXX"):
            key, _, value = _text(body[:1], body[1:]).partition("\0")
            comments += [f"{legal_key(key)}={part}" for part in value.split("\0")]
        elif name in ("COMM", "COM"):
            label, _, value = _text(body[:1], body[4:]).partition("\0")
            comments.append(f"{'COMMENT' if not label else legal_key(f'COMMENT {label}')}={value}")
        elif name in _KEY_OF:
            comments += [f"{_KEY_OF[name]}={value}" for value in _text(body[:1], body[1:]).split("\0") if value]
        else:
            others.append(name)
    return Parsed(tuple(comments), tuple(pictures), tuple(dict.fromkeys(others)))


def parse_v1(raw: bytes) -> Parsed:
    """Read the 128 bytes of an ID3v1 tag, which stands at the end of a file."""
    if len(raw) != 128 or raw[:3] != b"TAG":
        return Parsed()
    places = {"TITLE": (3, 33), "ARTIST": (33, 63), "ALBUM": (63, 93), "DATE": (93, 97), "COMMENT": (97, 125)}
    values = {key: raw[a:b].split(b"\0")[0].decode("latin-1").strip() for key, (a, b) in places.items()}
    if raw[125] == 0 and raw[126]:
        values["TRACKNUMBER"] = str(raw[126])
    return Parsed(tuple(f"{key}={value}" for key, value in values.items() if value))


def build(comments: Iterable[str], pictures: Iterable[bytes]) -> bytes:
    """Write an ID3v2.4 tag, all text as UTF-8."""
    body = b""
    values: dict[str, list[str]] = {}
    for line in comments:
        key, _, value = line.encode("utf-8", "replace").decode().partition("=")
        values.setdefault(key.upper(), []).append(value)
    for key, texts in values.items():
        frame = _FRAME_OF.get(key, "TXXX")
        if frame in ("COMM", "TXXX"):
            head = b"und\0" if frame == "COMM" else key.encode() + b"\0"
            body += b"".join(_frame(frame.encode(), b"\3" + head + text.encode()) for text in texts)
        else:
            body += _frame(frame.encode(), b"\3" + "\0".join(texts).encode())
    for kind, mime, label, image in filter(None, map(split_picture, pictures)):
        body += _frame(b"APIC", b"\3" + mime + b"\0" + bytes([kind & 0xFF]) + label + b"\0" + image)
    return b"ID3\4\0\0" + _to_synchsafe(len(body)) + body


def split_picture(block: bytes) -> tuple[int, bytes, bytes, bytes] | None:
    """Kind, MIME type, label and image of a FLAC picture block; None if it is damaged."""
    try:
        kind, size = struct.unpack_from(">II", block)
        mime = block[8 : 8 + size]
        (label_size,) = struct.unpack_from(">I", block, 8 + size)
        label = block[12 + size : 12 + size + label_size]
        (image_size,) = struct.unpack_from(">I", block, 28 + size + label_size)
    except struct.error:
        return None
    image = block[32 + size + label_size :]
    return (kind, mime, label, image) if len(image) == image_size else None


def _frame(name: bytes, data: bytes) -> bytes:
    return name + _to_synchsafe(len(data)) + b"\0\0" + data


def _frames(raw: bytes) -> Iterator[tuple[str, bytes]]:
    version, flags = raw[3], raw[5]
    end = 10 + _synchsafe(raw[6:10])
    body = raw[10:end]
    if flags & 0x80 and version < 4:
        body = body.replace(b"\xff\x00", b"\xff")
    start = 0
    if flags & 0x40 and version >= 3:  # extended header
        size = _synchsafe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4])
        start = max(size, 4)
    head = 6 if version == 2 else 10
    while start + head <= len(body) and body[start]:
        name = body[start : start + (3 if version == 2 else 4)]
        if version == 2:
            size, how = int.from_bytes(body[start + 3 : start + 6]), 0
        else:
            field = body[start + 4 : start + 8]
            size = _synchsafe(field) if version == 4 else int.from_bytes(field)
            how = body[start + 9]
        data = body[start + head : start + head + size]
        start += head + size
        if version == 4:
            if how & 0x02 or flags & 0x80:
                data = data.replace(b"\xff\x00", b"\xff")
            data = data[4 if how & 0x01 else 0 :]
        compressed = how & 0x0C if version == 4 else how & 0xC0
        text = name.decode("latin-1")
        yield (f"{text} (packed)" if compressed else text), data


def _picture(body: bytes, *, short: bool) -> bytes | None:
    if short:
        mime, rest = _MIME.get(body[1:4], "image/").encode(), body[4:]
    else:
        mime, _, rest = body[1:].partition(b"\0")
    wide = body[:1] in (b"\1", b"\2")
    kind, rest = rest[:1], rest[1:]
    end = 0
    while wide and rest[end : end + 2] not in (b"\0\0", b""):
        end += 2
    if not wide:
        end = rest.find(b"\0")
    if not kind or end < 0 or end >= len(rest):
        return None
    label = _text(body[:1], rest[:end]).encode()
    image = rest[end + (2 if wide else 1) :]
    return join_picture(kind[0], mime, label, image)


def join_picture(kind: int, mime: bytes, label: bytes, image: bytes) -> bytes:
    """A FLAC picture block; width, height and depth are left unknown."""
    return (
        struct.pack(">II", kind, len(mime))
        + mime
        + struct.pack(">I", len(label))
        + label
        + struct.pack(">5I", 0, 0, 0, 0, len(image))
        + image
    )


def _text(encoding: bytes, data: bytes) -> str:
    number = encoding[0] if encoding and encoding[0] < 4 else 0
    text = data.decode(_ENCODINGS[number], "replace").replace("\ufeff", "")
    return text.rstrip("\0")


def legal_key(key: str) -> str:
    """A legal Vorbis key: printable ASCII without the equals sign."""
    return "".join(c for c in key.upper() if " " <= c <= "}" and c != "=") or "TEXT"


def _synchsafe(field: bytes) -> int:
    value = 0
    for byte in field:
        value = value << 7 | byte & 0x7F
    return value


def _to_synchsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))
