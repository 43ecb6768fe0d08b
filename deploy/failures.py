"""What the engine and the API server say of a failure, in a sentence with what to do about it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.events import Said, Thing
from deploy.locks import locks

FEW: Final = 3
"""Things that are named of more that failed in the same way."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed and why; `remedy` is empty where the message says it itself."""

    thing: Thing | None
    message: str
    remedy: str = ""

    def lines(self, things: Sequence[Thing] = ()) -> list[str]:
        """As `slipway check` prints a problem; of all `things` that failed in the same way."""
        named = things or ([self.thing] if self.thing else [])
        names = ", ".join(map(str, named[:FEW]))
        more = f" and {len(named) - FEW} more" if len(named) > FEW else ""
        told = [f"{names}{more}: {self.message}" if names else self.message]
        return [*told, f"    → {self.remedy}"] if self.remedy else told


Found = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Known:
    """A way to fail: how it is recognised, and what is said instead."""

    pattern: re.Pattern[str]
    say: Callable[[Found], str]
    remedy: Callable[[Found], str]


def _known(pattern: str, say: str, remedy: str) -> _Known:
    return _Known(
        re.compile(pattern, re.DOTALL), lambda found: say.format(**found),
        lambda found: remedy.format(**found),
    )  # fmt: skip


_GOES_ON: Final = "run the command again: it goes on where this one ended"
_KILLED: Final = re.compile(r"\s*code: -\d")
"""How the exception of a command begins that ended by a signal."""

_KNOWN: Final = (
    _known(
        r'conflicts? with "(?P<manager>[^"]+)"[^:]*:\s*(?:- )?(?P<field>\.\S+)',
        "the field {field} is set by {manager} as well, to another value",
        "take it back with slipway up --repair, or let {manager} go without it",
    ),
    _known(
        r'failed calling webhook "(?P<webhook>[^"]+)".*?(?P<why>context deadline exceeded'
        r"|connection refused|no endpoints available|EOF|i/o timeout|no service port|x509[^\n]*)",
        "the webhook {webhook} did not judge it: {why}",
        "see that the webhook's pods answer, and run the command again",
    ),
    _known(
        r'admission webhook "(?P<webhook>[^"]+)" denied the request: (?P<why>[^\n]+)',
        "the webhook {webhook} refuses it: {why}",
        "mend the entry; slipway check should have told, so please report it",
    ),
    _known(
        r"namespace (?P<namespace>\S+) because it is being terminated",
        "the namespace {namespace} is still being deleted",
        "see what holds it with kubectl get namespace {namespace} -o yaml, and run slipway up "
        "--repair when it is gone",
    ),
    _known(
        r"timed out waiting for the condition",
        "it was not gone, or not ready, after the time that the provider waits",
        "see what holds it with kubectl get -o yaml, by its finalizers and conditions, and run the "
        "command again",
    ),
    _known(
        r"Timeout: (?P<why>request did not complete[^\n]*)",
        "the API server did not answer in time: {why}",
        _GOES_ON,
    ),
    _known(
        r'namespaces "(?P<namespace>[^"]+)" not found',
        "the namespace {namespace} is gone, with all that was in it",
        "make it anew with slipway up --repair",
    ),
    _known(
        r"exceeded quota: (?P<why>[^\n]+)",
        "the namespace's quota does not allow it: {why}",
        "raise the project's quota, or ask for less",
    ),
    _known(
        r"(?P<what>\S+ is forbidden): (?P<why>User [^\n]+)",
        "{what}: {why}",
        "sign in as somebody who may, or have the right granted",
    ),
    _known(
        r"plugin .*exited|exited prematurely|transport is closing|Error while dialing"
        r"|error reading from server: EOF|resource monitor shut down",
        "the engine lost its provider while it worked",
        _GOES_ON,
    ),
    _known(
        r"unexpected EOF$|connection reset by peer|http2: client connection lost",
        "the API server went away before it had answered",
        _GOES_ON,
    ),
    _known(
        r"configured Kubernetes cluster is unreachable|connection refused",
        "the cluster does not answer",
        "see that it runs and that you are signed in (of the local one: slipway local status), "
        "and run the command again",
    ),
)

_ERROR: Final = re.compile(r"(?m)^\s*(?:stderr: )?error: (?P<error>.+)$")
_UNKNOWN: Final = re.compile("no stack named .* found")
_CANCELLED: Final = re.compile("context canceled$")
"""What was under way as something else failed."""
_NOISE: Final = ("update failed", "preview failed", "resource update failed", "destroy failed")


_WRAPPED: Final = re.compile(
    r"^(?:\d+ errors? occurred:\s*\* )?"
    r"(?:the Kubernetes API server reported that \S+ failed to fully initialize or become live: )?"
)
"""What the provider says before the API server has its word."""


def failure_of(said: Said) -> Failure | None:
    """What an error of the engine comes to; None for one that only says that there was one."""
    message = _WRAPPED.sub("", said.message.strip())
    if message in _NOISE or _CANCELLED.search(message):
        return None
    for known in _KNOWN:
        match = known.pattern.search(message)
        if match:
            found = match.groupdict()
            return Failure(said.thing, known.say(found), known.remedy(found))
    return Failure(said.thing, _shortened(message))


def unforeseen(error: Exception) -> Failure:
    """What goes wrong on this machine, or as the API server is asked, beside the engine."""
    return Failure(None, str(error) or type(error).__name__, _GOES_ON)


def command_failure(stack: str, told: str, *, local: bool = False) -> Failure:
    """What a command of the engine's comes to that ended before it said anything in its log.

    A lock of a `local` stack is a living process's; those of the dead have been taken away.
    """
    held = locks(told)
    if held:
        gone = "" if local else f", or, if it is gone, run pulumi cancel --stack {stack}"
        return Failure(
            None,
            f"another run holds the stack: {'; '.join(map(str, held))}",
            f"wait for it{gone}",
        )
    if _KILLED.match(told):
        return Failure(None, "the engine was killed", _GOES_ON)
    if _UNKNOWN.search(told):
        return Failure(
            None,
            f"the backend that you are signed in to has no stack {stack}",
            f"make it with pulumi stack init {stack}, or sign in to the right one with "
            "pulumi login",
        )
    errors = [match["error"].strip() for match in _ERROR.finditer(told)]
    return Failure(None, "; ".join(dict.fromkeys(errors)) or "the engine ended without a word")


def _shortened(message: str) -> str:
    """Without the traceback of a program that failed in a way that nobody thought of."""
    if "Program failed with an unhandled exception" in message:
        return f"the program failed: {message.rstrip().rpartition(chr(10))[2].strip()}"
    return message
