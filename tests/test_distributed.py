"""`torch.distributed` in a world of one, and the modules that are spread over nothing."""

import pytest

import minitorch as torch
from minitorch import distributed as dist
from minitorch import nn
from minitorch.distributed import nn as dist_nn
from minitorch.distributed import optim as dist_optim

ONE = {"init_method": "tcp://127.0.0.1:29500", "rank": 0, "world_size": 1}


@pytest.fixture
def world():
    dist.init_process_group("gloo", **ONE)
    yield
    dist.destroy_process_group()


def test_before_it_begins():
    assert not dist.is_initialized()
    for ask in (dist.get_rank, dist.get_world_size, dist.barrier, dist.get_backend, dist.new_group):
        with pytest.raises(ValueError, match="Default process group has not been initialized"):
            ask()
    with pytest.raises(ValueError, match="not been initialized"):
        dist.all_reduce(torch.ones(1))
    with pytest.raises(AssertionError):
        dist.destroy_process_group()


def test_from_the_environment(monkeypatch):
    settings = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}
    for name in settings:
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        with pytest.raises(ValueError, match=f"environment variable {name} expected"):
            dist.init_process_group("gloo")
        monkeypatch.setenv(name, value)
    dist.init_process_group("gloo")
    with pytest.raises(ValueError, match="twice"):
        dist.init_process_group("gloo")
    dist.destroy_process_group()
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(RuntimeError, match=r"one process.*rank 0 of 4"):
        dist.init_process_group("gloo")
    assert not dist.is_initialized()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("nccl",), RuntimeError),
        (("foo",), AssertionError),
        (("gloo", "tcp://localhost:1"), ValueError),
        (("gloo", "tcp://localhost:1?rank=0&world_size=2"), RuntimeError),
        (("gloo", "http://localhost:1"), RuntimeError),
    ],
)
def test_beginnings_refused(arguments, error):
    more = ONE if len(arguments) == 1 else {}
    with pytest.raises(error):
        dist.init_process_group(*arguments, **more)
    assert not dist.is_initialized()


@pytest.mark.usefixtures("world")
def test_tensors_pass_through():
    x = torch.arange(4.0)
    assert dist.all_reduce(x) is None
    assert dist.all_reduce(x, op=dist.ReduceOp.MAX, async_op=True).wait()
    dist.broadcast(x, 0)
    dist.reduce(x, dst=0)
    assert x.tolist() == [0, 1, 2, 3]
    for fill in (
        lambda y: dist.all_gather([y], x),
        lambda y: dist.gather(x, [y]),
        lambda y: dist.scatter(y, [x]),
        lambda y: dist.reduce_scatter(y, [x]),
        lambda y: dist.all_to_all([y], [x]),
        lambda y: dist.all_gather_into_tensor(y, x),
        lambda y: dist.reduce_scatter_tensor(y, x),
        lambda y: dist.all_to_all_single(y, x),
    ):
        y = torch.zeros(4)
        fill(y)
        assert y.equal(x)


@pytest.mark.usefixtures("world")
def test_mistakes():
    x = torch.arange(4.0)
    for error, mistake in (
        (RuntimeError, lambda: dist.broadcast(x, 1)),
        (RuntimeError, lambda: dist.reduce(x, 3)),
        (RuntimeError, lambda: dist.all_reduce(x, op=dist.ReduceOp.BOR)),
        (RuntimeError, lambda: dist.all_gather([], x)),
        (RuntimeError, lambda: dist.all_gather([torch.zeros(3)], x)),
        (ValueError, lambda: dist.all_gather([torch.zeros(4).long()], x)),
        (ValueError, lambda: dist.gather(x)),
        (ValueError, lambda: dist.scatter(x)),
        (ValueError, lambda: dist.send(x, 0)),
        (ValueError, lambda: dist.recv(x, 0)),
        (ValueError, lambda: dist.new_group([0, 1])),
        (TypeError, lambda: dist.broadcast("x", 0)),
        (ValueError, lambda: dist.broadcast(x)),
        (ValueError, lambda: dist.reduce(x, 0, group_dst=0)),
        (TypeError, lambda: dist.all_reduce(x, "sum")),
        (RuntimeError, lambda: dist.all_reduce(x.long(), dist.ReduceOp.AVG)),
        (TypeError, lambda: dist.all_gather(x, x)),
        (TypeError, lambda: dist.scatter("x", [x])),
        (RuntimeError, lambda: dist.all_to_all_single(x, x, [1], [4])),
        (ValueError, lambda: dist.scatter_object_list([], [1])),
    ):
        with pytest.raises(error):
            mistake()


