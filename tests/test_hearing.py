"""What listens: the same however loud, relative to a named reference, modest where there is little to hear."""

import json
import math
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, resample_poly, sosfilt

import semeq
from semeq.demo import music
from semeq.errors import AudioError, UsageError
from semeq.hearing.adaptive import adapt, how_much
from semeq.hearing.album import balance_album
from semeq.hearing.analysis import LEVEL_WORDS, analyze, tilt
from semeq.hearing.balance import balance, words_for
from semeq.hearing.course import Course
from semeq.hearing.difference import compare
from semeq.hearing.heard import hear
from semeq.hearing.levels import LevelMeter, TruePeak, interpolators
from semeq.hearing.listening import listen
from semeq.hearing.longterm import BANDS_HZ, LongTerm, Spectrum
from semeq.hearing.page import report_page
from semeq.hearing.reference import load_reference, own_reference, references
from semeq.hearing.tables import analysis_table
from semeq_models.synthesis.noise import coloured_noise
from tests.sound import write

RATE = 44_100
PIECE = music(8.0).astype(np.float32)
WARM = semeq.eq("warm")


def spectrum(audio: np.ndarray, rate_hz: int = RATE, step: int = 10_000) -> Spectrum:
    ears = LongTerm(rate_hz, len(audio))
    for start in range(0, audio.shape[1], step):
        ears.update(audio[:, start : start + step])
    return ears.finish()


def noise(dur_s: float = 10.0, seed: int = 0, channels: int = 2) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, round(dur_s * RATE)))).astype(np.float32)


# the long-term spectrum


def test_white_noise_has_the_same_power_at_every_hz() -> None:
    found = spectrum(noise(30.0))
    assert found.heard.all()
    assert np.abs(found.levels_db - 10 * math.log10(0.01 * 2 / RATE)).max() < 0.5  # chance in the narrow low bands


def test_the_blocks_may_have_any_size() -> None:
    whole, pieces = spectrum(PIECE, step=10**9), spectrum(PIECE, step=777)
    assert np.abs(whole.levels_db - pieces.levels_db).max() < 1e-4


def test_swapped_channels_are_the_same_programme() -> None:
    assert np.abs(spectrum(PIECE).levels_db - spectrum(PIECE[::-1]).levels_db).max() < 1e-4


def test_one_channel_reads_as_two_equal_ones_and_as_six() -> None:
    mono = PIECE[:1]
    levels = [spectrum(np.repeat(mono, count, axis=0)).levels_db for count in (1, 2, 6)]
    assert np.ptp(levels, axis=0).max() < 1e-4


def test_a_quieter_programme_has_the_same_shape() -> None:
    loud, quiet = spectrum(PIECE), spectrum(PIECE * 10 ** (-26.3 / 20))
    assert np.abs(loud.shape_db - quiet.shape_db).max() < 0.001


def test_long_pauses_do_not_change_what_is_heard() -> None:
    paused = np.concatenate([PIECE, np.zeros((2, 20 * RATE), dtype=np.float32)], axis=1)
    assert np.abs(spectrum(PIECE).shape_db - spectrum(paused).shape_db).max() < 0.2


def test_memory_does_not_grow_with_length() -> None:
    ears = LongTerm(RATE, 2)
    for _ in range(40):
        ears.update(noise(1.0))
    assert ears._rest.shape[1] < ears._size
    assert ears._cells._powers.shape[0] == 1200


def test_a_telephone_is_not_heard_above_its_cut() -> None:
    narrow = resample_poly(resample_poly(PIECE, 80, 441, axis=1), 441, 80, axis=1).astype(np.float32)
    heard = spectrum(narrow).heard
    assert heard[BANDS_HZ < 3400].all()
    assert not heard[BANDS_HZ > 4600].any()


# levels


def test_true_peak_finds_what_lies_between_the_samples() -> None:
    times = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * RATE / 4 * times + np.pi / 4) * np.clip(np.minimum(times, 1 - times) * 8, 0, 1)
    meter = TruePeak(RATE, 1)
    meter.update(tone[None].astype(np.float32))
    assert 20 * math.log10(np.abs(tone).max()) == pytest.approx(-3.01, abs=0.01)
    assert 20 * math.log10(meter.finish()) == pytest.approx(0.0, abs=0.1)


