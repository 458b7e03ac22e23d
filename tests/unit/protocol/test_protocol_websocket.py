"""WebSocket sessions: whole messages, control frames, the closing handshake, violations, bounds, states."""

from __future__ import annotations

import struct

import pytest

from runner.errors import InternalError, K6pyError
from runner.protocol.fast_lane import masked
from runner.protocol.websocket import (
    MESSAGE_SIZE_BYTES_MAX,
    TRANSITIONS,
    CloseReceived,
    ConnectionLost,
    DeflateParameters,
    PingReceived,
    PongReceived,
    ProtocolFailed,
    ProtocolStateError,
    Role,
    State,
    Trigger,
    WebSocketSession,
)
from tests.kit.ws_pair import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    WebSocketPair,
    close_payload,
    frame,
    parse_frames,
    pieces,
)

MASK = b"\x01\x02\x03\x04"


@pytest.fixture
def client() -> WebSocketSession:
    return WebSocketSession(Role.CLIENT)


# Messages

SIZES = [0, 1, 125, 126, 65535, 65536, 300_000]


@pytest.mark.parametrize("deflate", [None, DeflateParameters()], ids=["plain", "deflate"])
@pytest.mark.parametrize("size", SIZES)
def test_messages_of_every_frame_size_arrive_whole_on_both_sides(
    size: int, deflate: DeflateParameters | None
) -> None:
    pair = WebSocketPair(deflate=deflate, piece_size_bytes=1000)
    pair.client.send_text("ü" * size)
    pair.server.send_binary(b"\xff" * size)
    assert pair.exchange() == ([b"\xff" * size], ["ü" * size])


@pytest.mark.parametrize("server_forgets", [True, False])
@pytest.mark.parametrize("client_forgets", [True, False])
def test_compression_with_and_without_context_takeover_keeps_messages(
    client_forgets: bool, server_forgets: bool
) -> None:
    parameters = DeflateParameters(
        client_no_context_takeover=client_forgets, server_no_context_takeover=server_forgets
    )
    pair = WebSocketPair(deflate=parameters)
    for _ in range(3):
        pair.client.send_text("again and again")
        pair.server.send_text("and back")
    assert pair.exchange() == (["and back"] * 3, ["again and again"] * 3)


def test_client_frames_are_masked_and_server_frames_are_not() -> None:
    pair = WebSocketPair()
    pair.client.send_binary(b"abc")
    pair.server.send_binary(b"abc")
    assert pair.client.bytes_to_send()[:2] == b"\x82\x83"
    assert pair.server.bytes_to_send() == b"\x82\x03abc"


@pytest.mark.parametrize("size", [0, 1, 3, 4, 126, 2047, 2048, 2051, 65535])
def test_masking_is_an_exclusive_or_with_the_mask_again_and_again(size: int) -> None:
    payload, mask = bytes(index % 251 for index in range(size)), b"\x01\x80\xfe\x00"
    assert masked(payload, mask) == bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def test_fragments_with_control_frames_between_them_become_one_message(client: WebSocketSession) -> None:
    client.receive(frame(TEXT, "grü".encode()[:-1], fin=False) + frame(PING, b"now"))
    client.receive(frame(CONTINUATION, "ü".encode()[1:], fin=False) + frame(PONG) + frame(CONTINUATION))
    assert client.events() == [PingReceived(b"now"), PongReceived(b""), "grü"]


def test_empty_fragments_make_an_empty_message(client: WebSocketSession) -> None:
    client.receive(frame(BINARY, fin=False) + frame(CONTINUATION, fin=False) + frame(CONTINUATION))
    assert client.events() == [b""]


def test_trailing_bytes_of_the_handshake_are_the_first_input() -> None:
    session = WebSocketSession(Role.CLIENT, trailing=frame(TEXT, b"early") + frame(PING, b"?"))
    assert session.events() == ["early", PingReceived(b"?")]
    assert parse_frames(session.bytes_to_send()) == [(0x8A, b"?")]


def test_bytes_and_events_are_handed_out_once(client: WebSocketSession) -> None:
    client.receive(frame(PING, b"x"))
    assert client.bytes_to_send() and client.events()
    assert client.bytes_to_send() == b""
    assert client.events() == []


