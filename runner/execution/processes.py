"""One process or several: two ways to have virtual users and to run scenarios, which look alike to the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from runner.errors import InternalError, UsageError
from runner.execution.config import TestConfig
from runner.execution.scenarios_run import ScenariosRun
from runner.execution.vu_pool import VuPool
from runner.execution.workers.plan import worker_count
from runner.options.scenario_plan import scenarios_of_run
from runner.options.scenarios import ScenarioConfig
from runner.vu.context import RunningTest, TestContext

# A run in one process, as most are, would spend a seventh of its start on importing what workers take.
if TYPE_CHECKING:
    from runner.execution.workers.crew import Crew
    from runner.execution.workers.workers_run import WorkersRun


def hire_workers(config: TestConfig, context: TestContext, run: RunningTest) -> Crew | None:
    """Start the worker processes of a test, None when it runs in this process alone.

    To be called while this process has neither virtual users nor open outputs, which the workers would inherit.

    Raises:
        UsageError: the system cannot have them, or the test is to be profiled, which is done in one process.
    """
    scenarios = scenarios_of_run(context.require_options())
    workers = worker_count(config.workers, scenarios)
    if workers == 1:
        return None
    if config.profile is not None:
        raise UsageError(f"--profile looks at one process, and this test gets {workers}: add --workers 1")
    from runner.execution.workers.crew import Crew

    return Crew(context, config, scenarios, workers, run)


def scenarios_run(
    context: TestContext,
    pool: VuPool | Crew,
    scenarios: Sequence[ScenarioConfig],
    *,
    on_bug: Callable[[InternalError], None],
    run_started_s: float,
) -> ScenariosRun | WorkersRun:
    """What runs the scenarios where the virtual users are; arguments as for ScenariosRun and WorkersRun."""
    if isinstance(pool, VuPool):
        return ScenariosRun(context, pool, scenarios, on_bug=on_bug)
    from runner.execution.workers.workers_run import WorkersRun

    return WorkersRun(context, pool, scenarios, run_started_s=run_started_s)
