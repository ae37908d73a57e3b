"""The command line as a stranger meets it: answers, one-line errors, exit codes, nothing lost."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from semeq import EqSettings, eq, response_db
from semeq.apply import apply_pair
from semeq.cli import main
from tests.sound import noise, read, write

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def semeq(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command in an empty folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["semeq", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        code = left.value.code
        return code if isinstance(code, int) else 0 if code is None else 1, said.out, said.err

    return run


def one_line(err: str) -> str:
    assert err.startswith("semeq: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


# answers


def test_eq_prints_the_bands_and_json_says_the_same(semeq: Run) -> None:
    code, out, err = semeq("eq", "warm", "-i", "0.7")
    assert (code, err) == (0, "")
    assert sum("Hz" in line and "dB" in line and " Q " in line for line in out.splitlines()) == 5
    _, text, _ = semeq("eq", "warm", "-i", "0.7", "--json")
    answer = json.loads(text)
    assert EqSettings.from_dict(answer["settings"]) == eq("warm", 0.7)
    assert answer["request"] == "warm"


def test_eq_draws_pictures(semeq: Run, tmp_path: Path) -> None:
    for name in ("curve.png", "curve.svg"):
        code, _, _ = semeq("eq", "70% warm + 30% full", "--plot", name)
        assert code == 0
        assert (tmp_path / name).stat().st_size > 5000
    assert "70% warm + 30% full" in (tmp_path / "curve.svg").read_text(encoding="utf-8")


def test_words_are_listed_for_people_and_machines(semeq: Run) -> None:
    _, out, _ = semeq("words")
    _, text, _ = semeq("words", "--json")
    rows = json.loads(text)
    assert len(rows) >= 80
    assert len(out.splitlines()) == len(rows) + 1
    assert {"contributors", "agreement", "confidence", "synonyms", "opposite"} <= set(rows[0])
    _, spanish, _ = semeq("words", "-l", "es", "--json")
    assert {row["language"] for row in json.loads(spanish)} == {"es"}


def test_a_word_without_agreement_answers_and_says_so(semeq: Run) -> None:
    code, out, err = semeq("eq", "happy")
    assert code == 0
    assert out
    assert err.startswith("note: people do not agree on 'happy'")
    assert err.count("\n") == 1


def test_fit_reads_a_curve_and_prints_bands(semeq: Run, tmp_path: Path) -> None:
    wanted = EqSettings.flat().with_gain(2, 4.0)
    grid = np.geomspace(20, 20_000, 50)
    rows = [f"{f},{g}" for f, g in zip(grid, response_db(wanted, grid), strict=True)]
    (tmp_path / "curve.csv").write_text("Hz,dB\n" + "\n".join(rows))
    code, out, _ = semeq("fit", "curve.csv", "--json")
    assert code == 0
    assert json.loads(out)["error_db"] < 0.1


def test_apply_renders_words_and_the_printed_settings_alike(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise())
    code, out, _ = semeq("apply", "70% warm + 30% full", "mix.wav", "-i", "0.8", "-o", "out.wav")
    assert code == 0
    assert out.count("\n") == 1
    assert "preamp" in out
    _, text, _ = semeq("eq", "70% warm + 30% full", "-i", "0.8", "--json")
    (tmp_path / "eq.json").write_text(text)
    semeq("apply", "eq.json", "mix.wav", "-o", "same.wav")
    assert (tmp_path / "out.wav").read_bytes() == (tmp_path / "same.wav").read_bytes()


def test_apply_reports_in_json(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise())
    _, out, _ = semeq("apply", "bright", "mix.wav", "-o", "out.wav", "--json", "--match-loudness")
    (report,) = json.loads(out)["files"]
    assert report["frames"] == 48_000
    assert report["clipped_samples"] == 0
    assert report["lufs_out"] == pytest.approx(report["lufs_in"], abs=0.3)


def test_many_files_go_into_a_folder_and_one_bad_one_does_not_stop_the_rest(semeq: Run, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        write(tmp_path / name, noise())
    (tmp_path / "bad.wav").write_text("no sound")
    code, out, err = semeq("apply", "warm", "a.wav", "bad.wav", "b.wav", "-o", "done")
    assert code == 1
    assert "bad.wav" in one_line(err)
    assert out.count("\n") == 2
    assert {path.name for path in (tmp_path / "done").glob("*.wav")} == {"a.wav", "b.wav"}


def test_a_dry_run_writes_nothing(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise())
    code, out, _ = semeq("apply", "warm", "mix.wav", "-o", "out.wav", "--dry-run")
    assert code == 0
    assert "would write out.wav" in out
    write(tmp_path / "other.wav", noise())
    code, out, _ = semeq("apply", "warm", "mix.wav", "other.wav", "-o", "new", "--dry-run")
    assert (code, out.count("\n")) == (0, 2)
    assert {path.name for path in tmp_path.iterdir()} == {"mix.wav", "other.wav"}


def test_a_pair_and_a_delta_are_written(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise())
    assert semeq("apply", "warm", "mix.wav", "-o", "out.wav", "--ab")[0] == 0
    assert semeq("apply", "warm", "mix.wav", "-o", "delta.wav", "--delta")[0] == 0
    assert {"out.a.wav", "out.b.wav", "delta.wav"} <= {path.name for path in tmp_path.iterdir()}


def test_reproduce_says_that_the_bytes_are_the_same(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise())
    semeq("apply", "warm", "mix.wav", "-o", "out.wav")
    code, out, _ = semeq("reproduce", "out.wav.semeq.json", "mix.wav", "-o", "again.wav")
    assert code == 0
    assert "byte for byte" in out
    assert (tmp_path / "out.wav").read_bytes() == (tmp_path / "again.wav").read_bytes()


def test_spectra_are_drawn(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise(2.0))
    assert semeq("apply", "warm", "mix.wav", "-o", "out.wav", "--plot", "spectrum.png")[0] == 0
    assert (tmp_path / "spectrum.png").stat().st_size > 5000


def test_the_demo_makes_music_warmer(semeq: Run, tmp_path: Path) -> None:
    code, out, _ = semeq("demo")
    assert code == 0
    assert "250 Hz" in out
    assert {"music.wav", "music-warm.wav", "curve.png", "spectrum.png"} <= {
        p.name for p in (tmp_path / "demo").iterdir()
    }
    before, rate_hz = read(tmp_path / "demo" / "music.wav")
    after, _ = read(tmp_path / "demo" / "music-warm.wav")
    spectra = [np.abs(np.fft.rfft(samples[0])) ** 2 for samples in (before, after)]
    freqs = np.fft.rfftfreq(before.shape[1], 1 / rate_hz)
    balance = [power[(freqs > 150) & (freqs < 400)].sum() / power[freqs > 4000].sum() for power in spectra]
    assert 10 * np.log10(balance[1] / balance[0]) > 3  # more low mids than highs, by this many dB


@pytest.mark.parametrize("command", [[], ["eq"], ["apply"], ["words"], ["fit"], ["reproduce"], ["demo"], ["schema"]])
def test_every_command_explains_itself(command: list[str], semeq: Run) -> None:
    code, out, err = semeq(*command, "--help")
    assert (code, err) == (0, "")
    assert "Usage: semeq" in out


# bad requests: code 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["eq", "zorpy"], 'no word "zorpy"; nearest known'),
        (["eq", ""], "say what you want"),
        (["eq", "0% warm"], "sum to 0"),
        (["eq", "warm and not warm"], "sum to 0"),
        (["eq", "warm", "-i", "loud"], "intensity 'loud': use a number from -1"),
        (["eq", "warm", "-i", "nan"], "intensity"),
        (["eq", "warm", "-i", "3"], "to 2"),
        (["eq"], "WORDS"),
        (["eq", "warm", "--wobble"], "--wobble"),
        (["eq", "warm", "-l", "fr"], "use en or es"),
        (["eq", "warm", "--plot", "curve.doc"], ".png"),
        (["sing"], "sing"),
        (["words", "--confidence", "huge"], "good, fair, weak or own"),
        (["apply", "warm", "mix.wav"], "-o"),
        (["apply", "warm", "mix.wav", "-o", "out.wav", "--ab", "--delta"], "leave out"),
        (["apply", "warm", "mix.wav", "mix2.wav", "-o", "both.wav"], "looks like a file"),
        (["eq", "warm", "--at", "0.3"], "--to"),
        (["eq", "warm", "--to", "bright", "--at", "2"], "--at"),
        (["eq", "-3 dB warm"], "dash"),
        (["apply", "warm", "mix.wav", "-o", "out.wav", "--bits", "12"], "16, 24"),
        (["apply", "warm", "mix.wav", "-o", "out.wav", "--engine", "valve"], "pedalboard"),
        (["apply", "warm", "mix.wav", "-o", "out.wav", "--no-preamp", "--preamp", "3"], "choose one"),
        (["apply", "warm", "mix.wav", "-o", "out.wav", "--no-preamp", "--match-loudness"], "choose one"),
        (["apply", "warm", "mix.wav", "sub/mix.wav", "-o", "new"], "same name"),
    ],
)
def test_a_wrong_request_is_one_line_and_code_2(arguments: list[str], says: str, semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise(0.1))
    code, out, err = semeq(*arguments)
    assert says in one_line(err)
    assert (code, out) == (2, "")
    assert {path.name for path in tmp_path.iterdir()} == {"mix.wav"}


# bad files: code 1


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    whole = write(folder / "whole.wav", noise(1.0)).read_bytes()
    (folder / "text.wav").write_text("this is not audio")
    (folder / "cut.wav").write_bytes(whole[:50_000])
    (folder / "empty.wav").write_bytes(b"")
    soundfile.write(folder / "none.wav", np.zeros((0, 2)), 48_000)
    broken = noise(0.5)
    broken[0, 100] = np.nan
    write(folder / "nan.wav", broken, subtype="FLOAT")
    broken[0, 100] = np.inf
    write(folder / "inf.wav", broken, subtype="FLOAT")
    return {
        "text": (folder / "text.wav", "not audio"),
        "cut": (folder / "cut.wav", "truncated"),
        "empty": (folder / "empty.wav", "empty"),
        "none": (folder / "none.wav", "no sound"),
        "nan": (folder / "nan.wav", "not a number"),
        "inf": (folder / "inf.wav", "not a number"),
        "missing": (folder / "missing.wav", "missing.wav"),
        "folder": (folder, "folder"),
    }


@pytest.mark.parametrize("kind", ["text", "cut", "empty", "none", "nan", "inf", "missing", "folder"])
def test_a_bad_file_is_one_line_and_code_1(kind: str, semeq: Run, tmp_path: Path) -> None:
    path, says = bad_files(tmp_path)[kind]
    before = {entry.name for entry in tmp_path.iterdir()}
    code, out, err = semeq("apply", "warm", path, "-o", "out.wav")
    assert says in one_line(err)
    assert (code, out) == (1, "")
    assert {entry.name for entry in tmp_path.iterdir()} == before


def test_output_equal_to_input_is_refused(semeq: Run, tmp_path: Path) -> None:
    before = write(tmp_path / "mix.wav", noise(0.1)).read_bytes()
    for target in ("mix.wav", "./mix.wav", "."):
        code, _, err = semeq("apply", "warm", "mix.wav", "-o", target, "--force")
        assert code == 1
        assert "that is the input" in one_line(err)
    assert (tmp_path / "mix.wav").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise(0.1))
    code, _, err = semeq("apply", "warm", "mix.wav", "-o", "nowhere/out.wav")
    assert code == 1
    assert "nowhere" in one_line(err)
    if sys.platform == "linux":  # a place that even root cannot write
        code, _, err = semeq("apply", "warm", "mix.wav", "-o", "/proc/out.wav")
        assert code == 1
        assert "/proc" in one_line(err)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk; POSIX only, as is the limit."""
    resource = pytest.importorskip("resource")
    write(tmp_path / "mix.wav", noise(5.0))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("semeq")), "apply", "warm", "mix.wav", "-o", "out.wav"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
    )
    assert done.returncode == 1
    one_line(done.stderr)
    assert {path.name for path in tmp_path.iterdir()} == {"mix.wav"}


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_in_one_line_and_leaves_nothing(stop: signal.Signals, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise(240.0, channels=2))
    command = [str(Path(sys.executable).with_name("semeq")), "apply", "warm", "mix.wav", "-o", "out.wav"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    for _ in range(2000):  # wait until it writes: while it still imports, libraries may swallow the signal
        if any(path.stat().st_size > 1_000_000 for path in tmp_path.glob("*.part")):
            break
        time.sleep(0.005)
    process.send_signal(stop)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped" in one_line(err.lstrip())  # after the line with ^C
    assert {path.name for path in tmp_path.iterdir()} == {"mix.wav"}


def test_a_damaged_and_a_newer_model_are_told_apart(semeq: Run, tmp_path: Path) -> None:
    from semeq.artefact import shipped_models
    from semeq.weights import weights_folder

    data = (weights_folder() / shipped_models()["default"]["file"]).read_bytes()
    (tmp_path / "damaged.safetensors").write_bytes(data[:-100] + bytes(100))
    (tmp_path / "cut.safetensors").write_bytes(data[: len(data) // 2])
    (tmp_path / "newer.safetensors").write_bytes(data.replace(b"semeq.model/2", b"semeq.model/9"))
    for name, says in (("damaged", "damaged"), ("cut", "damaged"), ("newer", "newer semeq"), ("gone", "No such file")):
        code, _, err = semeq("eq", "warm", "--model", f"{name}.safetensors")
        assert code == 1
        assert says in one_line(err)
    assert semeq("eq", "warm", "--model", "v99")[0] == 1


def test_output_is_quiet_when_piped(tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise(1.0))
    command = [str(Path(sys.executable).with_name("semeq")), "apply", "warm", "mix.wav", "-o", "out.wav"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert os.linesep in done.stdout


def test_a_sidecar_can_be_applied_as_settings_without_its_preamp(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise())
    semeq("apply", "warm", "mix.wav", "-o", "once.wav")
    assert semeq("apply", "once.wav.semeq.json", "mix.wav", "-o", "twice.wav")[0] == 0
    assert (tmp_path / "once.wav").read_bytes() == (tmp_path / "twice.wav").read_bytes()
    semeq("apply", "once.wav.semeq.json", "mix.wav", "-i", "0", "-o", "flat.wav")
    np.testing.assert_array_equal(read(tmp_path / "flat.wav")[0], read(tmp_path / "mix.wav")[0])


@pytest.mark.parametrize("arguments", [["demo", "-o", "."], ["eq", "warm", "--plot", "curve.png"]])
def test_what_exists_is_not_replaced_unasked(arguments: list[str], semeq: Run, tmp_path: Path) -> None:
    for name in ("music.wav", "curve.png"):
        (tmp_path / name).write_text("precious")
    code, _, err = semeq(*arguments)
    assert code == 1
    assert "--force" in one_line(err)
    assert (tmp_path / "curve.png").read_text() == (tmp_path / "music.wav").read_text() == "precious"
    assert semeq(*arguments, "--force")[0] == 0


def test_a_foreign_sidecar_is_not_replaced_unasked(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise(0.1))
    (tmp_path / "out.wav.semeq.json").write_text("precious")
    code, _, err = semeq("apply", "warm", "mix.wav", "-o", "out.wav")
    assert code == 1
    assert "--force" in one_line(err)
    assert not (tmp_path / "out.wav").exists()


def test_json_tells_of_files_that_failed_and_of_a_rehearsal(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise(0.1))
    code, out, _ = semeq("apply", "happy", "mix.wav", "gone.wav", "-o", "done", "--json")
    answer = json.loads(out)
    assert code == 1
    assert ["error" in entry for entry in answer["files"]] == [False, True]
    assert "do not agree" in answer["notes"][0]
    _, out, _ = semeq("apply", "warm", "mix.wav", "-o", "out.wav", "--dry-run", "--json")
    assert json.loads(out)["files"][0]["outputs"] == ["out.wav"]


def test_bands_that_the_rate_cannot_hold_are_named(semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise(0.5, 4000), 4000)
    _, out, _ = semeq("apply", "warm", "mix.wav", "-o", "out.wav")
    assert "4000 Hz holds no band at" in out


def test_an_interrupted_pair_leaves_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", noise(3.0))

    def interrupt(done: float) -> None:
        if done > 0.8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_pair(source, (tmp_path / "a.wav", tmp_path / "b.wav"), eq("warm"), progress=interrupt)
    assert {path.name for path in tmp_path.iterdir()} == {"in.wav"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a Linux device")
def test_a_full_pipe_is_one_line(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("semeq")), "words"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    one_line(done.stderr)


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    line = f"'{Path(sys.executable).with_name('semeq')}' words | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("damage", [{"subtype": ["a"]}, {"mode": "wobble"}, {"dither": "no"}, {"made_with": None}])
def test_a_damaged_sidecar_is_named(damage: dict[str, object], semeq: Run, tmp_path: Path) -> None:
    write(tmp_path / "mix.wav", noise(0.1))
    semeq("apply", "warm", "mix.wav", "-o", "out.wav")
    path = tmp_path / "out.wav.semeq.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | damage))
    code, _, err = semeq("reproduce", path, "mix.wav", "-o", "again.wav")
    assert code == 1
    assert "damaged sidecar" in one_line(err)


@pytest.mark.parametrize("options", [[], ["--match-loudness"], ["--ab"]], ids=["plain", "match", "ab"])
def test_long_work_shows_one_bar_on_a_terminal(options: list[str], tmp_path: Path) -> None:
    """The counterpart of the quiet pipe: a pseudo-terminal as stderr, POSIX only."""
    pty = pytest.importorskip("pty")
    write(tmp_path / "mix.wav", noise(30.0))
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).with_name("semeq")), "apply", "warm", "mix.wav", "-o", "out.wav", *options]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)
    assert process.wait(timeout=60) == 0
    shares = [int(share) for share in re.findall(rb"(\d+)%", shown)]
    assert shares == sorted(shares)
    assert shares[-1] == 100
    assert len(set(shares)) > 5
