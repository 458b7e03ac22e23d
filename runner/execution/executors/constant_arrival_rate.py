"""constant-arrival-rate: a fixed number of iterations starts per time unit.

Source: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/constant-arrival-rate/
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from runner.execution.executors.arrival_rate import ArrivalRateExecutor
from runner.execution.pacing import constant_start_s
from runner.options.arrival_rates import ConstantArrivalRate


class ConstantArrivalRateExecutor(ArrivalRateExecutor):
    """A start every ``timeUnit / rate``."""

    scenario: ConstantArrivalRate

    def start_times(self) -> Iterator[float]:
        """Without end; the scenario's duration ends it."""
        scenario = self.scenario
        return (constant_start_s(number, scenario.rate, scenario.time_unit_s) for number in itertools.count())

    def rate_at(self, elapsed_s: float) -> float:
        """The same all the time."""
        return self.scenario.rate / self.scenario.time_unit_s
