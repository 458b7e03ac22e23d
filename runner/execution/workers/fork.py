"""Making a worker process, and learning how it ended.

Plain fork(): what the parent has read and compiled is there at once and shared until somebody writes to it.  Of
``multiprocessing`` only the replaced standard input, the finalisers and the second set of pipes would come on top.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import warnings
from collections.abc import Callable

# The parent has these, and tells the workers.  A terminal sends Ctrl-C to all processes.
_PARENTS_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def fork_worker(work: Callable[[], None]) -> int:
    """Call `work` in a new process, which ends when it returns or raises; the id of the process.

    Exit status of the process: 0 when it returned, otherwise 1.

    Raises:
        OSError: the system has no room for another process.
    """
    _flush_standard_streams()
    # Nothing may run a handler of the parent's in the new process; what comes meanwhile is delivered afterwards.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {*_PARENTS_SIGNALS, signal.SIGVTALRM})
    # The collector would write to every object that the processes share.
    gc.freeze()
    try:
        with warnings.catch_warnings():
            # Newer Pythons warn when the process has threads, such as those of a program that runs tests: whatever
            # locks these hold, a worker does not need them.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            _be_worker(work, blocked)
        return pid
    finally:
        gc.unfreeze()
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _be_worker(work: Callable[[], None], mask: set[int | signal.Signals]) -> None:
    """Never returns: behind this function waits the parent's stack, whose ``finally`` clauses are not ours."""
    status = 1
    try:
        for number in _PARENTS_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        # The descriptor was the parent's; a signal here must not wake its loop.
        signal.set_wakeup_fd(-1)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        work()
        status = 0
    except BaseException:
        status = 1
    finally:
        with contextlib.suppress(Exception):
            _flush_standard_streams()
        os._exit(status)


def _flush_standard_streams() -> None:
    """So that text which waits in a buffer is not written by two processes, nor by none."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.flush()


def ended(pid: int, *, waits: bool = False) -> str | None:
    """How a process of ours ended, as a clause; None while it lives.

    Args:
        waits: block until it has ended; for one that was killed.
    """
    try:
        found, status = os.waitpid(pid, 0 if waits else os.WNOHANG)
    except ChildProcessError:
        # The program around us collects its children itself.
        return "ended"
    if not found:
        return None
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"ended with exit status {code}"
    name = signal.Signals(-code).name
    hint = " (as the system does when memory runs out)" if name == "SIGKILL" else ""
    return f"was killed by {name}{hint}"


def kill(pid: int) -> None:
    """End a process of ours that has not been collected yet, at once."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
