from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from scipy.signal.windows import blackmanharris

from semeq.errors import AudioError, SettingsError
from semeq.response import Floats, response_db
from semeq.settings import EqSettings
from semeq.streaming import Audio, StreamingEq
from tests.strategies import any_settings

RATE_HZ = 48_000.0
WARM = EqSettings.of((120, 300, 1000, 3000, 8000), (5, 2, -3, 4, -6), (0.7, 1.5, 2, 0.5, 0.9), -2.0)
THIN = EqSettings.of((200, 700, 900, 5000, 6000), (-9, -2, 6, -4, 6), (0.7, 0.8, 6, 1.5, 0.7), 1.0)
ULP = 1.2e-7  # one step of float32 near full scale: the products may round the last bit of float64 differently

RATES = st.sampled_from((44_100.0, 48_000.0, 96_000.0, 192_000.0))


def noise(channels: int, frames: int, seed: int = 0) -> Audio:
    return np.random.default_rng(seed).normal(0.0, 0.1, (channels, frames)).astype(np.float32)


def sine(frames: int, freq_hz: float = 1000.0, rate_hz: float = RATE_HZ, level_db: float = -18.0) -> Audio:
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * freq_hz / rate_hz * np.arange(frames))
    return np.asarray(wave[None], np.float32)


def play(eq: StreamingEq, audio: Audio, sizes: Iterable[int] = (64,)) -> Audio:
    """``audio`` through ``eq`` in blocks of these sizes, over and over."""
    done, blocks = 0, []
    for size in cycle(sizes):
        blocks.append(eq.process(audio[:, done : done + size]))
        done += size
        if done >= audio.shape[1]:
            break
    return np.concatenate(blocks, axis=1)


# at rest


@given(any_settings(), RATES)
@budget(max_examples=30)
def test_at_rest_it_follows_the_drawn_curve(settings: EqSettings, rate_hz: float) -> None:
    frames = 1 << int(np.ceil(np.log2(6 * rate_hz)))  # six seconds: 20 Hz at Q 10 and +12 dB rings for that long
    impulse = np.zeros((1, frames), np.float32)
    impulse[0, 0] = 1.0
    heard = StreamingEq(settings, rate_hz=rate_hz, channels=1).process(impulse)[0]
    freqs_hz = np.fft.rfftfreq(frames, 1 / rate_hz)
    audible = (freqs_hz >= 20) & (freqs_hz <= 20_000)
    heard_db = 20 * np.log10(np.abs(np.fft.rfft(heard.astype(np.float64))))[audible]
    np.testing.assert_allclose(heard_db, response_db(settings, freqs_hz[audible], rate_hz), atol=0.01, rtol=0)


@pytest.mark.parametrize("rate_hz", [8_000.0, 22_050.0])
def test_bands_beyond_half_the_rate_do_what_the_curve_draws(rate_hz: float) -> None:
    settings = EqSettings.of((15_000, 400, 14_000, 3000, 16_000), (-6, 3, 9, -4, 12))
    impulse = np.zeros((1, 1 << 15), np.float32)
    impulse[0, 0] = 1.0
    heard = StreamingEq(settings, rate_hz=rate_hz, channels=1).process(impulse)[0]
    freqs_hz = np.fft.rfftfreq(1 << 15, 1 / rate_hz)[30:-30]
    heard_db = 20 * np.log10(np.abs(np.fft.rfft(heard.astype(np.float64))))[30:-30]
    np.testing.assert_allclose(heard_db, response_db(settings, freqs_hz, rate_hz), atol=0.01, rtol=0)


def test_its_own_noise_lies_below_that_of_float32_samples() -> None:
    from scipy.signal import sosfilt

    from semeq.response import sos

    lows = EqSettings.of((30, 60, 1000, 3000, 8000), (12, -12, 0, 0, 0), (0.7, 10, 1, 1, 0.7))
    audio = noise(1, 1 << 15)
    heard = StreamingEq(lows, rate_hz=192_000, channels=1).process(audio).astype(np.float64)
    exact = sosfilt(sos(lows, 192_000), audio.astype(np.float64))
    error_db = 20 * np.log10(np.sqrt(np.mean((heard - exact) ** 2)))
    assert error_db < -150  # rounding samples of 0.1 to float32 alone makes about -175 dBFS


