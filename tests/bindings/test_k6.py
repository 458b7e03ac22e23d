"""The module k6: check, group, sleep, fail, randomSeed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.kit.run_script import Result, run_iteration_code

IMPORTS = """
  import { check, group, sleep, fail, randomSeed } from 'k6';
  const caught = (f) => { try { return f(); } catch (e) { return `${e.name}: ${e.message}`; } };
"""


def run(code: str, *, imports: str = IMPORTS, **how: Any) -> Result:
    result = run_iteration_code(code, imports=imports, out_samples=True, **how)
    assert result.messages == []
    return result


def checks(result: Result) -> list[tuple[str, float, str]]:
    """Name, value and group of each check."""
    return [
        (point["data"]["tags"]["check"], point["data"]["value"], point["data"]["tags"]["group"])
        for point in result.samples
        if point["metric"] == "checks"
    ]


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_check_takes_values_and_functions_and_tells_whether_all_passed(native: bool) -> None:
    code = """
      console.log(check(5, { truthy: 5, right: (v) => v === 5 }), check(5, { falsy: '', wrong: (v) => v === 6 }));
      console.log(check(1, {}), check(1, { promise: Promise.resolve(false) }));
    """
    result = run(code, native=native)
    assert result.lines == ["true false", "true true"]
    assert checks(result) == [
        ("truthy", 1, ""), ("right", 1, ""), ("falsy", 0, ""), ("wrong", 0, ""), ("promise", 1, ""),
    ]  # fmt: skip


def test_exception_in_a_check_is_a_failed_check_and_goes_on() -> None:
    code = """
      const bad = () => { throw new RangeError('c'); };
      console.log(caught(() => check(1, { first: true, bad, last: true })));
    """
    result = run(code)
    assert result.lines == ["RangeError: c"]
    assert checks(result) == [("first", 1, ""), ("bad", 0, "")]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("check(1)", "GoError: no checks provided to `check`"),
        ("check(1, null)", "GoError: no checks provided to `check`"),
        ("check(1, { 'a::b': true })", "GoError: group and check names may not contain '::'"),
        (
            "check(1, { a: async () => true })",
            "GoError: the built-in check() does not support async functions",
        ),
        ("check(1, { a: true }, { tag: {} })", "GoError: invalid value for metric tag 'tag'"),
        ("group('a::b', () => 1)", "GoError: group and check names may not contain '::'"),
        ("group('a')", "GoError: group() requires a callback as a second argument"),
        ("group('a', async () => 1)", "GoError: group() does not support async functions"),
        ("fail('why')", "GoError: why"),
        ("fail()", "GoError: "),
    ],
)
def test_what_throws(call: str, text: str) -> None:
    result = run(f"console.log(caught(() => {call}));")
    assert result.lines[0].startswith(text)
    assert checks(result) == []


@pytest.mark.parametrize("call", ["check(1, { a: true })", "group('a', () => 1)"])
def test_init_context_is_refused(call: str) -> None:
    result = run("console.log(seen);", imports=f"{IMPORTS} const seen = caught(() => {call});")
    assert result.lines == ["GoError: getting metrics, groups or checks in the init context is not supported"]


def test_groups_nest_return_values_and_end_with_exceptions() -> None:
    code = """
      console.log(group('a', () => group('b', () => { check(1, { inner: true }); return 7; })));
      console.log(caught(() => group('c', () => { throw new Error('out'); })));
      group('d', () => group('', () => check(1, { unnamed: true })));
      check(1, { outside: true });
    """
    result = run(code)
    assert result.lines == ["7", "Error: out"]
    assert checks(result) == [("inner", 1, "::a::b"), ("unnamed", 1, "::d"), ("outside", 1, "")]
    assert len(result.values("group_duration", group="::a::b")) == 1
    assert len(result.values("group_duration", group="::a")) == 1
    assert len(result.values("group_duration", group="::c")) == 1


def test_what_happens_later_happens_outside_of_the_group() -> None:
    code = """
      return group('g', () => {
        check(1, { now: true });
        Promise.resolve().then(() => check(1, { microtask: true }));
        setTimeout(() => check(1, { timer: true }));
        return (async () => { check(1, { before: true }); await null; check(1, { after: true }); })();
      });
    """
    assert checks(run(code)) == [
        ("now", 1, "::g"), ("before", 1, "::g"), ("microtask", 1, ""), ("after", 1, ""), ("timer", 1, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "argument", ["", "0", "-1", "NaN", "null", "undefined", "'x'", "{}", "[]", "-Infinity"]
)
def test_sleep_of_nothing_returns_at_once(argument: str) -> None:
    started_s = time.monotonic()
    assert run(f"sleep({argument}); console.log('on');").lines == ["on"]
    assert time.monotonic() - started_s < 1.0


@pytest.mark.parametrize("argument", ["0.05", "'0.05'", "[0.05]"])
def test_sleep_takes_fractions_and_numeric_strings(argument: str) -> None:
    result = run(f"sleep({argument});")
    (duration_ms,) = result.values("iteration_duration")
    assert 50 <= duration_ms < 500


@pytest.mark.slow
@pytest.mark.parametrize("argument", ["Infinity", "1e10"])
def test_sleep_for_ever_is_cut_off_like_any_other(argument: str) -> None:
    options = "{ scenarios: { a: { executor: 'constant-vus', duration: '1s', gracefulStop: '0s' } } }"
    imports = f"{IMPORTS} export const options = {options};"
    result = run_iteration_code(f"sleep({argument});", imports=imports)
    assert result.exit_code == 0
    assert "0 complete and 1 interrupted iterations" in result.stdout


def test_sleep_works_in_init() -> None:
    started_s = time.monotonic()
    run("", imports="import { sleep } from 'k6'; sleep(0.05);")
    assert time.monotonic() - started_s >= 0.05


def test_microtasks_and_timers_wait_while_the_script_sleeps() -> None:
    code = """
      Promise.resolve().then(() => console.log('microtask'));
      setTimeout(() => console.log('timer'), 1);
      sleep(0.02);
      console.log('slept');
    """
    assert run(code).lines == ["slept", "microtask", "timer"]


@pytest.mark.parametrize("seed", ["5", "-1", "1e30", "NaN", "undefined", "0"])
def test_random_seed_repeats_itself(seed: str) -> None:
    code = f"""
      const draw = () => {{ randomSeed({seed}); return [Math.random(), Math.random(), Math.random()]; }};
      const [a, b] = [draw(), draw()];
      console.log(a.join() === b.join(), new Set(a).size, a.every((x) => x >= 0 && x < 1));
    """
    assert run(code).lines == ["true 3 true"]
