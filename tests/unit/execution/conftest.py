"""What tests of several executors ask for by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.fake_scenario import FakeScenario, fake_scenario


@pytest.fixture
def scenario() -> Iterator[FakeScenario]:
    """A virtual clock and fake virtual users for one executor."""
    with fake_scenario() as scenario:
        yield scenario