def test_true_peak_agrees_with_oversampling_the_whole() -> None:
    meter = LevelMeter(RATE, 2)
    for start in range(0, PIECE.shape[1], 5000):
        meter.update(PIECE[:, start : start + 5000])
    whole = np.abs(resample_poly(PIECE.astype(float), 4, 1, axis=1)).max()
    assert meter.finish().true_peak_dbtp == pytest.approx(20 * math.log10(whole), abs=0.15)


def test_crest_of_a_sine_is_3_db() -> None:
    meter = LevelMeter(RATE, 1)
    meter.update(0.5 * np.sin(np.arange(RATE) * 0.1)[None].astype(np.float32))
    assert meter.finish().crest_db == pytest.approx(3.01, abs=0.02)


@pytest.mark.parametrize("kind", ["noise", "wander", "tone"])
def test_true_peak_is_exact_in_blocks_of_any_size(kind: str) -> None:
    """Against the same interpolators at every sample: nothing that is passed over was higher, no seam adds any."""
    rng = np.random.default_rng(0)
    phases = interpolators(4)
    for _ in range(40):
        frames = int(rng.integers(1, 3000))
        audio = rng.standard_normal((2, frames))
        if kind == "wander":
            audio = np.cumsum(audio, axis=1)
        elif kind == "tone":
            audio = np.sin(np.arange(frames) * rng.uniform(0.01, 3.0)) * np.ones((2, 1))
        audio = audio.astype(np.float32)
        meter, place = TruePeak(RATE, 2), 0
        while place < frames:
            count = int(rng.integers(1, 700))
            meter.update(audio[:, place : place + count])
            place += count
        padded = np.pad(audio, ((0, 0), (11, 11)))
        every = np.lib.stride_tricks.sliding_window_view(padded, 12, axis=1) @ phases.T
        assert meter.finish() == pytest.approx(float(np.abs(every).max()), rel=1e-5)


