"""Trees of containers, taken apart and put together, as programs know them: `torch.utils._pytree`.

A kind of container is two functions: one takes it apart, into (children, context), one makes it again. Whatever has
none is a leaf, None too.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

PyTree = Any


class _Kind(NamedTuple):
    flatten: Callable[[Any], tuple[list[Any], Any]]
    unflatten: Callable[[Iterable[Any], Any], Any]


_KINDS: dict[Any, _Kind] = {
    list: _Kind(lambda x: (list(x), None), lambda children, _: list(children)),
    tuple: _Kind(lambda x: (list(x), None), lambda children, _: tuple(children)),
    dict: _Kind(lambda x: (list(x.values()), list(x)), lambda children, keys: dict(zip(keys, children, strict=True))),
    OrderedDict: _Kind(
        lambda x: (list(x.values()), list(x)), lambda children, keys: OrderedDict(zip(keys, children, strict=True))
    ),
    defaultdict: _Kind(
        lambda x: (list(x.values()), [x.default_factory, list(x)]),
        lambda children, how: defaultdict(how[0], zip(how[1], children, strict=True)),
    ),
    deque: _Kind(lambda x: (list(x), x.maxlen), lambda children, most: deque(children, most)),
    "namedtuple": _Kind(lambda x: (list(x), type(x)), lambda children, kind: kind(*children)),
}


def register_pytree_node(
    cls: type[Any], flatten_fn: Callable[[Any], tuple[list[Any], Any]],
    unflatten_fn: Callable[[Iterable[Any], Any], Any], *, serialized_type_name: str | None = None, **others: Any,
) -> None:  # fmt: skip
    """Make a class a container: `flatten_fn(x)` is (children, context), `unflatten_fn(children, context)` x again."""
    if cls in _KINDS:
        raise ValueError(f"{cls} is already registered as pytree node.")
    _KINDS[cls] = _Kind(flatten_fn, unflatten_fn)


def is_namedtuple_instance(tree: Any) -> bool:
    """Whether it is a named tuple."""
    return isinstance(tree, tuple) and hasattr(type(tree), "_fields")


def _kind(tree: Any, is_leaf: Callable[[Any], bool] | None) -> Any:
    """What `_KINDS` is asked for; None of a leaf."""
    if is_leaf is not None and is_leaf(tree):
        return None
    kind: Any = type(tree)
    if kind in _KINDS:
        return kind
    return "namedtuple" if is_namedtuple_instance(tree) else None


def tree_is_leaf(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> bool:
    """Whether it is no container."""
    return _kind(tree, is_leaf) is None


# ---------------------------------------------------------------- what is left of a tree without its leaves


class TreeSpec:
    """The form of a tree: its type and context, and the forms of its children; of a leaf, neither."""

    def __init__(self, type: Any, context: Any, children_specs: list[TreeSpec]) -> None:
        self.type, self.context, self.children_specs = type, context, children_specs
        leaf = type is None
        self.num_leaves: int = 1 if leaf else sum([child.num_leaves for child in children_specs])
        self.num_nodes: int = 1 + sum([child.num_nodes for child in children_specs])
        self.num_children = len(children_specs)

    def is_leaf(self) -> bool:
        """Whether it is the form of a leaf."""
        return self.type is None

    def unflatten(self, leaves: Iterable[Any]) -> PyTree:
        """The tree of these leaves; ValueError for another number of them."""
        found = list(leaves)
        if len(found) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(found)} but the spec refers to a pytree that "
                f"holds {self.num_leaves} items ({self})."
            )
        return self._take(iter(found))

    def _take(self, leaves: Iterator[Any]) -> PyTree:
        if self.type is None:
            return next(leaves)
        return _KINDS[self.type].unflatten([child._take(leaves) for child in self.children_specs], self.context)

    def flatten_up_to(self, tree: PyTree) -> list[PyTree]:
        """What stands in a tree where this form has its leaves; ValueError for a tree of another form."""
        if self.type is None:
            return [tree]
        if _kind(tree, None) != self.type:
            raise ValueError(f"Node type mismatch; expected {self._name()}, but got {type(tree)!r}.")
        children, context = _KINDS[self.type].flatten(tree)
        if len(children) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(children)}.")
        if context != self.context and not isinstance(tree, deque):
            if not isinstance(tree, dict) or set(tree) != {*_keys(self.context)}:
                raise ValueError(f"Node context mismatch for {self._name()}: {context} instead of {self.context}.")
            children = [tree[key] for key in _keys(self.context)]
        pairs = zip(self.children_specs, children, strict=True)
        return [part for spec, child in pairs for part in spec.flatten_up_to(child)]

    def _name(self) -> str:
        if self.type == "namedtuple":
            from_torch = self.context.__module__ == "torch.return_types"
            return self.context.__name__ if from_torch else "namedtuple"
        return str(self.type.__name__)

    def __repr__(self) -> str:
        return self._text(0)

    def _text(self, indent: int) -> str:
        if self.type is None:
            return "*"
        name, between = self._name(), ",\n" + " " * (indent + 2)
        context = None if self.type == "namedtuple" and name != "namedtuple" else self.context
        inside = between.join([child._text(indent + 2) for child in self.children_specs])
        return f"TreeSpec({name}, {context}, [{inside}])"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TreeSpec):
            return NotImplemented
        ours, theirs = (self.type, self.context), (other.type, other.context)
        return ours == theirs and self.children_specs == other.children_specs

    def __hash__(self) -> int:
        return hash((self.type, repr(self.context), tuple(self.children_specs)))


def _keys(context: Any) -> Any:
    return context[1] if len(context) == 2 and isinstance(context[1], list) else context


def LeafSpec() -> TreeSpec:
    """The form of a leaf."""
    return TreeSpec(None, None, [])


# ---------------------------------------------------------------- functions of trees


def tree_flatten(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], TreeSpec]:
    """The leaves of a tree, from left to right, and its form; `is_leaf` may stop at containers.

    >>> torch.utils._pytree.tree_flatten({"a": 1, "b": [2, 3]})[0]
    [1, 2, 3]
    """
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves, is_leaf)


def _flatten(tree: PyTree, leaves: list[Any], is_leaf: Callable[[Any], bool] | None) -> TreeSpec:
    kind = _kind(tree, is_leaf)
    if kind is None:
        leaves.append(tree)
        return LeafSpec()
    children, context = _KINDS[kind].flatten(tree)
    return TreeSpec(kind, context, [_flatten(child, leaves, is_leaf) for child in children])


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """The tree of a form with these leaves: the other way of `tree_flatten`."""
    if not isinstance(treespec, TreeSpec):
        raise TypeError(f"tree_unflatten(leaves, treespec): expected `treespec` to be a TreeSpec, got {type(treespec)}")
    return treespec.unflatten(leaves)


def tree_iter(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> Iterator[Any]:
    """The leaves, one after the other."""
    yield from tree_leaves(tree, is_leaf)


def tree_leaves(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """The leaves."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> TreeSpec:
    """The form."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(
    func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> PyTree:
    """A tree of the same form with `func` of the leaves, and of what stands in their places in `rests`.

    >>> torch.utils._pytree.tree_map(lambda x: x * 2, {"a": 1, "b": (2, 3)})
    {'a': 2, 'b': (4, 6)}
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    return spec.unflatten(map(func, leaves, *[spec.flatten_up_to(rest) for rest in rests]))


def tree_map_(
    func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> PyTree:
    """Call `func` as `tree_map` does, and return the tree itself."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


Types = Any


def _only(wanted: Types, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    fits = (
        wanted
        if callable(wanted) and not isinstance(wanted, type)
        else lambda x: isinstance(x, wanted)
    )  # fmt: skip
    return lambda x: function(x) if fits(x) else x


def tree_map_only(
    type_or_types_or_pred: Types, func: Callable[[Any], Any], tree: PyTree,
    is_leaf: Callable[[Any], bool] | None = None,
) -> PyTree:  # fmt: skip
    """`tree_map` for the leaves of a type, of several, or for which a function holds; others stay."""
    return tree_map(_only(type_or_types_or_pred, func), tree, is_leaf=is_leaf)


def tree_map_only_(
    type_or_types_or_pred: Types, func: Callable[[Any], Any], tree: PyTree,
    is_leaf: Callable[[Any], bool] | None = None,
) -> PyTree:  # fmt: skip
    """Call `func` as `tree_map_only` does, and return the tree itself."""
    return tree_map_(_only(type_or_types_or_pred, func), tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> bool:
    """Whether it holds for all leaves."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> bool:
    """Whether it holds for a leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))


def tree_all_only(
    type_or_types: Types, pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> bool:
    """Whether it holds for all leaves of a type."""
    return all(pred(x) for x in tree_leaves(tree, is_leaf) if isinstance(x, type_or_types))


def tree_any_only(
    type_or_types: Types, pred: Callable[[Any], bool], tree: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> bool:
    """Whether it holds for a leaf of a type."""
    return any(pred(x) for x in tree_leaves(tree, is_leaf) if isinstance(x, type_or_types))


__all__ = [
    "LeafSpec",
    "PyTree",
    "TreeSpec",
    "is_namedtuple_instance",
    "register_pytree_node",
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_flatten",
    "tree_is_leaf",
    "tree_iter",
    "tree_leaves",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_map_only_",
    "tree_structure",
    "tree_unflatten",
]
