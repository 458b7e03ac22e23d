"""Scenario configurations: reading, defaults, mistakes, descriptions."""

from __future__ import annotations

import pytest

from runner.options.scenario_plan import (
    EXECUTORS,
    describe_scenarios,
    in_start_order,
    max_duration_s,
    max_vus,
    missing_functions,
    scenario_problems,
    scenarios_from_json,
)
from runner.options.scenarios import ConstantVus, ScenarioConfig, SharedIterations
from runner.options.values import Stage


def scenario(executor: str, name: str = "a", **fields: object) -> ScenarioConfig:
    return scenarios_from_json({name: {"executor": executor, **fields}})[name]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            scenario("shared-iterations", vus=2, iterations=3),
            "3 iterations shared among 2 VUs (maxDuration: 10m0s, gracefulStop: 30s)",
        ),
        (
            scenario("per-vu-iterations"),
            "1 iterations for each of 1 VUs (maxDuration: 10m0s, gracefulStop: 30s)",
        ),
        (scenario("constant-vus", vus=2, duration="1s"), "2 looping VUs for 1s (gracefulStop: 30s)"),
        (scenario("constant-vus", vus=2, duration="1s", gracefulStop=0), "2 looping VUs for 1s"),
        (
            scenario("constant-vus", vus=3, duration="1s", gracefulStop="5s", exec="nap", startTime="1s"),
            "3 looping VUs for 1s (exec: nap, startTime: 1s, gracefulStop: 5s)",
        ),
        (
            scenario("constant-vus", duration="1s", exec="default"),
            "1 looping VUs for 1s (exec: default, gracefulStop: 30s)",
        ),
        (
            scenario(
                "ramping-vus",
                startVUs=0,
                gracefulRampDown="3s",
                stages=[{"duration": "500ms", "target": 5}, {"duration": "500ms", "target": 0}],
            ),
            "Up to 5 looping VUs for 1s over 2 stages (gracefulRampDown: 3s, gracefulStop: 30s)",
        ),
        (
            scenario(
                "constant-arrival-rate",
                rate=3,
                timeUnit="2s",
                duration="1s",
                preAllocatedVUs=1,
                maxVUs=4,
                startTime="1s",
            ),
            "1.50 iterations/s for 1s (maxVUs: 1-4, startTime: 1s, gracefulStop: 30s)",
        ),
        (
            scenario("ramping-arrival-rate", stages=[{"duration": "1s", "target": 5}], preAllocatedVUs=1),
            "Up to 5.00 iterations/s for 1s over 1 stages (maxVUs: 1, gracefulStop: 30s)",
        ),
    ],
)
def test_a_scenario_describes_itself_in_k6s_words(config: ScenarioConfig, text: str) -> None:
    assert config.describe() == text


NAME = "the scenario name should contain only numbers, latin letters, underscores, and dashes"


