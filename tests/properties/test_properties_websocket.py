"""Any bytes, cut anywhere.

Invariants: the same stream gives the same whole messages and events however it is cut; whatever the peer
sends, no exception leaves the protocol layer, and a fault is one final event with a final state.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.utilities import generate_accept_token

from runner.protocol.extensions import DeflateParameters
from runner.protocol.handshake import ClientHandshake, HandshakeResult
from runner.protocol.http1 import BodyData, Exchange, Failed, Request, State
from runner.protocol.websocket import (
    CloseReceived,
    ConnectionLost,
    Event,
    PingReceived,
    PongReceived,
    ProtocolFailed,
    Role,
    WebSocketSession,
)
from runner.protocol.websocket import State as WebSocketState
from tests.kit.ws_pair import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close_payload,
    cut,
    deflated,
    frame,
)

# Enough to find what is wrong, few enough for the folder to stay a matter of seconds.
bounded = settings(max_examples=150, deadline=None)

positions = st.lists(st.integers(0, 2000), max_size=12)
control_payloads = st.binary(max_size=125)
END_EVENTS = (CloseReceived, ProtocolFailed, ConnectionLost)


@dataclass
class Stream:
    """Bytes of a valid server and what a client has to make of them."""

    data: bytes
    events: list[Event]


@st.composite
def controls(draw: st.DrawFn) -> Stream:
    payload = draw(control_payloads)
    if draw(st.booleans()):
        return Stream(frame(PING, payload), [PingReceived(payload)])
    return Stream(frame(PONG, payload), [PongReceived(payload)])


@st.composite
def messages(draw: st.DrawFn, deflate: bool) -> Stream:
    """One message in fragments, packed or not, with control frames between the fragments."""
    text = draw(st.booleans())
    content = draw(st.text(max_size=200)) if text else draw(st.binary(max_size=300))
    raw = content.encode() if isinstance(content, str) else content
    packed = deflate and draw(st.booleans())
    fragments = cut(deflated(raw) if packed else raw, draw(st.lists(st.integers(0, 300), max_size=4)))
    stream = Stream(b"", [])
    for index, fragment in enumerate(fragments):
        opcode = CONTINUATION if index else TEXT if text else BINARY
        rsv = 4 if packed and not index else 0
        stream.data += frame(opcode, fragment, fin=index == len(fragments) - 1, rsv=rsv)
        if index < len(fragments) - 1 and draw(st.booleans()):
            control = draw(controls())
            stream.data += control.data
            stream.events += control.events
    stream.events.append(content)
    return stream


@st.composite
def streams(draw: st.DrawFn, deflate: bool) -> Stream:
    """Messages and control frames, perhaps a close frame at the end."""
    whole = Stream(b"", [])
    for part in draw(st.lists(messages(deflate) | controls(), max_size=5)):
        whole.data += part.data
        whole.events += part.events
    if draw(st.booleans()):
        code = draw(st.sampled_from([1000, 1001, 1011, 3000, 4999]))
        whole.data += frame(CLOSE, close_payload(code, "bye"))
        whole.events.append(CloseReceived(code, "bye"))
    return whole


def client(deflate: bool) -> WebSocketSession:
    return WebSocketSession(Role.CLIENT, deflate=DeflateParameters() if deflate else None)


def feed(session: WebSocketSession, parts: list[bytes]) -> list[Event]:
    events = []
    for part in parts:
        session.receive(part)
        events += session.events()
    return events


@bounded
@given(st.booleans().flatmap(lambda deflate: st.tuples(st.just(deflate), streams(deflate))), positions)
def test_valid_stream_cut_anywhere_gives_the_same_events(case: tuple[bool, Stream], at: list[int]) -> None:
    deflate, stream = case
    assert feed(client(deflate), cut(stream.data, at)) == stream.events


@bounded
@given(st.booleans().flatmap(lambda deflate: st.tuples(st.just(deflate), streams(deflate))))
def test_valid_stream_byte_by_byte_gives_the_same_events_and_the_same_answers(
    case: tuple[bool, Stream],
) -> None:
    deflate, stream = case
    whole, bytewise = client(deflate), client(deflate)
    assert feed(whole, [stream.data]) == feed(bytewise, cut(stream.data, range(len(stream.data))))
    assert whole.state is bytewise.state
    assert len(whole.bytes_to_send()) == len(bytewise.bytes_to_send())


def without_lane(session: WebSocketSession) -> WebSocketSession:
    """The same session with wsproto alone: to the lane all that ever comes is the rest of one frame."""
    session._lane.is_open = False
    session._lane._left_bytes = sys.maxsize
    return session


@st.composite
def lane_cases(draw: st.DrawFn) -> tuple[Role, bool, bytes]:
    """What a peer sends: valid, damaged, or anything; many plain data frames among it."""
    role, deflate = draw(st.sampled_from(Role)), draw(st.booleans())
    mask = draw(st.binary(min_size=4, max_size=4)) if role is Role.SERVER else None
    data = bytearray()
    for _ in range(draw(st.integers(0, 6))):
        opcode = draw(st.sampled_from([TEXT, BINARY, TEXT, BINARY, CONTINUATION, PING, PONG, CLOSE, 3]))
        payload = draw(st.text(max_size=60).map(str.encode) | st.binary(max_size=130))
        if opcode == CLOSE and draw(st.booleans()):
            payload = close_payload(1000) + payload[:123]
        fin, rsv = draw(st.integers(0, 5)) > 0, draw(st.sampled_from([0, 0, 0, 4]))
        data += frame(opcode, payload, fin=fin, rsv=rsv, mask=mask)
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        start = draw(st.integers(0, len(data)))
        data[start : start + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return role, deflate, bytes(data)


@settings(max_examples=int(os.environ.get("LANE_EXAMPLES", "300")), deadline=None)
@given(lane_cases(), positions)
def test_fast_lane_gives_what_wsproto_alone_gives(case: tuple[Role, bool, bytes], at: list[int]) -> None:
    role, deflate, data = case
    parameters = DeflateParameters() if deflate else None
    fast = WebSocketSession(role, deflate=parameters)
    slow = without_lane(WebSocketSession(role, deflate=parameters))
    # Whole events only: what has come of a message that is not complete may differ until it is.
    assert feed(fast, cut(data, at)) == feed(slow, cut(data, at))
    assert fast.state is slow.state
    assert len(fast.bytes_to_send()) == len(slow.bytes_to_send())
    fast.receive_eof(), slow.receive_eof()
    assert fast.events() == slow.events()


@pytest.mark.parametrize("role", Role)
def test_every_close_code_is_taken_as_wsproto_alone_takes_it(role: Role) -> None:
    mask = b"mask" if role is Role.SERVER else None
    for code in [*range(5100), 65535]:
        data = frame(CLOSE, close_payload(code, "é"), mask=mask) + b"\x81"
        fast, slow = WebSocketSession(role), without_lane(WebSocketSession(role))
        assert feed(fast, [data]) == feed(slow, [data])
        assert fast.state is slow.state


def check_clean(session: WebSocketSession, events: list[Event]) -> None:
    session.receive_eof()
    events = events + session.events()
    ends = [event for event in events if isinstance(event, END_EVENTS)]
    assert ends == events[-1:]
    if session.state is WebSocketState.FAILING:
        session.fail()
    assert session.close_expected
    session.bytes_to_send()


@bounded
@given(st.booleans(), st.sampled_from(Role), st.binary(max_size=400), positions)
def test_random_bytes_end_in_one_clean_event_whatever_the_cut(
    deflate: bool, role: Role, data: bytes, at: list[int]
) -> None:
    parameters = DeflateParameters() if deflate else None
    whole, parts = (WebSocketSession(role, deflate=parameters) for _ in range(2))
    events = feed(whole, [data])
    assert without_reasons(feed(parts, cut(data, at))) == without_reasons(events)
    check_clean(whole, events)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[bool, bytes]:
    """A valid stream with some bytes replaced, removed or put in."""
    deflate = draw(st.booleans())
    data = bytearray(draw(streams(deflate)).data)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        data[start : start + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return deflate, bytes(data)


@bounded
@given(damaged(), positions)
def test_damaged_stream_ends_in_one_clean_event_whatever_the_cut(
    case: tuple[bool, bytes], at: list[int]
) -> None:
    deflate, data = case
    whole = client(deflate)
    events = feed(whole, [data])
    events_when_cut = feed(client(deflate), cut(data, at))
    if deflate:
        assert without_reasons(events_when_cut) == without_reasons(events)
    else:
        assert events_when_cut == events
    check_clean(whole, events)


def without_reasons(events: list[Event]) -> list[Event]:
    # A packed text may be damaged twice, as DEFLATE and as UTF-8; which is seen first depends on the cut.
    return [
        ProtocolFailed(event.code, "") if isinstance(event, ProtocolFailed) else event for event in events
    ]


@bounded
@given(st.lists(st.text(max_size=300) | st.binary(max_size=300), max_size=6), st.booleans(), positions)
def test_what_one_session_sends_the_other_receives(
    contents: list[str | bytes], deflate: bool, at: list[int]
) -> None:
    parameters = DeflateParameters() if deflate else None
    sender = WebSocketSession(Role.CLIENT, deflate=parameters)
    receiver = WebSocketSession(Role.SERVER, deflate=parameters)
    for content in contents:
        if isinstance(content, str):
            sender.send_text(content)
        else:
            sender.send_binary(content)
    received = feed(receiver, cut(sender.bytes_to_send(), at))
    assert [event for event in received if isinstance(event, str | bytes)] == contents
    assert len(received) == len(contents)


# HTTP and the opening handshake

status_lines = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.1 101 X", b"HTTP/1.0 404", b"HTTP/1.1 100 C", b"X"]
)
header_lines = st.sampled_from(
    [
        b"Content-Length: 3",
        b"Content-Length: 99",
        b"Transfer-Encoding: chunked",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Connection: close",
        b"Sec-WebSocket-Accept: x",
        b"Sec-WebSocket-Extensions: a;b=\xff,",
        b" folded",
        b"broken",
    ]
)
bodies = st.sampled_from([b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"3\r\nabcd\r\n"]) | st.binary(max_size=50)


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    lines = [draw(status_lines), *draw(st.lists(header_lines, max_size=4))]
    data = bytearray(b"\r\n".join(lines) + b"\r\n\r\n" + draw(bodies))
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(data)))
        data[start : start + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data)


answers = responses() | st.binary(max_size=200)


def exchanged(parts: list[bytes]) -> tuple[list[object], bytes, State]:
    """Events with the body joined, for its pieces follow the cut."""
    headers = [("Host", "h"), ("Connection", "Upgrade"), ("Upgrade", "websocket")]
    exchange = Exchange()
    exchange.start(Request("GET", "/", headers))
    for part in parts:
        exchange.receive(part)
        if exchange.state is State.SWITCHED:
            # From here on the bytes belong to whoever took the connection over.
            break
    exchange.receive_eof()
    events = exchange.events()
    body = b"".join(event.data for event in events if isinstance(event, BodyData))
    others = [event for event in events if not isinstance(event, BodyData)]
    return [without_detail(event) for event in others], body, exchange.state


def without_detail(event: object) -> object:
    # What h11 says of a malformed line depends on how much of the line it has seen.
    return Failed(event.message.partition(":")[0]) if isinstance(event, Failed) else event


@bounded
@given(answers, positions)
def test_any_answer_to_a_request_ends_cleanly_and_alike_whatever_the_cut(data: bytes, at: list[int]) -> None:
    events, body, state = exchanged([data])
    assert state in (State.SWITCHED, State.FAILED, State.CLOSED)
    assert all(not isinstance(event, Failed) for event in events[:-1])
    if state is not State.SWITCHED:
        assert exchanged(cut(data, at)) == (events, body, state)


@bounded
@given(answers, positions)
def test_any_answer_to_a_handshake_gives_one_result_whatever_the_cut(data: bytes, at: list[int]) -> None:
    results = []
    for parts in ([data], cut(data, at)):
        handshake = ClientHandshake("h", "/", user_agent="", compression=True)
        for part in parts:
            handshake.receive(part)
        handshake.receive_eof()
        assert handshake.result is not None
        problem = handshake.result.problem
        results.append(replace(handshake.result, problem=problem.partition(": illegal")[0]))
    assert not results[0].accepted
    assert results[0] == results[1]


SAMPLE_ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
# Where the token of the handshake itself belongs, there may stand that of the RFC's sample, too.
accepting_lines = st.sampled_from(
    [
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: TOKEN",
        b"sec-websocket-accept:  TOKEN ",
        b"Sec-WebSocket-Accept: " + SAMPLE_ACCEPT,
        b"X: TOKEN",
        b"X: " + SAMPLE_ACCEPT,
        b"Date: now",
        b"Sec-WebSocket-Protocol: chat",
        b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover",
        b"Content-Length: 3",
        b" TOKEN",
        b"broken",
    ]
)
REQUIRED_LINES = (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: TOKEN")


@st.composite
def accepting_answers(draw: st.DrawFn) -> bytes:
    lines = [
        b"HTTP/1.1 101 X",
        *draw(st.permutations(REQUIRED_LINES)),
        *draw(st.lists(accepting_lines, max_size=2)),
    ]
    newline = draw(st.sampled_from([b"\r\n", b"\n"]))
    end = draw(st.sampled_from([b"\r\n\r\n", b"\n\n", b"\n\r\n"]))
    return (
        newline.join(lines) + end + draw(st.sampled_from([b"", b"\x81\x02hi", b"\r\n\r\n", b"TOKEN\r\n\r\n"]))
    )


def shaken(template: bytes, cuts: list[int], compression: bool) -> HandshakeResult:
    """The result, with TOKEN for the handshake's own."""
    handshake = ClientHandshake("h", "/", user_agent="", compression=compression)
    key = handshake.bytes_to_send().partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    token = generate_accept_token(key)
    trailing = b""
    for part in cut(template.replace(b"TOKEN", token), cuts):
        if handshake.result is None:
            handshake.receive(part)
        else:
            trailing += part
    handshake.receive_eof()
    result = handshake.result
    assert result is not None
    return replace(
        result,
        headers=[(name, value.replace(token.decode(), "TOKEN")) for name, value in result.headers],
        subprotocol=result.subprotocol.replace(token.decode(), "TOKEN"),
        trailing=(result.trailing + (trailing if result.accepted else b"")).replace(token, b"TOKEN"),
        problem=result.problem.partition(": illegal")[0],
    )


@bounded
@given(accepting_answers(), st.booleans())
def test_an_answer_like_a_known_one_gives_what_parsing_it_gives(template: bytes, compression: bool) -> None:
    # Without its first byte an answer is like none that is known.
    parsed = shaken(template, [1], compression)
    for _ in range(2):
        assert shaken(template, [], compression) == parsed
