"""Cookies of one request and its response; the jars themselves are runner/vu/cookie_jar.py's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jsbindings.api import Thrown
from runner.vu.cookie_jar import Cookie

# What a cookie's value cannot hold (RFC 6265 section 4.1.1) and Go leaves out.
_NOT_IN_VALUES = {ord(character): None for character in '";\\\x7f'} | dict.fromkeys(range(0x20))


@dataclass(frozen=True)
class RequestCookie:
    """A cookie as it goes out.

    Args:
        replace: cookies of the jar with this name stay at home.
    """

    name: str
    value: str
    replace: bool = False


def request_cookies(given: Iterable[RequestCookie], from_jar: Iterable[Cookie]) -> list[RequestCookie]:
    """The cookies of a request: those of the params, then those of the jar."""
    own = list(given)
    replaced = {cookie.name for cookie in own if cookie.replace}
    return [*own, *(RequestCookie(c.name, c.value) for c in from_jar if c.name not in replaced)]


def cookie_header(cookies: Iterable[RequestCookie]) -> str:
    """The value of the Cookie header, "" for none."""
    return "; ".join(f"{cookie.name}={_quoted(clean_value(cookie.value))}" for cookie in cookies)


def clean_value(value: str) -> str:
    """The value without what no cookie can hold."""
    return value.translate(_NOT_IN_VALUES)


def _quoted(value: str) -> str:
    # As Go does it: servers split at blanks and commas.
    return f'"{value}"' if " " in value or "," in value else value


def set_cookie_text(name: str, value: str, options: Mapping[str, Any]) -> str:
    """The Set-Cookie value that does what ``CookieJar.set()`` asks for.

    Raises:
        Thrown: ``expires`` is no date.
    """
    text = f"{name}={clean_value(value)}"
    for key, attribute in (("domain", "Domain"), ("path", "Path"), ("expires", "Expires")):
        if options.get(key):
            text += f"; {attribute}={clean_value(str(options[key]))}"
    if options.get("expires") and _time_ms(str(options["expires"])) is None:
        raise Thrown(f'unable to parse "expires" date string "{options["expires"]}"')
    if options.get("max_age"):
        text += f"; Max-Age={int(options['max_age'])}"
    return (
        text
        + ("; Secure" if options.get("secure") else "")
        + ("; HttpOnly" if options.get("http_only") else "")
    )


def response_cookie(text: str) -> dict[str, Any] | None:
    """A Set-Cookie value as scripts see it in ``Response.cookies``; None for one without a name."""
    pair, *attributes = text.split(";")
    name, equals, value = pair.partition("=")
    if not equals or not name.strip():
        return None
    given = {}
    for attribute in attributes:
        key, _, setting = attribute.partition("=")
        given[key.strip().lower()] = setting.strip()
    max_age = given.get("max-age", "")
    return {
        "name": name.strip(),
        "value": value.strip().strip('"'),
        "domain": given.get("domain", ""),
        "path": given.get("path", ""),
        "http_only": "httponly" in given,
        "secure": "secure" in given,
        "max_age": int(max_age) if max_age.removeprefix("-").isdecimal() else 0,
        "expires": _time_ms(given.get("expires", "")) or 0,
    }


def _time_ms(text: str) -> int | None:
    # As in the jar, which says why it is here.
    from email.utils import parsedate_to_datetime

    try:
        return int(parsedate_to_datetime(text.replace("-", " ")).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None
