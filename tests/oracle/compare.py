"""Results of either library, compared."""

import numpy as np
import torch

import minitorch


def values(x):
    """Tensors of either library as arrays, containers alike, everything else as it is."""
    if isinstance(x, (torch.Tensor, minitorch.Tensor)):
        return (str(x.dtype), x.detach().numpy().copy())
    if isinstance(x, dict):
        return {k: values(v) for k, v in x.items()}
    return [values(v) for v in x] if isinstance(x, (list, tuple)) else x


def same(a, b, rtol, path=""):
    """Assert that two results agree: keys, types, dtypes, shapes and numbers."""
    if isinstance(b, tuple) and len(b) == 2 and isinstance(b[1], np.ndarray):
        assert a[0] == b[0], path
        assert a[1].shape == b[1].shape, path
        np.testing.assert_allclose(a[1], b[1], rtol=rtol, atol=rtol / 10, err_msg=path)
    elif isinstance(b, dict):
        assert set(a) == set(b), path
        for k in b:
            same(a[k], b[k], rtol, f"{path}.{k}")
    elif isinstance(b, (list, tuple)):
        assert len(a) == len(b), path
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, rtol, f"{path}.{i}")
    elif isinstance(b, float):
        np.testing.assert_allclose(a, b, rtol=rtol, err_msg=path)
    else:
        assert a == b, path
