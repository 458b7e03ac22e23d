"""One request of a script from its params to its response: redirects, cookies, samples, errors.

Owns the loop over the hops; parks the virtual user that it belongs to and nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jsbindings.api import Thrown
from jsbindings.http import codings
from jsbindings.http.cookies import RequestCookie, cookie_header, request_cookies, response_cookie
from jsbindings.http.messages import (
    Call,
    WireRequest,
    canonical_headers,
    go_error_text,
    redirected,
    wire_request,
)
from jsbindings.http.samples import Outcome, error_text, is_expected, status_error_code, take_samples
from runner.errors import TransportError
from runner.net.http import Answer, HttpConnections, Trace
from runner.net.http_url import HttpUrl, MalformedUrl
from runner.protocol.handshake import canonical_header_name
from runner.protocol.http1 import InvalidRequest
from runner.vu.vu import VirtualUser

TIMEOUT_S = 60.0
RESPONSE_TYPES = ("text", "binary", "none")


@dataclass
class RateLimit:
    """The option ``rps``: one for all virtual users of the process.

    Args:
        next_s: when the next request may start, on the reactor's clock.
    """

    next_s: float = 0.0

    def wait(self, vu: VirtualUser) -> float:
        """Wait for this request's turn; how many seconds that took."""
        rps = vu.options.rps
        if not rps or rps <= 0:
            return 0.0
        now_s = vu.reactor.now()
        turn_s = max(now_s, self.next_s)
        self.next_s = turn_s + 1 / rps
        if turn_s > now_s:
            vu.reactor.sleep_until(turn_s)
        return vu.reactor.now() - now_s


@dataclass(frozen=True)
class Settings:
    """The params that are about the response.

    Args:
        jar: number of the cookie jar, None for the virtual user's own.
        tags: on all samples.
        redirects_max: how many are followed.
        says_limit: the script does not know the limit, so reaching it is worth a warning.
        expected: ranges of expected statuses, None for no judgement.
        response_type: text, binary or none.
    """

    jar: int | None
    tags: Mapping[str, str]
    redirects_max: int
    says_limit: bool
    expected: Sequence[Sequence[int]] | None
    response_type: str


@dataclass
class _Hop:
    """One request on the wire and what came of it."""

    call: Call
    url: HttpUrl | None = None
    wire: WireRequest | None = None
    cookies: list[RequestCookie] = field(default_factory=list)
    trace: Trace = field(default_factory=Trace)
    answer: Answer | None = None


class HttpClient:
    """Sends the requests of one virtual user."""

    def __init__(self, vu: VirtualUser, limit: RateLimit) -> None:
        self._vu = vu
        self._limit = limit
        self._keep = not vu.options.no_connection_reuse
        self.connections = HttpConnections(
            vu.reactor, vu.context.require_dialer(), vu_id=vu.vu_id, counter=vu.bytes
        )

    def request(self, call: Call, settings: Settings, timeout_s: float) -> dict[str, Any]:
        """Send a request, follow its redirects, and tell what came of it.

        Returns:
            the response, as face.js takes it.

        Raises:
            RequestFailed: with the response that a script gets when it does not want exceptions.
        """
        deadline_s = self._vu.reactor.now() + timeout_s
        hop = first = _Hop(call)
        redirects = 0
        try:
            while True:
                deadline_s += self._limit.wait(self._vu)
                answer = self._send(hop, settings, deadline_s)
                next_call = self._next_call(hop, answer)
                if next_call is None or redirects >= settings.redirects_max:
                    break
                redirects += 1
                hop = _Hop(next_call)
            if next_call is not None and settings.says_limit:
                self._warn_of_limit(hop, redirects)
        except TransportError as error:
            text = go_error_text(hop.call.method, hop.call.url, error.message)
            if isinstance(error, MalformedUrl):
                text = error.message
            raise RequestFailed(text, _failed_response(first, hop, error)) from None
        return _response(first, hop, answer, settings.response_type)

    def _next_call(self, hop: _Hop, answer: Answer) -> Call | None:
        assert hop.url is not None
        location = _header(answer, "location")
        return redirected(hop.call, hop.url, answer.status, location)

    def _send(self, hop: _Hop, settings: Settings, deadline_s: float) -> Answer:
        """Send one hop and take its samples; a text that is no URL has none."""
        outcome = Outcome(hop.call.method, hop.call.url, 0, "", is_expected(0, settings.expected))
        try:
            answer = hop.answer = self._exchange(hop, settings, deadline_s)
        except MalformedUrl:
            raise
        except TransportError as error:
            failed = (error_text(error), error.code)
            take_samples(self._vu, settings.tags, _with_error(outcome, *failed), hop.trace)
            raise
        outcome = Outcome(
            hop.call.method,
            hop.call.url,
            answer.status,
            f"HTTP/{answer.http_version}",
            is_expected(answer.status, settings.expected),
            error_code=status_error_code(answer.status),
        )
        take_samples(self._vu, settings.tags, outcome, hop.trace)
        return answer

    def _exchange(self, hop: _Hop, settings: Settings, deadline_s: float) -> Answer:
        vu, call = self._vu, hop.call
        url = hop.url = HttpUrl.parse(call.url)
        jar = vu.cookie_jars.get(settings.jar)
        hop.cookies = request_cookies(call.cookies, jar.cookies_for(call.url))
        wire = hop.wire = wire_request(
            call,
            url,
            user_agent=vu.options.effective_user_agent,
            cookies=cookie_header(hop.cookies),
            keep=self._keep,
        )
        try:
            answer = self.connections.send(
                url,
                wire.request,
                wire.body,
                hop.trace,
                deadline_s=deadline_s,
                keep=self._keep,
                wants_body=settings.response_type != "none",
            )
        except InvalidRequest as error:
            raise TransportError(error.message) from None
        jar.keep(call.url, _headers(answer, "set-cookie"))
        body = codings.decompress(answer.body, codings.names(_header(answer, "content-encoding")))
        return Answer(answer.status, answer.reason, answer.headers, answer.http_version, body)

    def _warn_of_limit(self, hop: _Hop, redirects: int) -> None:
        self._vu.logger.warning(
            f"Stopped after {redirects} redirects and returned the last one; pass {{ redirects: n }} in the"
            " request params or set the option maxRedirects to silence this",
            url=hop.call.url,
        )


