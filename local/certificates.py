"""The plane's own certificate authority, and what it signs.

The authority's key is never written: what needs a certificate gets it when the plane starts.
"""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME: Final = dt.timedelta(days=365)
LONG: Final = dt.timedelta(days=3650)
"""Of an authority that is kept."""
_SLACK: Final = dt.timedelta(minutes=5)

MASTERS: Final = "system:masters"
"""The group that may do everything, by a role that Kubernetes brings along."""

_NODES: Final = "system:nodes"
_SERVICE_ACCOUNTS: Final = "system:serviceaccounts"


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: str
    key: str


class Authority:
    """Signs certificates of servers and of clients, for as long as this object lives.

    Those of one with `domains` are good for names below these alone.
    """

    def __init__(self, name: str = "slipway-local", domains: Sequence[str] = ()) -> None:
        self._key = _new_key()
        self._name = _name(name)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            _certificate(self._name, self._key.public_key(), LONG if domains else LIFETIME)
            .issuer_name(self._name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
        )
        if domains:
            names = x509.NameConstraints([x509.DNSName(each) for each in domains], None)
            builder = builder.add_extension(names, critical=True)
        self.certificate = _pem(builder.sign(self._key, hashes.SHA256()))

    @classmethod
    def kept(cls, pair: Pair) -> "Authority":
        """One that was made before. ValueError where it is not of this module's making."""
        found = cls.__new__(cls)
        key = serialization.load_pem_private_key(pair.key.encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the authority's key is of another kind")
        found._key = key
        found._name = x509.load_pem_x509_certificate(pair.certificate.encode()).subject
        found.certificate = pair.certificate
        return found

    @property
    def pair(self) -> Pair:
        """Its certificate and key."""
        return Pair(self.certificate, _private(self._key))

    def server(self, names: Sequence[str], addresses: Sequence[str]) -> Pair:
        """For a server that is reached by any of these DNS names and IP addresses."""
        alternatives = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
        extension = x509.SubjectAlternativeName(alternatives)
        return self._signed(_name(names[0]), ExtendedKeyUsageOID.SERVER_AUTH, extension)

    def client(self, user: str, groups: Sequence[str] = ()) -> Pair:
        """For a user of the API server, which takes CN for the user and O for the groups.

        https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
        """
        return self._signed(_name(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH)

    def _signed(
        self,
        subject: x509.Name,
        purpose: x509.ObjectIdentifier,
        *more: x509.ExtensionType,
    ) -> Pair:
        key = _new_key()
        builder = _certificate(subject, key.public_key()).issuer_name(self._name)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        for extension in more:
            builder = builder.add_extension(extension, critical=False)
        return Pair(_pem(builder.sign(self._key, hashes.SHA256())), _private(key))


def groups_of(user: str) -> tuple[str, ...]:
    """The groups of a node, or those that a service account's token has; none for others."""
    if user.startswith("system:node:"):
        return (_NODES,)
    if not user.startswith("system:serviceaccount:"):
        return ()
    namespace = user.split(":")[2]
    return (_SERVICE_ACCOUNTS, f"{_SERVICE_ACCOUNTS}:{namespace}")


def signing_keys() -> tuple[str, str]:
    """The private and the public key of service accounts' tokens, in PEM."""
    key = _new_key()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return _private(key), public.decode()


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str, organizations: Sequence[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in organizations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: dt.timedelta = LIFETIME
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + lifetime)
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
