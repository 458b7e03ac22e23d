"""k6/experimental/websockets: the old name of k6/websockets, with k6's warning, once per test."""

from __future__ import annotations

from typing import Any

from jsbindings.api import Binding, op

DEPRECATED = (
    "k6/experimental/websockets is deprecated and will be removed in a future release."
    " Please use k6/websockets instead."
)


class ExperimentalWebSocketsBinding(Binding):
    """Says that the module is deprecated."""

    module = "k6/experimental/websockets"

    @classmethod
    def create_shared(cls) -> dict[str, Any]:
        """Whether it was said."""
        return {"said": False}

    @op
    def warn(self) -> None:
        """Say it, the first time."""
        if not self.shared["said"]:
            self.shared["said"] = True
            self.vu.logger.warning(DEPRECATED)
