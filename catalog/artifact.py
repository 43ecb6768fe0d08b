"""Models kept in the repository: addressed by what is in them, so nothing moves unless they do."""

import hashlib
from dataclasses import dataclass
from typing import Final

from catalog.endpoint import Endpoint, Model, Tenant
from catalog.model_uri import Address, parse_address
from catalog.tree import Tree

INPUT_EXAMPLE: Final = "input_example.json"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A folder or a file of the repository: its digest, its size in bytes, its files by path."""

    digest: str
    size: int
    files: tuple[str, ...]


def read_artifact(tree: Tree, path: str) -> Artifact | None:
    """The artifact at `path`, or None when nothing is there.

    The digest is over the sorted relative paths and the SHA-256 of each file, so it is the same on
    every machine and independent of times, modes and the order of the file system. Links are not
    followed and do not count.
    """
    files = [entry for entry in tree.files(path) if not entry.is_symlink]
    if not files:
        return None
    whole = hashlib.sha256()
    names: list[str] = []
    for entry in files:
        name = _name_in(path, entry.path)
        content = hashlib.sha256(tree.read(entry.path)).hexdigest()
        whole.update(f"{name}\0{content}\n".encode())
        names.append(name)
    return Artifact(whole.hexdigest(), sum(entry.size for entry in files), tuple(names))


def object_prefix(bucket: str, namespace: str, name: str, digest: str) -> str:
    """The S3 prefix under which a stack uploads an artifact."""
    return f"s3://{bucket}/{namespace}/{name}/{digest}"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of the repository and the S3 key that it is read from."""

    path: str
    key: str


def uploads(tree: Tree, folder: str, model: Model) -> tuple[Upload, ...]:
    """What a stack uploads of a model kept at `folder`; nothing of one that is kept elsewhere.

    The key of a file is below its artifact's digest, so one key never has two contents.
    """
    address = parse_address(model.source)
    if not model.is_artifact or not isinstance(address, Address):
        return ()
    path = f"{folder}/{address.path}" if address.path else folder
    prefix = model.uri.removeprefix("s3://").partition("/")[2]
    files = [entry.path for entry in tree.files(path) if not entry.is_symlink]
    return tuple(Upload(file, f"{prefix}/{_name_in(path, file)}") for file in files)


def input_example(tree: Tree, endpoint: Endpoint) -> bytes | None:
    """The request that lies beside a model that is kept in the repository, as MLflow lays one.

    https://mlflow.org/docs/latest/ml/model/signatures#input-examples
    """
    if endpoint.model is None:
        return None
    files = uploads(tree, f"models/{endpoint.team}", endpoint.model)
    found = [each.path for each in files if each.path.rpartition("/")[2] == INPUT_EXAMPLE]
    return tree.read(found[0]) if found else None


def uploads_of(tree: Tree, tenant: Tenant) -> dict[str, tuple[Upload, ...]]:
    """The files of a tenant's models, by the names of its endpoints."""
    folder = tenant.file.rpartition("/")[0]
    models = {each.name: each.model for each in tenant.endpoints if each.model is not None}
    return {name: uploads(tree, folder, model) for name, model in models.items()}


def _name_in(path: str, file: str) -> str:
    """The name of a file within its artifact, which may be that file alone."""
    return file.rpartition("/")[2] if file == path else file.removeprefix(f"{path}/")
