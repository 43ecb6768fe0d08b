"""docs/reference/servers.md: which server serves a framework."""

from collections.abc import Iterator

from catalog.model_server import Runtime
from catalog.pins import image
from catalog.quantity import format_cpu, format_memory
from catalog.runtimes import RUNTIMES
from cli.pages.markdown import code, joined, page, table, tick, wrapped

INTRO = """\
`framework` decides the server. Each server is a ClusterServingRuntime of the platform's own, with
one pinned image; an entry never names it. All but vLLM, which speaks OpenAI's API, speak the
[Open Inference Protocol v2](https://github.com/kserve/open-inference-protocol). All run as a user
that is not root, on a read-only root file system, and pass Pod Security *restricted*."""

CUSTOM = """\
## `custom`

Any server, in an image of your own from a registry that `models/platform.yaml` allows. It gets the
model below `/mnt/models` and must be ready only when the model is loaded. It may use a GPU; whether
it batches is its own business. See [container](entry.md#container)."""

CUSTOM_EXAMPLE = """\
framework: custom
container:
  image: registry.example.com/ml/ranker@sha256:3f3f…
  port: 8080"""

_NOTES = {
    "huggingface": "Answers v2, and the OpenAI paths below `/v1` for models that generate text.",
    "lightgbm": "MLServer.",
    "mlflow": "MLServer with every library, because a flavor needs the one that trained the model.",
    "onnx": "Triton, with ONNX Runtime.",
    "pytorch": "Triton, for TorchScript. TorchScript does not tell its inputs, so `config.pbtxt` "
    "must, and says how to batch too.",
    "sklearn": "MLServer.",
    "tensorflow": "Triton, of the last release that holds a TensorFlow backend.",
    "triton": "A whole Triton repository, as it is; its `config.pbtxt` files say how to batch.",
    "vllm": "vLLM, with the OpenAI paths below `/v1`. It batches continuously by itself. Tell it "
    "the model's size in [llm](entry.md#llm).",
    "xgboost": "MLServer.",
}


def servers() -> str:
    """The page."""
    return page(
        "Model servers",
        "`catalog/runtimes.py` and the pin table",
        INTRO,
        _overview(),
        *(block for framework in _frameworks() for block in _section(framework)),
        CUSTOM,
        code(CUSTOM_EXAMPLE),
    )


def _frameworks() -> list[str]:
    return sorted({row.framework for row in RUNTIMES})


def _of(framework: str) -> list[Runtime]:
    """Its runtimes, the one without a GPU first."""
    return sorted((r for r in RUNTIMES if r.framework == framework), key=lambda r: r.needs_gpu)


def _overview() -> str:
    head = ("framework", "protocols", "loads", "`batching`", "GPU")
    return table(head, (_row(framework, _of(framework)) for framework in _frameworks()))


def _row(framework: str, found: list[Runtime]) -> tuple[str, ...]:
    first = found[0]
    gpu = "an image of its own" if len(found) > 1 else "yes" if first.gpu else "no"
    batches = "by itself" if framework == "vllm" else "yes" if first.batches else "no"
    link = f"[{framework}](#{framework})"
    return link, joined(first.protocols, "and"), _loads(first), batches, gpu


def _loads(row: Runtime) -> str:
    return tick(row.model_files_text) if row.model_files_text else "anything"


def _section(framework: str) -> Iterator[str]:
    found = _of(framework)
    yield f"## `{framework}`\n\n{wrapped(_NOTES[framework])}"
    yield table(("", *(tick(row.name) for row in found)), _facts(found))


def _facts(found: list[Runtime]) -> Iterator[tuple[str, ...]]:
    pinned = [image(row.image) for row in found]
    yield "image", *(f"{pin.name} {pin.tag}" for pin in pinned)
    yield "for", *("a GPU" if row.needs_gpu else "CPU" + " or GPU" * row.gpu for row in found)
    yield "protocols", *(joined(row.protocols, "and") for row in found)
    yield "loads", *(_loads(row) for row in found)
    if any(row.required_files for row in found):
        yield "needs beside it", *(", ".join(map(_plain, row.required_files)) for row in found)
    if any(row.refused_files for row in found):
        yield "refuses", *(", ".join(map(_plain, row.refused_files)) for row in found)
    yield "CPU, at least", *(format_cpu(row.cpu) for row in found)
    yield "memory, at least", *(format_memory(row.memory) for row in found)
    yield "may take to load", *(f"{row.load_seconds // 60} minutes" for row in found)
    yield "metrics", *(f"port {row.metrics_port}, `{row.metrics_path}`" for row in found)


def _plain(pattern: str) -> str:
    name = pattern.replace("\\", "")
    return f"`{name}`"
