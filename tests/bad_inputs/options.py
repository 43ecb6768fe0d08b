"""Serving options that contradict each other, their server, their stack or the platform (5xx).

A case that is made by `entry(…)` has its first line at line 7 of the project file, one that is made
by `fraud(…)` at line 4. Secrets are put together from parts, so that no scanner takes this file for
a leak.
"""

from tests.bad_inputs.case import Case, case, entry, fraud
from tests.bad_inputs.meaning import DEV_AND_PROD, DIGEST, REGISTRY, onnx, vllm
from tests.bad_inputs.repository import ENTRY, PROJECT, STACK, Content

P = PROJECT
IMAGE = f"registry.example.com/part{DIGEST}"
CUSTOM = ("framework: custom", "tier: dev")
PROXIED: dict[str, Content] = {
    "Pulumi.dev.yaml": f"{STACK}    edge: {{proxied: true, advanced_certificates: true}}\n"
}
DAY = 'start: "0 8 * * *", end: "0 18 * * *"'
AWS_KEY = "AKIA" + "Q3EGR7VZ2MWX5T4N"
HUB_TOKEN = "hf" + "_" + "QmZrTkWpLsXvBnYcDgHjFaEu"
PEM = "-----BEGIN RSA PRIVATE" + " KEY-----"
OPAQUE = "q8Zr4Tn2" + "Kd9Wm7Bx1Vc5"


def graph(steps: str, *lines: str, type_: str = "sequence") -> dict[str, Content]:
    """A graph `both` beside `fraud`, its steps in line 9, further lines from line 10 on."""
    return entry(
        f"  both:\n    tier: dev\n    graph: {{type: {type_}, steps: [{steps}]}}\n"
        + "".join(f"    {line}\n" for line in lines)
    )


def container(*lines: str, image: str = IMAGE) -> dict[str, Content]:
    """A custom container, its image in line 7, further settings of it from line 8 on."""
    more = "".join(f"      {line}\n" for line in lines)
    head = fraud(*CUSTOM, "container:")[P]
    return {**REGISTRY, P: f"{head}      image: {image}\n{more}"}


