"""A step whose work is done through the API server, as its administrator."""

from collections.abc import Callable

from local.apply import Api
from local.place import Place
from local.steps import Apply


def api_step(place: Place, name: str, work: Callable[[Api], None], *after: str) -> Apply:
    """The step of that name; `work` is given a client of its own."""

    def run() -> None:
        api = Api.of(place.kubeconfig)
        try:
            work(api)
        finally:
            api.close()

    return Apply(name=name, run=run, after=after)
