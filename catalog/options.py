"""The options of a deployment, a group a class.

A field of None is left to the tier; what each becomes is in its description.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from catalog.scalars import (
    Cpu,
    Duration,
    EnvName,
    ImageReference,
    Memory,
    Name,
    Text,
)
from catalog.words import CRON, PARAMETERS, AcceleratorName, Count, Metric, Positive, Strict


class Resources(Strict):
    """What one replica of the model container gets. Requests equal limits for memory and GPUs."""

    cpu: Cpu | None = Field(
        None,
        description="CPU of one replica. Range 50m to 192. Becomes the container's CPU request; "
        "the limit is twice that, so that a cold start is not throttled.",
        examples=["500m", "2"],
    )
    memory: Memory | None = Field(
        None,
        description="Memory of one replica. Range 64Mi to 2Ti. Becomes request and limit.",
        examples=["1Gi"],
    )
    gpu: Count | None = Field(
        None,
        description="Whole GPUs of one replica. No node has more than 8; default 0. Becomes "
        "`nvidia.com/gpu`, the pool's toleration and node selector.",
        examples=[1],
    )
    accelerator: AcceleratorName | None = Field(
        None,
        description="The kind of GPU. Default: the cheapest that holds the model. Becomes the node "
        "selector `slipway.dev/accelerator`.",
        examples=["l4"],
    )


class Schedule(Strict):
    """A time in which at least so many replicas run. Needs `serving: standard`."""

    start: Annotated[str, Field(pattern=CRON)] = Field(
        description="When it begins, as five cron fields.", examples=["0 8 * * 1-5"]
    )
    end: Annotated[str, Field(pattern=CRON)] = Field(
        description="When it ends, as five cron fields.", examples=["0 18 * * 1-5"]
    )
    timezone: Annotated[str, Field(pattern=r"^[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}$")] = Field(
        "Etc/UTC", description="An IANA time zone.", examples=["Europe/Berlin"]
    )
    replicas: Positive = Field(
        description="Replicas in that time, at most `max`. Becomes a KEDA cron trigger.",
        examples=[4],
    )


class Scaling(Strict):
    """How many replicas, and what makes them more."""

    min: Count | None = Field(
        None,
        description="Fewest replicas. Default by tier: dev 0, staging 0, production 2. 0 means "
        "that the endpoint sleeps when nobody calls. Becomes `minReplicas`.",
        examples=[0],
    )
    max: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None,
        description="Most replicas, from 1 to 1000. Default by tier: dev 1, staging 2, production "
        "4. Quotas and costs count it. Becomes `maxReplicas`.",
        examples=[4],
    )
    metric: Metric | None = Field(
        None,
        description="What is measured. knative: concurrency or rps; standard: cpu or memory, or "
        "rps through KEDA. Default concurrency in knative, cpu in standard. Becomes `scaleMetric`.",
        examples=["rps"],
    )
    target: Positive | None = Field(
        None,
        description="The value of the metric that one replica should see: requests at once, "
        "requests a second, or percent of the CPU or memory request. Default 10 concurrency (an "
        "LLM: its `concurrency`), 50 "
        "rps, 70 percent. Becomes `scaleTarget`.",
        examples=[20],
    )
    window: Duration | None = Field(
        None,
        description="Over how long the metric is averaged, 6s to 1h; default 60s. Becomes "
        "Knative's `autoscaling.knative.dev/window`, or the scale-down stabilization of the HPA.",
        examples=["2m"],
    )
    schedule: tuple[Schedule, ...] | None = Field(
        None,
        strict=False,
        max_length=10,
        description="Times with more replicas. Needs `serving: standard`. Becomes a KEDA "
        "ScaledObject with cron triggers.",
    )


class Batching(Strict):
    """The model server's own adaptive batching: requests that arrive together run together."""

    max_size: Annotated[int, Field(ge=2, le=1024)] = Field(
        description="Most requests in one batch, 2 to 1024. Becomes MLServer's `max_batch_size` "
        "or Triton's default maximum batch size.",
        examples=[32],
    )
    max_delay: Duration | None = Field(
        None,
        description="How long a request may wait for company, 1ms to 1s; default 5ms. Becomes "
        "MLServer's `max_batch_time`.",
        examples=["10ms"],
    )


