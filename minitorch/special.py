"""Special functions: `torch.special`."""

from .ops.activation import sigmoid as expit
from .ops.binary import xlogy
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
from .queries import with_out

digamma, psi, erf, erfc, erfinv, exp2, expm1, log1p, logit, round, sinc, gammaln, expit, xlogy, logsumexp = map(
    with_out,
    (digamma, psi, erf, erfc, erfinv, exp2, expm1, log1p, logit, round, sinc, gammaln, expit, xlogy, logsumexp),
)
entr, erfcx, i0, i0e, i1, i1e, log_ndtr, multigammaln, ndtr, ndtri, polygamma, xlog1py, zeta = map(
    with_out, (entr, erfcx, i0, i0e, i1, i1e, log_ndtr, multigammaln, ndtr, ndtri, polygamma, xlog1py, zeta)
)

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
    "zeta",
]
