"""What a team may write: the schema of `models/`, version "1".

An option stands here only when it compiles to something real; what it compiles to is in its
description, which editors show and the reference is made from. A default of None means that the
tier decides (`catalog/tiers.py`, and `tiers:` in `models/platform.yaml`).
"""

from typing import Annotated, Literal

from pydantic import Field

from catalog.options import (
    Access,
    Batching,
    Cache,
    Container,
    Example,
    Explainer,
    Graph,
    Limits,
    Lineage,
    Llm,
    Logging,
    ModelUri,
    Resources,
    Scaling,
    Slo,
    Transformer,
)
from catalog.scalars import (
    Cpu,
    Duration,
    EnvName,
    LabelKey,
    LabelValue,
    Memory,
    Name,
    Registry,
    Text,
)
from catalog.words import (
    AcceleratorName,
    Framework,
    Protocol,
    SecretKey,
    Serving,
    Strict,
    Tier,
    TierList,
    Version,
)


class Options(Strict):
    """Everything that a tier may override."""

    model: ModelUri | None = Field(
        None,
        description="Where the model is: `./path` in this repository, `s3://bucket/prefix`, "
        "`hf://organisation/name@revision`, `oci://image@sha256:…`, `mlflow://name/version` or "
        "`pvc://claim/path`. A path is uploaded under its digest, so an unchanged model never "
        "redeploys.",
        examples=["./artifacts/fraud-detector/", "hf://Qwen/Qwen2.5-7B-Instruct@a09a3545"],
    )
    resources: Resources | None = Field(None, description="What one replica gets.")
    scaling: Scaling | None = Field(None, description="How many replicas.")
    batching: Batching | None = Field(None, description="Adaptive batching; default off.")
    access: Access | None = Field(None, description="Who may call; default the owning team.")
    limits: Limits | None = Field(None, description="How much a caller may ask.")
    slo: Slo | None = Field(None, description="What the endpoint promises.")
    timeout: Duration | None = Field(
        None,
        description="Longest time from request to answer, cold start included, 1s to 1h; default "
        "by tier: 120s in dev and staging, 60s in production. Becomes every timeout on the way.",
        examples=["90s"],
    )
    env: dict[EnvName, Text] | None = Field(
        None,
        description="Environment of the model container. Secrets are refused here: use `secrets`.",
        examples=[{"LOG_LEVEL": "info"}],
    )
    secrets: dict[EnvName, SecretKey] | None = Field(
        None,
        description="Environment variables from the secrets manager, as `secret/key` under the "
        "project's own prefix. Becomes an ExternalSecret.",
        examples=[{"HF_TOKEN": "huggingface/token"}],
    )
    transformer: Transformer | None = Field(None, description="Rewrites requests and answers.")
    explainer: Explainer | None = Field(None, description="Says why.")
    container: Container | None = Field(
        None,
        description="The server of a `custom` framework. It is ready when it answers the Open "
        "Inference Protocol's `/v2/models/{name}/ready` (rest) or the gRPC health service (grpc).",
    )
    llm: Llm | None = Field(
        None,
        description="Facts of a large language model. A tier's `llm` replaces the whole block.",
    )
    logging: Logging | None = Field(None, description="Payloads to keep; default none.")
    cache: Cache | None = Field(None, description="What is kept near.")
    examples: tuple[Example, ...] | None = Field(
        None,
        strict=False,
        max_length=20,
        description="Requests with their answers. Becomes a ConfigMap beside the endpoint.",
    )
    lineage: Lineage | None = Field(None, description="Where the model came from.")
    labels: dict[LabelKey, LabelValue] | None = Field(
        None,
        description="Labels of your own on every object and pod, prefixed `label.slipway.dev/`.",
        examples=[{"use-case": "card-fraud"}],
    )


class Deployment(Options):
    """One endpoint: `https://{name}.{namespace}.models.{domain}`."""

    framework: Framework | None = Field(
        None,
        description="What the model was made with; decides the server. Required unless `graph`.",
        examples=["sklearn"],
    )
    tier: Tier | TierList | dict[Tier, Options | None] = Field(
        description="dev, staging or production; a list of them; or a map from tier to what "
        "differs there.",
        examples=[
            "staging",
            ["staging", "production"],
            {"staging": None, "production": {"scaling": {"max": 10}}},
        ],
    )
    serving: Serving | None = Field(
        None,
        description="knative (sleeps at zero, the default) or standard (plain Deployments: "
        "schedules, KEDA, VPA). A change replaces the endpoint.",
    )
    protocol: Protocol | None = Field(
        None, description="rest (the default), grpc, or both; `both` needs `serving: standard`."
    )
    graph: Graph | None = Field(None, description="Several deployments behind one endpoint.")
    description: Text | None = Field(None, description="What it is for, for the catalogue.")
    owner: Text | None = Field(
        None, description="Who answers for it; default the team's first owner."
    )


