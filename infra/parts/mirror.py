"""Images by way of the stack's mirror or of its registries, where it has any."""

from catalog.objects import Object
from catalog.pins import image, of_chart
from infra.parts.part import Context


def mirrored(context: Context, name: str) -> str:
    """A repository of `pins.OF_CHARTS`, by what stands for its registry, which keeps the path."""
    return context.settings.environment.registries.repository(of_chart(name))


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