def test_empty_input_is_no_end_of_stream(client: WebSocketSession) -> None:
    client.receive(b"")
    assert (client.state, client.events()) == (State.OPEN, [])


def test_text_with_lone_surrogates_is_refused_and_the_session_goes_on(client: WebSocketSession) -> None:
    with pytest.raises(InternalError, match="surrogates"):
        client.send_text("\ud800")
    client.send_text("fine")
    assert parse_frames(client.bytes_to_send()) == [(0x81, b"fine")]


# Pings


def test_ping_is_answered_by_a_pong_with_the_same_payload_before_it_is_seen(client: WebSocketSession) -> None:
    client.receive(frame(PING, b"1") + frame(PING, b"2" * 125))
    assert parse_frames(client.bytes_to_send()) == [(0x8A, b"1"), (0x8A, b"2" * 125)]
    assert client.events() == [PingReceived(b"1"), PingReceived(b"2" * 125)]


def test_own_ping_comes_back_as_a_pong_event() -> None:
    pair = WebSocketPair()
    pair.client.ping(b"7")
    assert pair.exchange() == ([PongReceived(b"7")], [PingReceived(b"7")])


def test_ping_after_our_close_is_announced_and_not_answered(client: WebSocketSession) -> None:
    client.close()
    client.bytes_to_send()
    client.receive(frame(PING, b"x"))
    assert (client.events(), client.bytes_to_send()) == ([PingReceived(b"x")], b"")


def test_ping_with_too_long_a_payload_is_refused(client: WebSocketSession) -> None:
    with pytest.raises(InternalError, match="125"):
        client.ping(b"x" * 126)


# Closing


@pytest.mark.parametrize(
    "code, payload",
    [(code, struct.pack("!H", code)) for code in (0, 1, 999, 1000, 1001, 1004, 1006, 1015, 3000, 5000, 65535)]
    + [(None, b""), (1005, b"")],
)
def test_close_code_goes_on_the_wire_as_given(
    client: WebSocketSession, code: int | None, payload: bytes
) -> None:
    client.close(code)
    assert parse_frames(client.bytes_to_send()) == [(0x88, payload)]
    assert client.state is State.CLOSING


@pytest.mark.parametrize("code", [-1, 65536])
def test_close_code_beyond_sixteen_bits_is_refused(client: WebSocketSession, code: int) -> None:
    with pytest.raises(InternalError, match="16 bits"):
        client.close(code)
    assert client.state is State.OPEN


@pytest.mark.parametrize(
    "reason, sent",
    [
        ("done", b"done"),
        ("x" * 200, b"x" * 123),
        ("ü" * 100, "ü".encode() * 61),
        ("a\ud800b", b"a?b"),
    ],
)
def test_close_reason_is_cut_to_whole_characters_that_fit(
    client: WebSocketSession, reason: str, sent: bytes
) -> None:
    client.close(4000, reason)
    assert parse_frames(client.bytes_to_send()) == [(0x88, struct.pack("!H", 4000) + sent)]


def test_close_without_a_code_drops_the_reason(client: WebSocketSession) -> None:
    client.close(None, "why")
    assert parse_frames(client.bytes_to_send()) == [(0x88, b"")]


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1011, 1012, 1013, 3000, 3999, 4000, 4999]
)
def test_closing_handshake_ends_both_sides_and_the_answer_has_the_code_and_no_reason(code: int) -> None:
    pair = WebSocketPair()
    pair.server.close(code, "because")
    assert pair.exchange() == ([CloseReceived(code, "because")], [CloseReceived(code, "")])
    assert (pair.client.state, pair.server.state) == (State.CLOSED, State.CLOSED)
    assert pair.client.close_expected and pair.server.close_expected


def test_empty_close_is_reported_as_1005_and_answered_by_an_empty_close(client: WebSocketSession) -> None:
    client.receive(frame(CLOSE))
    assert client.events() == [CloseReceived(1005, "")]
    assert parse_frames(client.bytes_to_send()) == [(0x88, b"")]


def test_close_frames_that_cross_are_not_answered() -> None:
    pair = WebSocketPair()
    pair.client.close(1000)
    pair.server.close(1001)
    assert pair.exchange() == ([CloseReceived(1001, "")], [CloseReceived(1000, "")])
    assert (pair.client.state, pair.server.state) == (State.CLOSED, State.CLOSED)


