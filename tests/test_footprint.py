"""What a pod takes, by Kubernetes' own rules."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog.objects import Object
from catalog.pod import Footprint, footprint
from catalog.quantity import format_cpu, format_memory


def pod_with(containers: list[Object], init: list[Object] | None = None, **spec: Any) -> Object:
    return {"spec": {"containers": containers, "initContainers": init or [], **spec}}


def asking(cpu: int, memory: int, **more: Any) -> Object:
    return {
        "resources": {"requests": {"cpu": format_cpu(cpu), "memory": format_memory(memory)}}
    } | more


def test_a_request_that_is_left_out_is_the_limit() -> None:
    pod = pod_with([{"resources": {"limits": {"cpu": "2", "nvidia.com/gpu": 1}}}])
    assert footprint(pod) == Footprint(2000, accelerators={"nvidia.com/gpu": 1})
    assert footprint(pod, "limits") == footprint(pod)
    assert footprint(pod_with([asking(1, 1)]), "limits") == Footprint()


def test_a_large_init_container_sets_the_footprint_alone() -> None:
    pod = pod_with([asking(100, 10), asking(50, 10)], [asking(400, 5), asking(10, 90)])
    assert footprint(pod) == Footprint(400, 90)


def test_a_sidecar_runs_beside_what_starts_after_it() -> None:
    sidecar = asking(100, 100, restartPolicy="Always")
    after = pod_with([asking(10, 10)], [sidecar, asking(300, 0)])
    assert footprint(after) == Footprint(400, 110)
    before = pod_with([asking(10, 10)], [asking(300, 0), sidecar])
    assert footprint(before) == Footprint(300, 110)


def test_overhead_is_added() -> None:
    assert footprint(pod_with([asking(10, 10)], overhead={"cpu": "250m"})) == Footprint(260, 10)


amounts = st.tuples(st.integers(0, 4000), st.integers(0, 2**34))


@given(st.lists(amounts, min_size=1, max_size=4), st.lists(amounts, max_size=4))
def test_a_footprint_is_the_larger_of_running_and_starting(
    running: list[tuple[int, int]], starting: list[tuple[int, int]]
) -> None:
    pod = pod_with([asking(*a) for a in running], [asking(*a) for a in starting])
    cpu = max([sum(a[0] for a in running), *(a[0] for a in starting)])
    memory = max([sum(a[1] for a in running), *(a[1] for a in starting)])
    assert footprint(pod) == Footprint(cpu, memory)
