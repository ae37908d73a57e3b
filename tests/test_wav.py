"""WAV and RF64: samples exact, headers as they were, damage named."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semeq.audio import create_audio, open_audio, pcm, riff
from semeq.audio.info import BITS, HOLDS
from semeq.audio.tags import read_tags
from semeq.errors import AudioError
from tests.audio_files import Block, info_of, noise, read, write

SUBTYPES = HOLDS["wav"]


def wav_bytes(*chunks: tuple[bytes, bytes], form: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(riff.chunk(*chunk) for chunk in chunks)
    return form + struct.pack("<I", len(body)) + body


def fmt(tag: int = 1, channels: int = 1, rate_hz: int = 8000, bits: int = 16) -> tuple[bytes, bytes]:
    frame = channels * bits // 8
    return b"fmt ", struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * frame, frame, bits)


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 17])
def test_samples_pass_through_unchanged(tmp_path: Path, subtype: str, channels: int) -> None:
    info = info_of("wav", subtype, 1001, channels=channels)
    block = noise(info)
    assert write(tmp_path / "a.wav", info, block) == 0
    got_info, got = read(tmp_path / "a.wav")
    assert got_info == info
    assert got.dtype == info.dtype
    assert got.flags.c_contiguous
    np.testing.assert_array_equal(got, block)


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_reading_and_writing_gives_the_same_bytes(tmp_path: Path, subtype: str) -> None:
    info = info_of("wav", subtype, 20_001)
    write(tmp_path / "a.wav", info, noise(info))
    got_info, got = read(tmp_path / "a.wav")
    write(tmp_path / "b.wav", got_info, got, read_tags(tmp_path / "a.wav"))
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "a.wav").read_bytes()


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("container", ["wav", "rf64"])
def test_soundfile_reads_what_we_write(tmp_path: Path, subtype: str, container: str) -> None:
    info = info_of(container, subtype, 1001)
    block = noise(info)
    write(tmp_path / "a.wav", info, block)
    got, rate_hz = soundfile.read(tmp_path / "a.wav", dtype=info.dtype.name)
    assert rate_hz == info.rate_hz
    assert soundfile.info(tmp_path / "a.wav").subtype == subtype
    np.testing.assert_array_equal(got.T, block)


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
def test_we_read_what_soundfile_writes(tmp_path: Path, subtype: str, container: str) -> None:
    info = info_of("rf64" if container == "RF64" else "wav", subtype, 1001)
    block = noise(info)
    soundfile.write(tmp_path / "a.wav", block.T, info.rate_hz, subtype, format=container)
    ours, got = read(tmp_path / "a.wav")
    theirs, _ = soundfile.read(tmp_path / "a.wav", dtype=info.dtype.name)
    assert ours == info
    np.testing.assert_array_equal(got, theirs.T)


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(0, 70), st.sampled_from(SUBTYPES), st.data())
def test_bytes_become_samples_and_the_same_bytes_again(
    channels: int, frames: int, subtype: str, data: st.DataObject
) -> None:
    size = frames * channels * pcm.WIDTH[subtype]
    raw = np.frombuffer(b"lead" + data.draw(st.binary(min_size=size, max_size=size)), np.uint8)
    block = pcm.decode(raw, frames, channels, subtype)
    assert block.shape == (channels, frames)
    if subtype in BITS:
        ints, clipped = pcm.quantise(block, BITS[subtype])
        assert clipped == 0
        assert pcm.pack(ints, subtype).tobytes() == raw[4:].tobytes()


def test_rounding_is_to_the_nearest_and_from_the_middle_to_even() -> None:
    steps = np.array([[0.5, 1.5, 2.5, -0.5, -1.5, 0.49, 0.51]])
    ints, _ = pcm.quantise(steps / 2**15, 16)
    assert ints[:, 0].tolist() == [0, 2, 2, 0, -2, 0, 1]


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_does_not_fit_is_clipped_and_counted(bits: int, dtype: type) -> None:
    block: Block = np.array([[1.0, -1.0, 1.5, -1.5, np.inf, -np.inf, np.nan, 0.25]], dtype)
    ints, clipped = pcm.quantise(block, bits)
    top = 2 ** (bits - 1)
    assert ints[:, 0].tolist() == [top - 1, -top, top - 1, -top, top - 1, -top, 0, top // 4]
    assert clipped == 6  # all but -1, which is the lowest whole number, and 0.25


def test_nan_and_infinity_are_delivered(tmp_path: Path) -> None:
    info = info_of("wav", "FLOAT", 4, channels=1)
    block = np.array([[0.5, np.nan, np.inf, -np.inf]], np.float32)
    write(tmp_path / "a.wav", info, block)
    np.testing.assert_array_equal(read(tmp_path / "a.wav")[1], block)


def test_dither_is_off_unless_asked_for_and_repeats_with_its_seed(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 48_000, channels=1)
    silence = np.zeros((1, 48_000), np.float32)
    write(tmp_path / "off.wav", info, silence)
    assert not read(tmp_path / "off.wav")[1].any()
    for name in ("a.wav", "b.wav"):
        with create_audio(tmp_path / name, info, dither_rng=np.random.default_rng(7)) as writer:
            writer.write(silence)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    steps = read(tmp_path / "a.wav")[1] * 2**15
    assert set(np.unique(steps)) == {-1.0, 0.0, 1.0}
    # Triangular dither of two steps rounds zero to ±1 with chance 1/8 each: variance 1/4.
    assert np.var(steps) == pytest.approx(0.25, abs=0.01)


def test_dither_makes_the_mean_of_a_constant_true() -> None:
    block = np.full((1, 200_000), 0.3 / 2**15)
    ints, _ = pcm.quantise(block, 16, np.random.default_rng(1))
    assert np.mean(ints) == pytest.approx(0.3, abs=0.01)  # six standard errors; without dither it is 0


def test_an_odd_number_of_bytes_is_padded(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_24", 3, channels=1)
    write(tmp_path / "a.wav", info, noise(info))
    raw = (tmp_path / "a.wav").read_bytes()
    assert len(raw) % 2 == 0
    assert struct.unpack("<I", raw[4:8])[0] == len(raw) - 8
    assert soundfile.info(tmp_path / "a.wav").frames == 3


def test_mono_and_stereo_get_the_plain_header_and_more_channels_the_extensible(tmp_path: Path) -> None:
    for channels, tag in ((1, 1), (2, 1), (6, 0xFFFE)):
        info = info_of("wav", "PCM_24", 5, channels=channels)
        write(tmp_path / "a.wav", info, noise(info))
        assert struct.unpack("<H", (tmp_path / "a.wav").read_bytes()[20:22]) == (tag,)


def test_the_speakers_of_an_extensible_header_are_kept(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 100, channels=4)
    soundfile.write(tmp_path / "a.wav", noise(info).T, 48_000, "PCM_16", format="WAVEX")
    raw = bytearray((tmp_path / "a.wav").read_bytes())
    at = raw.index(b"fmt ") + 8 + 20
    raw[at : at + 4] = struct.pack("<I", 0x107)  # L R C and back centre
    (tmp_path / "a.wav").write_bytes(raw)
    got_info, got = read(tmp_path / "a.wav")
    write(tmp_path / "b.wav", got_info, got, read_tags(tmp_path / "a.wav"))
    copy = (tmp_path / "b.wav").read_bytes()
    at = copy.index(b"fmt ") + 8 + 20
    assert struct.unpack("<I", copy[at : at + 4]) == (0x107,)


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_F000])
def test_a_streamed_header_means_up_to_the_end(tmp_path: Path, size: int) -> None:
    raw = bytearray(wav_bytes(fmt(), (b"data", np.arange(100, dtype="<i2").tobytes())))
    raw[40:44] = struct.pack("<I", size)
    (tmp_path / "a.wav").write_bytes(raw)
    info, got = read(tmp_path / "a.wav")
    assert info.frames == 100
    assert got[0, 99] == 99 / 2**15


def test_zero_length_is_zero_length_when_other_chunks_follow(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(fmt(), (b"data", b""), (b"LIST", b"INFOIART\2\0\0\0x\0")))
    with pytest.raises(AudioError, match=r"a\.wav: holds no sound"):
        open_audio(tmp_path / "a.wav")


def test_a_truncated_file_says_what_is_missing(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 12 * 8000, channels=1, rate_hz=8000)
    write(tmp_path / "a.wav", info, noise(info))
    raw = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(raw[: 44 + int(3.4 * 8000) * 2])
    with pytest.raises(AudioError, match=r"^a\.wav: truncated: its header promises 12\.0 s, the file holds 3\.4 s; "):
        open_audio(tmp_path / "a.wav")


def test_a_file_that_shrinks_while_it_is_read_is_named_truncated(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 8000, channels=1)
    write(tmp_path / "a.wav", info, noise(info))
    with open_audio(tmp_path / "a.wav") as reader:
        reader.read(100)
        os.truncate(tmp_path / "a.wav", 1000)
        with pytest.raises(AudioError, match="truncated"):
            reader.read(8000)


def test_unknown_and_unpadded_odd_chunks_are_walked_over(tmp_path: Path) -> None:
    sound = (b"data", np.arange(50, dtype="<i2").tobytes())
    raw = wav_bytes((b"JUNK", b"x" * 5), fmt(), (b"odd!", b"abc"), sound)
    raw = raw.replace(b"odd!\3\0\0\0abc\0", b"odd!\3\0\0\0abc")
    (tmp_path / "a.wav").write_bytes(raw)
    assert read(tmp_path / "a.wav")[1].shape == (1, 50)


@pytest.mark.parametrize("bits", [20, 24])
def test_samples_left_aligned_in_a_wider_word_are_read_whole(tmp_path: Path, bits: int) -> None:
    ints = np.array([[1, 2, 3], [0, 0, 128]], np.uint8)  # two 24-bit words
    head = struct.pack("<HHIIHH", 1, 1, 8000, 24000, 3, bits)
    (tmp_path / "a.wav").write_bytes(wav_bytes((b"fmt ", head), (b"data", ints.tobytes())))
    info, got = read(tmp_path / "a.wav")
    assert info.subtype == "PCM_24"
    assert got[0].tolist() == [0x030201 / 2**23, -1.0]


def test_codecs_that_are_not_ours_are_read_by_soundfile(tmp_path: Path) -> None:
    tone = 0.5 * np.sin(np.arange(4800) / 10)
    for subtype in ("ULAW", "IMA_ADPCM", "MS_ADPCM"):
        soundfile.write(tmp_path / "a.wav", tone, 48_000, subtype)
        info, got = read(tmp_path / "a.wav")
        assert (info.container, info.subtype) == ("wav", subtype)
        assert got.shape[1] == soundfile.info(tmp_path / "a.wav").frames


@pytest.mark.parametrize("rate_hz", [4_000, 44_100, 192_000, 768_000])
def test_any_rate_is_kept(tmp_path: Path, rate_hz: int) -> None:
    info = info_of("wav", "PCM_24", rate_hz // 10, rate_hz=rate_hz)
    write(tmp_path / "a.wav", info, noise(info))
    assert read(tmp_path / "a.wav")[0] == info


def test_more_than_4_gib_is_written_as_rf64_and_read_back(tmp_path: Path) -> None:
    frames = (1 << 32) // 4 + 5
    info = info_of("wav", "PCM_16", frames)
    path = tmp_path / "a.wav"
    with create_audio(path, info) as writer:
        sink = writer._sink
        sink._file.seek(4 * (frames - 2), 1)  # type: ignore[union-attr]  # a hole: silence that takes no room
        sink._bytes += 4 * (frames - 2)  # type: ignore[union-attr]
        writer.write(np.full((2, 2), 0.5, np.float32))
    if path.stat().st_blocks * 512 > 1 << 30:
        pytest.skip("this file system has no sparse files")
    with path.open("rb") as file:
        assert file.read(4) == b"RF64"
    assert soundfile.info(path).frames == frames
    with open_audio(path) as reader:
        assert (reader.info.container, reader.info.frames) == ("rf64", frames)
    got, _ = soundfile.read(path, start=frames - 4)
    assert got[:, 0].tolist() == [0, 0, 0.5, 0.5]


def test_a_length_that_wrapped_at_4_gib_is_put_right(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    sound = (1 << 32) + 4000
    with path.open("wb") as file:
        head = bytearray(wav_bytes(fmt(channels=2), (b"data", b"")))
        head[-4:] = struct.pack("<I", 4000)
        file.write(head)
        file.truncate(len(head) + sound)
    with open_audio(path) as reader:
        assert reader.info.frames == sound // 4


def test_memory_stays_flat_however_long_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        head = bytearray(wav_bytes(fmt(channels=2, rate_hz=48_000, bits=24), (b"data", b"")))
        head[-4:] = struct.pack("<I", 300_000_000)
        file.write(head)
        file.truncate(len(head) + 300_000_000)
    process = psutil.Process()
    with open_audio(path) as reader, create_audio(tmp_path / "b.wav", reader.info) as writer:
        writer.write(reader.read(65_536))
        before = most = process.memory_info().rss
        while (block := reader.read(65_536)).shape[1]:
            writer.write(block)
            most = max(most, process.memory_info().rss)
    assert writer.frames == 50_000_000
    assert most - before < 20e6  # a fifteenth of the file


# damage

GOOD = wav_bytes(fmt(), (b"bext", b"b" * 20), (b"data", bytes(200)), (b"LIST", b"INFOIART\2\0\0\0x\0"))


def opens_or_refuses(path: Path) -> None:
    """Anything but a sound or one line is our bug."""
    try:
        with open_audio(path) as reader:
            while reader.read(65_536).shape[1]:
                pass
        read_tags(path)
    except AudioError as error:
        assert "\n" not in str(error)
        assert path.name in str(error)


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_damaged_header_is_read_or_refused_in_one_line(tmp_path: Path, at: int, junk: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(GOOD[:at] + junk + GOOD[at + len(junk) :])
    opens_or_refuses(tmp_path / "a.wav")


@given(st.integers(0, len(GOOD)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_file_cut_anywhere_is_read_or_refused_in_one_line(tmp_path: Path, at: int) -> None:
    (tmp_path / "a.wav").write_bytes(GOOD[:at])
    opens_or_refuses(tmp_path / "a.wav")


def test_a_header_of_65535_channels_costs_no_memory_and_no_time(tmp_path: Path) -> None:
    head = struct.pack("<HHIIHH", 1, 65_535, 48_000, 0, 65_535 * 2 & 0xFFFF, 16)
    (tmp_path / "a.wav").write_bytes(wav_bytes((b"fmt ", head), (b"data", bytes(2000))))
    start = time.perf_counter()
    opens_or_refuses(tmp_path / "a.wav")
    assert time.perf_counter() - start < 1


def test_a_million_empty_chunks_are_no_trap(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(fmt()) + b"none\0\0\0\0" * 1_000_000)
    start = time.perf_counter()
    with pytest.raises(AudioError, match="damaged"):
        open_audio(tmp_path / "a.wav")
    assert time.perf_counter() - start < 1
