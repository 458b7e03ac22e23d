"""Scenario configurations: one class per executor, as a script's ``scenarios`` option gives them.

Owns their values, defaults, validation and one-line description; refuses to run anything
(``runner.execution.executors`` does) and to say which executors can run (``scenario_plan`` does).
Fields: https://grafana.com/docs/k6/latest/using-k6/scenarios/
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

from runner.options.durations import format_duration
from runner.options.kinds import DURATION, INTEGER, OBJECT, SCENARIO_STAGES, STRING, TAGS, Kind
from runner.options.segments import ExecutionSegment
from runner.options.values import Stage

DEFAULT_EXEC = "default"
DEFAULT_GRACEFUL_STOP_S = 30.0
DEFAULT_MAX_DURATION_S = 600.0
MIN_DURATION_S = 1.0

_NAME = re.compile(r"[0-9a-zA-Z_-]+")


class Field(NamedTuple):
    """Where the value of one k6 field goes and how it is read."""

    attribute: str
    kind: Kind


class ScenarioConfig(ABC):
    """What all executors share; attributes hold what is in force, ``given`` what was written.

    A plain class that nobody changes: making eight dataclasses would take longer than reading the script.

    Args:
        name: the scenario's name.
        given: the values that were set, by k6 field name (durations in seconds).
        start_time_s: when it starts, counted from the start of the test.
        graceful_stop_s: how long running iterations may go on after its end.
        exec: the exported function that is an iteration.
        env: variables that ``__ENV`` has in this scenario only.
        tags: tags of every sample of this scenario.
        options: what modules may want, such as the browser's.
    """

    EXECUTOR: ClassVar[str]
    # Attributes that a segment of the test has its part of.
    COUNTS: ClassVar[Sequence[str]] = ("vus",)
    FIELDS: ClassVar[Mapping[str, Field]] = {
        "startTime": Field("start_time_s", DURATION),
        "gracefulStop": Field("graceful_stop_s", DURATION),
        "env": Field("env", TAGS),
        "exec": Field("exec", STRING),
        "tags": Field("tags", TAGS),
        "options": Field("options", OBJECT),
    }

    name: str
    given: Mapping[str, object] = {}
    start_time_s: float = 0.0
    graceful_stop_s: float = DEFAULT_GRACEFUL_STOP_S
    exec: str = DEFAULT_EXEC
    env: Mapping[str, str] = {}
    tags: Mapping[str, str] = {}
    options: Mapping[str, object] = {}
    # The part of the test that this run is; None for all of it. The counts are those of the part then.
    segment: ExecutionSegment | None = None

    def __init__(self, name: str, **values: Any) -> None:
        self.name = name
        # What is not given has the class's default.
        vars(self).update(values)

    @classmethod
    def create(cls, name: str, given: Mapping[str, object]) -> Self:
        """Make one from values by k6 field name; what is missing gets its default."""
        attributes: dict[str, Any] = {cls.FIELDS[key].attribute: value for key, value in given.items()}
        return cls(name=name, given=given, **attributes)

    def in_segment(self, segment: ExecutionSegment) -> Self | None:
        """This scenario's part in a segment of the test, None when it has none."""
        own = self._iterations_of(segment)
        counts: dict[str, Any] = {
            name: segment.scale(getattr(self, name))
            for name in self.COUNTS
            if getattr(self, name) is not None
        }
        part = self._with(segment=own, **counts)
        return part if own is not None and part.max_vus() > 0 else None

    def _with(self, **changes: Any) -> Self:
        return type(self)(**{**vars(self), **changes})

    def _iterations_of(self, segment: ExecutionSegment) -> ExecutionSegment | None:
        """Which part of the iterations goes with `segment`, None when it has none of the VUs."""
        return segment

    @property
    def share(self) -> float:
        """How much of the whole test this run is."""
        return 1.0 if self.segment is None else float(self.segment.length)

    def number_in_test(self, number: int) -> int:
        """The number in the whole test of this run's iteration `number`, both from 0."""
        return number if self.segment is None else self.segment.number_in_test(number)

    @abstractmethod
    def max_vus(self) -> int:
        """The most VUs it uses at the same time."""

    def planned_vus(self) -> int:
        """The VUs that are made before the test starts."""
        return self.max_vus()

    @abstractmethod
    def run_time_s(self) -> float:
        """How long it may start iterations, without ``graceful_stop_s``."""

    @abstractmethod
    def describe(self) -> str:
        """What k6 prints behind the scenario's name before the run."""

    def end_s(self) -> float:
        """When it is over at the latest, counted from the start of the test."""
        return self.start_time_s + self.run_time_s() + self.graceful_stop_s

    def problems(self) -> list[str]:
        """What is wrong with the values, in k6's words; empty when all is well."""
        found = [] if self.name else ["scenario name can't be empty"]
        if not _NAME.fullmatch(self.name):
            found.append(
                "the scenario name should contain only numbers, latin letters, underscores, and dashes"
            )
        if not self.exec:
            found.append("exec value cannot be empty")
        if self.start_time_s < 0:
            found.append("the startTime can't be negative")
        if self.graceful_stop_s < 0:
            found.append("the gracefulStop timeout can't be negative")
        return found

    def to_k6(self) -> dict[str, object]:
        """The scenario as ``exec.test.options`` shows it: null where nothing was set."""
        shown: dict[str, object] = {"executor": self.EXECUTOR}
        for key, entry in self.FIELDS.items():
            value = self.given.get(key)
            if key == "options" and value is None:
                continue
            shown[key] = None if value is None else entry.kind.to_k6(value)
        return shown

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {dict(self.given)}>"

    def _describe(self, what: str, *details: str) -> str:
        shown = [
            *details,
            f"exec: {self.exec}" if "exec" in self.given else "",
            f"startTime: {format_duration(self.start_time_s)}" if self.start_time_s > 0 else "",
            f"gracefulStop: {format_duration(self.graceful_stop_s)}" if self.graceful_stop_s > 0 else "",
        ]
        listed = ", ".join(filter(None, shown))
        return f"{what} ({listed})" if listed else what


