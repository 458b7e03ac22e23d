"""How single option values look in ``exec.test.options``, in ``k6py inspect`` and in archives.

Owns the JSON forms of values that are no plain ones; refuses to know options (``k6_form`` puts them together).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.options.durations import format_duration
from runner.options.readers import duration_from_json
from runner.options.values import DnsOptions, Stage, TlsAuth, TlsVersions


def stages_to_k6(stages: Sequence[Stage]) -> list[object]:
    """``[{duration, target}]``."""
    return [
        {
            "duration": None if "duration" in stage.lacks else format_duration(stage.duration_s),
            "target": None if "target" in stage.lacks else stage.target,
        }
        for stage in stages
    ]


def dns_to_k6(dns: DnsOptions) -> dict[str, object]:
    """``{ttl, select, policy}``, null where nothing was set; the ttl as it was written."""
    return {"ttl": dns.ttl, "select": dns.select, "policy": dns.policy}


def tls_versions_to_k6(versions: TlsVersions) -> dict[str, object]:
    """``{min, max}``, empty where there is no limit."""
    return {"min": versions.min or "", "max": versions.max or ""}


def tls_auth_to_k6(certificates: Sequence[TlsAuth]) -> list[object]:
    """``[{cert, key, password, domains}]``."""
    return [
        {
            "cert": one.cert,
            "key": one.key,
            "password": one.password or None,
            "domains": list(one.domains) or None,
        }
        for one in certificates
    ]


def thresholds_to_k6(thresholds: Mapping[str, Sequence[str | Mapping[str, object]]]) -> dict[str, object]:
    """Metric to rules: the expression alone, or an object where the rule may end the test."""
    return {metric: [_rule(rule) for rule in rules] for metric, rules in thresholds.items()}


def _rule(rule: str | Mapping[str, object]) -> object:
    if isinstance(rule, str):
        return rule
    if not rule.get("abortOnFail"):
        return rule["threshold"]
    delay = rule.get("delayAbortEval")
    shown_delay = None if delay is None else format_duration(duration_from_json(delay))
    return {"threshold": rule["threshold"], "abortOnFail": True, "delayAbortEval": shown_delay}
