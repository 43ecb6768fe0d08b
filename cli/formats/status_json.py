"""The status as JSON for programs. Keys are added in later versions, never renamed or removed.

    version        1
    ok             whether every endpoint is as declared and ready: the exit status in one word
    stacks[]
      stack        its name
      ok           as above, of this stack
      read_at      when the cluster was read
      counts       number of endpoints by state
      not_seen[]   kinds that may not be read, and why
      endpoints[]  team, project, namespace, name, kind (model, llm, graph), state, ok, serves,
                   since, url, ready, wanted (replicas), progress, condition and conditions[]:
                   the cluster's own words, causes[]: {code, what, remedy, seen, weight}

Times are RFC 3339; what is not known is null. A weight is passing, blocking or lasting.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cli.formats.problems import dumped
from deploy.status.verdict import Verdict, Verdicts

VERSION = 1


def status_json(stacks: Sequence[Verdicts]) -> str:
    """The status of all stacks that are asked about."""
    return dumped(
        {
            "version": VERSION,
            "ok": all(each.ok for each in stacks),
            "stacks": [_stack(each) for each in stacks],
        }
    )


def _stack(verdicts: Verdicts) -> dict[str, Any]:
    return {
        "stack": verdicts.stack,
        "ok": verdicts.ok,
        "read_at": verdicts.taken.isoformat(timespec="seconds"),
        "counts": {str(state): number for state, number in verdicts.counts.items()},
        "not_seen": list(verdicts.notes),
        "endpoints": [_endpoint(each) for each in verdicts.each],
    }


def _endpoint(verdict: Verdict) -> dict[str, Any]:
    return {
        "team": verdict.team,
        "project": verdict.project,
        "namespace": verdict.namespace,
        "name": verdict.name,
        "kind": verdict.kind,
        "state": str(verdict.state),
        "ok": verdict.ok,
        "serves": verdict.serves,
        "since": verdict.since.isoformat() if verdict.since else None,
        "url": verdict.url,
        "ready": verdict.ready,
        "wanted": verdict.wanted,
        "progress": verdict.progress,
        "condition": verdict.condition,
        "conditions": list(verdict.conditions),
        "causes": [asdict(cause) for cause in verdict.causes],
    }