class Access(Strict):
    """Who may call. With nothing set: callers of the owning team only."""

    teams: tuple[Name, ...] = Field(
        (),
        strict=False,
        max_length=50,
        description="Further teams whose tokens are accepted, by the JWT claim that the stack "
        "names. Becomes the SecurityPolicy's authorization rules.",
        examples=[["checkout"]],
    )
    clients: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._:@/-]{1,128}$")], ...] = Field(
        (),
        strict=False,
        max_length=50,
        description="Single callers by the JWT subject, whatever their team.",
        examples=[["svc-checkout"]],
    )


class Limits(Strict):
    """How much one caller may ask."""

    requests: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None,
        description="Requests a minute for each caller, 1 to 1000000; default 100. Becomes the "
        "BackendTrafficPolicy's rate limit, keyed by the JWT subject.",
        examples=[600],
    )


class Slo(Strict):
    """What the endpoint promises, over 30 days. Becomes burn-rate alerts and a dashboard."""

    availability: Annotated[float, Field(ge=90, le=99.99)] | None = Field(
        None,
        description="Percent of requests answered without a server error, 90 to 99.99.",
        examples=[99.9],
    )
    latency: Duration | None = Field(
        None,
        description="The time within which `latency_percent` of requests are answered; one of the "
        "histogram's bounds: 5ms 10ms 25ms 50ms 100ms 250ms 500ms 1s 2500ms 5s 10s.",
        examples=["250ms"],
    )
    latency_percent: Annotated[float, Field(ge=50, le=99.9)] | None = Field(
        None, description="Percent of requests within `latency`; default 99.", examples=[99]
    )


class Transformer(Strict):
    """A container in the model's pod that rewrites requests and answers."""

    image: ImageReference = Field(description="Its image, with digest.")
    args: tuple[Text, ...] = Field((), strict=False, max_length=50, description="Its arguments.")
    env: dict[EnvName, Text] = Field(default_factory=dict, description="Its environment.")
    cpu: Cpu = Field(500, description="CPU; default 500m.", examples=["500m"])
    memory: Memory = Field(512 * 2**20, description="Memory; default 512Mi.", examples=["512Mi"])


class Explainer(Strict):
    """A second service, reached at `/v1/models/{name}:explain`, that says why.

    That is the one path that KServe has for it. Needs `serving: standard`.
    """

    image: ImageReference = Field(description="Its image, with digest.")
    args: tuple[Text, ...] = Field((), strict=False, max_length=50, description="Its arguments.")
    env: dict[EnvName, Text] = Field(default_factory=dict, description="Its environment.")
    cpu: Cpu = Field(500, description="CPU; default 500m.", examples=["500m"])
    memory: Memory = Field(2**30, description="Memory; default 1Gi.", examples=["1Gi"])
    max: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="Most replicas; one is always awake.", examples=[2]
    )


class Container(Strict):
    """The image of a `custom` framework: any server that speaks the declared protocol."""

    image: ImageReference = Field(description="The image, with digest.")
    args: tuple[Text, ...] = Field((), strict=False, max_length=50, description="Its arguments.")
    port: Annotated[int, Field(ge=1024, le=65535)] = Field(
        8080, description="The port that serves, 1024 to 65535; default 8080.", examples=[8080]
    )


class GraphStep(Strict):
    """One step of a graph: a deployment of the same project."""

    deployment: Name = Field(description="A deployment of this project.", examples=["embed"])
    weight: Annotated[int, Field(ge=0, le=100)] | None = Field(
        None, description="Percent of requests, in a splitter; they sum to 100.", examples=[80]
    )
    condition: Text | None = Field(
        None,
        description="A GJSON condition on the request, in a switch.",
        examples=['[@this].#(kind=="card")'],
    )
    data: Literal["request", "response"] | None = Field(
        None, description="What a sequence hands on: the first request, or the last answer."
    )


