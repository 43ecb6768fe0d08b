"""What IAM and KMS refuse, and what every API refuses in a policy document.

IAM looks at a document when it is kept: principals must exist then, which its changes take seconds
to be known for, so the real providers try again (terraform-provider-aws, `iamPropagationTimeout`).
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.cloud import aws_names as t
from tests.cloud.kinds import Call, Form, Rule
from tests.cloud.rules import between, holds, named, refers, short, unique, values

_IAM = "IAM API reference"
_KMS = "KMS API reference"
_QUOTAS = "IAM and STS quotas"
_ATTACHED = 10
_INLINE = 10_240
MANAGED = "arn:aws:iam::aws:policy/"


def statements(text: str) -> list[dict[str, Any]]:
    """The statements of a policy document. ValueError where it is none."""
    document = json.loads(text)
    found = document.get("Statement") if isinstance(document, dict) else None
    if not isinstance(found, list) or document.get("Version") != "2012-10-17":
        raise ValueError("Syntax errors in policy.")
    for each in found:
        acts = {"Action", "NotAction"} & set(each)
        if each.get("Effect") not in {"Allow", "Deny"} or not acts:
            raise ValueError("Syntax errors in policy: a statement has no effect or no action.")
    return found


def listed(value: Any) -> list[Any]:
    """A list, also of one that stands alone, as policies write it."""
    return value if isinstance(value, list) else [value]


def _roles_of(text: str, account: str) -> Iterator[str]:
    """ARNs of the account's roles that a document names as principals."""
    for statement in statements(text):
        principal = statement.get("Principal")
        if isinstance(principal, dict):
            for arn in listed(principal.get("AWS", [])):
                if arn.startswith(f"arn:aws:iam::{account}:role/"):
                    yield arn


def _document(token: str, path: str, code: str, most: int, source: str) -> Rule:
    """A policy that can be read and kept."""

    def finds(call: Call) -> str | None:
        text = call.get(path)
        if text is None:
            return None
        try:
            statements(text)
        except (ValueError, AttributeError) as error:
            return f"{path} is no policy document: {error}"
        size = len("".join(text.split()))
        return None if size <= most else f"{path} has {size} characters, and may have {most}"

    what = f"{short(token)} {path} is a policy"
    return _rule(what, token, code, finds, source, form="document", path=path)


def _principals(token: str, path: str, code: str, source: str) -> Rule:
    """A policy whose principals exist."""

    def finds(call: Call) -> str | None:
        for arn in _roles_of(call.text(path), call.place.account):
            if call.account.find(t.ROLE, arn, "arn") is None:
                return f'Invalid principal in policy: "AWS":"{arn}"'
        return None

    what = f"{short(token)} {path} names who exists"
    return _rule(what, token, code, finds, source, form="principal", path=path, waits=True)


def _names_a_principal(call: Call) -> str | None:
    if any("Principal" in each for each in statements(call.text("policy"))):
        return "Policy document should not specify a principal."
    return None


def trusts(call: Call, arn: object, service: str) -> bool:
    """Whether a role lets a service take it on."""
    role = call.account.find(t.ROLE, arn, "arn")
    if role is None:
        return False
    services = [
        each
        for statement in statements(role.inputs["assumeRolePolicy"])
        if statement["Effect"] == "Allow" and isinstance(statement.get("Principal"), dict)
        for each in listed(statement["Principal"].get("Service", []))
    ]
    return service in services


def trusted(token: str, path: str, service: str, code: str, source: str) -> Rule:
    """A role that exists and that a service may take on."""

    def finds(call: Call) -> str | None:
        for arn in values(call.inputs, path):
            if not trusts(call, arn, service):
                return f"{arn} does not exist or does not trust {service}"
        return None

    what = f"{short(token)} {path} trusts {service}"
    return _rule(what, token, code, finds, source, form="there", path=path, to=t.ROLE, waits=True)


def _lets_nobody_change_it(call: Call) -> str | None:
    if call.get("policy") is None or call.get("bypassPolicyLockoutSafetyCheck"):
        return None
    for statement in statements(call.text("policy")):
        principal = statement.get("Principal")
        own = isinstance(principal, dict) and any(
            each.startswith(f"arn:aws:iam::{call.place.account}:")
            for each in listed(principal.get("AWS", []))
        )
        if own and {"kms:*", "kms:PutKeyPolicy"} & set(listed(statement.get("Action"))):
            return None
    return "The new key policy will not allow you to update the key policy in the future."


def admits(policy: str, service: str) -> bool:
    """Whether a key's policy lets a service use it."""
    return any(
        service in listed(statement["Principal"].get("Service", []))
        for statement in statements(policy)
        if statement["Effect"] == "Allow" and isinstance(statement.get("Principal"), dict)
    )


def _has_ten_policies(call: Call) -> str | None:
    count = sum(each.inputs["role"] == call.get("role") for each in call.others())
    return None if count < _ATTACHED else f"Cannot exceed quota for PoliciesPerRole: {_ATTACHED}"


