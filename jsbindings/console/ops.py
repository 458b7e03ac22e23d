"""The global console's way into the log."""

from __future__ import annotations

from jsbindings.api import Binding, op
from runner.log import Level

_LEVELS = {"debug": Level.DEBUG, "info": Level.INFO, "warning": Level.WARNING, "error": Level.ERROR}


class ConsoleBinding(Binding):
    """Lines of the script in the test's log."""

    module = "k6py:console"

    @op
    def write(self, level: str, text: str) -> None:
        """Log one line as the script's own."""
        self.vu.logger.console(_LEVELS[level], text)
