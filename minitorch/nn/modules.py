"""PyTorch's places for the layers: `torch.nn.modules.conv.Conv2d`.

Programs import them from there, files name them so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from .. import nn
from ..tensor import Tensor
from . import hooks
from .attention import NonDynamicallyQuantizableLinear
from .conv import _Conv, _ConvTranspose
from .dropout import _Dropout
from .instancenorm import _InstanceNorm
from .lazy import LazyModuleMixin
from .loss import _Loss, _WeightedLoss
from .norm import _BatchNorm
from .state import _IncompatibleKeys
from .transformer import _activation, _copies

_PLACES = {
    "activation": "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish "
    "MultiheadAttention PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink "
    "Softsign Tanh Tanhshrink Threshold",
    "adaptive": "AdaptiveLogSoftmaxWithLoss",
    "batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d SyncBatchNorm",
    "channelshuffle": "ChannelShuffle",
    "container": "Container ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d LazyConv3d "
    "LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d",
    "distance": "CosineSimilarity PairwiseDistance",
    "dropout": "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout",
    "flatten": "Flatten Unflatten",
    "fold": "Fold Unfold",
    "instancenorm": "InstanceNorm1d InstanceNorm2d InstanceNorm3d LazyInstanceNorm1d LazyInstanceNorm2d "
    "LazyInstanceNorm3d",
    "lazy": "LazyModuleMixin",
    "linear": "Bilinear Identity LazyLinear Linear",
    "loss": "BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss "
    "HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss MSELoss MarginRankingLoss MultiLabelMarginLoss "
    "MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss NLLLoss2d PoissonNLLLoss SmoothL1Loss SoftMarginLoss "
    "TripletMarginLoss TripletMarginWithDistanceLoss",
    "module": "Module",
    "normalization": "CrossMapLRN2d GroupNorm LayerNorm LocalResponseNorm RMSNorm",
    "padding": "CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d "
    "ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d",
    "pixelshuffle": "PixelShuffle PixelUnshuffle",
    "pooling": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d "
    "AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d "
    "LPPool3d MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d",
    "rnn": "GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase",
    "sparse": "Embedding EmbeddingBag",
    "transformer": "Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer",
    "upsampling": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
}


def classes() -> Iterator[tuple[str, Any]]:
    """(place, class) of every layer that we have: `("torch.nn.modules.linear", Linear)`."""
    for place, names in _PLACES.items():
        for name in names.split():
            if hasattr(nn, name):
                yield f"torch.nn.modules.{place}", getattr(nn, name)


def _repeated(count: int) -> Any:
    def repeated(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else (x,) * count

    repeated.__doc__ = f"`x` itself as a tuple, or {count} times if it is one value."
    return repeated


def _reverse_repeat_tuple(t: tuple[Any, ...], n: int) -> tuple[Any, ...]:
    """The values from last to first, each n times: paddings of each side, as `F.pad` takes them."""
    return tuple(x for x in reversed(t) for _ in range(n))


def _list_with_default(out_size: Any, defaults: Any) -> Any:
    """`out_size`, with the last of `defaults` where it has None."""
    if isinstance(out_size, int | Tensor):
        return out_size
    if len(defaults) <= len(out_size):
        raise ValueError(f"Input dimension should be at least {len(out_size) + 1}")
    return [d if v is None else v for v, d in zip(out_size, defaults[-len(out_size) :], strict=True)]


def _utils() -> dict[str, Any]:
    names = ("_single", "_pair", "_triple", "_quadruple")
    more = {f.__name__: f for f in (_reverse_repeat_tuple, _list_with_default)}
    return {**{name: _repeated(i + 1) for i, name in enumerate(names)}, **more, "_ntuple": _repeated}


def _place(name: str, content: dict[str, Any]) -> None:
    """Make a module of this name, as if a file of that name lay in a folder `modules`."""
    made = ModuleType(f"{__name__}.{name}", f"The names of `torch.nn.modules.{name}`.")
    made.__dict__.update(content)
    sys.modules[made.__name__] = made
    globals()[name] = made


_REGISTRATIONS = {name: f for name, f in vars(hooks).items() if name.startswith("register_module_")}
_HOOKS = {f"_global_{kind}_hooks": hooks.everywhere[kind] for kind in ("forward", "forward_pre", "backward")}
_BASES: dict[str, dict[str, Any]] = {
    "batchnorm": {"_BatchNorm": _BatchNorm, "_NormBase": _BatchNorm},
    "conv": {"_ConvNd": _Conv, "_ConvTransposeNd": _ConvTranspose},
    "dropout": {"_DropoutNd": _Dropout},
    "module": {**_REGISTRATIONS, **_HOOKS, "_IncompatibleKeys": _IncompatibleKeys},
    "instancenorm": {"_InstanceNorm": _InstanceNorm},
    "lazy": {"LazyModuleMixin": LazyModuleMixin},
    "linear": {"NonDynamicallyQuantizableLinear": NonDynamicallyQuantizableLinear},
    "loss": {"_Loss": _Loss, "_WeightedLoss": _WeightedLoss},
    "transformer": {"_get_activation_fn": _activation, "_get_clones": _copies},
}

for _name in _PLACES:
    _own = {kind.__name__: kind for place, kind in classes() if place == f"torch.nn.modules.{_name}"}
    _place(_name, {**_own, **_BASES.get(_name, {})})
_place("utils", _utils())
globals().update({kind.__name__: kind for _, kind in classes()})
