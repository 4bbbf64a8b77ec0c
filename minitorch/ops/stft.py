"""The short-time Fourier transform, of overlapping windows of a signal, and its inverse."""

from __future__ import annotations

import warnings
from typing import Any

from ..errors import OperationError
from .base import T
from .fft import FftC2C, FftC2R, FftR2C
from .pad import constant, pad
from .parts import view_as_real
from .strided import Unfold, UnfoldGrad
from .view import narrow, squeeze, transpose, unsqueeze

__all__ = ["istft", "stft"]

_NO_WINDOW = (
    "A window was not provided. A rectangular window will be applied, which is known to cause spectral leakage. Other "
    "windows such as torch.hann_window or torch.hamming_window are recommended to reduce spectral leakage. To suppress "
    "this warning and use a rectangular window, explicitly set `window=torch.ones(n_fft)`."
)
_PAIRS = (
    "stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex tensors for "
    "all inputs, and return_complex=False will raise an error.\nNote: you can still call torch.view_as_real on the "
    "complex output to recover the old return format."
)


def stft(
    input: T, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: Any = None,
    center: bool = True, pad_mode: str = "reflect", normalized: bool = False, onesided: bool | None = None,
    return_complex: bool | None = None, align_to_window: bool | None = None,
) -> T:  # fmt: skip
    """The spectra of windows of a signal, `hop_length` (n_fft / 4) apart: (L) or (B, L) -> (..., frequencies, frames).

    Each frame of n_fft samples is multiplied by `window`, of `win_length` and in the middle of the frame; frame t is
    centred on sample t hop_length, the signal being padded by `pad_mode`, or begins there without `center`. Real
    signals have n_fft / 2 + 1 frequencies (`onesided`), and `return_complex` must be given for them: False gives pairs.
    `normalized`: divided by √n_fft. `align_to_window`: without `center`, windows begin with the signal, not frames.

    >>> tone = torch.tensor([0.0, 1.0, 0.0, -1.0] * 4)
    >>> torch.stft(tone, 4, window=torch.ones(4), return_complex=True).abs()[:, 4]
    tensor([0., 2., 0.])
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if window is None:
        warnings.warn(_NO_WINDOW, UserWarning, stacklevel=2)
    is_complex = input.array.dtype.kind == "c" or (window is not None and window.array.dtype.kind == "c")
    if center and align_to_window is not None:
        raise OperationError("stft", "stft align_to_window should only be set when center = false", input)
    _check_output(input, is_complex, onesided, return_complex)
    x = _padded(input, n_fft, pad_mode) if center else input
    _check_stft(x, n_fft, hop, width, window)
    if align_to_window:
        x = constant(x, [_around(n_fft, width)], 0.0)
    frames = Unfold.apply(x, x.array.ndim - 1, n_fft, hop)
    if window is not None:
        frames = frames * _centred(window, n_fft)
    elif width < n_fft:
        frames = frames * _centred(input.new_ones(width), n_fft)
    spectra = transpose(_spectra(frames, "1/√n" if normalized else "1", onesided is not False), -2, -1)
    if is_complex if return_complex is None else return_complex:
        return spectra
    warnings.warn(_PAIRS, UserWarning, stacklevel=2)
    return view_as_real(spectra)


def _check_output(x: Any, is_complex: bool, onesided: bool | None, return_complex: bool | None) -> None:
    if return_complex is None and not is_complex:
        problem = "stft requires the return_complex parameter be given for real inputs, and will further require that"
        raise OperationError("stft", f"{problem} return_complex=True in a future PyTorch release.", x)
    if is_complex and onesided:
        raise OperationError("stft", "Cannot have onesided output if window or input is complex", x)


def _padded(x: Any, n_fft: int, mode: str) -> Any:
    """The signal with half a frame more at both ends."""
    if x.array.ndim not in (1, 2):
        raise OperationError("stft", "expected a 1D or 2D tensor", x)
    if x.array.dtype.kind not in "fcV":
        raise OperationError("stft", "expected a tensor of floating point or complex values", x)
    rows = unsqueeze(x, 0) if x.array.ndim == 1 else x
    rows = pad(rows, (n_fft // 2, n_fft // 2), mode)
    return squeeze(rows, 0) if x.array.ndim == 1 else rows


def _check_stft(x: Any, n_fft: int, hop: int, width: int, window: Any) -> None:
    problem = None
    if x.array.dtype.kind not in "fcV":
        problem = "expected a tensor of floating point or complex values"
    elif x.array.ndim not in (1, 2):
        problem = "expected a 1D or 2D tensor"
    elif not 0 < n_fft <= x.array.shape[-1]:
        problem = f"expected 0 < n_fft < {x.array.shape[-1]}, but got n_fft={n_fft}"
    elif hop <= 0:
        problem = f"expected hop_length > 0, but got hop_length={hop}"
    elif not 0 < width <= n_fft:
        problem = f"expected 0 < win_length <= n_fft, but got win_length={width}"
    elif window is not None and window.array.shape != (width,):
        size = list(window.array.shape)
        problem = f"expected a 1D window tensor of size equal to win_length={width}, but got window with size {size}"
    if problem is not None:
        raise OperationError("stft", problem, x)


def _around(n_fft: int, width: int) -> tuple[int, int]:
    """How many samples of a frame are before and behind a window in its middle."""
    before = (n_fft - width) // 2
    return before, n_fft - width - before


def _centred(window: Any, n_fft: int) -> Any:
    return constant(window, [_around(n_fft, window.array.shape[0])], 0.0)


def _spectra(frames: Any, factor: str, onesided: bool) -> Any:
    axes = (frames.array.ndim - 1,)
    if frames.array.dtype.kind == "c":
        return FftC2C.apply(frames, axes, factor, False)
    return FftR2C.apply(frames, axes, factor, onesided)


def istft(
    input: T, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: Any = None,
    center: bool = True, normalized: bool = False, onesided: bool | None = None, length: int | None = None,
    return_complex: bool = False,
) -> T:  # fmt: skip
    """The signal with the spectra that `stft` gave: (..., frequencies, frames) -> (L) or (B, L), `length` if given.

    The frames, multiplied by the window once more, are added and divided by the sum of the squared windows (Griffin and
    Lim 1984), which may not be 0 anywhere.

    >>> x, w = torch.arange(16.0), torch.hann_window(8)
    >>> torch.istft(torch.stft(x, 8, window=w, return_complex=True), 8, window=w).allclose(x, atol=1e-5)
    True
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if window is None:
        warnings.warn(_NO_WINDOW, UserWarning, stacklevel=2)
    one = input.array.shape[-2] != n_fft if onesided is None and input.array.ndim > 1 else bool(onesided)
    _check_istft(input, n_fft, hop, width, window, one, return_complex)
    kind = input.real.dtype
    window = _centred(input.real.new_ones(width, dtype=kind) if window is None else window, n_fft)
    spectra = transpose(input if input.array.ndim == 3 else unsqueeze(input, 0), 1, 2)
    frames = _signals(spectra, n_fft, "1/√n" if normalized else "1/n", return_complex) * window
    y = _overlapped(frames, window, hop, n_fft // 2 if center else 0, length)
    return squeeze(y, 0) if input.array.ndim == 2 else y


def _check_istft(x: Any, n_fft: int, hop: int, width: int, window: Any, onesided: bool, return_complex: bool) -> None:
    _check_spectra(x, n_fft, onesided)
    complex_window = window is not None and window.array.dtype.kind == "c"
    problems = {
        "expected 0 < hop_length <= win_length": not 0 < hop <= width,
        "expected 0 < win_length <= n_fft": not 0 < width <= n_fft,
        "Invalid window shape. window has to be 1D and length of `win_length`": (
            window is not None and window.array.shape != (width,)
        ),
        "Complex windows are incompatible with return_complex=False": complex_window and not return_complex,
        "Cannot have onesided output if window or input is complex": return_complex and onesided,
    }
    for problem, is_there in problems.items():
        if is_there:
            raise OperationError("istft", problem, x)


def _check_spectra(x: Any, n_fft: int, onesided: bool) -> None:
    """Spectra are complex and lie in (frequencies, frames), with or without a batch before."""
    ndim, problem = x.array.ndim, None
    if x.array.dtype.kind != "c":
        problem = "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
    elif not x.array.size:
        problem = "input tensor cannot be empty."
    elif ndim not in (2, 3):
        problem = f"expected a tensor with 3 or 4 dimensions, but got {ndim + 1}"
    elif x.array.shape[-2] != (n_fft // 2 + 1 if onesided else n_fft):
        size = "n_fft / 2 + 1 when onesided=True" if onesided else "n_fft when onesided=False"
        problem = f"expected the frequency dimension (3rd to the last) of the input tensor to match {size}, but got"
        problem += f" {x.array.shape[-2]}"
    if problem is not None:
        raise OperationError("istft", problem, x)


def _signals(spectra: Any, n_fft: int, factor: str, return_complex: bool) -> Any:
    """Each frame's samples."""
    if return_complex:
        return FftC2C.apply(spectra, (2,), factor, True)
    half = narrow(spectra, 2, 0, n_fft // 2 + 1)
    return FftC2R.apply(half, (2,), factor, n_fft)


def _overlapped(frames: Any, window: Any, hop: int, start: int, length: int | None) -> Any:
    """(B, frames, n): added where they overlap, divided by the squared windows."""
    batch, count, n = frames.array.shape
    whole = n + hop * (count - 1)
    end = whole - start if length is None else start + length
    y = UnfoldGrad.apply(frames, (batch, whole), 1, n, hop)
    weight = UnfoldGrad.apply((window * window).expand(1, count, n), (1, whole), 1, n, hop)
    y, weight = [narrow(x, 1, start, min(end, whole) - start) for x in (y, weight)]
    if not (weight.detach().abs() > 1e-11).all().item():
        raise OperationError("istft", "window overlap add min: the windows' squares add to 0 somewhere", frames, window)
    if end > whole:
        warnings.warn(
            "The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail. "
            "Please check your center and hop_length settings.",
            UserWarning,
            stacklevel=3,
        )
        return constant(y / weight, [(0, end - whole)], 0.0)
    return y / weight
