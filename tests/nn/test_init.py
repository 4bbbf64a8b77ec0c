"""Initialisers: their moments, their invariants, their errors. The numbers themselves are compared in the oracle."""

import math
import threading
from typing import Any

import pytest

import minitorch as torch
from minitorch.nn import init


def moments(x: Any) -> tuple[float, float]:
    """Mean and standard deviation."""
    return float(x.array.mean()), float(x.array.std())


@pytest.mark.parametrize(
    ("name", "options", "std"),
    [
        ("uniform_", {"a": -1.0, "b": 1.0}, 1 / math.sqrt(3)),
        ("normal_", {"std": 0.5}, 0.5),
        ("xavier_uniform_", {"gain": 2.0}, 2 * math.sqrt(2 / 500)),
        ("xavier_normal_", {}, math.sqrt(2 / 500)),
        ("kaiming_uniform_", {"nonlinearity": "relu"}, math.sqrt(2 / 200)),
        ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "linear"}, math.sqrt(1 / 300)),
        ("trunc_normal_", {}, 0.8796),
        ("trunc_normal_", {"a": 3.0, "b": 9.0, "mean": 6.0, "std": 100.0}, math.sqrt(3)),
        ("sparse_", {"sparsity": 0.25, "std": 1.0}, math.sqrt(0.75)),
    ],
)
def test_spread(name: str, options: dict[str, Any], std: float) -> None:
    x = torch.empty(300, 200, requires_grad=True)
    assert getattr(init, name)(x, **options) is x
    assert x.is_leaf
    mean, spread = moments(x)
    assert spread == pytest.approx(std, rel=0.03)
    assert mean == pytest.approx(options.get("mean", 0), abs=std / 20)


def test_constants() -> None:
    x = torch.empty(2, 3, requires_grad=True)
    assert init.ones_(x).tolist() == [[1] * 3] * 2
    assert init.zeros_(x).tolist() == [[0] * 3] * 2
    assert init.constant_(x, 2.5).tolist() == [[2.5] * 3] * 2
    assert init.eye_(x).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_truncated() -> None:
    x = init.trunc_normal_(torch.empty(1000), a=-0.5, b=0.25)
    assert -0.5 <= x.array.min() <= x.array.max() <= 0.25


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 3, 2)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    x = init.orthogonal_(torch.empty(*shape, dtype=torch.float64), gain=3.0).array.reshape(shape[0], -1)
    short = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x
    assert abs(short - 9 * torch.eye(len(short)).array).max() < 1e-12


def test_dirac_hands_channels_on() -> None:
    weight = init.dirac_(torch.empty(4, 2, 3), groups=2)
    assert weight.array[:, :, 1].tolist() == [[1, 0], [0, 1], [1, 0], [0, 1]]
    assert weight.array.sum() == 4


def test_sparse_columns() -> None:
    x = init.sparse_(torch.empty(10, 4), 0.25)
    assert (x.array == 0).sum(0).tolist() == [3, 3, 3, 3]


def test_own_generator() -> None:
    for name in ("uniform_", "normal_", "trunc_normal_", "xavier_normal_", "kaiming_uniform_", "orthogonal_"):
        first, second = (
            getattr(init, name)(torch.empty(3, 4), generator=torch.Generator().manual_seed(3)).tolist()
            for _ in range(2)
        )
        assert first == second


@pytest.mark.parametrize(
    ("name", "shape", "options", "message"),
    [
        ("eye_", (3,), {}, "2 dimensions"),
        ("sparse_", (3,), {"sparsity": 0.1}, "2 dimensions"),
        ("dirac_", (3, 3), {}, "3, 4, or 5 dimensions"),
        ("dirac_", (3, 3, 3), {"groups": 2}, "divisible by groups"),
        ("orthogonal_", (3,), {}, "2 or more dimensions"),
        ("xavier_normal_", (3,), {}, "fewer than 2 dimensions"),
        ("kaiming_normal_", (3, 3), {"mode": "fan"}, "Mode fan not supported"),
        ("kaiming_normal_", (3, 3), {"nonlinearity": "step"}, "Unsupported nonlinearity step"),
        ("kaiming_normal_", (3, 3), {"a": "x"}, "not a valid number"),
    ],
)
def test_errors(name: str, shape: tuple[int, ...], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(init, name)(torch.empty(*shape), **options)


def test_warnings() -> None:
    with pytest.warns(UserWarning, match="no-op"):
        init.kaiming_uniform_(torch.empty(0, 3))
    with pytest.warns(UserWarning, match="more than 2 std"):
        init.trunc_normal_(torch.empty(3), mean=9.0)
    assert init.orthogonal_(torch.empty(0, 3)).shape == (0, 3)


def test_skipping_is_of_one_thread() -> None:
    """A module made in another thread meanwhile is filled."""
    other = torch.zeros(100)
    with init._skipped():
        thread = threading.Thread(target=init.ones_, args=(other,))
        thread.start()
        thread.join()
        assert init.ones_(torch.zeros(2)).tolist() == [0, 0]
    assert other.tolist() == [1] * 100
