"""Trees of containers: taken apart, put together, mapped, printed."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest

import minitorch as torch
from minitorch.utils import _pytree as pytree

Point = namedtuple("Point", "x y")
TREE = {
    "a": [1, (2, None)],
    "b": OrderedDict(x=3),
    "c": deque([1, 2], maxlen=3),
    "d": Point(1, 2),
    "e": defaultdict(int, a=1),
}


def test_there_and_back():
    leaves, spec = pytree.tree_flatten(TREE)
    assert leaves == [1, 2, None, 3, 1, 2, 1, 2, 1]
    assert (spec.num_leaves, spec.num_children, spec.num_nodes) == (9, 5, 16)
    again = pytree.tree_unflatten(leaves, spec)
    assert again == TREE
    assert [type(x) for x in again.values()] == [type(x) for x in TREE.values()]
    assert again["c"].maxlen == 3
    with pytest.raises(ValueError, match="length 1 but the spec"):
        spec.unflatten([1])


def test_forms_print_and_compare():
    spec = pytree.tree_structure([1, (2, 3)])
    assert repr(spec) == "TreeSpec(list, None, [*,\n  TreeSpec(tuple, None, [*,\n    *])])"
    assert repr(pytree.tree_structure(5)) == "*"
    assert spec == pytree.tree_structure([0, (0, 0)])
    assert spec != pytree.tree_structure([0, [0, 0]])
    assert "TreeSpec(max, None, [*,\n  *])" in repr(pytree.tree_structure(torch.max(torch.ones(2, 2), 1)))


def test_maps():
    assert pytree.tree_map(lambda x, y: x + y, [1, (2,)], [10, (20,)]) == [11, (22,)]
    assert pytree.tree_map(lambda x, y: x + y, {"a": 1, "b": 2}, {"b": 10, "a": 20}) == {"a": 21, "b": 12}
    assert pytree.tree_map_only(int, lambda x: x + 1, [1, 2.0, "a"]) == [2, 2.0, "a"]
    assert pytree.tree_map_only(lambda x: x == 1, lambda x: 7, [1, 2]) == [7, 2]
    seen = []
    assert pytree.tree_map_(seen.append, (1, 2)) == (1, 2)
    assert seen == [1, 2]
    assert pytree.tree_leaves([1, [2]], is_leaf=lambda x: x == [2]) == [1, [2]]
    assert pytree.tree_all(lambda x: x > 0, [1, 2])
    assert pytree.tree_any(lambda x: x > 1, [1, (2,)])
    assert pytree.tree_all_only(int, lambda x: x > 0, [1, "a"])
    assert not pytree.tree_any_only(int, lambda x: x > 1, [1, "b"])


@pytest.mark.parametrize("other", [[1, 2, 3], (1, 2), [1], {"a": 1}])
def test_other_forms_are_refused(other):
    with pytest.raises(ValueError, match="mismatch"):
        pytree.tree_map(lambda x, y: x, [1, 2], other)


def test_other_keys_are_refused():
    with pytest.raises(ValueError, match="mismatch"):
        pytree.tree_map(lambda x, y: x, {"a": 1}, {"b": 1})


def test_a_container_of_ones_own():
    class Box:
        def __init__(self, content):
            self.content = content

    assert pytree.tree_is_leaf(Box(1))
    pytree.register_pytree_node(Box, lambda box: ([box.content], None), lambda children, _: Box(*children))
    assert pytree.tree_map(lambda x: x + 1, [Box(4)])[0].content == 5
    with pytest.raises(ValueError, match="already registered"):
        pytree.register_pytree_node(Box, lambda box: ([], None), lambda children, _: None)
