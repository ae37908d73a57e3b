"""The command semeq-models: files where they are asked for, one line for every mistake, going on after a stop."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from semeq import eq, load_model
from semeq.artefact import shipped_models
from semeq.weights import weights_folder
from semeq_models.card import REPORTS
from semeq_models.judging import read_reports
from semeq_models.systems import SPECS
from tests.synthetic import write_csvs

TRAIN = ("--min-examples", "2", "--device", "cpu")


def semeq_models(*words: str | Path, cwd: Path | None = None, timeout: int = 300) -> subprocess.CompletedProcess[str]:
    code = "from semeq_models.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        timeout=timeout,
        check=False,
        cwd=cwd,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csvs(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch", reason='training needs torch: pip install "semeq[train]"')
    output = tmp_path_factory.mktemp("trained") / "mine.safetensors"
    done = semeq_models("train", "v3", "--data", data, "--epochs", "4", "--save-every", "2", "-o", output, *TRAIN)
    assert done.returncode == 0, done.stderr
    return output


# train


def test_training_writes_a_model_its_losses_and_their_picture(trained: Path) -> None:
    assert set(load_model(trained).vocabulary("en")) == {"warm", "bright", "thin"}
    run = trained.with_suffix(".run")
    names = sorted(path.name for path in run.iterdir())
    assert names == [
        "epoch-0002.safetensors",
        "epoch-0004.safetensors",
        "history.json",
        "last.safetensors",
        "losses.png",
    ]
    history = json.loads((run / "history.json").read_text(encoding="utf-8"))
    assert [said["epoch"] for said in history] == [1, 2, 3, 4]
    assert (run / "losses.png").read_bytes()[:4] == b"\x89PNG"


def test_what_was_trained_is_played(trained: Path) -> None:
    assert not eq("warm", model=trained).is_flat


def test_a_run_that_is_there_is_neither_replaced_nor_gone_on_with_unasked(data: Path, trained: Path) -> None:
    again = ("train", "v3", "--data", data, "--epochs", "4", "--save-every", "2", "-o", trained, *TRAIN)
    done = semeq_models(*again)
    assert done.returncode == 1
    assert "go on with --resume, or start anew with --force" in done.stderr
    before = trained.read_bytes()
    assert semeq_models(*again, "--resume").returncode == 0
    assert trained.read_bytes() == before
    other = semeq_models(*again, "--resume", "--seed", "5")
    assert other.returncode == 1
    assert "begun with seed 0, not 5; resume with the same, or start anew with --force" in other.stderr
    longer = semeq_models(*again, "--resume", "--epochs", "5")
    assert longer.returncode == 1
    assert "begun with epochs 4, not 5; resume with the same" in longer.stderr
    assert trained.read_bytes() == before


def test_a_killed_training_goes_on_to_the_same_file(data: Path, tmp_path: Path) -> None:
    """A real process, killed where it stands."""
    pytest.importorskip("torch", reason='training needs torch: pip install "semeq[train]"')
    common = ["train", "v3", "--data", str(data), "--epochs", "300", "--save-every", "20", *TRAIN]
    code = "from semeq_models.cli import main; main()"
    killed = tmp_path / "killed.safetensors"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *common, "-o", str(killed)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    checkpoint = tmp_path / "killed.run" / "last.safetensors"
    deadline = time.monotonic() + 120
    while not checkpoint.is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    assert checkpoint.is_file()
    assert not killed.exists()
    whole = tmp_path / "whole.safetensors"
    assert semeq_models(*common, "-o", killed, "--resume").returncode == 0
    assert semeq_models(*common, "-o", whole).returncode == 0
    assert killed.read_bytes() == whole.read_bytes()


def test_json_of_a_training_says_what_was_made(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason='training needs torch: pip install "semeq[train]"')
    done = semeq_models("train", "v2", "--data", data, "--epochs", "2", "--json", *TRAIN, cwd=tmp_path)
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["model"] == "v2.safetensors"
    assert said["words"] == {"en": ["bright", "thin", "warm"], "es": []}
    assert said["sha256"] == load_model(tmp_path / "v2.safetensors").sha256
    assert "epoch 2/2" in done.stderr


@pytest.mark.parametrize("source", ["safe", "socialfx"])
def test_one_data_set_is_enough_where_the_system_needs_one(data: Path, tmp_path: Path, source: str) -> None:
    pytest.importorskip("torch", reason='training needs torch: pip install "semeq[train]"')
    file = {"safe": "SAFEEqualiserUserData.csv", "socialfx": "socialfx_eq_contributions.csv"}[source]
    mine, other = ("v3", "socialfx") if source == "safe" else ("socialfx", "v3")
    done = semeq_models("train", mine, f"--{source}", data / file, "--epochs", "1", *TRAIN, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    refused = semeq_models("train", other, f"--{source}", data / file, "--epochs", "1", *TRAIN, cwd=tmp_path)
    assert refused.returncode == 1
    assert "finds no words" in refused.stderr


# judge


def test_evaluate_prints_a_table_writes_json_and_draws(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason='training needs torch: pip install "semeq[train]"')
    done = semeq_models(
        *("evaluate", "v3", "--data", data, "--folds", "2", "--epochs", "2"),
        *("-o", tmp_path / "bench.json", "--pictures", tmp_path / "look"),
    )
    assert done.returncode == 0, done.stderr
    assert "| warm: shape cosine |" in done.stdout
    assert read_reports(tmp_path / "bench.json", ["v3"])[0].folds == 2
    names = sorted(path.name for path in (tmp_path / "look").iterdir())
    assert names == [f"v3-{what}.png" for what in ("map", "numbers", "reconstruction", "training", "words")]


def test_a_finished_model_is_judged_as_it_is(data: Path, trained: Path) -> None:
    done = semeq_models("evaluate", trained, "--as-is", "--data", data, "--folds", "2", "--json")
    assert done.returncode == 0, done.stderr
    [report] = json.loads(done.stdout)
    figure = next(one for one in report["figures"] if one["name"] == "warm: shape cosine")
    assert -1 <= figure["value"]["value"] <= 1  # after four epochs it knows nothing yet
    without = next(one for one in report["figures"] if one["name"] == "warm: correlation, trained without SocialFX")
    assert without["value"] is None


def test_compare_takes_finished_reports() -> None:
    done = semeq_models("compare", "v2", "default", "--reports", REPORTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("| figure | better | v2 | default | flat | per-word mean | ceiling |")


# look and export


def test_list_names_every_system_and_what_is_shipped_of_it() -> None:
    text = semeq_models("list").stdout
    rows = json.loads(semeq_models("list", "--json").stdout)
    assert [row["name"] for row in rows] == list(SPECS)
    for row in rows:
        assert row["name"] in text
        assert row["sha256"] == shipped_models()[row["name"]]["sha256"]
        assert row["bytes"] == (weights_folder() / row["file"]).stat().st_size


def test_data_describe_tells_of_both_files(data: Path) -> None:
    text = semeq_models("data", "describe", "--data", data)
    assert "SAFEEqualiserUserData.csv" in text.stdout
    assert "socialfx_eq_contributions.csv" in text.stdout
    said = json.loads(semeq_models("data", "describe", "--data", data, "--json").stdout)
    assert [one["rows"] for one in said["files"]] == [36, 36]


def test_export_writes_files_named_after_the_model(tmp_path: Path) -> None:
    for form, names in (("npz", ["v2.npz"]), ("c-header", ["v2.h"]), ("onnx", ["v2.decoder.onnx", "v2.encoder.onnx"])):
        folder = tmp_path / form
        folder.mkdir()
        done = semeq_models("export", "v2", "--format", form, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert sorted(path.name for path in folder.iterdir()) == names
        again = semeq_models("export", "v2", "--format", form, cwd=folder)
        assert "exists; use --force" in again.stderr
        assert semeq_models("export", "v2", "--format", form, "--force", cwd=folder).returncode == 0


def test_an_export_of_a_file_is_named_after_the_file(tmp_path: Path) -> None:
    (tmp_path / "my-warm.safetensors").write_bytes((weights_folder() / "v3.safetensors").read_bytes())
    for form in ("npz", "c-header", "onnx"):
        assert semeq_models("export", "my-warm.safetensors", "--format", form, cwd=tmp_path).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "my-warm.decoder.onnx",
        "my-warm.encoder.onnx",
        "my-warm.h",
        "my-warm.npz",
        "my-warm.safetensors",
    ]


def test_a_card_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    assert semeq_models("card", "v1", "-o", tmp_path).returncode == 0
    assert "documented failure" in (tmp_path / "v1.md").read_text(encoding="utf-8")


# mistakes


def test_missing_data_is_one_line_and_exit_1(tmp_path: Path) -> None:
    for words in (("train", "v3"), ("data", "describe"), ("evaluate", "v3")):
        done = semeq_models(*words, "--data", tmp_path)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith("semeq-models: the data files")
        assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("train", "v3", "--safe", "nothing.csv"), "nothing.csv: No such file"),
        (("train", "v3", "--resume"), "no checkpoint to go on from; leave out --resume"),
        (("compare", "v3", "--reports", "nothing.json"), "nothing.json: No such file"),
        (("export", "damaged.safetensors", "--format", "npz"), "damaged.safetensors: not a semeq model, or damaged"),
        (("export", "folder", "--format", "npz"), "no model 'folder' (a folder)"),
        (("evaluate", "damaged.safetensors", "--as-is"), "damaged.safetensors: not a semeq model, or damaged"),
        (("export", "v3", "--format", "npz", "-o", "damaged.safetensors"), "exists; use --force to replace it"),
        (("train", "v3", "-o", "folder"), "folder: a folder; name a file with -o"),
        (("evaluate", "v3", "-o", "folder"), "folder: a folder; name a file with -o"),
        (("evaluate", "audio-cnn", "--audio", "--recordings", "none"), "none: no such folder; give folders of"),
        (("references", "--music", "folder", "--speech", "none", "-o", "x"), "none: no such folder; give folders of"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_1(
    words: tuple[str, ...], line: str, data: Path, tmp_path: Path
) -> None:
    done = refused(words, data, tmp_path)
    assert line in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("trian",), "No such command 'trian'"),
        (("train",), "Missing argument 'NAME'"),
        (("evaluate", "v3", "--recordings", "folder"), "add --audio, or leave them out"),
        (("train", "v4"), "no system 'v4'; choose one of: default, v1, v2, v3, v2-vae, socialfx"),
        (("train", "v3", "--epochs", "0"), "epochs 0: use 1 to 100000"),
        (("train", "v3", "--latent-dim", "0"), "latent dim 0: use 1 to 512"),
        (("train", "v3", "--batch-size", "0"), "batch size 0: use 2 to 65536"),
        (("train", "v3", "--learning-rate", "0"), "learning rate 0: use 1e-07 to 1"),
        (("train", "v3", "--learning-rate", "nan"), "learning rate nan: use 1e-07 to 1"),
        (("train", "v3", "--min-examples", "0"), "min examples 0: use 1 to 1"),
        (("train", "v3", "--device", "tpu"), "'tpu' is not one of 'auto', 'cpu', 'cuda'"),
        (("train", "audio-default", "--early-stop", "5"), "leave out --early-stop"),
        (("train", "v3", "-o", "none/x.safetensors"), "there is no folder none; make it first"),
        (("evaluate", "v3", "--folds", "1"), "1 is not in the range 2<=x<=20"),
        (("evaluate", "v3", "--epochs", "0"), "epochs 0: use 1 to 100000"),
        (("evaluate", "v3", "v9"), "no system 'v9'; choose one of: default"),
        (("evaluate", "audio-cnn"), "judge it with evaluate --audio audio-cnn"),
        (("evaluate", "v3", "v9", "--as-is"), "no model 'v9'; choose one of: default"),
        (("evaluate", "v9", "--audio"), "no audio encoder 'v9'; choose one of: audio-default, audio-cnn"),
        (("evaluate", "v9", "--audio", "--as-is"), "no model 'v9'; choose one of: audio-cnn, audio-default"),
        (("evaluate", "v3", "-o", "none/x.json"), "there is no folder none; make it first"),
        (("compare", "v3", "v9"), "no system 'v9'; choose one of: default"),
        (("compare", "v9", "--reports", str(REPORTS)), "no report of v9; it has default"),
        (("export", "v3"), "Missing option '--format'"),
        (("export", "v9", "--format", "npz"), "no model 'v9'; choose one of: audio-cnn, audio-default, default"),
        (("export", "v9.safetensors", "--format", "npz"), "no model 'v9.safetensors'; choose one of"),
        (("export", "v3", "--format", "pickle"), "no format 'pickle'; choose one of: c-header, npz, onnx"),
        (("export", "v3", "--format", "npz", "-o", "none/x.npz"), "there is no folder none; make it first"),
        (("card", "v9"), "no system 'v9'; choose one of: default"),
        (("synthesize", "-o", "x", "--kind", "jazz"), "kind 'jazz': use one of pink, music, rawmix, speech"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_2(words: tuple[str, ...], line: str, data: Path, tmp_path: Path) -> None:
    done = refused(words, data, tmp_path)
    assert line in done.stderr
    assert done.returncode == 2


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder that nobody can write to: Linux has one")
@pytest.mark.parametrize(
    "words",
    [
        ("train", "v3", "-o", "/proc/x.safetensors"),
        ("train", "v3", "--run", "/proc/x.run"),
        ("evaluate", "v3", "-o", "/proc/x.json"),
        ("evaluate", "v3", "--pictures", "/proc/x"),
        ("evaluate", "audio-cnn", "--audio", "-o", "/proc/x.json"),
        ("export", "v3", "--format", "npz", "-o", "/proc/x.npz"),
        ("card", "v3", "-o", "/proc/x"),
        ("references", "--music", "folder", "--speech", "folder", "-o", "/proc/x"),
        ("synthesize", "--count", "1", "--seconds", "1", "-o", "/proc/x"),
    ],
)
def test_where_nothing_can_be_written_nothing_is_begun(words: tuple[str, ...], data: Path, tmp_path: Path) -> None:
    done = refused(words, data, tmp_path)
    assert f"{words[-1]}" in done.stderr
    assert "cannot be written there" in done.stderr
    assert "; name another f" in done.stderr
    assert done.returncode == 1


def refused(words: tuple[str, ...], data: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a command says that does nothing, where a file is damaged and a folder empty; all it says is one line."""
    if words[0] == "train":
        pytest.importorskip("torch", reason='training needs torch: pip install "semeq[train]"')
    (folder / "damaged.safetensors").write_bytes(b"no model")
    (folder / "folder").mkdir()
    where = ("--data", data) if words[0] in ("train", "evaluate", "compare") and "--safe" not in words else ()
    done = semeq_models(*words, *where, cwd=folder)
    assert done.stderr.startswith("semeq-models: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert sorted(path.name for path in folder.iterdir()) == ["damaged.safetensors", "folder"]
    return done


def test_every_command_is_named_in_the_help() -> None:
    text = semeq_models("--help").stdout
    assert all(name in text for name in ("train", "evaluate", "compare", "data", "list", "export", "card"))


def test_importing_the_package_loads_no_torch_no_scipy_and_no_onnx() -> None:
    code = "import sys, semeq_models; print([n for n in ('torch', 'scipy', 'onnx', 'matplotlib') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
