"""What the full summary knows beyond the totals: the metrics of every group and of every scenario.

Fed by the collector, and only when somebody asked for it: each section keeps sinks of its own.  Refuses: data
and text of the summary.

Bounds: the sections of at most ``PLACES_MAX`` tag sets are remembered before that table starts anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from runner.metrics.builtin import CHECKS
from runner.metrics.groups import SEPARATOR, Group
from runner.metrics.metric import Metric
from runner.metrics.registry import Registry
from runner.metrics.tags import TagSet

PLACES_MAX = 4096

# k6 gives a scenario to tests that configure none; its samples are the totals.
_DEFAULT_SCENARIO = "default"
_LIFECYCLE_GROUPS = frozenset({"setup", "teardown"})


class Section:
    """The metrics of one group or scenario, those of the groups inside it included.

    Attributes:
        registry: its metrics; made as samples come.
        checks: results of all its checks, without the tree of groups.
        groups: groups inside it by name, in the order first seen.
    """

    __slots__ = ("_metrics", "checks", "groups", "name", "registry")

    def __init__(self, name: str) -> None:
        self.name = name
        self.registry = Registry()
        self.checks = Group.root()
        self.groups: dict[str, Section] = {}
        self._metrics: dict[str, Metric] = {}

    def add(self, metric: Metric, value: float, tags: TagSet, time_s: float) -> None:
        """Take one sample of `metric`, a metric of the whole run."""
        own = self._metrics.get(metric.name)
        if own is None or len(own.submetrics) < len(metric.submetrics):
            own = self._own(metric)
        own.add(value, tags, time_s)
        if metric.name == CHECKS.name:
            name = tags.get("check")
            if name is not None and SEPARATOR not in name:
                self.checks.check(name).add(value != 0)

    def merge(self, other: Section) -> None:
        """Add what the same section has seen elsewhere."""
        for theirs in other.registry.all():
            mine = self._own(theirs) if theirs.parent is None else self.registry.submetric(theirs.name)
            mine.sink.merge(theirs.sink)
            mine.observed = mine.observed or theirs.observed
        self.checks.merge(other.checks)
        for name, group in other.groups.items():
            _child(self.groups, name).merge(group)

    def _own(self, metric: Metric) -> Metric:
        own = self._metrics[metric.name] = self.registry.declare(metric.name, metric.type, metric.contains)
        for submetric in metric.submetrics:
            self.registry.submetric(submetric.name)
        return own


class Sections:
    """All sections of a run.

    Attributes:
        groups: of samples outside of named scenarios, by name in the order first seen.
        scenarios: by name; groups in them are theirs.
    """

    def __init__(self) -> None:
        self.groups: dict[str, Section] = {}
        self.scenarios: dict[str, Section] = {}
        self._places: dict[TagSet, tuple[Section, ...]] = {}

    def add(self, metric: Metric, value: float, tags: TagSet, time_s: float) -> None:
        """Take one sample into every section that it belongs to, found by its tags ``scenario`` and ``group``."""
        places = self._places.get(tags)
        if places is None:
            if len(self._places) >= PLACES_MAX:
                self._places.clear()
            places = self._places[tags] = tuple(self._find(tags))
        for section in places:
            section.add(metric, value, tags, time_s)

    def merge(self, other: Sections) -> None:
        """Add what another part of the same run has seen."""
        for mine, theirs in ((self.groups, other.groups), (self.scenarios, other.scenarios)):
            for name, section in theirs.items():
                _child(mine, name).merge(section)

    def __getstate__(self) -> dict[str, object]:
        # What is sent between processes; who belongs where is found again.
        return {**self.__dict__, "_places": {}}

    def _find(self, tags: TagSet) -> Iterator[Section]:
        scenario = tags.get("scenario") or _DEFAULT_SCENARIO
        names = (tags.get("group") or "").split(SEPARATOR)[1:]
        children = self.groups
        if scenario != _DEFAULT_SCENARIO:
            section = _child(self.scenarios, scenario)
            children = section.groups
            yield section
        elif names and names[0] in _LIFECYCLE_GROUPS and "scenario" not in tags:
            return
        for name in names:
            section = _child(children, name)
            children = section.groups
            yield section


def _child(sections: dict[str, Section], name: str) -> Section:
    found = sections.get(name)
    if found is None:
        found = sections[name] = Section(name)
    return found
