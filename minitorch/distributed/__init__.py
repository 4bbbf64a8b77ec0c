"""Processes that train together, of which there is one here: what programs call before, between and after, for a world
of one. A larger world is refused, and `is_available` is False, for nothing here talks to another process.

>>> torch.distributed.init_process_group("gloo", init_method="tcp://127.0.0.1:29500", rank=0, world_size=1)
>>> torch.distributed.get_rank(), torch.distributed.get_world_size()
(0, 1)
>>> torch.distributed.destroy_process_group()
"""

from __future__ import annotations

import enum
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from ..autograd.grad_mode import no_grad
from ..missing import missing_from
from ..tensor import Tensor

default_pg_timeout = timedelta(minutes=30)
_ABSENT = "Default process group has not been initialized, please make sure to call init_process_group."


class ReduceOp(enum.Enum):
    """How `all_reduce` and its kin combine what the processes have; of one process, all give what it has."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7
    PREMUL_SUM = 8


class Backend(str):
    """The name of a backend. ValueError for what is no text."""

    GLOO, NCCL, MPI, UCC, XCCL, UNDEFINED = "gloo", "nccl", "mpi", "ucc", "xccl", "undefined"

    def __new__(cls, name: Any) -> Backend:
        if not isinstance(name, str):
            raise ValueError(f"Backend constructor parameter must be string-ish, got {type(name).__name__}")
        return super().__new__(cls, name.lower())


class ProcessGroup:
    """A group of processes: this one."""

    def __init__(self, backend: str) -> None:
        self._backend = Backend(backend)

    def rank(self) -> int:
        """0."""
        return 0

    def size(self) -> int:
        """1."""
        return 1

    def name(self) -> str:
        """The backend."""
        return str(self._backend)


class Work:
    """What `async_op=True` returns: finished already."""

    def wait(self, timeout: Any = None) -> bool:
        """True."""
        return True

    def is_completed(self) -> bool:
        """True."""
        return True

    def is_success(self) -> bool:
        """True."""
        return True


class _Groups(type):
    """The groups there are; the first is that of all processes, `group.WORLD`."""

    known: ClassVar[list[ProcessGroup]] = []

    @property
    def WORLD(cls) -> ProcessGroup | None:
        return cls.known[0] if cls.known else None


class group(metaclass=_Groups):
    """`group.WORLD`: the group of all processes; None before `init_process_group`."""


class GroupMember(metaclass=_Groups):
    """`GroupMember.WORLD`, the same, and NON_GROUP_MEMBER, what `new_group` gives those outside: nobody is."""

    NON_GROUP_MEMBER = -100


# ---------------------------------------------------------------- questions


def is_available() -> bool:
    """False: there is one process. What a world of one needs is here nevertheless."""
    return False


def is_initialized() -> bool:
    """Whether `init_process_group` was called."""
    return group.WORLD is not None


def is_gloo_available() -> bool:
    """False."""
    return False


def is_nccl_available() -> bool:
    """False."""
    return False


def is_mpi_available() -> bool:
    """False."""
    return False


def is_torchelastic_launched() -> bool:
    """Whether a launcher started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def get_rank(group: Any = None) -> int:
    """0. ValueError before `init_process_group`."""
    return _group(group).rank()


def get_world_size(group: Any = None) -> int:
    """1. ValueError before `init_process_group`."""
    return _group(group).size()


def get_backend(group: Any = None) -> str:
    """The backend that `init_process_group` was told."""
    return _group(group).name()


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    """The environment's LOCAL_RANK, else `fallback_rank`; RuntimeError without either."""
    if "LOCAL_RANK" in os.environ:
        return int(os.environ["LOCAL_RANK"])
    if fallback_rank is None:
        raise RuntimeError("LOCAL_RANK is not in the environment. Consider passing fallback_rank")
    return int(fallback_rank)


def get_process_group_ranks(group: Any = None) -> list[int]:
    """[0]."""
    return [_group(group).rank()]


def get_group_rank(group: Any, global_rank: int) -> int:
    """0. ValueError for a rank that is not there."""
    _group(group)
    _only(global_rank, "global rank", ValueError)
    return 0


def get_global_rank(group: Any, group_rank: int) -> int:
    """0. ValueError for a rank that is not there."""
    return get_group_rank(group, group_rank)


