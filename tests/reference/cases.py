"""Layers, losses and optimizers as programs over `torch`, which may be minitorch or PyTorch.

Each case returns arrays: the result, every gradient, and what the training changed. `make.py` runs them with PyTorch
and writes `reference.npz`; the tests run them with minitorch and compare. Numbers come from numpy, so that no random
stream of either library takes part.
"""

import importlib
import zlib

import numpy as np

CASES = {}


def case(name, cases=CASES):
    """Register a program `run(torch, rng)` under a name."""

    def register(run):
        cases[name] = lambda torch: run(torch, np.random.default_rng(zlib.crc32(name.encode())))
        return run

    return register


def _array(x):
    return np.asarray(x.detach().numpy())


def _inputs(torch, rng, shapes):
    made = []
    for shape in shapes:
        if isinstance(shape, np.ndarray):
            made.append(torch.tensor(shape))
        else:
            made.append(torch.tensor(rng.standard_normal(shape), requires_grad=True))
    return made


def layer(name, make, *shapes, mode="train", calls=1, cases=CASES):
    """A module on random inputs, with random parameters; its output, gradients and buffers."""

    @case(name, cases)
    def run(torch, rng):
        module = make(torch.nn).double()
        for p in module.parameters():
            p.data.copy_(torch.tensor(rng.standard_normal(tuple(p.shape)) * 0.5))
        if mode == "eval":
            module.eval()
        for _ in range(calls):
            xs = _inputs(torch, rng, shapes)
            out = module(*xs)
        weight = torch.tensor(rng.standard_normal(tuple(out.shape)))
        if out.requires_grad:
            (out * weight).sum().backward()
        found = {"output": _array(out)}
        found |= {f"input{i}.grad": _array(x.grad) for i, x in enumerate(xs) if x.grad is not None}
        found |= {f"{n}.grad": _array(p.grad) for n, p in module.named_parameters()}
        return found | {n: _array(b) for n, b in module.named_buffers()}


image, rows = (2, 4, 6, 7), (5, 6)

