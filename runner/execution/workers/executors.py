"""The executors as one of several workers runs them: each does its share, and what is counted is counted for all.

Owns the differences to ``runner.execution.executors`` and nothing else of a scenario.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import SupportsIndex

from runner.execution.executors.arrival_rate import ArrivalRateExecutor
from runner.execution.executors.base import Counts, Executor, ExecutorVu, Surroundings
from runner.execution.executors.constant_arrival_rate import ConstantArrivalRateExecutor
from runner.execution.executors.constant_vus import ConstantVusExecutor
from runner.execution.executors.per_vu_iterations import PerVuIterationsExecutor
from runner.execution.executors.ramping_arrival_rate import RampingArrivalRateExecutor
from runner.execution.executors.ramping_vus import RampingVusExecutor
from runner.execution.executors.shared_iterations import SharedIterationsExecutor
from runner.execution.workers.board import Board, Counter, Slot
from runner.execution.workers.plan import Share
from runner.options.scenarios import ScenarioConfig
from runner.reactor import Reactor, Task


@dataclass(frozen=True)
class Part:
    """One worker's part of one scenario.

    Args:
        scenario: its number on the board.
        pass_on: gives an iteration, due at a moment that is now, to a worker with a free virtual user.
    """

    board: Board
    worker: int
    scenario: int
    share: Share
    pass_on: Callable[[float], None]

    @cached_property
    def slots(self) -> memoryview[int]:
        """What this worker tells everybody."""
        return self.board.slots(self.worker, self.scenario)

    def total(self, slot: Slot) -> int:
        """The sum of everybody's."""
        return self.board.total(self.scenario, slot)

    def take_below(self, limit: int, counter: Counter) -> int | None:
        """See Board.take_below."""
        return self.board.take_below(limit, self.scenario, counter)


class PublishedCounts(Counts):
    """Counts of this worker that everybody can see; what is done is what all workers have done."""

    _SLOT_OF = {"active_vus": Slot.ACTIVE_VUS, "complete": Slot.COMPLETE, "interrupted": Slot.INTERRUPTED}

    def __init__(self, part: Part) -> None:
        object.__setattr__(self, "_part", part)
        super().__init__()

    def __setattr__(self, name: str, value: int) -> None:
        object.__setattr__(self, name, value)
        self._part.slots[self._SLOT_OF[name]] = value

    _part: Part

    @property
    def done(self) -> int:
        return self._part.total(Slot.COMPLETE) + self._part.total(Slot.INTERRUPTED)


class WorkerExecutor(Executor):
    """Mixed into each executor.

    Args:
        part: what this worker does of it.
    """

    def __init__(self, reactor: Reactor, scenario: ScenarioConfig, around: Surroundings, part: Part) -> None:
        super().__init__(reactor, scenario, around)
        self.part = part
        self.counts = PublishedCounts(part)


class WorkerSharedIterations(WorkerExecutor, SharedIterationsExecutor):
    """Iterations from the counter of the whole test."""

    def take_iteration(self, vu: ExecutorVu) -> bool:
        """One of the iterations that nobody has taken yet, here or elsewhere."""
        return self.part.take_below(self.scenario.iterations, Counter.TAKEN) is not None

    def left_over(self) -> list[int]:
        """What nobody took; the worker that ends last tells it."""
        part = self.part
        if part.board.take(part.scenario, Counter.ENDED) != part.share.workers - 1:
            return []
        return [self.scenario.iterations - part.board.taken(part.scenario, Counter.TAKEN)]


class WorkerPerVuIterations(WorkerExecutor, PerVuIterationsExecutor):
    """As many iterations for each of its own VUs."""


class WorkerConstantVus(WorkerExecutor, ConstantVusExecutor):
    """Its own VUs loop."""


class WorkerRampingVus(WorkerExecutor, RampingVusExecutor):
    """VUs come and go by their places among all of the scenario's."""

    def slots(self) -> Iterator[int]:
        """The places of this worker's VUs."""
        return iter(self.part.share.slots)


