"""Deep Q-learning with replay, a target network, noisy layers and a distribution of returns."""

import math, random
from collections import namedtuple, deque
from itertools import count
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
import torch.nn.functional as F

seed = 42
random.seed(seed)
np.random.seed(seed)
torch.manual_seed(seed)
device = torch.device("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class Corridor:
    def __init__(self, n=6):
        self.n = n

    def reset(self):
        self.p, self.t = 2, 0
        return self.obs()

    def obs(self):
        return np.array([self.p / self.n, math.sin(self.p), self.t / 20, 1.0])

    def step(self, a):
        self.p += 1 if a == 1 else -1
        self.t += 1
        done = self.p <= 0 or self.p >= self.n
        return self.obs(), float(self.p >= self.n) - 0.05, done, self.t >= 20


class ReplayMemory(object):
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


class DQN(nn.Module):
    def __init__(self, n_observations, n_actions):
        super(DQN, self).__init__()
        self.layer1 = nn.Linear(n_observations, 24)
        self.layer2 = nn.Linear(24, 24)
        self.layer3 = nn.Linear(24, n_actions)

    def forward(self, x):
        return self.layer3(F.relu(self.layer2(F.relu(self.layer1(x)))))


BATCH_SIZE, GAMMA, EPS_START, EPS_END, EPS_DECAY, TAU, LR = 16, 0.99, 0.9, 0.05, 100, 0.005, 1e-3
policy_net, target_net = DQN(4, 2).to(device), DQN(4, 2).to(device)
target_net.load_state_dict(policy_net.state_dict())
optimizer = optim.AdamW(policy_net.parameters(), lr=LR, amsgrad=True)
memory = ReplayMemory(500)
steps_done = 0


def select_action(state):
    global steps_done
    sample = random.random()
    eps = EPS_END + (EPS_START - EPS_END) * math.exp(-1.0 * steps_done / EPS_DECAY)
    steps_done += 1
    if sample > eps:
        with torch.no_grad():
            return policy_net(state).max(1).indices.view(1, 1)
    return torch.tensor([[random.randrange(2)]], device=device, dtype=torch.long)


def optimize_model():
    if len(memory) < BATCH_SIZE:
        return None
    batch = Transition(*zip(*memory.sample(BATCH_SIZE)))
    non_final_mask = torch.tensor(
        tuple(map(lambda s: s is not None, batch.next_state)), device=device, dtype=torch.bool
    )
    non_final = [s for s in batch.next_state if s is not None]
    state_batch, action_batch, reward_batch = torch.cat(batch.state), torch.cat(batch.action), torch.cat(batch.reward)
    q = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(BATCH_SIZE, device=device)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(torch.cat(non_final)).max(1).values
    expected = (next_state_values * GAMMA) + reward_batch
    loss = nn.SmoothL1Loss()(q, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss


env = Corridor()
durations = []
for ep in range(12):
    state = torch.tensor(env.reset(), dtype=torch.float32, device=device).unsqueeze(0)
    for t in count():
        action = select_action(state)
        obs, reward, terminated, truncated = env.step(action.item())
        reward = torch.tensor([reward], device=device)
        next_state = None if terminated else torch.tensor(obs, dtype=torch.float32, device=device).unsqueeze(0)
        memory.push(state, action, next_state, reward)
        state = next_state
        loss = optimize_model()
        tsd, psd = target_net.state_dict(), policy_net.state_dict()
        for key in psd:
            tsd[key] = psd[key] * TAU + tsd[key] * (1 - TAU)
        target_net.load_state_dict(tsd)
        if terminated or truncated:
            durations.append(t + 1)
            break
    print(ep, durations[-1], None if loss is None else round(loss.item(), 5))
durations_t = torch.tensor(durations, dtype=torch.float)
means = durations_t.unfold(0, 4, 1).mean(1).view(-1)
print(torch.cat((torch.zeros(3), means)).numpy())


class Dueling(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(4, 16)
        self.v = nn.Linear(16, 1)
        self.a = nn.Linear(16, 2)

    def forward(self, x):
        h = torch.relu(self.f(x))
        a = self.a(h)
        return self.v(h) + (a - a.mean(dim=1, keepdim=True))


class NoisyLinear(nn.Module):
    def __init__(self, i, o, std_init=0.5):
        super().__init__()
        self.i, self.o, self.std_init = i, o, std_init
        self.weight_mu = nn.Parameter(torch.Tensor(o, i))
        self.weight_sigma = nn.Parameter(torch.Tensor(o, i))
        self.register_buffer("weight_epsilon", torch.Tensor(o, i))
        r = 1 / math.sqrt(i)
        self.weight_mu.data.uniform_(-r, r)
        self.weight_sigma.data.fill_(std_init / math.sqrt(i))
        self.reset_noise()

    def _scale(self, size):
        x = torch.randn(size)
        return x.sign().mul(x.abs().sqrt())

    def reset_noise(self):
        self.weight_epsilon.copy_(self._scale(self.o).ger(self._scale(self.i)))

    def forward(self, x):
        w = self.weight_mu + self.weight_sigma * self.weight_epsilon if self.training else self.weight_mu
        return F.linear(x, w)


x = torch.randn(5, 4)
print(Dueling()(x))
nl = NoisyLinear(4, 3)
print(nl(x).sum(), nl.eval()(x).sum())
# C51 projection
Vmin, Vmax, N = -1.0, 1.0, 5
delta = (Vmax - Vmin) / (N - 1)
support = torch.linspace(Vmin, Vmax, N)
dist = torch.softmax(torch.randn(3, N), 1)
r = torch.tensor([0.3, -0.2, 1.0]).unsqueeze(1).expand_as(dist)
Tz = (r + 0.9 * support.unsqueeze(0).expand_as(dist)).clamp(min=Vmin, max=Vmax)
b = (Tz - Vmin) / delta
l, u = b.floor().long(), b.ceil().long()
offset = torch.linspace(0, 2 * N, 3).long().unsqueeze(1).expand(3, N)
proj = torch.zeros(dist.size())
proj.view(-1).index_add_(0, (l + offset).view(-1), (dist * (u.float() - b)).view(-1))
proj.view(-1).index_add_(0, (u + offset).view(-1), (dist * (b - l.float())).view(-1))
print(proj)
