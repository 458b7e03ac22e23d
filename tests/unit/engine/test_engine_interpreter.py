"""An interpreter by itself: modules, entry points, texts of exceptions."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from runner.engine.exceptions import script_error
from runner.engine.interpreter import Interpreter
from runner.errors import ImportFailed, InternalError, ScriptError
from runner.ops import Op
from runner.script.modules import ScriptModules


class Modules(ScriptModules):
    """Modules from a dictionary."""

    def __init__(self, **sources: str) -> None:
        super().__init__("file:///main.js", vendor_folders=())
        self._texts = {f"file:///{name}.js": source for name, source in sources.items()}

    def _read(self, url: str) -> str:
        if url not in self._texts:
            raise ImportFailed(f"no {url}")
        return self._texts[url]


def start(
    main: str, native: bool, builtin: Callable[[str], str] | None = None, **sources: str
) -> tuple[Interpreter, list[object]]:
    """An interpreter that has run `main`, and what that said by ``say()``."""
    said: list[object] = []
    ops = {
        "engine.ops": Op(lambda module: [["say", None, []], ["fail", None, []]]),
        "test.say": Op(lambda value: said.append(value)),
        "test.fail": Op(lambda: 1 / 0),
    }
    modules = Modules(main=main, **sources)
    if builtin is not None:
        modules.builtin = builtin
    interpreter = Interpreter(modules, ops.get, native=native)
    interpreter.run_module(
        "k6py:start", "import { ops } from 'k6py:kernel'; Object.assign(globalThis, ops('test'));"
    )
    interpreter.run_module("k6py:main", "import 'file:///main.js';")
    return interpreter, said


def test_the_bridge_is_out_of_sight_of_scripts(native: bool) -> None:
    look = "say(typeof call_python + typeof dukpy + ('dukpy' in globalThis));"
    _, said = start(f"{look} await null; {look}; import('./late.js');", native, late=f"export {{}}; {look}")
    assert said == ["undefinedundefinedfalse"] * 3


def test_exception_of_a_module_has_text_and_frames(native: bool) -> None:
    with pytest.raises(ScriptError) as caught:
        start("export {};\nthrow new RangeError('r');", native)
    assert caught.value.message == "RangeError: r"
    assert caught.value.stack.startswith("\tat file:///main.js:2:")


def test_bug_in_an_op_reaches_the_host_even_when_the_script_catches_it(native: bool) -> None:
    with pytest.raises(InternalError, match="ZeroDivisionError"):
        start("export {}; try { fail(); } catch {}", native)


def test_interpreter_is_usable_after_an_exception(native: bool) -> None:
    interpreter, said = start("export {}; globalThis.n = 1;", native)
    with pytest.raises(ScriptError):
        interpreter.run_module("k6py:bad", "throw new Error('x');")
    interpreter.run_module("k6py:good", "say(n + 1);")
    assert said == [2]


def test_missing_import_is_told_by_the_error_of_whoever_looked_for_it(native: bool) -> None:
    with pytest.raises(ImportFailed, match=r"no file:///none\.js"):
        start("import './none.js';", native)


def test_a_part_of_a_face_is_loaded_once_and_when_it_is_asked_for(native: bool) -> None:
    loads: list[str] = []

    def builtin(name: str) -> str:
        loads.append(name)
        return "'use strict'; kernel.ops('test').say('loads'); exports.name = kernel.lazy('k6py:part')().name ?? 1;"

    interpreter, said = start("export {};", native, builtin=builtin)
    interpreter.run_module(
        "k6py:face", "import { lazy } from 'k6py:kernel'; globalThis.part = lazy('k6py:part'); say('made');"
    )
    assert (said, loads) == (["made"], [])
    interpreter.run_module("k6py:use", "say(part().name); say(part() === part());")
    assert (said, loads) == (["made", "loads", 1, True], ["k6py:part"])


def test_a_part_that_could_not_be_loaded_is_tried_again(native: bool) -> None:
    code = iter(["throw new Error('cut off');", "exports.name = 'here';"])
    interpreter, said = start("export {};", native, builtin=lambda name: next(code))
    interpreter.run_module(
        "k6py:face",
        "import { lazy } from 'k6py:kernel'; const part = lazy('k6py:part');"
        " try { part(); } catch (e) { say(e.message); } say(part().name);",
    )
    assert said == ["cut off", "here"]


def test_the_first_binary_message_of_an_interrupted_script_ends_as_its_other_calls() -> None:
    interpreter, _ = start("export {};", True)
    interpreter.bridge.interrupted = True
    with pytest.raises(ScriptError):
        interpreter.deliver_bytes("test", 1, b"data")


@pytest.mark.parametrize(
    "main",
    [
        "await new Promise((done) => { globalThis.done = done; });",
        "import './waits.js';",
        "export {}; (async () => { await new Promise((done) => { globalThis.done = done; }); })();",
    ],
)
def test_interpreter_that_still_awaits_can_be_let_go(main: str, native: bool) -> None:
    for _ in range(10):
        interpreter, _ = start(
            main, native, waits="await new Promise((done) => { globalThis.done = done; });"
        )
        interpreter.abandon()
        del interpreter
        gc.collect()


@pytest.mark.parametrize(
    ("text", "message", "stack"),
    [
        ("Error: x\nError: x\n\tat f (file:///a.js:1:2)\n", "Error: x", "\tat f (file:///a.js:1:2)\n"),
        ("Error: x", "Error: x", ""),
        ("SyntaxError: y\nSyntaxError: y\n", "SyntaxError: y", ""),
        ("Error: a\nb\nError: a\nb\n\tat file:///a.js:1:2\n", "Error: a\nb", "\tat file:///a.js:1:2\n"),
        ("", "", ""),
    ],
)
def test_texts_of_exceptions(text: str, message: str, stack: str) -> None:
    error = script_error(text)
    assert (error.message, error.stack) == (message, stack)
