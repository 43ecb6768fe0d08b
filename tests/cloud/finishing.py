"""What the controllers of a cluster would write into an object, where the provider waits for it."""

import threading
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from catalog.objects import Object
from local.apply import Api, wait
from tests.cloud.wire import plain

Message: TypeAlias = Any  # The generated classes share no type that says `FromString`.

READY: Final[Object] = {"conditions": [{"type": "Ready", "status": "True"}]}

STATUS: Final[Mapping[str, Object]] = {
    # Knative's operator says so when all of Knative runs, and the program waits for that.
    "KnativeServing": READY,
}

_MERGE: Final = "application/merge-patch+json"


def begin(api: Api, method: str, request: Message) -> None:
    """Writes the status of the object as soon as it is there; the provider waits meanwhile."""
    if method == "Delete":
        return
    properties = request.properties if method == "Create" else request.news
    obj = plain(properties)
    if obj["kind"] in STATUS:
        threading.Thread(target=_finish, args=(api, obj), daemon=True).start()


def _finish(api: Api, obj: Object) -> None:
    path = f"{api.path(obj)}/status"
    body = {"status": STATUS[obj["kind"]]}

    def finished() -> bool:
        api.request("PATCH", path, body, _MERGE)
        return True

    wait(f"{path} could not be written", finished)
