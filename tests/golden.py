"""A few entries with everything that they become, to be read in a review.

`python -m tests.golden` (or `make golden`) renews `tests/golden/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.environment import Environment
from catalog.manifests import as_yaml, in_order
from catalog.objects import Object
from catalog.render.platform import platform_objects
from tests.fleets import DEV, IMAGE, NAMESPACE, PROD, BuiltFleet, build_fleet, sklearn
from tests.reading import endpoint_of
from tests.yaml_dump import dump

FOLDER = Path(__file__).parent / "golden"
SHARED = f"s3://{PROD.bucket}/{NAMESPACE}"


@dataclass(frozen=True, slots=True)
class Case:
    """Deployments on a stack. With `whole`, all of the namespace is shown."""

    env: Environment
    deployments: Mapping[str, Any]
    whole: bool = False


CASES: Mapping[str, Case] = {
    "minimal": Case(DEV, {"fraud-detector": sklearn()}, whole=True),
    "production": Case(
        PROD,
        {
            "credit-score": {
                "model": f"{SHARED}/credit-score/v3",
                "framework": "xgboost",
                "tier": "production",
                "scaling": {"min": 2, "max": 8, "metric": "rps", "target": 40},
                "batching": {"max_size": 32},
                "access": {"clients": ["svc-checkout"]},
                "limits": {"requests": 600},
                "slo": {"availability": 99.9, "latency": "250ms"},
                "env": {"LOG_LEVEL": "info"},
                "secrets": {"FEATURE_STORE_TOKEN": "feature-store/token"},
                "lineage": {"commit": "9f2c1ab", "data": "dvc:2026-10-01"},
                "labels": {"use-case": "credit"},
                "description": "Scores credit applications",
            }
        },
    ),
    "schedule": Case(
        DEV,
        {
            "forecast": sklearn(
                serving="standard",
                protocol="both",
                logging={"payload": "all"},
                scaling={
                    "min": 1,
                    "max": 6,
                    "window": "2m",
                    "schedule": [
                        {
                            "start": "0 8 * * 1-5",
                            "end": "0 18 * * 1-5",
                            "timezone": "Europe/Berlin",
                            "replicas": 4,
                        }
                    ],
                },
            )
        },
    ),
    "gpu-grpc": Case(
        PROD,
        {
            "ranker": {
                "model": f"{SHARED}/ranker/v1",
                "framework": "onnx",
                "tier": "production",
                "protocol": "grpc",
                "resources": {"gpu": 1, "cpu": 4, "memory": "12Gi"},
                "batching": {"max_size": 64, "max_delay": "3ms"},
                "cache": {"weights": {"size": "2Gi"}},
            }
        },
    ),
    "llm-asleep": Case(
        DEV,
        {
            "assistant": {
                "model": "hf://Qwen/Qwen2.5-7B-Instruct@a09a3545",
                "framework": "vllm",
                "tier": "staging",
                "llm": {"parameters": "7B", "context": 8192, "concurrency": 4},
                "scaling": {"min": 0, "max": 1},
                "secrets": {"HF_TOKEN": "huggingface/token"},
                "timeout": "15m",
            }
        },
    ),
    "llm-awake": Case(
        PROD,
        {
            "assistant": {
                "model": "hf://Qwen/Qwen2.5-14B-Instruct@cf98f3b3",
                "framework": "vllm",
                "tier": "production",
                "llm": {"parameters": "14B", "concurrency": 16},
                "scaling": {"min": 2, "max": 4},
            }
        },
    ),
    "graph": Case(
        DEV,
        {
            "embed": sklearn(framework="onnx", model="./artifacts/onnx"),
            "score": sklearn(),
            "pipeline": {
                "tier": "staging",
                "graph": {
                    "type": "sequence",
                    "steps": [
                        {"deployment": "embed"},
                        {"deployment": "score", "data": "response"},
                    ],
                },
            },
        },
    ),
    "transformer": Case(
        DEV,
        {
            "reviews": {
                "model": "./artifacts/huggingface",
                "framework": "huggingface",
                "tier": "dev",
                "transformer": {"image": IMAGE, "env": {"LANGUAGE": "en"}},
                "examples": [
                    {"name": "happy", "request": {"inputs": []}, "expect": {"outputs": []}}
                ],
            }
        },
    ),
    "explainer": Case(
        DEV,
        {
            "churn": {
                "framework": "custom",
                "tier": "dev",
                "container": {"image": IMAGE, "args": ["--workers=1"], "port": 8500},
                "model": "./artifacts/custom",
                "explainer": {"image": IMAGE, "max": 2},
            }
        },
    ),
}


def built(case: Case) -> BuiltFleet:
    """The case as it becomes; it has no problem."""
    fleet = build_fleet(case.deployments, case.env)
    assert not fleet.problems, fleet.problems
    return fleet


def objects_of(case: Case) -> list[Object]:
    """What the golden file of a case shows."""
    return [o for o in in_order(built(case).objects) if case.whole or endpoint_of(o)]


def texts() -> dict[str, str]:
    """The golden files by name: the entries as comments, then their objects."""
    found = {"platform.yaml": as_yaml(platform_objects(DEV))}
    for name, case in CASES.items():
        entry = dump({"deployments": dict(case.deployments)})
        comment = "".join(
            f"# {line}\n" for line in [f"stack {case.env.stack}", *entry.splitlines()]
        )
        found[f"{name}.yaml"] = comment + as_yaml(objects_of(case))
    return dict(sorted(found.items()))


def write() -> None:
    """Renews the folder."""
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("*.yaml"):
        stale.unlink()
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
