"""A model as one numpy file: all its numbers and words, readable without semeq and without pickle."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from semeq import network
from semeq.hearing.encoder import AudioEncoder
from semeq.model import Model
from semeq.network import Layer, Network
from semeq.response import Floats
from semeq_models.portable import COLUMNS, HIGH, LOW, side_name, words_of

Arrays = dict[str, np.ndarray[Any, Any]]

_README = """\
Model {name} of semeq: words as five-band EQ.
{description}
{warning}
    import json, numpy as np
    model = np.load("{name}.npz", allow_pickle=False)
    card = json.loads(model["card"].item())                 # ASCII text, also easy to read from C++
    row = list(model["words.name"]).index({word!r})
    print(dict(zip(card["columns"], model["words.settings"][row])))

card              JSON: what the model is, card["encoder"]["layers"] and card["decoder"]["layers"] (see below)
encoder.*         the numbers of the layers under the names they have there; decoder.* likewise
bands_hz          the frequencies of every curve
words.name        also words.language, words.confidence and words.strength_db (how strongly people set the word: dB RMS)
words.latent      places in the latent space, [words, {latent}]
words.settings    the 13 numbers, [words, 13], in the order of card["columns"]
words.curves_db   curves without their level, at 48 kHz, [words, bands]
words.centre      the mean of a word's people, nearer to flat than any of them, [words, {latent}]
words.spread      how people differ from words.centre (one standard deviation), [words, directions, {latent}]
variants.word     which word (a row of words.*) this is a typical way to mean; variants.share of its people mean it so;
                  variants.latent and variants.settings as above

The encoder reads {encoder_input}, the decoder writes {decoder_output}.
Before a curve enters the encoder, its mean over the bands is taken away (level does not matter).
Settings that the decoder writes are clamped to card["low"] ... card["high"]: that is part of what they mean.

{layers}
log10 reads no less than {tiny:g}, pow10 no more than {most_power:g}; silu is x * sigmoid(x).
"""


_HEARING = """\
Audio encoder {name} of semeq: from what is heard to the EQ that it seems to have, in the latent space of {space}.
{description}
{warning}
card              JSON: card["given"] says what goes in, card["network"]["layers"] what becomes of it (see below)
audio.*           the numbers of the layers under the names they have there

{layers}
"""


def npz_files(model: Model) -> dict[str, bytes]:
    """One file ``.npz``; the same model gives the same bytes."""
    return _file(arrays(model))


def encoder_npz(encoder: AudioEncoder) -> dict[str, bytes]:
    """The same of an audio encoder."""
    note = f"Note: {encoder.warning}\n" if encoder.warning else ""
    text = _HEARING.format(
        name=encoder.name,
        space=encoder.space,
        description=encoder.description,
        warning=note,
        layers=network.__doc__ or "",
    )
    said = {
        "name": encoder.name,
        "description": encoder.description,
        "warning": encoder.warning,
        "provenance": dict(encoder.provenance),
        "sha256": encoder.sha256,
        "space": encoder.space,
        "given": encoder.given,
        "network": _network(encoder.network),
    }
    tensors = {name: _exact(encoder.network.tensors[name]) for name in sorted(tensors_in(encoder.network.layers))}
    return _file({"README": np.array(text), "card": _json(said), **tensors})


def _json(said: dict[str, Any]) -> np.ndarray[Any, Any]:
    """As ASCII text, easy to read from C++ too."""
    return np.array(json.dumps(said, sort_keys=True, ensure_ascii=True).encode("ascii"))


def _file(found: Arrays) -> dict[str, bytes]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in found.items():
            entry = zipfile.ZipInfo(f"{name}.npy")  # dated 1980, as every such entry that is not told otherwise
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return {".npz": buffer.getvalue()}


def arrays(model: Model) -> Arrays:
    """All a model holds, by name."""
    words = words_of(model)
    variants = [(row, variant) for row, word in enumerate(words) for variant in word.variants]
    latent = model.latent_dim
    found: Arrays = {
        "README": np.array(readme(model)),
        "card": _json(card(model)),
        "bands_hz": _exact(model.bands_hz),
        "words.name": np.array([word.name for word in words], dtype=np.str_),
        "words.language": np.array([word.language for word in words], dtype=np.str_),
        "words.confidence": np.array([word.confidence for word in words], dtype=np.str_),
        "words.strength_db": np.array([word.strength_db for word in words], dtype="<f8"),
        "words.latent": _rows([word.latent for word in words], latent),
        "words.centre": _rows([word.centre for word in words], latent),
        "words.settings": _rows([word.settings.to_vector() for word in words], len(COLUMNS)),
        "words.curves_db": _rows([word.curve_db for word in words], len(model.bands_hz)),
        "words.spread": _exact(np.stack([word.spread for word in words]) if words else np.zeros((0, 0, latent))),
        "variants.word": np.array([row for row, _ in variants], dtype="<i4"),
        "variants.share": np.array([variant.share for _, variant in variants], dtype="<f8"),
        "variants.latent": _rows([variant.latent for _, variant in variants], latent),
        "variants.settings": _rows([variant.settings.to_vector() for _, variant in variants], len(COLUMNS)),
    }
    for net in (model.encoder, model.decoder):
        found |= {name: _exact(net.tensors[name]) for name in sorted(tensors_in(net.layers))}
    return found


def card(model: Model) -> dict[str, Any]:
    """What a model is, beside its numbers."""
    return {
        "name": model.name,
        "description": model.description,
        "warning": model.warning,
        "provenance": dict(model.provenance),
        "sha256": model.sha256,
        "blending": model.blending,
        "columns": list(COLUMNS),
        "low": LOW.tolist(),
        "high": HIGH.tolist(),
        "encoder": {"input": side_name(model.encoder_input), **_network(model.encoder)},
        "decoder": {"output": side_name(model.decoder_output), **_network(model.decoder)},
        "words": [word.to_dict() for word in words_of(model)],
    }


def readme(model: Model) -> str:
    """The text inside the file that tells what is where."""
    words = words_of(model)
    return _README.format(
        name=model.name,
        word=words[0].name if words else "",
        description=model.description,
        warning=f"Note: {model.warning}\n" if model.warning else "",
        latent=model.latent_dim,
        encoder_input=side_name(model.encoder_input),
        decoder_output=side_name(model.decoder_output),
        layers=network.__doc__ or "",
        tiny=network.TINY,
        most_power=network.MOST_POWER,
    )


def tensors_in(layers: Sequence[Layer]) -> set[str]:
    """The names of the tensors that a table of layers uses."""
    names: set[str] = set()
    for layer in layers:
        names |= {layer[key] for key in ("weight", "bias", "scale", "shift", "low", "high") if layer.get(key)}
        for body in (*layer.get("bodies", ()), layer.get("body", ()), layer.get("skip", ())):
            names |= tensors_in(body)
    return names


def _network(net: Network) -> dict[str, Any]:
    return {"inputs": net.inputs, "outputs": net.outputs, "layers": list(net.layers)}


def _rows(rows: Sequence[Any], width: int) -> np.ndarray[Any, Any]:
    return _exact(np.array(rows, dtype=np.float64).reshape(len(rows), width))


def _exact(numbers: Floats) -> np.ndarray[Any, Any]:
    """Single precision where nothing is lost by it, else double."""
    with np.errstate(over="ignore"):
        short = np.asarray(numbers, dtype="<f4")
    return short if np.array_equal(short, numbers) else np.asarray(numbers, dtype="<f8")
