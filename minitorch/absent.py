"""What of PyTorch minitorch does not have on purpose, and why: the error says so, and docs/coverage.md lists it."""

_COMPILER = "it compiles programs for PyTorch's own runtime. Leave it out: minitorch's kernels are compiled already."
_SPARSE = "there are only dense tensors here."
_QUANTISED = "there are no quantised tensors here."
_DISTRIBUTED = "minitorch runs in one process; torch.distributed.is_available() says so."
_GPU = "the only device is the CPU; torch.cuda.is_available() says so."

REASONS = {
    "_C": "it is PyTorch's C++ library, which minitorch does without.",
    "_dynamo": _COMPILER,
    "_inductor": _COMPILER,
    "ao": _QUANTISED,
    "classes": "it holds classes written in C++.",
    "export": _COMPILER,
    "fx": "it traces programs through PyTorch's own dispatch.",
    "library": "it registers operators written in C++; write an autograd.Function.",
    "onnx": "there is no exporter.",
    "ops": "it holds operators written in C++; write an autograd.Function.",
    "quantization": _QUANTISED,
    "quantize_per_channel": _QUANTISED,
    "quantize_per_tensor": _QUANTISED,
    "package": "it packs programs and PyTorch's own files.",
    "sparse": _SPARSE,
    "sparse_bsc_tensor": _SPARSE,
    "sparse_bsr_tensor": _SPARSE,
    "sparse_compressed_tensor": _SPARSE,
    "sparse_coo_tensor": _SPARSE,
    "sparse_csc_tensor": _SPARSE,
    "sparse_csr_tensor": _SPARSE,
    "nested": "there are no nested tensors here: pad, and mask.",
    "channels_last_3d": "memory formats other than contiguous do not exist here.",
    "vulkan": _GPU,
}
