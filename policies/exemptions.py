"""What may break a rule, which, and why: objects by name, since no label may excuse itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Exemption:
    """An object of the platform, as findings name it, with the rules that it need not keep."""

    subject: str
    rules: frozenset[str]
    why: str


EXEMPTIONS: Final = (
    Exemption(
        "DaemonSet model-cache/model-cache-agent",
        frozenset(
            {
                "container-capabilities", "container-non-root", "container-readiness",
                "pod-volumes",
            }
        ),
        "KServe's agent keeps weights on the node's own disks. Its init container gives it their "
        "folder, with three capabilities, and nothing asks it anything.",
    ),
    Exemption(
        "SecurityPolicy envoy-gateway-system/https-redirect",
        frozenset({"security-policy-closed"}),
        "Its route answers everyone, with a redirect to HTTPS, and leads nowhere.",
    ),
)  # fmt: skip

_NONE: Final[frozenset[str]] = frozenset()
_BY_SUBJECT: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {each.subject: each.rules for each in EXEMPTIONS}
)


def exempt(subject: str) -> frozenset[str]:
    """The rules that a subject need not keep, by id."""
    return _BY_SUBJECT.get(subject, _NONE)
