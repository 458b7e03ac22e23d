"""The end of a run: handleSummary(), the full summary and the newer form for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import ExitCode
from tests.kit.counter_binding import COUNTER
from tests.kit.k6py_process import K6pyProcess
from tests.kit.run_script import Result, run_script

BUILTIN = "TOTAL RESULTS"
FAILED = "failed to handle the end-of-test summary"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """handleSummary's paths start at the current folder."""
    monkeypatch.chdir(tmp_path)


def summarise(body: str, *, script: str = "export default function () {}", **how: object) -> Result:
    """Run `script` with a handleSummary of this body."""
    return run_script(f"{script}\nexport function handleSummary(data) {{ {body} }}", **how)


def errors(result: Result) -> list[tuple[str, object]]:
    return [(entry["msg"], entry.get("error")) for entry in result.log if entry["level"] == "error"]


@pytest.mark.parametrize("native", [True, False])
def test_texts_and_bytes_go_where_their_names_say(tmp_path: Path, native: bool) -> None:
    result = summarise(
        """
        const bytes = new Uint8Array([0, 104, 255, 0, 216, 1]);
        return { stdout: 'out ä\\n', stderr: 'err\\n', 'a.txt': '\\ud800ä', 'b.bin': bytes.buffer,
          'c.bin': bytes.subarray(1, 4), 'empty.txt': '' };
        """,
        native=native,
    )
    assert result.exit_code is ExitCode.OK
    assert "out ä\n" in result.stdout
    assert BUILTIN not in result.stdout
    assert result.stderr == "err\n"
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "\ufffdä"
    assert (tmp_path / "b.bin").read_bytes() == bytes([0, 104, 255, 0, 216, 1])
    assert (tmp_path / "c.bin").read_bytes() == bytes([104, 255, 0])
    assert (tmp_path / "empty.txt").read_bytes() == b""
    assert result.summary["metrics"]["iterations"]["count"] == 1


@pytest.mark.parametrize("body", ["", "return null;", "return new Promise(() => {});"])
def test_without_a_result_the_built_in_summary_is_shown(body: str) -> None:
    result = summarise(body)
    assert BUILTIN in result.stdout
    assert errors(result) == []


def test_empty_object_shows_nothing() -> None:
    assert BUILTIN not in summarise("return {};").stdout


def test_result_may_come_later() -> None:
    result = summarise("return new Promise((done) => setTimeout(() => done({ stdout: 'late' }), 5));")
    assert "late" in result.stdout
    assert BUILTIN not in result.stdout


@pytest.mark.parametrize(
    "value", ["5", "true", "'text'", "['text']", "() => 1", "{ a: 5 }", "{ a: 'x', b: null }", "{ a: {} }"]
)
def test_result_of_a_wrong_type_is_an_error_and_nothing_is_written(tmp_path: Path, value: str) -> None:
    result = summarise(f"return {value};", folder=tmp_path / "test")
    ((message, reason),) = errors(result)
    assert message == FAILED
    assert result.summary == {}
    assert str(reason).startswith("handleSummary() ")
    assert result.exit_code is ExitCode.OK
    assert BUILTIN not in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["test"]


def test_file_that_cannot_be_written_does_not_keep_the_others_from_it(tmp_path: Path) -> None:
    result = summarise("return { 'no/folder.txt': 'a', '\\0': 'b', 'c.txt': 'c' };")
    assert errors(result) == [
        (
            FAILED,
            "Could not save some summary information:"
            "\n\t- could not open 'no/folder.txt': open no/folder.txt: no such file or directory"
            "\n\t- could not open '\0': open \0: embedded null byte",
        )
    ]
    assert (tmp_path / "c.txt").read_text() == "c"
    assert result.exit_code is ExitCode.OK


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("throw new Error('no');", "Error: no"),
        ("throw 'text';", "text"),
    ],
)
def test_exception_is_logged_and_the_built_in_summary_is_shown(body: str, message: str) -> None:
    result = summarise(body)
    ((logged, _),) = errors(result)
    assert logged.splitlines()[0] == message
    assert BUILTIN in result.stdout
    assert "metrics" in result.summary
    assert result.exit_code is ExitCode.OK


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("return Promise.reject(new Error('no'));", ""),
        ("Promise.reject(new Error('no')); return { stdout: 'mine' };", "mine"),
    ],
)
def test_rejection_is_logged_and_what_was_returned_is_written(body: str, shown: str) -> None:
    result = summarise(body)
    ((logged, _),) = errors(result)
    assert logged.splitlines()[0] == "Uncaught (in promise) Error: no"
    assert BUILTIN not in result.stdout
    assert shown in result.stdout
    assert "metrics" in result.summary
    assert result.exit_code is ExitCode.OK


