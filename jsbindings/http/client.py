"""One request of a script from its params to its response: redirects, cookies, samples, errors.

Owns the loop over the hops; parks the virtual user that it belongs to and nobody else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from weakref import WeakSet

from jsbindings.http import codings, digest
from jsbindings.http.cookies import cookie_header, request_cookies
from jsbindings.http.messages import Call, go_error_text, redirected, unsendable, wire_request
from jsbindings.http.params import Asked, Settings
from jsbindings.http.responses import Hop, failed_response, header_value, header_values, response
from jsbindings.http.samples import Outcome, error_text, is_expected, status_error_code, take_samples
from runner.errors import TransportError
from runner.net.http import Answer, HttpConnections
from runner.net.http_url import HttpUrl
from runner.protocol.http1 import InvalidRequest
from runner.reactor import Reactor, Task
from runner.vu.vu import VirtualUser


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


class HttpClient:
    """Sends the requests of one virtual user."""

    def __init__(self, vu: VirtualUser, shared: ProcessState) -> None:
        self._vu = vu
        self._keep = not vu.options.no_connection_reuse
        self.connections = HttpConnections(
            vu.reactor, vu.context.require_dialer(), vu_id=vu.vu_id, counter=vu.bytes
        )
        shared.adopt(self.connections, vu.reactor)

    def request(self, asked: Asked) -> dict[str, Any]:
        """Send a request, follow its redirects, and tell what came of it; several tasks may do so at a time.

        Returns:
            the response, as face.js takes it.

        Raises:
            RequestFailed: with the response that a script gets when it does not want exceptions.
        """
        settings = asked.settings
        deadline_s = self._vu.reactor.now() + asked.timeout_s
        hop = first = Hop(asked.call, asked.url, asked.shown_url)
        redirects = 0
        try:
            while True:
                deadline_s += wait_for_turn(self._vu)
                answer = self._send(hop, settings, deadline_s)
                if hop.next_call is None:
                    break
                if not hop.is_challenged:
                    if redirects >= settings.redirects_max:
                        break
                    redirects += 1
                hop = Hop(hop.next_call)
        except TransportError as error:
            text = go_error_text(hop.call.method, hop.call.url, error.message)
            if error.code == codings.CODE_DECOMPRESSION:
                text = error.message
            raise RequestFailed(text, failed_response(first, hop, error)) from None
        if hop.next_call is not None and settings.says_limit:
            self._warn_of_limit(hop, redirects)
        return response(first, hop, answer, settings.response_type)

    def _send(self, hop: Hop, settings: Settings, deadline_s: float) -> Answer:
        """Send one hop, take its samples and find out what follows."""
        call = hop.call
        try:
            answer = self._exchange(hop, settings, deadline_s)
            hop.next_call = self._next_call(hop, answer)
        except TransportError as error:
            expected = is_expected(0, settings.expected)
            failed = Outcome(call.method, call.url, 0, "", expected, error_text(error), error.code)
            take_samples(self._vu, settings.base_tags, settings.tags, failed, hop.trace)
            raise
        expected = is_expected(answer.status, settings.expected)
        outcome = Outcome(
            call.method,
            call.url,
            answer.status,
            f"HTTP/{answer.http_version}",
            # A challenge is part of the way, not a failure.
            True if hop.is_challenged and expected is not None else expected,
            error_code=status_error_code(answer.status),
        )
        take_samples(self._vu, settings.base_tags, settings.tags, outcome, hop.trace)
        return answer

    def _exchange(self, hop: Hop, settings: Settings, deadline_s: float) -> Answer:
        vu, call = self._vu, hop.call
        url = hop.url = hop.url or HttpUrl.parse(call.url)
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
            raise TransportError(unsendable(wire.request, error.message)) from None
        jar.keep(call.url, header_values(answer, "set-cookie"))
        body = codings.decompress(answer.body, header_value(answer, "content-encoding"))
        return Answer(answer.status, answer.reason, answer.headers, answer.http_version, body)

    def _next_call(self, hop: Hop, answer: Answer) -> Call | None:
        call, url = hop.call, hop.url
        assert url is not None
        if answer.status == 401 and call.digest is not None and not call.answers_challenge:
            challenge = digest.find_challenge(header_values(answer, "www-authenticate"))
            if challenge is not None:
                hop.is_challenged = True
                text = digest.answer(challenge, call.digest, call.method or "GET", url.target, call.body)
                headers = {**call.headers, "Authorization": text}
                return replace(call, headers=headers, answers_challenge=True)
        return redirected(call, url, answer.status, header_value(answer, "location"))

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
