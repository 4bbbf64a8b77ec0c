"""The order of options and of what is kept, and steps that are hooked by hand."""

import minitorch as torch


def parameter():
    return torch.ones(2, requires_grad=True)


def test_options_keep_their_order():
    names = list(torch.optim.Adam([parameter()]).param_groups[0])
    assert names[:7] == ["params", "lr", "betas", "eps", "weight_decay", "amsgrad", "maximize"]
    assert list(torch.optim.RMSprop([parameter()]).defaults)[:4] == ["lr", "momentum", "alpha", "eps"]
    assert list(torch.optim.SGD([parameter()], lr=1).defaults)[:3] == ["lr", "momentum", "dampening"]


def test_state_keeps_its_order():
    for kind, names in ((torch.optim.NAdam, ["step", "mu_product"]), (torch.optim.ASGD, ["step", "eta", "mu", "ax"])):
        p = parameter()
        optimizer = kind([p])
        p.sum().backward()
        optimizer.step()
        assert list(optimizer.state[p])[: len(names)] == names


def test_a_step_that_is_hooked_by_hand():
    seen = []
    p = parameter()
    optimizer = torch.optim.SGD([p], lr=1)
    optimizer.register_step_pre_hook(lambda *given: seen.append("before"))
    optimizer.register_step_post_hook(lambda *given: seen.append("after"))
    step = torch.optim.Optimizer.profile_hook_step(lambda self: seen.append("step"))
    step(optimizer)
    assert seen == ["before", "step", "after"]
