"""What a run shows of itself while it runs: which lines of progress.py, with which figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.execution.phases import Phases
from runner.execution.progress import Canvas, ProgressRow, block, running_line, scenario_row
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
        self._waiting = [ProgressRow(scenario.name) for scenario in scenarios]
        self._longest_s = max_duration_s(scenarios)

    def lines(self, canvas: Canvas) -> list[str]:
        """The block as it is now.

        Args:
            canvas: where it goes.
        """
        phases = self._phases
        run = phases.scenarios_run
        if run is None:
            return block(self._heading(), self._waiting, canvas)
        heading = running_line(run.executors, phases.elapsed_s, self._longest_s, phases.vus)
        now_s = self._now()
        return block(
            heading, [scenario_row(executor, now_s, run.started_s) for executor in run.executors], canvas
        )

    def _heading(self) -> ProgressRow:
        """What goes on before the scenarios."""
        phases = self._phases
        if phases.has_begun:
            return ProgressRow("Run", 1.0, columns=("setup()" if phases.has_started else "paused",))
        done, total = phases.initialised
        return ProgressRow(
            "Init", done / total if total else 1.0, columns=(f"{done}/{total} VUs initialized",)
        )
