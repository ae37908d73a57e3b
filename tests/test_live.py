"""Live sound without a device: the strip, what processes share, the ear, and the loop that follows what it hears."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from pyloudnorm import Meter

import semeq
from semeq import EqSettings, eq, response_db
from semeq.demo import music
from semeq.hearing.adaptive import adapt
from semeq.hearing.listening import listen
from semeq.hearing.live import Ear, Moment
from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.reference import load_reference
from semeq.streaming import Audio, StreamingEq
from semeq_bridge.core import EARS, Event, Refused, Replied, apply, new_state, value_at
from semeq_bridge.live.desk import asked, worth_it
from semeq_bridge.live.follow import frame_args, read_frame
from semeq_bridge.live.insert import Insert
from semeq_bridge.live.lockstep import Lockstep, play_file
from semeq_bridge.live.panel import RING_FRAMES, Asked, Panel, Shape
from semeq_bridge.live.trim import MOST_DB, trim_db
from semeq_bridge.osc import Arg
from semeq_bridge.recall import restored, to_dict
from semeq_bridge.record import record_line, replay
from semeq_bridge.state import State
from tests.sound import noise, read, sine, write
from tests.waiting import eventually

RATE = 48_000
WARM, BRIGHT = eq("warm"), eq("bright")
PIECE: Audio = (0.4 * np.tile(music(8.0), (1, 5))).astype(np.float32)  # 44.1 kHz
PIECE_RATE = 44_100


def one_strip(channels: int = 2, rate_hz: float = RATE, settings: EqSettings | None = None) -> tuple[Panel, Insert]:
    panel = Panel.new(Shape(strips=1, channels=channels))
    panel.strips[0].ask(Asked(settings or EqSettings.flat()))
    return panel, Insert(panel.strips[0], rate_hz, channels)


def in_blocks(insert: Insert, audio: Audio, sizes: Callable[[], int]) -> Audio:
    done, parts = 0, []
    while done < audio.shape[1]:
        size = sizes()
        parts.append(insert.process(audio[:, done : done + size]).copy())
        done += size
    return np.concatenate(parts, axis=1)


# what processes share


def test_another_process_sees_what_is_asked_for_and_the_sound_that_is_left() -> None:
    panel = Panel.new(Shape(strips=2, channels=3))
    panel.strips[1].ask(Asked(WARM.with_preamp(-3.0), delta=True))
    block = noise(0.1, channels=3).astype(np.float32)
    panel.strips[1].write(block)
    code = (
        "import sys, json; from semeq_bridge.live.panel import Panel\n"
        "p = Panel.seen(**json.loads(sys.argv[1])); n, a = p.strips[1].asked(0)\n"
        "print(a.settings.preamp_db, a.delta, a.bypass, *a.settings.gains_db, p.strips[1].read(0, 3)[1].sum())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(panel.to_text())],
        pass_fds=[panel.descriptor],
        capture_output=True,
        text=True,
        check=True,
    )
    preamp, delta, bypass, *numbers = done.stdout.split()
    assert (preamp, delta, bypass) == ("-3.0", "True", "False")
    assert [float(number) for number in numbers[:5]] == list(WARM.gains_db)
    assert float(numbers[5]) == pytest.approx(float(block.sum()), abs=1e-3)


HAMMER = """
import json, sys
from semeq_bridge.live.panel import Asked, Panel
from semeq import EqSettings
strip = Panel.seen(**json.loads(sys.argv[1])).strips[0]
choices = [Asked(EqSettings.flat().with_preamp(g).with_gain(1, g).with_gain(5, g)) for g in (-6.0, 6.0)]
print("on", flush=True)
while True:
    for one in choices:
        strip.ask(one)
        for _ in range(300):
            pass
