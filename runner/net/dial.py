"""How a connection comes about: options, DNS, TCP, proxy, TLS.

Owns the order of these steps and their timings.  Refuses what comes after: bytes are stream.py's, meaning is
the protocols'.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from runner.errors import TransportError
from runner.net import addresses, dns
from runner.net.certificate_names import check_server_name
from runner.net.options import NetworkOptions, TlsAuth
from runner.net.proxy import Proxy, ProxySettings, open_tunnel
from runner.net.stream import ByteCounter, ConnectTimings, SocketAddress, Stream, TcpStream
from runner.net.tls import TlsContexts
from runner.net.tls_errors import CODE_TLS
from runner.net.transport_errors import CODE_DIAL, dial_error, dial_timeout
from runner.reactor import DeadlineReached, Reactor

if TYPE_CHECKING:
    from runner.net.tls_stream import TlsStream

__all__ = ["ByteCounter", "ConnectTimings", "Dialer", "NetworkOptions", "Stream", "TlsAuth"]

# k6's, as Go's net.Dialer is set up there.
CONNECT_TIMEOUT_S = 30.0
KEEPALIVE_S = 30
# With several addresses to try, none gets less of the remaining time than this (Go's net does the same).
CONNECT_SHARE_S_MIN = 2.0

# Non-blocking from the start, where the system knows how to.
_SOCKET_TYPE = socket.SOCK_STREAM | getattr(socket, "SOCK_NONBLOCK", 0)
# As Go's net package sets up connections: no Nagle delay, keep-alive probes.  Where the system lacks a name its own
# interval stays.
_SOCKET_OPTIONS = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), KEEPALIVE_S)
        for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL")
        if hasattr(socket, name)
    ),
]


class Dialer:
    """Opens connections for all VUs of a process.

    Args:
        options: checked here.
        connect_timeout_s: for the TCP connection alone, whatever the caller's deadline.
        lookup: the blocking DNS look-up; tests pass their own.

    Raises:
        OptionsError: a value in the options that cannot be used.
    """

    def __init__(
        self,
        reactor: Reactor,
        options: NetworkOptions,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        lookup: Callable[[str], Sequence[str]] = dns.system_lookup,
    ) -> None:
        self._reactor = reactor
        self._connect_timeout_s = connect_timeout_s
        self._hosts = addresses.Hosts(options.hosts)
        self._blocked_hostnames = addresses.BlockedHostnames(options.block_hostnames)
        self._blacklisted_ips = addresses.BlacklistedIps(options.blacklist_ips)
        self._local_ips = addresses.LocalIps(options.local_ips)
        self._proxies = ProxySettings(options.environ)
        self._tls_contexts = TlsContexts(options)
        self._resolver = dns.Resolver(
            reactor,
            ttl_s=options.dns_ttl_s,
            select=options.dns_select,
            policy=options.dns_policy,
            lookup=lookup,
        )

    def open(
        self,
        is_secure: bool,
        host: str,
        port: int,
        *,
        deadline_s: float,
        vu_id: int,
        counter: ByteCounter,
        alpn: Sequence[str] = (),
    ) -> Stream:
        """Connect, by a tunnel through the environment's proxy when one applies, and start TLS.

        Args:
            is_secure: TLS (wss, https).
            host, port: from the URL.
            deadline_s: for everything together, on the reactor's clock.
            vu_id: which VU connects (``localIPs``).
            counter: counts the wire bytes.
            alpn: application protocols to offer.

        Raises:
            TransportError: with k6's text and code.
        """
        self._blocked_hostnames.check(host)
        proxy = self._proxies.proxy_for(is_secure, host, port)
        stream: Stream
        if proxy is None:
            stream = self.connect(host, port, deadline_s=deadline_s, vu_id=vu_id, counter=counter)
        else:
            stream = self._tunnel(proxy, host, port, deadline_s, vu_id, counter)
        return self.start_tls(stream, host, deadline_s, alpn) if is_secure else stream

    def proxy_for(self, is_secure: bool, host: str, port: int) -> Proxy | None:
        """The environment's proxy for a target, for protocols that talk to a proxy without a tunnel."""
        return self._proxies.proxy_for(is_secure, host, port)

    def connect(
        self, host: str, port: int, *, deadline_s: float, vu_id: int, counter: ByteCounter
    ) -> TcpStream:
        """A TCP connection, without any proxy; arguments and errors as for open()."""
        began_s = self._reactor.now()
        self._blocked_hostnames.check(host)
        host, port = self._hosts.map(host, port)
        ip = addresses.ip_text(host)
        ips = [ip] if ip is not None else self._resolver.resolve(host, deadline_s)
        resolved_s = self._reactor.now()
        stream = self._connect_first(ips, port, deadline_s, vu_id, counter)
        if ip is None:
            stream.timings.dns_s = resolved_s - began_s
        stream.timings.connecting_s = self._reactor.now() - resolved_s
        return stream

    def start_tls(
        self, stream: Stream, server_name: str, deadline_s: float, alpn: Sequence[str] = ()
    ) -> TlsStream:
        """TLS over an open connection; closes it when that fails.

        Raises:
            TransportError: 1310 unknown authority, 1311 wrong name, 1300 other reasons of TLS.
        """
        began_s = self._reactor.now()
        server_name = server_name.strip("[]").removesuffix(".")
        try:
            tls = self._new_tls(stream, server_name, alpn)
            tls.handshake(deadline_s)
            if self._tls_contexts.verifies:
                check_server_name(tls.peer_certificate(), server_name)
            tls.flush(deadline_s)
        except BaseException:
            stream.close()
            raise
        tls.timings.tls_handshaking_s += self._reactor.now() - began_s
        return tls

    def _new_tls(self, stream: Stream, server_name: str, alpn: Sequence[str]) -> TlsStream:
        # Without TLS nothing loads OpenSSL, which costs time at the start and megabytes for as long as the run.
        from runner.net.tls_stream import TlsStream

        try:
            return TlsStream(stream, self._tls_contexts.context_for(server_name, alpn), server_name)
        except ValueError:
            # A label that is empty, too long or not encodable: no certificate can have it either.
            raise TransportError(f"tls: {server_name!r} is no server name", CODE_TLS) from None

    def _tunnel(
        self, proxy: Proxy, host: str, port: int, deadline_s: float, vu_id: int, counter: ByteCounter
    ) -> Stream:
        stream: Stream = self.connect(
            proxy.host, proxy.port, deadline_s=deadline_s, vu_id=vu_id, counter=counter
        )
        if proxy.is_secure:
            stream = self.start_tls(stream, proxy.host, deadline_s)
        try:
            open_tunnel(stream, proxy, host, port, deadline_s)
        except BaseException:
            stream.close()
            raise
        return stream

    def _connect_first(
        self, ips: Sequence[str], port: int, deadline_s: float, vu_id: int, counter: ByteCounter
    ) -> TcpStream:
        """Try the addresses in turn; the first one's error is the one that counts, as in Go."""
        local_ip = self._local_ips.for_vu(vu_id)
        if local_ip is not None:
            # From this address the other family cannot be reached; if there is no other, the error says so.
            ips = [ip for ip in ips if _version(ip) == local_ip.version] or ips[:1]
        deadline_s = min(deadline_s, self._reactor.now() + self._connect_timeout_s)
        first_error: TransportError | None = None
        for position, ip in enumerate(ips):
            self._blacklisted_ips.check(ip)
            try:
                share_s = self._share_s(deadline_s, len(ips) - position)
                return self._connect_one(ip, port, share_s, local_ip, counter)
            except TransportError as error:
                first_error = first_error or error
        assert first_error is not None, "a resolver never gives an empty list"
        raise first_error

    def _share_s(self, deadline_s: float, count: int) -> float:
        """The moment until which the next of ``count`` addresses may try."""
        now_s = self._reactor.now()
        return min(deadline_s, now_s + max(CONNECT_SHARE_S_MIN, (deadline_s - now_s) / count))

    def _connect_one(
        self,
        ip: str,
        port: int,
        deadline_s: float,
        local_ip: addresses.IpAddress | None,
        counter: ByteCounter,
    ) -> TcpStream:
        sock = _new_socket(ip, port, local_ip)
        try:
            status, remote = sock.connect_ex((ip, port)), None
            if status == errno.EINPROGRESS:
                # Within one machine it is there already, whatever the system says.
                remote = _peer_of(sock)
                status = 0 if remote is not None else self._wait_connected(sock, deadline_s)
            if status == 0:
                local, remote = sock.getsockname(), remote or sock.getpeername()
                # Linux connects a socket to itself when the port is free and the kernel picks it for our side.
                if local != remote:
                    return TcpStream(self._reactor, sock, counter, local, remote)
                status = errno.ECONNREFUSED
            raise OSError(status, "connect")
        except BaseException as error:
            self._reactor.forget(sock)
            sock.close()
            if isinstance(error, DeadlineReached):
                raise dial_timeout(addresses.join(ip, port)) from None
            if isinstance(error, OSError):
                raise dial_error(addresses.join(ip, port), "connect", error) from error
            raise

    def _wait_connected(self, sock: socket.socket, deadline_s: float) -> int:
        """0, or the number of the error that the connection ended with."""
        self._reactor.wait_writable(sock, deadline_s)
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def _peer_of(sock: socket.socket) -> SocketAddress | None:
    """The other end's address, None while there is no other end."""
    try:
        peer: SocketAddress = sock.getpeername()
    except OSError:
        return None
    return peer


