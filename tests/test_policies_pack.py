"""The CrossGuard pack says what the judge says, for inputs as the engine sends them."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.pack import ROOT, plain, policies, said
from policies.registry import RULES, judge
from policies.rules.rule import StackRule
from tests.policies.case import changed
from tests.policies.world import SCENE, world

WORLD = world()
PACK = ROOT / "policies"
NOWHERE = "127.0.0.1:0"


def test_the_pack_has_a_policy_for_each_kind_and_level() -> None:
    names = [(policy.name, policy.enforcement_level) for policy in policies()]
    assert [(name, level.value) for name, level in names if level] == [
        ("resources-must", "mandatory"),
        ("stack-must", "mandatory"),
        ("resources-should", "advisory"),
        ("stack-should", "advisory"),
    ]


def test_every_level_and_kind_is_used() -> None:
    kinds = {(isinstance(rule, StackRule), rule.about.mandatory) for rule in RULES}
    assert len(kinds) == 4


STARTED = {
    "as-a-plugin": (str(PACK), NOWHERE),
    "by-the-old-script": ("-u", "-m", "pulumi.policy", NOWHERE, str(PACK)),
}


@pytest.fixture(scope="module", params=list(STARTED.values()), ids=list(STARTED))
def analyzer(request: pytest.FixtureRequest) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack as language hosts start it, and as `pulumi-analyzer-policy-python` did."""
    process = subprocess.Popen([sys.executable, *request.param], cwd=PACK, stdout=subprocess.PIPE)
    impatient = threading.Timer(60, process.kill)
    impatient.start()
    try:
        assert process.stdout is not None
        port = process.stdout.readline().decode().strip()
        assert port, "the pack does not tell its port"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        impatient.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:prod::slipway::{kind}::{name}"


def struct(props: dict[str, Any]) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.update(json.loads(json.dumps(props)))
    return found


def analyze(stub: analyzer_pb2_grpc.AnalyzerStub, key: str, **props: Any) -> list[str]:
    one = WORLD[key]
    request = analyzer_pb2.AnalyzeRequest(
        type=one.type,
        properties=struct({**one.props, **props}),
        urn=urn(one.type, one.name),
        name=one.name,
        options=analyzer_pb2.AnalyzerResourceOptions(protect=one.protect),
    )
    # The first line of a message is the policy's description.
    return [
        f"{d.policyName} {d.message.partition(chr(10))[2]}"
        for d in stub.Analyze(request).diagnostics
    ]


def test_it_names_itself(analyzer: analyzer_pb2_grpc.AnalyzerStub) -> None:
    assert analyzer.GetAnalyzerInfo(empty_pb2.Empty()).name == "slipway"


def test_it_finds_what_the_judge_finds(analyzer: analyzer_pb2_grpc.AnalyzerStub) -> None:
    props = {"enabledClusterLogTypes": ["api"]}
    broken = changed(WORLD["cluster"], "enabledClusterLogTypes", ["api"])
    wanted = [f for f in judge([broken], SCENE) if f.rule == "eks-logs"]
    assert analyze(analyzer, "cluster", **props) == [f"resources-must {said(f)}" for f in wanted]
    assert analyze(analyzer, "cluster") == []


def test_an_object_and_its_pods_are_judged(analyzer: analyzer_pb2_grpc.AnalyzerStub) -> None:
    spec = {**WORLD["Pod plain"].props["spec"], "hostNetwork": True}
    (found,) = analyze(analyzer, "Pod plain", spec=spec)
    assert found.startswith("resources-must pod-host-namespaces: Pod risk-scoring/plain sets host")


def test_production_is_told_by_the_stack_of_the_urn(
    analyzer: analyzer_pb2_grpc.AnalyzerStub,
) -> None:
    one = WORLD["database"]
    for stack, count in (("prod", 1), ("dev", 0), ("unheard-of", 1)):
        request = analyzer_pb2.AnalyzeRequest(
            type=one.type,
            properties=struct({**one.props, "multiAz": False}),
            urn=urn(one.type, one.name).replace("prod", stack),
            name=one.name,
            options=analyzer_pb2.AnalyzerResourceOptions(protect=True),
        )
        assert len(analyzer.Analyze(request).diagnostics) == count, stack


def test_an_unknown_value_is_no_finding(analyzer: analyzer_pb2_grpc.AnalyzerStub) -> None:
    assert analyze(analyzer, "cluster", version=UNKNOWN_STRING_VALUE) == []
    assert analyze(analyzer, "policy", policy=UNKNOWN_STRING_VALUE) == []


def test_a_stack_is_judged_together(analyzer: analyzer_pb2_grpc.AnalyzerStub) -> None:
    resources = [
        analyzer_pb2.AnalyzerResource(
            type=one.type,
            properties=struct(dict(one.props)),
            urn=urn(one.type, one.name),
            name=one.name,
            options=analyzer_pb2.AnalyzerResourceOptions(protect=one.protect),
        )
        for key, one in WORLD.items()
        if key != "block"
    ]
    found = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources))
    bucket = WORLD["bucket"]
    assert [(d.policyName, d.urn) for d in found.diagnostics] == [
        ("stack-must", urn(bucket.type, bucket.name))
    ]
    assert "\nbucket-closed: Bucket bucket has no public" in found.diagnostics[0].message


def test_properties_become_plain_json_with_whole_numbers() -> None:
    assert plain({"source": object(), "list": [1.0, 0.5]}) == {"source": None, "list": [1, 0.5]}


def test_the_pack_runs_in_the_checkout_s_own_environment() -> None:
    text = (PACK / "PulumiPolicy.yaml").read_text(encoding="utf-8")
    assert "virtualenv: ../.venv" in text
    assert Path(PACK / "__main__.py").is_file()
