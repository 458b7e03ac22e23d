"""Options as exec.test.options, inspect and archives show them, and back."""

from __future__ import annotations

import json

import pytest

from runner.options.consolidate import consolidate
from runner.options.k6_form import final_options_to_k6, known_options, options_to_k6
from runner.options.layers import Layer, flag_layer, script_layer


def shown(**options: object) -> dict[str, object]:
    return options_to_k6(script_layer(options, "s.js", "file:///s.js").values)


def final(**options: object) -> dict[str, object]:
    return final_options_to_k6(consolidate([script_layer(options, "s.js", "file:///s.js")]).options)


def test_what_nobody_set_is_null_but_dns_has_its_fields_and_cloud_is_left_out() -> None:
    options = shown()
    assert options.pop("dns") == {"ttl": None, "select": None, "policy": None}
    assert set(options.values()) == {None}
    assert "cloud" not in options


def test_final_options_have_defaults_for_two_and_shortcuts_as_a_scenario() -> None:
    options = final(vus=3, duration="90s")
    assert options["scenarios"] == {
        "default": {
            "executor": "constant-vus",
            "startTime": None,
            "gracefulStop": None,
            "env": None,
            "exec": None,
            "tags": None,
            "vus": 3,
            "duration": "1m30s",
        }
    }
    assert not {"vus", "duration", "iterations", "stages"} & set(options)
    assert options["summaryTrendStats"] == ["avg", "min", "med", "max", "p(90)", "p(95)"]
    assert options["consoleOutput"] is None
    assert options["setupTimeout"] is None


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("vus", "2", 2),
        ("setupTimeout", 500, "500ms"),
        ("minIterationDuration", "0.5m", "30s"),
        ("stages", [{"duration": 1500, "target": "4"}], [{"duration": "1.5s", "target": 4}]),
        ("dns", {"ttl": "5m"}, {"ttl": "5m", "select": None, "policy": None}),
        ("dns", {"ttl": "inf", "select": "first"}, {"ttl": "inf", "select": "first", "policy": None}),
        ("tlsVersion", "tls1.2", {"min": "tls1.2", "max": "tls1.2"}),
        ("tlsVersion", {"min": "tls1.2"}, {"min": "tls1.2", "max": ""}),
        (
            "tlsAuth",
            [{"cert": "c", "key": "k"}, {"cert": "c", "key": "k", "domains": ["a.example"], "password": "p"}],
            [
                {"cert": "c", "key": "k", "password": None, "domains": None},
                {"cert": "c", "key": "k", "password": "p", "domains": ["a.example"]},
            ],
        ),
        ("thresholds", {"checks": ["rate>0.9"]}, {"checks": ["rate>0.9"]}),
        ("thresholds", {"checks": [{"threshold": "rate>0.9"}]}, {"checks": ["rate>0.9"]}),
        (
            "thresholds",
            {"a": [{"threshold": "count>1", "abortOnFail": True, "delayAbortEval": 1000}]},
            {"a": [{"threshold": "count>1", "abortOnFail": True, "delayAbortEval": "1s"}]},
        ),
        ("systemTags", ["vu", "nonsense", "iter"], ["iter", "vu"]),
        ("blockHostnames", ["*.example"], ["*.example"]),
        ("hosts", {"a.example": "127.0.0.1:80"}, {"a.example": "127.0.0.1:80"}),
        ("systemTags", ["nonsense"], None),
        ("executionSegment", "1/2", "0:1/2"),
        ("tags", {}, {}),
        ("cloud", {"name": "n"}, {"name": "n"}),
        ("ext", {"loadimpact": {"x": 1}}, {"loadimpact": {"x": 1}}),
    ],
)
def test_values_are_shown_in_one_normal_form_that_can_be_read_again(
    name: str, value: object, expected: object
) -> None:
    options = shown(**{name: value})
    assert options[name] == expected
    assert (
        options_to_k6(script_layer(json.loads(json.dumps(options)), "a.tar", "file:///s.js").values)
        == options
    )


def test_local_ips_are_shown_to_scripts_alone() -> None:
    layer = flag_layer({"localIPs": ["10.0.0.1,10.0.0.2-10.0.0.4"]})
    options = final_options_to_k6(consolidate([layer]).options)
    assert options["localIPs"] == "10.0.0.1,10.0.0.2-10.0.0.4"
    assert "localIPs" not in options_to_k6(layer.values)


def test_options_that_are_only_looked_at_need_not_be_available() -> None:
    layer = script_layer({"paused": True, "httpDebug": "full"}, "s.js", "file:///s.js", runs=False)
    assert (options_to_k6(layer.values)["paused"], layer.warnings) == (True, [])


def test_options_of_an_archive_that_this_version_does_not_know_are_left_out() -> None:
    assert known_options({"vus": 2, "rps": None, "fromTheFuture": 1}) == {"vus": 2}


def test_merged_values_keep_shortcuts_apart_from_scenarios() -> None:
    layers = [Layer("script", {"iterations": 4}), Layer("cli", {"vus": 2})]
    options = options_to_k6(consolidate(layers).values)
    assert (options["vus"], options["iterations"], options["scenarios"]) == (2, 4, None)
