"""http.batch() over real sockets: several tasks of one virtual user, and what cuts them off."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.certificates import server_context
from tests.kit.http_server import HttpRequest, answer, as_json, http, http_url, read_request
from tests.kit.k6py_process import K6pyProcess
from tests.kit.raw_server import BOUND_S, Peer, RawServer, echo
from tests.kit.run_script import run_iteration_code, run_script
from tests.kit.single_vu import single_vu

IMPORTS = "import http from 'k6/http'; const URL = __ENV.URL; const { log } = console;"


def together(count: int) -> Callable[[HttpRequest], bytes]:
    """Answers requests when `count` of them are there."""
    barrier = threading.Barrier(count)

    def respond(request: HttpRequest) -> bytes:
        barrier.wait(BOUND_S)
        return as_json(request)

    return respond


def hold(peer: Peer) -> None:
    """Answers /free and lets every other request wait for ever; tells how the connection ends."""
    while (request := read_request(peer)) is not None:
        peer.tell(request.target)
        if request.target != "/free":
            peer.tell(peer.read_to_end())
            return
        peer.send(answer(200, headers=[("Set-Cookie", "a=b")]))


# ---- how many at a time


@pytest.mark.parametrize(
    ("flags", "count", "at_once"),
    [
        ({}, 12, 6),
        ({"batchPerHost": ["2"]}, 4, 2),
        ({"batch": ["3"]}, 9, 3),
        ({"batchPerHost": ["0"]}, 40, 20),
        ({"batchPerHost": ["0"], "batch": ["0"]}, 30, 30),
    ],
)
def test_requests_are_sent_at_the_same_time(flags: dict[str, list[str]], count: int, at_once: int) -> None:
    code = f"""
      const requests = Array.from({{ length: {count} }}, (_, i) => `${{URL}}/${{i}}`);
      const all = http.batch(requests);
      log(all.every((r, i) => r.json('target') === `/${{i}}`), new Set(all.map((r) => r.json('connection'))).size);
    """
    with RawServer(http(together(at_once))) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)}, flags=flags)
    assert result.lines == [f"true {at_once}"]


def test_hosts_are_told_apart_by_their_ports() -> None:
    code = """
      const [a, b] = __ENV.URLS.split(' ');
      log(http.batch([a, a, b, b]).map((r) => r.status).join());
    """
    respond = together(2)
    with RawServer(http(respond)) as one, RawServer(http(respond)) as other:
        env = {"URLS": f"{http_url(one)} {http_url(other)}"}
        result = run_iteration_code(code, imports=IMPORTS, env=env, flags={"batchPerHost": ["1"]})
    assert result.lines == ["200,200,200,200"]


def test_the_time_of_a_request_begins_when_its_place_is_free() -> None:
    def respond(request: HttpRequest) -> bytes:
        time.sleep(0.1)
        return answer(200)

    code = """
      const slow = ['GET', URL, null, { timeout: 250 }];
      log(http.batch([slow, slow, slow, slow]).map((r) => `${r.status} ${r.timings.blocked < 90}`).join());
    """
    with RawServer(http(respond)) as server:
        env = {"URL": http_url(server)}
        result = run_iteration_code(code, imports=IMPORTS, env=env, flags={"batchPerHost": ["1"]})
    assert result.lines == ["200 true,200 true,200 true,200 true"]


def test_one_that_takes_too_long_fails_alone() -> None:
    code = """
      const all = http.batch([['GET', `${URL}/held`, null, { timeout: 100 }], `${URL}/free`]);
      log(all.map((r) => r.status + r.error).join());
    """
    with RawServer(hold) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)})
    assert result.lines == ["0request timeout,200"]


def test_the_rate_limit_holds_inside_a_batch() -> None:
    came: list[float] = []

    def respond(request: HttpRequest) -> bytes:
        came.append(time.monotonic())
        return answer(200)

    code = "log(http.batch(Array(5).fill(URL)).every((r) => r.status === 200));"
    with RawServer(http(respond)) as server:
        env = {"URL": http_url(server)}
        result = run_iteration_code(code, imports=IMPORTS, env=env, flags={"rps": ["20"]})
    assert result.lines == ["true"]
    assert max(came) - min(came) > 0.15


# ---- connections, cookies, bytes


TWO_BATCHES = """
  import http from 'k6/http';
  export const options = { iterations: 2 };
  export default function () {
    for (let i = 0; i < 2; i += 1) {
      const numbers = http.batch(Array(3).fill(__ENV.URL)).map((r) => r.json('connection'));
      console.log(JSON.stringify(numbers.sort()));
    }
  }
