"""The parts of k6/http that need no connection: redirects, headers, codings, cookies, tags."""

from __future__ import annotations

from typing import Any

import pytest

from jsbindings.api import Thrown
from jsbindings.http.client import wait_for_turn
from jsbindings.http.cookies import (
    RequestCookie,
    cookie_header,
    request_cookies,
    response_cookie,
    set_cookie_text,
)
from jsbindings.http.messages import Call, canonical_headers, redirected, unsendable, wire_request
from jsbindings.http.samples import Outcome, error_text, is_expected, request_tags, status_error_code
from runner.errors import TransportError
from runner.metrics.tags import TagSet
from runner.net.http import Trace
from runner.net.http_url import HttpUrl
from runner.options.options import DEFAULT_SYSTEM_TAGS
from runner.protocol.http1 import Request
from runner.vu.cookie_jar import Cookie
from runner.vu.request_turns import RequestTurns

# ---- redirects


def follow(call: Call, status: int, location: str) -> Call | None:
    return redirected(call, HttpUrl.parse(call.url), status, location)


@pytest.mark.parametrize(
    ("status", "method", "expected_method", "keeps_body"),
    [
        (301, "POST", "GET", False),
        (302, "PUT", "GET", False),
        (303, "DELETE", "GET", False),
        (302, "HEAD", "HEAD", False),
        (307, "POST", "POST", True),
        (308, "purge", "purge", True),
    ],
)
def test_the_status_decides_how_a_redirect_goes_on(
    status: int, method: str, expected_method: str, keeps_body: bool
) -> None:
    headers = {"Content-Type": "x/y", "X-A": "b"}
    hop = follow(Call(method, "http://a.test/x", headers, b"body"), status, "/y")
    assert hop is not None
    assert (hop.method, hop.url, hop.referer) == (expected_method, "http://a.test/y", "http://a.test/x")
    assert hop.body == (b"body" if keeps_body else None)
    assert hop.headers == (headers if keeps_body else {"X-A": "b"})


@pytest.mark.parametrize(("status", "location"), [(200, "/y"), (304, "/y"), (300, "/y"), (302, "")])
def test_what_is_no_redirect_is_not_followed(status: int, location: str) -> None:
    assert follow(Call("GET", "http://a.test/", {}), status, location) is None


@pytest.mark.parametrize(
    ("location", "keeps"),
    [
        ("http://sub.a.test/", True),
        ("http://a.test:81/", True),
        ("http://b.test/", False),
        ("ftp://a/", False),
    ],
)
def test_secrets_stay_with_the_host_they_were_meant_for(location: str, keeps: bool) -> None:
    secrets = {"Authorization": "x", "Cookie": "a=b"}
    call = Call("GET", "http://a.test/", {**secrets, "X": "y"}, cookies=(RequestCookie("c", "d"),))
    hop = follow(call, 302, location)
    assert hop is not None
    assert hop.headers == ({**secrets, "X": "y"} if keeps else {"X": "y"})
    assert bool(hop.cookies) is keeps


def test_a_host_header_is_for_one_place_only() -> None:
    call = Call("GET", "http://a.test/", {"Host": "other.test"})
    there, elsewhere = follow(call, 302, "/y"), follow(call, 302, "http://a.test:81/y")
    assert there is not None and there.headers == {"Host": "other.test"}
    assert elsewhere is not None and elsewhere.headers == {}


def test_the_referer_hides_credentials_and_does_not_leave_tls() -> None:
    hop = follow(Call("GET", "http://me:pw@a.test/x?y", {}), 302, "/z")
    assert hop is not None and hop.referer == "http://a.test/x?y"
    hop = follow(Call("GET", "https://a.test/x", {}), 302, "http://a.test/")
    assert hop is not None and hop.referer == ""


@pytest.mark.parametrize("location", ["http://[x", "http://a.test:x/"])
def test_a_location_that_is_no_url_is_an_error(location: str) -> None:
    with pytest.raises(TransportError, match="failed to parse Location header") as caught:
        follow(Call("GET", "http://a.test/", {}), 302, location)
    assert caught.value.code == 1000


def test_the_answer_to_a_challenge_is_for_one_url_only() -> None:
    call = Call(
        "GET",
        "http://a.test/",
        {"Authorization": "Digest x"},
        digest="me:pw",
        answers_challenge=True,
    )
    hop, elsewhere = follow(call, 302, "/y"), follow(call, 302, "http://b.test/")
    assert hop is not None and (hop.headers, hop.digest, hop.answers_challenge) == ({}, "me:pw", False)
    assert elsewhere is not None and (elsewhere.headers, elsewhere.digest) == ({}, None)


# ---- headers


def headers_of(call: Call, **how: Any) -> list[tuple[str, str]]:
    how = {"user_agent": "agent/1", "cookies": "", "keep": True, **how}
    return list(wire_request(call, HttpUrl.parse(call.url), **how).request.headers)


