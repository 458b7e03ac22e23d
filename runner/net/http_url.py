"""The URLs of HTTP requests: what is accepted, what goes on the wire, and what may be shown.

Owns the rules of Go's net/url as far as k6 users see them; knows no connection.
"""

from __future__ import annotations

import base64
import re
import string
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from runner.errors import TransportError

CODE_BAD_URL = 1020
DEFAULT_PORTS = {"http": 80, "https": 443}

# What a path may hold unescaped; everything else is percent-encoded, what is encoded stays.
_PATH_SAFE = "%/:@!$&'()*+,;=~[]"
# A query is sent as it was given.
_QUERY_SAFE = string.punctuation
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CREDENTIALS = re.compile(r"^([^/?#]*//)[^/?#]*@")


class MalformedUrl(TransportError):
    """A text that is no URL at all: k6 makes no request and takes no sample."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f'invalid URL: parse "{masked(url)}": {reason}', CODE_BAD_URL)


@dataclass(frozen=True)
class HttpUrl:
    """The parts of an http or https URL that a request needs.

    Args:
        text: as given.
        authority: host and port as written, for the Host header; names in ASCII.
        target: path and query, percent-encoded, without fragment (RFC 9112 section 3.2.1).
        credentials: ``user:password``, None for none.
    """

    text: str
    secure: bool
    host: str
    port: int
    authority: str
    target: str
    credentials: str | None = None

    @classmethod
    def parse(cls, text: str) -> HttpUrl:
        """The parts of `text`.

        Raises:
            MalformedUrl: it is no URL.
            TransportError: it is one, of another scheme or without a host.
        """
        # urlsplit() would drop these without a word.
        if text.startswith(" ") or any(character < " " or character == "\x7f" for character in text):
            raise MalformedUrl(text, "invalid control character in URL")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise MalformedUrl(text, str(error)) from None
        if " " in parts.netloc:
            raise MalformedUrl(text, "invalid character in host name")
        if _BAD_ESCAPE.search(parts.path):
            raise MalformedUrl(text, "invalid URL escape")
        if parts.scheme not in DEFAULT_PORTS:
            raise TransportError(f'unsupported protocol scheme "{parts.scheme}"')
        if not parts.hostname:
            raise TransportError("http: no Host in request URL")
        host = _ascii(text, parts.hostname)
        target = quote(parts.path or "/", safe=_PATH_SAFE)
        if parts.query or text.partition("#")[0].endswith("?"):
            target += "?" + quote(parts.query, safe=_QUERY_SAFE)
        shown_host = f"[{host}]" if ":" in host else host
        user, colon, password = parts.netloc.rpartition("@")[0].partition(":")
        return cls(
            text=text,
            secure=parts.scheme == "https",
            host=host,
            port=DEFAULT_PORTS[parts.scheme] if port is None else port,
            authority=shown_host if port is None else f"{shown_host}:{port}",
            target=target,
            credentials=f"{unquote(user)}:{unquote(password)}" if user or colon else None,
        )

    @property
    def place(self) -> tuple[bool, str, int]:
        """What connections to it have in common."""
        return self.secure, self.host, self.port

    def join(self, location: str) -> str:
        """The URL that a Location header of the answer names (RFC 9110 section 10.2.2)."""
        try:
            return urljoin(self.text, location)
        except ValueError as error:
            raise MalformedUrl(location, str(error)) from None


def masked(url: str) -> str:
    """The URL with its credentials hidden, as in tags and logs."""
    return _CREDENTIALS.sub(r"\1****:****@", url)


def basic_authorization(credentials: str) -> str:
    """The Authorization header for ``user:password`` (RFC 7617)."""
    return "Basic " + base64.b64encode(credentials.encode()).decode("ascii")


def _ascii(url: str, host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise MalformedUrl(url, "invalid host name") from None