"""


@pytest.mark.parametrize(
    ("flags", "lines"),
    [
        ({}, [[0, 1, 2]] * 4),
        ({"noVUConnectionReuse": ["true"]}, [[0, 1, 2]] * 2 + [[3, 4, 5]] * 2),
        ({"noConnectionReuse": ["true"]}, [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]),
    ],
)
def test_connections_are_kept_as_the_options_say(flags: dict[str, list[str]], lines: list[list[int]]) -> None:
    with RawServer(http(together(3))) as server:
        result = run_script(TWO_BATCHES, env={"URL": http_url(server)}, flags=flags)
    assert [sorted(json.loads(line)) for line in result.lines] == lines


def test_a_batch_over_tls() -> None:
    respond = together(3)

    def serve(peer: Peer) -> None:
        peer.sock = server_context().wrap_socket(peer.sock, server_side=True)
        http(respond)(peer)
        peer.sock.close()

    code = "log(http.batch(Array(6).fill(URL)).map((r) => r.status + r.tls_version).join());"
    with RawServer(serve) as server:
        env = {"URL": http_url(server).replace("http", "https")}
        flags = {"insecureSkipTLSVerify": ["true"], "batch": ["3"]}
        result = run_iteration_code(code, imports=IMPORTS, env=env, flags=flags)
    assert result.lines == [",".join(["200tls1.3"] * 6)]


def test_cookies_of_all_responses_are_kept() -> None:
    def respond(request: HttpRequest) -> bytes:
        name = request.target[1:]
        return answer(200, headers=[("Set-Cookie", f"{name}=1; Path=/")]) if name else as_json(request)

    code = """
      http.batch(Array.from({ length: 9 }, (_, i) => `${URL}/c${i}`));
      const sent = http.batch([URL, URL]).map((r) => r.json('headers.cookie').split('; ').sort().join());
      log(sent[0], sent[0] === sent[1]);
    """
    with RawServer(http(respond)) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)})
    assert result.lines == [f"{','.join(f'c{number}=1' for number in range(9))} true"]


def test_bytes_of_all_requests_are_counted() -> None:
    code = """
      const text = 'abcdefgh'.repeat(50000);
      log(http.batch(Array(5).fill(['POST', URL, text])).every((r) => r.body === text));
    """
    with RawServer(http(lambda request: answer(200, request.body))) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)})
    assert result.lines == ["true"]
    assert 2_000_000 < result.count("data_sent") < 2_005_000
    assert 2_000_000 < result.count("data_received") < 2_005_000


def test_each_virtual_user_has_its_own_batch() -> None:
    script = """
      import http from 'k6/http';
      export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 3, iterations: 2 } } };
      export default function () {
        const all = http.batch(Array.from({ length: 4 }, (_, i) => `${__ENV.URL}/${__VU}/${i}`));
        console.log(all.map((r) => r.json('target')).join() === [0, 1, 2, 3].map((i) => `/${__VU}/${i}`).join());
      }
    """
    # All virtual users at the same time: twelve requests are there at once.
    with RawServer(http(together(12))) as server:
        result = run_script(script, env={"URL": http_url(server)}, out_samples=True)
    assert result.lines == ["true"] * 6
    assert len(result.values("http_reqs")) == 24


# ---- cut off


def cut_off(server: RawServer, count: int) -> None:
    """That `count` requests were held, and then ended by the client."""
    assert sorted(map(str, server.told)) == ["/free", *["/held"] * count, *["fin"] * count]


HELD = "http.batch([`${__ENV.URL}/free`, ...Array(8).fill(`${__ENV.URL}/held`)]);"


@pytest.mark.slow
def test_a_batch_ends_when_its_iteration_is_cut_off() -> None:
    script = f"""
      import http from 'k6/http';
      export const options = {{ scenarios: {{ a: {{
        executor: 'per-vu-iterations', maxDuration: '1s', gracefulStop: '100ms' }} }} }};
      export default function () {{ {HELD} console.log('never'); }}
    """
    with RawServer(hold) as server:
        result = run_script(script, env={"URL": http_url(server)}, out_samples=True)
    # Six at a time: the answer to the free one made room for one more, and nothing is sent after the end.
    cut_off(server, 6)
    assert result.values("iterations") == []
    assert result.lines == []
    assert [m for m in result.messages if not m.startswith("warning: No script iterations")] == []
    assert result.values("http_reqs", status="200") == result.values("http_reqs") == [1]
    assert sum(result.values("data_sent")) > 7 * len("GET /held HTTP/1.1")


@pytest.mark.slow
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_a_batch_is_followed_by_teardown_and_summary(
    tmp_path: Path, signal_number: signal.Signals
) -> None:
    script = f"""
      import http from 'k6/http';
      export default function () {{
        try {{ console.log('here'); {HELD} console.log('never'); }} catch {{ http.batch([__ENV.URL]); }}
      }}
      export function teardown() {{ console.log(http.batch([`${{__ENV.URL}}/free`]).length, 'torn down'); }}
    """
    with (
        RawServer(hold) as server,
        K6pyProcess(tmp_path, script, env={"URL": http_url(server)}) as process,
    ):
        process.wait_for_line("here")
        while len(server.told) < 7:
            time.sleep(0.01)
        process.interrupt(signal_number)
        result = process.finish()
    assert result.exit_code == 105
    assert "1 torn down" in result.log and "never" not in result.log
    assert server.told.count("/held") == server.told.count("fin") == 6
    assert server.told.count("/free") == 2
    assert "0 complete and 1 interrupted iterations" in result.stdout


@pytest.mark.slow
def test_setup_may_not_batch_for_ever() -> None:
    script = f"""
      import http from 'k6/http';
      export const options = {{ setupTimeout: '300ms' }};
      export function setup() {{ {HELD} }}
      export default function () {{ console.log('never'); }}
    """
    with RawServer(hold) as server:
        result = run_script(script, env={"URL": http_url(server)})
    assert result.exit_code == 100
    cut_off(server, 6)


def test_a_virtual_user_goes_on_after_a_batch_that_was_cut_off() -> None:
    script = f"""
      import http from 'k6/http';
      export const held = () => {{ {HELD} }};
      export default function () {{
        const all = http.batch(Array(3).fill(`${{__ENV.URL}}/free`));
        console.log(all.map((r) => r.status).join(), JSON.stringify(http.cookieJar().cookiesForURL(__ENV.URL)));
      }}
    """
    with RawServer(hold) as server, single_vu(script, env={"URL": http_url(server)}) as user:
        assert user.run("held", deadline_s=0.2).interrupted
        assert not user.run().interrupted
        assert user.run("held", deadline_s=0.2).interrupted
        assert not user.run().interrupted
        assert user.log == ['200,200,200 {"a":["b"]}'] * 2
    assert server.told.count("/held") == server.told.count("fin") == 12


def test_an_upload_that_is_cut_off_leaves_nothing_behind() -> None:
    given_up = threading.Event()

    def serve(peer: Peer) -> None:
        peer.read_head()
        peer.tell("head")
        # The body, too large for any socket buffer, stays unread.
        assert given_up.wait(BOUND_S)
        peer.read_to_end()

    script = """
      import http from 'k6/http';
      const body = new ArrayBuffer(20e6);
      export default function () { http.batch(Array(2).fill(['POST', __ENV.URL, body])); }
    """
    with RawServer(serve) as server, single_vu(script, env={"URL": http_url(server)}) as user:
        assert user.run(deadline_s=1.0).interrupted
        given_up.set()
        left = [repr(task) for task in user.reactor._scheduler.tasks]
        assert [name for name in left if "_close_at_end" not in name] == []
    assert server.told == ["head", "head"]


def test_a_batch_in_a_websocket_handler_blocks_that_handler_only() -> None:
    def serve(peer: Peer) -> None:
        if peer.number == 0:
            echo(peer)
        else:
            http(lambda request: answer(200, b"b"))(peer)

    code = """
      ws.connect(URL.replace('http', 'ws'), (socket) => {
        socket.on('open', () => socket.send(http.batch([URL, URL]).map((r) => r.body).join('')));
        socket.on('message', (text) => { log(text); socket.close(); });
      });
    """
    with RawServer(serve) as server:
        result = run_iteration_code(
            code, imports=IMPORTS + "import ws from 'k6/ws';", env={"URL": http_url(server)}
        )
    assert result.lines == ["bb"]
