"""The EKS cluster: who reaches its API, what it logs, and what tells it of interruptions."""

from collections.abc import Iterator
from typing import Final

from catalog.setting_types import KUBERNETES
from policies.rules.reading import at, fields, text, texts, true
from policies.rules.rule import About, Scene, Severity, Stack, Subject, rule, stack_rule

CLUSTER: Final = "aws:eks/cluster:Cluster"
LOGS: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")


@rule(
    About(
        id="eks-logs",
        title="The control plane keeps all its logs",
        severity=Severity.HIGH,
        why="Who did what in the cluster is in the audit log, and nowhere else.",
        remedy=f"Set enabledClusterLogTypes: {', '.join(LOGS)}.",
        sources=("CKV_AWS_37", "CIS-2.1.1", "C-0067"),
    ),
    CLUSTER,
)
def logs(subject: Subject, _scene: Scene) -> Iterator[str]:
    missing = [name for name in LOGS if name not in texts(subject.props, "enabledClusterLogTypes")]
    if missing:
        yield f"does not log {', '.join(missing)}"


@rule(
    About(
        id="eks-endpoint",
        title="The cluster's API is private, or open to named networks",
        severity=Severity.CRITICAL,
        why="Open to the internet, one flaw in authentication is the whole cluster; without the "
        "private endpoint nodes talk to it by way of the internet.",
        remedy="Set endpointPrivateAccess: true and name networks in foundation.api_access.",
        sources=("CKV_AWS_38", "CIS-5.4.1", "eks/private-endpoint"),
    ),
    CLUSTER,
)
def endpoint(subject: Subject, _scene: Scene) -> Iterator[str]:
    vpc = fields(subject.props, "vpcConfig")
    if not true(vpc, "endpointPrivateAccess"):
        yield "has no private endpoint"
    # AWS opens the public endpoint, and that to everyone, unless it is told otherwise.
    if at(vpc, "endpointPublicAccess") is not False:
        cidrs = texts(vpc, "publicAccessCidrs") or ["0.0.0.0/0"]
        if any(cidr.endswith("/0") for cidr in cidrs):
            yield "its public endpoint is open to every address"


@rule(
    About(
        id="eks-endpoint-public",
        title="The cluster's API cannot be reached from the internet at all",
        severity=Severity.LOW,
        why="Named networks still share the internet's way in.",
        remedy="Leave slipway:foundation.api_access empty and come through the VPC.",
        sources=("CKV_AWS_39", "CIS-5.4.2"),
        mandatory=False,
    ),
    CLUSTER,
)
def endpoint_public(subject: Subject, _scene: Scene) -> Iterator[str]:
    if at(subject.props, "vpcConfig", "endpointPublicAccess") is not False:
        yield "has a public endpoint"


@rule(
    About(
        id="eks-secrets-encrypted",
        title="Kubernetes Secrets are encrypted with a key of ours",
        severity=Severity.HIGH,
        why="A copy of etcd without the key is worthless, and every use of the key is logged.",
        remedy='Set encryptionConfig with resources ["secrets"] and the KMS key.',
        sources=("CKV_AWS_58", "CIS-5.3.1", "C-0066"),
    ),
    CLUSTER,
)
def secrets_encrypted(subject: Subject, _scene: Scene) -> Iterator[str]:
    found = fields(subject.props, "encryptionConfig")
    if "secrets" not in texts(found, "resources") or at(found, "provider", "keyArn") in (None, ""):
        yield "keeps Secrets without a key of ours"


@rule(
    About(
        id="eks-access-entries",
        title="AWS alone says who may enter the cluster",
        severity=Severity.HIGH,
        why="The ConfigMap aws-auth is changed by whoever may write in kube-system.",
        remedy="Set accessConfig.authenticationMode: API.",
        sources=("CIS-4.1.7", "CIS-5.5.1"),
    ),
    CLUSTER,
)
def access_entries(subject: Subject, _scene: Scene) -> Iterator[str]:
    # That pulumi-eks makes the creator an administrator is no matter: in this mode that is an
    # access entry like any other.
    mode = text(fields(subject.props, "accessConfig"), "authenticationMode")
    if mode != "API":
        yield f"its authentication mode is {mode or 'not set'}"


@rule(
    About(
        id="eks-version",
        title="The cluster runs a Kubernetes that every part supports",
        severity=Severity.MEDIUM,
        why="Beyond standard support AWS charges six times as much, then upgrades by itself.",
        remedy=f"Set slipway:foundation.kubernetes to {' or '.join(KUBERNETES)}.",
        sources=("CKV_AWS_339",),
    ),
    CLUSTER,
)
def version(subject: Subject, _scene: Scene) -> Iterator[str]:
    if text(subject.props, "version") not in KUBERNETES:
        yield f"runs Kubernetes {text(subject.props, 'version') or 'of no named version'}"


@stack_rule(
    About(
        id="node-pool-interruption",
        title="Karpenter hears of interruptions",
        severity=Severity.MEDIUM,
        why="AWS warns two minutes before it takes a spot node back; only a queue carries that.",
        remedy="Register the SQS queue with rules for spot interruption and rebalancing.",
        sources=("eks/karpenter-interruption-queue",),
    ),
    CLUSTER, "aws:sqs/queue:Queue", "aws:cloudwatch/eventTarget:EventTarget",
)  # fmt: skip
def interruption(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    queues = stack.all("aws:sqs/queue:Queue")
    targets = stack.all("aws:cloudwatch/eventTarget:EventTarget")
    for cluster in stack.all(CLUSTER):
        if not queues or not targets:
            yield cluster, "has no queue that hears of interruptions"


RULES = (
    access_entries,
    endpoint,
    endpoint_public,
    interruption,
    logs,
    secrets_encrypted,
    version,
)
