"""The S3 server of a plane with a real node: Versity's, over folders of the plane.

Objects are plain files, attributes are files beside them, and so are the accounts and the bucket's
policy, all of which it reads anew for each request (versitygw v1.8.0 `auth/iam_internal.go`,
`backend/meta/sidecar.go`): whoever may write into the plane's folder publishes by writing a file.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.network import LOOPBACK, STORE
from local.place import Place
from local.process import Process, Ready
from tools.toolchain import binary

PROGRAM: Final = "versitygw"
BINARIES: Final = (PROGRAM,)
HOST: Final = "s3.slipway.localhost"
"""Its name, in the cluster and in its certificate."""
ENDPOINT: Final = f"https://{HOST}"
CERTIFICATE: Final = "s3"
"""The name of its pair among the plane's certificates."""
PORT: Final = 7070
"""On 127.0.0.1, for whoever looks at it through the gate."""
_HEALTH: Final = "/health"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Store:
    """Where it keeps what it has."""

    folder: Path

    @classmethod
    def of(cls, place: Place) -> "Store":
        """That of a plane."""
        return cls(place.folder / "artifacts")

    @property
    def objects(self) -> Path:
        """`<bucket>/<key>`: the content of each object."""
        return self.folder / "objects"

    @property
    def attributes(self) -> Path:
        """`<bucket>/<key>/meta/<name>`, and of a bucket `<bucket>/meta/<name>`."""
        return self.folder / "attributes"

    @property
    def accounts(self) -> Path:
        """The folder of its accounts."""
        return self.folder / "accounts"

    @property
    def secret(self) -> Path:
        """From which the secret keys of all namespaces are derived."""
        return self.folder / "secret"

    @property
    def root_secret(self) -> Path:
        """The secret key of the account that the server insists on; nobody signs in with it."""
        return self.folder / "root-secret"

    def bucket(self, name: str) -> Path:
        """The content of a bucket."""
        return self.objects / name


def prepare(place: Place) -> None:
    """Its files, before the sandbox is made."""
    store = Store.of(place)
    for folder in (store.objects, store.attributes, store.accounts):
        folder.mkdir(mode=0o700, parents=True)
    for path in (store.secret, store.root_secret):
        _secret(path)


def make_bucket(place: Place, name: str) -> None:
    """The one bucket; the program has made it in the cloud before anything is uploaded."""
    Store.of(place).bucket(name).mkdir(exist_ok=True)


def process(place: Place, region: str) -> Process:
    """It only reads: what changes, changes by way of its folders."""
    store, keys = Store.of(place), place.certificates / CERTIFICATE
    options = (
        f"--port={STORE}:443",
        f"--port={LOOPBACK}:{PORT}",
        f"--cert={keys}.crt",
        f"--key={keys}.key",
        f"--region={region}",
        f"--iam-dir={store.accounts}",
        "--iam-cache-disable",
        "--access=root",
        "--readonly",
        "--disable-acl",
        f"--health={_HEALTH}",
        "posix",
        f"--sidecar={store.attributes}",
        str(store.objects),
    )
    # The key is not among the words of the command, which every plane's record has.
    started = 'ROOT_SECRET_ACCESS_KEY=$(cat "$0") exec "$@"'
    return Process(
        name=PROGRAM,
        command=("/bin/sh", "-c", started, str(store.root_secret), str(binary(PROGRAM)), *options),
        ready=Ready(port=PORT, path=_HEALTH, tls=True),
    )


def _secret(path: Path) -> None:
    """Readable for the user alone from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(_KEY_BYTES))
