"""Where a model may be, and what its address becomes for the storage initializer.

Schemes as KServe 0.20 reads them (`python/storage/kserve_storage/kserve_storage.py`): `hf://` takes
its revision after a colon, `s3://` a bucket and prefix. `mlflow://` is ours, served by a
ClusterStorageContainer. `oci://` becomes `oci+native://`, an image volume: the sidecar that KServe
makes of a plain `oci://` shares the process namespace and can never pass Pod Security restricted.
"""

import re
from dataclasses import dataclass

from catalog.errors import did_you_mean
from catalog.scalars import IMAGE_FORM

SCHEMES = ("s3", "hf", "oci", "mlflow", "pvc")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.ASCII | re.DOTALL)
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=+@-]*(/[A-Za-z0-9][A-Za-z0-9._=+@-]*)*/?", re.ASCII)
_HUB = re.compile(
    r"(?P<org>[A-Za-z0-9][\w.-]*)/(?P<name>[A-Za-z0-9][\w.-]*)(@(?P<revision>[\w.-]+))?", re.ASCII
)
_REGISTERED = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)(/(?P<version>[A-Za-z0-9][\w.-]*))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an address is not accepted: the code, what is wrong, what to do."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address. `uri` is what the storage initializer reads; a path has none yet."""

    scheme: str
    path: str
    uri: str


def parse_address(text: str) -> Address | Refused:
    """The address of a model as an entry writes it."""
    if text.startswith("./"):
        return _local(text)
    match = _SCHEME.fullmatch(text)
    if match is None:
        return Refused(
            "SLW402",
            f"{text!r} is neither a path that begins with ./ nor an address",
            f"write ./{text.lstrip('./')} for a folder beside this file, or s3://, hf://, oci://, "
            "mlflow:// or pvc://",
        )
    scheme, rest = match[1].lower(), match[2]
    if scheme not in SCHEMES:
        allowed = ", ".join(f"{known}://" for known in SCHEMES)
        return Refused(
            "SLW402",
            f"models are not read from {scheme}://; allowed are a ./path, {allowed}",
            did_you_mean(
                scheme, SCHEMES, "upload the model to the artifact bucket, or keep it here"
            ),
        )
    if "@" in rest.split("/", 1)[0] and scheme in {"s3", "pvc", "mlflow"}:
        return Refused(
            "SLW409",
            f"{scheme}:// addresses hold no user name or password",
            "remove everything before the @; access comes from the project's own identity",
        )
    return _BY_SCHEME[scheme](text, rest)


def _local(text: str) -> Address | Refused:
    path = text[2:]
    if ".." in path.split("/"):
        return Refused(
            "SLW404",
            f"{text!r} leaves the folder of this file",
            "keep the artifact below the team's own folder",
        )
    if path and _PATH.fullmatch(path) is None:
        return Refused(
            "SLW404",
            f"{text!r} has characters that object stores and shells read differently",
            "use letters, digits, and . _ = + @ - in the names of folders and files",
        )
    return Address("file", path.rstrip("/"), "")


def _s3(text: str, rest: str) -> Address | Refused:
    if _PATH.fullmatch(rest) is None or "/" not in rest.rstrip("/"):
        return Refused(
            "SLW402",
            f"{text!r} is not s3://bucket/prefix",
            "name the bucket and a prefix in it, without .., spaces or wildcards",
        )
    return Address("s3", rest.rstrip("/"), f"s3://{rest.rstrip('/')}")


def _hf(text: str, rest: str) -> Address | Refused:
    match = _HUB.fullmatch(rest)
    if match is None:
        return Refused(
            "SLW402",
            f"{text!r} is not hf://organisation/name@revision",
            "name the organisation, the model and the commit",
        )
    if match["revision"] is None or match["revision"] in {"main", "master", "latest"}:
        return Refused(
            "SLW405",
            f"{text!r} names no fixed revision, so its weights may change under you",
            f"write hf://{match['org']}/{match['name']}@ and the commit shown on the model's page",
        )
    uri = f"hf://{match['org']}/{match['name']}:{match['revision']}"
    return Address("hf", f"{match['org']}/{match['name']}", uri)


def _oci(text: str, rest: str) -> Address | Refused:
    match = IMAGE_FORM.fullmatch(rest)
    if match is None:
        return Refused(
            "SLW407",
            f"{text!r} is not oci://registry/path@sha256:…",
            "name the registry and the digest, so that what was reviewed is what runs",
        )
    return Address("oci", match["registry"], f"oci+native://{rest}")


def _mlflow(text: str, rest: str) -> Address | Refused:
    match = _REGISTERED.fullmatch(rest.rstrip("/"))
    if match is None or match["version"] is None or match["version"].lower() == "latest":
        return Refused(
            "SLW410",
            f"{text!r} names no fixed version of a registered model",
            "write mlflow://name/version with the version's number or alias",
        )
    return Address("mlflow", rest.rstrip("/"), f"mlflow://{match['name']}/{match['version']}")


def _pvc(text: str, rest: str) -> Address | Refused:
    if _PATH.fullmatch(rest) is None or "/" not in rest.rstrip("/"):
        return Refused(
            "SLW402",
            f"{text!r} is not pvc://claim/path",
            "name a claim in the project's namespace and a path in it, without ..",
        )
    return Address("pvc", rest.rstrip("/"), f"pvc://{rest.rstrip('/')}")


_BY_SCHEME = {"s3": _s3, "hf": _hf, "oci": _oci, "mlflow": _mlflow, "pvc": _pvc}
