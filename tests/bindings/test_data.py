"""k6/data: what a SharedArray looks like to a script, and that its data exists once."""

from __future__ import annotations

import json

import pytest

from runner.errors import ExitCode
from tests.kit.run_script import Result, run_script

IMPORT = "import { SharedArray } from 'k6/data';"


def lines_of(init: str, code: str, *, native: bool = True) -> list[str]:
    """What `code` logs when it runs once behind `init`."""
    return run(init, code, native=native).lines


def run(init: str, code: str, *, native: bool = True) -> Result:
    result = run_script(f"{IMPORT}\n{init}\nexport default function () {{\n{code}\n}}\n", native=native)
    assert result.messages == []
    return result


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("data.length", 4),
        ("[data[0], data[1], data[3]]", [{"id": 0}, "b", [3, {"x": [1]}]]),
        ("[data['2'], data.at(-1)[0]]", [None, 3]),
        ("[typeof data[4], typeof data[-1], typeof data[0.5], typeof data['01']]", ["undefined"] * 4),
        ("[0 in data, '3' in data, 4 in data, 'map' in data, 'length' in data]", [True, True, False, True, True]),
        ("[Array.isArray(data), data instanceof Array, data instanceof SharedArray]", [True, True, False]),
        ("[...data].length", 4),
        ("data", [{"id": 0}, "b", None, [3, {"x": [1]}]]),
        ("Object.keys(data)", ["0", "1", "2", "3"]),
        ("Object.entries(data)[1]", ["1", "b"]),
        ("Object.getOwnPropertyNames(data)", ["0", "1", "2", "3", "length"]),
        ("data.map((row) => typeof row)", ["object", "string", "object", "object"]),
        ("data.filter((row) => row)", [{"id": 0}, "b", [3, {"x": [1]}]]),
        ("data.slice(1, 3)", ["b", None]),
        ("[].concat(data, [5]).length", 5),
        ("[data.indexOf('b'), data.indexOf('c'), data.includes(null)]", [1, -1, True]),
        ("data.reduce((count) => count + 1, 0)", 4),
        ("data.findLast((row) => row === 'b')", "b"),
        ("data.flat(2)", [{"id": 0}, "b", None, 3, {"x": [1]}]),
        ("(([first, ...rest]) => [first.id, rest.length])(data)", [0, 3]),
        ("data[0] === data[0]", False),
        ("[Object.isFrozen(data[0]), Object.isFrozen(data[3]), Object.isFrozen(data[3][1].x)]", [True] * 3),
        ("Object.getOwnPropertyDescriptor(data, 'length').value", 4),
    ],
)  # fmt: skip
def test_it_reads_like_an_array_whose_elements_are_frozen_copies(expression: str, expected: object) -> None:
    init = "const data = new SharedArray('data', () => [{ id: 0, f() {} }, 'b', undefined, [3, { x: [1] }]]);"
    (line,) = lines_of(init, f"console.log(JSON.stringify({expression}));")
    assert json.loads(line) == expected


@pytest.mark.parametrize(
    "change",
    [
        "data[0] = 1",
        "data[9] = 1",
        "data.length = 0",
        "data.name = 1",
        "data.push(1)",
        "data.pop()",
        "data.sort((a, b) => a.id - b.id)",
        "data.reverse()",
        "data.fill(0)",
        "delete data[0]",
        "Object.defineProperty(data, 0, { value: 1 })",
        "Object.freeze(data)",
        "Object.setPrototypeOf(data, null)",
    ],
)
def test_it_cannot_be_changed(change: str) -> None:
    code = f"""
      try {{ {change}; }} catch (e) {{ console.log(String(e)); }}
      console.log(JSON.stringify(data), data instanceof Array);
    """
    init = "const data = new SharedArray('data', () => [{ id: 2 }, { id: 1 }]);"
    assert lines_of(init, code) == ["TypeError: SharedArray is immutable", '[{"id":2},{"id":1}] true']


@pytest.mark.parametrize(
    "change", ["data[0].id = 9", "data[0].more = 9", "delete data[0].id", "data[0].list.push(9)"]
)
def test_nor_can_its_elements(change: str) -> None:
    code = f"try {{ {change}; }} catch (e) {{ console.log(e instanceof TypeError, JSON.stringify(data)); }}"
    assert lines_of("const data = new SharedArray('data', () => [{ id: 2, list: [] }]);", code) == [
        'true [{"id":2,"list":[]}]'
    ]