# blocks and channels


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8), st.sampled_from((44_100.0, 96_000.0)))
@budget(max_examples=25)
def test_any_cut_into_blocks_gives_the_same_sound(sizes: list[int], rate_hz: float) -> None:
    audio = noise(2, 6000)
    whole, cut = (StreamingEq(WARM, rate_hz=rate_hz) for _ in range(2))
    for number, settings in enumerate((WARM, THIN, WARM, WARM)):  # the second change meets the first one under way
        part = audio[:, number * 1000 : (number + 1) * 1000 if number < 3 else None]
        whole.set(settings)
        cut.set(settings)
        np.testing.assert_allclose(play(cut, part, sizes), whole.process(part), atol=ULP, rtol=0)


@pytest.mark.parametrize("size", [16, 17, 64, 100, 441, 1024, 4096])
@pytest.mark.parametrize("rate_hz", [44_100.0, 192_000.0])
def test_the_ride_does_not_depend_on_the_block_size(size: int, rate_hz: float) -> None:
    audio = noise(1, 3 * 4096)
    rides = []
    for sizes in ((1,), (size,)):
        eq = StreamingEq(WARM, rate_hz=rate_hz, channels=1)
        eq.set(THIN)
        rides.append(play(eq, audio, sizes))
    np.testing.assert_allclose(rides[1], rides[0], atol=ULP, rtol=0)


def test_sound_on_the_left_leaves_the_right_exactly_silent() -> None:
    audio = noise(2, 20_000)
    audio[1] = 0.0
    eq = StreamingEq(WARM, rate_hz=RATE_HZ)
    play(eq, audio[:, :5000])
    eq.set(THIN)
    heard = play(eq, audio)
    assert np.abs(heard[0]).max() > 0.1
    assert not heard[1].any()


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 17, 40])
def test_each_channel_sounds_as_it_would_alone(channels: int) -> None:
    audio = noise(channels, 5000)
    together = StreamingEq(WARM, rate_hz=RATE_HZ, channels=channels)
    together.set(THIN)
    heard = play(together, audio, (100,))
    for channel in (0, channels - 1):
        alone = StreamingEq(WARM, rate_hz=RATE_HZ, channels=1)
        alone.set(THIN)
        np.testing.assert_allclose(heard[channel], play(alone, audio[[channel]], (100,))[0], atol=ULP, rtol=0)


def test_a_block_is_left_as_it_is_and_may_be_float64_strided_or_empty() -> None:
    audio = noise(2, 600)
    kept = audio.copy()
    heard = StreamingEq(WARM, rate_hz=RATE_HZ).process(audio)
    assert heard.dtype == np.float32
    np.testing.assert_array_equal(audio, kept)
    np.testing.assert_array_equal(StreamingEq(WARM, rate_hz=RATE_HZ).process(audio.astype(np.float64)), heard)
    np.testing.assert_array_equal(StreamingEq(WARM, rate_hz=RATE_HZ).process(np.asfortranarray(audio)), heard)
    assert StreamingEq(rate_hz=RATE_HZ).process(audio[:, :0]).shape == (2, 0)


# clicks

FRAMES = 1 << 14  # 341 ms with the change in the middle
BELL = EqSettings.flat()
UP, DOWN = BELL.with_gain(3, 6.0), BELL.with_gain(3, -6.0)
LOW_BELL, HIGH_BELL = (EqSettings.of((100, 300, freq, 3000, 8000), (0, 0, 12, 0, 0)) for freq in (500, 2000))
Change = Callable[[StreamingEq], None]


def to(settings: EqSettings) -> Change:
    return lambda eq: eq.set(settings)


def bypass(on: bool) -> Change:
    def change(eq: StreamingEq) -> None:
        eq.bypassed = on

    return change


