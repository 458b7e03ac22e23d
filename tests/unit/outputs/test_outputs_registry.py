from __future__ import annotations

import pytest

from runner.errors import ExitCode, UsageError
from runner.outputs.registry import create_output


@pytest.mark.parametrize(
    ("spec", "description"),
    [
        ("json", "json(stdout)"),
        ("json=-", "json(stdout)"),
        ("json=samples.json", "json (samples.json)"),
        ("json=a=b.json.gz", "json (a=b.json.gz)"),
        ("csv", "csv (file.csv)"),
        ("csv=", "csv (file.csv)"),
        ("csv=-", "csv (stdout)"),
        ("csv=samples.csv.gz", "csv (samples.csv.gz)"),
        ("csv=fileName=samples.csv,timeFormat=rfc3339,saveInterval=2", "csv (samples.csv)"),
    ],
)
def test_spec_makes_the_output(spec: str, description: str) -> None:
    assert create_output(spec).description() == description


@pytest.mark.parametrize("spec", ["statsd", "cloud", "influxdb=http://127.0.0.1:1/db"])
def test_output_of_k6_that_is_not_here_is_named(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        create_output(spec)
    kind = spec.partition("=")[0]
    assert caught.value.message == (
        f"output type '{kind}' is not available in this version of k6py; available: csv, json"
    )
    assert caught.value.exit_code == ExitCode.GENERIC


@pytest.mark.parametrize("spec", ["", "bogus", "JSON", "bogus=json"])
def test_unknown_output_is_refused_in_the_words_of_k6(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        create_output(spec)
    kind = spec.partition("=")[0]
    assert caught.value.message == f"invalid output type '{kind}', available types are: csv, json"