@pytest.mark.parametrize(
    ("call", "how", "headers"),
    [
        (Call("GET", "http://a.test:81/", {}), {}, [("Host", "a.test:81"), ("User-Agent", "agent/1")]),
        (Call("GET", "http://a.test/", {"User-Agent": ""}), {}, [("Host", "a.test")]),
        (
            Call("GET", "http://me:pw@a.test/", {"Host": "b", "User-Agent": "x"}),
            {},
            [("Host", "b"), ("User-Agent", "x"), ("Authorization", "Basic bWU6cHc=")],
        ),
        (
            Call("GET", "http://me:pw@a.test/", {"Authorization": "own", "User-Agent": ""}),
            {},
            [("Host", "a.test"), ("Authorization", "own")],
        ),
        (
            Call("GET", "http://a.test/", {"Cookie": "x=y", "User-Agent": ""}),
            {"cookies": "a=b", "keep": False},
            [("Host", "a.test"), ("Connection", "close"), ("Cookie", "x=y; a=b")],
        ),
        (
            Call("POST", "http://a.test/", {"Content-Length": "99", "Transfer-Encoding": "chunked"}, b"ab"),
            {"user_agent": ""},
            [("Host", "a.test"), ("Content-Length", "2")],
        ),
        (
            Call("PATCH", "http://a.test/", {}),
            {"user_agent": ""},
            [("Host", "a.test"), ("Content-Length", "0")],
        ),
    ],
    ids=["port", "no agent", "credentials", "own authorization", "cookies", "framing is ours", "no body"],
)
def test_headers_of_a_request(call: Call, how: dict[str, Any], headers: list[tuple[str, str]]) -> None:
    assert headers_of(call, **how) == headers


def test_of_two_headers_that_differ_in_case_the_last_one_counts() -> None:
    assert canonical_headers([("x-a", "1"), ("X-A", " 2 ")]) == {"X-A": "2"}


def test_headers_that_the_script_did_not_ask_for_are_not_shown() -> None:
    call = Call("POST", "http://me:pw@a.test/", {"X-A": "b"}, b"body")
    wire = wire_request(call, HttpUrl.parse(call.url), user_agent="agent/1", cookies="c=d", keep=True)
    assert wire.shown_headers == [("User-Agent", "agent/1"), ("Cookie", "c=d"), ("X-A", "b")]
    assert {"Host", "Authorization", "Content-Length"} <= {name for name, _ in wire.request.headers}


@pytest.mark.parametrize(
    ("method", "headers", "text"),
    [
        ("A B", [], 'net/http: invalid method "A B"'),
        ("GET", [("Host", "a"), ("a b", "c")], 'net/http: invalid header field name "a b"'),
        ("GET", [("", "c")], 'net/http: invalid header field name ""'),
        ("GET", [("A", "b\r\nc")], 'net/http: invalid header field value for "A"'),
        ("GET", [("A", "b\tc ü")], "otherwise"),
    ],
)
def test_what_http_cannot_carry_is_said_as_go_says_it(
    method: str, headers: list[tuple[str, str]], text: str
) -> None:
    assert unsendable(Request(method, "/", headers), "otherwise") == text


# ---- cookies


def jar_cookie(name: str, value: str) -> Cookie:
    return Cookie(name, value, "a.test", "/")


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ([], "a=jar; b=jar"),
        ([RequestCookie("c", "own")], "c=own; a=jar; b=jar"),
        ([RequestCookie("a", "own")], "a=own; a=jar; b=jar"),
        ([RequestCookie("a", "own", replace=True)], "a=own; b=jar"),
        ([RequestCookie("a", 'x"; y\r\n', replace=True)], 'a="x y"; b=jar'),
        ([RequestCookie("a", "x,y", replace=True)], 'a="x,y"; b=jar'),
    ],
)
def test_cookies_of_the_params_come_before_those_of_the_jar(given: list[RequestCookie], header: str) -> None:
    jar = [jar_cookie("a", "jar"), jar_cookie("b", "jar")]
    assert cookie_header(request_cookies(given, jar)) == header


def test_a_set_cookie_header_as_scripts_see_it() -> None:
    text = 'a="b"; Domain=a.test; Path=/x; Expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=5; Secure; HttpOnly'
    assert response_cookie(text) == {
        "name": "a",
        "value": "b",
        "domain": "a.test",
        "path": "/x",
        "http_only": True,
        "secure": True,
        "max_age": 5,
        "expires": 1000,
    }
    bare = response_cookie("a=; Max-Age=x; Expires=soon")
    assert bare is not None and (bare["value"], bare["max_age"], bare["expires"]) == ("", 0, 0)


@pytest.mark.parametrize("text", ["", "a", "=b"])
def test_a_set_cookie_header_without_a_name_is_none(text: str) -> None:
    assert response_cookie(text) is None


