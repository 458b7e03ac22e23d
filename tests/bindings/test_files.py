"""The global open()."""

from __future__ import annotations

import json

import pytest

from tests.kit.run_script import run_script

FILES: dict[str, str | bytes] = {
    "a.txt": "A",
    "odd #name?%41 ä.txt": "odd",
    "latin.txt": b"\xff\xfeA",
    "empty": "",
    "sub/b.txt": "B",
    "sub/module.js": "exports.text = open('./b.txt') + open('../a.txt');",
    "sub/module.mjs": "export const text = open('b.txt');",
}


def opened(expression: str, native: bool = True) -> object:
    """The expression's value in init code, or its exception as text."""
    script = f"""
      let value;
      try {{ value = {expression}; }} catch (e) {{ value = `${{e.name}}: ${{e.message}}`; }}
      if (value instanceof ArrayBuffer) value = [...new Uint8Array(value)];
      export default function () {{ console.log(JSON.stringify(value)); }}
    """
    result = run_script(script, files=FILES, native=native)
    assert result.messages == []
    value: object = json.loads(result.lines[0])
    return value


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("open('./a.txt')", "A"),
        ("open('a.txt')", "A"),
        ("open('./sub/../a.txt', 't')", "A"),
        ("open('a.txt', 'b')", [65]),
        ("open('empty')", ""),
        ("open('empty', 'b')", []),
        ("open('./latin.txt')", "��A"),
        ("open('./latin.txt', 'b')", [255, 254, 65]),
        ("open('./odd #name?%41 ä.txt')", "odd"),
        ("require('./sub/module.js').text", "BA"),
        ("(await import('./sub/module.mjs')).text", "B"),
        ("[1, 2].map(() => open('a.txt')).join('')", "AA"),
    ],
)
def test_files_are_found_from_the_file_that_opens_them(expression: str, value: object, native: bool) -> None:
    assert opened(expression, native) == value


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("open()", "GoError: open() can't be used with an empty filename"),
        ("open('')", "GoError: open() can't be used with an empty filename"),
        ("open('./none')", 'GoError: The file "./none" couldn\'t be found on local disk'),
        ("open('./sub')", 'GoError: The file "./sub" couldn\'t be read: Is a directory'),
        ("open('x'.repeat(300))", "GoError: The file"),
        ("open('a\\0b')", "GoError: The file"),
        ("open('\\ud800')", "GoError: The file"),
        ("open({})", 'GoError: The file "[object Object]" couldn\'t be found'),
        ("open('https://example.com/x.csv')", 'GoError: The moduleSpecifier "https://example.com/x.csv"'),
    ],
)
def test_what_cannot_be_opened_is_an_exception_that_names_it(expression: str, text: str) -> None:
    value = opened(expression)
    assert isinstance(value, str) and value.startswith(text)


def test_open_is_for_init_code_only() -> None:
    script = """
      const early = open('./a.txt');
      export default function () {
        try { open('./a.txt'); } catch (e) { console.log(early, e.name, e.message); }
      }
    """
    (line,) = run_script(script, files=FILES).lines
    assert line.startswith('A GoError the "open" function is only available in the init stage')


def test_a_buffer_is_each_virtual_users_own() -> None:
    script = """
      export const options = { vus: 2, iterations: 2 };
      const bytes = new Uint8Array(open('./a.txt', 'b'));
      export default function () { bytes[0] += __VU; console.log(bytes[0]); }
    """
    assert sorted(run_script(script, files=FILES).lines) == ["66", "67"]
