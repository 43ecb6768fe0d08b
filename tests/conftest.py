"""Settings of all tests, and the sample of fleets that slow judges share."""

import os
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.internal.conjecture import providers

from catalog.fleet import Built
from tests.fleets import read_fleet
from tests.strategies import Generated, fleets

# Programs of ours must not need what one developer's shell happens to say.
os.environ.pop("PYTHONUNBUFFERED", None)

# Planes of tests are of played nodes alone, but where a test asks for a real one.
os.environ["SLIPWAY_NODE"] = "off"

pytest_plugins = ["tests.privilege", "tests.workers"]

# Hypothesis draws from the constants of whatever modules are loaded by then, which differ from one
# run and one worker to the next; without them the same is drawn everywhere.
patch.object(providers, "_get_local_constants", lambda: vars(providers)["_local_constants"]).start()

settings.register_profile(
    "slipway",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "unshrunk",
    settings.get_profile("slipway"),
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("slipway")


@pytest.fixture(scope="session")
def sample() -> list[Generated]:
    """The same many fleets in every run, for checks that cost too much one by one."""
    found: list[Generated] = []

    @settings(max_examples=70, phases=[Phase.generate])
    @given(fleets())
    def collect(fleet: Generated) -> None:
        found.append(fleet)

    collect()
    return found


@pytest.fixture(scope="session")
def tenants(sample: list[Generated]) -> list[Built]:
    """Every project of the sample, built on the stack that its fleet was drawn for."""
    fleets = [read_fleet(fleet.files).build(fleet.env) for fleet in sample]
    assert not any(fleet.problems for fleet in fleets)
    return [one for fleet in fleets for one in fleet.tenants]
