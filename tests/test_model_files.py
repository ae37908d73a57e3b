"""Model files: what is shipped, what a stranger may hand us, and that nothing in a file is believed unchecked."""

import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save

from semeq import ModelError, eq, load_model, suggest, words
from semeq.artefact import parse_model, read_model, shipped_models
from semeq.latent import decode, encode
from semeq.weights import content_sha256, weights_folder

NAMES = ["default", "socialfx", "v1", "v2", "v2-vae", "v3"]
Card = dict[str, Any]
Tensors = dict[str, np.ndarray]


def opened(name: str = "v3") -> tuple[Card, Tensors]:
    with safe_open(weights_folder() / f"{name}.safetensors", framework="numpy") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return json.loads(file.metadata()["semeq"]), tensors


def closed(card: Card, tensors: Tensors) -> bytes:
    """The file again, with a checksum that fits: only its meaning can give it away."""
    card = {key: value for key, value in card.items() if key != "content_sha256"}
    card["content_sha256"] = content_sha256(card, tensors)
    return save(tensors, metadata={"semeq": json.dumps(card)})


# what is shipped


def test_every_system_is_shipped_in_less_than_15_mb() -> None:
    table = shipped_models()
    assert sorted(table) == NAMES
    files = sorted(weights_folder().glob("*.safetensors"))
    assert sum(path.stat().st_size for path in files) < 15e6
    index = json.loads((weights_folder() / "index.json").read_text(encoding="utf-8"))
    assert sorted(entry["file"] for entry in index.values()) == [path.name for path in files]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_answers_with_numpy_alone(name: str) -> None:
    model = load_model(name)
    assert model.name == name
    assert eq("warm", model=name) != eq("warm", 0.5, model=name)
    assert eq("warm", 0.0, model=name).is_flat
    assert np.isfinite(encode(model, eq("warm", model=name).to_vector())).all()
    assert model.encoder.outputs == model.decoder.inputs == model.latent_dim == 32


@pytest.mark.parametrize("name", ["v1", "v2", "v2-vae", "v3"])
def test_a_word_of_the_old_systems_is_the_decoded_mean_of_its_rows(name: str) -> None:
    model = load_model(name)
    for word in words(model=model):
        assert decode(model, word.latent) == pytest.approx(
            word.settings.to_vector(), rel=1e-4, abs=1e-4
        )  # float32 places


def test_only_v1_warns_and_it_does_with_every_answer() -> None:
    assert suggest("warm", model="v1").notes[0].startswith("v1 is a documented failure")
    for name in NAMES:
        assert bool(load_model(name).warning) == (name == "v1")


def test_the_answers_of_v1_are_in_range_though_its_decoder_is_not() -> None:
    model = load_model("v1")
    place = model.vocabulary("en")["warm"].latent
    assert model.decoder(place).max() > 1e6  # Hz
    assert decode(model, place).max() == 20_000


def test_a_file_of_your_own_is_a_model_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").write_bytes((weights_folder() / "v2.safetensors").read_bytes())
    assert eq("warm", model=tmp_path / "mine.safetensors") == eq("warm", model="v2")


# what a stranger may hand us


def damaged(change: Callable[[Card, Tensors], object]) -> bytes:
    card, tensors = opened()
    change(card, tensors)
    return closed(card, tensors)


