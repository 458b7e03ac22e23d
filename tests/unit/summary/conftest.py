"""A run made by hand: what a script would have added, without a script."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from runner.metrics import builtin
from runner.metrics.collector import Collector
from runner.metrics.groups import Group
from runner.metrics.metric import Metric, MetricType, ValueType
from runner.metrics.registry import Registry
from runner.metrics.sections import Section, Sections
from runner.metrics.tags import TagSet
from runner.metrics.thresholds import configure_thresholds
from runner.summary.data import SummaryData, summary_data
from runner.summary.sections import SectionData, section_data

TREND_STATS = ("avg", "min", "med", "max", "p(90)", "p(95)")


class FakeRun:
    """Collects what a test feeds it and makes the summary's data from that."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.root_group = Group.root()
        self._collector = Collector(self.registry)
        self._collector.sections = self.sections = Sections()

    def declare(self, name: str, kind: str, contains: str = "default") -> Metric:
        return self.registry.declare(name, MetricType(kind), ValueType(contains))

    def add(self, metric: Metric | builtin.BuiltinMetric, *values: float, **tags: str) -> None:
        if isinstance(metric, builtin.BuiltinMetric):
            metric = self.registry.builtin(metric)
        for value in values:
            self._collector.add(metric, value, TagSet.of(tags), 1.0)

    def check(self, name: str, passed: bool, group: str = "", **further: str) -> None:
        tags = TagSet.of({"group": group, "check": name, **further})
        self._collector.add(self.registry.builtin(builtin.CHECKS), float(passed), tags, 1.0)
        self.root_group.record_check(tags, passed)

    def thresholds(self, option: Mapping[str, object]) -> None:
        """Configure the thresholds; to be judged by ``data``."""
        self._thresholds = configure_thresholds(option, self.registry, parse_duration=float)

    def data(
        self, trend_stats: tuple[str, ...] = TREND_STATS, time_unit: str = "", for_text: bool = True
    ) -> SummaryData:
        if hasattr(self, "_thresholds"):
            self._thresholds.evaluate(2.0)
        return summary_data(
            self.registry.all(),
            self.root_group,
            duration_s=2.0,
            trend_stats=trend_stats,
            time_unit=time_unit,
            for_text=for_text,
        )

    def section_data(self, sections: Mapping[str, Section]) -> list[SectionData]:
        """The data of some of ``sections``."""
        return section_data(sections.values(), duration_s=2.0, trend_stats=TREND_STATS)


@pytest.fixture
def run() -> FakeRun:
    return FakeRun()
