"""HTTP/1.1 exchanges: what goes out, what comes back, faults of the peer, reuse, switching, states."""

from __future__ import annotations

import pytest

from runner.errors import InternalError, ScriptError
from runner.protocol.http1 import (
    HEADER_BLOCK_SIZE_BYTES_MAX,
    TRANSITIONS,
    BodyData,
    Event,
    Exchange,
    Failed,
    InvalidRequest,
    Request,
    ResponseEnd,
    ResponseStart,
    State,
    Switched,
)

GET = Request("GET", "/path?q=1", [("Host", "h")])
UPGRADE = Request("GET", "/", [("Host", "h"), ("Connection", "Upgrade"), ("Upgrade", "websocket")])
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def started(request: Request = GET, body: bytes | None = None) -> Exchange:
    exchange = Exchange()
    exchange.start(request, body)
    exchange.bytes_to_send()
    return exchange


def answer(data: bytes, request: Request = GET) -> list[Event]:
    exchange = started(request)
    exchange.receive(data)
    return exchange.events()


# Requests


def test_request_without_a_body_is_sent_as_given_with_host_first() -> None:
    exchange = Exchange()
    exchange.start(Request("GET", "/p?q", [("x-lower", "1"), ("HOST", "h"), ("Same", "a"), ("Same", "b")]))
    assert (
        exchange.bytes_to_send()
        == b"GET /p?q HTTP/1.1\r\nHOST: h\r\nx-lower: 1\r\nSame: a\r\nSame: b\r\n\r\n"
    )
    assert exchange.bytes_to_send() == b""


@pytest.mark.parametrize("body", [b"", b"data"])
def test_body_gets_a_content_length(body: bytes) -> None:
    exchange = Exchange()
    exchange.start(Request("POST", "/", [("Host", "h")]), body)
    head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert exchange.bytes_to_send() == head + body


@pytest.mark.parametrize(
    "framing, sent",
    [(("content-length", "4"), b"data"), (("Transfer-Encoding", "chunked"), b"4\r\ndata\r\n0\r\n\r\n")],
)
def test_callers_own_framing_of_the_body_is_kept(framing: tuple[str, str], sent: bytes) -> None:
    exchange = Exchange()
    exchange.start(Request("POST", "/", [("Host", "h"), framing]), b"data")
    head, _, body = exchange.bytes_to_send().partition(b"\r\n\r\n")
    assert body == sent
    assert head.lower().count(b"content-length") + head.lower().count(b"transfer-encoding") == 1


def test_header_values_go_out_as_utf8() -> None:
    exchange = Exchange()
    exchange.start(Request("GET", "/", [("Host", "h"), ("X", "grüße")]))
    assert "X: grüße\r\n".encode() in exchange.bytes_to_send()


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/", []),
        Request("GET", "/", [("Host", "h"), ("bad name", "x")]),
        Request("GET", "/", [("Host", "h"), ("X", "a\r\nInjected: b")]),
        Request("GET", "/", [("Host", "h"), ("X", "a\0b")]),
        Request("GET", "/a b", [("Host", "h")]),
        Request("GET", "/ü", [("Host", "h")]),
        Request("G T", "/", [("Host", "h")]),
        Request("GET", "/", [("Host", "h"), ("Content-Length", "5")]),
    ],
    ids=["no host", "name", "newline", "NUL", "space", "not ASCII", "method", "length without body"],
)
def test_request_that_http_cannot_carry_is_refused_and_not_sent(request_: Request) -> None:
    exchange = Exchange()
    with pytest.raises(InvalidRequest, match="request cannot be sent"):
        exchange.start(request_)
    assert (exchange.bytes_to_send(), exchange.state) == (b"", State.FAILED)
    assert issubclass(InvalidRequest, ScriptError)


# Responses


