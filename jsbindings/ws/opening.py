"""Opening a WebSocket for a virtual user, for both modules that do: its cookies, headers and tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runner.errors import TransportError
from runner.metrics.tags import TagSet
from runner.net.websocket import Connected, connect
from runner.net.websocket_url import WebSocketUrl
from runner.protocol.handshake import ClientHandshake

if TYPE_CHECKING:
    from runner.vu.vu import VirtualUser

_Headers = Sequence[tuple[str, str]]


def open_websocket(
    vu: VirtualUser, url: str, *, headers: _Headers, jar: int | None, compression: bool, deadline_s: float
) -> Connected:
    """Dial and shake hands, with the cookies of a jar, which keeps those of the answer; parks the calling task.

    Args:
        headers: the script's.
        jar: number of a jar of the script's, None for the VU's own.
        compression: offer permessage-deflate.
        deadline_s: on the reactor's clock.

    Raises:
        MalformedUrl: no WebSocket can be opened for `url`.
        ScriptError: a header is not allowed.
        TransportError: no answer.
    """
    parts = WebSocketUrl.parse(url)
    cookies = vu.cookie_jars.get(jar)
    cookie = cookies.header(_http_url(url))
    handshake = ClientHandshake(
        parts.authority,
        parts.target,
        user_agent=vu.options.effective_user_agent,
        headers=[*headers, ("Cookie", cookie)] if cookie else headers,
        compression=compression,
    )
    connected = connect(
        vu.reactor,
        vu.context.require_dialer(),
        parts,
        handshake,
        deadline_s=deadline_s,
        vu_id=vu.vu_id,
        counter=vu.bytes,
    )
    if connected.handshake.status == 0:
        raise TransportError(connected.handshake.problem)
    received = [value for name, value in connected.handshake.headers if name.lower() == "set-cookie"]
    if received:
        cookies.keep(_http_url(url), received)
    return connected


def answer_tags(vu: VirtualUser, tags: TagSet, connected: Connected) -> TagSet:
    """`tags` and what is known since the server answered, as far as the options want it."""
    values = {
        "status": str(connected.handshake.status),
        "subproto": connected.handshake.subprotocol,
        "ip": connected.remote_ip,
    }
    wanted = vu.options.system_tags
    return tags.with_tags({name: value for name, value in values.items() if name in wanted})


def _http_url(url: str) -> str:
    """The URL under which a jar keeps the cookies of a WebSocket: that of the same place by HTTP."""
    return "http" + url.removeprefix("ws") if url.startswith("ws") else url
