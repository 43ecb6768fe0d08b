"""The certificate authority of this machine: it signs for names that are nobody else's.

Those are names below `localhost` (RFC 6761), and below a name of ours in `internal`, which is
reserved for private use, for what only the plane's own processes ask: some resolvers, Envoy's among
them, take everything below `localhost` for the loopback device.

Made once and kept in the cache, so that a browser or curl that was told to trust it trusts every
later plane too. Its constraint (RFC 5280, 4.2.1.10) is why that is safe: a certificate of it for
any other name is refused.
"""

from pathlib import Path
from typing import Final

from local.certificates import Authority, Pair
from tools.cache import cache, once

INTERNAL: Final = "slipway.internal"
DOMAINS: Final = ("localhost", INTERNAL)
_NAME: Final = "Slipway on this machine"
_CERTIFICATE, _KEY = "ca.crt", "ca.key"


def certificate() -> Path:
    """The file that clients trust. ToolchainError where the cache cannot be written."""
    return _folder() / _CERTIFICATE


def authority() -> Authority:
    """It, to sign with."""
    return Authority.kept(pair())


def pair() -> Pair:
    """Its certificate and key, for cert-manager to sign with."""
    folder = _folder()
    return Pair((folder / _CERTIFICATE).read_text("ascii"), (folder / _KEY).read_text("ascii"))


def _folder() -> Path:
    folder = cache() / "authority"
    once(folder, _make, lambda: None)
    return folder


def _make(part: Path) -> None:
    made = Authority(_NAME, DOMAINS).pair
    for name, text in ((_CERTIFICATE, made.certificate), (_KEY, made.key)):
        (part / name).touch(0o600)
        (part / name).write_text(text, "ascii")
