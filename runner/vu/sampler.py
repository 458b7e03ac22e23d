"""How a virtual user takes samples: its tags, its group, and what else goes with a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from runner.metrics.builtin import GROUP_DURATION, BuiltinMetric
from runner.metrics.collector import Tally
from runner.metrics.groups import Group
from runner.metrics.metric import Metric
from runner.metrics.tags import EMPTY_TAGS, TagSet
from runner.options.options import Options
from runner.vu.context import TestContext
from runner.vu.iteration_state import IterationState


class Sampler:
    """The measuring half of a virtual user.

    Attributes:
        reactor: the process's.
        group: the current one.
        tags: of a sample taken now: those of the run, the scenario and the group, as the script changed them.
        metadata: what exec.vu.metrics.metadata holds: on samples, and no tags.
    """

    def __init__(self, context: TestContext, vu_id: int) -> None:
        self.context = context
        self.reactor = context.reactor
        self.vu_id = vu_id
        self.iteration = IterationState()
        self.group: Group = context.root_group
        self.tags: TagSet = EMPTY_TAGS
        self.metadata: dict[str, str] = {}

    @property
    def options(self) -> Options:
        """The test's options."""
        return self.context.require_options()

    def metric(self, metric: BuiltinMetric) -> Metric:
        """The run's metric behind a built-in name."""
        return self.context.collector.registry.builtin(metric)

    def emit(
        self,
        metric: Metric | BuiltinMetric,
        value: float,
        tags: TagSet | None = None,
        time_s: float | None = None,
    ) -> None:
        """Take a sample.

        Args:
            value: milliseconds for metrics of time.
            tags: default: the VU's at this moment.
            time_s: Unix time; default: now.
        """
        context = self.context
        collector = context.collector
        collector.add(
            collector.registry.builtin(metric) if isinstance(metric, BuiltinMetric) else metric,
            value,
            self.tags if tags is None else tags,
            context.wall_clock() if time_s is None else time_s,
            dict(self.metadata) if self.metadata else None,
        )

    def count(self, metric: BuiltinMetric, n: int, tags: TagSet) -> None:
        """Take `n` samples of 1 for a counter, at the price of one."""
        context = self.context
        context.collector.count(self.metric(metric), n, tags, context.wall_clock(), self._metadata())

    def tally(self, metric: BuiltinMetric, tags: TagSet) -> Tally:
        """Counts things that come by the thousand; close it at their end."""
        return self.context.collector.tally(
            self.metric(metric), tags, self.context.wall_clock, self._metadata
        )

    def _metadata(self) -> Mapping[str, str] | None:
        return dict(self.metadata) if self.metadata else None

    def mark_samples(self, name: Literal["vu", "iter"], value: int) -> None:
        """Put a system tag that is metadata on all later samples, if it is enabled."""
        if self.context.has_system_tag(name):
            self.metadata[name] = str(value)

    def enter_group(self, group: Group) -> Callable[[], None]:
        """Make `group` the current one; the returned function ends it and takes its duration."""
        outer, outer_tag, started_s = self.group, self.tags.get("group", ""), self.reactor.now()
        # The script may have given the tag another value, which is part of the path then.
        self.set_group(group, outer_tag if group is outer else f"{outer_tag}::{group.name}")

        def leave() -> None:
            tags = self.tags.with_tag("group", group.path) if "group" in self.tags else self.tags
            self.emit(GROUP_DURATION, (self.reactor.now() - started_s) * 1000, tags)
            self.set_group(outer, outer_tag)

        return leave

    def set_group(self, group: Group, tag: str | None) -> None:
        """Make `group` the current one, and `tag` the value of its tag unless there is none."""
        self.group = group
        if tag is not None and self.context.has_system_tag("group"):
            self.tags = self.tags.with_tag("group", tag)
