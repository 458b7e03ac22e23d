"""How a virtual user takes samples: its tags, its group, and what else goes with a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runner.metrics.builtin import GROUP_DURATION, BuiltinMetric
from runner.metrics.collector import Tally
from runner.metrics.groups import Group
from runner.metrics.metric import Metric
from runner.metrics.tags import TagSet
from runner.options.options import Options
from runner.reactor import Reactor
from runner.vu.context import TestContext
from runner.vu.iteration_state import IterationState


class Sampler:
    """The measuring half of a virtual user.

    Attributes:
        group: the current one.
        metadata: what exec.vu.metrics.metadata holds: on samples, and no tags.
    """

    def __init__(self, context: TestContext, vu_id: int) -> None:
        self.context = context
        self.vu_id = vu_id
        self.iteration = IterationState()
        self.group: Group = context.root_group
        self.metadata: dict[str, str] = {}
        self._base_tags = TagSet.of({})
        self._tags: TagSet | None = None

    @property
    def reactor(self) -> Reactor:
        """The process's reactor."""
        return self.context.reactor

    @property
    def options(self) -> Options:
        """The test's options."""
        return self.context.require_options()

    @property
    def tags(self) -> TagSet:
        """The tags of a sample taken now: of the run, the scenario, the VU and the group."""
        if self._tags is None:
            self._tags = self._base_tags
            if self.context.has_system_tag("group"):
                self._tags = self._tags.with_tag("group", self.group.path)
        return self._tags

    def set_tag(self, name: str, value: str) -> None:
        """A tag on all later samples of this VU."""
        self._base_tags = self._base_tags.with_tag(name, value)
        self._tags = None

    def set_base_tags(self, tags: TagSet) -> None:
        """The tags of the run and the scenario."""
        self._base_tags, self._tags = tags, None

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
        self.context.collector.add(
            self.metric(metric) if isinstance(metric, BuiltinMetric) else metric,
            value,
            self.tags if tags is None else tags,
            self.context.wall_clock() if time_s is None else time_s,
            self._metadata(),
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
        enabled = self.options.system_tags
        if not self.metadata and "vu" not in enabled and "iter" not in enabled:
            return None
        values = dict(self.metadata)
        if "vu" in enabled:
            values["vu"] = str(self.vu_id)
        if "iter" in enabled and self.iteration.in_instance >= 0:
            values["iter"] = str(self.iteration.in_instance)
        return values or None

    def enter_group(self, group: Group) -> Callable[[], None]:
        """Make `group` the current one; the returned function ends it and takes its duration."""
        outer, started_s = self.group, self.reactor.now()
        self.set_group(group)

        def leave() -> None:
            tags = self.tags.with_tag("group", group.path) if "group" in self.tags else self.tags
            self.emit(GROUP_DURATION, (self.reactor.now() - started_s) * 1000, tags)
            self.set_group(outer)

        return leave

    def set_group(self, group: Group) -> None:
        """Make `group` the current one."""
        self.group, self._tags = group, None