class _Iterations(ScenarioConfig):
    """What the two executors with a fixed number of iterations share."""

    FIELDS: ClassVar[Mapping[str, Field]] = {
        **ScenarioConfig.FIELDS,
        "vus": Field("vus", INTEGER),
        "iterations": Field("iterations", INTEGER),
        "maxDuration": Field("max_duration_s", DURATION),
    }

    vus: int = 1
    iterations: int = 1
    max_duration_s: float = DEFAULT_MAX_DURATION_S

    def max_vus(self) -> int:
        return self.vus

    def run_time_s(self) -> float:
        return self.max_duration_s

    def problems(self) -> list[str]:
        found = super().problems()
        if self.vus <= 0:
            found.append("the number of VUs must be more than 0")
        found += self._iteration_problems()
        if self.max_duration_s < MIN_DURATION_S:
            found.append(_too_short("maxDuration", self.max_duration_s))
        return found

    @abstractmethod
    def _iteration_problems(self) -> list[str]: ...

    def _describe_iterations(self, what: str) -> str:
        return self._describe(what, f"maxDuration: {format_duration(self.max_duration_s)}")


class SharedIterations(_Iterations):
    """``shared-iterations``: so many iterations, taken by whichever VU is free."""

    EXECUTOR: ClassVar[str] = "shared-iterations"

    def in_segment(self, segment: ExecutionSegment) -> Self | None:
        part = super().in_segment(segment)
        if part is None or part.segment is None:
            return None
        own = part._with(iterations=part.segment.scale(self.iterations))
        return own if own.iterations > 0 else None

    def _iterations_of(self, segment: ExecutionSegment) -> ExecutionSegment | None:
        return segment.redivided(self.vus)

    def describe(self) -> str:
        return self._describe_iterations(f"{self.iterations} iterations shared among {self.vus} VUs")

    def _iteration_problems(self) -> list[str]:
        if self.iterations < self.vus:
            return [
                f"the number of iterations ({self.iterations}) can't be less than "
                f"the number of VUs ({self.vus})"
            ]
        return []


