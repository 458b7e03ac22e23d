"""The client's side of the WebSocket opening handshake (RFC 6455 section 4.1), on top of http1.py.

Owns the request's headers, the judgement of the answer and what compression was agreed on.  Refuses sockets,
URLs, cookies and deadlines.  wsproto has a handshake too, but drops what scripts look at in a refused answer.

Handshakes come by the thousand and differ in nothing but the key and what follows from it.  So a request is
serialised once, and an answer parsed and judged once, both for the RFC's sample key; each handshake puts its own in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from wsproto.utilities import generate_accept_token, generate_nonce

from runner.errors import ScriptError
from runner.protocol import http1
from runner.protocol.extensions import DeflateParameters

# RFC 7692 section 7.1: neither side keeps a window between messages, which spares 300 KiB per connection.
DEFLATE_OFFER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

# What scripts get of a refused answer's body; Go's WebSocket clients keep as much.
BODY_SIZE_BYTES_MAX = 1024

BAD_HANDSHAKE = "websocket: bad handshake"
BAD_COMPRESSION = "websocket: invalid compression negotiation"

# RFC 6455 section 1.3.
_SAMPLE_KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
_SAMPLE_ACCEPT = generate_accept_token(_SAMPLE_KEY)
_KEY_LINE = b"\r\nSec-WebSocket-Key: "

# Canonical spelling of the headers that make the handshake; the caller may not give them.
_HANDSHAKE_HEADERS = frozenset(
    {"Upgrade", "Connection", "Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions"}
)
_UPGRADE_HEADERS = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", _SAMPLE_KEY.decode()),
)
# Headers that would give the request a body.  Go leaves them out without a word, and so do we.
_FRAMING_HEADERS = frozenset({"Content-Length", "Transfer-Encoding", "Trailer"})

# Of how many requests and answers the form is kept, and of what size of answers.
_REQUESTS_KEPT_MAX = 1024
_ANSWERS_KEPT_MAX = 256
_KEPT_ANSWER_SIZE_BYTES_MAX = 4096
_HEADER_NAMES_KEPT_MAX = 1024

_SWITCHING = b"HTTP/1.1 101 "
_END_OF_HEAD = b"\r\n\r\n"

_DEFLATE_NAME = "permessage-deflate"
_WINDOW_BITS = frozenset(str(bits) for bits in range(8, 16))


class HeaderNotAllowed(ScriptError):
    """The caller gave a header that the handshake itself sends."""


@dataclass(slots=True)
class HandshakeResult:
    """How the handshake ended.  Not frozen, which would make it three times as dear.

    Args:
        accepted: a session can start.
        status: the answer's status code, 0 without an answer.
        headers: the answer's headers in order, duplicates kept, names as the peer spelt them.
        body: beginning of a refused answer's body, at most 1 KiB.
        subprotocol: what the server chose, "" for nothing.  As in k6 it need not be one that was offered.
        deflate: what was agreed on for compression, None for no compression.
        trailing: bytes that already belong to the session.
        problem: why it was not accepted, as k6 says it; "" when accepted.
    """

    accepted: bool
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    subprotocol: str = ""
    deflate: DeflateParameters | None = None
    trailing: bytes = b""
    problem: str = ""


class ClientHandshake:
    """One opening handshake: send ``bytes_to_send()``, feed the answer until ``result`` is there.

    Args:
        host: value of the Host header, with the port when it is not the scheme's own.
        target: path and query, percent-encoded.
        user_agent: value of User-Agent; "" sends none.
        headers: the caller's.  Names are put into canonical spelling; of a name given twice the last one
            counts, as in k6.  Host and User-Agent replace the values above, Sec-WebSocket-Protocol offers
            sub-protocols.
        compression: offer permessage-deflate.

    Raises:
        HeaderNotAllowed: ``headers`` has one of the handshake's own.
        http1.InvalidRequest: a header or the target cannot be put into HTTP.
    """

    def __init__(
        self,
        host: str,
        target: str,
        *,
        user_agent: str,
        headers: http1.Headers = (),
        compression: bool = False,
    ) -> None:
        self.result: HandshakeResult | None = None
        self._key = generate_nonce()
        self._compression = compression
        self._reader: _AnswerReader | None = None
        self._request = _request(host, target, user_agent, tuple(map(tuple, headers)), compression)

    def __repr__(self) -> str:
        outcome = "waiting" if self.result is None else self.result.problem or "accepted"
        return f"<ClientHandshake {outcome}>"

    def bytes_to_send(self) -> bytes:
        """The request; to be sent once."""
        return self._key.join(self._request)

    def receive(self, data: bytes) -> None:
        """Take bytes of the answer; ignored once there is a result."""
        if self.result is None:
            if self._reader is None:
                self.result = self._known_answer(data)
                if self.result is not None:
                    return
            reader = self._begun_reader()
            reader.receive(data)
            self.result = reader.result

    def receive_eof(self) -> None:
        """The peer ended its stream."""
        if self.result is None:
            reader = self._begun_reader()
            reader.receive_eof()
            self.result = reader.result

    def _begun_reader(self) -> _AnswerReader:
        if self._reader is None:
            self._reader = _AnswerReader(self._key, self._compression)
        return self._reader

    def _known_answer(self, data: bytes) -> HandshakeResult | None:
        """The result of a whole answer that accepts and, but for its token, is like one that was judged before."""
        if not data.startswith(_SWITCHING) or len(data) > _KEPT_ANSWER_SIZE_BYTES_MAX:
            return None
        head, end, rest = data.partition(_END_OF_HEAD)
        accept = generate_accept_token(self._key)
        # Only one place may be the token's, in this answer and in the sample.
        if not end or head.count(accept) != 1 or _SAMPLE_ACCEPT in head:
            return None
        known = _judged_sample(head.replace(accept, _SAMPLE_ACCEPT) + end, self._compression)
        if known is None or not known.accepted:
            return None
        sample, token = _SAMPLE_ACCEPT.decode(), accept.decode()
        return HandshakeResult(
            accepted=True,
            status=known.status,
            headers=[(name, token if value == sample else value) for name, value in known.headers],
            subprotocol=known.subprotocol,
            deflate=known.deflate,
            trailing=known.trailing + rest,
        )


@lru_cache(_REQUESTS_KEPT_MAX)
def _request(
    host: str, target: str, user_agent: str, headers: http1.Headers, compression: bool
) -> tuple[bytes, bytes]:
    """What comes before and after the key.

    Raises:
        HeaderNotAllowed, http1.InvalidRequest: see ClientHandshake.
    """
    own = {canonical_header_name(name): _one_line(value) for name, value in headers}
    for name in own:
        if name in _HANDSHAKE_HEADERS:
            raise HeaderNotAllowed(f"websocket: duplicate header not allowed: {name}")
    fields = [
        ("Host", own.pop("Host", host)),
        ("User-Agent", own.pop("User-Agent", user_agent)),
        *_UPGRADE_HEADERS,
    ]
    if compression:
        fields.append(("Sec-WebSocket-Extensions", DEFLATE_OFFER))
    fields += [(name, value) for name, value in own.items() if name not in _FRAMING_HEADERS]
    fields = [(name, value) for name, value in fields if value or name != "User-Agent"]
    exchange = http1.Exchange()
    exchange.start(http1.Request("GET", target, fields))
    before, key_line, after = exchange.bytes_to_send().partition(_KEY_LINE + _SAMPLE_KEY)
    assert key_line
    return before + _KEY_LINE, after


@lru_cache(_ANSWERS_KEPT_MAX)
def _judged_sample(answer: bytes, compression: bool) -> HandshakeResult | None:
    """The result of an answer to the sample key."""
    reader = _AnswerReader(_SAMPLE_KEY, compression)
    reader.receive(answer)
    return reader.result


class _AnswerReader:
    """Parses and judges the answer to one request.

    Args:
        key: the request's.
        compression: it offered permessage-deflate.
    """

    def __init__(self, key: bytes, compression: bool) -> None:
        self.result: HandshakeResult | None = None
        self._key = key
        self._compression = compression
        self._start: http1.ResponseStart | None = None
        self._body = bytearray()
        self._exchange = http1.Exchange()
        # Of the request the parser wants to know only that it asks for an upgrade.
        self._exchange.start(http1.Request("GET", "/", [("Host", ""), *_UPGRADE_HEADERS]))

    def receive(self, data: bytes) -> None:
        """See ClientHandshake.receive."""
        self._exchange.receive(data)
        self._take_events()

    def receive_eof(self) -> None:
        """See ClientHandshake.receive_eof."""
        self._exchange.receive_eof()
        self._take_events()

    def _take_events(self) -> None:
        for event in self._exchange.events():
            if self.result is None:
                self._take(event)

    def _take(self, event: http1.Event) -> None:
        match event:
            case http1.ResponseStart():
                self._start = event
            case http1.BodyData(data):
                self._body += data[: BODY_SIZE_BYTES_MAX - len(self._body)]
                if len(self._body) == BODY_SIZE_BYTES_MAX:
                    self._refuse()
            case http1.ResponseEnd():
                self._refuse()
            case http1.Failed(message):
                # Once the headers are there, the answer is a refusal whatever becomes of its body.
                if self._start is None:
                    self.result = HandshakeResult(accepted=False, status=0, problem=message)
                else:
                    self._refuse()
            case http1.Switched():
                self.result = self._judge(event)

    def _refuse(self) -> None:
        assert self._start is not None
        self.result = HandshakeResult(
            accepted=False,
            status=self._start.status,
            headers=self._start.headers,
            body=bytes(self._body),
            problem=BAD_HANDSHAKE,
        )

    def _judge(self, answer: http1.Switched) -> HandshakeResult:
        deflate: DeflateParameters | None = None
        problem = self._fault_of_upgrade(answer)
        if not problem:
            deflate, problem = self._agree_on_extensions(answer)
        subprotocols = _values(answer, "sec-websocket-protocol")
        return HandshakeResult(
            accepted=not problem,
            status=answer.status,
            headers=answer.headers,
            subprotocol=subprotocols[0] if subprotocols else "",
            deflate=deflate,
            trailing=b"" if problem else answer.trailing,
            problem=problem,
        )

    def _fault_of_upgrade(self, answer: http1.Switched) -> str:
        valid = (
            answer.status == 101
            and [value.lower() for value in _values(answer, "upgrade")] == ["websocket"]
            and "upgrade" in (token.lower() for token in _list_items(answer, "connection"))
            and _values(answer, "sec-websocket-accept") == [generate_accept_token(self._key).decode()]
        )
        return "" if valid else BAD_HANDSHAKE

    def _agree_on_extensions(self, answer: http1.Switched) -> tuple[DeflateParameters | None, str]:
        """What the server chose of permessage-deflate.

        RFC 6455 section 4.1 wants any other extension refused, too.  k6 ignores those, and so do we: tests
        would stop working against servers that they work against in k6, and a frame that makes use of an
        extension we do not know fails by its reserved bits.
        """
        extensions = _list_items(answer, "sec-websocket-extensions")
        chosen = [item for item in extensions if item.partition(";")[0].strip() == _DEFLATE_NAME]
        if not chosen:
            return None, ""
        if not self._compression:
            return None, f"websocket: the server chose an extension that was not offered: {_DEFLATE_NAME}"
        deflate = _parse_deflate(chosen[0]) if len(chosen) == 1 else None
        return deflate, "" if deflate else BAD_COMPRESSION


@lru_cache(_HEADER_NAMES_KEPT_MAX)
def canonical_header_name(name: str) -> str:
    """Go's canonical spelling: each part between dashes capitalised, the rest in lower case."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _one_line(value: str) -> str:
    # Go writes a header value on one line; a token read from a file often ends in a newline.
    return value.replace("\r", " ").replace("\n", " ").strip(" \t")


