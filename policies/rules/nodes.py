"""Nodes: how one is born, what it reads, and how many there may be."""

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from catalog.node_pools import GPU_RESOURCE
from catalog.secret_shapes import known_secret
from policies.rules.reading import Fields, at, fields, items, objects, text, true, whole
from policies.rules.rule import About, Scene, Severity, Subject, rule

TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE: Final = "aws:ec2/instance:Instance"
NODE_CLASS: Final = "karpenter.k8s.aws/EC2NodeClass"
NODE_POOL: Final = "karpenter.sh/NodePool"


def _interfaces(props: Fields) -> list[Fields]:
    return [props, *objects(props, "networkInterfaces")]


@rule(
    About(
        id="node-metadata",
        title="Only the node itself reads its instance metadata",
        severity=Severity.CRITICAL,
        why="With version 1, or a second hop, a request forged by a pod reads the node's "
        "credentials.",
        remedy="Set httpTokens: required and httpPutResponseHopLimit: 1.",
        sources=("CKV_AWS_79", "CKV_AWS_341", "eks/imdsv2-hop-1"),
    ),
    TEMPLATE, INSTANCE, NODE_CLASS,
)  # fmt: skip
def metadata(subject: Subject, _scene: Scene) -> Iterator[str]:
    path = ("spec",) if subject.kind == NODE_CLASS else ()
    options = fields(subject.props, *path, "metadataOptions")
    if text(options, "httpTokens") != "required":
        yield "answers requests of version 1"
    if whole(options, "httpPutResponseHopLimit") not in (None, 1):
        yield f"answers over {whole(options, 'httpPutResponseHopLimit')} hops"


@rule(
    About(
        id="node-private",
        title="No node has a public address, nor a door of its own",
        severity=Severity.HIGH,
        why="Nodes are reached through the load balancer and Systems Manager alone.",
        remedy="Take associatePublicIpAddress and remoteAccess out.",
        sources=("CKV_AWS_88", "CKV_AWS_100", "CIS-5.4.3"),
    ),
    TEMPLATE, INSTANCE, "aws:eks/nodeGroup:NodeGroup", NODE_CLASS,
)  # fmt: skip
def node_private(subject: Subject, _scene: Scene) -> Iterator[str]:
    props = fields(subject.props, "spec") if subject.kind == NODE_CLASS else subject.props
    if any(true(one, "associatePublicIpAddress") for one in _interfaces(props)):
        yield "takes a public address"
    if at(props, "associatePublicIPAddress") is True:
        yield "takes a public address"
    remote = fields(props, "remoteAccess")
    if text(remote, "ec2SshKey") and not items(remote, "sourceSecurityGroupIds"):
        yield "opens SSH to every address"


@rule(
    About(
        id="node-user-data",
        title="No secret stands in user data",
        severity=Severity.CRITICAL,
        why="Whoever may describe instances reads it, and so does every pod of a node.",
        remedy="Fetch the secret by the node's role, when it is needed.",
        sources=("CKV_AWS_46", "C-0012"),
    ),
    TEMPLATE, INSTANCE, NODE_CLASS,
)  # fmt: skip
def user_data(subject: Subject, _scene: Scene) -> Iterator[str]:
    path = ("spec",) if subject.kind == NODE_CLASS else ()
    for field in ("userData", "userDataBase64"):
        said = text(subject.props, *path, field)
        try:
            plain = base64.b64decode(said, validate=True).decode()
        except (binascii.Error, ValueError):
            plain = said
        what = known_secret(plain)
        if what:
            yield f"has {what} in {field}"


@rule(
    About(
        id="node-disks-encrypted",
        title="A node's disks are encrypted",
        severity=Severity.HIGH,
        why="Weights, images and what models write lie on them.",
        remedy="Set ebs.encrypted: true for every device.",
        sources=("CKV_AWS_3", "eks/imdsv2-hop-1"),
    ),
    TEMPLATE, NODE_CLASS,
)  # fmt: skip
def disks_encrypted(subject: Subject, _scene: Scene) -> Iterator[str]:
    path = ("spec",) if subject.kind == NODE_CLASS else ()
    for device in objects(subject.props, *path, "blockDeviceMappings"):
        if fields(device, "ebs") and not true(device, "ebs", "encrypted"):
            yield f"does not encrypt {text(device, 'deviceName')}"


@rule(
    About(
        id="node-image-pinned",
        title="Karpenter launches a named image",
        severity=Severity.HIGH,
        why="With latest every node that is replaced may be the first of a new image, in prod "
        "before dev.",
        remedy="Name the version: alias bottlerocket@v<version>.",
        sources=("eks/karpenter-pinned-images",),
    ),
    NODE_CLASS,
)
def image_pinned(subject: Subject, _scene: Scene) -> Iterator[str]:
    terms = objects(subject.props, "spec", "amiSelectorTerms")
    if not terms:
        yield "names no image"
    for term in terms:
        alias = text(term, "alias")
        if alias.endswith("@latest") or not (alias or text(term, "id")):
            yield f"launches {alias or 'whatever matches'}"


@rule(
    About(
        id="node-pool-bounded",
        title="A node pool has limits, an age, and a pace",
        severity=Severity.HIGH,
        why="Without limits a mistake buys nodes without end; without an age nodes outlive their "
        "patches; without a budget all are replaced at once.",
        remedy="Set limits, template.spec.expireAfter and disruption.budgets.",
        sources=("eks/karpenter-limits", "eks/karpenter-expiry"),
    ),
    NODE_POOL,
)
def pool_bounded(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    if not fields(spec, "limits"):
        yield "has no limits"
    if text(spec, "template", "spec", "expireAfter") in ("", "Never"):
        yield "its nodes never expire"
    if not items(spec, "disruption", "budgets"):
        yield "has no disruption budget"


@rule(
    About(
        id="node-pool-exclusive",
        title="A GPU pool repels what asks for no GPU",
        severity=Severity.HIGH,
        why="Otherwise a web server keeps an H100 awake.",
        remedy=f"Taint it {GPU_RESOURCE}, and give pools different weights.",
        sources=(
            "eks/dedicated-nodes", "eks/karpenter-exclusive-or-weighted",
            "kyverno/check-nvidia-gpu",
        ),
    ),
    NODE_POOL,
)  # fmt: skip
def pool_exclusive(subject: Subject, _scene: Scene) -> Iterator[str]:
    template = fields(subject.props, "spec", "template")
    gpu = text(template, "metadata", "labels", "slipway.dev/accelerator")
    taints = [text(taint, "key") for taint in objects(template, "spec", "taints")]
    if gpu and GPU_RESOURCE not in taints:
        yield f"has {gpu} and no taint {GPU_RESOURCE}"


RULES = (
    disks_encrypted,
    image_pinned,
    metadata,
    node_private,
    pool_bounded,
    pool_exclusive,
    user_data,
)
