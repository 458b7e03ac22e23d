"""An open connection as a stream of bytes; here over TCP, in tls_stream.py over TLS.

Owns reading, writing whole buffers, half-close, close, and the count of bytes on the wire.  Refuses to
connect (dial.py) and to know what the bytes mean.

Rules
1. One reader and one writer at a time per stream: tasks that wait (receive, send), or a driver that watches and
   never waits (watch, receive_now, write).
2. A wait takes an absolute deadline on the reactor's clock; bytes that are there are given even after it.
3. After an error of send() or write() a part of the data may have gone out; what is left to do is close().
4. close() is legal at any time, also after a wait was interrupted or while another task waits.
5. write() keeps what the system does not take; its caller looks at `unsent_bytes` and bounds it.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any, Protocol

from runner.errors import InternalError, TransportError
from runner.net import addresses
from runner.net.transport_errors import stream_error, stream_timeout
from runner.reactor import RECEIVE_SIZE_BYTES_MAX, DeadlineReached, Reactor

# IP address, port, and for IPv6 two numbers more.
SocketAddress = tuple[Any, ...]

WRITE_SIZE_BYTES_MAX = 1024 * 1024
# What one read brings at most while little comes.
RECEIVE_SIZE_BYTES_MIN = 4096
# A peer that sends faster than we read would never let the task wait; after so many full reads the other
# tasks run once.
RECEIVES_IN_A_ROW_MAX = 32


class ByteCounter:
    """Bytes on the wire, of all streams that share it: k6's data_sent and data_received."""

    __slots__ = ("received", "sent")

    def __init__(self) -> None:
        self.sent = 0
        self.received = 0

    def __repr__(self) -> str:
        return f"<ByteCounter sent {self.sent}, received {self.received}>"


class ConnectTimings:
    """How long the phases of connecting took, seconds; 0 for a phase that was not needed."""

    __slots__ = ("connecting_s", "dns_s", "tls_handshaking_s")

    def __init__(self) -> None:
        self.dns_s = 0.0
        self.connecting_s = 0.0
        self.tls_handshaking_s = 0.0


class Stream(Protocol):
    """What every connection offers.

    Attributes:
        counter: wire bytes; for TLS the encrypted ones, handshake included.
        timings: how long connecting took.
        remote_ip: the peer's address without port.
        local_address, remote_address: ``ip:port``, IPv6 in brackets.
    """

    counter: ByteCounter
    timings: ConnectTimings
    remote_ip: str

    @property
    def local_address(self) -> str: ...

    @property
    def remote_address(self) -> str: ...

    def receive(self, size_bytes_max: int = RECEIVE_SIZE_BYTES_MAX, deadline_s: float | None = None) -> bytes:
        """Wait for bytes; ``b""`` is the end of the stream.  TransportError when the connection fails."""

    def send(self, data: bytes, deadline_s: float | None = None) -> None:
        """Send all of it.  TransportError when the connection fails or the deadline comes first."""

    def watch(self, on_readable: Callable[[], None] | None) -> None:
        """Call `on_readable`, outside every task, when receive_now() may have something; None ends that."""

    def on_sent(self, callback: Callable[[], None] | None) -> None:
        """Call `callback`, outside every task, each time when the last of `unsent_bytes` has left or never will."""

    @property
    def holds_bytes(self) -> bool:
        """Whether bytes may have come already that watch() will not tell of."""
        ...

    def receive_now(self) -> bytes | None:
        """What is there: ``b""`` is the end of the stream, None nothing yet.  TransportError as receive()."""

    def write(self, data: bytes) -> None:
        """Send what the system takes now, and the rest as soon as it takes it.

        TransportError when the connection has failed; a failure after that reaches receive_now().
        """

    @property
    def unsent_bytes(self) -> int:
        """How much of what was written has not left yet."""
        ...

    def shutdown_write(self) -> None:
        """Half-close: the peer reads an end of stream, we may go on receiving."""

    def close(self) -> None:
        """Give the socket back; idempotent, never raises."""


