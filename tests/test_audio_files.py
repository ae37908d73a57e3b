"""AIFF, FLAC, OGG, W64, CAF and MP3, and everything that can go wrong on a disk."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semeq.audio import AudioInfo, Writer, create_audio, open_audio, output_info, same_file
from semeq.audio.tags import Tags, read_tags
from semeq.errors import AudioError
from tests.audio_files import LOSSLESS, info_of, noise, read, write

SUFFIX = {"aiff": ".aiff", "flac": ".flac", "w64": ".w64", "caf": ".caf", "wav": ".wav", "rf64": ".wav"}


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# samples


@pytest.mark.parametrize(("container", "subtype"), LOSSLESS)
def test_samples_pass_through_unchanged(tmp_path: Path, container: str, subtype: str) -> None:
    info = info_of(container, subtype, 9_001)
    path = tmp_path / f"a{SUFFIX[container]}"
    block = noise(info)
    assert write(path, info, block) == 0
    got_info, got = read(path)
    assert got_info == info
    assert got.dtype == info.dtype
    np.testing.assert_array_equal(got, block)
    theirs, _ = soundfile.read(path, dtype=info.dtype.name)
    np.testing.assert_array_equal(theirs.T, block)


@pytest.mark.parametrize(("container", "subtype"), LOSSLESS)
def test_what_is_too_loud_is_clipped_and_counted(tmp_path: Path, container: str, subtype: str) -> None:
    info = info_of(container, subtype, 3, channels=1)
    path = tmp_path / f"a{SUFFIX[container]}"
    clipped = write(path, info, np.array([[1.5, -1.5, 0.5]], np.float32))
    got = read(path)[1][0].tolist()
    if info.is_float:
        assert (clipped, got) == (0, [1.5, -1.5, 0.5])
    else:
        assert clipped == 2
        assert got[0] == pytest.approx(1, abs=2**-7)  # one step below 1
        assert got[1:] == [-1, 0.5]


@pytest.mark.parametrize(("name", "subtype"), [("a.ogg", "VORBIS"), ("a.opus", "OPUS")])
@pytest.mark.parametrize("frames", [1, 4_800, 48_123])
def test_lossy_output_keeps_its_length_to_the_sample(tmp_path: Path, name: str, subtype: str, frames: int) -> None:
    info = info_of("ogg", subtype, frames)
    tone = 0.5 * np.sin(np.arange(frames) * 2 * np.pi * 440 / 48_000) * np.ones((2, 1))
    write(tmp_path / name, info, tone.astype(np.float32))
    got_info, got = read(tmp_path / name)
    assert got_info == info
    assert got.shape == (2, frames)
    if frames > 10_000:
        assert np.sqrt(np.mean((got - tone)[:, 2000:-2000] ** 2)) < 0.01  # -31 dB below the tone; loss, not damage


def test_lossy_output_counts_clipping(tmp_path: Path) -> None:
    assert write(tmp_path / "a.ogg", info_of("ogg", "VORBIS", 4, channels=1), np.array([[2.0, -2, np.nan, 0.5]])) == 3


def test_a_long_block_into_ogg_is_no_crash(tmp_path: Path) -> None:
    info = info_of("ogg", "VORBIS", 3_000_000, channels=1)
    write(tmp_path / "a.ogg", info, np.zeros((1, info.frames), np.float32), step=info.frames)
    assert read(tmp_path / "a.ogg", 1_000_000)[1].shape == (1, 3_000_000)


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg", "a.opus", "a.caf", "a.w64"])
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    info = output_info(Path(name), info_of("wav", "PCM_16", 4_800))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / name, info, 0.1 * noise(info_of("wav", "PCM_16", 4_800)))
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_float_aiff_notes_no_time(tmp_path: Path) -> None:
    info = info_of("aiff", "FLOAT", 100)
    write(tmp_path / "a.aiff", info, noise(info))
    raw = (tmp_path / "a.aiff").read_bytes()
    at = raw.index(b"PEAK")
    assert raw[at + 12 : at + 16] == bytes(4)


def test_an_mp3_is_read_to_its_last_sample(tmp_path: Path) -> None:
    tone = 0.5 * np.sin(np.arange(44_100) / 20)
    soundfile.write(tmp_path / "a.mp3", tone, 44_100, format="MP3")
    info, got = read(tmp_path / "a.mp3")
    assert (info.container, info.subtype, info.rate_hz) == ("mp3", "MPEG_LAYER_III", 44_100)
    assert got.shape[1] == info.frames


def test_mp3_files_put_behind_each_other_are_refused_instead_of_cut(tmp_path: Path) -> None:
    for name, seed in (("a.mp3", 0), ("b.mp3", 1)):
        sound = 0.1 * np.random.default_rng(seed).standard_normal((44_100, 2))
        soundfile.write(tmp_path / name, sound, 44_100, format="MP3")
    (tmp_path / "c.mp3").write_bytes((tmp_path / "a.mp3").read_bytes() + (tmp_path / "b.mp3").read_bytes())
    assert "c.mp3: an MP3 that is longer than its header tells" in said(tmp_path / "c.mp3")


def test_an_mp3_with_a_picture_behind_it_is_as_long_as_before(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.mp3", 0.1 * np.random.default_rng(0).standard_normal(44_100), 44_100, format="MP3")
    frames = read(tmp_path / "a.mp3")[0].frames
    with (tmp_path / "a.mp3").open("ab") as file:
        file.write(np.random.default_rng(1).bytes(2_000_000))
    assert read(tmp_path / "a.mp3")[0].frames == frames


@pytest.mark.parametrize("rate_hz", [4_000, 192_000])
@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.caf"])
def test_low_and_high_rates_are_kept(tmp_path: Path, name: str, rate_hz: int) -> None:
    info = output_info(Path(name), info_of("wav", "PCM_24", rate_hz // 10, rate_hz=rate_hz))
    write(tmp_path / name, info, noise(info))
    assert read(tmp_path / name)[0] == info


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.caf"])
def test_17_channels_are_kept_in_order(tmp_path: Path, name: str) -> None:
    info = output_info(Path(name), info_of("wav", "PCM_16", 100, channels=17))
    block = np.repeat(np.arange(17)[:, None] / 32, 100, axis=1).astype(np.float32)
    write(tmp_path / name, info, block)
    np.testing.assert_array_equal(read(tmp_path / name)[1], block)


# what a container can hold


@pytest.mark.parametrize(
    ("name", "container", "subtype", "given", "expected"),
    [
        ("a.wav", "wav", "PCM_24", None, "PCM_24"),
        ("a.wav", "rf64", "PCM_24", None, "PCM_24"),
        ("a.WAV", "mp3", "MPEG_LAYER_III", None, "PCM_24"),
        ("a.flac", "mp3", "MPEG_LAYER_III", None, "PCM_24"),
        ("a.wav", "ogg", "VORBIS", None, "PCM_24"),
        ("a.wav", "wav", "ULAW", None, "PCM_16"),
        ("a.flac", "wav", "PCM_U8", None, "PCM_S8"),
        ("a.wav", "aiff", "PCM_S8", None, "PCM_U8"),
        ("a.flac", "wav", "FLOAT", "PCM_24", "PCM_24"),
        ("a.aif", "wav", "DOUBLE", None, "DOUBLE"),
        ("a.ogg", "wav", "PCM_24", None, "VORBIS"),
        ("a.ogg", "ogg", "OPUS", None, "VORBIS"),
        ("a.opus", "wav", "FLOAT", None, "OPUS"),
    ],
)
def test_depth_is_kept_or_the_nearest_that_loses_nothing(
    name: str, container: str, subtype: str, given: str | None, expected: str
) -> None:
    like = info_of(container, subtype, 100)
    info = output_info(Path(name), like, given)
    assert info.subtype == expected
    assert (info.rate_hz, info.channels, info.frames) == (like.rate_hz, like.channels, like.frames)


@pytest.mark.parametrize(
    ("name", "subtype", "message"),
    [
        ("a.flac", "FLOAT", r"a\.flac: FLAC holds 8 bit, 16 bit or 24 bit, not 32-bit float; use \.wav or --bits 24"),
        ("a.flac", "PCM_32", r"not 32 bit; use"),
        ("a.mp3", "PCM_16", r"MP3 is read, not written"),
        ("a.xyz", "PCM_16", r"semeq writes \.wav"),
        ("a", "PCM_16", r"semeq writes \.wav"),
    ],
)
def test_what_a_container_cannot_hold_is_refused(name: str, subtype: str, message: str) -> None:
    with pytest.raises(AudioError, match=message):
        output_info(Path(name), info_of("wav", subtype, 100))


@pytest.mark.parametrize(
    ("name", "channels", "rate_hz", "message"),
    [
        ("a.flac", 17, 48_000, "FLAC holds up to 8 channels, not 17; use .wav"),
        ("a.flac", 2, 88_201, "FLAC holds up to 65535 Hz, and tens up to 655350 Hz, not 88201; use .wav"),
        ("a.ogg", 256, 48_000, "OGG holds up to 255 channels, not 256; use .wav"),
        ("a.ogg", 2, 200_001, "OGG holds up to 200000 Hz, not 200001; use .wav"),
        ("a.opus", 2, 44_100, "Opus holds 8000, 12000, 16000, 24000, 48000 Hz, not 44100; use .wav"),
    ],
)
def test_limits_of_containers_are_named(name: str, channels: int, rate_hz: int, message: str) -> None:
    like = info_of("wav", "PCM_16", 100, channels=channels, rate_hz=rate_hz)
    with pytest.raises(AudioError) as caught:
        output_info(Path(name), like)
    assert str(caught.value) == f"{name}: {message}"


@pytest.mark.parametrize(
    ("name", "channels", "rate_hz"),
    [
        ("a.flac", 8, 655_350),
        ("a.flac", 1, 1),
        ("a.ogg", 255, 8_000),
        ("a.ogg", 2, 200_000),
        ("a.ogg", 1, 100),
        ("a.opus", 17, 8_000),
        ("a.aiff", 1024, 768_000),
        ("a.caf", 1024, 768_000),
        ("a.w64", 1024, 768_000),
    ],
)
def test_the_limits_themselves_are_held(tmp_path: Path, name: str, channels: int, rate_hz: int) -> None:
    info = output_info(Path(name), info_of("wav", "PCM_16", 3_001, channels=channels, rate_hz=rate_hz))
    write(tmp_path / name, info, np.zeros((channels, info.frames)))
    got_info, got = read(tmp_path / name)
    assert got_info == info
    assert got.shape == (channels, info.frames)


def test_ogg_has_no_bit_depth_to_choose() -> None:
    with pytest.raises(AudioError, match="has no bit depth"):
        output_info(Path("a.ogg"), info_of("wav", "PCM_16", 100), "PCM_24")


def test_an_encoder_that_refuses_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"a\.w64: W64 cannot hold 2 channels at 48000 Hz"):
        create_audio(tmp_path / "a.w64", info_of("w64", "PCM_S8", 100))
    assert files_in(tmp_path) == []


def test_info_knows_length_and_headroom() -> None:
    info = info_of("wav", "FLOAT", 24_000)
    assert info.dur_s == 0.5
    assert info.is_float
    assert info_of("wav", "PCM_32", 1).dtype == np.float64
    with pytest.raises(AudioError, match="channels=0"):
        AudioInfo(container="wav", subtype="PCM_16", rate_hz=8000, channels=0, frames=1)


# bad input


def said(path: Path) -> str:
    with pytest.raises(AudioError) as caught, open_audio(path) as reader:
        while reader.read(65_536).shape[1]:
            pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    assert "no such file" in said(tmp_path / "none.wav")
    assert "a folder" in said(tmp_path)
    (tmp_path / "empty.wav").touch()
    assert said(tmp_path / "empty.wav") == "empty.wav: empty file; get it again"
    (tmp_path / "text.wav").write_text("not a sound\n" * 100)
    assert said(tmp_path / "text.wav") == "text.wav: not audio that semeq reads; use WAV, AIFF, FLAC, OGG or MP3"
    (tmp_path / "a.wav").write_bytes(b"R")
    assert "not audio" in said(tmp_path / "a.wav")


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.caf"])
def test_no_samples_are_named(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / name, np.zeros((0, 2)), 48_000)
    assert said(tmp_path / name) == f"{name}: holds no sound (0 samples); nothing to do"


def test_a_file_of_100_ms_is_as_good_as_any(tmp_path: Path) -> None:
    info = info_of("flac", "PCM_16", 4_800)
    write(tmp_path / "a.flac", info, noise(info))
    assert read(tmp_path / "a.flac", 1 << 20)[1].shape == (2, 4_800)


@pytest.mark.parametrize("name", ["a.aiff", "a.flac", "a.ogg", "a.mp3", "a.wav"])
@pytest.mark.parametrize("part", [0.3, 0.7, 0.95])
def test_a_truncated_file_is_refused_before_work_begins(
    tmp_path: Path, name: str, part: float, capfd: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / name, 0.1 * np.random.default_rng(0).standard_normal((96_000, 2)), 48_000)
    raw = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(raw[: int(len(raw) * part)])
    with pytest.raises(AudioError, match="truncated"):
        open_audio(tmp_path / name)
    assert capfd.readouterr() == ("", "")  # mpg123 talks to the terminal if asked


@pytest.fixture
def foreign_folder() -> Iterator[Path]:
    """A folder that we may enter and not write, root or not."""
    if os.name == "nt":
        pytest.skip("POSIX permissions")
    folder = Path(tempfile.mkdtemp())
    (folder / "shut.wav").write_bytes(b"RIFF")
    (folder / "shut.wav").chmod(0)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_an_unreadable_file_is_one_line(foreign_folder: Path) -> None:
    path = foreign_folder / "shut.wav"
    assert said(path) == f"{path}: no permission; change the rights or choose another folder"


def sample(name: str) -> bytes:
    buffer = io.BytesIO()
    sound = 0.1 * np.random.default_rng(0).standard_normal((2_000, 2))
    soundfile.write(buffer, sound, 48_000, format=name)
    return buffer.getvalue()


SAMPLES = {name: sample(name) for name in ("AIFF", "FLAC", "OGG", "MP3", "W64", "CAF")}


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damage_anywhere_is_read_or_refused_in_one_line(tmp_path: Path, name: str, data: st.DataObject) -> None:
    raw = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(raw) - 1, 300)))
        raw[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    path = tmp_path / "a.bin"
    path.write_bytes(raw)
    try:
        read_tags(path)
        with open_audio(path) as reader:
            while reader.read(65_536).shape[1]:
                pass
    except AudioError as error:
        assert "\n" not in str(error)


@given(st.binary(max_size=400), st.sampled_from([b"", b"RIFF1234WAVE", b"FORM1234AIFF", b"fLaC", b"OggS\0", b"ID3\3"]))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_random_bytes_are_refused_in_one_line(tmp_path: Path, junk: bytes, magic: bytes) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(magic + junk)
    try:
        read_tags(path)
        with open_audio(path) as reader:
            while reader.read(65_536).shape[1]:
                pass
    except AudioError as error:
        assert "\n" not in str(error)


# output


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg"])
def test_a_file_appears_under_its_name_only_when_it_is_whole(tmp_path: Path, name: str) -> None:
    info = output_info(Path(name), info_of("wav", "PCM_16", 100))
    with create_audio(tmp_path / name, info) as writer:
        writer.write(np.zeros((2, 100)))
        assert name not in files_in(tmp_path)
        assert len(files_in(tmp_path)) == 1
    assert files_in(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_a_failure_leaves_the_old_file_and_no_half_file(
    tmp_path: Path, name: str, failure: type[BaseException]
) -> None:
    (tmp_path / name).write_text("old")
    info = output_info(Path(name), info_of("wav", "PCM_16", 100))

    def fail(writer: Writer) -> None:
        with writer:
            writer.write(np.zeros((2, 50)))
            raise failure

    with pytest.raises(failure):
        fail(create_audio(tmp_path / name, info))
    assert files_in(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "old"


def test_an_existing_file_is_replaced_only_if_allowed(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 10)
    write(tmp_path / "a.wav", info, noise(info))
    with pytest.raises(AudioError, match=r"a\.wav: exists; choose another name"):
        create_audio(tmp_path / "a.wav", info, overwrite=False)
    write(tmp_path / "a.wav", info, noise(info, 1))
    np.testing.assert_array_equal(read(tmp_path / "a.wav")[1], noise(info, 1))


def test_the_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "b.wav").write_text("old")
    (tmp_path / "a.wav").symlink_to(tmp_path / "real" / "b.wav")
    info = info_of("wav", "PCM_16", 10)
    write(tmp_path / "a.wav", info, noise(info))
    assert (tmp_path / "a.wav").is_symlink()
    assert read(tmp_path / "real" / "b.wav")[0] == info


@pytest.mark.skipif(os.name == "nt", reason="POSIX devices")
def test_a_device_is_never_replaced() -> None:
    with pytest.raises(AudioError, match="not a file"):
        create_audio(Path(os.devnull), info_of("wav", "PCM_16", 10))


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_new_file_has_the_usual_rights(tmp_path: Path) -> None:
    info = info_of("wav", "PCM_16", 10)
    write(tmp_path / "a.wav", info, noise(info))
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.wav").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such folder"):
        create_audio(tmp_path / "none" / "a.wav", info_of("wav", "PCM_16", 10))


def test_a_folder_that_cannot_be_written_is_one_line(foreign_folder: Path) -> None:
    with pytest.raises(AudioError, match=r"a\.wav: no permission; change the rights or choose another folder$"):
        create_audio(foreign_folder / "a.wav", info_of("wav", "PCM_16", 10))


def test_one_file_is_known_under_all_its_names(tmp_path: Path) -> None:
    first = tmp_path / "a.wav"
    first.touch()
    (tmp_path / "soft.wav").symlink_to(first)
    os.link(first, tmp_path / "hard.wav")
    (tmp_path / "b.wav").touch()
    assert same_file(first, tmp_path / "soft.wav")
    assert same_file(first, tmp_path / "hard.wav")
    assert same_file(first, tmp_path / "x" / ".." / "a.wav")
    assert not same_file(first, tmp_path / "b.wav")
    assert not same_file(first, tmp_path / "none.wav")


FILL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from semeq.audio import create_audio, output_info, AudioInfo
from semeq.errors import AudioError
limit = int(sys.argv[2])
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
path = Path(sys.argv[1])
info = output_info(path, AudioInfo(container="wav", subtype="PCM_16", rate_hz=48_000, channels=2, frames=500_000))
noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 5_000))
try:
    with create_audio(path, info) as writer:
        for _ in range(100):
            writer.write(noise)
except AudioError as error:
    sys.exit(str(error))
"""


