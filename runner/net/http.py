"""The HTTP driver: the kept connections of one virtual user, and a request with its answer on one of them.

Owns URLs, which connection is used, the order of things on it (send, receive, feed, take events), deadlines
and timings.  Refuses redirects, cookies, content codings and metrics: those are the binding's.
Source: RFC 9112 sections 3, 6 and 9.

A connection that was kept may have been closed by the server meanwhile.  Idempotent requests (RFC 9110
section 9.2.2) are then sent once more; before any other request the connection is looked at first.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

from runner.errors import TransportError
from runner.net.cipher_suites import iana_name
from runner.net.dial import Dialer
from runner.net.http_url import HttpUrl, Place, basic_authorization
from runner.net.proxy import Proxy
from runner.net.stream import ByteCounter, Stream
from runner.net.tls_stream import TlsStream
from runner.protocol.http1 import (
    BodyData,
    Event,
    Exchange,
    Failed,
    Request,
    ResponseEnd,
    ResponseStart,
    Switched,
)
from runner.reactor import Reactor

# A JavaScript interpreter has 128 MiB; no script can hold more than that, so no body may be larger either.
BODY_SIZE_BYTES_MAX = 128 * 1024 * 1024
# Per virtual user; beyond it the connection unused for longest is closed.
CONNECTIONS_KEPT_MAX = 100
# What fits into the socket buffers of any system is sent in one go; for more, a server that answers before it
# has read everything has to be listened to while we send.
SEND_ALONE_SIZE_BYTES_MAX = 64 * 1024

CODE_TIMEOUT = 1050
TIMEOUT_TEXT = "request timeout"

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_ALPN = ("http/1.1",)


@dataclass
class Trace:
    """What became known of a request, whether it failed or not; seconds, 0 for what did not happen.

    Args:
        blocked_s: until there was a connection, connecting_s and tls_handshaking_s included.
        receiving_s: from the first byte of the answer to its last.
    """

    blocked_s: float = 0.0
    connecting_s: float = 0.0
    tls_handshaking_s: float = 0.0
    sending_s: float = 0.0
    waiting_s: float = 0.0
    receiving_s: float = 0.0
    remote_ip: str = ""
    remote_port: int = 0
    tls_version: str = ""
    tls_cipher_suite: str = ""

    @property
    def duration_s(self) -> float:
        """Sending, waiting and receiving: k6's http_req_duration."""
        return self.sending_s + self.waiting_s + self.receiving_s


@dataclass(frozen=True)
class Answer:
    """A complete response.

    Args:
        body: transfer coding removed; empty when it was not wanted.
    """

    status: int
    reason: str
    headers: list[tuple[str, str]]
    http_version: str
    body: bytes


