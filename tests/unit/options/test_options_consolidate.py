"""Layers and their merging: what wins, what is forgotten, what is refused and with which exit code."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.errors import ExitCode, K6pyError, OptionsError, UsageError
from runner.options.consolidate import Consolidated, network_options, read_options
from runner.options.layers import (
    OptionWarning,
    config_file_layer,
    config_file_outputs,
    default_config_file,
    environment_layer,
    flag_layer,
    script_layer,
)
from runner.options.options import Options
from runner.options.table import OPTIONS, SCRIPT_OPTIONS
from runner.options.values import DnsOptions, TlsAuth

NO_HOME = {"HOME": "/nowhere"}


def read(
    exported: object = None,
    flags: Mapping[str, object] = {},
    environ: Mapping[str, str] = {},
    config_file: str | None = None,
) -> Consolidated:
    return read_options(
        exported=exported,
        functions={"default", "x"},
        script="script.js",
        main="file:///script.js",
        flags=flags,
        environ={**NO_HOME, **environ},
        config_file=config_file,
    )


def default_scenario(consolidated: Consolidated) -> dict[str, object]:
    shown = consolidated.options.scenarios["default"].to_k6()
    return {name: value for name, value in shown.items() if value is not None}


MINE = {"mine": {"executor": "per-vu-iterations", "vus": 1, "iterations": 5}}


@pytest.mark.parametrize(
    ("exported", "scenario"),
    [
        (None, {"executor": "per-vu-iterations"}),
        ({}, {"executor": "per-vu-iterations"}),
        ({"vus": None, "scenarios": None}, {"executor": "per-vu-iterations"}),
        ({"vus": 3}, {"executor": "shared-iterations", "vus": 3, "iterations": 3}),
        ({"iterations": "2", "vus": "2"}, {"executor": "shared-iterations", "vus": 2, "iterations": 2}),
        ({"iterations": 4}, {"executor": "shared-iterations", "iterations": 4}),
        (
            {"iterations": 4, "duration": "90s"},
            {"executor": "shared-iterations", "iterations": 4, "maxDuration": "1m30s"},
        ),
        ({"duration": "2s"}, {"executor": "constant-vus", "duration": "2s"}),
        ({"duration": 2000, "vus": 2}, {"executor": "constant-vus", "duration": "2s", "vus": 2}),
        (
            {"stages": [{"target": 1}, {"duration": "1s", "target": 2}]},
            {"executor": "ramping-vus", "stages": [{"duration": "1s", "target": 2}]},
        ),
        ({"stages": [{"target": 1}], "iterations": 2}, {"executor": "shared-iterations", "iterations": 2}),
    ],
)
def test_shortcuts_become_the_default_scenario(exported: object, scenario: dict[str, object]) -> None:
    consolidated = read(exported)
    assert default_scenario(consolidated) == scenario
    assert consolidated.warnings == []


@pytest.mark.parametrize(
    ("name", "exported"),
    [
        ("scenarios", {"scenarios": {}}),
        ("stages", {"stages": []}),
        ("stages", {"stages": [{"target": 1}]}),
        ("stages", {"stages": [], "vus": 2}),
    ],
)
def test_an_empty_execution_option_is_warned_about(name: str, exported: dict[str, object]) -> None:
    consolidated = read(exported)
    assert default_scenario(consolidated) == {"executor": "per-vu-iterations"}
    assert [w.message for w in consolidated.warnings] == [
        f"`{name}` was explicitly set to an empty value, running the script with 1 iteration in 1 VU"
    ]


@pytest.mark.parametrize(
    ("flags", "environ", "place"),
    [({"iterations": "3"}, {}, "cli"), ({}, {"K6_DURATION": "5s"}, "env")],
)
def test_a_higher_layers_shortcut_replaces_scenarios_with_a_warning(
    flags: dict[str, object], environ: dict[str, str], place: str
) -> None:
    consolidated = read({"scenarios": MINE}, flags, environ)
    assert list(consolidated.options.scenarios) == ["default"]
    assert consolidated.warnings == [
        OptionWarning(f'"{place}" level configuration overrode scenarios configuration entirely')
    ]


def test_vus_alone_replace_scenarios_with_a_warning() -> None:
    consolidated = read({"scenarios": MINE}, {"vus": "2"})
    assert default_scenario(consolidated) == {"executor": "shared-iterations", "vus": 2, "iterations": 2}
    assert [w.message for w in consolidated.warnings] == ["`vus=2` overrides scenarios configuration"]


def test_a_higher_layers_shortcut_forgets_the_lower_ones_but_not_vus() -> None:
    consolidated = read({"vus": 2, "duration": "5s"}, {"iterations": ["4"]})
    assert default_scenario(consolidated) == {"executor": "shared-iterations", "vus": 2, "iterations": 4}


def test_flags_win_over_environment_over_script_over_config_file(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"userAgent": "file", "maxRedirects": 1, "batch": 1, "rps": 0, "unknown": 1}))
    options = read(
        {"userAgent": "script", "maxRedirects": 2, "batch": 2, "tags": {"from": "script", "only": "s"}},
        {"userAgent": "flag", "tags": ["from=flag"]},
        {"K6_USER_AGENT": "env", "K6_MAX_REDIRECTS": "3", "K6_THROW": ""},
        str(file),
    ).options
    assert (options.user_agent, options.max_redirects, options.batch) == ("flag", 3, 2)
    assert options.tags == {"from": "flag"}
    assert options.throw is None


def test_empty_variable_of_a_list_is_an_empty_list() -> None:
    options = read({}, {}, {"K6_SUMMARY_TREND_STATS": "", "K6_SYSTEM_TAGS": "", "K6_VUS": ""}).options
    assert (options.summary_trend_stats, set(options.system_tags)) == ((), set())


def test_unset_options_are_none_and_effective_values_are_k6s_defaults() -> None:
    options = read().options
    assert (options.setup_timeout_s, options.user_agent, options.dns) == (None, None, None)
    assert options.effective_setup_timeout_s == 60.0
    assert options.effective_teardown_timeout_s == 60.0
    assert options.effective_handle_summary_timeout_s == 120.0
    assert options.effective_max_redirects == 10
    assert options.effective_user_agent == "Grafana k6/2.2.0"
    assert options.effective_dns == DnsOptions(300.0, "random", "preferIPv4")
    assert options.summary_trend_stats == ("avg", "min", "med", "max", "p(90)", "p(95)")
    assert "vu" not in options.system_tags and "url" in options.system_tags


def test_set_options_are_effective() -> None:
    options = read(
        {
            "setupTimeout": 1,
            "teardownTimeout": "1m",
            "handleSummaryTimeout": "3s",
            "maxRedirects": 0,
            "userAgent": "",
            "dns": {"ttl": "0"},
        }
    ).options
    assert (options.effective_setup_timeout_s, options.effective_teardown_timeout_s) == (0.001, 60.0)
    assert options.effective_handle_summary_timeout_s == 3.0
    assert (options.effective_max_redirects, options.effective_user_agent) == (0, "")
    assert options.effective_dns == DnsOptions(0.0, "random", "preferIPv4")


def test_unknown_system_tags_are_ignored() -> None:
    assert read({}, {"systemTags": "vu,status,nonsense"}).options.system_tags == ("status", "vu")
    assert read({"systemTags": []}).options.system_tags == ()


def test_unknown_script_options_give_one_warning() -> None:
    consolidated = read({"linger": True, "localIPs": "10.0.0.1", "iteratons": 5, "iterations": 2})
    assert consolidated.warnings == [
        OptionWarning(
            "There were unknown fields in the options exported in the script",
            {"error": 'json: unknown field "iteratons"'},
        )
    ]


def test_names_of_options_are_read_in_any_case_and_the_last_spelling_counts() -> None:
    consolidated = read({"vus": 2, "VUS": 3, "Iterations": 5})
    assert default_scenario(consolidated) == {"executor": "shared-iterations", "vus": 2, "iterations": 5}
    assert consolidated.warnings == []


def test_feature_flags_in_a_script_have_no_effect_and_unknown_ones_are_an_error_that_is_only_logged() -> None:
    consolidated = read({"features": ["x"]}, {"features": ["y,freeze-env"]})
    assert [(warning.message, warning.is_error) for warning in consolidated.warnings] == [
        (
            "Feature flags in script options are not supported; "
            "use --features, K6_FEATURES, or the JSON config",
            False,
        ),
        ("Unknown feature flag", True),
        ("flag --features is not available in this version of k6py and has no effect", False),
    ]
    assert consolidated.options.features == ("freeze-env",)


def test_hosts_have_no_variable() -> None:
    assert read({}, {}, {"K6_HOSTS": '{"a": "10.0.0.1"}'}).options.hosts is None


PREFIX = "could not initialize 'script.js': could not load JS test 'file:///script.js': "
ENDLESS = (
    "`duration` option should be more than 0, for infinite duration use the externally-controlled executor"
)
CONFLICT = "using `iterations` and `scenarios` options simultaneously is not allowed"
PROBLEMS = "There were problems with the specified script configuration:"


@pytest.mark.parametrize(
    ("exported", "message"),
    [
        ({"vus": "many"}, f'{PREFIX}strconv.ParseInt: parsing "many": invalid syntax'),
        ({"vus": 1.5}, f"{PREFIX}vus: 1.5 is not an integer"),
        ({"scenarios": {"a": {"vus": 1}}}, f"{PREFIX}scenario 'a' doesn't have a specified executor type"),
        ({"scenarios": {"a": {"executor": "sprint"}}}, f"{PREFIX}unknown executor type 'sprint'"),
        (5, f"{PREFIX}the script's options must be an object"),
        ({"duration": 0}, ENDLESS),
        ({"duration": "-1s"}, ENDLESS),
        ({"iterations": 1, "scenarios": {}}, CONFLICT),
        (
            {"setupTimeout": 0, "executionSegment": "0:1/3", "executionSegmentSequence": "0,1/2,1", "vus": 0},
            f"{PROBLEMS}\n\t- scenario default has configuration errors: the number of VUs must be more than 0"
            "\n\t- setupTimeout must be positive"
            "\n\t- provided segment 0:1/3 can't be found in sequence 0,1/2,1",
        ),
        (
            {"scenarios": {"a": {"executor": "constant-vus", "exec": "nope"}}},
            f"{PROBLEMS}\n\t- scenario a has configuration errors: the duration is unspecified"
            "\n\t- executor a: function 'nope' not found in exports",
        ),
        (
            {"vus": 2, "duration": "1s", "scenarios": MINE},
            "using `duration` and `scenarios` options simultaneously is not allowed",
        ),
        (
            {"iterations": 2, "scenarios": MINE},
            "using `iterations` and `scenarios` options simultaneously is not allowed",
        ),
        (
            {"duration": "300ms"},
            "There were problems with the specified script configuration:\n\t- scenario default has "
            "configuration errors: the duration must be at least 1s, but is 300ms",
        ),
        (
            {"vus": 0},
            "There were problems with the specified script configuration:\n\t- scenario default has "
            "configuration errors: the number of VUs must be more than 0",
        ),
    ],
)
def test_wrong_script_options_end_with_104(exported: object, message: str) -> None:
    with pytest.raises(OptionsError) as caught:
        read(exported)
    assert caught.value.message == message
    assert caught.value.exit_code == ExitCode.INVALID_CONFIG


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"K6_VUS": "many"}, 'K6_VUS: strconv.ParseInt: parsing "many": invalid syntax'),
    ],
)
def test_wrong_variables_end_with_104(environ: dict[str, str], message: str) -> None:
    with pytest.raises(OptionsError) as caught:
        read({}, {}, environ)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            {"vus": ["many"]},
            'invalid argument "many" for "-u, --vus" flag: strconv.ParseInt: parsing "many": invalid syntax',
        ),
        ({"tags": ["x"]}, "error parsing tag 'x': invalid tag, empty value"),
        ({"dns": ["ttl=soon"]}, "invalid DNS TTL: soon"),
        (
            {"executionSegment": "1:1/2"},
            "segment start(1.00) must be less than its end(0.50)",
        ),
        ({"nonsense": "1"}, "unknown option nonsense"),
    ],
)
def test_wrong_flags_end_with_255(flags: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read({}, flags)
    assert caught.value.message == message
    assert caught.value.exit_code == ExitCode.GENERIC


@pytest.mark.parametrize(
    ("exported", "environ"), [({"dns": {"ttl": "soon"}}, {}), ({}, {"K6_DNS": "ttl=soon"})]
)
def test_a_wrong_dns_ttl_ends_with_255_wherever_it_stands(
    exported: dict[str, object], environ: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match="invalid DNS TTL: soon"):
        read(exported, {}, environ)


@pytest.mark.parametrize(
    ("stat", "message"),
    [
        ("bogus", "invalid trend stat 'bogus', unknown format"),
        (" avg", "invalid trend stat ' avg', unknown format"),
        (" max", "invalid trend stat ' max', unknown format"),
        ("P(90)", "invalid trend stat 'P(90)', unknown format"),
        ("p(x)", "invalid percentile trend stat value 'p(x)', provide a number between 0 and 100"),
        ("p(101)", "invalid percentile trend stat value 'p(101)', provide a number between 0 and 100"),
    ],
)
def test_an_unknown_trend_statistic_ends_with_255(stat: str, message: str) -> None:
    with pytest.raises(K6pyError) as caught:
        read({"summaryTrendStats": ["avg", stat]})
    assert caught.value.message == message
    assert caught.value.exit_code == ExitCode.GENERIC


@pytest.mark.parametrize(
    ("exported", "environ", "flags", "label"),
    [
        ({"httpDebug": "full"}, {}, {}, 'option "httpDebug"'),
        ({}, {"K6_WEB_DASHBOARD": "true"}, {}, "K6_WEB_DASHBOARD"),
        ({}, {}, {"features": "freeze-env"}, "flag --features"),
    ],
)
def test_harmless_options_that_are_not_there_are_warned_about(
    exported: object, environ: dict[str, str], flags: dict[str, object], label: str
) -> None:
    assert [w.message for w in read(exported, flags, environ).warnings] == [
        f"{label} is not available in this version of k6py and has no effect"
    ]


@pytest.mark.parametrize(
    "exported",
    [
        {"paused": False, "rps": 0, "stages": None},
        {"ext": {"loadimpact": {}}, "cloud": {"projectID": 1}, "batch": 5},
    ],
)
def test_options_that_make_no_difference_pass_quietly(exported: object) -> None:
    assert read(exported).warnings == []


def test_programs_may_give_plain_values_as_flags() -> None:
    options = read({}, {"vus": 2, "throw": True, "tags": {"a": "b"}, "blockHostnames": ["*.test"]}).options
    assert options.scenarios["default"].max_vus() == 2
    assert (options.throw, options.tags, options.block_hostnames) == (True, {"a": "b"}, ("*.test",))


def test_a_missing_config_file_is_an_error_only_when_it_was_asked_for() -> None:
    with pytest.raises(OptionsError) as caught:
        config_file_layer("nowhere.json", NO_HOME)
    assert "nowhere.json" in caught.value.message and "\n" not in caught.value.message
    assert config_file_layer(None, NO_HOME).values == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "couldn't parse the configuration from"),
        ("[]", "it holds no JSON object"),
        ('{"vus": "x"}', 'config.json": strconv.ParseInt: parsing "x": invalid syntax'),
    ],
)
def test_a_config_file_that_cannot_be_used_is_an_error(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(text)
    with pytest.raises(OptionsError) as caught:
        config_file_layer(str(file), NO_HOME)
    assert reason in caught.value.message


def test_a_folder_as_config_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OptionsError):
        config_file_layer(str(tmp_path), NO_HOME)


def test_the_default_config_file_follows_the_xdg_rules() -> None:
    assert default_config_file({"HOME": "/h"}) == Path("/h/.config/k6/config.json")
    assert default_config_file({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}) == Path("/x/k6/config.json")


def test_the_default_config_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "k6").mkdir()
    (tmp_path / "k6" / "config.json").write_text('{"vus": 4}')
    assert config_file_layer(None, {"XDG_CONFIG_HOME": str(tmp_path)}).values == {"vus": 4}


def test_the_config_file_may_name_outputs_and_has_no_say_about_the_log(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"out": ["json=a", "csv"], "consoleOutput": "c.log", "VUs": 3}')
    assert config_file_outputs(str(file), NO_HOME) == ["json=a", "csv"]
    assert config_file_layer(str(file), NO_HOME).values == {"vus": 3}
    file.write_text("null")
    assert config_file_outputs(str(file), NO_HOME) == []
    assert config_file_layer(str(file), NO_HOME).values == {}


def test_outputs_that_are_no_list_in_the_config_file_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"out": "json=a"}')
    with pytest.raises(OptionsError, match='out: "json=a" is not a list of strings'):
        config_file_outputs(str(file), NO_HOME)


def test_empty_layers_set_nothing() -> None:
    assert (
        flag_layer({}).values
        == environment_layer({}).values
        == script_layer({}, "s.js", "file:///s.js").values
        == {}
    )


def test_the_table_and_the_options_class_name_the_same_attributes() -> None:
    attributes = {spec.attribute for spec in OPTIONS.values() if spec.attribute}
    assert attributes == set(Options._fields)


def test_no_flag_and_no_variable_is_in_the_table_twice() -> None:
    for column in ("flag", "short", "env"):
        named = [getattr(spec, column) for spec in OPTIONS.values() if getattr(spec, column)]
        assert len(named) == len(set(named))
    assert set(OPTIONS) >= SCRIPT_OPTIONS


def test_network_options_are_plain_values_with_nothing_left_open() -> None:
    options = read(
        {
            "hosts": {"a.test": "10.0.0.1:80"},
            "blacklistIPs": ["10.0.0.0/8"],
            "dns": {"ttl": "inf", "select": "first"},
            "tlsVersion": {"min": "tls1.2"},
            "tlsAuth": [{"cert": "c", "key": "k"}],
            "insecureSkipTLSVerify": True,
        },
        {"localIPs": ["10.0.0.1"]},
    ).options
    assert network_options(options, {"NO_PROXY": "*"}) == {
        "hosts": {"a.test": "10.0.0.1:80"},
        "block_hostnames": (),
        "blacklist_ips": ("10.0.0.0/8",),
        "dns_ttl_s": math.inf,
        "dns_select": "first",
        "dns_policy": "preferIPv4",
        "local_ips": ("10.0.0.1",),
        "insecure_skip_tls_verify": True,
        "tls_min_version": "tls1.2",
        "tls_max_version": None,
        "tls_cipher_suites": (),
        "tls_auth": (TlsAuth("c", "k"),),
        "environ": {"NO_PROXY": "*"},
    }
