"""Everything of one project: its namespace, its models, and what they are read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.artifact import Upload
from catalog.fleet import Built
from catalog.objects import Object
from catalog.render.common import PREFIX, SERVICE_ACCOUNT
from components.objects import object_name, register

TYPE: Final = "slipway:kubernetes:Tenant"

_WORKLOADS: Final = frozenset({"InferenceGraph", "InferenceService", "LLMInferenceService"})
_BEFORE_WORKLOADS: Final = frozenset({"ConfigMap", "ExternalSecret", "LocalModelNamespaceCache"})
"""Kinds of an endpoint that its pods read; the others of an endpoint look at its workload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactStore:
    """Where models of the repository go, and the role by which every tenant reads its own."""

    bucket: str
    key_arn: pulumi.Input[str]
    cluster: pulumi.Input[str]
    role_arn: pulumi.Input[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantArgs:
    """A project as the core built it.

    `uploads` are the files of its endpoints by name, below `root`; without a `store`, on a cluster
    that is not in AWS, nothing is uploaded and no identity bound.
    """

    built: Built
    root: Path
    uploads: Mapping[str, tuple[Upload, ...]] = field(default_factory=dict[str, tuple[Upload, ...]])
    store: ArtifactStore | None = None


class Tenant(pulumi.ComponentResource):
    """The objects of the core, in an order that is safe both ways.

    Namespace; walls and identity; the ServiceAccount `models`, without which Kubernetes admits no
    pod of theirs; the workloads with their artifacts; the door to them. Everything is a child of
    the namespace, which costs no dependency, and a URN never says what kind an endpoint is, so
    that its route outlives a change from one to another.
    """

    namespace: str
    urls: Mapping[str, str]

    def __init__(
        self, name: str, args: TenantArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name, self._args = name, args
        tenant = args.built.tenant
        self.namespace = tenant.namespace
        self.urls = {each.name: each.url for each in tenant.endpoints}
        stages = staged(args.built.objects)
        self._namespace = register(
            object_name(stages.namespace), stages.namespace, pulumi.ResourceOptions(parent=self)
        )
        before = [self._object(obj) for obj in stages.walls]
        if args.store is not None:
            before.append(self._create_identity(args.store))
        gate = self._object(stages.gate, *before)
        workloads = {
            endpoint_of(obj): self._object(obj, gate, *self._create_artifacts(endpoint_of(obj)))
            for obj in stages.workloads
        }
        self._create_doors(stages.doors, workloads)
        self.register_outputs({"namespace": self.namespace, "urls": self.urls})

    def _object(self, obj: Object, *after: pulumi.Resource) -> pulumi.Resource:
        opts = pulumi.ResourceOptions(parent=self._namespace, depends_on=list(after))
        return register(object_name(obj), obj, opts)

    def _create_identity(self, store: ArtifactStore) -> pulumi.Resource:
        return aws.eks.PodIdentityAssociation(
            f"{self._name}-identity",
            cluster_name=store.cluster,
            namespace=self.namespace,
            service_account=SERVICE_ACCOUNT,
            role_arn=store.role_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_artifacts(self, endpoint: str) -> list[pulumi.Resource]:
        """The files of an endpoint's model, which stay in the bucket when another takes its place.

        `up` cannot know when the last replica of the old revision is gone, nor whether someone
        goes back to it, so objects are never deleted with their resource. A key is below the
        digest of its artifact, so what stays is never in the way.
        """
        store = self._args.store
        if store is None:
            return []
        return [
            aws.s3.BucketObjectv2(
                upload.key,
                bucket=store.bucket,
                key=upload.key,
                source=pulumi.FileAsset(str(self._args.root / upload.path)),
                server_side_encryption="aws:kms",
                kms_key_id=store.key_arn,
                bucket_key_enabled=True,
                checksum_algorithm="SHA256",
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )
            for upload in self._args.uploads.get(endpoint, ())
        ]

    def _create_doors(
        self, doors: Sequence[Object], workloads: Mapping[str, pulumi.Resource]
    ) -> None:
        # Who may call is there before the way in, and goes after it.
        guards: dict[str, pulumi.Resource] = {}
        for obj in sorted(doors, key=lambda each: each["kind"] == "HTTPRoute"):
            endpoint = endpoint_of(obj)
            if obj["kind"] == "HTTPRoute":
                self._object(obj, guards.get(endpoint, workloads[endpoint]))
            else:
                made = self._object(obj, workloads[endpoint])
                if obj["kind"] == "SecurityPolicy":
                    guards[endpoint] = made


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """A tenant's objects by when they are made."""

    namespace: Object
    walls: tuple[Object, ...]
    gate: Object
    workloads: tuple[Object, ...]
    doors: tuple[Object, ...]


def endpoint_of(obj: Object) -> str:
    """The endpoint that an object belongs to; empty for what is the whole tenant's."""
    return obj["metadata"].get("labels", {}).get(f"{PREFIX}/endpoint", "")


def staged(objects: Sequence[Object]) -> Stages:
    """Sorts objects into stages, keeping their order. ValueError where one has no namespace."""
    namespace = [obj for obj in objects if obj["kind"] == "Namespace"]
    gate = [obj for obj in objects if _is_gate(obj)]
    if len(namespace) != 1 or len(gate) != 1:
        raise ValueError("a tenant has one Namespace and one ServiceAccount of its models")
    rest = [obj for obj in objects if obj is not namespace[0] and obj is not gate[0]]
    doors = [obj for obj in rest if _is_door(obj)]
    return Stages(
        namespace=namespace[0],
        walls=tuple(o for o in rest if o["kind"] not in _WORKLOADS and not _is_door(o)),
        gate=gate[0],
        workloads=tuple(obj for obj in rest if obj["kind"] in _WORKLOADS),
        doors=tuple(doors),
    )


def _is_gate(obj: Object) -> bool:
    return obj["kind"] == "ServiceAccount" and obj["metadata"]["name"] == SERVICE_ACCOUNT


def _is_door(obj: Object) -> bool:
    kinds = _WORKLOADS | _BEFORE_WORKLOADS
    return bool(endpoint_of(obj)) and obj["kind"] not in kinds