@pytest.mark.parametrize("body", ["sleep(20);", "while (true) {}", "setTimeout(() => {}, 20000); return {};"])
def test_timeout_is_logged_and_nothing_is_written(body: str) -> None:
    result = summarise(
        body,
        script="import { sleep } from 'k6'; export default function () {}",
        flags={"handleSummaryTimeout": "100ms"},
    )
    assert errors(result) == [(FAILED, "handleSummary() execution timed out after 0.1 seconds")]
    assert BUILTIN not in result.stdout
    assert result.summary == {}
    assert result.exit_code is ExitCode.OK


@pytest.mark.parametrize("value", ["5", "'text'", "{}", "null", "undefined"])
def test_handle_summary_that_is_no_function_is_an_error(value: str) -> None:
    result = run_script(f"export const handleSummary = {value}; export default function () {{}}")
    assert errors(result) == [(FAILED, "exported identifier handleSummary must be a function")]
    assert BUILTIN not in result.stdout
    assert (result.summary, result.exit_code) == ({}, ExitCode.OK)


@pytest.mark.slow
def test_export_that_cannot_be_written_keeps_the_exit_code(tmp_path: Path) -> None:
    script = "export default function () {}"
    with K6pyProcess(tmp_path, script, "--summary-export", "no/e.json", "--log-format", "raw") as process:
        result = process.finish()
    assert result.exit_code == ExitCode.OK
    assert BUILTIN in result.stdout
    assert result.log.splitlines()[-1] == FAILED


def test_disabled_summary_writes_no_file() -> None:
    result = summarise("console.log('never');", summary_mode="disabled")
    assert (result.summary, result.lines, result.stdout.count(BUILTIN)) == ({}, [], 0)


def test_summary_runs_init_code_once_more_in_a_virtual_user_of_its_own() -> None:
    result = summarise(
        "console.log('summary', __VU, typeof __ITER, n += 1);",
        script="let n = 0; console.log('init', __VU); export default function () { n += 10; }",
    )
    # For the options, the VU, and the summary.
    assert result.lines == ["init 0", "init 1", "init 0", "summary 0 undefined 1"]


@pytest.mark.parametrize("mode", ["compact", "disabled"])
def test_init_code_that_fails_only_for_the_summary_leaves_the_built_in_one(mode: str) -> None:
    result = summarise(
        "return { stdout: 'never' };",
        script="""
            import { count } from 'k6/x/count';
            if (count() === 3) throw new Error('third time');
            export default function () {}
        """,
        files={"count.py": COUNTER},
        modules=["count.py"],
        folder=Path.cwd(),
        summary_mode=mode,
    )
    assert (BUILTIN in result.stdout) is (mode == "compact")
    assert [message.splitlines()[0] for message, _ in errors(result)] == (
        ["Error: third time"] if mode == "compact" else []
    )
    assert "never" not in result.stdout


def test_what_handle_summary_measures_counts_nowhere() -> None:
    result = summarise(
        """
        check(1, { mine: true }); group('g', () => counter.add(5)); console.log(data.metrics.my_counter.values.count);
        """,
        script="""
            import { check, group } from 'k6'; import { Counter } from 'k6/metrics';
            const counter = new Counter('my_counter'); export default function () { counter.add(1); }
        """,
        out_samples=True,
    )
    assert result.lines == ["1"]
    assert result.count("my_counter") == 1
    assert result.values("checks") == []
    assert result.summary["root_group"]["checks"] == {}
    assert errors(result) == []


