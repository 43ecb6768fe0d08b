"""Secrets, images, callers and labels: what could hurt others."""

from collections.abc import Iterator, Mapping

from catalog.checks.base import Surroundings, problem
from catalog.endpoint import Endpoint
from catalog.errors import Place, Problem, did_you_mean, one_of
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
        taken = name in RESERVED_ENV or name.startswith(RESERVED_ENV_PREFIXES)
        if taken or (len(path) == 1 and name in owned):
            yield Problem(
                place,
                "SLW517",
                subject,
                f"{name} is set by the platform or changes what code the server loads",
                "remove it; ask for an option if the server needs it",
            )
    for name in sorted(set(e.env) & set(e.secrets)):
        yield Problem(
            draft.layers.map_place("secrets", name),
            "SLW517",
            f"{e.name}.secrets.{name}",
            f"{name} stands in env and in secrets",
            "keep one of them",
        )


def arguments_are_clean(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """No secret in the arguments of a team's own container either."""
    e = draft.endpoint
    for option in PARTS:
        for argument in getattr(getattr(e, option), "args", ()):
            flag, _, value = argument.lstrip("-").partition("=")
            shape = secret_shape(flag.replace("-", "_"), value) or secret_shape("", argument)
            if shape is not None:
                place = draft.layers.place(option, "args")
                yield _plain_secret(place, f"{e.name}.{option}.args", "NAME", shape, e)


PARTS = ("container", "transformer", "explainer")
"""The parts of an entry with an image of the team's own."""


def _plain_secret(place: Place, subject: str, name: str, shape: str, e: Endpoint) -> Problem:
    return Problem(
        place,
        "SLW516",
        subject,
        f"the value looks like {shape}; it would be readable in git, in state and in logs",
        f"store it in the secrets manager under {e.namespace}/ and write "
        f"secrets: {{{name}: <secret>/<key>}}; then rotate it",
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
    return draft.layers.place(*path) if written is None else found.place((*written, name))


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
                f"{name} names {theirs}, and a project's models are downloaded with one token",
                f"write {theirs} in both, or move one deployment to a project of its own",
            )
            return


RESERVED_ENV = frozenset(
    {
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PYTHONHOME",
        "PATH",
        "PORT",
        "HOME",
        "HF_HOME",
        "STORAGE_URI",
        "PROTOCOL",
        "INFERENCE_SERVICE_NAME",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    }
)
"""KServe refuses PYTHONPATH (`pkg/validation/env_policy.go`), Knative PORT and K_*; the rest are
set by the platform or by EKS Pod Identity."""


RESERVED_ENV_PREFIXES = ("LD_", "K_", "KUBERNETES_", "MLSERVER_MODEL_", "SLIPWAY_")


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
        f"images from {registry} are not allowed here; allowed: "
        + (one_of(allowed) if allowed else "none"),
        did_you_mean(
            registry,
            allowed,
            "push the image to an allowed registry, or ask for this one "
            "to be added to registries: in models/platform.yaml",
        ),
    )


def callers_exist(draft: Draft, around: Surroundings) -> Iterator[Problem]:
    """Teams that may call are teams of this fleet."""
    for team in draft.endpoint.teams:
        if team not in around.teams:
            yield problem(
                draft,
                "SLW523",
                ("access", "teams"),
                f"there is no team {team!r}",
                did_you_mean(team, around.teams, f"teams are {one_of(sorted(around.teams))}"),
            )


def labels_are_own(draft: Draft, _: Surroundings) -> Iterator[Problem]:
    """Labels that others act upon are not a tenant's to set."""
    for key in draft.endpoint.labels:
        if key in RESERVED_LABELS:
            yield problem(
                draft,
                "SLW524",
                ("labels",),
                f"the label {key} is set by the platform",
                "choose another name",
            )


RESERVED_LABELS = frozenset({"app", "component", "owner", "team", "project", "tier", "cost-center"})
