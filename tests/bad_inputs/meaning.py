"""Entries that are well formed and still cannot be: names, models, quotas, placement (3, 4, 6, 7).

A case that is made by `fraud(…)` has its first line at line 4 of the project file.
"""

from tests.bad_inputs.case import Case, case, entry, fraud, named
from tests.bad_inputs.repository import ENTRY, HEAD, PROJECT, RIGHT, STACK, Content

P = PROJECT
TEAM = "models/risk/team.yaml"
PLATFORM = "models/platform.yaml"
DIGEST = "@sha256:" + "4" * 64
DEV_AND_PROD: dict[str, Content] = {
    "Pulumi.dev.yaml": STACK.replace(", production]", "]"),
    "Pulumi.prod.yaml": STACK.replace("[dev, staging, ", "[").replace("dev.example", "example"),
}
REGISTRY: dict[str, Content] = {PLATFORM: f"{RIGHT[PLATFORM]}registries: [registry.example.com]\n"}


def at(model: str, *lines: str) -> dict[str, Content]:
    """The deployment `fraud` with its model at line 4, and further lines from line 7 on."""
    return fraud(f"model: {model}", "framework: sklearn", "tier: dev", *lines)


def of(framework: str, files: str, *lines: str) -> dict[str, Content]:
    """The same with an artifact of these files, and lines from line 7 on."""
    artifact = {f"models/risk/artifacts/a/{name}": b"0" for name in files.split()}
    return {**fraud("model: ./artifacts/a", f"framework: {framework}", "tier: dev", *lines),
            **artifact}  # fmt: skip


def onnx(*lines: str) -> dict[str, Content]:
    """A deployment whose server takes GPUs, with further lines from line 7 on."""
    return fraud("model: mlflow://fraud/1", "framework: onnx", "tier: dev", *lines)


def vllm(*lines: str) -> dict[str, Content]:
    """A language model, with further lines from line 7 on."""
    model = "model: hf://Qwen/Qwen2.5-72B@a09a354"
    return fraud(model, "framework: vllm", "tier: dev", *lines)


def project(team: str, name: str) -> dict[str, Content]:
    """A second project, of a team with a file of its own."""
    files = {f"models/{team}/team.yaml": RIGHT[TEAM], f"models/{team}/{name}.yaml": ENTRY}
    return {**files, PLATFORM: 'version: "1"\nquota: {}\n'}


def quota(file: str, amounts: str) -> dict[str, Content]:
    """A quota of the platform or a team, at line 4 of its file."""
    head = 'version: "1"\nowners: [risk-ml]\ncost_center: cc-1\n'
    if file == PLATFORM:
        head = 'version: "1"\n\n\n'
    return {file: f"{head}quota: {amounts}\n"}


NAMES = (
    case("name of 40 in knative", named("a" * 40),
         ("SLW301", f"{P}:3:3", "the name has 40 characters, 1 too many"),
         told=("-predictor-00001-private: 40 + 24 = 64 characters, of at most 63",
               "use at most 39 characters")),
    case("name of 49 in standard", {P: f"{named('a' * 49)[P]}    serving: standard\n"},
         ("SLW301", f"{P}:3:3", "49 characters"), told=("49 + 15 = 64", "at most 48")),
    case("name of 44 of an LLM that never sleeps",
         {P: str(vllm("llm: {parameters: 7B}", "scaling: {min: 1}")[P])
             .replace("fraud:", f"{'a' * 44}:")},
         ("SLW301", f"{P}:3:3", "44 characters"),
         told=("-kserve-workload-svc: 44 + 20 = 64", "at most 43")),
    case("name of 50 of a graph",
         {P: f"{ENTRY}  {'a' * 50}:\n    tier: dev\n"
             "    graph: {type: sequence, steps: [{deployment: fraud}]}\n"},
         ("SLW301", f"{P}:7:3", "50 characters"), told=("50 + 14 = 64", "at most 49")),
    case("host of 254",
         {**named("a" * 36),
          "Pulumi.dev.yaml": STACK.replace("dev.example.com", ".".join(["d" * 49] * 4))},
         ("SLW301", f"{P}:3:3", "1 too many for what is made from it (stack dev)"),
         told=("36 + 218 = 254 characters, of at most 253", "at most 35")),
    case("namespace of 65", project("a" * 32, "b" * 32),
         ("SLW301", f"models/{'a' * 32}/{'b' * 32}.yaml", "32 + 1 + 32 = 65 characters")),
    case("name of a predictor", named("fraud-predictor"),
         ("SLW302", f"{P}:3:3", "-predictor"), told=("call it fraud",)),
    case("name of a canary", named("fraud-canary"), ("SLW302", f"{P}:3:3", "-canary")),
    *(
        case(f"namespace {team}-{name}", project(team, name),
             ("SLW303", f"models/{team}/{name}.yaml", words))
        for team, name, words in (
            ("kube", "system", "begin with kube-"), ("kube", "models", "begin with kube-"),
            ("istio", "system", "begin with istio-"), ("knative", "serving", "begin with knative-"),
            ("cert", "manager", "would be cert-manager"),
            ("envoy-gateway", "system", "would be envoy-gateway-system"),
        )
    ),
    case("two projects in one namespace",
         {**project("risk-cards", "eu"), "models/risk/cards-eu.yaml": ENTRY},
         ("SLW304", "models/risk-cards/eu.yaml", "the one of models/risk/cards-eu.yaml")),
    case("a host of one's own", entry("    host: checkout.example.com\n"),
         ("SLW204", f"{P}:7:5", "'host'")),
    case("a wildcard host", named("'*'"), ("SLW212", f"{P}:3:3", "'*'")),
)  # fmt: skip

