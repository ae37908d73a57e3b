"""Exported models: the same numbers in numpy, in ONNX and in C."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from semeq import load_model
from semeq.artefact import shipped_models
from semeq.errors import MissingExtraError, ModelError, UsageError
from semeq.hearing.encoder import AudioEncoder, load_encoder
from semeq.latent import FREQS, GAINS, QS, curves_of, decode, encode, legal
from semeq.model import Model
from semeq.network import LAYERS, run, width_after
from semeq.response import Floats
from semeq.weights import weights_folder
from semeq_models.export import EXPORTS, export, exportable, placed
from semeq_models.portable import identifier, words_of
from semeq_models.systems import AUDIO_SPECS
from tests.c_code import C99, CPP17, answers, asked, compiled, main_text
from tests.tiny_models import (
    LATENT,
    Table,
    Weights,
    centred_model,
    curve_model,
    network,
    settings_model,
    tiny_model,
)

TINY: dict[str, Callable[[], Model]] = {
    "centred": centred_model,
    "log": lambda: settings_model("log"),
    "linear": lambda: settings_model("linear"),
    "curves": curve_model,
}
MODELS = [f"tiny {name}" for name in TINY] + sorted(shipped_models())
SANITIZED = ("cc", "-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
Programs = Callable[[Model, tuple[str, ...]], Path]


@cache
def the(name: str) -> Model:
    return TINY[name.removeprefix("tiny ")]() if name.startswith("tiny ") else load_model(name)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """A compiled program around a model's header; each is compiled once."""
    done: dict[tuple[str, tuple[str, ...]], Path] = {}

    def made(model: Model, compiler: tuple[str, ...] = C99) -> Path:
        if (model.name, compiler) not in done:
            folder = tmp_path_factory.mktemp("header")
            [header] = export(model, "c-header").values()
            (folder / "model.h").write_bytes(header)
            text = main_text(
                f"semeq_{identifier(model.name)}",
                encoded=model.encoder.inputs,
                decoded=model.decoder.outputs,
                curves=model.encoder_input == "curve",
            )
            (folder / "main.c").write_text(text, encoding="ascii")
            language = ("-x", "c++") if compiler[0] == "c++" else ()
            done[model.name, compiler] = compiled(folder, *compiler, *language, "-o", "program", "main.c")
        return done[model.name, compiler]

    return made


def onnx_answers(model: Model, which: str, rows: Floats) -> Floats:
    """What onnxruntime makes of the exported file."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(export(model, "onnx")[f".{which}.onnx"], options)
    [given] = session.get_inputs()
    [found] = session.run(None, {given.name: rows.astype(np.float32)})
    return np.asarray(found, dtype=np.float64)


def as_single(numbers: Floats) -> Floats:
    """What a program gets that is given single precision: numpy is asked about the same numbers."""
    return numbers.astype(np.float32).astype(np.float64)


def places(model: Model) -> Floats:
    """Everywhere a user may go: at random, at every word, at twice and minus every word, in the middle."""
    words = np.array([word.latent for word in words_of(model)])
    random = np.random.default_rng(7).normal(size=(40, model.latent_dim)) * words.std()
    return as_single(np.concatenate([random, words, 2 * words, -words, np.zeros((1, model.latent_dim))]))


def some_settings(count: int = 60) -> Floats:
    random = np.random.default_rng(11)
    settings = np.empty((count, 13))
    settings[:, GAINS] = random.uniform(-12, 12, (count, 5))
    settings[:, FREQS] = 20 * 1000 ** random.uniform(0, 1, (count, 5))
    settings[:, QS] = 0.1 * 100 ** random.uniform(0, 1, (count, 3))
    return as_single(legal(settings))


def encoder_rows(model: Model) -> Floats:
    settings = np.concatenate([some_settings(), [word.settings.to_vector() for word in words_of(model)]])
    return as_single(settings if model.encoder_input == "settings" else curves_of(settings, model.bands_hz) + 3.0)


def encoded(model: Model, rows: Floats) -> Floats:
    return model.encoder(rows - rows.mean(axis=-1, keepdims=True) if model.encoder_input == "curve" else rows)


def decoded(model: Model, rows: Floats) -> Floats:
    return decode(model, rows) if model.decoder_output == "settings" else model.decoder(rows)


def apart(model: Model, side: str, found: Floats, wanted: Floats) -> float:
    """The greatest difference as a share: of Q, of Hz (from 100 Hz up), of 12 dB, of a place's farthest number."""
    difference = np.abs(found - wanted)
    if side == "decoder" and model.decoder_output == "settings":
        scale = np.abs(wanted)
        scale[:, FREQS] = np.maximum(scale[:, FREQS], 100.0)  # 0.001 Hz is more than enough below that
        scale[:, GAINS] = 12.0
    elif side == "decoder":
        scale = np.full_like(wanted, 12.0)
    else:
        scale = np.maximum(np.abs(wanted).max(axis=-1, keepdims=True), 1.0)
    return float((difference / scale).max())


