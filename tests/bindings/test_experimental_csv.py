"""k6/experimental/csv: what counts as a record, which rows the options leave, and where they are kept."""

from __future__ import annotations

import json

import pytest

from jsbindings.experimental_csv.records import BadCsv, RecordReader
from jsbindings.experimental_csv.rows import CsvOptions, Table
from tests.kit.evaluate import evaluate
from tests.kit.run_script import run_script

# ---- records


def records(text: bytes, delimiter: bytes = b",") -> list[list[bytes] | str]:
    """All records of a text; in place of one that is refused, why."""
    reader = RecordReader(text, delimiter)
    found: list[list[bytes] | str] = []
    while True:
        try:
            fields = reader.next()
        except BadCsv as error:
            found.append(str(error))
            continue
        if fields is None:
            return found
        found.append(fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", []),
        (b"\n\r\n\n", []),
        (b"a,b\n1,2\n", [[b"a", b"b"], [b"1", b"2"]]),
        (b"a,b\r\n1,2\r\n", [[b"a", b"b"], [b"1", b"2"]]),
        (b"a,b\n1,2", [[b"a", b"b"], [b"1", b"2"]]),
        (b"a\n1\r", [[b"a"], [b"1"]]),
        (b"a\r1,2\n", [[b"a\r1", b"2"]]),
        (b"a,b\n\n\r\n1,2\n\n", [[b"a", b"b"], [b"1", b"2"]]),
        (b" a , b\n", [[b" a ", b" b"]]),
        (b",\n", [[b"", b""]]),
        (b"#a\n", [[b"#a"]]),
        (b'"a,b",c\n', [[b"a,b", b"c"]]),
        (b'a,"b"\n', [[b"a", b"b"]]),
        (b'a,"b"\r\n', [[b"a", b"b"]]),
        (b'a,"b"', [[b"a", b"b"]]),
        (b'"a""b","","""",""""""\n', [[b'a"b', b"", b'"', b'""']]),
        (b'""\n\n""', [[b""], [b""]]),
        (b'"1\n\n2",3\r\n4,"5\r\n6"\n', [[b"1\n\n2", b"3"], [b"4", b"5\n6"]]),
    ],
)
def test_records(text: bytes, expected: list[list[bytes]]) -> None:
    assert records(text) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b'1"x,2\n', 'parse error on line 1, column 2: bare " in non-quoted-field'),
        (b'a,b\n\n1,2 "x"\n', 'parse error on line 3, column 5: bare " in non-quoted-field'),
        (b' "1",2\n', 'parse error on line 1, column 2: bare " in non-quoted-field'),
        (b'"1"x,2\n', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'),
        (b'a,"b" ,c\n', 'parse error on line 1, column 5: extraneous or missing " in quoted-field'),
        (b'1,"2', 'parse error on line 1, column 5: extraneous or missing " in quoted-field'),
        (b'1,"2\n', 'parse error on line 1, column 6: extraneous or missing " in quoted-field'),
        (
            b'"1\n3,4\n',
            'record on line 1; parse error on line 2, column 5: extraneous or missing " in quoted-field',
        ),
        (
            b'"1\n2"3\n',
            'record on line 1; parse error on line 2, column 2: extraneous or missing " in quoted-field',
        ),
        (b'"1\n2",3"\n', 'record on line 1; parse error on line 2, column 5: bare " in non-quoted-field'),
    ],
)
def test_quotes_where_none_may_be(text: bytes, error: str) -> None:
    assert records(text)[-1] == error


def test_all_records_have_as_many_fields_as_the_first() -> None:
    assert records(b'a,b\n1\n"2\n",2,2\n3,3\n') == [
        [b"a", b"b"],
        "record on line 2: wrong number of fields",
        "record on line 3: wrong number of fields",
        [b"3", b"3"],
    ]


