"""k6/ws against servers that stall, break off or send nonsense: a clear error each time, and nothing hangs."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from runner.vu.context import Limits
from tests.kit.raw_server import Peer, RawServer
from tests.kit.run_script import Result, run_script
from tests.kit.ws_pair import BINARY, CLOSE, TEXT, close_payload, frame

SCRIPT = """
import ws from 'k6/ws';
export default function () {
  const seen = [];
  const response = ws.connect(__ENV.URL, {}, (socket) => {
    for (const event of ['open', 'message', 'binaryMessage', 'close', 'ping', 'pong']) {
      socket.on(event, (value) => seen.push(value === undefined ? [event] : [event, value]));
    }
    socket.on('error', (e) => seen.push(['error', e.error()]));
    %s
  });
  console.log(JSON.stringify({ seen, status: response.status, error: response.error, body: response.body }));
}
"""
SHORT = Limits(connect_s=0.4, send_s=0.4, close_s=0.4)
BOTH = pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])


@contextmanager
def timed(at_most_s: float) -> Iterator[None]:
    started_s = time.monotonic()
    yield
    assert time.monotonic() - started_s < at_most_s


def meet(
    serve: Callable[[Peer], None], setup: str = "", **how: Any
) -> tuple[dict[str, Any], Result, list[Any]]:
    """What the script saw, the run, and what the server told."""
    with timed(5.0), RawServer(serve) as server:
        how = {"limits": SHORT, "out_samples": True, **how}
        result = run_script(SCRIPT % setup, env={"URL": server.url}, **how)
    assert result.exit_code == 0
    assert result.messages == []
    assert len(result.values("ws_sessions")) == len(result.values("ws_session_duration")) == 1
    assert len(result.values("iterations")) == 1
    return json.loads(result.lines[-1]), result, server.told


# ---- during the opening handshake


def silent(peer: Peer) -> None:
    peer.tell(peer.read_to_end())


def never_ending_headers(peer: Peer) -> None:
    peer.read_head()
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        peer.send(b"X-More: and more\r\n" * 1000)


def slow_headers(peer: Peer) -> None:
    peer.read_head()
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        peer.send(b"X-More: and more\r\n")
        time.sleep(0.05)


def garbage(peer: Peer) -> None:
    peer.read_head()
    peer.send(b"\x00\x01 no HTTP at all\r\n\r\n")


def end_at_once(peer: Peer) -> None:
    peer.read_head()


def end_in_status_line(peer: Peer) -> None:
    peer.read_head()
    peer.send(b"HTTP/1.1 101 Swit")


def reset_at_once(peer: Peer) -> None:
    peer.read_head()
    peer.reset()


@BOTH
@pytest.mark.parametrize(
    ("serve", "text"),
    [
        (silent, "i/o timeout"),
        (slow_headers, "i/o timeout"),
        (never_ending_headers, "malformed HTTP response"),
        (garbage, "malformed HTTP response"),
        (end_at_once, "unexpected EOF"),
        (end_in_status_line, "unexpected EOF"),
        (reset_at_once, "connection reset by peer"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_broken_handshake_is_told_in_the_response(
    serve: Callable[[Peer], None], text: str, native: bool
) -> None:
    seen, result, _ = meet(serve, native=native)
    assert seen["seen"] == []
    assert seen["status"] == 0
    assert text in seen["error"]
    assert len(result.values("ws_connecting")) == 1


def test_wrong_accept_value_gives_status_101_and_no_error_text_as_in_k6() -> None:
    def serve(peer: Peer) -> None:
        peer.read_head()
        peer.send(
            b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n"
        )

    seen, _, _ = meet(serve)
    # k6 says no more than this (conformance case ws/bad-handshake-answers); with the option throw it throws.
    assert (seen["status"], seen["error"]) == (101, "")
    assert seen["seen"] == []


def test_refusal_with_endless_body_gives_status_and_some_body() -> None:
    def serve(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        while True:
            peer.send(b"x" * 65536)

    seen, _, _ = meet(serve)
    assert (seen["status"], seen["error"]) == (403, "")
    assert set(seen["body"]) == {"x"}


# ---- after it


def huge_frame(peer: Peer) -> None:
    peer.upgrade()
    peer.send(bytes([0x80 | BINARY, 127]) + struct.pack("!Q", 33 * 1024 * 1024) + b"x" * 100)
    peer.tell(peer.read_frame())


def reset_in_frame(peer: Peer) -> None:
    peer.upgrade()
    peer.send(frame(TEXT, b"abc" * 100)[:50])
    time.sleep(0.05)
    peer.reset()


def end_in_frame(peer: Peer) -> None:
    peer.upgrade()
    peer.send(frame(TEXT, b"abc" * 100)[:50])


def invalid_text(peer: Peer) -> None:
    peer.upgrade()
    peer.send(frame(TEXT, b"\xff\xfe"))
    peer.tell(peer.read_frame())


@BOTH
@pytest.mark.parametrize(
    ("serve", "text", "code", "answer"),
    [
        (huge_frame, "message too big", 1001, 1009),
        (invalid_text, "UTF-8", 1001, 1007),
        (reset_in_frame, "connection reset by peer", 1001, None),
        (end_in_frame, "unexpected EOF", 1006, None),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_broken_stream_is_an_error_event_and_then_a_close_event(
    serve: Callable[[Peer], None], text: str, code: int, answer: int | None, native: bool
) -> None:
    seen, result, told = meet(serve, native=native)
    opened, (kind, message), close = seen["seen"]
    assert (opened, kind, close) == (["open"], "error", ["close", code])
    assert text in message
    assert result.values("ws_msgs_received") == []
    if answer is not None:
        assert told[0][0] == CLOSE
        assert struct.unpack("!H", told[0][1][:2]) == (answer,)


@pytest.mark.slow
@pytest.mark.parametrize("short_timer", ["", "socket.setInterval(() => {}, 0.01);"])
def test_reset_is_told_as_such_even_while_timers_are_always_due(short_timer: str) -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        time.sleep(0.05)
        peer.reset()

    seen, _, _ = meet(serve, short_timer)
    assert "connection reset by peer" in seen["seen"][1][1]
    assert seen["seen"][2] == ["close", 1001]


@pytest.mark.slow
def test_server_that_stops_reading_ends_a_send_at_its_deadline() -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        time.sleep(1.0)

    setup = "socket.sendBinary(new ArrayBuffer(20000000)); socket.send('more');"
    seen, result, _ = meet(serve, setup)
    (_, first), (_, second) = [event for event in seen["seen"] if event[0] == "error"]
    assert first.startswith("write tcp") and first.endswith("i/o timeout")
    assert second == "websocket: close sent"
    assert seen["seen"][-1] == ["close", 1001]
    assert len(result.values("ws_msgs_sent")) == 2


@pytest.mark.slow
def test_server_that_never_answers_a_close_costs_close_s_and_no_more() -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.tell(peer.read_frame())
        peer.tell(peer.read_to_end())

    seen, _, told = meet(serve, "socket.on('open', () => socket.close(3000));")
    assert seen["seen"] == [["open"], ["close", 3000]]
    assert told == [(CLOSE, close_payload(3000)), "fin"]


@BOTH
def test_closing_handshake_is_polite_when_the_client_begins(native: bool) -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        # More than the client will read before it closes: a reset would overtake the close frame.
        peer.send(frame(TEXT, b"x" * 1000) * 50)
        peer.tell(peer.read_frame())
        peer.send(frame(CLOSE, close_payload(1000)))
        peer.sock.shutdown(1)
        peer.tell(peer.read_to_end())

    _, _, told = meet(serve, "socket.on('message', () => socket.close(1000));", native=native)
    assert told == [(CLOSE, close_payload(1000)), "fin"]


@BOTH
def test_closing_handshake_is_polite_when_the_server_begins(native: bool) -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frame(CLOSE, close_payload(4001, "enough")))
        peer.tell(peer.read_frame())
        peer.sock.shutdown(1)
        peer.tell(peer.read_to_end())

    seen, _, told = meet(serve, native=native)
    assert told == [(CLOSE, close_payload(4001)), "fin"]
    assert seen["seen"] == [["open"], ["error", "websocket: close 4001: enough"], ["close", 4001]]


def test_frames_in_the_packet_of_the_handshake_are_not_lost() -> None:
    def serve(peer: Peer) -> None:
        send, parts = peer.send, []
        peer.send = parts.append  # type: ignore[method-assign]
        peer.upgrade()
        send(b"".join(parts) + frame(TEXT, b"early") + frame(CLOSE, close_payload(1000)))
        peer.tell(peer.read_frame())

    seen, _, told = meet(serve)
    assert seen["seen"] == [["open"], ["message", "early"], ["close", 1000]]
    assert told == [(CLOSE, close_payload(1000))]


def test_refusal_whose_body_never_ends_keeps_its_status() -> None:
    def serve(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno")
        peer.read_to_end()

    seen, _, _ = meet(serve, limits=Limits(connect_s=0.3))
    assert (seen["status"], seen["error"]) == (403, "")