def test_response_with_a_length_gives_start_body_and_end() -> None:
    data = b"HTTP/1.1 404 Not Here\r\nX-Odd-case: 1\r\nSet-Cookie: a\r\nset-cookie: b\r\n"
    data += b"Content-Length: 4\r\n\r\nbody"
    headers = [("X-Odd-case", "1"), ("Set-Cookie", "a"), ("set-cookie", "b"), ("Content-Length", "4")]
    assert answer(data) == [ResponseStart(404, "Not Here", headers, "1.1"), BodyData(b"body"), ResponseEnd()]


def test_chunked_body_comes_without_its_coding() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    events = answer(head + b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n")
    assert events[1:] == [BodyData(b"abc"), BodyData(b"de"), ResponseEnd()]


@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_body_without_framing_ends_with_the_stream_which_is_then_spent(head: bytes) -> None:
    exchange = started()
    exchange.receive(head + b"abc")
    assert exchange.events()[1:] == [BodyData(b"abc")]
    exchange.receive_eof()
    assert exchange.events() == [ResponseEnd()]
    assert not exchange.can_reuse


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_statuses_without_a_body_end_at_once(status: bytes) -> None:
    assert isinstance(answer(b"HTTP/1.1 %s\r\nContent-Length: 5\r\n\r\n" % status)[-1], ResponseEnd)


def test_answer_to_head_has_no_body_whatever_its_length_says() -> None:
    events = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Request("HEAD", "/", [("Host", "h")]))
    assert isinstance(events[-1], ResponseEnd)


def test_informational_responses_are_skipped() -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + EMPTY
    assert [type(event) for event in answer(data)] == [ResponseStart, ResponseEnd]


def test_header_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    events = answer(b"HTTP/1.1 200 \xff\r\nX: gr\xc3\xbc\xff\r\nContent-Length: 0\r\n\r\n")
    headers = [("X", "grü\ufffd"), ("Content-Length", "0")]
    assert events[0] == ResponseStart(200, "\ufffd", headers, "1.1")


@pytest.mark.parametrize(
    "data",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_malformed_response_is_one_failure(data: bytes) -> None:
    exchange = started()
    exchange.receive(data)
    exchange.receive(EMPTY)
    exchange.receive_eof()
    (event,) = exchange.events()
    assert isinstance(event, Failed) and event.message.startswith("malformed HTTP response: ")
    assert exchange.state is State.FAILED


def test_malformed_chunk_fails_after_the_start() -> None:
    events = answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
    assert [type(event) for event in events] == [ResponseStart, Failed]


def test_failure_quotes_little_of_a_long_line() -> None:
    (event,) = answer(b"x" * 10_000 + b"\r\n\r\n")
    assert isinstance(event, Failed) and len(event.message) == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nX: 1\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_stream_that_ends_too_early_is_an_unexpected_eof(data: bytes) -> None:
    exchange = started()
    exchange.receive(data)
    exchange.receive_eof()
    assert exchange.events()[-1] == Failed("unexpected EOF")
    exchange.receive_eof()
    assert exchange.events() == []


def test_header_block_beyond_the_bound_fails() -> None:
    exchange = started()
    exchange.receive(b"HTTP/1.1 200 OK\r\nX: " + b"x" * HEADER_BLOCK_SIZE_BYTES_MAX)
    (event,) = exchange.events()
    assert isinstance(event, Failed) and "too long" in event.message


def test_header_block_within_the_bound_is_taken_in_pieces() -> None:
    exchange = started()
    for piece in (b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 200_000, b"\r\nContent-Length: 0\r\n\r\n"):
        exchange.receive(piece)
    assert isinstance(exchange.events()[-1], ResponseEnd)


# Reuse


def test_connection_is_used_for_several_requests_in_turn() -> None:
    exchange = Exchange()
    for _ in range(3):
        assert exchange.can_reuse
        exchange.start(GET)
        assert not exchange.can_reuse
        exchange.receive(EMPTY)
        assert isinstance(exchange.events()[-1], ResponseEnd)
    assert exchange.bytes_to_send().count(b"GET ") == 3


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        EMPTY + EMPTY,
    ],
    ids=["close", "HTTP/1.0", "surplus"],
)
def test_connection_that_must_end_cannot_be_used_again(data: bytes) -> None:
    exchange = started()
    exchange.receive(data)
    assert [type(event) for event in exchange.events()] == [ResponseStart, ResponseEnd]
    assert not exchange.can_reuse
    with pytest.raises(InternalError, match=r"DONE|CLOSED"):
        exchange.start(GET)


