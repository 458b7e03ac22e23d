"""The HTTP driver over streams in memory: kept connections, deadlines, timings, misbehaving servers."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from runner.errors import TransportError
from runner.net import http
from runner.net.dial import Dialer
from runner.net.http import Answer, HttpConnections, Trace
from runner.net.http_url import HttpUrl
from runner.net.proxy import Proxy
from runner.net.stream import ByteCounter
from runner.ops import Interrupted
from runner.protocol.http1 import InvalidRequest, Request
from runner.reactor import Reactor
from tests.kit.memory_stream import MemoryStream, memory_stream_pair
from tests.kit.virtual_clock import VirtualClock

OK = b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok"
Serve = Callable[["Server", MemoryStream], None]


class Server:
    """Stands in for the dialer and what it reaches; each connection gets the next of the `serves`."""

    def __init__(self, reactor: Reactor, *serves: Serve, chop: int = 0, proxy: Proxy | None = None) -> None:
        self.reactor = reactor
        self.serves = list(serves)
        self.chop = chop
        self.proxy = proxy
        self.requests: list[bytes] = []
        self.clients: list[MemoryStream] = []
        self.targets: list[tuple[str, int]] = []

    def open(self, is_secure: bool, host: str, port: int, **_: Any) -> MemoryStream:
        return self.connect(host, port)

    def connect(self, host: str, port: int, **_: Any) -> MemoryStream:
        left, right = memory_stream_pair(self.reactor, chop=self.chop)
        serve = self.serves[min(len(self.clients), len(self.serves) - 1)]
        self.clients.append(left)
        self.targets.append((host, port))
        left.timings.connecting_s = 0.25
        self.reactor.spawn(self._serve, serve, right)
        return left

    def proxy_for(self, is_secure: bool, host: str, port: int) -> Proxy | None:
        return self.proxy

    def _serve(self, serve: Serve, stream: MemoryStream) -> None:
        try:
            serve(self, stream)
        except TransportError:
            stream.close()

    def read_head(self, stream: MemoryStream) -> bytes:
        """A request's head, which is remembered; its body stays unread."""
        head = b""
        while b"\r\n\r\n" not in head:
            data = stream.receive(1)
            if not data:
                raise TransportError("the client has closed")
            head += data
        self.requests.append(head)
        return head


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        yield reactor


def answering(*answers: bytes) -> Serve:
    """Answers one request after the other, the last way for ever; b"" closes the connection instead."""

    def serve(server: Server, stream: MemoryStream) -> None:
        left = list(answers)
        while True:
            server.read_head(stream)
            data = left.pop(0) if len(left) > 1 else left[0]
            if not data:
                break
            stream.send(data)
        stream.close()

    return serve


def connections(server: Server) -> HttpConnections:
    return HttpConnections(server.reactor, cast(Dialer, server), vu_id=1, counter=ByteCounter())


def send(
    pool: HttpConnections,
    method: str = "GET",
    *,
    url: str = "http://a.test/x",
    body: bytes | None = None,
    trace: Trace | None = None,
    timeout_s: float = 60.0,
    **how: Any,
) -> Answer:
    parts = HttpUrl.parse(url)
    request = Request(method, parts.target, [("Host", parts.authority)])
    return pool.send(
        parts, request, body, trace or Trace(), deadline_s=pool._reactor.now() + timeout_s, **how
    )


def run(reactor: Reactor, function: Callable[..., Any], *args: Any) -> Any:
    task = reactor.spawn(function, *args)
    reactor.run(until=task)
    return task.result


def bodies(pool: HttpConnections, *methods: str, **how: Any) -> list[bytes]:
    return [send(pool, method, body=b"x" if method == "POST" else None, **how).body for method in methods]


@pytest.mark.parametrize("chop", [0, 1])
def test_an_answer_is_the_same_however_the_bytes_come(reactor: Reactor, chop: int) -> None:
    chunked = b"HTTP/1.1 404 Not Here\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    server = Server(reactor, answering(chunked), chop=chop)
    answer = run(reactor, send, connections(server))
    assert (answer.status, answer.reason, answer.http_version) == (404, "Not Here", "1.1")
    assert ("X-A", "b") in answer.headers
    assert answer.body == b"abc"
    assert server.requests == [b"GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n"]


def test_a_connection_serves_many_requests_and_each_place_has_its_own(reactor: Reactor) -> None:
    server = Server(reactor, answering(OK))
    pool = connections(server)
    run(reactor, bodies, pool, "GET", "POST", "GET")
    assert server.targets == [("a.test", 80)]
    run(reactor, lambda: send(pool, url="http://a.test:81/"))
    run(reactor, lambda: send(pool, url="https://a.test/"))
    run(reactor, lambda: send(pool))
    assert server.targets == [("a.test", 80), ("a.test", 81), ("a.test", 443)]