SERVERS = (
    case("no framework", fraud("model: mlflow://fraud/1", "tier: dev"),
         ("SLW501", f"{P}:3:3", "needs a framework"), told=("add framework: sklearn, xgboost",)),
    case("two ports in knative", entry("    serving: knative\n    protocol: both\n"),
         ("SLW502", f"{P}:8:15", "one port"), told=("serving: standard",)),
    case("explainer in knative",
         {**entry(f"    serving: knative\n    explainer: {{image: {IMAGE}}}\n"), **REGISTRY},
         ("SLW502", f"{P}:8:16", "an explainer needs serving: standard")),
    case("graph in standard", graph("{deployment: fraud}", "serving: standard"),
         ("SLW502", f"{P}:10:14", "a graph is served by knative only")),
    case("transformer of an LLM that never sleeps",
         {**vllm("llm: {parameters: 7B}", "scaling: {min: 1}", f"transformer: {{image: {IMAGE}}}"),
          **REGISTRY},
         ("SLW502", f"{P}:9:18", "LLMInferenceService, which has no transformer")),
    case("schedule in knative",
         entry("    serving: knative\n"
               f"    scaling: {{max: 4, schedule: [{{{DAY}, replicas: 4}}]}}\n"),
         ("SLW503", f"{P}:8:33", "a schedule needs serving: standard")),
    case("cpu in knative", entry("    serving: knative\n    scaling: {metric: cpu}\n"),
         ("SLW504", f"{P}:8:23", "knative mode scales by concurrency or rps, not by cpu"),
         told=("or serving: standard",)),
    case("concurrency in standard",
         entry("    serving: standard\n    scaling: {metric: concurrency}\n"),
         ("SLW504", f"{P}:8:23", "standard mode scales by cpu, memory or rps"),
         told=("or serving: knative",)),
    case("rps of an LLM that never sleeps",
         vllm("llm: {parameters: 7B}", "scaling: {min: 1, metric: rps}"),
         ("SLW504", f"{P}:8:31", "an LLM endpoint scales by concurrency, not by rps")),
    case("batching without a batching server",
         fraud("model: hf://a/b@a09a354", "framework: huggingface", "tier: dev",
               "batching: {max_size: 8}"),
         ("SLW506", f"{P}:7:15", "huggingface server does not batch")),
    case("batching of an LLM", vllm("llm: {parameters: 7B}", "batching: {max_size: 8}"),
         ("SLW506", f"{P}:8:15", "vllm server does not batch"),
         told=("vLLM batches continuously by itself",)),
    case("batching that waits 2s", entry("    batching: {max_size: 8, max_delay: 2s}\n"),
         ("SLW506", f"{P}:7:40", "2s is outside 1ms to 1s")),
    case("grpc of a server without it",
         fraud("model: hf://a/b@a09a354", "framework: huggingface", "tier: dev", "protocol: grpc"),
         ("SLW507", f"{P}:7:15", "does not speak grpc"), told=("write protocol: rest",)),
    case("grpc of a graph", graph("{deployment: fraud}", "protocol: grpc"),
         ("SLW507", f"{P}:10:15", "a graph speaks rest only")),
    case("grpc of an LLM that never sleeps",
         vllm("llm: {parameters: 7B}", "scaling: {min: 1}", "protocol: grpc"),
         ("SLW507", f"{P}:9:15", "an LLM endpoint speaks rest only")),
    case("transformer over grpc",
         {**entry(f"    protocol: grpc\n    transformer: {{image: {IMAGE}}}\n"), **REGISTRY},
         ("SLW507", f"{P}:8:18", "a transformer is called over rest only, and protocol is grpc")),
    case("custom container of two protocols",
         {**REGISTRY, P: f"{container()[P]}    serving: standard\n    protocol: both\n"},
         ("SLW507", f"{P}:9:15", "serves on one port")),
    case("llm of another framework", entry("    llm: {parameters: 7B}\n"),
         ("SLW508", f"{P}:7:10", "framework sklearn has no use for it")),
    case("vllm of unknown size", vllm(), ("SLW509", f"{P}:3:3", "without the model's size")),
    case("custom without a container", fraud(*CUSTOM), ("SLW510", f"{P}:3:3", "needs a container")),
    case("container of another framework",
         {**entry(f"    container: {{image: {IMAGE}}}\n"), **REGISTRY},
         ("SLW510", f"{P}:7:16", "runs the platform's own image")),
    case("port of a neighbour", container("port: 9090"),
         ("SLW510", f"{P}:8:13", "port 9090 is taken"), told=("serve on 8080",)),
    case("GPU without use", entry("    resources: {gpu: 1}\n"),
         ("SLW531", f"{P}:7:22", "the sklearn server cannot use a GPU"), told=("onnx",)),
)  # fmt: skip

