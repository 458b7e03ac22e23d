"""The self-pipe: how another thread or a signal handler gets a blocked poll to return.

Owns the pair of sockets and the process's signal wake-up descriptor while a reactor runs.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator


class Wakeup:
    """A socket pair; a byte in it makes ``receiver`` readable."""

    def __init__(self) -> None:
        self.receiver, self._sender = socket.socketpair()
        self.receiver.setblocking(False)
        self._sender.setblocking(False)

    def send(self) -> None:
        """Make the receiver readable; legal in any thread, in a signal handler and after close()."""
        # A full pipe has woken the poll already, a closed one has no poll to wake.
        with contextlib.suppress(OSError):
            self._sender.send(b"\0")

    def drain(self) -> None:
        """Take what was sent, so that the receiver is readable only by a new byte."""
        with contextlib.suppress(BlockingIOError):
            while self.receiver.recv(4096):
                pass

    @contextlib.contextmanager
    def for_signals(self) -> Iterator[None]:
        """Let the interpreter's C signal handler write here too.

        A signal that comes just before the poll's system call does not interrupt that call, and its Python
        handler would wait for the poll to end; the byte ends it.  Only the main thread may do this, and only
        there do Python signal handlers run.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous_fd = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(previous_fd)

    def close(self) -> None:
        """Close both ends."""
        self.receiver.close()
        self._sender.close()
