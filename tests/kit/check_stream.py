"""The contract of a stream, as checks that run over every kind of stream: memory, TCP, TLS.

    @pytest.mark.parametrize("check", CHECKS, ids=check_id)
    def test_tcp_stream(check): ...   # check(reactor, left, right) inside a task

Each check gets two fresh, joined streams and leaves them closed or open as it likes.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.errors import TransportError
from runner.net.stream import Stream
from runner.reactor import Reactor

# No check waits so long unless something is wrong.
BOUND_S = 10.0
# A deadline that a check wants to reach.
SOON_S = 0.02
BIG_SIZE_BYTES = 3_000_000

Check = Callable[[Reactor, Stream, Stream], None]


def check_id(check: Check) -> str:
    return check.__name__.removeprefix("check_")


def receive_exactly(reactor: Reactor, stream: Stream, size_bytes: int) -> bytes:
    data = b""
    while len(data) < size_bytes:
        part = stream.receive(size_bytes - len(data), reactor.now() + BOUND_S)
        assert part, f"the stream ended after {len(data)} of {size_bytes} bytes"
        data += part
    return data


def receive_all(reactor: Reactor, stream: Stream) -> bytes:
    parts = []
    while part := stream.receive(deadline_s=reactor.now() + BOUND_S):
        parts.append(part)
    return b"".join(parts)


def check_bytes_arrive_in_order(reactor: Reactor, left: Stream, right: Stream) -> None:
    for part in (b"one", b"two", b"three"):
        left.send(part, reactor.now() + BOUND_S)
    assert receive_exactly(reactor, right, 11) == b"onetwothree"
    right.send(b"back", reactor.now() + BOUND_S)
    assert receive_exactly(reactor, left, 4) == b"back"


def check_big_data_goes_both_ways_at_once(reactor: Reactor, left: Stream, right: Stream) -> None:
    there, back = bytes(range(256)) * (BIG_SIZE_BYTES // 256), b"\xff\x00" * (BIG_SIZE_BYTES // 2)
    senders = [
        reactor.spawn(left.send, there, reactor.now() + BOUND_S),
        reactor.spawn(right.send, back, reactor.now() + BOUND_S),
    ]
    reader = reactor.spawn(receive_exactly, reactor, left, len(back))
    assert receive_exactly(reactor, right, len(there)) == there
    assert reader.join(reactor.now() + BOUND_S) == back
    for sender in senders:
        sender.join(reactor.now() + BOUND_S)
    assert left.counter.sent == right.counter.received >= len(there)
    assert right.counter.sent == left.counter.received >= len(back)


def check_receive_keeps_to_its_size(reactor: Reactor, left: Stream, right: Stream) -> None:
    left.send(b"abcdef", reactor.now() + BOUND_S)
    assert len(right.receive(2, reactor.now() + BOUND_S)) <= 2


def check_sending_nothing_is_nothing(reactor: Reactor, left: Stream, right: Stream) -> None:
    left.send(b"", reactor.now() + BOUND_S)
    left.send(b"x", reactor.now() + BOUND_S)
    assert right.receive(10, reactor.now() + BOUND_S) == b"x"


def check_receive_reaches_its_deadline_and_may_go_on(reactor: Reactor, left: Stream, right: Stream) -> None:
    with pytest.raises(TransportError, match=r"^read tcp .+->.+: i/o timeout$"):
        left.receive(10, reactor.now() + SOON_S)
    right.send(b"late", reactor.now() + BOUND_S)
    assert receive_exactly(reactor, left, 4) == b"late"


def check_bytes_that_are_there_are_given_after_the_deadline(
    reactor: Reactor, left: Stream, right: Stream
) -> None:
    left.send(b"12", reactor.now() + BOUND_S)
    assert right.receive(1, reactor.now() + BOUND_S) == b"1"
    assert right.receive(1, reactor.now() - 1) == b"2"


def check_send_reaches_its_deadline_when_the_peer_stops_reading(
    reactor: Reactor, left: Stream, right: Stream
) -> None:
    with pytest.raises(TransportError, match=r"^write tcp .+->.+: i/o timeout$"):
        left.send(bytes(50_000_000), reactor.now() + 10 * SOON_S)
    left.close()


def check_half_close_lets_the_answer_through(reactor: Reactor, left: Stream, right: Stream) -> None:
    left.send(b"question", reactor.now() + BOUND_S)
    left.shutdown_write()
    assert receive_all(reactor, right) == b"question"
    right.send(b"answer", reactor.now() + BOUND_S)
    right.shutdown_write()
    assert receive_all(reactor, left) == b"answer"


def check_half_close_keeps_what_was_not_read_yet(reactor: Reactor, left: Stream, right: Stream) -> None:
    right.send(b"early" * 1000, reactor.now() + BOUND_S)
    assert left.receive(1, reactor.now() + BOUND_S) == b"e"
    left.shutdown_write()
    right.send(b"late", reactor.now() + BOUND_S)
    right.shutdown_write()
    assert receive_all(reactor, left) == b"early"[1:] + b"early" * 999 + b"late"


def check_end_of_stream_is_said_again_and_again(reactor: Reactor, left: Stream, right: Stream) -> None:
    left.close()
    for _ in range(3):
        assert right.receive(10, reactor.now() + BOUND_S) == b""


def check_close_is_idempotent(reactor: Reactor, left: Stream, right: Stream) -> None:
    for _ in range(3):
        left.close()


def check_using_a_closed_stream_is_an_error(reactor: Reactor, left: Stream, right: Stream) -> None:
    left.close()
    with pytest.raises(TransportError):
        left.receive(10, reactor.now() + BOUND_S)
    with pytest.raises(TransportError):
        left.send(b"x", reactor.now() + BOUND_S)
    left.shutdown_write()


def check_close_ends_another_tasks_wait(reactor: Reactor, left: Stream, right: Stream) -> None:
    reader = reactor.spawn(left.receive)
    reactor.sleep_until(reactor.now())
    left.close()
    with pytest.raises(TransportError, match="use of closed network connection"):
        reader.join(reactor.now() + BOUND_S)


def check_sending_to_a_closed_peer_fails_in_the_end(reactor: Reactor, left: Stream, right: Stream) -> None:
    right.close()
    with pytest.raises(TransportError):
        # The first bytes may still be taken: the peer's reset comes only as their answer.
        for _ in range(1000):
            left.send(b"x" * 1000, reactor.now() + BOUND_S)
            reactor.sleep_until(reactor.now() + 0.001)


def check_interrupted_wait_leaves_a_stream_that_closes(reactor: Reactor, left: Stream, right: Stream) -> None:
    class Stop(Exception):
        pass

    reader = reactor.spawn(left.receive)
    sender = reactor.spawn(left.send, bytes(50_000_000))
    reactor.sleep_until(reactor.now() + SOON_S)
    for task in (reader, sender):
        reactor.interrupt(task, Stop())
        with pytest.raises(Stop):
            task.join(reactor.now() + BOUND_S)
    left.close()


def check_interrupted_receive_may_be_repeated(reactor: Reactor, left: Stream, right: Stream) -> None:
    class Stop(Exception):
        pass

    reader = reactor.spawn(left.receive)
    reactor.sleep_until(reactor.now())
    reactor.interrupt(reader, Stop())
    with pytest.raises(Stop):
        reader.join(reactor.now() + BOUND_S)
    right.send(b"again", reactor.now() + BOUND_S)
    assert receive_exactly(reactor, left, 5) == b"again"


def check_addresses_fit_together(reactor: Reactor, left: Stream, right: Stream) -> None:
    assert left.local_address == right.remote_address
    assert right.local_address == left.remote_address
    assert left.remote_address.startswith(left.remote_ip + ":")


def check_a_flood_lets_other_tasks_run(reactor: Reactor, left: Stream, right: Stream) -> None:
    turns = 0
    stop: list[bool] = []

    def other() -> None:
        nonlocal turns
        while not stop:
            turns += 1
            reactor.sleep_until(reactor.now())

    neighbour = reactor.spawn(other)
    sender = reactor.spawn(left.send, bytes(4 * BIG_SIZE_BYTES), reactor.now() + BOUND_S)
    for _ in range(4 * BIG_SIZE_BYTES // 10_000):
        receive_exactly(reactor, right, 10_000)
    stop.append(True)
    neighbour.join(reactor.now() + BOUND_S)
    sender.join(reactor.now() + BOUND_S)
    # A stream gives way once per RECEIVES_IN_A_ROW_MAX full reads.
    assert turns >= 3


CHECKS: list[Check] = [
    value for name, value in list(globals().items()) if name.startswith("check_") and name != "check_id"
]
