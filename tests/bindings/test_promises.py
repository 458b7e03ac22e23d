"""Ops that give promises: in a module of one's own, as docs/add-a-binding.md has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.run_script import run_script

MODULE = '''
from jsbindings.api import Binding, Thrown, op

class WaitBinding(Binding):
    module = "k6/x/wait"
    face = """
    import { ops } from 'k6py:kernel';
    const wait = ops('k6/x/wait');
    export const { later, fail, bug, early, bytes } = wait;
    export default wait;
    """

    @op(promise=True)
    def later(self, seconds: float, value: object) -> object:
        self.vu.sleep(seconds)
        return value

    @op(promise=True)
    def bytes(self, value: bytes) -> bytes:
        self.vu.sleep(0.001)
        return value[::-1]

    @op(promise=True)
    def fail(self, text: str) -> None:
        raise Thrown(text, "RangeError")

    @op(promise=True)
    def bug(self) -> None:
        1 / 0

    @op(promise=True, init_error="not in init")
    def early(self) -> None:
        pass
'''


@pytest.fixture
def module(tmp_path: Path) -> str:
    path = tmp_path / "wait_module.py"
    path.write_text(MODULE)
    return str(path)


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_promises_settle_in_the_order_in_which_their_ops_are_done(module: str, native: bool) -> None:
    script = """
      import wait from 'k6/x/wait';
      const early = await wait.later(0.01, 'in init');
      export default async function () {
        const seen = [early];
        const all = [wait.later(0.1, 'slow'), wait.later(0.02, 'fast'), wait.later(0, { a: [1] })];
        all.forEach((p) => p.then((value) => { seen.push(value); Promise.resolve().then(() => seen.push('micro')); }));
        await Promise.all(all);
        seen.push([...new Uint8Array(await wait.bytes(new Uint8Array([1, 2, 3])))]);
        console.log(JSON.stringify(seen));
      }
    """
    result = run_script(script, modules=[module], native=native)
    assert result.lines == ['["in init",{"a":[1]},"micro","fast","micro","slow","micro",[3,2,1]]']


def test_failures_reject(module: str) -> None:
    script = """
      import wait from 'k6/x/wait';
      const refused = await wait.early().catch((e) => e.message);
      export default async function () {
        const caught = await wait.fail('too much').catch((e) => [e.name, e.message, e instanceof RangeError]);
        console.log(JSON.stringify([refused, ...caught]));
        wait.fail('nobody listens');
        await wait.later(1, 0);
      }
    """
    result = run_script(script, modules=[module])
    assert result.lines == ['["not in init","RangeError","too much",true]']
    assert result.messages == ["error: Uncaught (in promise) RangeError: nobody listens"]


def test_bug_in_the_module_stops_the_test_and_names_the_op(module: str) -> None:
    script = """
      import wait from 'k6/x/wait';
      export default async function () { await wait.bug().catch(() => {}); }
    """
    result = run_script(script, modules=[module])
    assert result.exit_code != 0
    assert "a bug in the module op k6/x/wait.bug: ZeroDivisionError" in result.messages[-1]


def test_what_a_failed_iteration_still_waits_for_is_rejected_before_the_next_one_begins(module: str) -> None:
    script = """
      import wait from 'k6/x/wait';
      export const options = { vus: 1, iterations: 2 };
      export default async function () {
        if (__ITER === 0) {
          wait.later(20, 'old').then(() => console.log('never'), (e) => console.log(e.message));
          await wait.later(0.01, 0);
          throw new Error('first');
        }
        console.log('second');
      }
    """
    result = run_script(script, modules=[module])
    assert result.lines == ["operation was canceled", "second"]
