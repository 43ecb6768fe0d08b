"""Helm releases: which chart, from where, and what happens when one fails."""

import re
from collections.abc import Iterator
from typing import Final

from catalog import pins
from policies.rules.reading import at, text, true
from policies.rules.rule import About, Scene, Severity, Subject, rule

RELEASE: Final = "helm.sh/Release"
EXACT: Final = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?")
VERSIONS: Final = {chart.name: chart.version for chart in pins.CHARTS}


def _chart(subject: Subject) -> str:
    return text(subject.props, "chart").rpartition("/")[2]


@rule(
    About(
        id="release-pinned",
        title="A release is of the chart and the version that the pin table names",
        severity=Severity.HIGH,
        why="A range, or none, is another platform each day; what the table does not name nobody "
        "has tested together.",
        remedy="Add the chart to catalog/pins.py, and take the version from there.",
        sources=("kyverno/disallow-latest-tag", "slipway/pins"),
    ),
    RELEASE,
)
def pinned(subject: Subject, _scene: Scene) -> Iterator[str]:
    version, wanted = text(subject.props, "version"), VERSIONS.get(_chart(subject))
    if wanted is None:
        yield f"is of the chart {_chart(subject) or 'without a name'}, which is not pinned"
    elif version != wanted:
        exact = EXACT.fullmatch(version)
        yield f"is of version {version or 'latest'}, not {wanted}" + ("" if exact else ", exactly")


@rule(
    About(
        id="release-whole",
        title="A release that fails leaves nothing behind",
        severity=Severity.MEDIUM,
        why="Half a release blocks the next: it is neither there to upgrade nor gone to install.",
        remedy="Set atomic and cleanupOnFail, and await it.",
        sources=("slipway/pins",),
    ),
    RELEASE,
)
def whole_release(subject: Subject, _scene: Scene) -> Iterator[str]:
    for field in ("atomic", "cleanupOnFail"):
        if not true(subject.props, field):
            yield f"is not {field}"
    if true(subject.props, "skipAwait"):
        yield "is not awaited"


@rule(
    About(
        id="release-source",
        title="A chart comes over TLS, from a repository or registry that is named",
        severity=Severity.HIGH,
        why="What is fetched in the clear, or from the disk of whoever runs it, can be anything.",
        remedy="Use oci:// or https://.",
        sources=("CIS-5.1.4", "slipway/pins"),
    ),
    RELEASE,
)
def source(subject: Subject, _scene: Scene) -> Iterator[str]:
    chart, repository = (
        text(subject.props, "chart"),
        text(subject.props, "repositoryOpts", "repo"),
    )
    if not chart.startswith("oci://") and not repository.startswith(("https://", "oci://")):
        yield f"comes from {repository or chart or 'nowhere'}"
    if at(subject.props, "repositoryOpts", "password"):
        yield "has the repository's password in the program"


@rule(
    About(
        id="release-namespace",
        title="A release stands in a namespace that was made for it",
        severity=Severity.MEDIUM,
        why="A namespace that Helm makes has no Pod Security labels.",
        remedy="Add the namespace to the platform's, and take createNamespace out.",
        sources=("CIS-4.5.1", "kyverno/disallow-default-namespace"),
    ),
    RELEASE,
)
def release_namespace(subject: Subject, _scene: Scene) -> Iterator[str]:
    if text(subject.props, "namespace") in ("", "default"):
        yield "stands in the namespace default"
    if true(subject.props, "createNamespace"):
        yield "makes its own namespace"


RULES = (
    pinned,
    release_namespace,
    source,
    whole_release,
)
