"""An entry's `llm:` as the memory it takes, and the fewest GPUs that hold it."""

from catalog.instances import ACCELERATORS
from catalog.llm_memory import (
    TENSOR_PARALLEL,
    Architecture,
    LlmMemory,
    find_architecture,
    llm_memory,
    parse_parameters,
    stand_in,
)
from catalog.options import Llm

DTYPES = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}
"""vLLM's words for number formats (`--dtype`) in those of the memory table."""
QUANTIZED = {"awq": "awq", "gptq": "gptq", "fp8": "fp8"}


def dtype_of(llm: Llm) -> str:
    """The `--dtype` of vLLM: what the entry says, or what the weights were made for."""
    if llm.dtype is not None:
        return llm.dtype
    return "float16" if llm.quantization in {"awq", "gptq"} else "bfloat16"


def has_dtype(llm: Llm, accelerator: str) -> bool:
    """Whether that GPU computes in the model's number format.

    vLLM refuses bfloat16 below compute capability 8.0, whatever the weights are quantized to.
    """
    capable = ACCELERATORS[accelerator].compute_capability >= (8, 0)
    return capable or dtype_of(llm) != "bfloat16"


def estimate_for(llm: Llm, source: str) -> LlmMemory:
    """The memory of one replica. The numbers of the entry win over those of a known model."""
    parameters = parse_parameters(llm.parameters)
    dtype = QUANTIZED[llm.quantization] if llm.quantization else DTYPES[dtype_of(llm)]
    name = source.removeprefix("hf://").partition("@")[0]
    architecture = _written(llm, parameters) or find_architecture(name)
    return llm_memory(parameters, dtype, llm.context, llm.concurrency, architecture)


def _written(llm: Llm, parameters: int) -> Architecture | None:
    if llm.layers is None or llm.kv_heads is None or llm.head_dim is None:
        return None
    like = stand_in(parameters)
    return Architecture(
        name="the entry",
        parameters=parameters,
        embeddings=like.embeddings,
        layers=llm.layers,
        attention_heads=like.attention_heads,
        kv_heads=llm.kv_heads,
        head_dim=llm.head_dim,
    )


def sizes(estimate: LlmMemory) -> tuple[int, ...]:
    """GPU counts that can share the model, the fewest first."""
    return tuple(n for n in TENSOR_PARALLEL if estimate.splits(n)) or (1,)
