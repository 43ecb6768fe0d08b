"""The API server that stands for the clusters of dev and prod."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import boot, plane
from local.place import Place
from tests.cloud import chart_crds


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of an API server of these tests alone, with the controllers of Kubernetes and no others."""
    place = Place.of(tmp_path_factory.mktemp("checkout"))
    plane.start(place, say=lambda _: None, steps=boot.kubernetes)
    yield place.kubeconfig
    plane.stop(place, say=lambda _: None)


@pytest.fixture(scope="session")
def crds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CRDs of the charts, by release."""
    folder = tmp_path_factory.mktemp("crds")
    chart_crds.write(folder)
    return folder
