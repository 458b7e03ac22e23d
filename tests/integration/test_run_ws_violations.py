"""A server that breaks the protocol right behind good messages: those reach the script, and its answers the server."""

from __future__ import annotations

import pytest

from tests.kit.raw_server import Peer, RawServer
from tests.kit.run_script import Result, run_script
from tests.kit.ws_pair import CLOSE, TEXT, close_payload, frame

WS = """
import ws from 'k6/ws';
export default function () {
  ws.connect(__ENV.URL, {}, (socket) => {
    for (const event of ['message', 'error', 'close']) {
      socket.on(event, () => console.log(event));
    }
    socket.on('message', (data) => { %s });
  });
}
"""
WEBSOCKETS = """
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(__ENV.URL);
  for (const event of ['message', 'error', 'close']) {
    socket.addEventListener(event, () => console.log(event));
  }
  socket.addEventListener('message', ({ data }) => { %s });
}
"""
VIOLATION = (CLOSE, close_payload(1002, "bad opcode"))


def meet(script: str, handler: str, messages: list[bytes]) -> tuple[Result, list[object]]:
    """The run, and what the server got in answer to the messages with a bad frame behind them."""

    def serve(peer: Peer) -> None:
        peer.upgrade()
        good = b"".join(frame(TEXT, message) for message in messages)
        peer.send(good + frame(3) + frame(TEXT, b"late"))
        while (received := peer.read_frame()) is not None:
            peer.tell(received)

    with RawServer(serve) as server:
        result = run_script(script % handler, env={"URL": server.url})
    return result, server.told


both_modules = pytest.mark.parametrize("script", [WS, WEBSOCKETS], ids=["ws", "websockets"])


@both_modules
@pytest.mark.parametrize("messages", [[b"ONE"], [b"ONE", b"TWO"]], ids=["one", "two"])
def test_answers_to_the_messages_before_a_violation_leave_before_the_close_frame(
    script: str, messages: list[bytes]
) -> None:
    result, told = meet(script, "socket.send(data);", messages)
    assert told == [*((TEXT, message) for message in messages), VIOLATION]
    assert [line for line in result.lines if line != "error"] == ["message"] * len(messages) + ["close"]


@both_modules
def test_script_that_closes_while_a_violation_waits_closes_with_the_violation(script: str) -> None:
    _, told = meet(script, "socket.close(3000);", [b"one", b"two"])
    assert told == [VIOLATION]
