"""Dialling on loopback: options, DNS, both families, local addresses, proxies, TLS failures."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.errors import TransportError
from runner.net.cipher_suites import iana_name
from runner.net.dial import ByteCounter, Dialer, NetworkOptions, Stream, TlsAuth
from runner.net.listen import Listener
from runner.net.proxy import RESPONSE_HEAD_SIZE_BYTES_MAX
from runner.net.tls_stream import TlsStream
from runner.reactor import DeadlineReached, Reactor
from tests.kit import certificates
from tests.kit.check_stream import BOUND_S, receive_all, receive_exactly


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    with Reactor() as reactor:
        yield reactor


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own authority is the system's."""
    monkeypatch.setenv("SSL_CERT_FILE", certificates.write_authority(tmp_path))


class Server:
    """Runs ``serve(stream)`` for each connection until the reactor closes."""

    def __init__(
        self,
        reactor: Reactor,
        serve: Callable[[Stream], None],
        host: str = "127.0.0.1",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._reactor = reactor
        self._serve = serve
        self._context = context
        self._listener = Listener(reactor, host)
        self.port: int = self._listener.port
        self.address = self._listener.address
        self.peers: list[str] = []
        self.client_names: list[str] = []
        reactor.spawn(self._accept)

    def _accept(self) -> None:
        streams = []
        try:
            while True:
                streams.append(self._listener.accept())
                self._reactor.spawn(self._handle, streams[-1])
        finally:
            # Also those whose task has not begun when the test is over.
            for stream in (*streams, self._listener):
                stream.close()

    def _handle(self, stream: Stream) -> None:
        self.peers.append(stream.remote_ip)
        try:
            with contextlib.suppress(TransportError):
                if self._context is not None:
                    stream = TlsStream(stream, self._context, server_side=True)
                    stream.handshake(self._reactor.now() + BOUND_S)
                    stream.flush(self._reactor.now() + BOUND_S)
                    names = stream.peer_certificate().get("subjectAltName", ())
                    self.client_names += [name for _, name in names]
                self._serve(stream)
        finally:
            stream.close()


class EchoServer(Server):
    """Sends back what comes."""

    def __init__(self, reactor: Reactor, host: str = "127.0.0.1", context: ssl.SSLContext | None = None):
        super().__init__(reactor, self._echo, host, context)

    def _echo(self, stream: Stream) -> None:
        while data := stream.receive(deadline_s=self._reactor.now() + BOUND_S):
            stream.send(data, self._reactor.now() + BOUND_S)


def dial(
    reactor: Reactor,
    host: str,
    port: int,
    *,
    is_secure: bool = False,
    vu_id: int = 1,
    lookup: Callable[[str], list[str]] | None = None,
    timeout_s: float = BOUND_S,
    alpn: tuple[str, ...] = (),
    **options: object,
) -> Stream:
    """Opens a connection and proves that it echoes; to be called in a task."""
    arguments = {} if lookup is None else {"lookup": lookup}
    dialer = Dialer(reactor, NetworkOptions(**options), **arguments)
    deadline_s = reactor.now() + timeout_s
    counter = ByteCounter()
    stream = dialer.open(
        is_secure, host, port, deadline_s=deadline_s, vu_id=vu_id, counter=counter, alpn=alpn
    )
    try:
        stream.send(b"echo", deadline_s)
        assert receive_exactly(reactor, stream, 4) == b"echo"
    finally:
        stream.close()
    return stream


def run(reactor: Reactor, function: Callable, *args: object, **kwargs: object):
    task = reactor.spawn(lambda: function(reactor, *args, **kwargs))
    reactor.run(task)
    return task.result


def failure(reactor: Reactor, *args: object, **kwargs: object) -> tuple[str, int]:
    with pytest.raises(TransportError) as caught:
        run(reactor, dial, *args, **kwargs)
    return caught.value.message, caught.value.code


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


# ---- names and addresses


def test_hosts_lead_a_name_to_an_address_and_port(reactor: Reactor) -> None:
    server = EchoServer(reactor)
    stream = run(reactor, dial, "name.test", 80, hosts={"name.test": server.address})
    assert stream.remote_ip == "127.0.0.1"
    assert stream.timings.dns_s == 0
    stream = run(reactor, dial, "x.wild.test", server.port, hosts={"*.wild.test": "127.0.0.1"})
    assert stream.remote_address == server.address


def test_blocked_hostname_is_blocked_before_hosts_apply(reactor: Reactor) -> None:
    options = {"block_hostnames": ["*.example.test"], "hosts": {"blocked.example.test": "127.0.0.1"}}
    assert failure(reactor, "blocked.example.test", 80, **options) == (
        "hostname (blocked.example.test) is in a blocked pattern (*.example.test)",
        1111,
    )


@pytest.mark.parametrize("host", ["10.0.0.1", "mapped.test", "looked-up.test"])
def test_blacklisted_ip_is_not_connected_to(reactor: Reactor, host: str) -> None:
    options = {"blacklist_ips": ["10.0.0.0/8"], "hosts": {"mapped.test": "10.0.0.1"}}
    message = ("IP (10.0.0.1) is in a blacklisted range (10.0.0.0/8)", 1110)
    assert failure(reactor, host, 80, lookup=lambda _: ["10.0.0.1"], **options) == message


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("[::1]", "[::1]")]
)
def test_refused_connection(reactor: Reactor, host: str, shown: str) -> None:
    port = free_port(host.strip("[]"))
    assert failure(reactor, host, port) == (f"dial tcp {shown}:{port}: connect: connection refused", 1212)