def fill(path: Path, limit: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FILL), str(path), str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done
    return done.stderr.strip()


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg", "a.caf"])
@pytest.mark.parametrize("limit", [10, 100_000])
def test_a_full_quota_is_one_line_and_leaves_nothing(tmp_path: Path, name: str, limit: int) -> None:
    assert fill(tmp_path / name, limit) == f"no space left on {tmp_path}: free some or write elsewhere"
    assert files_in(tmp_path) == []


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a disk takes Linux and root; the quota test says the same")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here; the quota test says the same")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tiny_disk: Path, name: str) -> None:
    assert fill(tiny_disk / name, 0) == f"no space left on {tiny_disk}: free some or write elsewhere"
    assert files_in(tiny_disk) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg"])
def test_ctrl_c_in_a_real_process_leaves_nothing(tmp_path: Path, name: str) -> None:
    script = FILL.replace("writer.write(noise)", "writer.write(noise); print(flush=True)").replace(
        "range(100)", "iter(int, 1)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / name), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        half = files_in(tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert len(half) == 1
    assert process.returncode != 0
    assert files_in(tmp_path) == []


def test_tags_may_be_left_out(tmp_path: Path) -> None:
    info = info_of("flac", "PCM_16", 10)
    write(tmp_path / "a.flac", info, noise(info), Tags())
    assert read_tags(tmp_path / "a.flac").comments == ()
