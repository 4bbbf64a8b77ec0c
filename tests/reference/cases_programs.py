"""Small whole programs over `torch`: what they print, as arrays, seeded by `torch.manual_seed` alone.

As in cases.py; the numbers lie in programs.npz. Here random numbers are drawn by the library itself, so they
are equal only if its random streams, its first parameters and every step of training are PyTorch's.
"""

import math

import numpy as np

CASES = {}


def program(run):
    """Register a program: `run(torch)` gives the numbers that it would print."""

    def seeded(torch):
        torch.manual_seed(0)
        return {"printed": np.array(run(torch), dtype=np.float64)}

    CASES[run.__name__] = seeded
    return run


def _train(torch, parameters, loss, steps, optimizer=None):
    """The loss of every step."""
    optimizer = optimizer or torch.optim.Adam(parameters, lr=0.01)
    losses = []
    for _ in range(steps):
        value = loss()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


@program
def classifier(torch):
    """A network on batches from a loader, dropout, clipping and a schedule; accuracy at the end."""
    nn, F, data = torch.nn, torch.nn.functional, torch.utils.data
    x = torch.randn(96, 4)
    y = (x[:, 0] * x[:, 1] > 0).long()
    train, test = data.random_split(data.TensorDataset(x, y), [80, 16])
    loader = data.DataLoader(train, batch_size=16, shuffle=True)
    model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    printed = []
    for _ in range(4):
        for inputs, labels in loader:
            loss = F.cross_entropy(model(inputs), labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
        schedule.step()
        printed += [loss.item(), norm.item(), schedule.get_last_lr()[0]]
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in data.DataLoader(test, batch_size=8))
    return [*printed, right]


