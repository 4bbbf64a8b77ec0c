"""A program for PyTorch that uses einops: its functions and its layers."""

import torch
from einops import einsum, pack, rearrange, reduce, repeat, unpack
from einops.layers.torch import EinMix, Rearrange, Reduce

torch.manual_seed(0)
x = torch.arange(24.0).reshape(2, 3, 4).requires_grad_()
assert torch.equal(rearrange(x, "a b c -> c (a b)"), x.permute(2, 0, 1).reshape(4, 6))
assert torch.equal(reduce(x, "a b c -> a", "mean"), x.mean((1, 2)))
assert repeat(x, "a b c -> a b c d", d=5).shape == (2, 3, 4, 5)
assert torch.equal(einsum(x, torch.ones(4, 2), "a b c, c d -> a b d"), x @ torch.ones(4, 2))
packed, shapes = pack([x, torch.ones(2, 4)], "a * c")
assert [y.shape for y in unpack(packed, shapes, "a * c")] == [(2, 3, 4), (2, 4)]

patches = torch.nn.Sequential(
    Rearrange("b (h p) (w q) -> b (h w) (p q)", p=4, q=4),
    torch.nn.Linear(16, 8),
    EinMix("b n c -> b n d", weight_shape="c d", bias_shape="d", c=8, d=6),
    Reduce("b n d -> b d", "max"),
)
images, labels = torch.rand(32, 8, 8), torch.arange(32) % 2
images[labels == 1, :4] += 1.0
optimizer = torch.optim.Adam(patches.parameters(), lr=0.02)
losses = []
for _ in range(30):
    loss = torch.nn.functional.cross_entropy(patches(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
assert losses[-1] < losses[0] / 2, losses
print("Rearrange" in repr(patches), torch.__name__)
