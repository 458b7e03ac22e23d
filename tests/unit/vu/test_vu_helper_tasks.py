"""Helpers on a virtual clock: what waits holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from runner.reactor import Reactor, Task
from runner.vu.helper_tasks import HelperTasks
from tests.kit.virtual_clock import VirtualClock


class Errand:
    """Something to be helped with."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do = do
        self.helpers: list[Task] = []

    def help(self, helper: Task) -> None:
        self.helpers.append(helper)
        self._do()


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        yield reactor


def run_until(reactor: Reactor, when_s: float) -> None:
    reactor.run(until=reactor.spawn(reactor.sleep_until, when_s))


def test_one_helper_does_all_that_does_not_wait(reactor: Reactor) -> None:
    done: list[int] = []
    errands = [Errand(lambda number=number: done.append(number)) for number in range(5)]  # type: ignore[misc]
    helpers = HelperTasks(reactor)
    for errand in errands:
        helpers.add(errand)
    assert done == []
    run_until(reactor, 0.0)
    assert done == [0, 1, 2, 3, 4]
    helpers.add(errands[0])
    run_until(reactor, 1.0)
    assert len({id(helper) for errand in errands for helper in errand.helpers}) == 1


def test_what_waits_holds_up_nobody_and_its_helper_is_used_again(reactor: Reactor) -> None:
    done: list[tuple[str, float]] = []

    def wait(name: str, seconds: float) -> None:
        reactor.sleep_until(reactor.now() + seconds)
        done.append((name, reactor.now()))

    helpers = HelperTasks(reactor)
    for name, seconds in [("slow", 5.0), ("slower", 6.0), ("a", 0.0), ("slow too", 5.0), ("b", 0.0)]:
        helpers.add(Errand(lambda name=name, seconds=seconds: wait(name, seconds)))  # type: ignore[misc]
    run_until(reactor, 1.0)
    assert done == [("a", 0.0), ("b", 0.0)]
    late = Errand(lambda: done.append(("late", reactor.now())))
    helpers.add(late)
    run_until(reactor, 2.0)
    assert done[2:] == [("late", 1.0)]
    run_until(reactor, 10.0)
    assert done[3:] == [("slow", 5.0), ("slow too", 5.0), ("slower", 6.0)]
    again = [Errand(lambda: None) for _ in range(3)]
    for errand in again:
        helpers.add(errand)
    run_until(reactor, 11.0)
    assert all(len(errand.helpers) == 1 for errand in again)


def test_errands_that_make_each_other_come_in_order(reactor: Reactor) -> None:
    done: list[str] = []
    helpers = HelperTasks(reactor)
    second = Errand(lambda: done.append("second"))

    def first() -> None:
        helpers.add(second)
        done.append("first")

    helpers.add(Errand(first))
    run_until(reactor, 1.0)
    assert done == ["first", "second"]
