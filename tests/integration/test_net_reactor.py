"""The reactor on the real clock: sockets, threads, signals."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from runner.errors import InternalError
from runner.reactor import DeadlineReached, Reactor
from runner.reactor.threads import THREADS_MAX

BOUND_S = 10.0


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    with Reactor() as reactor:
        yield reactor


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    with left, right:
        yield left, right


def run(reactor: Reactor, function, *args, **kwargs):
    task = reactor.spawn(lambda: function(*args, **kwargs))
    reactor.run(task)
    return task.result


class RecordingPoller:
    """Counts the calls that cost a system call."""

    def __init__(self, reactor: Reactor) -> None:
        poller = reactor._readiness._poller
        self.changes = 0
        for name in ("register", "modify", "unregister"):
            setattr(poller, name, self._counted(getattr(poller, name)))

    def _counted(self, method):
        def call(*args):
            self.changes += 1
            return method(*args)

        return call


# ---- sockets


def test_wait_readable_returns_when_bytes_come(reactor: Reactor, pair) -> None:
    left, right = pair
    reactor.call_at(reactor.now() + 0.01, right.send, b"x")
    run(reactor, reactor.wait_readable, left, reactor.now() + BOUND_S)
    assert left.recv(10) == b"x"


def test_wait_readable_reaches_its_deadline(reactor: Reactor, pair) -> None:
    began_s = reactor.now()
    with pytest.raises(DeadlineReached):
        run(reactor, reactor.wait_readable, pair[0], began_s + 0.02)
    assert 0.02 <= reactor.now() - began_s < 1.0


def test_wait_writable_returns_when_the_peer_reads(reactor: Reactor, pair) -> None:
    left, right = pair
    with pytest.raises(BlockingIOError):
        while True:
            left.send(bytes(65536))

    def drain() -> None:
        with pytest.raises(BlockingIOError):
            while True:
                right.recv(65536)

    reactor.call_at(reactor.now() + 0.01, drain)
    run(reactor, reactor.wait_writable, left, reactor.now() + BOUND_S)


def test_reader_and_writer_may_wait_for_one_socket(reactor: Reactor, pair) -> None:
    left, right = pair
    reader = reactor.spawn(reactor.wait_readable, left, reactor.now() + BOUND_S)
    writer = reactor.spawn(reactor.wait_writable, left, reactor.now() + BOUND_S)
    reactor.run(writer)
    assert not reader.done
    right.send(b"x")
    reactor.run(reader)


@pytest.mark.parametrize("name", ["wait_readable", "wait_writable"])
def test_two_waiters_in_one_direction_are_our_bug(reactor: Reactor, pair, name: str) -> None:
    left, _ = pair
    if name == "wait_writable":
        with pytest.raises(BlockingIOError):
            while True:
                left.send(bytes(65536))
    first = reactor.spawn(getattr(reactor, name), left)
    with pytest.raises(InternalError, match=r"two tasks wait to (read|write) on descriptor"):
        run(reactor, getattr(reactor, name), left)
    assert not first.done


def test_ping_pong_costs_no_registration_per_message(reactor: Reactor, pair) -> None:
    left, right = pair

    def play(sock: socket.socket, begins: bool) -> None:
        if begins:
            sock.send(b"ball")
        for _ in range(200):
            reactor.wait_readable(sock, reactor.now() + BOUND_S)
            sock.recv(10)
            sock.send(b"ball")

    poller = RecordingPoller(reactor)
    tasks = [reactor.spawn(play, left, True), reactor.spawn(play, right, False)]
    reactor.run(tasks[0])
    reactor.run(tasks[1])
    assert poller.changes <= 6


def test_bytes_that_nobody_waits_for_do_not_spin_the_loop(reactor: Reactor, pair) -> None:
    left, right = pair
    right.send(b"first")
    run(reactor, reactor.wait_readable, left, reactor.now() + BOUND_S)
    poller = RecordingPoller(reactor)
    began_s = time.process_time()
    run(reactor, reactor.sleep_until, reactor.now() + 0.1)
    assert poller.changes == 1
    assert time.process_time() - began_s < 0.05
    run(reactor, reactor.wait_readable, left, reactor.now() + BOUND_S)


def test_interrupted_wait_may_be_repeated(reactor: Reactor, pair) -> None:
    class Stop(Exception):
        pass

    left, right = pair
    task = reactor.spawn(reactor.wait_readable, left)
    reactor.call_at(reactor.now() + 0.01, reactor.interrupt, task, Stop())
    with pytest.raises(Stop):
        reactor.run(task)
    right.send(b"x")
    run(reactor, reactor.wait_readable, left, reactor.now() + BOUND_S)


def test_forgetting_a_socket_ends_the_waits_for_it(reactor: Reactor, pair) -> None:
    left, _ = pair
    task = reactor.spawn(reactor.wait_readable, left)
    reactor.call_at(reactor.now() + 0.01, reactor.forget, left)
    with pytest.raises(OSError, match="use of closed network connection"):
        reactor.run(task)
    reactor.forget(left)


def test_descriptor_that_the_kernel_gives_again_is_a_new_socket(reactor: Reactor) -> None:
    """Also when somebody closed the first socket without telling the reactor."""

    def use(is_told: bool) -> None:
        left, right = socket.socketpair()
        left.setblocking(False)
        right.send(b"x")
        reactor.wait_readable(left, reactor.now() + BOUND_S)
        if is_told:
            reactor.forget(left)
        left.close()
        right.close()

    for is_told in (True, False, False, True):
        run(reactor, use, is_told)


def test_waiting_for_a_closed_socket_is_our_bug(reactor: Reactor, pair) -> None:
    pair[0].close()
    with pytest.raises(InternalError, match="socket that is closed"):
        run(reactor, reactor.wait_readable, pair[0])


def test_a_thousand_tasks_wait_for_sockets(reactor: Reactor) -> None:
    pairs = [socket.socketpair() for _ in range(400)]
    woken = []

    def wait(sock: socket.socket) -> None:
        reactor.wait_readable(sock, reactor.now() + BOUND_S)
        woken.append(sock)

    for left, right in pairs:
        reactor.spawn(wait, left)
        reactor.call_at(reactor.now() + 0.01, right.send, b"x")
    reactor.run()
    assert len(woken) == len(pairs)
    for left, right in pairs:
        reactor.forget(left)
        left.close()
        right.close()


def test_busy_tasks_do_not_keep_sockets_waiting(reactor: Reactor, pair) -> None:
    left, right = pair
    right.send(b"x")
    turns = 0

    def busy() -> None:
        nonlocal turns
        while not waiter.done:
            turns += 1
            reactor.sleep_until(0.0)

    waiter = reactor.spawn(reactor.wait_readable, left, reactor.now() + BOUND_S)
    reactor.spawn(busy)
    reactor.run()
    assert turns < 10


# ---- the real clock


def test_short_sleeps_are_on_time_to_a_fraction_of_a_millisecond(reactor: Reactor) -> None:
    def lateness_s() -> float:
        when_s = reactor.now() + 0.0033
        reactor.sleep_until(when_s)
        late_s = reactor.now() - when_s
        assert late_s >= 0
        return late_s

    lateness = sorted(run(reactor, lateness_s) for _ in range(30))
    # The median: a loaded machine may be late now and then.
    assert lateness[15] < 0.0009


# ---- threads


def test_call_in_thread_gives_the_result(reactor: Reactor) -> None:
    assert run(reactor, reactor.call_in_thread, divmod, 7, 2) == (3, 1)


def test_call_in_thread_raises_what_the_function_raised(reactor: Reactor) -> None:
    with pytest.raises(ZeroDivisionError):
        run(reactor, reactor.call_in_thread, divmod, 7, 0)


def test_call_in_thread_leaves_the_others_running(reactor: Reactor) -> None:
    is_set = threading.Event()
    waiter = reactor.spawn(reactor.call_in_thread, is_set.wait, BOUND_S)
    reactor.spawn(is_set.set)
    reactor.run()
    assert waiter.result is True


def test_call_in_thread_reaches_its_deadline(reactor: Reactor) -> None:
    is_set = threading.Event()
    try:
        with pytest.raises(DeadlineReached):
            run(reactor, reactor.call_in_thread, is_set.wait, BOUND_S, deadline_s=reactor.now() + 0.02)
    finally:
        is_set.set()
    assert run(reactor, reactor.call_in_thread, int, "5") == 5


def test_call_in_thread_is_interrupted(reactor: Reactor) -> None:
    class Stop(Exception):
        pass

    is_set = threading.Event()
    task = reactor.spawn(reactor.call_in_thread, is_set.wait, BOUND_S)
    reactor.call_at(reactor.now() + 0.01, reactor.interrupt, task, Stop())
    try:
        with pytest.raises(Stop):
            reactor.run(task)
    finally:
        is_set.set()


def test_threads_are_bounded_and_all_calls_are_served(reactor: Reactor) -> None:
    count = 3 * THREADS_MAX
    running, most, lock = [0], [0], threading.Lock()

    def work(number: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.001)
        with lock:
            running[0] -= 1
        return number

    tasks = [reactor.spawn(reactor.call_in_thread, work, number) for number in range(count)]
    reactor.run()
    assert [task.result for task in tasks] == list(range(count))
    assert most[0] <= THREADS_MAX


def test_calls_given_up_in_the_queue_are_never_made(reactor: Reactor) -> None:
    is_set = threading.Event()
    made = []
    blockers = [reactor.spawn(reactor.call_in_thread, is_set.wait, BOUND_S) for _ in range(THREADS_MAX)]
    with pytest.raises(DeadlineReached):
        run(reactor, reactor.call_in_thread, made.append, 1, deadline_s=reactor.now() + 0.02)
    is_set.set()
    for blocker in blockers:
        reactor.run(blocker)
    run(reactor, reactor.call_in_thread, int)
    assert made == []


def test_waiting_inside_such_a_thread_is_named(reactor: Reactor) -> None:
    with pytest.raises(InternalError, match=r"sleep_until\(\) called outside a task"):
        run(reactor, reactor.call_in_thread, reactor.sleep_until, 0.0)


def test_call_from_another_thread_wakes_a_blocked_poll(reactor: Reactor) -> None:
    task = reactor.spawn(reactor.park, reactor.now() + BOUND_S)

    def other() -> None:
        time.sleep(0.02)
        reactor.call_soon_threadsafe(reactor.wake, task, "hello")

    thread = threading.Thread(target=other)
    thread.start()
    reactor.run(task)
    thread.join()
    assert task.result == "hello"


def test_reactor_runs_in_a_thread_of_its_own() -> None:
    results = []

    def main() -> None:
        with Reactor() as reactor:
            results.append(run(reactor, reactor.call_in_thread, int, "7"))

    thread = threading.Thread(target=main)
    thread.start()
    thread.join(BOUND_S)
    assert results == [7]


def test_late_thread_does_not_disturb_a_closed_reactor() -> None:
    is_set = threading.Event()
    with Reactor() as reactor, pytest.raises(DeadlineReached):
        run(reactor, reactor.call_in_thread, is_set.wait, BOUND_S, deadline_s=reactor.now())
    is_set.set()
    reactor.call_soon_threadsafe(int)


# ---- signals


@pytest.fixture
def handled() -> Iterator[list[int]]:
    """SIGUSR1's handler is set by the test; put back afterwards."""
    previous = signal.getsignal(signal.SIGUSR1)
    yield []
    signal.signal(signal.SIGUSR1, previous)