# every layer

_LAYERS: dict[str, Callable[[Weights], Table]] = {
    "linear": lambda w: [w.linear(13, 9), w.linear(9, 4, bias=False)],
    "relu": lambda _: [{"op": "relu"}],
    "tanh": lambda _: [{"op": "tanh"}],
    "sigmoid": lambda _: [{"op": "sigmoid"}],
    "silu": lambda _: [{"op": "silu"}],
    "affine": lambda w: [w.affine(np.linspace(-2, 2, 13), np.linspace(3, -3, 13))],
    "clamp": lambda w: [w.clamp(np.linspace(-2, -1, 13), np.linspace(-1, 2, 13))],
    "log10": lambda _: [{"op": "log10", "columns": [0, 3, 3, 12]}],
    "pow10": lambda _: [{"op": "pow10", "columns": [5, 4]}],
    "gather": lambda _: [{"op": "gather", "columns": [12, 0, 5, 5]}],
    "parallel": lambda w: [
        {"op": "parallel", "bodies": [[{"op": "relu"}, w.linear(13, 2)], [], [{"op": "gather", "columns": [3, 1]}]]},
    ],
    "residual": lambda w: [
        {"op": "residual", "body": [{"op": "tanh"}]},
        {"op": "residual", "body": [w.linear(13, 7)], "skip": [{"op": "relu"}, w.linear(13, 7)]},
        {"op": "residual", "body": [], "skip": []},
    ],
    "centred": lambda w: [
        {"op": "centred", "body": [w.linear(13, 8), {"op": "tanh"}, {"op": "centred", "body": [w.linear(8, 5)]}]},
        {"op": "centred", "body": []},
    ],
    "conv2d": lambda w: [w.linear(13, 70), w.conv2d((2, 5, 7), 3, 2), w.conv2d((3, 3, 4), 2, 1)],
    "mean": lambda w: [w.linear(13, 24), {"op": "mean", "shape": [2, 3, 4]}],
}


def lone_layer(op: str) -> Model:
    """A model whose encoder is one kind of layer, and nothing before or after it."""
    weights, after = Weights("encoder", 20), Weights("decoder", 21)
    layers = _LAYERS[op](weights)
    width = width_after(layers, weights.tensors, 13)
    encoder, decoder = network(weights, layers, 13, width), network(after, [after.linear(width, 13)], width, 13)
    return tiny_model(f"layer {op}", encoder, decoder, reads="settings", writes="settings")


def test_there_is_an_example_of_every_layer() -> None:
    assert _LAYERS.keys() == LAYERS.keys()


@pytest.mark.parametrize("op", LAYERS)
def test_every_layer_means_the_same_in_numpy_onnx_and_c(op: str, program: Programs) -> None:
    model = lone_layer(op)
    rows = as_single(np.random.default_rng(5).normal(size=(50, 13)) * 2)
    wanted = model.encoder(rows)
    # C calculates in double precision and answers in single: 6e-8; ONNX does all of it in single precision
    np.testing.assert_allclose(answers(program(model, C99), "e", rows, wanted.shape[1]), wanted, rtol=1e-7, atol=1e-30)
    np.testing.assert_allclose(onnx_answers(model, "encoder", rows), wanted, rtol=1e-5, atol=2e-6)


