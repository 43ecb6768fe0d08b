"""docs/reference/errors.md: every error code."""

from collections.abc import Iterator
from itertools import groupby

from catalog.codes import ALL, Code
from cli.pages.markdown import anchor, code, page, table, wrapped

GROUPS = {
    1: "Files and YAML",
    2: "The schema",
    3: "Names",
    4: "Models and artifacts",
    5: "Serving options",
    6: "Quotas",
    7: "Placement",
    8: "Stacks and settings",
    9: "Policies",
}

INTRO = """\
Every error has a code that never changes its meaning. `slipway explain SLW301` prints the same
text, and an error in a pull request links to its place here. A message always names the file, the
line, the value, what is allowed, and what to do; this page says why there is such a rule at all."""


def errors() -> str:
    """The page."""
    return page("Error codes", "`catalog/codes/`", INTRO, _contents(), _groups())


def _contents() -> str:
    rows = (
        (f"[{GROUPS[group]}](#{_slug(GROUPS[group])})", f"SLW{group}xx", str(len(list(codes))))
        for group, codes in _by_group()
    )
    return table(("", "codes", "how many"), rows, right=(2,))


def _groups() -> Iterator[str]:
    for group, codes in _by_group():
        yield f"## {GROUPS[group]}"
        for each in codes:
            yield from _code(each)


def _code(each: Code) -> Iterator[str]:
    yield f"{anchor(each.id.lower())}\n### {each.id}: {each.title}"
    yield wrapped(each.why)
    yield f"Wrong:\n\n{code(each.wrong)}"
    yield f"Right:\n\n{code(each.right)}"


def _by_group() -> Iterator[tuple[int, list[Code]]]:
    for group, codes in groupby(ALL, key=lambda each: each.number // 100):
        yield group, list(codes)


def _slug(heading: str) -> str:
    return heading.lower().replace(" ", "-")
