"""All scenarios of a test together: reading the ``scenarios`` option, checking it, and the plan's extent.

Owns the table of executors; refuses to merge options (``layers``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from runner.errors import OptionsError
from runner.options.arrival_rates import ConstantArrivalRate, RampingArrivalRate
from runner.options.durations import format_duration
from runner.options.options import Options
from runner.options.readers import WrongType, object_from_json
from runner.options.scenarios import (
    ConstantVus,
    PerVuIterations,
    RampingVus,
    ScenarioConfig,
    SharedIterations,
)

EXECUTORS: Mapping[str, type[ScenarioConfig]] = {
    config.EXECUTOR: config
    for config in (
        SharedIterations,
        PerVuIterations,
        ConstantVus,
        RampingVus,
        ConstantArrivalRate,
        RampingArrivalRate,
    )
}


def scenarios_from_json(value: object) -> dict[str, ScenarioConfig]:
    """Read the ``scenarios`` option of a script or a config file.

    Raises:
        ValueError: a value has the wrong type, a field is unknown, or the executor is missing or unknown.
    """
    return {
        name: _scenario(name, object_from_json({} if fields is None else fields))
        for name, fields in object_from_json(value).items()
    }


def scenarios_to_k6(scenarios: Mapping[str, ScenarioConfig]) -> dict[str, object]:
    """Scenarios as ``exec.test.options`` shows them."""
    return {name: scenario.to_k6() for name, scenario in scenarios.items()}


def scenario_problems(scenarios: Mapping[str, ScenarioConfig]) -> list[str]:
    """The scenarios' mistakes in k6's words, all those of a scenario in one line."""
    lines = []
    for scenario in scenarios.values():
        found = scenario.problems()
        if found:
            lines.append(f"scenario {scenario.name} has configuration errors: {', '.join(found)}")
    return lines


def missing_functions(scenarios: Mapping[str, ScenarioConfig], exported: Collection[str]) -> list[str]:
    """What to say about scenarios whose function the script does not export, in k6's words.

    Args:
        scenarios: the scenarios of the test.
        exported: names of the script's exported functions.
    """
    # Of an empty name, there is no more to say than that.
    return [
        f"executor {scenario.name}: function '{scenario.exec}' not found in exports"
        for scenario in scenarios.values()
        if scenario.exec and scenario.exec not in exported
    ]


def configuration_problems(lines: Sequence[str]) -> OptionsError:
    """The error that lists mistakes of the configuration the way k6 does."""
    listed = "".join(f"\n\t- {line}" for line in lines)
    return OptionsError(f"There were problems with the specified script configuration:{listed}")


def in_start_order(scenarios: Mapping[str, ScenarioConfig]) -> list[ScenarioConfig]:
    """Scenarios by start time, then by name: the order k6 shows them in."""
    return sorted(scenarios.values(), key=lambda scenario: (scenario.start_time_s, scenario.name))


def max_vus(scenarios: Iterable[ScenarioConfig]) -> int:
    """The most VUs that the scenarios may use at the same time; graceful stops count as in use."""
    return _peak((scenario, scenario.max_vus()) for scenario in scenarios)


def planned_vus(scenarios: Iterable[ScenarioConfig]) -> int:
    """The VUs that are made before the test starts."""
    return _peak((scenario, scenario.planned_vus()) for scenario in scenarios)


def _peak(wanted: Iterable[tuple[ScenarioConfig, int]]) -> int:
    changes: list[tuple[float, int]] = []
    for scenario, count in wanted:
        changes.append((scenario.start_time_s, count))
        changes.append((scenario.end_s(), -count))
    peak = current = 0
    # At equal times the negative changes sort first: VUs of an ended scenario serve the next one.
    for _, change in sorted(changes):
        current += change
        peak = max(peak, current)
    return peak


def max_duration_s(scenarios: Iterable[ScenarioConfig]) -> float:
    """How long the scenarios take at most, graceful stops included."""
    return max((scenario.end_s() for scenario in scenarios), default=0.0)


def scenarios_of_run(options: Options) -> list[ScenarioConfig]:
    """What this run does of the scenarios: all of them, or their parts in its execution segment; in start order."""
    ordered = in_start_order(options.scenarios)
    segment = options.segment
    if segment is None:
        return ordered
    return [part for scenario in ordered if (part := scenario.in_segment(segment)) is not None]


def describe_scenarios(ordered: Sequence[ScenarioConfig], share: float = 1.0) -> tuple[str, str]:
    """What k6 prints of the scenarios before a run: a sentence about all of them, and the list.

    Args:
        ordered: as they are shown.
        share: of the whole test.
    """
    noun = "scenario" if len(ordered) == 1 else "scenarios"
    heading = (
        f"({share:.2%}) {len(ordered)} {noun}, {max_vus(ordered)} max VUs, "
        f"{format_duration(round(max_duration_s(ordered), 1))} max duration (incl. graceful stop):"
    )
    return heading, "\n".join(f"{'':14}* {scenario.name}: {scenario.describe()}" for scenario in ordered)


def _scenario(name: str, fields: Mapping[str, object]) -> ScenarioConfig:
    fields = {"executor" if key.lower() == "executor" else key: value for key, value in fields.items()}
    executor = fields.get("executor")
    if not executor:
        raise ValueError(f"scenario '{name}' doesn't have a specified executor type")
    config = EXECUTORS.get(executor) if isinstance(executor, str) else None
    if config is None:
        raise ValueError(f"unknown executor type '{executor}'")
    given: dict[str, object] = {}
    for key, value in fields.items():
        if key == "executor" or value is None:
            continue
        field = _field_name(config, key)
        if field is None:
            raise ValueError(f'json: unknown field "{key}"')
        read = _field(config, name, field, value)
        if read is not None:
            given[field] = read
    return config.create(name, given)


def _field_name(config: type[ScenarioConfig], key: str) -> str | None:
    """The field that is meant, whatever its letters' case: k6 reads names as Go's JSON library does."""
    if key in config.FIELDS:
        return key
    return next((field for field in config.FIELDS if field.lower() == key.lower()), None)


def _field(config: type[ScenarioConfig], scenario: str, key: str, value: object) -> object:
    try:
        return config.FIELDS[key].kind.from_json(value)
    except WrongType as error:
        raise ValueError(f"scenario '{scenario}': {key}: {error}") from None
