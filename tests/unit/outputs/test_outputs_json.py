from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.metrics.builtin import CHECKS, HTTP_REQ_DURATION
from runner.metrics.collector import Sample
from runner.metrics.metric import MetricType, ValueType
from runner.metrics.registry import Registry
from runner.metrics.tags import EMPTY_TAGS, TagSet
from runner.outputs import json as json_module
from runner.outputs.api import OutputError, RunSettings
from runner.outputs.json import JsonOutput

NOON_S = 1795348800.0
TAGS = TagSet.of({"scenario": "default", "group": ""})


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def written(samples: list[Sample], settings: RunSettings | None = None) -> list[str]:
    stream = io.StringIO()
    output = JsonOutput("-", settings=settings, stdout=stream)
    output.start()
    output.add_samples(samples)
    output.stop(None)
    return stream.getvalue().splitlines()


def written_time(time_s: float) -> str:
    line = written([Sample(Registry().builtin(CHECKS), time_s, 1, TAGS)])[1]
    return str(json.loads(line)["data"]["time"])


def test_metric_line_comes_before_its_first_sample_and_only_once(registry: Registry) -> None:
    metric = registry.builtin(CHECKS)
    lines = written([Sample(metric, NOON_S, 1, TAGS), Sample(metric, NOON_S, 0, TAGS)])
    assert lines[0] == (
        '{"type":"Metric","data":{"name":"checks","type":"rate","contains":"default","thresholds":[],'
        '"submetrics":null},"metric":"checks"}'
    )
    assert [json.loads(line)["type"] for line in lines] == ["Metric", "Point", "Point"]


def test_metric_line_lists_thresholds_and_submetrics(registry: Registry) -> None:
    metric = registry.declare("my_counter", MetricType.COUNTER)
    registry.submetric("my_counter{a:b}")
    aborting = {"threshold": "count<9", "abortOnFail": True, "delayAbortEval": None}
    settings = RunSettings(thresholds={"my_counter": ["count>0", aborting], "my_counter{a:b}": ["count>1"]})
    assert written([Sample(metric, NOON_S, 1, TAGS)], settings)[0] == (
        '{"type":"Metric","data":{"name":"my_counter","type":"counter","contains":"default",'
        '"thresholds":["count>0",{"threshold":"count<9","abortOnFail":true,"delayAbortEval":null}],'
        '"submetrics":[{"name":"my_counter{a:b}","suffix":"a:b","tags":{"a":"b"}}]},"metric":"my_counter"}'
    )


def test_sample_line_has_the_keys_and_order_of_k6(registry: Registry, in_zone: pytest.MonkeyPatch) -> None:
    in_zone.setenv("TZ", "UTC")
    time.tzset()
    metric = registry.declare("my_trend", MetricType.TREND, ValueType.TIME)
    sample = Sample(metric, NOON_S + 0.25, 1e9, TAGS.with_tag("url", "http://h/?a=1&b=<2>"))
    assert written([sample])[1] == (
        '{"metric":"my_trend","type":"Point","data":{"time":"2026-11-22T12:00:00.25Z","value":1000000000,'
        '"tags":{"group":"","scenario":"default","url":"http://h/?a=1&b=<2>"}}}'
    )


def test_metadata_is_written_only_when_there_is_any(registry: Registry) -> None:
    metric = registry.builtin(CHECKS)
    lines = written(
        [Sample(metric, NOON_S, 1, EMPTY_TAGS, {"vu": "1", "iter": "0"}), Sample(metric, NOON_S, 1, TAGS, {})]
    )
    assert lines[1].endswith('"tags":{},"metadata":{"iter":"0","vu":"1"}}}')
    assert "metadata" not in lines[2]


@pytest.mark.parametrize(
    ("zone", "offset_s", "expected"),
    [
        ("UTC", 0.0, "2026-11-22T12:00:00Z"),
        ("UTC", 0.123456, "2026-11-22T12:00:00.123456Z"),
        ("UTC", 0.1, "2026-11-22T12:00:00.1Z"),
        ("UTC", 0.9999999, "2026-11-22T12:00:01Z"),
        ("EST5", 0.0, "2026-11-22T07:00:00-05:00"),
        ("IST-5:30", 0.0, "2026-11-22T17:30:00+05:30"),
    ],
)
def test_time_is_rfc_3339_in_the_local_zone(
    in_zone: pytest.MonkeyPatch, zone: str, offset_s: float, expected: str
) -> None:
    in_zone.setenv("TZ", zone)
    time.tzset()
    assert written_time(NOON_S + offset_s) == expected


