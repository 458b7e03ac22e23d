"""The echo server over loopback: what comes back, what it survives, how it starts and ends."""

from __future__ import annotations

import contextlib
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from runner.echo_server import ABOUT, EchoServer
from runner.errors import UsageError
from runner.protocol.websocket import CloseReceived, PongReceived, ProtocolFailed
from tests.kit.ws_client import BOUND_S, BlockingClient, raw_connection, receive_all
from tests.kit.ws_pair import TEXT, frame

UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


def send_and_get_back(client: BlockingClient, text: str) -> None:
    client.session.send_text(text)
    client.flush()
    assert client.events() == [text]


def test_text_and_binary_come_back_on_any_path(server: EchoServer) -> None:
    with BlockingClient(f"{server.url}/any/path?x=1") as client:
        send_and_get_back(client, "grüße")
        client.session.send_binary(bytes(range(256)))
        client.flush()
        assert client.events() == [bytes(range(256))]
    assert (server.connections, server.sessions, server.messages) == (1, 1, 2)


def test_large_message_comes_back_whole(server: EchoServer) -> None:
    with BlockingClient(server.url) as client:
        send_and_get_back(client, "x" * 2_000_000)


def test_compression_is_agreed_on_and_used(server: EchoServer) -> None:
    with BlockingClient(server.url, compression=True) as client:
        assert client.handshake.deflate is not None
        send_and_get_back(client, "again and " * 1000)
        send_and_get_back(client, "")


def test_ping_is_answered(server: EchoServer) -> None:
    with BlockingClient(server.url) as client:
        client.session.ping(b"marco")
        client.flush()
        assert client.events() == [PongReceived(b"marco")]


def test_close_is_answered_with_its_code_and_the_connection_ends(server: EchoServer) -> None:
    with BlockingClient(server.url) as client:
        client.session.close(4000, "bye")
        client.flush()
        assert client.events() == [CloseReceived(4000, "")]
        assert client.ends()


def test_frames_that_came_with_the_handshake_come_back(server: EchoServer) -> None:
    with raw_connection(server.url) as sock:
        sock.sendall(UPGRADE + frame(TEXT, b"early", mask=b"mask"))
        received = b""
        while not received.endswith(frame(TEXT, b"early")):
            received += sock.recv(65536)


def test_broken_frame_is_told_and_ends_that_session_only(server: EchoServer) -> None:
    with BlockingClient(server.url) as bystander, BlockingClient(server.url) as client:
        client.sock.sendall(frame(TEXT, b"unmasked") + b"garbage" * 10_000)
        events = client.events()
        assert isinstance(events[0], CloseReceived)
        assert events[0].code == 1002
        assert not any(isinstance(event, ProtocolFailed) for event in events)
        assert client.ends()
        send_and_get_back(bystander, "still there")


def test_message_before_a_broken_frame_comes_back_before_the_close_frame(server: EchoServer) -> None:
    with BlockingClient(server.url) as client:
        client.sock.sendall(frame(TEXT, b"good", mask=b"mask") + frame(3, mask=b"mask"))
        events = client.events()
        while len(events) < 2:
            events += client.events()
        assert events == ["good", CloseReceived(1002, "bad opcode")]
        assert client.ends()


def test_tls_is_trusted_by_its_authority(tmp_path: object) -> None:
    with EchoServer(tls=True) as server:
        context = ssl.create_default_context(cadata=server.ca_pem)
        with BlockingClient(server.tls_url, tls_context=context) as client:
            send_and_get_back(client, "secret")
            client.session.close()
            client.flush()
            assert client.events() == [CloseReceived(1000, "")]
        with BlockingClient(server.url) as client:
            send_and_get_back(client, "not secret")
    assert server.tls_url.startswith("wss://127.0.0.1:")
    assert server.sessions == 2