def test_messages_that_arrive_after_our_close_are_still_reported(client: WebSocketSession) -> None:
    client.close()
    client.receive(frame(TEXT, b"late") + frame(CLOSE, close_payload(1000)))
    assert client.events() == ["late", CloseReceived(1000, "")]


def test_data_after_the_peers_close_is_ignored(client: WebSocketSession) -> None:
    client.receive(frame(CLOSE, close_payload(1000)) + frame(TEXT, b"too late"))
    client.receive(frame(TEXT, b"too late"))
    assert client.events() == [CloseReceived(1000, "")]


def test_unfinished_message_is_dropped_at_the_peers_close(client: WebSocketSession) -> None:
    client.receive(frame(TEXT, b"half", fin=False) + frame(CLOSE))
    assert client.events() == [CloseReceived(1005, "")]


# End of stream


@pytest.mark.parametrize("closing", [False, True])
def test_end_of_stream_without_a_close_frame_is_1006(client: WebSocketSession, closing: bool) -> None:
    if closing:
        client.close()
    client.receive_eof()
    text = "websocket: close 1006 (abnormal closure): unexpected EOF"
    assert client.events() == [ConnectionLost(text, reset=False, code=1006)]
    assert (client.state, client.close_expected) == (State.LOST, True)


def test_reset_is_reported_with_its_text(client: WebSocketSession) -> None:
    client.receive_reset("read tcp: connection reset by peer")
    assert client.events() == [ConnectionLost("read tcp: connection reset by peer", reset=True)]


def test_only_the_first_end_is_reported(client: WebSocketSession) -> None:
    client.receive(frame(CLOSE, close_payload(1000)))
    client.receive_eof()
    client.receive_reset("reset")
    client.receive(b"\x81")
    assert (client.events(), client.state) == ([CloseReceived(1000, "")], State.CLOSED)


# Violations

