"""What of PyTorch minitorch does not have on purpose, and why: errors say so, and docs/coverage.md lists it."""

from __future__ import annotations

import fnmatch

# A reason, and patterns of the full names that it holds for. What lies below a name is meant too.
_PATTERNS = {
    "it is PyTorch's C++ library, which minitorch does without": (
        *(
            "torch._C",
            "torch.classes",
            "torch.library",
            "torch.ops",
            "torch.mkldnn_*",
            "torch.fbgemm*",
            "torch.Dispatch*",
        ),
        *("torch.Tensor.to_mkldnn", "torch.PyTorchFile*", "torch.PyObjectSlot"),
    ),
    "it compiles programs for PyTorch's own runtime; leave it out, minitorch's kernels are compiled already": (
        *("torch._dynamo", "torch._inductor", "torch.export", "torch.fx", "torch.package", "torch.sym_*", "torch.Sym*"),
        *(
            "torch.cond",
            "torch.while_loop",
            "torch.compiler",
            "torch.jit",
            "torch.JIT*",
            "torch.Script*",
            "torch.*Type",
        ),
        *("torch.CompilationUnit", "torch.FunctionSchema", "torch.Graph", "torch.Value", "torch.Node", "torch.parse_*"),
        *(
            "torch.merge_type_*",
            "torch.import_ir_*",
            "torch.unify_type_list",
            "torch.wait",
            "torch.fork",
            "torch.Future",
        ),
        *(
            "torch.Argument",
            "torch.Block",
            "torch.Capsule",
            "torch.Code",
            "torch.Gradient",
            "torch.Use",
            "torch.CallStack",
        ),
        *("torch.Deserialization*", "torch.Serialization*", "torch.DeepCopyMemoTable", "torch.LiteScriptModule"),
        *("torch.LoggerBase", "torch.*Logger", "torch.get_file_path", "torch.TracingState", "torch.ExecutionPlan"),
        *("torch.OperatorInfo", "torch.prepare_multiprocessing_environment"),
    ),
    "there is no exporter": ("torch.onnx",),
    "there are only dense tensors here": (
        *(
            "torch.sparse*",
            "torch.*_csr*",
            "torch.Tensor.*sparse*",
            "torch.Tensor.c[cr]ol_indices",
            "torch.Tensor.row_indices",
        ),
        *("torch.Tensor.crow_indices", "torch.Tensor.coalesce", "torch.Tensor.is_coalesced", "torch.Tensor.indices"),
        *("torch.Tensor.values", "torch.Tensor.smm", "torch.Tensor.sspaddmm", "torch.Tensor.dense_dim", "torch.hspmm"),
        *("torch.hsmm", "torch.smm", "torch.saddmm", "torch.sspaddmm", "torch.dsmm", "torch.spmm", "torch.*.sparse_*"),
    ),
    "there are no quantised tensors here": (
        *("torch.ao", "torch.quantization", "torch.*quantize*", "torch.q_*", "torch.*_quantized*", "torch.Tensor.q_*"),
        *("torch.Tensor.*quantize*", "torch.*qscheme", "torch.*int_repr", "torch.per_*", "torch.quint*", "torch.qint*"),
        *("torch.choose_qparams_*",),
    ),
    "there are no nested tensors here: pad, and mask": ("torch.nested", "torch.jagged"),
    "there are no named tensors here": (
        *("torch.Tensor.names", "torch.Tensor.*_names*", "torch.Tensor.refine_names", "torch.Tensor.align_*"),
        *("torch.Tensor.rename*", "torch.align_tensors", "torch.Tensor.name"),
    ),
    "no tensor has this dtype here": (
        *("torch.float8_*", "torch.float4_*", "torch.uint16", "torch.complex32", "torch.chalf", "torch.uint[1-7]"),
        *("torch.uint32", "torch.uint64", "torch.int[1-7]", "torch.bits*", "torch.Tensor.chalf"),
    ),
    "memory formats other than contiguous do not exist here": ("torch.channels_last_3d",),
    "the only device is the CPU; torch.cuda.is_available() says so": (
        *(
            "torch.cuda",
            "torch.Tensor.cuda*",
            "torch.cudnn_*",
            "torch.miopen_*",
            "torch.Tensor.record_stream",
            "torch.mps",
        ),
        *("torch.xpu", "torch.accelerator", "torch.Stream", "torch.Event", "torch.Tensor.xpu", "torch.Tensor.ipu"),
        *("torch.Tensor.hpu", "torch.Tensor.mtia", "torch.vulkan*", "torch.is_vulkan_available", "torch.backends"),
        *("torch.get_device_module",),
    ),
    "there is no forward mode": (
        *("torch.autograd.forward_ad", "torch.func.linearize", "torch.func.functionalize", "torch.func.debug_unwrap"),
    ),
    "minitorch trains in one process; torch.distributed.is_available() says so": (
        *("torch.distributed", "torch.nn.parallel"),
    ),
    "minitorch downloads nothing": ("torch.hub", "torch.utils.model_zoo"),
}


def reason(full: str) -> str:
    """Why the name `torch....` is not here on purpose; empty if it is only missing."""
    for why, patterns in _PATTERNS.items():
        if any(fnmatch.fnmatchcase(full, p) or full.startswith(f"{p}.") for p in patterns):
            return why
    return ""
