"""Proxies from the environment, and the CONNECT request that makes a tunnel through one.

Owns the rules of Go's net/http.ProxyFromEnvironment (https://pkg.go.dev/golang.org/x/net/http/httpproxy) and
the CONNECT exchange (RFC 9110 section 9.3.6).  Refuses proxy types that need more than that: SOCKS.

Credentials stay inside a Proxy; no message and no repr shows them.
"""

import base64
import ipaddress
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from runner.errors import OptionsError, TransportError
from runner.net import addresses
from runner.net.stream import Stream
from runner.net.transport_errors import CODE_DIAL

DEFAULT_PORTS = {"http": 80, "https": 443}
# The limit common servers set on a head; a longer answer to CONNECT is no proxy's.
RESPONSE_HEAD_SIZE_BYTES_MAX = 16 * 1024


class Proxy(NamedTuple):
    """Where to connect instead.

    Attributes:
        host, port: of the proxy.
        is_secure: talk TLS to the proxy itself.
        credentials: ``user:password`` or "".
    """

    host: str
    port: int
    is_secure: bool = False
    credentials: str = ""

    def __repr__(self) -> str:
        return f"<Proxy {self.host}:{self.port}>"

    def connect_request(self, host: str, port: int) -> bytes:
        """The CONNECT request for a target."""
        target = addresses.join(host, port)
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if self.credentials:
            token = base64.b64encode(self.credentials.encode()).decode("ascii")
            lines.append(f"Proxy-Authorization: Basic {token}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


class ProxySettings:
    """HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in upper or lower case.

    Raises:
        OptionsError: a proxy URL that cannot be used.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._http = _parse("HTTP_PROXY", _variable(environ, "HTTP_PROXY"))
        self._https = _parse("HTTPS_PROXY", _variable(environ, "HTTPS_PROXY"))
        self._exceptions = _Exceptions(_variable(environ, "NO_PROXY"))
        # A CGI process gets HTTP_PROXY from a client's "Proxy:" header (https://golang.org/s/cgihttpproxy).
        self._is_cgi = bool(environ.get("REQUEST_METHOD"))

    def proxy_for(self, is_secure: bool, host: str, port: int) -> Proxy | None:
        """The proxy for a target; None to connect directly.

        Args:
            is_secure: https and wss; http and ws otherwise.
        """
        proxy = self._https if is_secure else self._http
        if proxy is None or self._exceptions.cover(host, port):
            return None
        if self._is_cgi and not is_secure:
            raise TransportError("refusing to use HTTP_PROXY value in CGI environment")
        return proxy


def open_tunnel(stream: Stream, proxy: Proxy, host: str, port: int, deadline_s: float) -> None:
    """Ask the proxy at the other end of ``stream`` for a connection to the target.

    Raises:
        TransportError: it refused; the text is its reason phrase, as from Go.
    """
    stream.send(proxy.connect_request(host, port), deadline_s)
    head = b""
    while b"\r\n\r\n" not in head:
        if len(head) > RESPONSE_HEAD_SIZE_BYTES_MAX:
            raise TransportError("the proxy's answer to CONNECT is too long", CODE_DIAL)
        data = stream.receive(deadline_s=deadline_s)
        if not data:
            raise TransportError("unexpected EOF", CODE_DIAL)
        head += data
    head, _, rest = head.partition(b"\r\n\r\n")
    version, _, status = head.split(b"\r\n")[0].decode("latin-1").partition(" ")
    code, _, phrase = status.strip().partition(" ")
    if not version.startswith("HTTP/1.") or not code.isdigit():
        raise TransportError("malformed HTTP response from the proxy", CODE_DIAL)
    if not 200 <= int(code) < 300:
        raise TransportError(phrase or f"proxy answered CONNECT with status {code}", CODE_DIAL)
    if rest:
        raise TransportError("the proxy sent data before the tunnel was used", CODE_DIAL)


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.lower()) or ""


def _parse(name: str, text: str) -> Proxy | None:
    """A proxy URL; ``host:port`` alone is an http one.  No message shows it: it may hold a password."""
    if not text:
        return None
    try:
        url = urlsplit(text if "://" in text else f"http://{text}")
        port = url.port
    except ValueError:
        raise OptionsError(f"{name}: invalid proxy address") from None
    if url.scheme not in DEFAULT_PORTS:
        raise OptionsError(f"{name}: proxies by {url.scheme} are not supported, only http and https")
    if not url.hostname:
        raise OptionsError(f"{name}: invalid proxy address")
    credentials = ""
    if url.username is not None:
        credentials = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return Proxy(url.hostname, port or DEFAULT_PORTS[url.scheme], url.scheme == "https", credentials)


class _Exceptions:
    """NO_PROXY, and loopback, which is never proxied."""

    def __init__(self, text: str) -> None:
        self._all = False
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        self._ips: list[tuple[addresses.IpAddress, int | None]] = []
        self._domains: list[tuple[str, bool, int | None]] = []
        for item in text.split(","):
            self._add(item.strip().lower())

    def cover(self, host: str, port: int) -> bool:
        """Whether to connect directly."""
        host = host.strip().lower()
        ip = addresses.parse_ip(host)
        if self._all or host == "localhost" or (ip is not None and ip.is_loopback):
            return True
        if ip is not None:
            if any(ip in network for network in self._networks):
                return True
            return any(ip == other and wanted in (None, port) for other, wanted in self._ips)
        return any(
            wanted in (None, port) and (host.endswith("." + domain) or (covers_itself and host == domain))
            for domain, covers_itself, wanted in self._domains
        )

    def _add(self, item: str) -> None:
        if not item:
            return
        if item == "*":
            self._all = True
            return
        if "/" in item:
            try:
                self._networks.append(ipaddress.ip_network(item, strict=False))
                return
            except ValueError:
                # Not a range: falls through to a name, as in Go, which then matches nothing.
                pass
        try:
            host, port = addresses.split(item)
        except ValueError:
            return
        ip = addresses.parse_ip(host)
        if ip is not None:
            self._ips.append((ip, port))
        else:
            # ``foo.com`` covers itself and what is below; ``.foo.com`` and ``*.foo.com`` only what is below.
            domain = host.removeprefix("*").removeprefix(".")
            self._domains.append((domain, domain == host, port))
