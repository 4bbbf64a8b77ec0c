"""Linear algebra, by LAPACK: `torch.linalg`. Matrices (..., m, n), real or complex."""

from .errors import LinAlgError
from .ops.einsum import multi_dot
from .ops.ldl import ldl_factor, ldl_factor_ex, ldl_solve
from .ops.linalg import (
    cholesky,
    cholesky_ex,
    det,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    inv,
    inv_ex,
    lstsq,
    matrix_exp,
    pinv,
    qr,
    slogdet,
    solve,
    solve_ex,
    solve_triangular,
    svd,
    svdvals,
)
from .ops.lu import lu, lu_factor, lu_factor_ex, lu_solve
from .ops.matmul import matmul
from .ops.matrix import (
    cond,
    cross,
    diagonal,
    householder_product,
    matrix_norm,
    matrix_power,
    matrix_rank,
    norm,
    tensorinv,
    tensorsolve,
    vander,
    vecdot,
)
from .ops.reduce import vector_norm
from .out import with_out

cholesky, det, inv, solve, svdvals, eigvalsh, eigvals, pinv = map(
    with_out, (cholesky, det, inv, solve, svdvals, eigvalsh, eigvals, pinv)
)
norm, vector_norm, matrix_norm, multi_dot, cross, vecdot, matmul = map(
    with_out, (norm, vector_norm, matrix_norm, multi_dot, cross, vecdot, matmul)
)
qr, svd, eigh, slogdet, solve_triangular, matrix_power, cond, matrix_rank = map(
    with_out, (qr, svd, eigh, slogdet, solve_triangular, matrix_power, cond, matrix_rank)
)
cholesky_ex, inv_ex, solve_ex, eig, lu, lu_factor, lu_factor_ex, lu_solve, lstsq = map(
    with_out, (cholesky_ex, inv_ex, solve_ex, eig, lu, lu_factor, lu_factor_ex, lu_solve, lstsq)
)
ldl_factor, ldl_factor_ex, ldl_solve, householder_product, tensorinv, tensorsolve = map(
    with_out, (ldl_factor, ldl_factor_ex, ldl_solve, householder_product, tensorinv, tensorsolve)
)

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
