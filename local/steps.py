"""What must be done before what, and all of it as early as can be."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from local.process import Process


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """Work done through the API server: objects applied, or something waited for.

    `run` is called in a thread of its own; what it raises ends the start.
    """

    name: str
    run: Callable[[], None]
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A process started; done once it is ready."""

    process: Process
    after: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """That of the process."""
        return self.process.name


Step = Apply | Launch


def run(steps: Sequence[Step], perform: Callable[[Step], None]) -> None:
    """Perform every step once all that it comes after is done; independent ones at once.

    The first failure is raised at once; steps under way are left to end by themselves. ValueError
    for a step that comes after an unknown one, or for a circle.
    """
    named = {step.name: step for step in steps}
    if len(named) < len(steps):
        raise ValueError("two steps have one name")
    if unknown := sorted({name for step in steps for name in step.after} - named.keys()):
        raise ValueError(f"no step is called {unknown[0]!r}")
    order = TopologicalSorter({step.name: step.after for step in steps})
    order.prepare()
    done: queue.SimpleQueue[tuple[str, BaseException | None]] = queue.SimpleQueue()

    def work(step: Step) -> None:
        try:
            perform(step)
        except BaseException as error:  # The waiting thread raises it again.
            done.put((step.name, error))
        else:
            done.put((step.name, None))

    while order.is_active():
        for name in order.get_ready():
            # Daemons: a step that waits must not outlive a start that has failed.
            threading.Thread(target=work, args=(named[name],), name=name, daemon=True).start()
        name, error = done.get()
        if error is not None:
            raise error
        order.done(name)
