"""Bad resources of AWS and Cloudflare."""

from typing import Any, Final

from tests.policies.case import GONE, bad
from tests.policies.cloud import allow, document

ANYONE: Final[dict[str, Any]] = {"Principal": "*"}
ALL: Final = "*"


def trust(principal: Any) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return document(statement)


BUCKETS: Final = (
    bad("bucket-acl", "acl", "acl", "public-read", "is public-read"),
    bad(
        "bucket-acl", "ownership", "rule objectOwnership", "ObjectWriter",
        "its object ownership is ObjectWriter",
    ),
    bad(
        "bucket-public-access", "block", "blockPublicPolicy", False,
        "does not set blockPublicPolicy",
    ),
    bad("bucket-closed", "block", "", GONE, "has no public access block"),
    bad("bucket-encrypted", "encryption", "", GONE, "has no encryption of its own"),
    bad(
        "bucket-encrypted", "encryption",
        "rules 0 applyServerSideEncryptionByDefault sseAlgorithm", "AES256",
        "is encrypted with AES256",
    ),
    bad(
        "bucket-kept", "versions", "versioningConfiguration status", "Suspended",
        "keeps no versions",
    ),
    bad("bucket-kept", "lifecycle", "", GONE, "has no lifecycle"),
    bad("bucket-uploads-end", "lifecycle", "rules", [], "never aborts an upload"),
    bad("bucket-logged", "logging", "", GONE, "has no access log"),
    bad("bucket-events", "events", "", GONE, "tells nobody of its changes"),
    bad("bucket-tls", "bucket-policy", "", GONE, "has no policy that demands TLS"),
    bad("bucket-not-emptied", "bucket", "forceDestroy", True, "is emptied when it is destroyed"),
    bad("bucket-not-emptied", "bucket", "protect", False, "is not protected"),
    bad(
        "bucket-policy", "bucket-policy", "policy", document(allow("s3:GetObject", ALL, **ANYONE)),
        "lets everyone in",
    ),
    bad(
        "bucket-policy", "bucket-policy", "policy",
        document({"Effect": "Deny", "Action": "s3:*", "Resource": ALL, **ANYONE}),
        "locks everyone out",
    ),
)  # fmt: skip

STORES: Final = (
    bad("disk-encrypted", "disk", "encrypted", GONE, "is not encrypted"),
    bad("disk-encrypted", "disk", "kmsKeyId", GONE, "has no key of ours"),
    bad("disk-default", "disks", "enabled", False, "is off"),
    bad("file-access-point", "point", "rootDirectory path", "/", "opens the root directory"),
    bad("file-access-point", "point", "posixUser", GONE, "fixes no user"),
    bad("key-rotated", "key", "enableKeyRotation", GONE, "does not rotate"),
    bad("key-rotated", "key", "isEnabled", False, "is off"),
    bad("key-policy", "key", "policy", GONE, "has no policy"),
    bad(
        "key-policy", "key", "policy", document(allow("kms:Decrypt", ALL, **ANYONE)),
        "may be used by everyone",
    ),
    bad("database-encrypted", "database", "storageEncrypted", False, "is not encrypted"),
    bad("database-encrypted", "database", "publiclyAccessible", True, "has a public address"),
    bad(
        "database-encrypted", "database", "manageMasterUserPassword", GONE,
        "has a password that AWS does not keep",
    ),
    bad("database-kept", "database", "backupRetentionPeriod", 1, "keeps backups for 1 days"),
    bad("database-kept", "database", "enabledCloudwatchLogsExports", [], "sends no logs"),
    bad("database-production", "database", "multiAz", False, "stands in one zone"),
    bad("database-production", "database", "deletionProtection", GONE, "may be deleted"),
    bad("database-production", "database", "protect", False, "is not protected"),
    bad("cache-encrypted", "cache", "atRestEncryptionEnabled", GONE, "is not encrypted at rest"),
    bad(
        "cache-encrypted", "cache", "transitEncryptionEnabled", GONE,
        "is not encrypted on the way",
    ),
    bad("cache-production", "cache", "automaticFailoverEnabled", False, "does not fail over"),
    bad("queue-encrypted", "queue", "sqsManagedSseEnabled", GONE, "is not encrypted"),
    bad(
        "queue-policy", "queue-policy", "policy", document(allow("sqs:SendMessage", ALL, **ANYONE)),
        "lets everyone in",
    ),
    bad(
        "queue-policy", "queue-policy", "policy",
        document(allow("sqs:*", ALL, Principal={"Service": "events.amazonaws.com"})),
        "allows every action",
    ),
    bad("log-retention", "logs", "retentionInDays", GONE, "keeps logs for ever"),
    bad("log-year", "logs", "retentionInDays", 30, "keeps logs for 30 days"),
    bad("log-year", "logs", "kmsKeyId", GONE, "has no key of ours"),
    bad("image-repository", "images", "imageTagMutability", "MUTABLE", "lets tags move"),
    bad(
        "image-repository", "images", "encryptionConfigurations", [], "is not encrypted with KMS"
    ),
    bad(
        "image-repository", "images", "imageScanningConfiguration", GONE,
        "does not scan what is pushed",
    ),
    bad(
        "image-repository-policy", "images-policy", "policy",
        document(allow("ecr:PutImage", ALL, **ANYONE)), "lets everyone in",
    ),
)  # fmt: skip