class HttpConnections:
    """The connections of one virtual user.

    Several of its tasks may send at a time, each on a connection of its own; afterwards the connections are kept
    for whoever comes next.

    Args:
        counter: counts the wire bytes.
    """

    def __init__(self, reactor: Reactor, dialer: Dialer, *, vu_id: int, counter: ByteCounter) -> None:
        self._reactor = reactor
        self._dialer = dialer
        self._vu_id = vu_id
        self._counter = counter
        # Per place the idle ones, that used last at the end; the place used last is the last one, too.
        self._kept: dict[Place, list[_Connection]] = {}
        # Nobody tells a virtual user that the test is over.
        weakref.finalize(self, _close_all, self._kept)

    def send(
        self,
        url: HttpUrl,
        request: Request,
        body: bytes | None,
        trace: Trace,
        *,
        deadline_s: float,
        keep: bool = True,
        wants_body: bool = True,
    ) -> Answer:
        """Send a request and wait for the whole answer; parks the calling task.

        Args:
            request: its target is that of `url`.
            body: None for a request without one.
            trace: filled in, also when the request fails.
            deadline_s: on the reactor's clock, for everything together.
            keep: use a kept connection, and keep this one.
            wants_body: False reads the body and forgets it.

        Raises:
            TransportError: no answer, or none that is HTTP; code 1050 when the deadline came first.
            InvalidRequest: HTTP cannot carry it.
        """
        if self._reactor.now() >= deadline_s:
            raise TransportError(TIMEOUT_TEXT, CODE_TIMEOUT)
        try:
            return self._send(url, request, body, trace, deadline_s, keep, wants_body)
        except TransportError:
            if self._reactor.now() < deadline_s:
                raise
            raise TransportError(TIMEOUT_TEXT, CODE_TIMEOUT) from None

    def close(self) -> None:
        """Close all kept connections; more requests may follow."""
        _close_all(self._kept)

    def _send(
        self,
        url: HttpUrl,
        request: Request,
        body: bytes | None,
        trace: Trace,
        deadline_s: float,
        keep: bool,
        wants_body: bool,
    ) -> Answer:
        began_s = self._reactor.now()
        is_idempotent = request.method in _IDEMPOTENT
        kept = self._take(url, must_be_alive=not is_idempotent) if keep else None
        if kept is not None:
            trace.blocked_s = self._reactor.now() - began_s
            try:
                answer = kept.exchange(request, body, trace, deadline_s, wants_body)
            except TransportError:
                if kept.has_answered or not is_idempotent or self._reactor.now() >= deadline_s:
                    raise
            else:
                self._keep(url, kept)
                return answer
        try:
            connection = self._connect(url, trace, deadline_s)
        finally:
            trace.blocked_s = self._reactor.now() - began_s
        answer = connection.exchange(request, body, trace, deadline_s, wants_body)
        if keep:
            self._keep(url, connection)
        else:
            connection.close()
        return answer

    def _take(self, url: HttpUrl, *, must_be_alive: bool) -> _Connection | None:
        # Another task may take or bring one while we look at ours.
        while (idle := self._kept.get(url.place)) is not None:
            connection = idle.pop()
            if not idle:
                del self._kept[url.place]
            if not must_be_alive or connection.is_alive():
                return connection
            connection.close()
        return None

    def _keep(self, url: HttpUrl, connection: _Connection) -> None:
        if not connection.can_reuse:
            connection.close()
            return
        idle = self._kept.pop(url.place, [])
        idle.append(connection)
        self._kept[url.place] = idle
        if sum(map(len, self._kept.values())) > CONNECTIONS_KEPT_MAX:
            self._close_oldest()

    def _close_oldest(self) -> None:
        place, idle = next(iter(self._kept.items()))
        idle.pop(0).close()
        if not idle:
            del self._kept[place]

    def _connect(self, url: HttpUrl, trace: Trace, deadline_s: float) -> _Connection:
        vu_id, counter = self._vu_id, self._counter
        # Plain requests are handed to a proxy as they are; only TLS needs a tunnel (RFC 9110 section 9.3.6).
        proxy = None if url.secure else self._dialer.proxy_for(False, url.host, url.port)
        stream: Stream
        if proxy is None:
            alpn = _ALPN if url.secure else ()
            stream = self._dialer.open(
                url.secure, url.host, url.port, deadline_s=deadline_s, vu_id=vu_id, counter=counter, alpn=alpn
            )
        else:
            stream = self._dialer.connect(
                proxy.host, proxy.port, deadline_s=deadline_s, vu_id=vu_id, counter=counter
            )
            if proxy.is_secure:
                stream = self._dialer.start_tls(stream, proxy.host, deadline_s)
        trace.connecting_s = stream.timings.connecting_s
        trace.tls_handshaking_s = stream.timings.tls_handshaking_s
        return _Connection(self._reactor, stream, proxy, url)


