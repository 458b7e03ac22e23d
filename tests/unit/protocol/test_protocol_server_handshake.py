"""The server's side of the opening handshake: who gets in, what others are told, which compression."""

from __future__ import annotations

import pytest

from runner.protocol.extensions import DeflateParameters
from runner.protocol.handshake import ClientHandshake
from runner.protocol.server_handshake import ServerHandshake, ServerHandshakeResult
from tests.kit.ws_pair import pieces

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ABOUT = "echo, echo"


def request(*, line: str = "GET /chat?x=1 HTTP/1.1", without: tuple[str, ...] = (), **changed: str) -> bytes:
    """The example of RFC 6455 section 1.3 with headers changed (``_`` for ``-``), added or left out."""
    headers = {
        "Host": "server.example.test",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [line, *(f"{name}: {value}" for name, value in headers.items() if name not in without)]
    return "\r\n".join([*lines, "", ""]).encode()


def shake(data: bytes) -> tuple[ServerHandshakeResult, bytes]:
    handshake = ServerHandshake(ABOUT)
    handshake.receive(data)
    assert handshake.result is not None
    return handshake.result, handshake.bytes_to_send()


def test_rfc_example_is_accepted_with_the_rfcs_token() -> None:
    result, answer = shake(request())
    assert result == ServerHandshakeResult(True, "/chat?x=1", None, b"")
    head, *headers = answer.decode().split("\r\n")
    assert head == "HTTP/1.1 101 Switching Protocols"
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in headers
    assert not any(header.startswith("Sec-WebSocket-Extensions") for header in headers)


def test_connection_header_may_list_more_than_upgrade() -> None:
    assert shake(request(Connection="keep-alive, upgrade", Upgrade="WebSocket"))[0].accepted


def test_request_in_single_bytes_is_accepted_at_its_last_byte() -> None:
    handshake = ServerHandshake(ABOUT)
    data = request()
    for piece in pieces(data[:-1], 1):
        handshake.receive(piece)
        assert handshake.result is None
    assert repr(handshake) == "<ServerHandshake waiting>"
    handshake.receive(data[-1:])
    assert repr(handshake) == "<ServerHandshake accepted>"


def test_bytes_behind_the_request_belong_to_the_session() -> None:
    assert shake(request() + b"\x81\x80\0\0\0\0")[0].trailing == b"\x81\x80\0\0\0\0"


def test_answer_is_given_once() -> None:
    handshake = ServerHandshake(ABOUT)
    handshake.receive(request())
    assert handshake.bytes_to_send()
    assert handshake.bytes_to_send() == b""


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request(without=("Upgrade",)), 426),
        (request(Upgrade="h2c"), 426),
        (request(line="POST / HTTP/1.1"), 426),
        (request(line="CONNECT a:1 HTTP/1.1"), 426),
        (request(line="GET / HTTP/1.0"), 426),
        (request(Sec_WebSocket_Version="8"), 426),
        (request(without=("Sec-WebSocket-Version",)), 426),
        (request(without=("Sec-WebSocket-Key",)), 400),
        (request(Sec_WebSocket_Key="c2hvcnQ="), 400),
        (request(Sec_WebSocket_Key="not base64!!!!!!!!!!!!!!"), 400),
        (request(Connection="close"), 400),
        (request(Content_Length="5"), 400),
        (request(Content_Length="5") + b"hello", 400),
        (request(Transfer_Encoding="chunked") + b"zzz\r\n", 400),
        (request(without=("Host",)), 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000, 431),
        (request(Transfer_Encoding="rot13"), 501),
    ],
)
def test_everybody_else_is_told_and_refused(data: bytes, status: int) -> None:
    result, answer = shake(data)
    assert not result.accepted
    head, body = answer.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nContent-Length: %d\r\n" % len(body) in head + b"\r\n"
    assert (b"Sec-WebSocket-Version: 13" in head) == (status == 426)


@pytest.mark.parametrize("data", [b"", request()[:-1]])
def test_client_that_leaves_early_gets_no_answer(data: bytes) -> None:
    handshake = ServerHandshake(ABOUT)
    handshake.receive(data)
    handshake.receive_eof()
    assert repr(handshake) == "<ServerHandshake refused>"
    assert handshake.bytes_to_send() == b""


def test_plain_get_is_told_what_this_is() -> None:
    assert shake(request(without=("Upgrade", "Connection")))[1].endswith(b"\r\n\r\necho, echo\n")


def test_head_gets_headers_only() -> None:
    assert shake(request(line="HEAD / HTTP/1.1", without=("Upgrade",)))[1].endswith(b"\r\n\r\n")


def test_input_after_the_result_is_ignored() -> None:
    handshake = ServerHandshake(ABOUT)
    handshake.receive(b"hello\r\n\r\n")
    result = handshake.result
    handshake.receive(request())
    handshake.receive_eof()
    assert handshake.result is result


PLAIN = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("permessage-deflate", PLAIN),
        ("permessage-deflate; client_max_window_bits", PLAIN),
        ("permessage-deflate; client_max_window_bits=8", PLAIN),
        ('permessage-deflate; server_max_window_bits="10"', PLAIN + "; server_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=15", PLAIN),
        ("x-other, permessage-deflate; server_no_context_takeover", PLAIN),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", PLAIN),
        ("permessage-deflate; server_max_window_bits=8", None),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; client_max_window_bits=16", None),
        ("permessage-deflate; server_no_context_takeover=1", None),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        ("permessage-deflate; mystery", None),
        ("x-webkit-deflate-frame", None),
        ("", None),
    ],
)
def test_first_offer_of_compression_that_can_be_met_is_taken(offer: str, answer: str | None) -> None:
    result, sent = shake(request(Sec_WebSocket_Extensions=offer))
    assert result.accepted
    lines = [line for line in sent.decode().split("\r\n") if line.startswith("Sec-WebSocket-Extensions")]
    assert lines == ([] if answer is None else [f"Sec-WebSocket-Extensions: {answer}"])
    assert (result.deflate is None) == (answer is None)


def test_window_that_the_client_asked_for_reaches_the_session() -> None:
    result, _ = shake(request(Sec_WebSocket_Extensions="permessage-deflate; server_max_window_bits=9"))
    assert result.deflate == DeflateParameters(server_max_window_bits=9)


@pytest.mark.parametrize("compression", [False, True])
def test_our_client_and_our_server_agree(compression: bool) -> None:
    client = ClientHandshake("a.test", "/", user_agent="t", compression=compression)
    server = ServerHandshake(ABOUT)
    server.receive(client.bytes_to_send())
    client.receive(server.bytes_to_send())
    assert server.result is not None
    assert client.result is not None
    assert client.result.accepted
    assert (client.result.deflate is not None) == (server.result.deflate is not None) == compression
