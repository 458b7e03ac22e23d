"""What one request of a script becomes on the wire, hop by hop: headers, body and the way of redirects.

Pure functions and values; knows no connection, no metric and no virtual user.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from jsbindings.http.cookies import RequestCookie
from runner.errors import TransportError
from runner.net.http_url import HttpUrl, MalformedUrl, basic_authorization, masked
from runner.protocol.handshake import canonical_header_name
from runner.protocol.http1 import Request

# Framing is ours: Go leaves these out of what a script gives, too.
_FRAMING = frozenset({"Content-Length", "Transfer-Encoding", "Trailer"})
# Not for another host than the one they were meant for (as Go's net/http).
_FOR_FIRST_HOST = frozenset({"Authorization", "Www-Authenticate", "Cookie", "Cookie2"})
# Methods that say Content-Length: 0 without a body (RFC 9110 section 8.6).
_EXPECT_BODY = frozenset({"POST", "PUT", "PATCH"})
_REDIRECTS_TO_GET = frozenset({301, 302, 303})
_REDIRECTS_AS_IS = frozenset({307, 308})


@dataclass(frozen=True)
class Call:
    """A request as the script asks for it, and as a redirect changes it.

    Args:
        url: as given, or where the last redirect pointed to.
        headers: of the params, names canonical, ``Host`` among them.
        body: as it goes out, compressed if asked for.
        cookies: of the params.
        referer: what a redirect adds, "" for nothing.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None
    cookies: tuple[RequestCookie, ...] = ()
    referer: str = ""


@dataclass(frozen=True)
class WireRequest:
    """A request ready to be sent.

    Args:
        shown_headers: what ``Response.request.headers`` has: all but Host.
    """

    request: Request
    body: bytes | None
    shown_headers: list[tuple[str, str]]


def canonical_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers of the params by canonical name; of two that differ in case only, the last one counts."""
    return {canonical_header_name(name): value.strip(" \t") for name, value in headers}


def wire_request(call: Call, url: HttpUrl, *, user_agent: str, cookies: str, keep: bool) -> WireRequest:
    """The request of one hop.

    Args:
        user_agent: unless the headers have their own; an empty one is not sent.
        cookies: the Cookie header's value, "" for none.
        keep: whether the connection may stay open.
    """
    body = call.body
    if body is None and call.method in _EXPECT_BODY:
        body = b""
    headers = {name: value for name, value in call.headers.items() if name not in _FRAMING}
    host = headers.pop("Host", "") or url.authority
    agent = headers.pop("User-Agent", user_agent)
    if cookies:
        headers["Cookie"] = f"{headers['Cookie']}; {cookies}" if headers.get("Cookie") else cookies
    if call.referer:
        headers.setdefault("Referer", call.referer)
    if url.credentials is not None:
        headers.setdefault("Authorization", basic_authorization(url.credentials))
    if not keep:
        headers["Connection"] = "close"
    first = [("User-Agent", agent)] if agent else []
    if body is not None:
        first.append(("Content-Length", str(len(body))))
    shown = first + sorted(headers.items())
    return WireRequest(Request(call.method, url.target, [("Host", host), *shown]), body, shown)


def redirected(call: Call, url: HttpUrl, status: int, location: str) -> Call | None:
    """The next hop (RFC 9110 section 15.4), None when the answer is no redirect.

    301, 302 and 303 go on with GET and without a body, HEAD stays HEAD; 307 and 308 repeat the request.

    Raises:
        MalformedUrl: the location is no URL.
    """
    if not location or status not in _REDIRECTS_TO_GET | _REDIRECTS_AS_IS:
        return None
    target = url.join(location)
    method, body, headers = call.method, call.body, dict(call.headers)
    if status in _REDIRECTS_TO_GET:
        method, body = method if method == "HEAD" else "GET", None
        headers = {name: value for name, value in headers.items() if not name.startswith("Content-")}
    cookies = call.cookies
    there = _parse(target)
    if there is None or not _is_within(there.host, url.host):
        headers = {name: value for name, value in headers.items() if name not in _FOR_FIRST_HOST}
        cookies = ()
    if there is None or there.place != url.place:
        headers.pop("Host", None)
    # Where we come from is not told to a page that anybody can listen to (RFC 9110 section 10.1.3).
    tells = there is not None and (there.secure or not url.secure)
    referer = _without_credentials(url) if tells else ""
    return replace(
        call, method=method, url=target, headers=headers, body=body, cookies=cookies, referer=referer
    )


def go_error_text(method: str, url: str, problem: str) -> str:
    """An error as Go's HTTP client words it: ``Get "http://…": connection refused``."""
    return f'{method.capitalize()} "{masked(url)}": {problem}'


def _parse(target: str) -> HttpUrl | None:
    """The parts of a URL; None for one that the next request will fail with."""
    try:
        return HttpUrl.parse(target)
    except MalformedUrl:
        raise
    except TransportError:
        return None


def _is_within(host: str, of: str) -> bool:
    return host == of or host.endswith(f".{of}")


def _without_credentials(url: HttpUrl) -> str:
    return f"{'https' if url.secure else 'http'}://{url.authority}{url.target}"
