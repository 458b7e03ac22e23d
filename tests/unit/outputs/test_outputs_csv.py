from __future__ import annotations

import csv
import gzip
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.metrics.builtin import CHECKS, ITERATIONS
from runner.metrics.collector import Sample
from runner.metrics.metric import MetricType
from runner.metrics.registry import Registry
from runner.metrics.tags import EMPTY_TAGS, TagSet
from runner.options.durations import parse_duration
from runner.outputs import csv as csv_module
from runner.outputs.api import OutputError, RunSettings
from runner.outputs.csv import CsvOutput, CsvSettings

NOON_S = 1795348800.0
TAGS = TagSet.of({"scenario": "default", "group": ""})
COLUMNS = ("scenario", "vu", "group", "url", "iter")
CHECK = Registry().builtin(CHECKS)


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def written(*samples: Sample, time_format: str = "unix") -> list[str]:
    stream = io.StringIO()
    output = CsvOutput(CsvSettings("-", time_format=time_format), COLUMNS, stdout=stream)
    output.start()
    output.add_samples(samples)
    output.stop(None)
    assert stream.getvalue().endswith("\n")
    return stream.getvalue().split("\n")[:-1]


def settings(**environ: str) -> RunSettings:
    return RunSettings(environ=environ, parse_duration=parse_duration)


def test_header_names_the_system_tags_in_order_without_those_that_are_metadata() -> None:
    assert written() == ["metric_name,timestamp,metric_value,group,scenario,url,extra_tags,metadata"]


def test_sample_line_is_as_k6_writes_it() -> None:
    tags = TAGS.with_tags({"url": "http://h/", "b": "2", "a": "1"})
    metric = Registry().declare("my_trend", MetricType.TREND)
    sample = Sample(metric, NOON_S + 0.25, 1.5, tags, {"vu": "1", "iter": "0"})
    assert written(sample)[1] == "my_trend,1795348800,1.500000,,default,http://h/,a=1&b=2,iter=0&vu=1"


def test_sample_without_tags_has_empty_columns() -> None:
    assert written(Sample(CHECK, NOON_S, 1, EMPTY_TAGS))[1] == "checks,1795348800,1.000000,,,,,"


@pytest.mark.parametrize(
    ("time_format", "expected"),
    [
        ("unix", "1795348800"),
        ("unix_milli", "1795348800123"),
        ("unix_micro", "1795348800123450"),
        ("unix_nano", "1795348800123450000"),
        ("rfc3339", "2026-11-22T17:30:00+05:30"),
        ("rfc3339_nano", "2026-11-22T17:30:00.12345+05:30"),
    ],
)
def test_time_formats(in_zone: pytest.MonkeyPatch, time_format: str, expected: str) -> None:
    in_zone.setenv("TZ", "IST-5:30")
    time.tzset()
    line = written(Sample(CHECK, NOON_S + 0.12345, 1, TAGS), time_format=time_format)[1]
    assert line.split(",")[1] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0.000000"),
        (-0.5, "-0.500000"),
        (1e-7, "0.000000"),
        (123456789.987654321, "123456789.987654"),
        (1e21, "1000000000000000000000.000000"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
    ],
)
def test_values_have_six_decimals(value: float, expected: str) -> None:
    assert written(Sample(CHECK, NOON_S, value, TAGS))[1].split(",")[2] == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("a b", "a b"),
        ("a,b", '"a,b"'),
        ('say "hi"', '"say ""hi"""'),
        (" front", '" front"'),
        ("end ", "end "),
        ("\\.", '"\\."'),
        ("ü✓", "ü✓"),
    ],
)
def test_fields_are_quoted_where_a_reader_needs_it(url: str, expected: str) -> None:
    line = written(Sample(CHECK, NOON_S, 1, TAGS.with_tag("url", url)))[1]
    assert line == f"checks,1795348800,1.000000,,default,{expected},,"


def test_any_text_comes_back_from_a_csv_reader() -> None:
    names = ["plain", "two\nlines", 'a,"b"', "\r\n", " \t", "=&"]
    lines = "\n".join(written(*(Sample(CHECK, NOON_S, 1, TAGS.with_tag("my", name)) for name in names)))
    rows = list(csv.DictReader(io.StringIO(lines, newline="")))
    assert [row["extra_tags"] for row in rows] == [f"my={name}" for name in names]


def test_remembered_tag_texts_stay_right_when_their_memory_overflows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_module, "TAGS_MAX", 2)
    lines = written(*(Sample(CHECK, NOON_S, 1, TAGS.with_tag("url", str(n % 4))) for n in range(8)))
    assert [line.split(",")[5] for line in lines[1:]] == list("01230123")


# ---- settings


