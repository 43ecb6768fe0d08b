"""The plan as JSON for programs. Keys are added in later versions, never renamed or removed.

    version          1
    valid            whether the fleet has no errors; if false, `errors` stands instead of the rest
    base             what was compared with, null for an empty fleet
    summary          add, change, remove: endpoints; before, after: bills (see below)
    stacks[]
      stack          its name
      summary        as above, of this stack
      endpoints[]    team, project, name, action, effect, fields[], before, after
      projects[]     team, project, action, fields[]: settings of the project and its team
      objects        created, updated, deleted: number by kind
      object_changes[]  action, apiVersion, kind, namespace, name, fields[]
      quotas[]       level, name, resource, before, after: {used, allowed}; null is unlimited
      policy[]       rule, subject, message, why, remedy, file, line, column: what rules advise for
                     the projects that change; what breaks a mandatory rule is an error instead

A field is {field, before, after}: texts as the entry writes them, or for objects JSON pointers and
JSON texts; null where it is not set. A bill is {endpoints, gpus, cents_a_month}, the last two
{at_least, at_most}. CPU is in millicores, memory in bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from catalog.errors import Problem
from catalog.plan import Action, FieldChange, Plan, QuotaLine, StackPlan
from catalog.summary import Bill
from cli.formats.policy import advice_data
from cli.formats.problems import as_data, dumped

VERSION = 1


def plan_json(plan: Plan) -> str:
    """The whole plan."""
    return dumped(
        {
            "version": VERSION,
            "valid": True,
            "base": plan.base,
            "summary": _summary(plan),
            "stacks": [_stack(stack) for stack in plan.stacks],
        }
    )


def errors_json(problems: Sequence[Problem]) -> str:
    """What stands in place of a plan when there is none."""
    return dumped({"version": VERSION, "valid": False, "errors": as_data(problems)})


def check_json(problems: Sequence[Problem]) -> str:
    """What `check` found: the same document, whose errors may be none."""
    return dumped({"version": VERSION, "valid": not problems, "errors": as_data(problems)})


def _summary(plan: Plan | StackPlan) -> dict[str, Any]:
    counts = {str(action): plan.count(action) for action in Action}
    return {**counts, "before": _bill(plan.before), "after": _bill(plan.after)}


def _bill(bill: Bill) -> dict[str, Any]:
    return {
        "endpoints": bill.endpoints,
        "gpus": {"at_least": bill.gpus_at_least, "at_most": bill.gpus_at_most},
        "cents_a_month": {"at_least": bill.cents_at_least, "at_most": bill.cents_at_most},
    }


def _stack(stack: StackPlan) -> dict[str, Any]:
    verbs = {"created": Action.ADD, "updated": Action.CHANGE, "deleted": Action.REMOVE}
    return {
        "stack": stack.stack,
        "summary": _summary(stack),
        "endpoints": [
            {
                "team": project.team,
                "project": project.project,
                "name": change.name,
                "action": change.action,
                "effect": change.effect,
                "fields": _fields(change.fields),
                "before": asdict(change.before) if change.before else None,
                "after": asdict(change.after) if change.after else None,
            }
            for project in stack.projects
            for change in project.endpoints
        ],
        "projects": [
            {
                "team": project.team,
                "project": project.project,
                "action": project.action,
                "fields": _fields(project.fields),
            }
            for project in stack.projects
        ],
        "objects": {verb: stack.objects(action) for verb, action in verbs.items()},
        "object_changes": [
            {
                "action": change.action,
                "apiVersion": change.api_version,
                "kind": change.kind,
                "namespace": change.namespace,
                "name": change.name,
                "fields": _fields(change.fields),
            }
            for project in stack.projects
            for change in project.objects
        ],
        "quotas": [_quota(line) for line in stack.quotas],
        "policy": advice_data(stack.advice),
    }


def _fields(fields: Iterable[FieldChange]) -> list[dict[str, Any]]:
    return [{"field": f.name, "before": f.before, "after": f.after} for f in fields]


def _quota(line: QuotaLine) -> dict[str, Any]:
    return {
        "level": line.level,
        "name": line.name,
        "resource": line.resource,
        "before": {"used": line.used_before, "allowed": line.allowed_before},
        "after": {"used": line.used_after, "allowed": line.allowed_after},
    }