@program
def residual_network(torch):
    """Convolutions with batch norm and a shortcut, SGD with Nesterov's momentum, one cycle of the rate."""
    nn, F = torch.nn, torch.nn.functional

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.conv1, self.norm1 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
            self.conv2, self.norm2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)

        def forward(self, x):
            out = F.relu(self.norm1(self.conv1(x)), inplace=True)
            out = self.norm2(self.conv2(out))
            out += x
            return F.relu(out)

    def start(module):
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    model = nn.Sequential(nn.Conv2d(3, 8, 3), Block(8), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model.append(nn.Linear(8, 3))
    model.apply(start)
    x, y = torch.randn(16, 3, 10, 10), torch.randint(3, (16,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=6)
    printed = []
    for i in range(6):
        flipped = torch.flip(x, dims=(3,)) if i % 2 else x
        printed += _train(
            torch, None, lambda x=flipped: F.cross_entropy(model(x), y, label_smoothing=0.1), 1, optimizer
        )
        schedule.step()
    model.eval()
    return [*printed, model(x).std().item(), optimizer.param_groups[0]["lr"]]


@program
def variational_autoencoder(torch):
    """Draws by reparameterisation, binary cross-entropy and the divergence from a normal distribution."""
    nn, F = torch.nn, torch.nn.functional
    x = torch.bernoulli(torch.full((32, 20), 0.4))
    encoder, decoder = nn.Linear(20, 8), nn.Linear(4, 20)

    def loss():
        mean, log_variance = encoder(x).chunk(2, dim=1)
        drawn = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        divergence = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        return F.binary_cross_entropy(torch.sigmoid(decoder(drawn)), x, reduction="sum") + divergence

    return _train(torch, [*encoder.parameters(), *decoder.parameters()], loss, 12)


@program
def adversaries(torch):
    """A generator and a critic with a penalty on the critic's gradient: a derivative of a derivative."""
    nn = torch.nn
    generator = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 2))
    critic = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))

    def penalised():
        real = torch.randn(32, 2) + 2
        fake = generator(torch.randn(32, 2)).detach()
        share = torch.rand(32, 1)
        between = (share * real + (1 - share) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        return critic(fake).mean() - critic(real).mean() + 10 * ((slope.norm(2, dim=1) - 1) ** 2).mean()

    printed = []
    optimizers = [torch.optim.RMSprop(m.parameters(), lr=1e-3) for m in (critic, generator)]
    for _ in range(5):
        printed += _train(torch, None, penalised, 2, optimizers[0])
        printed += _train(torch, None, lambda: -critic(generator(torch.randn(32, 2))).mean(), 1, optimizers[1])
    return printed


@program
def language_model(torch):
    """A transformer with causal attention and tied weights; then it writes, by the likeliest three."""
    nn, F = torch.nn, torch.nn.functional

    class Model(nn.Module):
        def __init__(self, vocabulary=11, width=16, heads=2, length=8):
            super().__init__()
            self.heads, self.length = heads, length
            self.letters, self.places = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
            self.norm1, self.norm2, self.dropout = nn.LayerNorm(width), nn.LayerNorm(width), nn.Dropout(0.1)
            self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
            self.head = nn.Linear(width, vocabulary, bias=False)
            self.letters.weight = self.head.weight
            self.register_buffer("before", torch.tril(torch.ones(length, length)).view(1, 1, length, length))

        def attend(self, x):
            n, t, width = x.size()
            q, k, v = (y.view(n, t, self.heads, -1).transpose(1, 2) for y in self.qkv(x).split(width, dim=2))
            scores = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
            scores = scores.masked_fill(self.before[:, :, :t, :t] == 0, float("-inf"))
            seen = self.dropout(F.softmax(scores, dim=-1)) @ v
            return self.project(seen.transpose(1, 2).contiguous().view(n, t, width))

        def forward(self, idx):
            x = self.dropout(self.letters(idx) + self.places(torch.arange(idx.size(1))))
            x = x + self.attend(self.norm1(x))
            return self.head(x + self.mlp(self.norm2(x)))

    model = Model()
    text = torch.randint(11, (60,))
    text[1::2] = text[::2]

    def loss():
        starts = torch.randint(len(text) - 8, (4,))
        x = torch.stack([text[i : i + 8] for i in starts])
        y = torch.stack([text[i + 1 : i + 9] for i in starts])
        scores = model(x)
        return F.cross_entropy(scores.view(-1, scores.size(-1)), y.view(-1))

    printed = _train(torch, model.parameters(), loss, 12)
    model.eval()
    written = torch.zeros(1, 1, dtype=torch.long)
    with torch.no_grad():
        for _ in range(10):
            scores = model(written[:, -8:])[:, -1]
            scores[scores < torch.topk(scores, 3)[0][:, [-1]]] = -float("Inf")
            written = torch.cat((written, torch.multinomial(F.softmax(scores, dim=-1), num_samples=1)), dim=1)
    return printed + written[0].tolist()


@program
def series(torch):
    """An LSTM of two layers on a sine, then a forecast step by step."""
    nn = torch.nn
    wave = torch.sin(torch.arange(60.0) / 3)
    x = wave.unfold(0, 11, 1)
    lstm, head = nn.LSTM(1, 12, num_layers=2, batch_first=True), nn.Linear(12, 1)

    def predict(x):
        return head(lstm(x.unsqueeze(-1))[0][:, -1]).squeeze(-1)

    parameters = [*lstm.parameters(), *head.parameters()]
    printed = _train(torch, parameters, lambda: nn.functional.mse_loss(predict(x[:, :-1]), x[:, -1]), 12)
    window = wave[-10:].clone()
    with torch.no_grad():
        for _ in range(4):
            window = torch.cat((window[1:], predict(window[None])))
    return printed + window[-4:].tolist()


@program
def translation(torch):
    """A GRU reads, another writes looking at what was read; losses of sequences with padding left out."""
    nn, F = torch.nn, torch.nn.functional
    words = nn.Embedding(9, 12, padding_idx=0)
    reader, writer = nn.GRU(12, 12, batch_first=True, bidirectional=True), nn.GRUCell(12 + 24, 12)
    query, head = nn.Linear(12, 24), nn.Linear(12, 9)
    lengths = torch.randint(3, 7, (8,))
    source = torch.randint(1, 9, (8, 6)) * (torch.arange(6) < lengths[:, None])

    def loss():
        read, state = reader(words(source))
        hidden, word, outs = state[0], torch.zeros(8, dtype=torch.long), []
        for t in range(6):
            weights = torch.einsum("bsh,bh->bs", read, query(hidden)).masked_fill(source == 0, -1e9).softmax(-1)
            seen = torch.bmm(weights.unsqueeze(1), read).squeeze(1)
            hidden = writer(torch.cat([words(word), seen], dim=-1), hidden)
            outs.append(head(hidden))
            word = source[:, t] if torch.rand(1).item() < 0.5 else outs[-1].argmax(-1)
        return F.cross_entropy(torch.stack(outs, dim=1).transpose(1, 2), source, ignore_index=0)

    modules = nn.ModuleList([words, reader, writer, query, head])
    return _train(torch, modules.parameters(), loss, 10)


@program
def graph_network(torch):
    """Messages along edges with index_add, attention by scatter, and the nodes that are known."""
    nn, F = torch.nn, torch.nn.functional
    kind = torch.arange(24) % 3
    likely = torch.where(kind[:, None] == kind[None, :], 0.5, 0.05)
    source, target = (torch.rand(24, 24) < likely).nonzero().t()
    x = torch.randn(24, 5)
    first, second, score = nn.Linear(5, 12), nn.Linear(12, 3), nn.Linear(24, 1)
    known = torch.zeros(24, dtype=torch.bool)
    known[torch.randperm(24)[:12]] = True

    def loss():
        h = torch.relu(first(x))
        e = F.leaky_relu(score(torch.cat([h[source], h[target]], dim=-1)).squeeze(-1), 0.2)
        most = torch.full((24,), -1e9).scatter_reduce(0, target, e, reduce="amax")
        share = (e - most[target]).exp()
        share = share / torch.zeros(24).scatter_add(0, target, share)[target].clamp(min=1e-9)
        h = h + torch.zeros_like(h).index_add(0, target, share.unsqueeze(-1) * h[source])
        return F.nll_loss(F.log_softmax(second(h), dim=1)[known], kind[known])

    return _train(torch, [*first.parameters(), *second.parameters(), *score.parameters()], loss, 12)


@program
def policy_gradient(torch):
    """Actions drawn from a policy, returns discounted, a critic's advantage."""
    nn, F = torch.nn, torch.nn.functional
    body, actor, critic = nn.Linear(3, 16), nn.Linear(16, 3), nn.Linear(16, 1)
    modules = nn.ModuleList([body, actor, critic])
    optimizer = torch.optim.Adam(modules.parameters(), lr=0.03)
    printed = []
    for _ in range(6):
        seen = F.one_hot(torch.randint(3, (20,)), num_classes=3).float()
        hidden = torch.tanh(body(seen))
        chances = F.log_softmax(actor(hidden), dim=-1)
        action = torch.multinomial(chances.exp(), 1)
        reward = (action.squeeze(1) == seen.argmax(1)).float()
        returns = torch.zeros(20)
        total = 0.0
        for t in reversed(range(20)):
            total = reward[t].item() + 0.9 * total
            returns[t] = total
        returns = (returns - returns.mean()) / (returns.std() + 1e-8)
        value = critic(hidden).squeeze(1)
        gain = chances.gather(1, action).squeeze(1) * (returns - value.detach())
        entropy = -(chances.exp() * chances).sum(1).mean()
        loss = -gain.mean() + F.smooth_l1_loss(value, returns) - 0.01 * entropy
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        printed += [reward.sum().item(), loss.item()]
    return printed


@program
def physics(torch):
    """u'' + u = 0 with u(0) = 0 and u'(0) = 1: the residual has the network's second derivative, training its third."""
    nn = torch.nn
    net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    t = torch.linspace(0, 2, 16).view(-1, 1).requires_grad_()

    def loss():
        u = net(t)
        (du,) = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)
        (ddu,) = torch.autograd.grad(du, t, torch.ones_like(du), create_graph=True)
        return (ddu + u).pow(2).mean() + u[0, 0] ** 2 + (du[0, 0] - 1) ** 2

    return _train(torch, net.parameters(), loss, 20)


