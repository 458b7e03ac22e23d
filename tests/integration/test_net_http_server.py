"""The HTTP server over loopback: one connection after the other and many at once, bounds, the end."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.errors import TransportError
from runner.net.http_server import HttpServer, ServerLimits
from runner.net.listen import Listener, listen
from runner.net.stream import ByteCounter, TcpStream
from runner.protocol.http_server import Request, Response
from runner.reactor import Reactor
from tests.kit.check_stream import BOUND_S

GET = b"GET /%s HTTP/1.1\r\nHost: h\r\n\r\n"
QUICK = ServerLimits(connections_max=2, idle_s=0.05, transfer_s=0.05, linger_s=0.05)


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    with Reactor() as reactor:
        yield reactor


_streams: list[TcpStream] = []


@pytest.fixture(autouse=True)
def streams_are_closed() -> Iterator[None]:
    yield
    while _streams:
        _streams.pop().close()


class Server(HttpServer):
    """On a free port of the loopback interface."""

    def __init__(self, reactor: Reactor, answer: Callable[[Request], Response], **how: Any) -> None:
        listener = Listener(reactor)
        self.port = listener.port
        super().__init__(reactor, listener, answer, **how)


class Client:
    """A client's connection, for tasks of the server's own reactor."""

    def __init__(self, reactor: Reactor, server: Server) -> None:
        self._reactor = reactor
        sock = socket.create_connection(("127.0.0.1", server.port), BOUND_S)
        self.stream = TcpStream(reactor, sock, ByteCounter())
        _streams.append(self.stream)

    def send(self, data: bytes) -> None:
        self.stream.send(data)

    def receive(self) -> str:
        """What comes next; "" at the end of the stream or when it was reset."""
        try:
            return self.stream.receive(deadline_s=self._reactor.now() + BOUND_S).decode()
        except TransportError as error:
            assert "reset" in error.message
            return ""

    def ask(self, path: str) -> str:
        """The body of the answer to GET."""
        self.send(GET % path.encode())
        return self.receive().rpartition("\r\n\r\n")[2]


def serve(
    reactor: Reactor,
    client: Callable[[Server], Any],
    answer: Callable[[Request], Response] = lambda request: Response(200, body=request.target.encode()),
    **how: Any,
) -> Any:
    """Run `client` in a task beside the server, which is closed afterwards."""

    def main() -> Any:
        server = Server(reactor, answer, **how)
        try:
            return client(server)
        finally:
            server.close(reactor.now())

    task = reactor.spawn(main)
    reactor.run(task)
    return task.result


def test_a_connection_serves_one_request_after_the_other(reactor: Reactor) -> None:
    def main(server: Server) -> list[str]:
        client = Client(reactor, server)
        return [client.ask("a"), client.ask("b")]

    assert serve(reactor, main) == ["/a", "/b"]


def test_answers_are_dated(reactor: Reactor) -> None:
    def main(server: Server) -> str:
        client = Client(reactor, server)
        client.send(GET % b"")
        return client.receive()

    assert "\r\nDate: " in serve(reactor, main) and " GMT\r\n" in serve(reactor, main)


def test_a_request_that_waits_keeps_nobody_else_waiting(reactor: Reactor) -> None:
    waiting = []

    def answer(request: Request) -> Response:
        if request.target == "/wait":
            waiting.append(reactor.current_task())
            reactor.park()
        elif request.target == "/second":
            reactor.wake(waiting.pop())
        return Response(200, body=request.target.encode())

    def main(server: Server) -> list[str]:
        first, second = Client(reactor, server), Client(reactor, server)
        first.send(GET % b"wait")
        while not waiting:
            second.ask("before")
        return [second.ask("second"), first.receive().rpartition("\r\n\r\n")[2]]

    assert serve(reactor, main, answer) == ["/second", "/wait"]


def test_clients_beyond_the_bound_wait_until_others_leave(reactor: Reactor) -> None:
    def main(server: Server) -> str:
        first, second, third = (Client(reactor, server) for _ in range(3))
        assert (first.ask("1"), second.ask("2")) == ("/1", "/2")
        third.send(GET % b"3")
        with pytest.raises(TransportError, match="timeout"):
            third.stream.receive(deadline_s=reactor.now() + 0.2)
        first.stream.close()
        return third.receive().rpartition("\r\n\r\n")[2]

    assert serve(reactor, main, limits=ServerLimits(connections_max=2)) == "/3"


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\n", GET % b"", b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n"]
)
def test_a_client_that_does_nothing_more_is_left(reactor: Reactor, sent: bytes) -> None:
    def main(server: Server) -> str:
        client = Client(reactor, server)
        client.send(sent)
        answer = client.receive() if sent.endswith(b"\r\n\r\n") else ""
        return answer[:12] + client.receive()

    assert serve(reactor, main, limits=QUICK) == ("HTTP/1.1 200" if sent.endswith(b"\r\n\r\n") else "")


def test_what_is_no_request_is_told_so_though_more_comes(reactor: Reactor) -> None:
    def main(server: Server) -> str:
        client = Client(reactor, server)
        client.send(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 100_000)
        return client.receive()

    assert serve(reactor, main).startswith("HTTP/1.1 413 ")


def test_close_ends_idle_connections_and_lets_requests_under_way_be_answered(reactor: Reactor) -> None:
    waiting = []

    def answer(request: Request) -> Response:
        if request.target == "/wait":
            waiting.append(reactor.current_task())
            reactor.park()
        return Response(200, body=request.target.encode())

    def main(server: Server) -> list[str]:
        idle, busy, stuck = (Client(reactor, server) for _ in range(3))
        idle.ask("idle")
        for client in (busy, stuck):
            client.send(GET % b"wait")
        while len(waiting) < 2:
            reactor.sleep_until(reactor.now() + 0.001)
        reactor.call_soon(reactor.wake, waiting[0])
        server.close(reactor.now() + 0.2)
        with pytest.raises(ConnectionRefusedError):
            Client(reactor, server)
        return [idle.receive(), busy.receive(), stuck.receive()]

    idle, busy, stuck = serve(reactor, main, answer)
    assert (idle, stuck) == ("", "")
    assert "\r\nConnection: close\r\n" in busy and busy.endswith("/wait")


def test_an_empty_host_means_all_addresses_of_the_machine(reactor: Reactor) -> None:
    listener = listen(reactor, ":0")
    addresses = ["127.0.0.1", *(["::1"] if socket.has_dualstack_ipv6() else [])]
    for address in addresses:
        socket.create_connection((address, listener.port), BOUND_S).close()
    listener.close()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("6565", "listen tcp: address 6565: missing port in address"),
        ("127.0.0.1", "listen tcp: address 127.0.0.1: missing port in address"),
        ("127.0.0.1:65536", "listen tcp: address 127.0.0.1:65536: invalid port"),
        ("[::1:1", "listen tcp: address [::1:1: invalid port"),
        ("192.0.2.1:0", "listen tcp 192.0.2.1:0: bind: cannot assign requested address"),
    ],
)
def test_address_that_cannot_be_listened_on_is_told_as_go_tells_it(
    reactor: Reactor, address: str, message: str
) -> None:
    with pytest.raises(TransportError) as caught:
        listen(reactor, address)
    assert caught.value.message == message


def test_address_in_use_cannot_be_listened_on(reactor: Reactor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(TransportError, match=f"listen tcp {address}: bind: address already in use"):
            listen(reactor, address)
