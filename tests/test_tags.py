"""Tags: whole between files of one kind, mapped between kinds, and what is lost is named."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from semeq.audio import aiff, create_audio, flac, id3, ogg, open_audio, output_info, riff, tags
from semeq.audio.tags import Tags, read_tags
from semeq.errors import AudioError
from tests.audio_files import info_of, noise, read, write

PICTURE = id3.join_picture(3, b"image/png", b"front", b"\x89PNG not really \x00\xff\x00\xe0")
LINES = ("TITLE=Größe", "ARTIST=One", "ARTIST=Two", "X-OWN=kept = too", "ISRC=DEAB12345678")


def copy(source: Path, target: Path) -> Tags:
    """Read and write as the renderer does; returns the tags that arrived."""
    info, block = read(source)
    write(target, output_info(target, info), block, read_tags(source))
    return read_tags(target)


def wav_with(path: Path, before: list[tags.Chunk], after: list[tags.Chunk]) -> None:
    head = struct.pack("<HHIIHH", 1, 1, 8000, 24000, 3, 24)
    chunks = [*before, (b"fmt ", head), (b"JUNK", bytes(9)), (b"data", bytes(range(33))), *after]
    body = b"WAVE" + b"".join(riff.chunk(*chunk) for chunk in chunks)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def info_list(**values: bytes) -> bytes:
    return b"INFO" + b"".join(riff.chunk(name.encode(), value + b"\0") for name, value in values.items())


# of one kind


def test_wav_chunks_stay_byte_for_byte_on_their_side_of_the_sound(tmp_path: Path) -> None:
    before = [(b"bext", bytes(range(250)) * 3), (b"iXML", b"<BWFXML>odd</BWFXML>")]
    after = [
        (b"cue ", struct.pack("<I6I", 1, 1, 5, 0x61746164, 0, 0, 5)),
        (b"LIST", b"adtllabl\x07\0\0\0\1\0\0\0ab\0\0"),
        (b"smpl", bytes(36)),
        (b"LIST", info_list(IART=b"Someone", INAM="Größe".encode())),
        (b"id3 ", id3.build(["TITLE=x"], [PICTURE])),
        (b"axml", b"<a/>"),
        (b"_own", b"odd"),
    ]
    wav_with(tmp_path / "a.wav", before, after)
    copy(tmp_path / "a.wav", tmp_path / "b.wav")
    raw = (tmp_path / "a.wav").read_bytes()
    without_junk = raw.replace(riff.chunk(b"JUNK", bytes(9)), b"")
    assert (tmp_path / "b.wav").read_bytes()[12:] == without_junk[12:]


def test_bw64_stays_bw64(tmp_path: Path) -> None:
    wav_with(tmp_path / "a.wav", [], [(b"chna", bytes(44))])
    raw = (tmp_path / "a.wav").read_bytes()
    ds64 = riff.chunk(b"ds64", struct.pack("<QQQI", len(raw) + 28, 33, 11, 0))
    raw = (b"BW64" + b"\xff" * 4 + b"WAVE" + ds64 + raw[12:]).replace(b"data\x21\0\0\0", b"data\xff\xff\xff\xff")
    (tmp_path / "a.wav").write_bytes(raw)
    copy(tmp_path / "a.wav", tmp_path / "b.wav")
    assert (tmp_path / "b.wav").read_bytes()[:4] == b"BW64"
    assert b"chna" in (tmp_path / "b.wav").read_bytes()
    assert read(tmp_path / "b.wav")[0].frames == 11


def test_flac_blocks_stay(tmp_path: Path) -> None:
    lead_out = struct.pack(">QB12sB13sB", 5_000, 170, b"", 0, b"", 0)
    blocks = [(flac.CUESHEET, bytes(395) + b"\1" + lead_out), (flac.APPLICATION, b"semqabc"), (flac.PICTURE, PICTURE)]
    soundfile.write(tmp_path / "plain.flac", noise(info_of("flac", "PCM_16", 5_000)).T, 48_000)
    with (tmp_path / "plain.flac").open("rb") as source, (tmp_path / "a.flac").open("wb") as target:
        flac.dress(source, target, LINES, blocks)
    copy(tmp_path / "a.flac", tmp_path / "b.flac")
    with (tmp_path / "b.flac").open("rb") as file:
        got, _, _ = flac.read_blocks(file)
    kept = {kind: data for kind, data in got if kind in (flac.CUESHEET, flac.APPLICATION, flac.PICTURE)}
    assert kept == dict(blocks)
    assert read_tags(tmp_path / "b.flac").comments == LINES
    assert soundfile.info(tmp_path / "b.flac").frames == 5_000


def test_aiff_chunks_stay(tmp_path: Path) -> None:
    chunks = (
        (b"NAME", b"a name"),
        (b"MARK", b"\0\1\0\1\0\0\0\5\3abc"),
        (b"INST", bytes(20)),
        (b"COMT", bytes(10)),
        (b"ID3 ", id3.build(["ALBUM=y"], [])),
        (b"MIDI", b"odd"),
    )
    info = info_of("aiff", "PCM_24", 333, channels=1)
    write(tmp_path / "a.aiff", info, noise(info), Tags(container="aiff", chunks=chunks))
    got = copy(tmp_path / "a.aiff", tmp_path / "b.aiff")
    assert got.chunks == chunks
    assert (tmp_path / "a.aiff").read_bytes() == (tmp_path / "b.aiff").read_bytes()
    assert soundfile.info(tmp_path / "b.aiff").frames == 333


@pytest.mark.parametrize(("name", "subtype"), [("a.ogg", "VORBIS"), ("a.opus", "OPUS")])
@pytest.mark.parametrize("image", [10, 200_000])
def test_ogg_comments_stay_unknown_keys_and_pictures_too(tmp_path: Path, name: str, subtype: str, image: int) -> None:
    picture = id3.join_picture(3, b"image/png", b"", bytes(image))
    info = info_of("ogg", subtype, 30_000)
    given = Tags(container="ogg", comments=LINES, pictures=(picture,))
    write(tmp_path / name, info, noise(info), given)
    got = copy(tmp_path / name, tmp_path / f"b{name}")
    assert got.comments == LINES
    assert got.pictures == (picture,)
    assert soundfile.info(tmp_path / f"b{name}").frames == 30_000


def test_every_ogg_page_is_numbered_and_its_checksum_holds(tmp_path: Path) -> None:
    info = info_of("ogg", "VORBIS", 50_000)
    write(tmp_path / "a.ogg", info, noise(info), Tags(comments=("TITLE=" + "x" * 70_000,)))
    raw = (tmp_path / "a.ogg").read_bytes()
    with (tmp_path / "a.ogg").open("rb") as file:
        pages = list(ogg.pages(file))
    assert b"".join(page.encoded(number) for number, page in enumerate(pages)) == raw
    assert len(pages) > 4
    assert pages[0].flags == 2
    assert pages[-1].flags & 4


def test_the_checksum_is_the_one_of_the_specification() -> None:
    # Bit by bit, as RFC 3533 says: generator 0x04c11db7, start and final value zero.
    for data in (b"", b"a", bytes(range(256)) * 3):
        value = 0
        for byte in data:
            value ^= byte << 24
            for _ in range(8):
                value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFF_FFFF
        assert ogg._crc(data) == value


# between kinds

COMMON = ("TITLE=Größe", "ARTIST=One", "ALBUM=A", "DATE=2024", "TRACKNUMBER=3/9", "GENRE=Folk", "COMMENT=so")


@pytest.mark.parametrize("target", ["wav", "aiff", "flac", "ogg", "opus"])
@pytest.mark.parametrize("source", ["flac", "ogg", "wav", "aiff"])
def test_common_fields_and_pictures_reach_every_kind(tmp_path: Path, source: str, target: str) -> None:
    first, second = tmp_path / f"a.{source}", tmp_path / f"b.{target}"
    info = output_info(first, info_of("wav", "PCM_16", 500))
    write(first, info, noise(info_of("wav", "PCM_16", 500)), Tags(comments=COMMON, pictures=(PICTURE,)))
    got = copy(first, second)
    assert sorted(got.comments) == sorted(COMMON)
    assert got.pictures == (PICTURE,)
    assert read_tags(first).lost_in(output_info(second, info)) == []


def test_an_mp3_tag_goes_into_wav_and_aiff_as_it_is_and_into_flac_as_text(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "plain.mp3", noise(info_of("wav", "PCM_16", 9_000)).T / 9, 48_000, format="MP3")
    raw = id3.build(COMMON, [PICTURE])
    raw = raw[:6] + id3._to_synchsafe(len(raw) - 10 + 14) + raw[10:] + b"PRIV" + id3._to_synchsafe(4) + b"\0\0x\0yz"
    (tmp_path / "a.mp3").write_bytes(raw + (tmp_path / "plain.mp3").read_bytes())
    assert copy(tmp_path / "a.mp3", tmp_path / "b.wav").chunks[-1] == (b"id3 ", raw)
    assert copy(tmp_path / "a.mp3", tmp_path / "b.aiff").chunks[-1] == (b"ID3 ", raw)
    got = copy(tmp_path / "a.mp3", tmp_path / "b.flac")
    assert got.comments == COMMON
    assert got.pictures == (PICTURE,)
    info, _ = read(tmp_path / "a.mp3")
    assert read_tags(tmp_path / "a.mp3").lost_in(output_info(Path("b.flac"), info)) == ["PRIV"]
    assert read_tags(tmp_path / "a.mp3").lost_in(output_info(Path("b.wav"), info)) == []


def test_an_old_tag_at_the_end_of_an_mp3_is_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.mp3", noise(info_of("wav", "PCM_16", 9_000)).T / 9, 48_000, format="MP3")
    old = b"TAG" + b"Title".ljust(30, b"\0") + b"Artist".ljust(30) + bytes(30) + b"1999" + bytes(29) + b"\7\1"
    with (tmp_path / "a.mp3").open("ab") as file:
        file.write(old)
    assert read_tags(tmp_path / "a.mp3").comments == ("TITLE=Title", "ARTIST=Artist", "DATE=1999", "TRACKNUMBER=7")


def test_what_another_kind_cannot_say_is_named(tmp_path: Path) -> None:
    labels = (b"LIST", b"adtllabl\x06\0\0\0\1\0\0\0a\0")
    wav_with(tmp_path / "a.wav", [(b"bext", bytes(602))], [(b"cue ", bytes(28)), labels])
    got = read_tags(tmp_path / "a.wav")
    assert got.lost_in(info_of("flac", "PCM_24", 1)) == ["bext", "cue", "LIST adtl"]
    assert got.lost_in(info_of("wav", "PCM_24", 1)) == []
    assert Tags(container="flac", comments=LINES).lost_in(info_of("w64", "PCM_16", 1)) == [
        "title",
        "artist",
        "x-own",
        "isrc",
    ]


def test_tags_too_large_to_hold_are_named_and_cost_no_memory(tmp_path: Path) -> None:
    wav_with(tmp_path / "a.wav", [], [])
    with (tmp_path / "a.wav").open("r+b") as file:
        file.seek(0, 2)
        file.write(b"huge" + struct.pack("<I", 100 << 20))
        file.truncate(file.tell() + (100 << 20))
    got = read_tags(tmp_path / "a.wav")
    assert got.lost_in(info_of("wav", "PCM_24", 1)) == ["huge"]
    assert b"huge" not in dict(got.chunks)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such file"):
        read_tags(tmp_path / "none.wav")


def test_text_of_windows_and_of_unicode_is_read(tmp_path: Path) -> None:
    wav_with(
        tmp_path / "a.wav", [], [(b"LIST", info_list(INAM="Größe".encode("latin-1"), IART="日本".encode(), IENG=b"E"))]
    )
    assert read_tags(tmp_path / "a.wav").comments == ("TITLE=Größe", "ARTIST=日本", "IENG=E")


# ID3


def frame_23(name: bytes, data: bytes) -> bytes:
    return name + struct.pack(">I", len(data)) + b"\0\0" + data


def test_id3_of_every_version_and_encoding_is_read() -> None:
    utf16 = b"\1" + "Größe\0".encode("utf-16")
    body = frame_23(b"TIT2", utf16) + frame_23(b"TYER", b"\0001999") + frame_23(b"TXXX", b"\0my key\0v") + bytes(50)
    v23 = b"ID3\3\0\0" + id3._to_synchsafe(len(body)) + body
    assert id3.parse(v23).comments == ("TITLE=Größe", "DATE=1999", "MY KEY=v")
    body = b"TT2\0\0\4\0abc" + b"PIC\0\0\x0b\0PNG\3d\0ABCD"
    v22 = b"ID3\2\0\0" + id3._to_synchsafe(len(body)) + body
    assert id3.parse(v22).comments == ("TITLE=abc",)
    assert id3.parse(v22).pictures == (id3.join_picture(3, b"image/png", b"d", b"ABCD"),)
    body = frame_23(b"TIT2", b"\0a\xff\xe0b").replace(b"\xff", b"\xff\0")
    unsynchronised = b"ID3\3\0\x80" + id3._to_synchsafe(len(body)) + body
    assert id3.parse(unsynchronised).comments == ("TITLE=aÿàb",)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Z]{1,12}", fullmatch=True),
            st.text(st.characters(exclude_characters="\0\ufeff"), min_size=1),
        )
    ),
    st.binary(max_size=50),
)
def test_an_id3_tag_says_what_was_put_in(fields: list[tuple[str, str]], image: bytes) -> None:
    picture = id3.join_picture(3, b"image/jpeg", b"label", image)
    lines = [f"{key}={value}".encode("utf-8", "replace").decode() for key, value in fields]
    got = id3.parse(id3.build(lines, [picture] if image else []))
    assert sorted(got.comments) == sorted(lines)
    assert got.pictures == ((picture,) if image else ())


@settings(deadline=None)
@given(st.lists(st.text()), st.binary())
def test_vorbis_comments_say_what_was_put_in(lines: list[str], vendor: bytes) -> None:
    lines = [line.encode("utf-8", "replace").decode() for line in lines]
    assert flac.read_comments(flac.write_comments(vendor, lines)) == (vendor, tuple(lines))


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, 4), st.integers(0, 255))
def test_no_bytes_disturb_the_parsers(junk: bytes, version: int, flags: int) -> None:
    id3.parse(b"ID3" + bytes([version, 0, flags]) + id3._to_synchsafe(len(junk)) + junk)
    id3.parse(b"ID3\3\0\0" + id3._to_synchsafe(len(junk) + 10) + frame_23(b"APIC", junk))
    id3.build(["TITLE=x"], [junk])
    flac.read_comments(junk)


def test_a_broken_tag_never_keeps_the_sound_from_being_written(tmp_path: Path) -> None:
    broken = Tags(container="ogg", comments=("no equals sign", "=", "TITLE=\udcff"), pictures=(b"x",))
    for name in ("a.wav", "a.aiff", "a.flac", "a.ogg"):
        info = output_info(tmp_path / name, info_of("wav", "PCM_16", 50))
        write(tmp_path / name, info, 0.1 * noise(info_of("wav", "PCM_16", 50)), broken)
        assert read(tmp_path / name)[0].frames == 50


def test_long_tags_are_quick(tmp_path: Path) -> None:
    info = info_of("ogg", "VORBIS", 4_800)
    picture = id3.join_picture(3, b"image/png", b"", bytes(5 << 20))
    start = time.perf_counter()
    with create_audio(tmp_path / "a.ogg", info, tags=Tags(pictures=(picture,))) as writer:
        writer.write(noise(info))
    with open_audio(tmp_path / "a.ogg") as reader:
        assert reader.info == info
    assert read_tags(tmp_path / "a.ogg").pictures == (picture,)
    assert time.perf_counter() - start < 3


def test_an_aiff_with_an_odd_end_is_padded_before_its_tags(tmp_path: Path) -> None:
    info = info_of("aiff", "PCM_S8", 3, channels=1)
    write(tmp_path / "a.aiff", info, noise(info), Tags(comments=("TITLE=abc",)))
    with (tmp_path / "a.aiff").open("rb") as file:
        names = [span.name for span in aiff.spans(file)]
        assert aiff.promised_frames(file) == 3
    assert names == [b"COMM", b"SSND", b"NAME"]
    assert read_tags(tmp_path / "a.aiff").comments == ("TITLE=abc",)
