"""Images by way of the stack's mirror, where it has one."""

from infra.parts.part import Context


def mirrored(context: Context, repository: str) -> str:
    """The repository in the mirror, which keeps the path and replaces the registry.

    `repository` names its registry (`docker.io/library/redis`) and may end in a tag; without a
    mirror it comes back as it is.
    """
    mirror = context.settings.environment.images.mirror
    if mirror is None:
        return repository
    return f"{mirror}/{repository.partition('/')[2]}"


def registry(context: Context, default: str) -> str:
    """The registry that a chart takes apart from the image's path: the mirror, or upstream's."""
    return context.settings.environment.images.mirror or default
