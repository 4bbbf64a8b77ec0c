"""The words of `minitorch.kernels.maths` inside kernels: accuracy in ulp, special values, constants that narrow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from minitorch.kernels import maths, scalar
from minitorch.kernels._jit import load

Array = NDArray[Any]
INF, NAN = math.inf, math.nan

NUMPY_ULP = 0 if load() else 4  # numpy's own float32 functions promise no more

BITS = np.array([0.0, -0.0, 1e-45, -1e-45, 1e-40, -1e-40, 1.2e-38, 1.0, -1.0, 3e38, -3e38, INF, -INF, NAN])


def _sample(*scales: float) -> Array:
    """Normal numbers of several sizes, of both signs, and the awkward ones."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=20000) * scale for scale in scales] + [BITS])


def _log_sample() -> Array:
    rng = np.random.default_rng(0)
    return np.concatenate([np.exp(rng.normal(size=20000) * 25), 1 + 0.4 * rng.uniform(-1, 1, 20000), BITS])


def _errors(got: Array, want: Array) -> Array:
    """|got - want| in units in the last place of the result; 0 where both are not finite in the same way."""
    with np.errstate(all="ignore"):
        rounded = want.astype(got.dtype)
        error = np.abs(got - want) / np.spacing(np.abs(rounded)).astype(np.longdouble)
        same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    return np.where(same, 0, np.where(np.isnan(error), INF, error))


def _sigmoid(x: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-x))
    return result


