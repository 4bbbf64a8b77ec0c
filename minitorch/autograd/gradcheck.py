"""Derivatives compared with finite differences: `gradcheck`, and `gradgradcheck` for second derivatives.

A Jacobian here is a real matrix, a row for each number in the input, a column for each number in the output; a complex
element counts as two numbers. That is PyTorch's convention of complex gradients, dL/dRe + i dL/dIm, written out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .engine import grad
from .function import Function
from .tensor_base import TensorBase

Array = NDArray[Any]


class GradcheckError(RuntimeError):
    """A derivative differs from the finite difference, or backward breaks one of its rules."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradients of `func` at `inputs` agree with central finite differences of step `eps`.

    `inputs`: a tensor or a tuple of arguments; those tensors are checked that require grad, and they should be float64.
    `func` returns a tensor or a tuple of them. Two numbers agree if they are within `atol + rtol * |numerical|`.
    `nondet_tol`: by how much two runs of backward may differ. `check_undefined_grad`: outputs without a gradient count
    as zeros. `check_batched_grad`: `is_grads_batched` gives the same. `fast_mode`: compare a random projection of each
    Jacobian. Raises GradcheckError with both Jacobians, or returns False if not `raise_exception`.

    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(torch.exp, x)
    True
    """
    if check_forward_ad or check_batched_forward_grad:
        raise NotImplementedError("gradcheck: there is no forward-mode differentiation to check")
    if masked:
        raise NotImplementedError("gradcheck: masked=True is for sparse tensors, which do not exist here")
    check = _Check(func, _as_tuple(inputs), eps, atol, rtol, nondet_tol, fast_mode)
    try:
        if not check.has_outputs() or not check_backward_ad:
            return True
        check.compare_jacobians()
        check.multiplies_by_its_gradient(check_grad_dtypes)
        if check_batched_grad:
            check.batched()
        if check_undefined_grad:
            check.undefined()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradient of `func`, with respect to its inputs and to `grad_outputs` (random if None).

    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(lambda x: x**3, x)
    True
    """
    arguments = _as_tuple(inputs)
    if grad_outputs is None:
        outputs = _tracked(_as_tuple(func(*arguments)))
        weights = tuple([_random_like(y, gen_non_contig_grad_outputs) for y in outputs])
    else:
        weights = _as_tuple(grad_outputs)
    count = len(weights)

    def gradient(*both: Any) -> tuple[Any, ...]:
        args, grads = both[: len(both) - count], both[len(both) - count :]
        outputs = _tracked(_as_tuple(func(*args)))
        found = grad(outputs, _tracked(args), grads, create_graph=True, allow_unused=True)
        return tuple([g for g in found if g is not None])

    return gradcheck(
        gradient,
        (*arguments, *weights),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


# ---------------------------------------------------------------- one check


@dataclass
class _Check:
    """One function at one point."""

    func: Callable[..., Any]
    args: tuple[Any, ...]
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    fast: bool

    def __post_init__(self) -> None:
        self.inputs = _tracked(self.args)
        self.order = np.random.default_rng(0)
        _check_inputs(self.args, self.inputs)

    def call(self) -> tuple[Any, ...]:
        """All outputs, as a tuple."""
        return _as_tuple(self.func(*self.args))

    def has_outputs(self) -> bool:
        """Whether any output requires grad; if none does, the finite differences must be zero too."""
        outputs = self.call()
        if any(not isinstance(y, TensorBase) for y in outputs):
            raise ValueError("gradcheck: func must return a tensor or a tuple of tensors")
        if _tracked(outputs):
            return True
        floating = [k for k, y in enumerate(outputs) if y.array.dtype.kind in "fc"]
        for i, x in enumerate(self.inputs):
            for k in floating:
                if np.abs(self.numerical(x)[k]).max(initial=0.0) > self.atol:
                    raise GradcheckError(f"Numerical gradient for function expected to be zero: output {k}, input {i}")
        return False

    # ------------------------------------------------ finite differences

    def values(self) -> list[Array]:
        """The outputs' numbers: copies, because an output may share the memory of an input."""
        return [_numbers(y.array) for y in self.call()]

    def difference(self, x: TensorBase, where: Any, step: Any) -> list[Array]:
        """The derivative of each output along `step` at one element (or all, where=...) of x."""
        array, before = x.array, x.array[where].copy()
        try:
            array[where] = before + step * self.eps
            above = self.values()
            array[where] = before - step * self.eps
            below = self.values()
        finally:
            array[where] = before
        return [(a - b) / (2 * self.eps) for a, b in zip(above, below, strict=True)]

    def numerical(self, x: TensorBase) -> list[Array]:
        """The Jacobian of every output by x."""
        steps = (1.0, 1.0j) if x.array.dtype.kind == "c" else (1.0,)
        rows = [self.difference(x, at, step) for at in np.ndindex(x.array.shape) for step in steps]
        if not rows:
            return [np.zeros((0, y.size)) for y in self.values()]
        return [np.stack(column) for column in zip(*rows, strict=True)]

    # ------------------------------------------------ backward

    def backward(self, y: TensorBase, weights: Array) -> list[Array | None]:
        """The inputs' gradients for the output y weighted with `weights`; None where y does not depend on an input."""
        found = grad(y, self.inputs, y._wrap(weights), retain_graph=True, allow_unused=True)
        return [None if g is None else _numbers(g.array) for g in found]

    def analytical(self, y: TensorBase) -> list[Array]:
        """The Jacobian of y by every input, one backward pass for each number in y."""
        columns = [self.backward(y, w) for w in _unit_weights(y.array)]
        sizes = [_numbers(x.array).size for x in self.inputs]
        shape = len(columns)
        return [
            np.stack([np.zeros(n) if c[i] is None else c[i] for c in columns], 1) if shape else np.zeros((n, 0))  # type: ignore[misc]
            for i, n in enumerate(sizes)
        ]

    # ------------------------------------------------ what is compared

    def compare_jacobians(self) -> None:
        """Numerical against analytical, for every output that requires grad and every input that does."""
        if self.fast and self.projections_agree():
            return
        outputs = self.call()
        expected = [self.numerical(x) for x in self.inputs]
        for k, y in enumerate(outputs):
            if y.tracked():
                found, again = self.analytical(y), self.analytical(y)
                for i, jacobian in enumerate(found):
                    self.agree(k, i, expected[i][k], jacobian)
                    self.deterministic(jacobian, again[i])

    def agree(self, k: int, i: int, numerical: Array, analytical: Array) -> None:
        """GradcheckError if the Jacobians differ."""
        if np.allclose(analytical, numerical, rtol=self.rtol, atol=self.atol, equal_nan=True):
            return
        worst = np.abs(analytical - numerical).max()
        raise GradcheckError(
            f"Jacobian mismatch for output {k} with respect to input {i},\nnumerical:{numerical}\n"
            f"analytical:{analytical}\nThey differ by up to {worst:.3g}, where atol = {self.atol:g} and rtol = "
            f"{self.rtol:g}. Rows are elements of the input, columns elements of the output."
        )

    def deterministic(self, first: Array, second: Array) -> None:
        """GradcheckError if two backward passes gave different numbers."""
        if not np.allclose(first, second, rtol=0.0, atol=self.nondet_tol, equal_nan=True):
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                f"gives different values: they differ by up to {np.abs(first - second).max():.3g}, where nondet_tol = "
                f"{self.nondet_tol:g}."
            )

    def projections_agree(self) -> bool:
        """Whether uᵀ J v is the same both ways, for one random pair of u and v each; if not, the whole tells more."""
        outputs = self.call()
        for i, x in enumerate(self.inputs):
            u = _random(self.order, x.array)
            forward = self.difference(x, ..., u)
            for k, y in enumerate(outputs):
                if y.tracked():
                    v = _random(self.order, y.array)
                    back = self.backward(y, v)[i]
                    found = 0.0 if back is None else back @ _numbers(u)
                    loose = self.atol * np.abs(u).sum() * np.abs(v).sum()
                    if not np.allclose(found, forward[k] @ _numbers(v), self.rtol, loose, equal_nan=True):
                        return False
        return True

    def multiplies_by_its_gradient(self, dtypes: bool) -> None:
        """A gradient of zeros must give zeros, of the inputs' shapes (and with `dtypes` of their dtypes)."""
        outputs = _tracked(self.call())
        zeros = [y._zeros(y.array.shape, y.array.dtype) for y in outputs]
        for i, (x, g) in enumerate(zip(self.inputs, grad(outputs, self.inputs, zeros, allow_unused=True), strict=True)):
            if g is None:
                continue
            if np.any(g.array != 0):
                raise GradcheckError(f"backward not multiplied by grad_output: zeros gave {g.array} for input {i}")
            if g.array.shape != x.array.shape or (dtypes and g.array.dtype != x.array.dtype):
                found = f"{g.array.dtype} {g.array.shape}"
                raise GradcheckError(f"grad is incorrect type: {found} for input {i}, a {x.type()} {x.array.shape}")

    def batched(self) -> None:
        """Two gradients in one call with `is_grads_batched` must give what two calls give."""
        for y in _tracked(self.call()):
            weights = [_random(self.order, y.array) for _ in range(2)]
            rows = [self.backward(y, w) for w in weights]
            stacked = y._wrap(np.stack(weights))
            both = grad(y, self.inputs, stacked, retain_graph=True, allow_unused=True, is_grads_batched=True)
            for i, g in enumerate(both):
                expected: Any = [r[i] for r in rows]
                if g is not None and not np.allclose(_numbers(g.array).reshape(2, -1), expected, self.rtol, self.atol):
                    raise GradcheckError(f"For input {i}, is_grads_batched gives {g.array}, one at a time {expected}")

    def undefined(self) -> None:
        """An output whose gradient is missing must count as zeros."""
        count = len(_tracked(self.call()))
        for missing in range(count):
            outputs = list(_tracked(self.call()))
            zeros = [y._zeros(y.array.shape, y.array.dtype) for y in outputs]
            outputs[missing] = _Undefined.apply(outputs[missing])
            try:
                found = grad(outputs, self.inputs, zeros, allow_unused=True)
            except Exception as error:
                raise GradcheckError(_UNDEFINED.format(missing)) from error
            if any(g is not None and np.any(g.array != 0) for g in found):
                raise GradcheckError(_UNDEFINED.format(missing))