@pytest.mark.peer
def test_loudness_and_true_peak_agree_with_ffmpeg(tmp_path: Path) -> None:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.skip("ffmpeg is not installed")
    path = tmp_path / "piece.wav"
    write(path, 0.5 * PIECE.astype(float) / float(np.abs(PIECE).max()), RATE)
    line = [ffmpeg, "-hide_banner", "-nostats", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True).stderr.split("Summary:")[1]
    levels = hear(path).levels
    assert levels.lufs == pytest.approx(float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[0]), abs=0.11)
    assert levels.true_peak_dbtp == pytest.approx(float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", said)[0]), abs=0.2)


# references


def test_pink_noise_is_what_the_pink_reference_expects() -> None:
    shape = np.fft.rfftfreq(20 * RATE, 1 / RATE)
    pink = np.fft.irfft(np.fft.rfft(noise(20.0)) * np.maximum(shape, 20.0) ** -0.5, axis=1)
    off = load_reference("pink").deviation_db(spectrum((pink / np.abs(pink).max()).astype(np.float32)))
    assert np.std(off) < 0.5


def test_the_references_are_named_and_music_is_wide() -> None:
    assert list(references()) == ["music", "speech", "pink", "flat"]
    assert 4.0 < load_reference("music").spread_db < 7.0
    assert load_reference("music").tracks > 300


def test_a_reference_of_ones_own_moves_towards_the_tracks() -> None:
    tracks = [hear(semeq.render(PIECE, semeq.eq("bright", 1.0), RATE) * (0.5 + n / 10), RATE) for n in range(4)]
    own = own_reference([track.spectrum for track in tracks], "mine", load_reference())
    plain = hear(PIECE, RATE).spectrum
    assert "4 tracks of yours" in str(own)
    assert np.std(own.deviation_db(tracks[0].spectrum)) < np.std(
        load_reference("music").deviation_db(tracks[0].spectrum)
    )
    assert analyze(hear(PIECE, RATE), reference=own).percent("bright") < analyze(PIECE, RATE).percent("bright")
    assert plain.heard.all()


@pytest.mark.parametrize("word", ["warm", "bright", "muffled"])
def test_beside_the_same_piece_before_it_what_was_done_is_seen(word: str, tmp_path: Path) -> None:
    """What a decoder of five bands leaves open is 0.3 to 0.4 dB; a reference of other tracks would leave over 2."""
    write(tmp_path / "before.wav", PIECE, RATE)
    done = semeq.response_db(semeq.eq(word), BANDS_HZ)
    after = 0.3 * semeq.render(PIECE, semeq.eq(word), RATE)
    seen = semeq.response_db(semeq.match(after, RATE, tmp_path / "before.wav"), BANDS_HZ)
    assert np.std(seen - done) < 0.8
    found = analyze(after, RATE, tmp_path / "before.wav")
    assert "the same piece before" in found.reference
    assert found.percent(word) > 99
    assert balance(PIECE * 0.5, RATE, tmp_path / "before.wav").nothing


def test_a_track_is_left_out_of_its_own_reference(tmp_path: Path) -> None:
    pieces = [PIECE, music(8.0, seed=2).astype(np.float32), music(8.0, seed=3).astype(np.float32)]
    for number, piece in enumerate(pieces):
        write(tmp_path / f"{number}.wav", piece, RATE)
    with_it = analyze(0.7 * semeq.render(PIECE, semeq.eq("warm"), RATE), RATE, tmp_path)
    assert with_it.notes[0].endswith("1 of its 3 tracks left out, the same piece as this")
    assert "2 tracks of yours" in with_it.reference
    assert "3 tracks of yours" in analyze(music(8.0, seed=4), RATE, tmp_path).reference


def test_a_folder_of_nothing_but_the_track_is_no_reference(tmp_path: Path) -> None:
    for name, settings in (("a", semeq.EqSettings.flat()), ("b", semeq.eq("bright"))):
        write(tmp_path / f"{name}.wav", semeq.render(PIECE, settings, RATE), RATE)
    with pytest.raises(UsageError, match=r"nothing but a\.wav itself, or versions of it"):
        analyze(tmp_path / "a.wav", reference=tmp_path)
    assert "is this track itself" in analyze(tmp_path / "a.wav", reference=tmp_path / "a.wav").notes[0]


def test_a_reference_of_next_to_nothing_says_so(tmp_path: Path) -> None:
    write(tmp_path / "blip.wav", music(8.0, seed=2)[:, : RATE // 10].astype(np.float32), RATE)
    assert "s of sound in it" in analyze(PIECE, RATE, tmp_path / "blip.wav").notes[0]


def test_the_course_of_a_long_programme_stays_small() -> None:
    frames = np.random.default_rng(0).random((30_000, 40))
    whole, parts = Course(), Course()
    whole.update(np.arange(30_000, dtype=np.float64), frames)
    for start in range(0, 30_000, 7):
        parts.update(np.arange(start, min(start + 7, 30_000), dtype=np.float64), frames[start : start + 7])
    assert len(whole.finish()) <= 4096
    assert np.allclose(whole.finish(), parts.finish()[: len(whole.finish())])


def test_an_unknown_reference_is_refused_with_the_choices() -> None:
    with pytest.raises(UsageError, match="choose music, speech, pink, flat"):
        listen(PIECE, RATE, "jazz")


# adaptive EQ


@pytest.mark.parametrize("intensity", [0.0, -0.0])
def test_intensity_0_is_flat_with_audio_too(intensity: float) -> None:
    assert not any(semeq.eq("warm", intensity, audio=PIECE, rate_hz=RATE).gains_db)


def test_what_is_there_already_is_not_given_again() -> None:
    shares = []
    for amount in (-0.5, 0.0, 0.5, 1.0, 1.5):
        had = semeq.render(PIECE, WARM.scaled(amount), RATE)
        shares.append(adapt(WARM, 1.0, listen(had, RATE)).share)
    assert all(before >= after for before, after in pairwise(shares))
    assert shares[0] > shares[2] > shares[4]
    assert np.polyfit([-0.5, 0.0, 0.5, 1.0, 1.5], shares, 1)[0] < -0.4


def test_more_intensity_is_more_of_the_same_curve() -> None:
    here = listen(PIECE, RATE)
    peaks = [max(map(abs, adapt(WARM, intensity, here).settings.gains_db)) for intensity in (0.0, 0.25, 0.5, 1.0)]
    assert peaks == sorted(peaks)


@pytest.mark.parametrize(
    "audio",
    [
        pytest.param(PIECE[:, : RATE // 5], id="0.2 s"),
        pytest.param(np.eye(1, RATE, RATE // 2), id="a click"),
        pytest.param(np.random.default_rng(0).standard_normal(8000)[None] * 0.1, id="a quarter of a second of noise"),
        pytest.param(np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)[None], id="a tone"),
        pytest.param(np.zeros((1, RATE)), id="silence"),
    ],
)
def test_with_little_to_hear_no_more_is_given_than_was_asked_for(audio: np.ndarray) -> None:
    for word in ("warm", "bright", "muffled", "thin"):
        found = semeq.suggest(word, audio=audio, rate_hz=RATE).adapted
        assert found is not None
        assert found.share <= 1.0 + 0.25
    assert "nothing heard to judge by: given 100%" in str(adapt(WARM, 1.0, listen(np.zeros(RATE), RATE)))


def test_a_telephone_is_not_made_up_for() -> None:
    """300 Hz to 3.4 kHz at 8 kHz: what is missing is a cut and not a colour."""
    narrow = resample_poly(PIECE, 8000, RATE, axis=1)
    narrow = sosfilt(butter(6, (300.0, 3400.0), "bandpass", fs=8000, output="sos"), narrow)
    found = balance(narrow, 8000)
    assert max(map(abs, found.settings.gains_db)) < 2.0
    assert found.confidence < 0.5
    assert any("a cut, not a colour" in note for note in found.notes)
    given = semeq.suggest("warm", audio=narrow, rate_hz=8000).adapted
    assert given is not None
    assert given.share < 1.1


def test_what_is_held_at_the_limit_says_so_with_audio_too() -> None:
    dull = semeq.render(PIECE, semeq.eq("bright", -1.0), RATE)
    found = semeq.suggest("bright", 2.0, audio=dull, rate_hz=RATE)
    assert any("held at ±12 dB" in note for note in found.notes)


@pytest.mark.parametrize("said", [{"rate_hz": RATE}, {"reference": "pink"}, {"mode": "traverse"}])
def test_what_goes_with_audio_is_refused_without_it(said: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="does nothing without audio"):
        semeq.eq("warm", **said)  # type: ignore[arg-type]  # one of the three


def test_the_opposite_is_given_where_there_is_much_of_the_word() -> None:
    had = listen(semeq.render(PIECE, WARM, RATE), RATE)
    plain = listen(PIECE, RATE)
    assert how_much(WARM, had) > how_much(WARM, plain)
    assert adapt(WARM, -1.0, had).share > adapt(WARM, -1.0, plain).share


def test_level_and_channels_change_nothing() -> None:
    asked = [semeq.eq("warm", audio=one, rate_hz=RATE) for one in (PIECE, PIECE * 0.05, PIECE[::-1])]
    curves = [semeq.response_db(one, BANDS_HZ) for one in asked]
    assert np.ptp(curves, axis=0).max() < 0.01


def test_the_answer_says_what_it_heard_and_against_what() -> None:
    found = semeq.suggest("warm", audio=PIECE, rate_hz=RATE)
    assert found.adapted is not None
    assert "reference: music (" in str(found.adapted)
    assert found.adapted.to_dict()["share"] == pytest.approx(found.adapted.share, abs=1e-4)


def test_traverse_is_for_study_and_says_so() -> None:
    found = semeq.suggest("warm", 0.0, audio=PIECE, rate_hz=RATE, mode="traverse")
    assert any("kept for study" in note for note in found.notes)
    assert any(found.settings.gains_db)  # its fault: at 0 it adds the audio's own colour
    with pytest.raises(UsageError, match="use missing or traverse"):
        semeq.eq("warm", audio=PIECE, rate_hz=RATE, mode="sideways")


# analysis


@pytest.mark.parametrize(
    "word", ["warm", "bright", "airy", "muffled", "crisp", "heavy", "tinny", "soft", "dark", "deep"]
)
def test_more_of_a_word_raises_its_percentage(word: str) -> None:
    more = semeq.render(PIECE, semeq.eq(word, 0.7), RATE)
    assert analyze(more, RATE).percent(word) > analyze(PIECE, RATE).percent(word)


def test_a_track_that_is_all_treble_reads_as_bright_and_an_outlier() -> None:
    thin = PIECE
    for _ in range(3):
        thin = semeq.render(thin, semeq.EqSettings.flat().with_gain(1, -12).with_gain(5, 12), RATE)
    found = analyze(thin, RATE)
    assert found.percent("bright") > 90
    assert found.tilt_db_per_octave > found.reference_tilt_db_per_octave + 2
    assert found.outlier


@pytest.mark.parametrize(("exponent", "slope"), [(0.0, 0.0), (-0.5, -3.01), (-1.0, -6.02)])
def test_tilt_is_the_slope_of_power_per_hz(exponent: float, slope: float) -> None:
    """White, pink and brown noise: 10 log10 of 2 to the power of 0, -1 and -2 an octave."""
    audio = 0.05 * coloured_noise(np.random.default_rng(1), 48_000, 20.0, exponent, 1)
    assert analyze(audio, 48_000).tilt_db_per_octave == pytest.approx(slope, abs=0.15)  # what noise of 20 s leaves open


def test_every_octave_has_the_same_say_in_tilt() -> None:
    """A rise of 6 dB between 3 and 6 kHz, a third of the way up, against one of the fall that mirrors it."""
    octaves = np.log2(BANDS_HZ / 1000.0)
    rise = 6.0 * np.clip(octaves - 1.585, 0.0, 1.0)
    mirrored = -6.0 * np.clip(-octaves - 1.585, 0.0, 1.0)
    assert tilt(rise) == pytest.approx(tilt(mirrored), rel=0.1)  # 40 bands lie unevenly; unweighted it would be 2 to 1


def test_words_about_level_are_not_read_off_a_spectrum() -> None:
    assert not LEVEL_WORDS & {one.word for one in analyze(PIECE, RATE).words}


def test_the_numbers_survive_json() -> None:
    said = json.loads(json.dumps(analyze(PIECE, RATE).to_dict()))
    assert said["reference"].startswith("music (")
    assert 0 <= said["words"][0]["percent"] <= 100


# balance


def test_balance_takes_back_a_part_of_an_eq() -> None:
    reference = own_reference([spectrum(PIECE * (0.3 + n / 10)) for n in range(6)], "the same", load_reference())
    bent = semeq.eq("bright", 1.3)
    before = semeq.response_db(bent, BANDS_HZ)
    found = balance(semeq.render(PIECE, bent, RATE), RATE, reference)
    after = before + semeq.response_db(found.settings, BANDS_HZ)
    assert np.std(after) < 0.75 * np.std(before)
    assert found.after_db < found.before_db
    assert found.is_[0].word in ("bright", "sharp", "tinny", "crisp", "light")


def test_what_is_usual_is_left_alone() -> None:
    reference = own_reference([spectrum(PIECE * (0.3 + n / 10)) for n in range(6)], "the same", load_reference())
    found = balance(PIECE, RATE, reference)
    assert found.nothing
    assert "nothing to do" in str(found)
    assert not any(found.settings.gains_db)


def test_what_nobody_would_hear_is_not_done() -> None:
    whole = balance(semeq.render(PIECE, semeq.eq("bright", 1.5), RATE), RATE)
    assert not whole.nothing
    little = balance(semeq.render(PIECE, semeq.eq("bright", 1.5), RATE), RATE, amount=0.01)
    assert little.nothing
    assert little.try_ == ()
    assert "less than 0.2 dB" in str(little)


def test_words_that_say_less_than_half_of_the_eq_are_not_advice() -> None:
    words = [word for word in semeq.words() if word.name in ("warm", "bright")]
    wiggle = 4.0 * np.sin(2 * np.pi * np.arange(40) / 8)  # a comb, for which there is no word
    assert words_for(wiggle - wiggle.mean(), words)[0] == ()


def test_amount_and_max_hold() -> None:
    bent = semeq.render(PIECE, semeq.eq("bright", 1.5), RATE)
    whole, half, capped = (
        balance(bent, RATE, amount=1.0),
        balance(bent, RATE, amount=0.5),
        balance(bent, RATE, max_db=1),
    )
    peaks = [max(map(abs, one.settings.gains_db)) for one in (whole, half, capped)]
    assert peaks[1] < peaks[0]
    assert peaks[2] <= 1.0 + 1e-9
    assert "held at 1 dB" in capped.notes


@pytest.mark.parametrize(("name", "value"), [("amount", 1.5), ("amount", float("nan")), ("max_db", -1)])
def test_odd_amounts_are_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError, match="use 0 to"):
        balance(PIECE, RATE, **{name: value})  # type: ignore[arg-type]  # one of the two


def test_the_words_to_try_can_be_said_to_semeq() -> None:
    found = balance(semeq.render(PIECE, semeq.eq("bright", 1.5), RATE), RATE)
    said = semeq.response_db(semeq.eq(found.request), BANDS_HZ)
    wanted = semeq.response_db(found.settings, BANDS_HZ)
    assert np.corrcoef(said, wanted)[0, 1] > 0.7


def test_a_word_is_found_for_its_own_curve() -> None:
    model = semeq.load_model()
    known = [word for word in model.vocabulary("en").values() if word.confidence != "weak"]
    curve = semeq.response_db(semeq.eq("airy", 0.6), BANDS_HZ)
    found, said = words_for(curve - curve.mean(), known)
    assert (found[0].word, found[0].percent) == ("airy", 60)
    assert said == pytest.approx(1.0, abs=0.01)


# albums


def test_an_album_comes_nearer_together_and_its_outlier_is_named() -> None:
    settings = [semeq.EqSettings.flat(), semeq.EqSettings.flat(), semeq.eq("bright", 1.6), semeq.eq("warm", 0.3)]
    tracks = [hear(semeq.render(PIECE, one, RATE), RATE) for one in settings]
    album = balance_album(tracks)
    assert album.order[0] == 2
    assert album.after_db < album.before_db
    with pytest.raises(UsageError, match="two tracks"):
        balance_album(tracks[:1])


def test_an_album_has_one_aim_and_what_is_alike_stays() -> None:
    alike = balance_album([hear(0.5**n * PIECE, RATE) for n in range(3)])
    assert all(one.nothing for one in alike.tracks)
    assert (alike.before_db, alike.after_db) == pytest.approx((0.0, 0.0), abs=0.01)
    two = balance_album([hear(semeq.render(PIECE, semeq.eq("bright", by), RATE), RATE) for by in (0.3, 0.6)])
    assert all(one.before_db < two.before_db for one in two.tracks)  # the aim lies between them
    assert two.after_db <= two.before_db
    assert len({one.analysis.reference for one in two.tracks}) == 1


def test_the_report_is_one_page_with_nothing_from_elsewhere() -> None:
    bent = hear(semeq.render(PIECE, semeq.eq("bright", 1.5), RATE), RATE)
    page = report_page([balance(bent)])
    assert "<svg" in page
    assert "http" not in page
    assert "<script" not in page


# two files


def test_two_files_that_differ_by_an_eq_are_compared(tmp_path: Path) -> None:
    first, second = tmp_path / "a.wav", tmp_path / "b.wav"
    write(first, PIECE.astype(float))
    write(second, semeq.render(PIECE, WARM, RATE).astype(float) * 0.5)
    found = compare(first, second, model=semeq.load_model())
    curve = semeq.response_db(WARM, BANDS_HZ, RATE)
    assert np.std(found.shape_db - curve) < 0.5
    assert found.null_dbfs_relative is not None
    assert -20 < found.null_dbfs_relative < 0
    assert found.second.percent("warm") > found.first.percent("warm")
    same = compare(first, first, model=semeq.load_model())
    assert same.to_dict()["identical"] is True


# bad input

TIMES = np.arange(RATE * 2) / RATE
ODD = {
    "silence": np.zeros((2, RATE)),
    "dc": np.full((1, RATE), 0.5),
    "click": np.r_[np.zeros(RATE), 1.0, np.zeros(RATE)][None],
    "0.3 s": PIECE[:, : round(0.3 * RATE)].astype(float),
    "tone": 0.5 * np.sin(2 * np.pi * 1000 * TIMES)[None],
    "white noise": noise(2.0).astype(float),
    "5.1": np.repeat(PIECE[:1], 6, axis=0).astype(float),
    "telephone": resample_poly(resample_poly(PIECE, 80, 441, axis=1), 441, 80, axis=1),
    "clipped": np.clip(PIECE * 50.0, -1, 1).astype(float),
    "one sample": np.ones((1, 1)),
    "nothing": np.zeros((2, 0)),
    "tiny": PIECE.astype(float) * 1e-4,
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_sound_gets_a_finite_and_modest_answer(kind: str) -> None:
    audio = ODD[kind]
    found = balance(audio, RATE)
    matched = semeq.match(audio, RATE)
    adapted = semeq.eq("warm", 1.0, audio=audio, rate_hz=RATE)
    for settings in (found.settings, matched, adapted):
        assert np.isfinite(settings.to_vector()).all()
    if kind not in ("5.1", "tiny"):  # which are music as it should be
        assert found.notes
    if kind not in ("5.1", "tiny", "telephone", "clipped"):
        assert max(map(abs, found.settings.gains_db)) < 2.0
        assert max(map(abs, matched.gains_db)) < 3.0
    assert max(map(abs, found.settings.gains_db)) < 6.0


def test_a_moment_is_not_taken_for_noise() -> None:
    """One frame of music moves as little as noise does; it takes longer to tell."""
    found = analyze(ODD["0.3 s"], RATE)
    assert found.reference.startswith("music")
    assert all(one.percent < 95 for one in found.words)


def test_white_noise_is_no_pink_noise_with_an_eq_but_pink_noise_with_one_is() -> None:
    white = balance(noise(10.0), RATE)
    assert any("too far from pink" in note for note in white.notes)
    assert white.nothing
    pink = 0.05 * coloured_noise(np.random.default_rng(2), RATE, 10.0, -0.5, 2)
    bent = balance(semeq.render(pink, semeq.eq("bright"), RATE), RATE)
    assert "pink" in bent.analysis.reference
    done = semeq.response_db(semeq.eq("bright"), BANDS_HZ)
    assert np.std(done + semeq.response_db(bent.settings, BANDS_HZ)) < 0.5 * np.std(done)
    assert balance(noise(10.0), RATE, "pink").confidence > 0.9  # who asks for pink gets it


def test_what_a_tone_does_not_have_is_null_and_a_dash() -> None:
    found = analyze(ODD["tone"], RATE)
    assert found.to_dict()["tilt_db_per_octave"] is None
    assert " - " in analysis_table([found], 3)


def test_a_telephone_does_not_read_as_dark_with_certainty() -> None:
    found = analyze(ODD["telephone"], RATE)
    assert any("a cut, not a colour" in note or "too little" in note for note in found.notes)
    assert found.percent("dark") < 90
    assert found.trust < 0.9


def test_clipping_is_named_and_not_mended() -> None:
    assert any("clipped" in note for note in analyze(ODD["clipped"], RATE).notes)
    assert not any("clipped" in note for note in analyze(PIECE, RATE).notes)


def test_where_nothing_is_heard_it_says_so() -> None:
    assert str(balance(ODD["silence"], RATE)) == "too little to hear: nothing to do"


def test_steady_noise_is_compared_with_noise() -> None:
    found = analyze(noise(5.0), RATE)
    assert "pink" in found.reference
    assert any("steady noise" in note for note in found.notes)


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (np.full((2, 100), np.nan), "NaN"),
        (np.zeros((2, 100), dtype=np.int16), "floats"),
        (np.zeros((1, 2, 3)), "shaped"),
        (np.zeros((5000, 2)), "transpose"),
        ("no-such-file.wav", "no-such-file"),
        ([["a"]], "floats"),
    ],
)
def test_what_is_no_audio_is_refused_in_one_line(audio: object, said: str) -> None:
    with pytest.raises((AudioError, UsageError), match=said):
        semeq.analyze(audio, RATE)  # type: ignore[arg-type]


def test_samples_need_their_rate() -> None:
    with pytest.raises(UsageError, match="rate_hz"):
        semeq.analyze(PIECE)