def test_unknown_host(reactor: Reactor) -> None:
    assert failure(reactor, "no-such-host.invalid", 80) == ("lookup no-such-host.invalid: no such host", 1101)
    assert failure(reactor, "", 80) == ("lookup : no such host", 1101)


def test_look_up_runs_in_a_thread_while_the_others_go_on(reactor: Reactor) -> None:
    server = EchoServer(reactor)
    is_answered = threading.Event()
    threads: list[threading.Thread] = []

    def lookup(host: str) -> list[str]:
        threads.append(threading.current_thread())
        assert is_answered.wait(BOUND_S)
        return ["127.0.0.1"]

    # Set by a task: proof that tasks run during the look-up.
    reactor.spawn(lambda: (reactor.sleep_until(reactor.now() + 0.02), is_answered.set()))
    stream = run(reactor, dial, "slow.test", server.port, lookup=lookup)
    assert threads[0] is not threading.main_thread()
    assert stream.timings.dns_s > 0


def test_look_up_reaches_the_deadline(reactor: Reactor) -> None:
    is_done = threading.Event()

    def lookup(host: str) -> list[str]:
        is_done.wait(BOUND_S)
        return []

    try:
        message = ("lookup slow.test: i/o timeout", 1100)
        assert failure(reactor, "slow.test", 80, lookup=lookup, timeout_s=0.02) == message
    finally:
        is_done.set()


@pytest.mark.parametrize(
    ("listens_on", "policy"), [("127.0.0.1", "preferIPv6"), ("::1", "preferIPv4"), ("::1", "any")]
)
def test_next_address_is_tried_when_the_first_refuses(reactor: Reactor, listens_on: str, policy: str) -> None:
    server = EchoServer(reactor, listens_on)
    stream = run(
        reactor, dial, "both.test", server.port, lookup=lambda _: ["127.0.0.1", "::1"], dns_policy=policy
    )
    assert stream.remote_ip == listens_on


def test_when_all_addresses_refuse_the_first_error_counts(reactor: Reactor) -> None:
    port = free_port()
    message, code = failure(reactor, "both.test", port, lookup=lambda _: ["::1", "127.0.0.1"])
    assert (message, code) == (f"dial tcp 127.0.0.1:{port}: connect: connection refused", 1212)