@pytest.mark.parametrize("delimiter", [b'"', b"\n", b"\r"])
def test_delimiters_that_csv_cannot_have(delimiter: bytes) -> None:
    reader = RecordReader(b"a,b\n", delimiter)
    with pytest.raises(BadCsv, match=r"^csv: invalid field or comment delimiter$"):
        reader.next()


@pytest.mark.parametrize("delimiter", [b";", b"\t", b" ", b"1"])
def test_any_other_byte_may_separate(delimiter: bytes) -> None:
    assert records(delimiter.join([b"a", b'"%b"' % delimiter, b"c"]), delimiter) == [[b"a", delimiter, b"c"]]


def test_a_table_keeps_places_and_reads_its_rows_anew() -> None:
    content = b'x,y\n"1\n",2\n\n3,4\n'
    table = Table(content, CsvOptions(",", False, 0, 0, False), 0)
    assert len(table) == 3
    assert [json.loads(table.row(i)) for i in (2, 1, 0)] == [["3", "4"], ["1\n", "2"], ["x", "y"]]


# ---- scripts

IMPORTS = (
    "import { open } from 'k6/experimental/fs';\nimport csv, { parse, Parser } from 'k6/experimental/csv';"
)
FILES: dict[str, str | bytes] = {
    "five.csv": "h,i\n1,a\n2,b\n\n3,c\n4,d\n5,e\n",
    "empty.csv": "",
    "head.csv": "a,b\n",
    "bad.csv": 'a,b\n1,2\n"3"x,4\n5,6\n',
    "semicolon.csv": "a;b\n1;2,3\n",
    "latin.csv": b"\xef\xbb\xbfa,\xfc\n\xff,\xe9\n",
    "keys.csv": "b,2,1,__proto__,a,a\n1,2,3,4,5,6\n",
}
ROWS = [["h", "i"], ["1", "a"], ["2", "b"], ["3", "c"], ["4", "d"], ["5", "e"]]
OBJECTS = [{"h": h, "i": i} for h, i in ROWS[1:]]
# All rows of a parser.
READ_ALL = """
const rowsOf = async (parser) => {
  const rows = [];
  for (let next = await parser.next(); !next.done; next = await parser.next()) rows.push(next.value);
  return rows;
};
"""


def in_init(*expressions: str, native: bool = True) -> list[str]:
    return evaluate(expressions, imports=IMPORTS, init=READ_ALL, in_init=True, files=FILES, native=native)


def ways(options: str, file: str = "five.csv") -> list[str]:
    """What parse() and Parser make of a file."""
    return in_init(
        f"parse(await open('{file}'), {options})", f"rowsOf(new Parser(await open('{file}'), {options}))"
    )


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ("undefined", ROWS),
        ("{}", ROWS),
        ("5", ROWS),
        ("{ unknown: 1 }", ROWS),
        ("{ skipFirstLine: true }", ROWS[1:]),
        ("{ skipFirstLine: 'false' }", ROWS[1:]),
        ("{ skipFirstLine: '' }", ROWS),
        ("{ asObjects: true }", OBJECTS),
        ("{ fromLine: 0 }", ROWS),
        ("{ fromLine: 2 }", ROWS[2:]),
        ("{ fromLine: 5 }", ROWS[5:]),
        ("{ fromLine: 6 }", []),
        ("{ fromLine: '2' }", ROWS[2:]),
        ("{ fromLine: 1.9 }", ROWS[1:]),
        ("{ fromLine: NaN }", ROWS),
        ("{ toLine: 2 }", ROWS[:3]),
        ("{ toLine: 0 }", ROWS),
        ("{ toLine: 100 }", ROWS),
        ("{ toLine: Infinity }", ROWS),
        ("{ fromLine: 2, toLine: 4 }", ROWS[2:5]),
        ("{ skipFirstLine: true, fromLine: 1 }", ROWS[1:]),
        ("{ skipFirstLine: true, fromLine: 2, toLine: 4 }", ROWS[2:5]),
        ("{ skipFirstLine: true, toLine: 1 }", ROWS[1:2]),
        ("{ asObjects: true, toLine: 2 }", OBJECTS[:2]),
        ("{ asObjects: true, fromLine: 0 }", OBJECTS),
        ("{ delimiter: ';' }", [[",".join(row)] for row in ROWS]),
    ],
)
def test_options_choose_rows(options: str, rows: list[object]) -> None:
    assert [json.loads(value) for value in ways(options)] == [rows, rows]


