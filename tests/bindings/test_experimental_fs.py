"""k6/experimental/fs: opening, reading and seeking, as k6 does it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.errors import ExitCode
from tests.kit.evaluate import evaluate
from tests.kit.run_script import run_script

IMPORTS = "import fs, { open, SeekMode } from 'k6/experimental/fs';"
FILES: dict[str, str | bytes] = {
    "data.txt": "0123456789",
    "empty": b"",
    "odd #name?%41 ä.bin": bytes(range(256)),
    "sub/inner.txt": "inner",
    "sub/module.js": f"{IMPORTS} export const size = async (path) => (await (await open(path)).stat()).size;",
}
TEXT = "const text = (bytes) => String.fromCharCode(...bytes);"


def values(expressions: list[str], *, in_init: bool = False, native: bool = True) -> list[str]:
    init = f"{TEXT}\nconst file = await open('data.txt');"
    return evaluate(expressions, imports=IMPORTS, init=init, in_init=in_init, files=FILES, native=native)


def value(expression: str, *, in_init: bool = False) -> str:
    return values([expression], in_init=in_init)[0]


def test_reading_goes_on_from_the_position_to_the_end(native: bool) -> None:
    read = "(async () => { const into = new Uint8Array(4); return [await file.read(into), text(into)]; })()"
    assert values([read] * 4, native=native) == [
        '[4,"0123"]',
        '[4,"4567"]',
        '[2,"89\\u0000\\u0000"]',
        '[null,"\\u0000\\u0000\\u0000\\u0000"]',
    ]


def test_reading_into_a_part_of_a_buffer_leaves_the_rest() -> None:
    code = """(async () => {
      const all = new Uint8Array(6);
      return [await file.read(all.subarray(2, 4)), [...all]];
    })()"""
    assert value(code) == "[2,[0,0,48,49,0,0]]"


def test_calls_take_effect_in_their_order() -> None:
    code = """Promise.all([file.read(new Uint8Array(3)), file.seek(1, SeekMode.Start), file.read(new Uint8Array(20)),
      file.read(new Uint8Array(1))])"""
    assert value(code) == "[3,1,9,null]"


def test_each_open_file_has_its_own_position() -> None:
    code = """(async () => {
      const other = await open('data.txt');
      await other.seek(7, 0);
      return [await file.seek(0, SeekMode.Current), await other.seek(0, SeekMode.Current)];
    })()"""
    assert value(code, in_init=True) == "[0,7]"


def test_every_byte_arrives() -> None:
    code = """(async () => {
      const bytes = new Uint8Array(300);
      return [await (await open('odd #name?%41 ä.bin')).read(bytes), bytes.slice(0, 256).every((b, i) => b === i)];
    })()"""
    assert value(code, in_init=True) == "[256,true]"


def test_more_reads_than_one_turn_holds() -> None:
    code = """(async () => {
      const byte = new Uint8Array(1);
      let count = 0;
      for (let i = 0; i < 50; i += 1) {
        await file.seek(0, 0);
        while ((await file.read(byte)) !== null) count += 1;
      }
      return count;
    })()"""
    assert value(code) == "500"


def test_timers_have_their_turn_while_a_script_reads_on_and_on() -> None:
    code = """(async () => {
      let stop = false;
      setTimeout(() => { stop = true; }, 1);
      while (!stop) await file.seek(0, 0);
      return stop;
    })()"""
    assert value(code) == "true"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("10, SeekMode.Start", "10"),
        ("0, SeekMode.Start", "0"),
        ("3, SeekMode.Current", "3"),
        ("-0, SeekMode.Current", "0"),
        # The end is the last byte, as k6 counts.
        ("0, SeekMode.End", "9"),
        ("-9, SeekMode.End", "0"),
        ("11, SeekMode.Start", "TypeError: seeking beyond end of file"),
        ("-1, SeekMode.Start", "TypeError: offset cannot be negative when using SeekModeStart"),
        ("1, SeekMode.End", "TypeError: offset cannot be positive when using SeekModeEnd"),
        ("-10, SeekMode.End", "TypeError: seeking before start of file"),
        ("-1, SeekMode.Current", "TypeError: seeking before start of file"),
        ("", "TypeError: seek() failed; reason: the offset argument cannot be null or undefined"),
        ("1", "TypeError: seek() failed; reason: the whence argument cannot be null or undefined"),
        ("'1', 0", "TypeError: seek() failed; reason: the offset argument must be a number"),
        ("1.5, 0", "TypeError: seek() failed; reason: the offset argument must be a number"),
        ("1, '0'", "TypeError: seek() failed; reason: the whence argument must be a number"),
        ("1, 3", "TypeError: seek() failed; reason: the whence argument must be a SeekMode"),
        ("1, -1", "TypeError: seek() failed; reason: the whence argument must be a SeekMode"),
    ],
)
def test_seek(arguments: str, expected: str) -> None:
    assert value(f"file.seek({arguments})") == expected


def test_what_read_refuses() -> None:
    given = "read() failed; reason: into argument cannot be null or undefined"
    wrong = "read() failed; reason: into argument must be a Uint8Array"
    refused = ["file.read()", "file.read(null)"]
    refused += [f"file.read({into})" for into in ("[]", "'x'", "new ArrayBuffer(2)", "new Int8Array(2)")]
    assert values([*refused, "file.read(new Uint8Array(0))"]) == [
        *[f"TypeError: {given}"] * 2,
        *[f"TypeError: {wrong}"] * 4,
        "0",
    ]


def test_names_and_sizes(tmp_path: Path) -> None:
    expressions = [
        "open('./sub/../data.txt').then(async (f) => [f.path, await f.stat()])",
        "(await open('empty')).stat()",
    ]
    first, second = evaluate(expressions, imports=IMPORTS, in_init=True, files=FILES, folder=tmp_path)
    assert json.loads(first) == [str(tmp_path / "data.txt"), {"name": "data.txt", "size": 10}]
    assert json.loads(second) == {"name": "empty", "size": 0}


def test_paths_start_at_the_main_script_whoever_opens() -> None:
    imports = "import { size } from './sub/module.js';"
    found, missing = evaluate(
        ["size('data.txt')", "size('inner.txt')"], imports=imports, in_init=True, files=FILES
    )
    assert found == "10"
    assert missing.startswith("NotFoundError: no such file or directory")


def test_absolute_paths_and_file_urls(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"abc")
    expressions = [
        f"(await open('{path}')).stat()" for path in (tmp_path / "there", f"file://{tmp_path}/there")
    ]
    assert values(expressions, in_init=True) == ['{"name":"there","size":3}'] * 2


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("'none.txt'", 'NotFoundError: no such file or directory "{folder}/none.txt"'),
        (
            "'https://example.com/x'",
            'NotFoundError: no such file or directory "{folder}/https:/example.com/x"',
        ),
        ("{}", 'NotFoundError: no such file or directory "{folder}/[object Object]"'),
        ("'a\\0b'", 'NotFoundError: no such file or directory "{folder}/a\0b"'),
        ("'\\ud800'", 'NotFoundError: no such file or directory "{folder}/�"'),
        ("'sub'", 'InvalidResourceError: cannot open "{folder}/sub": opening a directory is not supported'),
        ("''", "TypeError: open() failed; reason: path cannot be empty"),
        ("null", "TypeError: open() failed; reason: path cannot be null or undefined"),
        ("", "TypeError: open() failed; reason: path cannot be null or undefined"),
    ],
)
def test_what_cannot_be_opened_rejects(path: str, expected: str, tmp_path: Path) -> None:
    (text,) = evaluate([f"open({path})"], imports=IMPORTS, in_init=True, files=FILES, folder=tmp_path)
    assert text == expected.replace("{folder}", str(tmp_path))


def test_files_are_opened_in_the_init_context_only() -> None:
    code = "open('data.txt').catch((e) => [e instanceof Error, e.name, e.message])"
    assert json.loads(value(code)) == [
        True,
        "ForbiddenError",
        "open() failed; reason: opening a file is allowed only in the Init context",
    ]


def test_what_the_module_and_its_files_look_like() -> None:
    assert values(["Object.keys(fs)", "fs.SeekMode", "Object.keys(file)", "fs.open === open"]) == [
        '["open","SeekMode"]',
        '{"Start":0,"Current":1,"End":2}',
        '["path","read","seek","stat"]',
        "true",
    ]


def test_errors_show_name_and_message_in_json() -> None:
    assert json.loads(value("file.read().catch((e) => e)")) == {
        "name": "TypeError",
        "message": "read() failed; reason: into argument cannot be null or undefined",
    }


def test_positions_last_over_iterations_and_belong_to_one_virtual_user() -> None:
    script = f"""
      {IMPORTS}
      export const options = {{ scenarios: {{ a: {{ executor: 'per-vu-iterations', vus: 2, iterations: 2 }} }} }};
      const file = await open('data.txt');
      export default async function () {{
        const into = new Uint8Array(2);
        await file.read(into);
        console.log(String.fromCharCode(...into));
      }}
    """
    result = run_script(script, files=FILES)
    assert result.exit_code is ExitCode.OK
    assert sorted(result.lines) == ["01", "01", "23", "23"]


def test_a_rejection_that_nobody_handles_ends_the_iteration() -> None:
    script = f"""
      {IMPORTS}
      const file = await open('data.txt');
      export default async function () {{ await file.read(); }}
    """
    (message,) = run_script(script, files=FILES).messages
    assert message.startswith(
        "error: Uncaught (in promise) TypeError: read() failed; reason: into argument cannot be null or undefined"
    )
