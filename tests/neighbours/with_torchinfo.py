"""A program for PyTorch that prints torchinfo's summary of its model."""

import torch
from torchinfo import summary

model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 4, 3),
    torch.nn.BatchNorm2d(4),
    torch.nn.ReLU(),
    torch.nn.Flatten(),
    torch.nn.Linear(4 * 26 * 26, 10),
)
told = summary(model, input_size=(2, 1, 28, 28), col_names=("input_size", "output_size", "num_params"), verbose=0)
assert told.total_params == told.trainable_params == 40 + 8 + 27050
assert "[2, 4, 26, 26]" in str(told)
recurrent = summary(torch.nn.LSTM(4, 5, batch_first=True), input_data=torch.randn(2, 3, 4), verbose=0)
assert recurrent.total_params == 4 * 5 * (4 + 5 + 2)
print(told.total_params, torch.__name__)
