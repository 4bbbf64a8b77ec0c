"""Any setting can be set, and none has an effect."""

from __future__ import annotations

from types import SimpleNamespace

coordinate_descent_tuning = epilogue_fusion = fx_graph_cache = max_autotune = False
triton, cpp = SimpleNamespace(unique_kernel_names=False, cudagraphs=False), SimpleNamespace(threads=-1)
