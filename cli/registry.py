"""Looks digests up where charts and images are published, with the standard library alone.

OCI registries answer by the distribution specification 1.1 (`GET /v2/<name>/manifests/<tag>`),
anonymous pulls by the bearer-token challenge of the distribution project. Helm repositories state
the digest of each archive in `index.yaml`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from typing import Literal, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without libyaml: the same result, slower
    from yaml import SafeLoader

# Every form of manifest, the many-platform ones first: a tag's digest is that of its index.
ACCEPT = (
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)
# Above 4 MiB a registry may refuse a manifest (distribution specification, "Pushing Manifests");
# the indexes of large Helm repositories reach tens.
MAX_MANIFEST = 4 << 20
MAX_INDEX = 64 << 20

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class RegistryError(Exception):
    """A digest could not be had; the message says from where, and why."""


class UnreachableError(RegistryError):
    """No answer: no route, no such host, or the time ran out."""


class DeniedError(RegistryError):
    """The registry wants credentials, which this client never has."""


class MissingError(RegistryError):
    """The registry answered that it has no such chart, repository or version."""


@dataclass(frozen=True, slots=True)
class Registry:
    """An anonymous client. `scheme` is `http` only for a server on the same machine."""

    timeout: float = 10.0
    scheme: Literal["https", "http"] = "https"

    def manifest_digest(self, repository: str, tag: str) -> str:
        """The digest behind `repository:tag`, for an image or a chart kept in a registry."""
        host, name = endpoint(repository)
        url = f"{self.scheme}://{host}/v2/{name}/manifests/{tag}"
        headers, body = self._manifest(url, name)
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        stated = headers.get("Docker-Content-Digest", digest)
        if stated != digest:
            raise RegistryError(f"{url}: says {stated} of a manifest that hashes to {digest}")
        return digest

    def archive_digest(self, repository: str, chart: str, version: str) -> str:
        """The digest of a chart's archive, as the index of a Helm repository states it."""
        url = f"{repository.rstrip('/')}/index.yaml"
        _, body = self._get(Request(url), MAX_INDEX)
        digest = f"sha256:{_stated_digest(body, chart, version).removeprefix('sha256:')}"
        if not _DIGEST.fullmatch(digest):
            raise MissingError(f"{url}: no digest of {chart} {version}")
        return digest

    def _manifest(self, url: str, name: str) -> tuple[HTTPMessage, bytes]:
        request = Request(url, headers={"Accept": ACCEPT})
        try:
            return self._get(request, MAX_MANIFEST)
        except _ChallengedError as challenge:
            token = self._token(url, name, challenge.parameters)
        # Unredirected, so that a redirect to a store of blobs never sees the token.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
        try:
            return self._get(request, MAX_MANIFEST)
        except _ChallengedError as refused:
            raise DeniedError(f"{url}: refused an anonymous token") from refused

    def _token(self, url: str, name: str, parameters: Mapping[str, str]) -> str:
        realm = parameters.get("realm", "")
        if urlsplit(realm).scheme != self.scheme:
            raise DeniedError(f"{url}: asks for a token from {realm or 'nowhere'!r}")
        query = {"scope": parameters.get("scope", f"repository:{name}:pull")}
        if "service" in parameters:
            query["service"] = parameters["service"]
        try:
            _, body = self._get(Request(f"{realm}?{urlencode(query)}"), MAX_MANIFEST)
            answer = _mapping(json.loads(body))
        except (_ChallengedError, ValueError) as error:
            raise DeniedError(f"{url}: {realm} gives no anonymous token") from error
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str):
            raise DeniedError(f"{url}: {realm} gives no anonymous token")
        return token

    def _get(self, request: Request, limit: int) -> tuple[HTTPMessage, bytes]:
        url = request.full_url
        try:
            with urlopen(request, timeout=self.timeout) as answer:
                headers = cast("HTTPMessage", answer.headers)
                body = cast("bytes", answer.read(limit + 1))
                final = cast("str", answer.url)
        except HTTPError as error:
            raise _refusal(url, error) from error
        except (URLError, HTTPException, OSError) as error:
            raise UnreachableError(f"{url}: {getattr(error, 'reason', None) or error}") from error
        if urlsplit(final).scheme != self.scheme:
            raise RegistryError(f"{url}: leads to {final}, which is not {self.scheme}")
        if len(body) > limit:
            raise RegistryError(f"{url}: more than {limit} bytes")
        return headers, body


class _ChallengedError(RegistryError):
    """The registry asks for a bearer token and says where to get one."""

    def __init__(self, url: str, parameters: Mapping[str, str]) -> None:
        super().__init__(f"{url}: asks for a token")
        self.parameters = parameters


def endpoint(repository: str) -> tuple[str, str]:
    """The API's host and the name that it knows a repository by.

    Docker Hub answers at a host of its own, and keeps official images below `library/`
    (distribution/reference, normalize.go).
    """
    host, _, name = repository.removeprefix("oci://").partition("/")
    if host != "docker.io":
        return host, name
    return "registry-1.docker.io", name if "/" in name else f"library/{name}"


def _refusal(url: str, error: HTTPError) -> RegistryError:
    status = error.code
    error.close()
    challenge = error.headers.get("WWW-Authenticate") or ""
    scheme, _, rest = challenge.partition(" ")
    if status == HTTPStatus.UNAUTHORIZED and scheme.casefold() == "bearer":
        return _ChallengedError(url, dict(_PARAMETER.findall(rest)))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return DeniedError(f"{url}: answers {status}, it wants credentials")
    if status == HTTPStatus.NOT_FOUND:
        return MissingError(f"{url}: answers {status}, there is no such thing")
    return RegistryError(f"{url}: answers {status}")


def _stated_digest(index: bytes, chart: str, version: str) -> str:
    try:
        entries = _mapping(_mapping(yaml.load(index, Loader=SafeLoader)).get("entries"))
    except yaml.YAMLError:
        return ""
    rows = entries.get(chart)
    for row in cast("list[object]", rows) if isinstance(rows, list) else []:
        stated = _mapping(row)
        if stated.get("version") == version:
            return str(stated.get("digest"))
    return ""


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
