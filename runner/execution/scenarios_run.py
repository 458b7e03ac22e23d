"""The scenarios of a test: their executors side by side, and their common end."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from runner.errors import InternalError
from runner.execution.executors.base import Executor, ExecutorVu, Surroundings
from runner.execution.executors.registry import executor_class
from runner.execution.iteration import run_iteration
from runner.execution.lateness import Lateness
from runner.execution.preparation import run_tags
from runner.execution.vu_pool import VuPool
from runner.metrics.builtin import DROPPED_ITERATIONS, VUS, VUS_MAX
from runner.metrics.tags import TagSet
from runner.ops import Interrupted
from runner.options.scenarios import ScenarioConfig
from runner.reactor import Task
from runner.vu.context import ScenarioProgress, TestContext
from runner.vu.vu import VirtualUser


class ScenariosRun:
    """Runs all scenarios.

    Args:
        pool: filled with as many VUs as the scenarios need at the same time.
        scenarios: in the order in which they are shown.
        on_bug: told of an error of our own; the test is to be stopped.

    Attributes:
        executors: in the order of the scenarios.
        started_s: when they began.
    """

    def __init__(
        self,
        context: TestContext,
        pool: VuPool,
        scenarios: Sequence[ScenarioConfig],
        *,
        on_bug: Callable[[InternalError], None],
    ) -> None:
        self._context = context
        self._reactor = context.reactor
        self._pool = pool
        self._on_bug = on_bug
        self.lateness = Lateness(context.reactor)
        self.executors = [self._executor(scenario) for scenario in scenarios]
        self._tasks: list[Task] = []
        self.started_s = 0.0
        self._stopped = False

    def run(self) -> None:
        """Run them to their ends; parks the calling task."""
        self.started_s = self._reactor.now()
        self.lateness.start()
        self._tasks = [self._reactor.spawn(self._run_one, executor) for executor in self.executors]
        for task in self._tasks:
            task.join()
        self.lateness.stop()
        warning = self.lateness.figures.warning()
        if warning is not None:
            self._context.logger.warning(warning)

    def stop(self) -> None:
        """End every scenario now: iterations are cut off, those that wait for their start do not start."""
        self._stopped = True
        for executor, task in zip(self.executors, self._tasks, strict=True):
            if executor.started_s is None:
                self._reactor.interrupt(task, Interrupted())
            elif executor.finished_s is None:
                executor.stop()

    @property
    def has_complete_iterations(self) -> bool:
        """Whether any iteration was not cut off."""
        return any(executor.counts.complete for executor in self.executors)

    def counts(self) -> dict[str, float]:
        """The members of k6/execution's ``instance`` that count something."""
        counts = [executor.counts for executor in self.executors]
        return {
            "vusActive": sum(count.active_vus for count in counts),
            "vusInitialized": self._pool.size,
            "iterationsCompleted": sum(count.complete for count in counts),
            "iterationsInterrupted": sum(count.interrupted for count in counts),
        }

    def progress(self, name: str) -> ScenarioProgress:
        """How the scenario `name` is doing."""
        executor = next(executor for executor in self.executors if executor.scenario.name == name)
        assert executor.started_s is not None
        elapsed_s = self._reactor.now() - executor.started_s
        return ScenarioProgress(
            executor.scenario.EXECUTOR, time.time() - elapsed_s, executor.fraction(elapsed_s)
        )

    # ---- one scenario

    def _executor(self, scenario: ScenarioConfig) -> Executor:
        return executor_class(scenario.EXECUTOR)(self._reactor, scenario, self._surroundings(scenario))

    def _take_vus(self, scenario: ScenarioConfig, count: int) -> list[VirtualUser]:
        return self._pool.take(count)

    def _iteration_numbers(self, scenario: ScenarioConfig) -> Iterator[int]:
        """The numbers of its iterations in the whole test."""
        return itertools.count()

    def _surroundings(self, scenario: ScenarioConfig) -> Surroundings:
        options = self._context.require_options()
        tags, numbers = scenario_tags(self._context, scenario), self._iteration_numbers(scenario)

        def iterate(vu: ExecutorVu, deadline_s: float) -> bool:
            assert isinstance(vu, VirtualUser)
            try:
                number = next(numbers)
                vu.begin_iteration(scenario.name, tags, scenario.env, number, scenario.number_in_test(number))
                outcome = run_iteration(vu, scenario, deadline_s)
                # The iteration that ends the test is measured like any other, and counted like those that it cuts off.
                return outcome.interrupted or vu.abort_message is not None
            except InternalError as error:
                self._on_bug(error)
            except Exception as error:
                self._on_bug(InternalError(f"a bug in k6py, please report it: {error!r}"))
            return True

        return Surroundings(
            take_vus=lambda count: [*self._take_vus(scenario, count)],
            make_vu=self._pool.make,
            run_iteration=iterate,
            warn=partial(self._context.logger.warning, executor=scenario.EXECUTOR, scenario=scenario.name),
            drop=lambda count: drop_iterations(self._context, scenario, count),
            note_start=self.lateness.note_start,
            min_iteration_s=options.min_iteration_duration_s or 0.0,
        )

    def _run_executor(self, executor: Executor, planned_s: float) -> None:
        executor.run()

    def _run_one(self, executor: Executor) -> None:
        planned_s = self.started_s + executor.scenario.start_time_s
        try:
            self._reactor.sleep_until(planned_s)
        except Interrupted:
            return
        # stop() may have come when the time to start had just come, too.
        if self._stopped:
            return
        self._run_executor(executor, planned_s)
        self._pool.give_back(executor.vus)


def scenario_tags(context: TestContext, scenario: ScenarioConfig) -> TagSet:
    """The tags of every sample of a scenario."""
    tags = run_tags(context.require_options()).with_tags(dict(scenario.tags))
    if context.has_system_tag("scenario"):
        tags = tags.with_tag("scenario", scenario.name)
    return tags


def drop_iterations(context: TestContext, scenario: ScenarioConfig, count: int) -> None:
    """Count iterations that were promised and will not start, in one sample."""
    if count > 0:
        metric = context.collector.registry.builtin(DROPPED_ITERATIONS)
        context.collector.add(metric, count, scenario_tags(context, scenario), context.wall_clock())


def sample_vus(context: TestContext, active: int, initialised: int) -> None:
    """Take the samples of how many VUs iterate and how many there are."""
    collector, time_s = context.collector, context.wall_clock()
    tags = run_tags(context.require_options())
    collector.add(collector.registry.builtin(VUS), active, tags, time_s)
    collector.add(collector.registry.builtin(VUS_MAX), initialised, tags, time_s)
