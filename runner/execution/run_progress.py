"""What a run shows of itself while it runs: which lines of progress.py, with which figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.execution.phases import Phases
from runner.execution.progress import running_line, scenario_line, waiting_lines
from runner.options.scenario_plan import max_duration_s
from runner.options.scenarios import ScenarioConfig

# The titles of the lines above the scenarios before these start.
_INIT, _RUN = "Init", "Run"


class RunProgress:
    """The progress block of one run.

    Args:
        scenarios: in the order in which they are shown.
        now: the reactor's clock.
    """

    def __init__(self, phases: Phases, scenarios: Sequence[ScenarioConfig], now: Callable[[], float]) -> None:
        self._phases = phases
        self._now = now
        self._names = [scenario.name for scenario in scenarios]
        self._name_width = max(len(name) for name in [_INIT, *self._names])
        self._longest_s = max_duration_s(scenarios)

    def lines(self, bar: bool) -> list[str]:
        """The block as it is now.

        Args:
            bar: draw bars instead of bare percentages.
        """
        phases = self._phases
        width = self._name_width
        if phases.scenarios_run is not None:
            executors = phases.scenarios_run.executors
            return [
                running_line(executors, phases.elapsed_s, self._longest_s, phases.vus),
                *(scenario_line(executor, self._now(), width, bar=bar) for executor in executors),
            ]
        if phases.has_begun:
            text = "setup()" if phases.has_started else "paused"
            return waiting_lines(_RUN, text, 1.0, self._names, width, bar=bar)
        done, total = phases.initialised
        text = f"{done}/{total} VUs initialized"
        return waiting_lines(_INIT, text, done / total if total else 1.0, self._names, width, bar=bar)