# every model, in every format


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("format", EXPORTS)
def test_the_same_model_gives_the_same_bytes(name: str, format: str) -> None:
    assert export(the(name), format) == export(the(name), format)


@pytest.mark.parametrize("name", MODELS)
def test_the_numpy_file_holds_networks_that_say_exactly_what_the_model_says(name: str) -> None:
    model, arrays = the(name), numpy_file(the(name))
    card = json.loads(arrays["card"].item())
    rows, spots = encoder_rows(model), places(model)
    tensors = {key: array.astype(np.float64) for key, array in arrays.items() if key.startswith(("encoder", "decoder"))}
    assert np.array_equal(run(card["encoder"]["layers"], tensors, rows), model.encoder(rows))
    assert np.array_equal(run(card["decoder"]["layers"], tensors, spots), model.decoder(spots))


@pytest.mark.parametrize("name", MODELS)
def test_the_numpy_file_holds_every_number_of_every_word(name: str) -> None:
    arrays, words = numpy_file(the(name)), words_of(the(name))
    assert arrays["words.name"].tolist() == [word.name for word in words]
    assert arrays["words.language"].tolist() == [word.language for word in words]
    assert arrays["words.settings"].tolist() == [word.settings.to_vector() for word in words]
    for key, field in (("latent", "latent"), ("centre", "centre"), ("spread", "spread"), ("curves_db", "curve_db")):
        assert np.array_equal(arrays[f"words.{key}"], [getattr(word, field) for word in words]), key
    variants = [(row, variant) for row, word in enumerate(words) for variant in word.variants]
    assert arrays["variants.word"].tolist() == [row for row, _ in variants]
    assert arrays["variants.settings"].tolist() == [variant.settings.to_vector() for _, variant in variants]


@pytest.mark.parametrize("name", MODELS)
def test_the_numpy_file_says_what_is_in_it(name: str) -> None:
    arrays = numpy_file(the(name))
    text = str(arrays["README"])
    for key in arrays.keys() - {"README"}:
        assert key in text or f".{key.split('.')[1]}" in text or key.startswith(("encoder.", "decoder.")), key