GRAPHS = (
    case("graph with a model and a server of its own",
         graph("{deployment: fraud}", "framework: onnx", "model: ./artifacts/none",
               "env: {LOG_LEVEL: debug}"),
         ("SLW511", f"{P}:10:16", "no framework of its own"),
         ("SLW511", f"{P}:11:12", "no model of its own"),
         ("SLW511", f"{P}:12:10", "no env of its own")),
    case("misspelt step", graph("{deployment: fruad}"),
         ("SLW512", f"{P}:9:50", "no deployment 'fruad' in this project"),
         told=("did you mean 'fraud'?",)),
    case("step that is a graph", graph("{deployment: both}"),
         ("SLW512", f"{P}:9:50", "'both' is a graph")),
    case("step on another stack",
         {**DEV_AND_PROD, P: str(graph("{deployment: fraud}")[P])
             .replace("tier: dev", "tier: production", 1)},
         ("SLW512", f"{P}:9:50", "fraud has no tier on this stack, and the graph has (stack dev)")),
    case("step over grpc",
         {P: f"{ENTRY}    protocol: grpc\n  both:\n    tier: dev\n"
             "    graph: {type: sequence, steps: [{deployment: fraud}]}\n"},
         ("SLW512", f"{P}:10:50", "fraud speaks grpc")),
    case("step that is an LLM",
         {P: f"{vllm('llm: {parameters: 7B}')[P]}  both:\n    tier: dev\n"
             "    graph: {type: sequence, steps: [{deployment: fraud}]}\n"},
         ("SLW512", f"{P}:10:50", "fraud speaks the OpenAI API")),
    case("weights of 110",
         graph("{deployment: fraud, weight: 60}, {deployment: fraud, weight: 50}",
               type_="splitter"),
         ("SLW512", f"{P}:9:36", "sum to 100, and these are 60 + 50 = 110")),
    case("step without a weight",
         graph("{deployment: fraud, weight: 60}, {deployment: fraud}", type_="splitter"),
         ("SLW512", f"{P}:9:70", "this one has none")),
    case("weight in a sequence", graph("{deployment: fraud, weight: 60}"),
         ("SLW512", f"{P}:9:65", "weight means nothing in type sequence")),
    case("condition in an ensemble", graph("{deployment: fraud, condition: a}", type_="ensemble"),
         ("SLW512", f"{P}:9:68", "condition means nothing in type ensemble")),
    case("step without a condition",
         graph("{deployment: fraud, condition: a}, {deployment: fraud}", type_="switch"),
         ("SLW512", f"{P}:9:70", "needs its condition")),
)  # fmt: skip

