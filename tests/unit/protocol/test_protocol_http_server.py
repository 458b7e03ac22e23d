"""The server's side of HTTP/1.1: requests read whole, responses written, bounds, faults, who closes when."""

from __future__ import annotations

import pytest

from runner.errors import InternalError
from runner.protocol.http_server import (
    HEADER_BLOCK_SIZE_BYTES_MAX,
    TRANSITIONS,
    Request,
    Response,
    ServerConnection,
    State,
)
from tests.kit.ws_pair import pieces

GET = b"GET /path?q=1 HTTP/1.1\r\nHost: h\r\n\r\n"
PATCH = b"PATCH /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
CHUNKED = b"PUT /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"
OK = Response(200, [("Content-Type", "text/plain")], b"ok")
OK_BYTES = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


def fed(data: bytes, **how: int) -> ServerConnection:
    connection = ServerConnection(**how)
    connection.receive(data)
    return connection


def status_of(connection: ServerConnection) -> int:
    return int(connection.bytes_to_send().split(b" ")[1])


# Requests


@pytest.mark.parametrize("size_bytes", [1, 7, 1000])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GET, Request("GET", "/path?q=1")),
        (PATCH, Request("PATCH", "/p", b"body")),
        (CHUNKED, Request("PUT", "/p", b"body")),
        (b"FOO * HTTP/1.1\r\nHost: h\r\n\r\n", Request("FOO", "*")),
        (b"GET http://h/x HTTP/1.1\r\nHost: h\r\n\r\n", Request("GET", "http://h/x")),
        (b"GET / HTTP/1.0\r\n\r\n", Request("GET", "/")),
    ],
)
def test_request_is_there_with_its_last_byte(data: bytes, expected: Request, size_bytes: int) -> None:
    connection = ServerConnection()
    assert connection.is_idle
    for piece in pieces(data[:-1], size_bytes):
        connection.receive(piece)
        assert connection.request is None and not connection.is_idle
    connection.receive(data[-1:])
    assert connection.request == expected
    assert connection.state is State.ANSWERING
    assert connection.bytes_to_send() == b""


def test_client_that_waits_for_a_word_is_told_to_go_on_once() -> None:
    head, body = PATCH.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n").split(b"body")[0], b"body"
    connection = fed(head)
    assert connection.bytes_to_send() == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.receive(body[:2])
    assert connection.bytes_to_send() == b""
    connection.receive(body[2:])
    assert connection.request == Request("PATCH", "/p", b"body")


# Responses


def test_response_gets_its_length_and_the_next_request_may_come() -> None:
    connection = fed(GET)
    connection.respond(OK)
    assert connection.bytes_to_send() == OK_BYTES
    assert connection.is_idle and not connection.close_expected
    connection.receive(PATCH)
    assert connection.request == Request("PATCH", "/p", b"body")


def test_requests_that_come_at_once_are_answered_in_order() -> None:
    connection = fed(PATCH + GET)
    assert connection.request is not None and connection.request.method == "PATCH"
    connection.respond(Response(405))
    assert connection.request is not None and connection.request.method == "GET"
    connection.respond(OK)
    assert connection.bytes_to_send() == (
        b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n" + OK_BYTES
    )


def test_head_gets_the_headers_alone() -> None:
    connection = fed(GET.replace(b"GET", b"HEAD"))
    connection.respond(OK)
    assert connection.bytes_to_send() == OK_BYTES.removesuffix(b"ok")
    assert connection.is_idle


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.0\r\n\r\n", GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]
)
def test_client_that_wants_one_answer_gets_one(data: bytes) -> None:
    connection = fed(data)
    connection.respond(OK)
    assert connection.bytes_to_send().endswith(b"Connection: close\r\n\r\nok")
    assert connection.close_expected


def test_server_may_close_after_an_answer() -> None:
    connection = fed(GET + GET)
    connection.respond(OK, close=True)
    assert b"\r\nConnection: close\r\n" in connection.bytes_to_send()
    assert connection.close_expected and connection.request is None


def test_answer_without_a_request_is_our_bug() -> None:
    with pytest.raises(InternalError, match="nothing to answer on <ServerConnection READING, idle>"):
        ServerConnection().respond(OK)


# The peer's end


@pytest.mark.parametrize("data", [b"", GET[:10], PATCH[:-1]])
def test_peer_that_ends_before_its_request_is_complete_gets_nothing(data: bytes) -> None:
    connection = fed(data)
    connection.receive_eof()
    assert connection.close_expected
    assert connection.bytes_to_send() == b""
    connection.receive(GET)
    assert connection.request is None


def test_peer_that_only_ends_its_own_side_gets_its_answer() -> None:
    connection = fed(GET)
    connection.receive_eof()
    connection.respond(OK)
    assert connection.bytes_to_send() == OK_BYTES


# Faults and bounds


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        (b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * HEADER_BLOCK_SIZE_BYTES_MAX, 431),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(data: bytes, status: int) -> None:
    connection = fed(data)
    assert connection.request is None
    assert connection.close_expected
    answer = connection.bytes_to_send()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer


@pytest.mark.parametrize("size_bytes", [4, 5])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_body_may_be_as_large_as_the_bound(size_bytes: int, is_chunked: bool) -> None:
    body = b"x" * size_bytes
    framing = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: %d" % size_bytes
    coded = b"%x\r\n%s\r\n0\r\n\r\n" % (size_bytes, body) if is_chunked else body
    connection = fed(b"PUT / HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n%s" % (framing, coded), body_size_bytes_max=4)
    if size_bytes == 4:
        assert connection.request == Request("PUT", "/", body)
    else:
        assert connection.close_expected
        assert status_of(connection) == 413


def test_body_that_is_announced_as_too_large_is_refused_before_it_comes() -> None:
    connection = fed(
        b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        body_size_bytes_max=4,
    )
    assert status_of(connection) == 413


# States


def test_final_state_is_final() -> None:
    assert TRANSITIONS[State.DONE] == frozenset()
    assert set(TRANSITIONS) == set(State)


def test_repr_says_where_it_is() -> None:
    connection = ServerConnection()
    shown = [repr(connection)]
    connection.receive(GET)
    shown.append(repr(connection))
    connection.respond(OK, close=True)
    shown.append(repr(connection))
    assert shown == [
        "<ServerConnection READING, idle>",
        "<ServerConnection ANSWERING>",
        "<ServerConnection DONE>",
    ]
