"""What a run shows of itself while it runs: which lines of progress.py, with which figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.execution.phases import Phases
from runner.execution.progress import initialising_line, running_line, scenario_line
from runner.options.scenario_plan import max_duration_s
from runner.options.scenarios import ScenarioConfig


class RunProgress:
    """The progress block of one run.

    Args:
        scenarios: in the order in which they are shown.
        now: the reactor's clock.
    """

    def __init__(self, phases: Phases, scenarios: Sequence[ScenarioConfig], now: Callable[[], float]) -> None:
        self._phases = phases
        self._now = now
        self._longest_s = max_duration_s(scenarios)

    def lines(self, bar: bool) -> list[str]:
        """The block as it is now.

        Args:
            bar: draw bars instead of bare percentages.
        """
        phases = self._phases
        if phases.scenarios_run is None:
            return [initialising_line(*phases.initialised)]
        executors = phases.scenarios_run.executors
        width = max((len(executor.scenario.name) for executor in executors), default=0)
        return [
            running_line(executors, phases.elapsed_s, self._longest_s, phases.vus),
            *(scenario_line(executor, self._now(), width, bar=bar) for executor in executors),
        ]
