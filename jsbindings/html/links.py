"""The URLs in a page, as k6 resolves them and takes them apart: by the rules of Go's net/url.

They are those of RFC 3986 with a few liberties (https://pkg.go.dev/net/url); urllib's functions take more for a URL
than Go does, and forget whether there was an empty query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

_DEFAULT_PORTS = {"http": "80", "https": "443"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Of escapes, a host may have those of characters outside of ASCII; what follows its last colon is a port.
_HOST_SIGN = r"(?:[^\[\]%\\^`{|} ]|%[89A-Fa-f][0-9A-Fa-f])"
_HOST = re.compile(rf"\[[^\]]*\](?::\d*)?|{_HOST_SIGN}*:\d*|(?:(?!:){_HOST_SIGN})*")

# What stays as it is where Go escapes a text anew, beside letters, digits and "-_.~".
_IN_PATH = "$&+,/:;=@"
_IN_FRAGMENT = "$&+,/:;=?@!()*"
_IN_HOST = "!$&'()*+,;=:[]<>\""
_IN_CREDENTIALS = "$&+,;="
# With what a path or a fragment that came escaped is kept as it came.
_KEPT = re.compile(r"(?:[\w.~!$&'()*+,;=:@/\[\]-]|%[0-9A-Fa-f]{2})*", re.ASCII)
_KEPT_FRAGMENT = re.compile(r"(?:[\w.~!$&'()*+,;=:@/?\[\]-]|%[0-9A-Fa-f]{2})*", re.ASCII)


class NoUrl(ValueError):
    """A text that Go does not parse."""


@dataclass(frozen=True)
class Link:
    """A URL as it was written, in its parts.

    Args:
        opaque: what stands in place of host and path after a scheme without a slash (``mailto:``).
        credentials: None for none, otherwise user and password, the latter None for none.
        query: None for none; "" for a question mark alone.
    """

    scheme: str = ""
    opaque: str = ""
    credentials: tuple[str, str | None] | None = None
    host: str = ""
    path: str = ""
    query: str | None = None
    fragment: str = ""

    @classmethod
    def parse(cls, text: str) -> Link:
        """The parts of `text`.

        Raises:
            NoUrl: it is none.
        """
        if _CONTROL.search(text):
            raise NoUrl(text)
        rest, _, fragment = text.partition("#")
        scheme = _SCHEME.match(rest)
        if scheme is not None:
            rest = rest[scheme.end() :]
        rest, mark, query = rest.partition("?")
        link = cls(scheme[1].lower() if scheme else "", query=query if mark else None, fragment=fragment)
        if scheme and not rest.startswith("/"):
            return replace(link, opaque=rest)
        if not scheme and ":" in rest.partition("/")[0]:
            raise NoUrl(text)
        if rest.startswith("//") and (scheme or not rest.startswith("///")):
            authority, slash, path = rest[2:].partition("/")
            credentials, host = _authority(authority)
            link = replace(link, credentials=credentials, host=host)
            rest = slash + path
        if _BAD_ESCAPE.search(rest) or _BAD_ESCAPE.search(fragment):
            raise NoUrl(text)
        return replace(link, path=rest)

    def resolve(self, reference: Link) -> Link:
        """The URL that `reference` means on a page at this one (RFC 3986 section 5.2)."""
        scheme = reference.scheme or self.scheme
        if reference.scheme or reference.host or reference.credentials:
            return replace(reference, scheme=scheme, path=_resolved("", reference.path))
        if reference.path or reference.query is not None:
            query, fragment = reference.query, reference.fragment
        else:
            query, fragment = self.query, reference.fragment or self.fragment
        path = _resolved(self.path, reference.path)
        return replace(self, scheme=scheme, path=path, query=query, fragment=fragment)

    def __str__(self) -> str:
        text = f"{self.scheme}:" if self.scheme else ""
        if self.opaque:
            text += self.opaque
        else:
            if self.host or self.credentials or (self.scheme and self.path):
                text += f"//{self._authority()}"
            path = _escaped(self.path, _KEPT, _IN_PATH)
            text += f"/{path}" if path and not path.startswith("/") and self.host else path
        if self.query is not None:
            text += f"?{self.query}"
        if self.fragment:
            text += f"#{_escaped(self.fragment, _KEPT_FRAGMENT, _IN_FRAGMENT)}"
        return text

    def _authority(self) -> str:
        text = quote(self.host, safe=_IN_HOST)
        if self.credentials is None:
            return text
        user, password = (
            quote(part, safe=_IN_CREDENTIALS) for part in (self.credentials[0], self.credentials[1] or "")
        )
        return f"{user}@{text}" if self.credentials[1] is None else f"{user}:{password}@{text}"


def resolve_link(base: str, reference: str) -> str:
    """The URL that `reference` means on the page at `base`; "" when one of them is none."""
    try:
        return str(Link.parse(base).resolve(Link.parse(reference)))
    except NoUrl:
        return ""


def link_parts(url: str) -> dict[str, str]:
    """What ``<a>`` elements tell of their URL in k6, by method; all empty for what is none."""
    try:
        link = Link.parse(url)
    except NoUrl:
        link = Link()
    hostname, port = _split_port(link.host)
    is_default = bool(port) and _DEFAULT_PORTS.get(link.scheme) == port
    path, fragment = unquote(_resolved("", link.path)), unquote(link.fragment)
    user, password = link.credentials or ("", None)
    return {
        "hash": f"#{fragment}" if fragment else "",
        "host": hostname if is_default else link.host,
        "hostname": hostname,
        "origin": f"{link.scheme}://{link.host}" if link.scheme else "",
        "password": password or "",
        "pathname": path,
        "port": port,
        "protocol": link.scheme or ":",
        "search": f"?{link.query}" if link.query else "",
        "username": user,
    }


def _authority(text: str) -> tuple[tuple[str, str | None] | None, str]:
    credentials, at, host = text.rpartition("@")
    if not _HOST.fullmatch(host):
        raise NoUrl(text)
    host = unquote(host)
    if not at:
        return None, host
    if _BAD_ESCAPE.search(credentials):
        raise NoUrl(text)
    user, colon, password = credentials.partition(":")
    return (unquote(user), unquote(password) if colon else None), host


def _split_port(host: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?", host)
    if found is None:
        return host, ""
    name, port = found.groups()
    return name.removeprefix("[").removesuffix("]"), port or ""


def _escaped(text: str, kept: re.Pattern[str], safe: str) -> str:
    return text if kept.fullmatch(text) else quote(unquote(text), safe=safe)


def _resolved(base: str, path: str) -> str:
    """`path` as it is meant beside `base`, without dots."""
    if not path:
        path = base
    elif not path.startswith("/"):
        path = base[: base.rfind("/") + 1] + path
    if not path:
        return ""
    segments: list[str] = []
    parts = path.removeprefix("/").split("/")
    for part in parts:
        if part == "..":
            del segments[-1:]
        elif part != ".":
            segments.append(part)
    if parts[-1] in (".", ".."):
        segments.append("")
    return "/" + "/".join(segments)
