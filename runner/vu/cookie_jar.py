"""Cookies of a virtual user (RFC 6265), and the jars that a script makes beside its own.

Owns which cookie goes where; knows no request.  Bounds are those that RFC 6265 section 6.1 asks of clients
at least,
enough for any test and small enough for thousands of virtual users.
"""

import ipaddress
import itertools
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

COOKIES_MAX = 3000
COOKIE_SIZE_BYTES_MAX = 4096


class Cookie(NamedTuple):
    """One stored cookie.

    Args:
        host_only: sent to exactly `domain`; otherwise to hosts below it, too.
        expires_s: Unix time, None for the end of the session.
    """

    name: str
    value: str
    domain: str
    path: str
    host_only: bool = True
    secure: bool = False
    http_only: bool = False
    expires_s: float | None = None


class CookieJar:
    """A set of cookies.

    Args:
        wall_clock: Unix time in seconds, for expiry.
    """

    def __init__(self, wall_clock: Callable[[], float] = time.time) -> None:
        self._wall_clock = wall_clock
        # Insertion order is age, by which cookies of one path length are sent (RFC 6265 section 5.4).
        self._cookies: dict[tuple[str, str, str], Cookie] = {}

    def keep(self, url: str, set_cookie_values: Iterable[str]) -> None:
        """Store what a response from `url` set (RFC 6265 section 5.3); what is not allowed is ignored."""
        for value in set_cookie_values:
            cookie = parse_set_cookie(url, value, self._wall_clock())
            if cookie is not None:
                self.store(cookie)

    def store(self, cookie: Cookie) -> None:
        """Store a cookie, or take one out when it has expired; beyond the bound the oldest one goes."""
        key = (cookie.domain, cookie.path, cookie.name)
        if cookie.expires_s is not None and cookie.expires_s <= self._wall_clock():
            self._cookies.pop(key, None)
            return
        if key not in self._cookies and len(self._cookies) >= COOKIES_MAX:
            del self._cookies[next(iter(self._cookies))]
        self._cookies[key] = cookie

    def cookies_for(self, url: str) -> list[Cookie]:
        """The cookies that a request to `url` carries, longest path first."""
        if not self._cookies:
            return []
        parts = urlsplit(url)
        host, path, now_s = (parts.hostname or "").lower(), parts.path or "/", self._wall_clock()
        found = [
            cookie
            for cookie in self._cookies.values()
            if (host == cookie.domain if cookie.host_only else _domain_matches(host, cookie.domain))
            and _path_matches(path, cookie.path)
            and (not cookie.secure or parts.scheme in ("https", "wss"))
            and (cookie.expires_s is None or cookie.expires_s > now_s)
        ]
        return sorted(found, key=lambda cookie: -len(cookie.path))

    def header(self, url: str) -> str:
        """The value of the Cookie header of a request to `url`, "" for none."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies_for(url))

    def delete(self, url: str, name: str) -> None:
        """Take out the cookies called `name` that would go to `url`."""
        for cookie in self.cookies_for(url):
            if cookie.name == name:
                del self._cookies[(cookie.domain, cookie.path, cookie.name)]

    def clear(self, url: str) -> None:
        """Take out every cookie that would go to `url`."""
        for cookie in self.cookies_for(url):
            del self._cookies[(cookie.domain, cookie.path, cookie.name)]


class CookieJars:
    """The jars of one virtual user by number; None is the one that requests use by default."""

    def __init__(self) -> None:
        self._jars: dict[int | None, CookieJar] = {}
        self._numbers = itertools.count(1)

    def get(self, number: int | None) -> CookieJar:
        """The jar `number`, made when it is asked for the first time."""
        jar = self._jars.get(number)
        if jar is None:
            jar = self._jars[number] = CookieJar()
        return jar

    def create(self) -> int:
        """The number of a new, empty jar."""
        number = next(self._numbers)
        self._jars[number] = CookieJar()
        return number

    def drop(self, number: int) -> None:
        """Forget a jar."""
        self._jars.pop(number, None)

    def reset(self) -> None:
        """Empty the default jar, for the next iteration."""
        self._jars.pop(None, None)


def parse_set_cookie(url: str, text: str, now_s: float) -> Cookie | None:
    """The cookie in a Set-Cookie value, or None when it is to be ignored (RFC 6265 sections 5.2 and 5.3)."""
    pair, *attributes = text.split(";")
    name, equals, value = pair.partition("=")
    name = name.strip()
    if not equals or not name or len(text) > COOKIE_SIZE_BYTES_MAX:
        return None
    given = {}
    for attribute in attributes:
        key, _, setting = attribute.partition("=")
        given[key.strip().lower()] = setting.strip()
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    domain = given.get("domain", "").lower().removeprefix(".")
    if domain and not _domain_matches(host, domain):
        return None
    if "." not in domain:
        # A whole top-level domain, or a host without one: for this host only, as in k6.
        domain = ""
    path = given.get("path", "")
    return Cookie(
        name=name,
        value=value.strip().strip('"'),
        domain=domain or host,
        path=path if path.startswith("/") else default_path(parts.path),
        host_only=not domain or _is_ip(host),
        secure="secure" in given,
        http_only="httponly" in given,
        expires_s=_expiry(given, now_s),
    )


def default_path(path: str) -> str:
    """The path of a cookie that names none (RFC 6265 section 5.1.4)."""
    folder = path.rpartition("/")[0]
    return folder if folder.startswith("/") else "/"


def _expiry(given: dict[str, str], now_s: float) -> float | None:
    max_age = given.get("max-age", "")
    digits = max_age.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        # RFC 6265 section 5.2.2: zero and less expire at once; more than some centuries is for ever.
        return None if len(digits) > 10 and max_age == digits else now_s + max(-1, int(max_age[:11]))
    # For servers that send such a date alone: it brings half of the email package.
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(given["expires"].replace("-", " ")).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _domain_matches(host: str, domain: str) -> bool:
    return host == domain or (host.endswith(f".{domain}") and not _is_ip(host))


def _path_matches(path: str, cookie_path: str) -> bool:
    return path == cookie_path or path.startswith(
        cookie_path if cookie_path.endswith("/") else f"{cookie_path}/"
    )


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