layer("Linear", lambda nn: nn.Linear(6, 3), rows)
layer("Linear no bias", lambda nn: nn.Linear(6, 3, bias=False), (2, 5, 6))
layer("Bilinear", lambda nn: nn.Bilinear(6, 3, 4), rows, (5, 3))
layer("Identity", lambda nn: nn.Identity(), rows)
layer("Flatten", lambda nn: nn.Flatten(), image)
layer("Conv1d", lambda nn: nn.Conv1d(3, 6, 3, stride=2, padding=1, groups=3), (2, 3, 9))
layer("Conv1d unbatched", lambda nn: nn.Conv1d(3, 2, 3, dilation=2), (3, 9))
layer("Conv2d", lambda nn: nn.Conv2d(4, 6, 3, padding=1), image)
layer("Conv2d stride", lambda nn: nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0)), image)
layer("Conv2d dilation groups", lambda nn: nn.Conv2d(4, 6, 2, dilation=2, groups=2), image)
layer("Conv2d same", lambda nn: nn.Conv2d(4, 6, (4, 3), padding="same"), image)
layer("Conv2d depthwise", lambda nn: nn.Conv2d(4, 8, 3, groups=4, bias=False), image)
layer("Conv2d reflect", lambda nn: nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), image)
layer("Conv2d circular", lambda nn: nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode="circular"), image)
layer("Conv3d", lambda nn: nn.Conv3d(2, 4, 3, padding=1), (2, 2, 4, 5, 3))
layer("ConvTranspose1d", lambda nn: nn.ConvTranspose1d(3, 4, 3, stride=2), (2, 3, 5))
layer("ConvTranspose2d", lambda nn: nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), image)
layer("MaxPool1d", lambda nn: nn.MaxPool1d(2), (2, 3, 8))
layer("MaxPool2d", lambda nn: nn.MaxPool2d(3, stride=2, padding=1), image)
layer("MaxPool2d ceil", lambda nn: nn.MaxPool2d(2, ceil_mode=True), image)
layer("MaxPool2d dilation", lambda nn: nn.MaxPool2d(2, stride=1, dilation=2), image)
layer("AvgPool1d", lambda nn: nn.AvgPool1d(2), (2, 3, 8))
layer("AvgPool2d", lambda nn: nn.AvgPool2d(3, stride=2, padding=1), image)
layer("AvgPool2d ceil", lambda nn: nn.AvgPool2d(3, stride=2, ceil_mode=True, count_include_pad=False), image)
layer("AdaptiveAvgPool2d", lambda nn: nn.AdaptiveAvgPool2d((4, 3)), image)
layer("AdaptiveMaxPool2d", lambda nn: nn.AdaptiveMaxPool2d(3), image)
layer("BatchNorm1d", lambda nn: nn.BatchNorm1d(6), rows, calls=3)
layer("BatchNorm1d sequence", lambda nn: nn.BatchNorm1d(3), (4, 3, 5))
layer("BatchNorm2d", lambda nn: nn.BatchNorm2d(4, momentum=0.3), image, calls=2)
layer("BatchNorm2d cumulative", lambda nn: nn.BatchNorm2d(4, momentum=None), image, calls=3)
layer("BatchNorm2d eval", lambda nn: nn.BatchNorm2d(4), image, mode="eval")
layer("BatchNorm2d plain", lambda nn: nn.BatchNorm2d(4, affine=False, track_running_stats=False), image)
layer("LayerNorm", lambda nn: nn.LayerNorm(6), rows)
layer("LayerNorm two dims", lambda nn: nn.LayerNorm((6, 7), bias=False), image)
layer("RMSNorm", lambda nn: nn.RMSNorm(6), rows)
layer("GroupNorm", lambda nn: nn.GroupNorm(2, 4), image)
layer("Embedding", lambda nn: nn.Embedding(7, 3), np.array([[0, 2, 2], [6, 1, 0]]))
layer("Embedding padding", lambda nn: nn.Embedding(7, 3, padding_idx=2), np.array([[0, 2, 2], [6, 1, 0]]))
layer("EmbeddingBag mean", lambda nn: nn.EmbeddingBag(7, 3), np.array([[0, 2, 2], [6, 1, 0]]))
layer("EmbeddingBag sum", lambda nn: nn.EmbeddingBag(7, 3, mode="sum", padding_idx=2), np.array([[0, 2, 2], [6, 1, 0]]))
layer("EmbeddingBag max", lambda nn: nn.EmbeddingBag(7, 3, mode="max"), np.array([[0, 2, 2], [6, 1, 0]]))
layer("CosineSimilarity", lambda nn: nn.CosineSimilarity(), rows, rows)
layer("PairwiseDistance", lambda nn: nn.PairwiseDistance(3.0), rows, rows)
layer("Dropout eval", lambda nn: nn.Dropout(0.5), rows, mode="eval")
for _name, _args in {
    "ReLU": {},
    "ReLU6": {},
    "LeakyReLU": {"negative_slope": 0.2},
    "ELU": {"alpha": 1.5},
    "CELU": {"alpha": 1.5},
    "SELU": {},
    "GELU": {},
    "SiLU": {},
    "Mish": {},
    "Sigmoid": {},
    "Tanh": {},
    "LogSigmoid": {},
    "Softplus": {"beta": 2.0},
    "Softsign": {},
    "Tanhshrink": {},
    "Softshrink": {},
    "Hardshrink": {},
    "Hardtanh": {},
    "Hardswish": {},
    "Hardsigmoid": {},
    "Threshold": {"threshold": 0.1, "value": 0.5},
    "PReLU": {},
    "GLU": {},
    "Softmax": {"dim": 1},
    "LogSoftmax": {"dim": 0},
    "Softmin": {"dim": 1},
}.items():
    layer(_name, lambda nn, name=_name, args=_args: getattr(nn, name)(**args), (5, 6))
layer("GELU tanh", lambda nn: nn.GELU(approximate="tanh"), rows)
layer("Sequential", lambda nn: nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2)), rows)


