"""Entry points of JavaScript, called through ctypes and, in a compiled build, from C."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner import is_compiled
from runner.engine.entry import CtypesEntry, Entry, ScriptFailed, entry_of
from runner.engine.extension import _dukpy
from runner.engine.quickjs import EVAL_GLOBAL, JSValue, library

HEAP_BYTES_MAX = 8 * 1024 * 1024
KINDS = [CtypesEntry, entry_of] if is_compiled() else [CtypesEntry]

# Makes an entry point of a function, given as code.
MakeEntry = Callable[[str], Entry]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def make_entry(request: pytest.FixtureRequest) -> Iterator[MakeEntry]:
    quickjs = ctypes.PyDLL(_dukpy.__file__)
    quickjs.JS_NewRuntime.restype = ctypes.c_void_p
    runtime = quickjs.JS_NewRuntime()
    quickjs.JS_SetMemoryLimit(ctypes.c_void_p(runtime), ctypes.c_size_t(HEAP_BYTES_MAX))
    context = library.JS_NewContext(runtime)
    functions: list[JSValue] = []

    def make(code: str) -> Entry:
        source = f"({code})".encode()
        functions.append(library.JS_Eval(context, source, len(source), b"test", EVAL_GLOBAL))
        pointers = ctypes.c_void_p(context), ctypes.c_void_p(runtime)
        entry: Entry = request.param(*pointers, functions[-1])
        return entry

    yield make
    library.JS_FreeValue(context, library.JS_GetException(context))
    for function in functions:
        library.JS_FreeValue(context, function)
    library.JS_FreeContext(context)
    quickjs.JS_FreeRuntime(ctypes.c_void_p(runtime))


def test_the_compiled_build_uses_what_is_compiled() -> None:
    entry = entry_of(ctypes.c_void_p(1), ctypes.c_void_p(1), JSValue())
    assert isinstance(entry, CtypesEntry) is not is_compiled()


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (None, "undefined:undefined"),
        (0, "number:0"),
        (-1, "number:-1"),
        (2**31 - 1, "number:2147483647"),
        (-(2**31), "number:-2147483648"),
        (True, "number:1"),
        ("", "string:"),
        ("text", "string:text"),
        ("with\0zero", "string:with\0zero"),
        ("grüße \U0001f600", "string:grüße \U0001f600"),
        ("half \ud83d", "string:half \ud83d"),
        ("größer".encode(), "string:größer"),
    ],
)
def test_arguments_and_texts_cross(make_entry: MakeEntry, value: Any, seen: str) -> None:
    entry = make_entry("(value) => `${typeof value}:${value}`")
    assert entry.enter((value,)) == seen


def test_bytes_become_an_array_buffer_of_its_own(make_entry: MakeEntry) -> None:
    entry = make_entry(
        "(data, more) => { const a = new Uint8Array(data); a[0] += 1; return `${a}|${more}`; }"
    )
    data = bytearray(b"\0\xff\1")
    assert entry.enter((data, 7)) == "1,255,1|7"
    assert data == b"\0\xff\1"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("undefined", None),
        ("true", True),
        ("false", False),
        ("12", 12),
        ("1 << 31", -(2**31)),
        ("'\\0'", "\0"),
        ("'x'.repeat(100000)", "x" * 100000),
        ("'\\ud83d'", "\ud83d"),
    ],
)
def test_results_cross(make_entry: MakeEntry, code: str, value: object) -> None:
    result = make_entry(f"() => {code}").enter(())
    assert result == value
    assert type(result) is type(value)


def test_an_exception_is_left_with_the_context(make_entry: MakeEntry) -> None:
    entry = make_entry("() => { throw new Error('on purpose'); }")
    for enter in (entry.enter, entry.run):
        with pytest.raises(ScriptFailed):
            enter(())
    assert make_entry("() => 1").enter(()) == 1


def test_microtasks_run_after_the_call_and_before_the_answer(make_entry: MakeEntry) -> None:
    code = """() => {
      const said = globalThis.said ??= [];
      (async () => { await null; said.push('first'); await null; said.push('second'); })();
      return `now: ${said}`;
    }"""
    entry, said = make_entry(code), make_entry("() => String(globalThis.said)")
    assert entry.enter(()) == "now: "
    assert said.enter(()) == ""
    assert entry.run(()) == "now: "
    assert said.enter(()) == "first,first,second,second"


def test_what_has_no_room_on_the_heap_fails(make_entry: MakeEntry) -> None:
    entry = make_entry("(text) => text.length")
    with pytest.raises(ScriptFailed):
        entry.enter((1, "x" * HEAP_BYTES_MAX))
    # In UTF-8 the answer is three times as long.
    with pytest.raises(ScriptFailed):
        make_entry(f"() => '\\u20ac'.repeat({HEAP_BYTES_MAX // 4})").enter(())
    with pytest.raises(ScriptFailed):
        entry.run_text(1, "x" * HEAP_BYTES_MAX)
    assert entry.enter(("fits",)) == 4


def test_a_number_and_a_text_are_arguments_like_others(make_entry: MakeEntry) -> None:
    entry = make_entry(
        "(number, text) => { Promise.resolve().then(() => { said = text; }); return `${number}:${text}`; }"
    )
    assert entry.run_text(7, "\0 grüße \U0001f600") == "7:\0 grüße \U0001f600"
    assert make_entry("() => said").enter(()) == "\0 grüße \U0001f600"
    with pytest.raises(ScriptFailed):
        make_entry("(number, text) => { throw text; }").run_text(1, "thrown")
