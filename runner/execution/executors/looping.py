"""What the executors with a fixed number of VUs share: every VU loops until it gets no further iteration.

Owns the end of a scenario: no new iteration after its run time, the graceful stop, and cutting off what is
left.
Which VU gets how many iterations is the subclass's to say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from runner.ops import Interrupted
from runner.options.scenarios import ScenarioConfig
from runner.reactor import DeadlineReached, Reactor, Task


class LoopingVu(Protocol):
    """What an executor needs of a virtual user."""

    vu_id: int

    def interrupt(self) -> None:
        """Cut off what computes in it."""


class IterationRunner(Protocol):
    """Runs one iteration; True when it was cut off."""

    def __call__(self, vu: LoopingVu, deadline_s: float) -> bool: ...


@dataclass
class Counts:
    """How a scenario is doing; the progress display reads it."""

    active_vus: int = 0
    complete: int = 0
    interrupted: int = 0


class LoopingExecutor(ABC):
    """One scenario with a fixed set of VUs.

    Args:
        scenario: its configuration.
        vus: as many as the configuration asks for.
        run_iteration: runs one iteration in a VU.
        min_iteration_s: an iteration that is faster is followed by a wait up to this length.
    """

    def __init__(
        self,
        reactor: Reactor,
        scenario: ScenarioConfig,
        vus: Sequence[LoopingVu],
        run_iteration: IterationRunner,
        min_iteration_s: float = 0.0,
    ) -> None:
        self.scenario = scenario
        self.counts = Counts()
        self.started_s: float | None = None
        self.finished_s: float | None = None
        self._reactor = reactor
        self._vus = vus
        self._run_iteration = run_iteration
        self._min_iteration_s = min_iteration_s
        # Iterations were cut off: the graceful stop was not enough, or the test was stopped.
        self.was_cut_off = False
        self._end_s = 0.0
        self._hard_end_s = 0.0
        self._tasks: dict[Task, LoopingVu] = {}

    @abstractmethod
    def take_iteration(self, vu: LoopingVu) -> bool:
        """Whether `vu` has an iteration to run; True takes it."""

    @abstractmethod
    def left_over(self) -> int:
        """Iterations that were promised and not started: k6's dropped_iterations."""

    @abstractmethod
    def fraction(self, elapsed_s: float) -> float:
        """How much of the scenario is done, from 0 to 1."""

    @abstractmethod
    def details(self, elapsed: str) -> list[str]:
        """The columns behind the progress bar.

        Args:
            elapsed: the time since the start, as it is shown.
        """

    def run(self) -> None:
        """Run the scenario to its end; parks the calling task."""
        reactor = self._reactor
        self.started_s = reactor.now()
        self._end_s = self.started_s + self.scenario.run_time_s()
        self._hard_end_s = self._end_s + self.scenario.graceful_stop_s
        for vu in self._vus:
            self._tasks[reactor.spawn(self._loop, vu)] = vu
        self._join(self._hard_end_s)
        if self._tasks:
            self._cut_off()
            self._join(None)
        self.finished_s = reactor.now()

    def stop(self) -> None:
        """End the scenario now: running iterations are cut off, run() returns."""
        self._end_s = self._hard_end_s = self._reactor.now()
        self._cut_off()

    def _loop(self, vu: LoopingVu) -> None:
        self.counts.active_vus += 1
        try:
            while self._reactor.now() < self._end_s and self.take_iteration(vu):
                started_s = self._reactor.now()
                if self._run_iteration(vu, self._hard_end_s):
                    self.counts.interrupted += 1
                else:
                    self.counts.complete += 1
                # Also gives the other VUs a turn when iterations never wait for anything.
                earliest_s = min(started_s + self._min_iteration_s, self._end_s)
                self._reactor.sleep_until(max(earliest_s, self._reactor.now()))
        except Interrupted:
            return
        finally:
            self.counts.active_vus -= 1

    def _join(self, deadline_s: float | None) -> None:
        for task in list(self._tasks):
            try:
                task.join(deadline_s)
            except DeadlineReached:
                return
            del self._tasks[task]

    def _cut_off(self) -> None:
        self.was_cut_off = True
        for task, vu in self._tasks.items():
            if not task.done:
                vu.interrupt()
                self._reactor.interrupt(task, Interrupted())
