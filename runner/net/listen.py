"""The accepting side: a listening socket whose connections are streams.

Owns the listening socket, and how a server ends a connection; for the servers that k6py has and for tests.
"""

from __future__ import annotations

import contextlib
import errno
import socket

from runner.errors import TransportError
from runner.net import addresses
from runner.net.stream import ByteCounter, Stream, TcpStream
from runner.reactor import Reactor

# More connections than this may come in one turn of the loop when thousands of VUs start; the kernel cuts it
# to its own limit.
BACKLOG = 4096
# Until descriptors may be free again.
ACCEPT_PAUSE_S = 0.05

_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Listener:
    """Listens from the start; accept() gives connections.

    Args:
        host: an address or name of this machine; "" for all of its addresses.
        port: 0 for a free one.

    Raises:
        OSError: the address cannot be bound.
    """

    def __init__(self, reactor: Reactor, host: str = "127.0.0.1", port: int = 0) -> None:
        self._reactor = reactor
        is_both = not host and socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if is_both or ":" in host else socket.AF_INET
        self._sock = socket.create_server(
            (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=is_both
        )
        self._sock.setblocking(False)
        self.host, self.port = self._sock.getsockname()[:2]
        self.address = addresses.join(self.host, self.port)

    def accept(self, deadline_s: float | None = None) -> TcpStream:
        """Wait for a connection, and for a descriptor while the system has none left.

        Raises:
            DeadlineReached: none came in time.
            OSError: the listener was closed.
        """
        while True:
            try:
                sock, _ = self._sock.accept()
            except (BlockingIOError, ConnectionAbortedError):
                self._reactor.wait_readable(self._sock, deadline_s)
                continue
            except OSError as error:
                if error.errno not in _OUT_OF_DESCRIPTORS:
                    raise
                self._reactor.sleep_until(self._reactor.now() + ACCEPT_PAUSE_S)
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


def listen(reactor: Reactor, address: str) -> Listener:
    """Listen on ``host:port``; an empty host means all addresses of this machine.

    Raises:
        TransportError: with Go's text for why that is not possible.
    """
    try:
        host, port = addresses.split(address)
    except ValueError:
        raise TransportError(f"listen tcp: address {address}: invalid port") from None
    if port is None:
        raise TransportError(f"listen tcp: address {address}: missing port in address")
    try:
        return Listener(reactor, host, port)
    except OSError as error:
        # What Python adds in brackets repeats the address.
        reason = (error.strerror or str(error)).partition(" (")[0].lower()
        raise TransportError(f"listen tcp {address}: bind: {reason}") from None


def end_politely(reactor: Reactor, stream: Stream, timeout_s: float) -> None:
    """End our side and wait for the peer's; closing is left to the caller.

    Closing with bytes unread would send a reset, which can overtake what we sent last.

    Raises:
        TransportError: the peer does not end its side in time, or the connection fails.
    """
    deadline_s = reactor.now() + timeout_s
    stream.shutdown_write()
    while stream.receive(deadline_s=deadline_s):
        # A peer that goes on sending would never reach the deadline, which only bounds waits.
        if reactor.now() > deadline_s:
            return
