"""The server's side of an HTTP/1.1 connection, one request after the other (RFC 9112); h11 inside.

Owns reading requests whole and within bounds, writing responses, and whether the connection goes on.  Refuses sockets,
deadlines, routes and request headers: those who are served here need none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

import h11

from runner.errors import InternalError

# Bound on a request's line and headers; browsers send a few KiB, most of it cookies.
HEADER_BLOCK_SIZE_BYTES_MAX = 64 * 1024
# Bound on a request's body.
BODY_SIZE_BYTES_MAX = 8 * 1024 * 1024

Headers = Sequence[tuple[str, str]]


class State(Enum):
    """Where the connection is.

    READING: a request is awaited or coming.  ANSWERING: it is there, respond() is due.  DONE: what there is to
    send is all, then the connection is to be closed.
    """

    READING = "READING"
    ANSWERING = "ANSWERING"
    DONE = "DONE"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.READING: frozenset({State.ANSWERING, State.DONE}),
    State.ANSWERING: frozenset({State.READING, State.DONE}),
    State.DONE: frozenset(),
}


@dataclass(frozen=True)
class Request:
    """A request that is complete.

    Args:
        target: path and query as they came, percent-encoded; or an absolute URL, or ``*``.
    """

    method: str
    target: str
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    """What to answer; Content-Length and Connection are added."""

    status: int
    headers: Headers = ()
    body: bytes = b""


class ServerConnection:
    """One connection: feed it, and answer each ``request`` by respond().

    Args:
        body_size_bytes_max: a larger body is refused.

    Attributes:
        state: see State.
        request: the one that is to be answered now, None while there is none.
    """

    def __init__(self, *, body_size_bytes_max: int = BODY_SIZE_BYTES_MAX) -> None:
        self.state = State.READING
        self.request: Request | None = None
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADER_BLOCK_SIZE_BYTES_MAX)
        self._body_size_bytes_max = body_size_bytes_max
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._outgoing: list[bytes] = []

    def __repr__(self) -> str:
        return f"<ServerConnection {self.state.name}{', idle' if self.is_idle else ''}>"

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has come yet."""
        return self.state is State.READING and self._head is None and not self._wire.trailing_data[0]

    @property
    def close_expected(self) -> bool:
        """Whether the connection is to be closed once ``bytes_to_send()`` are out."""
        return self.state is State.DONE

    def receive(self, data: bytes) -> None:
        """Take bytes from the peer; ignored when the connection is done."""
        if data and self.state is not State.DONE:
            self._wire.receive_data(data)
            self._parse()

    def receive_eof(self) -> None:
        """The peer ended its stream; it may still wait for the answer to what it has sent."""
        if self.state is State.READING:
            self._move(State.DONE)

    def respond(self, response: Response, *, close: bool = False) -> None:
        """Answer the request; the next one, which may have come already, is in ``request`` then.

        Args:
            close: let this be the last one.

        Raises:
            InternalError: there is no request to answer.
        """
        if self.request is None:
            raise InternalError(f"nothing to answer on {self!r}; please report this")
        self.request = None
        self._write(response, close=close)
        if self._wire.our_state is h11.DONE and self._wire.their_state is h11.DONE:
            self._wire.start_next_cycle()
            self._head = None
            self._body = bytearray()
            self._move(State.READING)
            self._parse()
        else:
            self._move(State.DONE)

    def bytes_to_send(self) -> bytes:
        """Everything queued since the last call."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    # ---- private

    def _parse(self) -> None:
        while self.state is State.READING:
            try:
                event = self._wire.next_event()
            except h11.RemoteProtocolError as error:
                self._refuse(error.error_status_hint)
                return
            if event is h11.NEED_DATA:
                self._encourage()
                return
            self._take(event)

    def _take(self, event: object) -> None:
        match event:
            case h11.Request(method=b"CONNECT"):
                self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)
            case h11.Request():
                self._head = event
                self._bound(max((int(size) for size in _values(event, b"content-length")), default=0))
            case h11.Data():
                if self._bound(len(self._body) + len(event.data)):
                    self._body += event.data
            case h11.EndOfMessage():
                assert self._head is not None
                target = self._head.target.decode("latin-1")
                self.request = Request(self._head.method.decode(), target, bytes(self._body))
                self._move(State.ANSWERING)
            case _:
                raise InternalError(f"h11 reported an unknown event: {event!r}")

    def _bound(self, size_bytes: int) -> bool:
        if size_bytes > self._body_size_bytes_max:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self.state is State.READING

    def _encourage(self) -> None:
        """Some clients wait with a large body for a word (RFC 9110 section 10.1.1)."""
        if self._wire.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            self._send(go_on)

    def _refuse(self, status: int) -> None:
        """Answer what is no request that could be read to its end."""
        text = f"{status} {HTTPStatus(status).phrase}\n"
        headers = [("Content-Type", "text/plain; charset=utf-8")]
        self._write(Response(status, headers, text.encode()), close=True)
        self._move(State.DONE)

    def _write(self, response: Response, *, close: bool) -> None:
        headers = [*response.headers, ("Content-Length", str(len(response.body)))]
        if close:
            headers.append(("Connection", "close"))
        self._send(
            h11.Response(
                status_code=response.status,
                headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
                reason=HTTPStatus(response.status).phrase.encode(),
            )
        )
        # RFC 9110 section 9.3.2: the headers are those of GET, the body stays away.
        if response.body and (self._head is None or self._head.method != b"HEAD"):
            self._send(h11.Data(data=response.body))
        self._send(h11.EndOfMessage())

    def _send(self, event: h11.Event) -> None:
        data = self._wire.send(event)
        assert data is not None
        self._outgoing.append(data)

    def _move(self, state: State) -> None:
        if state not in TRANSITIONS[self.state]:
            raise InternalError(f"the HTTP connection cannot go from {self.state.name} to {state.name}")
        self.state = state


def _values(head: h11.Request, lower_name: bytes) -> list[bytes]:
    return [value for name, value in head.headers if name == lower_name]
