"""The WebSocket echo server: ``k6py echo-server``, and for tests a server on a thread of its own.

    with EchoServer(tls=True) as server:
        connect_to(server.url)
        assert server.messages == 1

Owns the listeners and what one connection does: handshake, then each message back to its sender, on any
path.  Refuses routes, sub-protocols and HTTP beyond a line that says what this is.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from runner.errors import TransportError, UsageError
from runner.net.listen import Listener, end_politely
from runner.net.self_signed import SelfSignedCertificate
from runner.net.stream import Stream, TcpStream
from runner.net.tls_stream import TlsStream
from runner.protocol.server_handshake import ServerHandshake
from runner.protocol.websocket import Role, State, WebSocketSession
from runner.reactor import Reactor

ABOUT = "This is k6py's WebSocket echo server: open a WebSocket on any path, and each message comes back."

# A machine that starts thousands of virtual users at once is slow.
HANDSHAKE_TIMEOUT_S = 60.0
# A peer that does not read for so long is given up.
SEND_TIMEOUT_S = 60.0
# How long a peer may take to end its side after ours.
LINGER_TIMEOUT_S = 2.0


class EchoServer:
    """Listens from the start; serves inside ``with`` on a thread of its own, or in ``run()``.

    Args:
        host: address or name of this machine to listen on.
        port: 0 for a free one.
        tls: listen for TLS too, on ``tls_port``, with a certificate made on the spot.
        tls_port: 0 for a free one.
        record_times: keep the moment of each session's begin; without a bound, so for tests.

    Attributes:
        url, tls_url: where it listens, ``ws://127.0.0.1:8080`` and ``wss://...``; tls_url is "" without TLS.
        ca_pem: certificate (PEM) of the authority that signed the server's, "" without TLS.
        connections: TCP connections taken so far.
        sessions: WebSocket sessions begun so far.
        session_times: when they began, on the monotonic clock; [] unless asked for.
        sessions_open, sessions_open_max: how many are open now, and were at the same time.
        messages: messages received so far; each one went back, unless its sender had begun to close.

    Raises:
        UsageError: an address cannot be listened on.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: bool = False,
        tls_port: int = 0,
        record_times: bool = False,
    ) -> None:
        self.connections = 0
        self.sessions = 0
        self.session_times: list[float] = []
        self.sessions_open = 0
        self.sessions_open_max = 0
        self.messages = 0
        self.tls_url = ""
        self.ca_pem = ""
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._record_times = record_times
        self._certificate: SelfSignedCertificate | None = None
        self._listeners: list[Listener] = []
        self._streams: set[TcpStream] = set()
        self._reactor = Reactor()
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._close)
            self.url = f"ws://{self._listen(host, port).address}"
            if tls:
                self._certificate = SelfSignedCertificate(host, "localhost", "127.0.0.1", "::1")
                self.ca_pem = self._certificate.ca_pem
                self.tls_url = f"wss://{self._listen(host, tls_port).address}"
            on_failure.pop_all()
        self._main = self._reactor.spawn(self._serve)

    def __repr__(self) -> str:
        return f"<EchoServer {' '.join(filter(None, [self.url, self.tls_url]))}>"

    def __enter__(self) -> EchoServer:
        self._thread = threading.Thread(target=self._run_on_thread, name="echo server", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._thread is not None
        self.stop()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def run(self) -> None:
        """Serve on the calling thread until ``stop()``; then close every connection."""
        try:
            self._reactor.run(until=self._main)
        finally:
            self._close()

    def stop(self) -> None:
        """Let ``run()`` return; legal on any thread, in signal handlers and more than once."""
        self._reactor.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        # Raised where the main task waits, or will wait when it has not begun.
        self._reactor.interrupt(self._main, _Stopped())

    def _serve(self) -> None:
        self._reactor.spawn(self._accept, self._listeners[0], None)
        if self._certificate is not None:
            self._reactor.spawn(self._accept, self._listeners[1], self._certificate)
        with contextlib.suppress(_Stopped):
            self._reactor.park()

    def _run_on_thread(self) -> None:
        try:
            self.run()
        except BaseException as error:
            # Told by __exit__, on the thread of whoever started the server.
            self._error = error

    def _listen(self, host: str, port: int) -> Listener:
        try:
            listener = Listener(self._reactor, host, port)
        except OSError as error:
            # What Python adds in brackets repeats the address.
            what = (error.strerror or str(error)).partition(" (")[0].lower()
            raise UsageError(f"cannot listen on {host} port {port}: {what}") from error
        self._listeners.append(listener)
        return listener

    def _close(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._reactor.close()
        # Of connections whose task had no time to begin.
        for stream in self._streams:
            stream.close()

    def _accept(self, listener: Listener, certificate: SelfSignedCertificate | None) -> None:
        while True:
            stream = listener.accept()
            self.connections += 1
            self._streams.add(stream)
            self._reactor.spawn(self._handle, stream, certificate)

    def _handle(self, tcp: TcpStream, certificate: SelfSignedCertificate | None) -> None:
        deadline_s = self._reactor.now() + HANDSHAKE_TIMEOUT_S
        try:
            stream = tcp if certificate is None else _start_tls(tcp, certificate, deadline_s)
            session = self._shake_hands(stream, deadline_s)
            if session is not None:
                self._echo_counted(stream, session)
            end_politely(self._reactor, stream, LINGER_TIMEOUT_S)
        except TransportError:
            # A peer that goes away, is too slow or speaks no TLS is no concern of the others.
            pass
        finally:
            self._streams.discard(tcp)
            tcp.close()

    def _shake_hands(self, stream: Stream, deadline_s: float) -> WebSocketSession | None:
        handshake = ServerHandshake(ABOUT)
        while handshake.result is None:
            data = stream.receive(deadline_s=deadline_s)
            if data:
                handshake.receive(data)
            else:
                handshake.receive_eof()
        stream.send(handshake.bytes_to_send(), deadline_s)
        result = handshake.result
        if not result.accepted:
            return None
        return WebSocketSession(Role.SERVER, deflate=result.deflate, trailing=result.trailing)

    def _echo_counted(self, stream: Stream, session: WebSocketSession) -> None:
        self.sessions += 1
        if self._record_times:
            self.session_times.append(self._reactor.now())
        self.sessions_open += 1
        self.sessions_open_max = max(self.sessions_open_max, self.sessions_open)
        try:
            self._echo(stream, session)
        finally:
            self.sessions_open -= 1

    def _echo(self, stream: Stream, session: WebSocketSession) -> None:
        while True:
            self._answer(session)
            data = session.bytes_to_send()
            if data:
                stream.send(data, self._reactor.now() + SEND_TIMEOUT_S)
            if session.close_expected:
                return
            data = stream.receive()
            if data:
                session.receive(data)
            else:
                session.receive_eof()

    def _answer(self, session: WebSocketSession) -> None:
        for event in session.events():
            if not isinstance(event, str | bytes):
                continue
            self.messages += 1
            # A close frame that came right behind is answered already, and nothing may follow it.
            if not session.can_send:
                continue
            if isinstance(event, str):
                session.send_text(event)
            else:
                session.send_binary(event)
        if session.state is State.FAILING:
            session.fail()


class _Stopped(Exception):
    """stop() was called."""


def _start_tls(tcp: TcpStream, certificate: SelfSignedCertificate, deadline_s: float) -> Stream:
    stream = TlsStream(tcp, certificate.context, server_side=True)
    stream.handshake(deadline_s)
    stream.flush(deadline_s)
    return stream


def serve(host: str = "127.0.0.1", port: int = 0, tls_port: int | None = None) -> None:
    """Serve until Ctrl-C or SIGTERM; prints each address once it is listened on.

    Args:
        tls_port: None for no TLS, 0 for a free port.

    Raises:
        UsageError: an address cannot be listened on.
    """
    server = EchoServer(host, port, tls=tls_port is not None, tls_port=tls_port or 0)
    with _stopped_by_signals(server):
        for url in filter(None, [server.url, server.tls_url]):
            print(f"k6py echo-server listens on {url}", flush=True)
        server.run()


@contextlib.contextmanager
def _stopped_by_signals(server: EchoServer) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