MODELS = (
    case("no model", fraud("framework: sklearn", "tier: dev"),
         ("SLW401", f"{P}:3:3", "framework sklearn loads a model")),
    case("neither model nor framework nor graph", fraud("tier: dev"),
         ("SLW401", f"{P}:3:3", "a model, or a graph"),
         ("SLW501", f"{P}:3:3", "a framework, which decides its server, or a graph")),
    case("model over http", at("http://example.com/m"), ("SLW402", f"{P}:4:12", "not from http://")),
    case("model over https", at("https://example.com/m.joblib"),
         ("SLW402", f"{P}:4:12", "s3://, hf://, oci://, mlflow:// or pvc://, not from https://")),
    case("model of the node", at("file:///models/m"), ("SLW402", f"{P}:4:12", "not from file://")),
    case("misspelt scheme", at("mlfow://fraud/1"), ("SLW402", f"{P}:4:12", "mlfow://"),
         told=("did you mean 'mlflow'?",)),
    case("path without ./", at("artifacts/fraud"), ("SLW402", f"{P}:4:12", "begins with ./"),
         told=("write ./artifacts/fraud",)),
    case("path of this machine", at("/opt/models/fraud"), ("SLW402", f"{P}:4:12", "neither")),
    case("bucket without a prefix", at("s3://example-models"),
         ("SLW402", f"{P}:4:12", "names no prefix")),
    case("prefix that goes up", at("s3://example-models/risk-cards/../other/m"),
         ("SLW402", f"{P}:4:12", "holds .., which goes up")),
    case("trailing space", at("'s3://example-models/risk-cards/m '"),
         ("SLW402", f"{P}:4:12", "begins or ends with a space")),
    case("wildcard in a prefix", at("s3://example-models/risk-cards/*"),
         ("SLW402", f"{P}:4:12", "'*'")),
    case("two slashes", at("s3://example-models//m"), ("SLW402", f"{P}:4:12", "a slash too many")),
    case("claim without a path", at("pvc://models"), ("SLW402", f"{P}:4:12", "names no path")),
    case("claim of another namespace", at("pvc://other/../claim/m"),
         ("SLW402", f"{P}:4:12", "holds .., which goes up")),
    case("claim in upper case", at("pvc://Models/m"), ("SLW402", f"{P}:4:12", "names no claim"),
         told=("of the project's own namespace",)),
    case("hub model without an organisation", at("hf://bert@a09a354"),
         ("SLW402", f"{P}:4:12", "organisation")),
    case("LLM that never sleeps from mlflow",
         fraud("model: mlflow://chat/1", "framework: vllm", "tier: dev", "llm: {parameters: 7B}",
               "scaling: {min: 1}"),
         ("SLW402", f"{P}:4:12", "cannot read mlflow://")),
    case("nothing at the path", at("./artifacts/fraud/"),
         ("SLW403", f"{P}:4:12", "nothing is at models/risk/artifacts/fraud")),
    case("only a link at the path",
         {**at("./artifacts/a"), "models/risk/artifacts/b/model.joblib": b"0"},
         ("SLW403", f"{P}:4:12", "models/risk/artifacts/a")),
    case("path out of the folder", at("./../checkout/artifacts/m"),
         ("SLW404", f"{P}:4:12", "leads out of")),
    case("path that begins above", at("../checkout/artifacts/m"),
         ("SLW404", f"{P}:4:12", "leads out of")),
    case("path with a space", at("./artifacts/my model"), ("SLW404", f"{P}:4:12", "holds a space")),
    case("hidden folder", at("./artifacts/.cache"), ("SLW404", f"{P}:4:12", "begins with '.'")),
    case("hub model without a revision", at("hf://Qwen/Qwen2.5-7B"),
         ("SLW405", f"{P}:4:12", "no fixed revision"), told=("write hf://Qwen/Qwen2.5-7B@ and",)),
    case("hub model at main", at("hf://Qwen/Qwen2.5-7B@main"),
         ("SLW405", f"{P}:4:12", "no fixed revision")),
    case("foreign bucket", at("s3://data-lake/fraud"),
         ("SLW406", f"{P}:4:12", "outside s3://example-models/risk-cards/"),
         told=("(stack dev)", "copy the model to s3://example-models/risk-cards/fraud/")),
    case("prefix of another project", at("s3://example-models/risk-loans/fraud"),
         ("SLW406", f"{P}:4:12", "the only prefix that this project can read")),
    case("foreign bucket on two stacks",
         {**DEV_AND_PROD, P: ENTRY.replace("mlflow://fraud/1", "s3://data-lake/fraud")
                                  .replace("tier: dev", "tier: [staging, production]")},
         ("SLW406", f"{P}:4:12", "(stacks dev and prod)")),
    case("OCI model by tag", {**at("oci://registry.example.com/fraud:v3"), **REGISTRY},
         ("SLW407", f"{P}:4:12", "names no digest")),
    case("OCI model at latest", {**at("oci://registry.example.com/fraud:latest"), **REGISTRY},
         ("SLW407", f"{P}:4:12", "names no digest")),
    case("OCI model in upper case", {**at(f"oci://registry.example.com/Fraud{DIGEST}"), **REGISTRY},
         ("SLW407", f"{P}:4:12", "is not oci://"), told=("in lower case",)),
    case("OCI model of a foreign registry", {**at(f"oci://docker.io/a/fraud{DIGEST}"), **REGISTRY},
         ("SLW518", f"{P}:4:12", "not from docker.io")),
    *(
        case(f"{framework} of {files}", of(framework, files), ("SLW408", f"{P}:4:12", words))
        for framework, files, words in (
            ("sklearn", "final_model.bin", "loads model.joblib, model.pickle or model.pkl"),
            ("xgboost", "model.pkl", "loads model.bst, model.json or model.ubj"),
            ("onnx", "best.onnx", "loads model.onnx"),
            ("tensorflow", "saved_model.pb", "loads model.savedmodel/saved_model.pb"),
            ("triton", "model.onnx", "loads a repository"),
            ("huggingface", "config.json", "loads config.json with *.safetensors"),
            ("huggingface", "model.safetensors", "reads config.json too"),
            ("pytorch", "model.pt", "reads config.pbtxt too"),
            ("mlflow", "model.pkl", "loads MLmodel"),
            ("lightgbm", "model.bst settings.json", "take its ports from settings.json"),
        )
    ),
    case("batching over a config.pbtxt",
         of("onnx", "model.onnx config.pbtxt", "batching: {max_size: 8}"),
         ("SLW408", f"{P}:7:15", "the artifact has one of its own")),
    *(
        case(f"credentials in {scheme}", at(f"{scheme}://key:hunter2@{rest}"),
             ("SLW409", f"{P}:4:12", f"the {scheme}:// address holds a user name or a password"))
        for scheme, rest in (
            ("s3", "example-models/m"), ("https", "example.com/m"), ("mlflow", "fraud/1"),
            ("oci", f"registry.example.com/m{DIGEST}"),
        )
    ),
    case("registered model without a version", at("mlflow://fraud"),
         ("SLW410", f"{P}:4:12", "no fixed version"), told=("write mlflow://fraud/",)),
    case("newest registered model", at("mlflow://fraud/latest"),
         ("SLW410", f"{P}:4:12", "no fixed version")),
    case("registered model with a path", at("mlflow://fraud/1/model"),
         ("SLW410", f"{P}:4:12", "mlflow://name/version")),
)  # fmt: skip

