"""The module k6: checks, groups and waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jsbindings.api import Binding, Thrown, op
from jsbindings.checks import count_check
from runner.metrics.builtin import CHECKS
from runner.metrics.groups import SEPARATOR


class K6Binding(Binding):
    """check(), group() and sleep() of one virtual user."""

    module = "k6"

    def __init__(self, vu: Any, shared: Any) -> None:
        super().__init__(vu, shared)
        self._open_groups: list[Callable[[], None]] = []

    @op
    def check_context(self) -> None:
        """Refuse the init context, where there is nothing to count for."""
        if self.vu.phase == "init":
            raise Thrown("getting metrics, groups or checks in the init context is not supported")

    @op
    def prepare_check(self, name: str) -> float:
        """Refuse a bad name before the condition runs; the sample's time."""
        if SEPARATOR in name:
            raise Thrown(f"group and check names may not contain '{SEPARATOR}'")
        return self.vu.context.wall_clock()

    @op
    def record_check(self, name: str, passed: bool, time_s: float, tags: Mapping[str, str] | None) -> None:
        """Count one result."""
        vu = self.vu
        sample_tags = vu.tags.with_tags(tags or {})
        if vu.context.has_system_tag("check"):
            sample_tags = sample_tags.with_tag("check", name)
        vu.emit(CHECKS, 1 if passed else 0, sample_tags, time_s)
        count_check(vu, passed, sample_tags)

    @op
    def start_group(self, name: str) -> None:
        """Enter a group inside the current one."""
        self._open_groups.append(self.vu.enter_group(self.vu.group.child(name)))

    @op
    def end_group(self) -> None:
        """Leave the group entered last."""
        self._open_groups.pop()()

    @op
    def sleep(self, seconds: float) -> None:
        """Park the virtual user; allowed in the init context, as in k6."""
        self.vu.sleep(seconds)

    def end_iteration(self) -> None:
        """An iteration that was cut off leaves its groups open."""
        self._open_groups.clear()
