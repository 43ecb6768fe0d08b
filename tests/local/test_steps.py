"""Steps run as soon as what they come after is done, and never before."""

import threading

import pytest

from local.process import Process
from local.steps import Apply, Launch, Step, run


def step(name: str, *after: str) -> Apply:
    return Apply(name=name, run=lambda: None, after=after)


def test_a_step_waits_for_all_that_it_comes_after() -> None:
    done: list[str] = []
    lock = threading.Lock()

    def perform(each: Step) -> None:
        with lock:
            assert set(each.after) <= set(done)
            done.append(each.name)

    steps = [step("d", "b", "c"), step("c", "a"), step("b", "a"), step("a"), step("e", "d")]
    run(steps, perform)
    assert (done[0], *done[-2:]) == ("a", "d", "e")
    assert sorted(done) == ["a", "b", "c", "d", "e"]


def test_independent_steps_run_at_once() -> None:
    both = threading.Barrier(2)

    def perform(_: Step) -> None:
        both.wait(timeout=30)

    run([step("a"), step("b")], perform)


def test_a_slow_step_holds_up_only_what_comes_after_it() -> None:
    reached = threading.Event()

    def perform(each: Step) -> None:
        if each.name == "slow":
            assert reached.wait(timeout=30)
        if each.name == "second":
            reached.set()

    run([step("slow"), step("first"), step("second", "first")], perform)


def test_the_first_failure_is_raised_and_nothing_more_is_begun() -> None:
    begun: list[str] = []
    held = threading.Event()

    def perform(each: Step) -> None:
        begun.append(each.name)
        if each.name == "bad":
            raise OSError("no")
        held.wait(timeout=30)

    with pytest.raises(OSError, match="no"):
        run([step("slow"), step("bad"), step("after-bad", "bad"), step("last", "slow")], perform)
    held.set()
    assert sorted(begun) == ["bad", "slow"]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([step("a", "b")], "no step is called 'b'"),
        ([step("a"), step("a")], "two steps have one name"),
        ([step("a", "b"), step("b", "a")], "nodes are in a cycle"),
    ],
)
def test_steps_that_cannot_be_ordered_are_refused(steps: list[Step], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        run(steps, lambda _: None)


def test_a_process_is_a_step_under_its_own_name() -> None:
    assert Launch(process=Process(name="etcd", command=("/bin/etcd",))).name == "etcd"
