"""The model's address: well formed, fixed, the project's own, and holding what its server loads."""

import re
from collections.abc import Iterable, Iterator

from catalog.checks.base import Surroundings, problem
from catalog.checks.safety import registry_refused
from catalog.environment import Environment
from catalog.errors import Problem
from catalog.model_uri import Address, Refused
from catalog.resolve import Draft
from catalog.sizing import NO_FRAMEWORK

TRITON_CONFIG = "config.pbtxt"


def model_is_there(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """The model's address is well formed, fixed, the project's own, and holds something."""
    e, address = draft.endpoint, draft.address
    if isinstance(address, Refused):
        yield problem(draft, address.code, ("model",), address.message, address.remedy)
        return
    if e.kind == "graph":
        if address is not None:
            yield problem(
                draft,
                "SLW511",
                ("model",),
                "a graph has no model of its own",
                "remove model:, or graph:",
            )
    elif address is not None:
        yield from _address_allowed(draft, address, around)
    elif e.framework != "custom":
        yield problem(
            draft,
            "SLW401",
            ("model",),
            f"framework {e.framework} loads a model, and none is named"
            if e.framework != NO_FRAMEWORK
            else "a deployment needs a model, or a graph",
            "add model: with a ./path, or an s3://, hf://, oci://, mlflow:// or pvc:// address",
        )


def _address_allowed(draft: Draft, address: Address, around: Surroundings) -> Iterator[Problem]:
    e = draft.endpoint
    own = f"{around.env.bucket}/{e.namespace}/"
    if address.scheme == "s3" and not _is_own(address, e.namespace, around.env):
        yield problem(
            draft,
            "SLW406",
            ("model",),
            f"{address.uri} is outside s3://{own}, the only prefix that this project can read",
            f"copy the model to s3://{own}{e.name}/ and name it here; each tier may name its own",
            stack=around.env.stack,
        )
    if address.scheme == "mlflow" and e.kind == "llm":
        yield problem(
            draft,
            "SLW402",
            ("model",),
            "an LLM that never sleeps is an LLMInferenceService, which cannot read mlflow://",
            "name its weights at s3://, hf:// or oci://, or let it sleep with scaling: {min: 0}",
        )
    if address.scheme == "oci" and address.path not in around.platform.registries:
        yield registry_refused(draft, ("model",), address.path, around)
    if address.scheme == "file" and draft.artifact is None:
        yield problem(
            draft,
            "SLW403",
            ("model",),
            f"nothing is at {draft.endpoint.place.file.rsplit('/', 1)[0]}/{address.path}",
            "commit the artifact there, or correct the path, which begins beside this file",
        )
    if draft.artifact is not None:
        yield from _artifact_loads(draft)


def _is_own(address: Address, namespace: str, env: Environment) -> bool:
    """On one's own machine every bucket is the local one, so only the prefix counts."""
    bucket, _, key = address.path.partition("/")
    return f"{key}/".startswith(f"{namespace}/") and (
        bucket == env.bucket or env.cluster == "local"
    )


def _artifact_loads(draft: Draft) -> Iterator[Problem]:
    """The server finds its files there, and none that would keep it from ever being ready."""
    artifact, runtime = draft.artifact, draft.runtime
    if artifact is None or runtime is None:
        return
    shown = ", ".join(artifact.files[:5]) + (" …" if len(artifact.files) > 5 else "")
    if runtime.model_files and not _any_of(artifact.files, runtime.model_files):
        yield problem(
            draft,
            "SLW408",
            ("model",),
            f"the {draft.endpoint.framework} server loads {runtime.model_files_text}, and the "
            f"artifact has {shown}",
            "save the model under a name that the server loads",
        )
    for pattern in runtime.required_files:
        if not _any_of(artifact.files, (pattern,)):
            name = pattern.replace("\\", "")
            yield problem(
                draft,
                "SLW408",
                ("model",),
                f"the {draft.endpoint.framework} server reads {name} too, and there is {shown}",
                f"add {name} to the artifact",
            )
    arranged = draft.endpoint.batching is not None and runtime.image.startswith("triton")
    if arranged and TRITON_CONFIG in artifact.files:
        yield problem(
            draft,
            "SLW408",
            ("batching",),
            f"batching becomes a {TRITON_CONFIG}, and the artifact has one of its own",
            f"remove batching:, or {TRITON_CONFIG} from the artifact",
        )
    for name in artifact.files:
        if _any_of((name,), runtime.refused_files):
            yield problem(
                draft,
                "SLW408",
                ("model",),
                f"the server would take its ports from {name} and never be ready",
                f"remove {name} from the artifact",
            )


def _any_of(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in patterns for name in names)
