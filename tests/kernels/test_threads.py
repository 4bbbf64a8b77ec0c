"""The pool: what is shared is done once and whole, whoever does it; failures come back; nobody waits in vain."""

import threading
import time

import numpy as np
import pytest

from minitorch.kernels import _blas, _jit

MUCH = 1e9  # nanoseconds: always worth sharing


@pytest.fixture
def pool(monkeypatch):
    """A pool of its own, for four threads."""
    before = _jit.get_num_threads()
    _jit.set_num_threads(4)
    monkeypatch.setattr(_jit, "_pool", _jit._Pool())
    yield _jit._pool
    _jit.set_num_threads(before)


def mark(start, stop, x, pause):
    time.sleep(pause)
    x[start:stop] += 1


@pytest.mark.parametrize("pause", [0, 0.001, 0.01])
def test_every_item_once(pool, pause):
    x = np.zeros(7)
    for _ in range(20):
        _jit.share(mark, 7, MUCH, x, pause)
    assert (x == 20).all()
    assert not pool.jobs


def test_several_callers_and_sleeping_workers(pool):
    results = [np.zeros(9) for _ in range(3)]

    def caller(x):
        for i in range(300):
            _jit.share(mark, 9, MUCH, x, 0)
            if i % 100 == 0:
                time.sleep(0.01)  # the workers fall asleep

    callers = [threading.Thread(target=caller, args=(x,)) for x in results]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert all((x == 300).all() for x in results)


@pytest.mark.parametrize("bad", [0, 1, 3])
def test_a_failure_comes_back_when_all_have_ended(pool, bad):
    running = []

    def work(start, stop):
        running.append(start)
        if start == bad:
            raise ValueError(f"part {bad}")
        time.sleep(0.005)
        running.remove(start)

    for _ in range(5):
        running.clear()
        with pytest.raises(ValueError, match=f"part {bad}"):
            _jit.share(work, 4, MUCH)
        assert running == [bad]
    x = np.zeros(4)
    _jit.share(mark, 4, MUCH, x, 0)
    assert (x == 1).all()


def test_work_that_nobody_begins_is_done_by_the_caller(pool, monkeypatch):
    monkeypatch.setattr(pool, "start", lambda count: None)  # there are no workers at all
    x = np.zeros(4)
    _jit.share(mark, 4, MUCH, x, 0)
    assert (x == 1).all()
    assert not pool.jobs  # and the arrays are not kept


def test_after_a_stall_the_caller_works_alone_in_the_same_parts(pool):
    parts = []
    pool.judge(0.001, 0.002)
    assert pool.alone_until > time.perf_counter() + 0.03
    _jit.share(lambda start, stop: parts.append((start, stop, threading.current_thread())), 8, MUCH)
    here = threading.current_thread()
    assert parts == [(0, 2, here), (2, 4, here), (4, 6, here), (6, 8, here)]
    assert not pool.workers
    pool.judge(0.001, 0.002)
    assert pool.patience == 60  # the second comes soon after the first
    pool.alone_until = 0.0
    pool.judge(0.002, 0.0016)  # no stall
    assert pool.alone_until == 0


def test_one_thread_is_obeyed(pool):
    _jit.set_num_threads(1)
    names = []
    _jit.share(lambda start, stop: names.append((start, stop, threading.current_thread())), 8, MUCH)
    assert names == [(0, 8, threading.current_thread())]
    assert not pool.workers


@pytest.mark.parametrize("turned", [(0, 0), (1, 0), (0, 1)])
@pytest.mark.parametrize("rows", [50, 128, 500])
def test_shared_products(pool, rows, turned):
    """The same as unshared to rounding (OpenBLAS may take small matrices another way), and always alike."""
    rng = np.random.default_rng(rows)
    a = rng.standard_normal((90, rows) if turned[0] else (rows, 90)).astype(np.float32)
    b = rng.standard_normal((70, 90) if turned[1] else (90, 70)).astype(np.float32)
    a, b = a.T if turned[0] else a, b.T if turned[1] else b
    with _blas.one_thread:
        alone = np.dot(a, b)
        shared = np.zeros((2, *alone.shape), np.float32)
        for y in shared:
            _jit.share(_blas._rows, -(-rows // _blas.ROWS), MUCH, a, b, y)
    np.testing.assert_allclose(shared[0], alone, rtol=1e-5, atol=1e-5)
    assert np.array_equal(*shared)
