"""5xx: serving options."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW501",
        "A deployment has neither framework nor graph",
        "The framework decides which server loads the model.",
        "fraud:\n  model: ./artifacts/fraud/\n  tier: dev",
        "fraud:\n  model: ./artifacts/fraud/\n  framework: sklearn\n  tier: dev",
    ),
    Code(
        "SLW502",
        "The serving mode cannot do that",
        "Knative serves one port and routes through its own gateway; standard runs plain "
        "Deployments. A field that its mode cannot honour is refused, because upstream "
        "would ignore it silently.",
        "serving: knative\nprotocol: both",
        "serving: standard\nprotocol: both",
    ),
    Code(
        "SLW503",
        "A schedule needs standard serving",
        "Schedules are KEDA's, and KEDA scales Deployments; Knative scales its own.",
        "serving: knative\nscaling:\n  schedule: […]",
        "serving: standard\nscaling:\n  schedule: […]",
    ),
    Code(
        "SLW504",
        "The serving mode does not measure that metric",
        "Knative's autoscaler knows concurrency and requests a second, the HPA CPU and memory.",
        "serving: knative\nscaling:\n  metric: cpu",
        "serving: knative\nscaling:\n  metric: concurrency",
    ),
    Code(
        "SLW505",
        "Scaling numbers contradict each other",
        "The fewest replicas cannot be more than the most; a percentage cannot pass 100.",
        "scaling:\n  min: 5\n  max: 2",
        "scaling:\n  min: 2\n  max: 5",
    ),
    Code(
        "SLW506",
        "The server does not batch so",
        "Batching is the model server's own: MLServer and Triton have it. A request waits "
        "at most max_delay for others.",
        "framework: huggingface\nbatching:\n  max_size: 8",
        "framework: onnx\nbatching:\n  max_size: 8",
    ),
    Code(
        "SLW507",
        "The server does not speak that protocol",
        "Each server speaks REST, gRPC or both; LLM servers and graphs speak REST.",
        "framework: huggingface\nprotocol: grpc",
        "framework: huggingface\nprotocol: rest",
    ),
    Code(
        "SLW508",
        "llm belongs to framework vllm",
        "The facts of a large language model start vLLM; other servers have no use for them.",
        "framework: sklearn\nllm:\n  parameters: 7B",
        "framework: vllm\nllm:\n  parameters: 7B",
    ),
    Code(
        "SLW509",
        "vllm needs to know the model's size",
        "Without the number of parameters nobody can tell which GPU holds the model, and a "
        "wrong guess costs a cold start of many minutes.",
        "framework: vllm",
        "framework: vllm\nllm:\n  parameters: 7B",
    ),
    Code(
        "SLW510",
        "container goes with framework custom, and custom with a container",
        "A custom framework brings its own server; all others run the platform's pinned images.",
        "framework: custom",
        "framework: custom\ncontainer:\n  image: registry.example.com/ml/ranker@sha256:9c1e…",
    ),
    Code(
        "SLW511",
        "A graph has no model, framework or server of its own",
        "A graph joins deployments of its project; what they are stands with them.",
        "both:\n  graph: {…}\n  framework: sklearn",
        "both:\n  graph: {…}",
    ),
    Code(
        "SLW512",
        "A graph's steps do not hold",
        "Steps name deployments of the same project on the same stack, that speak REST; a "
        "splitter's weights sum to 100, and a switch's steps have conditions.",
        "graph:\n  type: splitter\n  steps:\n    - {deployment: a, weight: 50}",
        "graph:\n"
        "  type: splitter\n"
        "  steps:\n"
        "    - {deployment: a, weight: 50}\n"
        "    - {deployment: b, weight: 50}",
    ),
    Code(
        "SLW513",
        "A timeout is not possible on every hop",
        "One field sets all timeouts on the way. Knative allows up to an hour here; "
        "Cloudflare's proxy, where a stack uses it, ends a request that has no answer "
        "within its read limit, the start of a sleeping model included.",
        "timeout: 2h",
        "timeout: 5m",
    ),
    Code(
        "SLW514",
        "A window is out of range",
        "Knative averages over 6 seconds to 1 hour.",
        "scaling:\n  window: 2s",
        "scaling:\n  window: 30s",
    ),
    Code(
        "SLW515",
        "A schedule that cannot be kept",
        "Quotas and costs count max, so a schedule stays within it; below min it would change "
        "nothing, and KEDA refuses one that ends when it begins.",
        "scaling:\n  max: 2\n  schedule:\n    - {start: 0 8 * * *, end: 0 18 * * *, replicas: 4}",
        "scaling:\n  max: 4\n  schedule:\n    - {start: 0 8 * * *, end: 0 18 * * *, replicas: 4}",
    ),
    Code(
        "SLW516",
        "A secret stands in plain text",
        "What stands in env is readable in git for ever, in the stack's state and in the "
        "pod. Put the value into the secrets manager below the project's prefix, refer to "
        "it, and rotate the one that was written here.",
        "env:\n  DB_PASSWORD: hunter2",
        "secrets:\n  DB_PASSWORD: database/password",
    ),
    Code(
        "SLW517",
        "A variable belongs to the platform",
        "Some variables decide what code a server loads or who it is (PYTHONPATH, "
        "LD_PRELOAD, AWS_…), others are set by KServe and Knative (PORT, K_…).",
        "env:\n  LD_PRELOAD: /mnt/models/x.so",
        "remove it",
    ),
    Code(
        "SLW518",
        "An image comes from a registry that is not allowed",
        "models/platform.yaml lists the registries for teams' own images, so that they are "
        "scanned and kept.",
        "container:\n  image: docker.io/someone/ranker@sha256:9c1e…",
        "container:\n  image: registry.example.com/ml/ranker@sha256:9c1e…",
    ),
    Code(
        "SLW520",
        "Weights cannot be cached so",
        "Weights are kept on the NVMe disks of GPU nodes; their size must be known to reserve it.",
        "framework: sklearn\ncache:\n  weights: {}",
        "framework: vllm\ncache:\n  weights:\n    size: 16Gi",
    ),
    Code(
        "SLW521",
        "A tier is hosted nowhere, or twice",
        "Each stack hosts some tiers. A deployment needs a stack for each of its tiers, and "
        "has one host on a stack.",
        "tier:\n  dev: {}\n  staging: {}",
        "tier:\n  staging: {}\n  production: {}",
    ),
    Code(
        "SLW522",
        "A latency bound is not one of the histogram's",
        "Alerts count the requests below a bar of the histogram; between two bars they "
        "could only guess.",
        "slo:\n  latency: 200ms",
        "slo:\n  latency: 250ms",
    ),
    Code(
        "SLW523",
        "A team that may call does not exist",
        "Teams are the folders of models/. A misspelt one would lock the right callers out.",
        "access:\n  teams: [chekout]",
        "access:\n  teams: [checkout]",
    ),
    Code(
        "SLW524",
        "A label is the platform's",
        "Labels such as team and tier are set from where the entry stands.",
        "labels:\n  team: other",
        "labels:\n  use-case: card-fraud",
    ),
    Code(
        "SLW525",
        "Only knative can sleep",
        "In standard mode nothing holds a request while a replica starts, so at least one "
        "must run.",
        "serving: standard\nscaling:\n  min: 0",
        "serving: standard\nscaling:\n  min: 1",
    ),
    Code(
        "SLW529",
        "Payloads of that endpoint cannot be kept",
        "KServe's logger reads HTTP requests of InferenceServices; it does not see gRPC, "
        "graphs and LLM services.",
        "protocol: grpc\nlogging:\n  payload: all",
        "protocol: rest\nlogging:\n  payload: all",
    ),
    Code(
        "SLW530",
        "Resources are out of range, or name a GPU kind without a GPU",
        "CPU is 50m to 192 cores, memory 64Mi to 2Ti; an accelerator needs gpu: 1 or more.",
        "resources:\n  accelerator: l4",
        "resources:\n  gpu: 1\n  accelerator: l4",
    ),
    Code(
        "SLW531",
        "The server cannot use a GPU",
        "A GPU that nobody uses is the most expensive mistake of all.",
        "framework: sklearn\nresources:\n  gpu: 1",
        "framework: onnx\nresources:\n  gpu: 1",
    ),
    Code(
        "SLW532",
        "Two deployments name different Hugging Face tokens",
        "The downloader of a namespace reads one token, from the secret `huggingface`.",
        "a:\n  secrets: {HF_TOKEN: one/token}\nb:\n  secrets: {HF_TOKEN: two/token}",
        "a:\n  secrets: {HF_TOKEN: hub/token}\nb:\n  secrets: {HF_TOKEN: hub/token}",
    ),
    Code(
        "SLW533",
        "Two examples have one name",
        "Each example is a file of the endpoint's ConfigMap: the second would replace the first.",
        "examples:\n  - {name: typical, request: {…}}\n  - {name: typical, request: {…}}",
        "examples:\n  - {name: typical, request: {…}}\n  - {name: rare, request: {…}}",
    ),
    Code(
        "SLW534",
        "A text would be run as a template",
        "KServe runs the containers of a pod as a Go template before it makes the pod: two opening "
        "braces would fail there, or be replaced by what the template says.",
        'env:\n  PROMPT: "Hello {{ .Name }}"',
        'env:\n  PROMPT: "Hello {name}"',
    ),
)
