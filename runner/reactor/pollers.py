"""What asks the system which descriptors are ready: epoll where there is one, otherwise the standard library.

Owns the words of the system call.  Refuses to know who waits: that is readiness.py.  The standard library's
EpollSelector does the same as EpollPoller, and makes an object for every event, which costs as much as the system
call when messages come by the thousand.
"""

from __future__ import annotations

import select
import selectors
from contextlib import suppress
from typing import Protocol

# Directions, as bits; they are those of epoll.  Every other bit of an event stands for an error or an end.
READ, WRITE = 1, 4

# epoll counts in milliseconds.  Longer waits end this early; select(2), which counts in microseconds, does
# the rest.
COARSE_S = 0.002
# The C library's fd_set ends here; a descriptor above it cannot go into select(2).
SELECT_FD_MAX = 1023


def directions(mask: int) -> int:
    """READ and WRITE of an event; an error or an end concerns whoever waits, for either."""
    return mask if mask & ~(READ | WRITE) == 0 else READ | WRITE


class Poller(Protocol):
    """Descriptors, and the directions in which they are watched."""

    def register(self, fd: int, mask: int) -> None:
        """Begin to watch."""

    def modify(self, fd: int, mask: int) -> None:
        """Watch in other directions."""

    def unregister(self, fd: int) -> None:
        """Watch no more; a descriptor may be closed already."""

    def poll(self, timeout_s: float | None) -> list[tuple[int, int]]:
        """Wait for events: a descriptor and bits each, see READ.

        Args:
            timeout_s: at most this long; 0 to look only, None until something happens.  May return early.
        """
        ...

    def close(self) -> None:
        """Give it back."""


class EpollPoller:
    """epoll(7), with time-outs below a millisecond."""

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def register(self, fd: int, mask: int) -> None:
        """See Poller.register."""
        self._epoll.register(fd, mask)

    def modify(self, fd: int, mask: int) -> None:
        """See Poller.modify."""
        self._epoll.modify(fd, mask)

    def unregister(self, fd: int) -> None:
        """See Poller.unregister."""
        # The kernel has dropped a descriptor that was closed before.
        with suppress(OSError):
            self._epoll.unregister(fd)

    def poll(self, timeout_s: float | None) -> list[tuple[int, int]]:
        """See Poller.poll."""
        if timeout_s:
            timeout_s = self._wait_precisely(timeout_s)
        return self._epoll.poll(timeout_s)

    def close(self) -> None:
        """See Poller.close."""
        self._epoll.close()

    def _wait_precisely(self, timeout_s: float) -> float:
        if timeout_s > COARSE_S:
            return timeout_s - COARSE_S
        fd = self._epoll.fileno()
        if fd > SELECT_FD_MAX:
            return timeout_s
        select.select([fd], [], [], timeout_s)
        return 0


class SelectorPoller:
    """A selector of the standard library, or what acts as one.

    Args:
        selector: None for the platform's best; it belongs to the poller from now on.
    """

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        self._selector = selectors.DefaultSelector() if selector is None else selector

    def register(self, fd: int, mask: int) -> None:
        """See Poller.register."""
        self._selector.register(fd, _to_selector(mask))

    def modify(self, fd: int, mask: int) -> None:
        """See Poller.modify."""
        self._selector.modify(fd, _to_selector(mask))

    def unregister(self, fd: int) -> None:
        """See Poller.unregister."""
        with suppress(KeyError, ValueError, OSError):
            self._selector.unregister(fd)

    def poll(self, timeout_s: float | None) -> list[tuple[int, int]]:
        """See Poller.poll."""
        return [(key.fd, _from_selector(events)) for key, events in self._selector.select(timeout_s)]

    def close(self) -> None:
        """See Poller.close."""
        self._selector.close()


def _to_selector(mask: int) -> int:
    return (selectors.EVENT_READ if mask & READ else 0) | (selectors.EVENT_WRITE if mask & WRITE else 0)


def _from_selector(events: int) -> int:
    return (READ if events & selectors.EVENT_READ else 0) | (WRITE if events & selectors.EVENT_WRITE else 0)


def best_poller() -> Poller:
    """The platform's."""
    return EpollPoller() if hasattr(select, "epoll") else SelectorPoller()