def test_infinite_figures_are_infinite_and_setup_data_is_what_setup_returned() -> None:
    result = summarise(
        """
        console.log(data.metrics.my_gauge.values.value, data.metrics.my_gauge.values.min);
        console.log(JSON.stringify(data.setup_data));
        """,
        script="""
            import { Gauge } from 'k6/metrics'; const gauge = new Gauge('my_gauge');
            export function setup() { return [null, '<&>']; }
            export default function () { gauge.add(-Infinity); gauge.add(Infinity); }
        """,
    )
    assert result.lines == ["Infinity -Infinity", '[null,"<&>"]']


@pytest.mark.parametrize("setup", ["", "export function setup() {}"])
def test_without_setup_data_there_is_no_such_key(setup: str) -> None:
    result = summarise(
        "console.log('setup_data' in data);", script=f"{setup}\nexport default function () {{}}"
    )
    assert result.lines == ["false"]
    assert "setup_data" not in result.summary


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("export function setup() { throw new Error('no'); }", ExitCode.SCRIPT_EXCEPTION),
        (
            "import e from 'k6/execution'; export function setup() { e.test.abort('no'); }",
            ExitCode.SCRIPT_ABORTED,
        ),
        ("export function teardown() { throw new Error('no'); }", ExitCode.SCRIPT_EXCEPTION),
        ("export const options = { thresholds: { iterations: ['count>5'] } };", ExitCode.THRESHOLDS_CROSSED),
    ],
)
def test_summary_is_made_whatever_happened_before(script: str, code: ExitCode) -> None:
    result = summarise("return { stdout: 'my own' };", script=f"{script}\nexport default function () {{}}")
    assert result.exit_code is code
    assert "my own" in result.stdout


def test_abort_in_handle_summary_leaves_the_built_in_summary() -> None:
    result = summarise(
        "exec.test.abort('too late'); return { stdout: 'never' };",
        script="import exec from 'k6/execution'; export default function () {}",
    )
    assert errors(result) == [("test aborted: too late", None)]
    assert result.exit_code is ExitCode.OK
    assert BUILTIN in result.stdout
    assert "never" not in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "code", ["sleep(100);", "while (true) {}", "while (true) { try { sleep(100); } catch {} }"]
)
def test_interrupt_in_handle_summary_ends_it_and_shows_the_built_in_summary(
    tmp_path: Path, code: str
) -> None:
    script = f"""
        import {{ sleep }} from 'k6';
        export default function () {{}}
        export function handleSummary() {{ console.log('here'); {code} }}
    """
    with K6pyProcess(tmp_path, script) as process:
        process.wait_for_line("here")
        process.interrupt()
        result = process.finish()
    assert result.exit_code == ExitCode.EXTERNAL_ABORT
    assert BUILTIN in result.stdout
    assert result.log.count("level=error") == 1


def test_full_summary_has_groups_of_the_default_scenario_and_those_that_setup_made() -> None:
    result = run_script(
        """
        import { check, group } from 'k6';
        export function setup() { group('in setup', () => check(1, { ready: true })); }
        export default function () { group('outer', () => group('inner', () => check(1, { deep: true }))); }
        """,
        summary_mode="full",
    )
    titles = [line for line in result.stdout.splitlines() if "█" in line or "↳" in line]
    assert titles == [
        "  █ TOTAL RESULTS ",
        "  █ GROUP: setup ",
        "    ↳ GROUP: in setup ",
        "  █ GROUP: outer ",
        "    ↳ GROUP: inner ",
    ]


def test_newer_form_is_the_argument_and_the_exported_file() -> None:
    result = summarise(
        "console.log(Object.keys(data).sort().join(), data.config.script.includes('// me'));",
        script="// me\nexport default function () {}",
        new_machine_readable_summary=True,
    )
    assert result.lines == ["config,metadata,results,version true"]
    assert result.summary["version"] == "1.0.0"
    assert [metric["name"] for metric in result.summary["results"]["metrics"]] == [
        "data_received",
        "data_sent",
        "iteration_duration",
        "iterations",
    ]
    assert result.summary["config"]["execution"] == "local"