def test_data_is_made_once_for_all_virtual_users_and_phases(native: bool) -> None:
    script = """
      import { SharedArray } from 'k6/data';
      export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 3, iterations: 1 } } };
      const users = new SharedArray('users', () => {
        console.log('made');
        return JSON.parse(open('./users.json')).users;
      });
      export function setup() { return users[0]; }
      export default function (first) { console.log(users[__VU - 1].name, first.name, users.length); }
      export function teardown() { console.log(users.map((user) => user.name).join()); }
    """
    users = {"users.json": '{"users": [{"name": "ada"}, {"name": "böb"}, {"name": "c\\ud83d\\ude00"}]}'}
    result = run_script(script, files=users, native=native)
    assert result.messages == []
    assert sorted(result.lines) == sorted(["made", "ada ada 3", "böb ada 3", "c😀 ada 3", "ada,böb,c😀"])


def test_same_name_gives_the_first_data_and_other_names_other_data(native: bool) -> None:
    init = """
      const a = new SharedArray('a', () => [1, 2]);
      const b = new SharedArray('b', () => ['x']);
      const again = new SharedArray('a', () => { throw new Error('never called'); });
      const noName = new SharedArray(undefined, () => []);
    """
    code = "console.log(JSON.stringify([a, b, again, noName]));"
    assert lines_of(init, code, native=native) == ['[[1,2],["x"],[1,2],[]]']


def test_data_larger_than_a_part_arrives_whole_and_in_order(native: bool) -> None:
    init = """
      const data = new SharedArray('data', () => Array.from({ length: 500 }, (_, i) => (
        { i, text: 'x'.repeat(10000) })));
    """
    code = "console.log(data.length, data.every((row, i) => row.i === i && row.text.length === 10000));"
    assert lines_of(init, code, native=native) == ["500 true"]


def test_text_that_is_no_unicode_stays_as_it_is(native: bool) -> None:
    init = "const data = new SharedArray('data', () => ['a\\ud800b', { '\\udfff': 1 }, '\\u2028']);"
    code = "console.log(data[0] === 'a\\ud800b', data[1]['\\udfff'] === 1, data[2] === '\\u2028');"
    assert lines_of(init, code, native=native) == ["true true true"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("'', () => []", "GoError: empty name provided to SharedArray's constructor"),
        ("'a'", "GoError: a function is expected as the second argument of SharedArray's constructor"),
        ("'a', [1]", "GoError: a function is expected as the second argument of SharedArray's constructor"),
        ("'a', async () => []", "GoError: SharedArray constructor does not support async functions as second argument"),
        ("'a', () => null", "GoError: only arrays can be made into SharedArray"),
        ("'a', () => ({ length: 1 })", "GoError: only arrays can be made into SharedArray"),
        ("'a', () => new Uint8Array(2)", "GoError: only arrays can be made into SharedArray"),
        ("'a', () => { throw new RangeError('mine') }", "RangeError: mine"),
        ("'a', () => [1n]", "TypeError: "),
    ],
)  # fmt: skip
def test_what_the_constructor_refuses_leaves_the_name_free(arguments: str, text: str) -> None:
    # Init code runs in several virtual users; all but the first find the data.
    init = f"""
      try {{ new SharedArray({arguments}); }} catch (e) {{ console.log(String(e)); }}
      const data = new SharedArray('a', () => [7]);
    """
    first, *others = lines_of(init, "console.log(data[0]);")
    assert first.startswith(text)
    assert "7" in others


def test_it_is_made_in_the_init_context_only() -> None:
    code = """
      for (const name of ['a', 'new']) {
        try { new SharedArray(name, () => []); } catch (e) { console.log(String(e)); }
      }
    """
    assert (
        lines_of("new SharedArray('a', () => []);", code)
        == ["GoError: new SharedArray must be called in the init context"] * 2
    )


def test_an_exception_in_the_function_ends_the_test_in_init() -> None:
    result = run_script(
        f"{IMPORT}\nnew SharedArray('a', () => {{ throw new Error('boom'); }});\nexport default function () {{}}"
    )
    assert result.exit_code is ExitCode.SCRIPT_EXCEPTION
    assert result.messages[0].startswith("error: Error: boom\n\tat ")


def test_console_shows_it_as_an_array() -> None:
    init = "const data = new SharedArray('data', () => [1, { a: 'b' }]);"
    assert lines_of(init, "console.log(data);") == ['[ 1, { a: "b" } ]']
