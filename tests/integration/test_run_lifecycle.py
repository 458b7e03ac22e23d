"""setup() and teardown(): what the data becomes on its way, and what an error or a lack of time in them means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.errors import ExitCode
from tests.kit.counter_binding import COUNTER
from tests.kit.k6py_process import K6pyProcess
from tests.kit.run_script import Result, run_script

NOT_JSON = "error marshaling setup() data to JSON: unsupported value: "


def run_setup(body: str, **how: object) -> Result:
    """Run a script whose setup() has this body; its other functions log what they get."""
    return run_script(
        f"""
        import {{ check, group, sleep }} from 'k6';
        import exec from 'k6/execution';
        export function setup() {{ {body} }}
        export default function (data) {{ console.log('iteration', JSON.stringify(data)); }}
        export function teardown(data) {{ console.log('teardown', JSON.stringify(data)); }}
        """,
        **how,
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("null", None),
        ("'tëxt'", "tëxt"),
        ("[1, 'two', , undefined, null]", [1, "two", None, None, None]),
        ("{ z: undefined, a: { b: [true] } }", {"a": {"b": [True]}, "z": None}),
        ("new Date(0)", "1970-01-01T00:00:00Z"),
        ("[new Date(500), new Date(1050), new Date(NaN)]", ["1970-01-01T00:00:00.5Z", "1970-01-01T00:00:01.05Z", None]),
        ("new Map([['a', 1], [{ b: 2 }, new Map()]])", [["a", 1], [{"b": 2}, []]]),
        ("new Set(['a', 'b'])", ["a", "b"]),
        ("new Uint8Array([])", ""),
        ("[new Uint8Array([104]), new Uint8Array([104, 105])]", ["aA==", "aGk="]),
        ("new Uint8ClampedArray([251, 255, 190])", "+/++"),
        ("new Int16Array([-1, 2])", [-1, 2]),
        ("[new ArrayBuffer(2), /x/, new Error('x')]", [{}, {}, {}]),
        ("[Symbol('s'), Symbol(), 12n]", ["s", "", 12]),
        ("[new Number(1), new String('s'), new Boolean(false)]", [1, "s", False]),
        ("{ toJSON: undefined, __proto__: { inherited: 1 }, [Symbol('k')]: 1, own: 1 }", {"own": 1, "toJSON": None}),
        ("(() => { const same = { a: 1 }; return [same, same]; })()", [{"a": 1}, {"a": 1}]),
        ("Promise.resolve({ later: 1 })", {"later": 1}),
    ],
)  # fmt: skip
def test_data_reaches_iterations_and_teardown_as_k6_writes_it(value: str, expected: object) -> None:
    result = run_setup(f"const value = {value}; return value;")
    assert result.exit_code is ExitCode.OK
    assert [line.partition(" ")[0] for line in result.lines] == ["iteration", "teardown"]
    assert [json.loads(line.partition(" ")[2]) for line in result.lines] == [expected, expected]
    assert result.summary["setup_data"] == expected


def test_keys_arrive_sorted() -> None:
    assert run_setup("return { b: 1, a: 2, B: 3 };").lines[0] == 'iteration {"B":3,"a":2,"b":1}'


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("() => 1", "a function"),
        ("NaN", "NaN"),
        ("{ a: [0, { b: -Infinity }] }", "-Infinity in a.1.b"),
        ("{ a: { f() {} } }", "a function in a.f"),
        ("new Map([[1, class {}]])", "a function in 0.1"),
        ("new Float32Array([NaN])", "NaN in 0"),
        (
            "(() => { const a = {}; a.self = { a }; return a; })()",
            "a reference back to an object around it in self.a",
        ),
    ],
)
def test_data_that_has_no_json_ends_the_test_with_255(value: str, what: str) -> None:
    result = run_setup(f"return {value};")
    assert result.exit_code is ExitCode.GENERIC
    assert result.lines == []
    assert f"error: {NOT_JSON}{what}" in result.messages
    assert "TOTAL RESULTS" in result.stdout


def test_getter_that_throws_is_an_exception_of_the_script() -> None:
    result = run_setup("return { get a() { throw new Error('no'); } };")
    assert result.exit_code is ExitCode.SCRIPT_EXCEPTION
    assert result.messages[0].startswith("error: Error: no\n\tat get a (file://")


def test_teardown_may_return_anything() -> None:
    result = run_script("export default function () {}; export function teardown() { return () => NaN; }")
    assert (result.exit_code, result.messages) == (ExitCode.OK, [])


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("throw new Error('no');", ExitCode.SCRIPT_EXCEPTION, "Error: no"),
        ("return Promise.reject('no');", ExitCode.GENERIC, "Uncaught (in promise) no"),
        ("exec.test.abort('no');", ExitCode.SCRIPT_ABORTED, "test aborted: no"),
        ("sleep(20);", ExitCode.SETUP_TIMEOUT, "setup() execution timed out after 0.1 seconds"),
        ("while (true) {}", ExitCode.SETUP_TIMEOUT, "setup() execution timed out after 0.1 seconds"),
        (
            "return new Promise((done) => setTimeout(done, 20000));",
            ExitCode.SETUP_TIMEOUT,
            "setup() execution timed out after 0.1 seconds",
        ),
    ],
)
def test_without_its_setup_neither_iterations_nor_teardown_run(
    body: str, code: ExitCode, message: str
) -> None:
    result = run_setup(body, flags={"setupTimeout": "100ms"})
    assert result.exit_code is code
    assert result.lines == []
    error = next(entry for entry in result.log if entry["level"] == "error")
    assert error["msg"].splitlines()[0] == message
    assert "executor" not in error
    assert "scenario" not in error
    assert "TOTAL RESULTS" in result.stdout


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("throw new Error('no');", ExitCode.SCRIPT_EXCEPTION),
        ("exec.test.abort('no');", ExitCode.SCRIPT_ABORTED),
        ("sleep(20);", ExitCode.TEARDOWN_TIMEOUT),
        ("while (true) {}", ExitCode.TEARDOWN_TIMEOUT),
    ],
)
def test_failure_in_teardown_sets_the_exit_code(body: str, code: ExitCode) -> None:
    result = run_script(
        f"""
        import {{ sleep }} from 'k6';
        import exec from 'k6/execution';
        export default function () {{}}
        export function teardown() {{ {body} }}
        """,
        flags={"teardownTimeout": "100ms"},
    )
    assert result.exit_code is code
    assert result.count("iterations") == 1


def test_loading_the_script_is_not_part_of_the_time_that_setup_has() -> None:
    result = run_script(
        """
        import { sleep } from 'k6';
        sleep(0.2);
        export function setup() { return 1; }
        export default function (data) { console.log(data); }
        """,
        flags={"setupTimeout": "100ms"},
    )
    assert (result.exit_code, result.lines) == (ExitCode.OK, ["1"])


def test_groups_and_checks_of_the_phases_stand_below_their_names() -> None:
    result = run_setup("group('g', () => check(1, { fine: true }));", out_samples=True)
    assert result.summary["root_group"]["groups"]["setup"]["groups"]["g"]["checks"]["fine"]["passes"] == 1
    assert "teardown" not in result.summary["root_group"]["groups"]
    assert len(result.values("checks", group="::setup::g")) == 1
    assert len(result.values("data_sent", group="::teardown")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("code", ["sleep(100);", "while (true) {}"])
def test_interrupt_while_the_script_loads_for_setup_ends_the_run(tmp_path: Path, code: str) -> None:
    script = f"""
        import {{ sleep }} from 'k6';
        import {{ count }} from 'k6/x/count';
        if (count() === 3) {{ console.log('here'); {code} }}
        export function setup() {{ console.log('never'); }}
        export default function () {{ console.log('never'); }}
    """
    (tmp_path / "count.py").write_text(COUNTER)
    with K6pyProcess(tmp_path, script, "--module", "count.py") as process:
        process.wait_for_line("here")
        process.interrupt()
        result = process.finish()
    assert result.exit_code == ExitCode.EXTERNAL_ABORT
    assert "never" not in result.log
    assert "there is nothing to show" in result.log


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_lasts_from_setup_to_the_end_of_teardown(workers: int) -> None:
    result = run_script(
        """
        import { sleep } from 'k6';
        import exec from 'k6/execution';
        const tell = (what) => console.log(what, exec.instance.currentTestRunDuration);
        export const options = { vus: 2, iterations: 2 };
        export function setup() { sleep(1.2); tell('setup'); }
        export default function () { sleep(0.1); tell('iteration'); }
        export function teardown() { sleep(0.4); }
        export function handleSummary(data) {
          console.log('summary', data.state.testRunDurationMs, data.metrics.iterations.values.rate);
        }
        """,
        out_samples=True,
        workers=workers,
    )
    told = {line.split()[0]: [float(number) for number in line.split()[1:]] for line in result.lines}
    (in_setup,), (in_iteration,), (in_summary, rate) = told["setup"], told["iteration"], told["summary"]
    assert 1200 <= in_setup < in_iteration - 99 < in_summary - 499
    assert rate == pytest.approx(2 / in_summary * 1000)
    # Virtual users are counted from the start, too.
    assert result.values("vus")[0] == 0 and result.values("vus_max")[0] == 2
    assert "\nRun       [ 100% ] setup()\ndefault   [   0% ]\n" in result.stdout


TELLING = """
    export function teardown() { console.log('teardown'); }
    export function handleSummary() { console.log('summary'); return {}; }
