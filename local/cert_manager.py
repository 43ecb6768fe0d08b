"""cert-manager: its controllers as a process, and an issuer over the authority of this machine.

Rights are those of its chart. Its webhooks and what speaks ACME are not there.
"""

import base64
from pathlib import Path
from typing import Final

from catalog.objects import Object
from catalog.pins import chart
from infra.parts.cert_manager import NAMESPACE
from infra.parts.part import Context
from local import charts, machine_authority
from local.network import LOOPBACK
from local.place import Place
from local.process import Process, Ready
from tools.toolchain import binary

CERT_MANAGER: Final = "cert-manager"
BINARIES: Final = (CERT_MANAGER,)
MODULE: Final = "github.com/cert-manager/cert-manager"
_CHART: Final = "deploy/charts/cert-manager"
_TEMPLATES: Final = ("templates/rbac.yaml", "templates/serviceaccount.yaml")
_PORT: Final = 9403


def objects(context: Context) -> list[Object]:
    """Account, rights, and the issuer that certificates name."""
    name = context.settings.environment.certificate_issuer
    made = charts.objects(MODULE, _CHART, CERT_MANAGER, NAMESPACE, {}, _arranged, _TEMPLATES)
    return [*made, _secret(name), _issuer(name)]


def process(place: Place) -> Process:
    """It answers once all its controllers run."""
    return Process(
        name=CERT_MANAGER,
        command=(
            str(binary(CERT_MANAGER)),
            f"--kubeconfig={place.kubeconfig_of(CERT_MANAGER)}",
            f"--cluster-resource-namespace={NAMESPACE}",
            f"--health-address={LOOPBACK}:{_PORT}",
        ),
        ready=Ready(port=_PORT, path="/livez"),
        subject=f"system:serviceaccount:{NAMESPACE}:{CERT_MANAGER}",
    )


def _arranged(folder: Path) -> None:
    """Named as a release names it (`make/manifests.mk`)."""
    version = chart("cert-manager").version
    (folder / "Chart.yaml").write_text(
        f"apiVersion: v2\nname: {CERT_MANAGER}\nversion: {version}\nappVersion: {version}\n",
        "utf-8",
    )


def _secret(name: str) -> Object:
    pair = machine_authority.pair()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "data": {
            "tls.crt": base64.b64encode(pair.certificate.encode()).decode(),
            "tls.key": base64.b64encode(pair.key.encode()).decode(),
        },
    }


def _issuer(name: str) -> Object:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {"name": name},
        "spec": {"ca": {"secretName": name}},
    }
