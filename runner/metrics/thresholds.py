"""All thresholds of a run: from the ``thresholds`` option onto the metrics, and their joint judgement.

Owns the configuration errors and the sentence about crossed thresholds.  Refuses: timers, logging, exit
codes; the run decides when to evaluate and what follows from it.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from runner.errors import OptionsError
from runner.metrics.json_text import string_text
from runner.metrics.metric import Metric, MetricError
from runner.metrics.registry import Registry, check_metric_name
from runner.metrics.threshold import METHODS_OF_SINK, Threshold, parse_threshold


class ThresholdOutcome(NamedTuple):
    """What one evaluation found.

    Attributes:
        crossed: names of the metrics with a crossed threshold, sorted.
        abort: whether one of them has abortOnFail and its delay is over.
    """

    crossed: tuple[str, ...] = ()
    abort: bool = False

    @property
    def message(self) -> str:
        """What k6 logs: at the end of the run, or at once when it aborts the run; "" if nothing crossed."""
        if not self.crossed:
            return ""
        names = ", ".join(self.crossed)
        if self.abort:
            return (
                f"thresholds on metrics '{names}' were crossed; at least one has abortOnFail enabled, "
                "stopping test prematurely"
            )
        return f"thresholds on metrics '{names}' have been crossed"


class Thresholds:
    """The metrics that have thresholds.

    Args:
        metrics: in any order; those without thresholds are passed over.
    """

    def __init__(self, metrics: Iterable[Metric] = ()) -> None:
        self.metrics = tuple(metric for metric in metrics if metric.thresholds)

    def evaluate(self, elapsed_s: float, *, is_final: bool = True) -> ThresholdOutcome:
        """Judge every threshold on what its metric has now.

        Args:
            elapsed_s: seconds since the start of the test.
            is_final: False while the test runs: metrics without samples are not judged yet, and only such an
                evaluation can ask for an abort.
        """
        crossed: list[str] = []
        abort = False
        for metric in self.metrics:
            if not is_final and metric.sink.is_empty():
                continue
            failed = [rule for rule in metric.thresholds if not rule.evaluate(metric.sink, elapsed_s)]
            metric.tainted = bool(failed)
            if failed:
                crossed.append(metric.name)
                abort = abort or any(_aborts(rule, elapsed_s) for rule in failed)
        return ThresholdOutcome(tuple(sorted(crossed)), abort and not is_final)

    def __bool__(self) -> bool:
        return bool(self.metrics)


def _aborts(threshold: Threshold, elapsed_s: float) -> bool:
    return threshold.abort_on_fail and elapsed_s >= threshold.delay_abort_eval_s


def configure_thresholds(
    option: Mapping[str, object], registry: Registry, *, parse_duration: Callable[[str], float]
) -> Thresholds:
    """Put the ``thresholds`` option onto the metrics; to be called once, after all metrics were declared.

    Args:
        option: ``{metric or sub-metric: ["expr" | {threshold, abortOnFail, delayAbortEval}]}``; an empty list
            only makes the sub-metric.
        parse_duration: seconds of a duration text (a bare number in it is milliseconds); raises ValueError.

    Raises:
        OptionsError: a malformed expression or name, an unknown metric, or a method that the metric's type has
            not; in this order, as in k6.
    """
    try:
        rules = {name: _read_rules(given, parse_duration) for name, given in option.items()}
    except ValueError as error:
        raise OptionsError(str(error)) from error
    for name in option:
        try:
            check_metric_name(name)
        except MetricError as error:
            raise OptionsError(f"unable to validate threshold expressions; reason: {error}") from error
    for name, thresholds in rules.items():
        metric = _find(name, registry)
        for threshold in thresholds:
            _check_method(threshold, metric, name)
        metric.thresholds.extend(thresholds)
        metric.has_threshold_entry = True
    return Thresholds(registry.all())


def _find(name: str, registry: Registry) -> Metric:
    metric: Metric | None = None
    with contextlib.suppress(MetricError):
        metric = registry.submetric(name) if "{" in name else registry.get(name)
    if metric is None:
        raise OptionsError(f'invalid threshold defined on {name}; reason: no metric name "{name}" found')
    return metric


def _check_method(threshold: Threshold, metric: Metric, name: str) -> None:
    if not threshold.fits(metric.sink):
        supported = ", ".join(METHODS_OF_SINK[type(metric.sink)])
        raise OptionsError(
            f"invalid threshold {string_text(threshold.source, escape_html=False)} applied on metric {name}; "
            f"reason: unsupported aggregation method {threshold.family} on metric of type {metric.type}. "
            f"supported aggregation methods for this metric are: {supported}"
        )


def _read_rules(rules: object, parse_duration: Callable[[str], float]) -> list[Threshold]:
    if not isinstance(rules, list | tuple):
        raise ValueError(f"it should be a list of threshold expressions, not {_kind_of(rules)}")
    return [_read_rule(rule, parse_duration) for rule in rules]


def _read_rule(rule: object, parse_duration: Callable[[str], float]) -> Threshold:
    if isinstance(rule, str):
        return parse_threshold(rule)
    if not isinstance(rule, Mapping):
        raise ValueError(f"a threshold should be a text or an object, not {_kind_of(rule)}")
    source = rule.get("threshold")
    if not isinstance(source, str):
        raise ValueError("a threshold object needs its expression as text in 'threshold'")
    abort_on_fail = rule.get("abortOnFail")
    if abort_on_fail is not None and not isinstance(abort_on_fail, bool):
        raise ValueError(f"abortOnFail should be true or false, not {_kind_of(abort_on_fail)}")
    return parse_threshold(
        source,
        abort_on_fail=bool(abort_on_fail),
        delay_abort_eval_s=_read_delay(rule.get("delayAbortEval"), parse_duration),
    )


def _read_delay(delay: object, parse_duration: Callable[[str], float]) -> float:
    if delay is None:
        return 0.0
    if isinstance(delay, bool) or not isinstance(delay, str | int | float):
        raise ValueError(f"delayAbortEval should be a duration like '10s', not {_kind_of(delay)}")
    return parse_duration(str(delay)) if delay != "" else 0.0


def _kind_of(value: object) -> str:
    names = {str: "a text", bool: "true or false", type(None): "null", dict: "an object", list: "a list"}
    return names.get(type(value), "a number")
