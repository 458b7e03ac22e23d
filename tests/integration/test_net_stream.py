"""The stream contract over TCP and TLS on loopback, and what only sockets do."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from runner.errors import InternalError, TransportError
from runner.net.dial import ByteCounter, Dialer, NetworkOptions, Stream
from runner.net.listen import Listener
from runner.net.stream import TcpStream
from runner.net.tls_stream import TlsStream
from runner.reactor import Reactor
from tests.kit import certificates
from tests.kit.check_stream import BOUND_S, CHECKS, Check, check_id, receive_all


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    with Reactor() as reactor:
        yield reactor


def connect(reactor: Reactor, *, is_secure: bool = False, host: str = "127.0.0.1") -> tuple[Stream, Stream]:
    """A client's and a server's end; to be called in a task."""
    listener = Listener(reactor, host)
    accepting = reactor.spawn(accept, reactor, listener, is_secure)
    dialer = Dialer(reactor, NetworkOptions(insecure_skip_tls_verify=True))
    client = dialer.open(
        is_secure, host, listener.port, deadline_s=reactor.now() + BOUND_S, vu_id=1, counter=ByteCounter()
    )
    server = accepting.join(reactor.now() + BOUND_S)
    listener.close()
    return client, server


def accept(reactor: Reactor, listener: Listener, is_secure: bool) -> Stream:
    stream = listener.accept(reactor.now() + BOUND_S)
    if not is_secure:
        return stream
    tls = TlsStream(stream, certificates.server_context(), server_side=True)
    tls.handshake(reactor.now() + BOUND_S)
    tls.flush(reactor.now() + BOUND_S)
    return tls


def run(reactor: Reactor, function, *args):
    task = reactor.spawn(function, *args)
    reactor.run(task)
    return task.result


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("kind", ["tcp", "tls"])
@pytest.mark.parametrize("check", CHECKS, ids=check_id)
def test_stream_contract(reactor: Reactor, check: Check, kind: str, side: str) -> None:
    def main() -> None:
        streams = connect(reactor, is_secure=kind == "tls")
        left, right = streams if side == "client" else streams[::-1]
        try:
            check(reactor, left, right)
        finally:
            left.close()
            right.close()

    run(reactor, main)


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_what_came_with_the_bytes_that_were_read_is_known_of(reactor: Reactor, kind: str) -> None:
    def main() -> None:
        client, server = connect(reactor, is_secure=kind == "tls")
        server.send(b"first")
        server.send(b"second")
        reactor.sleep_until(reactor.now() + 0.02)
        data = client.receive(5, reactor.now() + BOUND_S)
        told: list[None] = []
        client.watch(lambda: told.append(None))
        reactor.sleep_until(reactor.now() + 0.02)
        assert data == b"first" and (client.holds_bytes or told)
        rest = client.receive_now()
        assert rest == b"second" and not client.holds_bytes
        client.close()
        server.close()

    run(reactor, main)


def test_reset_in_the_middle_of_a_read_is_told_as_go_tells_it(reactor: Reactor) -> None:
    def main() -> str:
        client, server = connect(reactor)
        reading = reactor.spawn(client.receive)
        reactor.sleep_until(reactor.now())
        server._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        with pytest.raises(TransportError) as caught:
            reading.join(reactor.now() + BOUND_S)
        assert caught.value.code == 1220
        expected = f"read tcp {client.local_address}->{client.remote_address}: read: connection reset by peer"
        assert caught.value.message == expected
        client.close()

    run(reactor, main)


def test_writing_to_a_reset_connection_is_a_broken_pipe(reactor: Reactor) -> None:
    def main() -> None:
        client, server = connect(reactor)
        server._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        with pytest.raises(TransportError, match="connection reset"):
            client.receive(deadline_s=reactor.now() + BOUND_S)
        with pytest.raises(TransportError, match=r"^write tcp .+: write: broken pipe$") as caught:
            client.send(b"x")
        assert caught.value.code == 1201
        client.close()

    run(reactor, main)


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_two_senders_at_once_are_our_bug(reactor: Reactor, kind: str) -> None:
    def main() -> None:
        client, server = connect(reactor, is_secure=kind == "tls")
        first = reactor.spawn(client.send, bytes(20_000_000))
        reactor.sleep_until(reactor.now() + 0.02)
        with pytest.raises(InternalError, match="two tasks send"):
            client.send(b"x")
        client.close()
        server.close()
        with pytest.raises(TransportError):
            first.join()

    run(reactor, main)


def test_two_readers_at_once_are_our_bug(reactor: Reactor) -> None:
    def main() -> None:
        client, server = connect(reactor)
        first = reactor.spawn(client.receive)
        reactor.sleep_until(reactor.now())
        with pytest.raises(InternalError, match="two tasks wait to read"):
            client.receive()
        server.close()
        assert first.join() == b""
        client.close()

    run(reactor, main)


def test_tls_counts_the_encrypted_bytes_and_the_handshake(reactor: Reactor) -> None:
    def main() -> None:
        client, server = connect(reactor, is_secure=True)
        assert isinstance(client, TlsStream)
        assert client.counter.sent > 200
        assert client.counter.received > 500
        before = client.counter.sent
        client.send(b"x" * 1000)
        assert 1000 < client.counter.sent - before < 1100
        assert (client.version, client.cipher[:4], client.alpn) == ("tls1.3", "TLS_", "")
        assert client.timings.tls_handshaking_s > 0
        assert client.timings.dns_s == 0
        assert client.timings.connecting_s > 0
        client.close()
        assert receive_all(reactor, server) == b"x" * 1000
        server.close()

    run(reactor, main)


def test_tls_connection_cut_without_close_notify_is_an_end_of_stream(reactor: Reactor) -> None:
    def main() -> None:
        client, server = connect(reactor, is_secure=True)
        server.send(b"last words")
        server._below.close()
        assert receive_all(reactor, client) == b"last words"
        client.close()

    run(reactor, main)


def test_ipv6_addresses_are_written_in_brackets(reactor: Reactor) -> None:
    def main() -> None:
        client, server = connect(reactor, host="::1")
        assert client.remote_ip == "::1"
        assert client.remote_address.startswith("[::1]:")
        with pytest.raises(TransportError, match=r"^read tcp \[::1\]:\d+->\[::1\]:\d+: i/o timeout$"):
            client.receive(deadline_s=reactor.now())
        client.close()
        server.close()

    run(reactor, main)


def test_repr_says_who_talks_to_whom_and_whether_it_is_closed(reactor: Reactor) -> None:
    def main() -> None:
        client, server = connect(reactor)
        assert isinstance(client, TcpStream)
        assert repr(client) == f"<TcpStream {client.local_address}->{server.local_address}>"
        client.close()
        server.close()
        assert repr(client).endswith(" closed>")

    run(reactor, main)
