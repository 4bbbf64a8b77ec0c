"""L-BFGS with a line search for the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ..autograd.grad_mode import enable_grad, no_grad
from ..ops.join import cat
from ..tensor import Tensor
from .optimizer import Optimizer, check_options, options

ENOUGH_DESCENT, FLAT_ENOUGH = 1e-4, 0.9  # the c₁ and c₂ of the Wolfe conditions


class LBFGS(Optimizer):
    """Quasi-Newton steps p = p + t d, d = -H g, where H⁻¹ approximates the curvature from the last `history_size`
    steps.

    `step` needs a closure that clears the gradients, computes the loss, calls backward and returns the loss; it is
    called several times a step. One group of parameters only. `line_search_fn`: None (t = lr) or "strong_wolfe".
    Nocedal and Wright, Numerical Optimization, 2006, algorithms 7.4 and 3.5.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_options(lr)
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        super().__init__(params, options(locals()))
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: Callable[[], Any]) -> Any:
        """Up to `max_iter` iterations; returns the loss before the first."""
        closure = enable_grad()(closure)
        group, state = self.param_groups[0], self.state[self._all()[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = closure()
        loss, calls = float(first), 1
        state["func_evals"] += 1
        g = self._flat_grad()
        if _largest(g) <= group["tolerance_grad"]:
            return first
        for i in range(1, group["max_iter"] + 1):
            before = loss
            d, t, slope = self._direction(g, loss, state, group)
            if slope > -group["tolerance_change"]:
                break
            loss, g, state["t"], used = self._move(closure, Point(0.0, loss, g, slope), t, d, group, calls, i)
            calls += used
            state["func_evals"] += used
            if calls >= group["max_eval"] or _largest(g) <= group["tolerance_grad"]:
                break
            if min(_largest(d) * abs(state["t"]), abs(loss - before)) <= group["tolerance_change"]:
                break
        return first

    def _direction(self, g: Any, loss: float, state: dict[str, Any], group: dict[str, Any]) -> tuple[Any, float, float]:
        """Where to go, how far to try, and the slope of the loss there;
        the state takes up what the last step taught.
        """
        state["n_iter"] += 1
        lr = float(group["lr"])
        if state["n_iter"] == 1:
            state.update(d=-g, old_dirs=[], old_stps=[], ro=[], H_diag=1)
            state["t"] = min(1.0, 1.0 / g.abs().sum().item()) * lr
        else:
            _remember(g - state["prev_flat_grad"], state["d"] * state["t"], state, group["history_size"])
            state.update(d=_newton(g, state), t=lr)
        state.update(prev_flat_grad=g.clone(), prev_loss=loss)
        return state["d"], state["t"], g.dot(state["d"]).item()

    def _move(
        self, closure: Any, start: Point, t: float, d: Any, group: dict[str, Any], calls: int, i: int
    ) -> tuple[float, Any, float, int]:
        """Take the step; the loss and gradient there, its length, and how often the closure was called."""
        if group["line_search_fn"] is None:
            self._add(t, d)
            if i == group["max_iter"]:
                return start.loss, start.grad, t, 0
            return float(closure()), self._flat_grad(), t, 1
        if group["line_search_fn"] != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        at = self._evaluator(closure, d)
        found, used = strong_wolfe(at, start, t, _largest(d), group["tolerance_change"], group["max_eval"] - calls)
        self._add(found.t, d)
        return found.loss, found.grad, found.t, used

    def _evaluator(self, closure: Any, d: Any) -> Callable[[float], Point]:
        origin = [p.clone() for p in self._all()]

        def at(t: float) -> Point:
            self._add(t, d)
            loss, grad = float(closure()), self._flat_grad()
            for p, old in zip(self._all(), origin, strict=True):
                p.copy_(old)
            return Point(t, loss, grad, grad.dot(d).item())

        return at

    def _flat_grad(self) -> Any:
        return cat([(p.new_zeros(p.shape) if p._grad is None else p._grad).reshape(-1) for p in self._all()])

    def _add(self, t: float, d: Any) -> None:
        for p, part in zip(self._all(), d.split([p.numel() for p in self._all()]), strict=True):
            p.add_(part.view(p.shape), alpha=t)


def _largest(x: Any) -> float:
    return x.abs().max().item()


def _remember(y: Any, s: Any, state: dict[str, Any], most: int) -> None:
    """Keep the change of the gradient y over the step s, if the loss curves upward along it."""
    ys = y.dot(s).item()
    if ys <= 1e-10:
        return
    for name, new in (("old_dirs", y), ("old_stps", s), ("ro", 1 / ys)):
        if len(state[name]) == most:
            state[name].pop(0)
        state[name].append(new)
    state["H_diag"] = ys / y.dot(y).item()


def _newton(g: Any, state: dict[str, Any]) -> Any:
    """-H g by the two loops of Nocedal, 1980."""
    history = list(zip(state["old_dirs"], state["old_stps"], state["ro"], strict=True))
    q, shares = -g, []
    for y, s, ro in reversed(history):
        shares.append(s.dot(q).item() * ro)
        q.add_(y, alpha=-shares[-1])
    r = q * state["H_diag"]
    for (y, s, ro), share in zip(history, reversed(shares), strict=True):
        r.add_(s, alpha=share - y.dot(r).item() * ro)
    return r


# ---------------------------------------------------------------- the line search


class Point(NamedTuple):
    """A place on the line: its distance t, and there the loss, the gradient and the slope along the line."""

    t: float
    loss: float
    grad: Any
    slope: float


def strong_wolfe(
    at: Callable[[float], Point], start: Point, t: float, width: float, tolerance: float, most: int
) -> tuple[Point, int]:
    """A point with enough descent and a slope flat enough, from the first guess t; and how many were looked at."""
    ends, count = _bracket(at, start, t, most)
    low = 0 if ends[0].loss <= ends[-1].loss else 1
    if len(ends) == 1:
        return ends[0], count + 1
    stuck = False
    while count < most and abs(ends[1].t - ends[0].t) * width >= tolerance:
        t, stuck = _inside(_cubic(ends[0], ends[1]), ends, stuck)
        point, count = at(t), count + 1
        if _too_high(point, start) or point.loss >= ends[low].loss:
            ends[1 - low] = point
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        done = abs(point.slope) <= -FLAT_ENOUGH * start.slope
        if not done and point.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = point
        if done:
            break
    return ends[low], count + 1


def _too_high(point: Point, start: Point) -> bool:
    return point.loss > start.loss + ENOUGH_DESCENT * point.t * start.slope


def _bracket(at: Callable[[float], Point], start: Point, t: float, most: int) -> tuple[list[Point], int]:
    """Two points with a good one between them, or one good point; and after how many extensions."""
    before, point = start, at(t)
    for i in range(most):
        if _too_high(point, start) or (i > 1 and point.loss >= before.loss):
            return [before, point], i
        if abs(point.slope) <= -FLAT_ENOUGH * start.slope:
            return [point], i
        if point.slope >= 0:
            return [before, point], i
        t = _cubic(before, point, (point.t + 0.01 * (point.t - before.t), point.t * 10))
        before, point = point, at(t)
    return [start, point], most


def _inside(t: float, ends: list[Point], stuck: bool) -> tuple[float, bool]:
    """t, moved off an end that it comes close to for the second time in a row (or lies beyond)."""
    left, right = sorted([ends[0].t, ends[1].t])
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if stuck or t >= right or t <= left:
        return (right - margin if abs(t - right) < abs(t - left) else left + margin), False
    return t, True


def _cubic(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """The minimum of the cubic through two points with these slopes, within the bounds;
    their middle if there is none.
    """
    if a.t > b.t:
        a, b = b, a
    low, high = (a.t, b.t) if bounds is None else bounds
    if a.t == b.t:
        return (low + high) / 2
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0 or not math.isfinite(square):
        return (low + high) / 2
    d2 = math.sqrt(square)
    scale = b.slope - a.slope + 2 * d2
    if scale == 0:
        return (low + high) / 2
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / scale), low), high)
