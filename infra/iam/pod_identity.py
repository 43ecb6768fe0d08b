"""The trust policies of roles that pods take by EKS Pod Identity.

Source: EKS user guide, "EKS Pod Identity role" and "Grant Pods access to AWS resources based on
tags": the agent assumes the role and tags the session with cluster, namespace and ServiceAccount.
"""

from catalog.objects import Object
from infra.iam.document import document
from infra.names import Names

SERVICE = "pods.eks.amazonaws.com"
NAMESPACE_TAG = "${aws:PrincipalTag/kubernetes-namespace}"
"""In a policy: the namespace of the pod that asks."""


def cluster_arn(names: Names) -> str:
    """The ARN of the stack's cluster."""
    return names.arn("eks", f"cluster/{names.cluster}")


def pod_identity_trust(names: Names, service_account: str, namespace: str | None = None) -> Object:
    """Pods of one ServiceAccount on the stack's cluster; of every namespace without one."""
    where = {} if namespace is None else {"aws:RequestTag/kubernetes-namespace": namespace}
    return document(
        {
            "Sid": "PodsOfTheCluster",
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestTag/eks-cluster-arn": cluster_arn(names),
                    "aws:RequestTag/kubernetes-service-account": service_account,
                    **where,
                }
            },
        }
    )