WRONG: dict[str, Callable[[Card, Tensors], object]] = {
    "an unknown layer": lambda card, _: card["decoder"]["layers"].append({"op": "system"}),
    "a layer that is no layer": lambda card, _: card["encoder"]["layers"].append(7),
    "an unhashable layer": lambda card, _: card["encoder"]["layers"].append({"op": ["relu"]}),
    "a missing tensor": lambda _, tensors: tensors.pop("words.latent"),
    "a missing weight": lambda _, tensors: tensors.pop(next(name for name in tensors if name.startswith("decoder."))),
    "a NaN": lambda _, tensors: tensors["words.curves_db"].fill(np.nan),
    "an infinity": lambda _, tensors: tensors["words.spread"].fill(np.inf),
    "settings out of range": lambda _, tensors: tensors["words.settings"].fill(1e9),
    "too few words": lambda card, _: card["words"].pop(),
    "too many variants": lambda card, _: card["words"][0]["variants"].append(0.5),
    "another width": lambda card, _: card["encoder"].update(outputs=31),
    "no width": lambda card, _: card["decoder"].update(inputs="many"),
    "another side": lambda card, _: card["encoder"].update(input="sound"),
    "another blending": lambda card, _: card.update(blending="chance"),
    "another language": lambda card, _: card["words"][0].update(language="xx"),
    "another confidence": lambda card, _: card["words"][0].update(confidence="perfect"),
    "a word that is no text": lambda card, _: card["words"][0].update(word=5),
    "synonyms that are no list": lambda card, _: card["words"][0].update(synonyms=3),
    "no words": lambda card, _: card.pop("words"),
    "no name": lambda card, _: card.pop("name"),
    "words that are no list": lambda card, _: card.update(words="warm"),
    "a flat spread": lambda _, tensors: tensors.update({"words.spread": tensors["words.latent"]}),
    "bands that are no row": lambda _, tensors: tensors.update({"bands_hz": tensors["bands_hz"][:, None]}),
    "other bands": lambda _, tensors: tensors.update({"bands_hz": tensors["bands_hz"][:7].copy()}),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_a_file_that_contradicts_itself_is_refused_in_one_line(change: Callable[[Card, Tensors], object]) -> None:
    with pytest.raises(
        ModelError, match=r"^x: not a semeq model, or damaged.*(reinstall semeq|train it anew)$"
    ) as caught:
        parse_model(damaged(change), "x")
    assert "\n" not in str(caught.value)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    (tmp_path / "old.pt").write_bytes(pickle.dumps(Trap()))
    with zipfile.ZipFile(tmp_path / "new.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Trap()))
    for name in ("old.pt", "new.pt"):
        with pytest.raises(
            ModelError, match="a pickle, which semeq never loads; semeq-models train writes safetensors"
        ):
            load_model(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("version", ["semeq.model/1", "semeq.model/3"])
def test_files_of_other_versions_say_what_to_do(version: str) -> None:
    said = "made for an older semeq.*train it anew" if version.endswith("1") else "newer semeq.*pip install -U semeq"
    with pytest.raises(ModelError, match=said):
        parse_model(damaged(lambda card, _: card.update(format=version)), "x")


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 8, struct.pack("<Q", 2**63) + b"{}", struct.pack("<Q", 10) + b"[" * 10, b"\xff" * 100],
    ids=["empty", "zeros", "a huge header", "an open bracket", "ones"],
)
def test_what_is_no_file_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match="not a semeq model, or damaged"):
        parse_model(data, "x")


@given(st.data())
def test_a_changed_byte_is_noticed_anywhere(data: st.DataObject) -> None:
    whole = bytearray((weights_folder() / "v3.safetensors").read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ModelError):
        parse_model(bytes(whole), "x", sha256=shipped_models()["v3"]["sha256"])


@given(st.data())
def test_no_changed_byte_brings_a_traceback(data: st.DataObject) -> None:
    whole = bytearray(closed(*opened("v3")))
    place = data.draw(st.one_of(st.integers(0, 4000), st.integers(0, len(whole) - 1)))
    whole[place] ^= data.draw(st.integers(1, 255))
    try:
        parse_model(bytes(whole), "x")
    except ModelError as error:
        assert "\n" not in str(error)  # whitespace of the header may change without harm: no error then


def test_a_shipped_file_that_was_changed_is_noticed(tmp_path: Path) -> None:
    data = bytearray((weights_folder() / "default.safetensors").read_bytes())
    data[-3] ^= 1
    (tmp_path / "changed.safetensors").write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        read_model(tmp_path / "changed.safetensors")