NEW = "GoError: failed to create a new parser; reason: "


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("{ fromLine: 7 }", NEW + "failed to skip lines until line 7; reason: EOF"),
        ("{ fromLine: -1 }", NEW + "the 'fromLine' option must be greater than or equal to 0; got -1"),
        ("{ toLine: -1 }", NEW + "the 'toLine' option must be greater than or equal to 0; got -1"),
        (
            "{ asObjects: true, skipFirstLine: true }",
            NEW + "the 'header' option cannot be enabled when 'skipFirstLine' is true",
        ),
        (
            "{ asObjects: true, fromLine: 1 }",
            NEW + "the 'header' option cannot be enabled when 'fromLine' is set to a value greater than 0",
        ),
        ("null", "TypeError: Cannot convert undefined or null to object"),
    ],
)
def test_options_that_are_refused(options: str, text: str) -> None:
    assert ways(options) == [text, text]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("{ delimiter: '' }", "delimiter must be a single character"),
        ("{ delimiter: ';;' }", "delimiter must be a single character"),
        ("{ delimiter: 'é' }", "delimiter must be a single character"),
        ("{ delimiter: undefined }", "delimiter must be a single character"),
        ("{ fromLine: 2, toLine: 2 }", "fromLine must be less than or equal to toLine"),
        ("{ fromLine: 0, toLine: 0 }", "fromLine must be less than or equal to toLine"),
        ("{ fromLine: 1, toLine: undefined }", "fromLine must be less than or equal to toLine"),
    ],
)
def test_options_that_cannot_be_interpreted(options: str, reason: str) -> None:
    assert ways(options) == [
        f"GoError: failed to interpret the provided Parser options; reason: {reason}",
        f"GoError: encountered an error while interpreting Parser options; reason: {reason}",
    ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("{ skipFirstLine: true }", "failed to skip the first line; reason: EOF"),
        ("{ asObjects: true }", "failed to read the first line; reason: EOF"),
        ("{ fromLine: 1 }", "failed to skip lines until line 1; reason: EOF"),
    ],
)
def test_a_file_that_ends_before_its_first_row(options: str, reason: str) -> None:
    assert ways(options, "empty.csv") == [NEW + reason] * 2


def test_files_without_rows() -> None:
    assert in_init(
        "parse(await open('empty.csv'))",
        "parse(await open('head.csv'), { asObjects: true })",
        "(await parse(await open('head.csv'), { skipFirstLine: true })).length",
    ) == ["[]", "[]", "0"]


def test_a_bad_record_refuses_the_table_unless_it_is_behind_the_last_line() -> None:
    bad = 'parse error on line 3, column 3: extraneous or missing " in quoted-field'
    assert in_init(
        "parse(await open('bad.csv'))",
        "parse(await open('bad.csv'), { toLine: 1 })",
        "parse(await open('bad.csv'), { fromLine: 3 })",
        "new Parser(await open('bad.csv'), { fromLine: 3 })",
    ) == [
        f"GoError: failed to read record; reason: {bad}",
        '[["a","b"],["1","2"]]',
        f"{NEW}failed to skip lines until line 3; reason: {bad}",
        f"{NEW}failed to skip lines until line 3; reason: {bad}",
    ]


