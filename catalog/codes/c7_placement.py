"""7xx: placement."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW701",
        "No node pool holds one replica",
        "A pod that asks more than any node has is pending for ever. The two tables show "
        "what is asked and what each pool has; for an LLM the memory is added up above "
        "them.",
        "resources:\n  gpu: 9\n  accelerator: l4",
        "resources:\n  gpu: 8\n  accelerator: l4",
    ),
    Code(
        "SLW702",
        "The GPU cannot run the model so",
        "vLLM refuses bfloat16 on GPUs older than compute capability 8.0, and splits a "
        "model over no more GPUs than the pod has.",
        "resources: {gpu: 1}\nllm: {parameters: 70B, tensor_parallel: 4}",
        "resources: {gpu: 4}\nllm: {parameters: 70B, tensor_parallel: 4}",
    ),
)
