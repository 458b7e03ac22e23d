"""What one request of a script becomes on the wire, hop by hop: headers, body and the way of redirects.

Pure functions and values; knows no connection, no metric and no virtual user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

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
# RFC 9110 sections 5.6.2 and 5.5.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NOT_IN_VALUES = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
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
        digest: ``user:password`` for a server's digest challenge, None for none.
        answers_challenge: its Authorization header does.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None
    cookies: tuple[RequestCookie, ...] = ()
    referer: str = ""
    digest: str | None = None
    answers_challenge: bool = False


@dataclass(frozen=True)
class WireRequest:
    """A request ready to be sent.

    Args:
        shown_headers: what ``Response.request.headers`` has: all but what the script did not ask for.
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
    if not keep:
        headers["Connection"] = "close"
    first = [("User-Agent", agent)] if agent else []
    shown = first + sorted(headers.items())
    # What k6 leaves to Go's client is not shown.
    if url.credentials is not None:
        headers.setdefault("Authorization", basic_authorization(url.credentials))
    if body is not None:
        first.append(("Content-Length", str(len(body))))
    sent = [("Host", host), *first, *sorted(headers.items())]
    return WireRequest(Request(call.method or "GET", url.target, sent), body, shown)


def unsendable(request: Request, otherwise: str) -> str:
    """Why HTTP cannot carry a request, in Go's words; `otherwise` when Go would not say it this way."""
    if not _TOKEN.fullmatch(request.method):
        return f'net/http: invalid method "{request.method}"'
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name):
            return f'net/http: invalid header field name "{name}"'
        if _NOT_IN_VALUES.search(value):
            return f'net/http: invalid header field value for "{name}"'
    return otherwise


def redirected(call: Call, url: HttpUrl, status: int, location: str) -> Call | None:
    """The next hop (RFC 9110 section 15.4), None when the answer is no redirect.

    301, 302 and 303 go on with GET and without a body, HEAD stays HEAD; 307 and 308 repeat the request.

    Raises:
        TransportError: the location is no URL.
    """
    if not location or status not in _REDIRECTS_TO_GET | _REDIRECTS_AS_IS:
        return None
    try:
        target = url.join(location)
        there = _parse(target)
    except MalformedUrl as error:
        problem = f'failed to parse Location header "{location}": {error.problem}'
        raise TransportError(problem) from None
    method, body, headers = call.method, call.body, dict(call.headers)
    if status in _REDIRECTS_TO_GET:
        method, body = method if method == "HEAD" else "GET", None
        headers = {name: value for name, value in headers.items() if not name.startswith("Content-")}
    if call.answers_challenge:
        # It was for this URL alone.
        headers.pop("Authorization", None)
    cookies, digest = call.cookies, call.digest
    if there is None or not _is_within(there.host, url.host):
        headers = {name: value for name, value in headers.items() if name not in _FOR_FIRST_HOST}
        cookies, digest = (), None
    if there is None or there.place != url.place:
        headers.pop("Host", None)
    # Where we come from is not told to a page that anybody can listen to (RFC 9110 section 10.1.3).
    tells = there is not None and (there.secure or not url.secure)
    return Call(
        method=method,
        url=target if there is None else there.text,
        headers=headers,
        body=body,
        cookies=cookies,
        referer=_without_credentials(url) if tells else "",
        digest=digest,
    )


def go_error_text(method: str, url: str, problem: str) -> str:
    """An error as Go's HTTP client words it: ``Get "http://…": connection refused``."""
    name = method or "GET"
    return f'{name[:1]}{name[1:].lower()} "{masked(url)}": {problem}'


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
