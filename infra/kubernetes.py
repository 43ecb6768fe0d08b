"""The way into the cluster."""

import pulumi
import pulumi_kubernetes as kubernetes

from infra.outputs import FoundationOutputs


def kubernetes_provider(
    outputs: FoundationOutputs, region: str, opts: pulumi.ResourceOptions | None = None
) -> kubernetes.Provider:
    """A provider that asks AWS for a token whenever it needs one, so none is kept anywhere."""
    kubeconfig = pulumi.Output.json_dumps(
        kubeconfig_of(outputs.cluster_name, outputs.cluster_endpoint, outputs.cluster_ca, region)
    )
    return kubernetes.Provider(
        "kubernetes",
        kubeconfig=kubeconfig,
        # Else a change of a ConfigMap deletes it first, and KServe's webhook reads one for each pod
        # (pulumi-kubernetes, provider option `enableConfigMapMutable`).
        enable_config_map_mutable=True,
        opts=opts,
    )


def kubeconfig_of(
    name: pulumi.Input[str], endpoint: pulumi.Input[str], ca: pulumi.Input[str], region: str
) -> dict[str, object]:
    """A kubeconfig without a secret; the AWS CLI must be where the program runs.

    v1beta1 of the exec API, because v1 has to be told whether it may ask anyone (client-go
    `tools/clientcmd/api/types.go`).
    """
    token = ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"]
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "slipway",
        "contexts": [{"name": "slipway", "context": {"cluster": "slipway", "user": "slipway"}}],
        "clusters": [
            {
                "name": "slipway",
                "cluster": {"server": endpoint, "certificate-authority-data": ca},
            }
        ],
        "users": [
            {
                "name": "slipway",
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "aws",
                        "args": token,
                    }
                },
            }
        ],
    }
