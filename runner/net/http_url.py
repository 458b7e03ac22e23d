"""The URLs of HTTP requests: what is accepted, what goes on the wire, and what may be shown.

Owns the rules of Go's net/url as far as k6 users see them; knows no connection.
"""

from __future__ import annotations

import base64
import json
import re
import string
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from runner.errors import TransportError
from runner.net.transport_errors import CODE_DIAL

CODE_BAD_URL = 1020
DEFAULT_PORTS = {"http": 80, "https": 443}
# Whether it is TLS, host and port.
Place = tuple[bool, str, int]
PORT_MAX = 65535
# Enough to know that a port is too large.
PORT_DIGITS_MAX = 9

# What a path may hold unescaped.  A path with anything else is percent-encoded anew, and strictly.
_PATH = re.compile(r"(?:[A-Za-z0-9\-_.~!$&'()*+,;=:@/\[\]]|%[0-9A-Fa-f]{2})*")
_PATH_SAFE = "$&+,/:;=@-_.~"
# A query is sent as it was given.
_QUERY_SAFE = string.punctuation
_PORT = re.compile(r":([^\]:]+)$")
_NO_BRACKET = "missing ']' in host"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)
_CREDENTIALS = re.compile(r"^([^/?#]*//)([^/?#]*)@")


class MalformedUrl(TransportError):
    """A text that is no URL at all: k6 makes no request and takes no sample.

    Args:
        reason: what Go's net/url would say.
    """

    def __init__(self, url: str, reason: str) -> None:
        self.problem = f"parse {json.dumps(masked(url), ensure_ascii=False)}: {reason}"
        super().__init__(f"invalid URL: {self.problem}", CODE_BAD_URL)


@dataclass(frozen=True)
class HttpUrl:
    """The parts of an http or https URL that a request needs.

    Args:
        text: as given, with the scheme in lower case and the path percent-encoded.
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
            TransportError: it is one, of another scheme, without a host or with a port that does not exist.
        """
        parts, port = _split(text)
        if parts.scheme not in DEFAULT_PORTS:
            raise TransportError(f'unsupported protocol scheme "{parts.scheme}"')
        if not parts.hostname:
            raise TransportError("http: no Host in request URL")
        if port is not None and port > PORT_MAX:
            raise TransportError(f"dial tcp: address {port}: invalid port", CODE_DIAL)
        host = _ascii(text, parts.hostname)
        path = parts.path
        if not _PATH.fullmatch(path):
            path = quote(unquote(path, errors="surrogateescape"), _PATH_SAFE, errors="surrogateescape")
        target = path or "/"
        if parts.query or text.partition("#")[0].endswith("?"):
            target += "?" + quote(parts.query, safe=_QUERY_SAFE)
        shown_host = f"[{host}]" if ":" in host else host
        user, colon, password = parts.netloc.rpartition("@")[0].partition(":")
        start = f"{parts.scheme}://{parts.netloc}"
        return cls(
            text=start + path + text[len(start) + len(parts.path) :],
            secure=parts.scheme == "https",
            host=host,
            port=DEFAULT_PORTS[parts.scheme] if port is None else port,
            authority=shown_host if port is None else f"{shown_host}:{port}",
            target=target,
            credentials=f"{unquote(user)}:{unquote(password)}" if user or colon else None,
        )

    @property
    def place(self) -> Place:
        """What connections to it have in common."""
        return self.secure, self.host, self.port

    def join(self, location: str) -> str:
        """The URL that a Location header of the answer names (RFC 9110 section 10.2.2)."""
        return resolve(self.text, location)

    def without_credentials(self) -> HttpUrl:
        """The same place for those who are to know no password."""
        return replace(self, text=_CREDENTIALS.sub(r"\1", self.text), credentials=None)


def resolve(base: str, reference: str, query: str | None = None) -> str:
    """The URL that `reference` means on a page at `base` (RFC 3986 section 5).

    Args:
        query: instead of the one that the reference has.

    Raises:
        MalformedUrl: it is none.
    """
    try:
        joined = urljoin(base, reference)
        return joined if query is None else urlsplit(joined)._replace(query=query).geturl()
    except ValueError:
        raise MalformedUrl(reference, _NO_BRACKET) from None


def check_url(text: str) -> None:
    """Let every URL pass, of whatever scheme.

    Raises:
        MalformedUrl: it is none.
    """
    _split(text)


def masked(url: str) -> str:
    """The URL with its credentials hidden, as in tags and logs."""
    return _CREDENTIALS.sub(lambda m: f"{m[1]}{'****:****' if ':' in m[2] else '****'}@", url)


def basic_authorization(credentials: str) -> str:
    """The Authorization header for ``user:password`` (RFC 7617)."""
    return "Basic " + base64.b64encode(credentials.encode()).decode("ascii")


def _split(text: str) -> tuple[SplitResult, int | None]:
    """The parts that the standard library finds, and the port; refuses what Go refuses."""
    # urlsplit() would drop these without a word.
    if any(character < " " or character == "\x7f" for character in text):
        raise MalformedUrl(text, "net/url: invalid control character in URL")
    if text.startswith(" "):
        raise MalformedUrl(text, "first path segment in URL cannot contain colon")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise MalformedUrl(text, _NO_BRACKET) from None
    if " " in parts.netloc:
        raise MalformedUrl(text, 'invalid character " " in host name')
    bad_escape = _BAD_ESCAPE.search(parts.path)
    if bad_escape is not None:
        raise MalformedUrl(text, f'invalid URL escape "{bad_escape[0]}"')
    port = _PORT.search(parts.netloc.rpartition("@")[2])
    if port is not None and not (port[1].isascii() and port[1].isdigit()):
        raise MalformedUrl(text, f'invalid port ":{port[1]}" after host')
    return parts, None if port is None else int(port[1].lstrip("0")[:PORT_DIGITS_MAX] or 0)


def _ascii(url: str, host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise MalformedUrl(url, "invalid host name") from None
