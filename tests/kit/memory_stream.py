"""Two joined streams in memory, for drivers in tests: no sockets, any clock.

    left, right = memory_stream_pair(reactor)
    left, right = memory_stream_pair(reactor, chop=1)     # every receive() gives one byte

They keep the contract of runner.net.stream.Stream, which kit/check_stream.py checks.
"""

from __future__ import annotations

from itertools import count

from runner.errors import InternalError, TransportError
from runner.net.stream import ByteCounter, ConnectTimings
from runner.net.transport_errors import CLOSED_TEXT, CODE_RESET, CODE_TCP, stream_timeout
from runner.reactor import DeadlineReached, Reactor, Task

# As much as a socket buffer would take from a writer whose peer does not read.
BUFFER_SIZE_BYTES_MAX = 64 * 1024

_ports = count(50_000)


class _Pipe:
    """One direction."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.is_ended = False
        self.is_reset = False
        self.reader: Task | None = None
        self.writer: Task | None = None


class MemoryStream:
    """One end; make two with memory_stream_pair()."""

    def __init__(self, reactor: Reactor, incoming: _Pipe, outgoing: _Pipe, ports: tuple[int, int], chop: int):
        self._reactor = reactor
        self._incoming = incoming
        self._outgoing = outgoing
        self._chop = chop
        self._is_closed = False
        self.counter = ByteCounter()
        self.timings = ConnectTimings()
        self.remote_ip = "127.0.0.1"
        self.local_address = f"127.0.0.1:{ports[0]}"
        self.remote_address = f"127.0.0.1:{ports[1]}"

    def receive(self, size_bytes_max: int = 65536, deadline_s: float | None = None) -> bytes:
        pipe = self._incoming
        while True:
            self._check("read", pipe)
            if pipe.buffer:
                break
            if pipe.is_ended:
                return b""
            self._wait("read", pipe, "reader", deadline_s)
        size_bytes = min(size_bytes_max, self._chop or size_bytes_max)
        data = bytes(pipe.buffer[:size_bytes])
        del pipe.buffer[:size_bytes]
        self.counter.received += len(data)
        self._wake(pipe, "writer")
        return data

    def send(self, data: bytes, deadline_s: float | None = None) -> None:
        pipe = self._outgoing
        if pipe.writer is not None:
            raise InternalError(f"two tasks send on {self!r} at once; please report this")
        rest = memoryview(data)
        while True:
            self._check("write", pipe)
            part = rest[: BUFFER_SIZE_BYTES_MAX - len(pipe.buffer)]
            pipe.buffer += part
            self.counter.sent += len(part)
            rest = rest[len(part) :]
            self._wake(pipe, "reader")
            if not rest:
                return
            self._wait("write", pipe, "writer", deadline_s)

    def shutdown_write(self) -> None:
        self._outgoing.is_ended = True
        self._wake(self._outgoing, "reader")

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self.shutdown_write()
        # As the kernel does it: a peer that writes to a closed end is told so.
        self._incoming.is_reset = True
        for pipe, side in (
            (self._incoming, "reader"),
            (self._outgoing, "writer"),
            (self._incoming, "writer"),
        ):
            self._wake(pipe, side)

    def reset(self) -> None:
        """Cut the connection as a TCP reset does: the peer's reads and writes fail."""
        self._outgoing.is_reset = True
        self._outgoing.buffer.clear()
        self.close()

    def _check(self, operation: str, pipe: _Pipe) -> None:
        path = f"{self.local_address}->{self.remote_address}"
        if self._is_closed:
            raise TransportError(f"{operation} tcp {path}: {CLOSED_TEXT}", CODE_TCP)
        if pipe.is_reset:
            raise TransportError(f"{operation} tcp {path}: {operation}: connection reset by peer", CODE_RESET)
        if operation == "write" and pipe.is_ended:
            raise TransportError(f"write tcp {path}: write: broken pipe", CODE_TCP)

    def _wait(self, operation: str, pipe: _Pipe, side: str, deadline_s: float | None) -> None:
        if getattr(pipe, side) is not None:
            raise InternalError("two tasks wait for one end of a stream")
        setattr(pipe, side, self._reactor.current_task())
        try:
            self._reactor.park(deadline_s)
        except DeadlineReached:
            raise stream_timeout(operation, f"{self.local_address}->{self.remote_address}") from None
        finally:
            setattr(pipe, side, None)

    def _wake(self, pipe: _Pipe, side: str) -> None:
        task = getattr(pipe, side)
        if task is not None and task.state.value == "parked":
            self._reactor.wake(task)

    def __repr__(self) -> str:
        return f"<MemoryStream {self.local_address}->{self.remote_address}>"


def memory_stream_pair(reactor: Reactor, *, chop: int = 0) -> tuple[MemoryStream, MemoryStream]:
    """Two ends of one connection.

    Args:
        chop: at most so many bytes come from one receive(); 0 for all that are there.
    """
    there, back = _Pipe(), _Pipe()
    ports = (next(_ports), next(_ports))
    left = MemoryStream(reactor, back, there, ports, chop)
    right = MemoryStream(reactor, there, back, (ports[1], ports[0]), chop)
    return left, right
