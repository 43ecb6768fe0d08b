"""A stand-in as a process, which the engine starts and ends."""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.cloud.kinds import Package
from tests.cloud.server import Construct, Provider
from tests.cloud.store import Store


def serve(package: Package, construct: Callable[[str], Construct] | None = None) -> None:
    """Serves until the engine is gone; says the port on standard output, as plugins do."""
    parent = os.getppid()
    server = grpc.server(ThreadPoolExecutor(max_workers=64))
    made = construct(sys.argv[1]) if construct else None
    provider = Provider(package, Store.of_environment(), made)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)
