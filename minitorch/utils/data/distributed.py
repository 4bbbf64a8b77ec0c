"""A sampler that gives each of several processes its share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized

from ... import distributed
from ...random import Generator, randperm
from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """The share of process `rank` among `num_replicas`: every num_replicas-th index, all processes equally many.

    So that they are, some indices come twice, or with `drop_last` some not at all. Shuffled by `seed` plus the epoch:
    call `set_epoch` before each, else the order stays the same.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if None in (num_replicas, rank) and not distributed.is_initialized():
            raise RuntimeError(
                "Requires distributed package to be available: before init_process_group, DistributedSampler needs "
                "num_replicas and rank"
            )
        num_replicas = distributed.get_world_size() if num_replicas is None else num_replicas
        rank = distributed.get_rank() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        count = len(dataset)
        self.num_samples = count // num_replicas if drop_last else math.ceil(count / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        count = len(self.dataset)
        order = list(range(count))
        if self.shuffle:
            order = randperm(count, generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        repeated = order * math.ceil(self.total_size / count) if count else []
        return iter(repeated[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Shuffle differently from now on."""
        self.epoch = epoch
