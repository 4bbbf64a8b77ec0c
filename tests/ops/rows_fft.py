"""Rows of minitorch/ops/fft.py and stft.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.rows_parts import complexes
from ops.table import Const, Rng, Row, Sample, call, calls, values

BAD = [call(np.ones(4), 0), call(np.ones(4), dim=1), call(np.asarray(1.0)), call(np.ones(4), norm="none")]
BAD_S = [call(np.ones((2, 3)), dim=(0, 0)), call(np.ones((2, 3)), s=(1, 2, 3)), call(np.ones((2, 3)), (2,), (0, 1))]


def _along(*makers: Any) -> Any:
    def samples(rng: Rng) -> list[Sample]:
        made: list[Sample] = []
        for make in makers:
            made += [call(make(rng, 5)), call(make(rng, 3, 4), 6, 0), call(make(rng, 3, 4), 3, norm="ortho")]
            made += [call(make(rng, 2, 3), dim=-1, norm="forward"), call(make(rng, 6), n=1), call(make(rng, 4), n=5)]
        return made

    return samples


def _several(*makers: Any) -> Any:
    def samples(rng: Rng) -> list[Sample]:
        made: list[Sample] = []
        for make in makers:
            made += [call(make(rng, 3, 4)), call(make(rng, 2, 3, 4), (4, 3), norm="ortho")]
            made += [call(make(rng, 3, 2, 4), None, (2, 0), "forward"), call(make(rng, 3, 4), (-1, 5), (1, 0))]
        return made

    return samples


def reals(rng: Rng, *shape: int) -> Any:
    """Real values."""
    return values(rng, shape)


def _reference(name: str) -> Any:
    return lambda x, n=None, dim=-1, norm=None: getattr(np.fft, name)(x, n, dim, norm)


def transform(name: str, samples: Any, errors: Any, **options: Any) -> Row:
    """A Fourier transform; values stay real or complex as they are."""
    given = {"dtypes": "o", "result": None, "method": False, "errors": calls(*errors)}
    return Row(name=f"fft.{name}", samples=samples, **{**given, **options})


def _shifts(rng: Rng) -> list[Sample]:
    return [call(values(rng, (5,))), call(values(rng, (2, 3)), 1), call(values(rng, (2, 3, 2)), (0, 2))]


def _signals(rng: Rng) -> list[Sample]:
    x, w, rows = values(rng, (20,)), Const(np.hanning(10)[1:-1]), values(rng, (2, 18))
    given = {"window": w, "return_complex": True}
    return [
        call(x, 8, **given),
        call(rows, 8, 3, normalized=True, **given),
        call(rows, 8, 3, onesided=False, pad_mode="constant", **given),
        call(x, 10, 4, 8, center=False, **given),
        call(x, 10, 4, 8, center=False, align_to_window=False, **given),
        call(complexes(rng, 16), 8, window=w),
    ]


def _spectra(rng: Rng) -> list[Sample]:
    z, w = complexes(rng, 2, 5, 9), Const(np.hanning(10)[1:-1])
    return [
        call(z, 8, window=w),
        call(z[0], 8, window=w, length=12),
        call(z, 8, 3, window=w, normalized=True),
        call(z, 8, window=w, center=False),
        call(complexes(rng, 8, 6), 8, window=w),
        call(complexes(rng, 8, 6), 8, window=w, return_complex=True),
    ]


BAD_STFT = [
    call(np.ones(20), 8, window=np.ones(7), return_complex=True),
    call(np.ones(20), 8, 0, window=np.ones(8), return_complex=True),
    call(np.ones(20), 8, window=np.ones(8)),
    call(np.ones(20) + 0j, 8, window=np.ones(8), onesided=True),
    call(np.ones((1, 1, 20)), 8, window=np.ones(8), return_complex=True),
]
BAD_ISTFT = [
    call(np.ones((5, 4)), 8, window=np.ones(8)),
    call(np.ones((4, 4)) + 0j, 8, window=np.ones(8)),
    call(np.ones((5, 4)) + 0j, 8, 9, window=np.ones(8)),
    call(np.ones((5, 4)) + 0j, 8, window=np.zeros(8)),
]

COMPLEX, REAL, ANY = (complexes,), (reals,), (reals, complexes)
NODES = "PyTorch's node is that of a step before or after"

ROWS = [
    *[transform(n, _along(*ANY), BAD, numpy=_reference(n), nodes=NODES) for n in ("fft", "ifft")],
    *[transform(n, _along(*REAL), BAD, numpy=_reference(n), nodes=NODES) for n in ("rfft", "ihfft")],
    *[transform(n, _along(*COMPLEX), BAD, numpy=_reference(n), nodes=NODES) for n in ("irfft", "hfft")],
    *[transform(n, _several(*ANY), BAD_S) for n in ("fftn", "ifftn")],
    *[transform(n, _several(*REAL), BAD_S, nodes=NODES) for n in ("rfftn", "ihfftn")],
    *[transform(n, _several(*COMPLEX), BAD_S, nodes=NODES) for n in ("irfftn", "hfftn")],
    *[transform(n, lambda r: [call(complexes(r, 2, 3, 4))], [call(np.ones(3))]) for n in ("fft2", "ifft2")],
    *[
        transform(n, lambda r: [call(values(r, (2, 3, 4)))], [call(np.ones(3))], nodes=NODES)
        for n in ("rfft2", "ihfft2")
    ],
    *[transform(n, lambda r: [call(complexes(r, 3, 4))], [call(np.ones(3))], nodes=NODES) for n in ("irfft2", "hfft2")],
    *[transform(n, _shifts, [call(np.ones(3), 1)], numpy=getattr(np.fft, n)) for n in ("fftshift", "ifftshift")],
    Row(name="stft", samples=_signals, errors=calls(*BAD_STFT), dtypes="o", result=None, nodes=NODES),
    Row(name="istft", samples=_spectra, errors=calls(*BAD_ISTFT), dtypes="o", result=None, nodes=NODES),
]
