"""k6/encoding as k6 v2.2.0 has it, and what k6 modules take for bytes."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsbindings.encoding.ops import EncodingBinding
from tests.kit.run_script import run_iteration_code

IMPORTS = """
  import encoding, { b64encode, b64decode } from 'k6/encoding';
  const listed = (buffer) => (buffer instanceof ArrayBuffer ? [...new Uint8Array(buffer)] : buffer);
  const caught = (f) => { try { return listed(f()); } catch (e) { return String(e); } };
"""


def value(expression: str, native: bool = True) -> object:
    """What the expression gives; bytes as a list, an exception as its text."""
    code = f"console.log(JSON.stringify(caught(() => {expression})));"
    result = run_iteration_code(code, imports=IMPORTS, native=native)
    assert result.messages == []
    found: object = json.loads(result.lines[0])
    return found


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("['std', 'rawstd', 'url', 'rawurl'].map((name) => b64encode('hi?>ä~~', name))",
         ["aGk/PsOkfn4=", "aGk/PsOkfn4", "aGk_PsOkfn4=", "aGk_PsOkfn4"]),
        ("[undefined, null, '', 'URL', 5, ['std']].map((name) => b64encode('hi?>', name))", ["aGk/Pg=="] * 6),
        ("b64encode(new Uint8Array([0, 1, 255]))", "AAH/"),
        ("b64encode(new Uint8Array([0, 1, 255]).buffer)", "AAH/"),
        ("b64encode(new Uint8Array([9, 0, 1, 9]).subarray(1, 3), 'rawstd')", "AAE"),
        ("b64encode('')", ""),
        ("b64encode('😀\\ud800')", "8J+YgO+/vQ=="),
        ("b64encode(Symbol('x'))", "eA=="),
        ("b64encode(5, { toString() { throw new RangeError('first'); } })", "RangeError: first"),
        ("b64decode('AAH/')", [0, 1, 255]),
        ("b64decode('aGk=', 'std', 's')", "hi"),
        ("b64decode('aGk=', 'std', ['s'])", "hi"),
        ("[undefined, null, 'S', 'b', 1].map((format) => listed(b64decode('aGk=', 'std', format)))", [[104, 105]] * 5),
        ("b64decode('aGk_', 'rawurl', 's')", "hi?"),
        ("b64decode('aGk', 'rawstd', 's')", "hi"),
        ("b64decode(' ', 'odd')", "GoError: illegal base64 data at input byte 0"),
        ("[b64decode(), b64decode(null), b64decode('')].map(listed)", [[], [], []]),
        ("b64decode(true)", [182, 187, 158]),
        ("b64decode('a\\nG\\r\\nk=\\n', 'std', 's')", "hi"),
        ("b64decode('aGl=', 'std', 's')", "hi"),
        ("b64decode('77u/AGE=', 'std', 's')", "\ufeff\0a"),
        ("[encoding.b64encode === b64encode, encoding.b64decode === b64decode]", [True, True]),
    ],
)  # fmt: skip
def test_base64(expression: str, expected: object, native: bool) -> None:
    assert value(expression, native) == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("8J+YgA==", "😀"),
        ("8J+Y", "\ufffd" * 3),
        ("gICA", "\ufffd" * 3),
        ("7aCA", "\ufffd" * 3),
        ("4oJh", "\ufffd\ufffda"),
        ("9JCAgA==", "\ufffd" * 4),
        ("8J+Y8J+YgA==", "\ufffd\ufffd\ufffd😀"),
    ],
)
def test_each_byte_that_is_no_text_becomes_one_replacement_character(code: str, text: str) -> None:
    assert value(f"b64decode('{code}', 'std', 's')") == text


@pytest.mark.parametrize(
    ("code", "alphabet", "position"),
    [
        ("***", "std", 0),
        ("a", "std", 0),
        ("aGk", "std", 0),
        ("aGkaGk", "std", 4),
        ("a\nGk", "std", 1),
        ("aGka\n\nGk\n", "std", 7),
        ("=", "std", 0),
        ("a=", "std", 1),
        ("aG=", "std", 3),
        ("aG=\r\n", "std", 5),
        ("aG=k", "std", 2),
        ("aG=\nk", "std", 3),
        ("aG=*", "std", 2),
        ("aGk==", "std", 4),
        ("aGk=\n\naGk=", "std", 6),
        ("aG==\na", "std", 5),
        ("aG\nk-", "std", 4),
        ("é", "std", 0),
        ("aGk\ud800", "std", 3),
        ("aGk/", "url", 3),
        ("aGk=", "rawstd", 3),
        ("aG\nkaa", "rawstd", 5),
        ("aGka\na\n", "rawurl", 6),
        ("aGk+", "rawurl", 3),
    ],
)
def test_bad_base64_is_refused_with_the_place_that_k6_names(code: str, alphabet: str, position: int) -> None:
    expression = f"b64decode({json.dumps(code)}, '{alphabet}')"
    assert value(expression) == f"GoError: illegal base64 data at input byte {position}"


@pytest.mark.parametrize(
    ("input_", "go_type"),
    [
        ("undefined", "<nil>"),
        ("null", "<nil>"),
        ("true", "bool"),
        ("new Boolean(true)", "bool"),
        ("0", "int64"),
        ("2 ** 53", "int64"),
        ("new Number(5)", "int64"),
        ("-0", "float64"),
        ("2 ** 60", "float64"),
        ("1.5", "float64"),
        ("NaN", "float64"),
        ("10n", "*big.Int"),
        ("Object(10n)", "*big.Int"),
        ("() => 1", "func(sobek.FunctionCall) sobek.Value"),
        ("Math.max", "func(sobek.FunctionCall) sobek.Value"),
        ("class {}", "func(sobek.ConstructorCall) *sobek.Object"),
        ("[1, 2]", "[]interface {}"),
        ("new Set([1])", "[]interface {}"),
        ("new Map([[1, 2]])", "[][2]interface {}"),
        ("new Date()", "time.Time"),
        ("new Date(NaN)", "time.Time"),
        ("Promise.resolve()", "*sobek.Promise"),
        ("new Int8Array(1)", "[]int8"),
        ("new Uint16Array(1)", "[]uint16"),
        ("new Int16Array(1)", "[]int16"),
        ("new Uint32Array(1)", "[]uint32"),
        ("new Int32Array(1)", "[]int32"),
        ("new Float32Array(1)", "[]float32"),
        ("new Float64Array(1)", "[]float64"),
        ("new BigInt64Array(1)", "[]int64"),
        ("new BigUint64Array(1)", "[]uint64"),
        ("new DataView(new ArrayBuffer(1))", "map[string]interface {}"),
        ("new String('text')", "map[string]interface {}"),
        ("{ toString: () => 'text' }", "map[string]interface {}"),
        ("Object.create(ArrayBuffer.prototype)", "map[string]interface {}"),
        ("Object.create(null)", "map[string]interface {}"),
    ],
)
def test_anything_but_text_and_bytes_is_refused_by_its_type_in_go(input_: str, go_type: str) -> None:
    expected = f"GoError: invalid type {go_type}, expected string, []byte or ArrayBuffer"
    assert value(f"b64encode({input_})") == expected


@settings(deadline=None)
@given(
    data=st.binary(max_size=100),
    alphabet=st.sampled_from(["std", "rawstd", "url", "rawurl"]),
    cut=st.integers(0),
)
def test_what_was_encoded_is_decoded_wherever_lines_end(data: bytes, alphabet: str, cut: int) -> None:
    binding = EncodingBinding(None, None)  # type: ignore[arg-type]
    code = binding.encode(data, alphabet).encode()
    at = cut % (len(code) + 1)
    assert binding.decode(code[:at] + b"\r\n" + code[at:], alphabet, False) == data
    assert code.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/")) == base64.b64encode(data).rstrip(b"=")