NUMBERS = (
    case("fewest above most", entry("    scaling: {min: 5, max: 2}\n"),
         ("SLW505", f"{P}:7:20", "min 5 is more than max 2"), told=("raise max to 5",)),
    case("fewest above most in one tier",
         {P: ENTRY.replace("dev", "{dev: {scaling: {max: 2}}}") + "    scaling: {min: 5}\n"},
         ("SLW505", f"{P}:7:20", "min 5 is more than max 2")),
    case("101 percent", entry("    serving: standard\n    scaling: {metric: cpu, target: 101}\n"),
         ("SLW505", f"{P}:8:36", "target 101 is percent")),
    case("window of 2s", entry("    scaling: {window: 2s}\n"), ("SLW514", f"{P}:7:23", "6s to 1h")),
    case("window of a fraction", entry("    scaling: {window: 6500ms}\n"),
         ("SLW514", f"{P}:7:23", "whole seconds")),
    case("schedule above most",
         entry("    serving: standard\n"
               f"    scaling: {{max: 2, schedule: [{{{DAY}, replicas: 4}}]}}\n"),
         ("SLW515", f"{P}:8:84", "asks for 4 replicas, and max is 2")),
    case("schedule below fewest",
         entry("    serving: standard\n"
               f"    scaling: {{min: 2, max: 4, schedule: [{{{DAY}, replicas: 2}}]}}\n"),
         ("SLW515", f"{P}:8:92", "min 2 run at all times")),
    case("timeout of 2h", entry("    timeout: 2h\n"), ("SLW513", f"{P}:7:14", "from 1s to 1h")),
    case("timeout below a second", entry("    timeout: 500ms\n"), ("SLW513", f"{P}:7:14", "500ms")),
    case("timeout beyond the proxy's",
         {**entry("    timeout: 5m\n    scaling: {min: 1}\n"), **PROXIED},
         ("SLW513", f"{P}:7:14", "5m is more than the 2m that Cloudflare's proxy waits"),
         told=("write timeout: 2m", "edge.proxied: false", "(stack dev)")),
    case("cold start beyond the proxy's", {**entry("    scaling: {min: 0}\n"), **PROXIED},
         ("SLW513", f"{P}:7:20", "may wait 162s"), told=("scaling: {min: 1}",)),
    case("sleep in standard", entry("    serving: standard\n    scaling: {min: 0}\n"),
         ("SLW525", f"{P}:8:20", "only knative can sleep")),
    case("latency between the bars", entry("    slo: {latency: 200ms}\n"),
         ("SLW522", f"{P}:7:20", "5ms, 10ms, 25ms"), told=("write latency: 250ms",)),
    case("share without a latency", entry("    slo: {latency_percent: 95}\n"),
         ("SLW522", f"{P}:7:28", "latency, which is not set")),
    case("too little CPU and memory", entry("    resources: {cpu: 10m, memory: 1Mi}\n"),
         ("SLW530", f"{P}:7:22", "10m CPU is outside 50m to 192"),
         ("SLW530", f"{P}:7:35", "1Mi of memory is outside 64Mi to 2Ti")),
    case("too much CPU and memory", entry("    resources: {cpu: 400, memory: 3Ti}\n"),
         ("SLW530", f"{P}:7:22", "400 CPU"), ("SLW530", f"{P}:7:35", "3Ti")),
    case("transformer with too little CPU",
         {**entry(f"    transformer: {{cpu: 1m, image: {IMAGE}}}\n"), **REGISTRY},
         ("SLW530", f"{P}:7:24", "1m CPU")),
    case("accelerator without a GPU", onnx("resources: {accelerator: l4}"),
         ("SLW530", f"{P}:7:30", "accelerator l4 is named, but gpu is 0")),
    case("a kind of GPU that there is not", onnx("resources: {gpu: 1, accelerator: v100}"),
         ("SLW208", f"{P}:7:38", "'v100'")),
    case("weights without a GPU", entry("    cache: {weights: {size: 1Gi}}\n"),
         ("SLW520", f"{P}:7:22", "asks for no GPU")),
    case("weights of unknown size", onnx("cache: {weights: {}}", "resources: {gpu: 1}"),
         ("SLW520", f"{P}:7:22", "the size of the weights is not known")),
    case("weights that are there already",
         fraud("model: pvc://models/fraud", "framework: onnx", "tier: dev",
               "cache: {weights: {size: 1Gi}}", "resources: {gpu: 1}"),
         ("SLW520", f"{P}:7:22", "on the node already")),
)  # fmt: skip

