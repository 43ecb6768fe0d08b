"""Problems as a person, a program, a code scanner and a pull request's margin read them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from catalog.errors import Place, Problem
from catalog.verdict import Advice

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(problems: Sequence[Problem]) -> str:
    """Every problem, and a last line that counts them."""
    lines = [line for problem in problems for line in problem.lines()]
    return "\n".join([*lines, last_line(problems)])


def last_line(problems: Sequence[Problem]) -> str:
    """How many, and how to learn more: `3 errors in 2 files; slipway explain SLW301 says more`."""
    files = len({problem.place.file for problem in problems})
    return (
        f"{counted(len(problems), 'error')} in {counted(files, 'file')}; "
        f"slipway explain {problems[0].code} says more"
    )


def as_data(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as JSON: every key is there, `line` and `column` are 0 for the file as a whole."""
    return [
        {
            "file": problem.place.file,
            "line": problem.place.line,
            "column": problem.place.column,
            "code": problem.code,
            "severity": problem.severity,
            "subject": problem.subject,
            "message": problem.message,
            "remedy": problem.remedy,
            "detail": list(problem.detail),
        }
        for problem in problems
    ]


def as_github(problems: Iterable[Problem], prefix: str = "") -> str:
    """Workflow commands that GitHub shows in the margin of a pull request.

    The format is that of `@actions/core`, `packages/core/src/command.ts` in actions/toolkit.
    """
    return "\n".join(_command(problem, prefix) for problem in problems)


def _command(problem: Problem, prefix: str) -> str:
    place = problem.place
    properties = {"file": prefix + place.file, "title": f"{problem.code} {problem.subject}"}
    if place.line:
        properties |= {"line": str(place.line), "col": str(place.column)}
    told = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    body = [problem.message, *problem.detail]
    if problem.remedy:
        body.append(f"→ {problem.remedy}")
    return f"::error {told}::" + _escaped("\n".join(body))


def _escaped(text: str, further: str = "") -> str:
    for character in "%\r\n" + further:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def as_sarif(problems: Sequence[Problem], prefix: str = "", advice: Sequence[Advice] = ()) -> str:
    """SARIF 2.1.0, with the documentation of every code and rule that occurs."""
    from catalog.codes import explain_code

    codes = sorted({problem.code for problem in problems})
    rules = [_rule(code, explain_code(code)) for code in codes]
    results = [_result(problem, codes.index(problem.code), prefix) for problem in problems]
    advised = sorted({each.rule: each for each in advice}.items())
    names = [name for name, _ in advised]
    rules += [_advising(each) for _, each in advised]
    results += [_advised(each, len(codes) + names.index(each.rule), prefix) for each in advice]
    driver = {"name": "slipway", "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return dumped({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str, documentation: str) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": documentation.strip().split("\n", 1)[0]},
        "fullDescription": {"text": documentation.strip()},
        "help": {"text": f"slipway explain {code}"},
        "defaultConfiguration": {"level": "error"},
    }


def _advising(advice: Advice) -> dict[str, Any]:
    return {
        "id": advice.rule,
        "shortDescription": {"text": advice.why},
        "fullDescription": {"text": advice.why},
        "help": {"text": advice.remedy},
        "defaultConfiguration": {"level": "note"},
    }


def _result(problem: Problem, rule: int, prefix: str) -> dict[str, Any]:
    text = f"{problem.subject}: {problem.message}"
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": f"{text}\n→ {problem.remedy}" if problem.remedy else text},
        "locations": [_location(problem.place, prefix)],
    }


def _advised(advice: Advice, rule: int, prefix: str) -> dict[str, Any]:
    return {
        "ruleId": advice.rule,
        "ruleIndex": rule,
        "level": "note",
        "message": {"text": f"{advice.subject}: {advice.message}\n→ {advice.remedy}"},
        "locations": [_location(advice.place, prefix)],
    }


def _location(place: Place, prefix: str) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": prefix + place.file}}
    if place.line:
        location["region"] = {"startLine": place.line, "startColumn": max(place.column, 1)}
    return {"physicalLocation": location}


def dumped(value: object) -> str:
    """JSON to print: readable, and the same for the same value."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`, `1,204 endpoints`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
