"""One threshold: the expression ``method operator number`` and its judgement on a sink.

Grammar as in https://grafana.com/docs/k6/latest/using-k6/thresholds/.  Refuses: knowing which metrics exist
(thresholds.py), time, logging.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from runner.metrics.sinks import CounterSink, GaugeSink, RateSink, Sink, TrendSink, trend_percent

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
}

_EXPRESSION = re.compile(
    r"\s*(?P<method>count|rate|value|avg|min|med|max|p\(\s*(?P<percent>\d+(?:\.\d+)?)\s*\))"
    r"\s*(?P<op>===|==|!=|<=|>=|<|>)"
    r"\s*(?P<value>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*"
)

METHODS_OF_SINK: dict[type[Sink], tuple[str, ...]] = {
    CounterSink: ("count", "rate"),
    GaugeSink: ("value",),
    RateSink: ("rate",),
    TrendSink: ("avg", "min", "max", "med", "p(N)"),
}


@dataclass(slots=True)
class Threshold:
    """A condition on one metric.

    Attributes:
        source: the expression exactly as the script has it.
        method: aggregate without spaces: ``count``, ``rate``, ``value``, ``avg``, ``p(95)``, …
        op: comparison operator.
        value: the number on the right.
        abort_on_fail: whether crossing it ends the test.
        delay_abort_eval_s: seconds after the start before which crossing does not end the test.
        last_failed: what the last judgement said.
    """

    source: str
    method: str
    op: str
    value: float
    abort_on_fail: bool = False
    delay_abort_eval_s: float = 0.0
    last_failed: bool = False

    @property
    def is_percentile(self) -> bool:
        return self.method.startswith("p(")

    def fits(self, sink: Sink) -> bool:
        """Whether the sink's metric type has this method."""
        return ("p(N)" if self.is_percentile else self.method) in METHODS_OF_SINK[type(sink)]

    def evaluate(self, sink: Sink, elapsed_s: float) -> bool:
        """Judge the sink as it is now, remember and return whether the condition holds.

        A rate without samples holds; everything else is 0 without samples.

        Args:
            elapsed_s: seconds since the start of the test, for a counter's rate.
        """
        if isinstance(sink, RateSink) and sink.is_empty():
            self.last_failed = False
        else:
            self.last_failed = not _OPERATORS[self.op](measure(sink, self.method, elapsed_s), self.value)
        return not self.last_failed


def measure(sink: Sink, method: str, elapsed_s: float) -> float:
    """The aggregate that a threshold method names; the method must fit the sink.

    Args:
        elapsed_s: seconds since the start of the test, for a counter's rate.
    """
    if isinstance(sink, TrendSink):
        return sink.stat(method)
    return sink.values(elapsed_s, ())[method]


def parse_threshold(
    source: str, *, abort_on_fail: bool = False, delay_abort_eval_s: float = 0.0
) -> Threshold:
    """Read an expression such as ``p(95) < 200``.

    Raises:
        ValueError: it does not follow the grammar; the message says how it should look.
    """
    match = _EXPRESSION.fullmatch(source)
    if match is None:
        raise ValueError(
            f"malformed threshold expression '{source}': it should look like p(95)<200, "
            "with a method (count, rate, value, avg, min, max, med, p(N)), "
            "an operator (<, <=, >, >=, ==, ===, !=) and a number"
        )
    method = match["method"]
    if match["percent"] is not None:
        method = f"p({match['percent']})"
        trend_percent(method)
    return Threshold(source, method, match["op"], float(match["value"]), abort_on_fail, delay_abort_eval_s)
