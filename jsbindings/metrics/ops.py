"""k6/metrics: a script's own metrics."""

from __future__ import annotations

from typing import Any

from jsbindings.api import Binding, Thrown, op
from jsbindings.checks import count_check
from runner.metrics.builtin import CHECKS
from runner.metrics.metric import Metric, MetricError, MetricType, ValueType

NOT_IN_INIT = "Adding to metrics in the init context is not supported"


class MetricsBinding(Binding):
    """Metrics by number, in the order in which the script declares them."""

    module = "k6/metrics"

    def __init__(self, vu: Any, shared: None) -> None:
        super().__init__(vu, shared)
        self._metrics: list[Metric] = []

    @op
    def declare(self, type_name: str, name: str, is_time: bool) -> int:
        """Declare a metric, or find the one of this name and kind; its number in this virtual user."""
        if self.vu.phase != "init":
            raise Thrown("metrics must be declared in the init context")
        contains = ValueType.TIME if is_time else ValueType.DEFAULT
        try:
            metric = self.vu.context.collector.registry.declare(name, MetricType(type_name), contains)
        except MetricError as error:
            raise Thrown(error.message) from None
        self._metrics.append(metric)
        return len(self._metrics) - 1

    @op(init_error=NOT_IN_INIT)
    def add(self, number: int, value: float | str, tags: dict[str, str] | None) -> None:
        """Take a sample."""
        metric, sample = self._metrics[number], float(value)
        sample_tags = self.vu.tags.with_tags(tags or {})
        self.vu.emit(metric, sample, sample_tags)
        if metric.name == CHECKS.name:
            count_check(self.vu, sample != 0, sample_tags)

    @op(init_error=NOT_IN_INIT)
    def refuse(self, problem: str) -> bool:
        """Whether a bad value throws; otherwise it is logged."""
        if self.vu.options.throw:
            return True
        self.vu.logger.warning(problem)
        return False
