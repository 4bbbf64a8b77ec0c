"""A program for PyTorch whose tensors become tables and pictures."""

import matplotlib
import numpy as np
import pandas as pd
import torch

matplotlib.use("Agg")
import matplotlib.pyplot as plt

x = torch.arange(6.0).reshape(3, 2)
assert pd.DataFrame(x).shape == (3, 2)
assert pd.DataFrame({"a": x[:, 0], "b": [1, 2, 3]})["a"].tolist() == [0.0, 2.0, 4.0]
assert pd.Series(x[:, 1]).sum() == 9.0
table = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4]})
assert torch.tensor(table.to_numpy()).dtype is torch.float64
assert torch.equal(torch.tensor(table["b"]), torch.tensor([3, 4]))
assert torch.from_numpy(table["b"].to_numpy(copy=True)).tolist() == [3, 4]
figure, axes = plt.subplots(2, 2)
axes[0, 0].plot(x[:, 0], x[:, 1])
axes[0, 1].imshow(x)
axes[1, 0].scatter(x[:, 0], x[:, 1], c=x[:, 0])
axes[1, 1].hist(x[:, 0])
assert np.allclose(axes[0, 0].lines[0].get_ydata(), [1, 3, 5])
figure.savefig("picture.png")
print(torch.__name__)
