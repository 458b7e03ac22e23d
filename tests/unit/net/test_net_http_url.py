from __future__ import annotations

import pytest

from runner.errors import TransportError
from runner.net.http_url import HttpUrl, MalformedUrl, basic_authorization, check_url, masked, resolve


@pytest.mark.parametrize(
    ("text", "secure", "host", "port", "authority", "target"),
    [
        ("http://a.test", False, "a.test", 80, "a.test", "/"),
        ("https://a.test/x", True, "a.test", 443, "a.test", "/x"),
        ("HTTP://A.Test:8080/x?y=1#part", False, "a.test", 8080, "a.test:8080", "/x?y=1"),
        ("http://a.test:/x", False, "a.test", 80, "a.test", "/x"),
        ("http://a.test?q", False, "a.test", 80, "a.test", "/?q"),
        ("http://a.test/x?", False, "a.test", 80, "a.test", "/x?"),
        ("http://[::1]:8080/", False, "::1", 8080, "[::1]:8080", "/"),
        ("http://a.test/two words/ä", False, "a.test", 80, "a.test", "/two%20words/%C3%A4"),
        ("http://a.test/a%20b/{x}", False, "a.test", 80, "a.test", "/a%20b/%7Bx%7D"),
        ("http://a.test/?f={a|b}&q=x y&z=ä", False, "a.test", 80, "a.test", "/?f={a|b}&q=x%20y&z=%C3%A4"),
        ("http://bücher.test/", False, "xn--bcher-kva.test", 80, "xn--bcher-kva.test", "/"),
    ],
)
def test_parts(text: str, secure: bool, host: str, port: int, authority: str, target: str) -> None:
    url = HttpUrl.parse(text)
    assert (url.secure, url.host, url.port) == url.place == (secure, host, port)
    assert (url.authority, url.target, url.credentials) == (authority, target, None)


@pytest.mark.parametrize(
    ("text", "credentials"),
    [
        ("http://me:pw@a.test/", "me:pw"),
        ("http://me@a.test/", "me:"),
        ("http://m%40e:p%3Aw@a.test/", "m@e:p:w"),
        ("http://a.test/@", None),
    ],
)
def test_credentials_are_taken_from_the_url(text: str, credentials: str | None) -> None:
    url = HttpUrl.parse(text)
    assert (url.credentials, url.authority) == (credentials, "a.test")


@pytest.mark.parametrize(
    "text",
    [
        "http://[broken",
        "http://a.test:x/",
        " http://a.test",
        "http://a.test/\n",
        "http://a b/",
        "http://a.test/%zz",
        f"http://{'ü' * 70}.test/",
    ],
)
def test_what_is_no_url_has_code_1020(text: str) -> None:
    with pytest.raises(MalformedUrl, match=r"^invalid URL: ") as caught:
        HttpUrl.parse(text)
    assert caught.value.code == 1020


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'unsupported protocol scheme ""'),
        ("nothing", 'unsupported protocol scheme ""'),
        ("ftp://a.test/", 'unsupported protocol scheme "ftp"'),
        ("http://", "http: no Host in request URL"),
        ("http:///x", "http: no Host in request URL"),
    ],
)
def test_a_url_that_no_request_can_go_to_has_code_1000(text: str, message: str) -> None:
    with pytest.raises(TransportError) as caught:
        HttpUrl.parse(text)
    assert (caught.value.message, caught.value.code) == (message, 1000)
    assert not isinstance(caught.value, MalformedUrl)


