"""What a text may not hold wherever it stands: a known secret, or the start of a Go template."""

import json
from collections.abc import Iterator

from catalog.checks.base import Surroundings, place_of
from catalog.endpoint import Endpoint
from catalog.errors import Problem
from catalog.field_errors import subject_of
from catalog.layers import Path
from catalog.resolve import Draft
from catalog.secret_shapes import known_secret


def texts_are_public(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Descriptions, lineage and examples are shown to everyone who may read the endpoint."""
    for path, text in _shown(draft.endpoint):
        shape = known_secret(text)
        if shape is not None:
            yield Problem(
                place_of(draft, path),
                "SLW516",
                subject_of((draft.endpoint.name, *path)),
                f"the text holds {shape}, which anyone could read in git, in the stack's state and "
                "in the cluster",
                "remove it, and replace the one that was written here",
            )


def _shown(e: Endpoint) -> Iterator[tuple[Path, str]]:
    yield ("description",), e.description
    yield ("owner",), e.owner
    for name in ("commit", "data", "run"):
        yield ("lineage", name), getattr(e.lineage, name, None) or ""
    for number, example in enumerate(e.examples):
        yield ("examples", number), json.dumps([example.request, example.expect])


def nothing_is_a_template(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """KServe runs the containers of a pod as a Go template, so two braces would be code.

    Source: KServe 0.20 `isvcutils.ReplacePlaceholders`, `llmisvc/config_merge.go`.
    """
    for path, text in _run(draft.endpoint):
        if "{{" in text:
            yield Problem(
                place_of(draft, path),
                "SLW534",
                subject_of((draft.endpoint.name, *path)),
                "the text holds {{, which KServe would run as a template",
                "write it without two braces in a row, or put it into the model's own files",
            )


def _run(e: Endpoint) -> Iterator[tuple[Path, str]]:
    yield from ((("env", name), value) for name, value in e.env.items())
    for option in ("container", "transformer", "explainer"):
        part = getattr(e, option)
        for number, argument in enumerate(getattr(part, "args", ())):
            yield (option, "args", number), argument
        for name, value in getattr(part, "env", {}).items():
            yield (option, "env", name), value