@pytest.mark.parametrize(
    ("config", "problems"),
    [
        (scenario("shared-iterations"), []),
        (scenario("shared-iterations", "b c", exec=""), [NAME, "exec value cannot be empty"]),
        (
            scenario("shared-iterations", startTime="-1s", gracefulStop="-1s"),
            ["the startTime can't be negative", "the gracefulStop timeout can't be negative"],
        ),
        (
            scenario("shared-iterations", vus=5, iterations=3),
            ["the number of iterations (3) can't be less than the number of VUs (5)"],
        ),
        (scenario("shared-iterations", vus=0), ["the number of VUs must be more than 0"]),
        (
            scenario("per-vu-iterations", iterations=0, maxDuration="300ms"),
            [
                "the number of iterations must be more than 0",
                "the maxDuration must be at least 1s, but is 300ms",
            ],
        ),
        (scenario("constant-vus", vus=1), ["the duration is unspecified"]),
        (
            scenario("constant-vus", vus=-1, duration="300ms"),
            ["the number of VUs must be more than 0", "the duration must be at least 1s, but is 300ms"],
        ),
        (scenario("ramping-vus"), ["at least one stage has to be specified"]),
        (
            scenario("ramping-vus", startVUs=-1, stages=[{"duration": "-1s", "target": -2}]),
            [
                "the number of start VUs can't be negative",
                "the duration for stage 1 can't be negative",
                "the target for stage 1 can't be negative",
                "either startVUs or one of the stages' target values must be greater than 0",
            ],
        ),
        (
            scenario("ramping-vus", stages=[{}, {"duration": "1s", "target": 2}]),
            ["stage 1 doesn't have a duration", "stage 1 doesn't have a target"],
        ),
        # A defect of k6's that scripts may live with: then there is no time to ramp down gracefully.
        (scenario("ramping-vus", gracefulRampDown="-1s", stages=[{"duration": "1s", "target": 2}]), []),
        (scenario("shared-iterations", ""), ["scenario name can't be empty", NAME]),
        (
            scenario("constant-arrival-rate", rate=0, duration="1s", preAllocatedVUs=3, maxVUs=2),
            ["the iteration rate must be more than 0", "maxVUs can't be less than preAllocatedVUs"],
        ),
        (
            scenario("constant-arrival-rate", timeUnit=0),
            [
                "the iteration rate isn't specified",
                "the duration is unspecified",
                "the timeUnit must be more than 0",
                "the number of preAllocatedVUs isn't specified",
            ],
        ),
        (
            scenario(
                "ramping-arrival-rate",
                startRate=-1,
                preAllocatedVUs=-1,
                stages=[{"duration": "1s", "target": 1}],
            ),
            ["the startRate value can't be negative", "the number of preAllocatedVUs can't be negative"],
        ),
    ],
)
def test_mistakes_are_told_in_k6s_words(config: ScenarioConfig, problems: list[str]) -> None:
    assert config.problems() == problems


def test_unset_fields_have_k6s_defaults() -> None:
    config = scenario("shared-iterations")
    assert isinstance(config, SharedIterations)
    assert (config.vus, config.iterations, config.max_duration_s) == (1, 1, 600.0)
    assert (config.start_time_s, config.graceful_stop_s, config.exec) == (0.0, 30.0, "default")
    assert config.end_s() == 630.0


def test_k6_form_shows_null_for_what_was_not_set() -> None:
    config = scenario("shared-iterations", vus="2", startTime=10, gracefulStop="1d", maxDuration="1h0.5m")
    assert config.to_k6() == {
        "executor": "shared-iterations",
        "startTime": "10ms",
        "gracefulStop": "24h0m0s",
        "env": None,
        "exec": None,
        "tags": None,
        "vus": 2,
        "iterations": None,
        "maxDuration": "1h0m30s",
    }


def test_k6_form_shows_stages_and_module_options() -> None:
    shown = scenario("ramping-vus", options={"browser": {}}, stages=[{"duration": "0s", "target": 2}]).to_k6()
    assert shown["stages"] == [{"duration": "0s", "target": 2}]
    assert scenario("ramping-vus", stages=[{}]).to_k6()["stages"] == [{"duration": None, "target": None}]
    assert shown["options"] == {"browser": {}}
    assert shown["startVUs"] is None