@pytest.mark.parametrize(("value", "name"), [("inf", "+Inf"), ("-inf", "-Inf"), ("nan", "NaN")])
def test_value_that_is_no_number_is_left_out_with_one_error_per_batch(
    registry: Registry, value: str, name: str
) -> None:
    metric = registry.builtin(CHECKS)
    told: list[tuple[str, dict[str, object]]] = []
    settings = RunSettings(lambda message, **fields: told.append((message, fields)))
    bad, other = (Sample(metric, NOON_S, float(text), TAGS) for text in (value, "inf"))
    lines = written([bad, other, Sample(metric, NOON_S, 2, TAGS)], settings)
    assert [json.loads(line)["type"] for line in lines] == ["Metric", "Point"]
    fields = {"error": f"json: unsupported value: {name}", "failed": 2, "filename": "", "output": "json"}
    assert told == [("Sample(s) couldn't be marshalled to JSON", fields)]


def test_file_holds_what_was_added_even_before_stop(registry: Registry, tmp_path: Path) -> None:
    target = tmp_path / "samples.json"
    output = JsonOutput(str(target))
    output.start()
    output.add_samples([Sample(registry.builtin(CHECKS), NOON_S, 1, TAGS)])
    assert len(target.read_text().splitlines()) == 2
    output.stop(None)
    output.stop(None)
    assert output.description() == f"json ({target})"


def test_gz_file_is_compressed(registry: Registry, tmp_path: Path) -> None:
    target = tmp_path / "samples.json.gz"
    output = JsonOutput(str(target))
    output.start()
    output.add_samples([Sample(registry.builtin(HTTP_REQ_DURATION), NOON_S, 1.5, TAGS)])
    output.stop(None)
    with gzip.open(target, "rt") as lines:
        metric, point = map(json.loads, lines)
    assert metric["data"]["submetrics"][0]["suffix"] == "expected_response:true"
    assert point["data"]["value"] == 1.5


@pytest.mark.parametrize("target", ["", "-"])
def test_no_target_means_standard_output(
    registry: Registry, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    output = JsonOutput(target)
    output.start()
    output.add_samples([Sample(registry.builtin(CHECKS), NOON_S, 1, TAGS)])
    output.stop(None)
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert output.description() == "json(stdout)"


def test_remembered_tag_texts_stay_right_when_their_memory_overflows(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_module, "TAGS_MAX", 2)
    metric = registry.builtin(CHECKS)
    lines = written([Sample(metric, NOON_S, 1, TAGS.with_tag("n", str(n % 4))) for n in range(8)])
    assert [json.loads(line)["data"]["tags"]["n"] for line in lines[1:]] == list("01230123")


def test_file_that_cannot_be_opened_is_an_output_error(tmp_path: Path) -> None:
    output = JsonOutput(str(tmp_path / "missing" / "samples.json"))
    with pytest.raises(OutputError, match=r"^open .*samples.json: no such file or directory$"):
        output.start()


class FullDisk(io.StringIO):
    """A stream on which every write fails."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_full_disk_is_an_output_error_and_later_samples_are_ignored(registry: Registry) -> None:
    output = JsonOutput("-", stdout=FullDisk())
    output.start()
    sample = Sample(registry.builtin(CHECKS), NOON_S, 1, TAGS)
    with pytest.raises(OutputError, match="output json cannot write to stdout: No space left on device"):
        output.add_samples([sample])
    output.add_samples([sample])
    output.stop("disk full")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_device_is_an_output_error_once(registry: Registry) -> None:
    output = JsonOutput("/dev/full")
    output.start()
    with pytest.raises(OutputError, match="cannot write to /dev/full: No space left on device"):
        output.add_samples([Sample(registry.builtin(CHECKS), NOON_S, 1, TAGS)])
    output.stop(None)


class FailsWhenFlushed(io.StringIO):
    """A stream that takes everything and then cannot pass it on."""

    is_broken = False

    def flush(self) -> None:
        if self.is_broken:
            raise OSError(32, "Broken pipe")


def test_failure_at_the_end_is_an_output_error() -> None:
    stream = FailsWhenFlushed()
    output = JsonOutput("-", stdout=stream)
    output.start()
    stream.is_broken = True
    with pytest.raises(OutputError, match="Broken pipe"):
        output.stop(None)
    stream.is_broken = False


def test_closed_standard_output_is_an_output_error(registry: Registry) -> None:
    stream = io.StringIO()
    output = JsonOutput("-", stdout=stream)
    output.start()
    stream.close()
    with pytest.raises(OutputError, match="closed file"):
        output.add_samples([Sample(registry.builtin(CHECKS), NOON_S, 1, TAGS)])
