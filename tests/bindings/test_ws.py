"""k6/ws as scripts use it, against an echo server."""

from __future__ import annotations

import gc
import threading
import time

import pytest

from runner.net.websocket import WebSocketConnection
from runner.vu.context import Limits
from tests.kit.raw_server import BOUND_S, Peer, RawServer
from tests.kit.run_script import run_script
from tests.kit.ws_pair import TEXT, close_payload, frame
from tests.kit.ws_script import GOING_AWAY, run_connecting


def test_nested_connections_work_and_close_from_inside_out(server: RawServer) -> None:
    code = """
      ws.connect(__ENV.URL, {}, (outer) => {
        outer.on('message', (text) => {
          seen.push(`outer ${text}`);
          ws.connect(__ENV.URL, {}, (inner) => {
            inner.on('message', (text) => { seen.push(`inner ${text}`); outer.send('late'); inner.close(1000); });
            inner.on('close', () => seen.push('inner closed'));
            inner.send('b');
          });
          seen.push('inner returned');
          outer.close(1000);
        });
        outer.on('close', () => seen.push('outer closed'));
        outer.send('a');
      });
    """
    seen, result = run_connecting(server, code)
    assert seen == ["outer a", "inner b", "inner closed", "inner returned", "outer closed"]
    assert result.values("ws_sessions") == [1, 1]
    assert sorted(map(str, server.told)) == sorted(map(str, [close_payload(1000), "fin"] * 2))


def test_message_of_the_outer_connection_leaves_while_the_inner_one_is_open() -> None:
    from_outside = threading.Event()

    def serve(peer: Peer) -> None:
        peer.upgrade()
        while (got := peer.read_frame()) is not None and got[0] == TEXT:
            if got[1] == b"from outside":
                from_outside.set()
            else:
                peer.tell(from_outside.wait(BOUND_S))
                peer.send(frame(TEXT, got[1]))

    code = """
      ws.connect(__ENV.URL, (outer) => {
        outer.on('open', () => {
          ws.connect(__ENV.URL, (inner) => {
            inner.on('open', () => { outer.send('from outside'); inner.send('from inside'); });
            inner.on('message', () => inner.close(1000));
          });
          outer.close(1000);
        });
      });
    """
    with RawServer(serve) as server:
        run_connecting(server, code)
    assert server.told == [True]


def test_exception_of_an_inner_connection_closes_the_outer_one_too(server: RawServer) -> None:
    code = """
      ws.connect(__ENV.URL, {}, (outer) => {
        outer.on('close', (code) => seen.push(['outer', code]));
        outer.on('open', () => ws.connect(__ENV.URL, {}, (inner) => {
          inner.on('close', (code) => seen.push(['inner', code]));
          throw new Error('boom');
        }));
      });
    """
    seen, result = run_connecting(server, code)
    assert seen == [["inner", 1001], ["outer", 1001]]
    assert result.messages[0].startswith("error: Error: boom\n\tat ")
    assert server.told.count(GOING_AWAY) == server.told.count("fin") == 2


@pytest.mark.parametrize(
    "setup",
    [
        "throw new Error('boom');",
        "socket.on('open', () => { throw new Error('boom'); });",
        "socket.on('message', () => { throw new Error('boom'); }); socket.send('x');",
        "socket.on('pong', () => { throw new Error('boom'); }); socket.ping();",
        "socket.on('close', () => { throw new Error('boom'); }); socket.close(1001);",
        "socket.setTimeout(() => { throw new Error('boom'); }, 1);",
        "socket.setInterval(() => { throw new Error('boom'); }, 1);",
        "socket.setTimeout(() => socket.close(1001), 1); socket.on('close', () => { throw new Error('boom'); });",
    ],
)
def test_exception_anywhere_leaves_connect_and_says_goodbye(server: RawServer, setup: str) -> None:
    code = f"""
      try {{
        ws.connect(__ENV.URL, {{}}, (socket) => {{
          socket.on('error', () => seen.push('error event'));
          socket.on('close', (code) => seen.push(code));
          {setup}
        }});
      }} catch (e) {{ seen.push(e.message, e.stack.includes('script.js:')); }}
    """
    seen, result = run_connecting(server, code)
    assert seen == [1001, "boom", True]
    assert server.told == [GOING_AWAY, "fin"]
    assert len(result.values("ws_session_duration")) == 1


def test_handlers_run_in_the_order_they_were_added_and_new_ones_wait_for_the_next_event(
    server: RawServer,
) -> None:
    code = """
      ws.connect(__ENV.URL, {}, (socket) => {
        socket.on('message', (m) => { seen.push(`a${m}`); socket.on('message', (m) => seen.push(`c${m}`)); });
        socket.on('message', (m) => { seen.push(`b${m}`); if (m === '1') socket.send('2'); else socket.close(); });
        socket.on('message', null); socket.on('nonsense', () => seen.push('never'));
        socket.send('1');
      });
    """
    assert run_connecting(server, code)[0] == ["a1", "b1", "a2", "b2", "c2"]


