"""One file in, one out: what is kept, what is changed, and what is never lost."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from semeq.apply import ApplyOptions, apply_file, apply_pair
from semeq.errors import AudioError, UsageError
from semeq.jobs import Wanted, carry_out
from semeq.loudness import LoudnessMeter
from semeq.pipeline import BLOCK_FRAMES
from semeq.render import channel_filter, choose_engine, render
from semeq.response import peak_db
from semeq.settings import EqSettings
from semeq.sidecar import reproduce, sidecar_path
from tests.sound import noise, read, sine, write

WARM = EqSettings.of((120, 300, 900, 3500, 8000), (4, 3, -2, -1, -3))
HIGH = EqSettings.of((900, 1200, 2500, 5000, 9000), (3, -2, 2, -3, 4))
LOUD = EqSettings.of((120, 300, 900, 3500, 8000), (6, 6, 6, 6, 6))
RAW = ApplyOptions(preamp_db=0.0)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def only(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("settings", [WARM, HIGH], ids=["float64", "pedalboard"])
def test_blocks_side_by_side_give_the_very_bits_of_one_plain_call(settings: EqSettings, tmp_path: Path) -> None:
    frames = 3 * BLOCK_FRAMES + 12_345
    source = write(tmp_path / "in.wav", noise(frames / 48_000))
    apply_file(source, tmp_path / "out.wav", settings, RAW)
    samples = soundfile.read(source, dtype="float32")[0].T
    filters = [channel_filter(settings, 48_000, choose_engine(settings, 48_000)) for _ in samples]
    plain = np.array([run(channel) for run, channel in zip(filters, samples, strict=True)]).astype(np.float32)
    expected = np.rint(plain.astype(np.float64) * 2**23).astype(np.int64) << 8
    written = soundfile.read(tmp_path / "out.wav", dtype="int32")[0].T
    np.testing.assert_array_equal(written, expected)


def test_both_engines_are_meant_by_auto() -> None:
    assert choose_engine(WARM, 48_000) == "float64"
    assert choose_engine(HIGH, 48_000) == "pedalboard"


KINDS = [
    ("wav", "PCM_16"),
    ("wav", "PCM_24"),
    ("wav", "PCM_32"),
    ("wav", "FLOAT"),
    ("wav", "DOUBLE"),
    ("aiff", "PCM_24"),
    ("flac", "PCM_16"),
    ("flac", "PCM_24"),
]


@pytest.mark.parametrize(("suffix", "subtype"), KINDS)
def test_intensity_0_gives_the_input_bit_for_bit(suffix: str, subtype: str, tmp_path: Path) -> None:
    source = write(tmp_path / f"in.{suffix}", noise(peak=1.0), subtype=subtype)
    target = tmp_path / f"out.{suffix}"
    apply_file(source, target, WARM.scaled(0.0))
    kind = "float64" if subtype in ("FLOAT", "DOUBLE") else "int32"
    before, after = (soundfile.read(path, dtype=kind)[0] for path in (source, target))
    np.testing.assert_array_equal(before, after)
    assert soundfile.info(target).subtype == subtype


@pytest.mark.parametrize("rate_hz", [4000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 17])
def test_rate_channels_and_length_are_kept(rate_hz: int, channels: int, tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(0.1, rate_hz, channels), rate_hz)
    apply_file(source, tmp_path / "out.wav", WARM)
    before, after = soundfile.info(source), soundfile.info(tmp_path / "out.wav")
    assert (after.samplerate, after.channels, after.frames) == (rate_hz, channels, before.frames)


def test_each_channel_has_its_own_filter(tmp_path: Path) -> None:
    samples = noise(0.5)
    samples[1] = 0
    apply_file(write(tmp_path / "in.wav", samples), tmp_path / "out.wav", WARM)
    assert np.abs(read(tmp_path / "out.wav")[0][1]).max() == 0
    assert np.abs(read(tmp_path / "out.wav")[0][0]).max() > 0.1


def test_mp3_and_ogg_are_read_and_ogg_is_written(tmp_path: Path) -> None:
    samples = sine(1000, 1.0)
    for suffix, kind, subtype in (("mp3", "MP3", "MPEG_LAYER_III"), ("ogg", "OGG", "VORBIS")):
        source = tmp_path / f"in.{suffix}"
        soundfile.write(source, samples.T, 48_000, format=kind, subtype=subtype)
        target = tmp_path / f"out-{suffix}.{'ogg' if suffix == 'ogg' else 'wav'}"
        apply_file(source, target, WARM)
        assert soundfile.info(target).frames == soundfile.info(source).frames
    with pytest.raises(AudioError, match="MP3 is read, not written"):
        apply_file(source, tmp_path / "out.mp3", WARM)


def test_the_automatic_preamp_keeps_any_input_from_clipping(tmp_path: Path) -> None:
    """A cut alone needs no preamp by its curve, but the edges of a square wave at full scale overshoot."""
    square = np.sign(sine(220, 1.0)) * (1 - 2**-15)
    source = write(tmp_path / "in.wav", square, subtype="PCM_16")
    done = apply_file(source, tmp_path / "out.wav", EqSettings.from_text("-12 dB low shelf at 300 Hz"))
    assert done.clipped == 0
    assert done.settings.preamp_db < -1
    assert any("would clip" in note for note in done.notes)
    assert np.abs(read(tmp_path / "out.wav")[0]).max() < 1


def test_quiet_material_gets_the_preamp_of_the_curve_alone(tmp_path: Path) -> None:
    done = apply_file(write(tmp_path / "in.wav", noise()), tmp_path / "out.wav", WARM)
    assert done.settings.preamp_db == pytest.approx(-peak_db(WARM), abs=0.01)
    assert done.notes == ()


def test_without_a_preamp_clipping_is_counted_not_hidden(tmp_path: Path) -> None:
    done = apply_file(write(tmp_path / "in.wav", noise(peak=1.0)), tmp_path / "out.wav", LOUD, RAW)
    out, _ = read(tmp_path / "out.wav")
    assert done.clipped > 0
    assert done.clipped >= np.count_nonzero(np.abs(out) >= 1 - 2**-22)


def test_floats_keep_what_lies_beyond_full_scale(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(peak=1.0), subtype="FLOAT")
    done = apply_file(source, tmp_path / "out.wav", LOUD, RAW)
    assert done.clipped == 0
    assert np.abs(read(tmp_path / "out.wav")[0]).max() == pytest.approx(done.peak_out)
    assert done.peak_out > 1


@pytest.mark.parametrize("settings", [WARM, WARM.inverted(), HIGH], ids=["warm", "opposite", "high"])
def test_matched_loudness_is_within_0_3_lu_of_the_input(settings: EqSettings, tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(5.0, peak=0.1))
    done = apply_file(source, tmp_path / "out.wav", settings, ApplyOptions(match_loudness=True))
    meter = pyloudnorm.Meter(48_000)
    before, after = (meter.integrated_loudness(read(path)[0].T) for path in (source, tmp_path / "out.wav"))
    assert after == pytest.approx(before, abs=0.3)
    assert done.lufs_in == pytest.approx(before, abs=0.01)
    assert done.lufs_out == pytest.approx(after, abs=0.01)


def test_matching_never_clips_and_says_what_is_missing(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", np.sign(sine(3000, 2.0)) * 0.999)
    done = apply_file(source, tmp_path / "out.wav", WARM, ApplyOptions(match_loudness=True))
    assert done.clipped == 0
    assert any("quieter than the input" in note for note in done.notes)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("block", [777, 65_536])
def test_our_loudness_in_blocks_is_pyloudnorms_of_the_whole(rate_hz: int, block: int) -> None:
    samples = noise(12.0, rate_hz) * np.array([[1.0], [0.3]])
    samples[:, 3 * rate_hz : 6 * rate_hz] *= 0.001  # the gate must leave this out
    meter = LoudnessMeter(rate_hz, 2)
    for begin in range(0, samples.shape[1], block):
        meter.update(samples[:, begin : begin + block])
    assert meter.integrated_lufs() == pytest.approx(pyloudnorm.Meter(rate_hz).integrated_loudness(samples.T), abs=0.001)


def test_the_loudness_of_the_ebu_reference_tone_is_minus_23() -> None:
    """EBU Tech 3341, case 1: a stereo 1 kHz sine at -23 dBFS reads -23 LUFS, within 0.1 LU."""
    tone = np.repeat(sine(1000, 20.0, peak=10 ** (-23 / 20)), 2, axis=0)
    meter = LoudnessMeter(48_000, 2)
    meter.update(tone)
    assert meter.integrated_lufs() == pytest.approx(-23.0, abs=0.1)


def test_the_delta_added_to_the_input_is_the_equalised_file(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise())
    apply_file(source, tmp_path / "eq.wav", WARM, RAW)
    apply_file(source, tmp_path / "delta.wav", WARM, ApplyOptions(mode="delta"))
    whole = read(source)[0] + read(tmp_path / "delta.wav")[0]
    np.testing.assert_allclose(whole, read(tmp_path / "eq.wav")[0], atol=2**-22)


@pytest.mark.parametrize("settings", [WARM, WARM.scaled(3.0)], ids=["warm", "extreme"])
def test_a_delta_never_clips_and_stays_a_delta(settings: EqSettings, tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", np.sign(sine(220, 1.0)) * 0.9999)
    done = apply_file(source, tmp_path / "delta.wav", settings, ApplyOptions(mode="delta"))
    apply_file(source, tmp_path / "eq.wav", settings, ApplyOptions(preamp_db=0.0, subtype="DOUBLE"))
    wanted = (read(tmp_path / "eq.wav")[0] - read(source)[0]) * 10 ** (done.settings.preamp_db / 20)
    assert done.clipped == 0
    np.testing.assert_allclose(read(tmp_path / "delta.wav")[0], wanted, atol=1e-6)


def test_a_pair_is_equally_loud_and_differs_only_by_the_eq(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(4.0, peak=0.9))
    targets = (tmp_path / "a.wav", tmp_path / "b.wav")
    done = apply_pair(source, targets, LOUD)
    meter = pyloudnorm.Meter(48_000)
    first, second = (meter.integrated_loudness(read(path)[0].T) for path in targets)
    assert first == pytest.approx(second, abs=0.05)
    assert done[0].clipped == done[1].clipped == 0
    scale = 10 ** (done[0].settings.preamp_db / 20)
    np.testing.assert_allclose(read(targets[0])[0], read(source)[0] * scale, atol=2**-22)


def test_a_pair_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(0.2))
    (tmp_path / "b.wav").write_text("precious")
    with pytest.raises(AudioError, match="exists"):
        apply_pair(source, (tmp_path / "a.wav", tmp_path / "b.wav"), WARM)
    assert only(tmp_path) == {"in.wav", "b.wav"}


def test_dither_is_off_unless_asked_and_repeatable(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", np.zeros((2, 4800)), subtype="PCM_16")
    assert not read_after(source, tmp_path / "plain.wav", ApplyOptions()).any()
    dithered = [read_after(source, tmp_path / f"{n}.wav", ApplyOptions(dither=True)) for n in range(2)]
    assert 0 < np.abs(dithered[0]).max() <= 2**-15
    np.testing.assert_array_equal(dithered[0], dithered[1])


def read_after(source: Path, target: Path, options: ApplyOptions) -> np.ndarray:
    apply_file(source, target, WARM, options)
    return read(target)[0]


def test_the_input_is_never_touched_nor_replaced(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(0.2))
    before = digest(source)
    (tmp_path / "link.wav").symlink_to(source)
    for target in (source, tmp_path / "link.wav", tmp_path / "." / "in.wav"):
        with pytest.raises(AudioError, match="that is the input"):
            apply_file(source, target, WARM, ApplyOptions(overwrite=True))
    assert digest(source) == before


def test_an_existing_file_is_replaced_only_when_told(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(0.2))
    (tmp_path / "out.wav").write_text("precious")
    with pytest.raises(AudioError, match=r"exists.*--force"):
        apply_file(source, tmp_path / "out.wav", WARM)
    assert (tmp_path / "out.wav").read_text() == "precious"
    apply_file(source, tmp_path / "out.wav", WARM, ApplyOptions(overwrite=True))
    assert soundfile.info(tmp_path / "out.wav").frames == 9600


def test_ctrl_c_leaves_no_half_file(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(5.0))

    def interrupt(done: float) -> None:
        if done > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_file(source, tmp_path / "out.wav", WARM, progress=interrupt)
    assert only(tmp_path) == {"in.wav"}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 70_000])
def test_samples_that_are_no_numbers_are_found_and_named(bad: float, place: int, tmp_path: Path) -> None:
    samples = noise(2.0)
    samples[1, place] = bad
    source = write(tmp_path / "in.wav", samples, subtype="FLOAT")
    with pytest.raises(AudioError, match=rf"in\.wav: .* at {place / 48_000:.3f} s in channel 2"):
        apply_file(source, tmp_path / "out.wav", WARM)
    assert only(tmp_path) == {"in.wav"}


def test_options_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UsageError):
        ApplyOptions(preamp_db=0.0, match_loudness=True)
    with pytest.raises(UsageError):
        ApplyOptions(mode="delta", match_loudness=True)


@pytest.mark.parametrize("options", [ApplyOptions(), ApplyOptions(dither=True), ApplyOptions(mode="delta")])
@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_sidecar_makes_the_same_file_byte_for_byte(options: ApplyOptions, suffix: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(0.5))
    target = tmp_path / f"out.{suffix}"
    carry_out(source, (target,), Wanted(settings=WARM, title="warm"), options)
    _, same = reproduce(sidecar_path(target), source, tmp_path / f"again.{suffix}")
    assert same
    assert digest(target) == digest(tmp_path / f"again.{suffix}")


def test_a_sidecar_refuses_another_input(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(0.2))
    carry_out(source, (tmp_path / "out.wav",), Wanted(settings=WARM, title="warm"), ApplyOptions())
    other = write(tmp_path / "other.wav", noise(0.2, seed=2))
    with pytest.raises(AudioError, match="not the file"):
        reproduce(tmp_path / "out.wav.semeq.json", other, tmp_path / "again.wav")


def test_integers_and_odd_shapes_are_refused_by_render() -> None:
    for wrong in (np.zeros(10, dtype=np.int16), np.zeros((1, 2, 3)), np.full(10, np.nan)):
        with pytest.raises(AudioError):
            render(wrong, WARM, 48_000)


@pytest.mark.slow
def test_two_hours_stay_below_200_mb(tmp_path: Path) -> None:
    """Stereo, 44.1 kHz, 16 bit. The input is a hole with a header, so only the output takes disk space."""
    frames = 2 * 3600 * 44_100
    source = write(tmp_path / "in.wav", np.zeros((2, 1)), 44_100, "PCM_16")
    header = source.read_bytes()[:44]
    size = frames * 4
    header = header[:4] + (36 + size).to_bytes(4, "little") + header[8:40] + size.to_bytes(4, "little")
    with source.open("wb") as file:
        file.write(header)
        file.truncate(44 + size)
    code = (
        "import psutil, sys; from semeq.apply import apply_file; from semeq.settings import EqSettings;"
        "me, most = psutil.Process(), [0];"
        "look = lambda done: most.append(max(most.pop(), me.memory_info().rss));"
        "apply_file(sys.argv[1], sys.argv[2], EqSettings.from_text('+4 dB low shelf at 120 Hz'), progress=look);"
        "print(most[0])"
    )
    command = [sys.executable, "-c", code, str(source), str(tmp_path / "out.wav")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=True)
    assert soundfile.info(tmp_path / "out.wav").frames == frames
    assert 30e6 < int(done.stdout) < 200e6
