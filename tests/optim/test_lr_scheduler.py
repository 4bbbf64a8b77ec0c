"""Schedules and averages in use: warnings, checkpoints, plateaus, the mean of a training."""

import pytest

import minitorch as torch
from minitorch.optim import lr_scheduler, swa_utils


def made(lr=1.0):
    return torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=lr)


def test_a_warning_when_stepped_before_the_optimizer():
    scheduler = lr_scheduler.StepLR(made(), 1)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        scheduler.step()


def test_no_warning_in_the_right_order():
    optimizer = made()
    scheduler = lr_scheduler.StepLR(optimizer, 1)
    optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.1]


def test_a_plateau_is_left_with_a_smaller_rate():
    optimizer = made()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=2, factor=0.5)
    rates = []
    for loss in (3, 2, 1, 1, 1, 1, 1, 0.5):
        scheduler.step(loss)
        rates += scheduler.get_last_lr()
    assert rates == [1, 1, 1, 1, 1, 0.5, 0.5, 0.5]


def test_a_schedule_goes_on_where_it_was_saved():
    def rates(interrupted):
        optimizer = made()
        scheduler = lr_scheduler.CosineAnnealingLR(optimizer, 7)
        found = []
        for step in range(12):
            optimizer.step()
            scheduler.step()
            if interrupted and step == 4:
                saved = optimizer.state_dict(), scheduler.state_dict()
                optimizer = made(3.0)
                scheduler = lr_scheduler.CosineAnnealingLR(optimizer, 2)
                optimizer.load_state_dict(saved[0])
                scheduler.load_state_dict(saved[1])
            found += scheduler.get_last_lr()
        return found

    assert rates(True) == rates(False)


def test_the_average_is_better_than_the_noisy_end():
    x = torch.randn(256, 3)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]])
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    average = swa_utils.AveragedModel(model)
    loss = torch.nn.functional.mse_loss
    for step in range(400):
        pick = torch.randint(0, 256, (4,))
        optimizer.zero_grad()
        loss(model(x[pick]), y[pick] + torch.randn(4, 1)).backward()
        optimizer.step()
        if step >= 100:
            average.update_parameters(model)
    assert loss(average(x), y) < loss(model(x), y) / 3


def test_an_exponential_average_lags_behind():
    model = torch.nn.Linear(1, 1, bias=False)
    average = swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.5))
    for value in (0.0, 1.0, 1.0):
        torch.nn.init.constant_(model.weight, value)
        average.update_parameters(model)
    assert average.module.weight.item() == 0.75