def test_the_example_in_the_numpy_file_runs(tmp_path: Path) -> None:
    model = the("tiny centred")
    (tmp_path / f"{model.name}.npz").write_bytes(export(model, "npz")[".npz"])
    [example] = re.findall(r"\n((?:    .+\n)+)\n", str(numpy_file(model)["README"]).split("card  ")[0])
    done = subprocess.run(
        [sys.executable, "-c", dedent(example)], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert "'bell_1_q': " in done.stdout


def numpy_file(model: Model) -> dict[str, np.ndarray[Any, Any]]:
    with np.load(io.BytesIO(export(model, "npz")[".npz"]), allow_pickle=False) as file:
        return dict(file)


@pytest.mark.parametrize("name", MODELS)
def test_onnxruntime_says_what_the_model_says(name: str) -> None:
    # Single precision rounds by 6e-8 at each of some ten steps, sums of hundreds of products by more; ten to the power
    # of log Hz makes ten times as much of it (4.3 in single precision, times ln 10), and so does plain Hz, carried with
    # the precision of its range.
    model = the(name)
    rows, spots = encoder_rows(model), places(model)
    assert apart(model, "encoder", onnx_answers(model, "encoder", rows), encoded(model, rows)) < 1e-5
    found, wanted = onnx_answers(model, "decoder", spots), decoded(model, spots)
    assert apart(model, "decoder", found, wanted) < 1e-5


@pytest.mark.parametrize("name", MODELS)
def test_a_compiled_header_says_what_the_model_says(name: str, program: Programs) -> None:
    # it calculates in double precision, so what is left is the single precision of the answers: 6e-8
    model = the(name)
    rows, spots = encoder_rows(model), places(model)
    coded = answers(program(model, C99), "e", rows, model.latent_dim)
    uncoded = answers(program(model, C99), "d", spots, model.decoder.outputs)
    assert apart(model, "encoder", coded, encoded(model, rows)) < 1e-6
    assert apart(model, "decoder", uncoded, decoded(model, spots)) < 1e-6


@pytest.mark.parametrize("name", MODELS)
def test_a_compiled_header_draws_the_curve_of_settings(name: str, program: Programs) -> None:
    model = the(name)
    if model.encoder_input == "settings":
        assert b"_curve(" not in export(model, "c-header")[".h"]
        return
    settings = some_settings()
    curves = answers(program(model, C99), "c", settings, len(model.bands_hz))
    wanted = curves_of(settings, model.bands_hz)
    np.testing.assert_allclose(curves, wanted - wanted.mean(axis=1, keepdims=True), atol=1e-5)  # dB, up to 60 of them
    coded = answers(program(model, C99), "e", curves, model.latent_dim)
    assert apart(model, "encoder", coded, encode(model, settings)) < 1e-5


@pytest.mark.parametrize("name", MODELS)
def test_a_compiled_header_knows_the_words(name: str, program: Programs) -> None:
    model, words = the(name), words_of(the(name))
    texts = asked(program(model, C99), "n").decode("utf-8").split("\0")
    assert texts == [text for word in words for text in (word.name, word.language)] + [""]
    spots = np.array([word.latent for word in words])
    settings = np.array([word.settings.to_vector() for word in words])
    assert np.array_equal(answers(program(model, C99), "z", (), model.latent_dim), as_single(spots))
    assert np.array_equal(answers(program(model, C99), "s", (), 13), as_single(settings))


@pytest.mark.parametrize("name", MODELS)
def test_a_header_is_also_cplusplus(name: str, program: Programs) -> None:
    model, spots = the(name), places(the(name))
    c, cpp = (answers(program(model, compiler), "d", spots, model.decoder.outputs) for compiler in (C99, CPP17))
    np.testing.assert_allclose(cpp, c, rtol=1e-6, atol=1e-6)  # sums may be put together in another order


@pytest.mark.parametrize("name", MODELS)
def test_a_compiled_header_passes_the_sanitizers(name: str, program: Programs) -> None:
    model, extreme = the(name), np.array([1e6, -1e6, 1e38, np.nan, np.inf])
    watched = program(model, SANITIZED)
    inputs, outputs = model.encoder.inputs, model.decoder.outputs
    found = answers(watched, "d", np.tile(extreme, (model.latent_dim, 1)).T, outputs)
    assert np.isfinite(found).all() or model.decoder_output == "curve"  # a curve may be as large as its place is far
    assert len(answers(watched, "e", np.tile(extreme[3:], (inputs, 1)).T, model.latent_dim)) == 2
    assert len(answers(watched, "d", places(model), outputs)) == len(places(model))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("far", [1e6, -1e6])
def test_the_farthest_places_are_finite_and_legal_everywhere(name: str, far: float, program: Programs) -> None:
    model = the(name)
    spots = np.concatenate([far * np.sign(places(model)), np.full((1, model.latent_dim), far)])
    for found in (
        answers(program(model, C99), "d", spots, model.decoder.outputs),
        onnx_answers(model, "decoder", spots),
    ):
        assert np.isfinite(found).all()
        if model.decoder_output == "settings":
            assert np.array_equal(as_single(legal(found)), found)


@pytest.mark.parametrize("name", MODELS)
def test_where_zero_is_flat_it_is_exactly_flat_everywhere(name: str, program: Programs) -> None:
    model = the(name)
    middle = np.zeros((1, model.latent_dim))
    if model.decoder_output == "curve" or decode(model, middle)[:, GAINS].any():
        assert b"z = 0 is flat" not in export(model, "c-header")[".h"]
        return
    assert not answers(program(model, C99), "d", middle, 13)[:, GAINS].any()
    for batch in (1, 3, 64):  # runtimes multiply single rows and many rows with different code
        assert not onnx_answers(model, "decoder", np.repeat(middle, batch, axis=0))[:, GAINS].any()


# ONNX files


@pytest.mark.parametrize("which", ["encoder", "decoder"])
def test_an_onnx_file_names_its_sides_and_says_what_they_are(which: str) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    made = onnx.load_from_string(export(the("tiny centred"), "onnx")[f".{which}.onnx"])
    assert (made.ir_version, made.opset_import[0].version) == (8, 17)  # what runtimes of 2022 read
    sides = (made.graph.input[0].name, made.graph.output[0].name)
    assert sides == (("curve_db", "latent") if which == "encoder" else ("latent", "settings"))
    said = {entry.key: entry.value for entry in made.metadata_props}
    assert (said["model"], said["sha256"]) == ("tiny-centred", "0" * 64)
    assert [json.loads(said[side])["name"] for side in ("input", "output")] == list(sides)


def test_an_onnx_decoder_brings_its_words_and_the_order_of_the_13_numbers() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    model = the("tiny centred")
    made = onnx.load_from_string(export(model, "onnx")[".decoder.onnx"])
    said = {entry.key: json.loads(entry.value) for entry in made.metadata_props if entry.key in ("words", "output")}
    assert said["output"]["columns"][:5] == [
        "low_shelf_gain_db",
        "low_shelf_freq_hz",
        "bell_1_gain_db",
        "bell_1_freq_hz",
        "bell_1_q",
    ]
    for entry, word in zip(said["words"], words_of(model), strict=True):
        assert entry["word"] == word.name
        assert np.array_equal(as_single(np.array(entry["latent"])), as_single(word.latent))


def test_without_onnx_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r'^ONNX files need onnx: pip install "semeq\[train\]"$'):
        export(the("tiny centred"), "onnx")


