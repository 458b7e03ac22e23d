"""A run as k6's REST API may look at it and change it (ControlledRun)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from runner.errors import K6pyError, ScriptError
from runner.execution.lifecycle_call import LifecycleCall
from runner.execution.phases import Phase, Phases
from runner.execution.rest_api import ControlRefused
from runner.execution.rest_documents import RunStatus
from runner.metrics.groups import Group
from runner.metrics.metric import Metric
from runner.ops import Interrupted
from runner.options.scenarios import ScenarioConfig
from runner.summary.data import is_reported
from runner.vu.context import TestContext

# In these a run counts as running; one that was stopped does so, too, when it had started.
_RUNNING = frozenset({Phase.SETUP, Phase.SCENARIOS, Phase.TEARDOWN, Phase.STOPPED})


class RunControl:
    """See ControlledRun.

    Args:
        script: as given on the command line, for error texts.
        scenarios: in the order in which they are shown.
        stop: ends the run early.
        is_stopping: whether it was ended early, by whomever.
    """

    def __init__(
        self,
        context: TestContext,
        script: str,
        phases: Phases,
        scenarios: Sequence[ScenarioConfig],
        *,
        stop: Callable[[], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        self._context = context
        self._script = script
        self._phases = phases
        self._scenarios = scenarios
        self._stop = stop
        self._is_stopping = is_stopping
        self._was_told_to_stop = False
        self._calls: set[LifecycleCall] = set()

    @property
    def status(self) -> RunStatus:
        """See ControlledRun."""
        phases = self._phases
        return RunStatus(
            phase=phases.phase,
            paused=phases.pause.is_held,
            vus=int(phases.instance()["vusActive"]),
            vus_max=phases.vus,
            stopped=self._was_told_to_stop or self._is_stopping(),
            running=phases.has_started and phases.phase in _RUNNING,
            tainted=any(metric.tainted for metric in self._context.collector.registry.all()),
        )

    @property
    def elapsed_s(self) -> float:
        """See ControlledRun."""
        return self._phases.elapsed_s

    def metrics(self) -> list[Metric]:
        """See ControlledRun."""
        self._context.collector.gather()
        return [metric for metric in self._context.collector.registry.all() if is_reported(metric)]

    def groups(self) -> Group:
        """See ControlledRun."""
        return self._context.root_group

    def set_paused(self, paused: bool) -> None:
        """See ControlledRun."""
        pause = self._phases.pause
        if not pause.is_held:
            first = self._scenarios[0]
            raise ControlRefused(
                f"{first.EXECUTOR} executor '{first.name}' doesn't support pause and resume operations after its start"
            )
        if paused:
            raise ControlRefused("execution is already paused")
        pause.release()

    def stop(self) -> None:
        """See ControlledRun."""
        self._was_told_to_stop = True
        if not self._phases.is_over:
            self._stop()

    @property
    def setup_data(self) -> str | None:
        """See ControlledRun."""
        return self._phases.setup_data

    def put_setup_data(self, data: str | None) -> None:
        """See ControlledRun."""
        self._phases.put_setup_data(data)

    def call(self, function: Literal["setup", "teardown"]) -> None:
        """See ControlledRun."""
        options = self._context.require_options()
        is_setup = function == "setup"
        timeout_s = options.effective_setup_timeout_s if is_setup else options.effective_teardown_timeout_s
        call = LifecycleCall(self._context, self._script, function, timeout_s)
        self._calls.add(call)
        try:
            data = call.run(None if is_setup else self.setup_data)
        except K6pyError as error:
            text = error.log_text() if isinstance(error, ScriptError) else error.message
            raise ControlRefused(text) from error
        except Interrupted:
            raise ControlRefused("the test is being stopped") from None
        finally:
            self._calls.discard(call)
        if is_setup:
            self.put_setup_data(data)

    def stop_calls(self) -> None:
        """End what call() runs."""
        for call in self._calls:
            call.stop()
