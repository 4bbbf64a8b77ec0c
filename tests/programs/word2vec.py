"""N-grams, skip-grams with negative samples, and a bag of words."""

import collections, math, random
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.autograd import Variable

torch.manual_seed(1)
np.random.seed(1)
random.seed(1)
CONTEXT_SIZE = 2
EMBEDDING_DIM = 10
test_sentence = """when forty winters shall besiege thy brow and dig deep trenches in thy beautys field thy youths proud livery
so gazed on now will be a tattered weed of small worth held""".split()
trigrams = [([test_sentence[i - 1], test_sentence[i - 2]], test_sentence[i]) for i in range(2, len(test_sentence))]
vocab = sorted(set(test_sentence))
word_to_ix = {w: i for i, w in enumerate(vocab)}


class NGramLanguageModeler(nn.Module):
    def __init__(self, vocab_size, embedding_dim, context_size):
        super().__init__()
        self.embeddings = nn.Embedding(vocab_size, embedding_dim)
        self.linear1 = nn.Linear(context_size * embedding_dim, 32)
        self.linear2 = nn.Linear(32, vocab_size)

    def forward(self, inputs):
        embeds = self.embeddings(inputs).view((1, -1))
        out = F.relu(self.linear1(embeds))
        return F.log_softmax(self.linear2(out), dim=1)


losses = []
model = NGramLanguageModeler(len(vocab), EMBEDDING_DIM, CONTEXT_SIZE)
optimizer = optim.SGD(model.parameters(), lr=0.01)
for epoch in range(3):
    total_loss = 0
    for context, target in trigrams:
        context_idxs = torch.tensor([word_to_ix[w] for w in context], dtype=torch.long)
        model.zero_grad()
        loss = nn.NLLLoss()(model(context_idxs), torch.tensor([word_to_ix[target]], dtype=torch.long))
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    losses.append(total_loss)
print(losses)
print(model.embeddings.weight[word_to_ix["thy"]])


class SkipGram(nn.Module):
    def __init__(self, n, dim, sparse=False):
        super().__init__()
        self.u_embeddings = nn.Embedding(n, dim, sparse=sparse)
        self.v_embeddings = nn.Embedding(n, dim, sparse=sparse)
        initrange = 0.5 / dim
        self.u_embeddings.weight.data.uniform_(-initrange, initrange)
        self.v_embeddings.weight.data.uniform_(-0, 0)

    def forward(self, pos_u, pos_v, neg_v):
        emb_u, emb_v = self.u_embeddings(pos_u), self.v_embeddings(pos_v)
        score = torch.mul(emb_u, emb_v).squeeze()
        score = torch.clamp(torch.sum(score, dim=1), max=10, min=-10)
        score = -F.logsigmoid(score)
        neg = torch.bmm(self.v_embeddings(neg_v), emb_u.unsqueeze(2)).squeeze()
        neg = torch.clamp(neg, max=10, min=-10)
        return torch.mean(score + -torch.sum(F.logsigmoid(-neg), dim=1))


counts = collections.Counter(test_sentence)
freqs = torch.tensor([counts[w] for w in vocab], dtype=torch.float) ** 0.75
noise_dist = freqs / freqs.sum()
subsample = 1 - torch.sqrt(torch.tensor(1e-2) / (torch.tensor([counts[w] for w in vocab]) / len(test_sentence)))
print(subsample.clamp_(min=0)[:6])
pairs = [
    (word_to_ix[test_sentence[i]], word_to_ix[test_sentence[i + d]])
    for i in range(2, len(test_sentence) - 2)
    for d in (-2, -1, 1, 2)
]
sg = SkipGram(len(vocab), 8)
opt = optim.Adagrad(sg.parameters(), lr=0.3)
for it in range(6):
    batch = random.sample(pairs, 16)
    u, v = map(torch.LongTensor, zip(*batch))
    neg = torch.multinomial(noise_dist, 16 * 5, replacement=True).view(16, 5)
    loss = sg(u, v, neg)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print("it {} loss {:.6f}".format(it, loss.data))
emb = sg.u_embeddings.weight.data.cpu().numpy()
norms = (emb**2).sum(axis=1) ** (1 / 2)
norms = np.reshape(norms, (len(norms), 1))
sims = np.dot(emb / norms, (emb / norms).T)
print(np.round(sims[0, :5], 4))
w = sg.u_embeddings.weight
cos = nn.CosineSimilarity(dim=1, eps=1e-6)
values, idx = cos(w[word_to_ix["thy"]].unsqueeze(0), w).topk(4)
print([(vocab[i], round(v.item(), 4)) for v, i in zip(values, idx)])


class CBOW(nn.Module):
    def __init__(self, v, d):
        super().__init__()
        self.emb = nn.EmbeddingBag(v, d, mode="mean")
        self.out = nn.Linear(d, v)

    def forward(self, x, offsets=None):
        return self.out(self.emb(x, offsets))


cb = CBOW(len(vocab), 6)
ctx = torch.tensor(
    [[word_to_ix[test_sentence[i + d]] for d in (-2, -1, 1, 2)] for i in range(2, len(test_sentence) - 2)]
)
tgt = torch.tensor([word_to_ix[test_sentence[i]] for i in range(2, len(test_sentence) - 2)])
o = optim.SparseAdam(list(cb.emb.parameters())) if False else optim.Adamax(cb.parameters(), lr=0.05)
for _ in range(4):
    l = F.cross_entropy(cb(ctx), tgt)
    o.zero_grad()
    l.backward()
    o.step()
    print(l)
print(cb(ctx[:2].reshape(-1), torch.tensor([0, 3])).argmax(-1), cb)
pre = nn.Embedding.from_pretrained(torch.FloatTensor(emb), freeze=True, padding_idx=0)
print(pre.weight.requires_grad, pre(torch.tensor([1, 0]))[:, :3], pre)
