"""The tape: Functions, nodes, the engine. It knows no kernel and no Tensor class."""

from ..missing import missing_from as _missing_from
from . import forward_ad, functional, graph, profiler
from .anomaly import detect_anomaly, set_detect_anomaly
from .engine import backward, grad
from .function import Function, once_differentiable
from .grad_mode import (
    enable_grad,
    enforce_grad_layout_policy,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from .gradcheck import gradcheck, gradgradcheck
from .hooks import RemovableHandle
from .node import AccumulateGrad, Node
from .tensor_base import TensorBase
from .variable import Variable

__all__ = [
    "AccumulateGrad",
    "Function",
    "Node",
    "RemovableHandle",
    "TensorBase",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "enforce_grad_layout_policy",
    "forward_ad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "once_differentiable",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]

__getattr__ = _missing_from(__name__)
