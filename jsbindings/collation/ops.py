"""String.prototype.localeCompare(): the order in which people sort names."""

from __future__ import annotations

from pathlib import Path

from jsbindings.api import Binding, op


class CollationBinding(Binding):
    """Hands out the comparison; `shared` is its source text."""

    module = "k6py:collation"
    shared: str

    @classmethod
    def create_shared(cls) -> str:
        """The comparison's JavaScript."""
        return Path(__file__).with_name("compare.js").read_text(encoding="utf-8")

    @op
    def source(self) -> str:
        """The comparison's JavaScript, a function's body."""
        return self.shared
