"""Every error code with what it means: the text of `slipway explain CODE` and of SARIF reports.

A code is never given a second meaning. Each group has a module that lists its codes in order:
1xx files and YAML, 2xx the schema, 3xx names, 4xx models and artifacts, 5xx serving options,
6xx quotas, 7xx placement, 8xx stacks and settings, 9xx policies. `ALL` finds the modules by
themselves.
"""

import re
from importlib import import_module
from pkgutil import iter_modules

from catalog.codes.code import Code

ALL: tuple[Code, ...] = tuple(
    code
    for name in sorted(info.name for info in iter_modules(__path__) if info.name != "code")
    for code in import_module(f"{__name__}.{name}").CODES
)
CODES: dict[str, Code] = {code.id: code for code in ALL}


def explain(code: str) -> Code:
    """The code of that id (`SLW101`, `slw101` or `101`), or the nearest where there is none."""
    digits = re.sub(r"\D", "", code)
    exact = CODES.get(f"SLW{digits}")
    if exact is not None:
        return exact
    wanted = int(digits[:9] or 0)
    return min(ALL, key=lambda known: abs(known.number - wanted))


def explain_code(code: str) -> str:
    """The documentation of a code as plain text, its title in the first line."""
    known = explain(code)
    return "\n".join(
        (
            known.title,
            "",
            known.why,
            "",
            "Wrong:",
            *(f"    {line}" for line in known.wrong.splitlines()),
            "",
            "Right:",
            *(f"    {line}" for line in known.right.splitlines()),
            "",
        )
    )


__all__ = ["ALL", "CODES", "Code", "explain", "explain_code"]