class _Connection:
    """One connection to a server or its proxy."""

    def __init__(self, reactor: Reactor, stream: Stream, proxy: Proxy | None, url: HttpUrl) -> None:
        self._reactor = reactor
        self._stream = stream
        self._proxy = proxy
        self._url = url
        self._http = Exchange()
        self._sent_s: float | None = None
        self._send_error: TransportError | None = None
        self._first_byte_s: float | None = None

    def __repr__(self) -> str:
        return f"<_Connection {self._http!r} over {self._stream!r}>"

    @property
    def has_answered(self) -> bool:
        """Something of the last request's answer has come."""
        return self._first_byte_s is not None

    @property
    def can_reuse(self) -> bool:
        """Another request may follow the last one."""
        return self._http.can_reuse and self._sent_s is not None and self._send_error is None

    def is_alive(self) -> bool:
        """The server has neither closed the connection nor sent what nobody asked for."""
        now_s = self._reactor.now()
        try:
            self._stream.receive(deadline_s=now_s)
        except TransportError as error:
            return error.message.endswith("i/o timeout")
        except BaseException:
            self.close()
            raise
        return False

    def close(self) -> None:
        """Give the connection back; idempotent."""
        self._stream.close()

    def exchange(
        self, request: Request, body: bytes | None, trace: Trace, deadline_s: float, wants_body: bool
    ) -> Answer:
        """Send a request and receive its answer; the connection is closed when that fails."""
        self._note_peer(trace)
        self._sent_s = self._first_byte_s = None
        started_s = self._reactor.now()
        try:
            self._http.start(self._for_proxy(request), body)
            self._send(self._http.bytes_to_send(), deadline_s)
            return self._receive(deadline_s, wants_body)
        except BaseException as error:
            self.close()
            if self._send_error is not None and isinstance(error, TransportError):
                # A server that goes away while we send: what the sending side met says more.
                raise self._send_error from None
            raise
        finally:
            self._note_times(trace, started_s)

    def _for_proxy(self, request: Request) -> Request:
        if self._proxy is None:
            return request
        headers = list(request.headers)
        if self._proxy.credentials:
            headers.append(("Proxy-Authorization", basic_authorization(self._proxy.credentials)))
        return replace(request, target=f"http://{self._url.authority}{request.target}", headers=headers)

    def _send(self, data: bytes, deadline_s: float) -> None:
        if len(data) > SEND_ALONE_SIZE_BYTES_MAX:
            self._reactor.spawn(self._send_all, data, deadline_s)
        else:
            self._send_all(data, deadline_s)

    def _send_all(self, data: bytes, deadline_s: float) -> None:
        try:
            self._stream.send(data, deadline_s)
            self._sent_s = self._reactor.now()
        except TransportError as error:
            # The server may have refused the rest and said why: the answer is looked for all the same.
            self._send_error = error

    def _receive(self, deadline_s: float, wants_body: bool) -> Answer:
        head: ResponseStart | None = None
        pieces: list[bytes] = []
        size_bytes = 0
        while True:
            for event in self._next_events(deadline_s):
                match event:
                    case ResponseStart():
                        head = event
                    case BodyData(data) if wants_body:
                        pieces.append(data)
                        size_bytes += len(data)
                        if size_bytes > BODY_SIZE_BYTES_MAX:
                            raise body_too_large()
                    case ResponseEnd() if head is not None:
                        body = b"".join(pieces)
                        return Answer(head.status, head.reason, head.headers, head.http_version, body)
                    case Switched():
                        return Answer(event.status, event.reason, event.headers, event.http_version, b"")
                    case Failed(message):
                        raise TransportError(message if self.has_answered else "EOF")

    def _next_events(self, deadline_s: float) -> list[Event]:
        data = self._stream.receive(deadline_s=deadline_s)
        if data:
            if self._first_byte_s is None:
                self._first_byte_s = self._reactor.now()
            self._http.receive(data)
        else:
            self._http.receive_eof()
        return self._http.events()

    def _note_peer(self, trace: Trace) -> None:
        stream = self._stream
        trace.remote_ip = stream.remote_ip
        trace.remote_port = int(stream.remote_address.rpartition(":")[2])
        if self._url.secure and isinstance(stream, TlsStream):
            trace.tls_version, trace.tls_cipher_suite = stream.version, iana_name(stream.cipher)

    def _note_times(self, trace: Trace, started_s: float) -> None:
        now_s = self._reactor.now()
        first_byte_s = now_s if self._first_byte_s is None else self._first_byte_s
        # An answer may come before everything was sent.
        sent_s = first_byte_s if self._sent_s is None else min(self._sent_s, first_byte_s)
        trace.sending_s = sent_s - started_s
        trace.waiting_s = first_byte_s - sent_s
        trace.receiving_s = now_s - first_byte_s


def body_too_large() -> TransportError:
    """A body beyond BODY_SIZE_BYTES_MAX, as it came or decompressed."""
    size_mib = BODY_SIZE_BYTES_MAX // 2**20
    return TransportError(
        f"response body is larger than {size_mib} MiB, which is all the memory of a virtual user's script;"
        " responseType 'none' reads it and throws it away"
    )


def _close_all(kept: dict[Place, list[_Connection]]) -> None:
    while kept:
        for connection in kept.popitem()[1]:
            connection.close()