def _version(ip: str) -> int:
    return 6 if ":" in ip else 4


def _new_socket(ip: str, port: int, local_ip: addresses.IpAddress | None) -> socket.socket:
    """A non-blocking socket, bound to the VU's own address if it has one."""
    if local_ip is not None and local_ip.version != _version(ip):
        address = addresses.join(ip, port)
        raise TransportError(f"dial tcp {address}: mismatched local address type {local_ip}", CODE_DIAL)
    try:
        sock = socket.socket(socket.AF_INET6 if _version(ip) == 6 else socket.AF_INET, _SOCKET_TYPE)
    except OSError as error:
        raise dial_error(addresses.join(ip, port), "socket", error) from error
    try:
        if sock.gettimeout() != 0:
            sock.setblocking(False)
        for level, option, value in _SOCKET_OPTIONS:
            sock.setsockopt(level, option, value)
        if local_ip is not None:
            _bind(sock, local_ip)
        return sock
    except OSError as error:
        sock.close()
        raise dial_error(addresses.join(ip, port), "bind", error) from error


def _bind(sock: socket.socket, local_ip: addresses.IpAddress) -> None:
    # Must not use up a port per bind: the port is chosen at connect, per target.
    if hasattr(socket, "IP_BIND_ADDRESS_NO_PORT") and sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_BIND_ADDRESS_NO_PORT, 1)
    sock.bind((str(local_ip), 0))
