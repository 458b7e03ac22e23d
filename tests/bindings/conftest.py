"""What tests of several bindings ask for by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.raw_server import RawServer, echo


@pytest.fixture
def server() -> Iterator[RawServer]:
    """Sends back what it gets."""
    with RawServer(echo) as server:
        yield server
