"""Bodies of the type multipart/form-data (RFC 7578)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

# As in Go: the longest boundary is 70 characters (RFC 2046 section 5.1.1).
_BOUNDARY_BYTES = 30
# What would end a quoted name, as Go writes it.
_IN_NAMES = str.maketrans({"\\": "\\\\", '"': '\\"', "\r": "%0D", "\n": "%0A"})
_NEW_LINES = str.maketrans("", "", "\r\n")


@dataclass(frozen=True)
class Part:
    """One field of the form.

    Args:
        filename: None for a field that is no file.
        content_type: of a file.
    """

    name: str
    data: bytes
    filename: str | None = None
    content_type: str = ""


def encode(parts: Iterable[Part], boundary: str) -> bytes:
    """The body."""
    pieces = []
    for part in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name.translate(_IN_NAMES)}"'
        if part.filename is not None:
            head += f'; filename="{part.filename.translate(_IN_NAMES)}"'
            head += f"\r\nContent-Type: {part.content_type.translate(_NEW_LINES)}"
        pieces += [head.encode(), b"\r\n\r\n", part.data, b"\r\n"]
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def new_boundary() -> str:
    """A line that is in no data."""
    return secrets.token_hex(_BOUNDARY_BYTES)
