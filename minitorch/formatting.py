"""Temporary, until the real file lands."""
def format_tensor(t, *a, **k):
    return f"tensor({t.array.tolist()})"
def set_printoptions(*a, **k): pass