def _group(given: Any = None) -> ProcessGroup:
    if group.WORLD is None:
        raise ValueError(_ABSENT)
    if given is None:
        return group.WORLD
    if given not in _Groups.known:
        raise ValueError(f"Group {given} is not registered, please create group with torch.distributed.new_group API")
    found: ProcessGroup = given
    return found


def _only(rank: Any, what: str = "root rank", error: type[Exception] = RuntimeError) -> None:
    if rank not in (None, 0):
        raise error(f"torch.distributed: invalid {what}: {rank}; there is one process, of rank 0")


# ---------------------------------------------------------------- begin and end


def init_process_group(
    backend: str | None = None, init_method: str | None = None, timeout: Any = None, world_size: int = -1,
    rank: int = -1, store: Any = None, group_name: str = "", pg_options: Any = None, device_id: Any = None,
) -> None:  # fmt: skip
    """Begin, as the only process: rank 0 of a world of 1, whether arguments, the address or the environment say so.

    `init_method` is "env://" (RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in the environment), or an address
    "tcp://..." or "file://..." that nobody is asked at. `backend`: "gloo" or none. ValueError for what is missing, and
    if it was called before; RuntimeError for more than one process and for other backends.
    """
    if is_initialized():
        raise ValueError("trying to initialize the default process group twice!")
    if store is None:
        rank, world_size = _rendezvous(init_method or "env://", rank, world_size)
    if rank < 0 or world_size < 1:
        raise ValueError(f"init_process_group: rank and world_size must be given, got {rank} and {world_size}")
    if world_size != 1 or rank != 0:
        raise RuntimeError(
            f"init_process_group: minitorch trains in one process, and was asked to be rank {rank} of {world_size}: "
            "torch.distributed.is_available() says so. Start the program once, with WORLD_SIZE=1."
        )
    _Groups.known.append(ProcessGroup(_backend(backend)))


def _backend(name: str | None) -> str:
    """The backend, which must be one that serves a CPU."""
    if name is None:
        return Backend.UNDEFINED
    parts = [part.rpartition(":")[2] for part in Backend(name).split(",")]
    for part in parts:
        if part in ("nccl", "mpi", "ucc", "xccl"):
            raise RuntimeError(f"Distributed package doesn't have {part.upper()} built in: use 'gloo'")
        if part != "gloo":
            raise AssertionError(f"Unknown backend type {part}")
    return Backend(name)


def _rendezvous(address: str, rank: int, world_size: int) -> tuple[int, int]:
    """(rank, world_size), from the arguments, else the address, else the environment."""
    parts = urlsplit(address)
    if parts.scheme not in ("env", "tcp", "file"):
        raise RuntimeError(f"No rendezvous handler for {parts.scheme}://: expected env://, tcp:// or file://")
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    found = []
    for name, given in (("rank", rank), ("world_size", world_size)):
        text = str(given) if given >= 0 else query.get(name)
        if text is None and parts.scheme != "env":
            what = name.replace("_", " ")
            raise ValueError(f"Error initializing torch.distributed using {parts.scheme}:// rendezvous: {what} missing")
        found.append(int(_environment(name.upper()) if text is None else text))
    if parts.scheme == "env":
        _environment("MASTER_ADDR"), _environment("MASTER_PORT")
    return found[0], found[1]


def _environment(name: str) -> str:
    if name not in os.environ:
        raise ValueError(
            "Error initializing torch.distributed using env:// rendezvous: "
            f"environment variable {name} expected, but not set"
        )
    return os.environ[name]


def destroy_process_group(group: Any = None) -> None:
    """End; of the world, all groups with it. AssertionError if nothing was begun."""
    if not _Groups.known:
        raise AssertionError("Process group cannot be None")
    found = _group(group)
    if found is _Groups.known[0]:
        _Groups.known.clear()
    else:
        _Groups.known.remove(found)


def new_group(
    ranks: Any = None, timeout: Any = None, backend: str | None = None, pg_options: Any = None, **kwargs: Any
) -> ProcessGroup:
    """A group of the ranks, which can only be [0]. ValueError for others."""
    world = _group()
    if ranks is not None and list(ranks) != [0]:
        raise ValueError(f"new_group: expected ranks [0], for there is one process, got {list(ranks)}")
    _Groups.known.append(ProcessGroup(world.name() if backend is None else _backend(backend)))
    return _Groups.known[-1]


# ---------------------------------------------------------------- tensors


