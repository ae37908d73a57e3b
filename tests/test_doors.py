"""Whatever a stranger hands to a public function, it works or says in one line what to give instead."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semeq
from semeq import (
    AudioError,
    CurveError,
    EqBand,
    EqSettings,
    ModelError,
    SemeqError,
    SettingsError,
    StreamingEq,
    UnknownWordError,
    UsageError,
)
from semeq.blend import interpolate_settings
from semeq.fit import curve_error_db
from semeq.grammar import Part, Request
from semeq.response import octave_changes_db

anything: Any = semeq  # a caller without a type checker
Eq: Any = EqSettings
Stream: Any = StreamingEq
FLAT = EqSettings.flat()
WARM = FLAT.with_gain(1, 6.0)
SOUND = np.zeros(480)
NAN, HUGE = float("nan"), 10**400

WRONG: list[tuple[Callable[[], object], type[SemeqError], str]] = [
    # words
    (lambda: anything.eq("warm", model=None), ModelError, "'None'.* choose one of: default"),
    (lambda: anything.eq("warm", model=3), ModelError, "'3'.* choose one of: default"),
    (lambda: anything.eq("warm", language=["en"]), ModelError, r"\['en'\].*en, es"),
    (lambda: anything.eq(Request((Part("warm", 1.0),), ["en"])), ModelError, r"\['en'\].*en, es"),  # type: ignore[arg-type]
    (lambda: anything.words(["en"]), ModelError, r"\['en'\].*en, es"),
    (lambda: anything.eq(None), UsageError, "words None.*as text"),
    (lambda: anything.eq(Path("warm")), UsageError, "warm.*as text"),
    (lambda: anything.eq(Request((Part("zorpy", 1.0),), "en")), UnknownWordError, "'zorpy'.*default"),
    (lambda: anything.eq("warm", HUGE), UsageError, r"intensity 10000.*-1 .* to 2"),
    (lambda: anything.eq("warm", np.zeros((3, 3))), UsageError, r"intensity array.*-1 .* to 2"),
    (lambda: anything.interpolate("warm", "bright", "0.5"), UsageError, "position '0.5': use 0 to 1"),
    (lambda: anything.interpolate("warm", "bright", 2), UsageError, "position 2: use 0 to 1"),
    (lambda: anything.interpolate("warm", "bright", NAN), UsageError, "position nan: use 0 to 1"),
    (lambda: anything.interpolate("warm", None, 0.5), UsageError, "None.*as text"),
    (lambda: interpolate_settings(FLAT, "bright", 1), SettingsError, "'bright'.*EqSettings"),  # type: ignore[arg-type]
    # curves
    (lambda: anything.combine(["warm"], [1]), SettingsError, "'warm'.*EqSettings"),
    (lambda: anything.combine([FLAT], ["1"]), SettingsError, "amount '1': use a number"),
    (lambda: anything.combine([FLAT], [NAN]), SettingsError, "amount nan: use a number"),
    (lambda: anything.combine([WARM, FLAT], [1e300, 1]), SettingsError, "amount 1e.300: use a number"),
    (lambda: anything.combine(FLAT, 1), SettingsError, "amounts 1: use two lists"),
    (lambda: anything.combine([], []), SettingsError, "0 settings"),
    (lambda: anything.fit("a", "b"), CurveError, "'a' at 'b': use two lists"),
    (lambda: anything.fit([1, [2]], [100, 200]), CurveError, "use two lists"),
    (lambda: anything.fit(None, None), CurveError, "two or more"),
    (lambda: anything.fit([1, 2], [100, 200], gain_limit_db="6"), SettingsError, "gain_limit_db='6'.*up to 12 dB"),
    (lambda: anything.fit([1, 2], [100, 200], rate_hz=0), AudioError, "0 Hz: use 1000 to 768000 Hz"),
    (lambda: anything.fit([1, 2], [100, 200], start="warm"), SettingsError, "'warm'.*EqSettings"),
    (lambda: curve_error_db("warm", [1, 2], [100, 200]), SettingsError, "'warm'.*EqSettings"),  # type: ignore[arg-type]
    (lambda: anything.response_db(FLAT, "abc"), UsageError, "frequencies 'abc': use numbers in Hz"),
    (lambda: anything.response_db(FLAT, [1, [2]]), UsageError, r"\[1, \[2\]\]: use numbers in Hz"),
    (lambda: anything.response_db(FLAT, [100, NAN]), UsageError, "frequency nan Hz: use 0 Hz and above"),
    (lambda: anything.response_db(FLAT, [100, np.inf]), UsageError, "frequency inf Hz: use 0 Hz and above"),
    (lambda: anything.response_db(FLAT, -5), UsageError, "frequency -5 Hz: use 0 Hz and above"),
    (lambda: anything.response_db("warm", [100]), SettingsError, "'warm'.*EqSettings"),
    (lambda: octave_changes_db("warm"), SettingsError, "'warm'.*EqSettings"),  # type: ignore[arg-type]
    *[
        (lambda call=call, rate=rate: call(FLAT, rate), AudioError, f"sample rate {said} Hz: use 1000 to 768000 Hz")
        for call in (
            lambda settings, rate: anything.response_db(settings, [100], rate),
            anything.sos,
            anything.peak_db,
            anything.auto_preamp_db,
            lambda settings, rate: anything.render(SOUND, settings, rate),
        )
        for rate, said in ((0, "0"), (-48_000, "-48000"), (NAN, "nan"), ("48000", "'48000'"), (None, "None"))
    ],
    (lambda: anything.sos("warm", 48_000), SettingsError, "'warm'.*EqSettings"),
    (lambda: anything.peak_db("warm"), SettingsError, "'warm'.*EqSettings"),
    (lambda: anything.auto_preamp_db("warm"), SettingsError, "'warm'.*EqSettings"),
    # settings
    (lambda: Eq.from_text(None), SettingsError, "None: use text"),
    (lambda: Eq.from_text(b"+3 dB bell at 1 kHz"), SettingsError, "use text"),
    (lambda: Eq.from_json(None), SettingsError, "None: use JSON text"),
    (lambda: Eq.from_json('{"bands": [], "preamp_db": 1' + 400 * "0" + "}"), SettingsError, "bands: use five"),
    (lambda: Eq.from_json(FLAT.to_json().replace("0.0", "1" + 400 * "0", 1)), SettingsError, "preamp_db=100.*60 dB"),
    (lambda: Eq.from_vector(None), SettingsError, "vector=None: use a list"),
    (lambda: Eq.from_vector(["x"] * 13, clamp=True), SettingsError, "no number"),
    (lambda: Eq.from_vector(np.zeros((13, 2))), SettingsError, "freq_hz=array.* use a number"),
    (lambda: Eq.of(None, [0] * 5), SettingsError, "freqs_hz=None: use a list"),
    (lambda: Eq(bands=None), SettingsError, "bands=None: use a list"),
    (lambda: EqBand(kind="bell", freq_hz=HUGE, gain_db=0), SettingsError, "freq_hz=1000.*: use 20 to 20000 Hz"),
    (lambda: FLAT.with_preamp(np.zeros((2, 2))), SettingsError, "preamp_db=array.*60 dB"),  # type: ignore[arg-type]
    # sound
    (lambda: anything.render(SOUND, "warm", 48_000), SettingsError, "'warm'.*EqSettings"),
    (lambda: anything.render([[0.0], [0.0, 0.0]], FLAT, 48_000), AudioError, r"use an array"),
    (lambda: anything.render(None, FLAT, 48_000), AudioError, "audio of type object"),
    (lambda: Stream(rate_hz="48000"), SettingsError, "rate_hz='48000': use 8000 to 768000 Hz"),
    (lambda: Stream(rate_hz=None), SettingsError, "rate_hz=None: use 8000 to 768000 Hz"),
    (lambda: Stream(rate_hz=48_000, smooth_ms="30"), SettingsError, "smooth_ms='30': use 20 to 50 ms"),
    (lambda: Stream(rate_hz=48_000, channels=2.0), SettingsError, "channels=2: use a whole number"),
    (lambda: Stream(rate_hz=48_000, channels="2"), SettingsError, "channels='2': use a whole number"),
    (lambda: Stream("", rate_hz=48_000), SettingsError, "'': use EqSettings"),
    (lambda: Stream(rate_hz=48_000).process([[0.0], [0.0, 0.0]]), AudioError, r"an array \[2, n\]"),
]


@pytest.mark.parametrize(("call", "error", "text"), WRONG)
def test_what_no_function_can_use_is_refused_in_one_short_line(
    call: Callable[[], object], error: type[SemeqError], text: str
) -> None:
    with pytest.raises(error, match=text) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_numbers_of_every_make_are_numbers() -> None:
    """Of numpy, of fractions; text only where it always was read, in an intensity."""
    assert semeq.interpolate("warm", "bright", np.float32(0.5)) == semeq.interpolate("warm", "bright", Fraction(1, 2))  # type: ignore[arg-type]
    assert anything.render(SOUND, WARM, np.int64(48_000)).shape == SOUND.shape
    assert semeq.peak_db(WARM, np.asarray(48_000)) == semeq.peak_db(WARM)  # type: ignore[arg-type]
    assert semeq.combine([WARM], np.array([0.5])) == WARM.scaled(0.5)  # type: ignore[arg-type]
    assert FLAT.with_gain(1.0, 6.0) == WARM  # type: ignore[arg-type]
    assert anything.eq("warm", "0.5") == semeq.eq("warm", 0.5)


# a model's name or file


@pytest.mark.parametrize("name", ["mix.wav", "my.model", "default.bak"])
def test_a_file_that_is_no_model_is_read_and_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(ModelError, match=f"{name}: not a semeq model"):
        semeq.load_model(name)


def test_a_model_may_have_any_file_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from semeq.artefact import shipped_models
    from semeq.weights import weights_folder

    monkeypatch.chdir(tmp_path)
    Path("my.model").write_bytes((weights_folder() / shipped_models()["default"]["file"]).read_bytes())
    assert semeq.load_model("my.model").sha256 == semeq.load_model().sha256


def test_a_shipped_name_wins_over_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("default").write_text("mine", encoding="utf-8")
    assert semeq.load_model("default") is semeq.load_model()


@pytest.mark.parametrize("folder", [".", "..", os.curdir + "/", Path()])
def test_a_folder_is_no_model(folder: str | Path) -> None:
    with pytest.raises(
        ModelError,
        match=r"no model '.*' \(a folder\); choose one of: default, socialfx, v1, v2, v2-vae, v3, or give a file",
    ):
        semeq.load_model(folder)


@pytest.mark.parametrize("name", ["v99", "nowhere.safetensors", "no/where", "with\0nul", "x" * 5000])
def test_a_model_that_is_not_there_is_named_with_the_choices(name: str) -> None:
    with pytest.raises(
        ModelError, match=r"no model .*; choose one of: default, socialfx, v1, v2, v2-vae, v3, or give a file"
    ) as caught:
        semeq.load_model(name)
    assert "\n" not in str(caught.value)


# the shape of audio


@pytest.mark.parametrize("shape", [(48_000, 2), (48_000, 1), (100, 2), (4410, 24)])
def test_audio_on_its_side_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(AudioError, match=r"audio of shape \(\d+, \d+\): use \[channels, samples\].*audio\.T"):
        semeq.render(np.zeros(shape), WARM, 48_000)


@pytest.mark.parametrize("shape", [(17, 400), (2, 1), (2, 0), (24, 10), (64, 16), (128, 128), (128, 0), (0, 5)])
def test_audio_with_many_channels_or_few_samples_is_honest(shape: tuple[int, int]) -> None:
    assert semeq.render(np.zeros(shape), WARM, 48_000).shape == shape
