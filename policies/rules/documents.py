"""IAM documents: who may assume, do, and see, statement by statement."""

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Fields, at, document, fields, objects, statements, text, texts
from policies.rules.rule import About, Scene, Severity, Subject, rule

ROLE: Final = "aws:iam/role:Role"
POLICY: Final = "aws:iam/policy:Policy"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
INLINE: Final = ("aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy")
IDENTITY: Final = (POLICY, ROLE_POLICY, ROLE, *INLINE)
ATTACHMENTS: Final = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)
SENSITIVE: Final = re.compile(
    r"(iam:(PassRole|Create.*|Attach.*|Put.*|Update.*|Delete.*|Add.*|Remove.*|Set.*|Tag.*)"
    r"|sts:AssumeRole.*|secretsmanager:(Get|Put|Update|Delete).*|ssm:Get.*"
    r"|s3:(Get|Put|Delete|Restore)Object.*|kms:(Decrypt|CreateGrant|Put.*|ScheduleKeyDeletion)"
    r"|ec2:(Run|Terminate)Instances)",
    re.IGNORECASE,
)
"""Actions that read data, or make their holder more than it is, when they are for everything."""
READING: Final = re.compile(
    r"[a-z0-9-]+:(Describe|List|Get|BatchGet|View)[A-Za-z*]*", re.IGNORECASE
)
ADMIN: Final = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")


def open_principal(statement: Fields) -> bool:
    """Whether a statement of a resource's policy lets anyone in, without a condition that holds."""
    if text(statement, "Effect") != "Allow" or fields(statement, "Condition"):
        return False
    principal = at(statement, "Principal")
    return principal == "*" or "*" in texts(principal, "AWS") or "NotPrincipal" in statement


def _allowing(subject: Subject) -> Iterator[Fields]:
    """The statements that allow, in the document or the inline documents of a subject."""
    found = [*statements(subject.props, "policy")] if subject.kind != ROLE else []
    for inline in objects(subject.props, "inlinePolicies"):
        found += statements(inline, "policy")
    yield from (statement for statement in found if text(statement, "Effect") == "Allow")


def _everything(statement: Fields) -> bool:
    return "*" in texts(statement, "Resource") or "NotResource" in statement


@rule(
    About(
        id="iam-actions",
        title="An IAM policy names its actions",
        severity=Severity.CRITICAL,
        why="A wildcard grants what AWS adds tomorrow; with * for everything it is the account.",
        remedy="List the actions that the code calls.",
        sources=(
            "CKV_AWS_62", "CKV_AWS_63", "CKV2_AWS_40", "eks/role-per-application",
        ),
    ),
    *IDENTITY,
)  # fmt: skip
def actions(subject: Subject, _scene: Scene) -> Iterator[str]:
    for statement in _allowing(subject):
        wide = [a for a in texts(statement, "Action") if a == "*" or a.endswith(":*")]
        if wide:
            yield f"allows {', '.join(sorted(wide))}"
        if "NotAction" in statement:
            yield "allows all but the actions that it names"


@rule(
    About(
        id="iam-data",
        title="No IAM policy reads all data or passes any role",
        severity=Severity.CRITICAL,
        why="On every resource these actions are every tenant's weights and secrets, or the way to "
        "administrator.",
        remedy="Name the resources, or add a Condition on a tag.",
        sources=("CKV_AWS_62", "CKV2_AWS_40", "CIS-5.1.3", "eks/role-per-application"),
    ),
    *IDENTITY,
)
def data(subject: Subject, _scene: Scene) -> Iterator[str]:
    for statement in _allowing(subject):
        wide = [a for a in texts(statement, "Action") if SENSITIVE.fullmatch(a)]
        if wide and _everything(statement) and not fields(statement, "Condition"):
            yield f"allows {', '.join(sorted(wide))} on everything"


@rule(
    About(
        id="iam-resources",
        title="An IAM policy that changes things names them",
        severity=Severity.MEDIUM,
        why="On every resource an action reaches other stacks of the account.",
        remedy="Name the resources, or add a Condition.",
        sources=("CKV_AWS_63", "eks/role-per-application"),
        mandatory=False,
    ),
    *IDENTITY,
)
def resources(subject: Subject, _scene: Scene) -> Iterator[str]:
    for statement in _allowing(subject):
        changing = [a for a in texts(statement, "Action") if not READING.fullmatch(a)]
        if changing and _everything(statement) and not fields(statement, "Condition"):
            yield f"allows {', '.join(sorted(changing))} on everything"