@pytest.mark.parametrize(
    ("scenarios", "reason"),
    [
        ({"a": {"vus": 1}}, "scenario 'a' doesn't have a specified executor type"),
        ({"a": {"executor": "sprint"}}, "unknown executor type 'sprint'"),
        ({"a": {"executor": "externally-controlled"}}, "unknown executor type 'externally-controlled'"),
        ({"a": {"executor": ["x"]}}, "unknown executor type '['x']'"),
        ({"a": {"executor": "constant-vus", "rate": 1}}, 'json: unknown field "rate"'),
        (
            {"a": {"executor": "ramping-vus", "stages": [{"for": "1s"}]}},
            'json: unknown field "for"',
        ),
        ({"a": {"executor": "constant-vus", "duration": "soon"}}, 'time: invalid duration "soon"'),
        ({"a": None}, "scenario 'a' doesn't have a specified executor type"),
        ({"a": {"executor": "constant-vus", "env": {"N": 1}}}, "scenario 'a': env: 1 is not a string"),
        ({"a": 5}, "5 is not an object"),
        ([], "[] is not an object"),
    ],
)
def test_scenarios_that_cannot_be_read_are_refused(scenarios: object, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        scenarios_from_json(scenarios)
    assert str(caught.value) == reason


def test_names_of_fields_are_read_in_any_case() -> None:
    (config,) = scenarios_from_json({"a": {"Executor": "constant-vus", "VUs": 2, "DURATION": "1s"}}).values()
    assert isinstance(config, ConstantVus)
    assert (config.vus, config.given) == (2, {"vus": 2, "duration": 1.0})


def test_an_environment_variable_that_is_null_is_empty() -> None:
    assert scenario("constant-vus", env={"A": None}).env == {"A": ""}


def test_null_fields_count_as_not_set() -> None:
    config = scenario("constant-vus", duration="1s", vus=None)
    assert isinstance(config, ConstantVus)
    assert (config.vus, config.given) == (1, {"duration": 1.0})


def test_all_mistakes_of_a_scenario_stand_in_one_line() -> None:
    scenarios = scenarios_from_json(
        {
            "a": {"executor": "shared-iterations", "startTime": "-1s", "gracefulStop": "-1s"},
            "fine": {"executor": "shared-iterations"},
            "b": {"executor": "constant-vus"},
        }
    )
    assert scenario_problems(scenarios) == [
        "scenario a has configuration errors: "
        "the startTime can't be negative, the gracefulStop timeout can't be negative",
        "scenario b has configuration errors: the duration is unspecified",
    ]


def test_a_missing_exec_function_is_named() -> None:
    scenarios = {"default": scenario("shared-iterations", "default"), "b": scenario("constant-vus", exec="x")}
    assert missing_functions(scenarios, {"x"}) == [
        "executor default: function 'default' not found in exports"
    ]
    assert missing_functions(scenarios, {"x", "default"}) == []


def test_the_plan_is_listed_as_k6_lists_it() -> None:
    scenarios = scenarios_from_json(
        {
            "two": {
                "executor": "constant-vus",
                "vus": 3,
                "duration": "1s",
                "gracefulStop": "5s",
                "exec": "nap",
                "startTime": "1s",
            },
            "one": {"executor": "per-vu-iterations", "vus": 2, "iterations": 2, "maxDuration": "30s"},
        }
    )
    assert describe_scenarios(in_start_order(scenarios)) == (
        "(100.00%) 2 scenarios, 5 max VUs, 1m0s max duration (incl. graceful stop):",
        "              * one: 2 iterations for each of 2 VUs (maxDuration: 30s, gracefulStop: 30s)\n"
        "              * two: 3 looping VUs for 1s (exec: nap, startTime: 1s, gracefulStop: 5s)",
    )


def test_one_scenario_is_listed_in_the_singular() -> None:
    heading, _ = describe_scenarios([scenario("per-vu-iterations", "default")])
    assert heading == "(100.00%) 1 scenario, 1 max VUs, 10m30s max duration (incl. graceful stop):"


def test_the_plans_duration_is_told_to_a_tenth_of_a_second() -> None:
    config = scenario("constant-vus", vus=1, duration="1234ms", gracefulStop="0s")
    heading, listed = describe_scenarios([config])
    assert "1.2s max duration" in heading
    assert "1 looping VUs for 1.234s" in listed


@pytest.mark.parametrize(
    ("second_start", "expected"),
    [("0s", 5), ("10s", 5), ("14s", 5), ("15s", 3), ("1h", 3)],
)
def test_max_vus_counts_scenarios_that_overlap(second_start: str, expected: int) -> None:
    first = scenario("constant-vus", vus=2, duration="10s", gracefulStop="5s")
    second = scenario("constant-vus", "b", vus=3, duration="10s", startTime=second_start)
    assert max_vus([first, second]) == expected


def test_the_plan_ends_with_the_last_graceful_stop() -> None:
    first = scenario("constant-vus", duration="10s")
    second = scenario("constant-vus", "b", duration="10s", startTime="20s", gracefulStop="1s")
    assert max_duration_s([first, second]) == 40.0


def test_scenarios_are_ordered_by_start_then_name() -> None:
    late, b, a = (
        scenario("shared-iterations", "late", startTime="1s"),
        scenario("shared-iterations", "b"),
        scenario("shared-iterations", "a"),
    )
    assert in_start_order({s.name: s for s in (late, b, a)}) == [a, b, late]


def test_a_ramp_lasts_as_long_as_its_stages() -> None:
    config = EXECUTORS["ramping-vus"].create("a", {"stages": (Stage(1.0, 3), Stage(2.5, 7))})
    assert (config.run_time_s(), config.max_vus()) == (3.5, 7)
