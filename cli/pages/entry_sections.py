"""The parts of docs/reference/entry.md, in the order in which people meet them."""

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from catalog import entry, environment, options, settings, short_form


@dataclass(frozen=True, slots=True)
class Section:
    """A block of options.

    `path` is where the block stands in its file, dots between; its options' anchors are made from
    it. `example` is YAML: of a whole file, or of a deployment's own options.
    """

    title: str
    path: str
    model: type[BaseModel]
    example: str
    about: str = ""


DIGEST: Final = "sha256:" + "3f" * 32

PROJECT: Final = (
    Section(
        "A project file",
        "project",
        entry.ProjectFile,
        """\
version: "1"
description: Scores payments while they happen
labels: {data-class: personal}
deployments:
  fraud-detector:
    model: ./artifacts/fraud-detector/
    framework: sklearn
    tier: staging
""",
        "`models/<team>/<project>.yaml` is one project: one namespace, `<team>-<project>`. The "
        "names of the folder and the file are those of team and project.",
    ),
)

DEPLOYMENT: Final = (
    Section(
        "A deployment",
        "",
        entry.Deployment,
        """\
description: Whether a card payment is what it seems
model: s3://example-models/risk-cards/fraud-detector/v7
framework: sklearn
tier: [staging, production]
timeout: 20s
env: {LOG_LEVEL: info}
secrets: {FEATURE_STORE_TOKEN: feature-store/token}
labels: {use-case: card-fraud}
""",
        "Three options are enough: `model`, `framework` and `tier`. Everything else has a default "
        "from its tier. `model`, `resources` and all other blocks may also stand below a tier, and "
        "then hold for that tier alone.",
    ),
    Section(
        "resources",
        "resources",
        options.Resources,
        """\
resources: {cpu: "2", memory: 8Gi, gpu: 1, accelerator: l4}
""",
    ),
    Section(
        "scaling",
        "scaling",
        options.Scaling,
        """\
scaling: {min: 1, max: 6, metric: rps, target: 40, window: 2m}
""",
    ),
    Section(
        "scaling.schedule",
        "scaling.schedule",
        options.Schedule,
        """\
serving: standard
scaling:
  min: 1
  max: 6
  schedule:
    - {start: "0 8 * * 1-5", end: "0 18 * * 1-5", timezone: Europe/Berlin, replicas: 3}
""",
    ),
    Section(
        "batching",
        "batching",
        options.Batching,
        """\
batching: {max_size: 32, max_delay: 10ms}
""",
    ),
    Section(
        "access",
        "access",
        options.Access,
        """\
access:
  teams: [checkout]
  clients: [svc-refunds]
""",
    ),
    Section(
        "limits",
        "limits",
        options.Limits,
        """\
limits: {requests: 600}
""",
    ),
    Section(
        "slo",
        "slo",
        options.Slo,
        """\
slo: {availability: 99.9, latency: 250ms, latency_percent: 95}
""",
    ),
    Section(
        "llm",
        "llm",
        options.Llm,
        """\
model: hf://Qwen/Qwen2.5-7B-Instruct@a09a35458c702b33eeacc393d103063234e8bc28
framework: vllm
llm: {parameters: 7.6B, context: 8192, concurrency: 8}
resources: {gpu: 1, accelerator: l40s}
""",
    ),
    Section(
        "graph",
        "graph",
        options.Graph,
        """\
graph:
  type: sequence
  steps:
    - {deployment: ticket-language}
    - {deployment: ticket-topic, data: response}
""",
    ),
    Section(
        "graph.steps",
        "graph.steps",
        options.GraphStep,
        """\
graph:
  type: splitter
  steps:
    - {deployment: ranker, weight: 90}
    - {deployment: ranker-next, weight: 10}
""",
    ),
    Section(
        "container",
        "container",
        options.Container,
        f"""\
framework: custom
container:
  image: registry.example.com/ml/ranker@{DIGEST}
  args: [--workers=2]
  port: 8080
""",
    ),
    Section(
        "transformer",
        "transformer",
        options.Transformer,
        f"""\
transformer:
  image: registry.example.com/ml/tokenizer@{DIGEST}
  args: [--max-length=256]
  env: {{TOKENIZERS_PARALLELISM: "false"}}
""",
    ),
    Section(
        "explainer",
        "explainer",
        options.Explainer,
        f"""\
serving: standard
explainer:
  image: registry.example.com/ml/shap@{DIGEST}
  max: 2
""",
    ),
    Section(
        "cache",
        "cache",
        options.Cache,
        """\
cache: {weights: {}}
""",
    ),
    Section(
        "cache.weights",
        "cache.weights",
        options.WeightsCache,
        """\
cache: {weights: {size: 16Gi}}
""",
    ),
    Section(
        "logging",
        "logging",
        options.Logging,
        """\
logging: {payload: request}
""",
    ),
    Section(
        "examples",
        "examples",
        options.Example,
        """\
examples:
  - name: typical-customer
    request:
      inputs: [{name: x, shape: [1, 4], datatype: FP64, data: [12.5, 0, 1, 3]}]
    expect:
      outputs: [{name: predict, shape: [1, 1], datatype: INT64, data: [0]}]
    tolerance: 0.001
""",
    ),
    Section(
        "lineage",
        "lineage",
        options.Lineage,
        """\
lineage: {commit: 9f2c1ab, data: "dvc:2026-10-01", run: "mlflow:8c1f"}
""",
    ),
)

