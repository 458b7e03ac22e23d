"""Cookies go where RFC 6265 sends them, and nothing a server sets is more than ignored."""

from __future__ import annotations

import pytest

from runner.vu.cookie_jar import COOKIES_MAX, Cookie, CookieJar, CookieJars, default_path, parse_set_cookie

NOW_S = 1_000_000.0
URL = "http://www.example.test/a/b"


def jar(*set_cookies: str, url: str = URL) -> CookieJar:
    made = CookieJar(lambda: NOW_S)
    made.keep(url, set_cookies)
    return made


@pytest.mark.parametrize(
    ("set_cookie", "url", "sent"),
    [
        ("n=v", "http://www.example.test/a/c", "n=v"),
        ("n=v", "http://www.example.test/other", ""),
        ("n=v", "http://example.test/a/b", ""),
        ("n=v; Domain=example.test", "http://other.example.test/a/b", "n=v"),
        ("n=v; Domain=.example.test; Path=/", "http://example.test/", "n=v"),
        ("n=v; Domain=test.example", "http://www.example.test/a/b", ""),
        ("n=v; Path=/a", "http://www.example.test/ab", ""),
        ("n=v; Path=/a", "http://www.example.test/a/x/y", "n=v"),
        ("n=v; Secure; Path=/", "http://www.example.test/", ""),
        ("n=v; Secure; Path=/", "https://www.example.test/", "n=v"),
        ('n="quoted"', URL, "n=quoted"),
        ("n=", URL, "n="),
        ("=v", URL, ""),
        ("novalue", URL, ""),
        ("n=v; Max-Age=10", URL, "n=v"),
        ("n=v; Max-Age=0", URL, ""),
        ("n=v; Max-Age=-5", URL, ""),
        ("n=v; Max-Age=" + "9" * 400, URL, "n=v"),
        ("n=v; Max-Age=-" + "9" * 400, URL, ""),
        ("n=v; Max-Age=²", URL, "n=v"),
        ("n=v; Expires=Thu, 01 Jan 1970 00:00:00 GMT", URL, ""),
        ("n=v; Expires=Thu, 01-Jan-2099 00:00:00 GMT", URL, "n=v"),
        ("n=v; Expires=Fri, 01 Jan 99999999999999999999 00:00:00 GMT", URL, "n=v"),
        ("n=v; Expires=Fri, 01 Jan 2038 00:00:00 +9999", URL, "n=v"),
        ("n=v; Expires=nonsense", URL, "n=v"),
        ("n=" + "v" * 5000, URL, ""),
    ],
)
def test_cookie_goes_where_its_attributes_say(set_cookie: str, url: str, sent: str) -> None:
    assert jar(set_cookie).header(url) == sent


def test_longer_paths_come_first_and_equal_ones_by_age() -> None:
    found = jar("one=1; Path=/", "two=2; Path=/a/b", "three=3; Path=/")
    assert found.header(URL) == "two=2; one=1; three=3"


def test_cookies_of_an_address_are_not_for_names_below_it() -> None:
    found = jar("n=v; Domain=127.0.0.1; Path=/", url="http://127.0.0.1:80/")
    assert found.header("http://127.0.0.1:9/") == "n=v"
    assert found.header("http://x.127.0.0.1/") == ""


def test_deleting_and_clearing_take_out_what_would_be_sent() -> None:
    found = jar("a=1", "b=2")
    found.delete(URL, "a")
    assert found.header(URL) == "b=2"
    found.clear(URL)
    assert found.header(URL) == ""


def test_the_oldest_cookie_makes_room_at_the_bound() -> None:
    found = CookieJar(lambda: NOW_S)
    for number in range(COOKIES_MAX + 1):
        found.store(Cookie(str(number), "v", "example.test", "/"))
    names = {cookie.name for cookie in found.cookies_for("http://example.test/")}
    assert len(names) == COOKIES_MAX and "0" not in names


def test_numbers_of_jars_are_never_given_twice() -> None:
    jars = CookieJars()
    first = jars.create()
    jars.get(None)
    second = jars.create()
    jars.reset()
    assert len({first, second, jars.create()}) == 3


@pytest.mark.parametrize(
    ("path", "expected"), [("", "/"), ("/", "/"), ("/a", "/"), ("/a/b", "/a"), ("a/b", "/")]
)
def test_default_path_is_the_folder(path: str, expected: str) -> None:
    assert default_path(path) == expected
    cookie = parse_set_cookie(f"http://example.test{path}", "n=v", NOW_S) if path.startswith("/") else None
    assert cookie is None or cookie.path == expected


def test_cookie_for_a_whole_top_level_domain_is_for_its_host_only() -> None:
    jar = CookieJar()
    jar.keep("http://a.test/", ["x=1; Domain=test"])
    assert jar.header("http://a.test/") == "x=1"
    assert jar.header("http://b.test/") == ""
