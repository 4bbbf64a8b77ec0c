"""Stands before the real Numba on the path when MINITORCH_WITHOUT_NUMBA=1 (see conftest.py)."""

raise ModuleNotFoundError("No module named 'numba'", name="numba")