_UNDEFINED = (
    "Expected backward function to handle undefined output grads: without a gradient of output {}, and with zeros for "
    "the others, it must return zeros or None. A Function that calls set_materialize_grads(False) gets None for it."
)


class _Undefined(Function):
    """The identity, whose backward has no gradient to pass on."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x._alias()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return None


# ---------------------------------------------------------------- small things


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _tracked(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([x for x in values if isinstance(x, TensorBase) and x.tracked()])


def _numbers(array: Array) -> Array:
    """The real numbers of an array in one row; a complex element is two."""
    flat = np.array(array, order="C").reshape(-1)
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat


def _unit_weights(array: Array) -> list[Array]:
    """A weight for each number in an array: 1 there (or i, for the imaginary part), 0 elsewhere."""
    weights = []
    for at in np.ndindex(array.shape):
        for unit in (1, 1j) if array.dtype.kind == "c" else (1,):
            w = np.zeros(array.shape, array.dtype)
            w[at] = unit
            weights.append(w)
    return weights


def _random(rng: np.random.Generator, like: Array) -> Array:
    """Random numbers in the shape and dtype of `like`, of length 1 together."""
    values = rng.standard_normal(like.shape)
    if like.dtype.kind == "c":
        values = values + 1j * rng.standard_normal(like.shape)
    norm = float(np.sqrt((np.abs(values) ** 2).sum()))
    return np.asarray(values / (norm or 1.0), like.dtype)


def _random_like(y: TensorBase, non_contiguous: bool) -> Any:
    """Weights for an output of gradgradcheck, between 0.1 and 1 in size so that nothing vanishes."""
    values = np.random.default_rng(y.array.size).uniform(0.1, 1.0, y.array.shape).astype(y.array.dtype)
    if non_contiguous and values.ndim:
        values = np.repeat(values, 2, axis=-1)[..., ::2]
    weights = y._wrap(values)
    weights.requires_grad = True
    return weights


def _check_inputs(args: Sequence[Any], tracked: Sequence[TensorBase]) -> None:
    if not tracked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    for i, x in enumerate(args):
        if not isinstance(x, TensorBase) or not x.tracked():
            continue
        if x.array.dtype not in (np.float64, np.complex128):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                f"will likely fail: a step of 1e-6 is lost in {x.type()}.",
                stacklevel=4,
            )
        if x.array.size and any(s == 0 and n > 1 for s, n in zip(x.array.strides, x.array.shape, strict=True)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )
