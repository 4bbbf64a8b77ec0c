"""Trees: containers of containers, taken apart into their leaves and put together again. `torch.utils._pytree`."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..size import Size

__all__ = [
    "LeafSpec",
    "PyTree",
    "TreeSpec",
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

PyTree = Any
IsLeaf = Callable[[Any], bool] | None


class _Kind(NamedTuple):
    """How a container is taken apart, into (children, context), and made again from them."""

    flatten: Callable[[Any], tuple[Any, Any]]
    unflatten: Callable[[Any, Any], Any]


def _values(x: Any) -> tuple[list[Any], Any]:
    return list(x.values()), list(x)


def _paired(kind: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda values, keys: kind(zip(keys, values, strict=True))


_KINDS: dict[Any, _Kind] = {
    tuple: _Kind(lambda x: (list(x), None), lambda values, _: tuple(values)),
    Size: _Kind(lambda x: (list(x), None), lambda values, _: tuple(values)),
    list: _Kind(lambda x: (x, None), lambda values, _: list(values)),
    dict: _Kind(_values, _paired(dict)),
    OrderedDict: _Kind(_values, _paired(OrderedDict)),
    defaultdict: _Kind(
        lambda x: (list(x.values()), [x.default_factory, list(x)]),
        lambda values, context: defaultdict(context[0], zip(context[1], values, strict=True)),
    ),
    deque: _Kind(lambda x: (list(x), x.maxlen), lambda values, maxlen: deque(values, maxlen)),
}
_NAMED = _Kind(lambda x: (list(x), type(x)), lambda values, kind: kind(*values))


def register_pytree_node(cls: type, flatten_fn: Any, unflatten_fn: Any, **options: Any) -> None:
    """Take objects of a class apart, too: `flatten_fn(x)` gives (children, context), `unflatten_fn(children, context)`
    makes one again. The options, which name and write classes, change nothing.
    """
    if cls in _KINDS:
        raise ValueError(f"{cls} is already registered as pytree node.")
    _KINDS[cls] = _Kind(flatten_fn, unflatten_fn)


def _kind(x: Any) -> _Kind | None:
    found = _KINDS.get(type(x))
    is_named = isinstance(x, tuple) and isinstance(getattr(type(x), "_fields", None), tuple)
    return _NAMED if found is None and is_named else found


@dataclass(frozen=True)
class TreeSpec:
    """The form of a tree: its kind, its context (keys, say) and the forms of its children. A leaf has no kind."""

    type: Any
    context: Any
    children_specs: list[TreeSpec]

    @property
    def num_leaves(self) -> int:
        return 1 if self.is_leaf() else sum(child.num_leaves for child in self.children_specs)

    @property
    def num_nodes(self) -> int:
        return 1 + sum(child.num_nodes for child in self.children_specs)

    @property
    def num_children(self) -> int:
        return len(self.children_specs)

    def is_leaf(self) -> bool:
        """Whether this is the form of a leaf."""
        return self.type is None

    def children(self) -> list[TreeSpec]:
        """The forms of the children."""
        return list(self.children_specs)

    def child(self, index: int) -> TreeSpec:
        """The form of one child."""
        return self.children_specs[index]

    def unflatten(self, leaves: Any) -> Any:
        """A tree of this form."""
        return tree_unflatten(leaves, self)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """The parts of a tree where this form has leaves; ValueError where they differ before."""
        if self.is_leaf():
            return [tree]
        kind = _kind(tree)
        children = kind.flatten(tree)[0] if kind else []
        if self._type_of(kind, tree) is not self.type or len(children) != len(self.children_specs):
            raise ValueError(f"Type mismatch; expected {self.type!r} with {self.num_children} parts, but got {tree!r}.")
        if isinstance(tree, dict) and self.type in (dict, OrderedDict):
            if set(tree) != set(self.context):
                raise ValueError(f"Node keys mismatch; expected {self.context!r}, but got {list(tree)!r}.")
            children = [tree[key] for key in self.context]
        pairs = zip(self.children_specs, children, strict=True)
        return [part for spec, child in pairs for part in spec.flatten_up_to(child)]

    @staticmethod
    def _type_of(kind: _Kind | None, tree: Any) -> Any:
        return namedtuple if kind is _NAMED else type(tree)

    def __repr__(self) -> str:
        return self._shown(0)

    def _shown(self, indent: int) -> str:
        if self.is_leaf():
            return "*"
        inner = f",\n{' ' * (indent + 2)}".join(child._shown(indent + 2) for child in self.children_specs)
        return f"TreeSpec({self.type.__name__}, {self.context}, [{inner}])"


_LEAF = TreeSpec(None, None, [])


def LeafSpec() -> TreeSpec:
    """The form of a leaf."""
    return _LEAF


def tree_is_leaf(tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether nothing lies below: no container of a known class, or `is_leaf` says so."""
    return (is_leaf is not None and is_leaf(tree)) or _kind(tree) is None


