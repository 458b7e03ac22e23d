"""What a module of one's own can do: everything that jsbindings/api.py promises."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsbindings.api import Binding, op
from runner.errors import UsageError
from tests.kit.run_script import Result, run_script

MODULE = """
    import threading
    import time

    from jsbindings.api import Binding, Thrown, op


    class ProbeBinding(Binding):
        module = "k6/x/probe"
        face = '''
            import { ops } from 'k6py:kernel';
            const probe = ops('k6/x/probe');
            export default probe;
        '''

        def __init__(self, vu, shared):
            super().__init__(vu, shared)
            self.calls = 0

        @classmethod
        def create_shared(cls):
            return {"iterations": 0}

        @op
        def own_calls(self) -> int:
            self.calls += 1
            return self.calls

        @op
        def iterations(self) -> int:
            return self.shared["iterations"]

        @op
        def reverse(self, data: bytes) -> bytes:
            return data[::-1]

        @op
        def nested(self) -> dict:
            return {"list": [b"ab", {"inner": b""}], "text": "x"}

        @op
        def refuse(self, js_class: str) -> None:
            raise Thrown("not today", js_class)

        @op(init_error="probe.late() is not available in the init context")
        def late(self) -> str:
            return self.vu.phase

        @op(blocking=True)
        def in_thread(self, seconds: float) -> bool:
            time.sleep(seconds)
            return threading.current_thread() is not threading.main_thread()

        @op
        async def awaited(self, value: int) -> int:
            import asyncio

            await asyncio.sleep(0)
            return value + 1

        @op
        def join(self, *texts: str) -> str:
            return "".join(texts)

        @op
        def pad(self, text: str, mark: str = "-", times: int = 2) -> str:
            return text + mark * times

        @op
        def triple(self, first: int, second: int | None, third: int) -> list:
            return [first, second, third]

        @op
        def crash(self) -> None:
            raise KeyError("a bug of the module")

        def end_iteration(self):
            self.shared["iterations"] += 1
"""


def run(tmp_path: Path, script: str, **how: Any) -> Result:
    module = tmp_path / "probe.py"
    module.write_text(textwrap.dedent(MODULE), encoding="utf-8")
    return run_script(
        f"import probe from 'k6/x/probe';\n{textwrap.dedent(script)}", modules=[str(module)], **how
    )


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_values_bytes_and_errors_cross(tmp_path: Path, native: bool) -> None:
    result = run(
        tmp_path,
        """
        const bytes = (buffer) => [buffer instanceof ArrayBuffer, ...new Uint8Array(buffer)].join();
        export default function () {
          console.log(bytes(probe.reverse(new Uint8Array([1, 2, 3]).buffer)));
          console.log(bytes(probe.reverse(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))), bytes(probe.reverse('ä')));
          const { list, text } = probe.nested();
          console.log(bytes(list[0]), bytes(list[1].inner), text);
          for (const name of ['GoError', 'TypeError', 'RangeError']) {
            try { probe.refuse(name); } catch (e) { console.log(String(e), e instanceof Error); }
          }
        }
        """,
        native=native,
    )
    assert result.messages == []
    assert result.lines == [
        "true,3,2,1",
        "true,3,2 true,164,195",
        "true,97,98 true x",
        "GoError: not today true",
        "TypeError: not today true",
        "RangeError: not today true",
    ]


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_arguments_may_be_left_out_where_the_op_says_so(tmp_path: Path, native: bool) -> None:
    result = run(
        tmp_path,
        """
        export default function () {
          console.log(probe.join(), probe.join('a'), probe.join('a', 'b', 'c'));
          console.log(probe.pad('x'), probe.pad('x', '+'), probe.pad('x', '+', 1));
          console.log(JSON.stringify([probe.triple(1, 2, 3), probe.triple(1, undefined, 3)]));
        }
        """,
        native=native,
    )
    assert result.messages == []
    assert result.lines == [" a abc", "x-- x++ x+", "[[1,2,3],[1,null,3]]"]


def logged(function: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(function)
    def call(*args: object) -> object:
        return function(*args)

    return call


class ManyOps(Binding):
    """Ops with all kinds of parameters."""

    module = "k6/x/many"

    @op
    def plain(self, name: str, data: bytes) -> None: ...

    @op
    def default(self, data: bytes | None = None) -> None: ...

    @op
    def rest(self, name: str, *parts: bytes) -> None: ...

    @op
    def named(self, *, data: bytes) -> None: ...

    @op
    @logged
    def wrapped(self, data: bytes) -> None: ...

    @op(promise=True)
    def later(self) -> None: ...

    @op
    async def awaited(self, data: bytes) -> None: ...


def test_the_parameters_of_ops_are_seen_through_decorators() -> None:
    assert ManyOps.op_table() == [
        ("awaited", 1, (0,), False),
        ("default", None, (0,), False),
        ("later", 0, (), True),
        ("named", None, (), False),
        ("plain", 2, (1,), False),
        ("rest", None, (1,), False),
        ("wrapped", 1, (0,), False),
    ]


def test_init_error_refuses_the_init_context_only(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        """
        let refused;
        try { probe.late(); } catch (e) { refused = e.message; }
        export default function () { console.log(refused, probe.late()); }
        """,
    )
    assert result.lines == ["probe.late() is not available in the init context vu"]


def test_each_virtual_user_has_a_binding_and_all_share_one_state(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        """
        export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
        export default function () { console.log(probe.own_calls()); }
        export function teardown() { console.log('iterations', probe.iterations()); }
        """,
    )
    assert sorted(result.lines) == ["1", "1", "2", "2", "iterations 4"]


def test_ops_over_blocking_and_async_libraries_hold_up_only_their_own_vu(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        """
        export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 8, iterations: 1 } } };
        export default function () { console.log(probe.in_thread(0.2), probe.awaited(41)); }
        """,
    )
    assert result.lines == ["true 42"] * 8
    # One after the other they would take 1.6 s.
    assert result.summary["metrics"]["iteration_duration"]["max"] < 1000


def test_a_bug_of_a_module_ends_the_test_by_name_and_keeps_what_was_measured(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        """
        export const options = { iterations: 3 };
        export default function () { if (__ITER === 1) probe.crash(); console.log('ran', __ITER); }
        """,
    )
    assert result.exit_code == 255
    assert any("a bug of the module" in message for message in result.messages)
    assert result.count("iterations") >= 1


@pytest.mark.parametrize(
    "content", [None, "x = 1", "from jsbindings.api import Binding\nclass B(Binding): pass"]
)
def test_a_file_without_a_module_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "nothing.py"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    result = run_script("export default function () {}", modules=[str(path)])
    assert result.exit_code == UsageError.exit_code
    assert "--module" in result.messages[0]
