"""What a script asks for in one request: its params, checked and as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jsbindings.api import Thrown
from jsbindings.http import codings
from jsbindings.http.cookies import RequestCookie
from jsbindings.http.messages import Call, canonical_headers
from runner.errors import TransportError
from runner.metrics.tags import TagSet
from runner.net.http_url import HttpUrl, MalformedUrl, masked
from runner.options.durations import parse_duration
from runner.vu.vu import VirtualUser

TIMEOUT_S = 60.0
RESPONSE_TYPES = ("text", "binary", "none")


class Refused(Exception):
    """k6 makes no request of it, and takes no sample.

    Args:
        message: for the log, ``Response.error`` or an exception.
        code: for ``Response.error_code``.
    """

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True)
class Settings:
    """The params that are about the response.

    Args:
        jar: number of the cookie jar, None for the virtual user's own.
        base_tags: the virtual user's when the script asked.
        tags: on all samples.
        redirects_max: how many are followed.
        says_limit: the script does not know the limit, so reaching it is worth a warning.
        expected: ranges of expected statuses, None for no judgement.
        response_type: text, binary or none.
    """

    jar: int | None
    base_tags: TagSet
    tags: Mapping[str, str]
    redirects_max: int
    says_limit: bool
    expected: Sequence[Sequence[int]] | None
    response_type: str


@dataclass(frozen=True)
class Asked:
    """A request that can be tried.

    Args:
        url: None for one that no request can go to, which is told when it is tried.
        shown_url: what ``Response.request.url`` has.
        timeout_s: for the request with its redirects.
        throws: whether a failure is an exception.
    """

    call: Call
    url: HttpUrl | None
    shown_url: str
    settings: Settings
    timeout_s: float
    throws: bool


def read(vu: VirtualUser, method: str, url: str, body: bytes | None, params: Mapping[str, Any]) -> Asked:
    """The request that a script describes.

    Args:
        params: as face.js reads them, every key there.

    Raises:
        Refused: something in it is wrong.
        Thrown: it asks for what this version of k6py does not have.
    """
    if params["auth"] == "ntlm":
        raise Thrown("auth 'ntlm' is not available in this version of k6py; basic and digest are")
    parsed = _parse(url)
    shown_url = url if parsed is None else parsed.text
    settings, timeout_s = _settings(vu, params), _timeout_s(params["timeout"])
    cookies = tuple(RequestCookie(name, value, replace) for name, value, replace in params["cookies"])
    call = Call(method, shown_url, canonical_headers(params["headers"]), body, cookies)
    call = _compressed(vu, call, params["compression"])
    _compare_length(vu, call)
    if params["auth"] == "digest" and parsed is not None and parsed.credentials is not None:
        # The password is for the answer to a challenge; it does not go out before.
        credentials, parsed = parsed.credentials, parsed.without_credentials()
        call = replace(call, url=parsed.text, digest=credentials)
    throws = vu.options.throw if params["throw"] is None else params["throw"]
    return Asked(call, parsed, shown_url, settings, timeout_s, bool(throws))


def _parse(url: str) -> HttpUrl | None:
    try:
        return HttpUrl.parse(url)
    except MalformedUrl as error:
        raise Refused(error.message, error.code) from None
    except TransportError:
        return None


def _settings(vu: VirtualUser, params: Mapping[str, Any]) -> Settings:
    options = vu.options
    redirects = params["redirects"]
    response_type = params["response_type"]
    if response_type is None:
        response_type = "none" if options.discard_response_bodies else "text"
    elif response_type not in RESPONSE_TYPES:
        raise Refused(f"{response_type} does not belong to ResponseType values")
    return Settings(
        jar=params["jar"],
        base_tags=vu.tags,
        tags=params["tags"],
        redirects_max=options.effective_max_redirects if redirects is None else int(redirects),
        says_limit=redirects is None and options.max_redirects is None,
        expected=params["expected"],
        response_type=response_type,
    )


def _timeout_s(given: float | str | None) -> float:
    """Seconds of the param ``timeout``: milliseconds or a duration."""
    if given is None:
        return TIMEOUT_S
    try:
        return parse_duration(given) if isinstance(given, str) else given / 1000
    except ValueError as error:
        raise Refused(f"invalid timeout value: {error}") from None


def _compressed(vu: VirtualUser, call: Call, compression: str) -> Call:
    try:
        chosen = codings.chosen(compression)
    except codings.UnknownCoding as error:
        raise Refused(str(error)) from None
    if call.body is None or not chosen:
        return call
    name = ", ".join(chosen)
    if call.headers.get("Content-Encoding", name) != name:
        vu.logger.warning(
            "There's a mismatch between the desired `compression` the manually set `Content-Encoding` header in"
            f" the {call.method} request for '{masked(call.url)}', the custom header has precedence and won't be"
            " overwritten. This may result in invalid data being sent to the server."
        )
    headers = {"Content-Encoding": name, **call.headers}
    return replace(call, headers=headers, body=codings.compress(call.body, chosen))


def _compare_length(vu: VirtualUser, call: Call) -> None:
    given, size = call.headers.get("Content-Length"), len(call.body or b"")
    if given is not None and given != str(size):
        vu.logger.warning(
            f'The specified Content-Length header "{given}" in the {call.method} request for {masked(call.url)}'
            f" doesn't match the actual request body length of {size}, so it will be ignored!"
        )
