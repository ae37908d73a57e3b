"""Files of other programs, and other programs on our files: the outside authority."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semeq.audio import id3, open_audio, output_info
from semeq.audio.tags import Tags, read_tags
from semeq.errors import AudioError
from tests.audio_files import Block, info_of, noise, peer, read, write

pytestmark = pytest.mark.peer

FFMPEG_RAW = {
    "PCM_U8": ("s16le", "<i2", 2**15),
    "PCM_S8": ("s16le", "<i2", 2**15),
    "PCM_16": ("s16le", "<i2", 2**15),
    "PCM_24": ("s32le", "<i4", 2**31),
    "PCM_32": ("s32le", "<i4", 2**31),
    "FLOAT": ("f32le", "<f4", 1),
    "DOUBLE": ("f64le", "<f8", 1),
}


def run(program: str, *args: object, stdin: bytes | None = None) -> bytes:
    command = [peer(program), *map(str, args)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def ffmpeg_read(path: Path, subtype: str, channels: int) -> Block:
    name, dtype, scale = FFMPEG_RAW[subtype]
    raw = run("ffmpeg", "-v", "error", "-i", path, "-f", name, "-")
    block: Block = np.frombuffer(raw, dtype).reshape(-1, channels).T / scale
    return block


def probe(path: Path) -> dict[str, Any]:
    shown = run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path)
    found: dict[str, Any] = json.loads(shown)
    return found


@pytest.mark.parametrize(
    ("name", "container", "subtype"),
    [
        ("a.wav", "wav", "PCM_U8"),
        ("a.wav", "wav", "PCM_16"),
        ("a.wav", "wav", "PCM_24"),
        ("a.wav", "wav", "PCM_32"),
        ("a.wav", "wav", "FLOAT"),
        ("a.wav", "wav", "DOUBLE"),
        ("a.wav", "rf64", "PCM_24"),
        ("a.w64", "w64", "PCM_24"),
        ("a.aiff", "aiff", "PCM_S8"),
        ("a.aiff", "aiff", "PCM_24"),
        ("a.aiff", "aiff", "FLOAT"),
        ("a.caf", "caf", "PCM_24"),
        ("a.flac", "flac", "PCM_16"),
        ("a.flac", "flac", "PCM_24"),
    ],
)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_ffmpeg_reads_what_we_write(tmp_path: Path, name: str, container: str, subtype: str, channels: int) -> None:
    info = info_of(container, subtype, 1_001, channels=channels)
    block = noise(info)
    write(tmp_path / name, info, block, Tags(comments=("TITLE=x", "MOOD=y")))
    np.testing.assert_array_equal(ffmpeg_read(tmp_path / name, subtype, channels), block)


@pytest.mark.parametrize(
    ("name", "codec", "subtype"),
    [
        ("a.wav", "pcm_u8", "PCM_U8"),
        ("a.wav", "pcm_s16le", "PCM_16"),
        ("a.wav", "pcm_s24le", "PCM_24"),
        ("a.wav", "pcm_s32le", "PCM_32"),
        ("a.wav", "pcm_f32le", "FLOAT"),
        ("a.wav", "pcm_f64le", "DOUBLE"),
        ("a.aiff", "pcm_s24be", "PCM_24"),
        ("a.aiff", "pcm_s16be", "PCM_16"),
        ("a.caf", "pcm_s24be", "PCM_24"),
        ("a.w64", "pcm_s24le", "PCM_24"),
        ("a.flac", "flac", "PCM_16"),
    ],
)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_we_read_what_ffmpeg_writes(tmp_path: Path, name: str, codec: str, subtype: str, channels: int) -> None:
    frames = 1_000 if name == "a.w64" else 1_001  # ffmpeg counts the padding of a W64 chunk as sound
    info = info_of("wav", "DOUBLE", frames, channels=channels)
    block = noise(info_of("wav", "PCM_24", frames, channels=channels)).astype(np.float64)
    write(tmp_path / "in.wav", info, block)
    how = ("-sample_fmt", "s16") if codec == "flac" else ()
    run("ffmpeg", "-v", "error", "-i", tmp_path / "in.wav", "-c:a", codec, *how, tmp_path / name)
    got_info, got = read(tmp_path / name)
    assert (got_info.subtype, got_info.channels, got_info.frames) == (subtype, channels, frames)
    np.testing.assert_array_equal(got, ffmpeg_read(tmp_path / name, subtype, channels))


@pytest.mark.parametrize("kind", ["wav", "rf64"])
def test_we_read_what_ffmpeg_streams_into_a_pipe(tmp_path: Path, kind: str) -> None:
    info = info_of("wav", "PCM_24", 5_000)
    write(tmp_path / "in.wav", info, noise(info))
    how = ["-rf64", "always"] if kind == "rf64" else []
    raw = run("ffmpeg", "-v", "error", "-i", tmp_path / "in.wav", "-c:a", "pcm_s24le", "-f", "wav", *how, "-")
    (tmp_path / "a.wav").write_bytes(raw)
    np.testing.assert_array_equal(read(tmp_path / "a.wav")[1], noise(info))


def test_we_read_what_sox_streams_into_a_pipe(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 5_000)
    write(tmp_path / "in.wav", info, noise(info))
    (tmp_path / "a.wav").write_bytes(run("sox", "-D", tmp_path / "in.wav", "-t", "wav", "-"))
    np.testing.assert_array_equal(read(tmp_path / "a.wav")[1], noise(info))


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.w64", "a.caf"])
@pytest.mark.parametrize("bits", [16, 24])
def test_sox_and_we_read_and_write_alike(tmp_path: Path, name: str, bits: int) -> None:
    info = info_of("wav", f"PCM_{bits}", 3_001)
    block = noise(info)
    write(tmp_path / "in.wav", info, block)
    run("sox", "-D", tmp_path / "in.wav", tmp_path / name)
    np.testing.assert_array_equal(read(tmp_path / name)[1], block)
    write(tmp_path / f"our_{name}", output_info(tmp_path / name, info), block)
    run("sox", "-D", tmp_path / f"our_{name}", tmp_path / "back.wav")
    np.testing.assert_array_equal(read(tmp_path / "back.wav")[1], block)


def test_the_reference_decoder_accepts_our_flac_with_all_its_tags(tmp_path: Path) -> None:
    info = info_of("flac", "PCM_24", 30_000)
    picture = id3.join_picture(3, b"image/png", b"", bytes(1000))
    tags = Tags(comments=("TITLE=Größe", "ARTIST=x"), pictures=(picture,))
    write(tmp_path / "a.flac", info, noise(info), tags)
    run("flac", "--silent", "--test", "--warnings-as-errors", tmp_path / "a.flac")
    shown = run("metaflac", "--list", "--no-utf8-convert", tmp_path / "a.flac").decode()
    assert "comment[0]: TITLE=Größe" in shown
    assert "type: 6 (PICTURE)" in shown


def test_blocks_that_metaflac_wrote_arrive(tmp_path: Path) -> None:
    info = info_of("flac", "PCM_16", 44_100, rate_hz=44_100)
    write(tmp_path / "a.flac", info, noise(info))
    (tmp_path / "a.cue").write_text('FILE "a.flac" FLAC\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n')
    run("metaflac", f"--import-cuesheet-from={tmp_path / 'a.cue'}", "--set-tag=MOOD=calm", tmp_path / "a.flac")
    run("metaflac", "--add-padding=1000", "--add-seekpoint=10x", tmp_path / "a.flac")
    got_info, got = read(tmp_path / "a.flac")
    write(tmp_path / "b.flac", got_info, got, read_tags(tmp_path / "a.flac"))
    run("flac", "--silent", "--test", tmp_path / "b.flac")
    assert run("metaflac", "--export-cuesheet-to=-", tmp_path / "b.flac").startswith(b"FILE")
    assert run("metaflac", "--show-tag=MOOD", tmp_path / "b.flac").strip() == b"MOOD=calm"


@pytest.mark.parametrize(("name", "subtype"), [("a.ogg", "VORBIS"), ("a.opus", "OPUS")])
def test_other_programs_read_our_ogg_and_its_comments(tmp_path: Path, name: str, subtype: str) -> None:
    info = info_of("ogg", subtype, 48_000)
    tags = Tags(comments=("TITLE=Größe", "X-OWN=y", "LONG=" + "z" * 100_000))
    write(tmp_path / name, info, noise(info), tags)
    raw = run("ffmpeg", "-v", "error", "-xerror", "-i", tmp_path / name, "-f", "f32le", "-")
    assert len(raw) == 48_000 * 2 * 4
    said = {key.upper(): value for key, value in probe(tmp_path / name)["streams"][0]["tags"].items()}
    assert (said["TITLE"], said["X-OWN"], len(said["LONG"])) == ("Größe", "y", 100_000)


def test_vorbiscomment_and_we_agree(tmp_path: Path) -> None:
    info = info_of("ogg", "VORBIS", 20_000)
    write(tmp_path / "a.ogg", info, noise(info), Tags(comments=("TITLE=Größe", "X-OWN=y")))
    assert run("vorbiscomment", "-R", "-l", tmp_path / "a.ogg").decode().splitlines() == ["TITLE=Größe", "X-OWN=y"]
    run("vorbiscomment", "-R", "-a", "-t", "MORE=z", tmp_path / "a.ogg")
    assert read_tags(tmp_path / "a.ogg").comments == ("TITLE=Größe", "X-OWN=y", "MORE=z")


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg", "a.mp3"])
def test_fields_that_ffmpeg_wrote_are_read(tmp_path: Path, name: str) -> None:
    info = info_of("wav", "PCM_16", 48_000)
    write(tmp_path / "in.wav", info, noise(info))
    fields = {"title": "Größe", "artist": "One", "album": "so"}
    how = [part for key, value in fields.items() for part in ("-metadata", f"{key}={value}")]
    if name == "a.aiff":
        how += ["-write_id3v2", "1"]
    run("ffmpeg", "-v", "error", "-i", tmp_path / "in.wav", *how, tmp_path / name)
    got = read_tags(tmp_path / name).comments
    assert {f"{key.upper()}={value}" for key, value in fields.items()} <= set(map(upper_key, got))


def upper_key(line: str) -> str:
    key, _, value = line.partition("=")
    return f"{key.upper()}={value}"


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg"])
def test_ffmpeg_reads_the_fields_that_we_map(tmp_path: Path, name: str) -> None:
    info = output_info(tmp_path / name, info_of("wav", "PCM_16", 500))
    fields = Tags(container="mp3", comments=("TITLE=Größe", "ARTIST=One", "COMPOSER=C"))
    write(tmp_path / name, info, 0.1 * noise(info_of("wav", "PCM_16", 500)), fields)
    shown = probe(tmp_path / name)
    said = {
        key.lower(): value
        for part in (shown["format"], *shown["streams"])
        for key, value in part.get("tags", {}).items()
    }
    assert (said["title"], said["artist"]) == ("Größe", "One")


@pytest.mark.parametrize("channels", [3, 5, 6, 7, 8])
@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "a.flac", "a.wav"])
def test_speakers_keep_their_places(tmp_path: Path, name: str, channels: int) -> None:
    """Each channel holds a tone of its own, low enough for the low-frequency channel."""
    freqs_hz = 40 + 10 * np.arange(channels)
    block = 0.5 * np.sin(np.arange(48_000) * 2 * np.pi * freqs_hz[:, None] / 48_000)
    info = output_info(tmp_path / name, info_of("wav", "PCM_24", 48_000, channels=channels))
    write(tmp_path / name, info, block)
    raw = run("ffmpeg", "-v", "error", "-i", tmp_path / name, "-c:a", "pcm_f32le", "-f", "f32le", "-")
    theirs = np.frombuffer(raw, "<f4").reshape(-1, channels).T
    for got in (read(tmp_path / name)[1], theirs):
        assert np.argmax(np.abs(np.fft.rfft(got)), axis=1).tolist() == freqs_hz.tolist()  # a second: bins of 1 Hz


def test_an_mp3_with_a_header_is_exactly_as_long_as_its_source(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 100_001)
    write(tmp_path / "in.wav", info, noise(info) * np.float32(0.1))
    run("ffmpeg", "-v", "error", "-i", tmp_path / "in.wav", "-q:a", "2", tmp_path / "a.mp3")
    got_info, got = read(tmp_path / "a.mp3")
    assert got_info.frames == got.shape[1] == 100_001


def test_an_mp3_of_constant_rate_without_a_header_is_as_long_as_its_frames(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 100_001)
    write(tmp_path / "in.wav", info, noise(info) * np.float32(0.1))
    run("ffmpeg", "-v", "error", "-i", tmp_path / "in.wav", "-b:a", "128k", "-write_xing", "0", tmp_path / "a.mp3")
    got_info, got = read(tmp_path / "a.mp3")
    assert got_info.frames == got.shape[1]
    assert got.shape[1] % 1152 == 0


def test_an_mp3_of_changing_rate_without_a_header_is_refused_instead_of_cut(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 200_000)
    quiet_then_loud = noise(info) * np.linspace(0, 1, 200_000, dtype=np.float32) ** 8
    write(tmp_path / "in.wav", info, quiet_then_loud)
    run("ffmpeg", "-v", "error", "-i", tmp_path / "in.wav", "-q:a", "2", "-write_xing", "0", tmp_path / "a.mp3")
    try:
        got_info, got = read(tmp_path / "a.mp3")
    except AudioError as error:
        assert "ffmpeg -i a.mp3 -c copy fixed.mp3" in str(error)
        run("ffmpeg", "-v", "error", "-i", tmp_path / "a.mp3", "-c", "copy", tmp_path / "fixed.mp3")
        got_info, got = read(tmp_path / "fixed.mp3")
    assert got_info.frames == got.shape[1] >= 200_000


def test_a_flac_stream_that_does_not_say_its_length_is_refused_with_the_remedy(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 50_000)
    write(tmp_path / "in.wav", info, noise(info))
    (tmp_path / "a.flac").write_bytes(run("ffmpeg", "-v", "error", "-i", tmp_path / "in.wav", "-f", "flac", "-"))
    with pytest.raises(
        AudioError, match=r"does not say how long it is; remake it first: ffmpeg -i a\.flac fixed\.flac"
    ):
        open_audio(tmp_path / "a.flac")
    run("ffmpeg", "-v", "error", "-i", tmp_path / "a.flac", tmp_path / "fixed.flac")
    np.testing.assert_array_equal(read(tmp_path / "fixed.flac")[1], noise(info))
