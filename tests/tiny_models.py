"""Small models of every shape that semeq knows, with random weights: for tests of what is done with a model."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from semeq import EqSettings
from semeq.latent import FREQS, GAINS, QS
from semeq.model import Model, Side, Variant, Word
from semeq.network import Network
from semeq.response import Floats, log_grid_hz, response_db
from semeq_models.curves import level_free

Table = list[dict[str, Any]]
LATENT, BANDS = 6, 40
BANDS_HZ = log_grid_hz(20, 19_700, BANDS)
_SAFE_ORDER = np.argsort([*GAINS, *FREQS, *QS]).tolist()  # from gains, frequencies, Qs to the order of the 13 numbers


class Weights:
    """Tensors by name, drawn with a seed and rounded to single precision, as a model file holds them."""

    def __init__(self, prefix: str, seed: int) -> None:
        self.prefix, self.random = prefix, np.random.default_rng(seed)
        self.tensors: dict[str, Floats] = {}

    def fixed(self, numbers: Sequence[float] | Floats) -> str:
        name = f"{self.prefix}.{len(self.tensors):02d}"
        self.tensors[name] = np.asarray(numbers, dtype=np.float32).astype(np.float64)
        return name

    def linear(self, inputs: int, outputs: int, *, bias: bool = True) -> dict[str, Any]:
        layer = {"op": "linear", "weight": self.fixed(self.random.normal(size=(outputs, inputs)) / np.sqrt(inputs))}
        return {**layer, "bias": self.fixed(self.random.normal(size=outputs) * 0.3)} if bias else layer

    def affine(self, scale: Sequence[float] | Floats, shift: Sequence[float] | Floats) -> dict[str, Any]:
        return {"op": "affine", "scale": self.fixed(scale), "shift": self.fixed(shift)}

    def clamp(self, low: Sequence[float] | Floats, high: Sequence[float] | Floats) -> dict[str, Any]:
        return {"op": "clamp", "low": self.fixed(low), "high": self.fixed(high)}

    def conv2d(self, shape: tuple[int, int, int], outputs: int, stride: int) -> dict[str, Any]:
        weight = self.fixed(self.random.normal(size=(outputs, shape[0], 3, 3)) / 3)
        bias = self.fixed(self.random.normal(size=outputs) * 0.3)
        return {"op": "conv2d", "weight": weight, "bias": bias, "shape": list(shape), "stride": stride}

    def residual(self, inputs: int, outputs: int) -> Table:
        body = [self.linear(inputs, outputs), {"op": "relu"}, self.linear(outputs, outputs)]
        return [{"op": "residual", "body": body, "skip": [self.linear(inputs, outputs)]}, {"op": "relu"}]


def network(weights: Weights, layers: Table, inputs: int, outputs: int) -> Network:
    """The layers with the weights drawn for them."""
    return Network(layers, weights.tensors, inputs, outputs)


def curve_encoder(weights: Weights) -> Table:
    """Zero at a flat curve."""
    body = [weights.linear(BANDS, 24), {"op": "silu"}, *weights.residual(24, 16), weights.linear(16, LATENT)]
    return [weights.affine(np.full(BANDS, 0.2), np.zeros(BANDS)), {"op": "centred", "body": body}]


def centred_decoder(weights: Weights) -> Table:
    """Gains that are zero at zero; frequencies and Qs through a sigmoid, on a logarithmic scale."""

    def head(count: int, low: float, high: float) -> Table:
        scale, shift = np.full(count, np.log10(high / low)), np.full(count, np.log10(low))
        power = {"op": "pow10", "columns": list(range(count))}
        return [weights.linear(16, count), {"op": "sigmoid"}, weights.affine(scale, shift), power]

    gains: Table = [{"op": "centred", "body": [weights.linear(LATENT, 16), {"op": "tanh"}, weights.linear(16, 5)]}]
    gains += [{"op": "tanh"}, weights.affine(np.full(5, 12.0), np.zeros(5))]
    rest = [weights.linear(LATENT, 16), {"op": "tanh"}]
    rest += [{"op": "parallel", "bodies": [head(5, 20, 20_000), head(3, 0.1, 10)]}]
    return [{"op": "parallel", "bodies": [gains, rest]}, {"op": "gather", "columns": _SAFE_ORDER}]


def linear_hz(weights: Weights) -> tuple[Table, Table]:
    """Plain Hz in and out, scaled by mean and deviation; nothing keeps the output within the legal range."""
    mean, deviation = np.zeros(13), np.full(13, 4.0)
    mean[FREQS], deviation[FREQS] = [120, 400, 1200, 3000, 7000], [90, 350, 900, 2200, 3500]
    mean[QS], deviation[QS] = 1.2, 0.9
    into = [weights.affine(1 / deviation, -mean / deviation), *weights.residual(13, 24), weights.linear(24, LATENT)]
    out = [weights.linear(LATENT, 24), {"op": "relu"}, weights.linear(24, 13), weights.affine(deviation, mean)]
    return into, out


def log_hz(weights: Weights) -> tuple[Table, Table]:
    """Logarithms of Hz and Q scaled to 0...1, and a sigmoid back."""
    low, high = np.full(13, -12.0), np.full(13, 12.0)
    low[FREQS], high[FREQS], low[QS], high[QS] = np.log10(20), np.log10(20_000), -1, 1
    columns = [*FREQS, *QS]
    into = [{"op": "log10", "columns": columns}, weights.clamp(low, high)]
    into += [weights.affine(1 / (high - low), -low / (high - low)), weights.linear(13, 24), {"op": "tanh"}]
    into += [weights.linear(24, LATENT, bias=False)]
    out = [weights.linear(LATENT, 24), {"op": "relu"}, weights.linear(24, 13), {"op": "sigmoid"}]
    return into, [*out, weights.affine(high - low, low), {"op": "pow10", "columns": columns}]


def tiny_model(name: str, encoder: Network, decoder: Network, *, reads: Side, writes: Side, seed: int = 0) -> Model:
    """A model of these networks, with words whose names are hard to write down."""
    random = np.random.default_rng(seed)
    latent = decoder.inputs

    def settings() -> EqSettings:
        return EqSettings.from_vector((random.normal(size=13) * 3 + _MIDDLE).tolist(), clamp=True)

    def word(text: str, language: Any) -> Word:
        meant = settings()
        variants = tuple(Variant(share=0.5, settings=settings(), latent=random.normal(size=latent)) for _ in range(2))
        return Word(
            name=text,
            language=language,
            settings=meant,
            curve_db=level_free(response_db(meant, BANDS_HZ)),
            strength_db=3.5,
            contributors=7,
            agreement=0.4,
            confidence="fair",
            latent=random.normal(size=latent).astype(np.float32).astype(np.float64),
            centre=random.normal(size=latent),
            spread=random.normal(size=(3, latent)),
            variants=variants if text == "warm" else (),
        )

    return Model(
        name=name,
        description="Random weights */ for tests, ¿no? ??/",
        warning="",
        provenance={},
        bands_hz=BANDS_HZ,
        encoder=encoder,
        encoder_input=reads,
        decoder=decoder,
        decoder_output=writes,
        blending="latent",
        vocabularies={
            "en": {text: word(text, "en") for text in ("warm", 'a "q\\uote"', "what??/", "*/ //", "0x41\nsharp")},
            "es": {text: word(text, "es") for text in ("cálido", "áspero9")},
        },
        sha256="0" * 64,
    )


_MIDDLE = np.array([0, 120, 0, 400, 1.2, 0, 1200, 1.2, 0, 3000, 1.2, 0, 7000])


def centred_model() -> Model:
    """A curve in, settings out, flat at zero."""
    into, out = Weights("encoder", 1), Weights("decoder", 2)
    encoder = network(into, curve_encoder(into), BANDS, LATENT)
    decoder = network(out, centred_decoder(out), LATENT, 13)
    return tiny_model("tiny-centred", encoder, decoder, reads="curve", writes="settings")


def settings_model(name: str) -> Model:
    """Settings in and out: on a logarithmic scale (log) or not (linear)."""
    into, out = Weights("encoder", 3), Weights("decoder", 4)
    tables = {"log": log_hz, "linear": linear_hz}[name]
    encoder = network(into, tables(into)[0], 13, LATENT)
    decoder = network(out, tables(out)[1], LATENT, 13)
    return tiny_model(f"tiny.{name}", encoder, decoder, reads="settings", writes="settings")


def curve_model() -> Model:
    """Curves in and out."""
    into, out = Weights("encoder", 5), Weights("decoder", 6)
    encoder = network(into, curve_encoder(into), BANDS, LATENT)
    layers = [
        out.linear(LATENT, 24),
        {"op": "relu"},
        out.linear(24, BANDS),
        out.affine(np.full(BANDS, 4.0), np.zeros(BANDS)),
    ]
    return tiny_model("3 curves", encoder, network(out, layers, LATENT, BANDS), reads="curve", writes="curve")
