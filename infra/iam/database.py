"""The role by which RDS publishes the operating system's metrics of the database."""

from catalog.objects import Object
from infra.iam.document import trust
from infra.names import Names

PURPOSE = "mlflow"
"""Of the instance's name: `slipway-<stack>-mlflow`."""

MONITORING = "database-monitoring"
"""The purpose of the role."""


def monitoring_trust(names: Names) -> Object:
    """Only this database's monitoring assumes the role (RDS user guide, "Enhanced Monitoring")."""
    return trust(
        "monitoring.rds.amazonaws.com",
        names.account,
        names.arn("rds", f"db:{names.of_stack(PURPOSE)}"),
    )