SAFETY = (
    *(
        case(f"{what} in env", entry(f"    env: {{{name}: {value!r}}}\n"),
             ("SLW516", f"{P}:7:{13 + len(name)}", f"looks like {shape}"),
             told=(f"secrets: {{{name}: <secret>/<key>}}", "under risk-cards/"))
        for what, name, value, shape in (
            ("AWS key", "A", AWS_KEY, "an AWS access key"),
            ("hub token", "A", HUB_TOKEN, "a Hugging Face token"),
            ("address with a password", "URL", "postgres://app:" + "hunter2@db/x",
             "an address with a password"),
            ("password", "DB_PASSWORD", "hunter2", "a secret, to judge by its name"),
            ("random text", "SALT", OPAQUE, "a random secret"),
        )
    ),
    case("private key in env", entry(f"    env:\n      KEY: |\n        {PEM}\n        abc\n"),
         ("SLW516", f"{P}:8:12", "a private key")),
    case("secret in the arguments of a container", container(f"args: [--verbose, --key={AWS_KEY}]"),
         ("SLW516", f"{P}:8:25", "an AWS access key")),
    case("secret after its flag", container("args: [--password, hunter2]"),
         ("SLW516", f"{P}:8:26", "a secret, to judge by its name")),
    case("secret in env of a transformer",
         {**entry(f"    transformer: {{env: {{TOKEN: {OPAQUE}}}, image: {IMAGE}}}\n"), **REGISTRY},
         ("SLW516", f"{P}:7:32", "a secret"), told=("only the model's own container has secrets",)),
    *(
        case(f"{name} in {where}", entry(f"    {where}: {{{name}: a/b}}\n"),
             ("SLW517", f"{P}:7:{len(where) + len(name) + 10}", f"{name} {why}"))
        for where, name, why in (
            ("env", "PYTHONPATH", "decides what code the server loads"),
            ("env", "LD_PRELOAD", "decides what code the server loads"),
            ("secrets", "LD_LIBRARY_PATH", "decides what code the server loads"),
            ("env", "HF_HOME", "is set by the platform"),
            ("env", "PORT", "is set by the platform"),
            ("env", "K_SERVICE", "is set by the platform"),
            ("env", "MLSERVER_HTTP_PORT", "is set by the platform"),
            ("secrets", "AWS_SECRET_ACCESS_KEY", "decides who the server is"),
        )
    ),
    case("LD_PRELOAD of a transformer",
         {**entry(f"    transformer: {{env: {{LD_PRELOAD: x}}, image: {IMAGE}}}\n"), **REGISTRY},
         ("SLW517", f"{P}:7:37", "decides what code")),
    case("variable twice", entry("    env: {A: b}\n    secrets: {A: c/d}\n"),
         ("SLW517", f"{P}:8:18", "stands in env and in secrets")),
    case("secret in an example",
         entry(f"    examples:\n      - request: {{key: {AWS_KEY}}}\n"),
         ("SLW516", f"{P}:8:9", "the text holds an AWS access key")),
    case("secret in the description", entry(f"    description: call it with {HUB_TOKEN}\n"),
         ("SLW516", f"{P}:7:18", "the text holds a Hugging Face token")),
    case("template in env", entry("    env: {PROMPT: '{{ .Name }}'}\n"),
         ("SLW534", f"{P}:7:19", "run as a template")),
    case("template in the arguments of a container", container("args: ['--name={{.Name}}']"),
         ("SLW534", f"{P}:8:14", "run as a template")),
    case("image of a foreign registry", container(image=f"docker.io/someone/ranker{DIGEST}"),
         ("SLW518", f"{P}:7:14", "may come from registry.example.com, not from docker.io"),
         told=("push the image to an allowed registry",)),
    case("image of a misspelt registry", container(image=f"registry.exmaple.com/ranker{DIGEST}"),
         ("SLW518", f"{P}:7:14", "registry.exmaple.com"),
         told=("did you mean 'registry.example.com'?",)),
    case("image where no registry is allowed",
         {P: container()[P]}, ("SLW518", f"{P}:7:14", "no registry is allowed here yet"),
         told=("have registry.example.com added",)),
    case("image in upper case", container(image=f"registry.example.com/Ranker{DIGEST}"),
         ("SLW215", f"{P}:7:14", "registry/path@sha256:")),
    case("image of the latest tag", container(image=f"registry.example.com/ranker:latest{DIGEST}"),
         ("SLW901", f"{P}:3:3", "names the latest registry.example.com/ranker:latest@sha256:"),
         told=("image-tag Pod of InferenceService risk-cards/fraud", "Name a version and its")),
    case("image without a digest", container(image="registry.example.com/ranker:v1"),
         ("SLW215", f"{P}:7:14", "digest")),
    case("image without a registry", container(image=f"ranker{DIGEST}"),
         ("SLW215", f"{P}:7:14", "registry")),
    case("caller that is no team", entry("    access: {teams: [risk, rsk]}\n"),
         ("SLW523", f"{P}:7:28", "there is no team 'rsk'"), told=("did you mean 'risk'?",)),
    case("label of the platform", entry("    labels: {team: other}\n"),
         ("SLW524", f"{P}:7:20", "the label team is set by the platform")),
    case("label of the platform for a project", {P: f"{ENTRY}labels: {{tier: gold}}\n"},
         ("SLW524", f"{P}:7:16", "the label tier is set by the platform")),
    *(
        case(f"label {key}", entry(f"    labels: {{{key}: 'false'}}\n"),
             ("SLW210", f"{P}:7:14", key))
        for key in ("sidecar.istio.io/inject", "karpenter.sh/do-not-disrupt",
                    "pod-security.kubernetes.io/enforce", "serving.kserve.io/deploymentMode")
    ),
    case("annotations", entry("    annotations: {a: b}\n"), ("SLW204", f"{P}:7:5", "annotations")),
    case("two hub tokens",
         {P: f"{ENTRY}    secrets: {{HF_TOKEN: one/token}}\n"
             "  other:\n    model: mlflow://other/1\n    framework: sklearn\n    tier: dev\n"
             "    secrets: {HF_TOKEN: two/token}\n"},
         ("SLW532", f"{P}:12:25", "fraud names one/token"), told=("write one/token in both",)),
)  # fmt: skip

