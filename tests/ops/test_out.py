"""Results written to a tensor that is given as `out`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minitorch as torch

A = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
CALLS: dict[str, Callable[..., Any]] = {
    "norm": lambda x, **out: torch.norm(x, 2, 1, **out),
    "tensordot": lambda x, **out: torch.tensordot(x, A, 1, **out),
    "chain_matmul": lambda x, **out: torch.chain_matmul(x, A, A, **out),
    "normalize": lambda x, **out: torch.nn.functional.normalize(x, **out),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_result_lies_in_out(name: str) -> None:
    wanted = CALLS[name](A)
    out = torch.zeros(wanted.shape)
    version = out._version
    assert CALLS[name](A, out=out) is out
    assert out.equal(wanted)
    assert out._version > version


@pytest.mark.parametrize("name", CALLS)
def test_out_is_not_differentiated(name: str) -> None:
    out = torch.zeros(CALLS[name](A).shape)
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        CALLS[name](A.clone().requires_grad_(), out=out)
    with torch.no_grad():
        assert CALLS[name](A.clone().requires_grad_(), out=out) is out


@pytest.mark.parametrize("name", CALLS)
def test_out_of_another_shape_is_resized(name: str) -> None:
    out = torch.zeros(7)
    with pytest.warns(UserWarning, match=r"resized since it had shape \[7\]"):
        assert CALLS[name](A, out=out) is out
    assert out.equal(CALLS[name](A))


def test_out_of_a_factorisation() -> None:
    packed, pivots = torch.empty(0), torch.empty(0, dtype=torch.int32)
    with pytest.warns(UserWarning, match="torch.lu is deprecated"):
        found = torch.lu(A, out=(packed, pivots))
    assert found[0] is packed
    assert packed.equal(torch.linalg.lu_factor(A).LU)
    assert pivots.equal(torch.linalg.lu_factor(A).pivots)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("gather", (torch.ones(2, 2), 1, torch.zeros(2, 2, dtype=torch.int64))),
        ("searchsorted", (torch.arange(3.0), torch.ones(2, 2))),
        ("complex", (torch.ones(2, 2), torch.ones(2, 2))),
        ("signbit", (torch.ones(2, 2),)),
        ("all", (torch.ones(2, 2, 1), 2)),
        ("cat", ((torch.ones(1, 2), torch.ones(1, 2)),)),
    ],
)
def test_a_dtype_that_out_cannot_have(name, args):
    with pytest.raises(RuntimeError, match=r"dtype|type"):
        getattr(torch, name)(*args, out=torch.zeros(2, 2, dtype=torch.int16))


def test_out_that_is_also_read():
    x = torch.arange(6.0)
    with pytest.raises(RuntimeError, match="single memory location"):
        torch.exp(x[:4], out=x[1:5])
    with pytest.raises(RuntimeError, match="single memory location"):
        torch.take(x, torch.tensor([0, 1, 2, 3, 4, 5]), out=x)
    with pytest.raises(RuntimeError, match="single memory location"):
        torch.add(x[:4], 1, out=torch.zeros(1).expand(4))
    assert torch.exp(x, out=x) is x
    assert torch.exp(x[::2], out=x[1::2]).shape == (3,)


def test_the_dtype_of_out_is_computed_in():
    out = torch.zeros(3, dtype=torch.int64)
    assert torch.cumsum(torch.tensor([0.6, 0.6, 1.6]), 0, out=out).tolist() == [0, 0, 1]
    assert torch.linspace(0, 2, 3, out=out).tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "true_divide", "floor_divide"])
def test_two_numbers_make_a_tensor(name):
    expected = {"add": 10.0, "sub": 5.0, "mul": 18.75, "div": 3.0, "true_divide": 3.0, "floor_divide": 3.0}[name]
    assert getattr(torch, name)(7.5, 2.5).equal(torch.tensor(expected))


@pytest.mark.parametrize("name", ["remainder", "pow", "xlogy", "rsub"])
def test_two_numbers_are_refused_elsewhere(name):
    with pytest.raises(TypeError, match="at least one tensor"):
        getattr(torch, name)(7.5, 2.5)
