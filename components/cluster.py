"""The EKS control plane, and who may speak to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

from components.network import DISCOVERY_TAG
from components.role import Role, RoleArgs
from components.security_group import Rule, create_rule

TYPE: Final = "slipway:aws:Cluster"

LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_ADMIN_POLICY: Final = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterArgs:
    """`cluster` is its name, `version` the Kubernetes minor.

    `api_networks` reach the API from outside the VPC; without any it has no public address.
    `admins` are ARNs of IAM principals. The one that makes the cluster administers it anyway, and
    EKS refuses a second entry for it. `node_role_arn` is that of nodes that join by themselves.
    `admitted` reach pods from outside the cluster, by the last part of the rule's name. `protect`
    refuses to delete the cluster.
    """

    cluster: str
    version: str
    role: RoleArgs
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    api_networks: tuple[str, ...]
    admins: tuple[str, ...]
    node_role_arn: pulumi.Input[str]
    admitted: Mapping[str, Rule]
    secrets_key_arn: pulumi.Input[str]
    log_key_arn: pulumi.Input[str]
    log_days: int
    protect: bool


class Cluster(pulumi.ComponentResource):
    """A control plane without nodes, add-ons and storage classes, which are made apart.

    Nodes and pods are in the security group that EKS makes for the cluster, so that nothing has to
    be opened between them; Karpenter finds it by its tag.
    """

    cluster: pulumi.Output[str]
    """Its name, once it stands. What is made in it is named by this and not by the plain name, so
    that it depends on the cluster itself, a child of the remote component."""
    endpoint: pulumi.Output[str]
    ca: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    access: tuple[pulumi.Resource, ...]
    """What must stay as long as anything in the cluster is to be changed."""

    def __init__(
        self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name, self._args = name, args
        self._cluster = self._create_cluster(self._create_role(), self._create_log_group())
        made = self._cluster.eks_cluster
        self.cluster = made.apply(lambda cluster: cluster.name)
        self.endpoint = made.apply(lambda cluster: cluster.endpoint)
        self.ca = made.apply(lambda cluster: cluster.certificate_authority.data).apply(
            lambda data: data or ""
        )
        self.security_group_id = self._cluster.cluster_security_group_id
        self._create_tag()
        self._create_rules()
        self.access = (self._create_node_entry(), *map(self._create_admin, args.admins))
        self.register_outputs({"endpoint": self.endpoint})

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))

    def _create_role(self) -> Role:
        return Role(f"{self._name}-control-plane", self._args.role, self._child())

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        """Before EKS makes one of the same name, without a key and for ever."""
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/aws/eks/{self._args.cluster}/cluster",
            kms_key_id=self._args.log_key_arn,
            retention_in_days=self._args.log_days,
            opts=self._child(),
        )

    def _create_cluster(self, role: Role, logs: aws.cloudwatch.LogGroup) -> eks.Cluster:
        args = self._args
        return eks.Cluster(
            f"{self._name}-eks",
            name=args.cluster,
            version=args.version,
            service_role=role.role,
            # Without one it looks for the account's default VPC, and many accounts have none
            # (pulumi-eks v4 `nodejs/eks/cluster/cluster.ts`, createCore).
            vpc_id=args.vpc_id,
            subnet_ids=list(args.subnet_ids),
            authentication_mode=eks.AuthenticationMode.API,
            endpoint_private_access=True,
            endpoint_public_access=bool(args.api_networks),
            public_access_cidrs=list(args.api_networks) or None,
            encryption_config_key_arn=args.secrets_key_arn,
            enabled_cluster_log_types=list(LOG_TYPES),
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            deletion_protection=args.protect,
            # What EKS installs by itself is in nobody's state; the add-ons are.
            bootstrap_self_managed_addons=False,
            use_default_vpc_cni=True,
            kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(enabled=False),
            coredns_addon_options=eks.CoreDnsAddonOptionsArgs(enabled=False),
            skip_default_node_group=True,
            skip_default_security_groups=True,
            create_instance_role=False,
            create_oidc_provider=False,
            opts=pulumi.ResourceOptions.merge(
                self._child(role, logs), pulumi.ResourceOptions(protect=args.protect)
            ),
        )

    def _create_rules(self) -> None:
        for key, rule in sorted(self._args.admitted.items()):
            create_rule(f"{self._name}-{key}", self.security_group_id, rule, self._child())

    def _create_tag(self) -> None:
        aws.ec2.Tag(
            f"{self._name}-discovery",
            resource_id=self.security_group_id,
            key=DISCOVERY_TAG,
            value=self._args.cluster,
            opts=self._child(),
        )

    def _create_node_entry(self) -> aws.eks.AccessEntry:
        """Karpenter's nodes; EKS makes the entry of a managed node group itself."""
        return aws.eks.AccessEntry(
            f"{self._name}-nodes",
            cluster_name=self.cluster,
            principal_arn=self._args.node_role_arn,
            type="EC2_LINUX",
            opts=self._child(self._cluster),
        )

    def _create_admin(self, arn: str) -> aws.eks.AccessPolicyAssociation:
        account, principal = arn.split(":")[4], arn.rpartition("/")[2]
        name = f"{self._name}-admin-{account}-{principal}"
        entry = aws.eks.AccessEntry(
            name,
            cluster_name=self.cluster,
            principal_arn=arn,
            type="STANDARD",
            opts=self._child(self._cluster),
        )
        return aws.eks.AccessPolicyAssociation(
            f"{name}-policy",
            cluster_name=self.cluster,
            principal_arn=arn,
            policy_arn=_ADMIN_POLICY,
            access_scope={"type": "cluster"},
            opts=self._child(entry),
        )
