"""A network is a table of layers: what each means, and that nothing else gets in."""

from typing import Any

import numpy as np
import pytest

from semeq import ModelError
from semeq.network import LAYERS, MOST_LAYERS, MOST_WIDTH, Network

RANDOM = np.random.default_rng(0)
W, B = RANDOM.normal(size=(3, 2)), RANDOM.normal(size=3)
X = RANDOM.normal(size=(5, 2))
TENSORS = {"w": W, "b": B, "two": np.array([2.0, 3.0]), "one": np.array([1.0, -1.0])}


def net(*layers: dict[str, Any], outputs: int = 2, inputs: int = 2) -> Network:
    return Network(layers, TENSORS, inputs, outputs)


@pytest.mark.parametrize(
    ("layer", "outputs", "expected"),
    [
        ({"op": "linear", "weight": "w", "bias": "b"}, 3, X @ W.T + B),
        ({"op": "linear", "weight": "w"}, 3, X @ W.T),
        ({"op": "relu"}, 2, np.where(X > 0, X, 0)),
        ({"op": "tanh"}, 2, np.tanh(X)),
        ({"op": "sigmoid"}, 2, 1 / (1 + np.exp(-X))),
        ({"op": "silu"}, 2, X / (1 + np.exp(-X))),
        ({"op": "affine", "scale": "two", "shift": "one"}, 2, X * [2, 3] + [1, -1]),
        ({"op": "clamp", "low": "one", "high": "two"}, 2, np.minimum(np.maximum(X, [1, -1]), [2, 3])),
        ({"op": "pow10", "columns": [1]}, 2, np.stack([X[:, 0], 10 ** X[:, 1]], axis=1)),
        ({"op": "gather", "columns": [1, 0, 1]}, 3, X[:, [1, 0, 1]]),
        ({"op": "parallel", "bodies": [[{"op": "relu"}], []]}, 4, np.hstack([np.maximum(X, 0), X])),
        ({"op": "residual", "body": [{"op": "tanh"}]}, 2, np.tanh(X) + X),
        ({"op": "centred", "body": [{"op": "sigmoid"}]}, 2, 1 / (1 + np.exp(-X)) - 0.5),
    ],
    ids=lambda value: value.get("op", "") if isinstance(value, dict) else "",
)
def test_each_layer_means_what_its_name_says(layer: dict[str, Any], outputs: int, expected: np.ndarray) -> None:
    assert net(layer, outputs=outputs)(X) == pytest.approx(expected, abs=1e-12)  # the same formula, other rounding


def test_a_logarithm_of_zero_is_a_large_negative_number_and_no_warning() -> None:
    assert net({"op": "log10", "columns": [0]})(np.array([0.0, 5.0])).tolist() == [-12.0, 5.0]


def test_huge_numbers_stay_finite() -> None:
    layers = ({"op": "sigmoid"}, {"op": "pow10", "columns": [0, 1]}, {"op": "tanh"}, {"op": "silu"})
    assert np.isfinite(net(*layers)(np.array([1e300, -1e300]))).all()
    assert np.isfinite(net({"op": "pow10", "columns": [0]})(np.array([1e300, 0.0]))).all()


def test_a_centred_layer_is_zero_at_zero_exactly_in_any_batch() -> None:
    table = {"op": "centred", "body": [{"op": "linear", "weight": "w", "bias": "b"}, {"op": "silu"}]}
    for shape in ((2,), (1, 2), (7, 2), (3, 4, 2)):
        assert not np.any(net(table, outputs=3)(np.zeros(shape)))


def test_one_row_gives_the_same_as_many() -> None:
    network = net({"op": "linear", "weight": "w", "bias": "b"}, {"op": "tanh"}, outputs=3)
    assert network(X)[2] == pytest.approx(network(X[2]), abs=1e-14)


WRONG: list[tuple[tuple[Any, ...], str]] = [
    (({"op": "exec"},), "does not know"),
    (({},), "does not know"),
    (("relu",), "does not know"),
    (({"op": "linear", "weight": "nothing"},), "do not fit"),
    (({"op": "linear", "weight": "b"},), "do not fit"),
    (({"op": "linear", "weight": "w", "bias": "two"},), "do not fit"),
    (({"op": "affine", "scale": "two", "shift": "b"},), "do not fit"),
    (({"op": "gather", "columns": [2]},), "do not fit"),
    (({"op": "gather", "columns": [-1]},), "do not fit"),
    (({"op": "gather", "columns": [True, 0]},), "do not fit"),
    (({"op": "log10", "columns": "01"},), "do not fit"),
    (({"op": "residual", "body": [{"op": "linear", "weight": "w"}]},), "do not fit"),
    (({"op": "parallel", "bodies": 3},), "cannot be read|do not fit"),
    (({"op": "parallel", "bodies": [[], []]},), "4 outputs where 2 are wanted"),
    (({"op": "relu"},) * (MOST_LAYERS + 1), "more than 200 layers"),
]


@pytest.mark.parametrize(("layers", "line"), WRONG)
def test_what_is_no_network_is_refused(layers: tuple[Any, ...], line: str) -> None:
    with pytest.raises(ModelError, match=line):
        net(*layers)


def test_tables_nested_without_end_are_refused() -> None:
    table: Any = []
    for _ in range(50):
        table = [{"op": "centred", "body": table}]
    with pytest.raises(ModelError, match="cannot be read"):
        Network(table, {}, 2, 2)


def test_widths_that_no_network_of_ours_has_are_refused() -> None:
    with pytest.raises(ModelError, match="inputs: use 1 to"):
        Network((), {}, MOST_WIDTH + 1, MOST_WIDTH + 1)
    with pytest.raises(ModelError, match="do not fit"):
        Network(({"op": "linear", "weight": "w"},), {"w": np.zeros((MOST_WIDTH + 1, 2))}, 2, MOST_WIDTH + 1)


def test_every_layer_is_described_where_it_is_defined() -> None:
    text = str(__import__("semeq.network", fromlist=["x"]).__doc__)
    assert all(name in text for name in LAYERS)
