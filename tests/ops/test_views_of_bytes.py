"""Views of memory in another dtype, and what looks at the memory below them."""

from __future__ import annotations

import minitorch as torch


def test_as_strided_counts_in_elements_of_the_view():
    x = torch.arange(4, dtype=torch.int16).view(torch.int8)
    assert x.as_strided((2, 2), (2, 4), 0).tolist() == [[0, 2], [1, 3]]
    half = torch.tensor([1.0, 2.0, 3.0]).to(torch.bfloat16).view(torch.int16).view(torch.bfloat16)
    assert half.as_strided((2,), (2,), 0).tolist() == [1.0, 3.0]
    parts = torch.view_as_real(torch.tensor([1 + 2j, 3 + 4j]))
    assert parts.as_strided((3,), (1,), 1).tolist() == [2.0, 3.0, 4.0]


def test_gradient_of_a_view_of_halves():
    x = torch.arange(6, dtype=torch.int16).view(torch.bfloat16).detach().as_strided((2, 2), (1, 2), 0)
    assert x.detach().requires_grad_().dtype is torch.bfloat16


def test_windows_of_no_images():
    x = torch.zeros(0, 2, 4, 5, 4)
    assert torch.nn.functional.fractional_max_pool3d(x, 2, output_size=2).shape == (0, 2, 2, 2, 2)
    assert torch.nn.functional.fractional_max_pool2d(x[:, :, 0], 2, output_size=2).shape == (0, 2, 2, 2)


def test_sum_to_a_number_of_one_bool():
    assert torch.tensor(True).sum_to_size(()).dtype is torch.int64


def test_linspace_of_integers_cuts_its_ends_first():
    assert torch.linspace(4.3, -3, 3, dtype=torch.int64).tolist() == [4, 0, -3]
    assert torch.logspace(0, 1.9, 2, dtype=torch.int64).tolist() == [1, 10]
