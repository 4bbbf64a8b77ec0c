"""The von Mises distribution, of angles."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from .. import dtypes as dt
from ..autograd.grad_mode import no_grad
from ..creation import empty, zeros
from ..ops.arithmetic import where
from ..ops.special import i0e, i1e
from ..random import rand
from . import constraints
from .location_scale import AroundLoc
from .utils import broadcast_all, lazy_property


class VonMises(AroundLoc):
    """Angles in [-π, π) with density ∝ e^(concentration cos(x - loc)), drawn as by Best and Fisher (1979).

    >>> torch.distributions.VonMises(torch.tensor(1.0), torch.tensor(4.0)).mean
    tensor(1.)
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    has_rsample = False
    _expandable: tuple[str, ...] = ("loc", "concentration")

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        if _instance is not None:
            return super().expand(batch_shape, _instance)
        return type(self)(
            self.loc.expand(batch_shape), self.concentration.expand(batch_shape), validate_args=self._validate_args
        )

    @lazy_property
    def variance(self) -> Any:
        """That of angles, 1 - I₁ / I₀."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            loc, k = self.loc.to(dt.float64), self.concentration.to(dt.float64)
            x = _drawn(k, self._extended_shape(sample_shape))
            return ((x + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    def log_prob(self, value: Any) -> Any:
        value = self._checked(value)
        norm = math.log(2 * math.pi) + i0e(self.concentration).log() + self.concentration
        return self.concentration * (value - self.loc).cos() - norm


def _drawn(k: Any, shape: Any) -> Any:
    """Angles around 0: cosines of a wrapped Cauchy distribution, of which some are refused."""
    tau = 1 + (1 + 4 * k.square()).sqrt()
    rho = (tau - (2 * tau).sqrt()) / (2 * k)
    r = where(k < 1e-5, 1 / k + k, (1 + rho.square()) / (2 * rho))
    x, done = empty(shape, dtype=k.dtype), zeros(shape, dtype=dt.bool)
    while not bool(done.all()):
        u1, u2, u3 = rand((3, *shape), dtype=k.dtype).unbind()
        z = (math.pi * u1).cos()
        f = (1 + r * z) / (r + z)
        c = k * (r - f)
        accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
        x = where(accepted, (u3 - 0.5).sign() * f.acos(), x)
        done = done | accepted
    return x
