"""Where a model may be, and what its address becomes for the storage initializer.

Schemes as KServe 0.20 reads them (`python/storage/kserve_storage/kserve_storage.py`): `hf://` takes
its revision after a colon, `s3://` a bucket and prefix. `mlflow://` is ours, served by a
ClusterStorageContainer. `oci://` becomes `oci+native://`, an image volume: the sidecar that KServe
makes of a plain `oci://` shares the process namespace and can never pass Pod Security restricted.
"""

import re
from dataclasses import dataclass

from catalog.errors import did_you_mean, one_of
from catalog.scalars import IMAGE_FORM

SCHEMES = ("s3", "hf", "oci", "mlflow", "pvc")
_ALLOWED = one_of([f"{scheme}://" for scheme in SCHEMES])
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.ASCII | re.DOTALL)
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=+@-]*(/[A-Za-z0-9][A-Za-z0-9._=+@-]*)*/?", re.ASCII)
_HUB = re.compile(
    r"(?P<org>[A-Za-z0-9][\w.-]*)/(?P<name>[A-Za-z0-9][\w.-]*)(@(?P<revision>[\w.-]+))?", re.ASCII
)
_CLAIM = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", re.ASCII)
_PASSWORD = re.compile(r"[^/@]*:[^/@]*@")
_REGISTERED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(/(?P<version>[\w.-]+))?", re.ASCII)
_VERSION = re.compile(r"[1-9][0-9]*|v?[0-9]+(\.[0-9]+)+|v[0-9]+", re.ASCII)


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
    if text.startswith(("./", "../")) or text in {".", ".."}:
        return _local(text)
    match = _SCHEME.fullmatch(text)
    if match is None:
        return Refused(
            "SLW402",
            f"{text!r} is neither a path that begins with ./ nor an address",
            f"write ./{text.lstrip('./')} for a folder beside this file, or begin with {_ALLOWED}",
        )
    scheme, rest = match[1].lower(), match[2]
    named = "@" in rest.split("/", 1)[0] and scheme in {"s3", "pvc", "mlflow"}
    if named or _PASSWORD.match(rest):
        return Refused(
            "SLW409",
            f"the {scheme}:// address holds a user name or a password",
            "remove everything before the @, since access comes from the project's own identity; "
            "replace the password, which git now keeps",
        )
    if scheme not in SCHEMES:
        return Refused(
            "SLW402",
            f"models are read from a ./path, {_ALLOWED}, not from {scheme}://",
            did_you_mean(
                scheme,
                SCHEMES,
                "keep the model at ./artifacts/, or copy it to the project's prefix of the bucket",
            ),
        )
    return _BY_SCHEME[scheme](text, rest)


def _local(text: str) -> Address | Refused:
    path = text.removeprefix(".").removeprefix("/")
    if ".." in text.split("/"):
        return Refused(
            "SLW404",
            f"{text!r} leads out of the folder of this file",
            "keep the artifact below the team's own folder",
        )
    fault = _path_fault(path) if path else None
    if fault is not None:
        return Refused(
            "SLW404",
            f"{text!r} {fault}",
            "name folders and files with letters, digits, and . _ = + @ - between them",
        )
    return Address("file", path.rstrip("/"), "")


def _path_fault(path: str) -> str | None:
    """What keeps a path from being one that object stores and shells read alike."""
    if _PATH.fullmatch(path):
        return None
    if path != path.strip():
        return "begins or ends with a space"
    parts = path.removesuffix("/").split("/")
    if ".." in parts:
        return "holds .., which goes up"
    if "" in parts:
        return "has a slash too many"
    odd = next((c for c in path if c != "/" and not _PATH.fullmatch(f"a{c}a")), None)
    if odd is not None:
        return "holds a space" if odd == " " else f"holds the character {odd!r}"
    first = next(part[0] for part in parts if not part[0].isalnum())
    return f"has a part that begins with {first!r}"


def _prefixed(text: str, rest: str, form: str) -> Refused | None:
    """Why an address is not a holder of files and a path in it."""
    fault = _path_fault(rest) if rest else None
    if fault is None and "/" in rest.rstrip("/"):
        return None
    why = fault or f"names no {form.rpartition('/')[2]}"
    return Refused("SLW402", f"{text!r} {why}", f"write it as {form}")


def _s3(text: str, rest: str) -> Address | Refused:
    refused = _prefixed(text, rest, "s3://bucket/prefix")
    return refused or Address("s3", rest.rstrip("/"), f"s3://{rest.rstrip('/')}")


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
        why = "is not oci://registry/path@sha256:…" if "@sha256:" in rest else "names no digest"
        return Refused(
            "SLW407",
            f"{text!r} {why}",
            "write oci://registry/path@sha256:… in lower case, with the digest that the registry "
            "shows, so that what was reviewed is what runs",
        )
    return Address("oci", match["registry"], f"oci+native://{rest}")


def _mlflow(text: str, rest: str) -> Address | Refused:
    match = _REGISTERED.fullmatch(rest.rstrip("/"))
    if match is None:
        return Refused(
            "SLW410", f"{text!r} is not mlflow://name/version", "write it as mlflow://name/version"
        )
    name, version = match["name"], match["version"]
    if version is None or _VERSION.fullmatch(version) is None:
        return Refused(
            "SLW410",
            f"{text!r} names no fixed version of a registered model: a stage, or an alias such as "
            "champion, moves",
            f"write mlflow://{name}/ and the version's number, or an alias like v1.2.0",
        )
    # MLflow reads `name/7` as a version, `name@v1.2.0` as an alias, and `name/word` as a stage.
    uri = f"mlflow://{name}/{version}" if version.isdecimal() else f"mlflow://{name}@{version}"
    return Address("mlflow", rest.rstrip("/"), uri)


def _pvc(text: str, rest: str) -> Address | Refused:
    refused = _prefixed(text, rest, "pvc://claim/path")
    if refused is None and _CLAIM.fullmatch(rest.split("/", 1)[0]) is None:
        return Refused(
            "SLW402",
            f"{text!r} names no claim: those have lower-case letters, digits, hyphens and dots",
            "name a claim of the project's own namespace and a path in it",
        )
    return refused or Address("pvc", rest.rstrip("/"), f"pvc://{rest.rstrip('/')}")


_BY_SCHEME = {"s3": _s3, "hf": _hf, "oci": _oci, "mlflow": _mlflow, "pvc": _pvc}