JUMPS: dict[str, tuple[EqSettings, bool, Change, float]] = {
    # name: settings before, bypassed before, what happens, half the width of the tone's skirts in Hz
    "-6 to +6 dB": (DOWN, False, to(UP), 200),
    "0 to +12 dB": (BELL, False, to(BELL.with_gain(3, 12.0)), 200),
    "+12 to -12 dB": (BELL.with_gain(3, 12.0), False, to(BELL.with_gain(3, -12.0)), 200),
    "preamp by 12 dB": (BELL, False, to(BELL.with_preamp(12.0)), 200),
    "bypass": (BELL.with_gain(3, 12.0), False, bypass(True), 200),
    "bypass off": (BELL.with_gain(3, 12.0), True, bypass(False), 200),
    # On its way from 500 to 2000 Hz the bell passes the tone in 2 ms: that is heard and meant, so the skirts are wider.
    "sweep up": (LOW_BELL, False, to(HIGH_BELL), 500),
    "sweep down": (HIGH_BELL, False, to(LOW_BELL), 500),
}


def spectrum_dbfs(wave: Floats) -> Floats:
    window = blackmanharris(len(wave))  # side lobes at -92 dB of a tone at -18 dBFS
    return np.asarray(20 * np.log10(np.abs(np.fft.rfft(wave * window)) * 2 / window.sum() + 1e-12))


def outside_dbfs(wave: Floats, skirts_hz: float, rate_hz: float = RATE_HZ) -> Floats:
    freqs_hz = np.fft.rfftfreq(len(wave), 1 / rate_hz)
    return np.asarray(spectrum_dbfs(wave)[np.abs(freqs_hz - 1000.0) > skirts_hz])


