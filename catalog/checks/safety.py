"""Secrets, images, callers and labels: what could hurt others."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from catalog.checks.base import Surroundings, place_of, problem
from catalog.endpoint import Endpoint
from catalog.errors import Place, Problem, all_of, did_you_mean, one_of
from catalog.field_errors import subject_of
from catalog.render.secrets import HUB_TOKEN
from catalog.resolve import Draft
from catalog.scalars import IMAGE_FORM
from catalog.secret_shapes import secret_shape


def environment_is_clean(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """No secret in plain text, nothing that the platform or the loader of libraries owns."""
    e = draft.endpoint
    owned = set(draft.runtime.env) if draft.runtime else set[str]()
    for path, name, value in _variables(e):
        place = _variable_place(draft, path, name)
        subject = ".".join((e.name, *path, name))
        shape = None if value is None else secret_shape(name, value)
        if shape is not None:
            yield _plain_secret(place, subject, name, shape, e)
        why = _taken(name, owned if len(path) == 1 else ())
        if why is not None:
            remedy = "remove it; ask for an option if the server needs something of the kind"
            yield Problem(place, "SLW517", subject, f"{name} {why}", remedy)
    for name in sorted(set(e.env) & set(e.secrets)):
        yield Problem(
            draft.layers.map_place("secrets", name),
            "SLW517",
            f"{e.name}.secrets.{name}",
            f"{name} stands in env and in secrets, and a variable has one value",
            "keep one of the two",
        )


def _taken(name: str, owned: Collection[str]) -> str | None:
    """Why a variable is not a team's to set; None where it is."""
    if name in CODE_ENV or name.startswith("LD_"):
        return "decides what code the server loads"
    if name in IDENTITY_ENV:
        return "decides who the server is, and that is the project's own identity"
    if name in PLATFORM_ENV or name in owned or name.startswith(RESERVED_ENV_PREFIXES):
        return "is set by the platform"
    return None


def arguments_are_clean(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """No secret in the arguments of a team's own container either."""
    e = draft.endpoint
    for option in PARTS:
        flag = ""
        arguments: Sequence[str] = getattr(getattr(e, option), "args", ())
        for number, argument in enumerate(arguments):
            name, equals, value = argument.partition("=")
            name = name.lstrip("-").replace("-", "_") if argument.startswith("-") else ""
            shape = secret_shape(name, value) or secret_shape(flag, argument)
            flag = "" if equals else name
            if shape is not None:
                place = place_of(draft, (option, "args", number))
                subject = subject_of((e.name, option, "args", number))
                yield _plain_secret(place, subject, "NAME", shape, e)


PARTS = ("container", "transformer", "explainer")
"""The parts of an entry with an image of the team's own."""


def _plain_secret(place: Place, subject: str, name: str, shape: str, e: Endpoint) -> Problem:
    """Only the model's own container is given secrets."""
    apart = subject.startswith((f"{e.name}.transformer.", f"{e.name}.explainer."))
    return Problem(
        place,
        "SLW516",
        subject,
        f"the value looks like {shape}, which anyone could read in git, in the stack's state and "
        "in logs",
        "remove it, since only the model's own container has secrets, and replace the one that was "
        "written here"
        if apart
        else f"store it in the secrets manager under {e.namespace}/, write secrets: "
        f"{{{name}: <secret>/<key>}}, and replace the one that was written here",
    )


def _variables(e: Endpoint) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Where a variable is written, its name, and its value unless that is a reference."""
    yield from ((("env",), name, value) for name, value in e.env.items())
    yield from ((("secrets",), name, None) for name in e.secrets)
    for option in PARTS:
        env: Mapping[str, str] = getattr(getattr(e, option), "env", {})
        yield from (((option, "env"), name, value) for name, value in env.items())


def _variable_place(draft: Draft, path: tuple[str, ...], name: str) -> Place:
    if len(path) == 1:
        return draft.layers.map_place(path[0], name)
    written = draft.layers.find(*path)[1].path
    found = draft.layers.document
    return place_of(draft, path) if written is None else found.place((*written, name))


def one_hub_token(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """The downloader of a namespace reads one Hugging Face token."""
    e = draft.endpoint
    mine = e.secrets.get(HUB_TOKEN)
    for name, other in sorted(around.siblings.items()):
        theirs = other.secrets.get(HUB_TOKEN)
        if name < e.name and None not in (mine, theirs) and mine != theirs:
            yield Problem(
                draft.layers.map_place("secrets", HUB_TOKEN),
                "SLW532",
                f"{e.name}.secrets.{HUB_TOKEN}",
                f"{name} names {theirs}, and all models of a project are downloaded with one token",
                f"write {theirs} in both, or move one deployment to a project of its own",
            )
            return


CODE_ENV = frozenset({"PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP"})
"""KServe itself refuses PYTHONPATH (`pkg/validation/env_policy.go`)."""

IDENTITY_ENV = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_ROLE_ARN",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    }
)
"""Set by EKS Pod Identity, or looked for by AWS's SDKs before what it sets."""

PLATFORM_ENV = frozenset(
    {"HF_HOME", "HOME", "INFERENCE_SERVICE_NAME", "PORT", "PROTOCOL", "STORAGE_URI"}
)
"""Knative refuses PORT; the rest are KServe's or the runtimes' own."""

RESERVED_ENV = CODE_ENV | IDENTITY_ENV | PLATFORM_ENV
RESERVED_ENV_PREFIXES = ("LD_", "K_", "KUBERNETES_", "MLSERVER_MODEL_", "SLIPWAY_")
"""Of the loader of libraries, Knative, Kubernetes, the runtimes and the platform."""


def images_allowed(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """A team's own images come from registries that the platform names."""
    for option in PARTS:
        part = getattr(draft.endpoint, option)
        if part is None:
            continue
        match = IMAGE_FORM.fullmatch(part.image)
        if match is not None and match["registry"] not in around.platform.registries:
            yield registry_refused(draft, (option, "image"), match["registry"], around)


def registry_refused(
    draft: Draft, at: tuple[str, ...], registry: str, around: Surroundings
) -> Problem:
    """An image from a registry that the platform does not name."""
    allowed = around.platform.registries
    return problem(
        draft,
        "SLW518",
        at,
        f"images may come from {one_of(allowed)}, not from {registry}"
        if allowed
        else f"no registry is allowed here yet, so neither is {registry}",
        did_you_mean(
            registry,
            allowed,
            f"{'push the image to an allowed registry, or ' if allowed else ''}"
            f"have {registry} added to registries: in models/platform.yaml",
        ),
    )


def callers_exist(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """Teams that may call are teams of this fleet."""
    written: Sequence[str] = draft.layers.get("access", "teams") or ()
    for number, team in enumerate(written):
        if team not in around.teams:
            yield problem(
                draft,
                "SLW523",
                ("access", "teams", number),
                f"there is no team {team!r}",
                did_you_mean(team, around.teams, f"teams are {all_of(sorted(around.teams))}"),
            )


def labels_are_own(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Labels that others act upon are not a tenant's to set."""
    layers, name = draft.layers, draft.endpoint.name
    own = layers.merged("labels")
    for key in sorted(RESERVED_LABELS & draft.endpoint.labels.keys()):
        mine = key in own
        place = layers.map_place("labels", key) if mine else layers.document.place(("labels", key))
        yield Problem(
            place,
            "SLW524",
            f"{name}.labels.{key}" if mine else f"labels.{key}",
            f"the label {key} is set by the platform, from where the entry stands",
            "remove it, or choose another name",
        )


RESERVED_LABELS = frozenset({"app", "component", "owner", "team", "project", "tier", "cost-center"})