VIOLATIONS = {
    "masked by the server": (frame(TEXT, b"x", mask=MASK), 1002, "bad MASK"),
    "RSV1 without compression": (frame(TEXT, b"x", rsv=4), 1002, "bad RSV"),
    "RSV2": (frame(TEXT, b"x", rsv=2), 1002, "bad RSV"),
    "RSV3": (frame(PING, b"x", rsv=1), 1002, "bad RSV"),
    "data opcode 3": (frame(3), 1002, "bad opcode"),
    "control opcode 11": (frame(11), 1002, "bad opcode"),
    "fragmented ping": (frame(PING, fin=False), 1002, "fragmented control frame"),
    "long ping": (frame(PING, b"x" * 126), 1002, "control frame too long"),
    "length in two bytes for one": (b"\x81\x7e\x00\x05hello", 1002, "bad payload length"),
    "length in eight bytes for two": (
        b"\x81\x7f" + struct.pack("!Q", 5) + b"hello",
        1002,
        "bad payload length",
    ),
    "length with the top bit": (b"\x81\x7f" + struct.pack("!Q", 1 << 63), 1002, "bad payload length"),
    "continuation of nothing": (frame(CONTINUATION, b"x"), 1002, "continuation without a start"),
    "message inside a message": (
        frame(TEXT, fin=False) + frame(TEXT, b"x"),
        1002,
        "message inside a message",
    ),
    "close with code 0": (frame(CLOSE, close_payload(0)), 1002, "bad close code"),
    "close with code 999": (frame(CLOSE, close_payload(999)), 1002, "bad close code"),
    "close with code 1004": (frame(CLOSE, close_payload(1004)), 1002, "bad close code"),
    "close with code 1005": (frame(CLOSE, close_payload(1005)), 1002, "bad close code"),
    "close with code 1006": (frame(CLOSE, close_payload(1006)), 1002, "bad close code"),
    "close with code 1015": (frame(CLOSE, close_payload(1015)), 1002, "bad close code"),
    "close with code 1016": (frame(CLOSE, close_payload(1016)), 1002, "bad close code"),
    "close with code 2999": (frame(CLOSE, close_payload(2999)), 1002, "bad close code"),
    "close with code 5000": (frame(CLOSE, close_payload(5000)), 1002, "bad close code"),
    "close with a bad reason": (frame(CLOSE, b"\x03\xe8\xff"), 1007, "bad UTF-8 in the close reason"),
    "bad UTF-8": (frame(TEXT, b"bad \xff\xfe text"), 1007, "bad UTF-8"),
    "UTF-8 cut off at the end": (frame(TEXT, b"\xc3"), 1007, "bad UTF-8"),
    "UTF-16 surrogate in UTF-8": (frame(TEXT, b"\xed\xa0\x80"), 1007, "bad UTF-8"),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_violation_fails_the_session_with_its_code_and_reason(client: WebSocketSession, name: str) -> None:
    data, code, reason = VIOLATIONS[name]
    client.receive(data + frame(TEXT, b"ignored"))
    assert client.events() == [ProtocolFailed(code, reason)]
    client.fail()
    assert parse_frames(client.bytes_to_send()) == [(0x88, close_payload(code, reason))]
    assert (client.state, client.close_expected) == (State.FAILED, True)


def test_what_came_before_a_violation_can_be_answered_until_the_session_is_failed(
    client: WebSocketSession,
) -> None:
    client.receive(frame(TEXT, b"hello") + frame(PING, b"1") + frame(3) + frame(PING, b"2"))
    assert parse_frames(client.bytes_to_send()) == [(0x8A, b"1")]
    assert (client.state, client.close_expected) == (State.FAILING, False)
    client.send_text("answer")
    client.fail()
    assert parse_frames(client.bytes_to_send()) == [
        (0x81, b"answer"),
        (0x88, close_payload(1002, "bad opcode")),
    ]


@pytest.mark.parametrize("state", [state for state in State if state is not State.FAILING])
def test_only_a_violation_can_fail_a_session(state: State) -> None:
    session = session_in(state)
    with pytest.raises(ProtocolStateError, match=state.name):
        session.fail()
    assert (session.bytes_to_send(), session.state) == (b"", state)


def test_close_frame_of_one_byte_is_a_violation_that_can_be_told_from_others(
    client: WebSocketSession,
) -> None:
    client.receive(frame(CLOSE, b"\x03"))
    assert client.events() == [ProtocolFailed(1002, "bad close payload", close_frame_one_byte=True)]


def test_unmasked_frame_fails_a_server() -> None:
    server = WebSocketSession(Role.SERVER)
    server.receive(frame(TEXT, b"x"))
    assert server.events() == [ProtocolFailed(1002, "bad MASK")]


def test_messages_before_a_violation_are_delivered_and_input_after_it_is_ignored(
    client: WebSocketSession,
) -> None:
    client.receive(frame(TEXT, b"good") + frame(3))
    client.receive(frame(TEXT, b"more"))
    client.receive_eof()
    assert client.events() == ["good", ProtocolFailed(1002, "bad opcode")]


def test_violation_after_our_close_sends_no_second_close_frame(client: WebSocketSession) -> None:
    client.close()
    client.bytes_to_send()
    client.receive(frame(3))
    assert (client.events(), client.bytes_to_send()) == ([ProtocolFailed(1002, "bad opcode")], b"")


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0", b"\xf4\x90", b"\xf5", b"\xe0\x80"])
def test_bad_utf8_fails_before_the_frame_and_the_message_are_complete(
    client: WebSocketSession, bad: bytes
) -> None:
    client.receive(frame(TEXT, b"start", fin=False))
    unfinished = frame(CONTINUATION, bad + b"x" * 100, fin=False)[: 2 + len(bad)]
    client.receive(unfinished)
    assert client.events() == [ProtocolFailed(1007, "bad UTF-8")]


# Bounds


def test_message_of_exactly_the_bound_is_taken() -> None:
    session = WebSocketSession(Role.CLIENT, message_size_bytes_max=1000)
    session.receive(frame(BINARY, b"x" * 999, fin=False) + frame(CONTINUATION, b"y"))
    session.receive(frame(BINARY, b"x" * 1000))
    assert [len(event) for event in session.events()] == [1000, 1000]


@pytest.mark.parametrize(
    "data",
    [
        frame(BINARY, b"x" * 1001)[:4],
        frame(BINARY, b"x" * 999, fin=False) + frame(PING) + frame(CONTINUATION, b"xx")[:2],
        b"\x81\x7f" + struct.pack("!Q", (1 << 63) - 1),
    ],
    ids=["one frame", "fragments", "largest length"],
)
def test_message_beyond_the_bound_fails_as_soon_as_it_is_announced(data: bytes) -> None:
    session = WebSocketSession(Role.CLIENT, message_size_bytes_max=1000)
    session.receive(data)
    assert session.events()[-1] == ProtocolFailed(1009, "message too big")
    session.fail()
    assert parse_frames(session.bytes_to_send())[-1] == (0x88, close_payload(1009, "message too big"))


def test_default_bound_is_judged_from_the_header_alone(client: WebSocketSession) -> None:
    client.receive(b"\x82\x7f" + struct.pack("!Q", MESSAGE_SIZE_BYTES_MAX + 1))
    assert client.events() == [ProtocolFailed(1009, "message too big")]


def test_tiny_pieces_of_a_message_are_joined() -> None:
    session = WebSocketSession(Role.CLIENT)
    text = "häppchen " * 500
    for piece in pieces(frame(TEXT, text.encode()), 1):
        session.receive(piece)
    assert session.events() == [text]


# States

END_STATES = [State.CLOSED, State.FAILED, State.LOST]


def session_in(state: State) -> WebSocketSession:
    session = WebSocketSession(Role.CLIENT)
    match state:
        case State.CLOSING:
            session.close()
        case State.CLOSED:
            session.receive(frame(CLOSE))
        case State.FAILING:
            session.receive(frame(3))
        case State.FAILED:
            session.receive(frame(3))
            session.fail()
        case State.LOST:
            session.receive_eof()
    session.bytes_to_send()
    session.events()
    assert session.state is state
    return session


def test_closing_while_a_violation_waits_is_refused() -> None:
    session = session_in(State.FAILING)
    with pytest.raises(ProtocolStateError, match="FAILING"):
        session.close()
    assert (session.bytes_to_send(), session.state) == (b"", State.FAILING)


@pytest.mark.parametrize("state", [State.CLOSING, *END_STATES])
@pytest.mark.parametrize(
    "command",
    [
        lambda session: session.send_text("x"),
        lambda session: session.send_binary(b"x"),
        lambda session: session.ping(b"x"),
        lambda session: session.close(),
    ],
    ids=["send_text", "send_binary", "ping", "close"],
)
def test_commands_outside_open_raise_a_named_error_and_send_nothing(state: State, command: object) -> None:
    session = session_in(state)
    with pytest.raises(ProtocolStateError, match=state.name) as caught:
        command(session)  # type: ignore[operator]
    assert isinstance(caught.value, K6pyError)
    assert (session.bytes_to_send(), session.state) == (b"", state)


INPUTS = {
    Trigger.CLOSE_RECEIVED: lambda session: session.receive(frame(CLOSE)),
    Trigger.VIOLATION: lambda session: session.receive(frame(3)),
    Trigger.STREAM_ENDED: lambda session: session.receive_eof(),
}


@pytest.mark.parametrize("trigger", INPUTS)
@pytest.mark.parametrize("state", State)
def test_input_moves_the_session_as_the_table_says_and_end_states_are_final(
    state: State, trigger: Trigger
) -> None:
    session = session_in(state)
    INPUTS[trigger](session)
    expected = TRANSITIONS.get((state, trigger), state)
    assert session.state is expected
    assert bool(session.events()) == (state in (State.OPEN, State.CLOSING))
    assert session.close_expected == (expected in END_STATES)


def test_table_has_no_way_out_of_an_end_state() -> None:
    assert not [source for source, _ in TRANSITIONS if source in END_STATES]
    assert set(TRANSITIONS.values()) == {State.CLOSING, State.FAILING, *END_STATES}


def test_repr_shows_role_state_and_compression() -> None:
    pair = WebSocketPair(deflate=DeflateParameters())
    pair.client.close()
    assert repr(pair.client) == "<WebSocketSession CLIENT CLOSING deflate>"
    assert repr(WebSocketSession(Role.SERVER)) == "<WebSocketSession SERVER OPEN>"