class Graph(Strict):
    """Several deployments behind one endpoint. Becomes an InferenceGraph."""

    type: Literal["sequence", "splitter", "ensemble", "switch"] = Field(
        description="How the steps relate.", examples=["sequence"]
    )
    steps: tuple[GraphStep, ...] = Field(
        strict=False, min_length=1, max_length=20, description="The steps, in order."
    )


class Llm(Strict):
    """Facts of a large language model that vLLM is started with and that placement counts."""

    parameters: Annotated[str, Field(pattern=PARAMETERS)] = Field(
        description="How many parameters. With `dtype` it gives the memory of the weights.",
        examples=["7B"],
    )
    dtype: Literal["bfloat16", "float16", "float32"] | None = Field(
        None,
        description="Number format of weights and cache; default float16 with awq or gptq, which "
        "run on every GPU so, else bfloat16. Becomes `--dtype`.",
    )
    quantization: Literal["awq", "gptq", "fp8"] | None = Field(
        None, description="How the weights were quantized. Becomes `--quantization`."
    )
    context: Annotated[int, Field(ge=256, le=1_048_576)] = Field(
        8192, description="Longest request and answer, in tokens. Becomes `--max-model-len`."
    )
    concurrency: Annotated[int, Field(ge=1, le=1024)] = Field(
        8,
        description="Requests of full length that must fit at once. Becomes `--max-num-seqs`, and "
        "sizes the KV cache.",
    )
    tensor_parallel: Literal[1, 2, 4, 8] | None = Field(
        None,
        description="GPUs that share one replica; default: `resources.gpu`. Becomes "
        "`--tensor-parallel-size`.",
    )
    layers: Positive | None = Field(
        None, description="`num_hidden_layers` of the model's config.json, for an exact estimate."
    )
    kv_heads: Positive | None = Field(
        None, description="`num_key_value_heads` of the model's config.json."
    )
    head_dim: Positive | None = Field(
        None, description="`head_dim` of the model's config.json, or hidden size over heads."
    )


class Logging(Strict):
    """Payloads kept for replay and audit, beside the logs and as long as they are."""

    payload: Literal["all", "request", "response"] = Field(
        description="What is kept. Becomes KServe's `logger`, which sends it to the platform's "
        "payload sink. Of requests over REST; gRPC is not seen.",
        examples=["all"],
    )


class WeightsCache(Strict):
    """Weights kept on the NVMe of GPU nodes, so that a cold start reads a local disk."""

    size: Memory | None = Field(
        None,
        description="Size of the weights; default: counted for `./` artifacts, estimated for "
        "`llm`. Becomes a LocalModelNamespaceCache.",
        examples=["16Gi"],
    )


class Cache(Strict):
    """What is kept near."""

    weights: WeightsCache | None = Field(
        None, description="Keep the model's weights on GPU nodes. Needs a GPU."
    )


class Example(Strict):
    """A request with its right answer: documentation that a smoke test can hold the model to."""

    name: Name | None = Field(None, description="What it shows.", examples=["typical-customer"])
    request: dict[str, Any] = Field(description="The body of an inference request.")
    expect: dict[str, Any] | None = Field(
        None, description="The answer, or the part of it that matters."
    )
    tolerance: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="Largest difference of a number; default 0.", examples=[0.001]
    )


class Lineage(Strict):
    """Where the model came from. Becomes annotations; nothing here restarts a pod."""

    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")] | None = Field(
        None, description="The git commit that trained it.", examples=["9f2c1ab"]
    )
    data: Text | None = Field(
        None, description="The data version (DVC tag, table snapshot).", examples=["dvc:2026-10-01"]
    )
    run: Text | None = Field(None, description="The training run.", examples=["mlflow:8c1f"])


ModelUri: TypeAlias = Annotated[str, Field(min_length=1, max_length=1024)]
