"""The client's opening handshake: the request, what is a valid answer, what is kept of a refused one."""

from __future__ import annotations

import pytest
from wsproto.utilities import generate_accept_token

from runner.errors import ScriptError
from runner.protocol.extensions import DeflateParameters
from runner.protocol.handshake import (
    DEFLATE_OFFER,
    ClientHandshake,
    HandshakeResult,
    HeaderNotAllowed,
    canonical_header_name,
)
from runner.protocol.http1 import InvalidRequest
from runner.protocol.websocket import Role, WebSocketSession

Headers = list[tuple[str, str]]


def handshake(headers: Headers | None = None, *, compression: bool = False) -> ClientHandshake:
    return ClientHandshake(
        "example.test:8080", "/chat?x=1", user_agent="k6py/1", headers=headers or [], compression=compression
    )


def sent_headers(client: ClientHandshake) -> Headers:
    head = client.bytes_to_send().decode()
    assert head.startswith("GET /chat?x=1 HTTP/1.1\r\n") and head.endswith("\r\n\r\n")
    return [(name, value) for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:-2])]


def answer(client: ClientHandshake, **changed: str | None) -> bytes:
    """The bytes of a valid answer; keyword arguments replace headers (dashes as underscores) or drop them."""
    key = dict(sent_headers(client))["Sec-WebSocket-Key"]
    headers: dict[str, str | None] = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": generate_accept_token(key.encode()).decode(),
    }
    headers.update({name.replace("_", "-"): value for name, value in changed.items()})
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines, "", ""]).encode()


def finished(client: ClientHandshake, data: bytes) -> HandshakeResult:
    client.receive(data)
    assert client.result is not None
    return client.result


# Request


