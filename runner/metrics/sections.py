"""What the full summary knows beyond the totals: the metrics of every group and of every scenario.

Fed by the collector, and only when somebody asked for it: each section keeps sinks of its own.  Refuses: data
and text of the summary.

Bounds: the sections of at most ``PLACES_MAX`` tag sets are remembered before that table starts anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from runner.metrics.builtin import CHECKS
from runner.metrics.groups import SEPARATOR, CheckTotals
from runner.metrics.metric import Metric
from runner.metrics.tags import TagSet

PLACES_MAX = 4096

# k6 gives a scenario to tests that configure none; its samples are the totals.
_DEFAULT_SCENARIO = "default"
# What setup() and teardown() measure outside of groups of theirs has no section.
_LIFECYCLE_GROUPS = frozenset({"::setup", "::teardown"})


class Section:
    """The metrics of one scenario, groups included, or of one group without the groups inside it.

    Attributes:
        metrics: by name, made as samples come; k6 shows no sub-metrics here.
        checks: results of its checks.
        groups: groups inside it by name, in the order first seen.
    """

    __slots__ = ("checks", "groups", "metrics", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.metrics: dict[str, Metric] = {}
        self.checks = CheckTotals()
        self.groups: dict[str, Section] = {}

    def add(self, metric: Metric, value: float, tags: TagSet, time_s: float) -> None:
        """Take one sample of `metric`, a metric of the whole run."""
        self._own(metric).add(value, tags, time_s)
        if metric.name == CHECKS.name:
            name = tags.get("check")
            if name is not None:
                self.checks.add(name, int(value != 0), int(value == 0))

    def merge(self, other: Section) -> None:
        """Add what the same section has seen elsewhere."""
        for theirs in other.metrics.values():
            mine = self._own(theirs)
            mine.sink.merge(theirs.sink)
            mine.observed = mine.observed or theirs.observed
        self.checks.merge(other.checks)
        for name, group in other.groups.items():
            _child(self.groups, name).merge(group)

    def _own(self, metric: Metric) -> Metric:
        own = self.metrics.get(metric.name)
        if own is None:
            own = self.metrics[metric.name] = Metric(metric.name, metric.type, metric.contains)
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
        path = tags.get("group") or ""
        children = self.groups
        if scenario != _DEFAULT_SCENARIO:
            section = _child(self.scenarios, scenario)
            children = section.groups
            yield section
        names = [] if path in _LIFECYCLE_GROUPS else [name for name in path.split(SEPARATOR) if name]
        group = None
        for name in names:
            group = _child(children, name)
            children = group.groups
        if group is not None:
            yield group


def _child(sections: dict[str, Section], name: str) -> Section:
    found = sections.get(name)
    if found is None:
        found = sections[name] = Section(name)
    return found