@program
def meta_learning(torch):
    """MAML: a step of descent inside the loss, differentiated through."""
    F = torch.nn.functional
    start = [torch.randn(16, 1), torch.zeros(16), torch.randn(1, 16) * 0.3, torch.zeros(1)]
    for p in start:
        p.requires_grad_()

    def net(x, p):
        return F.linear(F.relu(F.linear(x, p[0], p[1])), p[2], p[3])

    def loss():
        total = 0.0
        for _ in range(3):
            height, shift = torch.rand(1) * 4 + 0.1, torch.rand(1) * math.pi
            x = torch.rand(10, 1) * 10 - 5
            y = height * torch.sin(x + shift)
            grads = torch.autograd.grad(F.mse_loss(net(x[:5], start), y[:5]), start, create_graph=True)
            adapted = [p - 0.01 * g for p, g in zip(start, grads, strict=True)]
            total = total + F.mse_loss(net(x[5:], adapted), y[5:])
        return total / 3

    return _train(torch, start, loss, 10)


@program
def diffusion(torch):
    """Noise is predicted at a random time, with a mean of weights beside; then samples from noise."""
    nn, F = torch.nn, torch.nn.functional
    betas = torch.linspace(1e-3, 0.2, 12)
    kept = torch.cumprod(1.0 - betas, dim=0)
    net, mean = nn.Sequential(nn.Linear(3, 24), nn.SiLU(), nn.Linear(24, 2)), None
    angle = torch.rand(64) * 2 * math.pi
    x = torch.stack([angle.cos(), angle.sin()], dim=1)

    def predict(x, t):
        return net(torch.cat([x, t[:, None] / 12], dim=1))

    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    printed = []
    for _ in range(12):
        t = torch.randint(0, 12, (64,))
        noise = torch.randn_like(x)
        scale = kept.gather(-1, t)[:, None]
        loss = F.mse_loss(predict(scale.sqrt() * x + (1 - scale).sqrt() * noise, t), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            now = nn.utils.parameters_to_vector(net.parameters())
            mean = now.clone() if mean is None else mean.mul(0.9).add(now, alpha=0.1)
        printed.append(loss.item())
    nn.utils.vector_to_parameters(mean, net.parameters())
    drawn = torch.randn(3, 2)
    with torch.no_grad():
        for t in reversed(range(12)):
            noise = predict(drawn, torch.full((3,), t))
            drawn = (drawn - betas[t] / (1 - kept[t]).sqrt() * noise) / (1 - betas[t]).sqrt()
            if t:
                drawn = drawn + betas[t].sqrt() * torch.randn_like(drawn)
    return printed + drawn.flatten().tolist()


@program
def mixture_of_experts(torch):
    """The two likeliest experts of four, each given only the rows that were sent to it; adapters of low rank on top."""
    nn, F = torch.nn, torch.nn.functional
    experts = nn.ModuleList([nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 6)) for _ in range(4)])
    router, head = nn.Linear(6, 4), nn.Linear(6, 3)
    x, y = torch.randn(40, 6), torch.randint(0, 3, (40,))
    for p in experts[0].parameters():
        p.requires_grad = False
    down, up = nn.Parameter(torch.randn(2, 6) * 0.1), nn.Parameter(torch.zeros(6, 2))

    def loss():
        scores = router(x) + 0.1 * torch.randn(40, 4)
        best, chosen = scores.topk(2, dim=-1)
        gates = F.softmax(torch.full_like(scores, float("-inf")).scatter(-1, chosen, best), dim=-1)
        out = torch.zeros_like(x)
        for i, expert in enumerate(experts):
            mine = (chosen == i).any(dim=-1)
            if mine.any():
                out[mine] += gates[mine, i].unsqueeze(1) * (expert(x[mine]) + x[mine] @ down.T @ up.T)
        load = gates.sum(0)
        return F.cross_entropy(head(out), y) + 0.01 * (load.std() / load.mean()) ** 2

    modules = nn.ModuleList([experts, router, head])
    parameters = [p for p in [*modules.parameters(), down, up] if p.requires_grad]
    return _train(torch, parameters, loss, 12)


