"""`Distribution`: what all distributions have, and the checks of parameters and values."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

import numpy as np

from ..autograd.grad_mode import no_grad
from ..size import Size
from ..tensor import Tensor
from . import constraints

_PACKAGE = __name__.rpartition(".")[0]


class Distribution:
    """Many distributions at once, one for each entry of `batch_shape`; a value of one of them has `event_shape`.

    `sample(shape)` gives shape + batch_shape + event_shape; `log_prob` of that gives shape + batch_shape. With
    `validate_args` (the default) parameters and values outside of their constraints are a ValueError.
    """

    has_rsample = False
    has_enumerate_support = False
    arg_constraints: ClassVar[Any] = {}
    _validate_args = True
    _expandable: tuple[str, ...] = ()  # the parameters of shape `batch_shape`

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions made from now on check what they are given."""
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    def _check_parameters(self) -> None:
        for name, constraint in self._constraints().items():
            lazy = isinstance(getattr(type(self), name, None), functools.cached_property)
            if constraints.is_dependent(constraint) or (lazy and name not in self.__dict__):
                continue
            value = getattr(self, name)
            if not bool(constraint.check(value).all()):
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def _constraints(self) -> dict[str, Any]:
        return self.arg_constraints

    # ------------------------------------------------ shapes

    @property
    def batch_shape(self) -> Size:
        """The shape of the parameters: how many distributions there are."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of a value of one distribution."""
        return self._event_shape

    @property
    def support(self) -> Any:
        """The constraint that values satisfy."""
        raise NotImplementedError

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distribution with its parameters expanded to `batch_shape`."""
        new = self._fresh(_instance)
        for name in self._expandable:
            if name in self.__dict__:
                setattr(new, name, getattr(self, name).expand(Size(batch_shape)))
        return self._finish(new, batch_shape, self._event_shape)

    def _fresh(self, instance: Any) -> Any:
        """An instance whose parameters are still to be set, without a call of its `__init__`."""
        ours: Any = next(c for c in type(self).__mro__ if c.__module__.startswith(_PACKAGE))
        return self._get_checked_instance(ours, instance)

    def _get_checked_instance(self, cls: Any, _instance: Any = None) -> Any:
        """The same, of a class with the `__init__` of `cls`; NotImplementedError for another."""
        if _instance is not None:
            return _instance
        kind: Any = type(self)
        if kind.__init__ is not cls.__init__:
            raise NotImplementedError(
                f"Subclass {kind.__name__} of {cls.__name__} that defines a custom __init__ method must also define a "
                "custom .expand() method."
            )
        return kind.__new__(kind)

    def _finish(self, new: Any, batch_shape: Any, event_shape: Any) -> Any:
        Distribution.__init__(new, batch_shape, event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    # ------------------------------------------------ values

    def sample(self, sample_shape: Any = ()) -> Any:
        """Values drawn, without gradient."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Values drawn so that they have gradients with respect to the parameters."""
        raise NotImplementedError

    def sample_n(self, n: int) -> Any:
        """`sample((n,))`."""
        return self.sample(Size((n,)))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density or probability at `value`."""
        raise NotImplementedError

    def cdf(self, value: Any) -> Any:
        """The probability of a result of at most `value`."""
        raise NotImplementedError

    def icdf(self, value: Any) -> Any:
        """The value whose `cdf` is the one given."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Any:
        """All possible values along a new first dimension."""
        raise NotImplementedError

    def entropy(self) -> Any:
        """The mean of -log_prob."""
        raise NotImplementedError

    def perplexity(self) -> Any:
        """e^entropy."""
        return self.entropy().exp()

    @property
    def mean(self) -> Any:
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self) -> Any:
        """The most probable value."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self) -> Any:
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return self.variance.sqrt()

    # ------------------------------------------------ checks

    def _validate_sample(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        lead = value.dim() - len(self._event_shape)
        if value.shape[max(lead, 0) :] != self._event_shape:
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.shape} vs {self._event_shape}."
            )
        _check_broadcast(value.shape, self._batch_shape + self._event_shape)
        support = self._support_or_none()
        if support is not None and not bool(support.check(value).all()):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the "
                f"support ({support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def _support_or_none(self) -> Any:
        try:
            return self.support
        except NotImplementedError:
            return None

    def _checked(self, value: Any) -> Any:
        """`value`, looked at if arguments are validated."""
        if self._validate_args:
            self._validate_sample(value)
        return value

    def __repr__(self) -> str:
        names = [name for name in self._constraints() if name in self.__dict__]
        return f"{type(self).__name__}({', '.join([f'{n}: {_short(self.__dict__[n])}' for n in names])})"


def _short(value: Any) -> Any:
    return value if value.numel() == 1 else value.size()


def _check_broadcast(shape: Any, expected: Any) -> None:
    try:
        np.broadcast_shapes(tuple(shape), tuple(expected))
    except ValueError:
        raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {shape} vs {expected}.") from None


class ExponentialFamily(Distribution):
    """A distribution with density e^(t·θ - F(θ) + k(x))."""
