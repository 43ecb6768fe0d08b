"""The identity provider of this machine: keys that the front door of the stack `local` trusts.

A company's own provider signs in production; here whoever can read the plane's folder can. A token
is good for the plane that it was made on alone, since each has keys of its own.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from catalog.environment import Identity
from local import machine_authority
from local.errors import LocalError
from local.network import ADDRESS
from local.place import Place
from local.process import Process, Ready

IDENTITY: Final = "identity"
_ALGORITHM: Final = "ES256"
_KEY_ID: Final = "slipway-local"
_HTTPS: Final = 443


def write(place: Place, identity: Identity) -> None:
    """The key, what is published of it, and the certificate of whoever publishes it."""
    folder = _folder(place)
    folder.mkdir(mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    _key(place).touch(0o600)
    _key(place).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    published: dict[str, Any] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    row = {**published, "kid": _KEY_ID, "alg": _ALGORITHM, "use": "sig"}
    (folder / "jwks.json").write_text(json.dumps({"keys": [row]}), "utf-8")
    host = urlsplit(identity.jwks).hostname or ""
    pair = machine_authority.authority().server((host,), (ADDRESS,))
    for name, text in (("tls.crt", pair.certificate), ("tls.key", pair.key)):
        (folder / name).touch(0o600)
        (folder / name).write_text(text, "ascii")


def process(place: Place, identity: Identity) -> Process:
    """Publishes the keys at the address that the stack's settings name."""
    script, folder = str(Path(__file__).with_name("publish.py")), _folder(place)
    path = urlsplit(identity.jwks).path
    files = (f"{folder}/tls.crt", f"{folder}/tls.key", f"{folder}/jwks.json")
    return Process(
        name=IDENTITY,
        command=(sys.executable, "-I", script, ADDRESS, str(_HTTPS), *files, path),
        ready=Ready(host=ADDRESS, port=_HTTPS, path=path, tls=True),
    )


def token(
    place: Place, identity: Identity, *, subject: str, teams: Sequence[str], seconds: int
) -> str:
    """A signed token for a caller of these teams. A negative lifetime makes one that has expired.

    LocalError where there is no plane with an identity provider.
    """
    try:
        key = _key(place).read_bytes()
    except OSError as error:
        raise LocalError(
            "There is no identity provider on this machine: slipway up --stack local starts one "
            "where a real node can run."
        ) from error
    now = int(time.time())
    claims = {
        "iss": identity.issuer,
        "aud": identity.audience,
        "sub": subject,
        identity.team_claim: list(teams),
        "iat": now - max(0, -seconds),
        "exp": now + seconds,
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": _KEY_ID})


def _folder(place: Place) -> Path:
    return place.folder / IDENTITY


def _key(place: Place) -> Path:
    return _folder(place) / "signing.key"
