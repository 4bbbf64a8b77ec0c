"""Stands before the real llvmlite on the path when MINITORCH_WITHOUT_NUMBA=1 (see conftest.py)."""

raise ModuleNotFoundError("No module named 'llvmlite'", name="llvmlite")
