"""The elements of a storage, one by one, and the writes through it."""

import math

import pytest

import minitorch as torch


def test_elements_in_the_order_of_the_memory() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    assert x.t().storage().tolist() == list(x.storage()) == [0, 1, 2, 3, 4, 5]
    assert len(x[1:].storage()) == x.storage().size() == 6
    assert x.storage()[-1] == 5
    assert x.storage().dtype is torch.float32
    assert x.storage().element_size() == 4
    assert repr(torch.tensor([1, 2]).storage()) == (
        " 1\n 2\n[torch.storage.TypedStorage(dtype=torch.int64, device=cpu) of size 2]"
    )


def test_a_write_is_seen_and_noticed() -> None:
    x = torch.zeros(2, 2)
    y = x.t()
    x.storage()[1] = 7
    assert y.tolist() == [[0, 0], [7, 0]]
    assert x._version == y._version == 1
    x.storage().fill_(3)
    assert y.tolist() == [[3, 3], [3, 3]]


def test_a_write_spoils_what_was_saved() -> None:
    x = torch.ones(2, requires_grad=True)
    w = torch.ones(2)
    y = (x * w).sum()
    w.storage()[0] = 2
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        y.backward()


def test_halves() -> None:
    assert list(torch.tensor([1.5, -2.0, math.inf], dtype=torch.bfloat16).storage()) == [1.5, -2, math.inf]
    assert list(torch.tensor([1.5, -2.0], dtype=torch.float16).storage()) == [1.5, -2]


def test_no_elements() -> None:
    storage = torch.ones(0).storage()
    assert storage
    assert not list(storage)


def test_writes_to_halves_are_rounded() -> None:
    x = torch.ones(3).bfloat16()
    x.storage()[0] = 1.5
    assert x.tolist() == [1.5, 1, 1]
    x.storage().fill_(2.5)
    assert x.tolist() == [2.5, 2.5, 2.5]


def test_no_slices() -> None:
    with pytest.raises(RuntimeError, match="slices are only supported"):
        torch.ones(3).storage()[1:2]
