"""k6/http: requests and cookie jars of one virtual user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsbindings.api import Binding, Thrown, op
from jsbindings.http.client import (
    RESPONSE_TYPES,
    TIMEOUT_S,
    HttpClient,
    ProcessState,
    RequestFailed,
    Settings,
    read_call,
)
from jsbindings.http.codings import UnknownCoding
from jsbindings.http.cookies import set_cookie_text
from jsbindings.http.responses import refused_response
from runner.options.durations import parse_duration

IN_INIT = "Making http requests in the init context is not supported"
JAR_IN_INIT = "Making cookie jars in the init context is not supported"


class HttpBinding(Binding):
    """Requests of one virtual user; `shared` is what the whole process has once."""

    module = "k6/http"
    shared: ProcessState

    def __init__(self, vu: Any, shared: ProcessState) -> None:
        super().__init__(vu, shared)
        self._client: HttpClient | None = None

    @classmethod
    def create_shared(cls) -> ProcessState:
        """The rate limit and the end of connections."""
        return ProcessState()

    # ---- requests

    @op(init_error=IN_INIT)
    def check_context(self) -> None:
        """Refuse the init context before anything else is looked at."""

    @op(init_error=IN_INIT)
    def request(self, method: str, url: str, body: bytes | None, params: dict[str, Any]) -> dict[str, Any]:
        """Send a request.

        Args:
            params: as face.js reads them, every key there.

        Returns:
            what face.js makes a Response of; with an ``error`` when there was none.

        Raises:
            Thrown: the same as an exception, when the params or the options ask for that.
        """
        try:
            call = read_call(method, url, body, params)
            settings, timeout_s = self._settings(params), _timeout_s(params["timeout"])
        except (ValueError, UnknownCoding) as error:
            return self.refuse(method, url, str(error), params["throw"])
        if self._client is None:
            self._client = HttpClient(self.vu, self.shared)
        try:
            return self._client.request(call, settings, timeout_s)
        except RequestFailed as failure:
            self._throw_or_warn(failure.message, params["throw"])
            return failure.response

    @op
    def refuse(self, method: str, url: str, message: str, throws: bool | None) -> dict[str, Any]:
        """The response to a request whose params are wrong; or its exception, as for request()."""
        self._throw_or_warn(message, throws)
        return refused_response(method, url, message)

    def _throw_or_warn(self, message: str, throws: bool | None) -> None:
        if self.vu.options.throw if throws is None else throws:
            raise Thrown(message)
        self.vu.logger.warning("Request Failed", error=message)

    def _settings(self, params: Mapping[str, Any]) -> Settings:
        options = self.vu.options
        redirects = params["redirects"]
        response_type = params["response_type"]
        if response_type not in ("", *RESPONSE_TYPES):
            raise ValueError(
                f"invalid response type '{response_type}': it is one of {', '.join(RESPONSE_TYPES)}"
            )
        default = "none" if options.discard_response_bodies else "text"
        return Settings(
            jar=params["jar"],
            tags=params["tags"],
            redirects_max=options.effective_max_redirects if redirects is None else int(redirects),
            says_limit=redirects is None and options.max_redirects is None,
            expected=params["expected"],
            response_type=response_type or default,
        )

    def end_iteration(self) -> None:
        """Close what the next iteration may not use; after setup and teardown there is none."""
        if self._client is not None and (self.vu.options.no_vu_connection_reuse or self.vu.phase != "vu"):
            self._client.connections.close()

    # ---- cookie jars; None is the virtual user's own

    @op(init_error=JAR_IN_INIT)
    def check_jar_context(self) -> None:
        """Refuse the virtual user's own jar in the init context, where there are no requests."""

    @op
    def create_jar(self) -> int:
        """The number of a new jar."""
        return self.vu.cookie_jars.create()

    @op
    def drop_jar(self, number: int) -> None:
        """Forget a jar that the script forgot."""
        self.vu.cookie_jars.drop(number)

    @op
    def set_cookie(self, jar: int | None, url: str, name: str, value: str, options: dict[str, Any]) -> None:
        """Keep a cookie as if a response from `url` had set it."""
        self.vu.cookie_jars.get(jar).keep(url, [set_cookie_text(name, value, options)])

    @op
    def cookies_for(self, jar: int | None, url: str) -> list[list[str]]:
        """Name and value of the cookies that a request to `url` carries."""
        return [[cookie.name, cookie.value] for cookie in self.vu.cookie_jars.get(jar).cookies_for(url)]

    @op
    def clear_cookies(self, jar: int | None, url: str) -> None:
        """Forget the cookies for `url`."""
        self.vu.cookie_jars.get(jar).clear(url)

    @op
    def delete_cookie(self, jar: int | None, url: str, name: str) -> None:
        """Forget the cookies for `url` called `name`."""
        self.vu.cookie_jars.get(jar).delete(url, name)


def _timeout_s(given: float | str | None) -> float:
    """Seconds of the param ``timeout``: milliseconds or a duration; nothing, 0 and less give the default."""
    if given is None:
        return TIMEOUT_S
    seconds = parse_duration(given) if isinstance(given, str) else given / 1000
    return seconds if seconds > 0 else TIMEOUT_S
