"""TLS over any stream: ssl's state machine between two memory buffers.

Owns the handshake's and the records' way through the stream below.  Refuses to choose certificates and
versions (tls.py) and to count: what passes the stream below is what is on the wire.
"""

from __future__ import annotations

import contextlib
import math
import ssl
from collections.abc import Callable

from runner.errors import InternalError, TransportError
from runner.net.stream import Stream
from runner.net.tls_errors import tls_error
from runner.reactor import RECEIVE_SIZE_BYTES_MAX

# What is encrypted at once: bounds the memory that a huge send() takes a second time.
SEND_SIZE_BYTES_MAX = 256 * 1024


class TlsStream:
    """A stream inside a stream.

    Args:
        below: connected; this stream owns it from now on.
        context: see tls.TlsContexts.
        server_name: whom the client wants to talk to (RFC 6066 SNI); "" in a server.
        server_side: play the server.
    """

    __slots__ = (
        "_below",
        "_early",
        "_from_wire",
        "_is_closed",
        "_is_flushing",
        "_is_sending",
        "_tls",
        "_to_wire",
        "counter",
        "local_address",
        "remote_address",
        "remote_ip",
        "timings",
    )

    def __init__(
        self, below: Stream, context: ssl.SSLContext, server_name: str = "", *, server_side: bool = False
    ) -> None:
        self._below = below
        self._from_wire = ssl.MemoryBIO()
        self._to_wire = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._from_wire, self._to_wire, server_side=server_side, server_hostname=server_name or None
        )
        self._early = bytearray()
        self._is_flushing = False
        self._is_sending = False
        self._is_closed = False
        self.counter = below.counter
        self.timings = below.timings
        self.remote_ip = below.remote_ip
        self.local_address = below.local_address
        self.remote_address = below.remote_address

    @property
    def version(self) -> str:
        """k6's name of the protocol version, ``tls1.3``; "" before the handshake."""
        return (self._tls.version() or "").lower().replace("tlsv1", "tls1")

    @property
    def cipher(self) -> str:
        """OpenSSL's name of the cipher suite; tls.suite_name() has the IANA one."""
        cipher = self._tls.cipher()
        return cipher[0] if cipher else ""

    @property
    def alpn(self) -> str:
        """The application protocol that was agreed on (RFC 7301), "" for none."""
        return self._tls.selected_alpn_protocol() or ""

    def peer_certificate(self) -> dict[str, object]:
        """The verified certificate as ssl.SSLObject.getpeercert() gives it; empty when not verified."""
        return dict(self._tls.getpeercert() or {})

    def handshake(self, deadline_s: float | None = None) -> None:
        """Shake hands, up to the client's last flight, which flush() sends.

        The caller looks at the certificate's names in between, so that with TLS 1.3 a server of another name
        never sees a finished handshake.

        Raises:
            TransportError: the handshake or the connection failed; the peer was told by an alert.
        """
        while True:
            try:
                self._tls.do_handshake()
                return
            except ssl.SSLWantReadError:
                self.flush(deadline_s)
                self._receive_records(deadline_s)
            except ssl.SSLEOFError:
                raise TransportError("EOF") from None
            except ssl.SSLError as error:
                with contextlib.suppress(TransportError):
                    self.flush(deadline_s)
                raise tls_error(error) from error

    def flush(self, deadline_s: float | None = None) -> None:
        """Send what TLS has ready; when another task is doing so, that one sends all."""
        if self._is_flushing:
            return
        self._is_flushing = True
        try:
            while self._to_wire.pending:
                self._below.send(self._to_wire.read(), deadline_s)
        finally:
            self._is_flushing = False

    def receive(self, size_bytes_max: int = RECEIVE_SIZE_BYTES_MAX, deadline_s: float | None = None) -> bytes:
        """See Stream.receive.

        An end of the connection without TLS's own close is an end of stream too, as in Go: what was sent is
        whole or not by the protocol above.
        """
        if self._early:
            data = bytes(self._early[:size_bytes_max])
            del self._early[:size_bytes_max]
            return data
        while True:
            try:
                return self._tls.read(size_bytes_max)
            except ssl.SSLWantReadError:
                self.flush(deadline_s)
                self._receive_records(deadline_s)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as error:
                raise tls_error(error) from error

    def send(self, data: bytes, deadline_s: float | None = None) -> None:
        """See Stream.send."""
        if self._is_sending:
            raise InternalError(f"two tasks send on {self!r} at once; please report this")
        self._is_sending = True
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._tls.write(rest[:SEND_SIZE_BYTES_MAX]) :]
                self.flush(deadline_s)
        except ssl.SSLError as error:
            raise tls_error(error) from error
        finally:
            self._is_sending = False

    def watch(self, on_readable: Callable[[], None] | None) -> None:
        """See Stream.watch."""
        self._below.watch(on_readable)

    def on_sent(self, callback: Callable[[], None] | None) -> None:
        """See Stream.on_sent."""
        self._below.on_sent(callback)

    @property
    def holds_bytes(self) -> bool:
        """See Stream.holds_bytes: records that came with the last one that was read."""
        return bool(self._early or self._from_wire.pending or self._tls.pending() or self._below.holds_bytes)

    def receive_now(self) -> bytes | None:
        """See Stream.receive_now; all that the records hold, for nobody would say that there is more."""
        records = self._below.receive_now()
        if records:
            self._from_wire.write(records)
        elif records is not None:
            self._from_wire.write_eof()
        parts = [bytes(self._early)]
        self._early.clear()
        is_ended = False
        try:
            while part := self._tls.read(RECEIVE_SIZE_BYTES_MAX):
                parts.append(part)
            is_ended = True
        except ssl.SSLWantReadError:
            self._write_records()
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            is_ended = True
        except ssl.SSLError as error:
            raise tls_error(error) from error
        data = b"".join(parts)
        # An end that came together with data is told again at the next call.
        return data if data or is_ended else None

    def write(self, data: bytes) -> None:
        """See Stream.write."""
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._tls.write(rest[:SEND_SIZE_BYTES_MAX]) :]
        except ssl.SSLError as error:
            raise tls_error(error) from error
        self._write_records()

    @property
    def unsent_bytes(self) -> int:
        """See Stream.unsent_bytes; the encrypted ones."""
        return self._below.unsent_bytes

    def _write_records(self) -> None:
        if self._to_wire.pending:
            self._below.write(self._to_wire.read())

    def shutdown_write(self) -> None:
        """See Stream.shutdown_write: close_notify (RFC 8446 section 6.1), then the half-close below."""
        self._keep_early()
        self._send_close_notify()
        self._below.shutdown_write()

    def close(self) -> None:
        """See Stream.close; says close_notify if that needs no waiting."""
        if not self._is_closed:
            self._is_closed = True
            try:
                self._send_close_notify()
            finally:
                self._below.close()

    def _receive_records(self, deadline_s: float | None) -> None:
        records = self._below.receive(RECEIVE_SIZE_BYTES_MAX, deadline_s)
        if records:
            self._from_wire.write(records)
        else:
            self._from_wire.write_eof()

    def _keep_early(self) -> None:
        # OpenSSL throws away what it finds unread when it looks for the peer's close_notify.
        with contextlib.suppress(ssl.SSLError):
            while data := self._tls.read(RECEIVE_SIZE_BYTES_MAX):
                self._early += data

    def _send_close_notify(self) -> None:
        with contextlib.suppress(ssl.SSLError, ValueError):
            # Goes on to wait for the peer's answer, which nobody here wants.
            self._tls.unwrap()
        with contextlib.suppress(TransportError, InternalError):
            self.flush(-math.inf)

    def __repr__(self) -> str:
        return f"<TlsStream {self.version or 'handshake'} over {self._below!r}>"
