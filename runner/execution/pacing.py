"""When things happen in a scenario, as pure functions of its configuration: no clock, no state, no rounding drift.

Times are seconds since the start of the scenario.  Every start time is computed from the number of the iteration,
never from the one before it, so that an error does not add up over a day.  How many iterations there are is found
in whole nanoseconds, the unit of k6's durations.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from runner.options.values import Stage

NANOSECONDS_PER_S = 1_000_000_000
# Smaller than any duration that can be given, larger than what is lost when durations are added up.
ROUNDING_S = 5e-10


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
    return number * _nanoseconds(time_unit_s) / rate / NANOSECONDS_PER_S


def constant_starts_before(elapsed_s: float, rate: int, time_unit_s: float) -> int:
    """How many iterations of a constant arrival rate start before `elapsed_s`."""
    # Rounded up: the iteration that would start right then is not one of them.
    return max(0, -(-_nanoseconds(elapsed_s) * rate // _nanoseconds(time_unit_s)))


class _Slope(NamedTuple):
    """One stage of a ramping rate, which is linear in it; times in nanoseconds, rates in iterations per time unit.

    Areas below a rate are counted in units of which 2 * time unit are one iteration: so all of them are whole numbers.
    """

    start_ns: int
    duration_ns: int
    rate_from: int
    rate_to: int
    begun: int

    @property
    def end(self) -> int:
        """The area since the start of the scenario at the end of this stage."""
        return self.begun + (self.rate_from + self.rate_to) * self.duration_ns

    def time_of(self, area: int) -> float:
        """When the area since the start of the scenario reaches `area`, which happens in this stage."""
        needed = area - self.begun
        # The root of (rate_to - rate_from) / duration * t² + 2 * rate_from * t = needed that also holds for a
        # constant rate. Below the root sign everything is exact: near a rate of 0 rounding would be seen.
        square = self.rate_from**2 * self.duration_ns + (self.rate_to - self.rate_from) * needed
        elapsed_ns = needed / (self.rate_from + math.sqrt(square / self.duration_ns))
        return (self.start_ns + min(elapsed_ns, self.duration_ns)) / NANOSECONDS_PER_S


class RampingRate:
    """The start times of a ramping arrival rate.

    Iteration `number` (from 0) starts when the area under the rate reaches `number` + 1.

    Args:
        start_rate: iterations per time unit at the start.
        stages: the rate changes linearly to each target; a stage of no length jumps.
    """

    def __init__(self, start_rate: int, stages: Sequence[Stage], time_unit_s: float) -> None:
        self._slopes: list[_Slope] = []
        self._time_unit_s = time_unit_s
        self._iteration = 2 * _nanoseconds(time_unit_s)
        start_ns = begun = 0
        rate = start_rate
        for stage in stages:
            duration_ns = _nanoseconds(stage.duration_s)
            if duration_ns > 0:
                slope = _Slope(start_ns, duration_ns, rate, stage.target, begun)
                self._slopes.append(slope)
                start_ns += duration_ns
                begun = slope.end
            rate = stage.target
        self._last_rate = rate
        self.total = begun // self._iteration

    def start_s(self, number: int) -> float:
        """When iteration `number`, which is less than `total`, starts."""
        area = (number + 1) * self._iteration
        index = bisect.bisect_left(self._slopes, area, key=lambda slope: slope.end)
        return self._slopes[index].time_of(area)

    def starts(self) -> Iterator[float]:
        """The start time of every iteration, in order."""
        area = self._iteration
        for slope in self._slopes:
            while area <= slope.end:
                yield slope.time_of(area)
                area += self._iteration

    def rate_at(self, elapsed_s: float) -> float:
        """Iterations per second that are wanted at `elapsed_s`."""
        elapsed_ns = max(0.0, elapsed_s * NANOSECONDS_PER_S)
        for slope in self._slopes:
            if elapsed_ns <= slope.start_ns + slope.duration_ns:
                share = (elapsed_ns - slope.start_ns) / slope.duration_ns
                return (slope.rate_from + (slope.rate_to - slope.rate_from) * share) / self._time_unit_s
        return self._last_rate / self._time_unit_s


def _nanoseconds(seconds: float) -> int:
    return round(seconds * NANOSECONDS_PER_S)


def ramp_steps(start_vus: int, stages: Sequence[Stage]) -> list[RampStep]:
    """When a ramping-vus scenario wants how many virtual users.

    Within a stage the line from the old to the new number is followed: the count changes where the line meets a
    whole number.  A stage of no length jumps.
    """
    steps = [RampStep(0.0, start_vus)]
    at_ns, current = 0, start_vus
    for stage in stages:
        duration_ns = _nanoseconds(stage.duration_s)
        change = abs(stage.target - current)
        direction = 1 if stage.target > current else -1
        for count in range(1, change + 1):
            # One division of whole numbers, so that rounding cannot change the order of steps.
            at_s = (at_ns * change + duration_ns * count) / (change * NANOSECONDS_PER_S)
            steps.append(RampStep(at_s, current + direction * count))
        at_ns += duration_ns
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
        # The scenario's end is a sum of floats.
        if span.end_s >= end_s - ROUNDING_S:
            return math.inf
        limit_s = span.end_s + graceful_ramp_down_s
    return limit_s
