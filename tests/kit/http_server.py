"""An HTTP server for tests, on top of raw_server.py: answers are bytes that the test writes.

with RawServer(http(lambda request: answer(200, b"hello"))) as server:
    run_script(..., env={"URL": http_url(server)})
assert [request.target for request in server.told] == ["/"]
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.kit.raw_server import Peer, RawServer


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came.

    Args:
        headers: by lower-case name.
        connection: number of the connection, from 0.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


def answer(
    status: int = 200, body: bytes = b"", headers: Sequence[tuple[str, str]] = (), reason: str = "Fine"
) -> bytes:
    """A response with Content-Length."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    if not any(name.lower() == "content-length" for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def as_json(request: HttpRequest) -> bytes:
    """A response that tells the request."""
    told = {
        "method": request.method,
        "target": request.target,
        "headers": request.headers,
        "body": request.body.decode("latin-1"),
        "connection": request.connection,
    }
    return answer(200, json.dumps(told).encode(), [("Content-Type", "application/json")])


def http(respond: Callable[[HttpRequest], bytes | None]) -> Callable[[Peer], None]:
    """What a RawServer runs for each connection; None as a response ends the connection."""

    def serve(peer: Peer) -> None:
        while (request := read_request(peer)) is not None:
            peer.tell(request)
            response = respond(request)
            if response is None:
                return
            peer.send(response)

    return serve


def read_request(peer: Peer) -> HttpRequest | None:
    """The next request; None when the client has closed the connection."""
    try:
        head = peer.read_head().decode("latin-1")
    except AssertionError:
        return None
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = peer._read(int(headers.get("content-length", "0"))) or b""
    return HttpRequest(method, target, headers, body, peer.number)


def http_url(server: RawServer) -> str:
    """The server's base URL, without a slash at the end."""
    return f"http://127.0.0.1:{server.port}"
