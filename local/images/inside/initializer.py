#!/usr/local/bin/python3.11
"""Downloads models as KServe's storage initializer does, with its library.

    initializer-entrypoint URI FOLDER [URI FOLDER …]

After kserve v0.20.0 python/storage-initializer/scripts/initializer-entrypoint, less the models
that are decrypted. The libraries are in the image alone.
"""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import sys
from pathlib import Path

from kserve_storage import Storage
from kserve_storage.logging import configure_logging, logger


def main(arguments: list[str]) -> int:
    """Exit status 0, or 1 with the reason in the log."""
    sources, targets = arguments[::2], arguments[1::2]
    if not sources or len(sources) != len(targets):
        sys.exit("usage: initializer-entrypoint URI FOLDER [URI FOLDER …]")
    configure_logging()
    logger.info("Initializing, (URI, folder): %s", list(zip(sources, targets, strict=True)))
    for target in targets:
        Path(target).mkdir(parents=True, exist_ok=True)
    try:
        Storage.download_files(sources, targets)
    except Exception as error:  # Whatever a client of a cloud raises.
        logger.error("Storage initialization failed: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
