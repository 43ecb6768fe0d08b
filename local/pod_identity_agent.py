"""Run as a script inside the sandbox: EKS' Pod Identity agent, for one role and one bucket.

    pod_identity_agent.py ADDRESS HEALTH KUBECONFIG STORE BUCKET TENANTS STATEMENTS

A pod asks ADDRESS with the token of its ServiceAccount, made for the audience AUDIENCE, and gets
the credentials of its namespace, as from aws/eks-pod-identity-agent, which passes it to
`AssumeRoleForPodIdentity` (https://docs.aws.amazon.com/eks/latest/APIReference/
API_auth_AssumeRoleForPodIdentity.html). Here the API server of KUBECONFIG judges the token, and the
ServiceAccount `models` of a namespace with the label TENANTS (`name=value`) has an association.

STATEMENTS are those of the role's policy, in JSON, with the session's tag for the namespace in
them. What a namespace may do is written into the policy of BUCKET when it first asks, and its
account into the accounts of the S3 server whose folders are below STORE: nobody has an access key
before a pod of the namespace has asked. The secret key is an HMAC of the namespace's name, so that
every start of this process knows the same.

The token of a session is empty: the server knows accounts, and refuses one beside an account's key
(versitygw v1.8.0 `auth/signing_key_provider.go`).
"""

import base64
import datetime as dt
import hashlib
import hmac
import http.client
import json
import os
import ssl
import sys
import tempfile
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

AUDIENCE: Final = "pods.eks.amazonaws.com"
ACCOUNT: Final = "models"
"""The name of the ServiceAccount that has an association in each tenant's namespace."""
PATH: Final = "/v1/credentials"
HEALTH: Final = "/healthz"
AWS_ACCOUNT: Final = "000000000000"
TAG: Final = "${aws:PrincipalTag/kubernetes-namespace}"
_LIFETIME: Final = dt.timedelta(hours=6)
"""As long as the real agent's credentials live."""
_USER: Final = "system:serviceaccount:"
_LONGEST: Final = 1 << 14
_PATIENCE: Final = 10.0


class RefusedError(Exception):
    """No credentials: the status, the type of error and what is wrong."""

    def __init__(self, status: HTTPStatus, kind: str, told: str) -> None:
        super().__init__(told)
        self.status, self.kind = status, kind


