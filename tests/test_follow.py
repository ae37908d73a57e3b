"""--follow: settings that move slowly with a piece, hold through silence, and never click."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import semeq
from semeq.apply import ApplyOptions, apply_file
from semeq.demo import music
from semeq.hearing.follow import follow
from semeq.hearing.listening import listen
from semeq.render import moving_filter
from semeq.sidecar import reproduce, write_sidecar
from tests.sound import read, write

RATE = 44_100
PIECE = 0.4 * np.tile(music(8.0).astype(float), (1, 5))
BRIGHT = semeq.eq("bright")


@pytest.fixture(scope="module")
def piece(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds as they are, ten of silence, forty that are bright already."""
    silence = np.zeros((2, 10 * RATE))
    bright = semeq.render(PIECE, semeq.eq("bright", 1.5), RATE) * 0.5
    return write(
        tmp_path_factory.mktemp("follow") / "piece.wav", np.concatenate([PIECE, silence, bright], axis=1), RATE
    )


def test_the_section_that_is_bright_already_gets_less(piece: Path) -> None:
    adapted, factors = follow(piece, BRIGHT, 1.0, listen(piece))
    assert np.mean(factors[10:30]) > np.mean(factors[-25:-5]) + 0.1
    assert max(factors) == 1.0
    assert adapted.settings == BRIGHT.scaled(
        max(abs(g) for g in adapted.settings.gains_db) / max(map(abs, BRIGHT.gains_db))
    )


def test_it_moves_slowly(piece: Path) -> None:
    adapted, factors = follow(piece, BRIGHT, 1.0, listen(piece))
    steps_db = np.abs(np.diff(factors)) * max(map(abs, adapted.settings.gains_db))
    assert steps_db.max() < 0.25


def test_intensity_0_and_silence_have_nothing_to_follow(piece: Path, tmp_path: Path) -> None:
    assert not any(follow(piece, BRIGHT, 0.0, listen(piece))[0].settings.gains_db)
    quiet = write(tmp_path / "quiet.wav", np.zeros((2, 5 * RATE)), RATE)
    assert follow(quiet, BRIGHT, 1.0, listen(quiet))[1] == ()


def test_a_steady_factor_is_the_plain_eq() -> None:
    moved = moving_filter(BRIGHT, RATE, [1.0] * 3)(PIECE[0, : 2 * RATE])
    plain = semeq.render(PIECE[0, : 2 * RATE], BRIGHT, RATE)
    assert np.abs(moved - plain).max() < 1e-5


def test_the_blocks_may_have_any_size() -> None:
    factors = [1.0, 0.9, 0.8, 0.85]
    whole = moving_filter(BRIGHT, RATE, factors)(PIECE[0, : 4 * RATE])
    run = moving_filter(BRIGHT, RATE, factors)
    pieces = np.concatenate([run(PIECE[0, start : start + 3000]) for start in range(0, 4 * RATE, 3000)])[: 4 * RATE]
    assert np.abs(whole - pieces[: len(whole)]).max() < 1e-4


def test_a_moving_tone_does_not_click() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(4 * RATE) / RATE)
    out = moving_filter(BRIGHT, RATE, [1.0, 0.9, 1.0, 0.9])(tone)[RATE // 2 :]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out)))) * 4 / len(out)
    freqs = np.fft.rfftfreq(len(out), 1 / RATE)
    assert 20 * np.log10(spectrum[np.abs(freqs - 1000) > 400].max() / spectrum.max()) < -80


def test_a_followed_file_can_be_made_again(piece: Path, tmp_path: Path) -> None:
    adapted, factors = follow(piece, BRIGHT, 0.8, listen(piece))
    made = apply_file(piece, tmp_path / "out.wav", adapted.settings, ApplyOptions(follow=factors))
    beside = write_sidecar(made, None, None, adapted)
    _, same = reproduce(beside, piece, tmp_path / "again.wav")
    assert same
    assert read(tmp_path / "out.wav")[0].shape == read(piece)[0].shape


def test_the_command_follows_and_says_so(piece: Path, tmp_path: Path) -> None:
    semeq_command = str(Path(sys.executable).with_name("semeq"))
    line = [semeq_command, "apply", "bright", str(piece), "-o", str(tmp_path / "out.wav"), "--adaptive", "--follow"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "follows the piece" in done.stderr
    assert len(json.loads((tmp_path / "out.wav.semeq.json").read_text(encoding="utf-8"))["follow"]) == 98
    refused = subprocess.run(
        [*line[:-2], "--follow", "--force"], capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode == 2
    assert "--adaptive" in refused.stderr
