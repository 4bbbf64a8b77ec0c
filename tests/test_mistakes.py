"""Wrong input says what is wrong, and loses nothing."""

import re

import pytest

import minitorch as torch
from minitorch import nn


def refused(kind, *texts):
    """An error of this kind whose message holds all the texts, in any order."""
    pattern = "".join(f"(?=.*{re.escape(text)})" for text in texts)
    return pytest.raises(kind, match=re.compile(pattern, re.DOTALL))


def test_shapes_that_do_not_multiply():
    with refused(RuntimeError, "matmul", "(2, 3)", "(4, 5)"):
        torch.ones(2, 3) @ torch.ones(4, 5)
    with refused(RuntimeError, "linear", "(7, 3)", "features"):
        nn.Linear(4, 2)(torch.ones(7, 3))


def test_shapes_that_do_not_broadcast():
    with refused(RuntimeError, "add", "(2, 3)", "(4,)", "must match the size"):
        torch.ones(2, 3) + torch.ones(4)


def test_inside_a_module_the_path_of_the_layer():
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(4, 1)))
    with pytest.raises(RuntimeError) as caught:
        net(torch.ones(1, 2))
    assert any("1.1" in note and "Linear" in note for note in caught.value.__notes__)


def test_cross_entropy_targets():
    loss, scores = nn.CrossEntropyLoss(), torch.randn(4, 3, requires_grad=True)
    with refused(RuntimeError, "(4, 3)", "(4,)", "probabilities"):
        loss(scores, torch.rand(4))
    with refused(IndexError, "Target 3", "3 classes"):
        loss(scores, torch.tensor([0, 1, 2, 3]))
    with refused(IndexError, "Target -1"):
        loss(scores, torch.tensor([0, 1, 2, -1]))
    with refused(ValueError, "batch_size (4)", "[5]"):
        loss(scores, torch.tensor([0, 1, 2, 0, 1]))
    assert scores.grad is None


def test_scores_given_to_a_loss_of_probabilities():
    with refused(RuntimeError, "between 0 and 1", "BCEWithLogitsLoss"):
        nn.BCELoss()(torch.tensor([2.0]), torch.tensor([1.0]))


def test_state_dict_lists_everything_and_changes_nothing():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    wrong = {
        "0.weight": torch.zeros(9, 9),
        "0.bias": torch.zeros(3),
        "1.weight": torch.zeros(1, 3),
        "2.weight": torch.zeros(1),
    }
    with refused(
        RuntimeError,
        'Missing key(s) in state_dict: "1.bias"',
        'Unexpected key(s) in state_dict: "2.weight"',
        "size mismatch for 0.weight",
    ):
        model.load_state_dict(wrong)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_backward_without_a_graph():
    with refused(RuntimeError, "element 0 of tensors does not require grad", "detach()"):
        torch.ones(()).backward()
    with refused(RuntimeError, "implicitly created only for scalar outputs"):
        torch.ones(2, requires_grad=True).backward()


def test_writing_to_a_leaf():
    w = torch.ones(2, requires_grad=True)
    with refused(RuntimeError, "a leaf Variable that requires grad", "no_grad"):
        w += 1
    with refused(RuntimeError, "a view of a leaf Variable that requires grad"):
        w[0] = 5
    assert w.tolist() == [1, 1]


def test_a_write_that_breaks_backward():
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    y.add_(1)
    with refused(RuntimeError, "modified by an inplace operation", "ExpBackward0", "add_"):
        y.sum().backward()
    assert x.grad is None


def test_second_backward():
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    with refused(RuntimeError, "Trying to backward through the graph a second time", "retain_graph=True"):
        y.backward()
    assert x.grad.tolist() == [2, 2]


def test_the_gradient_of_a_result():
    y = torch.ones(2, requires_grad=True) * 2
    y.sum().backward()
    with pytest.warns(UserWarning, match=r"not a leaf.*retain_grad\(\)"):
        assert y.grad is None


def test_layers_in_a_plain_list():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(2, 2)]

    with refused(ValueError, "empty parameter list", "nn.ModuleList"):
        torch.optim.SGD(Net().parameters(), lr=0.1)


def test_forgotten_super_init():
    class Net(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 2)

    with refused(AttributeError, "before Module.__init__() call"):
        Net()


def test_misspelled_attribute():
    with refused(AttributeError, "'Linear' object has no attribute 'wieght'", "weight"):
        _ = nn.Linear(2, 2).wieght


def test_device_that_does_not_exist():
    with refused(RuntimeError, "cuda", "CPU"):
        torch.ones(2, device="cuda")
    with refused(RuntimeError, "cuda"):
        torch.ones(2).cuda()


@pytest.mark.filterwarnings("ignore:Anomaly Detection", "ignore:Error detected in")
def test_nan_in_the_loss_under_anomaly_mode():
    x = torch.tensor([-1.0], requires_grad=True)
    with torch.autograd.detect_anomaly(), pytest.raises(RuntimeError, match=r"SqrtBackward0.*nan") as caught:
        x.sqrt().sum().backward()
    assert any("x.sqrt().sum().backward()" in note for note in caught.value.__notes__)


def test_dtypes():
    with refused(RuntimeError, "same dtype", "torch.float64"):
        torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.float64)
    with refused(RuntimeError, "floating point"):
        torch.ones(2, dtype=torch.int64).requires_grad_()
    with refused(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        torch.ones(2, dtype=torch.int64).add_(0.5)


def test_indices():
    x = torch.ones(2, 3)
    with refused(IndexError, "index 5 is out of bounds for dimension 1 with size 3"):
        x[0, 5]
    with refused(IndexError, "too many indices"):
        x[0, 0, 0]
    with refused(IndexError, "mask"):
        x[torch.tensor([True, False, True])]
    with refused(IndexError, "out of bounds"):
        x.gather(1, torch.tensor([[7]]))
    with refused(IndexError, "out of range"):
        nn.Embedding(3, 2)(torch.tensor([3]))
