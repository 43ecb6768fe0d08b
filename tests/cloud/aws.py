"""The stand-in for the AWS provider: `python -m tests.cloud.aws ENGINE`."""

from collections.abc import Iterator

from tests.cloud import (
    aws_balancer_rules,
    aws_eks_rules,
    aws_iam_rules,
    aws_network_rules,
    aws_store_rules,
)
from tests.cloud.aws_types import ANSWERS, KINDS
from tests.cloud.kinds import Call, Package, Rule
from tests.cloud.serving import serve

_TAGS = 50
_GUIDE = "Tagging AWS resources user guide, Tag naming limits and requirements"


def _wrong_tags(call: Call) -> Iterator[str]:
    tags: dict[str, str] = {**call.place.tags, **(call.get("tags") or {})}
    if len(tags) > _TAGS:
        yield f"{len(tags)} tags are more than {_TAGS}"
    for key, value in tags.items():
        if key.lower().startswith("aws:") or not 1 <= len(key) <= 128 or len(value) > 256:
            yield f"the tag {key}={value} is not allowed"


_TAGGED = Rule(
    what="tags have a form",
    types=tuple(token for token, kind in KINDS.items() if kind.tagged),
    on=("check", "create"),
    code="InvalidParameterValue",
    source=_GUIDE,
    finds=lambda call: next(_wrong_tags(call), None),
)

PACKAGE = Package(
    name="aws",
    kinds=KINDS,
    rules=(
        _TAGGED,
        *aws_network_rules.RULES,
        *aws_balancer_rules.RULES,
        *aws_iam_rules.RULES,
        *aws_eks_rules.RULES,
        *aws_store_rules.S3,
        *aws_store_rules.STORES,
        *aws_store_rules.WATCH,
    ),
    answers=ANSWERS,
)

if __name__ == "__main__":
    serve(PACKAGE)
