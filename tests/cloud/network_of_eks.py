"""A small program: the network, the role and the cluster of `eks`, as `components.cluster` asks it.

The engine runs it from a folder of its own, beside a Pulumi.yaml.
"""

import json

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks


def main() -> None:
    """Registers it; what the real programs read of the component is exported."""
    config = pulumi.Config("small")
    cloud = pulumi.ResourceOptions(
        provider=aws.Provider("aws", region="eu-west-1", allowed_account_ids=["111111111111"])
    )
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=cloud)
    subnets = [
        aws.ec2.Subnet(
            f"subnet-{zone}",
            vpc_id=vpc.id,
            cidr_block=f"10.0.{number}.0/24",
            availability_zone=f"eu-west-1{zone}",
            opts=cloud,
        )
        for number, zone in enumerate("ab")
    ]
    role = aws.iam.Role("role", name="control-plane", assume_role_policy=_trust(), opts=cloud)
    made = eks.Cluster(
        "small",
        name="small",
        version=config.require("version"),
        service_role=role,
        vpc_id=vpc.id,
        subnet_ids=[subnet.id for subnet in subnets],
        authentication_mode=eks.AuthenticationMode.API,
        endpoint_private_access=True,
        endpoint_public_access=False,
        bootstrap_self_managed_addons=False,
        use_default_vpc_cni=True,
        kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(enabled=False),
        coredns_addon_options=eks.CoreDnsAddonOptionsArgs(enabled=False),
        skip_default_node_group=not config.get_bool("nodes"),
        skip_default_security_groups=True,
        create_instance_role=False,
        create_oidc_provider=False,
        opts=pulumi.ResourceOptions(providers=[cloud.provider] if cloud.provider else None),
    )
    aws.ec2.Tag(
        "tag",
        resource_id=made.cluster_security_group_id,
        key="owner",
        value="us",
        opts=cloud,
    )
    pulumi.export("name", made.eks_cluster.apply(lambda cluster: cluster.name))
    pulumi.export("endpoint", made.eks_cluster.apply(lambda cluster: cluster.endpoint))
    pulumi.export("kubeconfig", made.kubeconfig_json)


def _trust() -> str:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "eks.amazonaws.com"},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


if __name__ == "__main__":
    main()
