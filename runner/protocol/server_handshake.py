"""The server's side of the WebSocket opening handshake (RFC 6455 section 4.2), h11 inside.

Owns the judgement of the request, the answer and the choice of compression.  Refuses sockets, deadlines,
sub-protocols and everything else that HTTP offers: whoever wants no WebSocket gets one short text.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass

import h11
from wsproto.utilities import generate_accept_token

from runner.protocol.extensions import DeflateParameters

# Bound on the request's head; browsers send a few KiB, most of it cookies.
HEADER_BLOCK_SIZE_BYTES_MAX = 64 * 1024

# RFC 6455 section 4.2.2 item 4: the only version.
VERSION = b"13"
# RFC 6455 section 4.1 item 7.
KEY_SIZE_BYTES = 16

WINDOW_BITS_MAX = 15
_CLIENT_WINDOW_BITS = frozenset(map(str, range(8, WINDOW_BITS_MAX + 1)))
# zlib cannot write a raw stream with 8; a client that insists on it gets no compression.
_SERVER_WINDOW_BITS = _CLIENT_WINDOW_BITS - {"8"}

_DEFLATE_NAME = "permessage-deflate"

_Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class ServerHandshakeResult:
    """How the handshake ended.

    Args:
        accepted: a session can start once ``bytes_to_send()`` is out; otherwise close the connection.
        target: path and query that the client asked for, "" when the request could not be read.
        deflate: what was agreed on for compression, None for no compression.
        trailing: bytes that already belong to the session.
    """

    accepted: bool
    target: str = ""
    deflate: DeflateParameters | None = None
    trailing: bytes = b""


class ServerHandshake:
    """One opening handshake: feed the request until ``result`` is there, then send ``bytes_to_send()``.

    Args:
        about: what a plain HTTP request is told, one line.
    """

    def __init__(self, about: str) -> None:
        self.result: ServerHandshakeResult | None = None
        self._about = about
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADER_BLOCK_SIZE_BYTES_MAX)
        self._outgoing = b""

    def __repr__(self) -> str:
        if self.result is None:
            return "<ServerHandshake waiting>"
        return f"<ServerHandshake {'accepted' if self.result.accepted else 'refused'}>"

    def bytes_to_send(self) -> bytes:
        """The answer, once; empty when the client went away or has had no answer yet."""
        data, self._outgoing = self._outgoing, b""
        return data

    def receive(self, data: bytes) -> None:
        """Take bytes of the request; ignored once there is a result."""
        if self.result is not None or not data:
            return
        self._wire.receive_data(data)
        try:
            event = self._wire.next_event()
            if isinstance(event, h11.Request):
                self._judge(event)
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint, "This is no HTTP request.")

    def receive_eof(self) -> None:
        """The peer ended its stream."""
        if self.result is None:
            self.result = ServerHandshakeResult(accepted=False)

    def _judge(self, request: h11.Request) -> None:
        target = request.target.decode("latin-1")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
        can_upgrade = request.method == b"GET" and request.http_version >= b"1.1"
        if not can_upgrade or "websocket" not in _tokens(headers, "upgrade"):
            self._refuse(426, self._about, target, has_body=request.method != b"HEAD")
        elif not (_asks_to_upgrade(headers) and isinstance(self._wire.next_event(), h11.EndOfMessage)):
            self._refuse(400, "The WebSocket handshake is incomplete or has a body.", target)
        elif _values(headers, "sec-websocket-version") != [VERSION.decode()]:
            self._refuse(426, "WebSocket version 13 is spoken here.", target)
        else:
            self._accept(target, headers)

    def _accept(self, target: str, headers: _Headers) -> None:
        key = _values(headers, "sec-websocket-key")[0].encode()
        answer = [
            (b"Upgrade", b"websocket"),
            (b"Connection", b"Upgrade"),
            (b"Sec-WebSocket-Accept", generate_accept_token(key)),
        ]
        deflate = _choose_deflate(_values(headers, "sec-websocket-extensions"))
        if deflate is not None:
            answer.append((b"Sec-WebSocket-Extensions", _deflate_answer(deflate)))
        switching = h11.InformationalResponse(status_code=101, headers=answer, reason=b"Switching Protocols")
        self._outgoing = self._wire.send(switching)
        trailing = self._wire.trailing_data[0]
        self.result = ServerHandshakeResult(True, target, deflate, trailing)

    def _refuse(self, status: int, text: str, target: str = "", *, has_body: bool = True) -> None:
        body = f"{text}\n".encode()
        headers = [
            (b"Content-Type", b"text/plain; charset=utf-8"),
            (b"Content-Length", b"%d" % len(body)),
            (b"Connection", b"close"),
        ]
        if status == 426:
            # RFC 9110 section 15.5.22 and RFC 6455 section 4.4.
            headers[-1] = (b"Connection", b"close, Upgrade")
            headers += [(b"Upgrade", b"websocket"), (b"Sec-WebSocket-Version", VERSION)]
        response = h11.Response(status_code=status, headers=headers, reason=_REASONS.get(status, b""))
        self._outgoing = self._wire.send(response) + (body if has_body else b"")
        self.result = ServerHandshakeResult(False, target)


_REASONS = {
    400: b"Bad Request",
    426: b"Upgrade Required",
    431: b"Request Header Fields Too Large",
    501: b"Not Implemented",
}


def _values(headers: _Headers, lower_name: str) -> list[str]:
    return [value.strip() for name, value in headers if name.lower() == lower_name]


def _tokens(headers: _Headers, lower_name: str) -> list[str]:
    return [item.strip().lower() for item in ",".join(_values(headers, lower_name)).split(",")]


def _asks_to_upgrade(headers: _Headers) -> bool:
    return "upgrade" in _tokens(headers, "connection") and _is_key(_values(headers, "sec-websocket-key"))


def _is_key(values: list[str]) -> bool:
    try:
        return len(values) == 1 and len(binascii.a2b_base64(values[0], strict_mode=True)) == KEY_SIZE_BYTES
    except ValueError:
        return False


def _choose_deflate(extension_values: list[str]) -> DeflateParameters | None:
    """The first offer that can be met (RFC 7692 section 7.1); None for none."""
    for extension in ",".join(extension_values).split(","):
        name, *parameters = (part.strip() for part in extension.split(";"))
        deflate = _meet_offer(parameters) if name == _DEFLATE_NAME else None
        if deflate is not None:
            return deflate
    return None


def _meet_offer(parameters: list[str]) -> DeflateParameters | None:
    """Our answer to one offer, None when it has to be declined (RFC 7692 section 7.1).

    Neither side shall keep a window between messages, which spares 300 KiB per connection; a server may ask
    for that unasked (sections 7.1.1.1 and 7.1.1.2).
    """
    seen: dict[str, str] = {}
    for parameter in parameters:
        name, equals, value = (part.strip() for part in parameter.partition("="))
        value = value.strip('"')
        if name in seen or not _is_parameter(name, value if equals else None):
            return None
        seen[name] = value
    return DeflateParameters(server_max_window_bits=int(seen.get("server_max_window_bits", WINDOW_BITS_MAX)))


def _is_parameter(name: str, value: str | None) -> bool:
    match name:
        case "server_no_context_takeover" | "client_no_context_takeover":
            return value is None
        case "server_max_window_bits":
            return value in _SERVER_WINDOW_BITS
        case "client_max_window_bits":
            # A hint that may come without a value and needs no answer (section 7.1.2.2).
            return value is None or value in _CLIENT_WINDOW_BITS
        case _:
            return False


def _deflate_answer(deflate: DeflateParameters) -> bytes:
    text = f"{_DEFLATE_NAME}; server_no_context_takeover; client_no_context_takeover"
    # Has to be echoed when the client asked for it, and for less than the default nobody else does.
    if deflate.server_max_window_bits < WINDOW_BITS_MAX:
        text += f"; server_max_window_bits={deflate.server_max_window_bits}"
    return text.encode()
