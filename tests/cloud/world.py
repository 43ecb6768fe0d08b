"""Accounts with a thing of every type, made once and copied for each test."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.cloud import aws, broken, cloudflare, samples
from tests.cloud.broken import Broken
from tests.cloud.client import Client
from tests.cloud.kinds import Package
from tests.cloud.samples import Samples
from tests.cloud.store import Store

SIDES: Final[Mapping[str, tuple[Package, Samples, Mapping[str, Broken]]]] = {
    "aws": (aws.PACKAGE, samples.AWS, broken.AWS),
    "cloudflare": (cloudflare.PACKAGE, samples.CLOUDFLARE, broken.CLOUDFLARE),
}
"""Each stand-in, its samples, and how its refusals are provoked."""


def world(side: str, folder: Path, package: Package) -> Client:
    """A client of a stand-in over an account in this folder, which holds all samples."""
    text, maker = _made(side)
    (folder / "account.json").write_text(text, "utf-8")
    client = Client(package, Store(folder))
    client.ids, client.told, client.inputs = dict(maker.ids), dict(maker.told), dict(maker.inputs)
    return client


def told(side: str) -> Mapping[str, Mapping[str, Any]]:
    """What was told of each sample when it was made."""
    return _made(side)[1].told


@cache
def _made(side: str) -> tuple[str, Client]:
    package, things, _ = SIDES[side]
    with TemporaryDirectory() as folder:
        with Client(package, Store(Path(folder))) as client:
            for own, (token, inputs) in things.items():
                client.create(token, own, inputs)
        return (Path(folder) / "account.json").read_text("utf-8"), client
