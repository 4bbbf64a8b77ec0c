"""Temporary, until the real file lands."""
import numpy as np
def matmul(a, b, out=None):
    return np.asarray(np.matmul(a, b))
def linear(x, w, b=None):
    y = x @ w.T
    return y if b is None else y + b