def test_a_port_that_does_not_exist_cannot_be_dialled() -> None:
    with pytest.raises(TransportError, match=r"^dial tcp: address 99999: invalid port$") as caught:
        HttpUrl.parse("http://a.test:99999/")
    assert caught.value.code == 1210
    assert HttpUrl.parse("http://a.test:00080/").port == 80


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("http://[x", "missing ']' in host"),
        ("http://a.test:x/", 'invalid port ":x" after host'),
        (" http://a.test", "first path segment in URL cannot contain colon"),
        ("http://a.test/\n", "net/url: invalid control character in URL"),
        ("http://a b/", 'invalid character " " in host name'),
        ("http://a.test/%zz", 'invalid URL escape "%zz"'),
        ("http://a.test/%", 'invalid URL escape "%"'),
    ],
)
def test_what_is_wrong_is_said_as_go_says_it(text: str, problem: str) -> None:
    with pytest.raises(MalformedUrl) as caught:
        HttpUrl.parse(text)
    assert caught.value.message.endswith(f'": {problem}')


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("HTTP://me:pw@A.Test/x?y z#part", "http://me:pw@A.Test/x?y z#part"),
        ("http://a.test/a b/ü", "http://a.test/a%20b/%C3%BC"),
        ("http://a.test/(a)!/[b]/%2f%c3", "http://a.test/(a)!/[b]/%2f%c3"),
        # What is not allowed in a path makes it be written anew as a whole.
        ("http://a.test/(a)%41|[b]%ff", "http://a.test/%28a%29A%7C%5Bb%5D%FF"),
        ("http://a.test?q", "http://a.test?q"),
        ("http://a.test", "http://a.test"),
    ],
)
def test_the_text_is_as_go_writes_urls(text: str, shown: str) -> None:
    assert HttpUrl.parse(text).text == shown


def test_a_url_without_credentials_goes_to_the_same_place() -> None:
    url = HttpUrl.parse("http://me:pw@a.test:81/x@y?z").without_credentials()
    assert (url.text, url.credentials) == ("http://a.test:81/x@y?z", None)
    assert url.place == (False, "a.test", 81)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/y", "http://me:pw@a.test/y"),
        ("y?z", "http://me:pw@a.test/b/y?z"),
        ("//c.test/y", "http://c.test/y"),
        ("https://c.test/", "https://c.test/"),
    ],
)
def test_a_location_is_relative_to_the_request(location: str, target: str) -> None:
    assert HttpUrl.parse("http://me:pw@a.test/b/x").join(location) == target


def test_a_location_that_is_no_url_is_malformed() -> None:
    with pytest.raises(MalformedUrl):
        HttpUrl.parse("http://a.test").join("http://[x")


@pytest.mark.parametrize(
    ("reference", "query", "url"),
    [
        ("", None, "http://me@a.test/b/x?old"),
        ("", "new=1", "http://me@a.test/b/x?new=1"),
        ("y?z=1#part", None, "http://me@a.test/b/y?z=1#part"),
        ("y?z=1#part", "new=1", "http://me@a.test/b/y?new=1#part"),
        ("y?z=1", "", "http://me@a.test/b/y"),
        ("javascript:1", None, "javascript:1"),
    ],
)
def test_what_a_page_refers_to(reference: str, query: str | None, url: str) -> None:
    assert resolve("http://me@a.test/b/x?old", reference, query) == url


def test_urls_of_every_scheme_pass_as_urls() -> None:
    for text in ("ftp://a.test/", "nothing", ""):
        check_url(text)
    with pytest.raises(MalformedUrl):
        check_url("http://[x")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://me:pw@a.test/x@y", "http://****:****@a.test/x@y"),
        ("http://a@b:pw@a.test/", "http://****:****@a.test/"),
        ("http://me@a.test/", "http://****@a.test/"),
        ("http://a.test/?mail=a@b", "http://a.test/?mail=a@b"),
        ("nothing", "nothing"),
    ],
)
def test_passwords_are_hidden(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_an_error_about_a_url_hides_its_password() -> None:
    with pytest.raises(MalformedUrl) as caught:
        HttpUrl.parse("http://me:secret@[broken/")
    assert "secret" not in caught.value.message


def test_basic_authorization_is_base64_of_utf8() -> None:
    assert basic_authorization("kit:ä") == "Basic a2l0OsOk"