@rule(
    About(
        id="iam-trust",
        title="A role names who may assume it",
        severity=Severity.CRITICAL,
        why="A role that anyone may assume is public; one that a whole account may assume is its "
        "weakest user's.",
        remedy="Name a service, or a role, in Principal.",
        sources=("CKV_AWS_60", "CKV_AWS_61", "CIS-5.2.1"),
    ),
    ROLE,
)
def trust(subject: Subject, _scene: Scene) -> Iterator[str]:
    for statement in statements(subject.props, "assumeRolePolicy"):
        if text(statement, "Effect") != "Allow":
            continue
        if open_principal(statement):
            yield "may be assumed by anyone"
        roots = [one for one in texts(statement, "Principal", "AWS") if one.endswith(":root")]
        if roots and not fields(statement, "Condition"):
            yield f"may be assumed by all of {', '.join(roots)}"
        if "*" in texts(statement, "Principal", "Service"):
            yield "may be assumed by every service"


@rule(
    About(
        id="iam-managed",
        title="No role is an administrator",
        severity=Severity.CRITICAL,
        why="AWS's managed policies for administrators are the whole account.",
        remedy="Attach a policy with the actions that are needed.",
        sources=("CKV_AWS_274", "CKV2_AWS_56"),
    ),
    ROLE, *ATTACHMENTS,
)  # fmt: skip
def managed(subject: Subject, _scene: Scene) -> Iterator[str]:
    arns = [*texts(subject.props, "managedPolicyArns"), *texts(subject.props, "policyArn")]
    for arn in arns:
        if arn.rpartition("/")[2] in ADMIN:
            yield f"has {arn.rpartition('/')[2]}"


@rule(
    About(
        id="iam-users",
        title="Nobody is a user with policies of its own",
        severity=Severity.MEDIUM,
        why="Users have keys that do not expire; people and machines assume roles.",
        remedy="Attach the policy to a role.",
        sources=("CKV_AWS_40",),
    ),
    "aws:iam/accessKey:AccessKey", "aws:iam/user:User", "aws:iam/userPolicy:UserPolicy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)  # fmt: skip
def users(subject: Subject, _scene: Scene) -> Iterator[str]:
    attached = subject.kind.endswith(":PolicyAttachment")
    if not attached or at(subject.props, "users"):
        yield "gives rights to a user"


@rule(
    About(
        id="bucket-policy",
        title="A bucket's policy opens it to named principals, and locks nobody out",
        severity=Severity.CRITICAL,
        why="Any principal is the world; a Deny of all but root can only be mended by root.",
        remedy="Name accounts, roles or services in Principal; deny with a Condition.",
        sources=("CKV_AWS_70", "CKV_AWS_93"),
    ),
    "aws:s3/bucketPolicy:BucketPolicy", "aws:s3/bucket:Bucket",
)  # fmt: skip
def bucket_policy(subject: Subject, _scene: Scene) -> Iterator[str]:
    for statement in statements(subject.props, "policy"):
        if open_principal(statement):
            yield "lets everyone in"
        everyone = at(statement, "Principal") == "*" or texts(statement, "Principal", "AWS") == [
            "*"
        ]
        all_of_it = {"*", "s3:*"}.intersection(texts(statement, "Action"))
        denied = text(statement, "Effect") == "Deny" and not fields(statement, "Condition")
        if denied and everyone and all_of_it:
            yield "locks everyone out"


@rule(
    About(
        id="iam-document",
        title="A document of IAM is one",
        severity=Severity.MEDIUM,
        why="A document that cannot be read is not judged.",
        remedy='Write JSON with "Version": "2012-10-17" and a Statement.',
        sources=("CKV_AWS_62",),
    ),
    POLICY, ROLE_POLICY, *INLINE, "aws:s3/bucketPolicy:BucketPolicy",
)  # fmt: skip
def readable(subject: Subject, _scene: Scene) -> Iterator[str]:
    found = document(subject.props, "policy")
    if not statements(found) or text(found, "Version") != "2012-10-17":
        yield "has no readable policy of version 2012-10-17"


RULES = (
    actions,
    bucket_policy,
    data,
    managed,
    readable,
    resources,
    trust,
    users,
)
