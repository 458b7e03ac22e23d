"""The last step from layers to ``Options``: shortcuts become scenarios, and the whole is checked.

Owns the rules for ``vus``, ``iterations``, ``duration`` and ``stages``, the checks that need the final
values, and the hand-over to ``runner.net``.  Refuses to read layers (``layers``).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from runner.errors import OptionsError
from runner.options.layers import (
    Layer,
    OptionWarning,
    config_file_layer,
    environment_layer,
    flag_layer,
    merge,
    script_layer,
)
from runner.options.options import DEFAULT_SYSTEM_TAGS, DEFAULT_TREND_STATS, SYSTEM_TAGS, Options
from runner.options.scenario_plan import (
    configuration_problems,
    missing_functions,
    scenario_problems,
)
from runner.options.scenarios import (
    ConstantVus,
    PerVuIterations,
    RampingVus,
    ScenarioConfig,
    SharedIterations,
)
from runner.options.segments import parse_segment
from runner.options.table import OPTIONS
from runner.options.values import Stage
from runner.summary.trend_stats import check_trend_stats

DEFAULT_SCENARIO = "default"

_CONFLICTS = (
    ("iterations", "stages"),
    ("iterations", "scenarios"),
    ("duration", "stages"),
    ("duration", "scenarios"),
    ("stages", "scenarios"),
)


class Consolidated(NamedTuple):
    """The options of a test, and what to log about them.

    Args:
        values: typed values by k6 option name as they were merged, shortcuts not folded into scenarios.
    """

    options: Options
    warnings: Sequence[OptionWarning]
    values: Mapping[str, Any]


def read_options(
    *,
    exported: object,
    functions: Collection[str] | None,
    script: str,
    main: str,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    config_file: str | None = None,
) -> Consolidated:
    """Read all places and merge them: config file < script < environment < flags.

    Args:
        exported: the script's ``options`` as plain values, or None.
        functions: names of the functions that the script exports; None when they do not matter.
        script: the script as given on the command line, for error texts.
        main: its URL, for the same.
        flags: see ``flag_layer``.
        environ: the process environment.
        config_file: the ``--config`` file, or None for the default one.

    Raises:
        OptionsError: exit code 104, with k6's text.
        UsageError: exit code 255, for flags and for statistics that do not exist.
    """
    cli = flag_layer(flags)
    return consolidate(
        [
            config_file_layer(config_file, environ),
            script_layer(exported, script, main),
            environment_layer(environ),
            cli,
        ],
        functions,
    )


def consolidate(layers: Sequence[Layer], functions: Collection[str] | None = None) -> Consolidated:
    """Merge layers, the lowest first, derive the scenarios and check the result.

    Args:
        functions: see ``read_options``.

    Raises:
        OptionsError: contradictory options or scenarios with mistakes.
        UsageError: a trend statistic that does not exist.
    """
    values, warnings = merge(layers)
    shortcuts = {**values, "stages": _timed_stages(values) or None}
    for first, second in _CONFLICTS:
        if shortcuts.get(first) is not None and shortcuts.get(second) is not None:
            raise OptionsError(f"using `{first}` and `{second}` options simultaneously is not allowed")
    scenarios = _derive_scenarios(values, warnings)
    check_trend_stats(values.get("summaryTrendStats") or ())
    problems = _problems(values, scenarios)
    if functions is not None:
        problems += missing_functions(scenarios, functions)
    if problems:
        raise configuration_problems(problems)
    attributes = {
        spec.attribute: values[name]
        for name, spec in OPTIONS.items()
        if spec.attribute and name in values and name != "scenarios"
    }
    if attributes.get("summary_trend_stats") is None:
        attributes["summary_trend_stats"] = DEFAULT_TREND_STATS
    named = values.get("systemTags")
    attributes["system_tags"] = DEFAULT_SYSTEM_TAGS if named is None else _known_tags(named)
    merged = {
        **values,
        "summaryTrendStats": attributes["summary_trend_stats"],
        "systemTags": attributes["system_tags"],
    }
    return Consolidated(Options(scenarios=scenarios, **attributes), warnings, merged)


def _problems(values: Mapping[str, Any], scenarios: Mapping[str, ScenarioConfig]) -> list[str]:
    problems = scenario_problems(scenarios)
    setup_timeout_s = values.get("setupTimeout")
    if setup_timeout_s is not None and setup_timeout_s <= 0:
        problems.append("setupTimeout must be positive")
    try:
        parse_segment(values.get("executionSegment", ""), values.get("executionSegmentSequence", ""))
    except ValueError as error:
        problems.append(str(error))
    return problems


def _timed_stages(values: Mapping[str, Any]) -> list[Stage]:
    """The shortcut's stages that have a duration: k6 does as if the others were not there."""
    return [stage for stage in values.get("stages") or () if "duration" not in stage.lacks]


