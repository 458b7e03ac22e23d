"""constant-arrival-rate: a fixed number of iterations starts per time unit.

Source: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/constant-arrival-rate/
"""

from __future__ import annotations

from collections.abc import Iterator

from runner.execution.executors.arrival_rate import ArrivalRateExecutor
from runner.execution.pacing import constant_start_s, constant_starts_before
from runner.options.arrival_rates import ConstantArrivalRate


class ConstantArrivalRateExecutor(ArrivalRateExecutor):
    """A start every ``timeUnit / rate``."""

    scenario: ConstantArrivalRate

    def start_times(self) -> Iterator[float]:
        """See constant_start_s; none at the very end."""
        scenario = self.scenario
        rate, time_unit_s = scenario.rate, scenario.time_unit_s
        count = constant_starts_before(scenario.duration_s, rate, time_unit_s)
        own = count if scenario.segment is None else scenario.segment.scale(count)
        numbers = map(scenario.number_in_test, range(own))
        return (constant_start_s(number, rate, time_unit_s) for number in numbers)

    def rate_at(self, elapsed_s: float) -> float:
        """The same all the time."""
        return self.scenario.rate / self.scenario.time_unit_s * self.scenario.share

    def highest_rate(self) -> float:
        """The same all the time."""
        return self.rate_at(0.0)