@pytest.mark.usefixtures("world")
def test_objects_and_groups():
    found = [None]
    dist.all_gather_object(found, {"a": 1})
    assert found == [{"a": 1}]
    dist.scatter_object_list(found, [7], 0)
    assert found == [7]
    dist.broadcast_object_list(found, 0)
    part = dist.new_group([0])
    assert (dist.get_rank(part), part.size(), dist.get_process_group_ranks(part)) == (0, 1, [0])
    dist.destroy_process_group(part)
    with pytest.raises(ValueError, match="not registered"):
        dist.get_rank(part)
    assert dist.is_initialized()
    assert dist.get_backend() == "gloo"
    assert len(torch.utils.data.DistributedSampler(range(5))) == 5


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("wrap", [nn.DataParallel, nn.parallel.DistributedDataParallel])
def test_training_in_a_wrapper(wrap):
    """The loss falls, as that of the module alone, and the state dict is one level deeper."""
    x, losses = torch.randn(32, 2, generator=torch.Generator().manual_seed(1)), []
    for net in (model(), wrap(model())):
        optimizer = torch.optim.SGD(net.parameters(), 0.1)
        for _ in range(30):
            loss = ((net(x) - x.sum(1, keepdim=True)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    assert losses[0] == losses[1] < 0.3
    assert list(net.state_dict()) == [f"module.{name}" for name in net.module.state_dict()]


@pytest.mark.usefixtures("world")
def test_wrappers():
    assert repr(nn.DataParallel(nn.ReLU())) == "DataParallel(\n  (module): ReLU()\n)"
    assert nn.DataParallel(nn.ReLU(), device_ids=[0, 1]).device_ids == []
    assert nn.parallel.data_parallel(nn.ReLU(), torch.tensor([-1.0, 2.0])).tolist() == [0, 2]
    with pytest.raises(RuntimeError, match="requires a gradient"):
        nn.parallel.DistributedDataParallel(nn.ReLU())
    with pytest.raises(ValueError, match="device_ids"):
        nn.parallel.DistributedDataParallel(nn.Linear(1, 1), device_ids=[0])
    net = nn.parallel.DistributedDataParallel(nn.Linear(1, 1))
    with net.no_sync(), net.join():
        net(torch.ones(1, 1)).sum().backward()
    assert net.module.weight.grad.item() == 1


def test_distributed_data_parallel_needs_a_world():
    with pytest.raises(ValueError, match="not been initialized"):
        nn.parallel.DistributedDataParallel(nn.Linear(1, 1))


def test_an_optimizer_in_shares(world):
    p = nn.Parameter(torch.ones(2))
    optimizer = dist_optim.ZeroRedundancyOptimizer([p], torch.optim.SGD, lr=0.5, momentum=0.9)
    p.sum().backward()
    assert optimizer.step() is None
    optimizer.param_groups[0]["lr"] = 1.0
    assert optimizer.step(lambda: 3) == 3
    assert p.tolist() == pytest.approx([-1.4, -1.4])
    optimizer.consolidate_state_dict()
    state = optimizer.state_dict()
    other = dist_optim.ZeroRedundancyOptimizer([p], torch.optim.SGD, lr=0.1, momentum=0.9)
    other.load_state_dict(state)
    assert other.param_groups[0]["lr"] == 1.0
    other.step()
    assert p.tolist() == pytest.approx([-1.4 - 2.71] * 2)
    other.zero_grad()
    assert p.grad is None


def test_an_optimizer_before_it_begins():
    with pytest.raises(ValueError, match="not been initialized"):
        dist_optim.ZeroRedundancyOptimizer([nn.Parameter(torch.ones(2))], torch.optim.SGD, lr=0.5)


def test_what_is_sent_has_derivatives(world):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    sent = [dist_nn.all_reduce(x), dist_nn.reduce(x, 0), dist_nn.broadcast(x, 0), *dist_nn.all_gather(x)]
    sent += [*dist_nn.gather(x), dist_nn.scatter([x]), dist_nn.reduce_scatter(torch.zeros(2), [x])]
    sent += [*dist_nn.all_to_all([torch.zeros(2)], [x]), dist_nn.all_to_all_single(torch.zeros(2), x)]
    assert all(torch.equal(y, x) and y is not x for y in sent)
    sum(sent).sum().backward()
    assert x.grad.tolist() == [9.0, 9.0]
    with pytest.raises(ValueError, match="global rank"):
        dist_nn.broadcast(x, 1)
