"""What of PyTorch minitorch does not have on purpose, and why: errors say so, and docs/coverage.md lists it."""

from __future__ import annotations

import fnmatch

# A reason, and patterns of the full names that it holds for. What lies below a name is meant too.
_PATTERNS = {
    "it is PyTorch's C++ library, which minitorch does without": """
        torch._C torch.classes torch.mkldnn_* torch.fbgemm* torch.Dispatch* torch.monitor
        torch.Tensor.to_mkldnn torch.PyTorchFile* torch.PyObjectSlot torch.ExcludeDispatchKeyGuard torch.Tag
        torch.ThroughputBenchmark torch.Benchmark* torch.FatalError torch.profiler.ExecutionTraceObserver
        torch.utils.benchmark.*Callgrind* torch.utils.benchmark.Function* torch.utils.checkpoint.*elective*
        torch.utils.checkpoint.CheckpointPolicy torch.utils.checkpoint.SAC_*
    """,
    "it compiles programs for PyTorch's own runtime; leave it out, minitorch's kernels are compiled already": """
        torch._dynamo torch._inductor torch.export torch.fx torch.package torch.sym_* torch.Sym* torch.cond
        torch.while_loop torch.compiler torch.jit torch.JIT* torch.Script* torch.[A-Z]*Type torch.Type
        torch.CompilationUnit torch.FunctionSchema torch.Graph torch.GraphExecutorState torch.Value torch.Node
        torch.parse_* torch.merge_type_* torch.import_ir_* torch.unify_type_list torch.wait torch.fork
        torch.Argument torch.ArgumentSpec torch.CompleteArgumentSpec torch.Block torch.Capsule torch.Code torch.Gradient
        torch.Use torch.CallStack torch.Deserialization* torch.Serialization* torch.DeepCopyMemoTable
        torch.LiteScriptModule torch.LoggerBase torch.*Logger torch.get_file_path torch.TracingState torch.ExecutionPlan
        torch.OperatorInfo torch.prepare_multiprocessing_environment torch.AliasDb torch.AVG torch.SUM
        torch.ConcreteModuleTypeBuilder torch.ErrorReport torch.FileCheck torch.testing.FileCheck torch.IODescriptor
        torch.StaticModule torch.ModuleDict torch.ParameterDict torch.BufferDict torch.nn.functional.boolean_dispatch
        torch.autograd.graph.region_activation_memory_budget torch.nn.functional.BroadcastingList*
    """,
    "there is no exporter": "torch.onnx",
    "there are only dense tensors here": """
        torch.sparse torch.sparse_*_tensor* torch.sparse_[!bc]* torch.*_csr* torch.Tensor.*sparse*
        torch.Tensor.c[cr]ol_indices torch.Tensor.row_indices
        torch.Tensor.col_indices torch.Tensor.crow_indices torch.Tensor.coalesce torch.Tensor.is_coalesced
        torch.Tensor.indices torch.Tensor.values torch.Tensor.smm torch.Tensor.sspaddmm torch.Tensor.dense_dim
        torch.hspmm torch.hsmm torch.smm torch.saddmm torch.sspaddmm torch.dsmm torch.spmm torch.*.sparse_*
        torch.*indices_copy torch.values_copy torch.resize_as_sparse_ torch.native_norm
    """,
    "there are no quantised tensors here": """
        torch.ao torch.quantization torch.*quantize* torch.q_* torch.*_quantized* torch.Tensor.q_* torch.QInt*
        torch.Tensor.*quantize* torch.*qscheme torch.*int_repr torch.per_* torch.quint* torch.qint* torch.QUInt*
        torch.choose_qparams_* torch.fused_moving_avg_obs_fake_quant
    """,
    "there are no nested tensors here: pad, and mask": "torch.nested torch.Tensor.to_padded_tensor",
    "there are no first-class dimensions here: use einsum, vmap or an index": "torch.Tensor.index",
    "there are no named tensors here": """
        torch.Tensor.names torch.Tensor.*_names* torch.Tensor.refine_names torch.Tensor.align_* torch.Tensor.rename*
        torch.align_tensors torch.Tensor.name
    """,
    "no tensor has this dtype here": """
        torch.float4_* torch.uint[1-7]
        torch.int[1-7] torch.bits* torch.bit torch.Tensor.chalf torch.hash_tensor torch.Tensor.hash_tensor
        torch.nn.functional.scaled_* torch.nn.functional.ScalingType torch.nn.functional.SwizzleType
    """,
    "the only device is the CPU; torch.cuda.is_available() says so": """
        torch.cuda torch.Tensor.cuda* torch.cudnn_* torch.miopen_* torch.Tensor.record_stream torch.mps torch.xpu
        torch.mtia torch.accelerator torch.Stream torch.Event torch.Tensor.xpu torch.Tensor.ipu torch.Tensor.hpu
        torch.Tensor.mtia torch.nn.Module.ipu torch.nn.Module.mtia torch.nn.Module.xpu torch.vulkan*
        torch.is_vulkan_available torch.backends torch.get_device_module torch.profiler_allow_cudagraph_*
        torch.batch_norm_stats torch.batch_norm_elemt torch.batch_norm_gather_stats* torch.batch_norm_backward_*
        torch.serialization.validate_*_device torch.profiler.DeviceType
        torch.autograd.graph.set_override_stale_capture_stream
        torch.autograd.graph.set_warn_on_accumulate_grad_stream_mismatch
    """,
    "minitorch trains in one process; torch.distributed.is_available() says so": """
        torch.distributed torch.nn.parallel
    """,
    "minitorch downloads nothing": "torch.hub torch.utils.model_zoo",
    "PyTorch's data pipes are no longer developed: use a Dataset or an IterableDataset": """
        torch.utils.data.*DataPipe torch.utils.data.DataChunk torch.utils.data.*_datapipe torch.utils.data.*_datapipes_*
        torch.utils.data.argument_validation torch.utils.data.runtime_validation* torch.utils.data.non_deterministic
    """,
    "PyTorch itself no longer runs it": "torch.autograd.NestedIOFunction",
    "it is no interface: PyTorch's source has it there for its own use": """
        torch.TYPE_CHECKING torch.slice_inverse torch.Tensor.slice_inverse torch.PRIVATE_OPS torch.USE_GLOBAL_DEPS
        torch.USE_RTLD_* torch.classproperty torch.nn.functional.TYPE_CHECKING torch.nn.functional.Tensor
        torch.nn.functional.DType torch.nn.functional.GRID_SAMPLE_* torch.nn.functional.assert_int_or_pair
        torch.nn.functional.*_notes torch.nn.functional.*torch_function* torch.linalg.common_notes
        torch.nn.Module.T_destination torch.serialization.StorageType torch.serialization.mkdtemp
        torch.serialization.check_module_version_greater_or_equal
    """,
}


def reason(full: str) -> str:
    """Why the name `torch....` is not here on purpose; empty if it is only missing."""
    for why, patterns in _PATTERNS.items():
        if any(fnmatch.fnmatchcase(full, p) or full.startswith(f"{p}.") for p in patterns.split()):
            return why
    return ""
