"""Kyverno's own command line as a judge: what its policies would refuse, offline."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.toolchain import binary


@dataclass(frozen=True, slots=True, order=True)
class Verdict:
    """What one policy says of one object; `result` is pass, fail or error."""

    name: str
    policy: str
    result: str
    message: str


def kyverno(
    policies: Sequence[Mapping[str, Any]],
    objects: Sequence[Mapping[str, Any]],
    namespaces: Mapping[str, Mapping[str, str]],
) -> list[Verdict]:
    """A verdict for each policy on each object that it matches, sorted.

    Objects are told apart by name; `namespaces` are their labels. A policy that cannot be compiled
    raises.
    """
    selectors = [{"name": name, "labels": dict(labels)} for name, labels in namespaces.items()]
    values = {
        "apiVersion": "cli.kyverno.io/v1alpha1",
        "kind": "Value",
        "metadata": {"name": "values"},
        "namespaceSelector": selectors,
    }
    with TemporaryDirectory() as scratch:
        files = {"policies": policies, "objects": objects, "values": [values]}
        for name, documents in files.items():
            text = "\n---\n".join(json.dumps(document) for document in documents)
            (Path(scratch) / f"{name}.yaml").write_text(text, encoding="utf-8")
        command = [
            str(binary("kyverno")), "apply", "policies.yaml", "--resource", "objects.yaml",
            "--values-file", "values.yaml", "--policy-report", "--output-format", "json",
            "--remove-color",
        ]  # fmt: skip
        ran = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    said, start = ran.stdout + ran.stderr, ran.stdout.find("{")
    if start < 0 and (ran.returncode or said.strip()):
        raise RuntimeError(f"kyverno exited with {ran.returncode}: {said}")
    # It prints nothing at all where no policy matches.
    report = json.loads(ran.stdout[start:]) if start >= 0 else {"results": []}
    return sorted(
        Verdict(row["resources"][0]["name"], row["policy"], row["result"], row["message"])
        for row in report["results"]
    )