"""


def test_numbers_that_belong_together_are_never_mixed() -> None:
    """A process that writes without rest; whoever reads meanwhile sees whole settings only."""
    panel = Panel.new(Shape(strips=1, channels=1))
    command = [sys.executable, "-c", HAMMER, json.dumps(panel.to_text())]
    with subprocess.Popen(command, pass_fds=[panel.descriptor], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        seen = since = passed = 0
        until_s = time.monotonic() + 20.0
        try:
            while seen < 3000 and time.monotonic() < until_s:
                if (found := panel.strips[0].asked(since)) is None:
                    passed += 1
                    continue
                since, it = found
                assert it.settings.gains_db[0] == it.settings.gains_db[4] == it.settings.preamp_db
                seen += 1
        finally:
            writer.kill()
    assert seen == 3000


WAITING = "import time; from semeq_bridge.live.child import Parent; Parent(); print('on', flush=True); time.sleep(60)"
ORPHANED = """
import subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE
)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_process_of_ours_ends_with_whoever_started_it_even_while_it_waits_for_something_else() -> None:
    command = [sys.executable, "-c", ORPHANED, WAITING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        orphan = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    try:
        eventually(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE, 20.0)
    finally:
        if orphan.is_running():
            orphan.kill()


def test_the_listener_gets_every_frame_and_the_newest_where_it_was_too_slow() -> None:
    (strip,) = Panel.new(Shape(strips=1, channels=2)).strips
    audio = noise(6.0).astype(np.float32)
    place, heard = 0, []
    for start in range(0, audio.shape[1], 700):
        strip.write(audio[:, start : start + 700])
        if start % 2100 == 0:
            place, block = strip.read(place, 2)
            heard.append(block)
    heard.append(strip.read(place, 2)[1])
    assert np.array_equal(np.concatenate(heard, axis=1), audio)
    place, block = strip.read(0, 2)
    assert place == strip.written == audio.shape[1]
    assert 0 < block.shape[1] <= RING_FRAMES
    assert np.array_equal(block, audio[:, -block.shape[1] :])


# the strip


@pytest.mark.parametrize(("rate_hz", "channels"), [(44_100, 1), (48_000, 2), (96_000, 6), (192_000, 2)])
def test_blocks_of_any_size_give_the_same_sound(rate_hz: int, channels: int) -> None:
    audio = noise(1.0, rate_hz, channels).astype(np.float32)
    whole = StreamingEq(WARM, rate_hz=rate_hz, channels=channels).process(audio)
    chance = np.random.default_rng(1)
    for low, high in ((16, 17), (1, 300), (64, 4097)):
        _, insert = one_strip(channels, rate_hz, WARM)
        got = in_blocks(insert, audio, lambda low=low, high=high: int(chance.integers(low, high)))  # type: ignore[misc]
        assert np.abs(got - whole).max() < 1e-6


def test_bypass_lets_every_bit_through_and_delta_is_the_difference() -> None:
    audio = noise(0.5).astype(np.float32)
    panel, insert = one_strip(settings=WARM)
    wet = in_blocks(insert, audio, lambda: 256)
    panel.strips[0].ask(Asked(WARM, bypass=True))
    in_blocks(insert, audio, lambda: 256)
    assert np.array_equal(in_blocks(insert, audio, lambda: 256), audio)
    panel, insert = one_strip(settings=WARM)
    panel.strips[0].ask(Asked(WARM, delta=True))
    delta = in_blocks(insert, audio, lambda: 256)
    late = audio.shape[1] // 2
    assert np.abs(delta + audio - wet)[:, late:].max() < 1e-6
    assert insert.process(np.zeros((2, 0), np.float32)).shape == (2, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("size", [16, 256, 4096])
def test_what_is_no_sound_is_muted_and_the_sound_comes_back_without_a_click(bad: float, size: int) -> None:
    audio = sine(440.0, 2.0, peak=0.5).astype(np.float32)
    broken = audio.copy()
    broken[0, 30_000] = bad
    broken[0, 30_500] = bad
    _, insert = one_strip(1, settings=WARM)
    out = in_blocks(insert, broken, lambda: size)
    assert np.isfinite(out).all()
    assert insert.bad >= 1
    assert np.abs(out).max() <= np.abs(WARM_TONE).max() * 1.05
    assert np.abs(np.diff(out)).max() < 0.05  # a jump would be as high as the tone
    assert np.abs(out[:, -1000:] - WARM_TONE[:, -1000:]).max() < 1e-4


WARM_TONE = StreamingEq(WARM, rate_hz=RATE, channels=1).process(sine(440.0, 2.0, peak=0.5).astype(np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_the_listener_is_not_given_what_is_no_sound(bad: float) -> None:
    (strip,) = Panel.new(Shape(strips=1, channels=2)).strips
    insert = Insert(strip, RATE, 2, "ports")
    clean = noise(0.1).astype(np.float32)
    for heard_there in (clean, np.full_like(clean, bad), clean):
        assert np.isfinite(insert.process(clean, heard_there)).all()
    place, block = strip.read(0, 2)
    assert place == 2 * clean.shape[1]
    assert np.array_equal(block, np.concatenate([clean, clean], axis=1))


def test_denormals_come_out_as_silence_in_no_more_time() -> None:
    _, insert = one_strip(settings=WARM)
    out = in_blocks(insert, np.full((2, 9600), 1e-40, np.float32), lambda: 128)
    assert np.abs(out).max() < 1e-38
    assert not insert.bad


def beside_the_tone_dbfs(out: Audio, tone_hz: float = 1000.0, skirt_hz: float = 250.0) -> float:
    """The highest component away from the tone: windows of 8192 with side lobes below -110 dB, every 512 frames."""
    from scipy.signal.windows import blackmanharris

    window = blackmanharris(8192)
    frames = np.lib.stride_tricks.sliding_window_view(out[0].astype(np.float64), 8192)[::512]
    levels = np.abs(np.fft.rfft(frames * window, axis=1)) * 2.0 / window.sum()
    freqs = np.fft.rfftfreq(8192, 1 / RATE)
    away = np.abs(freqs - tone_hz) > skirt_hz
    return float(20.0 * np.log10(levels[:, away].max()))


TONE = sine(1000.0, 3.0, peak=0.5).astype(np.float32)


@pytest.mark.parametrize("what", ["sweep", "words", "bypass", "delta", "block sizes"])
def test_nothing_that_moves_is_heard_beside_a_tone(what: str) -> None:
    panel, insert = one_strip(1, settings=WARM)
    number, done, parts, size = 0, 0, [], 128
    chance = np.random.default_rng(0)
    while done < TONE.shape[1]:
        number += 1
        at_s = done / RATE
        match what:
            case "sweep":
                panel.strips[0].ask(Asked(BRIGHT.scaled(round(127 * min(at_s % 2.0, 1.0)) / 127 * 2)))
            case "words" if number % 40 == 0:
                panel.strips[0].ask(Asked((WARM, BRIGHT, eq("thin"), eq("boomy"))[number // 40 % 4]))
            case "bypass" if number % 60 == 0:
                panel.strips[0].ask(Asked(WARM, bypass=number // 60 % 2 == 0))
            case "delta" if number % 60 == 0:
                panel.strips[0].ask(Asked(WARM, delta=number // 60 % 2 == 0))
            case "block sizes":
                size = int(chance.integers(16, 4097))
        parts.append(insert.process(TONE[:, done : done + size]).copy())
        done += size
    assert beside_the_tone_dbfs(np.concatenate(parts, axis=1)) < -80.0


def test_a_step_would_be_heard_beside_the_tone() -> None:
    """The measure sees what it is to see: the same words, switched from one sample to the next."""
    wet = StreamingEq(WARM, rate_hz=RATE, channels=1).process(TONE)
    switched = np.where(np.arange(TONE.shape[1]) // 10_007 % 2, wet, TONE).astype(np.float32)
    assert beside_the_tone_dbfs(switched) > -60.0


# as loud as it came


@pytest.mark.parametrize("words", ["warm", "bright", "thin", "boomy", "airy"])
def test_the_trim_keeps_a_piece_as_loud_as_it_was(words: str) -> None:
    ear = Ear(PIECE_RATE, 2)
    ear.update(PIECE)
    shape_db = ear.moment(load_reference()).shape_db
    settings = eq(words)
    trimmed = settings.with_preamp(trim_db(settings, shape_db))
    meter = Meter(PIECE_RATE)
    before, plain, after = (
        meter.integrated_loudness(np.asarray(it, np.float64).T)
        for it in (PIECE, semeq.render(PIECE, settings, PIECE_RATE), semeq.render(PIECE, trimmed, PIECE_RATE))
    )
    assert abs(after - before) < 0.5
    assert abs(after - before) <= abs(plain - before) + 0.1


def test_a_loud_note_does_not_carry_the_trim_away() -> None:
    """Bass comes and goes: the level of the rest must not follow it within a beat."""
    state = following("warm", match=1, adapt=0)
    bass = np.where(BANDS_HZ < 150, 20.0, 0.0)
    trims = []
    for step in range(400):
        state = heard(state, moment(bass if step // 100 % 2 else -bass), step / 20)
        trims.append(float(str(value_at(state, "/semeq/trim"))))
    assert np.ptp(trims) > 1.0  # it does follow
    assert np.abs(np.subtract(trims[4:], trims[:-4])).max() < 1.0  # in a fifth of a second


def test_the_trim_has_limits_and_is_nothing_for_a_flat_curve() -> None:
    most = EqSettings.of((8000, 300, 600, 1200, 200), (12,) * 5, (0.7, 0.3, 0.3, 0.3, 0.7))
    assert trim_db(most, None) == -MOST_DB
    assert trim_db(most.inverted(), None) == MOST_DB
    assert trim_db(EqSettings.flat(), None) == 0.0


# the ear


@pytest.mark.parametrize("level", [1.0, 0.05])
def test_the_ear_hears_what_the_same_seconds_in_a_file_hold(level: float) -> None:
    """The same 30 s, live in blocks and offline: within 0.2 dB, wherever they lead and in every band."""
    piece = level * PIECE[:, : 30 * PIECE_RATE]
    offline = listen(piece, PIECE_RATE)
    ear = Ear(PIECE_RATE, 2)
    for start in range(0, piece.shape[1], 441):
        ear.update(piece[:, start : start + 441])
    live = ear.moment(load_reference())
    assert np.linalg.norm(live.place - offline.place) < 0.2  # in the latent space lengths are dB
    assert np.sqrt(np.mean((live.deviation_db - offline.deviation_db) ** 2)) < 0.2
    for words in ("bright", "warm"):
        assert live.share_for(eq(words), 1.0) == pytest.approx(adapt(eq(words), 1.0, offline).share, abs=0.05)


def test_silence_makes_nobody_forget() -> None:
    ear = Ear(PIECE_RATE, 2, memory_s=1.0)
    ear.update(PIECE[:, : 10 * PIECE_RATE])
    before = ear.moment(load_reference())
    ear.update(1e-5 * PIECE[:, : 20 * PIECE_RATE])  # -100 dB: a floor, not music
    ear.update(np.zeros((2, 20 * PIECE_RATE), np.float32))
    after = ear.moment(load_reference())
    assert before.sounding
    assert not after.sounding
    off = np.abs(after.deviation_db - before.deviation_db)[1:]  # a hard cut is itself heard, below 40 Hz
    assert off.max() < 1.0
    assert np.linalg.norm(after.place - before.place) < 0.3
    assert after.trust == pytest.approx(before.trust, abs=0.01)


def test_it_remembers_no_longer_than_it_was_told() -> None:
    bright = semeq.render(PIECE, eq("bright", 1.5), PIECE_RATE)
    ears = [Ear(PIECE_RATE, 2, memory_s=memory_s) for memory_s in (2.0, np.inf)]
    for ear in ears:
        ear.update(PIECE[:, : 16 * PIECE_RATE])
        ear.update(bright[:, : 16 * PIECE_RATE])
    alone = Ear(PIECE_RATE, 2)
    alone.update(bright[:, : 16 * PIECE_RATE])
    short, long, only = (ear.moment(load_reference()).deviation_db for ear in (*ears, alone))
    assert np.std(short - only) < 0.7 < np.std(long - only)


def test_behind_an_eq_it_hears_what_went_in() -> None:
    wet = semeq.render(PIECE, WARM, PIECE_RATE)
    before, behind = Ear(PIECE_RATE, 2), Ear(PIECE_RATE, 2)
    before.update(PIECE)
    behind.update(wet, response_db(WARM, BANDS_HZ))
    one, other = (ear.moment(load_reference()).deviation_db for ear in (before, behind))
    assert np.sqrt(np.mean((one - other) ** 2)) < 0.2


# the state


def following(words: str = "bright", speed_s: float = 15.0, **more: float) -> State:
    state = new_state()
    said: dict[str, Arg] = {"term": words, "speed": speed_s, "adapt": 1, **more}
    for path, value in said.items():
        state, effects = apply(state, Event(f"/semeq/{path}", (value,)), 0.0)
        assert not any(isinstance(effect, Refused) for effect in effects)
    return state


def moment(curve_db: np.ndarray, **more: float) -> Moment:
    reference = load_reference()
    it = Moment(
        deviation_db=curve_db - curve_db.mean(),
        shape_db=reference.mean_db + curve_db,
        reference="music",
        spread_db=reference.spread_db,
        trust=1.0,
        level_db=-20.0,
        sounding=True,
    )
    return replace(it, **more)  # type: ignore[arg-type]  # its fields


LIKE = response_db(BRIGHT, BANDS_HZ)


def heard(state: State, it: Moment, now_s: float, words: str = "bright 80 %") -> State:
    event = Event(f"/semeq/main/{EARS}", frame_args(it, words, -6.0, -5.0), EARS)
    state, effects = apply(state, event, now_s)
    assert not any(isinstance(effect, Refused) for effect in effects), effects
    return state


def test_what_is_there_already_is_given_less_of_and_its_opposite_more() -> None:
    shares = []
    for sign in (1.0, 0.0, -1.0):
        state = following()
        for step in range(1200):
            state = heard(state, moment(sign * LIKE), step / 20)
        shares.append(state.instances["main"].share)
        assert value_at(state, "/semeq/share") == state.instances["main"].share
    assert 0.0 <= shares[0] < 0.35
    assert shares[1] == pytest.approx(1.0, abs=0.1)
    assert 1.3 < shares[2] <= 1.5
    assert value_at(state, "/semeq/heard") == "bright 80 %"
    assert "of the opposite" in str(value_at(state, "/semeq/expect"))


def test_the_spectrum_can_be_asked_for() -> None:
    state = following()
    assert apply(state, Event("/semeq/main/spectrum"), 0.0)[1] == (Replied("/semeq/main/spectrum", (), ""),)
    (told,) = apply(heard(state, moment(LIKE), 0.0), Event("/semeq/main/spectrum"), 0.0)[1]
    assert isinstance(told, Replied)
    assert np.abs(np.array(told.args) - moment(LIKE).shape_db).max() < 0.02


def test_it_moves_slowly_and_stands_still_in_silence_and_on_hold() -> None:
    state = following(speed_s=10.0)
    shares = []
    for step in range(200):
        state = heard(state, moment(LIKE), step / 20)
        shares.append(state.instances["main"].heard.share)
    assert np.all(np.diff(shares) <= 0.0)
    assert shares[0] - shares[1] < 0.04
    assert shares[-1] < shares[0] - 0.5
    for now_s in (11.0, 12.0, 60.0):
        quiet = heard(state, moment(-LIKE, sounding=False), now_s)
        assert quiet.instances["main"].settings == state.instances["main"].settings
    held, _ = apply(state, Event("/semeq/hold", (1,)), 10.0)
    for step in range(100):
        held = heard(held, moment(-LIKE), 10.0 + step / 20)
    assert held.instances["main"].settings == state.instances["main"].settings


def test_other_words_are_answered_at_once_and_a_knob_never_jumps() -> None:
    state = following()
    for step in range(1200):
        state = heard(state, moment(LIKE), step / 20)
    dark, _ = apply(state, Event("/semeq/term", ("warm",)), 60.0)
    assert dark.instances["main"].share > 1.0 > state.instances["main"].share
    # on its way somewhere else, a knob that turns a little changes little
    for step in range(20):
        state = heard(state, moment(-LIKE), 61.0 + step / 20)
    moved = state
    for step in range(1, 11):
        before = moved.instances["main"].settings.gains_db
        moved, _ = apply(moved, Event("/semeq/intensity", (1.0 - step / 100,)), 62.0)
        assert np.abs(np.subtract(moved.instances["main"].settings.gains_db, before)).max() < 0.2


def test_without_adapt_the_words_are_as_asked() -> None:
    state = following()
    for step in range(600):
        state = heard(state, moment(LIKE), step / 20)
    plain, _ = apply(state, Event("/semeq/adapt", (0,)), 31.0)
    assert plain.instances["main"].settings == BRIGHT
    assert value_at(plain, "/semeq/expect") == "bright: as asked"


def test_only_the_ears_may_say_what_is_heard() -> None:
    args = frame_args(moment(LIKE), "", 0.0, 0.0)
    state = following()
    for source in ("127.0.0.1:9000", "tcp:1:2"):
        after, effects = apply(state, Event(f"/semeq/main/{EARS}", args, source), 0.0)
        assert after is state
        assert isinstance(effects[0], Refused)
    wrongs: list[tuple[Arg, ...]] = [(), args[:-1], (*args[:-1], "x"), (*args[:-1], float("nan")), (1, *args[1:])]
    for wrong in wrongs:
        _, effects = apply(state, Event(f"/semeq/main/{EARS}", wrong, EARS), 0.0)
        assert isinstance(effects[0], Refused)


def test_a_frame_is_read_as_it_was_written() -> None:
    it, words, peaks = read_frame(frame_args(moment(LIKE), "warm 70 %", -1.0, -2.0))
    assert (words, peaks) == ("warm 70 %", (-1.0, -2.0))
    assert np.abs(it.deviation_db - moment(LIKE).deviation_db).max() < 0.01


def test_a_record_with_what_was_heard_is_followed_again(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    state = new_state()
    events = [Event("/semeq/term", ("bright",), "x"), Event("/semeq/adapt", (1,), "x")]
    events += [Event(f"/semeq/main/{EARS}", frame_args(moment(LIKE), "bright 80 %", -6.0, -5.0), EARS)] * 100
    with path.open("w", encoding="utf-8") as file:
        for number, event in enumerate(events):
            file.write(record_line(event, number / 20))
            state, _ = apply(state, event, number / 20)
    values, count, refused = replay(path, ("main",), ("warm", "bright"))
    assert (count, refused) == (102, 0)
    assert values["/semeq/main/share"] == value_at(state, "/semeq/share") != 1.0


def test_a_project_keeps_how_the_material_is_followed() -> None:
    state = following(speed_s=7.0, match=1)
    state, _ = apply(state, Event("/semeq/reference", ("speech",)), 0.0)
    again = restored(new_state(), to_dict(state)).instances["main"]
    assert again.listening == state.instances["main"].listening
    old = to_dict(state)
    del old["instances"]["main"]["listening"]
    assert not restored(new_state(), old).instances["main"].listening.adapt


def test_only_what_can_be_told_apart_is_told() -> None:
    """What is heard moves the EQ in steps of 0.1 dB; what somebody does, whatever it is."""
    before = following().instances["main"]
    has = asked(before)
    near = replace(before, heard=replace(before.heard, share=0.99))
    far = replace(before, heard=replace(before.heard, share=0.9))
    assert not worth_it(before, near, has, asked(near))
    assert worth_it(before, far, has, asked(far))
    turned = before.with_sound(before.sound.saying(intensity=0.999), "x", 0.0)
    assert worth_it(before, turned, has, asked(turned))


# the loop


DULL, NEUTRAL, SPARKLING = (
    semeq.render(PIECE, eq("bright", amount), PIECE_RATE).astype(np.float32) * 0.5 for amount in (-1.0, 0.0, 1.2)
)
SECTION_S = PIECE.shape[1] / PIECE_RATE  # 40
SILENCE = np.zeros((2, 10 * PIECE_RATE), np.float32)
SPEED_S = 15.0


def shares_of(audio: Audio, speed_s: float = SPEED_S, *, after_eq: bool = False, knows: bool = True) -> np.ndarray:
    """The share twenty times a second."""
    step = Lockstep(following(speed_s=speed_s), PIECE_RATE, 2, after_eq=after_eq, knows=knows)
    shares: list[float] = []
    step.play(audio, lambda it: shares.append(it.instance.heard.share))
    return np.array(shares)


def settled(shares: np.ndarray) -> tuple[float, float, float]:
    """Where a section ends, after how many seconds it is there to a tenth of the way, and how far it went beyond."""
    end = float(shares[-200:].mean())
    way = end - shares[0]
    off = np.nonzero(np.abs(shares - end) > max(0.1 * abs(way), 0.04))[0]
    beyond = float(((shares - end) * np.sign(way)).max()) / max(abs(way), 0.2)
    return end, (off[-1] + 1) / 20.0 if len(off) else 0.0, beyond


@pytest.mark.slow
@pytest.mark.parametrize(("after_eq", "knows"), [(False, True), (True, True), (True, False)])
def test_a_medley_gets_what_each_section_lacks(after_eq: bool, knows: bool) -> None:
    """Dull, neutral, bright, silence, dull: in this order, settled within its time, hardly beyond, silence nothing.

    Listening behind the EQ is the same where its curve is known. Where it is not, the loop is closed: it gives less,
    but as steadily.
    """
    medley = np.concatenate([DULL, NEUTRAL, SPARKLING, SILENCE, DULL], axis=1)
    shares = shares_of(medley, after_eq=after_eq, knows=knows)
    edges = np.round(20 * np.cumsum([0, SECTION_S, SECTION_S, SECTION_S, 10.0, SECTION_S])).astype(int)
    dull, neutral, bright, silence, again = (shares[a:b] for a, b in itertools.pairwise(edges))
    ends = []
    for section in (neutral, bright, again):
        end, after_s, beyond = settled(section)
        ends.append(end)
        assert after_s <= SPEED_S
        assert beyond < 0.2
    first = float(dull[-200:].mean())
    assert first > ends[0] + 0.15 > ends[1] + 0.3
    assert ends[1] < 0.1  # bright already: nothing more
    assert ends[2] == pytest.approx(first, abs=0.05)
    assert len(set(silence[10:])) == 1
    if knows:
        for end, section in zip((first, *ends[:2]), (DULL, NEUTRAL, SPARKLING), strict=True):
            assert end == pytest.approx(adapt(BRIGHT, 1.0, listen(section, PIECE_RATE)).share, abs=0.1)


def test_a_closed_loop_does_not_swing_however_fast_it_is() -> None:
    """Steady noise, the ear behind the EQ and told nothing of it: from both sides to one place, without turning."""
    brown = np.cumsum(noise(30.0, PIECE_RATE, seed=3), axis=1)
    pink: Audio = (0.05 * (brown - np.convolve(brown[0], np.ones(999) / 999, "same"))).astype(np.float32)
    for speed_s, most in ((1.0, 0.2), (5.0, 0.1)):  # what is left is the noise's own
        shares = shares_of(pink, speed_s, after_eq=True, knows=False)
        late = shares[round(20 * 3 * speed_s) :]
        assert np.ptp(late) < most
        turns = np.sum(np.abs(np.diff(np.sign(np.diff(shares[:: round(2 * speed_s)])))) > 0)
        assert np.abs(np.diff(shares)).max() < 0.3
        assert turns < len(shares[:: round(2 * speed_s)]) * 0.75


# a file, as it would have been live


def test_a_file_comes_out_as_it_went_in_and_twice_the_same(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", PIECE[:, : 6 * PIECE_RATE], PIECE_RATE)
    played = [play_file(source, tmp_path / f"out{number}.wav", following()) for number in (1, 2)]
    first, second = ((tmp_path / f"out{number}.wav").read_bytes() for number in (1, 2))
    assert first == second
    out, rate_hz = read(tmp_path / "out1.wav")
    assert (rate_hz, out.shape) == (PIECE_RATE, (2, 6 * PIECE_RATE))
    assert played[0].dur_s == 6.0
    assert len(played[0].shares) == 6
    assert not played[0].clipped


def test_events_of_a_file_come_at_their_time(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", PIECE[:, : 4 * PIECE_RATE], PIECE_RATE)
    plain = new_state()
    play_file(source, tmp_path / "out.wav", plain, [(2.0, Event("/semeq/term", ("warm",)))])
    out, _ = read(tmp_path / "out.wav")
    before, _ = read(source)
    assert np.array_equal(out[:, : 2 * PIECE_RATE], before[:, : 2 * PIECE_RATE])
    wet = semeq.render(before, WARM, PIECE_RATE)
    assert np.abs(out - wet)[:, 3 * PIECE_RATE :].max() < 1e-3


def test_a_file_with_what_is_no_sound_is_told_of_and_no_handle_stays_open(tmp_path: Path) -> None:
    audio = PIECE[:, : 2 * PIECE_RATE].copy()
    audio[0, 20_000] = np.nan
    source = tmp_path / "in.wav"
    soundfile.write(source, audio.T, PIECE_RATE, subtype="FLOAT")
    ours = psutil.Process()
    before = ours.num_fds()
    for number in range(3):
        assert play_file(source, tmp_path / f"out{number}.wav", following()).muted == 1
    assert ours.num_fds() == before
    assert np.isfinite(read(tmp_path / "out0.wav")[0]).all()
