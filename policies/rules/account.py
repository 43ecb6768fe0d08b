"""The account: whose it is, what it may cost, and what its cluster enforces."""

from collections.abc import Iterator

from policies.rules.reading import at, document, fields, text
from policies.rules.rule import About, Scene, Severity, Stack, Subject, rule, stack_rule


@stack_rule(
    About(
        id="cluster-network-policy",
        title="The cluster enforces NetworkPolicies",
        severity=Severity.CRITICAL,
        why="Without an agent that reads them a NetworkPolicy is a wish.",
        remedy='Configure the add-on vpc-cni with enableNetworkPolicy: "true".',
        sources=("CIS-4.3.1", "CIS-5.4.4"),
    ),
    "aws:eks/addon:Addon",
)
def network_policy(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    for addon in stack.all("aws:eks/addon:Addon"):
        said = text(addon.props, "configurationValues").replace(" ", "")
        cni = text(addon.props, "addonName") == "vpc-cni"
        if cni and '"enableNetworkPolicy":"true"' not in said:
            yield addon, "does not enforce NetworkPolicies"


@stack_rule(
    About(
        id="account-budget",
        title="Somebody hears when the account costs more than it may",
        severity=Severity.MEDIUM,
        why="GPUs are bought by the hour; the bill comes by the month.",
        remedy="Add a Budget with notifications.",
        sources=("slipway/cost",),
    ),
    "aws:eks/cluster:Cluster", "aws:budgets/budget:Budget",
)  # fmt: skip
def budget(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    budgets = stack.all("aws:budgets/budget:Budget")
    for cluster in stack.all("aws:eks/cluster:Cluster"):
        if not any(at(one.props, "notifications") for one in budgets):
            yield cluster, "has no budget that tells anybody"


@rule(
    About(
        id="resource-owned",
        title="What costs money says which stack it is of",
        severity=Severity.LOW,
        why="The bill is split by tags, and what no stack owns is found by them.",
        remedy="Leave the provider's default tags on.",
        sources=("kyverno/require-labels", "slipway/cost"),
    ),
    "pulumi:providers:aws",
)
def owned(subject: Subject, _scene: Scene) -> Iterator[str]:
    # A provider's inputs are texts of JSON.
    if "slipway.dev/stack" not in fields(document(subject.props, "defaultTags"), "tags"):
        yield "tags nothing with slipway.dev/stack"


@rule(
    About(
        id="provider-account",
        title="The provider refuses every account but its own",
        severity=Severity.HIGH,
        why="With the wrong credentials in the shell, prod is built in dev's account.",
        remedy="Set allowedAccountIds and region.",
        sources=("slipway/production",),
    ),
    "pulumi:providers:aws",
)
def account(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not at(subject.props, "allowedAccountIds"):
        yield "takes any account"
    if not text(subject.props, "region"):
        yield "takes any region"


RULES = (
    account,
    budget,
    network_policy,
    owned,
)
