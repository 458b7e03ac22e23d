"""One request of a script from its params to its response: redirects, cookies, samples, errors.

Owns the loop over the hops; parks the virtual user that it belongs to and nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

from jsbindings.api import Thrown
from jsbindings.http import codings
from jsbindings.http.cookies import RequestCookie, cookie_header, request_cookies
from jsbindings.http.messages import (
    Call,
    canonical_headers,
    go_error_text,
    redirected,
    wire_request,
)
from jsbindings.http.responses import Hop, failed_response, header_value, header_values, response
from jsbindings.http.samples import Outcome, error_text, is_expected, status_error_code, take_samples
from runner.errors import TransportError
from runner.net.http import Answer, HttpConnections
from runner.net.http_url import HttpUrl, MalformedUrl
from runner.protocol.http1 import InvalidRequest
from runner.reactor import Reactor, Task
from runner.vu.vu import VirtualUser

TIMEOUT_S = 60.0
RESPONSE_TYPES = ("text", "binary", "none")


def wait_for_turn(vu: VirtualUser) -> float:
    """Wait until the option ``rps`` lets one more request start; how many seconds that took."""
    rps = vu.options.rps
    if not rps or rps <= 0:
        return 0.0
    now_s = vu.reactor.now()
    turn_s = vu.context.request_turns.claim(now_s, 1 / rps)
    if turn_s > now_s:
        vu.reactor.sleep_until(turn_s)
    return vu.reactor.now() - now_s


class ProcessState:
    """What all virtual users of a process share: who closes their connections at the end."""

    def __init__(self) -> None:
        self._connections: WeakSet[HttpConnections] = WeakSet()
        self._closer: Task | None = None

    def adopt(self, connections: HttpConnections, reactor: Reactor) -> None:
        """See to it that the connections are closed when the test is over."""
        self._connections.add(connections)
        if self._closer is None:
            self._closer = reactor.spawn(self._close_at_end, reactor)

    def _close_at_end(self, reactor: Reactor) -> None:
        try:
            # Until the reactor closes and ends its tasks.
            reactor.park()
        finally:
            for connections in self._connections:
                connections.close()


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


class HttpClient:
    """Sends the requests of one virtual user."""

    def __init__(self, vu: VirtualUser, shared: ProcessState) -> None:
        self._vu = vu
        self._keep = not vu.options.no_connection_reuse
        self.connections = HttpConnections(
            vu.reactor, vu.context.require_dialer(), vu_id=vu.vu_id, counter=vu.bytes
        )
        shared.adopt(self.connections, vu.reactor)

    def request(self, call: Call, settings: Settings, timeout_s: float) -> dict[str, Any]:
        """Send a request, follow its redirects, and tell what came of it.

        Returns:
            the response, as face.js takes it.

        Raises:
            RequestFailed: with the response that a script gets when it does not want exceptions.
        """
        deadline_s = self._vu.reactor.now() + timeout_s
        hop = first = Hop(call)
        redirects = 0
        try:
            while True:
                deadline_s += wait_for_turn(self._vu)
                answer = self._send(hop, settings, deadline_s)
                next_call = self._next_call(hop, answer)
                if next_call is None or redirects >= settings.redirects_max:
                    break
                redirects += 1
                hop = Hop(next_call)
            if next_call is not None and settings.says_limit:
                self._warn_of_limit(hop, redirects)
        except TransportError as error:
            text = go_error_text(hop.call.method, hop.call.url, error.message)
            if isinstance(error, MalformedUrl):
                text = error.message
            raise RequestFailed(text, failed_response(first, hop, error)) from None
        return response(first, hop, answer, settings.response_type)

    def _next_call(self, hop: Hop, answer: Answer) -> Call | None:
        assert hop.url is not None
        location = header_value(answer, "location")
        return redirected(hop.call, hop.url, answer.status, location)

    def _send(self, hop: Hop, settings: Settings, deadline_s: float) -> Answer:
        """Send one hop and take its samples; a text that is no URL has none."""
        outcome = Outcome(hop.call.method, hop.call.url, 0, "", is_expected(0, settings.expected))
        try:
            answer = self._exchange(hop, settings, deadline_s)
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

    def _exchange(self, hop: Hop, settings: Settings, deadline_s: float) -> Answer:
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
        jar.keep(call.url, header_values(answer, "set-cookie"))
        body = codings.decompress(answer.body, codings.names(header_value(answer, "content-encoding")))
        return Answer(answer.status, answer.reason, answer.headers, answer.http_version, body)

    def _warn_of_limit(self, hop: Hop, redirects: int) -> None:
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


def _with_error(outcome: Outcome, error: str, code: int) -> Outcome:
    return Outcome(outcome.method, outcome.url, 0, "", outcome.expected, error, code)