def test_a_parser_tells_of_a_bad_record_and_goes_on() -> None:
    code = """(async () => {
      const parser = new Parser(await open('bad.csv'));
      const seen = [];
      for (let i = 0; i < 5; i += 1) {
        seen.push(await parser.next().then(({ value }) => value.join(''), (e) => [e instanceof Error, String(e)]));
      }
      return seen;
    })()"""
    bad = 'parse error on line 3, column 3: extraneous or missing " in quoted-field'
    assert json.loads(in_init(code)[0]) == ["ab", "12", [True, bad], "56", ""]


def test_what_next_gives() -> None:
    code = """(async () => {
      const parser = new Parser(await open('head.csv'));
      const { next } = parser;
      return [await next(), await parser.next(), await parser.next(), Object.keys(parser)];
    })()"""
    done = {"done": True, "value": []}
    assert json.loads(in_init(code)[0]) == [{"done": False, "value": ["a", "b"]}, done, done, ["next"]]


@pytest.mark.parametrize(
    ("file", "of_parse", "of_parser"),
    [
        ("undefined", NEW + "the reader cannot be nil", None),
        ("null", NEW + "the reader cannot be nil", None),
        ("{ path: 'five.csv' }", NEW + "the reader cannot be nil", NEW + "the reader cannot be nil"),
        ("'five.csv'", "GoError: first argument expected to be a fs.File instance, got string instead", ""),
        ("5", "GoError: first argument expected to be a fs.File instance, got number instead", ""),
    ],
)
def test_only_files_are_taken(file: str, of_parse: str, of_parser: str | None) -> None:
    nothing = "GoError: csv Parser constructor takes at least one non-nil source argument"
    expected = [of_parse, nothing if of_parser is None else of_parser or of_parse]
    # Thrown, not rejected: nobody awaits.
    assert in_init(f"(() => {{ parse({file}); }})()", f"new Parser({file})") == expected


def test_a_table_looks_like_an_array_and_cannot_be_changed() -> None:
    code = """(async () => {
      const rows = await parse(await open('five.csv'));
      const attempts = [() => { rows[0] = 1; }, () => rows.push(1), () => { rows[0][0] = 'x'; }];
      const refused = attempts.map((attempt) => { try { attempt(); return 'fine'; } catch (e) { return e.name; } });
      return [Array.isArray(rows), rows.length, rows.at(-1), rows.map((row) => row[1]).join(''), rows[99], refused];
    })()"""
    names = ["TypeError"] * 3
    assert json.loads(in_init(code)[0]) == [True, 6, ["5", "e"], "iabcde", None, names]


def test_text_in_other_encodings_and_byte_order_marks() -> None:
    assert json.loads(in_init("parse(await open('latin.csv'))")[0]) == [
        ["\ufeffa", "\ufffd"],
        ["\ufffd", "\ufffd"],
    ]


def test_keys_of_objects_are_sorted_and_the_last_of_a_name_counts() -> None:
    table, parser = in_init(
        "parse(await open('keys.csv'), { asObjects: true }).then((rows) => Object.entries(rows[0]))",
        "new Parser(await open('keys.csv'), { asObjects: true }).next().then(({ value }) => Object.entries(value))",
    )
    assert json.loads(table) == [["1", "3"], ["2", "2"], ["__proto__", "4"], ["a", "6"], ["b", "1"]]
    assert parser == table


def test_the_position_of_the_file_is_where_reading_begins() -> None:
    code = """(async () => {
      const file = await open('five.csv');
      await file.seek(4, 0);
      const rows = await parse(file);
      const again = await parse(file);
      const parser = new Parser(file);
      await file.seek(8, 0);
      const first = await parser.next();
      return [rows.length, again.length, first.value, await file.seek(0, 1)];
    })()"""
    assert json.loads(in_init(code)[0]) == [5, 5, ["2", "b"], len(FILES["five.csv"])]


def test_a_parser_at_its_end_reads_again_after_a_seek() -> None:
    code = """(async () => {
      const file = await open('five.csv');
      const parser = new Parser(file, { skipFirstLine: true });
      const first = await rowsOf(parser);
      await file.seek(0, 0);
      return [first.length, (await rowsOf(parser)).length, (await rowsOf(parser)).length];
    })()"""
    assert in_init(code) == ["[5,6,0]"]