def test_timers_fire_in_the_order_of_their_times_and_not_after_close(server: RawServer) -> None:
    code = """
      ws.connect(__ENV.URL, {}, (socket) => {
        socket.setTimeout(() => seen.push('second'), 20);
        socket.setTimeout(() => seen.push('first'), 5);
        socket.setTimeout(() => seen.push('third'), 20);
        socket.setTimeout(() => socket.close(), 40);
        socket.setTimeout(() => seen.push('never'), 40);
        socket.setTimeout(() => seen.push('never'), Infinity);
      });
    """
    assert run_connecting(server, code)[0] == ["first", "second", "third"]


@pytest.mark.slow
def test_a_flood_of_messages_does_not_keep_timers_from_firing() -> None:
    def flood(peer: Peer) -> None:
        peer.upgrade()
        message = frame(TEXT, b"x") * 1000
        while True:
            peer.send(message)

    code = """
      let n = 0;
      ws.connect(__ENV.URL, {}, (socket) => {
        socket.on('message', () => { n += 1; });
        socket.setTimeout(() => { seen.push(n > 0); socket.close(); }, 100);
      });
    """
    started_s = time.monotonic()
    with RawServer(flood) as server:
        assert run_connecting(server, code, limits=Limits(close_s=0.2))[0] == [True]
    assert time.monotonic() - started_s < 4


def test_timers_that_are_always_due_do_not_keep_messages_from_arriving(server: RawServer) -> None:
    code = """
      let n = 0;
      ws.connect(__ENV.URL, {}, (socket) => {
        socket.setInterval(() => { n += 1; }, 0.0001);
        socket.on('message', (m) => { if (m === '20') socket.close(); else socket.send(String(Number(m) + 1)); });
        socket.send('1');
      });
      seen.push(n > 0);
    """
    seen, result = run_connecting(server, code)
    assert seen == [True]
    assert result.count("ws_msgs_received") == 20


@pytest.mark.parametrize(("body", "heard"), [("socket.close();", 3), ("throw new Error('x');", 3), ("", 5)])
def test_messages_of_one_read_that_the_script_does_not_hear_are_not_counted(body: str, heard: int) -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.send(b"".join(frame(TEXT, b"%d" % number) for number in range(5)))
        peer.tell(peer.read_to_end())

    code = f"""
      ws.connect(__ENV.URL, (socket) => socket.on('message', (text) => {{
        seen.push(text);
        if (text === '2') {{ {body} }}
        if (text === '4') {{ socket.close(); }}
      }}));
    """
    with RawServer(serve) as server:
        seen, result = run_connecting(server, code)
    assert seen == ["0", "1", "2", "3", "4"][:heard]
    assert result.count("ws_msgs_received") == heard


def connections_alive() -> int:
    gc.unfreeze()
    return sum(isinstance(each, WebSocketConnection) for each in gc.get_objects())


@pytest.mark.parametrize(
    "code",
    [
        "ws.connect(__ENV.URL, (socket) => socket.on('open', () => socket.close()));",
        "const socket = new WebSocket(__ENV.URL); socket.onopen = () => socket.close();",
    ],
    ids=["ws", "websockets"],
)
def test_closed_socket_leaves_nothing_to_the_garbage_collector(server: RawServer, code: str) -> None:
    script = f"""
      import ws from 'k6/ws'; import {{ WebSocket }} from 'k6/websockets';
      export const options = {{ vus: 1, iterations: 3 }};
      export default function () {{ {code} }}
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        before = connections_alive()
        result = run_script(script, env={"URL": server.url})
        assert result.count("ws_sessions") == 3
        assert connections_alive() == before
    finally:
        if collects:
            gc.enable()


def test_commands_after_connect_returned_are_error_events_and_change_nothing(server: RawServer) -> None:
    code = """
      let kept;
      ws.connect(__ENV.URL, {}, (socket) => {
        kept = socket;
        socket.on('error', (e) => seen.push(e.error()));
        socket.on('open', () => socket.close());
      });
      kept.send('x'); kept.sendBinary(new ArrayBuffer(1)); kept.ping(); kept.close(); kept.setTimeout(() => {}, 1);
    """
    seen, result = run_connecting(server, code)
    assert seen == ["websocket: close sent"] * 3
    assert len(result.values("ws_msgs_sent")) == 2
    assert server.told == [GOING_AWAY, "fin"]


def test_sockets_of_two_vus_know_nothing_of_each_other(server: RawServer) -> None:
    result = run_script(
        """
        import ws from 'k6/ws';
        export const options = { vus: 2, iterations: 2 };
        export default function () {
          ws.connect(__ENV.URL, {}, (socket) => {
            let n = 0;
            socket.on('message', (m) => {
              n += 1;
              if (n === 20) { console.log(__VU, m); socket.close(); } else socket.send(m + __VU);
            });
            socket.send('');
          });
        }
        """,
        env={"URL": server.url},
    )
    assert sorted(result.lines) == ["1 " + "1" * 19, "2 " + "2" * 19]
    assert server.told.count("fin") == 2


def test_group_of_the_call_is_on_the_samples_of_the_session(server: RawServer) -> None:
    code = """
      group('g', () => ws.connect(__ENV.URL, {}, (socket) => {
        socket.send('x');
        socket.on('message', () => socket.close());
      }));
    """
    _, result = run_connecting(server, code)
    for metric in ("ws_sessions", "ws_connecting", "ws_msgs_sent", "ws_msgs_received", "ws_session_duration"):
        assert len(result.values(metric, group="::g")) == 1, metric
