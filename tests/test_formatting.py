"""Printed tensors, against texts that PyTorch 2.13 printed."""

from collections.abc import Iterator

import pytest

import minitorch as torch

inf, nan = float("inf"), float("nan")


@pytest.fixture(autouse=True)
def _default_options() -> Iterator[None]:
    yield
    torch.set_printoptions(profile="default")


PRINTED = [
    (torch.tensor(3.5), "tensor(3.5000)"),
    (torch.tensor(3), "tensor(3)"),
    (torch.tensor([1.0, 2.0]), "tensor([1., 2.])"),
    (torch.tensor([1.0, -2.5]), "tensor([ 1.0000, -2.5000])"),
    (torch.tensor([[1, 20], [-3, 4]]), "tensor([[ 1, 20],\n        [-3,  4]])"),
    (torch.tensor([True, False]), "tensor([ True, False])"),
    (torch.tensor([1e-5, 1.0]), "tensor([1.0000e-05, 1.0000e+00])"),
    (torch.tensor([1e9, 2e9]), "tensor([1.0000e+09, 2.0000e+09])"),
    (torch.tensor([nan, 1.0, -inf]), "tensor([nan, 1., -inf])"),
    (torch.tensor([nan, 0.5]), "tensor([   nan, 0.5000])"),
    (torch.tensor([]), "tensor([])"),
    (torch.zeros(0, 3), "tensor([], size=(0, 3))"),
    (torch.zeros(0, dtype=torch.int64), "tensor([], dtype=torch.int64)"),
    (torch.ones(1, dtype=torch.float64), "tensor([1.], dtype=torch.float64)"),
    (torch.ones(1, dtype=torch.uint8), "tensor([1], dtype=torch.uint8)"),
    (torch.ones(1, requires_grad=True), "tensor([1.], requires_grad=True)"),
    (torch.ones(1, requires_grad=True) * 2, "tensor([2.], grad_fn=<MulBackward0>)"),
    (torch.tensor([1 + 2j, -0.5j]), "tensor([1.+2.0000j, -0.-0.5000j])"),
    (torch.arange(2000), "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"),
    (torch.zeros(2, 1, 2), "tensor([[[0., 0.]],\n\n        [[0., 0.]]])"),
]


@pytest.mark.parametrize(("tensor", "text"), PRINTED, ids=[text.split("\n")[0] for _, text in PRINTED])
def test_printed(tensor: torch.Tensor, text: str) -> None:
    assert repr(tensor) == str(tensor) == text


def test_long_lines_are_wrapped() -> None:
    lines = repr(torch.arange(40.0)).split("\n")
    assert max(len(line) for line in lines) <= 80
    assert lines[1].startswith("        ")


def test_only_the_edges_of_large_ones() -> None:
    lines = repr(torch.zeros(50, 50)).split("\n")
    assert lines[0] == "tensor([[0., 0., 0.,  ..., 0., 0., 0.],"
    assert lines[3] == "        ...,"
    assert len(lines) == 7


def test_suffix_on_a_line_of_its_own() -> None:
    x = torch.arange(14.0, dtype=torch.float64, requires_grad=True)
    assert repr(x).endswith(",\n       dtype=torch.float64, requires_grad=True)")


def test_options() -> None:
    x = torch.tensor([1.23456, 2.0])
    torch.set_printoptions(precision=2)
    assert repr(x) == "tensor([1.23, 2.00])"
    torch.set_printoptions(sci_mode=True)
    assert repr(x) == "tensor([1.23e+00, 2.00e+00])"
    torch.set_printoptions(profile="short", threshold=3, edgeitems=1)
    assert repr(torch.arange(5)) == "tensor([0,  ..., 4])"
    torch.set_printoptions(profile="full")
    assert "..." not in repr(torch.arange(2000))
    torch.set_printoptions(profile="default")
    assert repr(x) == "tensor([1.2346, 2.0000])"
    with pytest.raises(ValueError, match="profile"):
        torch.set_printoptions(profile="wide")


def test_default_dtype_is_not_named() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        assert repr(torch.ones(1)) == "tensor([1.])"
        assert repr(torch.ones(1, dtype=torch.float32)) == "tensor([1.], dtype=torch.float32)"
    finally:
        torch.set_default_dtype(torch.float32)