LADDER = _sample(1e-3, 0.3, 1, 10, 60)
WORDS: dict[str, tuple[Callable[[Array], Array], Array, float]] = {
    "exp": (np.exp, LADDER, 1.2),
    "exp2": (np.exp2, LADDER, 1.2),
    "expm1": (np.expm1, LADDER, 2.0),
    "log": (np.log, _log_sample(), 1.2),
    "log2": (np.log2, _log_sample(), 2.0),
    "log10": (np.log10, _log_sample(), 3.0),
    "log1p": (np.log1p, np.concatenate([LADDER, _log_sample()]), 1.6),
    "tanh": (np.tanh, LADDER, 2.0),
    "sigmoid": (_sigmoid, LADDER, 2.5),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", WORDS)
def test_words_are_accurate_over_their_whole_range(name: str, dtype: Any) -> None:
    """Against the long double of the C library (where that is wider than double)."""
    if np.finfo(np.longdouble).nmant <= 52:
        pytest.skip("no wider type to compare with")
    exact, sample, limit = WORDS[name]
    with np.errstate(all="ignore"):
        x = sample.astype(dtype)
        want = exact(x.astype(np.longdouble))
    errors = _errors(getattr(scalar, name)(x), want)
    worst = errors.argmax()
    assert errors[worst] <= max(limit, NUMPY_ULP), f"{name}({x[worst]!r}): {errors[worst]} ulp"


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_trigonometry_is_right_for_numbers_of_any_size(name: str) -> None:
    """Each float32 is exactly a float64, whose sine the C library knows."""
    rng = np.random.default_rng(0)
    sizes = np.concatenate([np.exp(rng.uniform(-90, 88, 20000)), rng.uniform(0, 100, 20000)])
    x = np.concatenate([sizes, -sizes, BITS, np.arange(200) * np.pi / 4]).astype(np.float32)
    want = np.array([getattr(math, name)(v) if math.isfinite(v) else NAN for v in x.tolist()])
    assert _errors(getattr(scalar, name)(x), want).max() <= max(0.6, NUMPY_ULP)


ENDS: dict[str, list[tuple[float, float]]] = {
    "exp": [(-INF, 0.0), (INF, INF), (-0.0, 1.0), (89.0, INF), (-104.5, 0.0), (-103.0, 1e-45)],
    "exp2": [(-INF, 0.0), (INF, INF), (128.0, INF), (127.0, 2.0**127), (-149.0, 1e-45), (-151.0, 0.0)],
    "expm1": [(-INF, -1.0), (INF, INF), (-0.0, -0.0), (1e-45, 1e-45), (89.0, INF), (-50.0, -1.0)],
    "log": [(0.0, -INF), (-0.0, -INF), (-1.0, NAN), (INF, INF), (1.0, 0.0), (-INF, NAN)],
    "log2": [(0.0, -INF), (-1.0, NAN), (INF, INF), (8.0, 3.0), (2.0**-140, -140.0)],
    "log10": [(0.0, -INF), (-1.0, NAN), (INF, INF), (1000.0, 3.0), (1.0, 0.0)],
    "log1p": [(-1.0, -INF), (-2.0, NAN), (INF, INF), (-0.0, -0.0), (1e-45, 1e-45)],
    "tanh": [(-INF, -1.0), (INF, 1.0), (-0.0, -0.0), (1e-45, 1e-45), (30.0, 1.0)],
    "sigmoid": [(-INF, 0.0), (INF, 1.0), (0.0, 0.5), (-200.0, 0.0)],
    "erf": [(-INF, -1.0), (INF, 1.0), (-0.0, -0.0), (20.0, 1.0)],
    "erfc": [(-INF, 2.0), (INF, 0.0), (0.0, 1.0), (30.0, 0.0)],
    "erfinv": [(1.0, INF), (-1.0, -INF), (-0.0, -0.0), (1.5, NAN), (-2.0, NAN)],
    "lgamma": [(0.0, INF), (-0.0, INF), (-1.0, INF), (-3.0, INF), (INF, INF), (-INF, INF), (1.0, 0.0), (2.0, 0.0)],
    "digamma": [(0.0, -INF), (-0.0, INF), (-1.0, NAN), (-3.0, NAN), (INF, INF), (-INF, NAN)],
    "sin": [(INF, NAN), (-INF, NAN), (-0.0, -0.0), (1e-45, 1e-45)],
    "cos": [(INF, NAN), (-INF, NAN), (0.0, 1.0)],
    "tan": [(INF, NAN), (-0.0, -0.0), (1e-45, 1e-45)],
    "relu": [(-0.0, 0.0), (-INF, 0.0), (INF, INF)],
}


@pytest.mark.parametrize("name", ENDS)
def test_special_values(name: str) -> None:
    """Infinities, both zeros, subnormal numbers, the ends of the domain; NaN gives NaN."""
    x, want = (np.array(column, np.float32) for column in zip(*ENDS[name], (NAN, NAN), strict=True))
    np.testing.assert_allclose(getattr(scalar, name).numpy(x), want, rtol=5e-7)
    got = getattr(scalar, name)(x)
    np.testing.assert_allclose(got, want, rtol=NUMPY_ULP * 1.2e-7)
    if name not in ("relu", "lgamma"):
        np.testing.assert_array_equal(np.signbit(got[want == 0]), np.signbit(want[want == 0]))


# Computed with 40 digits.
REFERENCE: dict[str, list[tuple[float, float]]] = {
    "erf": [
        (0.1, 0.1124629160182849),
        (0.5, 0.5204998778130465),
        (0.74, 0.7046780778547458),
        (0.76, 0.7175367528055908),
        (1.0, 0.8427007929497149),
        (2.5, 0.999593047982555),
        (-3.0, -0.9999779095030014),
        (5.9, 0.9999999999999999),
    ],
    "erfc": [
        (-2.0, 1.9953222650189528),
        (-0.3, 1.3286267594591274),
        (0.2, 0.7772974107895215),
        (0.75, 0.28884436634648486),
        (1.5, 0.033894853524689274),
        (4.0, 1.541725790028002e-08),
        (10.0, 2.088487583762545e-45),
        (26.0, 5.663192408856143e-296),
    ],
    "erfinv": [
        (1e-09, 8.86226925452758e-10),
        (-0.2, -0.1791434546212917),
        (0.49, 0.46586860023505733),
        (0.51, 0.4881220505159588),
        (0.9, 1.1630871536766743),
        (-0.99, -1.8213863677184494),
        (0.999999, 3.458910737275499),
        (0.9999999999999999, 5.8635847487551676),
    ],
    "lgamma": [
        (1e-05, 11.512919692895826),
        (0.3, 1.0957979948180756),
        (0.999, 0.0005780385328913802),
        (1.5, -0.12078223763524522),
        (2.001, 0.000423106734800117),
        (3.9, 1.6675803472417396),
        (4.1, 1.9187771947649626),
        (7.9, 8.32426586800881),
        (8.1, 8.72738826343204),
        (50.0, 144.5657439463449),
        (10000000000.0, 220258509288.81058),
        (-0.5, 1.2655121234846454),
        (-3.7, -1.3797399049658245),
        (-20.25, -41.60096191534053),
    ],
    "digamma": [
        (0.001, -1000.5755719318103),
        (0.3, -3.502524222200133),
        (0.6, -1.5406192138931905),
        (1.0, -0.5772156649015329),
        (1.5, 0.03648997397857652),
        (5.0, 1.5061176684318005),
        (7.9, 2.002238487563571),
        (8.1, 2.0288674570805814),
        (100.0, 4.600161852738087),
        (-0.5, 0.03648997397857652),
        (-3.7, -0.8450768588704194),
        (-20.25, 6.174235633614484),
    ],
}


@pytest.mark.parametrize("name", REFERENCE)
def test_special_functions_equal_reference_numbers(name: str) -> None:
    """Inside kernels and on arrays, in both widths."""
    x, want = (np.array(column) for column in zip(*REFERENCE[name], strict=True))
    kernel = getattr(scalar, name)
    for got in (kernel(x), kernel.numpy(x)):
        np.testing.assert_allclose(got, want, rtol=1e-14, atol=2e-15)
    narrow = x.astype(np.float32)
    wide = kernel.numpy(narrow.astype(np.float64))
    for got in (kernel(narrow), kernel.numpy(narrow)):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, wide, rtol=2e-7, atol=1e-44)


