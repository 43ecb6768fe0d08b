"""What KWOK answers for that nobody runs here, as its Stages.

KWOK's own stages look after nodes and pods. These write the status that Kourier, Envoy Gateway and
an inference gateway would write, of every generation anew, so that an edit is answered as well.
Templates are Go's and selectors are jq's (kwok v0.7.0, `site/content/en/docs/user/
stages-configuration.md`); both see the object.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from catalog.objects import Object
from local.network import ADDRESS

CONTROLLER: Final = "slipway.dev/local-plane"
"""Who answers, in a status that names its author."""
_INGRESS: Final = "kourier-internal.knative-serving.svc.cluster.local"
_GATEWAY_API: Final = "gateway.networking.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """A kind, what is true of it in jq once its generation is answered, and its status in YAML."""

    version: str
    kind: str
    plural: str
    answered: str
    status: str


def _condition(kind: str, indent: str = "") -> str:
    lines = (
        f"- type: {kind}",
        '  status: "True"',
        f"  reason: {kind}",
        "  message: taken to be so, because nobody runs this here",
        "  observedGeneration: {{ $generation }}",
        "  lastTransitionTime: {{ Now | Quote }}",
    )
    return "".join(f"{indent}{line}\n" for line in lines)


def _accepted(conditions: str) -> str:
    """True once one of these conditions accepts the generation that there is."""
    return (
        f".metadata.generation as $now | [{conditions}"
        ' | select(.type == "Accepted" and .observedGeneration == $now)] | length > 0'
    )


def _parent(reference: str) -> str:
    return (
        f"- controllerName: {CONTROLLER}\n  parentRef:\n{reference}"
        f"  conditions:\n{_condition('Accepted', '  ')}{_condition('ResolvedRefs', '  ')}"
    )


# Inside of a range the object itself is out of sight.
_GENERATION: Final = "{{ $generation := .metadata.generation }}\n"

_ITS_OWN: Final = _accepted(".status.conditions[]?")
_OF_PARENTS: Final = _accepted(".status.parents[]? | .conditions[]?")

# Its conditions have no generation of their own, and the server drops it.
_KNATIVE: Final = f"""\
observedGeneration: {{{{ $generation }}}}
conditions:
{_condition("LoadBalancerReady")}{_condition("NetworkConfigured")}{_condition("Ready")}\
publicLoadBalancer: {{ingress: [{{domainInternal: {_INGRESS}}}]}}
privateLoadBalancer: {{ingress: [{{domainInternal: {_INGRESS}}}]}}
"""

_GATEWAY: Final = f"""\
addresses: [{{type: IPAddress, value: {ADDRESS}}}]
conditions:
{_condition("Accepted")}{_condition("Programmed")}"""

_ROUTE: Final = (
    "parents:\n{{ range .spec.parentRefs }}\n"
    + _parent(
        """\
    group: {{ or .group "gateway.networking.k8s.io" }}
    kind: {{ or .kind "Gateway" }}
    name: {{ .name }}
    {{ with .namespace }}namespace: {{ . }}{{ end }}
    {{ with .sectionName }}sectionName: {{ . }}{{ end }}
"""
    )
    + "{{ end }}\n"
)

_POOL: Final = "parents:\n" + _parent(
    """\
    group: gateway.networking.k8s.io
    kind: Gateway
    name: {{ .metadata.name }}
"""
)

# The key of a model: kserve v0.20.0 `pkg/apis/serving/v1alpha1/local_model_node_types.go`.
_CACHED: Final = (
    '[.spec.localModels[]? | [.namespace // empty, .modelName] | join("/")]'
    " - ((.status.modelStatus // {}) | keys) | length == 0"
)
_CACHE: Final = """\
modelStatus:
{{ range .spec.localModels }}
  {{ with .namespace }}{{ . }}/{{ end }}{{ .modelName }}: ModelDownloaded
{{ end }}
"""

_OF_THE_DOOR: Final = (
    Answer(
        "networking.internal.knative.dev/v1alpha1",
        "Ingress",
        "ingresses",
        ".metadata.generation == .status.observedGeneration",
        _KNATIVE,
    ),
    Answer(_GATEWAY_API, "GatewayClass", "gatewayclasses", _ITS_OWN,
           f"conditions:\n{_condition('Accepted')}"),
    Answer(_GATEWAY_API, "Gateway", "gateways", _ITS_OWN, _GATEWAY),
    Answer(_GATEWAY_API, "ListenerSet", "listenersets", _ITS_OWN,
           f"conditions:\n{_condition('Accepted')}{_condition('Programmed')}"),
    Answer(_GATEWAY_API, "HTTPRoute", "httproutes", _OF_PARENTS, _ROUTE),
)  # fmt: skip
"""What Kourier and Envoy Gateway answer themselves where there is a real node."""

_OF_ALL: Final = (
    Answer("serving.kserve.io/v1alpha1", "LocalModelNode", "localmodelnodes", _CACHED, _CACHE),
    Answer("inference.networking.k8s.io/v1", "InferencePool", "inferencepools", _OF_PARENTS, _POOL),
)  # fmt: skip


def answers(*, node: bool) -> tuple[Answer, ...]:
    """Those of a plane with or without a real node."""
    return _OF_ALL if node else (*_OF_THE_DOOR, *_OF_ALL)


def stages(answered: Iterable[Answer]) -> list[Object]:
    """One for each answer."""
    return [_stage(answer) for answer in answered]


def configuration(answered: Iterable[Answer]) -> str:
    """The file that KWOK reads: documents of YAML."""
    return "".join(f"---\n{json.dumps(stage)}\n" for stage in stages(answered))


def _stage(answer: Answer) -> Object:
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": f"answer-{answer.plural}"},
        "spec": {
            "resourceRef": {"apiGroup": answer.version, "kind": answer.kind},
            "selector": {
                "matchExpressions": [
                    {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"},
                    {
                        "key": f"({answer.answered}) | tostring",
                        "operator": "NotIn",
                        "values": ["true"],
                    },
                ]
            },
            "next": {"statusTemplate": _GENERATION + answer.status},
        },
    }


def rules(answered: Iterable[Answer]) -> list[Object]:
    """What KWOK may do to answer, as rules of a role."""
    made: list[Object] = []
    for answer in answered:
        group = answer.version.partition("/")[0]
        made += [
            {"apiGroups": [group], "resources": [answer.plural], "verbs": ["get", "list", "watch"]},
            {
                "apiGroups": [group],
                "resources": [f"{answer.plural}/status"],
                "verbs": ["patch", "update"],
            },
        ]
    return made