def _says_too_much(call: Call) -> str | None:
    own = [each.inputs for each in call.others() if each.inputs["role"] == call.get("role")]
    texts = [call.text("policy"), *(each["policy"] for each in own)]
    size = sum(len("".join(text.split())) for text in texts)
    return None if size <= _INLINE else f"Maximum policy size of {_INLINE} bytes exceeded: {size}"


def _is_a_service_role(call: Call) -> str | None:
    name = call.text("name")
    return f"{name} is reserved" if name.startswith("AWSServiceRoleFor") else None


def _rule(
    what: str,
    token: str,
    code: str,
    finds: Callable[[Call], str | None],
    source: str,
    *,
    form: Form | None = None,
    path: str = "",
    to: str = "",
    waits: bool = False,
) -> Rule:
    return Rule(
        what=what, types=(token,), on=("create", "update"), code=code, source=source,
        finds=finds, form=form, path=path, target=(to, "arn"), waits=waits,
    )  # fmt: skip


_NAME = r"[\w+=,.@-]{1,%d}"

RULES: tuple[Rule, ...] = (
    named(t.ROLE, "name", _NAME % 64, "ValidationError", f"{_IAM}, CreateRole"),
    named(t.ROLE, "description", r"[\t\n\r\x20-\x7e\xa1-\xff]{0,1000}", "ValidationError",
          f"{_IAM}, CreateRole"),
    named(t.ROLE_POLICY, "name", _NAME % 128, "ValidationError", f"{_IAM}, PutRolePolicy"),
    named(t.ALIAS, "name", r"alias/(?!aws/)[a-zA-Z0-9/_-]{1,250}", "InvalidAliasNameException",
          f"{_KMS}, CreateAlias"),
    between(t.KEY, "deletionWindowInDays", 7, 30, f"{_KMS}, ScheduleKeyDeletion"),
    *(_document(*each) for each in (
        (t.ROLE, "assumeRolePolicy", "MalformedPolicyDocument", 2048, _QUOTAS),
        (t.ROLE_POLICY, "policy", "MalformedPolicyDocument", _INLINE, _QUOTAS),
        (t.KEY, "policy", "MalformedPolicyDocumentException", 32_768, f"{_KMS}, CreateKey"),
        (t.BUCKET_POLICY, "policy", "MalformedPolicy", 20_480, "S3 API, PutBucketPolicy"),
        (t.TOPIC_POLICY, "policy", "InvalidParameter", 30_720, "SNS API, SetTopicAttributes"),
        (t.QUEUE_POLICY, "policy", "InvalidAttributeValue", 8192, "SQS API, SetQueueAttributes"),
    )),
    *(_principals(*each) for each in (
        (t.ROLE, "assumeRolePolicy", "MalformedPolicyDocument", f"{_IAM}, CreateRole"),
        (t.KEY, "policy", "MalformedPolicyDocumentException", f"{_KMS}, CreateKey"),
        (t.BUCKET_POLICY, "policy", "MalformedPolicy", "S3 API, PutBucketPolicy"),
        (t.TOPIC_POLICY, "policy", "InvalidParameter", "SNS API, SetTopicAttributes"),
        (t.QUEUE_POLICY, "policy", "InvalidAttributeValue", "SQS API, SetQueueAttributes"),
    )),
    _rule("a role's own policy names nobody", t.ROLE_POLICY, "MalformedPolicyDocument",
          _names_a_principal, f"{_IAM}, PutRolePolicy"),
    _rule("names of services' roles are theirs", t.ROLE, "InvalidInput", _is_a_service_role,
          f"{_IAM}, CreateRole"),
    unique(t.ROLE, "name", "EntityAlreadyExists", f"{_IAM}, CreateRole"),
    refers(t.ROLE_POLICY, "role", t.ROLE, "name", "NoSuchEntity", f"{_IAM}, PutRolePolicy"),
    _rule("a role's own policies have a size", t.ROLE_POLICY, "LimitExceeded", _says_too_much,
          _QUOTAS),
    refers(t.ATTACHMENT, "role", t.ROLE, "name", "NoSuchEntity", f"{_IAM}, AttachRolePolicy"),
    _rule("a role has ten policies", t.ATTACHMENT, "LimitExceeded", _has_ten_policies, _QUOTAS),
    _rule("somebody can change a key", t.KEY, "MalformedPolicyDocumentException",
          _lets_nobody_change_it, f"{_KMS}, CreateKey"),
    refers(t.ALIAS, "targetKeyId", t.KEY, "id", "NotFoundException", f"{_KMS}, CreateAlias"),
    unique(t.ALIAS, "name", "AlreadyExistsException", f"{_KMS}, CreateAlias"),
    holds(t.ROLE_POLICY, "role", t.ROLE, "id", "DeleteConflict", f"{_IAM}, DeleteRole"),
    holds(t.ATTACHMENT, "role", t.ROLE, "id", "DeleteConflict", f"{_IAM}, DeleteRole"),
)  # fmt: skip