CORNERS = [0.0, -0.0, 1e-45, -1e-45, 1e-38, 1.0, -1.0, 1.5, 3e38, -3e38, INF, -INF, NAN]


def test_angles_in_float32_are_within_two_ulp() -> None:
    """Of points in all quarters, near and far, and of all pairs of awkward numbers, against float64."""
    corners = [x.ravel() for x in np.meshgrid(CORNERS, CORNERS)]
    a = np.concatenate([_sample(1, 1e-30, 1e30), corners[0]]).astype(np.float32)
    b = np.concatenate([np.random.default_rng(1).permutation(_sample(1, 1e-30, 1e30)), corners[1]]).astype(np.float32)
    for got, want in (
        (scalar.atan2(a, b), np.arctan2(a.astype(np.float64), b)),
        (scalar.atan(a), np.arctan(a.astype(np.float64))),
    ):
        assert _errors(got, want).max() <= max(2, NUMPY_ULP)
        np.testing.assert_array_equal(np.signbit(got[want == 0]), np.signbit(want[want == 0]))


def test_the_normal_distribution_in_float32() -> None:
    """Phi to 1.5 units in the last place of 1; gelu is 0 far below, and x far above."""
    x = _sample(1, 5)[: -len(BITS)].astype(np.float32)
    want = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x.tolist()])
    got = scalar.gelu(x) / x
    np.testing.assert_allclose(got, want, atol=2e-7 if load() else 4e-7)
    np.testing.assert_array_equal(scalar.gelu(np.array([-50.0, 50.0, INF], np.float32)), [0.0, 50.0, INF])
    assert np.isnan(scalar.gelu(np.array([NAN, -INF], np.float32))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keys_sort_as_their_floats_do(dtype: Any) -> None:
    x = _sample(1e-30, 1, 1e30)[:-1].astype(dtype)
    x = np.sort(x[x != 0])
    keys = maths.sort_key(x)
    assert (keys[1:] >= keys[:-1]).all()
    np.testing.assert_array_equal(maths.of_sort_key(keys, x), x)


def test_erf_in_float32_is_within_two_ulp() -> None:
    """Against its float64, which is tested above."""
    x = _sample(0.3, 1, 3).astype(np.float32)
    assert _errors(scalar.erf(x), scalar.erf(x.astype(np.float64))).max() <= 1.5


def test_erfinv_inverts_erf() -> None:
    """Over the whole of (-1, 1), to the precision x itself has there."""
    x = np.random.default_rng(0).uniform(-1, 1, 1000)
    np.testing.assert_allclose(scalar.erf(scalar.erfinv(x)), x, rtol=5e-16 * 4)


def test_power_in_float32_is_right_in_every_corner() -> None:
    """All pairs of awkward numbers, against numpy's power in float64, rounded."""
    values = [0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, INF, -INF, NAN, 3, -3, 1e10, -1e10, 1e-40, 16777217, 3.5, -3.5]
    a, b = (x.ravel() for x in np.meshgrid(*[np.array(values, np.float32)] * 2))
    with np.errstate(all="ignore"):
        want = np.power(a.astype(np.float64), b).astype(np.float32)
    got = scalar.pow(a, b)
    np.testing.assert_allclose(got, want, rtol=NUMPY_ULP * 1.2e-7)
    np.testing.assert_array_equal(np.signbit(got[want == 0]), np.signbit(want[want == 0]))


def _half(x: Any) -> Any:
    return 0.5 * x + maths.floor(LOCAL)


LOCAL = 2.75


def test_float_constants_narrow_with_the_operands() -> None:
    """Constants and global floats become float32 beside float32 alone."""
    narrow, wide = maths.typed(_half, "float32"), maths.typed(_half, "float32", "float64")
    assert {type(c) for c in narrow.__code__.co_consts} >= {np.float32}
    assert type(narrow.__globals__["LOCAL"]) is np.float32
    assert np.float32 not in {type(c) for c in wide.__code__.co_consts}
    assert type(wide.__globals__["LOCAL"]) is float
