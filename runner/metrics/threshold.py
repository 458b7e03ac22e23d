"""One threshold: the expression ``method operator number`` and its judgement on a sink.

Grammar as in https://grafana.com/docs/k6/latest/using-k6/thresholds/.  Refuses: knowing which metrics exist
(thresholds.py), time, logging.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from runner.metrics.go_float import parse_go_float
from runner.metrics.json_text import string_text
from runner.metrics.sinks import CounterSink, GaugeSink, RateSink, Sink, TrendSink

# In the order in which k6 looks for them: the first that an expression has splits it.
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    ">": operator.gt,
    "===": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}

_NAMED_METHODS = frozenset({"count", "rate", "value", "avg", "min", "med", "max"})

# Percentiles written so are part of the summary; of others k6 shows no figure.
_SHOWN_PERCENTILE = re.compile(r"p\(\d+(?:\.\d+)?\)", re.ASCII)

METHODS_OF_SINK: dict[type[Sink], tuple[str, ...]] = {
    CounterSink: ("count", "rate"),
    GaugeSink: ("value",),
    RateSink: ("rate",),
    TrendSink: ("avg", "min", "max", "med", "p"),
}


class Threshold:
    """A condition on one metric.

    Args:
        source: the expression exactly as the script has it.
        method: the aggregate: ``count``, ``rate``, ``value``, ``avg``, ``p(95)``, …
        op: comparison operator.
        value: the number on the right.
        abort_on_fail: whether crossing it ends the test.
        delay_abort_eval_s: seconds after the start before which crossing does not end the test.

    Attributes:
        last_failed: what the last judgement said.
    """

    __slots__ = ("abort_on_fail", "delay_abort_eval_s", "last_failed", "method", "op", "source", "value")

    def __init__(
        self,
        source: str,
        method: str,
        op: str,
        value: float,
        abort_on_fail: bool = False,
        delay_abort_eval_s: float = 0.0,
    ) -> None:
        self.source = source
        self.method = method
        self.op = op
        self.value = value
        self.abort_on_fail = abort_on_fail
        self.delay_abort_eval_s = delay_abort_eval_s
        self.last_failed = False

    @property
    def is_shown_percentile(self) -> bool:
        """Whether it names a percentile whose figure the summary shows."""
        return _SHOWN_PERCENTILE.fullmatch(self.method) is not None

    @property
    def family(self) -> str:
        """The method without the number of a percentile: ``p`` for ``p(95)``."""
        return self.method.partition("(")[0]

    def fits(self, sink: Sink) -> bool:
        """Whether the sink's metric type has this method."""
        return self.family in METHODS_OF_SINK[type(sink)]

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
        ValueError: it does not follow the grammar; the message is k6's, a misspelling in it included.
    """
    shown = string_text(source, escape_html=False)
    op = next((op for op in _OPERATORS if op in source), "")
    left, _, right = (part.strip() for part in source.partition(op or "\0"))
    if not right:
        raise ValueError(
            f"failed parsing threshold expression {shown}; reason: malformed threshold expression"
        )
    try:
        _check_method(left)
    except ValueError as error:
        raise ValueError(
            f"failed parsing threshold expression's {shown} left hand side; reason: {error}"
        ) from None
    try:
        value = parse_go_float(right)
    except ValueError as error:
        raise ValueError(
            f"failed parsing threshold expresion's {shown} right hand side; reason: {error}"
        ) from None
    return Threshold(source, left, op, value, abort_on_fail, delay_abort_eval_s)


def _check_method(method: str) -> None:
    if method in _NAMED_METHODS:
        return
    if not (method.startswith("p(") and method.endswith(")")):
        raise ValueError("failed parsing method from expression")
    try:
        percent = parse_go_float(method[2:-1])
    except ValueError as error:
        raise ValueError(f"malformed percentile value; reason: {error}") from None
    if not 0 <= percent <= 100:
        raise ValueError("malformed percentile value, provide a number between 0 and 100")
