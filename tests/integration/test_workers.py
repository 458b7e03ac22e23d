"""Tests that run on several worker processes: what they count and measure is what one process would."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.kit.run_script import Result, run_script

pytestmark = pytest.mark.slow

IMPORTS = "import exec from 'k6/execution'; import { check, group, sleep } from 'k6'; import * as m from 'k6/metrics';"
# The number of the iteration and of the VU, on one line of the log.
TELL = "console.log(exec.scenario.iterationInTest, exec.vu.idInTest);"

# Before the first second is over, no sample was taken.
NOTHING_TO_SHOW = "error: failed to handle the end-of-test summary"


def run(options: str, code: str, *, more: str = "", workers: int = 3, **how: object) -> Result:
    script = f"{IMPORTS}\nexport const options = {options};\n{more}\nexport default function (data) {{\n{code}\n}}\n"
    return run_script(script, workers=workers, **how)  # type: ignore[arg-type]


def numbers(result: Result) -> tuple[list[int], Counter[int]]:
    """What TELL told: iterations in order of their numbers, and how many each VU ran."""
    pairs = [line.split() for line in result.lines]
    return sorted(int(pair[0]) for pair in pairs), Counter(int(pair[1]) for pair in pairs)


# ---- the scenarios' promises


def test_shared_iterations_are_shared_by_the_vus_of_all_workers() -> None:
    result = run("{ vus: 7, iterations: 210 }", f"{TELL} sleep(0.001);")
    told, by_vu = numbers(result)
    assert told == list(range(210))
    assert set(by_vu) == set(range(1, 8))
    assert result.count("iterations") == 210
    assert "210 complete and 0 interrupted iterations" in result.stdout
    assert "0/7 VUs" in result.stdout
    assert result.exit_code == 0
    assert result.messages == []


def test_shared_iterations_that_nobody_took_are_dropped_once() -> None:
    options = """{ scenarios: { a: { executor: 'shared-iterations', vus: 4, iterations: 100,
      maxDuration: '1s', gracefulStop: '2s' } } }"""
    result = run(options, f"{TELL} sleep(1.5);")
    assert numbers(result)[0] == [0, 1, 2, 3]
    assert result.count("iterations") == 4
    assert result.count("dropped_iterations") == 96


def test_per_vu_iterations_give_each_vu_its_own() -> None:
    result = run("{ scenarios: { a: { executor: 'per-vu-iterations', vus: 5, iterations: 6 } } }", TELL)
    told, by_vu = numbers(result)
    assert told == list(range(30))
    assert by_vu == dict.fromkeys(range(1, 6), 6)


def test_per_vu_iterations_that_came_too_late_are_dropped() -> None:
    options = """{ scenarios: { a: { executor: 'per-vu-iterations', vus: 5, iterations: 3,
      maxDuration: '1s', gracefulStop: '2s' } } }"""
    result = run(options, "sleep(1.2);")
    assert result.count("iterations") == 5
    assert result.count("dropped_iterations") == 10


def test_a_ramp_takes_the_last_vus_away_first_wherever_they_are() -> None:
    options = """{ scenarios: { a: { executor: 'ramping-vus', startVUs: 4, gracefulRampDown: '0s', gracefulStop: '0s',
      stages: [{ duration: '1s', target: 4 }, { duration: '0s', target: 2 }, { duration: '1s', target: 2 }] } } }"""
    result = run(options, f"if (exec.instance.currentTestRunDuration > 1300) {TELL} sleep(0.1);")
    assert set(numbers(result)[1]) == {1, 2}


@pytest.mark.parametrize(
    "vus", ["preAllocatedVUs: 60", "preAllocatedVUs: 1, maxVUs: 60", "preAllocatedVUs: 0, maxVUs: 9"]
)
def test_arrival_rates_add_up(vus: str) -> None:
    options = f"""{{ scenarios: {{ a: {{ executor: 'constant-arrival-rate', rate: 200, duration: '2s', {vus} }} }} }}"""
    result = run(options, f"{TELL} sleep(0.01);")
    told, _ = numbers(result)
    dropped = result.count("dropped_iterations")
    assert len(told) + dropped == 400
    assert told == list(range(len(told)))
    assert dropped < 60
    assert (dropped == 0) == (vus == "preAllocatedVUs: 60")


def test_a_ramping_arrival_rate_adds_up() -> None:
    options = """{ scenarios: { a: { executor: 'ramping-arrival-rate', startRate: 0, preAllocatedVUs: 9,
      stages: [{ duration: '2s', target: 150 }] } } }"""
    result = run(options, TELL)
    assert numbers(result)[0] == list(range(150))


def test_an_iteration_runs_where_a_vu_is_free_before_it_is_dropped() -> None:
    # Worker 1 has two of the three VUs, and each worker half of the starts; three VUs are just enough for all.
    options = """{ scenarios: { a: { executor: 'constant-arrival-rate', rate: 10, duration: '3s',
      preAllocatedVUs: 3 } } }"""
    result = run(options, "sleep(0.25);", workers=2)
    assert result.count("iterations") == 30
    assert result.count("dropped_iterations") == 0


def test_a_shortage_of_vus_is_said_once() -> None:
    options = """{ scenarios: { a: { executor: 'constant-arrival-rate', rate: 50, duration: '1s',
      preAllocatedVUs: 2, maxVUs: 5, gracefulStop: '0s' } } }"""
    result = run(options, f"{TELL} sleep(5);")
    shortages = [text for text in result.messages if "Insufficient" in text]
    assert shortages == ["warning: Insufficient VUs, reached 5 active VUs and cannot initialize more"]
    assert set(numbers(result)[1]) == {1, 2, 3, 4, 5}
    assert result.count("dropped_iterations") == 45
    assert "0 complete and 5 interrupted iterations" in result.stdout


def test_scenarios_one_after_the_other_use_the_same_vus() -> None:
    options = """{ scenarios: {
      a: { executor: 'constant-vus', vus: 5, duration: '1s', gracefulStop: '0s' },
      b: { executor: 'per-vu-iterations', vus: 5, startTime: '1s', env: { SECOND: 'yes' } } } }"""
    result = run(options, f"if (__ENV.SECOND) {{ {TELL} }} else sleep(0.3);")
    assert numbers(result) == (list(range(5)), Counter(range(1, 6)))
    assert "/5 VUs" in result.stdout


def test_an_iteration_has_its_number_from_its_start_whoever_asks() -> None:
    options = """{ scenarios: { a: { executor: 'constant-arrival-rate', rate: 2, duration: '2s',
      preAllocatedVUs: 4 } } }"""
    result = run(options, f"if (exec.instance.currentTestRunDuration > 1300) {TELL}")
    assert numbers(result)[0] == [3]


# ---- what is measured


def test_metrics_are_those_of_one_process() -> None:
    more = """
      const trend = new m.Trend('my_trend'), counter = new m.Counter('my_counter');
      const rate = new m.Rate('my_rate'), gauge = new m.Gauge('my_gauge');
      export function setup() { counter.add(1000); }
      export function teardown() { counter.add(10000); }
    """
    code = """
      const n = exec.scenario.iterationInTest;
      trend.add(n * n); counter.add(2, { odd: String(n % 2) }); rate.add(n % 4 === 0); gauge.add(n);
      group(`g${n % 2}`, () => check(n, { 'below 90': (n) => n < 90, 'natural': (n) => n >= 0 }));
    """
    options = """{ vus: 6, iterations: 101,
      summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(99.9)', 'count'],
      thresholds: { 'my_counter{odd:1}': ['count==100'] } }"""
    one, three = (run(options, code, more=more, workers=workers, out_samples=True) for workers in (1, 3))
    for result in (one, three):
        assert result.exit_code == 0
    for name in ("my_trend", "my_rate", "my_counter{odd:1}", "checks"):
        mine, others = (dict(result.summary["metrics"][name]) for result in (one, three))
        if name.startswith("my_counter"):
            # Per second, and no two runs last equally long.
            del mine["rate"], others["rate"]
        assert mine == others
    assert one.count("my_counter") == three.count("my_counter") == 11202
    assert three.summary["metrics"]["my_gauge"]["min"] == 0
    assert three.summary["metrics"]["my_gauge"]["max"] == 100
    assert three.summary["root_group"] == one.summary["root_group"]
    for name in ("my_trend", "my_counter", "checks", "iterations", "group_duration"):
        assert len(three.values(name)) == len(one.values(name)) > 100
    assert sorted(three.values("my_trend", scenario="default")) == [n * n for n in range(101)]


def test_the_full_summary_has_sections_of_all_workers() -> None:
    options = "{ scenarios: { one: { executor: 'per-vu-iterations', vus: 4 } } }"
    code = "group('outer', () => check(1, { 'is one': (n) => n === 1 }));"
    result = run(options, code, summary_mode="full")
    assert "SCENARIO: one" in result.stdout
    assert "GROUP: outer" in result.stdout
    assert result.stdout.count("4 out of 4") == 3


def test_instance_counts_the_whole_test() -> None:
    code = """
      const vu = exec.vu.idInTest;
      if (vu < 6) { sleep(1); return; }
      sleep(0.5);
      const i = exec.instance;
      console.log(i.vusActive, i.vusInitialized, i.iterationsCompleted, i.iterationsInterrupted);
    """
    result = run("{ scenarios: { a: { executor: 'per-vu-iterations', vus: 6 } } }", code)
    assert result.lines == ["6 6 0 0"]


def test_a_limit_of_requests_per_second_holds_for_all_workers() -> None:
    result = run(
        "{ vus: 6, iterations: 12, rps: 10 }",
        "http.get('http://127.0.0.1:1/');",
        more="import http from 'k6/http';",
    )
    assert result.count("http_reqs") == 12
    # The first one at once, and eleven intervals of 0.1 s: without a common limit it would be three times as many.
    assert result.summary["metrics"]["http_reqs"]["rate"] < 12


# ---- what the parent does for everybody


def test_setup_data_reaches_every_vu_and_teardown() -> None:
    more = """
      export function setup() { return { big: 'x'.repeat(300000), vus: exec.instance.vusInitialized }; }
      export function teardown(data) { console.log('end', data.big.length, data.vus); }
    """
    result = run("{ vus: 5, iterations: 5 }", "sleep(0.1); console.log(data.big.length);", more=more)
    assert Counter(result.lines) == {"300000": 5, "end 300000 5": 1}


def test_log_lines_arrive_with_their_fields(tmp_path: Path) -> None:
    result = run(
        "{ vus: 3, iterations: 3 }",
        "console.warn('line\\n\\ud800', __VU); sleep(0.2); throw new Error('boom');",
    )
    assert Counter(result.console) == {("warning", f"line\n\ufffd {vu}"): 1 for vu in (1, 2, 3)}
    errors = [entry for entry in result.log if entry["level"] == "error"]
    assert len(errors) == 3
    assert errors[0]["scenario"] == "default"
    assert errors[0]["msg"].startswith("Error: boom\n\tat default (file://")


def test_an_array_that_setup_code_shares_is_read_once() -> None:
    more = """
      import { SharedArray } from 'k6/data';
      const rows = new SharedArray('rows', () => { console.log('made'); return [1, 2, 3]; });
    """
    result = run("{ vus: 6, iterations: 6 }", "sleep(0.1); console.log(rows[2]);", more=more)
    assert Counter(result.lines) == {"made": 1, "3": 6}


# ---- init code


def test_an_error_in_the_init_code_of_one_vu_is_told_once() -> None:
    more = "if (__VU === 4) throw new Error(`no ${__VU}`); if (__VU === 2) throw new Error(`no ${__VU}`);"
    result = run("{ vus: 6, iterations: 6 }", TELL, more=more)
    assert result.exit_code == 107
    assert [text.partition("\n")[0] for text in result.messages] == [NOTHING_TO_SHOW, "error: Error: no 2"]
    assert result.log[-1]["hint"] == "error while initializing VU #2 (script exception)"
    assert result.lines == []


def test_abort_in_the_init_code_of_one_vu_ends_the_test() -> None:
    result = run("{ vus: 3, iterations: 3 }", TELL, more="if (__VU === 3) exec.test.abort('not today');")
    assert result.exit_code == 108
    assert result.messages[0] == NOTHING_TO_SHOW
    assert result.messages[1].startswith("error: test aborted: not today at file://")
    assert result.log[-1]["hint"] == "error while initializing VU #3"


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_workers_keep_to_the_path_of_the_parent(native: bool) -> None:
    result = run("{ vus: 3, iterations: 30 }", TELL, native=native)
    assert numbers(result)[0] == list(range(30))


# ---- how many workers


@pytest.mark.parametrize(
    ("workers", "vus", "expected"), [(None, 3, 0), (1, 3, 0), (2, 3, 2), (9, 3, 3), (2, 1, 0)]
)
def test_workers_are_as_many_as_asked_for_and_useful(workers: int | None, vus: int, expected: int) -> None:
    result = run(f"{{ vus: {vus}, iterations: {vus} }}", "", workers=workers, verbose=True)  # type: ignore[arg-type]
    started = [
        text for text in result.messages if text.startswith("debug: worker ") and text.endswith(" started")
    ]
    assert len(started) == expected