class FreeTasks(list[Task]):
    """The tasks that wait for an iteration; how many there are is told to everybody."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._slots = part.slots

    def append(self, task: Task) -> None:
        super().append(task)
        self._slots[Slot.FREE_VUS] = len(self)

    def pop(self, index: SupportsIndex = -1) -> Task:
        task = super().pop(index)
        self._slots[Slot.FREE_VUS] = len(self)
        return task

    def remove(self, task: Task) -> None:
        super().remove(task)
        self._slots[Slot.FREE_VUS] = len(self)


class WorkerArrivalRate(WorkerExecutor, ArrivalRateExecutor):
    """Every n-th start is this worker's, at the moment that it has in the whole test.

    A start that finds no free VU here goes to a worker that has one, so that an iteration is dropped only when all
    VUs of the test are busy; the VUs that are made then count for the whole test, too.
    """

    def start_tasks(self) -> None:
        """As ever, with a list of free VUs that others can see."""
        super().start_tasks()
        self._free = FreeTasks(self.part)
        self.part.slots[Slot.VUS] = len(self.vus)

    def start_passed_on(self, planned_s: float) -> None:
        """Start an iteration that another worker could not; it is dropped when this one cannot either."""
        self.part.slots[Slot.PASSED_ON] += 1
        if self.started_s is not None and not self._is_over:
            self._start_here(planned_s)
        elif not self._stopped:
            self._around.drop(1)

    def _own(self, start_times: Iterator[float]) -> Iterator[float]:
        """Those of the start times that are this worker's."""
        return itertools.islice(start_times, self.part.share.worker, None, self.part.share.workers)

    def _start_one(self, planned_s: float) -> None:
        if not self._free and self.part.total(Slot.FREE_VUS) > 0:
            self.part.pass_on(planned_s)
        else:
            self._start_here(planned_s)

    def _start_here(self, planned_s: float) -> None:
        if self._free:
            self._reactor.wake(self._free.pop(), planned_s)
            return
        self._around.drop(1)
        part, vus_max = self.part, self.scenario.max_vus()
        made_max = vus_max - self.scenario.planned_vus()
        if part.board.taken(part.scenario, Counter.MADE_VUS) < made_max:
            self._make_one(made_max)
        elif part.total(Slot.VUS) >= vus_max and part.take_below(1, Counter.WARNED) is not None:
            self._around.warn(
                f"Insufficient VUs, reached {part.total(Slot.VUS)} active VUs and cannot initialize more"
            )

    def _make_one(self, made_max: int) -> None:
        """One at a time in the whole test, as in one process."""
        if self.part.take_below(1, Counter.MAKING) is None:
            return
        if self.part.take_below(made_max, Counter.MADE_VUS) is None:
            self.part.board.release(self.part.scenario, Counter.MAKING)
            return
        self.spawn(self._add_vu, None)

    def _add_vu(self) -> None:
        self._making = True
        super()._add_vu()
        self.part.slots[Slot.VUS] = len(self.vus)
        # It stays set when the script did not load: the next one would fail in the same way.
        if not self._making:
            self.part.board.release(self.part.scenario, Counter.MAKING)


class WorkerConstantArrivalRate(WorkerArrivalRate, ConstantArrivalRateExecutor):
    """See both."""

    def start_times(self) -> Iterator[float]:
        """See _own."""
        return self._own(super().start_times())


class WorkerRampingArrivalRate(WorkerArrivalRate, RampingArrivalRateExecutor):
    """See both."""

    def start_times(self) -> Iterator[float]:
        """See _own."""
        return self._own(super().start_times())


WORKER_EXECUTORS: dict[str, type[WorkerExecutor]] = {
    "shared-iterations": WorkerSharedIterations,
    "per-vu-iterations": WorkerPerVuIterations,
    "constant-vus": WorkerConstantVus,
    "ramping-vus": WorkerRampingVus,
    "constant-arrival-rate": WorkerConstantArrivalRate,
    "ramping-arrival-rate": WorkerRampingArrivalRate,
}
