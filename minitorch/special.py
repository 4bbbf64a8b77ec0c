"""Special functions: `torch.special`."""

from .ops import cylinder
from .ops.activation import sigmoid as expit
from .ops.binary import xlogy
from .ops.cylinder import igamma as gammainc
from .ops.cylinder import igammac as gammaincc
from .ops.pointwise import digamma, erf, erfc, erfinv, exp2, expm1, log1p, logit, sinc
from .ops.pointwise import digamma as psi
from .ops.pointwise import lgamma as gammaln
from .ops.reduce import logsumexp
from .ops.rounding import round
from .ops.softmax import log_softmax, softmax
from .ops.special import (
    entr,
    erfcx,
    i0,
    i0e,
    i1,
    i1e,
    log_ndtr,
    multigammaln,
    ndtr,
    ndtri,
    polygamma,
    xlog1py,
    zeta,
)  # fmt: skip
from .out import with_out

digamma, psi, erf, erfc, erfinv, exp2, expm1, log1p, logit, round, sinc, gammaln, expit, xlogy, logsumexp = map(
    with_out,
    (digamma, psi, erf, erfc, erfinv, exp2, expm1, log1p, logit, round, sinc, gammaln, expit, xlogy, logsumexp),
)
entr, erfcx, i0, i0e, i1, i1e, log_ndtr, multigammaln, ndtr, ndtri, polygamma, xlog1py, zeta = map(
    with_out, (entr, erfcx, i0, i0e, i1, i1e, log_ndtr, multigammaln, ndtr, ndtri, polygamma, xlog1py, zeta)
)
bessel_j0, bessel_j1, bessel_y0, bessel_y1 = map(
    with_out, (cylinder.bessel_j0, cylinder.bessel_j1, cylinder.bessel_y0, cylinder.bessel_y1)
)
modified_bessel_i0, modified_bessel_i1, modified_bessel_k0, modified_bessel_k1 = map(
    with_out,
    (
        cylinder.modified_bessel_i0,
        cylinder.modified_bessel_i1,
        cylinder.modified_bessel_k0,
        cylinder.modified_bessel_k1,
    ),
)
scaled_modified_bessel_k0, scaled_modified_bessel_k1, spherical_bessel_j0, airy_ai = map(
    with_out,
    (
        cylinder.scaled_modified_bessel_k0,
        cylinder.scaled_modified_bessel_k1,
        cylinder.spherical_bessel_j0,
        cylinder.airy_ai,
    ),
)
chebyshev_polynomial_t, chebyshev_polynomial_u, chebyshev_polynomial_v, chebyshev_polynomial_w = map(
    with_out,
    (
        cylinder.chebyshev_polynomial_t,
        cylinder.chebyshev_polynomial_u,
        cylinder.chebyshev_polynomial_v,
        cylinder.chebyshev_polynomial_w,
    ),
)
hermite_polynomial_h, hermite_polynomial_he, laguerre_polynomial_l, legendre_polynomial_p = map(
    with_out,
    (
        cylinder.hermite_polynomial_h,
        cylinder.hermite_polynomial_he,
        cylinder.laguerre_polynomial_l,
        cylinder.legendre_polynomial_p,
    ),
)
(
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
) = map(
    with_out,
    (
        cylinder.shifted_chebyshev_polynomial_t,
        cylinder.shifted_chebyshev_polynomial_u,
        cylinder.shifted_chebyshev_polynomial_v,
        cylinder.shifted_chebyshev_polynomial_w,
    ),
)
gammainc, gammaincc = with_out(gammainc, "gammainc"), with_out(gammaincc, "gammaincc")

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
    "sinc",
    "softmax",
    "spherical_bessel_j0",
    "xlog1py",
    "xlogy",
    "zeta",
]