class QuotaAmounts(Strict):
    """Amounts of CPU, memory and GPUs; what is not named is unlimited by this level."""

    cpu: Cpu | None = Field(None, description="Sum of CPU requests.", examples=["64"])
    memory: Memory | None = Field(None, description="Sum of memory requests.", examples=["256Gi"])
    accelerators: dict[AcceleratorName, Annotated[int, Field(ge=0, le=100_000)]] | None = Field(
        None,
        description="GPUs by kind: a kind that the map does not name is 0, `{}` allows none, and "
        "without the map this level sets no limit. A stack's map replaces the whole map.",
        examples=[{"l4": 4}],
    )


class Quota(QuotaAmounts):
    """A quota, in each stack that hosts the tiers; `stacks` holds what differs in one of them."""

    stacks: dict[Name, QuotaAmounts] = Field(
        default_factory=dict,
        description="Other amounts in one stack.",
        examples=[{"dev": {"cpu": "16"}}],
    )


class ProjectFile(Strict):
    """`models/<team>/<project>.yaml`: the endpoints of one project, one namespace."""

    version: Version = Field(description='The schema version: "1", in quotes.', examples=["1"])
    description: Text | None = Field(None, description="What the project is for.")
    quota: Quota | None = Field(
        None, description="The project's quota; default exactly what its deployments need."
    )
    labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="Labels on everything of the project."
    )
    deployments: dict[Name, Deployment] = Field(
        min_length=1, max_length=200, description="The endpoints, by name."
    )


class TeamFile(Strict):
    """`models/<team>/team.yaml`: who the team is and how much it may use."""

    version: Version = Field(description='The schema version: "1", in quotes.', examples=["1"])
    owners: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._:@/+-]{1,128}$")], ...] = Field(
        strict=False,
        min_length=1,
        max_length=20,
        description="Groups of the identity provider whose members look after the namespaces. "
        "Become RoleBindings.",
        examples=[["risk-ml"]],
    )
    cost_center: LabelValue = Field(
        description="Where the cost goes. Becomes the label `slipway.dev/cost-center`.",
        examples=["cc-4711"],
    )
    issuer: Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+(/[A-Za-z0-9._~/-]*)?$")] | None = (
        Field(
            None,
            description="An OpenID issuer of the team's own, beside the stack's. Becomes a second "
            "JWT provider of its SecurityPolicies.",
            examples=["https://login.example.com/risk"],
        )
    )
    quota: Quota = Field(description="What all projects of the team together may use.")


class TierProfile(Strict):
    """What a tier means: the defaults of its deployments."""

    resources: Resources | None = Field(None, description="Default resources of a replica.")
    scaling: Scaling | None = Field(None, description="Default scaling.")
    limits: Limits | None = Field(None, description="Default limits of a caller.")
    slo: Slo | None = Field(None, description="Default promise.")
    timeout: Duration | None = Field(None, description="Default timeout.")
    serving: Serving | None = Field(None, description="Default serving mode.")
    capacity: Literal["spot", "on-demand"] | None = Field(
        None,
        description="spot: spot nodes first, on-demand when there are none; on-demand: never spot. "
        "Default spot in dev and staging, on-demand in production.",
    )


class PlatformFile(Strict):
    """`models/platform.yaml`: the platform's quota and what each tier means."""

    version: Version = Field(description='The schema version: "1", in quotes.', examples=["1"])
    registries: tuple[Registry, ...] = Field(
        (),
        strict=False,
        max_length=50,
        description="Registries from which `container`, `transformer` and `explainer` images may "
        "come. Empty: none.",
        examples=[["registry.example.com"]],
    )
    quota: Quota = Field(description="What all teams together may use, in each stack.")
    tiers: dict[Tier, TierProfile] = Field(
        default_factory=dict, description="What differs from the built-in tiers."
    )
