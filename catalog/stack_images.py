"""What must hold between a stack's image registries, its account and its region."""

from collections.abc import Iterator

from catalog.errors import Problem, all_of, did_you_mean
from catalog.pins import IMAGES, OF_CHARTS
from catalog.stack import Stack


def image_problems(stack: Stack) -> Iterator[Problem]:
    """Everything that is wrong between where images come from and the rest."""
    yield from _one_source(stack)
    yield from _known_hosts(stack)
    yield from _own_secrets(stack)


def _known_hosts(stack: Stack) -> Iterator[Problem]:
    env, path = stack.settings.environment, ("environment", "images", "registries")
    if env is None or not stack.is_sound(*path):
        return
    known = sorted(
        {name.partition("/")[0] for name in (*(i.repository for i in IMAGES), *OF_CHARTS.values())}
    )
    for host in sorted(set(env.images.registries) - set(known)):
        yield stack.problem(
            (*path, host), "SLW836",
            f"no image of the platform comes from {host}; they come from {all_of(known)}",
            did_you_mean(host, known, "remove the line"),
        )  # fmt: skip


def _one_source(stack: Stack) -> Iterator[Problem]:
    env, path = stack.settings.environment, ("environment", "images")
    if env is None or not stack.is_sound(*path):
        return
    if env.images.mirror is not None and env.images.registries:
        yield stack.problem(
            (*path, "registries"), "SLW834",
            f"every image comes from the mirror {env.images.mirror}, so that no other registry "
            "is asked",
            "remove registries, or remove mirror",
        )  # fmt: skip


def _own_secrets(stack: Stack) -> Iterator[Problem]:
    """ECR user guide, "Creating a pull through cache rule", prerequisites."""
    env, foundation = stack.settings.environment, stack.settings.foundation
    path = ("foundation", "image_cache_credentials")
    reads = (path, ("foundation", "account"), ("environment", "region"))
    if env is None or foundation is None or not all(stack.is_sound(*each) for each in reads):
        return
    for host, arn in sorted(foundation.image_cache_credentials.items()):
        region, account = arn.split(":")[3:5]
        if (region, account) != (env.region, foundation.account):
            yield stack.problem(
                (*path, host), "SLW835",
                f"the secret is in {region} of the account {account}, and the cache in "
                f"{env.region} of {foundation.account}, where alone ECR reads it",
                f"keep a secret for {host} there, and write its ARN",
            )  # fmt: skip
