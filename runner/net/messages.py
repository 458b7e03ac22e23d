"""Messages between two processes of ours, over a pair of connected sockets: eight bytes of length, then the bytes.

Owns framing, the queue of what the other process has not taken yet, and waiting.  Refuses to know what a message
says.  A connection that is gone is an end of stream for the reader; the writer's messages are dropped then.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections import deque

from runner.errors import InternalError
from runner.reactor import Reactor, Task

# The largest message is what setup() returns, which fits into one JavaScript heap of 128 MiB.
MESSAGE_BYTES_MAX = 512 * 1024 * 1024
# A worker whose parent takes nothing waits from here on; a second of samples at full speed is far below it.
QUEUED_BYTES_MAX = 32 * 1024 * 1024
# A process that sends faster than we read would never let the reading task wait.
MESSAGES_IN_A_ROW_MAX = 32
_HEADER = struct.Struct("!Q")


End = socket.socket


def connected_ends() -> tuple[End, End]:
    """To be made before the processes part."""
    return socket.socketpair()


class MessageChannel:
    """One end.

    Args:
        sock: one of connected_ends(); the channel owns it from now on.
        queued_bytes_max: with so many bytes in the queue send() blocks the thread until the other process reads;
            None never blocks, for a process that must go on whatever the other one does.
    """

    def __init__(self, reactor: Reactor, sock: End, queued_bytes_max: int | None) -> None:
        sock.setblocking(False)
        self._reactor = reactor
        self._sock = sock
        self._queued_bytes_max = queued_bytes_max
        # Blocking ops of bindings log from threads of their own.
        self._lock = threading.RLock()
        self._queue: deque[memoryview] = deque()
        self._queued_bytes = 0
        self._writer: Task | None = None
        self._in_a_row = 0

    @property
    def queued_bytes(self) -> int:
        """What the other process has not taken yet, besides what the system holds."""
        return self._queued_bytes

    def send(self, message: bytes) -> None:
        """Send a message, now or as soon as the other process reads; legal in every thread and outside tasks."""
        if len(message) > MESSAGE_BYTES_MAX:
            raise InternalError(f"a message of {len(message)} bytes to another process; please report this")
        with self._lock:
            for part in (_HEADER.pack(len(message)), message):
                self._queue.append(memoryview(part))
                self._queued_bytes += len(part)
            self._write_some()
            while self._queued_bytes_max is not None and self._queued_bytes > self._queued_bytes_max:
                self._block()
            if self._queue and self._writer is None:
                self._reactor.call_soon_threadsafe(self._start_writer)

    def flush(self) -> None:
        """Wait until the system has taken all that was sent."""
        while self._queue:
            self._start_writer()
            assert self._writer is not None
            self._writer.join()

    def receive(self) -> bytearray | None:
        """Wait for the next message; None at the end of the stream, also when it comes inside a message."""
        self._in_a_row += 1
        if self._in_a_row > MESSAGES_IN_A_ROW_MAX:
            self._in_a_row = 0
            self._reactor.sleep_until(self._reactor.now())
        header = self._read(_HEADER.size)
        if header is None:
            return None
        (size_bytes,) = _HEADER.unpack(header)
        if size_bytes > MESSAGE_BYTES_MAX:
            raise InternalError(
                f"another process announces a message of {size_bytes} bytes; please report this"
            )
        return self._read(size_bytes)

    def close(self) -> None:
        """Give the socket back; the other end reads an end of stream.  Idempotent."""
        self._break_off()
        self._reactor.forget(self._sock)
        self._sock.close()

    def _read(self, size_bytes: int) -> bytearray | None:
        data = bytearray(size_bytes)
        rest = memoryview(data)
        while rest:
            try:
                received = self._sock.recv_into(rest)
            except BlockingIOError:
                self._in_a_row = 0
                try:
                    self._reactor.wait_readable(self._sock)
                except OSError:
                    return None
                continue
            except OSError:
                return None
            if not received:
                return None
            rest = rest[received:]
        return data

    def _write_some(self) -> None:
        """Hand over what the system takes without waiting."""
        try:
            while self._queue:
                sent = self._sock.send(self._queue[0])
                self._queued_bytes -= sent
                if sent == len(self._queue[0]):
                    self._queue.popleft()
                else:
                    self._queue[0] = self._queue[0][sent:]
        except BlockingIOError:
            return
        except OSError:
            self._break_off()

    def _block(self) -> None:
        poll = select.poll()
        poll.register(self._sock, select.POLLOUT)
        poll.poll()
        self._write_some()

    def _start_writer(self) -> None:
        if self._writer is None and self._queue:
            self._writer = self._reactor.spawn(self._write)

    def _write(self) -> None:
        try:
            while self._queue:
                with contextlib.suppress(OSError):
                    self._reactor.wait_writable(self._sock)
                with self._lock:
                    self._write_some()
        finally:
            self._writer = None

    def _break_off(self) -> None:
        self._queue.clear()
        self._queued_bytes = 0
