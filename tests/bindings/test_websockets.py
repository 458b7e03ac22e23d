"""k6/websockets as scripts use it, against an echo server and against peers whose every byte the test decides."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from runner.vu.context import Limits
from tests.kit.raw_server import Peer, RawServer
from tests.kit.run_script import Result, run_script
from tests.kit.ws_pair import BINARY, CLOSE, PONG, TEXT, close_payload, frame

NORMAL = close_payload(1000)
IMPORTS = (
    "import { WebSocket, Blob } from 'k6/websockets'; import { sleep, group } from 'k6'; const seen = [];"
)


def say_goodbye(peer: Peer) -> None:
    """Close the WebSocket and this side of TCP."""
    peer.send(frame(CLOSE, NORMAL))
    peer.sock.shutdown(socket.SHUT_WR)


def run_listening(server: RawServer, code: str, *, ends: str = "", **how: Any) -> tuple[list[Any], Result]:
    """What an iteration pushed to `seen`, and the run; teardown() tells it, for the iteration may fail.

    Args:
        ends: code of the iteration's end, before the sockets are done.
    """
    script = f"""
      {IMPORTS}
      export const options = {{ vus: 1, iterations: 2 }};
      export default async function () {{
        if (__ITER === 1) {{ console.log(JSON.stringify(seen)); return; }}
        {code}
        {ends}
      }}
    """
    result = run_script(script, env={"URL": server.url}, out_samples=True, **how)
    server.wait_for_peers()
    return json.loads(result.lines[-1]), result


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_text_and_bytes_come_back(server: RawServer, native: bool) -> None:
    code = """
      const socket = new WebSocket(__ENV.URL);
      socket.binaryType = 'arraybuffer';
      const sent = ['grüße', '', 'x'.repeat(70000), new Uint8Array([0, 255]), new DataView(new ArrayBuffer(3), 1),
        new Blob(['blob ', new Uint8Array([65])]), new ArrayBuffer(0)];
      socket.onopen = () => sent.forEach((data) => socket.send(data));
      socket.onmessage = ({ data }) => {
        seen.push(typeof data === 'string' ? data.slice(0, 5) : [...new Uint8Array(data)]);
        if (seen.length === sent.length) socket.close();
      };
    """
    seen, result = run_listening(server, code, native=native)
    assert seen == ["grüße", "", "xxxxx", [0, 255], [0, 0], [*b"blob A"], []]
    assert result.messages == []
    assert result.count("ws_msgs_received") == 7
    assert result.count("ws_msgs_sent") == 8


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_listeners_of_messages_come_and_go(server: RawServer, native: bool) -> None:
    code = """
      const socket = new WebSocket(__ENV.URL);
      const note = (name) => function ({ type, target, data }) {
        seen.push([name, type, data, this === socket && target === socket]);
      };
      const steps = [
        () => { socket.onmessage = note('on'); },
        () => { socket.addEventListener('message', note('first')); },
        () => { socket.onmessage = null; },
        () => { socket.addEventListener('message', note('second')); },
        () => { socket.onmessage = note('on again'); },
      ];
      socket.onopen = () => socket.send('0');
      socket.addEventListener('pong', () => {
        steps.shift();
        if (steps.length === 0) { socket.close(); return; }
        steps[0]();
        socket.send(String(steps.length));
        socket.ping();
      });
      steps.unshift(null);
      socket.addEventListener('open', () => socket.ping());
    """
    seen, result = run_listening(server, code, native=native)
    assert result.messages == []
    assert [(data, name) for name, _, data, _ in seen] == [
        ("5", "on"),
        *[("4", "on"), ("4", "first")],
        ("3", "first"),
        *[("2", "first"), ("2", "second")],
        *[("1", "on again"), ("1", "first"), ("1", "second")],
    ]
    assert all(type_ == "message" and is_socket for _, type_, _, is_socket in seen)


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "socket.onmessage = () => { while (true) {} };",
        "socket.onopen = () => {}; socket.addEventListener('open', () => { while (true) {} });",
        "socket.onmessage = () => {}; socket.addEventListener('message', () => { while (true) {} });",
        "socket.onmessage = () => {};"
        " socket.addEventListener('message', async () => { await null; while (true) {} });",
        "let count = 0; socket.onmessage = async () => { count += 1; if (count === 2) while (true) {} };",
    ],
)
@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_an_endless_listener_is_cut_off(code: str, native: bool) -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frame(TEXT, b"first") + frame(TEXT, b"second"))
        peer.tell(peer.read_to_end())

    script = f"""
      {IMPORTS}
      export const options = {{
        scenarios: {{ one: {{ executor: 'per-vu-iterations', vus: 1, maxDuration: '1s', gracefulStop: '0s' }} }},
      }};
      export default function () {{ const socket = new WebSocket(__ENV.URL); {code} }}
    """
    with RawServer(serve) as server:
        result = run_script(script, env={"URL": server.url}, native=native)
        server.wait_for_peers()
    text = "No script iterations fully finished, consider making the test duration longer"
    assert result.messages == [f"warning: {text}"]
    assert result.exit_code == 0


def test_messages_sent_in_one_macrotask_leave_together_and_in_order() -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        for _ in range(3):
            peer.tell(peer.read_frame())
        say_goodbye(peer)
        peer.tell(peer.read_to_end())

    with RawServer(serve) as server:
        code = """
          const socket = new WebSocket(__ENV.URL);
          socket.onopen = () => {
            socket.send('a'); seen.push(socket.bufferedAmount); socket.send('öö'); seen.push(socket.bufferedAmount);
            setTimeout(() => { seen.push(socket.bufferedAmount); socket.close(1000, 'bye'); }, 20);
          };
        """
        seen, _ = run_listening(server, code)
        assert seen == [1, 5, 0]
    assert server.told == [(TEXT, b"a"), (TEXT, "öö".encode()), (8, NORMAL + b"bye"), "fin"]


def test_message_leaves_before_a_blocking_call_of_the_same_macrotask() -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.tell(peer.read_frame())
        peer.send(frame(TEXT, b"answer"))
        say_goodbye(peer)
        peer.read_to_end()

    with RawServer(serve) as server:
        code = """
          const socket = new WebSocket(__ENV.URL);
          socket.onopen = () => { socket.send('now'); sleep(0.3); seen.push('slept'); };
          socket.onmessage = () => { seen.push('answer'); socket.close(); };
        """
        seen, _ = run_listening(server, code)
    assert seen == ["slept", "answer"]
    assert server.told == [(TEXT, b"now")]


def test_pings_are_answered_while_the_script_sleeps() -> None:
    answered = threading.Event()

    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.read_frame()
        peer.send(frame(9, b"are you there"))
        received = peer.read_frame()
        peer.tell(received)
        answered.set()
        peer.send(frame(TEXT, b"thanks"))
        say_goodbye(peer)
        peer.read_to_end()

    with RawServer(serve) as server:
        code = """
          const socket = new WebSocket(__ENV.URL);
          socket.onopen = () => { socket.send('x'); sleep(0.5); seen.push('slept'); };
          socket.onmessage = () => { seen.push('message'); socket.close(); };
          socket.onping = () => seen.push('ping');
        """
        seen, _ = run_listening(server, code)
    assert seen == ["slept", "ping", "message"]
    assert server.told == [(PONG, b"are you there")]


def test_exception_in_a_handler_stops_the_later_messages_of_the_same_read() -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frame(TEXT, b"1") + frame(TEXT, b"2"))
        peer.tell(peer.read_to_end())

    with RawServer(serve) as server:
        code = """
          const socket = new WebSocket(__ENV.URL);
          socket.onmessage = ({ data }) => { seen.push(data); throw new TypeError('boom'); };
          socket.onerror = ({ error }) => seen.push(error);
          socket.onclose = ({ code }) => seen.push(code === undefined, socket.readyState);
        """
        seen, result = run_listening(server, code)
    assert seen == ["1", "TypeError: boom", True, 3]
    assert result.messages[0].startswith("error: TypeError: boom")
    assert result.count("iterations") == 2


def serve_five_texts(peer: Peer) -> None:
    peer.upgrade()
    peer.send(b"".join(frame(TEXT, b"%d" % number) for number in range(5)))
    serve_to_the_end(peer)


def serve_to_the_end(peer: Peer) -> None:
    """Tell every text, and close when the client does."""
    while (got := peer.read_frame()) is not None and got[0] == TEXT:
        peer.tell(got[1].decode())
    # After an exception of the script's the connection is gone.
    with contextlib.suppress(OSError):
        say_goodbye(peer)


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_messages_of_one_read_are_macrotasks_of_their_own_and_answered_in_order(native: bool) -> None:
    with RawServer(serve_five_texts) as server:
        code = """
          const socket = new WebSocket(__ENV.URL);
          socket.onmessage = ({ data }) => {
            Promise.resolve().then(() => {
              seen.push(`after ${data}`);
              if (data === '2') socket.send('later');
            });
            seen.push(data);
            socket.send(`first ${data}`);
            if (data === '1') socket.send('second');
            if (data === '4') socket.close();
          };
        """
        seen, result = run_listening(server, code, native=native)
    assert seen == [text for number in range(5) for text in (f"{number}", f"after {number}")]
    answers = ["first 0", "first 1", "second", "first 2", "later", "first 3", "first 4"]
    assert server.told == answers
    assert (result.count("ws_msgs_received"), result.count("ws_msgs_sent")) == (5, 8)


def test_first_promise_of_a_script_settles_before_the_next_message_of_the_same_read() -> None:
    # Nothing in its text tells that it makes one.
    script = f"""
      {IMPORTS}
      export const options = {{ vus: 1, iterations: 2 }};
      export default function () {{
        if (__ITER === 1) {{ console.log(JSON.stringify(seen)); return; }}
        const socket = new WebSocket(__ENV.URL);
        socket.onmessage = ({{ data }}) => {{
          seen.push(data);
          if (data === '1') new Blob(['blob']).text().then((text) => seen.push(text));
          if (data === '4') socket.close();
        }};
      }}
    """
    with RawServer(serve_five_texts) as server:
        result = run_script(script, env={"URL": server.url})
    assert json.loads(result.lines[-1]) == ["0", "1", "blob", "2", "3", "4"]


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        ("socket.close();", 3),
        ("throw new Error('x');", 3),
        ("socket.send('y'); throw new Error('x');", 3),
        ("socket.close(); throw new Error('x');", 3),
        ("", 5),
    ],
)
def test_messages_of_one_read_that_the_script_does_not_hear_are_not_counted(body: str, heard: int) -> None:
    with RawServer(serve_five_texts) as server:
        code = f"""
          const socket = new WebSocket(__ENV.URL);
          socket.onmessage = ({{ data }}) => {{
            seen.push(data);
            if (data === '2') {{ {body} }}
            if (data === '4') {{ socket.close(); }}
          }};
          socket.onerror = () => {{}};
        """
        seen, result = run_listening(server, code)
    assert seen == ["0", "1", "2", "3", "4"][:heard]
    assert result.count("ws_msgs_received") == heard


def test_messages_of_one_socket_are_counted_when_a_handler_closes_another_one() -> None:
    with RawServer(serve_five_texts) as server:
        code = """
          const sockets = [new WebSocket(__ENV.URL), new WebSocket(__ENV.URL)];
          sockets.forEach((socket, index) => {
            socket.onmessage = ({ data }) => {
              seen.push(data);
              sockets[1 - index].close();
              if (data === '4') socket.close();
            };
          });
        """
        seen, result = run_listening(server, code)
    assert len(seen) >= 5
    assert result.count("ws_msgs_received") == len(seen)


def run_handling(serve: Callable[[Peer], None], handler: str, **how: Any) -> tuple[list[object], Result]:
    """What the peer told of a socket that handles messages so, and the run; a second iteration logs ``next``.

    Args:
        handler: a function of JavaScript; nothing else of the script makes a promise.
    """
    script = f"""
      {IMPORTS}
      export const options = {{ vus: 1, iterations: 2 }};
      export default function () {{
        if (__ITER === 1) {{ console.log('next'); return; }}
        const socket = new WebSocket(__ENV.URL);
        socket.onmessage = {handler};
      }}
    """
    with RawServer(serve) as server:
        result = run_script(script, env={"URL": server.url}, **how)
    return server.told, result


@pytest.mark.parametrize(
    ("handler", "answers"),
    [
        ("async () => { socket.send('1'); await null; socket.send('2'); socket.close(); }", ["1", "2"]),
        ("async () => { socket.send('bye'); await null; socket.close(); }", ["bye"]),
        ("() => { socket.send('1'); Promise.resolve().then(() => socket.close()); }", ["1"]),
        ("async () => { socket.send('1'); await null; throw new Error('x'); }", ["1"]),
        ("() => { socket.send('1'); throw Object.create(null); }", ["1"]),
        ("() => { socket.send('1'); socket.send('2'); socket.close(); }", ["1", "2"]),
    ],
)
@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_what_a_handler_sends_leaves_before_what_comes_later(
    handler: str, answers: list[str], native: bool
) -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frame(TEXT, b"?"))
        serve_to_the_end(peer)

    told, result = run_handling(serve, handler, native=native)
    assert told == answers
    assert result.lines == ["next"]


@pytest.mark.parametrize("text", ["a\0b", "", "grüße 😀", "\0", "x" * 200])
def test_answer_that_returns_with_the_call_is_what_the_handler_sent(text: str) -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frame(TEXT, text.encode()))
        peer.tell(peer.read_frame())
        say_goodbye(peer)

    told, _ = run_handling(serve, "({ data }) => socket.send(data)")
    assert told == [(TEXT, text.encode())]


def test_answer_that_does_not_fit_on_the_heap_is_an_error_of_the_script() -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frame(TEXT, b"?"))
        peer.tell(peer.read_frame())
        say_goodbye(peer)

    told, result = run_handling(serve, "() => socket.send('\u4e00'.repeat(30000000))")
    assert told == [(CLOSE, NORMAL)]
    assert result.lines == ["next"]
    assert any("out of memory" in message for message in result.messages)


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_handler_that_never_returns_is_cut_off(server: RawServer, native: bool) -> None:
    script = f"""
      {IMPORTS}
      const only = {{ executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' }};
      export const options = {{ scenarios: {{ only }} }};
      export default function () {{
        const socket = new WebSocket(__ENV.URL);
        socket.onopen = () => socket.send('x');
        socket.onmessage = () => {{ console.log('in'); while (true) {{}} }};
      }}
    """
    began_s = time.monotonic()
    result = run_script(script, env={"URL": server.url}, native=native)
    assert result.lines == ["in"]
    assert time.monotonic() - began_s < 10


@pytest.mark.slow
def test_handler_that_waits_keeps_no_other_vu_waiting(server: RawServer) -> None:
    script = f"""
      {IMPORTS}
      export const options = {{ scenarios: {{ all: {{ executor: 'per-vu-iterations', vus: 5 }} }} }};
      export default function () {{
        const socket = new WebSocket(__ENV.URL);
        socket.onopen = () => socket.send('x');
        socket.onmessage = () => {{
          if (__VU % 2) sleep(0.4 + __VU / 20);
          console.log(__VU);
          socket.close();
        }};
      }}
    """
    result = run_script(script, env={"URL": server.url})
    told = [int(line) for line in result.lines]
    assert (sorted(told[:2]), told[2:]) == ([2, 4], [1, 3, 5])
    assert result.count("iterations") == 5


@pytest.mark.slow
def test_handlers_that_wait_are_cut_off_and_their_vus_go_on(server: RawServer) -> None:
    script = f"""
      {IMPORTS}
      const ramp = {{ executor: 'ramping-vus', startVUs: 3, gracefulRampDown: '0s', gracefulStop: '0s', stages: [
        {{ duration: '500ms', target: 3 }}, {{ duration: '0s', target: 0 }}, {{ duration: '500ms', target: 0 }},
        {{ duration: '0s', target: 3 }}, {{ duration: '1s', target: 3 }}] }};
      export const options = {{ scenarios: {{ ramp }} }};
      export default function () {{
        const first = __ITER === 0, socket = new WebSocket(__ENV.URL);
        socket.onopen = () => socket.send(first ? 'x' : 'y');
        socket.onmessage = ({{ data }}) => {{
          console.log(__VU, data);
          sleep(first ? 30 : 0.3);
          socket.close();
        }};
        socket.onclose = () => {{ if (!first) sleep(5); }};
      }}
    """
    result = run_script(script, env={"URL": server.url})
    assert sorted(result.lines[:3]) == ["1 x", "2 x", "3 x"]
    assert sorted(result.lines[3:]) == ["1 y", "2 y", "3 y"]
    assert "0 complete and 6 interrupted iterations" in result.stdout


def test_every_listener_hears_each_message_of_one_read_before_the_next() -> None:
    with RawServer(serve_five_texts) as server:
        code = """
          const socket = new WebSocket(__ENV.URL);
          socket.onmessage = ({ data }) => { seen.push(`handler ${data}`); socket.send(data); };
          socket.addEventListener('message', ({ data }) => {
            seen.push(`listener ${data}`);
            if (data === '4') socket.close();
          });
        """
        seen, _ = run_listening(server, code)
    assert seen == [f"{who} {number}" for number in range(5) for who in ("handler", "listener")]
    assert server.told == ["0", "1", "2", "3", "4"]


def test_failed_iteration_closes_its_sockets_and_the_next_one_hears_nothing_of_them(
    server: RawServer,
) -> None:
    code = """
      const socket = new WebSocket(__ENV.URL);
      socket.onopen = () => { setTimeout(() => { throw new Error('timer'); }, 1); };
      socket.onclose = ({ code, reason }) => {
        seen.push([code, reason]);
        Promise.resolve().then(() => seen.push('promise'));
        setTimeout(() => seen.push('timer'), 0);
      };
    """
    seen, result = run_listening(server, code)
    assert seen == [[1000, ""], "promise", "timer"]
    assert server.told == [NORMAL, "fin"]
    assert len(result.values("ws_session_duration")) == 1


def test_iteration_that_fails_while_a_socket_connects_gives_it_up() -> None:
    code = """
      const socket = new WebSocket(__ENV.URL);
      socket.onopen = () => seen.push('open');
      socket.onerror = ({ error }) => seen.push(error);
      socket.onclose = () => seen.push('close');
    """
    with RawServer(lambda peer: peer.tell(peer.read_to_end())) as server:
        seen, result = run_listening(server, code, ends="throw new Error('at once');")
    assert seen == ["operation was canceled", "close"]
    assert [m.partition("\n")[0] for m in result.messages] == ["error: Uncaught (in promise) Error: at once"]


def test_server_that_never_answers_a_close_is_given_up() -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.tell(peer.read_frame())
        peer.tell(peer.read_to_end())

    with RawServer(serve) as server:
        code = """
          const socket = new WebSocket(__ENV.URL);
          socket.onopen = () => socket.close(3001);
          socket.onclose = ({ code }) => seen.push(code === undefined);
        """
        seen, _ = run_listening(server, code, limits=Limits(close_answer_s=0.1))
    assert seen == [True]
    assert server.told == [(8, close_payload(3001)), "fin"]


def test_server_that_does_not_read_fails_the_connection_at_the_bound() -> None:
    done = threading.Event()

    def serve(peer: Peer) -> None:
        peer.upgrade()
        done.wait(20)

    with RawServer(serve) as server:
        code = """
          const socket = new WebSocket(__ENV.URL);
          const piece = new ArrayBuffer(4 * 1024 * 1024);
          let sent = 0;
          socket.onopen = () => { const next = () => {
            if (socket.readyState === 1) { socket.send(piece); sent += 1; setTimeout(next, 0); } };
            next(); };
          socket.onerror = ({ error }) => seen.push(error);
          socket.onclose = () => seen.push(sent);
        """
        try:
            seen, _ = run_listening(server, code)
        finally:
            done.set()
    assert 16 <= seen[-1] <= 22
    assert seen[:-1] == []


def test_server_that_floods_is_read_no_faster_than_the_script_takes() -> None:
    total, size = 400, 64 * 1024
    progress: list[int] = []

    def serve(peer: Peer) -> None:
        peer.upgrade()
        message = frame(BINARY, bytes(size))
        for number in range(total):
            peer.send(message)
            progress.append(number)
        say_goodbye(peer)
        peer.read_to_end()

    with RawServer(serve) as server:
        code = f"""
          const socket = new WebSocket(__ENV.URL);
          let count = 0;
          socket.onopen = () => sleep(0.5);
          socket.onmessage = () => {{
            count += 1;
            if (count === {total}) {{ seen.push(count); socket.close(); }}
          }};
        """
        seen, result = run_listening(server, code)
    assert seen == [total]
    assert result.count("ws_msgs_received") == total


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("new WebSocket()", "WebSocket requires a url"),
        ("new WebSocket('http://x')", 'WebSocket requires url with scheme ws or wss, but got "http"'),
        ("new WebSocket('ws://x/#f')", 'WebSocket requires no url fragment, but got "f"'),
        ("new WebSocket(__ENV.URL, null, { nope: 1 })", "unknown WebSocket's option nope"),
        ("socket.send('x')", "InvalidStateError"),
        ("socket.ping()", "InvalidStateError"),
        ("socket.onopen = 5", "a value for 'onopen' should be callable"),
        ("socket.addEventListener('open')", 'handler for event type "open" isn\'t a callable function'),
        ("socket.binaryType = 'x'", 'unknown binaryType x, the supported ones are "blob" and "arraybuffer"'),
        (
            "socket.close(5)",
            "InvalidAccessError: Failed to execute 'close' on 'WebSocket': The close code must be either 1000,"
            " or between 3000 and 4999. 5 is neither",
        ),
        (
            "socket.close(3000, 'ü'.repeat(62))",
            "SyntaxError: Failed to execute 'close' on 'WebSocket': The message must not be greater than 123 bytes",
        ),
        ("new Blob([5])", "failed to process [blobParts]: unsupported type: number"),
        ("new Blob('x')", "failed to process [blobParts]: an array is wanted"),
    ],
)
def test_wrong_arguments_are_named(server: RawServer, call: str, message: str) -> None:
    code = f"""
      const socket = new WebSocket(__ENV.URL);
      socket.onopen = () => socket.close();
      try {{ {call}; }} catch (e) {{ seen.push(e.name, e.message); }}
    """
    seen, result = run_listening(server, code)
    assert seen == ["GoError", message]
    assert result.messages == []


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        ("socket.close()", NORMAL),
        ("socket.close('3001')", close_payload(3001)),
        ("socket.close(3002.7, 5)", close_payload(3002) + b"5"),
        ("socket.close(NaN, null)", NORMAL),
        ("setTimeout(socket.close, 1)", NORMAL),
    ],
)
def test_close_converts_its_arguments(server: RawServer, close: str, expected: bytes) -> None:
    run_listening(server, f"const socket = new WebSocket(__ENV.URL); socket.onopen = () => {{ {close}; }};")
    assert server.told == [expected, "fin"]


def test_group_and_tags_are_those_of_the_constructor(server: RawServer) -> None:
    code = """
      group('outer', () => {
        const socket = new WebSocket(__ENV.URL, 'chat', { tags: { name: 'short', n: 1 } });
        socket.onopen = () => group('inner', () => { socket.send('x'); socket.close(); });
      });
    """
    _, result = run_listening(server, code)
    tags = {"group": "::outer", "name": "short", "url": "short", "n": "1", "status": "101"}
    for metric in ("ws_sessions", "ws_connecting", "ws_session_duration"):
        assert len(result.values(metric, **tags)) == 1
    assert result.values("ws_msgs_sent", **tags) == [1, 1]


@pytest.mark.slow
def test_two_hundred_vus_with_five_sockets_each_are_all_closed_cleanly() -> None:
    from runner.echo_server import EchoServer

    script = """
      import { WebSocket } from 'k6/websockets';
      import { check } from 'k6';
      export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 200, iterations: 1 } } };
      export default function () {
        for (let n = 0; n < 5; n += 1) {
          const socket = new WebSocket(__ENV.URL);
          let rounds = 0;
          socket.onopen = () => socket.send('0');
          socket.onmessage = ({ data }) => {
            rounds += 1;
            if (rounds === 20) socket.close(); else socket.send(String(rounds));
          };
          const isClean = ({ code }) => code === 1000;
          socket.onclose = (e) => check(e, { 'closed cleanly': isClean });
        }
      }
    """
    with EchoServer() as server:
        result = run_script(script, env={"URL": server.url}, workers=1)
        assert server.sessions == 1000
        assert server.messages == 20_000
    # The server shares the processor, so that a warning about lateness is all right.
    assert not [
        message for message in result.messages if not message.startswith("warning: k6py could not keep")
    ]
    assert result.summary["root_group"]["checks"]["closed cleanly"]["passes"] == 1000
    assert result.count("ws_msgs_received") == 20_000


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_events_need_no_globals_of_the_script(native: bool) -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frame(BINARY, b"ab"))
        say_goodbye(peer)
        peer.read_to_end()

    code = """
      delete globalThis.Date; delete globalThis.ArrayBuffer;
      const socket = new WebSocket(__ENV.URL);
      socket.binaryType = 'arraybuffer';
      socket.onmessage = ({ data, timestamp }) => seen.push(data.byteLength, timestamp);
    """
    with RawServer(serve) as server:
        seen, _ = run_listening(server, code, native=native)
    assert seen == [2, pytest.approx(time.time() * 1000, abs=60_000)]


def test_experimental_module_warns_once_and_works(server: RawServer) -> None:
    script = """
      import { WebSocket } from 'k6/experimental/websockets';
      export const options = { vus: 2, iterations: 4 };
      export default function () { const s = new WebSocket(__ENV.URL); s.onopen = () => s.close(); }
    """
    result = run_script(script, env={"URL": server.url})
    assert len(result.messages) == 1
    assert result.messages[0].startswith("warning: k6/experimental/websockets is deprecated")
    assert result.count("ws_sessions") == 4


def _blob(expression: str) -> Callable[[], list[Any]]:
    def run() -> list[Any]:
        script = f"""
          import {{ Blob }} from 'k6/websockets';
          export default async function () {{ console.log(JSON.stringify([await {expression}])); }}
        """
        found: list[Any] = json.loads(run_script(script).lines[0])
        return found

    return run


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("new Blob(['grü', new Uint8Array([33])]).text()", "grü!"),
        ("new Blob(['0123456789']).slice(2, 5).text()", "234"),
        ("new Blob(['0123456789']).slice(-3).text()", "789"),
        ("new Blob(['0123456789']).slice(8, 2).size", 0),
        ("new Blob(['ab']).arrayBuffer().then((b) => b.byteLength)", 2),
        ("new Blob(['ab']).bytes().then((b) => [...b])", [97, 98]),
        ("new Blob(['\\ufeffx']).text().then((t) => t.length)", 2),
        (
            "[new Blob(['a'], { type: 'T' }).type, new Blob().size, String(new Blob())]",
            ["T", 0, "[object Blob]"],
        ),
    ],
)
def test_blob(expression: str, expected: Any) -> None:
    assert _blob(expression)() == [expected]
