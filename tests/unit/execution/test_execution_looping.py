"""shared-iterations, per-vu-iterations and constant-vus with fake VUs on a virtual clock."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.kit.fake_scenario import FakeScenario, fake_scenario, result


@pytest.mark.parametrize(
    ("config", "expected", "dropped"),
    [
        # Ends as soon as the iterations are done.
        ({"vus": 2, "iterations": 5}, (5, 0, 3.0), 0),
        ({"vus": 1, "iterations": 1}, (1, 0, 1.0), 0),
        # Out of time: what has begun is finished within gracefulStop, the rest is dropped.
        ({"vus": 2, "iterations": 50, "maxDuration": "3500ms"}, (8, 0, 4.0), 42),
        ({"vus": 2, "iterations": 50, "maxDuration": "3500ms", "gracefulStop": "100ms"}, (6, 2, 3.6), 42),
        ({"vus": 2, "iterations": 50, "maxDuration": "3500ms", "gracefulStop": 0}, (6, 2, 3.5), 42),
        # An iteration that would start at the very end does not.
        ({"vus": 2, "iterations": 50, "maxDuration": "3s"}, (6, 0, 3.0), 44),
    ],
)
def test_shared_iterations(
    scenario: FakeScenario, config: dict[str, object], expected: tuple[int, int, float], dropped: int
) -> None:
    executor = scenario.run(executor="shared-iterations", **config)
    assert result(executor) == expected
    assert scenario.dropped_count == dropped
    # What was cut off at the very end had all the time that it was given.
    assert executor.fell_short == (dropped > 0 and expected[1] == 0)


@pytest.mark.parametrize(
    ("config", "expected", "dropped"),
    [
        ({"vus": 2, "iterations": 3}, (6, 0, 3.0), 0),
        ({"vus": 2, "iterations": 3, "maxDuration": "1500ms"}, (4, 0, 2.0), 2),
        ({"vus": 2, "iterations": 3, "maxDuration": "1500ms", "gracefulStop": 0}, (2, 2, 1.5), 2),
    ],
)
def test_per_vu_iterations(
    scenario: FakeScenario, config: dict[str, object], expected: tuple[int, int, float], dropped: int
) -> None:
    executor = scenario.run(executor="per-vu-iterations", **config)
    assert result(executor) == expected
    assert scenario.dropped_count == dropped
    # What was cut off at the very end had all the time that it was given.
    assert executor.fell_short == (dropped > 0 and expected[1] == 0)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"vus": 3, "duration": "10s"}, (30, 0, 10.0)),
        ({"vus": 3, "duration": "10500ms"}, (33, 0, 11.0)),
        ({"vus": 3, "duration": "10500ms", "gracefulStop": "400ms"}, (30, 3, 10.9)),
        ({"vus": 3, "duration": "10500ms", "gracefulStop": 0}, (30, 3, 10.5)),
        ({"vus": 2, "duration": "1h"}, (7200, 0, 3600.0)),
    ],
)
def test_constant_vus(
    scenario: FakeScenario, config: dict[str, object], expected: tuple[int, int, float]
) -> None:
    executor = scenario.run(executor="constant-vus", **config)
    assert result(executor) == pytest.approx(expected)
    assert not executor.fell_short
    assert scenario.dropped_count == 0


def test_free_vus_take_more_of_the_shared_iterations(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 10.0 if vu_id == 1 else 1.0
    scenario.run(executor="shared-iterations", vus=2, iterations=11)
    assert Counter(vu_id for _, vu_id in scenario.starts) == {1: 1, 2: 10}


def test_slow_vus_keep_their_own_iterations(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 10.0 if vu_id == 1 else 1.0
    executor = scenario.run(executor="per-vu-iterations", vus=2, iterations=3)
    assert result(executor) == (6, 0, 30.0)
    assert Counter(vu_id for _, vu_id in scenario.starts) == {1: 3, 2: 3}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"executor": "constant-vus", "vus": 1, "duration": "10s"}, (4, 0, 10.0)),
        ({"executor": "per-vu-iterations", "iterations": 2}, (2, 0, 6.0)),
        # The wait does not go beyond the end of the scenario.
        ({"executor": "per-vu-iterations", "iterations": 2, "maxDuration": "2s"}, (1, 0, 2.0)),
    ],
)
def test_short_iterations_are_followed_by_a_wait(
    scenario: FakeScenario, config: dict[str, object], expected: tuple[int, int, float]
) -> None:
    executor = scenario.run(min_iteration_s=3.0, **config)
    assert result(executor) == expected
    starts = [start_s for start_s, _ in scenario.starts]
    assert starts == [3.0 * index for index in range(len(starts))]


def test_long_iterations_are_not(scenario: FakeScenario) -> None:
    assert result(scenario.run(executor="per-vu-iterations", iterations=3, min_iteration_s=0.5)) == (
        3,
        0,
        3.0,
    )


@pytest.mark.parametrize("executor", ["shared-iterations", "per-vu-iterations", "constant-vus"])
def test_stop_cuts_everything_off_and_drops_nothing(scenario: FakeScenario, executor: str) -> None:
    length = {"duration": "1h"} if executor == "constant-vus" else {"iterations": 1000}
    stopped = scenario.run(executor=executor, vus=4, stop_at_s=2.5, **length)
    assert result(stopped) == (8, 4, 2.5)
    assert stopped.fell_short
    assert scenario.dropped_count == 0
    assert all(vu.interruptions for vu in stopped.vus)  # type: ignore[attr-defined]


def test_stop_while_vus_wait_for_their_next_iteration_interrupts_none(scenario: FakeScenario) -> None:
    stopped = scenario.run(
        executor="constant-vus", vus=2, duration="1h", min_iteration_s=100.0, stop_at_s=50.0
    )
    assert result(stopped) == (2, 0, 50.0)


def test_stop_twice_and_after_the_end_is_harmless(scenario: FakeScenario) -> None:
    executor = scenario.run(executor="constant-vus", vus=2, duration="10s", stop_at_s=3.5)
    executor.stop()
    assert result(executor) == (6, 2, 3.5)


def test_vus_that_never_wait_take_turns_and_end_in_time(scenario: FakeScenario) -> None:
    scenario.computes = True
    executor = scenario.run(executor="constant-vus", vus=2, duration="10s", gracefulStop=0)
    assert executor.finished_s == 10.0
    counted = Counter(vu_id for _, vu_id in scenario.starts)
    assert abs(counted[1] - counted[2]) <= 1


def test_progress_goes_from_nothing_to_everything(scenario: FakeScenario) -> None:
    executor = scenario.run(executor="constant-vus", vus=1, duration="10s")
    assert [executor.fraction(elapsed_s) for elapsed_s in (0.0, 5.0, 10.0, 40.0)] == [0.0, 0.5, 1.0, 1.0]
    with fake_scenario() as another:
        executor = another.run(executor="shared-iterations", vus=1, iterations=4)
    assert executor.fraction(0.0) == 1.0
