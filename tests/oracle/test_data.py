"""Datasets, samplers and loaders: the same program run with PyTorch and with minitorch, orders of random draws
included.
"""

import importlib
import random
import warnings
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
import torch
from oracle.compare import same, values

import minitorch

Pair = namedtuple("Pair", ["a", "b"])


def both(program):
    """What a program gives with minitorch and with PyTorch: results, or type and beginning of the error."""
    found = []
    for library in (minitorch, torch):
        library.manual_seed(3)
        data = importlib.import_module(f"{library.__name__}.utils.data")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append(values(program(library, data)))
        except Exception as error:
            found.append(("error", type(error).__name__, str(error).replace("minitorch", "torch")[:25]))
    return found


def check(program):
    ours, theirs = both(program)
    same(ours, theirs, 1e-12)


def squares(library, data, n=23):
    return data.TensorDataset(library.arange(n), library.arange(n) ** 2)


SAMPLERS = {
    "sequential": lambda t, d: d.SequentialSampler(range(5)),
    "random": lambda t, d: d.RandomSampler(range(40)),
    "random twice": lambda t, d: d.RandomSampler(range(7), num_samples=17),
    "random few": lambda t, d: d.RandomSampler(range(7), num_samples=3),
    "with replacement": lambda t, d: d.RandomSampler(range(7), True, 70),
    "replacement generator": lambda t, d: d.RandomSampler(range(7), True, generator=t.Generator().manual_seed(5)),
    "random generator": lambda t, d: d.RandomSampler(range(7), generator=t.Generator().manual_seed(5)),
    "subset": lambda t, d: d.SubsetRandomSampler([3, 5, 8, 13]),
    "weighted": lambda t, d: d.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7], 12),
    "weighted once": lambda t, d: d.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7], 4, replacement=False),
    "batches": lambda t, d: d.BatchSampler(d.RandomSampler(range(10)), 3, False),
    "whole batches": lambda t, d: d.BatchSampler(d.SequentialSampler(range(10)), 3, True),
    "distributed": lambda t, d: d.DistributedSampler(range(11), 4, 1, seed=3),
    "distributed whole": lambda t, d: d.DistributedSampler(range(11), 4, 3, drop_last=True),
    "distributed tiny": lambda t, d: d.DistributedSampler(range(2), 7, 6, shuffle=False),
    "negative": lambda t, d: d.RandomSampler(range(3), num_samples=-1),
    "empty": lambda t, d: d.RandomSampler([]),
    "no bool": lambda t, d: d.RandomSampler(range(3), replacement=1),
    "batch of 0": lambda t, d: d.BatchSampler(range(3), 0, False),
    "batch drop": lambda t, d: d.BatchSampler(range(3), 1, 1),
    "weights 2-d": lambda t, d: d.WeightedRandomSampler([[0.1]], 1),
    "rank": lambda t, d: d.DistributedSampler(range(2), 2, 2),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_sampler(name):
    def program(t, d):
        sampler = SAMPLERS[name](t, d)
        found = [list(sampler), len(sampler)]
        if "distributed" in name:
            sampler.set_epoch(4)
        generator = getattr(sampler, "generator", None)
        return [*found, list(sampler), t.rand(2), None if generator is None else t.rand(1, generator=generator)]

    check(program)


def test_random_split():
    check(lambda t, d: [[*part] for part in d.random_split(range(11), [5, 4, 2])])
    check(lambda t, d: [part.indices for part in d.random_split(range(11), [0.5, 0.3, 0.2])])
    check(lambda t, d: [part.indices for part in d.random_split(range(9), [0.5, 0.5], t.Generator().manual_seed(1))])
    check(lambda t, d: [part.indices for part in d.random_split(range(2), [0.9, 0.05, 0.05])])
    check(lambda t, d: d.random_split(range(11), [5, 4]))
    check(lambda t, d: d.random_split(range(11), [1.5, -0.5]))


