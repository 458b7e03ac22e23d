"""The reactor: one loop per process that drives tasks, timers, sockets and threads.

Owns time and scheduling.  Knows no protocol, no stream, no virtual user.
"""

from __future__ import annotations

from runner.reactor.reactor import RECEIVE_SIZE_BYTES_MAX, Reactor
from runner.reactor.task import PARKED, DeadlineReached, Task, TaskState
from runner.reactor.timers import Timer

__all__ = ["PARKED", "RECEIVE_SIZE_BYTES_MAX", "DeadlineReached", "Reactor", "Task", "TaskState", "Timer"]
