"""The tree of groups and the checks in them, in the order in which they were first seen.

Owns paths, ids and check counts; refuses to time groups or to emit samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NoReturn

from runner.metrics.metric import MetricError
from runner.metrics.tags import TagSet

SEPARATOR = "::"


def _id_of(path: str) -> str:
    return hashlib.md5(path.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _refuse_separator() -> NoReturn:
    raise MetricError(f"group and check names may not contain '{SEPARATOR}'")


class Check:
    """How often one check passed and failed in one group."""

    __slots__ = ("fails", "id", "name", "passes", "path")

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.id = _id_of(path)
        self.passes = 0
        self.fails = 0

    def add(self, passed: bool) -> None:
        """Count one result."""
        if passed:
            self.passes += 1
        else:
            self.fails += 1

    def __repr__(self) -> str:
        return f"<Check {self.path} {self.passes} passes, {self.fails} fails>"


class Group:
    """A group: the root of a run (no name, path "") or one inside another, made by ``child``.

    Attributes:
        path: ``::outer::inner``, the value of the ``group`` tag.
        id: MD5 of the path in hexadecimal, as k6 shows it.
        groups: children by name, in the order first seen.
        checks: by name, in the order first seen.
    """

    __slots__ = ("_check_names", "checks", "groups", "id", "name", "path")

    def __init__(self, name: str, path: str, check_names: dict[str, None]) -> None:
        self.name = name
        self.path = path
        self.id = _id_of(path)
        self.groups: dict[str, Group] = {}
        self.checks: dict[str, Check] = {}
        self._check_names = check_names

    @classmethod
    def root(cls) -> Group:
        """A new tree."""
        return cls("", "", {})

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
            found = self.groups[name] = Group(name, f"{self.path}{SEPARATOR}{name}", self._check_names)
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
            self._check_names[name] = None
        return found

    def at_path(self, path: str) -> Group:
        """The group below this one at ``::a::b``, made if it is new."""
        group = self
        for name in path.split(SEPARATOR):
            group = group.child(name)
        return group

    def record_check(self, tags: TagSet, passed: bool) -> None:
        """Count a sample of the ``checks`` metric below this root, found by its tags ``group`` and ``check``.

        k6 builds its tree from these tags: without the system tag ``check`` no check is listed.

        Raises:
            MetricError: the check's name contains ``::``.
        """
        name = tags.get("check")
        if name is not None:
            self.at_path(tags.get("group") or "").check(name).add(passed)

    def check_names(self) -> list[str]:
        """Names of the checks of the whole tree, each once, in the order first seen in any group."""
        return list(self._check_names)

    def walk(self) -> Iterator[Group]:
        """This group and all below it, parents first."""
        yield self
        for group in self.groups.values():
            yield from group.walk()

    def merge(self, other: Group) -> None:
        """Add the counts of another tree, seen from the same place in it."""
        for name, check in other.checks.items():
            mine = self.check(name)
            mine.passes += check.passes
            mine.fails += check.fails
        for name, group in other.groups.items():
            self.child(name).merge(group)

    def __repr__(self) -> str:
        return f"<Group {self.path!r} {len(self.groups)} groups, {len(self.checks)} checks>"