class PerVuIterations(_Iterations):
    """``per-vu-iterations``: so many iterations by each VU."""

    EXECUTOR: ClassVar[str] = "per-vu-iterations"

    def describe(self) -> str:
        return self._describe_iterations(f"{self.iterations} iterations for each of {self.vus} VUs")

    def _iteration_problems(self) -> list[str]:
        return [] if self.iterations > 0 else ["the number of iterations must be more than 0"]


class ConstantVus(ScenarioConfig):
    """``constant-vus``: so many VUs loop for a time."""

    EXECUTOR: ClassVar[str] = "constant-vus"
    FIELDS: ClassVar[Mapping[str, Field]] = {
        **ScenarioConfig.FIELDS,
        "vus": Field("vus", INTEGER),
        "duration": Field("duration_s", DURATION),
    }

    vus: int = 1
    duration_s: float = 0.0

    def max_vus(self) -> int:
        return self.vus

    def run_time_s(self) -> float:
        return self.duration_s

    def describe(self) -> str:
        return self._describe(f"{self.vus} looping VUs for {format_duration(self.duration_s)}")

    def problems(self) -> list[str]:
        found = super().problems()
        if self.vus <= 0:
            found.append("the number of VUs must be more than 0")
        return found + duration_problems(self)


class RampingVus(ScenarioConfig):
    """``ramping-vus``: the number of VUs follows stages."""

    EXECUTOR: ClassVar[str] = "ramping-vus"
    FIELDS: ClassVar[Mapping[str, Field]] = {
        **ScenarioConfig.FIELDS,
        "startVUs": Field("start_vus", INTEGER),
        "stages": Field("stages", SCENARIO_STAGES),
        "gracefulRampDown": Field("graceful_ramp_down_s", DURATION),
    }

    start_vus: int = 1
    stages: tuple[Stage, ...] = ()
    graceful_ramp_down_s: float = DEFAULT_GRACEFUL_STOP_S

    def in_segment(self, segment: ExecutionSegment) -> Self | None:
        stages = tuple(Stage(stage.duration_s, segment.scale(stage.target)) for stage in self.stages)
        start_vus = segment.scale(self.start_vus)
        part = self._with(segment=segment, start_vus=start_vus, stages=stages)
        return part if part.max_vus() > 0 else None

    def max_vus(self) -> int:
        return max([self.start_vus, *(stage.target for stage in self.stages)])

    def run_time_s(self) -> float:
        return sum(stage.duration_s for stage in self.stages)

    def describe(self) -> str:
        return self._describe(
            f"Up to {self.max_vus()} looping VUs for {format_duration(self.run_time_s())} "
            f"over {len(self.stages)} stages",
            f"gracefulRampDown: {format_duration(self.graceful_ramp_down_s)}",
        )

    def problems(self) -> list[str]:
        found = super().problems()
        if self.start_vus < 0:
            found.append("the number of start VUs can't be negative")
        found += stage_problems(self.stages)
        if self.stages and self.max_vus() <= 0:
            found.append("either startVUs or one of the stages' target values must be greater than 0")
        return found


def duration_problems(config: ScenarioConfig) -> list[str]:
    """Mistakes of a required ``duration``."""
    if "duration" not in config.given:
        return ["the duration is unspecified"]
    duration_s = config.run_time_s()
    return [_too_short("duration", duration_s)] if duration_s < MIN_DURATION_S else []


def stage_problems(stages: tuple[Stage, ...]) -> list[str]:
    """Mistakes of required ``stages``."""
    if not stages:
        return ["at least one stage has to be specified"]
    found = []
    for number, stage in enumerate(stages, 1):
        if "duration" in stage.lacks:
            found.append(f"stage {number} doesn't have a duration")
        elif stage.duration_s < 0:
            found.append(f"the duration for stage {number} can't be negative")
        if "target" in stage.lacks:
            found.append(f"stage {number} doesn't have a target")
        elif stage.target < 0:
            found.append(f"the target for stage {number} can't be negative")
    return found


def _too_short(what: str, duration_s: float) -> str:
    return f"the {what} must be at least 1s, but is {format_duration(duration_s)}"