@pytest.mark.parametrize(
    ("argument", "environ", "expected"),
    [
        ("", {}, CsvSettings("file.csv", 1.0, "unix")),
        ("a.csv", {}, CsvSettings("a.csv")),
        ("", {"K6_CSV_FILENAME": "b.csv"}, CsvSettings("b.csv")),
        ("a.csv", {"K6_CSV_FILENAME": "b.csv"}, CsvSettings("a.csv")),
        ("", {"K6_CSV_SAVE_INTERVAL": "250ms"}, CsvSettings(save_interval_s=0.25)),
        ("a.csv", {"K6_CSV_TIME_FORMAT": "rfc3339"}, CsvSettings("a.csv", 1.0, "rfc3339")),
        ("timeFormat=unix", {"K6_CSV_TIME_FORMAT": "rfc3339"}, CsvSettings()),
        ("timeFormat=Unix_Nano", {}, CsvSettings(time_format="unix_nano")),
        ("", {"K6_CSV_TIME_FORMAT": "RFC3339"}, CsvSettings(time_format="rfc3339")),
        ("fileName=a.csv.gz,saveInterval=5s,timeFormat=unix_nano", {}, CsvSettings("a.csv.gz", 5.0, "unix_nano")),
        ("", {"K6_CSV_FILENAME": "", "K6_CSV_TIME_FORMAT": ""}, CsvSettings()),
    ],
)  # fmt: skip
def test_settings_come_from_the_argument_then_from_the_environment(
    argument: str, environ: dict[str, str], expected: CsvSettings
) -> None:
    assert CsvSettings.read(argument, settings(**environ)) == expected


@pytest.mark.parametrize(
    ("argument", "environ", "text"),
    [
        ("timeFormat=iso", {}, "iso does not belong to TimeFormat values"),
        ("", {"K6_CSV_TIME_FORMAT": "iso"}, "K6_CSV_TIME_FORMAT: iso does not belong to TimeFormat values"),
        ("", {"K6_CSV_SAVE_INTERVAL": "soon"}, "K6_CSV_SAVE_INTERVAL: "),
        ("a=b.csv", {}, 'unknown key "a" as argument for csv output'),
        ("FileName=b.csv", {}, 'unknown key "FileName" as argument for csv output'),
        ("fileName=a.csv,b", {}, 'couldn\'t parse "fileName=a.csv,b" as argument for csv output'),
        ("fileName=", {}, 'couldn\'t parse "fileName=" as argument for csv output'),
    ],
)
def test_settings_that_cannot_be_used_are_refused(argument: str, environ: dict[str, str], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        CsvSettings.read(argument, settings(**environ))
    assert caught.value.message.startswith(f"could not create the 'csv' output: {text}")


# ---- files


def test_samples_are_in_the_file_after_the_save_interval_and_at_the_end(tmp_path: Path) -> None:
    target, now_s = tmp_path / "samples.csv", [0.0]
    output = CsvOutput(CsvSettings(str(target), save_interval_s=10), now=lambda: now_s[0])
    output.start()
    counts = [len(target.read_text().splitlines())]
    for now_s[0] in (0.2, 0.4, 9.0, 10.2, 10.4):
        output.add_samples([Sample(CHECK, NOON_S, 1, TAGS)])
        counts.append(len(target.read_text().splitlines()))
    output.stop(None)
    output.stop(None)
    counts.append(len(target.read_text().splitlines()))
    assert counts == [0, 2, 2, 2, 5, 5, 6]


def test_gz_file_is_compressed(tmp_path: Path) -> None:
    target = tmp_path / "samples.csv.gz"
    output = CsvOutput(CsvSettings(str(target)))
    output.start()
    output.add_samples([Sample(Registry().builtin(ITERATIONS), NOON_S, 1, TAGS)])
    output.stop(None)
    with gzip.open(target, "rt") as lines:
        assert [line.partition(",")[0] for line in lines] == ["metric_name", "iterations"]


def test_file_that_cannot_be_opened_is_an_output_error(tmp_path: Path) -> None:
    output = CsvOutput(CsvSettings(str(tmp_path / "missing" / "a.csv")))
    with pytest.raises(
        OutputError, match=r"could not create the 'csv' output: open .*: no such file or directory"
    ):
        output.start()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_is_an_output_error_once_and_not_at_the_start() -> None:
    output = CsvOutput(CsvSettings("/dev/full"))
    output.start()
    with pytest.raises(OutputError, match="output csv cannot write to /dev/full: No space left on device"):
        output.add_samples([Sample(CHECK, NOON_S, 1, TAGS)])
    output.add_samples([Sample(CHECK, NOON_S, 1, TAGS)])
    output.stop(None)


@pytest.mark.parametrize("target", ["", "-"])
def test_no_file_name_means_standard_output(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    output = CsvOutput(CsvSettings(target))
    output.start()
    output.stop(None)
    assert capsys.readouterr().out.startswith("metric_name,")
    assert output.description() == "csv (stdout)"
