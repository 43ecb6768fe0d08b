"""Unix sockets of any path; the kernel takes at most 107 bytes of one (unix(7))."""

import os
import socket
from pathlib import Path


def connect(path: Path, seconds: float) -> socket.socket:
    """A connection that waits at most so many seconds for anything. OSError where none is had."""
    folder = os.open(path.parent, os.O_PATH)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(seconds)
        connection.connect(f"/proc/self/fd/{folder}/{path.name}")
    except BaseException:
        connection.close()
        raise
    finally:
        os.close(folder)
    return connection