SHORT: Final = (
    Section(
        "The short form",
        "short",
        short_form.ShortFile,
        """\
model:
  name: image-classifier
  version: v1.0.0
  framework: pytorch
""",
        "A project of one registered model may be written shorter. It means the same as the long "
        "form with one deployment, and mixes with nothing of it.",
    ),
    Section(
        "model, in the short form",
        "short.model",
        short_form.ShortModel,
        """\
model:
  name: image-classifier
  version: v1.0.0
  framework: pytorch
  resources: {cpu: "2", memory: 4Gi}
  tier: staging
""",
    ),
)

AROUND: Final = (
    Section(
        "A team file",
        "team",
        entry.TeamFile,
        """\
version: "1"
owners: [risk-ml, risk-oncall]
cost_center: cc-2100
quota: {cpu: 60, memory: 240Gi, accelerators: {t4: 4}}
""",
        "`models/<team>/team.yaml`, once for each team.",
    ),
    Section(
        "quota",
        "quota",
        entry.Quota,
        """\
version: "1"
owners: [risk-ml]
cost_center: cc-2100
quota:
  cpu: 60
  memory: 240Gi
  accelerators: {t4: 4, a10g: 4}
  stacks:
    dev: {cpu: 30, memory: 120Gi}
""",
        "Quotas are nested, platform around team around project, and counted on each stack at the "
        "most replicas and the surge of a rollout, with every container of a pod.",
    ),
    Section(
        "The platform file",
        "platform",
        entry.PlatformFile,
        """\
version: "1"
registries: [registry.example.com]
quota: {cpu: 400, memory: 1600Gi}
tiers:
  production:
    limits: {requests: 300}
    slo: {availability: 99.5}
""",
        "`models/platform.yaml`, once.",
    ),
    Section(
        "tiers, in the platform file",
        "tiers",
        entry.TierProfile,
        """\
version: "1"
quota: {cpu: 400, memory: 1600Gi}
tiers:
  dev:
    resources: {cpu: 250m, memory: 1Gi}
    timeout: 5m
""",
        "What the platform says here takes the place of the table of [tiers](#tiers-at-a-glance).",
    ),
)

STACK: Final = (
    Section(
        "A stack's settings",
        "stack",
        environment.Environment,
        """\
config:
  slipway:environment:
    tiers: [dev, staging]
    domain: dev.example.com
    region: eu-west-1
    bucket: example-models-dev
    identity:
      issuer: https://login.example.com/
      jwks: https://login.example.com/.well-known/jwks.json
""",
        "`slipway:environment` below `config` in `Pulumi.<stack>.yaml`: what differs between "
        "stacks. The name of the stack is that of the file.",
    ),
    Section("identity", "stack.identity", environment.Identity, ""),
    Section("gateway", "stack.gateway", environment.Gateway, ""),
    Section("edge", "stack.edge", environment.Edge, ""),
    Section("images", "stack.images", environment.Images, ""),
)

LAYERS: Final = (
    Section(
        "What a stack deploys",
        "deploys",
        settings.StackKeys,
        """\
config:
  slipway:environment: …
  slipway:layers: [foundation, platform, edge, tenants]
  slipway:foundation:
    account: "123456789012"
    admins: [arn:aws:iam::123456789012:role/platform-engineers]
    budget: {monthly_usd: 6000, notify: [platform@example.com]}
  slipway:platform:
    acme_email: platform@example.com
  slipway:edge:
    account: 0123456789abcdef0123456789abcdef
    zone: 89abcdef0123456789abcdef01234567
    zone_name: example.com
    access: {team: example, email_domains: [example.com]}
""",
        "Each is a key `slipway:…` below `config` in `Pulumi.<stack>.yaml`; entries do not depend "
        "on them. The secrets, `slipway:cloudflareToken` and `slipway:cloudflareDnsToken`, are "
        "set with `pulumi config set --secret`.",
    ),
    Section("slipway:foundation", "deploys.foundation", settings.Foundation, ""),
    Section("system_nodes", "deploys.foundation.system_nodes", settings.SystemNodes, ""),
    Section("database", "deploys.foundation.database", settings.Database, ""),
    Section("rate_limits", "deploys.foundation.rate_limits", settings.RateLimitStore, ""),
    Section("budget", "deploys.foundation.budget", settings.Budget, ""),
    Section("slipway:platform", "deploys.platform", settings.Platform, ""),
    Section("alerts", "deploys.platform.alerts", settings.Alerts, ""),
    Section("slipway:edge", "deploys.edge", settings.EdgeSettings, ""),
    Section("access", "deploys.edge.access", settings.EdgeAccess, ""),
)

SECTIONS: Final = (*PROJECT, *DEPLOYMENT, *SHORT, *AROUND, *STACK, *LAYERS)
