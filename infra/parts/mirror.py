"""Images by way of the stack's mirror or of its registries, where it has any."""

from catalog.objects import Object
from catalog.pins import image
from infra.parts.part import Context


def mirrored(context: Context, repository: str) -> str:
    """The repository by what stands for its registry, which keeps the path.

    `repository` names its registry (`docker.io/library/redis`) and may end in a tag.
    """
    return context.settings.environment.registries.repository(repository)


def pinned(context: Context, name: str) -> str:
    """The reference of a row of the pin table."""
    return context.settings.environment.registries.image(image(name))


def registry(context: Context, host: str) -> str:
    """What a chart that takes the registry apart from the image's path has for it."""
    return context.settings.environment.registries.registry(host)


def image_registry(context: Context, host: str) -> Object:
    """The value `image` of such a chart, where its registry is another than upstream's."""
    moved = registry(context, host)
    return {} if moved == host else {"image": {"registry": moved}}
