"""TextEncoder and TextDecoder (https://encoding.spec.whatwg.org/)."""

from __future__ import annotations

import json

import pytest

from tests.kit.run_script import run_iteration_code

IMPORTS = """
  const bytes = (...values) => new Uint8Array(values);
  const decode = (label, ...values) => new TextDecoder(label).decode(bytes(...values));
  const caught = (f) => { try { return f(); } catch (e) { return e.name; } };
"""


def value(expression: str, native: bool = True) -> object:
    result = run_iteration_code(f"console.log(JSON.stringify({expression}));", imports=IMPORTS, native=native)
    assert result.messages == []
    found: object = json.loads(result.lines[0])
    return found


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[...new TextEncoder().encode('aä€😀')]", list("aä€😀".encode())),
        ("[...new TextEncoder().encode('\\ud800')]", [0xEF, 0xBF, 0xBD]),
        ("[...new TextEncoder().encode()]", []),
        ("[...new TextEncoder().encode(null)]", list(b"null")),
        ("new TextEncoder().encode('a') instanceof Uint8Array", True),
        ("[new TextEncoder().encoding, new TextDecoder().encoding]", ["utf-8", "utf-8"]),
        ("decode('utf-8', 0xe2, 0x82, 0xac)", "€"),
        ("decode('utf-8', 0xff, 0x41)", "�A"),
        ("decode('utf-8', 0xf0, 0x9f, 0x98)", "�"),
        ("decode('utf-8', 0xef, 0xbb, 0xbf, 0x41)", "A"),
        ("decode('utf-16le', 0x3d, 0xd8, 0x00, 0xde)", "😀"),
        ("decode('utf-16le', 0x3d, 0xd8, 0x41, 0x00)", "�A"),
        ("decode('utf-16be', 0x00, 0x41)", "A"),
        ("decode(' UTF8 ', 0x41)", "A"),
        ("new TextDecoder('utf-16').encoding", "utf-16le"),
        ("new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf))", "\ufeff"),
        ("new TextDecoder().decode()", ""),
        ("new TextDecoder().decode(bytes(1, 0x41, 2).subarray(1, 2))", "A"),
        ("new TextDecoder().decode(new DataView(bytes(0x41, 0x42).buffer, 1))", "B"),
        ("new TextDecoder().decode(new Uint16Array([0x4141]))", "AA"),
        ("caught(() => new TextDecoder('latin1'))", "RangeError"),
        ("caught(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes(0xff)))", "TypeError"),
        ("caught(() => new TextDecoder().decode('x'))", "TypeError"),
        ("caught(() => new TextDecoder().decode({}))", "TypeError"),
        ("caught(() => new TextDecoder().decode(5))", "TypeError"),
    ],
)
def test_coding(expression: str, expected: object, native: bool) -> None:
    assert value(expression, native) == expected


@pytest.mark.parametrize("cut", range(1, 12))
def test_streams_may_be_cut_anywhere(cut: int) -> None:
    code = list("\ufeffa€😀z".encode())
    expression = f"""(() => {{
      const decoder = new TextDecoder();
      const first = decoder.decode(bytes({str(code[:cut])[1:-1]}), {{ stream: true }});
      const again = decoder.decode(bytes({str(code[cut:])[1:-1]}), {{ stream: true }}) + decoder.decode();
      return first + again;
    }})()"""
    assert value(expression) == "a€😀z"


def test_the_end_of_a_stream_tells_of_an_unfinished_character() -> None:
    expression = """(() => {
      const decoder = new TextDecoder();
      return [decoder.decode(bytes(0xe2, 0x82), { stream: true }), decoder.decode(), decoder.decode(bytes(0x41))];
    })()"""
    assert value(expression) == ["", "�", "A"]