def test_a_connection_is_not_used_again_when_either_side_forbids_it(reactor: Reactor) -> None:
    closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    server = Server(reactor, answering(closing))
    run(reactor, bodies, connections(server), "GET", "GET")
    assert len(server.clients) == 2
    server = Server(reactor, answering(OK))
    run(reactor, lambda: bodies(connections(server), "GET", "GET", keep=False))
    assert len(server.clients) == 2
    assert all(client._is_closed for client in server.clients)


def test_close_gives_up_what_was_kept(reactor: Reactor) -> None:
    server = Server(reactor, answering(OK))
    pool = connections(server)
    run(reactor, send, pool)
    pool.close()
    run(reactor, send, pool)
    assert [client._is_closed for client in server.clients] == [True, False]


def test_connections_that_nobody_owns_any_more_are_closed(reactor: Reactor) -> None:
    server = Server(reactor, answering(OK))
    pool = connections(server)
    run(reactor, send, pool)
    del pool
    gc.collect()
    assert server.clients[0]._is_closed


def test_the_oldest_connection_is_closed_beyond_the_bound(
    reactor: Reactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "CONNECTIONS_KEPT_MAX", 2)
    server = Server(reactor, answering(OK))
    pool = connections(server)
    for name in ("a", "b", "a", "c"):
        run(reactor, lambda name=name: send(pool, url=f"http://{name}.test/"))
    assert [client._is_closed for client in server.clients] == [False, True, False]


# ---- several requests at a time


def at_once(reactor: Reactor, pool: HttpConnections, *urls: str) -> None:
    """One request each, in a task of its own."""
    tasks = [reactor.spawn(lambda url=url: send(pool, url=url)) for url in urls]
    for task in tasks:
        reactor.run(until=task)


def waiting(server: Server, stream: MemoryStream) -> None:
    """Answers after a second."""
    while True:
        server.read_head(stream)
        server.reactor.sleep_until(server.reactor.now() + 1)
        stream.send(OK)


def test_requests_at_the_same_time_have_a_connection_each_and_all_are_kept(reactor: Reactor) -> None:
    server = Server(reactor, waiting)
    pool = connections(server)
    at_once(reactor, pool, *["http://a.test/"] * 3)
    assert reactor.now() == 1
    assert len(server.clients) == 3
    at_once(reactor, pool, *["http://a.test/"] * 4)
    assert reactor.now() == 2
    assert len(server.clients) == 4
    pool.close()
    assert all(client._is_closed for client in server.clients)


def test_the_connection_used_last_is_used_next(reactor: Reactor) -> None:
    server = Server(reactor, answering(OK, OK, b""))
    pool = connections(server)
    at_once(reactor, pool, "http://a.test/", "http://a.test/")
    # The third request on one connection ends it, the fourth one goes to the other.
    run(reactor, bodies, pool, "GET", "GET")
    assert [client._is_closed for client in server.clients] == [False, True, False]


def test_the_bound_counts_the_idle_connections_of_all_places(
    reactor: Reactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "CONNECTIONS_KEPT_MAX", 3)
    server = Server(reactor, waiting)
    pool = connections(server)
    at_once(reactor, pool, "http://a.test/", "http://a.test/", "http://b.test/")
    at_once(reactor, pool, "http://c.test/")
    assert [client._is_closed for client in server.clients] == [True, False, False, False]
    at_once(reactor, pool, "http://d.test/")
    assert [client._is_closed for client in server.clients] == [True, True, False, False, False]


