"""Connections that outlive whoever closed them, for the sake of a clean end of TCP.

Owns their number.  Refuses to know what they are: each bounds its own time and says when it is closed.
"""

from __future__ import annotations

from runner.reactor import Reactor

# Connections of one process that wait in the background for the peer's half of the closing handshake.
LINGERING_MAX = 1000
# How often the end of a test looks whether one is left.
LINGERING_LOOK_S = 0.002


class Lingering:
    """Connections that wait in the background for the peer's half of the closing handshake, each for a bounded time."""

    def __init__(self) -> None:
        self._connections: set[object] = set()

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, connection: object) -> bool:
        """False when there are LINGERING_MAX already."""
        if len(self._connections) >= LINGERING_MAX:
            return False
        self._connections.add(connection)
        return True

    def discard(self, connection: object) -> None:
        """The connection is closed."""
        self._connections.discard(connection)

    def wait(self, reactor: Reactor) -> None:
        """Wait until none is left."""
        while self._connections:
            reactor.sleep_until(reactor.now() + LINGERING_LOOK_S)
