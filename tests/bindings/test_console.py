"""The global console: levels and how values are shown."""

from __future__ import annotations

import pytest

from tests.kit.run_script import run_iteration_code


def test_levels() -> None:
    code = "for (const level of ['log', 'info', 'warn', 'error', 'debug']) console[level](level);"
    assert run_iteration_code(code).console == [
        ("info", "log"), ("info", "info"), ("warning", "warn"), ("error", "error"),
    ]  # fmt: skip
    assert run_iteration_code(code, verbose=True).console[-1] == ("debug", "debug")


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
@pytest.mark.parametrize(
    ("values", "text"),
    [
        ("", ""),
        ("'a', 'b  c', ''", "a b  c "),
        ("'%s %d', 1", "%s %d 1"),
        ("1, 1.5, -0, NaN, 1e21, 10n", "1 1.5 0 NaN 1e+21 10"),
        ("null, undefined, true", "null undefined true"),
        ("() => 1, class A {}, Math.max", "[object Function] [object Function] [object Function]"),
        ("Symbol('s'), Symbol()", "s "),
        ("new RangeError('r'), new (class Own extends Error {})('o')", "RangeError: r Error: o"),
        ("{}, [], [[]], { a: {} }", "{} [] [ [] ] { a: {} }"),
        ("{ a: 1, 'b c': [1, 'x', null, undefined, { d: true }] }",
         '{ a: 1, b c: [ 1, "x", null, null, { d: true } ] }'),
        ("new Date(0), { at: new Date(0) }, new Date(NaN)", '"1970-01-01T00:00:00.000Z"'
         ' { at: "1970-01-01T00:00:00.000Z" } "Invalid Date"'),
        ("new Map([[1, 2]]), new Set([1]), /x/, Promise.resolve()", "{} {} {} {}"),
        ("new Uint8Array([1, 2]), new Float64Array([0.5]), new Uint8Array(0)",
         "Uint8Array(2) [ 1, 2 ] Float64Array(1) [ 0.5 ] Uint8Array(0) []"),
        ("new Uint8Array([1, 255]).buffer", "ArrayBuffer { [Uint8Contents]: <01 ff>, byteLength: 2 }"),
        ("Object.create(null), new Proxy({ a: 1 }, {})", "{} { a: 1 }"),
        ("(() => { const a = { n: 1 }; a.self = a; a.both = [a]; return a; })()",
         "{ n: 1, self: [Circular], both: [ [Circular] ] }"),
        ("(() => { const a = {}; return [a, a]; })()", "[ {}, {} ]"),
        ("[1,,2]", "[ 1, null, 2 ]"),
        ("'\\u00e4\\ud83d\\ude00\\n\\t\\0'", "ä😀\n\t\0"),
    ],
)  # fmt: skip
def test_how_values_are_shown(values: str, text: str, native: bool) -> None:
    result = run_iteration_code(f"console.log({values});", native=native)
    assert result.messages == []
    assert result.console == [("info", text)]


def test_exception_of_a_getter_goes_to_the_script() -> None:
    code = "try { console.log({ get x() { throw new Error('g'); } }); } catch (e) { console.log(e.message); }"
    assert run_iteration_code(code).lines == ["g"]


def test_very_deep_values_are_a_range_error_and_very_long_ones_are_shown() -> None:
    code = """
      let deep = [];
      for (let i = 0; i < 100000; i += 1) deep = [deep];
      try { console.log(deep); } catch (e) { console.log(e.name); }
      console.log('x'.repeat(300000));
    """
    assert run_iteration_code(code).lines == ["RangeError", "x" * 300000]
