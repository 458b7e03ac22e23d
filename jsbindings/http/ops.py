"""k6/http: requests and cookie jars of one virtual user."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

from jsbindings.api import Binding, Thrown, op
from jsbindings.http import gjson, multipart
from jsbindings.http.client import HttpClient, ProcessState, RequestFailed
from jsbindings.http.cookies import set_cookie_text
from jsbindings.http.gjson_modifiers import MISSING, parse
from jsbindings.http.parallel import Job, ParallelJobs
from jsbindings.http.params import Asked, Refused, read
from jsbindings.http.responses import refused_response
from runner.net.http_url import MalformedUrl, check_url, resolve
from runner.vu.cookie_jar import CookieJar

IN_INIT = "Making http requests in the init context is not supported"
BATCH_IN_INIT = "Using batch in the init context is not supported"
JAR_IN_INIT = "Making cookie jars in the init context is not supported"


class HttpBinding(Binding):
    """Requests of one virtual user; `shared` is what the whole process has once."""

    module = "k6/http"
    shared: ProcessState

    def __init__(self, vu: Any, shared: ProcessState) -> None:
        super().__init__(vu, shared)
        self._client: HttpClient | None = None
        # Requests of asyncRequest() that are about to go out.
        self._prepared: dict[int, Asked] = {}
        self._numbers = itertools.count(1)

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
            asked = read(self.vu, method, url, body, params)
        except Refused as refusal:
            return self.refuse(refusal.message, refusal.code)
        return self._send(asked)

    def _send(self, asked: Asked) -> dict[str, Any]:
        try:
            return self._own_client().request(asked)
        except RequestFailed as failure:
            if asked.throws:
                raise Thrown(failure.message) from None
            return self._warned(failure)

    @op(init_error=IN_INIT)
    def prepare(self, method: str, url: str, body: bytes | None, params: dict[str, Any]) -> Any:
        """Read a request that send_prepared() sends: its number, or the response when it is refused."""
        try:
            asked = read(self.vu, method, url, body, params)
        except Refused as refusal:
            return self.refuse(refusal.message, refusal.code)
        number = next(self._numbers)
        self._prepared[number] = asked
        return number

    @op(promise=True)
    def send_prepared(self, number: int) -> dict[str, Any]:
        """request() for what prepare() has read, while the script goes on."""
        return self._send(self._prepared.pop(number))

    @op
    def refuse(self, message: str, code: int) -> dict[str, Any]:
        """The response to a request that is none, or its exception when the options ask for that."""
        self._throw_or_warn("Request Failed", message)
        return refused_response(message, code)

    def _throw_or_warn(self, event: str, message: str) -> None:
        # The param `throw` is only asked about requests that went out, as in k6.
        if self.vu.options.throw:
            raise Thrown(message)
        self.vu.logger.warning(event, error=message)

    def _warned(self, failure: RequestFailed) -> dict[str, Any]:
        self.vu.logger.warning("Request Failed", error=failure.message)
        return failure.response

    def _own_client(self) -> HttpClient:
        if self._client is None:
            self._client = HttpClient(self.vu, self.shared)
        return self._client

    # ---- batches

    @op(init_error=BATCH_IN_INIT)
    def check_batch_context(self) -> None:
        """Refuse the init context before anything else is looked at."""

    @op(init_error=BATCH_IN_INIT)
    def batch(self, entries: list[dict[str, Any]], data: bytes) -> list[dict[str, Any]]:
        """Send requests at the same time.

        Args:
            entries: of face.js: each a request, or ``refused`` and its ``code``.
            data: all bodies that are bytes; an entry's ``body`` is where its own begin and end, or a text.

        Returns:
            the responses in the order of the requests; those up to the refused one when there is one, and then
            nothing has been sent.

        Raises:
            Thrown: a request failed that was to throw, or one is refused under the option ``throw``.
        """
        all_asked: list[Asked] = []
        for entry in entries:
            try:
                all_asked.append(self._read_entry(entry, data))
            except Refused as refusal:
                self._throw_or_warn("A batch request failed", refusal.message)
                refused = refused_response(refusal.message, refusal.code)
                return [*(refused_response("", 0) for _ in all_asked), refused]
        return self._send_together(all_asked)

    def _read_entry(self, entry: dict[str, Any], data: bytes) -> Asked:
        if "refused" in entry:
            raise Refused(entry["refused"], entry["code"])
        body = _bytes_of(entry["body"], data)
        return read(self.vu, entry["method"], entry["url"], body, entry["params"])

    def _send_together(self, all_asked: list[Asked]) -> list[dict[str, Any]]:
        client, options = self._own_client(), self.vu.options
        thrown: list[RequestFailed] = []

        def send(asked: Asked) -> dict[str, Any] | None:
            try:
                return client.request(asked)
            except RequestFailed as failure:
                if not asked.throws:
                    return self._warned(failure)
                thrown.append(failure)
                return None

        jobs = [Job(_place(asked), partial(send, asked)) for asked in all_asked]
        responses = ParallelJobs(
            self.vu.reactor,
            jobs_max=options.effective_batch,
            jobs_per_place_max=options.effective_batch_per_host,
        ).run(jobs)
        if thrown:
            # All the others have come to their end, as in k6.
            raise Thrown(thrown[0].message)
        return responses

    @op
    def multipart(self, parts: list[list[Any]], data: bytes) -> dict[str, Any]:
        """A form with files in it.

        Args:
            parts: name, content, file name and content type; the latter None for what is no file.
            data: as for batch().

        Returns:
            ``body`` and the ``boundary`` in it.
        """
        boundary = multipart.new_boundary()
        fields = [
            multipart.Part(name, _bytes_of(content, data) or b"", filename, content_type or "")
            for name, content, filename, content_type in parts
        ]
        return {"boundary": boundary, "body": multipart.encode(fields, boundary)}

    def end_iteration(self) -> None:
        """Close what the next iteration may not use; after setup and teardown there is none."""
        self._prepared.clear()
        if self._client is not None and (self.vu.options.no_vu_connection_reuse or self.vu.phase != "vu"):
            self._client.connections.close()

    # ---- responses

    @op
    def resolve(self, base: str, reference: str, query: str | None) -> str:
        """The URL that a page at `base` refers to.

        Args:
            query: instead of the one that the reference has.

        Raises:
            Thrown: it is no URL.
        """
        try:
            return resolve(base, reference, query)
        except MalformedUrl as error:
            raise Thrown(error.problem) from None

    @op
    def select_json(self, text: bytes, selector: str) -> list[Any] | None:
        """What a GJSON selector finds in a JSON text, in a list; None for nothing.

        Args:
            text: JSON, as face.js has made sure.
        """
        try:
            found = gjson.select(parse(text), selector)
        except (ValueError, RecursionError):
            # What JavaScript reads as JSON and Python does not: thousands of levels, numbers of thousands of digits.
            return None
        return None if found is MISSING else [found]

    # ---- cookie jars; None is the virtual user's own

    @op(init_error=JAR_IN_INIT)
    def check_jar_context(self) -> None:
        """Refuse the virtual user's own jar in the init context, where there are no requests."""

    @op
    def create_jar(self, forgotten: list[int]) -> int:
        """The number of a new jar.

        Args:
            forgotten: numbers of jars that the script has forgotten.
        """
        for number in forgotten:
            self.vu.cookie_jars.drop(number)
        return self.vu.cookie_jars.create()

    @op
    def set_cookie(self, jar: int | None, url: str, name: str, value: str, options: dict[str, Any]) -> None:
        """Keep a cookie as if a response from `url` had set it."""
        self._jar(jar, url).keep(url, [set_cookie_text(name, value, options)])

    @op
    def cookies_for(self, jar: int | None, url: str) -> list[list[str]]:
        """Name and value of the cookies that a request to `url` carries."""
        return [[cookie.name, cookie.value] for cookie in self._jar(jar, url).cookies_for(url)]

    @op
    def clear_cookies(self, jar: int | None, url: str) -> None:
        """Forget the cookies for `url`."""
        self._jar(jar, url).clear(url)

    @op
    def delete_cookie(self, jar: int | None, url: str, name: str) -> None:
        """Forget the cookies for `url` called `name`."""
        self._jar(jar, url).delete(url, name)

    def _jar(self, number: int | None, url: str) -> CookieJar:
        """A jar, for a URL that can be one.

        Raises:
            Thrown: it cannot.
        """
        try:
            check_url(url)
        except MalformedUrl as error:
            raise Thrown(error.problem) from None
        return self.vu.cookie_jars.get(number)


def _place(asked: Asked) -> str:
    """What the option ``batchPerHost`` calls a host."""
    return "" if asked.url is None else asked.url.authority


def _bytes_of(content: str | list[int] | None, data: bytes) -> bytes | None:
    """A text, or from where to where in `data`; None for nothing."""
    if isinstance(content, list):
        return data[content[0] : content[1]]
    return None if content is None else content.encode()
