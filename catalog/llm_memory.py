"""How much GPU memory a language model needs under vLLM, with the arithmetic shown.

Three parts: the weights, the KV cache of the requests in flight, and what the runtime takes. It is
an estimate before anything runs; vLLM profiles the real figure when it starts and refuses then.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from catalog.instances import ACCELERATORS, GIB, INSTANCES

GPU_MEMORY_UTILIZATION_PERCENT: Final = 90
"""The share of each GPU that vLLM may use: the flag `--gpu-memory-utilization 0.9`.

The flag must be given, since vLLM's default moved from 0.9 to 0.92 (vllm/config/cache.py). The
rest is left to the CUDA context and to whatever else is on the GPU.
"""

RUNTIME_BYTES: Final = GIB
"""Peak of activations, CUDA graphs and buffers on each GPU: an assumption, not a measurement.

Others estimate 0.8 GiB for Llama-3.1-8B on an L4; it grows with `--max-num-batched-tokens`.
"""

TENSOR_PARALLEL: Final = (1, 2, 4, 8)
"""The sizes considered: powers of two up to the GPUs of one node, which NVLink or PCIe joins."""

# Bytes of a parameter, in 1/256. Four bits with groups of 128 weights carry a 16-bit scale and a
# 4-bit zero point for each group: (128 x 4 + 16 + 4) / 128 bits = 133/256 bytes.
_BYTES_IN_256THS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "fp32": 4 * 256,
        "bf16": 2 * 256,
        "fp16": 2 * 256,
        "fp8": 256,
        "int8": 256,
        "int4": 133,
        "awq": 133,
        "gptq": 133,
    }
)
DTYPES: Final = tuple(_BYTES_IN_256THS)


@dataclass(frozen=True, slots=True)
class Architecture:
    """The numbers of a model's config.json that memory depends on.

    `embeddings` counts the parameters of the input and output embeddings, once if they are tied;
    quantized checkpoints keep those in 16 bits.
    """

    name: str
    parameters: int
    embeddings: int
    layers: int
    attention_heads: int
    kv_heads: int
    head_dim: int

    @property
    def kv_elements_per_token(self) -> int:
        """A key and a value for each layer and KV head."""
        return 2 * self.layers * self.kv_heads * self.head_dim


# layers, heads, KV heads and head size: the models' config.json as litgpt 0.5.13 has them in
# litgpt/config.py. Parameters and embeddings follow from those shapes and are exact.
ARCHITECTURES: Final = (
    Architecture("Qwen2.5-0.5B", 494_032_768, 136_134_656, 24, 14, 2, 64),
    Architecture("Llama-3.2-1B", 1_235_814_400, 262_668_288, 16, 32, 8, 64),
    Architecture("Qwen2.5-1.5B", 1_543_714_304, 233_373_696, 28, 12, 2, 128),
    Architecture("Qwen2.5-3B", 3_085_938_688, 311_164_928, 36, 16, 2, 128),
    Architecture("Llama-3.2-3B", 3_212_749_824, 394_002_432, 28, 24, 8, 128),
    Architecture("Mistral-7B", 7_248_023_552, 268_435_456, 32, 32, 8, 128),
    Architecture("Qwen2.5-7B", 7_615_616_512, 1_089_994_752, 28, 28, 4, 128),
    Architecture("Llama-3.1-8B", 8_030_261_248, 1_050_673_152, 32, 32, 8, 128),
    Architecture("Qwen2.5-14B", 14_770_033_664, 1_557_135_360, 48, 40, 8, 128),
    Architecture("Qwen2.5-32B", 32_763_876_352, 1_557_135_360, 64, 40, 8, 128),
    Architecture("Mixtral-8x7B", 46_702_792_704, 262_144_000, 32, 32, 8, 128),
    Architecture("Llama-3.1-70B", 70_553_706_496, 2_101_346_304, 80, 64, 8, 128),
    Architecture("Llama-3.3-70B", 70_553_706_496, 2_101_346_304, 80, 64, 8, 128),
    Architecture("Qwen2.5-72B", 72_706_203_648, 2_491_416_576, 80, 64, 8, 128),
    Architecture("Mixtral-8x22B", 140_630_071_296, 402_653_184, 56, 48, 8, 128),
    Architecture("Llama-3.1-405B", 405_853_388_800, 4_202_692_608, 126, 128, 8, 128),
)


def find_architecture(repository: str) -> Architecture | None:
    """The known architecture of a model's name: `Qwen/Qwen2.5-7B-Instruct-AWQ` is Qwen2.5-7B."""
    name = repository.rpartition("/")[2].lower().removeprefix("meta-") + "-"
    return next((a for a in ARCHITECTURES if name.startswith(a.name.lower() + "-")), None)


