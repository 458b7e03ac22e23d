"""The scenarios of a test that runs on workers, as the parent sees them: started, shown, stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from runner.errors import InternalError
from runner.execution.executors.base import Counts, Executor, ExecutorVu, Surroundings
from runner.execution.executors.registry import executor_class
from runner.execution.intervals import every
from runner.execution.workers.board import Moment, Slot
from runner.execution.workers.crew import Crew
from runner.execution.workers.scenarios import whole_counts
from runner.options.scenarios import ScenarioConfig
from runner.vu.context import ScenarioProgress, TestContext

VIEW_INTERVAL_S = 0.1


class _NoVu:
    """Stands for a virtual user of a worker, to be counted."""

    vu_id = 0

    def interrupt(self) -> None:
        """Nothing: the workers' executors do that."""


class WorkersRun:
    """Runs all scenarios; ScenariosRun does the same in one process.

    Args:
        scenarios: in the order in which they are shown, and in which the crew knows them.
        run_started_s: when the run began, setup() included.

    Attributes:
        executors: for the progress display: they run nothing, and show what the workers' executors say.
        started_s: when the scenarios began.
    """

    def __init__(
        self,
        context: TestContext,
        crew: Crew,
        scenarios: Sequence[ScenarioConfig],
        *,
        run_started_s: float,
    ) -> None:
        self._context = context
        self._reactor = context.reactor
        self._crew = crew
        self._board = crew.board
        self._run_started_s = run_started_s
        self.executors = [self._view(scenario) for scenario in scenarios]
        self.started_s = 0.0

    def run(self) -> None:
        """Run them to their ends; parks the calling task."""
        self.started_s = self._crew.run_scenarios(self._run_started_s)
        stop_looking = every(VIEW_INTERVAL_S, self._reactor, self._look)
        self._crew.wait_finished()
        stop_looking()
        self._look()
        warning = self._crew.lateness.warning()
        if warning is not None:
            self._context.logger.warning(warning)

    def stop(self) -> None:
        """End every scenario now."""
        self._crew.stop()

    @property
    def has_complete_iterations(self) -> bool:
        """Whether any iteration was not cut off."""
        return self._board.grand_total(Slot.COMPLETE) > 0

    def counts(self) -> dict[str, float]:
        """The members of k6/execution's ``instance`` that count something."""
        return whole_counts(self._board)

    def progress(self, name: str) -> ScenarioProgress:
        """How the scenario `name` is doing; only scripts in workers ask for it, and ask their own."""
        raise InternalError(f"the parent was asked for the progress of {name}; please report this")

    # ---- the view

    def _view(self, scenario: ScenarioConfig) -> Executor:
        around = Surroundings(take_vus=_never, make_vu=_never, run_iteration=_never, warn=_never, drop=_never)
        return executor_class(scenario.EXECUTOR)(self._reactor, scenario, around)

    def _look(self) -> None:
        """Bring the view up to date."""
        board = self._board
        for number, executor in enumerate(self.executors):
            started = [moment for moment in board.moments(number, Moment.STARTED) if moment]
            finished = [moment for moment in board.moments(number, Moment.FINISHED) if moment]
            executor.counts = Counts(
                board.total(number, Slot.ACTIVE_VUS),
                board.total(number, Slot.COMPLETE),
                board.total(number, Slot.INTERRUPTED),
            )
            executor.started_s = min(started, default=None)
            if len(finished) == self._crew.workers_of(executor.scenario):
                executor.finished_s = max(finished, default=None)
            executor.fell_short = board.total(number, Slot.FELL_SHORT) > 0
            vus: list[ExecutorVu] = [_NoVu()] * board.total(number, Slot.VUS)
            executor.vus = vus


def _never(*_: object, **__: object) -> NoReturn:
    raise InternalError("an executor of the parent runs; please report this")