def _derive_scenarios(values: Mapping[str, Any], warnings: list[OptionWarning]) -> dict[str, ScenarioConfig]:
    vus = values.get("vus")
    given: dict[str, object] = {} if vus is None else {"vus": vus}
    if values.get("iterations") is not None:
        given["iterations"] = values["iterations"]
        if values.get("duration") is not None:
            given["maxDuration"] = values["duration"]
        return _only(SharedIterations.create(DEFAULT_SCENARIO, given))
    if values.get("duration") is not None:
        if values["duration"] <= 0:
            raise OptionsError(
                "`duration` option should be more than 0, "
                "for infinite duration use the externally-controlled executor"
            )
        given["duration"] = values["duration"]
        return _only(ConstantVus.create(DEFAULT_SCENARIO, given))
    if _timed_stages(values):
        start = {} if vus is None else {"startVUs": vus}
        stages = tuple(_timed_stages(values))
        return _only(RampingVus.create(DEFAULT_SCENARIO, {**start, "stages": stages}))
    if vus is not None and "stages" not in values:
        if "scenarios" in values:
            warnings.append(OptionWarning(f"`vus={vus}` overrides scenarios configuration"))
        return _only(SharedIterations.create(DEFAULT_SCENARIO, {"vus": vus, "iterations": vus}))
    if values.get("scenarios"):
        scenarios: dict[str, ScenarioConfig] = values["scenarios"]
        return scenarios
    warnings += [_empty_warning(name) for name in ("stages", "scenarios") if name in values]
    return _only(PerVuIterations.create(DEFAULT_SCENARIO, {}))


def _only(scenario: ScenarioConfig) -> dict[str, ScenarioConfig]:
    return {scenario.name: scenario}


def _empty_warning(name: str) -> OptionWarning:
    return OptionWarning(
        f"`{name}` was explicitly set to an empty value, running the script with 1 iteration in 1 VU"
    )


def _known_tags(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(SYSTEM_TAGS.intersection(names)))


def network_options(options: Options, environ: Mapping[str, str]) -> dict[str, Any]:
    """The plain values that ``runner.net.dial.NetworkOptions`` is made of, by its field names.

    Args:
        options: the options of the test.
        environ: the process environment, for proxies.
    """
    dns = options.effective_dns
    versions = options.tls_version
    return {
        "hosts": options.hosts or {},
        "block_hostnames": options.block_hostnames or (),
        "blacklist_ips": options.blacklist_ips or (),
        "dns_ttl_s": dns.ttl_s,
        "dns_select": dns.select,
        "dns_policy": dns.policy,
        "local_ips": options.local_ips or (),
        "insecure_skip_tls_verify": bool(options.insecure_skip_tls_verify),
        "tls_min_version": versions.min if versions else None,
        "tls_max_version": versions.max if versions else None,
        "tls_cipher_suites": options.tls_cipher_suites or (),
        "tls_auth": options.tls_auth or (),
        "environ": environ,
    }
