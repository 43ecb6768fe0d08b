"""What rules outside the core refuse."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW901",
        "A policy is broken",
        "Every entry is held to the rules that judge a preview, over the objects that it becomes "
        "and the pods that those become. What breaks a mandatory one would be refused there, and "
        "later by the cluster; docs/reference/policies.md has every rule with its reason.",
        "image: registry.example.com/ml/part:latest@sha256:…",
        "image: registry.example.com/ml/part:1.4.0@sha256:…",
    ),
)