def test_datasets():
    check(lambda t, d: [squares(t, d)[3], squares(t, d)[2:4], len(squares(t, d))])
    check(lambda t, d: [(squares(t, d, 2) + squares(t, d, 3))[i] for i in (0, 2, -1)])
    check(lambda t, d: (squares(t, d, 2) + squares(t, d, 3))[-9])
    check(lambda t, d: d.TensorDataset(t.ones(2), t.ones(3)))
    check(lambda t, d: d.StackDataset(squares(t, d), range(23))[4])
    check(lambda t, d: d.StackDataset(a=squares(t, d), b=range(23)).__getitems__([1, 2]))
    check(lambda t, d: d.StackDataset(d.Subset(squares(t, d), [5, 6]), range(2)).__getitems__([1, 0]))
    check(lambda t, d: d.StackDataset(range(2), range(3)))
    check(lambda t, d: d.StackDataset())
    check(lambda t, d: d.StackDataset(range(1), a=range(1)))
    check(lambda t, d: d.Subset(squares(t, d), [5, 6])[1])
    check(lambda t, d: d.Subset(squares(t, d), [5, 6]).__getitems__([1, 0]))
    check(lambda t, d: d.ConcatDataset([]))
    check(lambda t, d: d.Dataset()[0])
    check(lambda t, d: type("Bad", (d.Subset,), {"__getitem__": lambda self, i: 0})(range(2), [0]))


BATCHES = {
    "tensors": lambda t: [t.ones(2), t.zeros(2)],
    "floats": lambda t: [0.1, 0.2],
    "ints": lambda t: [1, 2],
    "bools": lambda t: [True, False],
    "strings": lambda t: ["a", "b"],
    "bytes": lambda t: [b"a", b"b"],
    "tuples": lambda t: [(1, 0.5, "x"), (2, 1.5, "y")],
    "lists": lambda t: [[1, 0.5], [2, 1.5]],
    "dictionaries": lambda t: [{"a": 1, "b": [t.ones(1)]}, {"a": 2, "b": [t.zeros(1)]}],
    "ordered": lambda t: [OrderedDict(a=1, b=2.0), OrderedDict(a=3, b=4.0)],
    "named": lambda t: [Pair(1, 2.0), Pair(3, 4.0)],
    "arrays": lambda t: [np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)],
    "float32": lambda t: [np.float32(1), np.float32(2)],
    "float64": lambda t: [np.float64(1), np.float64(2)],
    "int64": lambda t: [np.int64(1), np.int64(2)],
    "int16": lambda t: [np.int16(1), np.int16(2)],
    "numpy bool": lambda t: [np.bool_(True), np.bool_(False)],
    "range": lambda t: [range(3), range(3, 6)],
    "none": lambda t: [None, None],
    "sets": lambda t: [{1}, {2}],
    "unequal": lambda t: [[1], [1, 2]],
    "unequal tensors": lambda t: [t.ones(1), t.ones(2)],
    "objects": lambda t: [np.array(["a"]), np.array(["b"])],
}


@pytest.mark.parametrize("name", BATCHES)
def test_collate(name):
    check(lambda t, d: d.default_collate(BATCHES[name](t)))


@pytest.mark.parametrize("name", [n for n in BATCHES if n not in ("range", "sets")])
def test_convert(name):
    check(lambda t, d: d.default_convert(BATCHES[name](t)))


LOADERS = {
    "plain": {},
    "batches": {"batch_size": 4},
    "whole": {"batch_size": 4, "drop_last": True},
    "shuffled": {"batch_size": 4, "shuffle": True},
    "no batches": {"batch_size": None},
    "no batches shuffled": {"batch_size": None, "shuffle": True},
}


def passes(library, loader):
    """Two passes, and a number drawn after each."""
    found = []
    for _ in range(2):
        found += [[list(x) if isinstance(x, tuple) else x for x in loader], library.rand(1)]
    return [*found, len(loader)]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("name", LOADERS)
def test_loader(name, workers):
    check(lambda t, d: passes(t, d.DataLoader(squares(t, d), num_workers=workers, **LOADERS[name])))


@pytest.mark.parametrize("workers", [0, 2])
def test_loader_with_a_generator_or_sampler(workers):
    def generator(t, d):
        return d.DataLoader(
            squares(t, d),
            5,
            True,
            generator=t.Generator().manual_seed(9),
            num_workers=workers,
            persistent_workers=workers > 0,
        )

    check(lambda t, d: passes(t, generator(t, d)))
    check(
        lambda t, d: passes(
            t, d.DataLoader(squares(t, d), 5, sampler=d.SubsetRandomSampler(range(7)), num_workers=workers)
        )
    )
    check(lambda t, d: passes(t, d.DataLoader(squares(t, d), batch_sampler=[[1, 2], [3]], num_workers=workers)))
    check(
        lambda t, d: passes(
            t, d.DataLoader(squares(t, d), 5, sampler=d.DistributedSampler(range(23), 2, 0), num_workers=workers)
        )
    )


