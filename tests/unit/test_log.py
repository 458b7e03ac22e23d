"""The log: formats, levels, destinations."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.log import Level, Logger, open_log, quote

NOON_S = 1_795_435_763.0


def logger_on(sink: io.StringIO, format: str = "text", **settings: object) -> Logger:
    return Logger(sink, format, now=lambda: NOON_S, **settings)  # type: ignore[arg-type]


@pytest.fixture
def utc() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash", r'"back\\slash"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("é ✓ 🙂", '"é ✓ 🙂"'),
        ("\u00a0\u2028", r'"\u00a0\u2028"'),
        ("\U000e0001", r'"\U000e0001"'),
        ("\ud800", '"\ufffd"'),
    ],
)
def test_quote_is_gos_quote(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.usefixtures("utc")
def test_text_line_shows_time_level_message_then_fields_by_name() -> None:
    sink = io.StringIO()
    logger_on(sink).error("two words", source="stacktrace", hint="script exception", executor="x-y")
    assert sink.getvalue() == (
        'time="2026-11-23T12:09:23Z" level=error msg="two words" '
        'executor=x-y hint="script exception" source=stacktrace\n'
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("one", "one"),
        ("", ""),
        ("a.b_c/d@e^f+g-1", "a.b_c/d@e^f+g-1"),
        ("a b", '"a b"'),
        ("<&>", '"<&>"'),
        ("a=b", '"a=b"'),
        ("x:y", '"x:y"'),
        ("é", '"é"'),
        ("Error: boom\n\tat f\n", r'"Error: boom\n\tat f\n"'),
    ],
)
def test_text_line_quotes_all_but_plain_values(message: str, shown: str) -> None:
    sink = io.StringIO()
    logger_on(sink).info(message)
    assert sink.getvalue().partition("msg=")[2] == f"{shown}\n"


@pytest.mark.usefixtures("utc")
def test_json_line_has_sorted_keys_and_gos_escapes() -> None:
    sink = io.StringIO()
    logger_on(sink, "json").console(Level.WARNING, 'a <&> "b" é\u2028\n\ud800')
    assert sink.getvalue() == (
        r'{"level":"warning","msg":"a \u003c\u0026\u003e \"b\" é\u2028\n' + "\ufffd"
        r'","source":"console","time":"2026-11-23T12:09:23Z"}' + "\n"
    )


def test_json_line_shows_odd_field_values_as_text() -> None:
    sink = io.StringIO()
    logger_on(sink, "json").warning("Request Failed", error=ValueError("bad"), count=3)
    entry = json.loads(sink.getvalue())
    assert (entry["error"], entry["count"]) == ("bad", 3)


def test_raw_line_is_the_message_alone() -> None:
    sink = io.StringIO()
    logger_on(sink, "raw").info("hello", source="console")
    assert sink.getvalue() == "hello\n"


@pytest.mark.parametrize(
    ("level", "start"),
    [
        (Level.DEBUG, "\x1b[37mDEBU\x1b[0m"),
        (Level.INFO, "\x1b[36mINFO\x1b[0m"),
        (Level.WARNING, "\x1b[33mWARN\x1b[0m"),
        (Level.ERROR, "\x1b[31mERRO\x1b[0m"),
    ],
)
def test_terminal_line_has_coloured_level_and_padded_message(level: Level, start: str) -> None:
    sink = io.StringIO()
    logger_on(sink, color=True, level=Level.DEBUG).log(level, "hello", source="console")
    color = start[:5]
    assert sink.getvalue() == f"{start}[0000] {'hello':<44}  {color}source\x1b[0m=console\n"


def test_terminal_line_counts_whole_seconds_since_the_start() -> None:
    times = iter([100.0, 161.9])
    sink = io.StringIO()
    Logger(sink, "text", color=True, now=lambda: next(times)).info("x")
    assert "[0061]" in sink.getvalue()


def test_lines_below_the_level_are_dropped() -> None:
    sink = io.StringIO()
    logger = logger_on(sink, "raw", level=Level.WARNING)
    logger.debug("d")
    logger.info("i")
    logger.warning("w")
    assert sink.getvalue() == "w\n"


@pytest.mark.parametrize(("verbose", "shown"), [(False, ""), (True, "d\n")])
def test_debug_lines_need_verbose(verbose: bool, shown: str) -> None:
    sink = io.StringIO()
    open_log("stderr", "raw", verbose=verbose, stderr=sink).debug("d")
    assert sink.getvalue() == shown


def test_each_line_is_followed_by_what_else_is_on_the_terminal() -> None:
    sink = io.StringIO()
    logger = logger_on(sink, "raw")
    logger.after_line = lambda: sink.write(">") and None
    logger.info("x")
    logger.debug("dropped")
    assert sink.getvalue() == "x\n>"


class BrokenSink(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError("gone")


def test_a_line_that_cannot_be_written_is_lost_quietly() -> None:
    logger = logger_on(BrokenSink())
    logger.error("lost")


def test_a_closed_stream_loses_lines_quietly() -> None:
    sink = io.StringIO()
    sink.close()
    logger_on(sink).error("lost")


def test_a_stream_that_cannot_encode_gets_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    logger = Logger(stream, "raw")
    logger.info("é")
    assert raw.getvalue() == b"\\xe9\n"


def test_log_output_chooses_the_stream() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    open_log("stdout", "raw", stdout=stdout, stderr=stderr).info("a")
    open_log("stderr", "raw", stdout=stdout, stderr=stderr).info("b")
    open_log("none", "raw", stdout=stdout, stderr=stderr).info("c")
    assert (stdout.getvalue(), stderr.getvalue()) == ("a\n", "b\n")


@pytest.mark.parametrize(
    ("setting", "lines"),
    [("", "i\ne\n"), (",level=error", "e\n"), (",level=debug", "i\ne\n"), (",level=fatal", "")],
)
def test_log_file_takes_lines_from_its_level_up(tmp_path: Path, setting: str, lines: str) -> None:
    path = tmp_path / "k6.log"
    logger = open_log(f"file={path}{setting}", "raw", color=True)
    logger.info("i")
    logger.error("e")
    assert path.read_text() == lines
    logger.close()
    logger.close()


def test_log_file_is_appended_to_and_never_coloured(tmp_path: Path) -> None:
    path = tmp_path / "k6.log"
    path.write_text("old\n")
    logger = open_log(f"file={path}", "text", color=True)
    logger.info("new")
    logger.close()
    assert path.read_text().startswith('old\ntime="')


def test_console_output_gets_console_lines_without_the_source(tmp_path: Path) -> None:
    path, stderr = tmp_path / "console.log", io.StringIO()
    logger = open_log("stderr", "json", console_output=str(path), stderr=stderr)
    logger.console(Level.INFO, "from the script")
    logger.console(Level.DEBUG, "hidden")
    logger.info("from k6py")
    logger.close()
    entry = json.loads(path.read_text())
    assert sorted(entry) == ["level", "msg", "time"]
    assert json.loads(stderr.getvalue())["msg"] == "from k6py"


def test_an_unknown_format_means_text() -> None:
    sink = io.StringIO()
    open_log("stderr", "xml", stderr=sink).info("x")
    assert "level=info msg=x" in sink.getvalue()


@pytest.mark.parametrize(
    ("log_output", "text"),
    [
        ("syslog", "unsupported log output 'syslog'"),
        ("file", "error while parsing logfile configuration key `file` with no value"),
        ("file=", "error while parsing logfile configuration key `file` with no value"),
        ("loki=http://127.0.0.1:3100", "log output 'loki' is not available"),
        ("file=/nowhere/x.log", "provided directory '/nowhere' does not exist"),
        ("file=x.log,level=loud", "unknown log level loud"),
        ("file=x.log,size=3", "unknown logfile config key size"),
    ],
)
def test_a_log_output_that_cannot_be_used_is_a_usage_error(log_output: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_log(log_output)
    assert text in caught.value.message


def test_a_console_output_that_cannot_be_opened_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        open_log("none", console_output="/nowhere/console.log")
