"""k6/http over real sockets: kept connections, TLS, deadlines, servers that break off."""

from __future__ import annotations

import json
import threading

import pytest

from tests.kit.certificates import server_context
from tests.kit.http_server import HttpRequest, answer, as_json, http, http_url, read_request
from tests.kit.raw_server import Peer, RawServer, echo
from tests.kit.run_script import run_iteration_code, run_script

IMPORTS = "import http from 'k6/http'; import ws from 'k6/ws'; const URL = __ENV.URL;"

TWO_ITERATIONS = """
  import http from 'k6/http';
  export const options = { iterations: 2 };
  export default function () {
    const numbers = [0, 1].map(() => http.get(__ENV.URL).json('connection'));
    console.log(numbers.join());
  }
"""


@pytest.mark.parametrize(
    ("flags", "lines"),
    [
        ({}, ["0,0", "0,0"]),
        ({"noVUConnectionReuse": ["true"]}, ["0,0", "1,1"]),
        ({"noConnectionReuse": ["true"]}, ["0,1", "2,3"]),
    ],
)
def test_connections_are_kept_as_the_options_say(flags: dict[str, list[str]], lines: list[str]) -> None:
    with RawServer(http(as_json)) as server:
        assert run_script(TWO_ITERATIONS, env={"URL": http_url(server)}, flags=flags).lines == lines
    closes = [r.headers.get("connection") for r in server.told if isinstance(r, HttpRequest)]
    assert closes == (["close"] * 4 if "noConnectionReuse" in flags else [None] * 4)


def test_each_virtual_user_has_its_own_connection() -> None:
    script = """
      import http from 'k6/http';
      export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 3, iterations: 2 } } };
      export default function () { http.get(__ENV.URL); }
    """
    with RawServer(http(as_json)) as server:
        run_script(script, env={"URL": http_url(server)})
    assert sorted(request.connection for request in server.told) == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_connections_end_with_the_test(native: bool) -> None:
    def serve(peer: Peer) -> None:
        request = read_request(peer)
        assert request is not None
        peer.send(answer(200))
        peer.tell(peer.read_to_end())

    with RawServer(serve) as server:
        run_iteration_code("http.get(URL);", imports=IMPORTS, env={"URL": http_url(server)}, native=native)
    assert server.told == ["fin"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_closes_without_a_word_is_connected_to_again(method: str) -> None:
    def serve(peer: Peer) -> None:
        assert read_request(peer) is not None
        peer.send(answer(200))

    code = f"""
      for (let i = 0; i < 5; i += 1) {{
        const r = http.request('{method}', URL, '{method}' === 'POST' ? 'data' : null);
        console.log(r.status, r.error);
        sleep(0.02);
      }}
    """
    with RawServer(serve) as server:
        result = run_iteration_code(
            code, imports=f"{IMPORTS} import {{ sleep }} from 'k6';", env={"URL": http_url(server)}
        )
    assert result.lines == ["200 "] * 5


# ---- TLS


def serve_tls(peer: Peer) -> None:
    peer.sock = server_context().wrap_socket(peer.sock, server_side=True)
    http(as_json)(peer)
    peer.sock.close()


def test_https_tells_version_and_cipher_suite() -> None:
    code = """
      const r = http.get(URL);
      console.log(r.status, r.tls_version, /^TLS_/.test(r.tls_cipher_suite), r.timings.tls_handshaking > 0);
      console.log(r.ocsp.status, http.get(URL).timings.tls_handshaking);
    """
    with RawServer(serve_tls) as server:
        result = run_iteration_code(
            code,
            imports=IMPORTS,
            env={"URL": http_url(server).replace("http", "https")},
            flags={"insecureSkipTLSVerify": ["true"]},
            out_samples=True,
        )
    assert result.lines == ["200 tls1.3 true true", "unknown 0"]
    assert result.values("http_reqs", tls_version="tls1.3") == [1, 1]


# ---- time


def hold(peer: Peer) -> None:
    """Reads a request and answers never."""
    assert read_request(peer) is not None
    peer.tell("asked")
    peer.tell(peer.read_to_end())


def test_a_request_that_takes_too_long_fails_with_code_1050() -> None:
    code = "const r = http.get(URL, { timeout: 100 }); console.log(r.status, r.error, r.error_code);"
    with RawServer(hold) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)}, out_samples=True)
    assert result.lines == ["0 request timeout 1050"]
    assert 50 <= result.values("http_req_waiting")[0] < 2000