L4 = "resources: {gpu: 1, accelerator: l4}"
TWO = f"{HEAD}  a:\n    model: mlflow://a/1\n    framework: onnx\n    tier: dev\n    {L4}\n"
QUOTAS = (
    case("project beyond its CPU", {P: ENTRY + "quota: {cpu: 1}\n"},
         ("SLW601", f"{P}:7:1", "project cards needs 1.05 CPU, and its quota has 1: 0.05 too much"),
         told=(f"1.05  fraud ({P}:3:3): 1 replica + 1 in a rollout", "1.05  together",
               "team risk has 199 CPU to spare")),
    case("project beyond its memory", {P: ENTRY + "quota: {memory: 2Gi}\n"},
         ("SLW601", f"{P}:7:1", "needs 2176Mi of memory, and its quota has 2048Mi: 128Mi")),
    case("project that allows no GPU", {P: f"{TWO}quota: {{accelerators: {{}}}}\n"},
         ("SLW601", f"{P}:8:1", "needs 2 l4 GPUs, and its quota has 0"),
         told=("no team has that much to spare",)),
    case("team beyond its GPUs",
         {P: f"{TWO}    scaling: {{max: 3}}\n", **quota(TEAM, "{accelerators: {l4: 2}}"),
          **quota("models/checkout/team.yaml", "{accelerators: {l4: 8}}")},
         ("SLW602", f"{TEAM}:4:1", "team risk needs 4 l4 GPUs, and its quota has 2: 2 too much"),
         told=(f"4  a ({P}:3:3): 3 replicas + 1 in a rollout", "4  together",
               "team checkout has 8 l4 GPUs to spare")),
    case("team without that kind of GPU",
         {P: TWO, **quota(TEAM, "{accelerators: {t4: 4}}")},
         ("SLW602", f"{TEAM}:4:1", "needs 2 l4 GPUs, and its quota has 0")),
    case("team that promised it to a project",
         {P: ENTRY + "quota: {cpu: 20}\n", "models/risk/loans.yaml": ENTRY,
          **quota(TEAM, "{cpu: 20}")},
         ("SLW602", f"{TEAM}:4:1", "team risk needs 21.05 CPU"),
         told=(f"20  project cards ({P}:7:1)", "1.05  fraud (models/risk/loans.yaml:3:3)",
               "21.05  together")),
    case("team on one stack of two",
         {**DEV_AND_PROD, P: ENTRY.replace("tier: dev", "tier: [staging, production]"),
          **quota(TEAM, "{cpu: 2}")},
         ("SLW602", f"{TEAM}:4:1", "needs 6.15 CPU, and its quota has 2: 4.15 too much (stack "
          "prod)")),
    case("platform beyond its CPU",
         {**quota(PLATFORM, "{cpu: 1}"), **quota(TEAM, "{}")},
         ("SLW603", f"{PLATFORM}:4:1", "the platform needs 1.05 CPU, and its quota has 1"),
         told=("1.05  team risk", "1.05  together")),
    case("platform without that kind of GPU",
         {P: TWO, **quota(PLATFORM, "{accelerators: {t4: 4}}"), **quota(TEAM, "{}")},
         ("SLW603", f"{PLATFORM}:4:1", "needs 2 l4 GPUs, and its quota has 0")),
    case("teams promised more than there is",
         {**quota(PLATFORM, "{cpu: 100}"), **quota(TEAM, "{cpu: 80}"),
          **quota("models/checkout/team.yaml", "{cpu: 40}")},
         ("SLW604", f"{PLATFORM}:4:1", "the teams are promised 120 CPU, and the platform's quota "
          "has 100 (stack dev)"),
         told=("40  team checkout (models/checkout/team.yaml:4:1)", f"80  team risk ({TEAM}:4:1)",
               "120  together")),
    case("team promised a kind that there is not",
         {**quota(PLATFORM, "{accelerators: {t4: 4}}"), **quota(TEAM, "{accelerators: {l4: 1}}")},
         ("SLW604", f"{PLATFORM}:4:1", "promised 1 l4 GPU, and the platform's quota has 0")),
    case("promised too much on both stacks",
         {**DEV_AND_PROD, **quota(PLATFORM, "{memory: 1Ti}"), **quota(TEAM, "{memory: 2Ti}")},
         ("SLW604", f"{PLATFORM}:4:1", "2048Gi of memory, and the platform's quota has 1024Gi "
          "(stacks dev and prod)")),
)  # fmt: skip

