"""The foundation's cluster, its add-ons, its first nodes and Karpenter's queue."""

from collections.abc import Mapping

import pulumi

from catalog.instances import DATA_VOLUME_BYTES, GIB
from components.addons import Addon, Addons, AddonsArgs
from components.cluster import Cluster, ClusterArgs
from components.interruption_queue import InterruptionQueue, InterruptionQueueArgs
from components.key import Key, KeyArgs
from components.load_balancer import PORTS, LoadBalancer
from components.network import Network
from components.role import Role, RoleArgs
from components.security_group import Rule
from components.system_nodes import SystemNodes, SystemNodesArgs
from infra.addons import BEFORE_NODES, CNI, EBS_CSI, ON_NODES, addon_values
from infra.iam import cluster as control_plane
from infra.iam import ebs_csi, karpenter, nodes, tenant
from infra.names import TAGS_MANAGED_BY
from infra.network import foundation_settings
from infra.parts.common import SYSTEM
from infra.parts.part import Context
from infra.stores import Keys


def create_cluster(
    context: Context,
    network: Network,
    balancer: LoadBalancer,
    keys: Keys,
    node_role: Role,
    opts: pulumi.ResourceOptions | None = None,
) -> Cluster:
    """The control plane; `node_role` is that of Karpenter's nodes."""
    settings, names = foundation_settings(context), context.names
    secrets = KeyArgs(
        alias=names.of_stack("secrets"),
        description="Secrets of the cluster",
        policy=control_plane.secrets_key_policy(names),
        protect=settings.protect,
    )
    role = RoleArgs(
        role=names.role(control_plane.PURPOSE),
        description="The control plane",
        trust=control_plane.cluster_trust(names),
        managed_policies=control_plane.MANAGED_POLICIES,
    )
    return Cluster(
        "cluster",
        ClusterArgs(
            cluster=names.cluster,
            version=settings.kubernetes,
            role=role,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            api_networks=settings.api_access,
            admins=settings.admins,
            node_role_arn=node_role.arn,
            admitted=_front_door(balancer),
            secrets_key_arn=Key("secrets-key", secrets, opts).arn,
            log_key_arn=keys.telemetry.arn,
            log_days=settings.log_days,
            protect=settings.protect,
        ),
        opts,
    )


def create_node_role(context: Context, opts: pulumi.ResourceOptions | None = None) -> Role:
    """The role of Karpenter's nodes, which names it in every EC2NodeClass."""
    return _node_role(context, nodes.KARPENTER_PURPOSE, "Karpenter's nodes", opts)


def create_nodes(
    context: Context,
    network: Network,
    cluster: Cluster,
    opts: pulumi.ResourceOptions | None = None,
) -> tuple[pulumi.Resource, ...]:
    """Add-ons that nodes need, nodes, add-ons that need nodes; all that must be there first."""
    after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[cluster]))
    first = _addons(
        context, cluster, "network-addons", BEFORE_NODES, _cni_role(context, opts), after
    )
    role = _node_role(context, nodes.SYSTEM_PURPOSE, "System nodes", opts)
    # A node needs its way out as long as it runs: to pull images, and for the CNI to give back
    # network interfaces, which hold up the deletion of their subnets.
    ready = pulumi.ResourceOptions(depends_on=[cluster, first, role, network])
    group = SystemNodes(
        "system-nodes",
        _system_nodes(context, network, cluster, role),
        pulumi.ResourceOptions.merge(opts, ready),
    )
    after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[group]))
    rest = _addons(context, cluster, "addons", ON_NODES, _ebs_role(context, opts), after)
    return (cluster, first, group, rest)


def create_queue(context: Context, opts: pulumi.ResourceOptions | None = None) -> InterruptionQueue:
    """Karpenter's interruption queue."""
    names = context.names
    args = InterruptionQueueArgs(
        queue=names.of_stack(karpenter.QUEUE),
        prefix=names.cluster,
        policy=karpenter.queue_policy(names),
    )
    return InterruptionQueue("interruption-queue", args, opts)


