"""What people write when they mean a setting: names of Kubernetes, KServe and other platforms."""

import re
from collections.abc import Collection

from catalog.errors import nearest, one_of

NAME_LIMIT = 63
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?", re.ASCII)

Path = tuple[str | int, ...]

_MEANT: dict[str, str] = {
    "scaling.min": "min replicas minreplicas minreplica minscale minimum minreplicacount",
    "scaling.max": "max maxreplicas maxreplica maxscale maximum maxreplicacount",
    "scaling.metric": "metric scalemetric",
    "scaling.target": "target scaletarget targetutilization",
    "scaling.window": "window stablewindow",
    "scaling.schedule": "schedule cron",
    "scaling": "autoscaling hpa keda",
    "resources.cpu": "cpu cpus",
    "resources.memory": "memory mem ram",
    "resources.gpu": "gpu gpus nvidiacomgpu",
    "resources.accelerator": "accelerator gputype gpukind",
    "model": "url uri path storageuri modeluri modelpath artifact location weights",
    "framework": "type modelformat runtime format server flavor",
    "tier": "stage environment",
    "serving": "mode deploymentmode servingmode",
    "protocol": "protocolversion",
    "container.image": "image",
    "container.args": "args command",
    "container.port": "port containerport",
    "limits.requests": "requests ratelimit",
    "access.teams": "teams allow allowedteams",
    "access.clients": "clients users subjects",
    "slo.availability": "availability uptime",
    "slo.latency": "latency p99",
    "lineage.commit": "commit gitcommit sha",
    "lineage.data": "data dataversion dataset",
    "lineage.run": "run runid",
    "llm.parameters": "parameters params",
    "llm.context": "context maxmodellen contextlength",
    "llm.dtype": "dtype",
    "llm.quantization": "quantization",
    "llm.tensor_parallel": "tensorparallel tensorparallelsize",
    "graph.steps": "steps",
    "env": "environmentvariables envvars variables",
    "secrets": "secret envfrom",
}
MEANT = {word: setting for setting, words in _MEANT.items() for word in words.split()}
"""Settings of a deployment by what people call them, as `folded` writes it."""

SYNONYMS = {
    "prod": "production", "live": "production", "stg": "staging", "preprod": "staging",
    "development": "dev", "test": "dev", "scikitlearn": "sklearn", "scikit": "sklearn",
    "torch": "pytorch", "torchscript": "pytorch", "tf": "tensorflow", "keras": "tensorflow",
    "transformers": "huggingface", "hf": "huggingface", "lgbm": "lightgbm", "lgb": "lightgbm",
    "xgb": "xgboost", "llm": "vllm", "serverless": "knative", "rawdeployment": "standard",
    "http": "rest", "concurrent": "concurrency", "qps": "rps", "ram": "memory",
}  # fmt: skip
"""Words that people write for those of the schema."""

LATER = frozenset(
    {
        "rollout", "canary", "canarytrafficpercent", "bluegreen", "ab", "shadow", "mirror",
        "drift", "batch", "predictive", "tokens", "responses", "responsecache",
    }
)  # fmt: skip
"""Settings that version 1 does not have."""


def folded(word: str) -> str:
    """A name without case and punctuation, so that `minReplicas` is `min_replicas`."""
    return "".join(c for c in word.casefold() if c.isalnum())


def inside_deployment(path: Path) -> Path | None:
    """The part of a path below a deployment or one of its tiers; None outside deployments."""
    if len(path) < 2 or path[0] != "deployments":
        return None
    if len(path) >= 4 and path[2] == "tier":
        return path[4:]
    return path[2:]


def unknown_setting(name: str, where: Path, allowed: Collection[str]) -> tuple[str, str, str]:
    """Code, message and remedy for a setting that is not among the `allowed` ones of `where`."""
    message = f"{name!r} is no setting {f'of {where[-1]}' if where else 'of this file'}"
    alike = next((a for a in sorted(allowed) if folded(a) == folded(name)), None)
    if alike is not None:
        return "SLW204", message, f"did you mean {alike!r}?"
    below = inside_deployment(where)
    if below is not None:
        if folded(name) in LATER:
            return "SLW206", f"{name!r} is not in version 1", "remove it"
        meant = MEANT.get(folded(name))
        if meant is not None:
            return _meant(message, name, meant, ".".join(str(part) for part in below), allowed)
    close = nearest(name, allowed)
    if close is not None:
        return "SLW204", message, f"did you mean {close!r}?"
    return "SLW204", message, f"settings here are {one_of(sorted(allowed))}"


def _meant(
    message: str, name: str, meant: str, below: str, allowed: Collection[str]
) -> tuple[str, str, str]:
    head, _, last = meant.rpartition(".")
    if head == below and last in allowed:
        return "SLW204", message, f"did you mean {last!r}?"
    if not head:
        return "SLW204", message, f"did you mean {meant!r}?"
    code = "SLW205" if last == name else "SLW204"
    return code, f"{message}, but of {head}", f"write it as {last} below {head}: ({meant})"


def name_fault(text: str) -> str | None:
    """Why a text is no name (an RFC 1035 label), or None when it is one."""
    if _NAME.fullmatch(text) and len(text) <= NAME_LIMIT:
        return None
    if len(text) > NAME_LIMIT:
        return f"has {len(text)} characters, of at most {NAME_LIMIT}"
    if not text:
        return "is empty"
    if text.casefold() != text and text.isascii():
        return "has upper-case letters"
    if not ("a" <= text[0] <= "z"):
        return f"begins with {text[0]!r}, not with a letter from a to z"
    if text.endswith("-"):
        return "ends with a hyphen"
    bad = next(c for c in text if not re.fullmatch("[-a-z0-9]", c))
    return f"has the character {bad!r} (U+{ord(bad):04X})"


def name_like(text: str) -> str:
    """The nearest name, for a remedy."""
    dashed = re.sub(r"[^a-z0-9]+", "-", text.casefold(), flags=re.ASCII)
    return re.sub(r"^[^a-z]+", "", dashed)[:NAME_LIMIT].rstrip("-") or "my-model"
