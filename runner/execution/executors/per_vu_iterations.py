"""per-vu-iterations: every VU runs the same number of iterations.

Source: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/per-vu-iterations/
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from runner.execution.executors.base import ExecutorVu
from runner.execution.executors.looping import LoopingExecutor
from runner.options.scenarios import PerVuIterations


class PerVuIterationsExecutor(LoopingExecutor):
    """Counts for each VU by itself."""

    scenario: PerVuIterations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken: Counter[int] = Counter()

    def take_iteration(self, vu: ExecutorVu) -> bool:
        """One of the VU's own iterations."""
        if self._taken[vu.vu_id] >= self.scenario.iterations:
            return False
        self._taken[vu.vu_id] += 1
        return True

    def left_over(self) -> list[int]:
        """Iterations that each VU did not get to before the time was over."""
        return [self.scenario.iterations - self._taken[vu.vu_id] for vu in self.vus]

    def fraction(self, elapsed_s: float) -> float:
        """By iterations: they end the scenario, its duration is only a bound."""
        done = self.counts.done
        return 1.0 if self.is_cut_off_at(elapsed_s) else done / (self.scenario.iterations * self.scenario.vus)

    def details(self, elapsed_s: float) -> list[str]:
        """VUs, time and iterations."""
        total = self.scenario.iterations * self.scenario.vus
        return [
            f"{self.scenario.vus} VUs",
            self.bound_column(elapsed_s),
            f"{self.counts.done:0{len(str(total))}d}/{total} iters, {self.scenario.iterations} per VU",
        ]
