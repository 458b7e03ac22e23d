"""What tests of several folders ask for by name."""

from __future__ import annotations

import pytest


@pytest.fixture(params=[True, False], ids=["native", "plain"])
def native(request: pytest.FixtureRequest) -> bool:
    """Whether interpreters use QuickJS's C API: everything has to work without it, too."""
    value: bool = request.param
    return value
