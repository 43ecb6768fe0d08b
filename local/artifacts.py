"""What `slipway up` uploads to the plane's own S3 server, where the cloud has a resource for each.

The keys are those of production (`catalog.artifact.uploads_of`). Below its digest no object ever
changes, so one that is there is left alone.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from catalog.artifact import Upload, uploads_of
from catalog.endpoint import Tenant
from catalog.tree import Tree
from local.artifact_server import Store
from local.errors import LocalError
from local.place import Place

_ETAG: Final = "etag"
_META: Final = "meta"


def publish(place: Place, bucket: str, tree: Tree, tenants: Iterable[Tenant]) -> int:
    """Put every file that the tenants' models have in `tree` into the bucket; how many were new.

    Objects stay when nothing refers to them any more, as they do in the cloud, until the plane
    stops: an old revision may still start. LocalError where a file cannot be read or written.
    """
    store = Store.of(place)
    wanted = [
        upload
        for tenant in tenants
        for files in uploads_of(tree, tenant).values()
        for upload in files
    ]
    return sum(_put(store, bucket, tree, upload) for upload in wanted)


def serves(place: Place) -> bool:
    """Whether the plane has a server to publish to: those with a real node have."""
    return Store.of(place).objects.exists()


def _put(store: Store, bucket: str, tree: Tree, upload: Upload) -> bool:
    target = store.bucket(bucket) / upload.key
    if target.exists():
        return False
    try:
        content = tree.read(upload.path)
        # Without it clients that download in parts could not tell that they are of one object.
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        _write(store.attributes / bucket / upload.key / _META / _ETAG, f'"{etag}"'.encode())
        _write(target, content)
    except OSError as error:
        raise LocalError(
            f"{upload.path} cannot be copied to the local S3 server: {error.strerror or error}. "
            "Look at the file and at the space on the disk, then run the command again."
        ) from error
    return True


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the bucket's objects, not among them.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".slipway-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