def tree_flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeSpec]:
    """(leaves, form).

    >>> torch.utils._pytree.tree_flatten({"a": [1, 2], "b": 3})[0]
    [1, 2, 3]
    """
    leaves: list[Any] = []
    return leaves, _form(tree, is_leaf, leaves)


def _form(tree: Any, is_leaf: IsLeaf, leaves: list[Any]) -> TreeSpec:
    kind = None if is_leaf is not None and is_leaf(tree) else _kind(tree)
    if kind is None:
        leaves.append(tree)
        return _LEAF
    children, context = kind.flatten(tree)
    return TreeSpec(TreeSpec._type_of(kind, tree), context, [_form(child, is_leaf, leaves) for child in children])


def tree_unflatten(leaves: Any, treespec: TreeSpec) -> Any:
    """The tree of this form with these leaves; ValueError if their number is another."""
    if not isinstance(treespec, TreeSpec):
        raise TypeError(f"tree_unflatten expects a TreeSpec as the form, but got {type(treespec).__name__}")
    given = list(leaves)
    if len(given) != treespec.num_leaves:
        raise ValueError(f"tree_unflatten got {len(given)} leaves for a form with {treespec.num_leaves}: {treespec}")
    return _made(treespec, iter(given))


def _made(spec: TreeSpec, leaves: Iterator[Any]) -> Any:
    if spec.is_leaf():
        return next(leaves)
    kind = _NAMED if spec.type is namedtuple else _KINDS[spec.type]
    return kind.unflatten([_made(child, leaves) for child in spec.children_specs], spec.context)


def tree_leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves."""
    return tree_flatten(tree, is_leaf)[0]


def tree_iter(tree: Any, is_leaf: IsLeaf = None) -> Iterator[Any]:
    """The leaves, one after the other."""
    return iter(tree_leaves(tree, is_leaf))


def tree_structure(tree: Any, is_leaf: IsLeaf = None) -> TreeSpec:
    """The form."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """`func` of every leaf, and of what lies at its place in the other trees."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [spec.flatten_up_to(rest) for rest in rests]
    return tree_unflatten([func(*parts) for parts in zip(leaves, *others, strict=True)], spec)


def tree_map_(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree itself, after `func` was called on every leaf."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def _only(kinds: Any, func: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`func` of what is of these types (or what a predicate takes); the rest as it is."""
    is_meant = (lambda x: isinstance(x, kinds)) if isinstance(kinds, (type, tuple)) else kinds
    return lambda x: func(x) if is_meant(x) else x


def tree_map_only(type_or_types_or_pred: Any, func: Any, tree: Any, is_leaf: IsLeaf = None) -> Any:
    """`func` of every leaf of these types (or that a predicate takes); the others stay."""
    return tree_map(_only(type_or_types_or_pred, func), tree, is_leaf=is_leaf)


def tree_map_only_(type_or_types_or_pred: Any, func: Any, tree: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree itself, after `func` was called on every leaf of these types."""
    return tree_map_(_only(type_or_types_or_pred, func), tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether `pred` holds for all leaves."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether `pred` holds for a leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))


def tree_all_only(type_or_types: Any, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether `pred` holds for all leaves of these types."""
    return all(pred(x) for x in tree_leaves(tree, is_leaf) if isinstance(x, type_or_types))


def tree_any_only(type_or_types: Any, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether `pred` holds for a leaf of these types."""
    return any(pred(x) for x in tree_leaves(tree, is_leaf) if isinstance(x, type_or_types))