def seeds_of(library, data):
    """Samples that tell which worker made them, and with which random numbers."""

    class Seeds(data.Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            info = data.get_worker_info()
            here = (-1, 0, 0) if info is None else (info.id, info.num_workers, info.seed % 1000003)
            return [index, *here, library.rand(()).item(), random.random(), float(np.random.rand())]

    return Seeds()


def test_seeds_of_workers():
    check(lambda t, d: list(d.DataLoader(seeds_of(t, d), 2, num_workers=2)))


def streams(data):
    class Stream(data.IterableDataset):
        def __init__(self, n):
            self.n = n

        def __iter__(self):
            info = data.get_worker_info()
            first, step = (0, 1) if info is None else (info.id, info.num_workers)
            return iter(range(first, self.n, step))

        def __len__(self):
            return self.n

    return Stream


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("options", [{"batch_size": 3}, {"batch_size": None}, {"batch_size": 4, "drop_last": True}])
def test_iterable_datasets(workers, options):
    def program(t, d):
        kind = streams(d)
        loader = d.DataLoader(kind(9) + kind(4), num_workers=workers, **options)
        return passes(t, loader)

    check(program)


MISTAKES = {
    "workers": lambda d, x: d.DataLoader(x, num_workers=-1),
    "timeout": lambda d, x: d.DataLoader(x, timeout=-1),
    "prefetch": lambda d, x: d.DataLoader(x, prefetch_factor=2),
    "prefetch < 0": lambda d, x: d.DataLoader(x, num_workers=1, prefetch_factor=-2),
    "persistent": lambda d, x: d.DataLoader(x, persistent_workers=True),
    "sampler and shuffle": lambda d, x: d.DataLoader(x, sampler=[0], shuffle=True),
    "batches twice": lambda d, x: d.DataLoader(x, 3, batch_sampler=[[0]]),
    "drop without batches": lambda d, x: d.DataLoader(x, None, drop_last=True),
    "iterable shuffled": lambda d, x: d.DataLoader(streams(d)(3), shuffle=True),
    "iterable sampled": lambda d, x: d.DataLoader(streams(d)(3), sampler=[1]),
    "iterable batched": lambda d, x: d.DataLoader(streams(d)(3), batch_sampler=[1]),
    "fixed": lambda d, x: setattr(d.DataLoader(x), "batch_size", 3),
    "context": lambda d, x: d.DataLoader(x, multiprocessing_context="fork"),
    "no context": lambda d, x: d.DataLoader(x, num_workers=1, multiprocessing_context="spoon"),
    "context type": lambda d, x: d.DataLoader(x, num_workers=1, multiprocessing_context=3),
    "empty shuffled": lambda d, x: d.DataLoader([], shuffle=True),
    "zero": lambda d, x: d.DataLoader(x, 0),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    check(lambda t, d: MISTAKES[name](d, squares(t, d)))


class Faulty:
    """Sample 3 is an error."""

    def __init__(self, kind):
        self.kind = kind

    def __len__(self):
        return 6

    def __getitem__(self, index):
        if index == 3:
            raise self.kind("sample three is bad")
        return index


class Demanding(Exception):
    """An exception that cannot be made of a text alone."""

    def __init__(self, a, b="b"):
        if "Caught" in a:
            raise ValueError("not so")
        super().__init__(a)


@pytest.mark.parametrize("kind", [ValueError, KeyError, IndexError, Demanding])
@pytest.mark.parametrize("workers", [0, 2])
def test_errors_of_samples(kind, workers):
    def program(t, d):
        found = []
        batches = iter(d.DataLoader(Faulty(kind), 2, num_workers=workers))
        for _ in range(3):
            try:
                found.append(next(batches).tolist())
            except Exception as error:
                text = str(error)
                assert "sample three is bad" in text
                assert workers == 0 or "__getitem__" in text
                found.append([type(error).__name__, text[:45]])
        return found

    check(program)
