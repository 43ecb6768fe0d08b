"""docs/reference/policies.md: every rule, and which rules of others it stands for."""

from collections.abc import Iterator

from cli.pages.markdown import page, table, tick
from policies.coverage import COVERAGE, LESS, NOT_APPLICABLE
from policies.registry import RULES
from policies.rules.rule import Rule, StackRule

INTRO = """\
The same rules judge what entries become in `slipway check` and `slipway plan`, what
`pulumi preview --policy-pack policies` would change, and, as Kyverno's policies, what arrives in a
tenant's namespace. A rule that is *mandatory* stops a change: of an entry it is the error SLW901.
*Advice* does not; a plan shows it for the projects that change, all but what is said of the pin
table, which is the platform's. What is not known before a change is made is not found."""

TESTED = """\
Every rule passes a good case and fails a bad one, word for word: `tests/policies/cases/` has them
by the rule's id. No rule fails on any input, whatever its shape."""

SOURCES = """\
`CKV` are Checkov's ids, `kyverno/` policies of its library, `CIS-` numbers of the CIS Amazon EKS
Benchmark 1.8.0, `C-` Kubescape's controls for the NSA's hardening guide, `eks/` chapters of the EKS
best practices, `slipway/` promises of this platform. Roles and pods of charts are not seen."""


def policies() -> str:
    """The page."""
    return page("Policies", "`policies/rules`", INTRO, TESTED, _rules(), _coverage())


def _rules() -> Iterator[str]:
    yield "## Rules"
    yield table(
        ("rule", "severity", "", "what", "why", "remedy"),
        (
            (
                tick(about.id),
                about.severity,
                "mandatory" if about.mandatory else "advice",
                about.title,
                about.why,
                about.remedy,
            )
            for about in (rule.about for rule in RULES)
        ),
    )
    yield "### What each reads"
    yield table(("rule", "reads"), ((tick(rule.about.id), _kinds(rule)) for rule in RULES))


def _kinds(rule: Rule | StackRule) -> str:
    beside = "together: " if isinstance(rule, StackRule) else ""
    words = {"*": "every Kubernetes object", "container": "containers", "server": "servers"}
    return beside + ", ".join(words.get(kind) or tick(kind) for kind in rule.kinds)


def _coverage() -> Iterator[str]:
    yield "## Coverage"
    yield SOURCES
    yield table(("source", "rules", ""), ((tick(s), _told(s), LESS.get(s, "")) for s in COVERAGE))


def _told(source: str) -> str:
    if source in NOT_APPLICABLE:
        return f"not applicable: {NOT_APPLICABLE[source]}"
    return ", ".join(tick(rule) for rule in COVERAGE[source])
