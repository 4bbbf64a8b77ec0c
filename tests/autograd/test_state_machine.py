"""Random programs of operations, views, writes, backward passes and deletions, against an engine of 60 lines.

The naive engine knows no views, versions or hooks. Each of its values holds its whole Jacobian: a row for each of its
elements, a column for each number in a leaf that ever was. A view is a list of positions in the memory of its base; a
write replaces rows. So it cannot be wrong about who shares what with whom, which is what this test is about.
"""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

import minitorch as torch

SIZE, LEAVES = 4, 3  # elements of a leaf, and how many leaves there are


class Memory:
    """Numbers and their derivatives by the numbers in all leaves."""

    def __init__(self, values, jacobian):
        self.values, self.jacobian = values, jacobian


class Naive:
    """A tensor: some positions of a memory, in an order and a shape."""

    def __init__(self, memory, places):
        self.memory, self.places = memory, places

    @property
    def values(self):
        return self.memory.values[self.places]

    @property
    def jacobian(self):
        return self.memory.jacobian[self.places]

    def view(self, pick):
        return Naive(self.memory, pick(self.places))

    def write(self, other):
        self.memory.values[self.places] = np.broadcast_to(other.values, self.places.shape)
        self.memory.jacobian[self.places] = np.broadcast_to(other.jacobian, (*self.places.shape, SIZE * LEAVES))

    def backward(self, weights):
        """The gradients of the weighted sum, one row for each leaf."""
        return np.tensordot(weights, self.jacobian, weights.ndim).reshape(LEAVES, SIZE)


def naive(values, jacobian):
    """A new value, in memory of its own."""
    shape = values.shape
    memory = Memory(values.reshape(-1).copy(), jacobian.reshape(values.size, SIZE * LEAVES).copy())
    return Naive(memory, np.arange(values.size).reshape(shape))


def naive_leaf(k, values):
    """Leaf number k."""
    jacobian = np.zeros((SIZE, SIZE * LEAVES))
    jacobian[:, k * SIZE : (k + 1) * SIZE] = np.eye(SIZE)
    return naive(values, jacobian)


def by_rule(f, *slopes):
    """f(a, ...) whose derivative by its k-th argument is slopes[k](a, ...)."""

    def apply(*args):
        values = [a.values for a in args]
        y = f(*values)
        total = 0
        for slope, a in zip(slopes, args, strict=True):
            total = total + np.broadcast_to(slope(*values), y.shape)[..., None] * a.jacobian
        return naive(y, np.broadcast_to(total, (*y.shape, SIZE * LEAVES)))

    return apply


