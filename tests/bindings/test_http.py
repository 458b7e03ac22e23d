"""k6/http as scripts use it, against a server that tells what came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.kit.http_server import HttpRequest, answer, as_json, http, http_url
from tests.kit.raw_server import Peer, RawServer
from tests.kit.run_script import Result, run_iteration_code, run_script

IMPORTS = """
import http from 'k6/http';
import { check } from 'k6';
const seen = [];
const URL = __ENV.URL;
const thrown = (action) => { try { action(); } catch (e) { return String(e); } return 'nothing'; };
"""


def respond(request: HttpRequest) -> bytes | None:
    path = request.target.partition("?")[0]
    if path.startswith("/status/"):
        return answer(int(path.rpartition("/")[2]))
    if path == "/redirect":
        return answer(302, headers=[("Location", "/anything"), ("Set-Cookie", "hop=1")])
    if path == "/loop":
        return answer(302, headers=[("Location", "/loop")])
    if path == "/nowhere":
        return answer(302, headers=[("Location", "http://[x")])
    if path == "/away":
        return answer(302, headers=[("Location", "ftp://x.test/")])
    if path == "/headers":
        pairs = [("x-some", "1"), ("X-Some", "2"), ("$slot", "0"), ("__proto__", "3")]
        return answer(200, b"", [*pairs, ("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "a=c; Path=/p")])
    if path == "/echo":
        return answer(200, request.body)
    if path == "/drop":
        return None
    return as_json(request)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(http(respond)) as server:
        yield server


def run(server: RawServer, code: str, **how: Any) -> tuple[list[Any], Result]:
    """What the code pushed to `seen`, and the run."""
    code = f"try {{ {code} }} finally {{ console.log(JSON.stringify(seen)); }}"
    env = {"URL": http_url(server)}
    result = run_iteration_code(code, imports=IMPORTS, env=env, out_samples=True, **how)
    return json.loads(result.lines[-1]), result


def requests(server: RawServer) -> list[HttpRequest]:
    return [told for told in server.told if isinstance(told, HttpRequest)]


# ---- bodies


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 65535, 200_000])
def test_bytes_come_back_as_they_went(server: RawServer, native: bool, size: int) -> None:
    code = f"""
      const sent = new Uint8Array({size});
      for (let i = 0; i < sent.length; i += 1) sent[i] = (i >> 1) + (i & 1) * 0xd8 + i * 7;
      for (const body of [sent.buffer, sent, new DataView(sent.buffer)]) {{
        const r = http.post(URL + '/echo', body, {{ responseType: 'binary' }});
        const got = new Uint8Array(r.body);
        seen.push(r.body instanceof ArrayBuffer && got.length === {size} && got.every((b, i) => b === sent[i]));
      }}
    """
    assert run(server, code, native=native)[0] == [True, True, True]


@pytest.mark.parametrize("text", ["", "ä€😀", "\\u0000", "\\u2028\"'\\\\"])
def test_text_comes_back_as_it_went(server: RawServer, text: str) -> None:
    code = f"""
      const text = `{text}`;
      const r = http.post(URL + '/echo', text);
      seen.push(r.body === text, r.request.body === text);
    """
    assert run(server, code)[0] == [True, True]


def test_text_that_is_no_unicode_gets_replacement_characters(server: RawServer) -> None:
    seen, _ = run(
        server,
        """
          seen.push(http.post(URL + '/echo', new Uint8Array([0x61, 0xff, 0x62])).body);
          seen.push(http.post(URL + '/echo', 'a\\ud800b').body, http.post(URL + '/echo', { x: '\\ud800' }).body);
        """,
    )
    assert seen == ["a\ufffdb", "a\ufffdb", "x=%EF%BF%BD"]


def test_forms_are_sorted_and_escaped_as_go_does(server: RawServer) -> None:
    code = "seen.push(http.post(URL + '/echo', { b: \"!'()*~-_. ä\", a: [1, null], c: undefined }).body);"
    expected = "a=1&a=%3Cnil%3E&b=%21%27%28%29%2A~-_.+%C3%A4&c=%3Cnil%3E"
    assert run(server, code)[0] == [expected]


def test_a_body_of_another_type_is_no_request(server: RawServer) -> None:
    code = "seen.push(...[5, true, [1]].map((b) => http.post(URL + '/echo', b).error));"
    expected = [f"unknown request body type {kind}" for kind in ("int64", "bool", "[]interface {}")]
    assert run(server, code)[0] == expected
    assert requests(server) == []


# ---- responses


def test_names_that_a_server_chooses_are_only_names(server: RawServer) -> None:
    seen, _ = run(
        server,
        """
          const r = http.get(URL + '/headers', { responseType: 'binary' });
          seen.push(r.headers['X-Some'], r.headers.$slot, Object.hasOwn(r.headers, '__proto__'));
          seen.push(r.body.byteLength, r.cookies.a.map((c) => c.value + c.path));
        """,
    )
    assert seen == ["1, 2", "0", True, 0, ["b/", "c/p"]]


@pytest.mark.parametrize(
    ("selector", "value"),
    [
        ("a.b.1", 2),
        ("a\\\\.b", 3),
        ("a.b.#", 2),
        ("a", {"b": [1, 2]}),
        ("n", None),
        ("n.x", "undefined"),
        ("a.#", "undefined"),
        ("a.b.x", "undefined"),
        ("a.b.length", "undefined"),
        ("toString", "undefined"),
        ("", "undefined"),
        ("a.b.#(>1)", 2),
        ("list.#.c", [1, 2]),
        ("{n,x:a.b.0}", {"n": None, "x": 1}),
        ("@this.n", None),
        ("$slot", 5),
        ("[$slot]", [5]),
        ("[lone]", ["\ud800"]),
        ("[huge]", [1.7976931348623157e308]),
    ],
)
def test_json_selectors(server: RawServer, selector: str, value: object) -> None:
    code = f"""
      const r = http.post(URL + '/echo', '{{"a": {{"b": [1, 2]}}, "a.b": 3, "n": null,'
        + '"list": [{{"c": 1}}, {{"c": 2}}], "$slot": 5, "lone": "\\\\ud800", "huge": 1e999}}');
      let got;
      try {{ got = r.json('{selector}'); }} catch (e) {{ got = String(e); }}
      seen.push(got === undefined ? 'undefined' : got);
    """
    assert run(server, code)[0] == [value]


def test_what_a_selector_gives_is_the_scripts_own(server: RawServer) -> None:
    code = """
      const r = http.post(URL + '/echo', '{"a": {"b": 1}}');
      r.json('a').b = 2;
      seen.push(r.json('a.b'));
      r.body = '{"a": {"b": 3}}';
      seen.push(r.json('a.b'));
    """
    assert run(server, code)[0] == [1, 3]


def test_a_body_that_is_no_json(server: RawServer) -> None:
    code = """
      const r = http.post(URL + '/echo', '<html>');
      seen.push(thrown(() => r.json()).slice(0, 42), String(r.json('a')));
      seen.push(thrown(() => http.get(URL, { responseType: 'none' }).json('a')).slice(0, 25));
    """
    expected = ["GoError: cannot parse json due to an error", "undefined", "GoError: the body is null "[:25]]
    assert run(server, code)[0] == expected


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("http.get(URL, { auth: 'ntlm' })", "auth 'ntlm'"),
    ],
)
def test_what_is_not_there_says_so(server: RawServer, call: str, name: str) -> None:
    seen, _ = run(server, f"seen.push(thrown(() => {call}));")
    assert seen[0].startswith(f"GoError: {name} is not available in this version of k6py")


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_that_cannot_have_a_body_has_none(server: RawServer, status: int) -> None:
    code = f"seen.push(http.get(URL + '/status/{status}').body, http.get(URL + '/status/200').body);"
    assert run(server, code)[0] == [None, ""]


def test_urls_are_shown_as_they_are_sent(server: RawServer) -> None:
    seen, result = run(
        server,
        "const r = http.get(URL.replace('http', 'HTTP') + '/a ü?b=c d#e'); seen.push(r.url, r.request.url);",
    )
    shown = f"{http_url(server)}/a%20%C3%BC?b=c d#e"
    assert seen == [shown, shown]
    assert result.values("http_reqs", url=shown, name=shown) == [1]
    assert requests(server)[0].target == "/a%20%C3%BC?b=c%20d"


def test_a_response_as_a_page(server: RawServer, native: bool) -> None:
    code = """
      const page = '<ul><li>ä<li><a href="x?y">b</a></ul>';
      const r = http.post(URL + '/echo', page);
      seen.push(r.html().find('li').size(), r.html('li').text(), r.html(undefined).size());
      seen.push(r.html('a').get(0).href().replace(URL, ''));
      seen.push(http.post(URL + '/echo', page, { responseType: 'binary' }).html('li').text());
      const none = http.post(URL + '/echo', page, { responseType: 'none' });
      seen.push(thrown(() => none.html()).slice(0, 54));
      seen.push(http.get(URL + '/redirect').html().url.replace(URL, ''));
    """
    refused = "GoError: the body is null so we can't transform it to HTML"[:54]
    assert run(server, code, native=native)[0] == [2, "äb", 0, "/x?y", "äb", refused, "/anything"]


# ---- params that are wrong


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ("responseType: 'odd'", "odd does not belong to ResponseType values"),
        ("responseType: null", "null does not belong to ResponseType values"),
        (
            "compression: 'lzw'",
            "unknown compression algorithm lzw, supported algorithms are [gzip deflate zstd br]",
        ),
        ("timeout: 'soon'", 'invalid timeout value: time: invalid duration "soon"'),
        ("timeout: true", "invalid timeout value: unable to use type bool as a duration value"),
        (
            "tags: { a: {} }",
            "invalid HTTP request metric tags: invalid value for metric tag 'a': only String, Boolean and Number"
            " types are accepted as a metric tag values",
        ),
        ("responseCallback: 1", "unsupported responseCallback"),
    ],
)
def test_wrong_params_are_a_warning_and_no_request(server: RawServer, params: str, error: str) -> None:
    code = f"""
      const r = http.post(URL, 'x', {{ {params} }});
      seen.push(r.status, r.url, r.error, r.error_code, r.body, r.request, r.json('a') === undefined);
      seen.push(http.post(URL, 'x', {{ {params}, throw: true }}).status);
    """
    seen, result = run(server, code)
    assert seen == [0, "", error, 0, [], None, True, 0]
    assert [entry["error"] for entry in result.log if entry["msg"] == "Request Failed"] == [error] * 2
    assert requests(server) == []
    assert result.values("http_reqs") == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [("null", "<nil>"), ("5", "5"), ("{ a: [1] }", "map[a:[1]]"), ("undefined", "<nil>")],
)
def test_what_is_no_address_is_no_request(server: RawServer, address: str, shown: str) -> None:
    seen, _ = run(server, f"const r = http.get({address}); seen.push(r.error, r.error_code);")
    assert seen == [f"invalid URL: '#{shown}'", 1020]


def test_the_option_throw_makes_exceptions_of_wrong_params_too(server: RawServer) -> None:
    code = "seen.push(thrown(() => http.get(URL, { responseType: 'odd' })), thrown(() => http.get('http://[x')));"
    seen, _ = run(server, code, flags={"throw": ["true"]})
    assert seen == [
        "GoError: odd does not belong to ResponseType values",
        "GoError: invalid URL: parse \"http://[x\": missing ']' in host",
    ]


def test_a_timeout_of_nothing_is_over_at_once(server: RawServer) -> None:
    code = "seen.push(...[0, -1, NaN].map((timeout) => http.get(URL, { timeout }).error_code));"
    seen, result = run(server, code)
    assert seen == [1050] * 3
    assert requests(server) == []
    assert result.values("http_reqs", error_code="1050") == [1] * 3


def test_headers_that_k6_will_not_send_are_warned_of(server: RawServer) -> None:
    code = """
      const headers = { 'content-length': '5', 'Content-Encoding': 'own' };
      const sent = http.post(URL, 'data', { headers, compression: 'gzip' }).json('headers');
      seen.push(sent['content-encoding'], sent['content-length'] !== '5');
      http.get(URL, { headers: { 'Content-Length': '0' } });
      http.post(URL, 'data', { headers: { 'Content-Encoding': 'gzip' }, compression: 'gzip' });
    """
    seen, result = run(server, code)
    assert seen == ["own", True]
    warnings = [message for message in result.messages if message.startswith("warning")]
    assert [message[:40] for message in warnings] == [
        "warning: There's a mismatch between the ",
        "warning: The specified Content-Length he",
    ]


def test_an_exception_of_the_scripts_own_code_stays_what_it_is(server: RawServer) -> None:
    code = "seen.push(thrown(() => http.get(URL, { headers: { get a() { throw new RangeError('x'); } } })));"
    assert run(server, code)[0] == ["RangeError: x"]


# ---- failures


def test_a_failed_request_is_a_warning_or_an_exception(server: RawServer) -> None:
    seen, result = run(
        server,
        """
          const r = http.get(URL + '/drop');
          seen.push(r.status, r.error, r.error_code, r.body, r.headers, r.proto, r.url === URL + '/drop');
          seen.push(thrown(() => http.get(URL + '/drop', { throw: true })));
        """,
    )
    url = http_url(server)
    assert seen == [0, "EOF", 1000, None, {}, "", True, f'GoError: Get "{url}/drop": EOF']
    warnings = [entry["error"] for entry in result.log if entry["msg"] == "Request Failed"]
    assert warnings == [f'Get "{url}/drop": EOF']
    tags = {"error": "EOF", "error_code": "1000", "status": "0", "expected_response": "false"}
    assert result.values("http_reqs", **tags) == [1, 1]
    assert result.values("http_req_failed", **tags) == [1, 1]


def test_a_header_that_http_cannot_carry_is_a_failed_request(server: RawServer) -> None:
    seen, result = run(server, "seen.push(http.get(URL, { headers: { 'a b': 'c' } }).error);")
    assert seen == ['net/http: invalid header field name "A b"']
    assert len(result.values("http_reqs", status="0")) == 1


def test_a_password_is_in_no_log_and_no_tag(server: RawServer) -> None:
    code = "http.get(URL.replace('//', '//me:secret@') + '/drop'); http.get('http://me:secret@[x');"
    _, result = run(server, code)
    assert "secret" not in json.dumps([result.log, result.samples])


# ---- redirects


def test_cookies_of_a_hop_are_sent_with_the_next(server: RawServer) -> None:
    seen, _ = run(
        server, "seen.push(http.get(URL + '/redirect', { cookies: { own: 'x' } }).json('headers.cookie'));"
    )
    assert seen == ["own=x; hop=1"]


@pytest.mark.parametrize(
    ("params", "hops", "warnings"), [("", 11, 1), ("redirects: 3", 4, 0), ("redirects: 0", 1, 0)]
)
def test_the_last_redirect_is_the_response_at_the_limit(
    server: RawServer, params: str, hops: int, warnings: int
) -> None:
    seen, result = run(
        server, f"const r = http.get(URL + '/loop', {{ {params} }}); seen.push(r.status, r.error);"
    )
    assert seen == [302, ""]
    assert result.values("http_reqs") == [1] * hops
    stopped = [message for message in result.messages if message.startswith("warning: Stopped after")]
    assert len(stopped) == warnings


def test_a_redirect_to_another_scheme_is_an_error(server: RawServer) -> None:
    seen, result = run(server, "const r = http.get(URL + '/away'); seen.push(r.status, r.error, r.url);")
    assert seen == [0, 'unsupported protocol scheme "ftp"', "ftp://x.test/"]
    assert len(result.values("http_reqs", status="302")) == 1


def test_a_location_that_is_no_url_fails_the_request_that_got_it(server: RawServer) -> None:
    seen, result = run(
        server,
        "const r = http.get(URL + '/nowhere'); seen.push(r.status, r.error_code, r.url === URL + '/nowhere');",
    )
    assert seen == [0, 1000, True]
    error = 'failed to parse Location header "http://[x": parse "http://[x": missing \']\' in host'
    assert result.values("http_reqs", status="0", error=error) == [1]
    assert result.values("http_reqs") == [1]


# ---- metrics and tags


def test_every_metric_has_one_sample_per_request(server: RawServer) -> None:
    _, result = run(server, "http.get(URL); http.get(URL + '/status/500', { tags: { my: 'tag' } });")
    for name in ("duration", "blocked", "connecting", "tls_handshaking", "sending", "waiting", "receiving"):
        assert len(result.values(f"http_req_{name}")) == 2
    assert result.values("http_req_failed", status="200") == [0]
    assert result.values("http_req_failed", status="500", my="tag", error_code="1500") == [1]


def test_the_response_callback_decides_what_failed(server: RawServer) -> None:
    code = """
      const go = (status, params) => http.get(`${URL}/status/${status}`, params);
      http.setResponseCallback(http.expectedStatuses(404, { min: 500, max: 502 }));
      go(404); go(502); go(200);
      go(200, { responseCallback: http.expectedStatuses(200) });
      go(503, { responseCallback: null });
      for (const bad of [['200'], [{ min: 1 }], [1.5], [null], [], [{ min: '1', max: 2 }]]) {
        seen.push(thrown(() => http.expectedStatuses(...bad)));
      }
      seen.push(...[undefined, 1, {}].map((bad) => thrown(() => http.setResponseCallback(bad))));
    """
    seen, result = run(server, code)
    neither = (
        "GoError: argument number 1 to expectedStatuses was neither an integer nor an object like"
        " {min:100, max:329}"
    )
    assert seen == [
        *[neither] * 4,
        "GoError: no arguments",
        "GoError: both min and max need to be integers for argument number 1",
        *["GoError: unsupported argument, expected http.expectedStatuses"] * 3,
    ]
    assert result.values("http_req_failed") == [0, 0, 1, 0]


def test_a_url_made_by_the_template_tag_has_one_name(server: RawServer) -> None:
    _, result = run(server, "http.get(http.url`${URL}/status/${200}`);")
    assert result.values("http_reqs", name="${}/status/${}", url="${}/status/${}") == [1]


# ---- cookie jars


def test_a_jar_keeps_what_a_script_puts_into_it(server: RawServer) -> None:
    code = """
      const jar = new http.CookieJar();
      const at = 'http://a.test/p/x';
      const show = (url) => seen.push(JSON.stringify(jar.cookiesForURL(url)));
      seen.push(jar.set(at, 'a', '1'), jar.set(at, 'b', 2, { path: '/', domain: 'a.test' }));
      jar.set(at, 'no', 'x', { domain: 'b.test' });
      jar.set(at, 'old', 'x', { expires: 'Thu, 01 Jan 1970 00:00:01 GMT' });
      show(at); show('http://sub.a.test/'); show('http://b.test/');
      jar.delete(at, 'a'); show(at);
      jar.clear(at); show(at);
      seen.push(thrown(() => jar.set(at, 'a', '1', { expires: 'soon' })));
    """
    assert run(server, code)[0] == [
        True,
        True,
        '{"a":["1"],"b":["2"]}',
        '{"b":["2"]}',
        "{}",
        '{"b":["2"]}',
        "{}",
        'GoError: unable to parse "expires" date string "soon"',
    ]


def test_a_jar_refuses_what_is_no_url(server: RawServer) -> None:
    calls = ["set(url, 'a', 'b')", "cookiesForURL(url)", "clear(url)", "delete(url, 'a')"]
    code = "const jar = http.cookieJar(); const url = 'http://[x';" + "".join(
        f"seen.push(thrown(() => jar.{call}));" for call in calls
    )
    seen, _ = run(server, f"{code} jar.set(URL, 'none', null); seen.push(jar.cookiesForURL(URL));")
    assert seen == [*["GoError: parse \"http://[x\": missing ']' in host"] * 4, {"none": [""]}]


def test_the_own_jar_is_new_in_each_iteration_and_others_stay(server: RawServer) -> None:
    script = """
      import http from 'k6/http';
      const jar = new http.CookieJar();
      export const options = { iterations: 2 };
      export default function () {
        const cookies = (params) => http.get(__ENV.URL, params).json('headers.cookie') ?? 'none';
        console.log(cookies(), cookies({ jar }));
        http.cookieJar().set(__ENV.URL, 'own', '1');
        jar.set(__ENV.URL, 'kept', '1');
      }
    """
    assert run_script(script, env={"URL": http_url(server)}).lines == ["none none", "none kept=1"]


# ---- the init context


def test_requests_and_the_own_jar_are_refused_in_the_init_context(server: RawServer) -> None:
    script = """
      import http from 'k6/http';
      const thrown = (action) => { try { action(); } catch (e) { return String(e); } return 'nothing'; };
      const texts = [thrown(() => http.get(__ENV.URL)), thrown(() => http.cookieJar())];
      const callback = http.expectedStatuses(404);
      http.setResponseCallback(callback);
      export default function () {
        texts.forEach((text) => console.log(text));
        console.log(http.get(`${__ENV.URL}/status/404`).status);
      }
    """
    result = run_script(script, env={"URL": http_url(server)}, out_samples=True)
    assert result.lines == [
        "GoError: Making http requests in the init context is not supported",
        "GoError: Making cookie jars in the init context is not supported",
        "404",
    ]
    assert result.values("http_req_failed") == [0]


# ---- asyncRequest


def test_async_requests_run_beside_each_other_and_keep_the_tags_of_their_call(server: RawServer) -> None:
    script = """
      import http from 'k6/http';
      import { group } from 'k6';
      export default async function () {
        const order = [];
        let all;
        group('g', () => {
          all = [1, 2, 3].map((n) => http.asyncRequest('POST', __ENV.URL + '/echo', `body ${n}`, { tags: { n } })
            .then((r) => { order.push(r.body); return r.status; }));
        });
        order.push('asked');
        console.log((await Promise.all(all)).join(), order[0], order.slice(1).sort().join());
      }
    """
    result = run_script(script, env={"URL": http_url(server)}, out_samples=True)
    assert result.lines == ["200,200,200 asked body 1,body 2,body 3"]
    assert [result.values("http_reqs", group="::g", n=n) for n in "123"] == [[1], [1], [1]]


def test_async_request_that_fails_warns_or_rejects(server: RawServer) -> None:
    script = """
      import http from 'k6/http';
      export default async function () {
        const { status } = await http.asyncRequest('GET', 'http://127.0.0.1:1/');
        const rejected = http.asyncRequest('GET', 'http://127.0.0.1:1/', null, { throw: true });
        console.log(status, await rejected.catch((e) => e.name));
        http.asyncRequest('GET', 'http://127.0.0.1:1/', null, { throw: true });
      }
    """
    result = run_script(script)
    assert result.lines == ["0 GoError"]
    first, second = result.messages
    assert first == "warning: Request Failed"
    assert second.startswith("error: Uncaught (in promise) GoError: ")


def test_async_requests_of_an_iteration_that_is_cut_off_are_given_up() -> None:
    def serve(peer: Peer) -> None:
        peer.read_head()
        peer.tell(peer.read_to_end())

    with RawServer(serve) as server:
        script = """
          import http from 'k6/http';
          export const options = { scenarios: { a: {
            executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
          export default function () {
            http.asyncRequest('GET', __ENV.URL).then(() => console.log('never'));
          }
        """
        result = run_script(script, env={"URL": http_url(server)})
    assert result.lines == []
    assert "0 complete and 1 interrupted iterations" in result.stdout
    assert server.told == ["fin"]


def test_jars_that_are_forgotten_while_an_iteration_is_cut_off_do_no_harm() -> None:
    script = """
      import http from 'k6/http';
      export const options = { scenarios: { a: {
        executor: 'per-vu-iterations', vus: 1, iterations: 2, maxDuration: '1s', gracefulStop: '0s' } } };
      export default function () {
        for (let n = 0; n < 500; n += 1) new http.CookieJar();
        if (__ITER === 0) { for (let n = 0; n < 500; n += 1) ({ jar: new http.CookieJar() }); return; }
        while (true) {}
      }
      export function teardown() { console.log('teardown'); }
    """
    result = run_script(script)
    assert result.exit_code == 0
    assert result.lines == ["teardown"]
