"""Several calls of one virtual user at a time: bounds, order, failures, interruptions; on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jsbindings.http.parallel import Job, ParallelJobs
from runner.ops import Interrupted
from runner.reactor import Reactor
from tests.kit.virtual_clock import VirtualClock


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        yield reactor


class Diary:
    """Jobs that take a second each and write down when they begin and how they end."""

    def __init__(self, reactor: Reactor) -> None:
        self.reactor = reactor
        self.began: list[tuple[float, str]] = []
        self.ended: list[str] = []

    def job(self, name: str, *, place: str = "", seconds: float = 1.0, then: Callable[[], Any] = str) -> Job:
        def call() -> str:
            self.began.append((self.reactor.now(), name))
            try:
                self.reactor.sleep_until(self.reactor.now() + seconds)
                then()
            except BaseException as error:
                self.ended.append(f"{name} {type(error).__name__}")
                raise
            self.ended.append(name)
            return name.lower()

        return Job(place, call)


def run(reactor: Reactor, jobs: list[Job], *, most: int = 20, per_place: int = 6) -> list[Any]:
    parallel = ParallelJobs(reactor, jobs_max=most, jobs_per_place_max=per_place)
    task = reactor.spawn(parallel.run, jobs)
    reactor.run(until=task)
    results: list[Any] = task.result
    return results


def fail() -> None:
    raise ValueError("a bug")


def test_results_come_in_the_order_of_the_jobs(reactor: Reactor) -> None:
    diary = Diary(reactor)
    jobs = [diary.job("A", seconds=3), diary.job("B", seconds=1), diary.job("C", seconds=2)]
    assert run(reactor, jobs) == ["a", "b", "c"]
    assert diary.ended == ["B", "C", "A"]
    assert [when for when, _ in diary.began] == [0, 0, 0]


def test_nothing_to_do_is_done_at_once(reactor: Reactor) -> None:
    assert run(reactor, []) == []


@pytest.mark.parametrize(
    ("most", "per_place", "starts_s"),
    [
        (20, 6, [0, 0, 0, 0, 0, 0, 1, 1]),
        (3, 6, [0, 0, 0, 1, 1, 1, 2, 2]),
        (20, 1, [0, 1, 2, 3, 4, 5, 6, 7]),
        (0, 6, [0, 0, 0, 0, 0, 0, 1, 1]),
        (20, 0, [0] * 8),
        (0, -1, [0] * 8),
        (1, 0, [0, 1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_only_so_many_run_at_once(reactor: Reactor, most: int, per_place: int, starts_s: list[float]) -> None:
    diary = Diary(reactor)
    run(reactor, [diary.job(str(number)) for number in range(8)], most=most, per_place=per_place)
    assert [when for when, _ in diary.began] == starts_s
    assert [name for _, name in diary.began] == [str(number) for number in range(8)]


@pytest.mark.parametrize(
    ("most", "per_place", "began"),
    [
        # Seen in k6: a job that waits for its place keeps those behind it from beginning.
        (4, 2, [(0, "A1"), (0, "A2"), (1, "A3"), (1, "A4"), (1, "B1"), (1, "B2")]),
        (3, 1, [(0, "A1"), (1, "A2"), (2, "A3"), (2, "B1"), (3, "A4"), (3, "B2")]),
        (20, 1, [(0, "A1"), (0, "B1"), (1, "A2"), (1, "B2"), (2, "A3"), (3, "A4")]),
    ],
)
def test_a_crowded_place_holds_up_what_was_not_begun(
    reactor: Reactor, most: int, per_place: int, began: list[tuple[float, str]]
) -> None:
    diary = Diary(reactor)
    jobs = [diary.job(name, place=name[0]) for name in ("A1", "A2", "A3", "A4", "B1", "B2")]
    run(reactor, jobs, most=most, per_place=per_place)
    assert sorted(diary.began) == began


def test_a_job_that_fails_ends_the_others(reactor: Reactor) -> None:
    diary = Diary(reactor)
    jobs = [diary.job("A", seconds=9), diary.job("B", then=fail), diary.job("C", seconds=9), diary.job("D")]
    with pytest.raises(ValueError, match="a bug"):
        run(reactor, jobs, most=3)
    assert set(diary.ended) == {"A", "B ValueError", "C"}
    assert "D" not in [name for _, name in diary.began]
    assert not reactor._scheduler.tasks


def test_an_interruption_ends_all_jobs_before_it_goes_on(reactor: Reactor) -> None:
    diary = Diary(reactor)
    jobs = [diary.job(name, seconds=9) for name in "ABC"]
    task = reactor.spawn(ParallelJobs(reactor, jobs_max=2, jobs_per_place_max=6).run, jobs)
    reactor.call_at(1.0, reactor.interrupt, task, Interrupted())
    with pytest.raises(Interrupted):
        reactor.run(until=task)
    assert diary.ended == ["A Interrupted", "B Interrupted"]
    assert [name for _, name in diary.began] == ["A", "B"]
    assert not reactor._scheduler.tasks
    assert reactor.now() == 1.0


def test_a_job_that_was_about_to_begin_does_not(reactor: Reactor) -> None:
    diary = Diary(reactor)
    task = reactor.spawn(ParallelJobs(reactor, jobs_max=2, jobs_per_place_max=6).run, [diary.job("A")])
    # In the turn in which the job's task is new.
    reactor.interrupt(task, Interrupted())
    with pytest.raises(Interrupted):
        reactor.run(until=task)
    assert diary.began == []
    assert not reactor._scheduler.tasks


def test_a_closing_reactor_ends_all_jobs() -> None:
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        diary = Diary(reactor)
        jobs = [diary.job(name, seconds=9) for name in "AB"]
        reactor.spawn(ParallelJobs(reactor, jobs_max=2, jobs_per_place_max=6).run, jobs)
        reactor.run(until=reactor.spawn(reactor.sleep_until, 1.0))
    assert sorted(diary.ended) == ["A GreenletExit", "B GreenletExit"]