def test_request_that_wants_to_close_ends_the_connections_use() -> None:
    exchange = started(Request("GET", "/", [("Host", "h"), ("Connection", "close")]))
    exchange.receive(EMPTY)
    assert not exchange.can_reuse


def test_bytes_after_a_response_are_no_answer_to_the_next_request() -> None:
    exchange = started()
    exchange.receive(EMPTY)
    exchange.receive(EMPTY)
    assert len(exchange.events()) == 2
    assert (exchange.state, exchange.can_reuse) == (State.CLOSED, False)


def test_stream_that_ends_between_exchanges_is_no_fault() -> None:
    for exchange in (Exchange(), started()):
        exchange.receive(EMPTY if exchange.state is State.WAITING else b"")
        exchange.events()
        exchange.receive_eof()
        assert (exchange.events(), exchange.state, exchange.can_reuse) == ([], State.CLOSED, False)


def test_data_before_any_request_is_a_failure() -> None:
    exchange = Exchange()
    exchange.receive(EMPTY)
    assert exchange.events() == [Failed("malformed HTTP response: data before a request")]


@pytest.mark.parametrize("state", [State.WAITING, State.BODY, State.SWITCHED, State.FAILED, State.CLOSED])
def test_request_at_the_wrong_time_raises(state: State) -> None:
    exchange = started(UPGRADE)
    match state:
        case State.BODY:
            exchange.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        case State.SWITCHED:
            exchange.receive(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        case State.FAILED:
            exchange.receive(b"garbage\r\n\r\n")
        case State.CLOSED:
            exchange.receive(EMPTY)
            exchange.receive_eof()
    assert exchange.state is state
    with pytest.raises(InternalError, match=state.name):
        exchange.start(GET)


# Switching protocols


def test_upgrade_hands_over_the_bytes_behind_the_headers() -> None:
    exchange = started(UPGRADE)
    exchange.receive(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01x")
    headers = [("Upgrade", "websocket")]
    assert exchange.events() == [Switched(101, "Switching Protocols", headers, "1.1", b"\x81\x01x")]
    exchange.receive(b"belongs to the new protocol")
    exchange.receive_eof()
    assert (exchange.events(), exchange.state) == ([], State.SWITCHED)


def test_refused_upgrade_is_an_ordinary_response_and_the_connection_stays_usable() -> None:
    exchange = started(UPGRADE)
    exchange.receive(EMPTY)
    assert [type(event) for event in exchange.events()] == [ResponseStart, ResponseEnd]
    assert exchange.can_reuse


@pytest.mark.parametrize("status, kind", [(200, Switched), (407, ResponseStart)])
def test_connect_switches_when_it_succeeds(status: int, kind: type) -> None:
    events = answer(b"HTTP/1.1 %d X\r\n\r\n" % status, Request("CONNECT", "h:443", [("Host", "h:443")]))
    assert isinstance(events[0], kind)


# States


def test_table_reaches_every_state_and_three_are_final() -> None:
    reached = set().union(*TRANSITIONS.values())
    assert reached | {State.IDLE} == set(State)
    assert {state for state, successors in TRANSITIONS.items() if not successors} == {
        State.SWITCHED,
        State.FAILED,
        State.CLOSED,
    }


def test_repr_shows_the_state_and_whether_it_can_be_reused() -> None:
    assert repr(Exchange()) == "<Exchange IDLE, can reuse>"
    assert repr(started()) == "<Exchange WAITING>"
