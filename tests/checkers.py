"""The off-the-shelf judges of what is rendered, as functions; `tools/` builds them.

A verdict on the object is returned; a judge that could not do its work raises.
"""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.toolchain import binary, schema_location


@dataclass(frozen=True, slots=True)
class PodFailure:
    """One check of the Pod Security Standards that a pod does not pass."""

    level: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class PodVerdict:
    """`level` is the strictest that the pod passes: restricted, baseline or privileged."""

    name: str
    level: str
    failures: tuple[PodFailure, ...]


def kubeconform(objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the strict schemas find wrong, as `kind/name /path: problem`, sorted.

    A kind without a schema is a problem, and never skipped.
    """
    # YAML has no surrogate pairs, which is how JSON would escape what is beyond the basic plane.
    documents = [json.dumps(item, ensure_ascii=False) for item in objects]
    if not documents:
        return []
    command = [binary("kubeconform"), "-strict", "-n", "2", "-output", "json", "-verbose"]
    ran = _run([*command, "-schema-location", schema_location()], "\n---\n".join(documents))
    rows: list[dict[str, str]] = json.loads(ran.stdout)["resources"] if ran.stdout else []
    if len(rows) != len(documents):
        raise RuntimeError(f"kubeconform judged {len(rows)} of {len(documents)}: {ran.stderr}")
    bad = [row for row in rows if row["status"] != "statusValid"]
    return sorted(
        f"{row['kind']}/{row['name']} {problem}" for row in bad for problem in _leaves(row["msg"])
    )


def _leaves(message: str) -> list[str]:
    """The places in kubeconform's one-line tree of errors, without the branches above them."""
    found = [part.replace("': ", ": ", 1).strip() for part in message.split("- at '")[1:]]
    leaves = [part for part in found if not part.endswith("failed")]
    return leaves or [message]


def pod_security(pods: Sequence[Mapping[str, Any]]) -> list[PodVerdict]:
    """A verdict for each pod, in order, by the API server's own library for Kubernetes 1.34."""
    ran = _run([binary("podsecurity")], json.dumps(pods))
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return [
        PodVerdict(row["name"], row["level"], tuple(PodFailure(**item) for item in row["failures"]))
        for row in json.loads(ran.stdout)
    ]


def promtool_check_rules(spec: Mapping[str, Any]) -> list[str]:
    """What promtool finds wrong in the spec of a PrometheusRule, duplicate rules among it."""
    ran = _run([binary("promtool"), "check", "rules", "--lint-fatal"], json.dumps(spec))
    if not ran.returncode:
        return []
    lines = (ran.stdout + ran.stderr).splitlines()
    return [line.strip() for line in lines if line.strip()]


def _run(command: Sequence[object], text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], input=text, capture_output=True, text=True, check=False
    )
