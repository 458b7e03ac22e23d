"""The command line: what is understood, what is refused, with which text and exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TextIO

import pytest

from runner.cli import main
from runner.cli.flags import FlagParser
from runner.cli.run import command as run_command
from runner.cli.run import test_config as config_from
from runner.errors import ExitCode, OptionsError, ScriptError, UsageError
from runner.execution.config import TestConfig
from runner.options.table import OPTIONS


class FakeRun:
    """Stands in for a test run: keeps what it was asked for and ends as told."""

    def __init__(self) -> None:
        self.config: TestConfig | None = None
        self.error: Exception | None = None

    def __call__(self, config: TestConfig, *, stdout: TextIO, stderr: TextIO) -> ExitCode:
        self.config = config
        if self.error:
            raise self.error
        return ExitCode.OK


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    fake, module = FakeRun(), ModuleType("runner.execution.test_run")
    module.run_test = fake  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for name in ("NO_COLOR", "K6_LOG_FORMAT", "K6_LOG_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    return fake


def asked_for(run: FakeRun, *args: str) -> TestConfig:
    assert main(args) == 0
    assert run.config is not None
    return run.config


def test_run_hands_over_a_test_config(run: FakeRun) -> None:
    config = asked_for(
        run,
        *("run", "-u", "2", "--iterations=4", "--tag", "a=1", "--tag", "b=2", "-w", "--no-setup"),
        *("-e", "X=1=2", "-e", "EMPTY=", "--out", "json=x.json", "-o", "json", "--console-output", "c.log"),
        *("--log-format", "json", "--log-output", "none", "-qv", "--no-color", "--config", "c.json"),
        *("--summary-export", "s.json", "--summary-mode", "disabled", "--no-thresholds"),
        *("--include-system-env-vars=false", "--compatibility-mode", "base", "--no-usage-report", "s.js"),
    )
    assert config.script == "s.js"
    assert config.flags == {
        "vus": ["2"],
        "iterations": ["4"],
        "tags": ["a=1", "b=2"],
        "throw": ["true"],
        "noSetup": ["true"],
        "consoleOutput": ["c.log"],
    }
    assert config.env == {"X": "1=2", "EMPTY": ""}
    assert config.out == ("json=x.json", "json")
    assert (config.log_format, config.log_output, config.console_output) == ("json", "none", "c.log")
    assert (config.quiet, config.verbose, config.no_color) == (True, True, True)
    assert (config.config_file, config.summary_export) == ("c.json", "s.json")
    assert (config.summary_mode, config.no_thresholds) == ("disabled", True)
    assert (config.include_system_env_vars, config.compatibility_mode) == (False, "base")


def test_run_without_flags_has_k6s_defaults(run: FakeRun) -> None:
    config = asked_for(run, "run", "-")
    assert config == TestConfig(script="-", environ=config.environ)


BAD_MODE = 'invalid compatibility mode "es3". Use: "extended", "base", "experimental_enhanced"'


def test_settings_come_from_the_environment_when_no_flag_says_otherwise() -> None:
    environ = {
        "K6_LOG_FORMAT": "raw",
        "K6_SUMMARY_MODE": "disabled",
        "K6_OUT": "json=a,json=b",
        "K6_CONSOLE_OUTPUT": "c.log",
        "K6_CONFIG": "",
        "NO_COLOR": "",
    }
    config = config_from(["s.js"], {"logFormat": ("json",)}, environ)
    assert (config.log_format, config.summary_mode, config.out) == (
        "json",
        "disabled",
        ("json=a", "json=b"),
    )
    assert (config.console_output, config.config_file, config.no_color) == ("c.log", None, True)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"K6_NO_THRESHOLDS": "maybe"},
            "env var 'K6_NO_THRESHOLDS' is not a valid boolean value: "
            'strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        ({"K6_SUMMARY_MODE": "legacy"}, "invalid summary mode"),
        ({"K6_COMPATIBILITY_MODE": "es3"}, BAD_MODE),
    ],
)
def test_a_wrong_setting_in_the_environment_ends_with_255(environ: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        config_from(["s.js"], {}, environ)
    assert caught.value.message == message


def test_a_no_color_variable_that_says_neither_yes_nor_no_changes_nothing() -> None:
    assert not config_from(["s.js"], {}, {"K6_NO_COLOR": "maybe"}).no_color


def test_a_missing_setting_in_the_environment_ends_with_104() -> None:
    with pytest.raises(OptionsError) as caught:
        config_from(["s.js"], {}, {"K6_SECRET_SOURCE": "mock=a=b"})
    assert caught.value.message == "K6_SECRET_SOURCE is not available in this version of k6py"


@pytest.mark.parametrize(
    ("flags", "environ", "expected"),
    [
        ({}, {}, ("", False)),
        ({"address": ("h:1", "h:2")}, {"K6_ADDRESS": "h:3"}, ("h:2", True)),
        ({}, {"K6_ADDRESS": "h:3"}, ("h:3", False)),
        # How to switch off what the environment has switched on.
        ({"address": ("",)}, {"K6_ADDRESS": "h:3"}, ("", True)),
    ],
)
def test_only_an_address_given_as_a_flag_is_one_that_must_do(
    flags: dict[str, tuple[str, ...]], environ: dict[str, str], expected: tuple[str, bool]
) -> None:
    config = config_from(["s.js"], flags, environ)
    assert (config.address, config.address_is_needed) == expected


@pytest.mark.parametrize("args", [("-a", "h:1", "run", "s.js"), ("run", "--address", "h:1", "s.js")])
def test_address_is_a_global_flag(run: FakeRun, args: tuple[str, ...]) -> None:
    config = asked_for(run, *args)
    assert (config.address, config.address_is_needed) == ("h:1", True)


@pytest.mark.parametrize(
    "args", [("-q", "--log-format", "raw", "run", "s.js"), ("run", "s.js", "--log-format=raw", "-q")]
)
def test_global_flags_may_stand_before_or_behind_the_command(run: FakeRun, args: tuple[str, ...]) -> None:
    config = asked_for(run, *args)
    assert (config.quiet, config.log_format, config.verbose) == (True, "raw", False)


@pytest.mark.parametrize(
    ("args", "flags"),
    [
        (("--throw=false",), {"throw": ["false"]}),
        (("--throw=true", "--http-debug"), {"throw": ["true"], "httpDebug": ["headers"]}),
        (("--http-debug=full",), {"httpDebug": ["full"]}),
        (("--user-agent", "--throw=false"), {"userAgent": ["--throw=false"]}),
        (("--user-agent", ""), {"userAgent": [""]}),
        (("-i=2", "-u3"), {"iterations": ["2"], "vus": ["3"]}),
        (("--user-agent", "-u", "-u", "3"), {"userAgent": ["-u"], "vus": ["3"]}),
        (("--throw", "--throw=false"), {"throw": ["true", "false"]}),
        (("--user-agent=a=b", "--tag", "x=1"), {"userAgent": ["a=b"], "tags": ["x=1"]}),
        (("-wu3", "-wi=2"), {"throw": ["true", "true"], "vus": ["3"], "iterations": ["2"]}),
        (("-wu", "3", "-w=false"), {"throw": ["true", "false"], "vus": ["3"]}),
    ],
)
def test_switches_take_a_value_only_behind_an_equals_sign(
    run: FakeRun, args: tuple[str, ...], flags: dict[str, list[str]]
) -> None:
    assert asked_for(run, "run", *args, "s.js").flags == flags


@pytest.mark.parametrize(
    ("args", "file"),
    [((), None), (("--profile",), "k6py-profile.txt"), (("--profile=stacks.txt",), "stacks.txt")],
)
def test_profile_goes_to_a_file(run: FakeRun, args: tuple[str, ...], file: str | None) -> None:
    assert asked_for(run, "run", *args, "s.js").profile == file


def test_what_follows_two_dashes_is_no_flag(run: FakeRun) -> None:
    assert asked_for(run, "run", "--", "--throw=false").script == "--throw=false"


def test_a_script_called_like_a_switch_of_the_root_is_left_to_the_command(run: FakeRun) -> None:
    config = asked_for(run, "--verbose=true", "run", "--quiet=false", "s.js")
    assert (config.verbose, config.quiet) == (True, False)


ONE_SCRIPT = 'arg should either be "-", if reading script from stdin, or a path to a script file'


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("bogus",), 'unknown command "bogus" for "k6py"'),
        (("resume",), 'unknown command "resume" for "k6py"'),
        (("new", "s.js"), 'command "new" is not available in this version of k6py'),
        (("x", "y"), 'command "x" is not available in this version of k6py'),
        (("--nope", "run"), "unknown flag: --nope"),
        (("run",), f"accepts 1 arg(s), received 0: {ONE_SCRIPT}"),
        (("run", "a.js", "b.js"), f"accepts 1 arg(s), received 2: {ONE_SCRIPT}"),
        (("inspect",), "accepts 1 arg(s), received 0"),
        (("archive", "a.js", "b.js"), "accepts 1 arg(s), received 2"),
        (("run", "--no-summary", "s.js"), "unknown flag: --no-summary"),
        (("run", "-Z", "s.js"), "unknown shorthand flag: 'Z' in -Z"),
        (("run", "--dur", "1s", "s.js"), "unknown flag: --dur"),
        (("run", "-wZu", "s.js"), "unknown shorthand flag: 'Z' in -Zu"),
        (("run", "-w=", "s.js"), "unknown shorthand flag: '=' in -="),
        (("archive", "-O", "", "s.js"), "--archive-out needs the name of a file"),
        (("echo-server", "--port=x"), "invalid port 'x', use 0 to 65535"),
        (("version", "1"), '"k6py version" takes no arguments, only flags: 1'),
        (("echo-server", "--port", "70000"), "invalid port '70000', use 0 to 65535"),
        (("run", "s.js", "--vus"), "flag needs an argument: --vus"),
        (("run", "s.js", "-u"), "flag needs an argument: 'u' in -u"),
        (
            ("run", "--vus", "many", "s.js"),
            'invalid argument "many" for "-u, --vus" flag: strconv.ParseInt: parsing "many": invalid syntax',
        ),
        (
            ("run", "--throw=maybe", "s.js"),
            'invalid argument "maybe" for "-w, --throw" flag: '
            'strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        (
            ("run", "--duration", "1d", "s.js"),
            'invalid argument "1d" for "-d, --duration" flag: time: unknown unit "d" in duration "1d"',
        ),
        (("run", "-e", "1a=2", "s.js"), "invalid environment variable name '1a'"),
        (("run", "--tag", "a", "s.js"), "error parsing tag 'a': invalid tag, empty value"),
        (("run", "--tag", "a=", "s.js"), "error parsing tag 'a=': invalid tag, empty value"),
        (("run", "--summary-mode", "legacy", "s.js"), "invalid summary mode"),
        (
            ("run", "--secret-source", "mock=a=b", "s.js"),
            "flag --secret-source is not available in this version of k6py",
        ),
        (("run", "--compatibility-mode", "es3", "s.js"), BAD_MODE),
    ],
)
@pytest.mark.usefixtures("run")
def test_a_command_line_that_cannot_be_used_ends_with_255(
    args: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("K6_LOG_FORMAT", "json")
    assert main(args) == 255
    captured = capsys.readouterr()
    entry = json.loads(captured.err)
    assert (entry["level"], entry["msg"], captured.out) == ("error", message, "")


def test_an_error_of_the_run_is_logged_and_gives_the_exit_status(
    run: FakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run.error = ScriptError("Error: boom", "\tat file:///s.js:1:1\n")
    assert main(["run", "--log-format", "raw", "s.js"]) == 107
    assert capsys.readouterr().err == "Error: boom\n\tat file:///s.js:1:1\n\n"


def test_an_error_goes_where_the_log_goes(run: FakeRun, tmp_path: Path) -> None:
    path = tmp_path / "k6.log"
    run.error = UsageError("no such script")
    assert main(["--log-format=raw", "run", "--log-output", f"file={path}", "s.js"]) == 255
    assert path.read_text() == "no such script\n"


def test_a_log_that_cannot_be_opened_is_told_on_stderr(
    run: FakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run.error = UsageError("unsupported log output 'x'")
    assert main(["run", "--log-output", "x", "s.js"]) == 255
    assert "unsupported log output 'x'" in capsys.readouterr().err


def test_ctrl_c_before_the_run_ends_with_105(run: FakeRun) -> None:
    run.error = KeyboardInterrupt()  # type: ignore[assignment]
    assert main(["run", "s.js"]) == 105


@pytest.mark.parametrize("args", [(), ("help",), ("--help",), ("run", "-h"), ("help", "run")])
def test_help_is_printed_and_ends_with_examples(
    args: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 0
    captured = capsys.readouterr()
    assert captured.out.rpartition("Examples:")[2].lstrip().startswith("k6py ")
    assert captured.err == ""


@pytest.mark.parametrize("name", ["run", "version", "echo-server"])
def test_every_commands_help_ends_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"k6py {name}" in capsys.readouterr().out.rpartition("Examples:")[2]


def test_every_flag_of_the_option_table_is_accepted_and_has_a_help_text() -> None:
    flags = [spec for spec in OPTIONS.values() if spec.flag]
    _, texts = FlagParser(run_command.specs).parse([f"--{spec.flag}=x" for spec in flags])
    assert texts == {spec.name: ["x"] for spec in flags}
    assert all(spec.help for spec in flags)


def test_flags_that_are_refused_are_not_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "--secret-source" not in shown and "--vus" in shown
    assert "(no effect in this version)" in shown


@pytest.mark.parametrize("args", [("version",), ("--version",)])
def test_version_names_k6py_k6_and_python(args: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 0
    python = ".".join(map(str, sys.version_info[:3]))
    assert capsys.readouterr().out.startswith(f"k6py v0.1.0 (k6 v2.2.0 behaviour, Python {python}, ")


def test_version_as_json_has_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["version"], facts["k6_version"]) == ("v0.1.0", "v2.2.0")


def test_echo_server_passes_addresses_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []
    module = ModuleType("runner.echo_server")
    module.serve = lambda **settings: asked.append(settings)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert main(["echo-server", "--port", "8080", "--tls-port", "8443"]) == 0
    assert asked == [{"host": "127.0.0.1", "port": 8080, "tls_port": 8443}]


@pytest.mark.slow
def test_version_does_not_load_the_engine() -> None:
    code = (
        "import sys; from runner.cli import main; main(['version']); "
        "print([m for m in ('dukpy', 'wsproto', 'h11', 'greenlet', 'ssl') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "args", [("--version=false", "run", "s.js"), ("--help=false", "run", "s.js"), ("run", "-h=false", "s.js")]
)
def test_a_switch_that_is_off_asks_for_nothing(run: FakeRun, args: tuple[str, ...]) -> None:
    assert asked_for(run, *args).script == "s.js"


@pytest.mark.parametrize(
    "command", [("-qc", "c.json", "--verbose=false", "run"), ("-vqc=c.json", "run", "-v=false")]
)
def test_short_flags_may_stand_together_before_the_command(run: FakeRun, command: tuple[str, ...]) -> None:
    config = asked_for(run, *command, "s.js")
    assert (config.quiet, config.config_file, config.verbose) == (True, "c.json", False)


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", [("run", "--help"), ("version",), ("--version",)])
def test_an_answer_that_nobody_reads_is_no_crash(command: tuple[str, ...], unbuffered: str) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "runner", *command],
            stdout=write_end,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            timeout=60,
        )
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.slow
def test_python_dash_m_runner_is_the_same_command() -> None:
    command = [sys.executable, "-m", "runner", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("k6py v")
