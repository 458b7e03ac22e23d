"""The scenarios as one worker runs them: its executors, started at the common time, with the whole test's numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from runner.errors import InternalError
from runner.execution.executors.base import Executor
from runner.execution.scenarios_run import ScenariosRun
from runner.execution.workers.board import Board, Counter, Moment, Slot
from runner.execution.workers.executors import WORKER_EXECUTORS, Part, WorkerArrivalRate
from runner.execution.workers.plan import Share
from runner.execution.workers.pool import WorkerPool
from runner.options.scenarios import ScenarioConfig
from runner.vu.context import TestContext
from runner.vu.vu import VirtualUser


class WorkerScenarios(ScenariosRun):
    """Runs a worker's share of all scenarios.

    Args:
        scenarios: all of the test, in the order of the board.
        shares: this worker's, by scenario name.
        on_bug: told of an error of our own; the test is to be stopped.
        pass_on: gives an iteration of the scenario of this number, due at this moment, to another worker.
    """

    def __init__(
        self,
        context: TestContext,
        pool: WorkerPool,
        scenarios: Sequence[ScenarioConfig],
        *,
        board: Board,
        worker: int,
        shares: Mapping[str, Share],
        on_bug: Callable[[InternalError], None],
        pass_on: Callable[[int, float], None],
    ) -> None:
        self._board = board
        self._worker = worker
        self._shares = shares
        self._pass_on = pass_on
        self._own_pool = pool
        self._numbers = {scenario.name: number for number, scenario in enumerate(scenarios)}
        mine = [scenario for scenario in scenarios if scenario.name in shares]
        super().__init__(context, pool, mine, on_bug=on_bug)

    def run_from(self, started_s: float) -> None:
        """Run this worker's share to its end; parks the calling task.

        Args:
            started_s: when the test starts, in every worker.
        """
        self.started_s = started_s
        self.lateness.start()
        self._tasks = [self._reactor.spawn(self._run_one, executor) for executor in self.executors]
        for task in self._tasks:
            task.join()
        self.lateness.stop()

    def start_passed_on(self, number: int, planned_s: float) -> None:
        """Start an iteration that another worker could not start."""
        for executor in self.executors:
            if self._numbers[executor.scenario.name] == number:
                assert isinstance(executor, WorkerArrivalRate)
                executor.start_passed_on(planned_s)

    def counts(self) -> dict[str, float]:
        """See ScenariosRun.counts; of the whole test."""
        return whole_counts(self._board)

    def _executor(self, scenario: ScenarioConfig) -> Executor:
        number = self._numbers[scenario.name]
        part = Part(
            self._board,
            self._worker,
            number,
            self._shares[scenario.name],
            lambda planned_s: self._pass_on(number, planned_s),
        )
        around = self._surroundings(scenario)
        return WORKER_EXECUTORS[scenario.EXECUTOR](self._reactor, scenario, around, part)

    def _take_vus(self, scenario: ScenarioConfig, count: int) -> list[VirtualUser]:
        return self._own_pool.take_ids(self._shares[scenario.name].vu_ids)

    def _iteration_numbers(self, scenario: ScenarioConfig) -> Iterator[int]:
        if not self._context.registry.shows_iterations:
            # Workers that ask for the lock of the common counter at each iteration wait for each other.
            return itertools.repeat(0)
        take = partial(self._board.take, self._numbers[scenario.name], Counter.ITERATION)
        return iter(take, None)

    def _run_executor(self, executor: Executor, planned_s: float) -> None:
        number = self._numbers[executor.scenario.name]
        self._board.note(self._worker, number, Moment.STARTED, planned_s)
        executor.run(planned_s)
        self._board.slots(self._worker, number)[Slot.FELL_SHORT] = executor.fell_short
        self._board.note(self._worker, number, Moment.FINISHED, self._reactor.now())


def whole_counts(board: Board) -> dict[str, float]:
    """The members of k6/execution's ``instance`` that count something, over all workers."""
    return {
        "vusActive": board.grand_total(Slot.ACTIVE_VUS),
        "vusInitialized": board.initialised(),
        "iterationsCompleted": board.grand_total(Slot.COMPLETE),
        "iterationsInterrupted": board.grand_total(Slot.INTERRUPTED),
    }
