"""What programs say to PyTorch's tracer at their top; the tracer itself is not here."""

from __future__ import annotations

from typing import Any, NoReturn

from ..missing import missing_from
from . import experimental

__all__ = ["Graph", "GraphModule", "Interpreter", "Node", "Proxy", "Tracer", "Transformer", "experimental", "wrap"]


class _OfTheTracer(type):
    """A class whose instances a tracer makes: programs ask `isinstance`, and have none."""

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{cls.__name__}: minitorch has no tracer; its kernels are compiled already")


class Proxy(metaclass=_OfTheTracer):
    """A value that is traced. NotImplementedError."""


class SymInt(metaclass=_OfTheTracer):
    """`torch.SymInt`, an unknown size. NotImplementedError."""


class SymFloat(metaclass=_OfTheTracer):
    """`torch.SymFloat`. NotImplementedError."""


class SymBool(metaclass=_OfTheTracer):
    """`torch.SymBool`. NotImplementedError."""


class Node(metaclass=_OfTheTracer):
    """An operation that was traced. NotImplementedError."""


class Graph(metaclass=_OfTheTracer):
    """The operations that were traced. NotImplementedError."""


class GraphModule(metaclass=_OfTheTracer):
    """A module that was traced. NotImplementedError."""


class Tracer(metaclass=_OfTheTracer):
    """What traces a module. NotImplementedError."""


class Interpreter(metaclass=_OfTheTracer):
    """What runs traced operations. NotImplementedError."""


class Transformer(metaclass=_OfTheTracer):
    """What changes traced operations. NotImplementedError."""


def wrap(fn_or_name: Any) -> Any:
    """The function (or its name), as it is: a mark for a tracer that is not here."""
    return fn_or_name


__getattr__ = missing_from(__name__)
