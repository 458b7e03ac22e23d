"""What holds for the start times and ramps of any configuration, against exact arithmetic."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from runner.execution.pacing import (
    RampingRate,
    active_spans,
    constant_start_s,
    constant_starts_before,
    cut_off_s,
    ramp_steps,
)
from runner.options.values import Stage

DAY_S = 86400
# Far below what anybody can measure, far above the resolution of a float that counts the seconds of a day.
EXACT_S = 1e-9

durations_s = st.one_of(
    st.sampled_from([0.0, 0.1, 1.0, 60.0, 3600.0, float(DAY_S)]),
    st.integers(0, DAY_S * 1000).map(lambda milliseconds: milliseconds / 1000),
)
units_s = st.sampled_from([0.001, 0.1, 1.0, 7.0, 60.0, 3600.0])


def stages_up_to(target: int) -> st.SearchStrategy[list[Stage]]:
    return st.lists(st.builds(Stage, durations_s, st.integers(0, target)), min_size=1, max_size=6)


def exact(seconds: float) -> Fraction:
    """The duration that was meant: a whole number of nanoseconds."""
    return Fraction(round(seconds * 10**9), 10**9)


def area_until(elapsed_s: float, start_rate: int, stages: list[Stage], unit_s: float) -> Fraction:
    """Iterations due until `elapsed_s`, by exact integration of the rate."""
    area, rate, left = Fraction(0), Fraction(start_rate), Fraction(elapsed_s)
    for stage in stages:
        duration, target = exact(stage.duration_s), Fraction(stage.target)
        if duration > 0:
            passed = min(left, duration)
            reached = rate + (target - rate) * passed / duration
            area += (rate + reached) / 2 * passed
            left -= passed
        rate = target
    return area / exact(unit_s)


# ---- constant rate


@given(st.integers(1, 100_000), units_s, st.integers(0, 10**9))
def test_constant_starts_are_where_they_belong_whatever_came_before(
    rate: int, unit_s: float, number: int
) -> None:
    due = number * exact(unit_s) / rate
    assert abs(Fraction(constant_start_s(number, rate, unit_s)) - due) <= due / 2**50


@given(st.integers(1, 1000), units_s, durations_s, durations_s)
def test_every_window_has_its_share_of_constant_starts(
    rate: int, unit_s: float, from_s: float, length_s: float
) -> None:
    before = constant_starts_before(from_s, rate, unit_s)
    until = constant_starts_before(from_s + length_s, rate, unit_s)
    due = exact(length_s) * rate / exact(unit_s)
    assert abs(until - before - due) < 1 + Fraction(1, 1000)


@given(st.integers(1, 1000), units_s, durations_s)
def test_count_of_constant_starts_agrees_with_their_times(rate: int, unit_s: float, elapsed_s: float) -> None:
    count = constant_starts_before(elapsed_s, rate, unit_s)
    assert count >= 0
    assert constant_start_s(count, rate, unit_s) >= elapsed_s - EXACT_S
    if count:
        assert constant_start_s(count - 1, rate, unit_s) < elapsed_s + EXACT_S


# ---- ramping rate


@given(st.integers(0, 1000), stages_up_to(1000), units_s)
def test_a_ramp_has_as_many_starts_as_the_area_below_it(
    start_rate: int, stages: list[Stage], unit_s: float
) -> None:
    total_s = sum(stage.duration_s for stage in stages)
    area = area_until(2 * total_s, start_rate, stages, unit_s)
    assert RampingRate(start_rate, stages, unit_s).total == area.numerator // area.denominator


@given(st.integers(0, 1000), stages_up_to(1000), units_s, st.floats(0, 1))
def test_every_start_of_a_ramp_is_when_the_area_reaches_its_number(
    start_rate: int, stages: list[Stage], unit_s: float, share: float
) -> None:
    rate = RampingRate(start_rate, stages, unit_s)
    if not rate.total:
        return
    number = min(rate.total - 1, int(share * rate.total))
    start_s = rate.start_s(number)
    # The time is right if the area just before is too small and the one just after is not.
    assert area_until(max(0.0, start_s - EXACT_S), start_rate, stages, unit_s) <= number + 1
    assert area_until(start_s + EXACT_S, start_rate, stages, unit_s) >= number + 1


@given(st.integers(0, 50), stages_up_to(50), units_s)
def test_starts_of_a_ramp_come_in_order_within_its_time(
    start_rate: int, stages: list[Stage], unit_s: float
) -> None:
    rate = RampingRate(start_rate, stages, unit_s)
    total_s = sum(stage.duration_s for stage in stages)
    starts = list(itertools.islice(rate.starts(), 1000))
    assert len(starts) == min(rate.total, 1000)
    assert starts == [rate.start_s(number) for number in range(len(starts))]
    assert starts == sorted(starts)
    assert all(0 <= start_s <= total_s + EXACT_S for start_s in starts)


@given(st.integers(0, 1000), stages_up_to(1000), units_s, durations_s)
def test_wanted_rate_stays_between_the_rates_of_the_stages(
    start_rate: int, stages: list[Stage], unit_s: float, elapsed_s: float
) -> None:
    rates = [start_rate, *(stage.target for stage in stages)]
    wanted = RampingRate(start_rate, stages, unit_s).rate_at(elapsed_s)
    assert min(rates) / unit_s - EXACT_S <= wanted <= max(rates) / unit_s * (1 + EXACT_S)


# ---- virtual users


def wanted_at(steps: list[tuple[float, int]], elapsed_s: float) -> int:
    return [target for at_s, target in steps if at_s <= elapsed_s][-1]


@given(st.integers(0, 50), stages_up_to(50))
def test_steps_of_a_ramp_are_in_order_and_end_at_the_last_target(start_vus: int, stages: list[Stage]) -> None:
    steps = ramp_steps(start_vus, stages)
    moments_s = [step.at_s for step in steps]
    assert moments_s == sorted(set(moments_s))
    assert moments_s[0] == 0.0
    assert steps[-1].target == stages[-1].target
    assert all(before.target != after.target for before, after in itertools.pairwise(steps))


@given(st.integers(0, 20), stages_up_to(20), st.floats(0, 1))
def test_at_any_moment_the_spans_of_the_vus_add_up_to_what_the_ramp_wants(
    start_vus: int, stages: list[Stage], share: float
) -> None:
    steps, end_s = ramp_steps(start_vus, stages), sum(stage.duration_s for stage in stages)
    elapsed_s = share * end_s
    if elapsed_s >= end_s:
        return
    by_slot = [active_spans(steps, end_s, slot) for slot in range(20)]
    active = sum(span.start_s <= elapsed_s < span.end_s for spans in by_slot for span in spans)
    assert active == wanted_at(steps, elapsed_s)


@given(st.integers(0, 20), stages_up_to(20), st.integers(0, 19))
def test_spans_of_a_vu_do_not_touch(start_vus: int, stages: list[Stage], slot: int) -> None:
    spans = active_spans(ramp_steps(start_vus, stages), sum(stage.duration_s for stage in stages), slot)
    assert all(span.start_s < span.end_s for span in spans)
    assert all(before.end_s < after.start_s for before, after in itertools.pairwise(spans))


@given(st.integers(0, 5), stages_up_to(5), st.integers(0, 4), durations_s)
def test_cut_off_comes_after_the_graceful_ramp_down_and_never_while_the_vu_is_wanted(
    start_vus: int, stages: list[Stage], slot: int, graceful_s: float
) -> None:
    end_s = sum(stage.duration_s for stage in stages)
    spans = active_spans(ramp_steps(start_vus, stages), end_s, slot)
    for index, span in enumerate(spans):
        limit_s = cut_off_s(spans, index, graceful_s, end_s)
        assert limit_s >= span.end_s + graceful_s or limit_s == float("inf")
        assert not any(later.start_s < limit_s < later.end_s for later in spans[index:])
