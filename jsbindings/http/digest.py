"""Digest authentication of a client (RFC 7616): the answer to a server's challenge.

Knows no connection: client.py asks with the challenge and repeats the request with what comes of it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import unquote
from urllib.request import parse_http_list

# Names as servers write them (section 3.3), and the standard library's; "" is RFC 2617's default.
_ALGORITHMS = {"": "md5", "MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
# Where a challenge begins in the list that a header is (RFC 9110 section 11.6.1): "Scheme name=value".
_SCHEME = re.compile(r"([A-Za-z0-9-]+)(?:\s+([^=\s].*))?", re.DOTALL)


@dataclass(frozen=True)
class Challenge:
    """One that can be answered.

    Args:
        algorithm: as the server wrote it, without ``-sess``.
        is_session: the password's hash includes this answer's nonces.
        qop: ``auth``, ``auth-int``, or "" of a server that knows neither.
        opaque: to be sent back, None for none.
    """

    realm: str
    nonce: str
    algorithm: str = ""
    is_session: bool = False
    qop: str = ""
    opaque: str | None = None


def find_challenge(headers: Iterable[str]) -> Challenge | None:
    """The first challenge in WWW-Authenticate headers that can be answered; None without one."""
    for header in headers:
        for scheme, fields in _challenges(header):
            challenge = _read(fields) if scheme == "digest" else None
            if challenge is not None:
                return challenge
    return None


def answer(challenge: Challenge, credentials: str, method: str, target: str, body: bytes | None) -> str:
    """The Authorization header that answers a challenge.

    Args:
        credentials: ``user:password``.
        target: as in the request line.
    """
    user, _, password = credentials.partition(":")
    client_nonce = secrets.token_hex(16)
    count = "00000001"
    secret = _hash(challenge, f"{user}:{challenge.realm}:{password}".encode())
    if challenge.is_session:
        secret = _hash(challenge, f"{secret}:{challenge.nonce}:{client_nonce}".encode())
    request = f"{method}:{target}"
    if challenge.qop == "auth-int":
        request += f":{_hash(challenge, body or b'')}"
    proof = [secret, challenge.nonce, _hash(challenge, request.encode())]
    if challenge.qop:
        proof[2:2] = [count, client_nonce, challenge.qop]
    fields = [
        f'username="{_quoted(user)}"',
        f'realm="{_quoted(challenge.realm)}"',
        f'nonce="{_quoted(challenge.nonce)}"',
        f'uri="{target}"',
        f'response="{_hash(challenge, ":".join(proof).encode())}"',
    ]
    if challenge.algorithm:
        fields.append(f"algorithm={challenge.algorithm}{'-sess' if challenge.is_session else ''}")
    if challenge.opaque is not None:
        fields.append(f'opaque="{_quoted(challenge.opaque)}"')
    if challenge.qop:
        fields += [f"qop={challenge.qop}", f"nc={count}"]
    if challenge.qop or challenge.is_session:
        fields.append(f'cnonce="{client_nonce}"')
    return "Digest " + ", ".join(fields)


def _challenges(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The schemes that a header offers, in lower case, with their parameters."""
    scheme, items = "", list[str]()
    for item in parse_http_list(header):
        start = _SCHEME.fullmatch(item)
        if start is not None:
            yield scheme, _fields(items)
            scheme, items, item = start[1].lower(), [], start[2] or ""
        items.append(item)
    yield scheme, _fields(items)


def _fields(items: Iterable[str]) -> dict[str, str]:
    pairs = (item.partition("=") for item in items)
    return {name.strip().lower(): unquote(value.strip()) for name, equals, value in pairs if equals}


def _read(fields: Mapping[str, str]) -> Challenge | None:
    name = fields.get("algorithm", "").upper()
    algorithm = name.removesuffix("-SESS")
    offered = [quality.strip().lower() for quality in fields.get("qop", "").split(",") if quality.strip()]
    qop = next((quality for quality in ("auth", "auth-int") if quality in offered), "")
    if algorithm not in _ALGORITHMS or "nonce" not in fields or (offered and not qop):
        return None
    return Challenge(
        realm=fields.get("realm", ""),
        nonce=fields["nonce"],
        algorithm=algorithm,
        is_session=name != algorithm,
        qop=qop,
        opaque=fields.get("opaque"),
    )


def _hash(challenge: Challenge, data: bytes) -> str:
    # For what the protocol wants, also where a system's rules forbid MD5 for other things.
    return hashlib.new(_ALGORITHMS[challenge.algorithm], data, usedforsecurity=False).hexdigest()


def _quoted(text: str) -> str:
    """The inside of a quoted string (RFC 9110 section 5.6.4)."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
