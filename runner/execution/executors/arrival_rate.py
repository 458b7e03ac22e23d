"""What the two arrival-rate executors share: iterations start at given times, in whatever VU is free.

A start is an absolute deadline, computed from the iteration's number.  An iteration that finds no free VU is
dropped and one more VU is made, up to maxVUs.  Source: https://grafana.com/docs/k6/latest/using-k6/scenarios/concepts/arrival-rate-vu-allocation/
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from runner.errors import K6pyError
from runner.execution.executors.base import Executor, ExecutorVu
from runner.ops import Interrupted
from runner.options.arrival_rates import ConstantArrivalRate, RampingArrivalRate
from runner.reactor import Task

# Starts that are due already happen in one turn of the reactor: one in each turn would be fewer the more VUs are busy.
# After so many, others have their turn.
BURST_MAX = 100
# How long after the scenario's end a start may happen that was due before: nobody wakes up at once.
LATE_MAX_S = 0.1


class ArrivalRateExecutor(Executor):
    """Starts iterations at the times that the subclass gives."""

    scenario: ConstantArrivalRate | RampingArrivalRate

    @abstractmethod
    def start_times(self) -> Iterator[float]:
        """When iterations start, in seconds since the start of the scenario, in order and none after its end."""

    @abstractmethod
    def rate_at(self, elapsed_s: float) -> float:
        """Iterations per second that are wanted at `elapsed_s`."""

    @abstractmethod
    def highest_rate(self) -> float:
        """The most of what rate_at() gives."""

    def start_tasks(self) -> None:
        """VUs wait for iterations, and one task hands them out."""
        # The VU used last is taken first, so that as few as possible are in use.
        self._free: list[Task] = []
        self._making = False
        self._warned = False
        self._waited_in_vain = False
        for vu in self.take_vus(self.scenario.pre_allocated_vus):
            self.spawn(self._serve, vu)
        self.spawn(self._hand_out, None)

    def _hand_out(self) -> None:
        assert self.started_s is not None
        starts = self.start_times()
        try:
            for number, start_s in enumerate(starts):
                planned_s = self.started_s + start_s
                self._wait_until(planned_s, lets_others=number % BURST_MAX == 0)
                # The end may come in the same turn; then the free VUs are no longer parked.
                if self._is_over:
                    return
                if self._reactor.now() > self._end_s + LATE_MAX_S:
                    self._around.drop(1 + sum(1 for _ in starts))
                    break
                self._start_one(planned_s)
            self._reactor.sleep_until(self._end_s)
        except Interrupted:
            return
        if self._is_over:
            return
        self._is_over = True
        while self._free:
            self._reactor.wake(self._free.pop(), None)

    def _wait_until(self, planned_s: float, *, lets_others: bool) -> None:
        """Wait for the time of a start; when it has passed, only if `lets_others`, or if VUs may become free by it."""
        if planned_s > self._reactor.now() or lets_others:
            self._reactor.sleep_until(planned_s)
            self._waited_in_vain = False
        elif not self._free and not self._waited_in_vain:
            # The process is late: iterations that are over had no turn to say so yet.
            self._reactor.sleep_until(planned_s)
            self._waited_in_vain = not self._free

    def _start_one(self, planned_s: float) -> None:
        if self._free:
            self._reactor.wake(self._free.pop(), planned_s)
            return
        self._around.drop(1)
        if len(self.vus) < self.scenario.max_vus():
            if not self._making:
                self._making = True
                self.spawn(self._add_vu, None)
        elif not self._warned:
            self._warned = True
            self._around.warn(
                f"Insufficient VUs, reached {len(self.vus)} active VUs and cannot initialize more"
            )

    def _add_vu(self) -> None:
        try:
            vu = self._around.make_vu()
        except Interrupted:
            return
        except K6pyError as error:
            # The next one would fail in the same way: `_making` stays, and the scenario goes on with what it has.
            self._around.warn(f"Insufficient VUs, another one could not be initialized: {error.message}")
            return
        self._making = False
        self.vus.append(vu)
        self.spawn(self._serve, vu)

    def _serve(self, vu: ExecutorVu) -> None:
        task = self._reactor.current_task()
        assert task is not None
        try:
            while not self._is_over:
                self._free.append(task)
                planned_s = self._reactor.park()
                if planned_s is None:
                    return
                self._run_planned(vu, planned_s)
        except Interrupted:
            return

    def _run_planned(self, vu: ExecutorVu, planned_s: float) -> None:
        started_s = self._reactor.now()
        self._around.note_start(started_s - planned_s)
        self.counts.active_vus += 1
        try:
            self.iterate(vu, self._hard_end_s)
        finally:
            self.counts.active_vus -= 1
        if self._around.min_iteration_s:
            self.rest(started_s)

    def fraction(self, elapsed_s: float) -> float:
        """By time."""
        total_s = self.scenario.run_time_s()
        return min(1.0, elapsed_s / total_s) if total_s else 1.0

    def details(self, elapsed_s: float) -> list[str]:
        """VUs in use and made, time, and rate."""
        width = len(str(self.scenario.max_vus()))
        rate = self.rate_at(min(elapsed_s, self.scenario.run_time_s()))
        return [
            f"{self.shown_vus:0{width}d}/{len(self.vus):0{width}d} VUs",
            self.time_column(elapsed_s),
            f"{rate:0{len(f'{self.highest_rate():.2f}')}.2f} iters/s",
        ]
