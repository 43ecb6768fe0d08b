"""What the platform's own pods ask for while nobody calls, read off the parts themselves.

Every `requests` in a release's values or in an object is one container of one replica, unless it is
named here: those that run once for each replica of the settings, and those that are no part of a
standing pod of the system nodes (jobs, init containers, DaemonSets, which `catalog/instances.py`
takes off every node, and what is only a form for other pods). Sidecars that charts add without a
value of ours are left out: together they ask for less than one of the nodes' spare cores.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from catalog.instances import DATA_VOLUME_BYTES, GIB, MIB, INSTANCES
from catalog.objects import Object
from catalog.parts import Part
from catalog.quantity import parse_cpu, parse_memory
from infra.parts.common import replicas
from infra.parts.part import Context
