"""Where tensors live: on the CPU, always."""

from __future__ import annotations

from typing import Any


class Device:
    """A device by name, such as `torch.device("cpu")`. Other names can be written, but no tensor can be put there."""

    def __init__(self, type: Any, index: int | None = None) -> None:
        if not isinstance(type, (str, Device)):
            raise TypeError(f"device(): argument 'type' must be str or torch.device, not {type.__class__.__name__}")
        name, colon, number = str(type).partition(":")
        if colon and not number.isdecimal():
            raise RuntimeError(f"Invalid device string: {str(type)!r}")
        if index is not None and index < 0:
            raise RuntimeError(f"Device index must not be negative, got {index}")
        self.type = name
        self.index = int(number) if number else index
        if name not in ("cpu", "cuda", "mps", "xpu", "meta", "mkldnn", "ipu", "hpu", "xla", "vulkan", "privateuseone"):
            raise RuntimeError(
                f"Expected one of cpu, cuda, mps, xpu, meta device type at start of device string: {type}"
            )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return (
            f"device(type={self.type!r})" if self.index is None else f"device(type={self.type!r}, index={self.index})"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __reduce__(self) -> Any:
        return Device, (str(self),)


class NoSuchDevice(RuntimeError, AssertionError):
    """A device that is not there. Both types, for PyTorch's CPU build raises the one or the other."""


def check_device(device: Any) -> None:
    """NoSuchDevice if `device` is anything but None or the CPU."""
    if device is not None and str(device).partition(":")[0] != "cpu":
        raise NoSuchDevice(
            f"device {str(device)!r} does not exist (not compiled with CUDA enabled): minitorch runs on the CPU alone. "
            "Use device='cpu', or 'cuda' if torch.cuda.is_available() else 'cpu'."
        )