@program
def clusters(torch):
    """k-means by scatter, principal components, and a mixture of normal distributions."""
    centres = torch.tensor([[0.0, 0.0], [4.0, 4.0], [0.0, 5.0]])
    x = torch.cat([torch.randn(30, 2) * 0.5 + c for c in centres])
    found = x[torch.randperm(len(x))[:3]]
    for _ in range(6):
        nearest = ((x[:, None] - found[None]) ** 2).sum(-1).argmin(1)
        sums = torch.zeros(3, 2).scatter_add_(0, nearest[:, None].expand(-1, 2), x)
        found = sums / torch.bincount(nearest, minlength=3).clamp(min=1)[:, None]
    _, spread, _ = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    shares, variances = torch.ones(3) / 3, torch.ones(3, 2)
    for _ in range(4):
        logs = -0.5 * ((x[:, None] - found) ** 2 / variances + variances.log()).sum(-1) + shares.log()
        total = torch.logsumexp(logs, dim=1, keepdim=True)
        weights = (logs - total).exp()
        counts = weights.sum(0)
        shares, found = counts / len(x), (weights.T @ x) / counts[:, None]
        variances = torch.einsum("nk,nkd->kd", weights, (x[:, None] - found) ** 2) / counts[:, None] + 1e-6
    return [*found.flatten().tolist(), *spread.tolist(), total.mean().item(), *shares.tolist()]


@program
def hidden_states(torch):
    """A hidden Markov model by its forward algorithm in logarithms, and the connectionist loss of an alignment."""
    nn, F = torch.nn, torch.nn.functional
    change, show, begin = (nn.Parameter(torch.randn(s)) for s in ((3, 3), (3, 4), (3,)))
    words = (torch.arange(10)[None] // torch.tensor([[2], [3], [1]])) % 4
    scores = nn.Parameter(torch.randn(10, 3, 5))
    labels = torch.randint(1, 5, (3, 3))

    def loss():
        a, b = change.log_softmax(0), show.log_softmax(1)
        alpha = begin.log_softmax(0) + b[:, words[:, 0]].T
        for t in range(1, words.size(1)):
            alpha = b[:, words[:, t]].T + torch.logsumexp(a + alpha.unsqueeze(1), dim=2)
        aligned = F.ctc_loss(scores.log_softmax(2), labels, torch.full((3,), 10), torch.tensor([3, 2, 3]))
        return aligned - alpha.logsumexp(1).mean()

    return _train(torch, [change, show, begin, scores], loss, 10, torch.optim.Adam([change, show, begin, scores], 0.1))
