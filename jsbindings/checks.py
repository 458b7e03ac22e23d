"""Checks in the tree of groups: what check() and a script's own metric called ``checks`` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.metrics.metric import MetricError
from runner.metrics.tags import TagSet

if TYPE_CHECKING:
    from runner.vu.vu import VirtualUser


def count_check(vu: VirtualUser, passed: bool, tags: TagSet) -> None:
    """Count one sample of the metric ``checks`` where its tags say.

    A name that no check can have is left out of the tree with a warning, as in k6.
    """
    try:
        vu.context.root_group.record_check(tags, passed)
    except MetricError as error:
        vu.logger.warning("couldn't handle a sample as part of group summary", error=error.message)
