"""From unconstrained numbers to values that satisfy a constraint:
`biject_to` one to one, `transform_to` perhaps not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import constraints, transforms

Factory = Callable[[Any], Any]


class ConstraintRegistry:
    """Transforms by the kind of constraint: `registry(constraint)` gives one onto it.

    >>> torch.distributions.transform_to(torch.distributions.constraints.positive)(torch.tensor(0.0))
    tensor(1.)
    """

    def __init__(self) -> None:
        self._factories: dict[type, Factory] = {}

    def register(self, constraint: Any, factory: Any = None) -> Any:
        """Set the factory, a function of a constraint that returns a transform; also as a decorator."""
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = constraint if isinstance(constraint, type) else type(constraint)
        if not issubclass(kind, constraints.Constraint):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._factories[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> Any:
        factory = self._factories.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def _both(constraint: Any, factory: Factory) -> None:
    biject_to.register(constraint, factory)
    transform_to.register(constraint, factory)


def _above(c: Any) -> Any:
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(c.lower_bound, 1)])


def _below(c: Any) -> Any:
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(c.upper_bound, -1)])


def _between(c: Any) -> Any:
    low, high = c.lower_bound, c.upper_bound
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


def _wrapped(registry: ConstraintRegistry) -> Factory:
    return lambda c: transforms.IndependentTransform(registry(c.base_constraint), c.reinterpreted_batch_ndims)


def _register_parts(registry: ConstraintRegistry) -> None:
    parts: Callable[[Any], list[Any]] = lambda c: [registry(part) for part in c.cseq]  # noqa: E731
    registry.register(constraints.cat, lambda c: transforms.CatTransform(parts(c), c.dim, c.lengths))
    registry.register(constraints.stack, lambda c: transforms.StackTransform(parts(c), c.dim))


_both(constraints.real, lambda c: transforms.identity_transform)
_both(constraints.greater_than, _above)
_both(constraints.greater_than_eq, _above)
_both(constraints.less_than, _below)
_both(constraints.interval, _between)
_both(constraints.half_open_interval, _between)
_both(constraints.lower_cholesky, lambda c: transforms.LowerCholeskyTransform())
_both(constraints.corr_cholesky, lambda c: transforms.CorrCholeskyTransform())
_both(constraints.positive_definite, lambda c: transforms.PositiveDefiniteTransform())
_both(constraints.positive_semidefinite, lambda c: transforms.PositiveDefiniteTransform())
for _registry in (biject_to, transform_to):
    _registry.register(constraints.independent, _wrapped(_registry))
    _register_parts(_registry)
biject_to.register(constraints.simplex, lambda c: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda c: transforms.SoftmaxTransform())

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]