class RequestFailed(Exception):
    """No answer came.

    Args:
        message: for the log or the exception.
        response: for the script.
    """

    def __init__(self, message: str, response: dict[str, Any]) -> None:
        super().__init__(message)
        self.message = message
        self.response = response


def read_call(method: str, url: str, body: bytes | None, params: Mapping[str, Any]) -> Call:
    """The request that the params describe.

    Raises:
        Thrown: it asks for what this version of k6py does not have.
        UnknownCoding: ``compression`` is no coding.
    """
    if params["auth"] not in ("", "basic"):
        raise Thrown(f"auth '{params['auth']}' is not available in this version of k6py; basic is")
    headers = canonical_headers(params["headers"])
    chosen = codings.names(params["compression"])
    if body is not None and chosen:
        body = codings.compress(body, chosen)
        headers["Content-Encoding"] = ", ".join(chosen)
    cookies = tuple(RequestCookie(name, value, replace) for name, value, replace in params["cookies"])
    return Call(method, url, headers, body, cookies)


def refused_response(method: str, url: str, message: str) -> dict[str, Any]:
    """The response to a request that was never made because its params are wrong."""
    hop = _Hop(Call(method, url, {}))
    return _failed_response(hop, hop, TransportError(message))


def _with_error(outcome: Outcome, error: str, code: int) -> Outcome:
    return Outcome(outcome.method, outcome.url, 0, "", outcome.expected, error, code)


def _headers(answer: Answer, lower_name: str) -> list[str]:
    return [value for name, value in answer.headers if name.lower() == lower_name]


def _header(answer: Answer, lower_name: str) -> str:
    return ", ".join(_headers(answer, lower_name))


def _response(first: _Hop, last: _Hop, answer: Answer, response_type: str) -> dict[str, Any]:
    body: str | bytes | None = answer.body
    if response_type == "none":
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
        "status_text": f"{answer.status} {answer.reason}".rstrip(),
        "proto": f"HTTP/{answer.http_version}",
        "headers": list(headers.items()),
        "cookies": [c for c in map(response_cookie, _headers(answer, "set-cookie")) if c is not None],
        "body": body,
        "error_code": status_error_code(answer.status),
    }


def _failed_response(first: _Hop, last: _Hop, error: TransportError) -> dict[str, Any]:
    return {**_frame(first, last), "error": error_text(error), "error_code": error.code}


def _frame(first: _Hop, last: _Hop) -> dict[str, Any]:
    """What responses and failures have in common.

    Names that a server chooses stand in lists of pairs: a key could otherwise be taken for one of the bridge.
    """
    trace = last.trace
    return {
        "status": 0,
        "status_text": "",
        "proto": "",
        "url": last.call.url,
        "remote_ip": trace.remote_ip,
        "remote_port": trace.remote_port,
        "headers": [],
        "cookies": [],
        "body": None,
        "timings": {
            "duration": trace.duration_s * 1000,
            "blocked": trace.blocked_s * 1000,
            "looking_up": 0,
            "connecting": trace.connecting_s * 1000,
            "tls_handshaking": trace.tls_handshaking_s * 1000,
            "sending": trace.sending_s * 1000,
            "waiting": trace.waiting_s * 1000,
            "receiving": trace.receiving_s * 1000,
        },
        "tls_version": trace.tls_version,
        "tls_cipher_suite": trace.tls_cipher_suite,
        "ocsp_status": "unknown" if trace.tls_version else "",
        "error": "",
        "error_code": 0,
        "request": {
            "method": first.call.method,
            "url": first.call.url,
            "headers": [] if first.wire is None else first.wire.shown_headers,
            "cookies": [[cookie.name, cookie.value, cookie.replace] for cookie in first.cookies],
        },
    }