def create_tenant_role(context: Context, opts: pulumi.ResourceOptions | None = None) -> Role:
    """The one role of every tenant's pods."""
    names = context.names
    args = RoleArgs(
        role=names.role(tenant.PURPOSE),
        description="Tenants' pods, each with its own namespace's artifacts",
        trust=tenant.tenant_trust(names),
        policy=tenant.tenant_policy(names, f"alias/{names.of_stack('data')}"),
    )
    return Role("tenant", args, opts)


def _front_door(balancer: LoadBalancer) -> Mapping[str, Rule]:
    """The balancer reaches Envoy's pods, also to see whether they are well."""
    return {
        f"front-door-{kind}": Rule(
            direction="in",
            port=port.inside,
            description=f"The load balancer, to Envoy ({kind})",
            group=balancer.security_group_id,
        )
        for kind, port in PORTS.items()
    }


def _node_role(
    context: Context, purpose: str, description: str, opts: pulumi.ResourceOptions | None
) -> Role:
    args = RoleArgs(
        role=context.names.role(purpose),
        description=description,
        trust=nodes.node_trust(),
        managed_policies=nodes.MANAGED_POLICIES,
        policy=nodes.node_policy(context.names),
    )
    return Role(purpose, args, opts)


def _cni_role(context: Context, opts: pulumi.ResourceOptions | None) -> tuple[str, str, Role]:
    args = RoleArgs(
        role=context.names.role(nodes.CNI_PURPOSE),
        description="kube-system/aws-node",
        trust=nodes.cni_trust(context.names),
        managed_policies=nodes.CNI_MANAGED_POLICIES,
    )
    return CNI, "aws-node", Role(f"{nodes.CNI_PURPOSE}-identity", args, opts)


def _ebs_role(context: Context, opts: pulumi.ResourceOptions | None) -> tuple[str, str, Role]:
    args = RoleArgs(
        role=context.names.role(ebs_csi.PURPOSE),
        description=f"kube-system/{ebs_csi.SERVICE_ACCOUNT}",
        trust=ebs_csi.ebs_csi_trust(context.names),
        policy=ebs_csi.ebs_csi_policy(context.names),
    )
    return EBS_CSI, ebs_csi.SERVICE_ACCOUNT, Role(f"{ebs_csi.PURPOSE}-identity", args, opts)


def _addons(
    context: Context,
    cluster: Cluster,
    name: str,
    wanted: tuple[str, ...],
    identity: tuple[str, str, Role],
    opts: pulumi.ResourceOptions,
) -> Addons:
    values = addon_values(context)
    owner, account, role = identity
    args = AddonsArgs(
        cluster=cluster.cluster,
        kubernetes=foundation_settings(context).kubernetes,
        addons=tuple(
            Addon(
                name=each,
                values=values[each],
                roles={account: role.arn} if each == owner else {},
            )
            for each in wanted
        ),
    )
    return Addons(name, args, pulumi.ResourceOptions.merge(opts, _after(role)))


def _after(*resources: pulumi.Resource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(depends_on=list(resources))


def _system_nodes(
    context: Context, network: Network, cluster: Cluster, role: Role
) -> SystemNodesArgs:
    settings, names = foundation_settings(context), context.names
    return SystemNodesArgs(
        cluster=cluster.cluster,
        group=names.of_stack("system"),
        version=settings.kubernetes,
        role_arn=role.arn,
        subnet_ids=network.private_subnet_ids,
        instance_types=settings.system_nodes.instance_types,
        count=settings.system_nodes.count,
        data_volume_gb=DATA_VOLUME_BYTES // GIB,
        labels=SYSTEM,
        tags={"slipway.dev/managed-by": TAGS_MANAGED_BY, "slipway.dev/stack": names.stack},
    )
