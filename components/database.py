"""Postgres for MLflow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from catalog.objects import Object
from components.role import Role, RoleArgs
from components.security_group import Rule, SecurityGroup, SecurityGroupArgs

TYPE: Final = "slipway:aws:Database"

# The newest major on RDS (RDS for PostgreSQL release notes: 18.1, November 2025). MLflow speaks to
# Postgres by SQLAlchemy and names no version.
_MAJOR: Final = "18"
PORT: Final = 5432
DATABASE: Final = "mlflow"
"""The name of the database and of its master user."""

CONNECTIONS: Final = 200
"""What the server admits; fixed, because the default follows the memory of the instance class and
the alarm at four fifths could not."""

_PARAMETERS: Final = (
    # The default, written down. RDS answers with `pending-reboot` for what is its default, and any
    # other method would differ in every preview (hashicorp/terraform-provider-aws#39252).
    ("rds.force_ssl", "1", "pending-reboot"),
    ("log_min_duration_statement", "1000", "immediate"),  # Milliseconds.
    ("log_statement", "ddl", "immediate"),
    ("max_connections", str(CONNECTIONS), "pending-reboot"),  # Static.
)
_LOGS: Final = ("postgresql", "upgrade")
# Growth by storage autoscaling, as the setting promises.
_GROWTH: Final = 4
# Days; the one period that Database Insights keeps without charge.
_INSIGHTS_DAYS: Final = 7
_MONITORING_SECONDS: Final = 60
_MONITORING_POLICY: Final = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseArgs:
    """`clients` is the security group whose members may connect.

    `log_key_arn` encrypts the logs, `key_arn` all else. `protect` refuses to delete the database
    and has RDS take a snapshot before it goes.
    """

    identifier: str
    instance_class: str
    storage_gb: int
    multi_az: bool
    backup_days: int
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    clients: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    log_key_arn: pulumi.Input[str]
    log_days: int
    monitoring_role: str
    monitoring_trust: Object
    protect: bool = False


class Database(pulumi.ComponentResource):
    """One Postgres instance without a public address, over TLS only.

    Its master password is made, kept and every seven days renewed by RDS in Secrets Manager, and
    stands in no program and no state. Clients must therefore read it anew for every connection:
    External Secrets writes it into a libpq service file that libpq opens each time it connects, so
    that open connections live on and new ones take the new password without a restart. Between the
    renewal and the next refresh new connections fail, so refresh every minute. People sign in with
    IAM instead, as database users that are granted `rds_iam`.
    """

    host: pulumi.Output[str]
    secret_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name, self._args = name, args
        logs = self._create_log_groups()
        instance = self._create_instance(
            self._create_subnet_group(),
            self._create_security_group(),
            self._create_parameter_group(),
            self._create_monitoring_role(),
            logs,
        )
        self.host = instance.address
        self.secret_arn = instance.master_user_secrets.apply(
            lambda secrets: secrets[0].secret_arn or ""
        )
        self.register_outputs({"host": self.host, "secret_arn": self.secret_arn})

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        protect = self._args.protect
        return pulumi.ResourceOptions(
            parent=self, depends_on=list(after), protect=protect, retain_on_delete=protect
        )

    def _create_log_groups(self) -> list[aws.cloudwatch.LogGroup]:
        # RDS would make them itself, unencrypted and for ever.
        return [
            aws.cloudwatch.LogGroup(
                f"{self._name}-log-{log}",
                name=f"/aws/rds/instance/{self._args.identifier}/{log}",
                kms_key_id=self._args.log_key_arn,
                retention_in_days=self._args.log_days,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for log in _LOGS
        ]

    def _create_subnet_group(self) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            f"{self._name}-subnets",
            name=self._args.identifier,
            description="The VPC's database subnets",
            subnet_ids=list(self._args.subnet_ids),
            opts=self._child(),
        )

    def _create_security_group(self) -> SecurityGroup:
        clients = Rule(
            direction="in", port=PORT, description="Nodes and pods", group=self._args.clients
        )
        return SecurityGroup(
            f"{self._name}-access",
            SecurityGroupArgs(
                group_name=self._args.identifier,
                description="Postgres, from the cluster alone",
                vpc_id=self._args.vpc_id,
                rules={"clients": clients},
                protect=self._args.protect,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_parameter_group(self) -> aws.rds.ParameterGroup:
        return aws.rds.ParameterGroup(
            f"{self._name}-parameters",
            # A new major needs a family of its own beside the old one until the upgrade is done.
            name=f"{self._args.identifier}-{_MAJOR}",
            family=f"postgres{_MAJOR}",
            description="TLS only, and what is slow or changes the schema is logged",
            parameters=[
                {"name": name, "value": value, "apply_method": method}
                for name, value, method in _PARAMETERS
            ],
            opts=self._child(),
        )

    def _create_monitoring_role(self) -> Role:
        return Role(
            f"{self._name}-monitoring",
            RoleArgs(
                role=self._args.monitoring_role,
                description="Publishes the database's operating system metrics",
                trust=self._args.monitoring_trust,
                managed_policies=(_MONITORING_POLICY,),
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_instance(
        self,
        subnets: aws.rds.SubnetGroup,
        access: SecurityGroup,
        parameters: aws.rds.ParameterGroup,
        monitoring: Role,
        logs: Sequence[pulumi.Resource],
    ) -> aws.rds.Instance:
        settings = aws.rds.InstanceArgs(
            identifier=self._args.identifier,
            instance_class=self._args.instance_class,
            engine="postgres",
            engine_version=_MAJOR,
            auto_minor_version_upgrade=True,
            db_name=DATABASE,
            port=PORT,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[access.group_id],
            publicly_accessible=False,
            parameter_group_name=parameters.name,
            monitoring_role_arn=monitoring.arn,
        )
        self._encrypt(settings)
        self._keep(settings)
        self._watch(settings)
        # RDS looks at the role's rights, not only at its name.
        after = self._child(monitoring, *logs)
        return aws.rds.Instance(f"{self._name}-instance", settings, after)

    def _encrypt(self, settings: aws.rds.InstanceArgs) -> None:
        settings.username = DATABASE
        settings.manage_master_user_password = True
        settings.master_user_secret_kms_key_id = self._args.key_arn
        settings.iam_database_authentication_enabled = True
        settings.storage_encrypted = True
        settings.kms_key_id = self._args.key_arn

    def _keep(self, settings: aws.rds.InstanceArgs) -> None:
        args = self._args
        settings.storage_type = "gp3"
        settings.allocated_storage = args.storage_gb
        settings.max_allocated_storage = args.storage_gb * _GROWTH
        settings.multi_az = args.multi_az
        settings.backup_retention_period = args.backup_days
        # UTC, one after the other, before working hours in Europe.
        settings.backup_window = "02:00-03:00"
        settings.maintenance_window = "sun:03:30-sun:04:30"
        settings.copy_tags_to_snapshot = True
        settings.deletion_protection = args.protect
        settings.delete_automated_backups = not args.protect
        settings.skip_final_snapshot = not args.protect
        if args.protect:
            settings.final_snapshot_identifier = f"{args.identifier}-final"

    def _watch(self, settings: aws.rds.InstanceArgs) -> None:
        settings.enabled_cloudwatch_logs_exports = list(_LOGS)
        settings.monitoring_interval = _MONITORING_SECONDS
        settings.performance_insights_enabled = True
        settings.performance_insights_kms_key_id = self._args.key_arn
        settings.performance_insights_retention_period = _INSIGHTS_DAYS