def sequence(name, make, call):
    """A module of several inputs or outputs: `call(torch, module, draw)`; all outputs, all gradients."""

    @case(name)
    def run(torch, rng):
        module = make(torch.nn).double().eval()
        for p in module.parameters():
            p.data.copy_(torch.tensor(rng.standard_normal(tuple(p.shape)) * 0.5))
        drawn = []

        def draw(*shape):
            drawn.append(torch.tensor(rng.standard_normal(shape), requires_grad=True))
            return drawn[-1]

        outputs = _flat(call(torch, module, draw))
        sum(
            (y * torch.tensor(rng.standard_normal(tuple(y.shape)))).sum() for y in outputs if y.requires_grad
        ).backward()
        found = {f"output{i}": _array(y) for i, y in enumerate(outputs)}
        found |= {f"input{i}.grad": _array(x.grad) for i, x in enumerate(drawn) if x.grad is not None}
        return found | {f"{n}.grad": _array(p.grad) for n, p in module.named_parameters()}


def _flat(x):
    return [y for v in x for y in _flat(v)] if isinstance(x, (tuple, list)) else [] if x is None else [x]


def _packed(torch, module, draw):
    utils = torch.nn.utils.rnn
    packed = utils.pack_padded_sequence(draw(4, 3, 5), [2, 4, 1], enforce_sorted=False)
    y, last = module(packed)
    return utils.pad_packed_sequence(y), last


for _kind in ("RNN", "LSTM", "GRU"):
    for _text, _args in {
        "": {}, " deep": {"num_layers": 2, "bidirectional": True}, " batch first": {"batch_first": True, "bias": False},
    }.items():  # fmt: skip
        _make = lambda nn, kind=_kind, args=_args: getattr(nn, kind)(5, 4, **args)  # noqa: E731
        sequence(f"{_kind}{_text}", _make, lambda t, m, draw: m(draw(4, 3, 5)))
        sequence(f"{_kind}{_text} packed", _make, _packed)
    sequence(f"{_kind} unbatched", lambda nn, kind=_kind: getattr(nn, kind)(5, 4), lambda t, m, draw: m(draw(4, 5)))
    sequence(f"{_kind}Cell", lambda nn, kind=_kind: getattr(nn, kind + "Cell")(5, 4), lambda t, m, draw: m(draw(3, 5)))
sequence("RNN relu", lambda nn: nn.RNN(5, 4, nonlinearity="relu"), lambda t, m, d: m(d(4, 3, 5), d(1, 3, 4)))
sequence("GRU state", lambda nn: nn.GRU(5, 4), lambda t, m, d: m(d(4, 3, 5), d(1, 3, 4)))
sequence("LSTM state", lambda nn: nn.LSTM(5, 4), lambda t, m, d: m(d(4, 3, 5), (d(1, 3, 4), d(1, 3, 4))))
sequence(
    "LSTM projected",
    lambda nn: nn.LSTM(5, 4, 2, proj_size=2, bidirectional=True),
    lambda t, m, d: m(d(4, 3, 5), (d(4, 3, 2), d(4, 3, 4))),
)
sequence("MultiheadAttention", lambda nn: nn.MultiheadAttention(6, 2), lambda t, m, d: m(d(3, 2, 6), *[d(4, 2, 6)] * 2))
sequence(
    "MultiheadAttention all",
    lambda nn: nn.MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True, kdim=5, vdim=3, batch_first=True),
    lambda t, m, d: m(d(2, 3, 6), d(2, 4, 5), d(2, 4, 3), average_attn_weights=False),
)
sequence(
    "MultiheadAttention padding",
    lambda nn: nn.MultiheadAttention(6, 3),
    lambda t, m, d: m(d(3, 2, 6), *[d(4, 2, 6)] * 2, t.tensor([[False, True, False, True]] * 2), need_weights=False),
)


def _masked(torch, module, draw):
    x = draw(2, 5, 6)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    return module(x, x, x, attn_mask=mask, is_causal=True, need_weights=False)


sequence("MultiheadAttention causal", lambda nn: nn.MultiheadAttention(6, 2, batch_first=True), _masked)
sequence(
    "TransformerEncoder",
    lambda nn: nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8, norm_first=True), 2, nn.LayerNorm(6)),
    lambda t, m, d: m(d(4, 3, 6)),
)
sequence(
    "TransformerDecoder",
    lambda nn: nn.TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 8, batch_first=True, activation="gelu"), 2),
    lambda t, m, d: m(d(3, 4, 6), d(3, 5, 6)),
)
sequence("Transformer", lambda nn: nn.Transformer(6, 3, 1, 1, 8), lambda t, m, d: m(d(4, 2, 6), d(5, 2, 6)))


