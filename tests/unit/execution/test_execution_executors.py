"""ramping-vus and the two arrival-rate executors with fake VUs on a virtual clock."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from runner.execution.executors.base import Executor
from tests.kit.fake_scenario import FakeScenario, result

HOUR_S = 3600.0
NEVER_ENDS = 1e9


def stages(*steps: tuple[str, int]) -> list[dict[str, object]]:
    return [{"duration": duration, "target": target} for duration, target in steps]


def constant(scenario: FakeScenario, rate: int, duration: str, vus: int, **more: object) -> Executor:
    return scenario.run(
        executor="constant-arrival-rate", rate=rate, duration=duration, preAllocatedVUs=vus, **more
    )


def ramping(
    scenario: FakeScenario, start: int, *steps: tuple[str, int], vus: int = 50, **more: object
) -> Executor:
    return scenario.run(
        executor="ramping-arrival-rate",
        startRate=start,
        stages=stages(*steps),
        preAllocatedVUs=vus,
        **more,
    )


def in_windows(moments_s: list[float], length_s: float, count: int) -> list[int]:
    """How many moments lie in each of `count` windows, each from its begin on, without its end."""
    found = Counter(int(moment_s // length_s) for moment_s in moments_s)
    return [found[number] for number in range(count)]


# ---- constant-arrival-rate


@pytest.mark.parametrize(
    ("rate", "unit", "duration", "expected"),
    [
        (10, "1s", "3s", [10, 10, 10]),
        (7, "1s", "3s", [7, 7, 7]),
        (1, "1s", "1s", [1]),
        (3, "2s", "4s", [2, 1, 2, 1]),
        (90, "1m", "4s", [2, 1, 2, 1]),
        # A part of a time unit has its part of the iterations, and the first one starts at once.
        (1, "10s", "3s", [1, 0, 0]),
        (1000, "1s", "2500ms", [1000, 1000, 500]),
    ],
)
def test_constant_rate_starts_exactly_so_many_in_each_second(
    scenario: FakeScenario, rate: int, unit: str, duration: str, expected: list[int]
) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.01
    constant(scenario, rate, duration, 20, timeUnit=unit)
    assert in_windows(scenario.start_times_s, 1.0, len(expected)) == expected
    assert len(scenario.iterations) == sum(expected)
    assert scenario.dropped == scenario.warnings == []


def test_constant_rate_is_exact_and_never_early_for_a_day(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.3
    constant(scenario, 3, "24h", 2, timeUnit="7s")
    exact = [number * 7 / 3 for number in range(24 * 3600 * 3 // 7 + 1)]
    assert len(scenario.iterations) == len(exact)
    for moment_s, exact_s in zip(scenario.start_times_s, exact, strict=True):
        assert abs(moment_s - exact_s) < 1e-9
    assert 0 <= min(scenario.late_s) <= max(scenario.late_s) < 1e-9


def test_slow_iterations_run_side_by_side_and_free_vus_are_used_again(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 2.5
    executor = constant(scenario, 1, "10s", 5, gracefulStop="1500ms")
    assert result(executor) == (10, 0, 11.5)
    # Three at a time are needed, and no more of the five are used.
    assert len({vu_id for _, vu_id in scenario.starts}) == 3


def test_iterations_without_a_free_vu_are_dropped_with_one_warning(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 2.5
    executor = constant(scenario, 1, "10s", 2)
    assert scenario.start_times_s == [0, 1, 3, 4, 6, 7, 9]
    assert scenario.dropped == [(2, 1), (5, 1), (8, 1)]
    assert scenario.warnings == ["Insufficient VUs, reached 2 active VUs and cannot initialize more"]
    assert result(executor) == (7, 0, 11.5)


def test_further_vus_are_made_one_at_a_time_up_to_the_limit(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: NEVER_ENDS
    scenario.make_s = 1.5
    executor = constant(scenario, 1, "20s", 1, maxVUs=4, gracefulStop=0)
    # One is asked for at 1, and is there at 2.5; the next at 4 and 7.
    assert scenario.starts == [(0, 1), (3, 2), (6, 3), (9, 4)]
    assert [moment_s for moment_s, _ in scenario.dropped] == [1, 2, 4, 5, 7, 8, *range(10, 20)]
    assert scenario.warnings == ["Insufficient VUs, reached 4 active VUs and cannot initialize more"]
    assert result(executor) == (0, 4, 20)
    assert scenario.made == 4


def test_a_vu_that_cannot_be_made_is_told_once_and_the_scenario_goes_on(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 1.5
    scenario.make_s = None
    executor = constant(scenario, 1, "10s", 1, maxVUs=9)
    assert result(executor) == (5, 0, 10.0)
    assert scenario.dropped_count == 5
    assert scenario.warnings == ["Insufficient VUs, another one could not be initialized: Error: boom"]


def test_without_vus_everything_is_dropped_until_one_is_made(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.5
    executor = constant(scenario, 1, "5s", 0, maxVUs=1)
    assert scenario.start_times_s == [1, 2, 3, 4]
    assert result(executor)[:2] == (4, 0)


@pytest.mark.parametrize(
    ("graceful_stop", "expected"),
    [("30s", (3, 0, 5.7)), ("2800ms", (3, 0, 5.7)), ("2s", (2, 1, 5.0)), (0, (0, 3, 3.0))],
)
def test_running_iterations_may_end_within_the_graceful_stop(
    scenario: FakeScenario, graceful_stop: object, expected: tuple[int, int, float]
) -> None:
    scenario.duration_s = lambda vu_id, now_s: 3.7
    executor = constant(scenario, 1, "3s", 5, gracefulStop=graceful_stop)
    assert result(executor) == pytest.approx(expected)
    # The scenario had the time that it was given.
    assert not executor.fell_short


def test_idle_vus_at_the_end_of_the_graceful_stop_are_not_cut_off(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.1
    executor = constant(scenario, 1, "3s", 5, gracefulStop=0)
    assert result(executor) == (3, 0, 3.0)
    assert not executor.fell_short


def test_a_short_iteration_occupies_its_vu_for_the_least_duration(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.1
    executor = constant(scenario, 2, "4s", 1, min_iteration_s=0.9)
    assert scenario.start_times_s == [0, 1, 2, 3]
    assert result(executor) == (4, 0, 4.0)


def test_a_late_process_starts_what_it_missed_and_says_how_late(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.0
    scenario.reactor.call_at(1.05, scenario.clock.advance, 0.5)
    constant(scenario, 10, "3s", 5)
    assert len(scenario.iterations) == 30
    late = [late_s for late_s in scenario.late_s if late_s > 1e-9]
    assert late == pytest.approx([0.45, 0.35, 0.25, 0.15, 0.05])
    assert min(scenario.late_s) >= 0
    assert scenario.dropped == []


@pytest.mark.parametrize(
    ("duration_s", "started", "dropped"),
    [
        # Five starts are due at once after the stall; iterations that never wait run one after the other,
        (0.0, 20, 0),
        # others keep their only VU busy for some of the next starts.
        (0.01, 16, 4),
        (0.25, 6, 14),
    ],
)
def test_a_late_process_drops_only_what_a_busy_vu_cannot_take(
    scenario: FakeScenario, duration_s: float, started: int, dropped: int
) -> None:
    scenario.duration_s = lambda vu_id, now_s: duration_s
    scenario.computes = duration_s == 0.0
    scenario.reactor.call_at(1.05, scenario.clock.advance, 0.5)
    constant(scenario, 10, "2s", 1)
    assert (len(scenario.iterations), scenario.dropped_count) == (started, dropped)


def test_a_process_that_is_late_at_the_end_drops_what_is_left(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.0
    scenario.reactor.call_at(1.55, scenario.clock.advance, 5.0)
    executor = constant(scenario, 10, "2s", 5)
    assert len(scenario.iterations) == 16
    assert scenario.dropped_count == 4
    assert result(executor) == (16, 0, pytest.approx(6.55))


def test_a_process_that_is_a_little_late_at_the_end_is_not(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.0
    scenario.reactor.call_at(1.85, scenario.clock.advance, 0.2)
    constant(scenario, 10, "2s", 5)
    assert (len(scenario.iterations), scenario.dropped_count) == (20, 0)


def test_a_rate_beyond_all_means_still_lets_others_have_their_turn(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.5
    scenario.reactor.call_at(0.5, scenario.clock.advance, 0.4)
    executor = constant(scenario, 100_000, "1s", 3, stop_at_s=0.95)
    assert executor.finished_s is not None
    assert executor.finished_s <= 0.96
    assert len(scenario.iterations) + scenario.dropped_count == pytest.approx(95_000, rel=0.01)


# ---- ramping-arrival-rate


def test_ramping_rate_follows_its_stages(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.01
    ramping(scenario, 0, ("10s", 10), ("5s", 10), ("0s", 2), ("5s", 2), ("10s", 0))
    starts = scenario.start_times_s
    # The n-th iteration starts when the area below the rate is n.
    assert starts[:50] == pytest.approx([(2 * number) ** 0.5 for number in range(1, 51)])
    assert starts[50:100] == pytest.approx([10 + number / 10 for number in range(1, 51)])
    assert starts[100:110] == pytest.approx([15 + number / 2 for number in range(1, 11)])
    assert starts[110:] == pytest.approx([30 - (100 - 10 * number) ** 0.5 for number in range(1, 11)])
    assert scenario.dropped == []


@pytest.mark.slow
def test_a_day_long_ramp_starts_exactly_what_it_should_in_every_hour(scenario: FakeScenario) -> None:
    began_s = time.monotonic()
    scenario.duration_s = lambda vu_id, now_s: 0.0
    ramping(scenario, 0, ("24h", 90), vus=1, timeUnit="1m")
    total = 90 * 24 * 60 // 2
    # Windows closed at their end: that is when an iteration of a ramp becomes due.
    by_hour = Counter(min(23, int((moment_s - 1e-6) // HOUR_S)) for moment_s in scenario.start_times_s)
    due = [total * hour * hour // 576 for hour in range(25)]
    assert [by_hour[hour] for hour in range(24)] == [due[hour + 1] - due[hour] for hour in range(24)]
    assert scenario.dropped == []
    assert 0 <= min(scenario.late_s) <= max(scenario.late_s) < 1e-9
    assert time.monotonic() - began_s < 20


def test_ramping_rate_of_nothing_starts_nothing_and_lasts_its_time(scenario: FakeScenario) -> None:
    assert result(ramping(scenario, 0, ("5s", 0))) == (0, 0, 5.0)


def test_ramping_rate_drops_and_makes_vus_like_the_constant_one(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: NEVER_ENDS
    executor = ramping(scenario, 1, ("10s", 1), vus=1, maxVUs=2, gracefulStop="1s")
    assert scenario.starts == [(1, 1), (3, 2)]
    assert scenario.dropped_count == 8
    assert result(executor) == (0, 2, 11.0)


# ---- stop() of arrival rates


@pytest.mark.parametrize("stop_at_s", [0.0, 0.05, 0.1, 1.0, 1.5, 2.0, 9.9, 10.0, 10.5])
@pytest.mark.parametrize("make_s", [0.0, 0.25])
@pytest.mark.parametrize("vus", [0, 1, 3])
def test_stop_ends_an_arrival_rate_at_once_in_every_state(
    scenario: FakeScenario, stop_at_s: float, make_s: float, vus: int
) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.4
    scenario.make_s = make_s
    executor = constant(scenario, 10, "10s", vus, maxVUs=5, stop_at_s=stop_at_s)
    assert executor.finished_s is not None
    assert executor.finished_s <= stop_at_s + 1e-9
    # An end that came before the stop stands.
    assert executor.fell_short == (stop_at_s <= 10.0)


@pytest.mark.parametrize("vus", [0, 1, 3])
def test_a_script_that_stops_the_test_in_the_turn_of_a_start_ends_it(
    scenario: FakeScenario, vus: int
) -> None:
    def duration_s(vu_id: int, now_s: float) -> float:
        if now_s >= 2.0:
            assert scenario.executor is not None
            scenario.executor.stop()
        return 0.5

    scenario.duration_s = duration_s
    executor = constant(scenario, 10, "10s", vus, maxVUs=4)
    assert executor.finished_s == pytest.approx(2.0)


def test_stop_while_the_first_vu_is_being_made_without_a_wait(scenario: FakeScenario) -> None:
    make = scenario._make

    def make_and_stop() -> object:
        assert scenario.executor is not None
        scenario.executor.stop()
        return make()

    scenario._make = make_and_stop  # type: ignore[method-assign, assignment]
    executor = constant(scenario, 1, "10s", 0, maxVUs=4)
    assert result(executor) == (0, 0, 0.0)


# ---- ramping-vus


def test_vus_come_and_go_along_the_line(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.25
    executor = scenario.run(
        executor="ramping-vus", startVUs=0, stages=stages(("4s", 4), ("2s", 4), ("4s", 0))
    )
    active = [scenario.active_at(second + 0.6) for second in range(10)]
    assert active == [0, 1, 2, 3, 4, 4, 4, 3, 2, 1]
    assert executor.counts.interrupted == 0
    assert executor.finished_s == 10.0


def test_stage_of_no_length_jumps(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.5
    scenario.run(
        executor="ramping-vus",
        startVUs=1,
        stages=stages(("2s", 1), ("0s", 5), ("2s", 5), ("0s", 2), ("2s", 2)),
    )
    assert [scenario.active_at(second + 0.2) for second in range(6)] == [1, 1, 5, 5, 2, 2]


@pytest.mark.parametrize(
    ("graceful_ramp_down", "expected"),
    [
        # The ramp takes one VU after 2 s, in the middle of an iteration from 0 to 5.
        ("0s", [(5.0, False), (2.0, True)]),
        ("1s", [(5.0, False), (3.0, True)]),
        ("3500ms", [(5.0, False), (5.0, False)]),
        ("30s", [(5.0, False), (5.0, False)]),
    ],
)
def test_iteration_of_a_vu_that_is_taken_away_may_end_within_the_graceful_ramp_down(
    scenario: FakeScenario, graceful_ramp_down: str, expected: list[tuple[float, bool]]
) -> None:
    scenario.duration_s = lambda vu_id, now_s: 5.0
    executor = scenario.run(
        executor="ramping-vus",
        startVUs=2,
        stages=stages(("2s", 2), ("0s", 1), ("4s", 1)),
        gracefulRampDown=graceful_ramp_down,
    )
    first = [iteration for iteration in scenario.iterations if iteration.start_s == 0.0]
    assert [(iteration.end_s, iteration.interrupted) for iteration in first] == expected
    assert executor.finished_s == 10.0


def test_vu_that_is_wanted_again_in_time_goes_on_with_its_iteration(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 4.0
    scenario.run(
        executor="ramping-vus",
        startVUs=1,
        stages=stages(("1s", 1), ("0s", 0), ("2s", 0), ("0s", 1), ("7s", 1)),
        gracefulRampDown="2s",
    )
    assert [(i.start_s, i.end_s, i.interrupted) for i in scenario.iterations] == [
        (0.0, 4.0, False),
        (4.0, 8.0, False),
        (8.0, 12.0, False),
    ]


def test_vu_that_is_wanted_again_too_late_is_cut_off_and_begins_anew(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 4.0
    scenario.run(
        executor="ramping-vus",
        startVUs=1,
        stages=stages(("1s", 1), ("0s", 0), ("2s", 0), ("0s", 1), ("7s", 1)),
        gracefulRampDown="1s",
    )
    assert [(i.start_s, i.end_s, i.interrupted) for i in scenario.iterations] == [
        (0.0, 2.0, True),
        (3.0, 7.0, False),
        (7.0, 11.0, False),
    ]


def test_iteration_that_ends_in_the_turn_of_the_cut_leaves_its_vu_for_later(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 1.95
    # A busy process sees the iteration's end at 1.95 and the cut at 2.0 at once.
    scenario.reactor.call_at(1.9, scenario.clock.advance, 0.5)
    executor = scenario.run(
        executor="ramping-vus",
        startVUs=1,
        stages=stages(("1s", 1), ("0s", 0), ("2s", 0), ("0s", 1), ("3s", 1)),
        gracefulRampDown="1s",
    )
    assert scenario.start_times_s == pytest.approx([0.0, 3.0, 4.95])
    assert result(executor)[:2] == (3, 0)


def test_vu_that_waits_for_its_least_duration_is_not_cut_off(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.4
    executor = scenario.run(
        executor="ramping-vus",
        startVUs=2,
        stages=stages(("2s", 2), ("0s", 1), ("4s", 1)),
        gracefulRampDown="0s",
        min_iteration_s=1.5,
    )
    assert executor.counts.interrupted == 0
    assert max(start_s for start_s, vu_id in scenario.starts if vu_id == 2) == 1.5


@pytest.mark.parametrize(
    ("graceful_stop", "expected"),
    [("0s", (0, 2, 2.0)), ("1s", (0, 2, 3.0)), ("30s", (2, 0, 5.0))],
)
def test_ramping_vus_ends_like_the_others(
    scenario: FakeScenario, graceful_stop: str, expected: tuple[int, int, float]
) -> None:
    scenario.duration_s = lambda vu_id, now_s: 5.0
    executor = scenario.run(
        executor="ramping-vus", startVUs=2, stages=stages(("2s", 2)), gracefulStop=graceful_stop
    )
    assert result(executor) == expected
    assert not executor.fell_short


@pytest.mark.parametrize("stop_at_s", [0.0, 0.5, 1.0, 2.0, 3.0, 3.5, 5.0, 6.5])
def test_stop_ends_a_ramp_at_once_in_every_state(scenario: FakeScenario, stop_at_s: float) -> None:
    scenario.duration_s = lambda vu_id, now_s: 0.75 + vu_id / 4
    executor = scenario.run(
        executor="ramping-vus",
        startVUs=0,
        stages=stages(("2s", 4), ("1s", 0), ("3s", 4)),
        gracefulRampDown="500ms",
        stop_at_s=stop_at_s,
    )
    assert executor.finished_s == stop_at_s


@pytest.mark.slow
def test_a_day_of_ramping_vus_does_not_drift(scenario: FakeScenario) -> None:
    scenario.duration_s = lambda vu_id, now_s: 60.0
    executor = scenario.run(
        executor="ramping-vus", startVUs=10, stages=stages(("12h", 10), ("0s", 5), ("12h", 5))
    )
    assert result(executor) == (15 * 720, 0, 86400.0)


# ---- what all have in common


@pytest.mark.parametrize(
    "config",
    [
        {"executor": "constant-arrival-rate", "rate": 5, "duration": "10s", "preAllocatedVUs": 9},
        {"executor": "ramping-arrival-rate", "stages": stages(("10s", 9)), "preAllocatedVUs": 9},
        {"executor": "ramping-vus", "stages": stages(("5s", 9), ("5s", 0))},
        {"executor": "constant-vus", "vus": 3, "duration": "10s"},
        {"executor": "per-vu-iterations", "vus": 3, "iterations": 9},
        {"executor": "shared-iterations", "vus": 3, "iterations": 27},
    ],
    ids=lambda config: str(config["executor"]),
)
def test_stop_in_the_turn_in_which_a_scenario_begins_starts_no_iteration_that_goes_on(
    scenario: FakeScenario, config: dict[str, object]
) -> None:
    def stop_soon() -> None:
        assert scenario.executor is not None
        scenario.reactor.call_soon(scenario.executor.stop)

    executor = scenario.run(begin=stop_soon, **config)
    assert executor.finished_s == 0.0
    assert executor.counts.complete == 0