def _values(answer: http1.Switched, lower_name: str) -> list[str]:
    return [value for name, value in answer.headers if name.lower() == lower_name]


def _list_items(answer: http1.Switched, lower_name: str) -> list[str]:
    items = ",".join(_values(answer, lower_name)).split(",")
    return [item.strip() for item in items if item.strip()]


def _parse_deflate(extension: str) -> DeflateParameters | None:
    """What the server agreed to, None when that is no answer to our offer (RFC 7692 sections 5.1 and 7.1).

    server_no_context_takeover must be echoed.  client_no_context_takeover need not be (section 7.1.1.2): we
    keep no window between messages anyway.  server_max_window_bits may come unasked (section 7.1.2.1) and
    costs nothing, for we unpack with the largest window.  client_max_window_bits must not.
    """
    names: set[str] = set()
    for parameter in extension.split(";")[1:]:
        name, equals, value = (part.strip() for part in parameter.partition("="))
        if name in names:
            return None
        names.add(name)
        if name in ("server_no_context_takeover", "client_no_context_takeover"):
            acceptable = not equals
        elif name == "server_max_window_bits":
            acceptable = value.strip('"') in _WINDOW_BITS
        else:
            acceptable = False
        if not acceptable:
            return None
    return DeflateParameters() if "server_no_context_takeover" in names else None