def test_a_request_blocks_its_own_virtual_user_only() -> None:
    free = threading.Event()

    def respond(request: HttpRequest) -> bytes:
        # The first request is answered when the second one has come, which needs another virtual user.
        if request.target == "/first":
            assert free.wait(10)
        else:
            free.set()
        return answer(200)

    script = """
      import http from 'k6/http';
      export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 2 } } };
      export default function () {
        console.log(http.get(`${__ENV.URL}/${__VU === 1 ? 'first' : 'second'}`).status);
      }
    """
    with RawServer(http(respond)) as server:
        assert run_script(script, env={"URL": http_url(server)}).lines == ["200", "200"]


@pytest.mark.slow
def test_a_request_ends_when_its_iteration_is_cut_off() -> None:
    script = """
      import http from 'k6/http';
      export const options = { scenarios: { a: {
        executor: 'per-vu-iterations', maxDuration: '1s', gracefulStop: '0s' } } };
      export default function () { http.get(__ENV.URL); }
    """
    with RawServer(hold) as server:
        result = run_script(script, env={"URL": http_url(server)}, out_samples=True)
    assert server.told == ["asked", "fin"]
    assert result.values("iterations") == []
    assert [message for message in result.messages if message.startswith("error")] == []


# ---- bodies


def test_a_server_that_refuses_a_large_body_is_heard() -> None:
    def serve(peer: Peer) -> None:
        peer.read_head()
        peer.send(answer(413))
        peer.read_to_end()

    code = "console.log(http.post(URL, 'x'.repeat(20e6)).status, http.get(URL).status);"
    with RawServer(serve) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)})
    assert result.lines == ["413 413"]


def test_large_bodies_go_both_ways() -> None:
    code = """
      const text = 'abcdefgh'.repeat(500000);
      const r = http.post(URL, text);
      console.log(r.status, r.body === text, http.post(URL, text, { responseType: 'none' }).body);
    """
    with RawServer(http(lambda request: answer(200, request.body))) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)})
    assert result.lines == ["200 true null"]
    assert 8_000_000 < result.count("data_sent") < 8_010_000
    assert 8_000_000 < result.count("data_received") < 8_010_000


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_compressed_bodies_go_both_ways(coding: str) -> None:
    def respond(request: HttpRequest) -> bytes:
        assert request.headers["content-encoding"] == coding
        return answer(200, request.body, [("Content-Encoding", coding)])

    code = f"""
      const r = http.post(URL, 'some text', {{ compression: '{coding}' }});
      console.log(r.body, r.headers['Content-Encoding'], r.request.body);
    """
    with RawServer(http(respond)) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)})
    assert result.lines == [f"some text {coding} some text"]


def test_a_response_that_is_not_compressed_as_it_says_fails() -> None:
    code = "const r = http.get(URL); console.log(r.status, r.error_code, r.error);"
    response = answer(200, b"no gzip", [("Content-Encoding", "gzip")])
    with RawServer(http(lambda request: response)) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)}, out_samples=True)
    assert result.lines[0].startswith("0 1701 error decompressing response body (gzip: ")
    assert result.values("http_req_failed", error_code="1701") == [1]


def test_a_reset_connection_has_code_1220() -> None:
    def serve(peer: Peer) -> None:
        peer.read_head()
        peer.reset()

    code = "const r = http.get(URL); console.log(r.status, r.error_code, r.error);"
    with RawServer(serve) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)})
    assert result.lines == ["0 1220 read: connection reset by peer"]


# ---- with k6/ws


def test_cookies_go_from_http_to_a_websocket_and_the_request_blocks_the_handler() -> None:
    def serve(peer: Peer) -> None:
        if peer.number == 0:
            http(lambda request: answer(200, headers=[("Set-Cookie", "a=b")]))(peer)
        else:
            echo(peer)

    code = """
      http.get(URL);
      ws.connect(URL.replace('http', 'ws'), (socket) => {
        socket.on('open', () => socket.send(`status ${http.get(URL).status}`));
        socket.on('message', (text) => { console.log(text); socket.close(); });
      });
      console.log(JSON.stringify(http.cookieJar().cookiesForURL(URL)));
    """
    with RawServer(serve) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)})
    assert result.lines == ["status 200", json.dumps({"a": ["b"]}, separators=(",", ":"))]
