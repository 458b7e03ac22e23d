"""String.prototype.localeCompare(): the order in which people sort names."""

from __future__ import annotations

from jsbindings.api import Binding


class CollationBinding(Binding):
    """Needs nothing of Python."""

    module = "k6py:collation"