PLACEMENT = (
    case("nine GPUs", onnx("resources: {gpu: 9, accelerator: l4}"),
         ("SLW701", f"{P}:7:16", "no node pool holds one replica (stack dev)"),
         told=("asked of one node", "what one node has for deployments", "gpus 9 > 8",
               "write resources: {gpu: 8, accelerator: l4}, which fits pool gpu-l4")),
    case("more CPU than a node has", at("mlflow://fraud/1", "resources: {cpu: 150}"),
         ("SLW701", f"{P}:7:16", "no node pool"),
         told=("cpu 150.025 > 63.065", "write resources: {cpu: 62.9}, which fits pool cpu")),
    case("more memory than a node has", at("mlflow://fraud/1", "resources: {memory: 1Ti}"),
         ("SLW701", f"{P}:7:16", "no node pool"),
         told=("write resources: {memory: 463Gi}, which fits pool cpu",)),
    case("an accelerator with too little beside it",
         onnx("resources: {gpu: 2, accelerator: t4, memory: 1Ti}"),
         ("SLW701", f"{P}:7:16", "no node pool"), told=("write resources: {accelerator: ",)),
    case("transformer that no node holds beside its model",
         {**at("mlflow://fraud/1", f"transformer: {{image: registry.example.com/part{DIGEST}, "
               "cpu: 100}"), **REGISTRY},
         ("SLW701", f"{P}:3:3", "no node pool holds one replica"),
         told=("lower cpu from 100.525",)),
    case("explainer that no node holds",
         {**at("mlflow://fraud/1", f"explainer: {{image: registry.example.com/part{DIGEST}, "
               "memory: 900Gi}"), **REGISTRY},
         ("SLW701", f"{P}:7:16", "no node pool holds the explainer"),
         told=("lower memory from 900 GiB",)),
    case("misfit on two stacks",
         {**DEV_AND_PROD, P: str(onnx("resources: {gpu: 9, accelerator: l4}")[P])
             .replace("tier: dev", "tier: [staging, production]")},
         ("SLW701", f"{P}:7:16", "(stacks dev and prod)")),
    case("LLM too large for one GPU", vllm("llm: {parameters: 72B}", "resources: {gpu: 1}"),
         ("SLW701", f"{P}:8:16", "no node pool holds one replica"),
         told=("72B parameters x 2 bytes (bf16)", "x 8,192 tokens x 8 requests", "on one GPU",
               "asked of one node", "what one node has for deployments",
               "gpu memory 172.4 GiB > 140 GiB",
               "write resources: {gpu: 4, accelerator: l40s}, which holds the model")),
    case("LLM too large for its kind of GPU",
         vllm("llm: {parameters: 14B}", "resources: {gpu: 1, accelerator: l4}"),
         ("SLW701", f"{P}:8:16", "no node pool holds one replica"),
         told=("suggested: tensor parallel", "write resources: {gpu: 4, accelerator: l4}")),
    case("LLM too large for any node",
         vllm("llm: {parameters: 405B, context: 131072, concurrency: 64}"),
         ("SLW701", f"{P}:3:3", "no node pool holds one replica"),
         told=("no node has that much GPU memory: lower llm.context", "llm.quantization:")),
    case("bfloat16 on a t4",
         vllm("llm: {parameters: 1B}", "resources: {gpu: 4, accelerator: t4}"),
         ("SLW702", f"{P}:7:10", "t4 does not compute in bfloat16"),
         told=("write dtype: float16",)),
    case("bfloat16 on a t4, written out",
         vllm("llm: {parameters: 1B, dtype: bfloat16}", "resources: {gpu: 4, accelerator: t4}"),
         ("SLW702", f"{P}:7:34", "t4 does not compute in bfloat16")),
    case("tensor_parallel beyond the GPUs",
         vllm("llm: {parameters: 7B, tensor_parallel: 4}",
              "resources: {gpu: 1, accelerator: a100-80gb}"),
         ("SLW702", f"{P}:7:44", "tensor_parallel 4 takes 4 GPUs, and a replica has 1")),
    case("heads that do not divide",
         vllm("llm: {parameters: 72B}", "resources: {gpu: 3, accelerator: a100-80gb}"),
         ("SLW702", f"{P}:8:22", "3 GPUs cannot share 64 attention heads"),
         told=("write gpu: 1, 2, 4 or 8",)),
    case("half a shape", vllm("llm: {parameters: 7B, layers: 28}"),
         ("SLW702", f"{P}:7:35", "kv_heads and head_dim are missing")),
    case("a part of a shape", vllm("llm: {parameters: 7B, layers: 28, kv_heads: 4}"),
         ("SLW702", f"{P}:7:35", "head_dim is missing")),
)  # fmt: skip

MEANING: tuple[Case, ...] = (*NAMES, *MODELS, *QUOTAS, *PLACEMENT)
