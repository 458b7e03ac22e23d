"""The phases of a run once its script is read: virtual users, a pause if wanted, setup, scenarios, teardown.

Owns their order, how far they are, and which of them follows an error in another.  Refuses to log errors and to choose
exit codes: they are raised, and the run says what becomes of them.
Source: https://grafana.com/docs/k6/latest/using-k6/test-lifecycle/
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Literal, Protocol

from runner.errors import InternalError
from runner.execution.hold import Hold
from runner.execution.lifecycle_call import LifecycleCall
from runner.execution.processes import scenarios_run
from runner.execution.scenarios_run import ScenariosRun, sample_vus
from runner.execution.vu_pool import VuPool
from runner.options.scenarios import ScenarioConfig
from runner.vu.context import ScenarioProgress, TestContext

if TYPE_CHECKING:
    from runner.execution.workers.crew import Crew
    from runner.execution.workers.workers_run import WorkersRun

_NO_COUNTS = {"vusActive": 0, "iterationsCompleted": 0, "iterationsInterrupted": 0}


class Phase(IntEnum):
    """Where a run is, by the numbers that k6 has for it."""

    CREATED = 0
    MAKING_VUS = 1
    PAUSED = 4
    SETUP = 6
    SCENARIOS = 7
    TEARDOWN = 8
    ENDED = 9
    STOPPED = 10


class Stoppable(Protocol):
    """Something that can be ended from outside of its task."""

    def stop(self) -> None:
        """End it now."""


class Phases:
    """What happens in one run, in its order.

    Args:
        script: as given on the command line, for error texts.
        functions: names of the functions that it exports.
        pool: where the virtual users are.
        scenarios: in the order in which they are shown.
        on_bug: told of an error of our own; the test is to be stopped.

    Attributes:
        initialised: how many virtual users have loaded the script before the start, and how many will.
        phase: where the run is.
        pause: held for as long as the run is not to start.
        setup_data: what setup() returned, as JSON; None for nothing.
        scenarios_run: what runs the scenarios, None before.
    """

    def __init__(
        self,
        context: TestContext,
        script: str,
        functions: frozenset[str],
        pool: VuPool | Crew,
        scenarios: list[ScenarioConfig],
        *,
        on_bug: Callable[[InternalError], None],
    ) -> None:
        self.initialised = (0, 0)
        self.phase = Phase.CREATED
        self.pause = Hold(context.reactor, is_held=bool(context.require_options().paused))
        self.setup_data: str | None = None
        self.scenarios_run: ScenariosRun | WorkersRun | None = None
        self._context = context
        self._reactor = context.reactor
        self._script = script
        self._functions = functions
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
        self.phase = Phase.MAKING_VUS
        self._pool.fill(self._scenarios, self._note_initialised)

    def run(self) -> None:
        """Wait while paused, then run setup(), the scenarios and teardown(); parks the calling task.

        Raises:
            K6pyError: setup() failed, after which nothing else runs, or teardown() did.
            Interrupted: stop() was called in the pause or while one of these two ran.
        """
        try:
            self._wait_while_paused()
            self._started_s = self._reactor.now()
            self._run()
        finally:
            self._finished_s = self._reactor.now()
            self._current = None
            self.phase = Phase.STOPPED if self._is_stopping else Phase.ENDED

    def stop(self) -> None:
        """End the one that runs now; after setup() nothing follows, after the scenarios teardown() does."""
        self._is_stopping = True
        if self._current is not None:
            self._current.stop()

    def stop_before_teardown(self) -> None:
        """The same, but a teardown() that runs now runs to its end."""
        self._is_stopping = True
        if self._current is not None and self.phase is not Phase.TEARDOWN:
            self._current.stop()

    def put_setup_data(self, data: str | None) -> None:
        """Take this for what setup() returned, in all that has not used it yet."""
        self.setup_data = data
        if self.phase is Phase.SCENARIOS:
            self._pool.give_setup_data(data)

    @property
    def has_begun(self) -> bool:
        """Whether all virtual users are there."""
        return self.phase > Phase.MAKING_VUS

    @property
    def has_started(self) -> bool:
        """Whether the pause before setup(), if there is one, is over."""
        return self._started_s is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to run."""
        return self.phase in (Phase.ENDED, Phase.STOPPED)

    @property
    def vus(self) -> int:
        """How many virtual users there are."""
        return self._pool.size

    @property
    def elapsed_s(self) -> float:
        """How long setup(), scenarios and teardown() have taken so far; a pause before does not count."""
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

    def _wait_while_paused(self) -> None:
        if self.pause.is_held:
            self.phase = Phase.PAUSED
            self._current = self.pause
            self.pause.wait()

    def _run(self) -> None:
        options = self._context.require_options()
        # For each of the calls there is a virtual user of its own, which runs the init code; without the function none.
        if not options.no_setup and "setup" in self._functions:
            self.phase = Phase.SETUP
            self.setup_data = self._call("setup", options.effective_setup_timeout_s, None)
        # Without setup() there may be data that somebody put in its place.
        if self.setup_data is not None or not options.no_setup:
            self._pool.give_setup_data(self.setup_data)
        if not self._is_stopping:
            self._run_scenarios()
        if not options.no_teardown and "teardown" in self._functions:
            self.phase = Phase.TEARDOWN
            self._call("teardown", options.effective_teardown_timeout_s, self.setup_data)

    def _call(self, function: Literal["setup", "teardown"], timeout_s: float, data: str | None) -> str | None:
        call = self._current = LifecycleCall(self._context, self._script, function, timeout_s)
        return call.run(data)

    def _run_scenarios(self) -> None:
        assert self._started_s is not None
        self.phase = Phase.SCENARIOS
        run = self._current = self.scenarios_run = scenarios_run(
            self._context,
            self._pool,
            self._scenarios,
            on_bug=self._on_bug,
            run_started_s=self._started_s,
        )
        run.run()