class TcpStream:
    """A connected, non-blocking TCP socket.

    Args:
        reactor: whose tasks use it.
        sock: connected; the stream owns it from now on.
        counter: counts what passes.
        local, remote: the addresses of both ends as the socket gives them, for a caller who has asked already.
    """

    __slots__ = (
        "_has_just_sent",
        "_is_sending",
        "_local",
        "_on_readable",
        "_on_sent",
        "_reactor",
        "_receive_size_bytes",
        "_receives_in_a_row",
        "_remote",
        "_sock",
        "_unsent",
        "_write_error",
        "counter",
        "remote_ip",
        "timings",
    )

    def __init__(
        self,
        reactor: Reactor,
        sock: socket.socket,
        counter: ByteCounter,
        local: SocketAddress | None = None,
        remote: SocketAddress | None = None,
    ) -> None:
        if sock.gettimeout() != 0:
            sock.setblocking(False)
        self._reactor = reactor
        self._sock = sock
        self._is_sending = False
        self._has_just_sent = False
        self._receives_in_a_row = 0
        self._receive_size_bytes = RECEIVE_SIZE_BYTES_MIN
        self._on_readable: Callable[[], None] | None = None
        self._on_sent: Callable[[], None] | None = None
        self._unsent: bytearray | None = None
        self._write_error: OSError | None = None
        self.counter = counter
        self.timings = ConnectTimings()
        self._local: SocketAddress = sock.getsockname() if local is None else local
        self._remote: SocketAddress = sock.getpeername() if remote is None else remote
        self.remote_ip: str = self._remote[0]

    @property
    def local_address(self) -> str:
        """See Stream."""
        return addresses.join(*self._local[:2])

    @property
    def remote_address(self) -> str:
        """See Stream."""
        return addresses.join(*self._remote[:2])

    def receive(self, size_bytes_max: int = RECEIVE_SIZE_BYTES_MAX, deadline_s: float | None = None) -> bytes:
        """See Stream.receive."""
        self._receives_in_a_row += 1
        if self._receives_in_a_row > RECEIVES_IN_A_ROW_MAX:
            self._let_others_run()
        if self._has_just_sent:
            # An answer takes its time: looking for it before waiting would be in vain.
            self._has_just_sent = False
            data = self._receive_later(size_bytes_max, deadline_s)
        else:
            try:
                data = self._sock.recv(size_bytes_max)
            except BlockingIOError:
                data = self._receive_later(size_bytes_max, deadline_s)
            except OSError as error:
                raise self._error("read", error) from error
        self.counter.received += len(data)
        return data

    def send(self, data: bytes, deadline_s: float | None = None) -> None:
        """See Stream.send."""
        if self._is_sending:
            raise InternalError(f"two tasks send on {self!r} at once; please report this")
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise self._error("write", error) from error
        self.counter.sent += sent
        if sent < len(data):
            self._send_rest(memoryview(data)[sent:], deadline_s)
        self._has_just_sent = True

    def watch(self, on_readable: Callable[[], None] | None) -> None:
        """See Stream.watch."""
        self._on_readable = on_readable
        self._reactor.watch_readable(self._sock, on_readable)

    def on_sent(self, callback: Callable[[], None] | None) -> None:
        """See Stream.on_sent."""
        self._on_sent = callback

    @property
    def holds_bytes(self) -> bool:
        """See Stream.holds_bytes."""
        return False

    def receive_now(self) -> bytes | None:
        """See Stream.receive_now."""
        if self._write_error is not None:
            raise self._error("write", self._write_error)
        size_bytes_max = self._receive_size_bytes
        try:
            data = self._sock.recv(size_bytes_max)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._error("read", error) from error
        size_bytes = len(data)
        self.counter.received += size_bytes
        # recv() takes memory for all that may come and gives back what it does not need: little, where little comes.
        if size_bytes == size_bytes_max:
            self._receive_size_bytes = RECEIVE_SIZE_BYTES_MAX
        elif size_bytes < RECEIVE_SIZE_BYTES_MIN < size_bytes_max:
            self._receive_size_bytes = RECEIVE_SIZE_BYTES_MIN
        return data

    def write(self, data: bytes) -> None:
        """See Stream.write."""
        if self._unsent is not None:
            self._unsent += data
            return
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise self._error("write", error) from error
        self.counter.sent += sent
        if sent < len(data):
            self._unsent = bytearray(memoryview(data)[sent:])
            self._reactor.watch_writable(self._sock, self._write_on)

    @property
    def unsent_bytes(self) -> int:
        """See Stream.unsent_bytes."""
        return 0 if self._unsent is None else len(self._unsent)

    def _write_on(self) -> None:
        assert self._unsent is not None
        try:
            # A part at a time: what was sent is cut off the front, which moves the rest.
            with memoryview(self._unsent) as view, view[:WRITE_SIZE_BYTES_MAX] as part:
                sent = self._sock.send(part)
        except BlockingIOError:
            return
        except OSError as error:
            self._write_error, sent = error, len(self._unsent)
        else:
            self.counter.sent += sent
        del self._unsent[:sent]
        if self._unsent:
            return
        self._unsent = None
        self._reactor.watch_writable(self._sock, None)
        if self._on_sent is not None:
            self._on_sent()
        if self._write_error is not None and self._on_readable is not None:
            self._on_readable()

    def shutdown_write(self) -> None:
        """See Stream.shutdown_write; nothing on a connection that is gone already."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """See Stream.close."""
        self._reactor.forget(self._sock)
        self._has_just_sent = False
        # Whoever is to be called has this stream: without a cycle both go at once.
        self._on_readable = self._on_sent = None
        with contextlib.suppress(OSError):
            self._sock.close()

    def _receive_later(self, size_bytes_max: int, deadline_s: float | None) -> bytes:
        self._receives_in_a_row = 0
        while True:
            try:
                self._reactor.wait_readable(self._sock, deadline_s)
                return self._sock.recv(size_bytes_max)
            except BlockingIOError:
                continue
            except DeadlineReached:
                raise stream_timeout("read", self._path()) from None
            except OSError as error:
                raise self._error("read", error) from error

    def _send_rest(self, rest: memoryview, deadline_s: float | None) -> None:
        self._is_sending = True
        try:
            while rest:
                self._reactor.wait_writable(self._sock, deadline_s)
                with contextlib.suppress(BlockingIOError):
                    sent = self._sock.send(rest)
                    self.counter.sent += sent
                    rest = rest[sent:]
        except DeadlineReached:
            raise stream_timeout("write", self._path()) from None
        except OSError as error:
            raise self._error("write", error) from error
        finally:
            self._is_sending = False

    def _let_others_run(self) -> None:
        self._receives_in_a_row = 0
        if self._reactor.current_task() is not None:
            self._reactor.sleep_until(self._reactor.now())

    def _error(self, operation: str, error: OSError) -> TransportError:
        return stream_error(operation, self._path(), error)

    def _path(self) -> str:
        return f"{self.local_address}->{self.remote_address}"

    def __repr__(self) -> str:
        return f"<TcpStream {self._path()}{' closed' if self._sock.fileno() < 0 else ''}>"
