"""3xx: names."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW301",
        "A name is too long for what is made from it",
        "Knative and KServe append to your name (-predictor-00001-private, latest-…) and "
        "put the result into DNS labels of 63 characters. Past that limit the cluster "
        "refuses the object long after the merge, or never makes it ready.",
        "deployments:\n  real-time-card-transaction-fraud-detector-gradient-boosted:",
        "deployments:\n  card-fraud-gbm:",
    ),
    Code(
        "SLW302",
        "A name ends like one that upstream derives",
        "A deployment called x-predictor would share its Service with the predictor of x.",
        "deployments:\n  fraud-predictor:",
        "deployments:\n  fraud:",
    ),
    Code(
        "SLW303",
        "A namespace belongs to the platform",
        "Team and project are joined to the namespace. Those of the cluster and of the "
        "platform's own components, and names that begin like them, are taken.",
        "models/kube/system.yaml",
        "models/platform/system-models.yaml",
    ),
    Code(
        "SLW304",
        "Two projects share a namespace",
        "Team and project are joined by a hyphen, so a-b/c and a/b-c are the same "
        "namespace. Tenants share nothing.",
        "models/card/risk-scores.yaml and models/card-risk/scores.yaml",
        "models/card/risk-scores.yaml and models/card-risk/rankings.yaml",
    ),
)
