"""What scripts get of a request: the values of a Response, as face.js takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jsbindings.http.cookies import RequestCookie, response_cookie
from jsbindings.http.messages import Call, WireRequest
from jsbindings.http.samples import error_text, status_error_code
from runner.errors import TransportError
from runner.net.http import Answer, Trace
from runner.net.http_url import HttpUrl
from runner.protocol.handshake import canonical_header_name

# Responses that never have a body show none, not an empty one.
_WITHOUT_BODY = (204, 304)


@dataclass
class Hop:
    """One request on the wire and what came of it.

    Args:
        url: None until it is sent.
        shown_url: what ``Response.request.url`` has, when that is not the URL it goes to.
        next_call: what follows, None when this was the last one.
        is_challenged: what follows is not a redirect but the answer to a challenge.
    """

    call: Call
    url: HttpUrl | None = None
    shown_url: str = ""
    next_call: Call | None = None
    is_challenged: bool = False
    wire: WireRequest | None = None
    cookies: list[RequestCookie] = field(default_factory=list)
    trace: Trace = field(default_factory=Trace)


def header_values(answer: Answer, lower_name: str) -> list[str]:
    """The values of a header, by its name in lower case, one for each time it came."""
    return [value for name, value in answer.headers if name.lower() == lower_name]


def header_value(answer: Answer, lower_name: str) -> str:
    """The values of a header in one text, "" for none."""
    return ", ".join(header_values(answer, lower_name))


def response(first: Hop, last: Hop, answer: Answer, response_type: str) -> dict[str, Any]:
    """The response of a request that went through one or more hops.

    Args:
        response_type: text, binary or none; what becomes of the body.
    """
    body: str | bytes | None = answer.body
    if response_type == "none" or answer.status in _WITHOUT_BODY:
        body = None
    elif response_type == "text":
        body = answer.body.decode("utf-8", "replace")
    headers: dict[str, str] = {}
    for name, value in answer.headers:
        canonical = canonical_header_name(name)
        headers[canonical] = f"{headers[canonical]}, {value}" if canonical in headers else value
    return {
        **_frame(first, last),
        "status": answer.status,
        "status_text": f"{answer.status} {answer.reason}",
        "proto": f"HTTP/{answer.http_version}",
        "headers": list(headers.items()),
        "cookies": [c for c in map(response_cookie, header_values(answer, "set-cookie")) if c is not None],
        "body": body,
        "error_code": status_error_code(answer.status),
    }


def failed_response(first: Hop, last: Hop, error: TransportError) -> dict[str, Any]:
    """The response of a request whose last hop failed: status 0 and the error."""
    return {**_frame(first, last), "error": error_text(error), "error_code": error.code}


def _frame(first: Hop, last: Hop) -> dict[str, Any]:
    """What responses and failures have in common.

    Names that a server chooses stand in lists of pairs: a key could otherwise be taken for one of the bridge.
    """
    trace = last.trace
    return {
        "remote_ip": trace.remote_ip,
        "remote_port": trace.remote_port,
        "url": last.call.url,
        "status": 0,
        "status_text": "",
        "proto": "",
        "headers": [],
        "cookies": [],
        "body": None,
        "timings": _timings(trace),
        "tls_version": trace.tls_version,
        "tls_cipher_suite": trace.tls_cipher_suite,
        "ocsp": "unknown" if trace.tls_version else "",
        "error": "",
        "error_code": 0,
        "request": {
            "method": first.call.method,
            "url": first.shown_url or first.call.url,
            "headers": [] if first.wire is None else first.wire.shown_headers,
            "cookies": [[cookie.name, cookie.value] for cookie in first.cookies],
        },
    }


def _timings(trace: Trace) -> dict[str, float]:
    return {
        "duration": trace.duration_s * 1000,
        "blocked": trace.blocked_s * 1000,
        "looking_up": 0,
        "connecting": trace.connecting_s * 1000,
        "tls_handshaking": trace.tls_handshaking_s * 1000,
        "sending": trace.sending_s * 1000,
        "waiting": trace.waiting_s * 1000,
        "receiving": trace.receiving_s * 1000,
    }


def refused_response(message: str, code: int) -> dict[str, Any]:
    """The response to a request that was never made, as k6 shows it: without request, and with an odd body."""
    hop = Hop(Call("", "", {}))
    return {**_frame(hop, hop), "error": message, "error_code": code, "body": [], "request": None}
