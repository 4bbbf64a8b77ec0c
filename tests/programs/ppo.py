"""Proximal policy optimisation, and policies that are normal distributions."""

import argparse
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.distributions import Categorical, MultivariateNormal, Normal
from torch.utils.data import BatchSampler, SubsetRandomSampler

parser = argparse.ArgumentParser(description="PPO")
parser.add_argument("--gamma", type=float, default=0.99, metavar="G", help="discount factor (default: 0.99)")
parser.add_argument("--seed", type=int, default=543, metavar="N")
args = parser.parse_args()
torch.manual_seed(args.seed)
np.random.seed(args.seed)


def layer_init(layer, std=np.sqrt(2), bias_const=0.0):
    torch.nn.init.orthogonal_(layer.weight, std)
    torch.nn.init.constant_(layer.bias, bias_const)
    return layer


class Agent(nn.Module):
    def __init__(self, obs, act):
        super().__init__()
        self.critic = nn.Sequential(
            layer_init(nn.Linear(obs, 16)),
            nn.Tanh(),
            layer_init(nn.Linear(16, 16)),
            nn.Tanh(),
            layer_init(nn.Linear(16, 1), std=1.0),
        )
        self.actor = nn.Sequential(
            layer_init(nn.Linear(obs, 16)),
            nn.Tanh(),
            layer_init(nn.Linear(16, 16)),
            nn.Tanh(),
            layer_init(nn.Linear(16, act), std=0.01),
        )

    def get_value(self, x):
        return self.critic(x)

    def get_action_and_value(self, x, action=None):
        logits = self.actor(x)
        probs = Categorical(logits=logits)
        if action is None:
            action = probs.sample()
        return action, probs.log_prob(action), probs.entropy(), self.critic(x)


class Env:
    def __init__(self, n):
        self.s = np.random.randn(n, 3).astype(np.float32)

    def step(self, a):
        r = (self.s.argmax(1) == a).astype(np.float32)
        self.s = np.random.randn(*self.s.shape).astype(np.float32)
        return self.s, r, (np.random.rand(len(r)) < 0.1)


num_envs, num_steps, mb = 4, 16, 16
device = torch.device("cuda" if torch.cuda.is_available() and False else "cpu")
envs, agent = Env(num_envs), Agent(3, 3).to(device)
optimizer = optim.Adam(agent.parameters(), lr=2.5e-3, eps=1e-5)
obs = torch.zeros((num_steps, num_envs) + (3,)).to(device)
actions = torch.zeros((num_steps, num_envs)).to(device)
logprobs, rewards, dones, values = [torch.zeros((num_steps, num_envs)).to(device) for _ in range(4)]
next_obs = torch.Tensor(envs.s).to(device)
next_done = torch.zeros(num_envs).to(device)
for update in range(1, 4):
    optimizer.param_groups[0]["lr"] = (1.0 - (update - 1.0) / 3) * 2.5e-3
    for step in range(num_steps):
        obs[step] = next_obs
        dones[step] = next_done
        with torch.no_grad():
            action, logprob, _, value = agent.get_action_and_value(next_obs)
            values[step] = value.flatten()
        actions[step] = action
        logprobs[step] = logprob
        o, reward, done = envs.step(action.cpu().numpy())
        rewards[step] = torch.tensor(reward).to(device).view(-1)
        next_obs, next_done = torch.Tensor(o).to(device), torch.Tensor(done).to(device)
    with torch.no_grad():
        next_value = agent.get_value(next_obs).reshape(1, -1)
        advantages = torch.zeros_like(rewards).to(device)
        lastgaelam = 0
        for t in reversed(range(num_steps)):
            if t == num_steps - 1:
                nextnonterminal = 1.0 - next_done
                nextvalues = next_value
            else:
                nextnonterminal = 1.0 - dones[t + 1]
                nextvalues = values[t + 1]
            delta = rewards[t] + args.gamma * nextvalues * nextnonterminal - values[t]
            advantages[t] = lastgaelam = delta + args.gamma * 0.95 * nextnonterminal * lastgaelam
        returns = advantages + values
    b_obs, b_logprobs, b_actions = obs.reshape((-1,) + (3,)), logprobs.reshape(-1), actions.reshape((-1,))
    b_adv, b_ret, b_val = advantages.reshape(-1), returns.reshape(-1), values.reshape(-1)
    b_inds = np.arange(num_envs * num_steps)
    clipfracs = []
    for epoch in range(2):
        np.random.shuffle(b_inds)
        for start in range(0, len(b_inds), mb):
            mb_inds = b_inds[start : start + mb]
            _, newlogprob, entropy, newvalue = agent.get_action_and_value(b_obs[mb_inds], b_actions.long()[mb_inds])
            logratio = newlogprob - b_logprobs[mb_inds]
            ratio = logratio.exp()
            with torch.no_grad():
                old_approx_kl = (-logratio).mean()
                approx_kl = ((ratio - 1) - logratio).mean()
                clipfracs += [((ratio - 1.0).abs() > 0.2).float().mean().item()]
            mb_adv = b_adv[mb_inds]
            mb_adv = (mb_adv - mb_adv.mean()) / (mb_adv.std() + 1e-8)
            pg_loss = torch.max(-mb_adv * ratio, -mb_adv * torch.clamp(ratio, 1 - 0.2, 1 + 0.2)).mean()
            newvalue = newvalue.view(-1)
            v_clipped = b_val[mb_inds] + torch.clamp(newvalue - b_val[mb_inds], -0.2, 0.2)
            v_loss = 0.5 * torch.max((newvalue - b_ret[mb_inds]) ** 2, (v_clipped - b_ret[mb_inds]) ** 2).mean()
            loss = pg_loss - 0.01 * entropy.mean() + v_loss * 0.5
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            optimizer.step()
    y_pred, y_true = b_val.cpu().numpy(), b_ret.cpu().numpy()
    ev = np.nan if np.var(y_true) == 0 else 1 - np.var(y_true - y_pred) / np.var(y_true)
    print(
        f"update {update} loss {loss.item():.5f} v {v_loss.item():.5f} kl {approx_kl.item():.6f} clip {np.mean(clipfracs):.3f} ev {ev:.4f}"
    )


class Continuous(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Linear(3, 2)
        self.logstd = nn.Parameter(torch.zeros(1, 2))
        self.action_var = torch.full((2,), 0.25)

    def forward(self, x):
        m = self.mean(x)
        return Normal(m, self.logstd.expand_as(m).exp())

    def mvn(self, x):
        m = torch.tanh(self.mean(x))
        return MultivariateNormal(m, torch.diag_embed(self.action_var.expand_as(m)))


c = Continuous()
x = torch.randn(5, 3)
d = c(x)
a = d.sample()
print(d.log_prob(a).sum(1), d.entropy().sum(1), d)
m = c.mvn(x)
a = m.sample()
print(a, m.log_prob(a), m.entropy())
print(m)
sampler = BatchSampler(SubsetRandomSampler(range(10)), 4, False)
print([i for i in sampler], torch.distributions.kl_divergence(Normal(0.0, 1.0), Normal(1.0, 2.0)))
print(Categorical(torch.tensor([0.2, 0.8])), Categorical(probs=torch.tensor([[1.0, 3.0]])).probs)
