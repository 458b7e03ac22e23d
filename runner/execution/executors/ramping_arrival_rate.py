"""ramping-arrival-rate: the number of iterations that start per time unit follows stages.

Source: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/ramping-arrival-rate/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.execution.executors.arrival_rate import ArrivalRateExecutor
from runner.execution.pacing import RampingRate
from runner.options.arrival_rates import RampingArrivalRate


class RampingArrivalRateExecutor(ArrivalRateExecutor):
    """A start whenever the area under the rate reaches the next whole number."""

    scenario: RampingArrivalRate

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scenario = self.scenario
        self._rate = RampingRate(scenario.start_rate, scenario.stages, scenario.time_unit_s)

    def start_times(self) -> Iterator[float]:
        """See RampingRate.starts."""
        segment = self.scenario.segment
        if segment is None:
            return self._rate.starts()
        own = segment.scale(self._rate.total)
        return (self._rate.start_s(segment.number_in_test(number)) for number in range(own))

    def rate_at(self, elapsed_s: float) -> float:
        """See RampingRate.rate_at."""
        return self._rate.rate_at(elapsed_s) * self.scenario.share

    def highest_rate(self) -> float:
        """At the peak of all stages."""
        scenario = self.scenario
        peak = max(scenario.start_rate, *(stage.target for stage in scenario.stages))
        return peak / scenario.time_unit_s * scenario.share