def test_more_rows_than_cross_at_once_keep_their_order(native: bool) -> None:
    lines = [f'{i},"x\n{i}"' for i in range(1000)]
    expressions = [
        "parse(await open('many.csv')).then((rows) => rows.every((row, i) => row.join() === `${i},x\\n${i}`))",
        "rowsOf(new Parser(await open('many.csv'))).then((rows) => rows.map((row) => row[0]).join())",
    ]
    files = {"many.csv": "\n".join(lines)}
    every, numbers = evaluate(
        expressions, imports=IMPORTS, init=READ_ALL, in_init=True, files=files, native=native
    )
    assert every == "true"
    assert numbers == json.dumps(",".join(map(str, range(1000))))


def test_calls_that_overlap_get_their_rows_in_order() -> None:
    code = """(async () => {
      const parser = new Parser(await open('five.csv'));
      const found = await Promise.all([parser.next(), parser.next(), parser.next()]);
      return found.map(({ value }) => value[0]);
    })()"""
    assert in_init(code) == ['["h","1","2"]']


def test_the_file_is_parsed_once_for_all_virtual_users(monkeypatch: pytest.MonkeyPatch) -> None:
    from jsbindings.experimental_csv import ops

    made = []
    monkeypatch.setattr(ops, "Table", lambda *args: made.append(args) or Table(*args))
    script = f"""
      {IMPORTS}
      export const options = {{ scenarios: {{ a: {{ executor: 'per-vu-iterations', vus: 3, iterations: 1 }} }} }};
      const rows = await parse(await open('five.csv'), {{ skipFirstLine: true }});
      const others = await parse(await open('five.csv'), {{ asObjects: true }});
      export default function () {{ console.log(rows[__VU - 1][0], others.length); }}
    """
    result = run_script(script, files=FILES)
    assert result.messages == []
    assert sorted(result.lines) == ["1 5", "2 5", "3 5"]
    assert len(made) == 2


def test_worker_processes_have_the_table_of_their_parent() -> None:
    script = f"""
      {IMPORTS}
      export const options = {{ scenarios: {{ a: {{ executor: 'per-vu-iterations', vus: 4, iterations: 1 }} }} }};
      const rows = await parse(await open('five.csv'), {{ skipFirstLine: true }});
      const parser = new Parser(await open('five.csv'), {{ fromLine: 2 }});
      export default async function () {{ console.log(rows[__VU - 1][0], (await parser.next()).value[0]); }}
    """
    result = run_script(script, files=FILES, workers=2)
    assert result.messages == []
    assert sorted(result.lines) == ["1 2", "2 2", "3 2", "4 2"]


def test_each_virtual_user_has_its_own_parser_which_goes_on_over_iterations() -> None:
    script = f"""
      {IMPORTS}
      export const options = {{ scenarios: {{ a: {{ executor: 'per-vu-iterations', vus: 2, iterations: 2 }} }} }};
      const parser = new Parser(await open('five.csv'), {{ skipFirstLine: true }});
      export default async function () {{ console.log((await parser.next()).value[0]); }}
    """
    assert sorted(run_script(script, files=FILES).lines) == ["1", "1", "2", "2"]


def test_what_works_in_an_iteration() -> None:
    script = f"""
      {IMPORTS}
      const file = await open('five.csv');
      export default async function () {{
        console.log((await parse(file, {{ toLine: 1 }})).length);
        try {{ new Parser(file); }} catch (e) {{ console.log(String(e)); }}
      }}
    """
    assert run_script(script, files=FILES).lines == [
        "2",
        "GoError: csv Parser constructor must be called in the init context",
    ]


def test_what_the_module_looks_like() -> None:
    assert in_init("Object.keys(csv)", "csv.Parser === Parser") == ['["parse","Parser"]', "true"]
