"""What is said of an endpoint by what its cluster holds: each cause, and every state."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.status.snapshot import KINDS, Snapshot
from deploy.status.verdict import State, Weight
from tests.fleets import FILE, LOCAL, NAMESPACE
from tests.observed import (
    FIRST,
    GRAPH,
    LLM,
    MANAGER,
    NOW,
    SECOND,
    STANDARD,
    World,
    ago,
    codes,
    condition,
    container,
    told,
)

QUOTA = (
    'pods "fraud-predictor-00001-deployment-7d9c-" is forbidden: exceeded quota: project, '
    "requested: requests.cpu=2025m, used: requests.cpu=59, limited: requests.cpu=60"
)
POD_SECURITY = (
    'pods "fraud-predictor-7d9c-" is forbidden: violates PodSecurity "restricted:v1.34": '
    'allowPrivilegeEscalation != false (container "kserve-container" must set '
    "securityContext.allowPrivilegeEscalation=false)"
)
KNATIVE_WEBHOOK = (
    'fails to reconcile predictor: admission webhook "validation.webhook.serving.knative.dev" '
    "denied the request: validation failed: must not set the field(s): "
    "spec.template.spec.dnsPolicy"
)
INVALID = (
    'fails to reconcile predictor: Deployment.apps "fraud-predictor" is invalid: '
    "spec.template.spec.containers[0].securityContext: Invalid value: "
    '{"Capabilities":{"Drop":["ALL"]},"Privileged":true}: cannot set `allowPrivilegeEscalation` to '
    "false and `privileged` to true"
)
NO_ANSWER = (
    "fails to reconcile predictor: Internal error occurred: failed calling webhook "
    '"webhook.serving.knative.dev": failed to call webhook: Post "https://webhook.knative-serving.'
    'svc:443/defaulting?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused'
)
POLICY = (
    "pods \"fraud-predictor-7d9c-\" is forbidden: ValidatingAdmissionPolicy 'slipway-images' with "
    "binding 'slipway-images' denied request: images come from the platform's registries"
)
UNSCHEDULABLE = (
    "0/7 nodes are available: 2 Insufficient nvidia.com/gpu, 5 node(s) didn't match Pod's node "
    "affinity/selector. preemption: 0/7 nodes are available: 7 Preemption is not helpful for "
    "scheduling."
)


class Case(NamedTuple):
    """What happened in the cluster, and what is to be said of it."""

    happens: Callable[[World], object]
    state: State
    code: str
    says: str
    advises: str
    weight: Weight = Weight.BLOCKING
    entry: dict[str, Any] | None = None


def refused_runtime(reason: str, message: str) -> Callable[[World], None]:
    def happens(world: World) -> None:
        world.drop("KnativeService", "Revision", "Deployment", "Pod")
        world.not_ready(
            condition("PredictorReady", "Unknown"),
            modelStatus={
                "states": {"activeModelState": "", "targetModelState": "FailedToLoad"},
                "transitionStatus": "InvalidSpec",
                "lastFailureInfo": {"reason": reason, "message": message},
            },
        )
        world.event("InferenceService", "fraud", "InternalError", "fails to reconcile component")

    return happens


def starting(**status: Any) -> Callable[[World], None]:
    """The first pod is there, with these container statuses."""

    def happens(world: World) -> None:
        world.never_ready()
        world.pod["status"] |= {"phase": "Pending", **status}

    return happens


def waiting(reason: str, message: str) -> Callable[[World], None]:
    server = container("kserve-container", waiting={"reason": reason, "message": message})
    return starting(containerStatuses=[server])


def downloading(message: str, code: int = 1, reason: str = "Error") -> Callable[[World], None]:
    ended = {"exitCode": code, "reason": reason, "message": message}
    back_off = {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}
    init = container("storage-initializer", waiting=back_off, last=ended, restarts=2)
    return starting(initContainerStatuses=[init])


def crashing(
    restarts: int, reason: str = "Error", code: int = 1, message: str = ""
) -> Callable[[World], None]:
    ended = {"exitCode": code, "reason": reason, "message": message}
    back_off = {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}
    server = container("kserve-container", waiting=back_off, last=ended, restarts=restarts)
    return starting(containerStatuses=[server], phase="Running")


def no_pods(message: str) -> Callable[[World], None]:
    """The ReplicaSet may not make its pods, and the Deployment says so."""

    def happens(world: World) -> None:
        world.never_ready()
        world.drop("Pod")
        world.deployment["status"]["conditions"].append(
            condition("ReplicaFailure", "True", "FailedCreate", message)
        )

    return happens


def unschedulable(world: World) -> None:
    world.never_ready()
    world.pod["status"] = {
        "phase": "Pending",
        "conditions": [condition("PodScheduled", "False", "Unschedulable", UNSCHEDULABLE)],
    }


def node_is_coming(world: World) -> None:
    unschedulable(world)
    labels = {"slipway.dev/pool": "cpu", "node.kubernetes.io/instance-type": "g6.2xlarge"}
    world.add(
        "NodeClaim",
        {
            "metadata": {"name": "gpu-l4-x7", "labels": labels},
            "status": {"conditions": [condition("Launched"), condition("Initialized", "Unknown")]},
        },
    )


def karpenter_finds_none(world: World) -> None:
    unschedulable(world)
    world.event(
        "Pod", "fraud-predictor-a", "FailedScheduling",
        "Failed to schedule pod, all available instance types exceed limits for nodepool: gpu-l4",
    )  # fmt: skip


def no_answer_to_probe(minutes: float) -> Callable[[World], None]:
    def happens(world: World) -> None:
        world.never_ready()
        world.pod["metadata"]["creationTimestamp"] = ago(minutes=minutes)
        world.pod["status"]["containerStatuses"] = [container("kserve-container", running=True)]
        world.event(
            "Pod", "fraud-predictor-a", "Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 503",
        )  # fmt: skip

    return happens


def warned(reason: str, message: str) -> Callable[[World], None]:
    """KServe could not make the Knative Service, and only an event says why."""

    def happens(world: World) -> None:
        world.drop("KnativeService", "Revision", "Deployment", "Pod")
        world.not_ready(condition("PredictorReady", "Unknown"))
        world.event("InferenceService", "fraud", reason, message)

    return happens


def failed_revision(reason: str, message: str, kind: str = "ResourcesAvailable") -> Any:
    def happens(world: World) -> None:
        world.never_ready()
        world.drop("Pod", "Deployment")
        world.revision["status"]["conditions"] = [
            condition("Ready", "False", reason, message),
            condition(kind, "False", reason, message),
        ]
        failed = f'Revision "{FIRST}" failed with message: {message}.'
        world.not_ready(condition("PredictorConfigurationReady", "False", "RevisionFailed", failed))

    return happens


def route(kind: str, reason: str, message: str) -> Callable[[World], None]:
    def happens(world: World) -> None:
        other = {"Accepted": "ResolvedRefs", "ResolvedRefs": "Accepted"}[kind]
        bad = [condition(kind, "False", reason, message), condition(other)]
        world.route["status"] = {"parents": [{"conditions": bad}]}

    return happens


def volume(world: World) -> None:
    starting(containerStatuses=[])(world)
    world.event(
        "Pod", "fraud-predictor-a", "FailedMount",
        'MountVolume.SetUp failed for volume "hub": secret "huggingface" not found',
    )  # fmt: skip


def no_claim(world: World) -> None:
    unschedulable(world)
    absent = '0/118 nodes are available: persistentvolumeclaim "visual-search" not found. not found'
    world.pod["status"]["conditions"][0]["message"] = absent


def silent(world: World) -> None:
    world.main.pop("status")
    world.drop("KnativeService", "Revision", "Deployment", "Pod")


def going(world: World) -> None:
    world.main["metadata"] |= {
        "deletionTimestamp": ago(minutes=9),
        "finalizers": ["inferenceservice.finalizers"],
    }


def namespace_going(world: World) -> None:
    world.drop("InferenceService")
    world.namespace["metadata"]["deletionTimestamp"] = ago(minutes=9)
    world.namespace["status"] = {
        "phase": "Terminating",
        "conditions": [
            condition("NamespaceDeletionContentFailure", "False", "ContentDeleted"),
            condition(
                "NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining: "
                "inferenceservice.finalizers in 1 resource instances",
            ),
        ],
    }  # fmt: skip


def certificate(issuing: str) -> Callable[[World], None]:
    def happens(world: World) -> None:
        absent = ("DoesNotExist", "Issuing certificate as Secret does not exist")
        failed = ("Failed", "The certificate request has failed to complete: order is invalid")
        world.certificate["status"]["conditions"] = [
            condition("Ready", "False", *absent),
            condition("Issuing", issuing, *(failed if issuing == "False" else absent)),
        ]

    return happens


CASES = {
    "no runtime": Case(
        refused_runtime(
            "NoSupportingRuntime", "No runtime found to support specified framework/version"
        ),
        State.BROKEN, "runtime", "No runtime found", "set framework", Weight.LASTING,
    ),
    "unknown runtime": Case(
        refused_runtime("RuntimeNotRecognized", "Waiting for runtime to become available"),
        State.BROKEN, "runtime", "Waiting for runtime", "runtimes are not installed",
    ),
    "runtime off": Case(
        refused_runtime("RuntimeDisabled", "Specified runtime is disabled"),
        State.BROKEN, "runtime", "disabled", "switched off", Weight.LASTING,
    ),
    "invalid spec": Case(
        refused_runtime("InvalidPredictorSpec", "no container configuration found in selected "
        "serving runtime"),
        State.BROKEN, "spec", "no container configuration", FILE, Weight.LASTING,
    ),
    "model missing": Case(
        downloading("2026-05-04 ERROR kserve: Storage initialization failed: S3 resource "
        "'example-dev-models' not found.\n"),
        State.BROKEN, "model-missing", "not there: S3 resource 'example-dev-models' not found",
        "correct model", Weight.LASTING,
    ),
    "model gated": Case(
        downloading("Storage initialization failed: HuggingFace authentication failed. Set "
        "HF_TOKEN or request access to the gated repository."),
        State.BROKEN, "model-denied", "may not be read", "secrets", Weight.LASTING,
    ),
    "model denied": Case(
        downloading("Access denied to S3 resource 'other'. Verify permissions."),
        State.BROKEN, "model-denied", "Access denied", "secrets", Weight.LASTING,
    ),
    "model unreached": Case(
        downloading("Failed to connect to S3 endpoint 'example-dev-models'."),
        State.BROKEN, "model-unreached", "does not answer", "tried again",
    ),
    "download dies": Case(
        downloading("", code=137), State.BROKEN, "download", "exit code 137", "check model"
    ),
    "download out of memory": Case(
        downloading("", code=137, reason="OOMKilled"),
        State.BROKEN, "memory", "storage-initializer was killed", "platform's",
    ),
    "image missing": Case(
        waiting("ImagePullBackOff", 'Back-off pulling image "server:1": ErrImagePull: rpc error: '
        "code = NotFound desc = failed to pull and unpack image: not found"),
        State.BROKEN, "image", "there is no such image", f"in {FILE}", Weight.LASTING,
    ),
    "image denied": Case(
        waiting("ErrImagePull", "failed to authorize: failed to fetch anonymous token: "
        "unexpected status: 401 Unauthorized"),
        State.BROKEN, "image", "denies access", "let the cluster read", Weight.LASTING,
    ),
    "image slow": Case(
        waiting("ErrImagePull", "dial tcp: i/o timeout"),
        State.BROKEN, "image", "i/o timeout", "can be reached",
    ),
    "secret missing": Case(
        waiting("CreateContainerConfigError", 'secret "fraud-secrets" not found'),
        State.BROKEN, "setup", 'secret "fraud-secrets" not found', "secrets", Weight.LASTING,
    ),
    "first crash": Case(
        crashing(1, message="Traceback (most recent call last):\n  x\nValueError: bad pickle\n"),
        State.BROKEN, "crash", "exit code 1 (1 restarts): ValueError: bad pickle", "--previous",
    ),
    "crash again": Case(
        crashing(4), State.BROKEN, "crash", "4 restarts", "mend the model", Weight.LASTING
    ),
    "out of memory": Case(
        crashing(2, reason="OOMKilled", code=137),
        State.BROKEN, "memory", "more than its memory", f"raise resources.memory in {FILE}",
    ),
    "probe at first": Case(
        no_answer_to_probe(0.5), State.WAITING, "probe", "statuscode: 503", "wait",
        Weight.PASSING,
    ),
    "probe for too long": Case(
        no_answer_to_probe(600), State.BROKEN, "probe", "statuscode: 503", "its log says why"
    ),
    "unschedulable": Case(
        unschedulable, State.BROKEN, "unschedulable",
        "of 7 nodes too little nvidia.com/gpu, none of the others is of the pool", "resources.gpu",
    ),
    "node is coming": Case(
        node_is_coming, State.WAITING, "node", "g6.2xlarge", "wait", Weight.PASSING
    ),
    "pool is full": Case(
        karpenter_finds_none, State.BROKEN, "unschedulable", "exceed limits for nodepool", "pool"
    ),
    "claim missing": Case(
        no_claim, State.BROKEN, "volume", "no PersistentVolumeClaim visual-search", "change model"
    ),
    "volume": Case(volume, State.BROKEN, "volume", 'secret "huggingface" not found', "Secret"),
    "quota": Case(
        no_pods(QUOTA), State.BROKEN, "quota", "cpu 59 of 60 used and 2025m more asked",
        "lower resources.cpu or scaling.max",
    ),
    "quota in standard mode": Case(
        no_pods(QUOTA), State.BROKEN, "quota", "the quota project is used up", "raise its quota",
        entry=STANDARD,
    ),
    "quota of an LLM": Case(
        no_pods(QUOTA), State.BROKEN, "quota", "the quota project is used up", "raise its quota",
        entry=LLM,
    ),
    "pod security": Case(
        no_pods(POD_SECURITY), State.BROKEN, "pod-security", "restricted:v1.34 refuses the pod",
        "image", Weight.LASTING,
    ),
    "admission policy": Case(
        no_pods(POLICY), State.BROKEN, "policy", "slipway-images refuses it", "as the policy asks",
        Weight.LASTING,
    ),
    "limit range": Case(
        no_pods('pods "x" is forbidden: maximum cpu usage per Container is 2, but limit is 4'),
        State.BROKEN, "refused", "maximum cpu usage per Container is 2", "slipway check",
    ),
    "knative refuses": Case(
        warned("InternalError", KNATIVE_WEBHOOK), State.BROKEN, "refused",
        "validation.webhook.serving.knative.dev refuses", "slipway check", Weight.LASTING,
    ),
    "knative refuses for long": Case(
        lambda world: world.not_ready(
            condition("PredictorReady", "False", "ReconcileFailed", KNATIVE_WEBHOOK)
        ),
        State.BROKEN, "refused", "must not set the field(s)", "slipway check", Weight.LASTING,
    ),
    "invalid": Case(
        lambda world: world.not_ready(
            condition("PredictorReady", "False", "ReconcileFailed", INVALID)
        ),
        State.BROKEN, "refused",
        'finds Deployment.apps "fraud-predictor" invalid, which the entry becomes: '
        "spec.template.spec.containers[0].securityContext: cannot set", "slipway check",
        Weight.LASTING, STANDARD,
    ),
    "LLM without rights": Case(
        lambda world: world.not_ready(
            condition(
                "WorkloadsReady", "False", "ReconcileSingleNodeWorkloadError", "no such account"
            )
        ),
        State.BROKEN, "controller-error", "no such account", "slipway check", entry=LLM,
    ),
    "webhook is down": Case(
        warned("InternalError", NO_ANSWER), State.BROKEN, "webhook", "does not answer",
        "nothing is wrong with the entry",
    ),
    "storage scheme": Case(
        warned("InternalError", "StorageURI not supported: storageUri, must be one of: [gs://]"),
        State.BROKEN, "controller-error", "StorageURI not supported", "slipway check",
    ),
    "no knative": Case(
        warned("ServerlessModeRejected", "It is not possible to use Knative deployment mode when "
        "Knative Services are not available"),
        State.BROKEN, "controller-error", "Knative Services are not available", "platform",
    ),
    "deadline": Case(
        failed_revision("ProgressDeadlineExceeded", "Initial scale was never achieved"),
        State.BROKEN, "deadline", "Initial scale was never achieved", "slipway up tries again",
        Weight.LASTING,
    ),
    "revision without image": Case(
        failed_revision(
            "ContainerMissing", 'Unable to fetch image "x": 404 Not Found', "ContainerHealthy"
        ),
        State.BROKEN, "image", "Unable to fetch image", "by digest", Weight.LASTING,
    ),
    "revision crashes": Case(
        failed_revision("ExitCode3", "Container failed with: no model", "ContainerHealthy"),
        State.BROKEN, "crash", "exit code 3: no model", FILE,
    ),
    "revision unknown": Case(
        failed_revision("HitByMeteorite", "a large one"),
        State.BROKEN, "unknown", "ResourcesAvailable is False: HitByMeteorite: a large one",
        "kubectl describe",
    ),
    "route without backend": Case(
        route("ResolvedRefs", "BackendNotFound", "Service knative-serving/kourier not found"),
        State.BROKEN, "route", "BackendNotFound", "comes with the endpoint",
    ),
    "route without grant": Case(
        route("ResolvedRefs", "RefNotPermitted", "Backend ref is not permitted"),
        State.BROKEN, "route", "RefNotPermitted", "ReferenceGrant",
    ),
    "route without parent": Case(
        route("Accepted", "NoMatchingParent", "No listeners match this parent ref"),
        State.BROKEN, "route", "NoMatchingParent", "slipway up --stack dev",
    ),
    "route pending": Case(
        route("Accepted", "Pending", ""), State.WAITING, "route", "Pending", "gateway",
        Weight.PASSING,
    ),
    "no route": Case(
        lambda world: world.objects["HTTPRoute"].clear(),
        State.BROKEN, "no-route", "no HTTPRoute", "slipway up --stack dev", Weight.LASTING,
    ),
    "no gateway": Case(
        lambda world: world.route.pop("status"),
        State.BROKEN, "gateway", "no gateway has looked", "Envoy Gateway",
    ),
    "listener": Case(
        lambda world: world.listeners.update(
            status={"conditions": [condition("Accepted", "False", "NotAllowed", "no")]}
        ),
        State.BROKEN, "listener", "Accepted is False: NotAllowed: no", "gateway",
    ),
    "certificate": Case(
        certificate("False"), State.BROKEN, "certificate", "order is invalid", "cert-manager"
    ),
    "certificate at first": Case(
        certificate("True"), State.WAITING, "certificate", "does not exist", "wait", Weight.PASSING
    ),
    "controller away": Case(
        silent, State.BROKEN, "controller", "has said nothing", "kubectl -n kserve get pods"
    ),
    "stopped": Case(
        lambda world: world.main["metadata"]["annotations"].update(
            {"serving.kserve.io/stop": "true"}
        ),
        State.BROKEN, "stopped", "serving.kserve.io/stop", "take the annotation off",
        Weight.LASTING,
    ),
    "going": Case(going, State.BROKEN, "leaving", "held by inferenceservice.finalizers", "wait"),
    "namespace going": Case(
        namespace_going, State.MISSING, "namespace",
        "inferenceservice.finalizers in 1 resource instances", "start the controller",
    ),
    "deleted": Case(
        lambda world: world.drop("InferenceService"), State.MISSING, "absent",
        "its InferenceService is not in the cluster", "slipway up --stack dev", Weight.LASTING,
    ),
    "never applied": Case(
        lambda world: world.objects.clear(), State.MISSING, "absent", "nothing of the stack dev",
        "slipway up --stack dev", Weight.LASTING,
    ),
    "LLM preset missing": Case(
        lambda world: world.not_ready(
            condition("Ready", "Unknown"),
            condition("PresetsCombined", "False", "ConfigNotFound", "kserve-config-llm-template")
            | {"severity": "Info"},
        ),
        State.BROKEN, "unknown", "PresetsCombined is False: ConfigNotFound", "kubectl describe",
        entry=LLM,
    ),
    "name taken": Case(
        lambda world: (
            world.never_ready(),
            world.service["status"]["conditions"].append(
                condition("RoutesReady", "False", "NotOwned", "There is an existing Route")
            ),
        ),
        State.BROKEN, "taken", "There is an existing Route", "delete that object", Weight.LASTING,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_cause_is_told_with_what_to_do(case: Case) -> None:
    world = World(case.entry)
    case.happens(world)
    verdict = world.verdict()
    assert (verdict.state, codes(verdict)[:1]) == (case.state, [case.code]), told(verdict)
    first = verdict.causes[0]
    assert case.says in first.what
    assert case.advises in first.remedy
    assert first.seen
    assert first.weight is case.weight
    assert not verdict.ok


@pytest.mark.parametrize(
    "entry", [None, STANDARD, LLM, GRAPH], ids=["knative", "standard", "llm", "graph"]
)
def test_what_is_ready_is_ready_without_a_word(entry: dict[str, Any] | None) -> None:
    verdict = World(entry).verdict()
    assert verdict.state is State.READY
    assert verdict.ok
    assert verdict.serves
    assert (verdict.ready, verdict.wanted) == (1, 1)
    assert not verdict.causes
    assert not verdict.conditions


def test_scaled_to_zero_is_well() -> None:
    world = World()
    world.revision["status"] |= {
        "actualReplicas": 0,
        "conditions": [condition("Active", "False", "NoTraffic"), condition("Ready")],
    }
    world.drop("Pod")
    verdict = world.verdict()
    assert verdict.state is State.ASLEEP
    assert verdict.ok


def test_an_edit_rolls_out_while_the_old_revision_answers() -> None:
    world = World()
    world.replacing()
    verdict = world.verdict()
    assert verdict.state is State.ROLLING
    assert verdict.serves
    assert not verdict.ok
    assert verdict.progress == "revision 00002 comes, 00001 answers"


def test_an_edit_that_cannot_run_is_broken_though_the_old_revision_answers() -> None:
    world = World()
    world.replacing()
    missing = {"reason": "ErrImagePull", "message": "manifest unknown"}
    world.pod["status"]["containerStatuses"] = [container("kserve-container", waiting=missing)]
    verdict = world.verdict()
    assert (verdict.state, codes(verdict)) == (State.BROKEN, ["image"])
    assert verdict.serves
    assert verdict.progress == "revision 00002 comes, 00001 answers"


def test_trouble_of_an_old_revisions_pods_says_nothing_of_the_new_one() -> None:
    world = World()
    ended = {"exitCode": 1, "reason": "Error"}
    world.pod["status"] = {
        "conditions": [condition("PodScheduled"), condition("Ready", "False")],
        "containerStatuses": [container("kserve-container", ended=ended)],
    }
    assert codes(world.verdict()) == ["crash"]
    world.replacing()
    assert not world.verdict().causes


def test_a_canary_is_shown_with_its_percents_and_is_as_declared() -> None:
    world = World()
    world.service["status"]["traffic"] = [
        {"latestRevision": True, "percent": 20, "revisionName": SECOND},
        {"latestRevision": False, "percent": 80, "revisionName": FIRST, "tag": "prev"},
    ]
    verdict = world.verdict()
    assert verdict.state is State.ROLLING
    assert verdict.progress == "20 % to 00002, 80 % to 00001"
    assert verdict.ok


def test_what_has_just_been_made_is_waited_for() -> None:
    world = World()
    silent(world)
    world.main["metadata"]["creationTimestamp"] = ago(seconds=3)
    verdict = world.verdict()
    assert verdict.state is State.WAITING
    assert not verdict.causes
    assert not verdict.is_lasting


def test_the_first_revision_is_waited_for() -> None:
    world = World()
    world.never_ready()
    verdict = world.verdict()
    assert verdict.state is State.WAITING
    assert not verdict.causes
    assert verdict.conditions[0].startswith("PredictorReady is Unknown: RevisionMissing")


@pytest.mark.parametrize("entry", [STANDARD, LLM], ids=["standard", "llm"])
def test_too_few_replicas_are_waited_for(entry: dict[str, Any]) -> None:
    world = World(entry)
    world.never_ready()
    assert world.verdict().state is State.WAITING


def test_an_edit_that_no_controller_has_taken_up_yet_is_not_called_ready() -> None:
    world = World()
    world.main["metadata"]["managedFields"][0]["time"] = ago(seconds=1)
    verdict = world.verdict()
    assert verdict.state is State.ROLLING
    assert verdict.progress == "the edit is being taken up"
    assert not verdict.ok


def test_an_edit_that_changes_nothing_below_is_ready_after_a_moment() -> None:
    world = World()
    world.main["metadata"]["managedFields"][0]["time"] = ago(seconds=30)
    assert world.verdict().ok


@pytest.mark.parametrize(
    ("entry", "kind"),
    [(None, "KnativeService"), (STANDARD, "Deployment"), (LLM, "LLMInferenceService")],
    ids=["knative", "standard", "llm"],
)
def test_a_generation_that_is_not_observed_is_waited_for(
    entry: dict[str, Any] | None, kind: str
) -> None:
    world = World(entry)
    obj = world.objects[kind][0]
    obj["status"]["observedGeneration"] = 1
    obj["metadata"]["generation"] = 2
    assert not world.verdict().ok


def test_a_knative_service_that_is_not_ready_counts_before_kserve_copies_it() -> None:
    world = World()
    world.service["status"]["conditions"] = [condition("Ready", "Unknown", "OutOfDate")]
    assert not world.verdict().ok


def test_a_refused_edit_is_told_though_kserve_calls_the_old_one_ready() -> None:
    world = World()
    world.main["status"]["modelStatus"] = {
        "transitionStatus": "InvalidSpec",
        "lastFailureInfo": {"reason": "NoSupportingRuntime", "message": "No runtime found"},
    }
    verdict = world.verdict()
    assert (verdict.state, codes(verdict)) == (State.BROKEN, ["runtime"])
    assert verdict.serves


def test_a_warning_from_before_the_last_edit_is_not_told() -> None:
    world = World()
    warned("InternalError", KNATIVE_WEBHOOK)(world)
    world.main["metadata"]["managedFields"][0]["time"] = ago(seconds=20)
    assert not codes(world.verdict())


def test_what_was_applied_once_and_is_declared_no_more_is_out_of_date() -> None:
    world = World()
    world.by_hand("spec.predictor.canaryTrafficPercent", 20, MANAGER, "Apply")
    verdict = world.verdict()
    assert verdict.state is State.OUTDATED
    assert "canaryTrafficPercent is 20, and the entry does not set it" in verdict.causes[0].what


def test_what_a_webhook_adds_to_what_we_apply_is_no_difference() -> None:
    world = World()
    world.by_hand("spec.predictor.canaryTrafficPercent", 20, MANAGER, "Update")
    assert world.verdict().state is State.READY


def test_two_controllers_that_wrote_at_once_are_no_trouble() -> None:
    world = World()
    conflict = "Operation cannot be fulfilled: the object has been modified; please apply"
    warned("InternalError", conflict)(world)
    assert not codes(world.verdict())


def test_a_node_for_somebody_else_is_none_for_this_pod() -> None:
    for selected in ({"slipway.dev/pool": "gpu-l4"}, {}):
        world = World()
        node_is_coming(world)
        world.pod["spec"]["nodeSelector"] = selected
        assert codes(world.verdict()) == ["unschedulable"]


def test_a_missed_deadline_makes_its_reason_lasting() -> None:
    world = World()
    unschedulable(world)
    late = ("ProgressDeadlineExceeded", "Initial scale was never achieved")
    world.revision["status"]["conditions"] = [condition("ResourcesAvailable", "False", *late)]
    verdict = world.verdict()
    assert codes(verdict) == ["unschedulable"]
    assert verdict.is_lasting


def test_ten_pods_with_one_trouble_tell_it_once() -> None:
    world = World()
    crashing(1)(world)
    world.objects["Pod"] *= 10
    assert codes(world.verdict()) == ["crash"]


def test_a_replica_in_trouble_is_told_of_an_endpoint_that_is_ready() -> None:
    world = World()
    crashing(1)(World())
    ended = {"exitCode": 1, "reason": "Error"}
    world.pod["status"] = {
        "conditions": [condition("PodScheduled"), condition("Ready", "False")],
        "containerStatuses": [container("kserve-container", ended=ended)],
    }
    verdict = world.verdict()
    assert verdict.state is State.READY
    assert verdict.ok
    assert codes(verdict) == ["crash"]


def test_a_field_that_somebody_set_is_changed_by_hand() -> None:
    world = World()
    world.by_hand("spec.predictor.maxReplicas", 9)
    verdict = world.verdict()
    assert (verdict.state, codes(verdict)) == (State.CHANGED, ["changed"])
    assert "spec.predictor.maxReplicas is 9, set by kubectl-edit" in told(verdict)
    assert "slipway up --stack dev --repair takes it back" in told(verdict)
    assert FILE in told(verdict)


def test_a_field_that_somebody_added_is_changed_by_hand() -> None:
    world = World()
    world.by_hand("spec.predictor.canaryTrafficPercent", 20)
    said = told(world.verdict())
    assert "canaryTrafficPercent is 20, set by kubectl-edit, and the entry does not set it" in said


def test_a_default_that_a_webhook_filled_in_is_no_change() -> None:
    world = World()
    world.main["spec"]["predictor"]["dnsPolicy"] = "ClusterFirst"
    world.main["metadata"]["annotations"]["internal.serving.kserve.io/x"] = "1"
    assert world.verdict().ok


def test_an_entry_that_was_edited_since_the_last_up_is_out_of_date() -> None:
    world = World()
    world.main["spec"]["predictor"]["maxReplicas"] = 9
    verdict = world.verdict()
    assert (verdict.state, codes(verdict)) == (State.OUTDATED, ["outdated"])
    assert "by hand" not in told(verdict)


def test_a_change_by_hand_is_told_beside_what_it_broke() -> None:
    world = World()
    world.by_hand("spec.predictor.maxReplicas", 9)
    crashing(1)(world)
    verdict = world.verdict()
    assert (verdict.state, codes(verdict)) == (State.BROKEN, ["crash", "changed"])


@pytest.mark.parametrize(
    ("labels", "advice"),
    [({"app.kubernetes.io/managed-by": "slipway"}, "slipway up"), ({}, "leaves it alone")],
    ids=["ours", "of others"],
)
def test_what_nobody_declares_is_told(labels: dict[str, str], advice: str) -> None:
    world = World()
    metadata = {"name": "old", "namespace": NAMESPACE, "labels": labels}
    world.add("InferenceService", {"metadata": metadata})
    said = world.verdicts()
    old = next(each for each in said.each if each.name == "old")
    assert old.state is State.UNDECLARED
    assert old.path == "risk/scoring/old"
    assert advice in told(old)
    assert not said.ok


def test_what_is_outside_of_tenants_is_none_of_our_business() -> None:
    world = World()
    world.add("InferenceService", {"metadata": {"name": "other", "namespace": "elsewhere"}})
    assert world.verdicts().ok


def test_where_no_gateway_runs_nobody_waits_for_one() -> None:
    world = World(env=LOCAL)
    for each in (world.route, world.listeners, world.certificate):
        each.pop("status")
    assert world.verdict().ok


def test_what_may_not_be_read_is_noted_and_judged_by_the_rest() -> None:
    world = World()
    world.drop("Pod", "HTTPRoute")
    world.unreadable = {"Pod": "may not be read: pods is forbidden", "HTTPRoute": "may not be read"}
    said = world.verdicts()
    assert said.ok
    assert said.notes == ("HTTPRoute may not be read", "Pod may not be read: pods is forbidden")


KEYS = st.sampled_from(
    [
        "metadata", "status", "spec", "conditions", "type", "reason", "message", "name", "labels",
        "namespace", "containerStatuses", "state", "waiting", "terminated", "managedFields",
        "fieldsV1", "f:spec", "traffic", "percent", "parents", "involvedObject", "modelStatus",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS, inside, max_size=5),
    max_leaves=20,
)


@st.composite
def spoilt(draw: st.DrawFn) -> World:
    """A cluster in which any part of any object may be anything."""
    world = World(draw(st.sampled_from([None, STANDARD, LLM, GRAPH])))
    if draw(st.booleans()):
        world.never_ready()
    for kind in draw(st.lists(st.sampled_from([each.name for each in KINDS]), max_size=4)):
        there = world.objects.setdefault(kind, [])
        if not there or draw(st.booleans()):
            there.append(draw(st.dictionaries(KEYS, JSON, max_size=4)))
            continue
        inside: Any = there[0]
        for _ in range(draw(st.integers(0, 4))):
            options = [key for key in inside if isinstance(inside[key], dict) and inside[key]]
            if not options:
                break
            inside = inside[draw(st.sampled_from(options))]
        if inside:
            inside[draw(st.sampled_from(list(inside)))] = draw(JSON)
    return world


@given(spoilt())
def test_a_verdict_is_found_whatever_the_cluster_holds(world: World) -> None:
    said = world.verdicts()
    assert [each.name for each in said.each].count("fraud") >= 1
    for each in said.each:
        assert each.ok or each.state is not State.READY
        assert all(cause.what and cause.remedy and cause.code for cause in each.causes)


@given(st.dictionaries(st.sampled_from([each.name for each in KINDS]), st.lists(JSON, max_size=3)))
def test_a_verdict_is_found_of_anything_at_all(objects: dict[str, list[Any]]) -> None:
    world = World()
    world.objects = objects
    assert world.verdicts().each


def test_the_snapshot_of_an_empty_cluster_is_judged() -> None:
    world = World()
    world.objects = {}
    assert Snapshot(NOW, {}).of("Pod") == ()
    assert world.verdict().state is State.MISSING