def loss(name, make, shape, target):
    """A loss with every reduction: values and gradients of the input."""
    for reduction in ("mean", "sum", "none"):

        @case(f"{name} {reduction}")
        def run(torch, rng, reduction=reduction):
            values = rng.standard_normal(shape)
            goal = torch.tensor(target(rng))
            x = torch.tensor(values if "BCELoss" not in name else 1 / (1 + np.exp(-values)), requires_grad=True)
            module = make(torch, reduction, rng)
            result = module(x, goal)
            assert result.requires_grad
            (result * torch.tensor(rng.standard_normal(tuple(result.shape)))).sum().backward()
            return {"loss": _array(result), "grad": _array(x.grad)}


def _classes(n, *shape):
    return lambda rng: rng.integers(0, n, shape)


def _numbers(*shape):
    return lambda rng: rng.standard_normal(shape)


def _shares(*shape):
    return lambda rng: rng.dirichlet(np.ones(shape[1]), shape[0])


def _weight(torch, rng, n):
    return torch.tensor(rng.random(n) + 0.5)


loss("MSELoss", lambda t, r, _: t.nn.MSELoss(reduction=r), (4, 5), _numbers(4, 5))
loss("L1Loss", lambda t, r, _: t.nn.L1Loss(reduction=r), (4, 5), _numbers(4, 5))
loss("SmoothL1Loss", lambda t, r, _: t.nn.SmoothL1Loss(reduction=r, beta=0.7), (4, 5), _numbers(4, 5))
loss("HuberLoss", lambda t, r, _: t.nn.HuberLoss(reduction=r, delta=0.7), (4, 5), _numbers(4, 5))
loss("CrossEntropyLoss", lambda t, r, _: t.nn.CrossEntropyLoss(reduction=r), (6, 5), _classes(5, 6))
loss("CrossEntropyLoss images", lambda t, r, _: t.nn.CrossEntropyLoss(reduction=r), (2, 5, 3, 4), _classes(5, 2, 3, 4))
loss(
    "CrossEntropyLoss ignored",
    lambda t, r, _: t.nn.CrossEntropyLoss(reduction=r, ignore_index=2),
    (9, 5),
    _classes(5, 9),
)
loss(
    "CrossEntropyLoss weighted",
    lambda t, r, g: t.nn.CrossEntropyLoss(_weight(t, g, 5), reduction=r),
    (6, 5),
    _classes(5, 6),
)
loss(
    "CrossEntropyLoss smoothed",
    lambda t, r, g: t.nn.CrossEntropyLoss(_weight(t, g, 5), reduction=r, label_smoothing=0.1, ignore_index=1),
    (9, 5), _classes(5, 9),
)  # fmt: skip
loss(
    "CrossEntropyLoss shares",
    lambda t, r, _: t.nn.CrossEntropyLoss(reduction=r, label_smoothing=0.1),
    (6, 5),
    _shares(6, 5),
)
loss("NLLLoss", lambda t, r, g: t.nn.NLLLoss(_weight(t, g, 5), reduction=r, ignore_index=3), (6, 5), _classes(5, 6))
loss("BCELoss", lambda t, r, _: t.nn.BCELoss(reduction=r), (4, 5), lambda rng: rng.random((4, 5)))
loss("BCEWithLogitsLoss", lambda t, r, _: t.nn.BCEWithLogitsLoss(reduction=r), (4, 5), lambda rng: rng.random((4, 5)))
loss(
    "BCEWithLogitsLoss weighted",
    lambda t, r, g: t.nn.BCEWithLogitsLoss(_weight(t, g, 5), reduction=r, pos_weight=_weight(t, g, 5)),
    (4, 5), lambda rng: rng.random((4, 5)),
)  # fmt: skip
loss("KLDivLoss", lambda t, r, _: t.nn.KLDivLoss(reduction=r), (4, 5), _shares(4, 5))
loss("KLDivLoss log", lambda t, r, _: t.nn.KLDivLoss(reduction=r, log_target=True), (4, 5), _numbers(4, 5))