IAM: Final = (
    bad("iam-actions", "policy", "policy", document(allow("s3:*")), "allows s3:*"),
    bad(
        "iam-actions", "policy", "policy",
        document({"Effect": "Allow", "NotAction": "iam:*", "Resource": ALL}),
        "allows all but the actions that it names",
    ),
    bad(
        "iam-data", "policy", "policy", document(allow(["s3:GetObject", "iam:PassRole"], ALL)),
        "allows iam:PassRole, s3:GetObject on everything",
    ),
    bad(
        "iam-resources", "policy", "policy", document(allow("ec2:CreateTags", ALL)),
        "allows ec2:CreateTags on everything",
    ),
    bad("iam-trust", "role", "assumeRolePolicy", trust("*"), "may be assumed by anyone"),
    bad(
        "iam-trust", "role", "assumeRolePolicy", trust({"AWS": "arn:aws:iam::1:root"}),
        "may be assumed by all of arn:aws:iam::1:root",
    ),
    bad(
        "iam-managed", "attached", "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess",
        "has AdministratorAccess",
    ),
    bad("iam-users", "shared", "users", ["somebody"], "gives rights to a user"),
    bad(
        "iam-document", "policy", "policy", "{", "has no readable policy of version 2012-10-17"
    ),
)  # fmt: skip

NETWORK: Final = (
    bad("subnet-private", "subnet", "mapPublicIpOnLaunch", True, "gives public addresses"),
    bad("vpc-flow-logs", "flows", "", GONE, "has no flow log of all traffic"),
    bad("vpc-default-group", "default", "", GONE, "leaves its default security group open"),
    bad("vpc-default-group", "default", "ingress", [{"protocol": "-1"}], "allows traffic"),
    bad("security-group-described", "web", "description", GONE, "has no description"),
    bad("security-group-open", "web", "fromPort", 22, "opens its ports to 0.0.0.0/0"),
    bad(
        "security-group-front-door", "web", "securityGroupId", "other-id",
        "opens to the world what is not the load balancer's",
    ),
    bad("load-balancer-kept", "balancer", "enableDeletionProtection", GONE, "may be deleted"),
    bad("load-balancer-plain", "listener", "protocol", "HTTP", "answers in plain HTTP"),
    bad("load-balancer-plain", "listener", "protocol", "TLS", "takes TLS older than 1.2"),
    bad("account-budget", "budget", "", GONE, "has no budget that tells anybody"),
    bad("resource-owned", "aws", "defaultTags", "{}", "tags nothing with slipway.dev/stack"),
    bad("provider-account", "aws", "allowedAccountIds", GONE, "takes any account"),
    bad("provider-account", "aws", "region", GONE, "takes any region"),
)  # fmt: skip

EDGE: Final = (
    bad("dns-proxied", "grafana", "proxied", False, "is not proxied"),
    bad("dns-record", "grafana", "name", "*.example.com", "answers every host below example.com"),
    bad("dns-record", "grafana", "type", "A", "names an address"),
    bad("page-access", "app", "", GONE, "has no Access application"),
    bad("access-people", "people", "decision", "bypass", "decides bypass"),
    bad("access-people", "people", "includes", [{"everyone": {}}], "lets everyone in"),
    bad("access-people", "app", "sessionDuration", "720h", "keeps a session for 720h"),
    bad("access-people", "app", "policies", [], "has no policy"),
    bad("zone-tls", "tls", "value", "flexible", "sets ssl to flexible"),
    bad("zone-rules-hold", "limits", "rules 0 enabled", False, "its rule 'block' is off"),
    bad(
        "zone-rules-hold", "limits", "rules 0 ratelimit requestsPerPeriod", 0,
        "its rule 'block' limits nothing",
    ),
)  # fmt: skip

CLOUD: Final = (*BUCKETS, *STORES, *IAM, *NETWORK, *EDGE)
