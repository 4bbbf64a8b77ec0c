"""The named tuples that operations return: `torch.return_types.max` and its like."""

from .ops.base import results

cummax, cummin, kthvalue, max, median, min, mode, nanmedian, sort, topk = map(
    results, ("cummax", "cummin", "kthvalue", "max", "median", "min", "mode", "nanmedian", "sort", "topk")
)
aminmax = results("aminmax", "min", "max")
frexp = results("frexp", "mantissa", "exponent")
histogram, histogramdd = results("histogram", "hist", "bin_edges"), results("histogramdd", "hist", "bin_edges")
geqrf = results("geqrf", "a", "tau")
qr, linalg_qr = results("qr", "Q", "R"), results("linalg_qr", "Q", "R")
svd, linalg_svd = results("svd", "U", "S", "V"), results("linalg_svd", "U", "S", "Vh")
lu_unpack, linalg_lu = results("lu_unpack", "P", "L", "U"), results("linalg_lu", "P", "L", "U")
triangular_solve = results("triangular_solve", "solution", "cloned_coefficient")
linalg_cholesky_ex, linalg_inv_ex = (
    results("linalg_cholesky_ex", "L", "info"),
    results("linalg_inv_ex", "inverse", "info"),
)
linalg_eig, linalg_eigh = [results(name, "eigenvalues", "eigenvectors") for name in ("linalg_eig", "linalg_eigh")]
slogdet, linalg_slogdet = [results(name, "sign", "logabsdet") for name in ("slogdet", "linalg_slogdet")]
linalg_lu_factor = results("linalg_lu_factor", "LU", "pivots")
linalg_lu_factor_ex = results("linalg_lu_factor_ex", "LU", "pivots", "info")
linalg_ldl_factor = results("linalg_ldl_factor", "LD", "pivots")
linalg_ldl_factor_ex = results("linalg_ldl_factor_ex", "LD", "pivots", "info")
linalg_lstsq = results("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_solve_ex = results("linalg_solve_ex", "result", "info")
