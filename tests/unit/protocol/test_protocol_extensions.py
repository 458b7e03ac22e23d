"""Compression inside a session, and how far a message may grow when it is unpacked."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest

from runner.protocol.extensions import DEFLATE_STREAMS_PER_MESSAGE_MAX
from runner.protocol.websocket import (
    DeflateParameters,
    PingReceived,
    ProtocolFailed,
    Role,
    WebSocketSession,
)
from tests.kit.ws_pair import BINARY, CONTINUATION, PING, TEXT, deflated, frame

KEEPS_WINDOW = DeflateParameters(server_no_context_takeover=False, client_no_context_takeover=False)
TOO_BIG = ProtocolFailed(1009, "message too big")
RSV1 = 4


def client(deflate: DeflateParameters | None = None, **bounds: int) -> WebSocketSession:
    return WebSocketSession(Role.CLIENT, deflate=deflate or DeflateParameters(), **bounds)


def test_compressed_fragments_survive_a_ping_between_them() -> None:
    payload = deflated(b"hello " * 20)
    session = client()
    session.receive(frame(TEXT, payload[:3], fin=False, rsv=RSV1) + frame(PING, b"?"))
    session.receive(frame(CONTINUATION, payload[3:]))
    assert session.events() == [PingReceived(b"?"), "hello " * 20]


def test_plain_and_compressed_messages_may_take_turns() -> None:
    session = client()
    session.receive(
        frame(TEXT, b"plain") + frame(TEXT, deflated(b"packed"), rsv=RSV1) + frame(TEXT, b"plain")
    )
    assert session.events() == ["plain", "packed", "plain"]


def test_empty_compressed_message_is_empty() -> None:
    session = client()
    session.receive(frame(BINARY, b"\x00", rsv=RSV1) + frame(BINARY, deflated(b""), rsv=RSV1))
    assert session.events() == [b"", b""]


@pytest.mark.parametrize("parameters", [DeflateParameters(), KEEPS_WINDOW], ids=["forgets", "keeps"])
def test_message_that_ends_its_deflate_stream_does_not_swallow_the_next(
    parameters: DeflateParameters,
) -> None:
    # RFC 7692 section 7.2.3.4: "Hello" in a block with BFINAL set, then one byte of padding.
    final_block = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"
    session = client(parameters)
    session.receive(frame(TEXT, final_block, rsv=RSV1) + frame(TEXT, deflated(b"next"), rsv=RSV1))
    assert session.events() == ["Hello", "next"]


def test_message_of_nothing_but_ended_streams_is_given_up() -> None:
    empty_stream = b"\x03\x00"
    session = client()
    session.receive(frame(BINARY, empty_stream * (DEFLATE_STREAMS_PER_MESSAGE_MAX + 1), rsv=RSV1))
    assert session.events() == [ProtocolFailed(1007, "bad compressed data")]


def test_garbage_instead_of_compressed_data_fails_with_1007() -> None:
    session = client()
    session.receive(frame(TEXT, b"\xff\xff\xff\xff", rsv=RSV1))
    assert session.events() == [ProtocolFailed(1007, "bad compressed data")]


@pytest.mark.parametrize(
    "data",
    [
        frame(PING, b"", rsv=RSV1),
        frame(TEXT, b"", fin=False, rsv=RSV1) + frame(CONTINUATION, b"", rsv=RSV1),
        frame(TEXT, b"x", rsv=RSV1 | 2),
    ],
    ids=["ping", "continuation", "RSV2"],
)
def test_rsv1_belongs_to_the_first_frame_of_a_message_only(data: bytes) -> None:
    session = client()
    session.receive(data)
    assert session.events() == [ProtocolFailed(1002, "bad RSV")]


def test_bad_utf8_in_a_compressed_message_fails_with_1007() -> None:
    session = client()
    session.receive(frame(TEXT, deflated(b"\xff"), rsv=RSV1))
    assert session.events() == [ProtocolFailed(1007, "bad UTF-8")]


# Bounds


@pytest.mark.parametrize(
    "size, fits", [(0, True), (999, True), (1000, True), (1001, False), (1_000_000, False)]
)
def test_unpacked_size_is_bounded(size: int, fits: bool) -> None:
    session = client(message_size_bytes_max=1000)
    session.receive(frame(BINARY, deflated(bytes(size)), rsv=RSV1))
    assert session.events() == [bytes(size) if fits else TOO_BIG]


def test_unpacked_size_is_counted_over_all_fragments_of_one_message() -> None:
    payload = deflated(bytes(600) + b"middle" + bytes(600))
    session = client(message_size_bytes_max=1000)
    for position in range(len(payload)):
        session.receive(
            frame(CONTINUATION if position else BINARY, payload[position : position + 1], fin=False)
            if position
            else frame(BINARY, payload[:1], fin=False, rsv=RSV1)
        )
    assert session.events() == [TOO_BIG]


def test_count_starts_anew_with_each_message() -> None:
    session = client(message_size_bytes_max=1000)
    session.receive(frame(BINARY, deflated(bytes(1000)), rsv=RSV1) * 3)
    assert session.events() == [bytes(1000)] * 3


def test_announced_size_of_a_compressed_message_is_bounded_too() -> None:
    session = client(message_size_bytes_max=1000)
    session.receive(frame(BINARY, b"x" * 1001, rsv=RSV1)[:4])
    assert session.events() == [TOO_BIG]


def test_zip_bomb_is_not_unpacked() -> None:
    compressor = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(64)) + compressor.flush(
        zlib.Z_SYNC_FLUSH
    )
    session = client(message_size_bytes_max=1 << 20)
    tracemalloc.start()
    session.receive(frame(BINARY, bomb, rsv=RSV1))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert session.events() == [TOO_BIG]
    assert peak_bytes < 8 << 20
