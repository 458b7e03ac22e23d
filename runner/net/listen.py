"""The accepting side: a listening socket whose connections are streams.

Owns the listening socket; for the echo server and for tests.
"""

from __future__ import annotations

import contextlib
import socket

from runner.net import addresses
from runner.net.stream import ByteCounter, TcpStream
from runner.reactor import Reactor

# More connections than this may come in one turn of the loop when thousands of VUs start; the kernel cuts it
# to its own limit.
BACKLOG = 4096


class Listener:
    """Listens from the start; accept() gives connections.

    Args:
        host: an address or name of this machine.
        port: 0 for a free one.

    Raises:
        OSError: the address cannot be bound.
    """

    def __init__(self, reactor: Reactor, host: str = "127.0.0.1", port: int = 0) -> None:
        self._reactor = reactor
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._sock = socket.create_server((host, port), family=family, backlog=BACKLOG)
        self._sock.setblocking(False)
        self.host, self.port = self._sock.getsockname()[:2]
        self.address = addresses.join(self.host, self.port)

    def accept(self, deadline_s: float | None = None) -> TcpStream:
        """Wait for a connection.

        Raises:
            DeadlineReached: none came in time.
            OSError: the listener was closed, or the system has no descriptor left.
        """
        while True:
            try:
                sock, _ = self._sock.accept()
            except (BlockingIOError, ConnectionAbortedError):
                self._reactor.wait_readable(self._sock, deadline_s)
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                return TcpStream(self._reactor, sock, ByteCounter())
            except OSError:
                # Gone again before we looked.
                sock.close()

    def close(self) -> None:
        """Listen no more; idempotent.  A task in accept() gets an OSError."""
        self._reactor.forget(self._sock)
        with contextlib.suppress(OSError):
            self._sock.close()