def test_default_headers_are_exactly_these() -> None:
    headers = sent_headers(handshake())
    key = headers.pop()
    assert headers == [
        ("Host", "example.test:8080"),
        ("User-Agent", "k6py/1"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
    ]
    assert key[0] == "Sec-WebSocket-Key" and len(key[1]) == 24


def test_each_handshake_has_its_own_key() -> None:
    keys = {dict(sent_headers(handshake()))["Sec-WebSocket-Key"] for _ in range(10)}
    assert len(keys) == 10


def test_compression_is_offered_without_context_takeover() -> None:
    offer = dict(sent_headers(handshake(compression=True)))["Sec-WebSocket-Extensions"]
    assert offer == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


def test_callers_headers_follow_in_canonical_spelling_and_the_last_of_a_name_counts() -> None:
    headers = [("x-CUSTOM", "1"), ("sec-websocket-protocol", "chat, superchat"), ("X-Custom", "2")]
    assert sent_headers(handshake(headers))[6:] == [
        ("X-Custom", "2"),
        ("Sec-Websocket-Protocol", "chat, superchat"),
    ]


def test_callers_host_and_user_agent_replace_the_defaults() -> None:
    headers = sent_headers(handshake([("host", "other.test"), ("USER-AGENT", "own agent")]))
    assert headers[:2] == [("Host", "other.test"), ("User-Agent", "own agent")]
    assert len(headers) == 6


def test_empty_user_agent_is_not_sent() -> None:
    assert "User-Agent" not in dict(sent_headers(handshake([("User-Agent", "")])))


def test_headers_that_would_frame_a_body_are_left_out() -> None:
    headers = [("Content-Length", "5"), ("transfer-encoding", "chunked"), ("Trailer", "x")]
    assert len(sent_headers(handshake(headers))) == 6


def test_header_value_is_put_on_one_line() -> None:
    headers = dict(sent_headers(handshake([("Authorization", " Bearer x\r\n"), ("X", "a\r\nInjected: b")])))
    assert headers["Authorization"] == "Bearer x"
    assert headers["X"] == "a  Injected: b"


@pytest.mark.parametrize(
    "name",
    ["Upgrade", "Connection", "Sec-WebSocket-Key", "sec-websocket-version", "SEC-WEBSOCKET-EXTENSIONS"],
)
def test_header_of_the_handshake_itself_is_refused_by_its_canonical_name(name: str) -> None:
    text = f"websocket: duplicate header not allowed: {canonical_header_name(name)}"
    with pytest.raises(HeaderNotAllowed) as caught:
        handshake([(name, "x")])
    assert str(caught.value) == text and isinstance(caught.value, ScriptError)


@pytest.mark.parametrize("header", [("bad name", "x"), ("", "x"), ("X", "\0")])
def test_header_that_http_cannot_carry_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        handshake([header])


@pytest.mark.parametrize(
    "name, canonical",
    [
        ("sec-websocket-KEY", "Sec-Websocket-Key"),
        ("x", "X"),
        ("-a--b-", "-A--B-"),
        ("X-Über", "X-Über"),
        ("", ""),
    ],
)
def test_canonical_header_name_capitalises_each_part(name: str, canonical: str) -> None:
    assert canonical_header_name(name) == canonical


# Valid answers


def test_valid_answer_is_accepted_with_its_headers() -> None:
    client = handshake()
    result = finished(client, answer(client))
    assert (result.accepted, result.status, result.problem) == (True, 101, "")
    assert (result.subprotocol, result.deflate, result.trailing, result.body) == ("", None, b"", b"")
    assert [name for name, _ in result.headers] == ["Upgrade", "Connection", "Sec-WebSocket-Accept"]


@pytest.mark.parametrize("changed", [{"Upgrade": "WebSocket"}, {"Connection": "keep-alive, upgrade"}])
def test_tokens_are_compared_without_case_and_in_lists(changed: dict[str, str]) -> None:
    client = handshake()
    assert finished(client, answer(client, **changed)).accepted


def test_bytes_behind_the_answer_start_the_session() -> None:
    client = handshake()
    result = finished(client, answer(client) + b"\x81\x02hi")
    client.receive(b"\x81\x02no")
    assert client.result is result
    assert WebSocketSession(Role.CLIENT, trailing=result.trailing).events() == ["hi"]


@pytest.mark.parametrize("offered", [[], [("Sec-WebSocket-Protocol", "chat")]])
def test_subprotocol_is_what_the_server_says_offered_or_not(offered: Headers) -> None:
    client = handshake(offered)
    assert finished(client, answer(client, Sec_WebSocket_Protocol="superchat")).subprotocol == "superchat"


def test_informational_response_before_the_answer_is_skipped() -> None:
    client = handshake()
    assert finished(client, b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(client)).accepted


# Compression


@pytest.mark.parametrize(
    "chosen",
    [
        DEFLATE_OFFER,
        "permessage-deflate;client_no_context_takeover;server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=10",
        'permessage-deflate; server_no_context_takeover; server_max_window_bits="15"',
    ],
)
def test_compression_that_fits_the_offer_is_agreed_on(chosen: str) -> None:
    client = handshake(compression=True)
    result = finished(client, answer(client, Sec_WebSocket_Extensions=chosen))
    assert (result.accepted, result.deflate) == (True, DeflateParameters())


def test_server_may_decline_compression() -> None:
    client = handshake(compression=True)
    result = finished(client, answer(client))
    assert (result.accepted, result.deflate) == (True, None)


@pytest.mark.parametrize(
    "chosen",
    [
        "permessage-deflate",
        "permessage-deflate; client_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=10",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=16",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; unknown",
        f"{DEFLATE_OFFER}, {DEFLATE_OFFER}",
    ],
)
def test_compression_that_does_not_fit_the_offer_fails(chosen: str) -> None:
    client = handshake(compression=True)
    result = finished(client, answer(client, Sec_WebSocket_Extensions=chosen))
    assert (result.accepted, result.deflate) == (False, None)
    assert result.problem == "websocket: invalid compression negotiation"


def test_compression_that_was_not_offered_fails_the_handshake() -> None:
    client = handshake(compression=False)
    result = finished(client, answer(client, Sec_WebSocket_Extensions=DEFLATE_OFFER))
    assert (result.accepted, result.status) == (False, 101)
    problem = "websocket: the server chose an extension that was not offered: permessage-deflate"
    assert result.problem == problem


@pytest.mark.parametrize("compression", [False, True])
def test_unknown_extension_is_ignored_as_in_k6(compression: bool) -> None:
    client = handshake(compression=compression)
    result = finished(client, answer(client, Sec_WebSocket_Extensions="x-not-offered; a=1"))
    assert (result.accepted, result.deflate, result.problem) == (True, None, "")


# Refused and faulty answers


@pytest.mark.parametrize(
    "changed",
    [
        {"Sec_WebSocket_Accept": "bm90IHRoZSByaWdodCB2YWx1ZQ=="},
        {"Sec_WebSocket_Accept": None},
        {"Upgrade": None},
        {"Upgrade": "websockets"},
        {"Connection": None},
        {"Connection": "keep-alive"},
    ],
)
def test_switching_answer_that_is_no_handshake_keeps_status_and_headers(
    changed: dict[str, str | None],
) -> None:
    client = handshake()
    result = finished(client, answer(client, **changed) + b"\x81\x00")
    assert (result.accepted, result.status, result.trailing) == (False, 101, b"")
    assert result.problem == "websocket: bad handshake"
    assert result.headers


def test_repeated_accept_header_is_no_handshake() -> None:
    client = handshake()
    data = answer(client)
    assert not finished(client, data[:-2] + b"Sec-WebSocket-Accept: x\r\n\r\n").accepted


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404, 429, 500, 503])
def test_refusal_keeps_status_headers_and_body(status: int) -> None:
    body = b"" if status == 204 else b"no entry"
    head = b"HTTP/1.1 %d X\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    result = finished(handshake(), head + body)
    headers = [("X-A", "1"), ("X-A", "2"), ("Content-Length", str(len(body)))]
    assert result == HandshakeResult(False, status, headers, body, problem="websocket: bad handshake")


