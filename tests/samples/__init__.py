"""PyTorch's own sample inputs, run by PyTorch and by minitorch. `make samples` writes docs/samples.md."""