def around(eq: StreamingEq, change: Change | None, rate_hz: float, size: int) -> Floats:
    """A 1 kHz tone through ``eq``, with ``change`` in the middle of what is returned; the attack before is cut off."""
    tone = sine(3 * FRAMES // 2, rate_hz=rate_hz)
    before, after = np.split(tone, [FRAMES], axis=1)
    heard = [play(eq, before, (size,))]
    if change:
        change(eq)
    heard.append(play(eq, after, (size,)))
    return np.concatenate(heard, axis=1)[0, FRAMES // 2 :].astype(np.float64)


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize(("rate_hz", "size"), [(48_000.0, 64), (48_000.0, 4096), (44_100.0, 16), (192_000.0, 333)])
def test_a_jump_under_a_tone_splatters_no_more_than_a_smooth_crossfade(jump: str, rate_hz: float, size: int) -> None:
    settings, bypassed, change, skirts_hz = JUMPS[jump]

    def fresh() -> StreamingEq:
        eq = StreamingEq(settings, rate_hz=rate_hz, channels=1)
        eq.bypassed = bypassed
        eq.reset()
        return eq

    moved = around(fresh(), change, rate_hz, size)
    old, arrived = fresh(), fresh()
    change(arrived)
    arrived.reset()
    before, after = (around(eq, None, rate_hz, size) for eq in (old, arrived))
    progress = np.clip((np.arange(FRAMES) - FRAMES // 2) / (0.030 * rate_hz), 0, 1)
    weight = 0.5 - 0.5 * np.cos(np.pi * progress)
    ideal = before * (1 - weight) + after * weight
    abrupt = np.where(progress > 0, after, before)

    allowed = np.maximum(outside_dbfs(ideal, skirts_hz, rate_hz), -80.0)
    assert (outside_dbfs(moved, skirts_hz, rate_hz) <= allowed).all()
    assert (outside_dbfs(abrupt, skirts_hz, rate_hz) > allowed).any()  # the measure hears a click


def test_fifty_random_settings_in_a_second_do_not_click() -> None:
    """However the knobs are turned, in no 43 ms does a 1 kHz tone reach 4 kHz and above; every step would."""
    rng = np.random.default_rng(3)
    freqs_hz, gains_db = np.exp(rng.uniform(np.log(40), np.log(4000), (50, 5))), rng.uniform(-12, 12, (50, 5))
    moved = StreamingEq(rate_hz=RATE_HZ, channels=1)
    tone = sine(50 * 960)
    glides, steps = [], []
    for number in range(50):
        settings = EqSettings.of(freqs_hz[number].tolist(), gains_db[number].tolist())
        moved.set(settings)
        glides.append(play(moved, tone[:, number * 960 : (number + 1) * 960]))
        always = StreamingEq(settings, rate_hz=RATE_HZ, channels=1)
        steps.append(always.process(tone[:, : (number + 1) * 960])[:, -960:])

    def highest_dbfs(parts: list[Audio]) -> Floats:
        wave = np.concatenate(parts, axis=1)[0].astype(np.float64)
        starts = range(0, len(wave) - 2048, 512)
        return np.array([outside_dbfs(wave[start : start + 2048], 3000).max() for start in starts])

    assert highest_dbfs(glides).max() < -80
    assert np.median(highest_dbfs(steps)) > -70


def test_a_wild_ride_leaves_no_trace() -> None:
    """Settings at the ends of every range, every 16 frames for a second: the states stay small and then forget."""
    rng = np.random.default_rng(5)
    eq = StreamingEq(rate_hz=RATE_HZ)
    audio = noise(2, 16)
    loudest = 0.0
    for _ in range(3000):
        ends = EqSettings.of(*(rng.choice(pair, 5).tolist() for pair in ((20, 20_000), (-12, 12), (0.1, 10))))
        eq.set(ends)
        loudest = max(loudest, float(np.abs(eq.process(audio)).max()))
    assert loudest < np.abs(audio).max() * 10 ** ((5 * 12 + 20) / 20)  # five gains and the resonance of a Q of 10
    eq.set(WARM)
    always = StreamingEq(WARM, rate_hz=RATE_HZ)
    rest = noise(2, 1 << 16)
    np.testing.assert_allclose(eq.process(rest)[:, -1000:], always.process(rest)[:, -1000:], atol=ULP, rtol=0)


# where it is and where it goes


@pytest.mark.parametrize("smooth_ms", [20.0, 30.0, 50.0])
def test_it_arrives_after_the_time_named(smooth_ms: float) -> None:
    eq = StreamingEq(rate_hz=RATE_HZ, smooth_ms=smooth_ms)
    assert not eq.is_moving
    eq.set(WARM)
    assert eq.is_moving
    eq.process(noise(2, int((smooth_ms - 1) * 48)))
    assert eq.is_moving
    eq.process(noise(2, 2 * 48))
    assert not eq.is_moving
    assert eq.settings == WARM


def test_settings_equal_to_the_present_ones_move_nothing() -> None:
    eq = StreamingEq(WARM, rate_hz=RATE_HZ)
    eq.settings = EqSettings.from_dict(WARM.to_dict())
    assert not eq.is_moving


def test_a_stream_of_targets_never_overshoots() -> None:
    """The preamp alone, on a constant: what comes out is the gain itself."""
    eq, ones = StreamingEq(rate_hz=RATE_HZ, channels=1), np.ones((1, 240), np.float32)
    for preamp_db in (12.0, -12.0, 12.0, 6.0, 12.0, *[-12.0] * 8):
        eq.set(EqSettings.flat().with_preamp(preamp_db))
        gains_db = 20 * np.log10(eq.process(ones).astype(np.float64))
        assert np.abs(gains_db).max() <= 12.00001
    assert gains_db[0, -1] == pytest.approx(-12.0, abs=1e-5)


def test_bypass_ends_in_the_very_same_bits_and_comes_back_to_the_new_settings() -> None:
    eq, audio = StreamingEq(WARM, rate_hz=RATE_HZ), noise(2, 1 << 15)
    play(eq, audio[:, :5000])
    eq.bypassed = True
    play(eq, audio[:, :5000])
    assert not eq.is_moving
    np.testing.assert_array_equal(play(eq, audio, (100, 64)), audio)
    eq.set(THIN)
    assert eq.settings == THIN
    np.testing.assert_array_equal(play(eq, audio, (100, 64))[:, -1000:], audio[:, -1000:])
    eq.bypassed = False
    always = StreamingEq(THIN, rate_hz=RATE_HZ)
    np.testing.assert_allclose(play(eq, audio)[:, -1000:], play(always, audio)[:, -1000:], atol=ULP, rtol=0)


def test_reset_is_a_new_start_at_the_target() -> None:
    eq, audio = StreamingEq(WARM, rate_hz=RATE_HZ), noise(2, 3000)
    eq.process(audio)
    eq.set(THIN)
    eq.process(audio[:, :100])
    eq.reset()
    assert not eq.is_moving
    np.testing.assert_array_equal(eq.process(audio), StreamingEq(THIN, rate_hz=RATE_HZ).process(audio))


# what is not sound


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("moving", [False, True])
def test_a_sample_that_is_no_sound_counts_as_zero_and_does_no_lasting_harm(bad: float, moving: bool) -> None:
    audio = noise(2, 3000)
    broken, mended = audio.copy(), audio.copy()
    broken[1, 1100:1200], mended[1, 1100:1200] = bad, 0.0
    eq, twin = (StreamingEq(WARM, rate_hz=RATE_HZ) for _ in range(2))
    if moving:
        eq.set(THIN)
        twin.set(THIN)
    np.testing.assert_array_equal(play(eq, broken, (1000,)), play(twin, mended, (1000,)))
    assert (eq.bad_blocks, twin.bad_blocks) == (1, 0)


def test_a_stream_that_ends_fades_into_exact_silence() -> None:
    eq = StreamingEq(WARM, rate_hz=RATE_HZ)
    assert not play(eq, np.zeros((2, 5000), np.float32)).any()
    play(eq, noise(2, 5000))
    tail = play(eq, np.zeros((2, 48_000), np.float32))
    assert tail[:, 0].any()
    assert not tail[:, -1000:].any()


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (np.zeros((3, 64), np.float32), r"\(3, 64\).*\[2, n\]"),
        (np.zeros(64, np.float32), r"\(64,\).*\[2, n\]"),
        (np.zeros((2, 64), np.int16), "int16.*float32"),
    ],
)
def test_a_block_of_the_wrong_form_is_refused_in_one_line(block: npt.NDArray[np.generic], text: str) -> None:
    with pytest.raises(AudioError, match=text):
        StreamingEq(rate_hz=RATE_HZ).process(block)


def test_a_stream_that_cannot_be_is_refused() -> None:
    with pytest.raises(SettingsError, match="rate_hz=100"):
        StreamingEq(rate_hz=100)
    with pytest.raises(SettingsError, match="rate_hz=nan"):
        StreamingEq(rate_hz=float("nan"))
    with pytest.raises(SettingsError, match="channels=0"):
        StreamingEq(rate_hz=RATE_HZ, channels=0)
    with pytest.raises(SettingsError, match="smooth_ms=5"):
        StreamingEq(rate_hz=RATE_HZ, smooth_ms=5)


@pytest.mark.parametrize("wrong", [None, "warm", 6.0])
def test_settings_that_are_none_leave_the_stream_as_it_is(wrong: Any) -> None:
    eq = StreamingEq(WARM, rate_hz=RATE_HZ)
    with pytest.raises(SettingsError, match="use EqSettings"):
        eq.set(wrong)
    with pytest.raises(SettingsError, match="use EqSettings"):
        eq.settings = wrong
    assert eq.settings == WARM
    assert not eq.is_moving


def test_channels_may_be_counted_by_numpy() -> None:
    eq = StreamingEq(WARM, rate_hz=np.float64(RATE_HZ), channels=np.int64(2))
    assert eq.process(noise(2, 64)).shape == (2, 64)
    assert (type(eq.channels), type(eq.rate_hz)) == (int, float)


def test_a_live_process_loads_neither_scipy_nor_torch() -> None:
    code = "import sys, semeq.streaming; print(sorted({'scipy', 'torch', 'pedalboard'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
