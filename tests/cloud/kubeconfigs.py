"""Whether the kubeconfig that a program gives the provider leads to a cluster of the account."""

import json
from typing import Any

from tests.cloud.aws_names import CLUSTER
from tests.cloud.kinds import RefusedError
from tests.cloud.store import Store, Thing


def check(kubeconfig: str) -> None:
    """Refuses one that reaches no cluster that exists, or holds anything but a way to a token."""
    if not kubeconfig:
        raise RefusedError("Kubernetes", "no kubeconfig: the shell's own would be taken")
    clusters = Store.of_environment().resources(CLUSTER)
    given = json.loads(kubeconfig)
    if not any(_leads_to(given, cluster) for cluster in clusters):
        names = ", ".join(str(each.get("name")) for each in clusters) or "none"
        raise RefusedError("Kubernetes", f"{given} leads to no cluster of the account ({names})")


def check_reachable() -> None:
    """Refuses when the last cluster of the account is gone."""
    if not Store.of_environment().resources(CLUSTER):
        raise RefusedError("Kubernetes", "configured Kubernetes cluster is unreachable")


def _leads_to(kubeconfig: Any, cluster: Thing) -> bool:
    """By the one cluster and the one user that it has, the token from the AWS CLI."""
    [place], [user] = kubeconfig["clusters"], kubeconfig["users"]
    region = str(cluster.get("arn")).split(":")[3]
    name, token = cluster.get("name"), user["user"]["exec"]
    args = ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"]
    return (
        place["cluster"]["server"] == cluster.get("endpoint")
        and place["cluster"]["certificate-authority-data"]
        == cluster.get("certificateAuthority.data")
        and (token["command"], token["args"]) == ("aws", args)
    )