def optimizer(name, make, steps=7):
    """Some steps on a bowl that is not round, two parameter groups of which one has another learning rate."""

    @case(name)
    def run(torch, rng):
        a = torch.tensor(rng.standard_normal((3, 2)), requires_grad=True)
        b = torch.tensor(rng.standard_normal(4), requires_grad=True)
        scale = torch.tensor(rng.random((3, 2)) + 0.5)
        chosen = make(torch.optim, [{"params": [a]}, {"params": [b], "lr": 0.02}])
        found = {}
        for i in range(steps):
            chosen.zero_grad()
            ((a * scale).pow(2).sum() + (b - 1).pow(4).sum()).backward()
            chosen.step()
            found[f"a{i}"], found[f"b{i}"] = _array(a).copy(), _array(b).copy()
        return found


optimizer("SGD", lambda o, p: o.SGD(p, lr=0.1))
optimizer("SGD momentum", lambda o, p: o.SGD(p, lr=0.05, momentum=0.9, dampening=0.1, weight_decay=0.01))
optimizer("SGD nesterov", lambda o, p: o.SGD(p, lr=0.05, momentum=0.9, nesterov=True))
optimizer("SGD maximize", lambda o, p: o.SGD(p, lr=0.01, momentum=0.5, maximize=True))
optimizer("Adam", lambda o, p: o.Adam(p, lr=0.1))
optimizer("Adam decay", lambda o, p: o.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1))
optimizer("Adam amsgrad", lambda o, p: o.Adam(p, lr=0.1, amsgrad=True, maximize=True))
optimizer("AdamW", lambda o, p: o.AdamW(p, lr=0.1, weight_decay=0.3))
optimizer("AdamW amsgrad", lambda o, p: o.AdamW(p, lr=0.1, amsgrad=True))
optimizer("Adamax", lambda o, p: o.Adamax(p, lr=0.1, weight_decay=0.1))
optimizer("NAdam", lambda o, p: o.NAdam(p, lr=0.1, weight_decay=0.1))
optimizer("NAdam decoupled", lambda o, p: o.NAdam(p, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True))
optimizer("RAdam", lambda o, p: o.RAdam(p, lr=0.1, betas=(0.9, 0.99), weight_decay=0.1))
optimizer("Adagrad", lambda o, p: o.Adagrad(p, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.1))
optimizer("Adadelta", lambda o, p: o.Adadelta(p, weight_decay=0.1))
optimizer("RMSprop", lambda o, p: o.RMSprop(p, lr=0.1, alpha=0.9))
optimizer("RMSprop centered", lambda o, p: o.RMSprop(p, lr=0.01, momentum=0.9, centered=True, weight_decay=0.1))
optimizer("Rprop", lambda o, p: o.Rprop(p, lr=0.1), steps=12)
optimizer("ASGD", lambda o, p: o.ASGD(p, lr=0.1, t0=2))
optimizer("Adafactor", lambda o, p: o.Adafactor(p, lr=0.1, weight_decay=0.1))


def lbfgs(name, **options):
    """Some steps of L-BFGS in the valley of Rosenbrock."""

    @case(f"LBFGS {name}")
    def run(torch, rng):
        x = torch.tensor(rng.standard_normal(4), requires_grad=True)
        chosen = torch.optim.LBFGS([x], **options)

        def closure():
            chosen.zero_grad()
            loss = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
            loss.backward()
            return loss

        found = {}
        for i in range(3):
            found[f"loss{i}"], found[f"x{i}"] = _array(chosen.step(closure)).copy(), _array(x).copy()
        return found


lbfgs("plain", lr=1e-3, max_iter=4)
lbfgs("wolfe", line_search_fn="strong_wolfe", max_iter=5, history_size=3)


