"""Which task waits for which socket, and who watches it.

Owns the table of interests; pollers.py asks the system.  Refuses to switch tasks: it hands those whose socket is
ready to the reactor.  A watcher is called at once, while polling, so that the tasks it wakes run in the same turn; it
must not wait.

A descriptor stays registered after it has woken its waiter: a task that receives, answers and receives again
then costs no epoll_ctl per message.  An event that finds no waiter takes the registration away.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from runner.errors import InternalError
from runner.reactor.pollers import READ, WRITE, Poller, directions
from runner.reactor.task import Task

__all__ = ["READ", "WRITE", "Readiness"]

# Called as long as it is registered, where a task is woken once.
Watcher = Callable[[], None]


class Interest:
    """One registered socket and who waits for it or watches it."""

    __slots__ = ("mask", "reader", "sock", "writer")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.mask = 0
        self.reader: Task | Watcher | None = None
        self.writer: Task | Watcher | None = None

    def wanted(self) -> int:
        """The directions that have a waiter."""
        return (READ if self.reader is not None else 0) | (WRITE if self.writer is not None else 0)

    def remove(self, task: Task) -> None:
        """The task waits no longer; the registration stays."""
        if self.reader is task:
            self.reader = None
        if self.writer is task:
            self.writer = None


class Readiness:
    """The poller and the table of interests.

    Args:
        poller: what to poll with.
        wakeup_sock: the self-pipe's receiving end.
        on_wakeup: called when that end is readable.
        on_ready: called with each task whose socket is ready.
    """

    def __init__(
        self,
        poller: Poller,
        wakeup_sock: socket.socket,
        on_wakeup: Callable[[], None],
        on_ready: Callable[[Task], None],
    ) -> None:
        self._poller = poller
        self._interests: dict[int, Interest] = {}
        self._wakeup_fd = wakeup_sock.fileno()
        self._on_wakeup = on_wakeup
        self._on_ready = on_ready
        poller.register(self._wakeup_fd, READ)

    def poll(self, timeout_s: float | None) -> None:
        """Wait for events and hand out the tasks they wake.

        Args:
            timeout_s: at most this long; 0 to look only, None until something happens.  May return early.
        """
        interests = self._interests
        # Looked up before any of them is called: a watcher may close a socket, and a new one get its number.
        found = [(interests.get(fd), fd, mask) for fd, mask in self._poller.poll(timeout_s)]
        for interest, fd, mask in found:
            if interest is None:
                if fd == self._wakeup_fd:
                    self._on_wakeup()
            elif interest.mask:
                # Without a mask, a watcher before it has dropped it.
                reader = interest.reader
                if mask == READ and reader is not None and not isinstance(reader, Task):
                    reader()
                else:
                    self._dispatch(fd, interest, directions(mask) & interest.mask)

    def add(self, task: Task, sock: socket.socket, direction: int) -> Interest:
        """From now on ``task`` waits for the socket to be readable (READ) or writable (WRITE).

        Raises:
            InternalError: another task waits for the same, or the socket is closed.
        """
        fd = sock.fileno()
        interest = self._interests.get(fd)
        if interest is None or interest.sock is not sock:
            interest = self._new_interest(fd, sock)
        if direction == READ:
            self._refuse_second(interest.reader, "read", fd)
            interest.reader = task
        else:
            self._refuse_second(interest.writer, "write", fd)
            interest.writer = task
        if not interest.mask & direction:
            # Only what is waited for now: drops, in the same call, a direction that nobody needs any more.
            self._change(fd, interest, interest.wanted())
        return interest

    def watch(self, sock: socket.socket, direction: int, watcher: Watcher | None) -> None:
        """Call `watcher` whenever the socket is readable (READ) or writable (WRITE); None ends that.

        Raises:
            InternalError: a task waits for the same, or the socket is closed.
        """
        fd = sock.fileno()
        interest = self._interests.get(fd)
        if interest is None or interest.sock is not sock:
            if watcher is None:
                return
            interest = self._new_interest(fd, sock)
        if direction == READ:
            if isinstance(interest.reader, Task):
                self._refuse_second(interest.reader, "read", fd)
            interest.reader = watcher
        else:
            if isinstance(interest.writer, Task):
                self._refuse_second(interest.writer, "write", fd)
            interest.writer = watcher
        self._change(fd, interest, interest.wanted())

    def forget(self, sock: socket.socket) -> list[Task]:
        """Unregister a socket that is about to be closed.

        Returns:
            The tasks that were waiting for it.
        """
        fd = sock.fileno()
        interest = self._interests.get(fd)
        if interest is None or interest.sock is not sock:
            return []
        self._change(fd, interest, 0)
        return [task for task in (interest.reader, interest.writer) if isinstance(task, Task)]

    def close(self) -> None:
        """Close the poller."""
        self._interests.clear()
        self._poller.close()

    def _dispatch(self, fd: int, interest: Interest, mask: int) -> None:
        is_wanted = True
        if mask & READ:
            reader = interest.reader
            if isinstance(reader, Task):
                self._on_ready(reader)
                interest.reader = None
            elif reader is not None:
                reader()
            else:
                is_wanted = False
        if mask & WRITE:
            writer = interest.writer
            if isinstance(writer, Task):
                self._on_ready(writer)
                interest.writer = None
            elif writer is not None:
                writer()
            else:
                is_wanted = False
        if not is_wanted and interest.mask:
            self._change(fd, interest, interest.wanted())

    def _new_interest(self, fd: int, sock: socket.socket) -> Interest:
        if fd < 0:
            raise InternalError("a task waits for a socket that is closed; please report this")
        stale = self._interests.get(fd)
        if stale is not None:
            # Its socket was closed without forget() and the kernel gave the number away again.
            self._change(fd, stale, 0)
        return Interest(sock)

    def _change(self, fd: int, interest: Interest, mask: int) -> None:
        if mask == interest.mask:
            return
        if mask == 0:
            del self._interests[fd]
            self._poller.unregister(fd)
        elif interest.mask == 0:
            self._poller.register(fd, mask)
            self._interests[fd] = interest
        else:
            self._poller.modify(fd, mask)
        interest.mask = mask

    @staticmethod
    def _refuse_second(waiter: Task | Watcher | None, direction: str, fd: int) -> None:
        if waiter is not None:
            message = f"two tasks wait to {direction} on descriptor {fd} ({waiter!r} came first)"
            raise InternalError(message + "; please report this")