"""


@pytest.mark.parametrize(
    ("script", "code", "message"),
    [
        (
            "export const options = { thresholds: { iterations: ['count<1'] } }; export default function () {}",
            ExitCode.THRESHOLDS_CROSSED,
            "error: thresholds on metrics 'iterations' have been crossed",
        ),
        (
            "export default function () { exec.test.abort('why'); }",
            ExitCode.SCRIPT_ABORTED,
            "error: test aborted: why at default (file://",
        ),
        (
            "export function setup() { throw new Error('x'); } export default function () {}",
            ExitCode.SCRIPT_EXCEPTION,
            "error: Error: x",
        ),
    ],
)
def test_what_ended_the_run_is_logged_last(script: str, code: ExitCode, message: str) -> None:
    result = run_script(f"import exec from 'k6/execution'; {script} {TELLING}")
    assert result.exit_code is code
    assert result.lines[-1] == "summary"
    assert result.log[-1]["level"] == "error"
    assert result.messages[-1].startswith(message)
    assert len(result.messages) == 1


def test_after_a_first_error_a_second_one_is_not_told() -> None:
    result = run_script(
        """
        import exec from 'k6/execution';
        export const options = { thresholds: { iterations: ['count<1'] } };
        export default function () { exec.test.abort('first'); }
        export function teardown() { throw new Error('second'); }
        """
    )
    assert result.exit_code is ExitCode.SCRIPT_ABORTED
    assert [message[:27] for message in result.messages] == ["error: test aborted: first "]


@pytest.mark.parametrize(
    ("exported", "inits"), [("", 3), ("setup", 4), ("teardown", 4), ("setup teardown", 5)]
)
def test_init_code_runs_for_functions_that_are_exported(exported: str, inits: int) -> None:
    functions = " ".join(f"export function {name}() {{}}" for name in exported.split())
    result = run_script(f"console.log('init'); {functions} export default function () {{}}")
    assert result.lines == ["init"] * inits
