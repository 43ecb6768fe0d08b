"""What the plane's authority signs is what a TLS peer and the API server ask of it."""

import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.certificates import Authority, Pair, groups_of, signing_keys

ALICE = "system:serviceaccount:knative-serving:controller"


def subject(pair: Pair, oid: x509.ObjectIdentifier) -> list[str]:
    made = x509.load_pem_x509_certificate(pair.certificate.encode())
    return [str(each.value) for each in made.subject.get_attributes_for_oid(oid)]


def context(purpose: ssl.Purpose, authority: Authority, pair: Pair, path: Path) -> ssl.SSLContext:
    found = ssl.create_default_context(purpose, cadata=authority.certificate)
    path.write_text(pair.certificate + pair.key)
    found.load_cert_chain(path)
    return found


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str:
    """The user that the server sees. SSLError where one does not trust the other."""
    ours, theirs = socket.socketpair()
    seen: list[str] = []

    def serve() -> None:
        with server.wrap_socket(theirs, server_side=True) as connection:
            certificate = connection.getpeercert(binary_form=True)
            assert certificate
            made = x509.load_der_x509_certificate(certificate)
            seen.append(str(made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value))
            connection.sendall(b".")

    def quietly() -> None:
        try:
            serve()
        except ssl.SSLError:
            theirs.close()

    serving = threading.Thread(target=quietly)
    serving.start()
    try:
        with client.wrap_socket(ours, server_hostname=name) as connection:
            connection.recv(1)
    finally:
        ours.close()
        serving.join()
    return "".join(seen)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_server_and_a_client_of_one_authority_trust_each_other(name: str, tmp_path: Path) -> None:
    authority = Authority()
    served = authority.server(("localhost",), ("127.0.0.1",))
    server = context(ssl.Purpose.CLIENT_AUTH, authority, served, tmp_path / "server")
    server.verify_mode = ssl.CERT_REQUIRED
    alice = authority.client(ALICE)
    client = context(ssl.Purpose.SERVER_AUTH, authority, alice, tmp_path / "client")
    assert handshake(server, client, name) == ALICE


def test_a_server_is_trusted_under_its_names_alone(tmp_path: Path) -> None:
    authority = Authority()
    served = authority.server(("localhost",), ("127.0.0.1",))
    server = context(ssl.Purpose.CLIENT_AUTH, authority, served, tmp_path / "server")
    client = context(ssl.Purpose.SERVER_AUTH, authority, authority.client("a"), tmp_path / "client")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, client, "127.0.0.2")


def test_two_authorities_do_not_trust_each_other(tmp_path: Path) -> None:
    one, two = Authority(), Authority()
    served = one.server(("localhost",), ())
    server = context(ssl.Purpose.CLIENT_AUTH, one, served, tmp_path / "server")
    client = context(ssl.Purpose.SERVER_AUTH, two, two.client("a"), tmp_path / "client")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, client, "localhost")


def test_a_client_certificate_serves_no_server() -> None:
    made = x509.load_pem_x509_certificate(Authority().client(ALICE).certificate.encode())
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_the_user_is_the_common_name_and_groups_are_organizations() -> None:
    pair = Authority().client(ALICE, groups_of(ALICE))
    assert subject(pair, NameOID.COMMON_NAME) == [ALICE]
    groups = ["system:serviceaccounts", "system:serviceaccounts:knative-serving"]
    assert subject(pair, NameOID.ORGANIZATION_NAME) == groups


def test_who_is_no_service_account_is_in_no_group() -> None:
    assert groups_of("system:kube-scheduler") == ()


def test_the_signing_keys_belong_together() -> None:
    private, public = signing_keys()
    key = serialization.load_pem_private_key(private.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == serialization.load_pem_public_key(public.encode())
