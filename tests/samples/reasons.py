"""Why some samples are not PyTorch's, on purpose. docs/differences.md says more."""

from __future__ import annotations

from fnmatch import fnmatch

TIES = "of equal elements the first is taken here, by PyTorch any"
AT_INFINITY = "right at infinity here, where PyTorch has NaN"
NUMBERS = "a number is taken in place of the tensor here"
NOT_HERMITIAN = "the samples are not Hermitian; the halves that are read, or the shares of the gradient, differ"
REASONS: list[tuple[str, str, str]] = [  # the operation, the column, the reason
    ("as_strided_scatter", "*", "the gradient is right here; PyTorch's is 1 where src is written"),
    *[(name, "*", TIES) for name in ("argsort", "sort", "msort", "topk", "kthvalue", "mode")],
    *[(name, "complex64", NOT_HERMITIAN) for name in ("*cholesky*", "linalg.pinv (hermitian)")],
    ("istft", "complex64", "a complex window has a gradient here, in PyTorch none"),
    ("renorm", "complex64", "PyTorch's gradient of the largest absolute value is NaN"),
    ("cov", "second", "with no degree of freedom left the covariance is infinite"),
    ("fft.ihfft*", "out=", "PyTorch 2.13 leaves out as it was"),
    ("matmul", "out=", "PyTorch 2.13 fails to write a folded product to an out with other strides"),
    ("narrow_copy", "out=", "PyTorch 2.13 writes to an out with other strides as if it were contiguous"),
    ("narrow_copy", "errors", "an IndexError here, as for any other dimension out of range"),
    ("nonzero", "out=", "a TypeError here, as for any other out of the wrong kind"),
    ("nn.functional.*", "out=", "functions of nn.functional take no out= here"),
    *[(name, "reference", AT_INFINITY) for name in ("i0", "special.i1", "special.modified_bessel_i?")],
    *[
        (name, "reference", "right to 14 digits here, PyTorch's to 7")
        for name in ("special.bessel*", "special.airy_ai")
    ],
    *[(name, "float64", "right to 14 digits here, PyTorch's to 7") for name in ("special.bessel*", "special.airy_ai")],
    *[(name, "errors", NUMBERS) for name in ("__radd__", "__rmul__", "rsub")],
    ("arange", "errors", "a RuntimeError here, as PyTorch raises without out"),
    ("__rsub__", "reference", NUMBERS),
    ("linalg.norm (subgradients_at_zero)", "second", "no second derivative exists where the norm is 0"),
    ("__rpow__", "second", "the derivative of 0 to a power of 0 or less is not finite"),
    *[
        (name, "second", "finite differences in float64 do not resolve a rounding cast")
        for name in ("float", "half", "bfloat16")
    ],
]


def why_not(name: str, column: str) -> str:
    """The reason, if there is one."""
    return next((why for n, c, why in REASONS if fnmatch(name, n) and fnmatch(column, c)), "")
