"""What rules outside the core refuse."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW901",
        "A policy is broken",
        "The rules that CrossGuard holds a preview to are held against every entry here, over the "
        "objects that it becomes and the pods that these become. A mandatory one is broken; "
        "docs/reference/policies.md has each with its reason.",
        "container-privileged Pod of InferenceService risk-cards/fraud: is privileged",
        "the same pod without privileged: true",
    ),
)
