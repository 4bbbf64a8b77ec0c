"""Batches of sequences of different lengths: padded, packed step by step, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ... import creation as torch
from ... import dtypes as dt
from ...tensor import Tensor


class _Fields(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Fields):
    """A batch of sequences step by step, without padding: the first elements of all, the second of those that have one,
    ...

    `data` (elements, ...), `batch_sizes`: how many sequences reach each step; `sorted_indices`: the order, the longest
    first, in which they were packed, and `unsorted_indices`: the way back, or None. Made by `pack_padded_sequence` and
    `pack_sequence`; every recurrent layer takes one.
    """

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> PackedSequence:
        """Of its parts, or of the pair (data, batch_sizes)."""
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _with(self, data: Any) -> PackedSequence:
        return self if data is self.data else type(self)(data, *self[1:])

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """`data` in another dtype or on another device."""
        return self._with(self.data.to(*args, **kwargs))

    def cpu(self) -> PackedSequence:
        """Itself: all tensors are on the CPU."""
        return self

    def pin_memory(self) -> PackedSequence:
        """Itself: there is no device to copy to."""
        return self

    def double(self) -> PackedSequence:
        """`data` in float64."""
        return self.to(dt.float64)

    def float(self) -> PackedSequence:
        """`data` in float32."""
        return self.to(dt.float32)

    def long(self) -> PackedSequence:
        """`data` in int64."""
        return self.to(dt.int64)

    def int(self) -> PackedSequence:
        """`data` in int32."""
        return self.to(dt.int32)

    @property
    def is_cuda(self) -> bool:
        """False."""
        return False

    def is_pinned(self) -> bool:
        """False."""
        return False


def invert_permutation(permutation: Any) -> Any:
    """The permutation that undoes one; None of None.

    >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    return torch.empty_like(permutation).scatter_(0, permutation, torch.arange(permutation.numel()))


def _places(batch_sizes: Any, batch: int, length: int, batch_first: bool) -> Any:
    """Where the packed elements lie in a padded batch whose first two dimensions are flattened."""
    reached = torch.arange(batch).unsqueeze(0) < batch_sizes.unsqueeze(1)
    at = reached.reshape(-1).nonzero().reshape(-1)
    return at % batch * length + at // batch if batch_first else at


def _lengths(lengths: Any) -> Any:
    return lengths.to(dt.int64) if isinstance(lengths, Tensor) else torch.tensor(list(lengths), dtype=dt.int64)


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch (T, B, ...), or (B, T, ...) with batch_first, of sequences of these lengths.

    The longest comes first, or RuntimeError is raised; with enforce_sorted=False they are sorted here.

    >>> torch.nn.utils.rnn.pack_padded_sequence(torch.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True).data
    tensor([1, 3, 2])
    """
    lengths, order = _lengths(lengths), None
    if not enforce_sorted:
        lengths, order = lengths.sort(descending=True)
        input = input.index_select(0 if batch_first else 1, order)
    batch, length = (input.shape[0], input.shape[1]) if batch_first else (input.shape[1], input.shape[0])
    numbers = lengths.tolist()
    _check_lengths(numbers, batch, length)
    batch_sizes = (torch.arange(numbers[0]).unsqueeze(1) < lengths.unsqueeze(0)).sum(1)
    flat = input.reshape(batch * length, *input.shape[2:])
    return PackedSequence(flat.index_select(0, _places(batch_sizes, batch, length, batch_first)), batch_sizes, order)


def _check_lengths(lengths: list[int], batch: int, length: int) -> None:
    if len(lengths) != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} (batch_size={batch})"
        )
    if any(n <= 0 for n in lengths):
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if lengths != sorted(lengths, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to have it sorted."
        )
    if lengths[0] > length:
        raise RuntimeError(f"Expected lengths of at most {length}, the steps of the padded batch, got {lengths[0]}")


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """The padded batch (T, B, ...), or (B, T, ...), in the order before packing, and the lengths.

    `total_length`: pad to this many steps; ValueError if there are more.
    """
    data, batch_sizes, _, back = sequence
    length, batch = batch_sizes.shape[0], int(batch_sizes[0])
    if total_length is not None and total_length < length:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {length}"
        )
    length = total_length or length
    at = _places(batch_sizes, batch, length, batch_first)
    padded = data.new_full((batch * length, *data.shape[1:]), padding_value).index_copy(0, at, data)
    padded = padded.reshape(*((batch, length) if batch_first else (length, batch)), *data.shape[1:])
    lengths = (torch.arange(batch).unsqueeze(1) < batch_sizes.unsqueeze(0)).sum(1)
    if back is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, back), lengths[back]


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences (length, ...) in one tensor (T, B, ...), or (B, T, ...), padded to the longest; "right": padding
    behind.

    >>> torch.nn.utils.rnn.pad_sequence([torch.ones(1), torch.ones(2)], batch_first=True)
    tensor([[1., 0.],
            [1., 1.]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    rows = list(sequences.unbind(0) if isinstance(sequences, Tensor) else sequences)
    if not rows:
        raise RuntimeError("received an empty list of sequences")
    length = max(len(row) for row in rows)
    sizes = (len(rows), length) if batch_first else (length, len(rows))
    whole = rows[0].new_full((*sizes, *rows[0].shape[1:]), padding_value)
    by_sequence = whole if batch_first else whole.transpose(0, 1)
    for b, row in enumerate(rows):
        first = length - len(row) if padding_side == "left" else 0
        by_sequence[b, first : first + len(row)] = row
    return whole


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences (length, ...) of a padded batch, without their padding."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:n] for row, n in zip(rows, _lengths(lengths).tolist(), strict=True)]


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """Pack a list of sequences (length, ...); the longest first, or with enforce_sorted=False in any order.

    >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])])
    PackedSequence(data=tensor([1, 3, 2]), batch_sizes=tensor([2, 1]), sorted_indices=None, unsorted_indices=None)
    """
    lengths = [len(s) for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The sequences (length, ...) of a packed batch, in the order before packing."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]