def test_plain_http_is_told_what_this_is(server: EchoServer) -> None:
    with raw_connection(server.url) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = receive_all(sock).decode()
    assert answer.startswith("HTTP/1.1 426 ")
    assert answer.endswith(f"\r\n\r\n{ABOUT}\n")
    assert (server.connections, server.sessions) == (1, 0)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(
    "sent",
    [b"", b"\0" * 100, b"\x16\x03\x01\x02\x00\x01\x00\x01", UPGRADE[:40], UPGRADE, b"\xff" * 100_000],
    ids=["nothing", "zeros", "tls-hello", "half-request", "no-frames", "noise"],
)
def test_garbage_and_resets_leave_the_server_alive(sent: bytes, tls: bool) -> None:
    with EchoServer(tls=True) as server:
        url = server.tls_url if tls else server.url
        for is_reset in (False, True):
            with raw_connection(url) as sock, contextlib.suppress(ConnectionError):
                sock.sendall(sent)
                if is_reset:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with BlockingClient(server.url) as client:
            send_and_get_back(client, "alive")


def test_reset_in_a_session_leaves_the_server_alive(server: EchoServer) -> None:
    client = BlockingClient(server.url)
    client.sock.sendall(frame(TEXT, b"x" * 100_000, mask=b"mask")[:1000])
    client.reset()
    with BlockingClient(server.url) as client:
        send_and_get_back(client, "alive")


def test_taken_port_is_told(server: EchoServer) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(UsageError, match=rf"^cannot listen on 127\.0\.0\.1 port {port}: .+in use$"):
        EchoServer(port=port)
    with pytest.raises(UsageError, match="cannot listen"):
        EchoServer(tls=True, tls_port=port)


def test_end_closes_open_sessions_and_gives_the_port_back() -> None:
    with EchoServer() as server:
        client = BlockingClient(server.url)
        send_and_get_back(client, "open")
    with client:
        assert client.ends()
    with EchoServer(port=int(server.url.rpartition(":")[2])) as again:
        assert again.url == server.url
    assert not any(thread.name == "echo server" for thread in threading.enumerate())


def test_server_that_was_stopped_before_it_ran_ends_at_once() -> None:
    server = EchoServer()
    server.stop()
    server.stop()
    server.run()
    assert repr(server) == f"<EchoServer {server.url}>"


@pytest.mark.slow
def test_thousands_of_connections_one_after_the_other(server: EchoServer) -> None:
    for number in range(2000):
        with BlockingClient(server.url) as client:
            send_and_get_back(client, str(number))
            client.session.close()
            client.flush()
            assert client.events() == [CloseReceived(1000, "")]
    assert (server.connections, server.sessions, server.messages) == (2000, 2000, 2000)


@pytest.mark.slow
def test_a_thousand_sessions_at_once_each_get_their_own_back(server: EchoServer, files_max: int) -> None:
    count = min(1000, (files_max - 100) // 2)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(BlockingClient(server.url)) for _ in range(count)]
        for number, client in enumerate(clients):
            client.session.send_text(str(number))
            client.flush()
        for number, client in enumerate(clients):
            assert client.events() == [str(number)]
    assert (server.sessions, server.messages) == (count, count)


@pytest.fixture
def files_max() -> Iterator[int]:
    """How many files this process may open, with the limit raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``k6py echo-server`` with arguments; whatever is left is killed."""
    with contextlib.ExitStack() as stack:

        def start(*args: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "runner", "echo-server", *args]
            pipe = subprocess.PIPE
            process = stack.enter_context(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True))
            stack.callback(process.kill)
            return process

        yield start


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_prints_its_addresses_and_ends_cleanly(
    start: Callable[..., subprocess.Popen[str]], number: int
) -> None:
    process = start("--tls-port", "0")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    words = "k6py echo-server listens on "
    urls = [line.removeprefix(words).strip() for line in lines]
    assert [line.startswith(words) for line in lines] == [True, True]
    assert [url.partition("://")[0] for url in urls] == ["ws", "wss"]
    with BlockingClient(urls[0]) as client:
        send_and_get_back(client, "open while it ends")
        process.send_signal(number)
        assert process.wait(BOUND_S) == 0
    assert process.communicate() == ("", "")


@pytest.mark.slow
def test_command_tells_a_taken_port_and_ends_with_255(
    start: Callable[..., subprocess.Popen[str]], server: EchoServer
) -> None:
    process = start("--port", server.url.rpartition(":")[2])
    _, errors = process.communicate(timeout=BOUND_S)
    assert "cannot listen on 127.0.0.1 port" in errors
    assert process.returncode == 255
