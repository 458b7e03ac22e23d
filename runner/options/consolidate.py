"""The last step from layers to ``Options``: shortcuts become scenarios, and the whole is checked.

Owns the rules for ``vus``, ``iterations``, ``duration`` and ``stages``, the checks that need the final
values, and the hand-over to ``runner.net``.  Refuses to read layers (``layers``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from runner.errors import OptionsError, UsageError
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
from runner.options.scenario_plan import check_scenarios
from runner.options.scenarios import (
    ConstantVus,
    PerVuIterations,
    RampingVus,
    ScenarioConfig,
    SharedIterations,
)
from runner.options.segments import parse_segment
from runner.options.table import OPTIONS
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
    script: str,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    config_file: str | None = None,
) -> Consolidated:
    """Read all places and merge them: config file < script < environment < flags.

    Args:
        exported: the script's ``options`` as plain values, or None.
        script: the script as given on the command line, for error texts.
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
            script_layer(exported, script),
            environment_layer(environ),
            cli,
        ]
    )


def consolidate(layers: Sequence[Layer]) -> Consolidated:
    """Merge layers, the lowest first, derive the scenarios and check the result.

    Raises:
        OptionsError: contradictory options or scenarios with mistakes.
        UsageError: a trend statistic that does not exist.
    """
    values, warnings = merge(layers)
    for first, second in _CONFLICTS:
        if values.get(first) and values.get(second):
            raise OptionsError(f"using `{first}` and `{second}` options simultaneously is not allowed")
    scenarios = _derive_scenarios(values, warnings)
    check_trend_stats(values.get("summaryTrendStats") or ())
    check_scenarios(scenarios)
    attributes = {
        spec.attribute: values[name]
        for name, spec in OPTIONS.items()
        if spec.attribute and name in values and name != "scenarios"
    }
    _check_segment(values, layers)
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


def _check_segment(values: Mapping[str, Any], layers: Sequence[Layer]) -> None:
    segment, sequence = values.get("executionSegment"), values.get("executionSegmentSequence")
    if segment is None:
        return
    try:
        parse_segment(segment, sequence or "")
    except ValueError as error:
        given_as_flag = any(layer.name == "cli" and "executionSegment" in layer.values for layer in layers)
        raise (UsageError if given_as_flag else OptionsError)(f"invalid execution segment: {error}") from None


def _derive_scenarios(values: Mapping[str, Any], warnings: list[OptionWarning]) -> dict[str, ScenarioConfig]:
    vus = values.get("vus")
    given: dict[str, object] = {} if vus is None else {"vus": vus}
    if values.get("iterations") is not None:
        given["iterations"] = values["iterations"]
        if values.get("duration") is not None:
            given["maxDuration"] = values["duration"]
        return _only(SharedIterations.create(DEFAULT_SCENARIO, given))
    if values.get("duration") is not None:
        given["duration"] = values["duration"]
        return _only(ConstantVus.create(DEFAULT_SCENARIO, given))
    if values.get("stages"):
        start = {} if vus is None else {"startVUs": vus}
        return _only(RampingVus.create(DEFAULT_SCENARIO, {**start, "stages": values["stages"]}))
    if vus is not None:
        if values.get("scenarios"):
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
