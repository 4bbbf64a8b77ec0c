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
