"""The global crypto object: random values from the operating system."""

from __future__ import annotations

import os
import uuid

from jsbindings.api import Binding, op


class WebCryptoBinding(Binding):
    """Randomness for scripts."""

    module = "k6py:webcrypto"

    @op
    def random_bytes(self, size_bytes: int) -> bytes:
        """Cryptographically strong random bytes."""
        return os.urandom(size_bytes)

    @op
    def random_uuid(self) -> str:
        """A version 4 UUID (RFC 9562)."""
        return str(uuid.uuid4())
