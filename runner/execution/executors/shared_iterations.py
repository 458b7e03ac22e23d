"""shared-iterations: a number of iterations that any VU takes as soon as it is free.

Source: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/shared-iterations/
"""

from __future__ import annotations

from typing import Any

from runner.execution.executors.base import ExecutorVu
from runner.execution.executors.looping import LoopingExecutor
from runner.options.scenarios import SharedIterations


class SharedIterationsExecutor(LoopingExecutor):
    """Hands out one common count."""

    scenario: SharedIterations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken = 0

    def take_iteration(self, vu: ExecutorVu) -> bool:
        """One of the iterations that nobody has taken yet."""
        if self._taken >= self.scenario.iterations:
            return False
        self._taken += 1
        return True

    def left_over(self) -> list[int]:
        """Iterations that nobody took before the time was over."""
        return [self.scenario.iterations - self._taken]

    def fraction(self, elapsed_s: float) -> float:
        """By iterations: they end the scenario, its duration is only a bound."""
        return 1.0 if self.is_cut_off_at(elapsed_s) else self.counts.done / self.scenario.iterations

    def details(self, elapsed_s: float) -> list[str]:
        """VUs, time and iterations."""
        total = self.scenario.iterations
        return [
            f"{self.scenario.vus} VUs",
            self.bound_column(elapsed_s),
            f"{self.counts.done:0{len(str(total))}d}/{total} shared iters",
        ]
