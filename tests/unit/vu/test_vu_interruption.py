"""Scripts that would never end are cut off at their deadline, whatever they do, and the VU goes on afterwards."""

from __future__ import annotations

import signal
import time

import pytest

from runner.ops import Interrupted
from tests.kit.single_vu import single_vu

DEADLINE_S = 0.1
# A tick of the watchdog, the script's loading and a busy machine.
LATE_S_MAX = 1.0

ENDLESS = {
    "loop": "while (true) {}",
    "loop in catch": "while (true) { try { while (true) {} } catch {} }",
    "loop in finally": "for (;;) { try { throw 1; } catch {} finally { continue; } }",
    "exceptions": "while (true) { try { null.x; } catch {} }",
    "recursion": "while (true) { try { (function f() { f(); })(); } catch {} }",
    "short sleeps": "while (true) sleep(0.001);",
    "short sleeps, caught": "while (true) { try { sleep(0.001); } catch {} }",
    "sleeps of nothing": "while (true) sleep(0);",
    "checks": "while (true) check(1, { one: true });",
    "checks, caught": "while (true) { try { check(1, { one: true }); } catch {} }",
    "checks in groups": "while (true) { try { group('g', () => check(1, { a: true })); } finally { continue; } }",
    "regular expression": "/(x+x+)+y/.exec('x'.repeat(100));",
    "memory": "let text = ''; while (true) { text = 'x' + text.slice(0, 1000); }",
    "sorting": "[...Array(1e5).keys()].sort(() => { while (true) {} });",
    "getter": "JSON.stringify({ get x() { while (true) {} } });",
    "toString": "console.log({ toString() {} }, `${{ toString() { while (true) {} } }}`);",
    "eval": "new Function('while (true) {}')();",
    "generator": "function* f() { while (true) yield 1; } for (const _ of f()) {}",
    "promise job": "Promise.resolve().then(() => { while (true) {} });",
    "promise jobs": "const again = () => Promise.resolve().then(again); again();",
    "awaits": "return (async () => { while (true) await null; })();",
    "awaits, caught": "return (async () => { while (true) { try { await null; sleep(0.001); } catch {} } })();",
    "timer": "setTimeout(() => { while (true) {} }, 1);",
    "timers": "const again = () => setTimeout(again, 0); again();",
    "interval": "setInterval(() => {}, 0);",
    "unhandled rejections": "const again = () => { Promise.resolve().then(again).finally(() => {}); }; again();",
}


@pytest.mark.slow
@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS.keys())
def test_endless_script_is_cut_off_and_the_next_iteration_runs(code: str, native: bool) -> None:
    script = f"""
      import {{ check, group, sleep }} from 'k6';
      export default function () {{ {code} }}
      export function next() {{ console.log('next', typeof sleep, __ITER); }}
    """
    with single_vu(script, native=native) as user:
        started_s = time.monotonic()
        outcome = user.run(deadline_s=DEADLINE_S)
        assert outcome.interrupted and outcome.error is None
        assert DEADLINE_S <= time.monotonic() - started_s < DEADLINE_S + LATE_S_MAX
        outcome = user.run("next", deadline_s=5.0)
        assert outcome.error is None and not outcome.interrupted
        assert user.log[-1] == "next function 1"


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
@pytest.mark.parametrize(
    "code",
    [
        "sleep(100);",
        "try { sleep(100); } catch {}",
        "try { sleep(100); } finally { sleep(100); }",
        "while (true) { try { sleep(100); } catch {} }",
        "setTimeout(() => console.log('never'), 100000);",
        "setTimeout(() => sleep(100), 0);",
        "Promise.resolve().then(() => sleep(100));",
    ],
)
def test_waiting_script_is_interrupted_from_outside(code: str, native: bool) -> None:
    script = f"""
      import {{ sleep }} from 'k6';
      export default function () {{ {code} }}
      export function next() {{ console.log('next'); }}
    """
    with single_vu(script, native=native) as user:
        user.vu.begin_iteration("scenario", user.vu.tags, {}, 0, 0)
        task = user.reactor.spawn(user.vu.run, "default", user.reactor.now() + 10)

        def cut_off() -> None:
            user.reactor.sleep_until(user.reactor.now() + 0.05)
            user.vu.interrupt()
            user.reactor.interrupt(task, Interrupted())
            task.join(user.reactor.now() + 2)

        user.call(cut_off)
        assert task.result.interrupted
        assert user.run("next").error is None
        assert user.log[-1] == "next"


def test_pending_timers_of_an_interrupted_iteration_are_named_and_do_not_fire_later() -> None:
    script = """
      export default function () { setTimeout(() => console.log('never'), 150); while (true) {} }
      export function next() { setTimeout(() => console.log('next'), 200); }
    """
    with single_vu(script) as user:
        user.run(deadline_s=0.05)
        assert user.log == ["setTimeout 1 was stopped because the VU iteration was interrupted"]
        user.run("next")
        assert user.log[1:] == ["next"]


def test_groups_and_tags_are_those_of_the_iteration_again_after_an_interruption() -> None:
    script = """
      import { group } from 'k6';
      export default function () { group('a', () => { while (true) {} }); }
    """
    with single_vu(script) as user:
        user.run(deadline_s=0.05)
        assert user.vu.group.path == ""


@pytest.mark.slow
def test_other_vus_run_while_timers_of_one_are_always_due() -> None:
    with single_vu("export default function () { setInterval(() => {}, 0); }") as user:
        user.vu.begin_iteration("scenario", user.vu.tags, {}, 0, 0)
        # Whoever starved would get his turn when this is cut off.
        running = user.reactor.spawn(user.vu.run, "default", user.reactor.now() + 3)
        turns = 0

        def neighbour() -> None:
            nonlocal turns
            while turns < 5:
                user.reactor.sleep_until(user.reactor.now() + 0.01)
                turns += 1

        started_s = time.monotonic()
        user.call(neighbour)
        assert time.monotonic() - started_s < 2.5
        assert user.call(lambda: running.join(user.reactor.now() + 10)).interrupted


def test_watchdog_leaves_the_signal_as_it_was() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with single_vu("export default function () {}"):
        assert signal.getsignal(signal.SIGVTALRM) != before
    assert signal.getsignal(signal.SIGVTALRM) == before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
