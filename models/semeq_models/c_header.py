"""A model or an audio encoder as one C99 header that is also C++: no memory is asked for, every call is alike."""

from __future__ import annotations

import numpy as np

from semeq.hearing.encoder import AudioEncoder
from semeq.language import LANGUAGES
from semeq.model import Model, Word
from semeq.network import Network
from semeq.response import RATE_HZ
from semeq_models.c_about import about, about_encoder
from semeq_models.c_helpers import CURVE, HELPERS
from semeq_models.c_layers import Body, Code, body
from semeq_models.c_text import array_of_doubles, array_of_floats, braces, comment, string_text
from semeq_models.npz_file import tensors_in
from semeq_models.portable import COLUMNS, HIGH, LOW, identifier, side_name, single, words_of


def header_files(model: Model) -> dict[str, bytes]:
    """One file ``.h``."""
    name = f"semeq_{identifier(model.name)}"
    encoder, decoder = _encoder(model, name), _decoder(model, name)
    encode, decode = body(name, encoder.steps), body(name, decoder.steps)
    helpers = encode.helpers | decode.helpers
    place = f"z[{model.latent_dim}]"
    read = f"{side_name(model.encoder_input)}[{model.encoder.inputs}]"
    written = f"{side_name(model.decoder_output)}[{model.decoder.outputs}]"
    reads_curves = model.encoder_input == "curve"
    if reads_curves:
        helpers |= {"clamp", "level_free"}
    parts = [
        comment(about(model, name, buffer_bytes=8 * max(sum(encode.sizes), sum(decode.sizes)))),
        f"#ifndef {name.upper()}_H\n#define {name.upper()}_H\n",
        "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n",
        _sizes(model, name),
        array_of_floats(f"{name}_low", single(model.name, LOW), "the legal range of the 13 numbers, from"),
        array_of_floats(f"{name}_high", single(model.name, HIGH), "to"),
        array_of_doubles(f"{name}_bands_hz", model.bands_hz, "frequencies of every curve"),
        _words(model, name),
        *[text for code in (encoder, decoder) for _, text in code.constants.values()],
        *[text.replace("NAME", name) for helper, text in HELPERS.items() if helper in helpers],
        *(_curve(model, name) if reads_curves else ()),
        _function(f"{name}_encode", encode, read, place),
        _function(f"{name}_decode", decode, place, written),
        "#endif\n",
    ]
    return {".h": "\n".join(parts).encode("ascii")}


def encoder_header(encoder: AudioEncoder) -> dict[str, bytes]:
    """The same of an audio encoder: one function from what is heard to a place in the latent space."""
    name, network = f"semeq_{identifier(encoder.name)}", encoder.network
    code = _code(encoder.name, name, "audio", network)
    _stored(code, code.run(network.layers, _loaded(code, "heard", network.inputs)), "z")
    made = body(name, code.steps)
    parts = [
        comment(about_encoder(encoder, name, buffer_bytes=8 * sum(made.sizes))),
        f"#ifndef {name.upper()}_H\n#define {name.upper()}_H\n",
        "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n",
        f"#define {name.upper()}_HEARD {network.inputs}\n#define {name.upper()}_LATENT {network.outputs}\n",
        *[text for _, text in code.constants.values()],
        *[text.replace("NAME", name) for helper, text in HELPERS.items() if helper in made.helpers],
        _function(f"{name}_place", made, f"heard[{network.inputs}]", f"z[{network.outputs}]"),
        "#endif\n",
    ]
    return {".h": "\n".join(parts).encode("ascii")}


def _encoder(model: Model, name: str) -> Code:
    code = _code(model.name, name, "encoder", model.encoder)
    x = _loaded(code, side_name(model.encoder_input), model.encoder.inputs)
    if model.encoder_input == "curve":
        x = code.change(x, "level_free")
    _stored(code, code.run(model.encoder.layers, x), "z")
    return code


def _decoder(model: Model, name: str) -> Code:
    code = _code(model.name, name, "decoder", model.decoder)
    y = code.run(model.decoder.layers, _loaded(code, "z", model.decoder.inputs))
    if model.decoder_output == "settings":
        y = code.change(y, "clamp", f", {name}_low, {name}_high")
    _stored(code, y, side_name(model.decoder_output))
    return code


def _code(model: str, name: str, part: str, network: Network) -> Code:
    tensors = {tensor: single(model, network.tensors[tensor]) for tensor in tensors_in(network.layers)}
    return Code(name=name, part=part, tensors=tensors)


def _loaded(code: Code, source: str, width: int) -> int:
    return code.step([("load", f"{source}, {width}, {{y}}")], [], width)


def _stored(code: Code, y: int, target: str) -> None:
    width = code.steps[y].width
    code.step([("store", f"{{y}}, {width}, {target}")], [y], width, changes=True)


def _function(name: str, body: Body, source: str, target: str) -> str:
    buffers = ", ".join(f"s{number}[{size}]" for number, size in enumerate(body.sizes))
    lines = "".join(f"    {line}\n" for line in [f"double {buffers};", *body.lines])
    return f"static inline void {name}(const float {source}, float {target})\n{{\n{lines}}}\n"


def _curve(model: Model, name: str) -> list[str]:
    phi = np.sin(np.pi * np.minimum(model.bands_hz, RATE_HZ / 2) / RATE_HZ) ** 2
    text = CURVE.replace("NAME", name).replace("BANDS", f"{name.upper()}_BANDS")
    return [array_of_doubles(f"{name}_phi", phi, "sin^2 of half the angle of each band"), text]


def _sizes(model: Model, name: str) -> str:
    sizes = {
        "LATENT": model.latent_dim,
        "SETTINGS": len(COLUMNS),
        "BANDS": len(model.bands_hz),
        "WORDS": len(words_of(model)),
    }
    return "".join(f"#define {name.upper()}_{size} {count}\n" for size, count in sizes.items())


def _words(model: Model, name: str) -> str:
    """The table of words; text lies in the table itself, so that nothing in it points anywhere."""
    words = words_of(model)
    longest = max((len(word.name.encode("utf-8")) for word in words), default=0)
    language = max(map(len, LANGUAGES))
    struct = (
        "/* A word as the people who used it meant it: its place in the latent space, and the settings for it. */\n"
        "typedef struct {\n"
        f"    char name[{longest + 1}]; /* UTF-8 */\n"
        f"    char language[{language + 1}];\n"
        f"    float z[{model.latent_dim}];\n"
        f"    float settings[{len(COLUMNS)}];\n"
        f"}} {name}_word;\n"
    )
    empty = '    {"", "", {0.0f}, {0.0f}},\n'  # C knows no empty array
    table = "".join(_word(model, word) for word in words) or empty
    return f"{struct}\nstatic const {name}_word {name}_words[{max(len(words), 1)}] = {{\n{table}}};\n"


def _word(model: Model, word: Word) -> str:
    texts = f"{string_text(word.name)}, {string_text(word.language)}"
    place, settings = single(model.name, word.latent), single(model.name, np.array(word.settings.to_vector()))
    return f"    {{{texts},\n     {braces(place)},\n     {braces(settings)}}},\n"
