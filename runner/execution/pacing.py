"""When things happen in a scenario, as pure functions of its configuration: no clock, no state, no rounding drift.

Times are seconds since the start of the scenario.  Every start time is computed from the number of the iteration,
never from the one before it, so that an error does not add up over a day.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from runner.options.values import Stage


class RampStep(NamedTuple):
    """From `at_s` on, `target` virtual users are wanted."""

    at_s: float
    target: int


class ActiveSpan(NamedTuple):
    """A time in which one virtual user of a ramp is wanted."""

    start_s: float
    end_s: float


def constant_start_s(number: int, rate: int, time_unit_s: float) -> float:
    """When iteration `number` (from 0) of a constant arrival rate starts; the first one starts at once."""
    return number * time_unit_s / rate


def constant_starts_before(elapsed_s: float, rate: int, time_unit_s: float) -> int:
    """How many iterations of a constant arrival rate start before `elapsed_s`."""
    return max(0, math.ceil(elapsed_s * rate / time_unit_s - 1e-9))


@dataclass(frozen=True)
class _Slope:
    """One stage of a ramping rate: `begun` iterations are due at its start, and the rate is linear in it."""

    start_s: float
    duration_s: float
    rate_from: float
    rate_to: float
    begun: float

    @property
    def area(self) -> float:
        return (self.rate_from + self.rate_to) / 2 * self.duration_s

    def time_of(self, due: float) -> float:
        """When the iterations due since the start of the scenario reach `due`, which happens in this stage."""
        needed = due - self.begun
        acceleration = (self.rate_to - self.rate_from) / self.duration_s
        if acceleration == 0:
            return self.start_s + needed / self.rate_from
        # Of acceleration/2·t² + rate_from·t = needed the root that is stable near acceleration 0.
        root = math.sqrt(max(0.0, self.rate_from**2 + 2 * acceleration * needed))
        return self.start_s + 2 * needed / (self.rate_from + root)


class RampingRate:
    """The start times of a ramping arrival rate.

    Iteration `number` (from 0) starts when the area under the rate reaches `number` + 1.

    Args:
        start_rate: iterations per time unit at the start.
        stages: the rate changes linearly to each target; a stage of no length jumps.
    """

    def __init__(self, start_rate: int, stages: Sequence[Stage], time_unit_s: float) -> None:
        self._slopes: list[_Slope] = []
        start_s = begun = 0.0
        rate = start_rate / time_unit_s
        for stage in stages:
            target = stage.target / time_unit_s
            if stage.duration_s > 0:
                slope = _Slope(start_s, stage.duration_s, rate, target, begun)
                self._slopes.append(slope)
                start_s += stage.duration_s
                begun += slope.area
            rate = target
        self.total = math.floor(begun + 1e-9)

    def starts(self) -> Iterator[float]:
        """The start time of every iteration, in order."""
        number = 0
        for slope in self._slopes:
            end = slope.begun + slope.area
            while number + 1 <= end + 1e-9:
                yield min(slope.time_of(number + 1), slope.start_s + slope.duration_s)
                number += 1

    def rate_at(self, elapsed_s: float) -> float:
        """Iterations per second that are wanted at `elapsed_s`."""
        for slope in self._slopes:
            if elapsed_s <= slope.start_s + slope.duration_s:
                share = (elapsed_s - slope.start_s) / slope.duration_s
                return slope.rate_from + (slope.rate_to - slope.rate_from) * max(0.0, share)
        return self._slopes[-1].rate_to if self._slopes else 0.0


def ramp_steps(start_vus: int, stages: Sequence[Stage]) -> list[RampStep]:
    """When a ramping-vus scenario wants how many virtual users.

    Within a stage the line from the old to the new number is followed: the count changes where the line meets a
    whole number.  A stage of no length jumps.
    """
    steps = [RampStep(0.0, start_vus)]
    at_s, current = 0.0, start_vus
    for stage in stages:
        change = stage.target - current
        direction = 1 if change > 0 else -1
        for count in range(1, abs(change) + 1):
            steps.append(RampStep(at_s + stage.duration_s * count / abs(change), current + direction * count))
        at_s += stage.duration_s
        current = stage.target
    return _last_of_each_moment(steps)


def _last_of_each_moment(steps: Sequence[RampStep]) -> list[RampStep]:
    kept: list[RampStep] = []
    for step in steps:
        if kept and kept[-1].at_s == step.at_s:
            kept.pop()
        if not kept or kept[-1].target != step.target:
            kept.append(step)
    return kept


def active_spans(steps: Sequence[RampStep], end_s: float, slot: int) -> list[ActiveSpan]:
    """The times in which virtual user `slot` (from 0) of a ramp is wanted: when more than `slot` are."""
    spans: list[ActiveSpan] = []
    since: float | None = None
    for step in steps:
        if step.target > slot and since is None:
            since = step.at_s
        elif step.target <= slot and since is not None:
            spans.append(ActiveSpan(since, step.at_s))
            since = None
    if since is not None:
        spans.append(ActiveSpan(since, end_s))
    return [span for span in spans if span.end_s > span.start_s]


def cut_off_s(spans: Sequence[ActiveSpan], index: int, graceful_ramp_down_s: float, end_s: float) -> float:
    """When an iteration that began in `spans[index]` is cut off; infinite when the ramp never takes its VU away.

    A virtual user that is wanted again before that goes on, and counts as if it had been wanted all the time.

    Args:
        end_s: of the scenario; after it the graceful stop counts and not the ramp.
    """
    limit_s = -math.inf
    for span in spans[index:]:
        if limit_s != -math.inf and span.start_s > limit_s:
            break
        if span.end_s >= end_s:
            return math.inf
        limit_s = span.end_s + graceful_ramp_down_s
    return limit_s
