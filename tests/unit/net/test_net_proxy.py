"""Proxies from the environment (Go's rules) and CONNECT."""

from __future__ import annotations

import pytest

from runner.errors import OptionsError, TransportError
from runner.net.proxy import Proxy, ProxySettings, open_tunnel
from runner.reactor import Reactor
from tests.kit.memory_stream import memory_stream_pair
from tests.kit.virtual_clock import VirtualClock

BOTH = {"HTTP_PROXY": "http://plain.proxy:3128", "HTTPS_PROXY": "http://secure.proxy:3129"}


def proxied(environ: dict[str, str], host: str, port: int = 80, *, is_secure: bool = False) -> str | None:
    proxy = ProxySettings(environ).proxy_for(is_secure, host, port)
    return None if proxy is None else f"{proxy.host}:{proxy.port}"


def test_each_scheme_has_its_variable() -> None:
    assert proxied(BOTH, "a.test") == "plain.proxy:3128"
    assert proxied(BOTH, "a.test", 443, is_secure=True) == "secure.proxy:3129"
    assert proxied({"HTTP_PROXY": "p:1"}, "a.test", 443, is_secure=True) is None
    assert proxied({}, "a.test") is None


def test_lower_case_counts_when_upper_case_is_not_set() -> None:
    assert proxied({"http_proxy": "low:1"}, "a.test") == "low:1"
    assert proxied({"http_proxy": "low:1", "HTTP_PROXY": "up:1"}, "a.test") == "up:1"
    assert proxied({"http_proxy": "low:1", "HTTP_PROXY": ""}, "a.test") == "low:1"


def test_all_proxy_is_not_looked_at() -> None:
    assert proxied({"ALL_PROXY": "http://p:1"}, "a.test") is None


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1", "[::1]"])
def test_loopback_is_never_proxied(host: str) -> None:
    assert proxied(BOTH, host) is None


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "is_direct"),
    [
        ("*", "a.test", 80, True),
        ("a.test", "a.test", 80, True),
        ("a.test", "A.TEST", 80, True),
        ("a.test", "b.a.test", 80, True),
        ("a.test", "xa.test", 80, False),
        (".a.test", "b.a.test", 80, True),
        (".a.test", "a.test", 80, False),
        ("*.a.test", "b.a.test", 80, True),
        ("*.a.test", "a.test", 80, False),
        ("a.test:80", "a.test", 80, True),
        ("a.test:80", "a.test", 81, False),
        ("10.0.0.1", "10.0.0.1", 80, True),
        ("10.0.0.1:81", "10.0.0.1", 80, False),
        ("10.0.0.1:80", "10.0.0.1", 80, True),
        ("10.0.0.0/8", "10.200.0.1", 80, True),
        ("10.0.0.0/8", "11.0.0.1", 80, False),
        ("fd00::/8", "fd00::1", 80, True),
        ("[fd00::1]:80", "fd00::1", 80, True),
        (" x.test , a.test ", "a.test", 80, True),
        ("", "a.test", 80, False),
        (",", "a.test", 80, False),
        ("a.test/99", "a.test", 80, False),
        ("a.test:x", "a.test", 80, False),
    ],
)
def test_no_proxy(no_proxy: str, host: str, port: int, is_direct: bool) -> None:
    assert (proxied({**BOTH, "NO_PROXY": no_proxy}, host, port) is None) == is_direct


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("proxy.test", Proxy("proxy.test", 80)),
        ("proxy.test:8080", Proxy("proxy.test", 8080)),
        ("http://proxy.test/", Proxy("proxy.test", 80)),
        ("https://proxy.test", Proxy("proxy.test", 443, True)),
        ("http://u:p%40ss@proxy.test", Proxy("proxy.test", 80, False, "u:p@ss")),
        ("http://u@proxy.test", Proxy("proxy.test", 80, False, "u:")),
        ("http://[::1]:3128", Proxy("::1", 3128)),
    ],
)
def test_proxy_urls(text: str, expected: Proxy) -> None:
    assert ProxySettings({"HTTP_PROXY": text}).proxy_for(False, "a.test", 80) == expected


@pytest.mark.parametrize(
    "text", ["socks5://u:s3cret@p:1", "http://", "http://u:s3cret@p:port", "ftp://u:s3cret@p"]
)
def test_unusable_proxy_urls_are_refused_without_showing_them(text: str) -> None:
    with pytest.raises(OptionsError, match=r"^HTTP_PROXY: ") as caught:
        ProxySettings({"HTTP_PROXY": text})
    assert "s3cret" not in caught.value.message


def test_cgi_process_does_not_trust_http_proxy() -> None:
    environ = {**BOTH, "REQUEST_METHOD": "GET"}
    assert proxied(environ, "a.test", 443, is_secure=True) == "secure.proxy:3129"
    assert proxied(environ, "localhost") is None
    with pytest.raises(TransportError, match="CGI"):
        proxied(environ, "a.test")


def test_connect_request_carries_the_credentials() -> None:
    assert Proxy("p", 1, credentials="Aladdin:open sesame").connect_request("a.test", 443) == (
        b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"
        b"Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
    )
    assert Proxy("p", 1).connect_request("::1", 80) == b"CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"
    assert "open" not in repr(Proxy("p", 1, credentials="Aladdin:open sesame"))


def tunnel(answer: bytes, chop: int = 0, *, is_ended: bool = False) -> bytes:
    """Opens a tunnel over a proxy that answers so; gives back the request."""
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        left, right = memory_stream_pair(reactor, chop=chop)
        right.send(answer)
        if is_ended:
            right.shutdown_write()
        reactor.run(reactor.spawn(open_tunnel, left, Proxy("p", 1), "a.test", 80, 5.0))
        left.close()
        return b"".join(iter(right.receive, b""))


@pytest.mark.parametrize("chop", [0, 1, 3])
def test_tunnel_opens_on_any_2xx(chop: int) -> None:
    request = tunnel(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n", chop)
    assert request.startswith(b"CONNECT a.test:80 HTTP/1.1\r\n")
    tunnel(b"HTTP/1.0 299 \r\n\r\n", chop)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "Proxy Authentication Required"),
        (b"HTTP/1.1 403\r\n\r\n", "proxy answered CONNECT with status 403"),
        (b"SSH-2.0-x\r\n\r\n", "malformed HTTP response from the proxy"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "the proxy sent data before the tunnel was used"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000, "the proxy's answer to CONNECT is too long"),
    ],
)
def test_refused_tunnels_say_why(answer: bytes, text: str) -> None:
    with pytest.raises(TransportError) as caught:
        tunnel(answer)
    assert caught.value.message == text


def test_proxy_that_hangs_up_is_an_unexpected_eof() -> None:
    with pytest.raises(TransportError, match="unexpected EOF"):
        tunnel(b"HTTP/1.1 200", is_ended=True)


def test_proxy_that_says_nothing_reaches_the_deadline() -> None:
    with pytest.raises(TransportError, match="i/o timeout"):
        tunnel(b"")