def test_signal_handler_wakes_a_blocked_poll(reactor: Reactor, handled: list[int]) -> None:
    task = reactor.spawn(reactor.park, reactor.now() + BOUND_S)
    signal.signal(signal.SIGUSR1, lambda number, _: reactor.call_soon_threadsafe(reactor.wake, task, number))
    timer = threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    began_s = reactor.now()
    reactor.run(task)
    timer.join()
    assert task.result == signal.SIGUSR1
    assert reactor.now() - began_s < 1.0


def test_storm_of_signals_loses_none(reactor: Reactor, handled: list[int]) -> None:
    """Each signal is sent once the one before was seen, at any point of the loop: none waits for the poll."""
    count = 300
    seen = threading.Semaphore(0)

    def see() -> None:
        handled.append(1)
        seen.release()
        if len(handled) == count:
            reactor.wake(task)

    task = reactor.spawn(reactor.park, reactor.now() + BOUND_S)
    signal.signal(signal.SIGUSR1, lambda *_: reactor.call_soon_threadsafe(see))

    def send() -> None:
        for _ in range(count):
            os.kill(os.getpid(), signal.SIGUSR1)
            assert seen.acquire(timeout=BOUND_S)

    thread = threading.Thread(target=send)
    thread.start()
    reactor.run(task)
    thread.join()
    assert len(handled) == count


def test_handler_that_raises_ends_run_and_the_reactor_goes_on(reactor: Reactor, handled: list[int]) -> None:
    task = reactor.spawn(reactor.sleep_until, reactor.now() + 0.1)
    reactor.spawn(lambda: os.kill(os.getpid(), signal.SIGUSR1)).watched = True
    signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        reactor.run(task)
    except KeyboardInterrupt:
        reactor.run(task)
    assert task.done


def test_wakeup_descriptor_of_the_process_is_put_back(reactor: Reactor) -> None:
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)
    run(reactor, int)
    after = signal.set_wakeup_fd(before)
    assert after == before


def test_system_error_of_a_socket_reaches_the_waiter(reactor: Reactor) -> None:
    with socket.socket() as sock:
        sock.setblocking(False)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = free.getsockname()
        sock.connect_ex(address)
        run(reactor, reactor.wait_writable, sock, reactor.now() + BOUND_S)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (errno.ECONNREFUSED, 0)
        reactor.forget(sock)
