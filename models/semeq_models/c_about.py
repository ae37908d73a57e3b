"""The comment at the head of an exported C header: what the functions do, in which units, and what may be relied on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semeq.hearing.encoder import AudioEncoder
from semeq.latent import GAINS, decode
from semeq.model import Model
from semeq.response import RATE_HZ
from semeq.settings import SHELF_Q
from semeq_models.c_text import comment_text
from semeq_models.portable import COLUMNS, HIGH, LOW, side_name

_UNITS = {"db": "dB", "hz": "Hz", "q": ""}
_CURVE_BYTES = 8 * (13 + 6)


def about(model: Model, name: str, *, buffer_bytes: int) -> list[str]:
    """The lines of the comment; ``name`` is what every identifier begins with."""
    stack = max(buffer_bytes, _CURVE_BYTES + 8 * len(model.bands_hz))
    warning = [f"Note: {comment_text(model.warning)}"] if model.warning else []
    target = side_name(model.decoder_output)
    return [
        "SPDX-License-Identifier: Apache-2.0",
        "",
        f"Model {comment_text(model.name)} of semeq: words as five-band EQ. Written by a program; do not edit.",
        comment_text(model.description),
        *warning,
        f"SHA-256 of the model: {comment_text(model.sha256)}",
        "",
        f"    float {target}[{model.decoder.outputs}];",
        f"    {name}_decode({name}_words[0].z, {target});",
        "",
        *_functions(model, name),
        "",
        "C99 and C++. Every function may be called from any thread, also from the audio thread: no allocation, no",
        f"lock, no state, the same steps at every call, buffers of at most {stack} bytes on the stack.",
        "A number that is NaN or infinite counts as 0. Include it in one source file: the numbers are part of each.",
        "",
        "The 13 numbers, in this order, with their legal range:",
        *[f"    {at:2d}  {_range(at)}" for at in range(len(COLUMNS))],
        f"The shelves have Q {SHELF_Q}. Curves are drawn at a sample rate of {RATE_HZ:.0f} Hz, in dB, at these Hz:",
        *_wrapped([f"{band:.6g}" for band in model.bands_hz]),
    ]


def about_encoder(encoder: AudioEncoder, name: str, *, buffer_bytes: int) -> list[str]:
    """The same for an audio encoder."""
    given = encoder.given
    bands = [f"{band:.6g}" for band in given.get("bands_hz", ())]
    return [
        "SPDX-License-Identifier: Apache-2.0",
        "",
        f"Audio encoder {comment_text(encoder.name)} of semeq. Written by a program; do not edit.",
        comment_text(encoder.description),
        *([f"Note: {comment_text(encoder.warning)}"] if encoder.warning else []),
        f"SHA-256 of the encoder: {comment_text(encoder.sha256)}",
        "",
        f"{name}_place: heard ({encoder.network.inputs} numbers) to z, the place of the EQ that it seems to have,",
        f"in the latent space of the model {comment_text(encoder.space)} ({encoder.network.outputs} numbers).",
        f"heard: {given['columns']}.",
        *([f"The last number: {given['last']}."] if "last" in given else []),
        *(["The bands, in Hz:", *_wrapped(bands)] if bands else []),
        "",
        "C99 and C++. No allocation, no lock, no state, the same steps at every call,",
        f"buffers of {buffer_bytes} bytes on the stack. A number that is NaN or infinite counts as 0.",
    ]


def _functions(model: Model, name: str) -> list[str]:
    bands, latent, source = len(model.bands_hz), model.latent_dim, side_name(model.encoder_input)
    lines = [f"{name}_encode: {source} to z, the place in the latent space ({latent} numbers, no unit)."]
    if model.encoder_input == "curve":
        lines = [f"{name}_curve: settings to curve_db ({bands} numbers in dB, their mean is 0).", *lines]
        lines.append("The level of a curve does not matter to it.")
    if model.decoder_output == "curve":
        return [*lines, f"{name}_decode: z to curve_db ({bands} numbers in dB); five bands are then fitted to it."]
    lines.append(f"{name}_decode: z to settings, always finite and within the legal range.")
    if not decode(model, np.zeros(latent))[GAINS].any():
        lines.append("z = 0 is flat, exactly; z times 0.5 is a gentler form of what z is.")
    return lines


def _range(at: int) -> str:
    unit = _UNITS[COLUMNS[at].rpartition("_")[2]]
    return f"{COLUMNS[at]:<20}{LOW[at]:g} to {HIGH[at]:g} {unit}".rstrip()


def _wrapped(items: Sequence[str]) -> list[str]:
    return [f"    {', '.join(items[start : start + 10])}" for start in range(0, len(items), 10)]
