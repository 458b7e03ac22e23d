"""The tree of groups and the checks in them, in the order in which they were first seen.

Owns paths, ids and check counts; refuses to time groups or to emit samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from runner.metrics.metric import MetricError
from runner.metrics.tags import TagSet

SEPARATOR = "::"


def _id_of(path: str) -> str:
    # It loads OpenSSL, and only scripts and programs that look at the tree want ids.
    import hashlib

    return hashlib.md5(path.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _refuse_separator() -> NoReturn:
    raise MetricError(f"group and check names may not contain '{SEPARATOR}'")


class Check:
    """How often one check passed and failed in one group."""

    __slots__ = ("fails", "name", "passes", "path")

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.passes = 0
        self.fails = 0

    @property
    def id(self) -> str:
        """MD5 of the path in hexadecimal, as k6 shows it."""
        return _id_of(self.path)

    def add(self, passed: bool) -> None:
        """Count one result."""
        if passed:
            self.passes += 1
        else:
            self.fails += 1

    def __repr__(self) -> str:
        return f"<Check {self.path} {self.passes} passes, {self.fails} fails>"


class CheckTotals:
    """Passes and fails of checks by name, whatever groups they are in, in the order first seen."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}

    def add(self, name: str, passes: int, fails: int) -> None:
        """Count results of one check."""
        before = self._counts.get(name, (0, 0))
        self._counts[name] = before[0] + passes, before[1] + fails

    def merge(self, other: CheckTotals) -> None:
        """Add what was counted elsewhere."""
        for name, counts in other._counts.items():
            self.add(name, *counts)

    def counts(self) -> dict[str, tuple[int, int]]:
        """(passes, fails) by name."""
        return dict(self._counts)

    def take(self) -> dict[str, tuple[int, int]]:
        """counts(), and begin anew."""
        counts, self._counts = self._counts, {}
        return counts


class Group:
    """A group: the root of a run (no name, path "") or one inside another, made by ``child``.

    Attributes:
        path: ``::outer::inner``, the value of the ``group`` tag.
        groups: children by name, in the order first seen.
        checks: by name, in the order first seen.
        totals: of the checks of the whole tree; the same object in every group of it.
    """

    __slots__ = ("checks", "groups", "name", "path", "totals")

    def __init__(self, name: str, path: str, totals: CheckTotals) -> None:
        self.name = name
        self.path = path
        self.groups: dict[str, Group] = {}
        self.checks: dict[str, Check] = {}
        self.totals = totals

    @property
    def id(self) -> str:
        """MD5 of the path in hexadecimal, as k6 shows it."""
        return _id_of(self.path)

    @classmethod
    def root(cls) -> Group:
        """A new tree."""
        return cls("", "", CheckTotals())

    def child(self, name: str) -> Group:
        """The group of this name in this one, made if it is new; the empty name is this group itself.

        Raises:
            MetricError: the name contains ``::``.
        """
        if not name:
            return self
        found = self.groups.get(name)
        if found is None:
            if SEPARATOR in name:
                _refuse_separator()
            found = self.groups[name] = Group(name, f"{self.path}{SEPARATOR}{name}", self.totals)
        return found

    def check(self, name: str) -> Check:
        """The check of this name in this group, made if it is new.

        Raises:
            MetricError: the name contains ``::``.
        """
        found = self.checks.get(name)
        if found is None:
            if SEPARATOR in name:
                _refuse_separator()
            found = self.checks[name] = Check(name, f"{self.path}{SEPARATOR}{name}")
        return found

    def at_path(self, path: str) -> Group:
        """The group below this one at ``::a::b``, made if it is new; what stands before the first ``::`` is nothing."""
        group = self
        for name in path.split(SEPARATOR)[1:]:
            group = group.child(name)
        return group

    def record_check(self, tags: TagSet, passed: bool) -> None:
        """Count a sample of the ``checks`` metric below this root, found by its tags ``group`` and ``check``.

        k6 builds its tree from these tags: a sample without one of them is not in it.  The totals need the name alone.

        Raises:
            MetricError: the check's name contains ``::``; it is counted in the totals all the same.
        """
        name, path = tags.get("check"), tags.get("group")
        if name is None:
            return
        self.totals.add(name, int(passed), int(not passed))
        if path is not None:
            self.at_path(path).check(name).add(passed)

    def walk(self) -> Iterator[Group]:
        """This group and all below it, parents first."""
        yield self
        for group in self.groups.values():
            yield from group.walk()

    def merge(self, other: Group) -> None:
        """Add the counts of another tree, seen from the same place in it; the root adds the totals."""
        if not self.path:
            self.totals.merge(other.totals)
        for name, check in other.checks.items():
            mine = self.check(name)
            mine.passes += check.passes
            mine.fails += check.fails
        for name, group in other.groups.items():
            self.child(name).merge(group)

    def __repr__(self) -> str:
        return f"<Group {self.path!r} {len(self.groups)} groups, {len(self.checks)} checks>"
