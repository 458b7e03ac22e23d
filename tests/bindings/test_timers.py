"""Timers, promises and their order: all microtasks run between two macrotasks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.run_script import Result, run_iteration_code


def lines(code: str, **how: Any) -> list[str]:
    result = run_iteration_code(code, **how)
    assert result.messages == []
    return result.lines


def test_microtasks_run_between_two_timers(native: bool) -> None:
    code = """
      setTimeout(() => { console.log('t1'); Promise.resolve().then(() => console.log('m3')); });
      Promise.resolve().then(() => console.log('m1')).then(() => console.log('m2'));
      setTimeout(() => console.log('t2'));
      console.log('sync');
    """
    assert lines(code, native=native) == ["sync", "m1", "m2", "t1", "m3", "t2"]


def test_equal_delays_keep_their_order_and_odd_ones_come_first(native: bool) -> None:
    code = """
      for (const delay of [3, 1, 0, -5, NaN, undefined, null, '2', 1, true]) {
        setTimeout((text) => console.log(text), delay, String(delay));
      }
    """
    assert lines(code, native=native) == [
        "NaN", "0", "-5", "undefined", "null", "1", "1", "true", "2", "3",
    ]  # fmt: skip


def test_intervals_repeat_until_they_are_cleared(native: bool) -> None:
    code = """
      let n = 0;
      const id = setInterval((a, b) => { n += 1; if (n === 3) clearInterval(id); console.log(n, a, b); }, 1, 'a', 'b');
    """
    assert lines(code, native=native) == ["1 a b", "2 a b", "3 a b"]


def test_cleared_timers_do_not_fire_even_when_they_are_due(native: bool) -> None:
    code = """
      const first = setTimeout(() => { console.log('a'); clearTimeout(second); }, 1);
      const second = setTimeout(() => console.log('never'), 1);
      const third = setTimeout(() => console.log('never'), 1);
      clearTimeout(third); clearTimeout(third); clearInterval(third);
      for (const nothing of [undefined, null, 'x', {}, 999, NaN]) clearTimeout(nothing);
      clearTimeout();
      console.log(typeof first, first < second);
    """
    assert lines(code, native=native) == ["number true", "a"]


@pytest.mark.parametrize("call", ["setTimeout()", "setTimeout('code', 1)", "setInterval(null, 1)"])
def test_callback_must_be_a_function(call: str) -> None:
    code = f"try {{ {call}; }} catch (e) {{ console.log(e.name, e.message); }}"
    name = call.partition("(")[0]
    assert lines(code) == [f"TypeError {name}'s callback isn't a callable function"]


def test_module_and_globals_are_the_same_timers() -> None:
    imports = "import * as timers from 'k6/timers'; import all from 'k6/timers';"
    code = "console.log(timers.setTimeout === setTimeout, all.clearInterval === clearInterval);"
    assert lines(code, imports=imports) == ["true true"]


def test_an_iteration_waits_for_its_timers_and_promises(native: bool) -> None:
    code = """
      return (async () => {
        await new Promise((done) => setTimeout(done, 5));
        setTimeout(() => { setTimeout(() => console.log('last'), 5); }, 5);
        console.log('first');
      })();
    """
    assert lines(code, native=native) == ["first", "last"]


def test_a_promise_that_nobody_settles_ends_the_iteration_quietly(native: bool) -> None:
    result = run_iteration_code("return new Promise(() => {});", native=native)
    assert result.messages == []
    assert result.count("iterations") == 1


def failing(code: str, **how: Any) -> tuple[list[str], str, list[str]]:
    """Console lines, the first line of the error and the warnings."""
    result: Result = run_iteration_code(code, **how)
    (error,) = [message for message in result.messages if message.startswith("error: ")]
    warnings = [message for message in result.messages if message.startswith("warning: ")]
    assert result.exit_code == 0
    assert result.count("iterations") == 1
    return result.lines, error.partition("\n")[0].removeprefix("error: "), warnings


STOPPED = "warning: setTimeout {} was stopped because the VU iteration was interrupted"


@pytest.mark.parametrize(
    ("code", "said", "error", "stopped"),
    [
        ("Promise.reject(new Error('r')); console.log('on');", ["on"], "Uncaught (in promise) Error: r", 1),
        ("Promise.reject('text');", [], "Uncaught (in promise) text", 1),
        ("Promise.reject();", [], "Uncaught (in promise) undefined", 1),
        ("return (async () => { throw new TypeError('x'); })();", [], "Uncaught (in promise) TypeError: x", 1),
        ("setTimeout(() => { throw new Error('t'); }, 1);", [], "Error: t", 1),
        ("setTimeout(() => { Promise.reject(new Error('t')); }, 1);", [], "Uncaught (in promise) Error: t", 1),
        ("setTimeout(async () => { await null; throw new Error('t'); }, 1);", [], "Uncaught (in promise) Error: t", 1),
        ("const p = Promise.reject(new Error('late')); setTimeout(() => p.catch(() => {}), 1);", [],
         "Uncaught (in promise) Error: late", 2),
        ("throw new Error('now');", [], "Error: now", 1),
    ],
)  # fmt: skip
def test_uncaught_errors_end_the_iteration_and_name_its_pending_timers(
    code: str, said: list[str], error: str, stopped: int, native: bool
) -> None:
    lines, text, warnings = failing(f"setTimeout(() => console.log('never'), 50); {code}", native=native)
    assert lines == said
    assert text == error
    assert len(warnings) == stopped
    assert warnings[0] == STOPPED.format(1)


def test_a_rejection_that_is_caught_before_the_microtasks_are_over_is_none(native: bool) -> None:
    code = """
      const p = Promise.reject(new Error('r'));
      Promise.resolve().then(() => null).then(() => p.catch((e) => console.log('caught', e.message)));
    """
    assert lines(code, native=native) == ["caught r"]