class Cluster:
    """The API server, as the user of a kubeconfig with certificates in it."""

    def __init__(self, kubeconfig: Path) -> None:
        config = json.loads(kubeconfig.read_text("utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        url = urlsplit(str(cluster["server"]))
        self._host, self._port = url.hostname or "", url.port
        trusted = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._context = ssl.create_default_context(cadata=trusted)
        with tempfile.NamedTemporaryFile() as file:  # It can be read by its path alone.
            for part in ("client-certificate-data", "client-key-data"):
                file.write(base64.b64decode(user[part]))
            file.flush()
            self._context.load_cert_chain(file.name)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer, from JSON. OSError where there is none, or one of no success."""
        connection = http.client.HTTPSConnection(
            self._host, self._port, timeout=_PATIENCE, context=self._context
        )
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise OSError(f"{method} {path.partition('?')[0]}: status {answer.status}")
            return json.loads(answer.read())
        except http.client.HTTPException as error:
            raise OSError(f"{method} {path}: {error}") from error
        finally:
            connection.close()


class Accounts:
    """The accounts of the S3 server, one for each namespace that has asked."""

    def __init__(self, store: Path, bucket: str, statements: Any) -> None:
        self._secret = (store / "secret").read_text("ascii").encode()
        self._accounts = store / "accounts" / "users.json"
        self._policy = store / "attributes" / bucket / "meta" / "policy"
        self._statements = statements
        self._lock = threading.Lock()

    def secret_key(self, namespace: str) -> str:
        """Of a namespace; its access key is its name."""
        made = hmac.new(self._secret, namespace.encode(), hashlib.sha256)
        return base64.b64encode(made.digest()).decode()

    def grant(self, namespace: str) -> None:
        """From now on the namespace's key is good for what the role may do."""
        with self._lock:
            accounts = self._known()
            if namespace in accounts:
                return
            accounts[namespace] = {
                "access": namespace,
                "secret": self.secret_key(namespace),
                "role": "user",
                "userID": 0,
                "groupID": 0,
                "projectID": 0,
            }
            _write(self._policy, policy(self._statements, accounts))
            _write(self._accounts, {"accessAccounts": accounts})

    def _known(self) -> dict[str, Any]:
        """By access key. The server writes a file without any as it starts."""
        try:
            return dict(json.loads(self._accounts.read_text("utf-8"))["accessAccounts"])
        except FileNotFoundError:
            return {}


def policy(statements: Any, namespaces: Any) -> Any:
    """The bucket's policy, in which each namespace is a principal with statements of its own."""
    made: list[Any] = []
    for namespace in sorted(namespaces):
        own = json.loads(json.dumps(statements).replace(TAG, namespace))
        made += [{**each, "Principal": {"AWS": [namespace]}} for each in own]
    return {"Version": "2012-10-17", "Statement": made}


class Agent:
    """Answers with credentials, or raises RefusedError."""

    def __init__(self, cluster: Cluster, accounts: Accounts, tenants: str) -> None:
        self._cluster, self._accounts = cluster, accounts
        self._label, _, self._value = tenants.partition("=")

    def credentials(self, token: str) -> Any:
        """Those of the namespace that the token is from."""
        namespace, account = self._owner(token)
        if account != ACCOUNT or not self._is_tenant(namespace):
            raise RefusedError(
                HTTPStatus.NOT_FOUND,
                "ResourceNotFoundException",
                f"no association for the service account {account} of the namespace {namespace}",
            )
        self._accounts.grant(namespace)
        return {
            "AccessKeyId": namespace,
            "SecretAccessKey": self._accounts.secret_key(namespace),
            "Token": "",
            "AccountId": AWS_ACCOUNT,
            "Expiration": f"{dt.datetime.now(dt.UTC) + _LIFETIME:%Y-%m-%dT%H:%M:%SZ}",
        }

    def _owner(self, token: str) -> tuple[str, str]:
        if not token or len(token) > _LONGEST:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                "InvalidTokenException",
                "the header Authorization holds no token of a service account",
            )
        asked = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [AUDIENCE]},
        }
        path = "/apis/authentication.k8s.io/v1/tokenreviews"
        status = self._cluster.ask("POST", path, asked).get("status", {})
        user = status.get("user", {}).get("username", "")
        namespace, _, account = user.removeprefix(_USER).partition(":")
        good = status.get("authenticated") and AUDIENCE in status.get("audiences", ())
        if not good or not user.startswith(_USER) or not account:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                "InvalidTokenException",
                f"the token is not one of a service account for {AUDIENCE}, or not good any more",
            )
        return namespace, account

    def _is_tenant(self, namespace: str) -> bool:
        labels = self._cluster.ask("GET", f"/api/v1/namespaces/{namespace}")["metadata"]
        return labels.get("labels", {}).get(self._label) == self._value


def server(address: tuple[str, int], agent: Agent) -> ThreadingHTTPServer:
    """Listens, and answers once `serve_forever` is called."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == HEALTH:
                self._answer(HTTPStatus.OK, {})
            elif path == PATH:
                self._answer(*self._credentials())
            else:
                self._answer(HTTPStatus.NOT_FOUND, {"message": f"there is {PATH} alone"})

        def _credentials(self) -> tuple[HTTPStatus, Any]:
            try:
                found = agent.credentials(self.headers.get("Authorization", "").strip())
            except RefusedError as error:
                self.log_message("%s: %s", error.kind, error)
                return error.status, {"__type": error.kind, "message": str(error)}
            except OSError as error:
                self.log_message("the API server: %s", error)
                kind = "ServiceUnavailableException"
                told = "the API server does not answer"
                return HTTPStatus.SERVICE_UNAVAILABLE, {"__type": kind, "message": told}
            self.log_message("credentials of %s", found["AccessKeyId"])
            return HTTPStatus.OK, found

        def _answer(self, status: HTTPStatus, body: Any) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Not each one: probes would be most of the log."""

    return ThreadingHTTPServer(address, Handler)


def _write(path: Path, value: Any) -> None:
    """Whole or not at all, and for the user alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        json.dump(value, file)
    Path(name).replace(path)


def main(address: str, health: str, kubeconfig: str, store: str, *rest: str) -> None:
    """Until it is ended."""
    bucket, tenants, statements = rest
    accounts = Accounts(Path(store), bucket, json.loads(statements))
    agent = Agent(Cluster(Path(kubeconfig)), accounts, tenants)
    host, _, port = health.partition(":")
    looked_at = server((host, int(port)), agent)
    threading.Thread(target=looked_at.serve_forever, daemon=True).start()
    server((address, 80), agent).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
