"""Functions of functions: gradients, Jacobians, batches, modules as functions of their parameters."""

from ..missing import missing_from as _missing_from
from .calls import functional_call, stack_module_state
from .transforms import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp
from .vmap import vmap

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "stack_module_state",
    "vjp",
    "vmap",
]

__getattr__ = _missing_from(__name__)
