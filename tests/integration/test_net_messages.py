"""Messages between processes, here between two channels of one."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from runner.net.messages import MessageChannel, connected_ends
from runner.reactor import Reactor


class Pair:
    """Two ends on one reactor."""

    def __init__(self, reactor: Reactor, queued_bytes_max: int | None = None) -> None:
        first, second = connected_ends()
        self.reactor = reactor
        self.first = MessageChannel(reactor, first, queued_bytes_max)
        self.second = MessageChannel(reactor, second, None)

    def run(self, *functions: Callable[[], object]) -> list[object]:
        """Run the functions as tasks side by side; what they returned."""

        def join() -> list[object]:
            tasks = [self.reactor.spawn(function) for function in functions]
            return [task.join() for task in tasks]

        main = self.reactor.spawn(join)
        self.reactor.run(until=main)
        found: list[object] = main.result
        return found


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Reactor() as reactor:
        pair = Pair(reactor)
        yield pair
        pair.first.close()
        pair.second.close()


def receive_all(channel: MessageChannel) -> list[bytes]:
    found = []
    while (data := channel.receive()) is not None:
        found.append(bytes(data))
    return found


def test_messages_arrive_whole_and_in_order(pair: Pair) -> None:
    messages = [b"", b"a", os.urandom(3_000_000), b"b" * 65537, *[bytes([n]) for n in range(200)]]

    def send() -> None:
        for message in messages:
            pair.first.send(message)
        pair.first.flush()
        pair.first.close()

    assert pair.run(send, lambda: receive_all(pair.second))[1] == messages


def test_send_returns_before_the_other_end_reads(pair: Pair) -> None:
    pair.first.send(b"x" * 5_000_000)
    assert pair.first.queued_bytes > 4_000_000
    assert pair.run(pair.second.receive, pair.first.flush)[0] == b"x" * 5_000_000
    assert pair.first.queued_bytes == 0


def test_a_full_queue_blocks_the_sending_thread_until_the_other_end_reads() -> None:
    with Reactor() as sending, Reactor() as receiving:
        first, second = connected_ends()
        writer = MessageChannel(sending, first, 1_000_000)
        reader = MessageChannel(receiving, second, None)
        progress: list[int] = []

        def send() -> None:
            for number in range(20):
                writer.send(b"x" * 500_000)
                progress.append(number)
            sending.run(until=sending.spawn(writer.flush))

        thread = threading.Thread(target=send)
        thread.start()
        time.sleep(0.2)
        assert len(progress) < 5
        task = receiving.spawn(lambda: [len(reader.receive() or b"") for _ in range(20)])
        receiving.run(until=task)
        thread.join(5)
        assert task.result == [500_000] * 20
        assert len(progress) == 20
        writer.close()
        reader.close()


def test_messages_of_other_threads_arrive(pair: Pair) -> None:
    def send() -> None:
        for _ in range(50):
            pair.first.send(b"y" * 20_000)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    found = pair.run(lambda: [pair.second.receive() for _ in range(200)])[0]
    for thread in threads:
        thread.join()
    assert found == [b"y" * 20_000] * 200


def test_an_end_inside_a_message_is_the_end(pair: Pair) -> None:
    pair.first.send(b"z" * 1_000_000)
    pair.first.close()
    assert pair.run(pair.second.receive) == [None]


def test_what_is_sent_to_nobody_is_dropped(pair: Pair) -> None:
    pair.second.close()
    pair.first.send(b"z" * 5_000_000)
    pair.first.send(b"z")
    pair.run(pair.first.flush)
    assert pair.first.queued_bytes == 0
    assert pair.run(pair.first.receive) == [None]


def test_a_flood_of_messages_lets_other_tasks_run(pair: Pair) -> None:
    for _ in range(500):
        pair.first.send(b"m")
    turns: list[int] = []

    def other() -> None:
        for number in range(5):
            turns.append(number)
            pair.reactor.sleep_until(0)

    def receive() -> int:
        for _ in range(500):
            pair.second.receive()
        return len(turns)

    assert pair.run(receive, other)[0] == 5
