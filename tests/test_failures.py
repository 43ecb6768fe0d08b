"""What servers and the engine say of a failure becomes a sentence with what to do."""

import pytest

from deploy.events import Said
from deploy.failures import command_failure, failure_of

LOST = (
    "the engine lost its provider while it worked",
    "run the command again: it goes on where this one ended",
)
# In the words of the API server and of Pulumi.
SAID = {
    'Apply failed with 1 conflict: conflict with "somebody" using serving.kserve.io/v1beta1: '
    ".spec.predictor.maxReplicas": (
        "the field .spec.predictor.maxReplicas is set by somebody as well, to another value",
        "take it back with slipway up --repair, or let somebody go without it",
    ),
    'configmaps "more" is forbidden: unable to create new content in namespace stuck because it is '
    "being terminated": (
        "the namespace stuck is still being deleted",
        "see what holds it with kubectl get namespace stuck -o yaml, and run slipway up --repair "
        "when it is gone",
    ),
    'namespaces "stuck" not found': (
        "the namespace stuck is gone, with all that was in it",
        "make it anew with slipway up --repair",
    ),
    'Internal error occurred: failed calling webhook "judge.example.com": failed to call webhook: '
    'Post "https://127.0.0.1:9443/judge?timeout=10s": context deadline exceeded': (
        "the webhook judge.example.com did not judge it: context deadline exceeded",
        "see that the webhook's pods answer, and run the command again",
    ),
    "error reading from server: EOF: Error while dialing: dial tcp 127.0.0.1:41: connect: "
    "connection refused": LOST,
    "Detected that /bin/pulumi-resource-kubernetes exited prematurely. \n  It is a bug": LOST,
    "configured Kubernetes cluster is unreachable: dial tcp 127.0.0.1:6443: connect: connection "
    "refused": (
        "the cluster does not answer",
        "see that it runs and that you are signed in (of the local one: slipway local status), "
        "and run the command again",
    ),
    'the API server: Patch "https://127.0.0.1:39991/apis/v1?fieldManager=a": unexpected EOF': (
        "the API server went away before it had answered",
        "run the command again: it goes on where this one ended",
    ),
    "timed out waiting for the condition": (
        "it was not gone, or not ready, after the time that the provider waits",
        "see what holds it with kubectl get -o yaml, by its finalizers and conditions, and run the "
        "command again",
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_server_says(said: str) -> None:
    found = failure_of(Said(said, None))
    assert found is not None
    assert (found.message, found.remedy) == SAID[said]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("\n code: -9\n stdout: \n stderr: ", "the engine was killed"),
        ("\n code: 255\n stdout: \n stderr: ", "the engine ended without a word"),
        ("\n code: 255\n stdout: \n stderr: error: no such key\n", "no such key"),
    ],
)
def test_an_engine_that_ended_before_it_said_anything(told: str, message: str) -> None:
    assert command_failure("local", told).message == message