@pytest.fixture
def unanswered_port() -> Iterator[int]:
    """A port whose backlog is full: the kernel drops further connections without a word."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        yield full.getsockname()[1]


def test_connection_that_nobody_answers_reaches_the_deadline(reactor: Reactor, unanswered_port: int) -> None:
    message = (f"dial tcp 127.0.0.1:{unanswered_port}: i/o timeout", 1211)
    assert failure(reactor, "127.0.0.1", unanswered_port, timeout_s=0.05) == message


def test_connect_timeout_is_its_own(reactor: Reactor, unanswered_port: int) -> None:
    dialer = Dialer(reactor, NetworkOptions(), connect_timeout_s=0.05)

    def main(reactor: Reactor) -> None:
        deadline_s = reactor.now() + BOUND_S
        with pytest.raises(TransportError, match="i/o timeout"):
            dialer.connect(
                "127.0.0.1", unanswered_port, deadline_s=deadline_s, vu_id=1, counter=ByteCounter()
            )

    run(reactor, main)


def test_interrupted_dial_leaves_nothing_behind(reactor: Reactor, unanswered_port: int) -> None:
    class Stop(Exception):
        pass

    task = reactor.spawn(dial, reactor, "127.0.0.1", unanswered_port)
    reactor.call_at(reactor.now() + 0.02, reactor.interrupt, task, Stop())
    with pytest.raises(Stop):
        reactor.run(task)
    assert reactor._readiness._interests == {}


def test_vus_connect_from_their_local_ips(reactor: Reactor) -> None:
    server = EchoServer(reactor)
    for vu_id in range(1, 6):
        run(reactor, dial, "127.0.0.1", server.port, vu_id=vu_id, local_ips=["127.0.0.2-127.0.0.5"])
    assert server.peers == ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.2"]


def test_local_ip_chooses_the_family(reactor: Reactor) -> None:
    server = EchoServer(reactor)
    options = {"local_ips": ["127.0.0.2"], "dns_policy": "preferIPv6"}
    run(reactor, dial, "both.test", server.port, lookup=lambda _: ["::1", "127.0.0.1"], **options)
    assert server.peers == ["127.0.0.2"]
    message, code = failure(reactor, "::1", server.port, **options)
    assert message == f"dial tcp [::1]:{server.port}: mismatched local address type 127.0.0.2"
    assert code == 1210


def test_local_ip_that_is_not_ours_cannot_be_bound(reactor: Reactor) -> None:
    message, code = failure(reactor, "127.0.0.1", 80, local_ips=["192.0.2.1"])
    assert (message, code) == ("dial tcp 127.0.0.1:80: bind: cannot assign requested address", 1210)


# ---- TLS


def test_tls_to_a_trusted_server(reactor: Reactor, trusted: None) -> None:
    server = EchoServer(reactor, context=certificates.server_context())
    for host in ("localhost", "127.0.0.1"):
        stream = run(reactor, dial, host, server.port, is_secure=True, lookup=lambda _: ["127.0.0.1"])
        assert isinstance(stream, TlsStream)
        assert iana_name(stream.cipher).startswith("TLS_")


def test_tls_by_ipv6_address_and_by_wildcard(reactor: Reactor, trusted: None) -> None:
    server = EchoServer(reactor, "::1", context=certificates.server_context())
    run(reactor, dial, "[::1]", server.port, is_secure=True)
    run(reactor, dial, "x.wild.example.test", server.port, is_secure=True, lookup=lambda _: ["::1"])


@pytest.mark.parametrize("version", ["tls1.2", "tls1.3"])
def test_unknown_authority(reactor: Reactor, trusted: None, version: str) -> None:
    server = EchoServer(reactor, context=certificates.server_context(foreign=True))
    assert failure(reactor, "127.0.0.1", server.port, is_secure=True, tls_max_version=version) == (
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        1310,
    )


@pytest.mark.parametrize("version", ["tls1.2", "tls1.3"])
def test_certificate_of_another_name(reactor: Reactor, trusted: None, version: str) -> None:
    server = EchoServer(reactor, context=certificates.server_context("a.test", "b.test"))
    options = {"hosts": {"c.test": "127.0.0.1"}, "tls_max_version": version}
    assert failure(reactor, "c.test", server.port, is_secure=True, **options) == (
        "tls: failed to verify certificate: x509: certificate is valid for a.test, b.test, not c.test",
        1311,
    )


def test_insecure_skip_tls_verify_takes_every_certificate(reactor: Reactor) -> None:
    server = EchoServer(reactor, context=certificates.server_context("a.test", foreign=True))
    run(reactor, dial, "127.0.0.1", server.port, is_secure=True, insecure_skip_tls_verify=True)


@pytest.mark.parametrize("version", ["tls1.2", "tls1.3"])
def test_version_is_what_was_asked_for(reactor: Reactor, trusted: None, version: str) -> None:
    server = EchoServer(reactor, context=certificates.server_context())
    options = {"tls_min_version": version, "tls_max_version": version}
    stream = run(reactor, dial, "127.0.0.1", server.port, is_secure=True, **options)
    assert stream.version == version


def test_cipher_suite_is_what_was_asked_for(reactor: Reactor, trusted: None) -> None:
    server = EchoServer(reactor, context=certificates.server_context())
    name = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
    options = {"tls_cipher_suites": [name], "tls_max_version": "tls1.2"}
    stream = run(reactor, dial, "127.0.0.1", server.port, is_secure=True, **options)
    assert iana_name(stream.cipher) == name


def test_no_common_version_is_the_servers_alert(reactor: Reactor, trusted: None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    certificates.AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    server = EchoServer(reactor, context=context)
    message, code = failure(reactor, "127.0.0.1", server.port, is_secure=True, tls_max_version="tls1.2")
    assert (message, code) == ("remote error: tls: protocol version not supported", 1300)


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.AUTHORITY.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    certificates.AUTHORITY.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.mark.parametrize("version", ["tls1.2", "tls1.3"])
def test_client_certificate_is_shown_to_its_domain_only(
    reactor: Reactor, trusted: None, version: str
) -> None:
    server = EchoServer(reactor, context=client_context())
    leaf = certificates.AUTHORITY.issue_cert("client.test")
    auth = TlsAuth(
        leaf.cert_chain_pems[0].bytes().decode(), leaf.private_key_pem.bytes().decode(), ["localhost"]
    )
    options = {"tls_auth": [auth], "tls_max_version": version, "lookup": lambda _: ["127.0.0.1"]}
    run(reactor, dial, "localhost", server.port, is_secure=True, **options)
    assert server.client_names == ["client.test"]
    message, code = failure(reactor, "127.0.0.1", server.port, is_secure=True, **options)
    expected = {"tls1.2": "handshake failure", "tls1.3": "certificate required"}[version]
    assert (message, code) == (f"remote error: tls: {expected}", 1300)


def test_alpn_is_offered_and_its_choice_told(reactor: Reactor, trusted: None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["http/1.1"])
    server = EchoServer(reactor, context=context)
    stream = run(reactor, dial, "127.0.0.1", server.port, is_secure=True, alpn=("h2", "http/1.1"))
    assert stream.alpn == "http/1.1"


def test_tls_to_a_server_that_speaks_something_else(reactor: Reactor) -> None:
    def serve(stream: Stream) -> None:
        stream.receive(deadline_s=reactor.now() + BOUND_S)
        stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        receive_all(reactor, stream)

    server = Server(reactor, serve)
    assert failure(reactor, "127.0.0.1", server.port, is_secure=True) == (
        "tls: first record does not look like a TLS handshake",
        1301,
    )


def test_tls_to_a_server_that_hangs_up(reactor: Reactor) -> None:
    server = Server(reactor, lambda stream: stream.receive(deadline_s=reactor.now() + BOUND_S))
    assert failure(reactor, "127.0.0.1", server.port, is_secure=True)[0] == "EOF"


def test_tls_handshake_reaches_the_deadline(reactor: Reactor) -> None:
    server = Server(reactor, lambda stream: reactor.park())
    message, _ = failure(reactor, "127.0.0.1", server.port, is_secure=True, timeout_s=0.03)
    assert message.endswith(": i/o timeout")


def test_name_that_no_certificate_can_have(reactor: Reactor, trusted: None) -> None:
    server = EchoServer(reactor, context=certificates.server_context())
    name = "x" * 300 + ".test"
    message, code = failure(reactor, name, server.port, is_secure=True, hosts={"*.test": "127.0.0.1"})
    assert (message, code) == (f"tls: {name!r} is no server name", 1300)


def test_key_log_file_is_written_when_the_environment_names_one(
    reactor: Reactor, trusted: None, tmp_path: Path
) -> None:
    server = EchoServer(reactor, context=certificates.server_context())
    path = tmp_path / "keys.log"
    run(reactor, dial, "127.0.0.1", server.port, is_secure=True, environ={"SSLKEYLOGFILE": str(path)})
    assert "CLIENT_HANDSHAKE_TRAFFIC_SECRET" in path.read_text()


# ---- proxy


class ConnectProxy(Server):
    """The smallest proxy: a tunnel to where it was told, whatever the request says."""

    def __init__(self, reactor: Reactor, target_port: int, context: ssl.SSLContext | None = None) -> None:
        super().__init__(reactor, self._tunnel, context=context)
        self._target_port = target_port
        self.heads: list[str] = []

    def _tunnel(self, client: Stream) -> None:
        head = client.receive(RESPONSE_HEAD_SIZE_BYTES_MAX, self._reactor.now() + BOUND_S)
        self.heads.append(head.decode())
        server = Dialer(self._reactor, NetworkOptions()).connect(
            "127.0.0.1",
            self._target_port,
            deadline_s=self._reactor.now() + BOUND_S,
            vu_id=1,
            counter=ByteCounter(),
        )
        try:
            client.send(b"HTTP/1.1 200 OK\r\n\r\n")
            back = self._reactor.spawn(self._copy, server, client)
            self._copy(client, server)
            back.join()
        finally:
            server.close()

    def _copy(self, source: Stream, target: Stream) -> None:
        with contextlib.suppress(TransportError):
            while data := source.receive(deadline_s=self._reactor.now() + BOUND_S):
                target.send(data)
        target.shutdown_write()


def test_environments_proxy_tunnels_plain_connections(reactor: Reactor) -> None:
    server = EchoServer(reactor)
    proxy = ConnectProxy(reactor, server.port)
    environ = {"HTTP_PROXY": f"http://user:pass@127.0.0.1:{proxy.port}"}
    run(reactor, dial, "far.example.test", 80, environ=environ)
    assert proxy.heads[0].startswith("CONNECT far.example.test:80 HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n" in proxy.heads[0]


@pytest.mark.parametrize("is_proxy_secure", [False, True])
def test_environments_proxy_tunnels_tls(reactor: Reactor, trusted: None, is_proxy_secure: bool) -> None:
    server = EchoServer(reactor, context=certificates.server_context())
    proxy = ConnectProxy(reactor, server.port, certificates.server_context() if is_proxy_secure else None)
    scheme = "https" if is_proxy_secure else "http"
    environ = {"HTTPS_PROXY": f"{scheme}://127.0.0.1:{proxy.port}"}
    stream = run(reactor, dial, "server.example.test", 443, is_secure=True, environ=environ)
    assert proxy.heads[0].startswith("CONNECT server.example.test:443 HTTP/1.1\r\n")
    assert isinstance(stream, TlsStream)


def test_loopback_does_not_go_through_the_proxy(reactor: Reactor) -> None:
    server = EchoServer(reactor)
    environ = {"HTTP_PROXY": f"http://127.0.0.1:{free_port()}"}
    run(reactor, dial, "127.0.0.1", server.port, environ=environ)
    dialer = Dialer(reactor, NetworkOptions(environ=environ))
    assert dialer.proxy_for(False, "127.0.0.1", server.port) is None
    assert dialer.proxy_for(False, "far.test", 80) is not None


def test_proxy_that_refuses_is_told_without_its_credentials(reactor: Reactor) -> None:
    def serve(stream: Stream) -> None:
        stream.receive(deadline_s=reactor.now() + BOUND_S)
        stream.send(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        receive_all(reactor, stream)

    server = Server(reactor, serve)
    environ = {"HTTP_PROXY": f"http://user:s3cret@127.0.0.1:{server.port}"}
    message, _ = failure(reactor, "far.example.test", 80, environ=environ)
    assert message == "Proxy Authentication Required"


def test_blocked_hostname_is_blocked_behind_a_proxy_too(reactor: Reactor) -> None:
    options = {"environ": {"HTTP_PROXY": "http://127.0.0.1:1"}, "block_hostnames": ["far.test"]}
    assert failure(reactor, "far.test", 80, **options)[1] == 1111


# ---- listener


def test_listener_reaches_its_deadline_and_closes_twice(reactor: Reactor) -> None:
    def main(reactor: Reactor) -> None:
        listener = Listener(reactor)
        with pytest.raises(DeadlineReached):
            listener.accept(reactor.now() + 0.01)
        listener.close()
        listener.close()

    run(reactor, main)
