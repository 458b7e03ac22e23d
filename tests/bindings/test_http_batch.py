"""http.batch() as scripts use it: every shape of a request, what is none, failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.kit.http_server import HttpRequest, answer, as_json, http, http_url
from tests.kit.raw_server import RawServer
from tests.kit.run_script import Result, run_iteration_code, run_script

IMPORTS = """
import http from 'k6/http';
const seen = [];
const URL = __ENV.URL;
const thrown = (action) => { try { action(); } catch (e) { return String(e); } return 'nothing'; };
const told = (r) => [r.status, r.request.method, r.request.body, r.json('target')];
"""


def respond(request: HttpRequest) -> bytes | None:
    if request.target == "/drop":
        return None
    if request.target.startswith("/cookie"):
        name = request.target.rpartition("/")[2]
        return answer(200, headers=[("Set-Cookie", f"{name}=1; Path=/")])
    if request.target == "/redirect":
        return answer(302, headers=[("Location", "/there")])
    if request.target == "/bytes":
        return answer(200, request.body)
    return as_json(request)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(http(respond)) as server:
        yield server


def run(server: RawServer, code: str, **how: Any) -> tuple[list[Any], Result]:
    """What the code pushed to `seen`, and the run."""
    code = f"try {{ {code} }} finally {{ console.log(JSON.stringify(seen)); }}"
    result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)}, out_samples=True, **how)
    return json.loads(result.lines[-1]), result


def targets(server: RawServer) -> list[str]:
    return sorted(told.target for told in server.told if isinstance(told, HttpRequest))


# ---- what a request looks like


SHAPES = {
    "URL + '/a'": [200, "GET", "", "/a"],
    "http.url`${URL}/a/${1}`": [200, "GET", "", "/a/1"],
    "['GET', URL + '/a']": [200, "GET", "", "/a"],
    "['POST', URL + '/a', 'body']": [200, "POST", "body", "/a"],
    "['PUT', http.url`${URL}/${1}`, { a: [1, 2] }, null, 'more']": [200, "PUT", "a=1&a=2", "/1"],
    "['GET', URL + '/a', 'body']": [200, "GET", "body", "/a"],
    "['POST', URL + '/a', null, {}]": [200, "POST", "", "/a"],
    "{ url: URL + '/a' }": [200, "GET", "", "/a"],
    "{ url: http.url`${URL}/${1}`, method: 'post', body: 'body' }": [200, "POST", "body", "/1"],
    "{ url: URL + '/a', method: 'GET', body: 'body' }": [200, "GET", "", "/a"],
    "{ url: URL + '/a', method: 'DELETE', body: { x: 'y z' } }": [200, "DELETE", "x=y+z", "/a"],
}


def test_shapes_of_a_request(server: RawServer) -> None:
    seen, _ = run(server, f"seen.push(...http.batch([{', '.join(SHAPES)}]).map(told));")
    assert dict(zip(SHAPES, seen, strict=True)) == SHAPES


def test_responses_have_the_places_of_their_requests(server: RawServer) -> None:
    code = """
      const list = http.batch(Array.from({ length: 30 }, (_, i) => `${URL}/${i}`));
      seen.push(Array.isArray(list), list.map((r) => r.json('target').slice(1)).join());
      const named = http.batch({ z: URL + '/z', a: ['POST', URL + '/a', 'd'], m: { url: URL + '/m' } });
      seen.push(Object.entries(named).map(([name, r]) => name + r.json('target')));
      seen.push(http.batch(new Set([URL + '/s'])).length, http.batch([]), http.batch({}));
    """
    numbers = ",".join(map(str, range(30)))
    assert run(server, code)[0] == [True, numbers, ["z/z", "a/a", "m/m"], 1, [], {}]


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_bodies_of_all_kinds_go_and_come_together(server: RawServer, native: bool) -> None:
    code = """
      const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
      const params = { responseType: 'binary' };
      const bodies = [bytes.buffer, 'text ä😀', bytes.subarray(10, 20), null, new ArrayBuffer(0), 'a\\ud800b'];
      const all = http.batch(bodies.map((body) => ['POST', URL + '/bytes', body, params]));
      seen.push(all.map((r) => r.body.byteLength), [...new Uint8Array(all[2].body)]);
      const { file } = http;
      const upload = http.batch({ up: ['POST', URL + '/x', { f: file(bytes.slice(65, 68).buffer, 'n'), g: 1 }] }).up;
      seen.push(upload.json('body').includes('ABC'), upload.json('headers.content-type').slice(0, 19));
    """
    seen, _ = run(server, code, native=native)
    sent = [
        bytes(i % 256 for i in range(300)),
        "text ä😀".encode(),
        bytes(range(10, 20)),
        b"",
        b"",
        "a\ufffdb".encode(),
    ]
    assert seen == [[len(body) for body in sent], list(range(10, 20)), True, "multipart/form-data"]
    came = [told.body for told in server.told if isinstance(told, HttpRequest) and told.target == "/bytes"]
    assert sorted(came) == sorted(sent)


def test_params_are_those_of_single_requests(server: RawServer) -> None:
    code = """
      const jar = new http.CookieJar();
      const [a, b, c] = http.batch([
        ['GET', URL + '/a', null, { headers: { 'X-A': 'b' }, tags: { my: 'tag' }, cookies: { c: 'd' } }],
        { url: URL + '/redirect', params: { redirects: 0, responseType: 'none', responseCallback: null } },
        { url: URL + '/cookie/n', params: { jar } },
      ]);
      seen.push(a.json('headers.x-a'), a.json('headers.cookie'), b.status, b.body, jar.cookiesForURL(URL));
      seen.push(http.cookieJar().cookiesForURL(URL), http.batch([http.url`${URL}/${5}`])[0].status);
    """
    seen, result = run(server, code)
    assert seen == ["b", "c=d", 302, None, {"n": ["1"]}, {}, 200]
    assert result.values("http_reqs", my="tag", url=f"{http_url(server)}/a") == [1]
    assert result.values("http_reqs", name="${}/${}") == [1]
    assert result.values("http_req_failed", status="302") == []


def test_samples_carry_the_group_and_the_tags_of_the_virtual_user(server: RawServer) -> None:
    code = """
      exec.vu.metrics.tags.mine = 'yes';
      group('batch', () => http.batch([URL + '/a', URL + '/redirect', 'http://127.0.0.1:1/']));
      http.get(URL);
    """
    imports = "import exec from 'k6/execution'; import { group } from 'k6';"
    result = run_iteration_code(
        code, imports=IMPORTS + imports, env={"URL": http_url(server)}, out_samples=True
    )
    assert result.values("http_reqs", group="::batch", mine="yes") == [1] * 4
    assert sorted(result.values("http_req_failed", group="::batch")) == [0, 0, 0, 1]
    assert result.values("http_reqs", group="") == [1]
    assert len(result.values("http_req_duration")) == 5


# ---- what is no request


NO_REQUESTS = [
    ("null", "invalid URL: '#<nil>'", 1020),
    ("5", "invalid URL: '#5'", 1020),
    ("'http://[x'", "invalid URL: parse \"http://[x\": missing ']' in host", 1020),
    ("[]", "invalid batch request '[]interface {}{}'", 0),
    ("['GET']", "invalid batch request '[]interface {}{\"GET\"}'", 0),
    ("['GET', null]", "invalid URL: '#<nil>'", 1020),
    ("[5, URL]", "invalid method type '5'", 0),
    ("{}", "batch request 1 doesn't have a url key", 0),
    ("{ url: null }", "invalid URL: '#<nil>'", 1020),
    ("{ url: URL, method: null }", "invalid method type '<nil>'", 0),
    ("['POST', URL, 5]", "unknown request body type int64", 0),
    ("['GET', URL, null, { responseType: 'odd' }]", "odd does not belong to ResponseType values", 0),
    ("['GET', URL, null, { tags: { a: [] }, throw: true }]", "invalid HTTP request metric tags: ", 0),
]


def test_one_that_is_no_request_keeps_all_from_being_sent(server: RawServer) -> None:
    items = ", ".join(item for item, _, _ in NO_REQUESTS)
    code = f"""
      for (const item of [{items}]) {{
        const [first, second, third] = http.batch([URL + '/1', item, URL + '/2']);
        seen.push([first.status, first.error, first.request, third, second.error_code, second.error]);
      }}
    """
    seen, result = run(server, code)
    warnings = [entry for entry in result.log if entry["level"] == "warning"]
    for got, warning, (_, error, code) in zip(seen, warnings, NO_REQUESTS, strict=True):
        assert got[:5] == [0, "", None, None, code]
        assert got[5].startswith(error)
        assert (warning["msg"], warning["error"]) == ("A batch request failed", got[5])
    assert targets(server) == []
    assert result.values("http_reqs") == []


def test_the_names_behind_one_that_is_no_request_are_left_out(server: RawServer) -> None:
    code = "const all = http.batch({ a: URL, b: {}, c: URL }); seen.push(Object.keys(all), all.b.error);"
    assert run(server, code)[0] == [["a", "b"], "batch request b doesn't have a url key"]


NO_BATCHES = {
    "": "no argument was provided to http.batch()",
    "[URL], {}": "http.batch() accepts only an array or an object of requests",
    "null": "invalid http.batch() argument type <nil>",
    "URL": "invalid http.batch() argument type string",
    "5": "invalid http.batch() argument type int64",
    "0.5": "invalid http.batch() argument type float64",
    "true": "invalid http.batch() argument type bool",
    "() => 1": "invalid http.batch() argument type func(sobek.FunctionCall) sobek.Value",
    "new Uint8Array(2)": "invalid http.batch() argument type []uint8",
    "new Map()": "invalid http.batch() argument type [][2]interface {}",
    "new Date()": "invalid http.batch() argument type time.Time",
    "new ArrayBuffer(2)": "invalid http.batch() argument type sobek.ArrayBuffer",
}


def test_arguments_that_are_no_batch(server: RawServer) -> None:
    code = "".join(f"seen.push(thrown(() => http.batch({arguments})));" for arguments in NO_BATCHES)
    assert run(server, code)[0] == [f"GoError: {error}" for error in NO_BATCHES.values()]


def test_an_exception_of_the_scripts_own_code_stays_what_it_is(server: RawServer) -> None:
    code = "seen.push(thrown(() => http.batch([URL, { get url() { throw new RangeError('x'); } }])));"
    assert run(server, code)[0] == ["RangeError: x"]
    assert targets(server) == []


def test_batches_are_refused_in_the_init_context() -> None:
    script = """
      import http from 'k6/http';
      let text;
      try { http.batch(); } catch (e) { text = String(e); }
      export default function () { console.log(text); }
    """
    assert run_script(script).lines == ["GoError: Using batch in the init context is not supported"]


# ---- failures


def test_a_request_that_fails_leaves_the_others_alone(server: RawServer) -> None:
    code = """
      const all = http.batch([URL + '/a', URL + '/drop', 'ftp://x/', URL + '/b']);
      seen.push(all.map((r) => r.status), all[1].error, all[2].error, all[1].request.method);
    """
    seen, result = run(server, code)
    assert seen == [[200, 0, 0, 200], "EOF", 'unsupported protocol scheme "ftp"', "GET"]
    warnings = [entry["error"] for entry in result.log if entry["msg"] == "Request Failed"]
    assert sorted(warnings) == [
        'Get "ftp://x/": unsupported protocol scheme "ftp"',
        f'Get "{http_url(server)}/drop": EOF',
    ]
    assert sorted(result.values("http_req_failed")) == [0, 0, 1, 1]


def test_a_request_that_is_to_throw_does_so_when_all_others_are_done(server: RawServer) -> None:
    code = """
      const throwing = { throw: true };
      seen.push(thrown(() => http.batch([['GET', URL + '/drop', null, throwing], 'ftp://x/', URL + '/a', URL + '/b'])));
      seen.push(http.get(URL + '/after').status);
    """
    seen, result = run(server, code, flags={"batch": ["1"]})
    assert seen == [f'GoError: Get "{http_url(server)}/drop": EOF', 200]
    assert {"/a", "/b", "/after"} <= set(targets(server))
    assert [entry["error"] for entry in result.log if entry["msg"] == "Request Failed"] == [
        'Get "ftp://x/": unsupported protocol scheme "ftp"'
    ]


def test_the_option_throw_makes_exceptions_of_all_failures(server: RawServer) -> None:
    code = """
      seen.push(thrown(() => http.batch([URL, 'ftp://x/'])), thrown(() => http.batch([URL, []])));
      seen.push(thrown(() => http.batch([['GET', 'ftp://x/', null, { throw: false }]])));
    """
    seen, _ = run(server, code, flags={"throw": ["true"]})
    assert seen == [
        'GoError: Get "ftp://x/": unsupported protocol scheme "ftp"',
        "GoError: invalid batch request '[]interface {}{}'",
        "nothing",
    ]


def test_what_is_not_there_is_thrown(server: RawServer) -> None:
    seen, _ = run(server, "seen.push(thrown(() => http.batch([['GET', URL, null, { auth: 'ntlm' }]])));")
    assert seen[0].startswith("GoError: auth 'ntlm' is not available")