TIERS = (
    case("tier that no stack hosts",
         {P: ENTRY.replace("tier: dev", "tier: production"),
          "Pulumi.dev.yaml": DEV_AND_PROD["Pulumi.dev.yaml"]},
         ("SLW521", f"{P}:6:11", "no stack hosts tier production"),
         told=("write dev or staging",)),
    case("two tiers on one stack", {P: ENTRY.replace("tier: dev", "tier: {dev: {}, staging: {}}")},
         ("SLW521", f"{P}:6:11", "dev and staging are hosted by one stack")),
    case("two tiers on one of two stacks",
         {**DEV_AND_PROD, P: ENTRY.replace("tier: dev", "tier: [dev, staging, production]")},
         ("SLW521", f"{P}:6:11", "has one host there (stack dev)"), told=("keep dev or staging",)),
    case("no tier at all", {P: ENTRY.replace("tier: dev", "tier: {}")},
         ("SLW521", f"{P}:6:11", "no tier is named")),
    case("logging over grpc", entry("    protocol: grpc\n    logging: {payload: all}\n"),
         ("SLW529", f"{P}:8:14", "grpc cannot be kept")),
    case("logging of a graph", graph("{deployment: fraud}", "logging: {payload: all}"),
         ("SLW529", f"{P}:10:14", "payloads of a graph")),
    case("logging of an LLM that never sleeps",
         vllm("llm: {parameters: 7B}", "scaling: {min: 1}", "logging: {payload: all}"),
         ("SLW529", f"{P}:9:14", "payloads of an LLM endpoint")),
    case("a schedule that ends when it begins",
         entry("    serving: standard\n    scaling: {min: 1, max: 3, schedule: "
               "[{start: 0 8 * * *, end: 0 8 * * *, replicas: 2}]}\n"),
         ("SLW515", f"{P}:8:66", "ends when it begins")),
    case("a template in a variable", entry("    env: {PROMPT: 'Hello {{ .Name }}'}\n"),
         ("SLW534", f"{P}:7:19", "as a template")),
    case("a secret in the lineage",
         entry("    lineage: {run: gh" + "p_" + "0123456789abcdefghijABCDEFGHIJ01}\n"),
         ("SLW516", f"{P}:7:20", "a GitHub token")),
    case("a schedule of a graph",
         graph("{deployment: fraud}", "scaling: {schedule: [{start: 0 8 * * *, end: 0 9 * * *, "
               "replicas: 2}], max: 3}"),
         ("SLW503", f"{P}:10:25", "a graph is served by knative")),
    case("examples of one name",
         entry("    examples:\n      - {name: typical, request: {}}\n"
               "      - {name: typical, request: {}}\n"),
         ("SLW533", f"{P}:9:9", "2 examples are called typical")),
    case("example named like one without a name",
         entry("    examples:\n      - {request: {}}\n      - {name: example-1, request: {}}\n"),
         ("SLW533", f"{P}:9:9", "example-1")),
)  # fmt: skip

OPTIONS: tuple[Case, ...] = (*SERVERS, *GRAPHS, *NUMBERS, *SAFETY, *TIERS)
