"""A provider that may be configured and is asked for nothing: `python -m tests.cloud.idle NAME`."""

import sys

from tests.cloud.kinds import Package
from tests.cloud.serving import serve

if __name__ == "__main__":
    serve(Package(name=sys.argv[1], kinds={}, rules=(), answers={}))
