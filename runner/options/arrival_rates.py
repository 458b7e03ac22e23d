"""Configurations of the two arrival-rate executors: iterations start at a rate, whatever VUs are free.

Owns their values, defaults, validation and one-line description, like ``scenarios`` for the others.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from runner.options.durations import format_duration
from runner.options.kinds import DURATION, INTEGER, SCENARIO_STAGES
from runner.options.scenarios import Field, ScenarioConfig, duration_problems, stage_problems
from runner.options.segments import ExecutionSegment
from runner.options.values import Stage


class _ArrivalRate(ScenarioConfig):
    """What both share: the unit of the rate and the VUs that are kept for it.

    Args:
        time_unit_s: the rate counts iterations per this time.
        pre_allocated_vus: VUs made before the start.
        vus_limit: k6's ``maxVUs``; None means ``pre_allocated_vus``.
    """

    COUNTS: ClassVar[Sequence[str]] = ("pre_allocated_vus", "vus_limit")

    time_unit_s: float = 1.0
    pre_allocated_vus: int = 0
    vus_limit: int | None = None

    @abstractmethod
    def _rate_problems(self) -> list[str]: ...

    def _iterations_of(self, segment: ExecutionSegment) -> ExecutionSegment | None:
        return segment.redivided(self.max_vus())

    def max_vus(self) -> int:
        return self.pre_allocated_vus if self.vus_limit is None else self.vus_limit

    def planned_vus(self) -> int:
        return self.pre_allocated_vus

    def problems(self) -> list[str]:
        found = super().problems() + self._rate_problems()
        if self.time_unit_s <= 0:
            found.append("the timeUnit must be more than 0")
        if "preAllocatedVUs" not in self.given:
            found.append("the number of preAllocatedVUs isn't specified")
        elif self.pre_allocated_vus < 0:
            found.append("the number of preAllocatedVUs can't be negative")
        if self.vus_limit is not None and self.vus_limit < self.pre_allocated_vus:
            found.append("maxVUs can't be less than preAllocatedVUs")
        return found

    def _per_second(self, rate: int) -> str:
        return f"{rate / self.time_unit_s * self.share:.2f} iterations/s"

    def _vus_detail(self) -> str:
        first, last = self.pre_allocated_vus, self.max_vus()
        return f"maxVUs: {first}" if first == last else f"maxVUs: {first}-{last}"


class ConstantArrivalRate(_ArrivalRate):
    """``constant-arrival-rate``: so many iterations start per time unit."""

    EXECUTOR: ClassVar[str] = "constant-arrival-rate"
    FIELDS: ClassVar[Mapping[str, Field]] = {
        **ScenarioConfig.FIELDS,
        "rate": Field("rate", INTEGER),
        "timeUnit": Field("time_unit_s", DURATION),
        "duration": Field("duration_s", DURATION),
        "preAllocatedVUs": Field("pre_allocated_vus", INTEGER),
        "maxVUs": Field("vus_limit", INTEGER),
    }

    rate: int = 0
    duration_s: float = 0.0

    def run_time_s(self) -> float:
        return self.duration_s

    def describe(self) -> str:
        what = f"{self._per_second(self.rate)} for {format_duration(self.duration_s)}"
        return self._describe(what, self._vus_detail())

    def _rate_problems(self) -> list[str]:
        found = []
        if "rate" not in self.given:
            found.append("the iteration rate isn't specified")
        elif self.rate <= 0:
            found.append("the iteration rate must be more than 0")
        return found + duration_problems(self)


class RampingArrivalRate(_ArrivalRate):
    """``ramping-arrival-rate``: the rate follows stages."""

    EXECUTOR: ClassVar[str] = "ramping-arrival-rate"
    FIELDS: ClassVar[Mapping[str, Field]] = {
        **ScenarioConfig.FIELDS,
        "startRate": Field("start_rate", INTEGER),
        "timeUnit": Field("time_unit_s", DURATION),
        "stages": Field("stages", SCENARIO_STAGES),
        "preAllocatedVUs": Field("pre_allocated_vus", INTEGER),
        "maxVUs": Field("vus_limit", INTEGER),
    }

    start_rate: int = 0
    stages: tuple[Stage, ...] = ()

    def run_time_s(self) -> float:
        return sum(stage.duration_s for stage in self.stages)

    def describe(self) -> str:
        peak = max([self.start_rate, *(stage.target for stage in self.stages)])
        duration = format_duration(self.run_time_s())
        what = f"Up to {self._per_second(peak)} for {duration} over {len(self.stages)} stages"
        return self._describe(what, self._vus_detail())

    def _rate_problems(self) -> list[str]:
        found = ["the startRate value can't be negative"] if self.start_rate < 0 else []
        return found + stage_problems(self.stages)
