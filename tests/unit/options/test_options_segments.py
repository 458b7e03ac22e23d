"""Segments divide everything exactly, and evenly."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.options.segments import ExecutionSegment, parse_segment


@st.composite
def divisions(draw: st.DrawFn) -> list[Fraction]:
    inner = draw(st.sets(st.fractions(min_value=0, max_value=1, max_denominator=12), max_size=5))
    return sorted({Fraction(0), Fraction(1), *inner})


@given(divisions(), st.integers(0, 500))
def test_parts_add_up_and_every_number_belongs_to_exactly_one(borders: list[Fraction], count: int) -> None:
    parts = [ExecutionSegment(a, b, borders) for a, b in itertools.pairwise(borders)]
    assert sum(part.scale(count) for part in parts) == count
    numbers = [part.number_in_test(n) for part in parts for n in range(part.scale(count))]
    assert sorted(numbers) == list(range(count))


@given(divisions(), st.integers(0, 500))
def test_no_part_is_more_than_one_turn_of_each_other_part_from_its_share(
    borders: list[Fraction], count: int
) -> None:
    for a, b in itertools.pairwise(borders):
        part = ExecutionSegment(a, b, borders)
        assert abs(part.scale(count) - part.length * count) < len(borders)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("0:1/4", Fraction(0), Fraction(1, 4)),
        ("1/4", Fraction(0), Fraction(1, 4)),
        ("25%:50%", Fraction(1, 4), Fraction(1, 2)),
        ("0.5:1", Fraction(1, 2), Fraction(1)),
    ],
)
def test_segments_are_read_as_k6_writes_them(text: str, start: Fraction, end: Fraction) -> None:
    segment = parse_segment(text)
    assert (segment.start, segment.end) == (start, end)


def test_equal_parts_take_turns() -> None:
    thirds = "0,1/3,2/3,1"
    numbers = [
        [parse_segment(text, thirds).number_in_test(n) for n in range(3)]
        for text in ("0:1/3", "1/3:2/3", "2/3:1")
    ]
    assert numbers == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]


@pytest.mark.parametrize(
    ("text", "sequence", "problem"),
    [
        ("x:1", "", "'x' is no fraction"),
        ("1/0:1", "", "'1/0' is no fraction"),
        ("1:1", "", "is empty"),
        ("1/2:1/4", "", "is empty"),
        ("0:2", "", "not between 0 and 1"),
        ("0:1/2", "0,1/3,1", "not in the segment sequence"),
        ("0:1/2", "0,1/2", "rise from 0 to 1"),
        ("0:1/2", "0,1/2,1/2,1", "rise from 0 to 1"),
        ("0:1/10007", "", "too large"),
    ],
)
def test_what_is_no_segment_says_why(text: str, sequence: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_segment(text, sequence)
