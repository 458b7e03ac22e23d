"""constant-vus: a number of VUs that iterate as often as they can for some time.

Source: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/constant-vus/
"""

from __future__ import annotations

from runner.execution.executors.base import ExecutorVu
from runner.execution.executors.looping import LoopingExecutor
from runner.options.scenarios import ConstantVus


class ConstantVusExecutor(LoopingExecutor):
    """Bounded by time alone."""

    scenario: ConstantVus

    def take_iteration(self, vu: ExecutorVu) -> bool:
        """There is always another one until the time is over."""
        return True

    def fraction(self, elapsed_s: float) -> float:
        """By time."""
        return min(1.0, elapsed_s / self.scenario.duration_s)

    def details(self, elapsed_s: float) -> list[str]:
        """VUs and time."""
        return [f"{self.scenario.vus} VUs", self.time_column(elapsed_s)]
