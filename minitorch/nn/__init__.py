"""Layers, losses and containers. Each file says in its `__all__` which of its names stand here."""

from types import ModuleType as _ModuleType

from ..missing import missing_from as _missing_from
from . import functional, init, parallel, utils
from .activation import *
from .adaptive import AdaptiveLogSoftmaxWithLoss as AdaptiveLogSoftmaxWithLoss
from .attention import MultiheadAttention as MultiheadAttention
from .containers import *
from .conv import *
from .dropout import *
from .flatten import *
from .fractional import *
from .instancenorm import *
from .lazy import *
from .linear import *
from .loss import *
from .margin import *
from .module import Module as Module
from .norm import *
from .older import *
from .padding import *
from .parallel import DataParallel as DataParallel
from .parameter import *
from .pooling import *
from .resampling import *
from .rnn import *
from .sparse import *
from .transformer import *
from .unpooling import *

__getattr__ = _missing_from(__name__)
__all__ = ["functional", "init", "parallel", "utils"]
__all__ += sorted(
    _name for _name, _value in globals().items() if not (_name.startswith("_") or isinstance(_value, _ModuleType))
)
