"""The estimate of the GPU memory of a language model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.instances import ACCELERATORS, GIB, INSTANCES
from catalog.llm_memory import (
    ARCHITECTURES,
    DTYPES,
    RUNTIME_BYTES,
    TENSOR_PARALLEL,
    Architecture,
    LlmMemory,
    find_architecture,
    llm_memory,
    parse_parameters,
    stand_in,
)

dtypes = st.sampled_from(DTYPES)
counts = st.integers(1, 10**12)
contexts = st.integers(1, 200_000)
requests = st.integers(1, 500)
shapes = st.none() | st.sampled_from(ARCHITECTURES)
accelerators = st.sampled_from(list(ACCELERATORS))
estimates = st.builds(llm_memory, counts, dtypes, contexts, requests, shapes)


def known(name: str, dtype: str, context: int = 8192, concurrency: int = 8) -> LlmMemory:
    shape = find_architecture(name)
    assert shape is not None
    return llm_memory(shape.parameters, dtype, context, concurrency, shape)


def test_llama_8b_in_bf16_weighs_fifteen_gib_and_128_kib_a_token() -> None:
    memory = known("meta-llama/Meta-Llama-3.1-8B-Instruct", "bf16")
    assert memory.weights_bytes == 8_030_261_248 * 2
    assert round(memory.weights_bytes / GIB, 2) == 14.96
    assert memory.kv_bytes_per_token == 131_072


def test_the_total_is_the_sum_of_weights_cache_and_runtime() -> None:
    memory = known("Qwen/Qwen2.5-7B-Instruct", "bf16", 4096, 16)
    assert memory.kv_bytes == 2 * 28 * 4 * 128 * 2 * 4096 * 16
    assert memory.total_bytes == memory.weights_bytes + memory.kv_bytes + RUNTIME_BYTES


@pytest.mark.parametrize(
    ("dtype", "weights"),
    [
        ("fp32", 8_030_261_248 * 4),
        ("fp16", 8_030_261_248 * 2),
        ("fp8", 8_030_261_248 + 1_050_673_152),
        ("int8", 8_030_261_248 + 1_050_673_152),
        ("awq", (8_030_261_248 - 1_050_673_152) * 133 // 256 + 2 * 1_050_673_152),
    ],
)
def test_quantized_weights_keep_their_embeddings_in_sixteen_bits(dtype: str, weights: int) -> None:
    assert known("Llama-3.1-8B", dtype).weights_bytes == weights


def test_only_fp32_has_a_kv_cache_of_32_bits() -> None:
    assert known("Llama-3.1-8B", "fp32").kv_bytes_per_token == 2 * 131_072
    assert known("Llama-3.1-8B", "awq").kv_bytes_per_token == 131_072


def test_vllm_uses_nine_tenths_of_each_gpu() -> None:
    memory = known("Llama-3.1-8B", "bf16")
    assert memory.per_gpu_bytes(1) == -(-memory.total_bytes * 10 // 9)


def test_a_kv_head_is_copied_rather_than_cut() -> None:
    memory = known("Qwen2.5-1.5B", "bf16", 32_768, 64)

    def cache(gpus: int) -> int:
        used = memory.per_gpu_bytes(gpus) * 9 // 10
        return used - RUNTIME_BYTES - -(-memory.weights_bytes // gpus)

    assert cache(2) == pytest.approx(memory.kv_bytes / 2)
    assert cache(4) == cache(2)


@pytest.mark.parametrize(
    ("name", "dtype", "accelerator", "size"),
    [
        ("Qwen2.5-0.5B", "fp16", "t4", 1),
        ("Qwen2.5-7B", "bf16", "l4", 1),
        ("Qwen2.5-32B", "fp16", "t4", None),
        ("Llama-3.1-8B", "bf16", "l4", 2),
        ("Llama-3.1-70B", "bf16", "l4", 8),
        ("Llama-3.1-70B", "bf16", "l40s", 4),
        ("Llama-3.1-70B", "bf16", "a100-80gb", 4),
        ("Llama-3.1-70B", "fp8", "h100", 2),
        ("Llama-3.1-405B", "fp8", "l40s", None),
        ("Llama-3.1-405B", "bf16", "h100", None),
        ("Llama-3.1-405B", "bf16", "h200", 8),
    ],
)
def test_the_suggested_tensor_parallel_is_the_least_that_holds_the_model(
    name: str, dtype: str, accelerator: str, size: int | None
) -> None:
    assert known(name, dtype).tensor_parallel(accelerator) == size


def test_attention_heads_must_divide_by_the_gpus() -> None:
    memory = known("Qwen2.5-7B", "bf16")
    assert [n for n in TENSOR_PARALLEL if memory.splits(n)] == [1, 2, 4]
    assert known("Qwen2.5-7B", "bf16", 131_072, 100).tensor_parallel("l40s") is None


def test_a_t4_cannot_run_bf16() -> None:
    memory = known("Qwen2.5-0.5B", "bf16")
    assert memory.tensor_parallel("t4") is None
    assert memory.lines("t4")[-1] == "t4 cannot run bf16: use fp16, or another accelerator"
    assert [a for a in ACCELERATORS if not memory.runs_on(a)] == ["t4"]


@given(estimates, accelerators)
def test_a_suggestion_fits_divides_and_exists(memory: LlmMemory, accelerator: str) -> None:
    size = memory.tensor_parallel(accelerator)
    if size is None:
        assert memory.lines(accelerator)[-1].startswith((accelerator, "one node of"))
        return
    assert memory.per_gpu_bytes(size) <= ACCELERATORS[accelerator].memory_bytes
    assert memory.architecture.attention_heads % size == 0
    assert size & (size - 1) == 0
    assert any(i.accelerator == accelerator and i.gpus >= size for i in INSTANCES.values())


@given(estimates)
def test_more_gpus_never_need_more_memory_each(memory: LlmMemory) -> None:
    sizes = [memory.per_gpu_bytes(n) for n in TENSOR_PARALLEL]
    assert sizes == sorted(sizes, reverse=True)


@given(dtypes, st.tuples(counts, contexts, requests), st.tuples(counts, contexts, requests))
def test_a_larger_model_a_longer_context_or_more_requests_never_need_less(
    dtype: str, some: tuple[int, int, int], others: tuple[int, int, int]
) -> None:
    parameters, context, concurrency = (max(pair) for pair in zip(some, others, strict=True))
    small = llm_memory(some[0], dtype, some[1], some[2])
    large = llm_memory(parameters, dtype, context, concurrency)
    assert small.weights_bytes <= large.weights_bytes
    assert small.kv_bytes <= large.kv_bytes
    assert small.per_gpu_bytes(1) <= large.per_gpu_bytes(1)


@given(estimates)
def test_fewer_bits_never_weigh_more(memory: LlmMemory) -> None:
    def weights(dtype: str) -> int:
        shape = memory.architecture
        return llm_memory(memory.parameters, dtype, 1, 1, shape).weights_bytes

    assert weights("int4") <= weights("fp8") <= weights("bf16") <= weights("fp32")
    assert weights("int4") == weights("awq") == weights("gptq")


@pytest.mark.parametrize(
    ("repository", "name"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", "Qwen2.5-7B"),
        ("Qwen/Qwen2.5-72B-Instruct-AWQ", "Qwen2.5-72B"),
        ("meta-llama/Meta-Llama-3.1-8B", "Llama-3.1-8B"),
        ("meta-llama/Llama-3.3-70B-Instruct", "Llama-3.3-70B"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "Mistral-7B"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "Mixtral-8x7B"),
    ],
)
def test_a_model_is_known_by_the_name_of_its_repository(repository: str, name: str) -> None:
    shape = find_architecture(repository)
    assert shape is not None
    assert shape.name == name


@pytest.mark.parametrize("repository", ["acme/fraud-7B", "Qwen/Qwen2.5-7", "Qwen/Qwen2.5", ""])
def test_a_model_that_is_not_known_is_not_guessed(repository: str) -> None:
    assert find_architecture(repository) is None


def test_the_known_architectures_are_in_order_of_size_and_possible() -> None:
    sizes = [a.parameters for a in ARCHITECTURES]
    assert sizes == sorted(sizes)
    for shape in ARCHITECTURES:
        assert shape.attention_heads % shape.kv_heads == 0
        assert 0 < shape.embeddings < shape.parameters


@given(st.sampled_from(ARCHITECTURES))
def test_a_stand_in_never_assumes_less_than_a_known_model_of_that_size_needs(
    shape: Architecture,
) -> None:
    assumed = stand_in(shape.parameters)
    assert assumed.kv_elements_per_token >= shape.kv_elements_per_token
    assert assumed.embeddings >= shape.embeddings
    rounded = stand_in(round(shape.parameters, -8))
    assert rounded.kv_elements_per_token >= shape.kv_elements_per_token


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("7B", 7 * 10**9),
        ("0.5B", 5 * 10**8),
        ("70b", 7 * 10**10),
        ("350M", 35 * 10**7),
        ("1.543B", 1_543 * 10**6),
        ("1T", 10**12),
    ],
)
def test_a_number_of_parameters_is_read(text: str, count: int) -> None:
    assert parse_parameters(text) == count


@pytest.mark.parametrize(
    "text",
    ["", "7", "B", "7 B", "-7B", "7.B", ".5B", "1e9", "7Bn", "7,5B", "0B", "\u0667B", "7B\n"],
)
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 7B, 0\.5B or 350M"):
        _ = parse_parameters(text)


def test_an_unknown_dtype_and_nothing_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown dtype 'fp4': use one of fp32, bf16"):
        _ = llm_memory(10**9, "fp4", 1, 1)
    for parameters, context, concurrency in ((0, 1, 1), (1, 0, 1), (1, 1, 0)):
        with pytest.raises(ValueError, match="at least 1"):
            _ = llm_memory(parameters, "bf16", context, concurrency)


def test_the_arithmetic_is_shown() -> None:
    assert known("Qwen/Qwen2.5-7B-Instruct", "bf16").lines("l4") == (
        "weights     7.62B parameters x 2 bytes (bf16)                             14.2 GiB",
        "KV a token  2 x 28 layers x 4 KV heads x 128 x 2 bytes, as in Qwen2.5-7B    56 KiB",
        "KV cache    x 8,192 tokens x 8 requests                                    3.5 GiB",
        "runtime     activations, CUDA graphs and buffers on each GPU               1.0 GiB",
        "total       on one GPU                                                    18.7 GiB",
        "1 GPU       each must have, of which vLLM uses 90 %                       20.8 GiB",
        "2 GPUs      each must have, of which vLLM uses 90 %                       11.0 GiB",
        "4 GPUs      each must have, of which vLLM uses 90 %                        6.1 GiB",
        "8 GPUs      not possible: 28 attention heads do not divide by 8                  -",
        "suggested: tensor parallel 1 on 1 x l4 (22.3 GiB each)",
    )


def test_a_shape_that_is_only_assumed_is_said_to_be_so() -> None:
    lines = llm_memory(parse_parameters("7B"), "awq", 8192, 8).lines()
    assert "assumed like Mistral-7B" in lines[1]
    assert "1.1B of them embeddings x 2 bytes" in lines[0]
