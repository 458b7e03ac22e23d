"""Execution segments: which part of a test this run is, when several machines share it.

Owns the fractions and who gets what: any count is divided so that the parts add up exactly, and everything that has a
number (virtual users, iterations) belongs to exactly one part.  The parts take turns as evenly as their sizes allow.
Source: https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#execution-segment
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

# Turns after which the pattern repeats; enough for a test in ten thousand equal parts.
PATTERN_SIZE_MAX = 10_000


class ExecutionSegment:
    """One part of a whole.

    Args:
        start, end: where it begins and ends, between 0 and 1.
        sequence: the borders of all parts, from 0 to 1; by default this part and what lies around it.

    Raises:
        ValueError: the borders are no division of the whole, or this part is none of it.
    """

    def __init__(self, start: Fraction, end: Fraction, sequence: Sequence[Fraction] = ()) -> None:
        if not 0 <= start < end <= 1:
            raise ValueError(f"the segment {start}:{end} is not between 0 and 1, or is empty")
        borders = list(sequence) or sorted({Fraction(0), start, end, Fraction(1)})
        if borders[0] != 0 or borders[-1] != 1 or any(a >= b for a, b in itertools.pairwise(borders)):
            raise ValueError("the segment sequence has to rise from 0 to 1")
        if (start, end) not in itertools.pairwise(borders):
            raise ValueError(f"the segment {start}:{end} is not in the segment sequence")
        self.start = start
        self.end = end
        self._period, self._own = _pattern(borders, start)

    @property
    def length(self) -> Fraction:
        """Its share of the whole."""
        return self.end - self.start

    def scale(self, count: int) -> int:
        """How many of `count` things belong to this part."""
        rounds, rest = divmod(count, self._period)
        return rounds * len(self._own) + bisect.bisect_left(self._own, rest)

    def number_in_test(self, number: int) -> int:
        """The number in the whole test of this part's thing `number`, both from 0."""
        rounds, place = divmod(number, len(self._own))
        return rounds * self._period + self._own[place]

    def __repr__(self) -> str:
        return f"{self.start}:{self.end}"


def _pattern(borders: Sequence[Fraction], start: Fraction) -> tuple[int, list[int]]:
    """After how many turns the parts repeat, and which of these turns are those of the part that begins at `start`."""
    period = math.lcm(*(border.denominator for border in borders))
    if period > PATTERN_SIZE_MAX:
        raise ValueError(
            f"the segments' common denominator {period} is too large, at most {PATTERN_SIZE_MAX}"
        )
    weights = [int((b - a) * period) for a, b in itertools.pairwise(borders)]
    mine = list(borders).index(start)
    given = [0] * len(weights)
    own = []
    for turn in range(period):
        # Whoever is most behind its share is next; of equals the first.
        behind = [weight * (turn + 1) - count * period for weight, count in zip(weights, given, strict=True)]
        chosen = behind.index(max(behind))
        given[chosen] += 1
        if chosen == mine:
            own.append(turn)
    return period, own


def parse_segment(text: str, sequence: str = "") -> ExecutionSegment:
    """A segment as k6 writes it: ``0:1/4``, ``25%:50%``, ``0.5:1``, or ``1/4`` for a first quarter.

    Raises:
        ValueError: it cannot be read, or does not fit the sequence.
    """
    start, colon, end = text.partition(":")
    borders = [_fraction(border) for border in sequence.split(",")] if sequence else []
    if not colon:
        return ExecutionSegment(Fraction(0), _fraction(start), borders)
    return ExecutionSegment(_fraction(start), _fraction(end), borders)


def _fraction(text: str) -> Fraction:
    try:
        if text.strip().endswith("%"):
            return Fraction(text.strip()[:-1]) / 100
        return Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"'{text}' is no fraction, percentage or number between 0 and 1") from None
