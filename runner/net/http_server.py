"""An HTTP/1.1 server on the reactor: a task per connection, within bounds, each request given to one function.

Owns the listener, deadlines and the end of connections.  Refuses routes and what answers say; meant for a handful of
clients that look at a run, not for load.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from runner.errors import TransportError
from runner.net.listen import Listener, end_politely
from runner.net.stream import TcpStream
from runner.protocol.http_server import Request, Response, ServerConnection
from runner.reactor import DeadlineReached, Reactor, Task

# Until a client may have left, when there are as many as may be.
FULL_PAUSE_S = 0.05


@dataclass(frozen=True)
class ServerLimits:
    """Bounds of a server, durations in seconds.

    Args:
        connections_max: clients beyond this wait until others have left.
        idle_s: how long a connection may stay open between requests.
        transfer_s: from the first byte of a request to its last, and for a client to take an answer.
        linger_s: for a client to end its side after ours.
    """

    connections_max: int = 64
    idle_s: float = 60.0
    transfer_s: float = 30.0
    linger_s: float = 1.0


class HttpServer:
    """Serves while the reactor runs, until close().

    Args:
        listener: the server's own from now on.
        answer: called with each request in a task of its own; may wait.  What it raises is a bug.
    """

    def __init__(
        self,
        reactor: Reactor,
        listener: Listener,
        answer: Callable[[Request], Response],
        limits: ServerLimits | None = None,
    ) -> None:
        self._reactor = reactor
        self._answer = answer
        self._limits = limits or ServerLimits()
        self._listener = listener
        self._connections: dict[TcpStream, ServerConnection] = {}
        self._tasks: set[Task] = set()
        self._is_closing = False
        reactor.spawn(self._accept)

    def close(self, deadline_s: float) -> None:
        """Take no more requests, let those under way be answered, and close; parks the calling task.

        Args:
            deadline_s: who has no answer by then gets none.
        """
        self._is_closing = True
        self._listener.close()
        for stream, connection in list(self._connections.items()):
            if connection.is_idle:
                stream.close()
        with contextlib.suppress(DeadlineReached):
            for task in list(self._tasks):
                task.join(deadline_s)
        for stream in list(self._connections):
            stream.close()

    def _accept(self) -> None:
        while True:
            while len(self._connections) >= self._limits.connections_max:
                self._reactor.sleep_until(self._reactor.now() + FULL_PAUSE_S)
            try:
                stream = self._listener.accept()
            except OSError:
                if self._is_closing:
                    return
                raise
            self._connections[stream] = ServerConnection()
            self._tasks.add(self._reactor.spawn(self._serve, stream))

    def _serve(self, stream: TcpStream) -> None:
        task = self._reactor.current_task()
        assert task is not None
        try:
            self._exchange(stream, self._connections[stream])
            if not self._is_closing:
                end_politely(self._reactor, stream, self._limits.linger_s)
        except TransportError:
            # A client that goes away or is too slow is no concern of the run.
            pass
        finally:
            del self._connections[stream]
            self._tasks.discard(task)
            stream.close()

    def _exchange(self, stream: TcpStream, connection: ServerConnection) -> None:
        now = self._reactor.now
        deadline_s = now() + self._limits.idle_s
        while not connection.close_expected:
            if connection.request is not None:
                response = self._answer(connection.request)
                dated = Response(response.status, [*response.headers, _date()], response.body)
                connection.respond(dated, close=self._is_closing)
                deadline_s = now() + self._limits.idle_s
            else:
                was_idle = connection.is_idle
                data = stream.receive(deadline_s=deadline_s)
                if not data:
                    connection.receive_eof()
                connection.receive(data)
                if was_idle:
                    deadline_s = now() + self._limits.transfer_s
            outgoing = connection.bytes_to_send()
            if outgoing:
                stream.send(outgoing, now() + self._limits.transfer_s)


def _date() -> tuple[str, str]:
    return "Date", formatdate(usegmt=True)