def stand_in(parameters: int) -> Architecture:
    """An architecture to assume where none is known, on the safe side.

    Of the known ones up to a fifth larger, and at least up to the next larger, it is the one with
    the largest KV cache, with the largest embeddings of them all. It never shrinks with size.
    """
    larger = [a.parameters for a in ARCHITECTURES if a.parameters >= parameters]
    limit = max(larger[0] if larger else 0, parameters * 6 // 5)
    near = [a for a in ARCHITECTURES if a.parameters <= limit]
    shape = max(near, key=lambda a: a.kv_elements_per_token)
    return replace(shape, embeddings=max(a.embeddings for a in near))


_PARAMETERS: Final = re.compile(r"([0-9]+(?:\.[0-9]{1,3})?)([MBT])", re.IGNORECASE | re.ASCII)
_SCALE: Final = MappingProxyType({"M": 10**6, "B": 10**9, "T": 10**12})


def parse_parameters(text: str) -> int:
    """`7B`, `0.5B`, `70b` or `350M` as a count; a ValueError says what is allowed."""
    match = _PARAMETERS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a number of parameters: write 7B, 0.5B or 350M")
    whole, _, fraction = match[1].partition(".")
    count = int(whole + fraction.ljust(3, "0")) * _SCALE[match[2].upper()] // 1000
    if not count:
        raise ValueError(f"{text!r} is no parameters at all: write 7B, 0.5B or 350M")
    return count


@dataclass(frozen=True, slots=True)
class LlmMemory:
    """The estimate for one replica. `assumed` says that the architecture is only a stand-in."""

    parameters: int
    dtype: str
    context: int
    concurrency: int
    architecture: Architecture
    assumed: bool

    @property
    def weights_bytes(self) -> int:
        """Parameters times bytes each; below 16 bits the embeddings still take 2 bytes each."""
        grains = _BYTES_IN_256THS[self.dtype]
        wide = min(self.architecture.embeddings, self.parameters) if grains < 512 else 0
        return ((self.parameters - wide) * grains + wide * 512) // 256

    @property
    def kv_bytes_per_token(self) -> int:
        """The KV cache of one token: it has the type of the activations, 32 or 16 bits."""
        return self.architecture.kv_elements_per_token * self._kv_element_bytes

    @property
    def kv_bytes(self) -> int:
        """The KV cache of every request in flight, each at its full context."""
        return self.kv_bytes_per_token * self.context * self.concurrency

    @property
    def total_bytes(self) -> int:
        """What the model needs on a single GPU, before the share that vLLM leaves alone."""
        return self.weights_bytes + self.kv_bytes + RUNTIME_BYTES

    @property
    def _kv_element_bytes(self) -> int:
        return 4 if self.dtype == "fp32" else 2

    def runs_on(self, accelerator: str) -> bool:
        """Whether that GPU has the dtype: vLLM refuses bf16 below compute capability 8.0."""
        return self.dtype != "bf16" or ACCELERATORS[accelerator].compute_capability >= (8, 0)

    def splits(self, tensor_parallel: int) -> bool:
        """Whether that many GPUs can share the attention heads evenly, as vLLM demands."""
        return self.architecture.attention_heads % tensor_parallel == 0

    def per_gpu_bytes(self, tensor_parallel: int) -> int:
        """The memory that each of so many GPUs must have.

        Weights and KV heads are split evenly, but a KV head is never cut: with more GPUs than KV
        heads each GPU holds a copy of one (`get_num_kv_heads` in vllm/config/model.py).
        """
        heads = -(-self.architecture.kv_heads // tensor_parallel)
        kv = self.kv_bytes // self.architecture.kv_heads * heads
        used = -(-self.weights_bytes // tensor_parallel) + kv + RUNTIME_BYTES
        return -(-used * 100 // GPU_MEMORY_UTILIZATION_PERCENT)

    def tensor_parallel(self, accelerator: str) -> int | None:
        """The fewest GPUs of that kind that hold the model, or None if one node's do not."""
        if not self.runs_on(accelerator):
            return None
        gpu = ACCELERATORS[accelerator]
        most = max(i.gpus for i in INSTANCES.values() if i.accelerator == accelerator)
        sizes = [n for n in TENSOR_PARALLEL if n <= most and self.splits(n)]
        return next((n for n in sizes if self.per_gpu_bytes(n) <= gpu.memory_bytes), None)

    def lines(self, accelerator: str | None = None) -> tuple[str, ...]:
        """The arithmetic, a part a line, and what it means for an accelerator if one is named."""
        rows = [
            ("weights", self._weights_text(), _gib(self.weights_bytes)),
            ("KV a token", self._kv_text(), f"{self.kv_bytes_per_token / 1024:,.0f} KiB"),
            (
                "KV cache",
                f"x {self.context:,} tokens x {self.concurrency:,} requests",
                _gib(self.kv_bytes),
            ),
            ("runtime", "activations, CUDA graphs and buffers on each GPU", _gib(RUNTIME_BYTES)),
            ("total", "on one GPU", _gib(self.total_bytes)),
            *self._per_gpu_rows(),
        ]
        advice = [self._advice(accelerator)] if accelerator else []
        return (*_aligned(rows), *advice)

    def _weights_text(self) -> str:
        grains = _BYTES_IN_256THS[self.dtype]
        each = "1 byte" if grains == 256 else f"{grains / 256:.2g} bytes"
        text = f"{self.parameters / 10**9:.3g}B parameters x {each} ({self.dtype})"
        wide = self.architecture.embeddings / 10**9
        return text if grains >= 512 else f"{text}, {wide:.2g}B of them embeddings x 2 bytes"

    def _kv_text(self) -> str:
        shape = self.architecture
        heads = f"{shape.kv_heads} KV heads x {shape.head_dim} x {self._kv_element_bytes} bytes"
        known = "assumed like" if self.assumed else "as in"
        return f"2 x {shape.layers} layers x {heads}, {known} {shape.name}"

    def _per_gpu_rows(self) -> Iterator[tuple[str, str, str]]:
        for n in TENSOR_PARALLEL:
            name = f"{n} GPU{'s' if n > 1 else ''}"
            if self.splits(n):
                used = f"each must have, of which vLLM uses {GPU_MEMORY_UTILIZATION_PERCENT} %"
                yield name, used, _gib(self.per_gpu_bytes(n))
            else:
                heads = self.architecture.attention_heads
                yield name, f"not possible: {heads} attention heads do not divide by {n}", "-"

    def _advice(self, accelerator: str) -> str:
        if not self.runs_on(accelerator):
            return f"{accelerator} cannot run {self.dtype}: use fp16, or another accelerator"
        size = self.tensor_parallel(accelerator)
        has = f"{accelerator} ({_gib_there(ACCELERATORS[accelerator].memory_bytes)} each)"
        if size is None:
            return f"one node of {has} does not hold it: shorten the context, or quantize"
        return f"suggested: tensor parallel {size} on {size} x {has}"


def llm_memory(
    parameters: int,
    dtype: str,
    context: int,
    concurrency: int,
    architecture: Architecture | None = None,
) -> LlmMemory:
    """The estimate for so many requests at once, each with so many tokens of context.

    Without an architecture the KV cache is that of a stand-in of the same size.
    """
    if dtype not in _BYTES_IN_256THS:
        raise ValueError(f"unknown dtype {dtype!r}: use one of {', '.join(DTYPES)}")
    if min(parameters, context, concurrency) < 1:
        raise ValueError("parameters, context and concurrency are at least 1")
    shape = architecture or stand_in(parameters)
    return LlmMemory(parameters, dtype, context, concurrency, shape, architecture is None)


def _gib(needed: int) -> str:
    """Rounded up to a tenth, as `_gib_there` rounds down: too little must not look like enough."""
    return f"{-(-needed * 10 // GIB) / 10:,.1f} GiB"


def _gib_there(amount: int) -> str:
    return f"{amount * 10 // GIB / 10:,.1f} GiB"


def _aligned(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    left, middle, right = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [f"{a:<{left}}  {b:<{middle}}  {c:>{right}}" for a, b, c in rows]
