"""The bad cases of every rule, by where what they break comes from."""

from typing import Final

from tests.policies.case import Bad
from tests.policies.cases.cloud import CLOUD
from tests.policies.cases.cluster import CLUSTER
from tests.policies.cases.objects import OBJECTS
from tests.policies.cases.pods import PODS

CASES: Final[tuple[Bad, ...]] = (*CLOUD, *CLUSTER, *OBJECTS, *PODS)
