"""What the tape needs to know of a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from numpy.typing import NDArray

from ..missing import MissingMember
from ..storage import Storage
from .grad_mode import mode

T = TypeVar("T", bound="TensorBase")


class View:
    """How a tensor came to be a view: its base, and the steps `(Function, arguments, output)` from there to here."""

    __slots__ = ("base", "refusal", "steps", "version")

    def __init__(self, base: TensorBase, steps: tuple[Any, ...], version: int, refusal: str | None) -> None:
        self.base = base
        self.steps = steps
        self.version = version  # of the storage, when the view's own grad_fn was last made
        self.refusal = refusal  # why a recorded write to this view, or to its base, is an error; or None


def replay(steps: tuple[Any, ...], base: Any) -> Any:
    """The view that `steps` make of `base`."""
    for function, args, output in steps:
        result = function.apply(base, *args)
        base = result if output is None else result[output]
    return base


class TensorBase:
    """The part of a tensor that autograd sees: an array, its storage, and its place in the graph.

    Class attributes are the defaults, so that making a tensor sets only `array`.
    """

    array: NDArray[Any]
    _storage: Storage | None = None  # made when a view or a write first asks for it
    _requires_grad: bool = False
    _grad: Any = None
    _edge: tuple[Any, int] | None = None  # the node that made it, and which of its outputs it is; None: a leaf
    _view: View | None = None
    _hooks: dict[int, Any] | None = None
    _post_hooks: dict[int, Any] | None = None
    _inference: bool = False
    _retains_grad: bool = False

    def __getattr__(self, name: str) -> Any:
        """An AttributeError that says which name is nearest. A property that failed tells its own."""
        if name.startswith("__") or any(name in c.__dict__ for c in type(self).__mro__):
            return object.__getattribute__(self, name)
        raise MissingMember(self, name)

    if TYPE_CHECKING:  # a rule of differentiation uses the language, which stands above this floor

        def __getitem__(self, index: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __matmul__(self, other: Any) -> Any: ...
        def __eq__(self, other: Any) -> Any: ...
        def __ne__(self, other: Any) -> Any: ...
        def __and__(self, other: Any) -> Any: ...
        def __or__(self, other: Any) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...

    @property
    def storage(self) -> Storage:
        """The memory, shared with views."""
        storage = self._storage
        if storage is None:
            storage = self._storage = Storage(self.array)
        return storage

    def current_edge(self) -> tuple[Any, int] | None:
        """The node that made this tensor, and which of its outputs it is: anew, if the base of a view was written."""
        view = self._view
        if view is not None and view.version != self.storage.version:
            self._follow_base(view)
        return self._edge

    @property
    def grad_fn(self) -> Any:
        """The node that made this tensor; None for a leaf."""
        edge = self.current_edge()
        return None if edge is None else edge[0]

    @property
    def output_nr(self) -> int:
        """Which of the outputs of `grad_fn` this tensor is."""
        edge = self.current_edge()
        return 0 if edge is None else edge[1]

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor."""
        return self.current_edge() is None

    def tracked(self) -> bool:
        """Whether this tensor requires grad: itself, or because it is a view of one that does."""
        view = self._view
        return self._requires_grad or (view is not None and view.base._requires_grad)

    def _refused(self, view: View, happened: str) -> RuntimeError:
        """The error for a write that this view does not allow."""
        node, nr = self._edge or (None, 0)
        name = "a Function" if node is None else node.name()
        return RuntimeError(str(view.refusal).format(node=name, nr=nr, happened=happened))

    def _follow_base(self, view: View) -> None:
        """The base was written to since this view was made: make the view's place in the graph anew."""
        base = view.base
        if view.refusal and (base._requires_grad or self._edge is not None):
            raise self._refused(view, "its base or another view of its base has been modified inplace")
        view.version = self.storage.version
        if not base._requires_grad:
            return
        from_base = _recorded_replay(view, base)
        self._edge, self._requires_grad = from_base._edge, from_base._requires_grad
        if view.steps and self._edge is not None:
            self._edge[0].seen_as_strided()
        self._retain_again()

    def _retain_again(self) -> None:
        """A new node makes this tensor: if its gradient is retained, that is the gradient from now on."""
        if self._retains_grad and self._edge is not None:
            node, nr = self._edge
            node.retain(nr, self)


def _recorded_replay(view: View, base: TensorBase) -> Any:
    before, mode.grad = mode.grad, True
    try:
        return replay(view.steps, base)
    finally:
        mode.grad = before