def test_the_other_formats_need_no_onnx() -> None:
    code = "import sys, semeq_models.export; print([name for name in ('onnx', 'torch') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


# C headers


def test_a_header_asks_for_no_memory_and_remembers_nothing(tmp_path: Path) -> None:
    (tmp_path / "model.h").write_bytes(export(the("tiny centred"), "c-header")[".h"])
    names = ("encode(a, b)", "decode(b, a)", "curve(a, b)")
    calls = "; ".join(f"semeq_tiny_centred_{name}" for name in names)
    source = f'#include "model.h"\nfloat a[40], b[40];\nvoid all(void);\nvoid all(void) {{ {calls}; }}\n'
    (tmp_path / "all.c").write_text(source, encoding="ascii")
    compiled(tmp_path, *C99, "-fPIC", "-c", "-o", "all.o", "all.c", libraries=())
    listed = subprocess.run(
        ["nm", "all.o"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    symbols = [line.split()[-2:] for line in listed.splitlines()]
    assert {kind for kind, name in symbols if name.startswith("semeq")} <= {"t", "r"}  # code and constants
    needed = {name for kind, name in symbols if kind == "U"} - {"_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}
    assert needed <= {"tanh", "pow", "log10", "sin", "cos", "sincos", "sqrt", "memcpy", "memset"}


def test_two_models_fit_in_one_program(tmp_path: Path) -> None:
    for number, name in enumerate(("tiny centred", "tiny log")):
        (tmp_path / f"{number}.h").write_bytes(export(the(name), "c-header")[".h"])
    source = '#include "0.h"\n#include "1.h"\n#include "0.h"\n'
    source += "int main(void) { return SEMEQ_TINY_CENTRED_LATENT - SEMEQ_TINY_LOG_LATENT; }\n"
    (tmp_path / "main.c").write_text(source, encoding="ascii")
    assert subprocess.run([compiled(tmp_path, *C99, "-o", "two", "main.c")], timeout=60, check=False).returncode == 0


def test_a_number_that_is_none_counts_as_zero_even_in_fast_arithmetic(program: Programs) -> None:
    model = the("tiny centred")
    odd = np.array([[np.nan, np.inf, -np.inf, 0, 0, 0]])
    for compiler in (C99, (*C99, "-O3", "-ffast-math")):
        assert not answers(program(model, compiler), "d", odd, 13)[:, GAINS].any()


def test_weights_beyond_single_precision_are_refused() -> None:
    weights = Weights("encoder", 1)
    layers = [weights.linear(13, LATENT)]
    weights.tensors["encoder.00"] = weights.tensors["encoder.00"] * 1e39
    decoder = the("tiny log").decoder
    model = tiny_model("loud", network(weights, layers, 13, LATENT), decoder, reads="settings", writes="settings")
    for format in ("onnx", "c-header"):
        with pytest.raises(ModelError, match="single precision"):
            export(model, format)


# files


def test_an_unknown_format_is_told_the_known_ones() -> None:
    with pytest.raises(UsageError, match="choose one of: c-header, npz, onnx"):
        export(the("tiny centred"), "tflite")


def test_files_go_where_they_are_sent(tmp_path: Path) -> None:
    one, two = {".npz": b"1"}, {".encoder.onnx": b"1", ".decoder.onnx": b"2"}
    assert placed(one, "v2_vae", tmp_path / "x.bin") == {tmp_path / "x.bin": b"1"}
    assert placed(one, "v2_vae", tmp_path) == {tmp_path / "v2_vae.npz": b"1"}
    assert placed(two, "v2_vae", tmp_path / "x.onnx") == {
        tmp_path / "x.encoder.onnx": b"1",
        tmp_path / "x.decoder.onnx": b"2",
    }


# audio encoders


def heard_rows(name: str) -> Floats:
    """What each kind of encoder is given: spectra with the logarithm of a spread, or log-mel pictures."""
    random = np.random.default_rng(3)
    inputs = load_encoder(name).network.inputs
    if load_encoder(name).hears == "mel":
        return as_single(random.normal(-4.0, 1.5, (4, inputs)))
    return as_single(np.column_stack([random.normal(0.0, 5.0, (30, inputs - 1)), random.uniform(-0.6, 2.1, 30)]))


@pytest.mark.parametrize("name", sorted(AUDIO_SPECS))
def test_an_exported_audio_encoder_hears_what_semeq_hears(name: str, tmp_path: Path) -> None:
    encoder, rows = load_encoder(name), heard_rows(name)
    wanted = encoder.network(rows)
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    session = runtime.InferenceSession(export(encoder, "onnx")[".onnx"])
    [found] = session.run(None, {"heard": rows.astype(np.float32)})
    assert np.abs(found - wanted).max() <= 1e-5 * max(np.abs(wanted).max(), 1.0)
    with np.load(io.BytesIO(export(encoder, "npz")[".npz"]), allow_pickle=False) as file:
        card, tensors = json.loads(file["card"].item()), {key: file[key].astype(np.float64) for key in file.files[2:]}
    assert np.array_equal(run(card["network"]["layers"], tensors, rows), wanted)
    assert card["space"] == encoder.space
    (tmp_path / "ears.h").write_bytes(export(encoder, "c-header")[".h"])
    title = f"semeq_{identifier(name)}"
    source = (
        f'#include "ears.h"\n#include <stdio.h>\nint main(void)\n{{\n    static float in[{rows.shape[1]}];\n'
        f"    float z[{wanted.shape[1]}];\n    while (fread(in, sizeof in, 1, stdin) == 1) {{\n"
        f"        {title}_place(in, z);\n        if (fwrite(z, sizeof z, 1, stdout) != 1) return 1;\n    }}\n"
        "    return 0;\n}\n"
    )
    (tmp_path / "main.c").write_text(source, encoding="ascii")
    ears = compiled(tmp_path, *C99, "-o", "ears", "main.c")
    coded = answers(ears, "", rows, wanted.shape[1])
    assert np.abs(coded - wanted).max() <= 1e-6 * max(np.abs(wanted).max(), 1.0)  # it answers in single precision


def test_a_file_is_exported_as_what_it_is(tmp_path: Path) -> None:
    for name, kind in (("audio-default", AudioEncoder), ("v3", Model)):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes((weights_folder() / f"{name}.safetensors").read_bytes())
        assert isinstance(exportable(str(path)), kind)
    with pytest.raises(UsageError, match="no model 'nobody'; choose one of: audio-cnn, audio-default, default"):
        exportable("nobody")