def _done(async_op: bool) -> Work | None:
    return Work() if async_op else None


def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None) -> Work | None:
    """Wait for all processes: there is nobody to wait for."""
    _group(group)
    return _done(async_op)


def monitored_barrier(group: Any = None, timeout: Any = None, wait_all_ranks: bool = False) -> None:
    """The same."""
    _group(group)


def all_reduce(tensor: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Work | None:
    """Combine the tensors of all processes, in place: of one process, the tensor stays as it is.

    RuntimeError for BAND, BOR and BXOR of floating tensors.
    """
    _group(group)
    _check_operation(tensor, op)
    return _done(async_op)


def _check_tensor(x: Any) -> None:
    if not isinstance(x, Tensor):
        raise TypeError(f"torch.distributed: expected a Tensor, got {type(x).__name__}")


def _check_operation(tensor: Any, op: Any) -> None:
    _check_tensor(tensor)
    if not isinstance(op, ReduceOp):
        raise TypeError(f"torch.distributed: expected a ReduceOp, got {type(op).__name__}")
    fractional = tensor.is_floating_point() or tensor.is_complex()
    if op in (ReduceOp.BAND, ReduceOp.BOR, ReduceOp.BXOR) and fractional:
        raise RuntimeError(f"Cannot use ReduceOp.{op.name} with non-integral dtype {tensor.dtype}")
    if op is ReduceOp.AVG and not fractional:
        raise RuntimeError(f"Cannot use ReduceOp.AVG with the dtype {tensor.dtype}: a mean of integers is none")


def _check_root(name: str, rank: int | None, group_rank: int | None) -> None:
    """A root must be named, once, and be the one process there is."""
    if (rank is None) == (group_rank is None):
        raise ValueError(f"torch.distributed: say which process is the root, by '{name}' or by 'group_{name}'")
    _only(rank)
    _only(group_rank)


def reduce(
    tensor: Tensor, dst: int | None = None, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:  # fmt: skip
    """`all_reduce` whose result only `dst` gets."""
    _check_root("dst", dst, group_dst)
    return all_reduce(tensor, op, group, async_op)


def broadcast(
    tensor: Tensor, src: int | None = None, group: Any = None, async_op: bool = False, group_src: int | None = None
) -> Work | None:
    """Give all processes the tensor of `src`: it has it. RuntimeError for another rank than 0."""
    _group(group)
    _check_tensor(tensor)
    _check_root("src", src, group_src)
    return _done(async_op)


def _copy(to: Any, tensor: Tensor) -> None:
    """Copy to a tensor of the same dtype and shape, or (for the flat forms) of as many elements."""
    _check_tensor(to)
    _check_tensor(tensor)
    if to.dtype != tensor.dtype:
        raise ValueError(f"Invalid usage of tensors with different dtypes: found {to.dtype} and {tensor.dtype}")
    if to.numel() != tensor.numel():
        raise RuntimeError(
            f"torch.distributed: expected a tensor of {tensor.numel()} elements, got shape {list(to.shape)} for "
            f"{list(tensor.shape)}"
        )
    with no_grad():
        to.copy_(tensor.reshape(to.shape))


def _one(values: Any, name: str) -> Any:
    """The only entry of a list that has one for each process."""
    if not isinstance(values, Sequence):
        raise TypeError(f"{name}: expected a list with one entry for each process, got {type(values).__name__}")
    if len(values) != 1:
        raise RuntimeError(f"{name}: expected a list of 1 entry, one for each process, got {len(values)}")
    return values[0]


def _copy_alike(name: str, to: Tensor, tensor: Tensor) -> None:
    _check_tensor(to)
    _check_tensor(tensor)
    if to.shape != tensor.shape:
        raise RuntimeError(f"{name}: invalid tensor size (expected {list(tensor.shape)}, got {list(to.shape)})")
    _copy(to, tensor)


def all_gather(tensor_list: Any, tensor: Tensor, group: Any = None, async_op: bool = False) -> Work | None:
    """Copy the tensor of each process to the list: of this one, to `tensor_list[0]`."""
    _group(group)
    _copy_alike("all_gather", _one(tensor_list, "all_gather"), tensor)
    return _done(async_op)


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: Any = None, async_op: bool = False
) -> Work | None:
    """The tensors of all processes behind or above each other: a copy of the one there is."""
    _group(group)
    _copy(output_tensor, input_tensor)
    return _done(async_op)


def gather(
    tensor: Tensor, gather_list: Any = None, dst: int | None = None, group: Any = None, async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:  # fmt: skip
    """`all_gather` whose result only `dst` gets."""
    _only(dst)
    _only(group_dst)
    if not gather_list:
        raise ValueError("Argument ``gather_list`` must be specified on destination rank.")
    return all_gather(gather_list, tensor, group, async_op)


def scatter(
    tensor: Tensor, scatter_list: Any = None, src: int | None = None, group: Any = None, async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:  # fmt: skip
    """Give each process one of the list: `scatter_list[0]` is copied to the tensor."""
    _group(group)
    _only(src)
    _only(group_src)
    if not scatter_list:
        raise ValueError("Argument ``scatter_list`` must be specified on source rank.")
    _copy_alike("scatter", tensor, _one(scatter_list, "scatter"))
    return _done(async_op)


def reduce_scatter(
    output: Tensor, input_list: Any, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Combine, and give each process its part: `input_list[0]` is copied to `output`."""
    _group(group)
    given = _one(input_list, "reduce_scatter")
    _check_operation(given, op)
    _copy_alike("reduce_scatter", output, given)
    return _done(async_op)


def reduce_scatter_tensor(
    output: Tensor, input: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """The same of one tensor with the parts behind each other."""
    _group(group)
    _check_operation(input, op)
    _copy(output, input)
    return _done(async_op)


def all_to_all(
    output_tensor_list: Any, input_tensor_list: Any, group: Any = None, async_op: bool = False
) -> Work | None:
    """Each process gives each other one tensor: this one gives itself its own."""
    return all_gather(output_tensor_list, _one(input_tensor_list, "all_to_all"), group, async_op)


def all_to_all_single(
    output: Tensor, input: Tensor, output_split_sizes: Any = None, input_split_sizes: Any = None, group: Any = None,
    async_op: bool = False,
) -> Work | None:  # fmt: skip
    """The same of one tensor with the parts behind each other, of these sizes: here it is one part."""
    _check_split(output, output_split_sizes)
    _check_split(input, input_split_sizes)
    return all_gather_into_tensor(output, input, group, async_op)


def _check_split(x: Any, sizes: Any) -> None:
    _check_tensor(x)
    if sizes and list(sizes) != [x.shape[0]]:
        raise RuntimeError(f"all_to_all_single: there is one part, of size {x.shape[0]}, but the sizes are {sizes}")


# ---------------------------------------------------------------- objects


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    """Put the object of each process into the list."""
    _group(group)
    _one(object_list, "all_gather_object")
    object_list[0] = obj


def gather_object(
    obj: Any, object_gather_list: Any = None, dst: int | None = None, group: Any = None, group_dst: int | None = None
) -> None:
    """`all_gather_object` whose result only `dst` gets."""
    _only(dst)
    _only(group_dst)
    if object_gather_list is None:
        raise ValueError("Argument ``gather_list`` must be specified on destination rank.")
    all_gather_object(object_gather_list, obj, group)


def broadcast_object_list(
    object_list: Any, src: int | None = None, group: Any = None, device: Any = None, group_src: int | None = None
) -> None:
    """Give all processes the objects of `src`: it has them."""
    _group(group)
    _only(src)
    _only(group_src)


def scatter_object_list(
    scatter_object_output_list: Any, scatter_object_input_list: Any = None, src: int | None = None, group: Any = None,
    group_src: int | None = None,
) -> None:  # fmt: skip
    """Give each process one object of the list, in the first place of its own."""
    _group(group)
    _only(src)
    _only(group_src)
    if not isinstance(scatter_object_output_list, list) or not scatter_object_output_list:
        raise ValueError("scatter_object_list: expected a list with room for one object as the first argument")
    scatter_object_output_list[0] = _one(scatter_object_input_list, "scatter_object_list")


def send(tensor: Tensor, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None) -> None:
    """ValueError: there is no other process to send to."""
    _group(group)
    raise ValueError(f"Invalid destination rank: there is one process, of rank 0, got {dst}")


def recv(tensor: Tensor, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None) -> int:
    """ValueError: there is no other process to hear from."""
    _group(group)
    raise ValueError(f"Invalid source rank: there is one process, of rank 0, got {src}")


__getattr__ = missing_from(__name__)
