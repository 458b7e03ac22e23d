"""Digest authentication: RFC 7616's own examples, and what servers write."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from jsbindings.http import digest
from jsbindings.http.digest import Challenge, answer, find_challenge
from tests.kit.http_server import HttpRequest, as_json, http, http_url
from tests.kit.http_server import answer as respond_with
from tests.kit.raw_server import RawServer
from tests.kit.run_script import run_iteration_code

IMPORTS = "import http from 'k6/http'; const URL = __ENV.URL.replace('//', '//me:secret@');"


def fields(header: str) -> dict[str, str]:
    assert header.startswith("Digest ")
    return {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|[^,]+)', header)}


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_the_rfc(algorithm: str, response: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Section 3.9.1.
    nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr(digest.secrets, "token_hex", lambda size: nonce)
    opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    header = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", '
        f'algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="{opaque}"'
    )
    challenge = find_challenge([header])
    assert challenge is not None
    found = fields(answer(challenge, "Mufasa:Circle of Life", "GET", "/dir/index.html", None))
    assert found["response"] == response
    assert (found["username"], found["uri"], found["opaque"]) == ("Mufasa", "/dir/index.html", opaque)
    assert (found["qop"], found["nc"], found["cnonce"]) == ("auth", "00000001", nonce)
    assert found["algorithm"] == algorithm


def test_a_server_of_before_rfc_2617_gets_an_answer_without_nonces_of_ours() -> None:
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    found = fields(answer(challenge, "Mufasa:CircleOfLife", "GET", "/dir/index.html", None))
    assert found["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert not {"qop", "nc", "cnonce", "opaque", "algorithm"} & set(found)


def test_quotes_are_kept_inside_their_strings() -> None:
    header = answer(Challenge('a"b', "n\\"), 'm"e:pw', "GET", "/", None)
    assert 'username="m\\"e", realm="a\\"b", nonce="n\\\\"' in header


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        (['Digest realm="a, b", nonce="x"'], Challenge("a, b", "x")),
        (['digest REALM=r, NONCE = "x"'], Challenge("r", "x")),
        (['Basic realm="x", Digest realm="r\\"", nonce="n", Bearer'], Challenge('r"', "n")),
        (["Negotiate", "Digest nonce=n, qop=auth-int"], Challenge("", "n", qop="auth-int")),
        (['Digest nonce="n", algorithm=sha-512-256-SESS'], Challenge("", "n", "SHA-512-256", True)),
        (["Digest nonce=n, algorithm=ODD, Digest nonce=m, algorithm=MD5"], Challenge("", "m", "MD5")),
        (["Digest nonce=n, qop=odd", 'Digest nonce=m, opaque=""'], Challenge("", "m", opaque="")),
        (['Digest realm="r"'], None),
        (['Basic realm="x, Digest nonce=n"'], None),
        (["Basic"], None),
        ([""], None),
        ([], None),
    ],
)
def test_the_first_challenge_that_can_be_answered_counts(
    headers: list[str], challenge: Challenge | None
) -> None:
    assert find_challenge(headers) == challenge


# ---- with a server


def challenging(
    *, algorithm: str = "MD5", qop: str = "auth", password: str = "secret"
) -> Callable[[HttpRequest], bytes]:
    """A server that checks what the client proves, with the client's own nonce."""

    def respond(request: HttpRequest) -> bytes:
        if request.target == "/away":
            return respond_with(302, headers=[("Location", "/inside")])
        challenge = Challenge("kit", "n1", algorithm.removesuffix("-sess"), algorithm.endswith("-sess"), qop)
        given = request.headers.get("authorization", "")
        if given.startswith("Digest ") and given == expected(challenge, request, fields(given)["cnonce"]):
            return as_json(request)
        header = f'Digest realm="kit", nonce="n1", algorithm={algorithm}, qop="{qop}"'
        return respond_with(401, b"no", [("WWW-Authenticate", header), ("Set-Cookie", "seen=1")])

    def expected(challenge: Challenge, request: HttpRequest, client_nonce: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(digest.secrets, "token_hex", lambda size: client_nonce)
            return answer(challenge, f"me:{password}", request.method, request.target, request.body)

    return respond


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-256-sess"])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_a_challenge_is_answered_and_counts_as_expected(algorithm: str, qop: str) -> None:
    code = """
      const r = http.post(`${URL}/inside?a=b`, 'data', { auth: 'digest', tags: { my: 'tag' } });
      console.log(r.status, r.json('body'), r.url === `${__ENV.URL}/inside?a=b`, r.request.url === `${URL}/inside?a=b`);
    """
    with RawServer(http(challenging(algorithm=algorithm, qop=qop))) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)}, out_samples=True)
    assert result.lines == ["200 data true true"]
    assert result.values("http_reqs", my="tag", status="401", expected_response="true") == [1]
    assert result.values("http_reqs", my="tag", status="200", expected_response="true") == [1]
    assert result.values("http_req_failed") == [0, 0]
    asked = [told for told in server.told if isinstance(told, HttpRequest)]
    # The password is not sent in clear beforehand, nor the URL with it.
    assert [request.headers.get("authorization", "none")[:6] for request in asked] == ["none", "Digest"]
    assert [request.headers.get("cookie") for request in asked] == [None, "seen=1"]


def test_a_wrong_password_is_tried_once() -> None:
    code = "const r = http.get(URL, { auth: 'digest' }); console.log(r.status, r.body);"
    with RawServer(http(challenging(password="other"))) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)}, out_samples=True)
    assert result.lines == ["401 no"]
    assert result.values("http_req_failed") == [0, 1]


def test_each_place_of_a_redirect_gets_an_answer_of_its_own() -> None:
    code = """
      const r = http.get(`${URL}/away`, { auth: 'digest', redirects: 1 });
      console.log(r.status, r.url === `${__ENV.URL}/inside`);
    """
    with RawServer(http(challenging())) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)}, out_samples=True)
    assert result.lines == ["200 true"]
    assert len(result.values("http_reqs")) == 3


@pytest.mark.parametrize(
    "params", ["{ auth: 'digest' }", "{ auth: 'odd' }", "{ auth: null }", "{ auth: 'basic' }"]
)
def test_without_credentials_or_a_challenge_the_answer_is_the_answer(params: str) -> None:
    code = f"console.log(http.get(__ENV.URL, {params}).status, http.get(URL, {params}).status);"
    with RawServer(http(lambda request: respond_with(401))) as server:
        result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)}, out_samples=True)
    assert result.lines == ["401 401"]
    assert result.values("http_req_failed") == [1, 1]