def test_stale_connections_are_looked_through_before_a_post(reactor: Reactor) -> None:
    def closing_soon(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        server.reactor.sleep_until(server.reactor.now() + 1)
        stream.send(OK)
        server.reactor.sleep_until(server.reactor.now() + 1)
        stream.close()

    server = Server(reactor, closing_soon)
    pool = connections(server)
    at_once(reactor, pool, *["http://a.test/"] * 3)
    run(reactor, reactor.sleep_until, reactor.now() + 2)
    assert run(reactor, bodies, pool, "POST") == [b"ok"]
    assert [client._is_closed for client in server.clients] == [True, True, True, False]


def test_an_interruption_while_a_connection_is_looked_at_closes_it(reactor: Reactor) -> None:
    server = Server(reactor, answering(OK))
    pool = connections(server)
    run(reactor, send, pool)
    task = reactor.spawn(lambda: send(pool, "POST"))
    reactor.interrupt(task, Interrupted())
    with pytest.raises(Interrupted):
        reactor.run(until=task)
    assert [client._is_closed for client in server.clients] == [True]
    assert server.requests[1:] == []


def test_a_request_whose_time_is_over_is_not_sent(reactor: Reactor) -> None:
    server = Server(reactor, answering(OK))
    with pytest.raises(TransportError, match="request timeout") as caught:
        run(reactor, lambda: send(connections(server), timeout_s=0))
    assert caught.value.code == http.CODE_TIMEOUT
    assert server.clients == []


# ---- connections that the server closed meanwhile


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_idempotent_request_on_a_stale_connection_is_sent_again(reactor: Reactor, method: str) -> None:
    server = Server(reactor, answering(OK, b""), answering(OK))
    assert run(reactor, bodies, connections(server), method, method) == [b"ok", b"ok"]
    assert len(server.clients) == 2
    assert len(server.requests) == 3


def test_a_request_is_sent_again_only_once(reactor: Reactor) -> None:
    server = Server(reactor, answering(OK, b""), answering(b""))
    with pytest.raises(TransportError, match=r"^EOF$"):
        run(reactor, bodies, connections(server), "GET", "GET")
    assert len(server.clients) == 2


def test_a_post_does_not_meet_a_connection_that_was_closed_before(reactor: Reactor) -> None:
    def serve(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        stream.receive(1)
        stream.send(OK)
        stream.close()

    server = Server(reactor, serve)
    assert run(reactor, bodies, connections(server), "POST", "POST") == [b"ok", b"ok"]
    assert len(server.requests) == 2


def test_a_post_is_never_sent_twice(reactor: Reactor) -> None:
    def serve(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        stream.receive(1)
        stream.send(OK)
        server.read_head(stream)
        stream.close()

    server = Server(reactor, serve)
    with pytest.raises(TransportError):
        run(reactor, bodies, connections(server), "POST", "POST")
    assert len(server.requests) == 2


def test_a_fresh_connection_is_not_tried_twice(reactor: Reactor) -> None:
    server = Server(reactor, answering(b""))
    with pytest.raises(TransportError, match=r"^EOF$"):
        run(reactor, send, connections(server))
    assert len(server.clients) == 1


def test_an_answer_that_has_begun_is_not_asked_for_again(reactor: Reactor) -> None:
    def serve(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        stream.send(OK)
        server.read_head(stream)
        stream.send(OK[:-1])
        stream.close()

    server = Server(reactor, serve)
    with pytest.raises(TransportError, match="unexpected EOF"):
        run(reactor, bodies, connections(server), "GET", "GET")
    assert len(server.clients) == 1
    assert server.clients[0]._is_closed


def test_data_that_nobody_asked_for_ends_the_connection(reactor: Reactor) -> None:
    server = Server(reactor, answering(OK + OK))
    assert run(reactor, bodies, connections(server), "GET", "GET") == [b"ok", b"ok"]
    assert len(server.clients) == 2


# ---- time


def test_timings_tell_the_phases_apart(reactor: Reactor) -> None:
    def serve(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        reactor.sleep_until(reactor.now() + 2)
        stream.send(OK[:-1])
        reactor.sleep_until(reactor.now() + 3)
        stream.send(OK[-1:])

    trace = Trace()
    run(reactor, lambda: send(connections(Server(reactor, serve)), trace=trace))
    assert (trace.sending_s, trace.waiting_s, trace.receiving_s) == (0, 2, 3)
    assert (trace.duration_s, trace.connecting_s) == (5, 0.25)
    assert (trace.remote_ip, trace.remote_port > 0) == ("127.0.0.1", True)


def test_a_kept_connection_costs_no_connecting(reactor: Reactor) -> None:
    pool, trace = connections(Server(reactor, answering(OK))), Trace()
    run(reactor, send, pool)
    run(reactor, lambda: send(pool, trace=trace))
    assert (trace.connecting_s, trace.blocked_s) == (0, 0)
    assert trace.remote_ip == "127.0.0.1"


@pytest.mark.parametrize("part", [b"", OK[:9], OK[:-1]], ids=["nothing", "head", "body"])
def test_the_deadline_ends_a_request_that_hangs(reactor: Reactor, part: bytes) -> None:
    def serve(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        stream.send(part)

    server, trace = Server(reactor, serve), Trace()
    with pytest.raises(TransportError) as caught:
        run(reactor, lambda: send(connections(server), trace=trace, timeout_s=1.5))
    assert (caught.value.message, caught.value.code) == ("request timeout", 1050)
    assert trace.duration_s == 1.5
    assert server.clients[0]._is_closed


def test_an_interrupted_request_closes_its_connection(reactor: Reactor) -> None:
    server = Server(reactor, lambda server, stream: None)
    task = reactor.spawn(send, connections(server))
    reactor.call_at(1.0, reactor.interrupt, task, Interrupted())
    with pytest.raises(Interrupted):
        reactor.run(until=task)
    assert server.clients[0]._is_closed


# ---- large bodies


def test_a_server_that_refuses_a_large_body_is_heard(reactor: Reactor) -> None:
    too_large = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"

    def serve(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        stream.send(too_large)

    server = Server(reactor, serve, answering(OK))
    pool = connections(server)
    assert run(reactor, lambda: send(pool, "POST", body=bytes(1_000_000))).status == 413
    assert server.clients[0]._is_closed
    assert run(reactor, send, pool).status == 200


def test_a_server_that_answers_while_it_reads_does_not_block(reactor: Reactor) -> None:
    body = bytes(range(256)) * 4096

    def serve(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        stream.send(b"HTTP/1.1 200 Fine\r\nContent-Length: %d\r\n\r\n" % len(body))
        left = len(body)
        while left:
            data = stream.receive()
            left -= len(data)
            stream.send(data)

    pool = connections(Server(reactor, serve))
    assert run(reactor, lambda: send(pool, "POST", body=body)).body == body


def test_a_large_body_that_cannot_be_sent_tells_why(reactor: Reactor) -> None:
    def serve(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        stream.reset()

    with pytest.raises(TransportError, match="connection reset by peer") as caught:
        run(reactor, lambda: send(connections(Server(reactor, serve)), "POST", body=bytes(1_000_000)))
    assert caught.value.code == 1220


def test_a_body_beyond_the_bound_is_an_error_unless_nobody_wants_it(
    reactor: Reactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BODY_SIZE_BYTES_MAX", 1)
    server = Server(reactor, answering(OK))
    pool = connections(server)
    assert run(reactor, lambda: send(pool, wants_body=False)).body == b""
    with pytest.raises(TransportError, match="response body is larger than"):
        run(reactor, send, pool)
    assert server.clients[0]._is_closed


# ---- the rest


@pytest.mark.parametrize(
    ("sent", "message"),
    [(b"nonsense\r\n\r\n", "malformed HTTP response"), (b"HTTP/1.1 200", "unexpected EOF")],
)
def test_what_is_not_http_is_an_error(reactor: Reactor, sent: bytes, message: str) -> None:
    def serve(server: Server, stream: MemoryStream) -> None:
        server.read_head(stream)
        stream.send(sent)
        stream.shutdown_write()

    with pytest.raises(TransportError, match=message):
        run(reactor, send, connections(Server(reactor, serve)))


def test_an_early_hint_is_skipped_and_another_protocol_ends_the_connection(reactor: Reactor) -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    switch = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    assert run(reactor, send, connections(Server(reactor, answering(hint + OK)))).status == 200
    server = Server(reactor, answering(switch))
    request = Request("GET", "/", [("Host", "a"), ("Upgrade", "x"), ("Connection", "upgrade")])
    url = HttpUrl.parse("http://a/")
    pool = connections(server)
    answer = run(reactor, lambda: pool.send(url, request, None, Trace(), deadline_s=60))
    assert answer.status == 101
    assert server.clients[0]._is_closed


def test_a_request_that_http_cannot_carry_is_refused(reactor: Reactor) -> None:
    url = HttpUrl.parse("http://a.test/")
    request = Request("GET", "/", [("Host", "a.test"), ("bad name", "x")])
    server = Server(reactor, answering(OK))
    with pytest.raises(InvalidRequest):
        pool = connections(server)
        run(reactor, lambda: pool.send(url, request, None, Trace(), deadline_s=60))
    assert server.clients[0]._is_closed


def test_a_proxy_gets_the_whole_url_of_a_plain_request(reactor: Reactor) -> None:
    server = Server(reactor, answering(OK), proxy=Proxy("proxy.test", 3128, credentials="me:pw"))
    pool = connections(server)
    run(reactor, bodies, pool, "GET", "GET")
    assert server.targets == [("proxy.test", 3128)]
    assert server.requests[0] == (
        b"GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\nProxy-Authorization: Basic bWU6cHc=\r\n\r\n"
    )
    run(reactor, lambda: send(pool, url="https://a.test/"))
    assert server.targets[1] == ("a.test", 443)