# name: (with minitorch, with the naive engine)
UNARY = {
    "sin": (lambda x: x.sin(), by_rule(np.sin, np.cos)),
    "tanh": (lambda x: x.tanh(), by_rule(np.tanh, lambda x: 1 - np.tanh(x) ** 2)),
    "neg": (lambda x: -x, by_rule(np.negative, lambda x: -1.0 + 0 * x)),
    "half": (lambda x: x * 0.5, by_rule(lambda x: x * 0.5, lambda x: 0.5 + 0 * x)),
    "sigmoid": (
        lambda x: x.sigmoid(),
        by_rule(lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    ),
}
BINARY = {
    "add": (lambda a, b: a + b, by_rule(np.add, lambda a, b: 1 + 0 * a, lambda a, b: 1 + 0 * b)),
    "sub": (lambda a, b: a - b, by_rule(np.subtract, lambda a, b: 1 + 0 * a, lambda a, b: -1 + 0 * b)),
    "mul": (lambda a, b: a * b, by_rule(np.multiply, lambda a, b: b, lambda a, b: a)),
}
VIEWS = {
    "first": (lambda x: x[:1], lambda p: p[:1]),
    "rest": (lambda x: x[1:], lambda p: p[1:]),
    "every other": (lambda x: x[::2], lambda p: p[::2]),
    "last number": (lambda x: x[..., -1], lambda p: p[..., -1]),
    "transpose": (lambda x: x.mT if x.ndim > 1 else x.view(-1), lambda p: np.swapaxes(p, -1, -2) if p.ndim > 1 else p),
    "a column": (lambda x: x.unsqueeze(-1), lambda p: p[..., None]),
    "squeeze": (lambda x: x.squeeze(), lambda p: p.squeeze()),
}
WRITES = {
    "add_": (lambda x, y: x.add_(y), BINARY["add"][1]),
    "mul_": (lambda x, y: x.mul_(y), BINARY["mul"][1]),
    "sub_": (lambda x, y: x.sub_(y), BINARY["sub"][1]),
    "copy_": (lambda x, y: x.copy_(y), lambda x, y: y),
    "zero_": (lambda x, y: x.zero_(), lambda x, y: naive(0 * x.values, 0 * x.jacobian)),
    "sin_": (lambda x, y: x.sin_(), lambda x, y: UNARY["sin"][1](x)),
    "tanh_": (lambda x, y: x.tanh_(), lambda x, y: UNARY["tanh"][1](x)),
    "assign": (lambda x, y: x.__setitem__(..., y), lambda x, y: y),
}
SPOILT = "modified by an inplace operation"


class Programs(RuleBasedStateMachine):
    """Every rule does one thing with both engines; values are compared always, gradients when backward is called."""

    pairs = Bundle("pairs")

    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(0)
        start = rng.uniform(0.2, 1.2, (LEAVES, SIZE))
        self.leaves = [torch.tensor(row, requires_grad=True) for row in start]
        self.grads = np.zeros((LEAVES, SIZE))
        self.held = []
        self.naive_leaves = [naive_leaf(k, row) for k, row in enumerate(start)]

    def halved(self, pair):
        ours, theirs = UNARY["half"]
        return self.keep(ours(pair[0]), theirs(pair[1]))

    def keep(self, ours, theirs):
        self.held.append((ours, theirs))
        return ours, theirs

    @rule(target=pairs, k=st.integers(0, LEAVES - 1))
    def take_leaf(self, k):
        return self.keep(self.leaves[k], self.naive_leaves[k])

    @rule(target=pairs, k=st.integers(0, LEAVES - 1))
    def take_result(self, k):
        """What can be written to."""
        return self.halved((self.leaves[k], self.naive_leaves[k]))

    @rule(target=pairs)
    def make_plain(self):
        values = np.linspace(0.5, 1.0, SIZE)
        return self.keep(torch.tensor(values), naive(values, np.zeros((SIZE, SIZE * LEAVES))))

    @rule(target=pairs, pair=pairs, name=st.sampled_from(sorted(UNARY)))
    def unary(self, pair, name):
        ours, theirs = UNARY[name]
        return self.keep(ours(pair[0]), theirs(pair[1]))

    @rule(target=pairs, a=pairs, b=pairs, name=st.sampled_from(sorted(BINARY)))
    def binary(self, a, b, name):
        ours, theirs = BINARY[name]
        if a[1].values.shape != b[1].values.shape:
            b = b[0].sum(), naive(b[1].values.sum(), b[1].jacobian.reshape(-1, SIZE * LEAVES).sum(0))
        return self.keep(ours(a[0], b[0]), with_broadcast(theirs, a[1], b[1]))

    @rule(target=pairs, pair=pairs, name=st.sampled_from(sorted(VIEWS)))
    def make_view(self, pair, name):
        ours, theirs = VIEWS[name]
        if pair[0].ndim == 0 or pair[0].ndim > 3 or pair[1].values.size < 2:
            return pair
        return self.keep(ours(pair[0]), pair[1].view(theirs))

    @rule(target=pairs, pair=pairs)
    def clone(self, pair):
        return self.keep(pair[0].clone(), naive(pair[1].values, pair[1].jacobian))

    @rule(target=pairs, pair=pairs)
    def detach(self, pair):
        """The same memory, so only a copy can forget the derivatives in the naive engine."""
        return self.keep(pair[0].detach().clone(), naive(pair[1].values, 0 * pair[1].jacobian))

    @rule(pair=pairs, other=pairs, name=st.sampled_from(sorted(WRITES)))
    def write(self, pair, other, name):
        ours, theirs = WRITES[name]
        (x, nx), (y, ny) = pair, other
        if nx.values.shape != ny.values.shape:
            y, ny = y.sum(), naive(ny.values.sum(), ny.jacobian.reshape(-1, SIZE * LEAVES).sum(0))
        if nx.values.size and (x._base if x._is_view() else x).is_leaf and x.requires_grad:
            with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
                ours(x, y)
            return
        ours(x, y)
        nx.write(with_broadcast(theirs, nx, ny))

    @rule(pair=pairs, data=st.data())
    def backward(self, pair, data):
        """Weights that are not all alike, so that the order of elements matters; the graph is kept."""
        x, nx = pair
        if not x.requires_grad:
            return
        weights = np.arange(1.0, nx.values.size + 1).reshape(nx.values.shape)
        try:
            x.backward(torch.tensor(weights), retain_graph=True, create_graph=data.draw(st.booleans()))
        except RuntimeError as error:
            self.check_refusal(x, error)
        else:
            self.grads += nx.backward(weights)

    def check_refusal(self, x, error):
        """A backward pass fails for one reason only."""
        assert SPOILT in str(error), error
        assert self.really_spoilt(x), error

    def really_spoilt(self, x):
        """Something below x was saved and overwritten since: the versions say so, node by node."""
        seen, stack = set(), [x.grad_fn]
        while stack:
            node = stack.pop()
            if node is None or id(node) in seen or not hasattr(node, "edges"):
                continue
            seen.add(id(node))
            for saved in node._saved or ():
                if hasattr(saved, "storage") and saved.storage.written_at > node.number:
                    return True
            stack += [edge[0] for edge in node.edges if edge]
        return False

    def teardown(self):
        """In the end, the gradients of everything that is still held, by `autograd.grad`."""
        for x, nx in self.held:
            if x.requires_grad:
                self.compare_gradients(x, nx)
        self.gradients_agree()

    def compare_gradients(self, x, nx):
        weights = np.arange(1.0, nx.values.size + 1).reshape(nx.values.shape)
        try:
            found = torch.autograd.grad(x, self.leaves, torch.tensor(weights), retain_graph=True, allow_unused=True)
        except RuntimeError as error:
            self.check_refusal(x, error)
            return
        wanted = nx.backward(weights)
        for g, w in zip(found, wanted, strict=True):
            np.testing.assert_allclose(np.zeros(SIZE) if g is None else g.numpy(), w, rtol=1e-9, atol=1e-9)

    @rule(pair=pairs)
    def retain(self, pair):
        if pair[0].requires_grad:
            pair[0].retain_grad()

    @rule(pair=consumes(pairs))
    def free(self, pair):
        """Forget it; what was made of it goes on."""
        self.held = [held for held in self.held if held[0] is not pair[0]]

    @rule()
    def zero_grad(self):
        for leaf in self.leaves:
            leaf.grad = None
        self.grads[:] = 0

    @invariant()
    def values_agree(self):
        for x, nx in self.held[-12:]:
            np.testing.assert_allclose(x.detach().numpy(), nx.values, rtol=1e-12, atol=1e-12)
            assert x.shape == nx.values.shape

    @invariant()
    def gradients_agree(self):
        for leaf, wanted in zip(self.leaves, self.grads, strict=True):
            got = np.zeros(SIZE) if leaf.grad is None else leaf.grad.detach().numpy()
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)

    @invariant()
    def tracked_where_it_must_be(self):
        for x, nx in self.held[-12:]:
            assert x.requires_grad or not nx.jacobian.any()


def with_broadcast(rule_of, a, b):
    """Apply a rule to two naive values, the second of which may be a single number."""
    if b.values.shape != a.values.shape:
        b = naive(np.broadcast_to(b.values, a.values.shape), np.broadcast_to(b.jacobian, a.jacobian.shape))
    return rule_of(a, b)


TestPrograms = Programs.TestCase
TestPrograms.settings = settings(settings.get_profile("minitorch"), max_examples=200, stateful_step_count=30)