def schedule(name, make, steps=30):
    """The learning rates of two groups over some steps, and the momentum of the first."""

    @case(f"schedule {name}")
    def run(torch, rng):
        chosen = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1, momentum=0.9)
        chosen.add_param_group({"params": [torch.ones(1, requires_grad=True)], "lr": 0.5})
        stepped = make(torch.optim.lr_scheduler, torch.optim.swa_utils, chosen)
        rates, momenta = [], []
        for _ in range(steps):
            rates.append(stepped.get_last_lr())
            momenta.append(chosen.param_groups[0]["momentum"])
            chosen.step()
            stepped.step()
        return {"rates": np.array(rates), "momenta": np.array(momenta)}


schedule("StepLR", lambda s, w, o: s.StepLR(o, 7, 0.5))
schedule("MultiStepLR", lambda s, w, o: s.MultiStepLR(o, [3, 9, 9], 0.3))
schedule("ConstantLR", lambda s, w, o: s.ConstantLR(o, 0.3, 9))
schedule("LinearLR", lambda s, w, o: s.LinearLR(o, 0.2, 0.9, 20))
schedule("ExponentialLR", lambda s, w, o: s.ExponentialLR(o, 0.9))
schedule("PolynomialLR", lambda s, w, o: s.PolynomialLR(o, 20, 1.7))
schedule("CosineAnnealingLR", lambda s, w, o: s.CosineAnnealingLR(o, 8, 0.001))
schedule("LambdaLR", lambda s, w, o: s.LambdaLR(o, [lambda epoch: 0.9**epoch, lambda epoch: 1 / (1 + epoch)]))
schedule("MultiplicativeLR", lambda s, w, o: s.MultiplicativeLR(o, lambda epoch: 0.95))
schedule("SequentialLR", lambda s, w, o: s.SequentialLR(o, [s.LinearLR(o, 0.1, 1, 5), s.StepLR(o, 10)], [5]))
schedule("ChainedScheduler", lambda s, w, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]))
schedule("CosineAnnealingWarmRestarts", lambda s, w, o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.001))
schedule("CyclicLR", lambda s, w, o: s.CyclicLR(o, 0.01, [0.1, 0.3], 4, 7, mode="triangular2"))
schedule("OneCycleLR", lambda s, w, o: s.OneCycleLR(o, [0.1, 0.2], total_steps=31))
schedule("SWALR", lambda s, w, o: w.SWALR(o, [0.001, 0.3], 8))


layer("weight_norm", lambda nn: nn.utils.parametrizations.weight_norm(nn.Linear(6, 3)), rows)
layer("weight_norm conv", lambda nn: nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 6, 3), dim=1), image)


def _without_chance(nn):
    """A layer with spectral norm whose vectors do not come from a random stream."""
    made = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 3), n_power_iterations=3)
    norm = made.parametrizations.weight[0].double()
    for vector in (norm._u, norm._v):
        vector.fill_(len(vector) ** -0.5)
    return made


layer("spectral_norm", _without_chance, rows, calls=2)


@case("clip_grad_norm_")
def clip(torch, rng):
    """The norms, and what they leave of the gradients."""
    found = {}
    for kind in (2.0, 1.0, 3.0, float("inf")):
        params = [torch.nn.Parameter(torch.tensor(rng.standard_normal(s))) for s in ((3, 4), (5,))]
        for p in params:
            p.grad = torch.tensor(rng.standard_normal(tuple(p.shape)))
        found[f"total {kind}"] = _array(torch.nn.utils.clip_grad_norm_(params, 0.7, kind))
        for i, p in enumerate(params):
            found[f"grad{i} {kind}"] = _array(p.grad)
    return found


@case("checkpoint_sequential")
def checkpoints(torch, rng):
    """Gradients through a chain in three checkpoints."""
    part = importlib.import_module(f"{torch.__name__}.utils.checkpoint")
    weights = [torch.tensor(rng.standard_normal((4, 4)), requires_grad=True) for _ in range(6)]
    x = torch.tensor(rng.standard_normal((3, 4)), requires_grad=True)
    functions = [lambda y, w=w: (y @ w).tanh() for w in weights]
    part.checkpoint_sequential(functions, 3, x, use_reentrant=False).pow(2).sum().backward()
    return {"x": _array(x.grad)} | {f"w{i}": _array(w.grad) for i, w in enumerate(weights)}