def test_a_cookie_of_a_script_becomes_a_set_cookie_header() -> None:
    date = "Thu, 01 Jan 2099 00:00:01 GMT"
    options = {"domain": "a.test", "path": "/", "expires": date, "max_age": 5, "secure": True}
    text = f"a=bc; Domain=a.test; Path=/; Expires={date}; Max-Age=5; Secure; HttpOnly"
    assert set_cookie_text("a", "b;c", {**options, "http_only": True}) == text
    assert set_cookie_text("a", "b", {"max_age": 0, "domain": ""}) == "a=b"


def test_a_cookie_that_expires_at_no_date_is_refused() -> None:
    with pytest.raises(Thrown, match='unable to parse "expires" date string "soon"'):
        set_cookie_text("a", "b", {"expires": "soon"})


# ---- tags and codes


def tags(given: dict[str, str], *, enabled: Any = DEFAULT_SYSTEM_TAGS, **changes: Any) -> dict[str, str]:
    values = {"method": "GET", "url": "http://me:pw@a/", "status": 200, "proto": "HTTP/1.1", "expected": True}
    base = TagSet.of({"group": "", "run": "x"})
    trace = Trace(remote_ip="127.0.0.1", tls_version="tls1.3")
    return dict(request_tags(base, given, Outcome(**{**values, **changes}), trace, enabled).as_dict())


def test_tags_of_a_request() -> None:
    url = "http://****:****@a/"
    system = {"method": "GET", "status": "200", "url": url, "name": url, "proto": "HTTP/1.1"}
    assert tags({}) == {
        "group": "",
        "run": "x",
        **system,
        "tls_version": "tls1.3",
        "expected_response": "true",
    }


def test_the_scripts_tags_win_over_those_of_the_run_and_not_over_those_of_the_system() -> None:
    found = tags({"run": "own", "status": "own", "url": "own", "group": "own", "more": "own"})
    assert (found["run"], found["group"], found["more"]) == ("own", "own", "own")
    assert (found["status"], found["url"]) == ("200", "http://****:****@a/")


def test_a_name_stands_for_the_url() -> None:
    found = tags({"name": "short"})
    assert (found["name"], found["url"]) == ("short", "short")


def test_a_failed_request_has_no_protocol_and_an_error() -> None:
    found = tags({}, status=0, proto="", expected=None, error="EOF", error_code=1000)
    assert (found["status"], found["error"], found["error_code"]) == ("0", "EOF", "1000")
    assert not {"proto", "expected_response"} & set(found)


def test_only_enabled_system_tags_are_there() -> None:
    found = tags({}, enabled=("ip", "ocsp_status", "status"))
    assert found == {"group": "", "run": "x", "status": "200", "ip": "127.0.0.1", "ocsp_status": "unknown"}


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        ("dial tcp 127.0.0.1:81: connect: connection refused", 1212, "dial: connection refused"),
        ("dial tcp [::1]:81: i/o timeout", 1211, "dial: i/o timeout"),
        (
            "read tcp 1.2.3.4:5->6.7.8.9:80: read: connection reset by peer",
            1220,
            "read: connection reset by peer",
        ),
        ("lookup x.test: no such host", 1101, "lookup: no such host"),
        ("IP (1.2.3.4) is in a blacklisted range (1.2.3.0/24)", 1110, "ip is blacklisted"),
        ("hostname (a.test) is in a blocked pattern (*.test)", 1111, "hostname is blocked"),
        ("unexpected EOF", 1000, "unexpected EOF"),
    ],
)
def test_texts_of_errors_hold_no_address_that_changes(message: str, code: int, text: str) -> None:
    assert error_text(TransportError(message, code)) == text


@pytest.mark.parametrize(("status", "code"), [(200, 0), (399, 0), (404, 1404), (599, 1599), (600, 0)])
def test_statuses_of_errors_have_codes(status: int, code: int) -> None:
    assert status_error_code(status) == code


@pytest.mark.parametrize(
    ("status", "ranges", "expected"),
    [(200, [[200, 399]], True), (0, [[200, 399]], False), (404, [[1, 2], [404, 404]], True), (1, None, None)],
)
def test_expected_statuses(status: int, ranges: list[list[int]] | None, expected: bool | None) -> None:
    assert is_expected(status, ranges) is expected


class _Vu:
    """As much of a virtual user as the rate limit needs: its clock and the option."""

    def __init__(self, rps: int | None) -> None:
        self.now_s = 100.0
        self.options = self.reactor = self.context = self
        self.request_turns = RequestTurns()
        self.rps = rps

    def now(self) -> float:
        return self.now_s

    def sleep_until(self, when_s: float) -> None:
        self.now_s = when_s


def test_the_rate_limit_spreads_requests() -> None:
    vu = _Vu(rps=4)
    assert [wait_for_turn(vu) for _ in range(3)] == [0, 0.25, 0.25]  # type: ignore[arg-type]
    vu.now_s += 10
    assert wait_for_turn(vu) == 0  # type: ignore[arg-type]


def test_without_the_option_nobody_waits() -> None:
    vu = _Vu(rps=None)
    assert [wait_for_turn(vu) for _ in range(3)] == [0, 0, 0]  # type: ignore[arg-type]
