"""The phases of a run once its script is read: virtual users, setup, scenarios, teardown; and how far they are.

Owns their order and which of them follows an error in another.  Refuses to log errors and to choose exit codes: they
are raised, and the run says what becomes of them.
Source: https://grafana.com/docs/k6/latest/using-k6/test-lifecycle/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from runner.errors import InternalError
from runner.execution.lifecycle_call import LifecycleCall
from runner.execution.processes import scenarios_run
from runner.execution.scenarios_run import ScenariosRun, sample_vus
from runner.execution.vu_pool import VuPool
from runner.execution.workers.crew import Crew
from runner.execution.workers.workers_run import WorkersRun
from runner.options.scenarios import ScenarioConfig
from runner.vu.context import ScenarioProgress, TestContext

_NO_COUNTS = {"vusActive": 0, "iterationsCompleted": 0, "iterationsInterrupted": 0}


class Stoppable(Protocol):
    """Something that can be ended from outside of its task."""

    def stop(self) -> None:
        """End it now."""


class Phases:
    """What happens in one run, in its order.

    Args:
        script: as given on the command line, for error texts.
        pool: where the virtual users are.
        scenarios: in the order in which they are shown.
        on_bug: told of an error of our own; the test is to be stopped.

    Attributes:
        initialised: how many virtual users have loaded the script before the start, and how many will.
        setup_data: what setup() returned, as JSON; None for nothing.
        scenarios_run: what runs the scenarios, None before.
    """

    def __init__(
        self,
        context: TestContext,
        script: str,
        pool: VuPool | Crew,
        scenarios: list[ScenarioConfig],
        *,
        on_bug: Callable[[InternalError], None],
    ) -> None:
        self.initialised = (0, 0)
        self.setup_data: str | None = None
        self.scenarios_run: ScenariosRun | WorkersRun | None = None
        self._context = context
        self._reactor = context.reactor
        self._script = script
        self._pool = pool
        self._scenarios = scenarios
        self._on_bug = on_bug
        self._started_s: float | None = None
        self._finished_s: float | None = None
        self._current: Stoppable | None = None
        self._is_stopping = False

    def make_vus(self) -> None:
        """Make the virtual users; parks the calling task.

        Raises:
            K6pyError: the init code failed in one of them.
        """
        self._pool.fill(self._scenarios, self._note_initialised)

    def run(self) -> None:
        """Run setup(), the scenarios and teardown(); parks the calling task.

        Raises:
            K6pyError: setup() failed, after which nothing else runs, or teardown() did.
            Interrupted: stop() was called while one of these two ran.
        """
        self._started_s = self._reactor.now()
        try:
            self._run()
        finally:
            self._finished_s = self._reactor.now()
            self._current = None

    def stop(self) -> None:
        """End the one that runs now; after setup() nothing follows, after the scenarios teardown() does."""
        self._is_stopping = True
        if self._current is not None:
            self._current.stop()

    @property
    def has_started(self) -> bool:
        """Whether run() has begun."""
        return self._started_s is not None

    @property
    def vus(self) -> int:
        """How many virtual users there are."""
        return self._pool.size

    @property
    def elapsed_s(self) -> float:
        """How long setup(), scenarios and teardown() have taken so far."""
        if self._started_s is None:
            return 0.0
        return (self._finished_s or self._reactor.now()) - self._started_s

    def instance(self) -> dict[str, float]:
        """The members of k6/execution's ``instance``."""
        counts = _NO_COUNTS if self.scenarios_run is None else self.scenarios_run.counts()
        return {"vusInitialized": self.vus, **counts, "currentTestRunDuration": self.elapsed_s * 1000}

    def sample_vus(self) -> None:
        """Take the samples of how many virtual users iterate and how many there are."""
        sample_vus(self._context, int(self.instance()["vusActive"]), self.vus)

    def progress(self, name: str) -> ScenarioProgress:
        """How the scenario `name` is doing."""
        assert self.scenarios_run is not None
        return self.scenarios_run.progress(name)

    def _note_initialised(self, done: int, total: int) -> None:
        self.initialised = (done, total)

    # ---- one after the other

    def _run(self) -> None:
        options = self._context.require_options()
        # k6 makes a virtual user for each of the calls, and so runs the init code, also without the function.
        if not options.no_setup:
            self.setup_data = self._call("setup", options.effective_setup_timeout_s)
            self._pool.give_setup_data(self.setup_data)
        if not self._is_stopping:
            self._run_scenarios()
        if not options.no_teardown:
            self._call("teardown", options.effective_teardown_timeout_s)

    def _call(self, function: Literal["setup", "teardown"], timeout_s: float) -> str | None:
        call = self._current = LifecycleCall(self._context, self._script, function, timeout_s)
        return call.run(self.setup_data)

    def _run_scenarios(self) -> None:
        assert self._started_s is not None
        run = self._current = self.scenarios_run = scenarios_run(
            self._context,
            self._pool,
            self._scenarios,
            on_bug=self._on_bug,
            run_started_s=self._started_s,
        )
        run.run()
