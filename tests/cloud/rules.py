"""The forms that most refusals have: a name, one of a kind, what must exist, what is in use."""

import re
from collections.abc import Iterator

from tests.cloud.kinds import UNKNOWN, Call, Phase, Rule
from tests.cloud.store import Thing, at


def short(token: str) -> str:
    """`ec2.Subnet` of `aws:ec2/subnet:Subnet`."""
    _, module, name = token.split(":")
    return f"{module.partition('/')[0]}.{name}"


def named(token: str, path: str, form: str, code: str, source: str) -> Rule:
    """An input that has this form. The real providers say so before anything is asked of an API."""

    def finds(call: Call) -> str | None:
        value = call.get(path)
        if value is None or re.fullmatch(form, str(value)):
            return None
        return f"{path} {value!r} is not like {form}"

    what = f"{short(token)} {path} has a form"
    return Rule(
        what=what, types=(token,), on=("check",), code=code, source=source, finds=finds,
        form="form", path=path,
    )  # fmt: skip


def between(token: str, path: str, least: int, most: int, source: str) -> Rule:
    """A number between two others."""

    def finds(call: Call) -> str | None:
        value = call.get(path)
        if value is None or least <= int(value) <= most:
            return None
        return f"{path} is {value}, and must be {least} to {most}"

    what = f"{short(token)} {path} is in its range"
    return Rule(
        what=what, types=(token,), on=("check",), code="InvalidParameterValue", source=source,
        finds=finds, form="range", path=path,
    )  # fmt: skip


def unique(token: str, keys: str, code: str, source: str) -> Rule:
    """Of these inputs, separated by blanks, there is one in the account."""

    def finds(call: Call) -> str | None:
        own = [call.get(key) for key in keys.split()]
        if not any([at(each.inputs, key) for key in keys.split()] == own for each in call.others()):
            return None
        return f"{short(token)} {' '.join(map(str, own))} already exists"

    what = f"{short(token)} {keys} there is one of"
    return Rule(
        what=what, types=(token,), on=("create",), code=code, source=source, finds=finds,
        form="one", path=keys,
    )  # fmt: skip


def refers(
    token: str, path: str, target: str, key: str, code: str, source: str, *, outside: str = "-"
) -> Rule:
    """What an input names must exist; what begins with `outside` is not of this account."""

    def finds(call: Call) -> str | None:
        for value in values(call.inputs, path):
            if not value.startswith(outside) and call.account.find(target, value, key) is None:
                return f"The {short(target)} {value!r} does not exist"
        return None

    what = f"{short(token)} {path} names a {short(target)}"
    on: tuple[Phase, ...] = ("create", "update")
    return Rule(
        what=what, types=(token,), on=on, code=code, source=source, finds=finds,
        form="there", path=path, target=(target, key),
    )  # fmt: skip


def holds(token: str, path: str, target: str, key: str, code: str, source: str) -> Rule:
    """What an input names cannot be deleted before the thing that names it."""

    def finds(call: Call) -> str | None:
        held = call.old
        if held is None:
            return None
        for each in call.account.of(token):
            own = each.owner == f"{held.type} {held.id}"
            if not own and held.get(key) in values(each.inputs, path):
                return f"{short(target)} {held.id} is in use by {short(token)} {each.id}"
        return None

    what = f"{short(target)} is held by {path} of {short(token)}"
    return Rule(
        what=what, types=(target,), on=("delete",), code=code, source=source, finds=finds,
        form="held", path=path,
    )  # fmt: skip


def values(inputs: object, path: str) -> Iterator[str]:
    """Every text at a path, in lists of lists too."""
    found = at(inputs, path) if isinstance(inputs, dict) else None
    waiting: list[object] = [found]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, str) and each != UNKNOWN:
            yield each


def found(call: Call, token: str, path: str, key: str = "id") -> list[Thing]:
    """The things that an input names, as far as they exist."""
    things = (call.account.find(token, value, key) for value in values(call.inputs, path))
    return [thing for thing in things if thing is not None]