@pytest.mark.parametrize("size", [1023, 1024, 1025, 5000])
def test_body_of_a_refusal_is_kept_up_to_1_kib(size: int) -> None:
    client = handshake()
    client.receive(b"HTTP/1.1 500 X\r\n\r\n" + b"x" * size)
    client.receive_eof()
    assert client.result is not None and client.result.body == b"x" * min(size, 1024)


def test_refusal_whose_body_breaks_off_is_still_a_refusal() -> None:
    client = handshake()
    client.receive(b"HTTP/1.1 403 X\r\nContent-Length: 10\r\n\r\nabc")
    assert client.result is None
    client.receive_eof()
    assert client.result == HandshakeResult(
        False, 403, [("Content-Length", "10")], b"abc", problem="websocket: bad handshake"
    )


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 101 Swi", b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n"])
def test_end_of_stream_before_the_answer_has_no_status(data: bytes) -> None:
    client = handshake()
    client.receive(data)
    client.receive_eof()
    client.receive_eof()
    assert client.result == HandshakeResult(False, 0, problem="unexpected EOF")


def test_answer_that_is_no_http_has_no_status() -> None:
    result = finished(handshake(), b"SSH-2.0-OpenSSH_9.0\r\n\r\n")
    assert result.status == 0 and result.problem.startswith("malformed HTTP response: ")


def test_repr_tells_how_it_stands() -> None:
    waiting, refused, accepted = handshake(), handshake(), handshake()
    refused.receive(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    accepted.receive(answer(accepted))
    assert repr(waiting) == "<ClientHandshake waiting>"
    assert repr(refused) == "<ClientHandshake websocket: bad handshake>"
    assert repr(accepted) == "<ClientHandshake accepted>"
