"""What connecting needs of a ws or wss URL (RFC 6455 section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from runner.errors import K6pyError

MALFORMED_URL = "malformed ws or wss URL"

# Each virtual user opens the same few again and again.
URLS_KEPT_MAX = 1024

_DEFAULT_PORTS = {"ws": 80, "wss": 443}
# What a URL may hold unescaped in path and query; everything else is percent-encoded, what is encoded stays.
_URL_SAFE = "%/?:@!$&'()*+,;=~[]"


class MalformedUrl(K6pyError):
    """A URL that no WebSocket can be opened for."""


@dataclass(frozen=True)
class WebSocketUrl:
    """The parts of a ws or wss URL that connecting needs.

    Args:
        authority: host and port as written, for the Host header.
        target: path and query, percent-encoded; a fragment is left out (RFC 6455 section 3).
    """

    secure: bool
    host: str
    port: int
    authority: str
    target: str

    @classmethod
    @lru_cache(URLS_KEPT_MAX)
    def parse(cls, url: str) -> WebSocketUrl:
        """The parts of `url`.

        Raises:
            MalformedUrl: another scheme, user information, or no port number where one should be.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise MalformedUrl(MALFORMED_URL) from None
        if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc:
            raise MalformedUrl(MALFORMED_URL)
        target = quote(parts.path or "/", safe=_URL_SAFE)
        if parts.query or url.partition("#")[0].endswith("?"):
            target += "?" + quote(parts.query, safe=_URL_SAFE)
        return cls(
            secure=parts.scheme == "wss",
            host=parts.hostname or "",
            port=_DEFAULT_PORTS[parts.scheme] if port is None else port,
            authority=parts.netloc,
            target=target,
        )
