"""The JavaScript that scripts find: globals, stacks, variables, and order of what happens later."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kit.run_script import run_iteration_code, run_script

# https://grafana.com/docs/k6/latest/javascript-api/ lists those with a page.
PRESENT_TEXT = """
  console open require __ENV __VU setTimeout clearTimeout setInterval clearInterval crypto TextEncoder TextDecoder
  global GoError escape unescape globalThis Promise Proxy Reflect BigInt Symbol WeakMap
"""
# What browsers, Node.js, QuickJS and dukpy have, and k6 has not.
ABSENT_TEXT = """
  window self process Buffer URL URLSearchParams btoa atob structuredClone queueMicrotask fetch Headers
  AbortController Event Blob WebSocket ReadableStream performance setImmediate Intl WebAssembly WeakRef
  FinalizationRegistry SharedArrayBuffer Atomics Iterator navigator alert print scriptArgs std os bjson
  InternalError DOMException dukpy call_python _dukpy evaljs k6pySlots k6py
"""
PRESENT, ABSENT = PRESENT_TEXT.split(), ABSENT_TEXT.split()


def test_globals_are_those_of_k6_in_init_and_in_iterations(native: bool) -> None:
    names = PRESENT + ABSENT
    code = f"{names!r}.filter((name) => name in globalThis).join(' ')"
    result = run_script(
        f"""
        const look = () => {code};
        const init = look();
        require('./cjs.js');
        const after = look();
        await null;
        const awaited = look();
        export default function () {{
          console.log(init); console.log(after); console.log(awaited);
          console.log(globalThis.inCjs); console.log(look());
          Promise.resolve().then(() => console.log(look()));
          setTimeout(() => console.log(look()));
        }}
        """,
        files={"cjs.js": f"globalThis.inCjs = {code};"},
        native=native,
    )
    assert result.lines == [" ".join(PRESENT)] * 7


def test_every_global_name_is_accounted_for(native: bool) -> None:
    result = run_iteration_code(
        "console.log(Object.getOwnPropertyNames(globalThis).filter((name) => /^[a-z_]/.test(name)).sort().join(' '));",
        native=native,
    )
    assert result.lines == [
        "__ENV __ITER __VU clearInterval clearTimeout console crypto decodeURI decodeURIComponent encodeURI"
        " encodeURIComponent escape eval global globalThis isFinite isNaN open parseFloat parseInt require"
        " setInterval setTimeout undefined unescape"
    ]


# Each asks one thing about a member that is made when it is first read, before anything has read it.
UNREAD = {
    "typeof console.log + typeof setTimeout + typeof TextDecoder + typeof ''.localeCompare": "function" * 4,
    "'console' in globalThis && Object.hasOwn(globalThis, 'crypto')": "true",
    "shape(globalThis, 'setTimeout')": "function true true true",
    "shape(Object, 'getOwnPropertyDescriptor')": "function true false true",
    "shape(Object.prototype, '__lookupGetter__')": "function true false true",
    "shape(String.prototype, 'localeCompare')": "function true false true",
    "typeof Object.getOwnPropertyDescriptors(globalThis).open.value": "function",
    "typeof Reflect.getOwnPropertyDescriptor(globalThis, 'crypto').value": "object",
    "[globalThis.__lookupGetter__('crypto'), globalThis.__lookupSetter__('crypto')].join()": ",",
    "[setTimeout.name, setTimeout.length, open.name, ''.localeCompare.length].join()": "setTimeout,2,open,1",
    "(globalThis.crypto = 5, shape(globalThis, 'crypto'))": "number true true true",
    "delete globalThis.open && typeof open": "undefined",
    "['crypto', 'setInterval'].every((name) => Object.keys(globalThis).includes(name))": "true",
    "Object.keys(Object.assign(Object.create(globalThis), { crypto: 1 })) + typeof crypto": "cryptoobject",
    "(Object.freeze(String.prototype), 'b'.localeCompare('a'))": "1",
    "(Object.freeze(Reflect), attempt(() => { Reflect.getOwnPropertyDescriptor = 1; }))": "TypeError",
    # What comes with an intrinsic leaves alone what the script has done to another part of it before.
    "shape(globalThis, 'Map') + shape(globalThis, 'Uint8Array')": "function true false truefunction true false true",
    "(globalThis.WeakSet = 5, [WeakSet, typeof Set, shape(globalThis, 'WeakSet')].join())": "5,function,number"
    " true false true",
    "(delete globalThis.Set, [typeof Set, typeof Map].join())": "undefined,function",
    "(Object.defineProperty(globalThis, 'WeakSet', { value: 7 }), [new Map().size, WeakSet].join())": "0,7",
    "[new Uint8Array(2).length, typeof SharedArrayBuffer, typeof Atomics, typeof Float16Array].join()": "2"
    + ",undefined" * 3,
    "(globalThis.Atomics = 5, new DataView(new ArrayBuffer(1)).byteLength + Atomics)": "6",
    "(globalThis.Date = class extends Date {}, new Date(0).toISOString())": "1970-01-01T00:00:00.000Z",
    "Object.keys(Object.assign(Object.create(globalThis), { Date: 1 })) + typeof Date": "Datefunction",
    "(Object.defineProperty(globalThis, 'Map', { configurable: false }), new Map().size)": "0",
    "(Object.defineProperty(globalThis, 'Set', { get: () => 5 }), typeof Map + Set)": "function5",
    "(Object.defineProperty(globalThis, 'Set', { get: undefined }), [typeof Map, typeof Set].join())": "function"
    ",undefined",
    "typeof Map.prototype.get + (Symbol.iterator in Set.prototype) + [...new Set([1, 1])]": "functiontrue1",
    "Object.getPrototypeOf(Uint8Array).name + Object.getPrototypeOf(Map.prototype).constructor.name": "TypedArray"
    "Object",
}


@pytest.mark.parametrize("question", UNREAD)
def test_globals_that_nobody_has_read_look_like_any_other(question: str, native: bool) -> None:
    result = run_script(
        f"""
        const shape = (owner, name) => {{
          const {{ value, writable, enumerable, configurable }} = Object.getOwnPropertyDescriptor(owner, name);
          return [typeof value, writable, enumerable, configurable].join(' ');
        }};
        const attempt = (action) => {{ try {{ action(); return 'done'; }} catch (e) {{ return e.name; }} }};
        const answer = {question};
        export default function () {{ console.log(String(answer)); }}
        """,
        native=native,
    )
    assert result.lines == [UNREAD[question]]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (
            "Object.freeze(globalThis); say([new Date(0).getTime(), new Map([[1, 2]]).size, new Int8Array(2).length])",
            "0,1,2",
        ),
        ("Object.freeze(globalThis); try { Date = 4; } catch (error) { say(error.name); }", "TypeError"),
        (
            "const { map } = Array.prototype; Array.prototype.map = undefined; const found = typeof Date;"
            " Array.prototype.map = map; say(found)",
            "function",
        ),
        (
            "Object.prototype.writable = true; const found = typeof Date; delete Object.prototype.writable; say(found)",
            "function",
        ),
    ],
)
def test_globals_that_nobody_has_read_bear_what_a_script_does(code: str, line: str, native: bool) -> None:
    result = run_iteration_code(f"const say = (value) => console.log(String(value)); {code};", native=native)
    assert line in result.lines


# What the host does with ArrayBuffers and the time works without the globals, whatever a script has made of them.
@pytest.mark.parametrize(
    "action",
    [
        "delete globalThis.ArrayBuffer",
        "Object.defineProperty(globalThis, 'ArrayBuffer', { value: class {} })",
    ],
)
def test_the_hosts_bytes_need_no_global(action: str, tmp_path: Path, native: bool) -> None:
    (tmp_path / "bytes.bin").write_bytes(b"abc")
    result = run_script(
        f"""
        {action};
        const bytes = open('{tmp_path / "bytes.bin"}', 'b');
        export default function () {{
          console.log(Object.prototype.toString.call(bytes), bytes.byteLength, new Uint8Array(bytes)[2]);
        }}
        """,
        native=native,
    )
    assert result.lines == ["[object ArrayBuffer] 3 99"]


def test_an_intrinsic_that_cannot_come_is_an_error_of_the_script() -> None:
    result = run_script(
        """
        Object.defineProperty(globalThis, 'Atomics', { value: 5 });
        export default function () { new Uint8Array(1); }
        """
    )
    assert [entry["msg"].splitlines()[0] for entry in result.log] == ["TypeError: could not delete property"]


def test_variables_of_the_run(native: bool) -> None:
    result = run_script(
        """
        const seen = [__VU, typeof __ITER, __ENV.WHO];
        __ENV.WRITTEN = 'yes';
        export const options = { vus: 2, iterations: 4 };
        export function setup() { console.log('setup', __VU, __ITER); }
        export default function () { console.log(seen.join(), __VU, __ITER, __ENV.WRITTEN); }
        export function teardown() { console.log('teardown', __VU, __ITER); }
        """,
        env={"WHO": "me"},
        native=native,
    )
    assert result.lines[0] == "setup 0 undefined"
    assert result.lines[-1] == "teardown 0 undefined"
    assert sorted(result.lines[1:-1]) == [
        "1,undefined,me 1 0 yes", "1,undefined,me 1 1 yes", "2,undefined,me 2 0 yes", "2,undefined,me 2 1 yes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "message", "frames"),
    [
        ("throw new Error('boom');", "Error: boom", ["default 3"]),
        ("inner();", "Error: in", ["inner 1", "default 3"]),
        ("[1].map(() => null.x);", "TypeError: cannot read property 'x' of null", [" 3", "default 3"]),
        ("new Promise(() => inner());", "Uncaught (in promise) Error: in", ["inner 1", " 3", "default 3"]),
        ("fail('why');", "GoError: why", ["default 3"]),
        ("throw new Error('a\\nb');", "Error: a\nb", ["default 3"]),
        ("throw 'text';", "text", []),
        ("throw { a: 1 };", "[object Object]", []),
        ("throw null;", "null", []),
        ("throw Object.assign(new Error('e'), { stack: 5 });", "Error: e", []),
    ],
)
def test_what_an_uncaught_exception_looks_like(
    code: str, message: str, frames: list[str], native: bool, tmp_path: Path
) -> None:
    script = (
        "function inner() { throw new Error('in'); } import { fail } from 'k6';\n"
        f"export default function () {{\n  {code}\n}}\n"
    )
    result = run_script(script, folder=tmp_path, native=native)
    (entry,) = result.log
    said = entry.pop("msg")
    assert entry.pop("time")
    is_exception = not message.startswith("Uncaught")
    assert entry == {
        "level": "error",
        "executor": "per-vu-iterations",
        "scenario": "default",
        **({"hint": "script exception", "source": "stacktrace"} if is_exception else {}),
    }
    # Columns are the engine's own affair: a call's is that of its name or of its bracket.
    place = re.compile(
        r"\tat (?:(\w+) \()?" + re.escape((tmp_path / "script.js").as_uri()) + r":(\d+):\d+\)?\n"
    )
    assert [f"{name} {line}" for name, line in place.findall(said)] == frames
    assert place.sub("", said).removesuffix("\n") == message


def test_stack_property_begins_with_the_message_and_names_files_only(native: bool) -> None:
    result = run_iteration_code("console.log(new RangeError('r').stack);", native=native)
    (stack,) = result.lines
    assert stack.startswith("RangeError: r\n\tat default (file:///")
    assert stack.count("\tat ") == 1


def test_first_line_of_a_commonjs_file_has_its_own_columns() -> None:
    result = run_script("exports.default = function () { throw new Error('x'); };")
    assert ":1:" in result.messages[0]
    column = int(result.messages[0].rpartition(":")[2].rstrip(")\n"))
    assert column <= len("exports.default = function () { throw new Error(")
    assert result.messages[0].count("\tat ") == 1


def test_endless_recursion_is_a_range_error_everywhere(native: bool) -> None:
    code = """
      const f = () => f();
      const tries = [f, () => [1].map(f), () => JSON.stringify({ toJSON: f }), () => `${{ toString: f }}`];
      for (const go of tries) try { go(); } catch (e) { console.log(e instanceof RangeError); }
      return Promise.resolve().then(f).catch((e) => console.log(e instanceof RangeError));
    """
    assert run_iteration_code(code, native=native).lines == ["true"] * 5


def test_lone_surrogates_are_logged_as_replacement_characters(native: bool) -> None:
    result = run_iteration_code(r"console.log('a\ud800b\udc00\ud83d\ude00', '\\ud800');", native=native)
    assert result.lines == ["a�b�😀 \\ud800"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 125, 126, 4095, 65535, 65536])
def test_bytes_of_a_file_arrive_unchanged(size: int, native: bool) -> None:
    content = bytes((i >> 1) + (i & 1) * 0xD8 + i * 7 & 0xFF for i in range(size))
    content = (b"\x00\xd8\x41\x00\xff\xdf" + content)[:size]
    script = """
      const binary = open('./data.bin', 'b');
      export default function () {
        const bytes = new Uint8Array(binary);
        console.log(binary.byteLength, bytes.reduce((sum, byte, i) => (sum * 31 + byte + i) % 1000003, 7));
      }
    """
    checksum = 7
    for i, byte in enumerate(content):
        checksum = (checksum * 31 + byte + i) % 1000003
    result = run_script(script, files={"data.bin": content}, native=native)
    assert result.messages == []
    assert result.lines == [f"{size} {checksum}"]
