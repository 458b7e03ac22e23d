"""The loop on a virtual clock: tasks, waiting, deadlines, interrupts, errors, fairness."""

from __future__ import annotations

import pytest
from greenlet import GreenletExit

from runner.errors import InternalError
from runner.reactor import DeadlineReached, Reactor
from tests.kit.virtual_clock import Deadlock, VirtualClock


def run_value(reactor: Reactor, function, *args):
    task = reactor.spawn(function, *args)
    reactor.run(task)
    return task.result


# ---- time


def test_an_hour_of_sleeping_takes_no_time_and_ends_exactly(reactor: Reactor, clock: VirtualClock) -> None:
    moments = []

    def sleeper() -> None:
        for second in range(1, 3601):
            reactor.sleep_until(float(second))
            moments.append(clock.now())

    reactor.spawn(sleeper)
    reactor.run()
    assert moments == [float(second) for second in range(1, 3601)]


def test_sleepers_wake_in_order_of_time(reactor: Reactor) -> None:
    order = []

    def sleeper(when_s: float) -> None:
        reactor.sleep_until(when_s)
        order.append(when_s)

    for when_s in (3.0, 1.0, 2.0):
        reactor.spawn(sleeper, when_s)
    reactor.run()
    assert order == [1.0, 2.0, 3.0]


def test_sleeping_until_the_past_lets_the_others_run_once(reactor: Reactor, clock: VirtualClock) -> None:
    order = []

    def polite() -> None:
        order.append("before")
        reactor.sleep_until(-1.0)
        order.append("after")

    reactor.spawn(polite)
    reactor.spawn(order.append, "other")
    reactor.run()
    assert order == ["before", "other", "after"]
    assert clock.now() == 0.0


def test_call_at_runs_outside_every_task_at_its_moment(reactor: Reactor, clock: VirtualClock) -> None:
    seen = []
    reactor.call_at(5.0, lambda: seen.append((clock.now(), reactor.current_task())))
    reactor.spawn(reactor.sleep_until, 10.0)
    reactor.run()
    assert seen == [(5.0, None)]


def test_cancelled_timer_is_not_called(reactor: Reactor) -> None:
    seen = []
    reactor.call_at(5.0, seen.append, 1).cancel()
    reactor.spawn(reactor.sleep_until, 10.0)
    reactor.run()
    assert seen == []


def test_everybody_waiting_for_ever_is_a_deadlock_on_the_virtual_clock(reactor: Reactor) -> None:
    reactor.spawn(reactor.park)
    with pytest.raises(Deadlock):
        try:
            reactor.run()
        except InternalError as error:
            raise error.__cause__ from None


# ---- park and wake


def test_park_returns_what_wake_gave(reactor: Reactor) -> None:
    parked = reactor.spawn(reactor.park)
    reactor.spawn(lambda: reactor.wake(parked, "value"))
    reactor.run()
    assert parked.result == "value"


def test_park_reaches_its_deadline(reactor: Reactor, clock: VirtualClock) -> None:
    with pytest.raises(DeadlineReached):
        run_value(reactor, reactor.park, 7.0)
    assert clock.now() == 7.0


def test_wake_before_the_deadline_leaves_no_deadline_behind(reactor: Reactor, clock: VirtualClock) -> None:
    def waiter() -> str:
        assert reactor.park(5.0) == 1
        return reactor.park()

    task = reactor.spawn(waiter)
    reactor.call_at(1.0, lambda: reactor.wake(task, 1))
    reactor.call_at(100.0, lambda: reactor.wake(task, 2))
    reactor.run()
    assert task.result == 2
    assert clock.now() == 100.0


@pytest.mark.parametrize(
    ("deadlines_s", "reached_s"), [((10.0, 20.0), 20.0), ((20.0, 10.0), 10.0), ((5.0, 5.0), 5.0)]
)
def test_a_later_wait_has_its_own_deadline(
    reactor: Reactor, clock: VirtualClock, deadlines_s: tuple[float, float], reached_s: float
) -> None:
    def waiter() -> None:
        reactor.park(deadlines_s[0])
        with pytest.raises(DeadlineReached):
            reactor.park(deadlines_s[1])

    task = reactor.spawn(waiter)
    reactor.call_at(1.0, lambda: reactor.wake(task))
    reactor.run(task)
    assert clock.now() == reached_s


def test_moving_a_deadline_with_each_message_keeps_one_timer(reactor: Reactor, clock: VirtualClock) -> None:
    def waiter() -> None:
        for _ in range(1000):
            reactor.park(clock.now() + 60)

    def waker() -> None:
        for _ in range(1000):
            reactor.sleep_until(clock.now() + 1)
            reactor.wake(task)
            assert len(reactor._timers) <= 3

    task = reactor.spawn(waiter)
    reactor.spawn(waker)
    reactor.run()


def test_waking_a_task_that_is_not_parked_is_our_bug(reactor: Reactor) -> None:
    sleeper = reactor.spawn(reactor.sleep_until, 5.0)

    def waker() -> None:
        with pytest.raises(InternalError, match="not parked"):
            reactor.wake(sleeper)

    reactor.spawn(waker)
    reactor.run()
    with pytest.raises(InternalError, match=r"not parked.*finished"):
        reactor.wake(sleeper)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("park", ()), ("sleep_until", (1.0,)), ("call_in_thread", (print,)), ("wait_readable", (None,))],
)
def test_waiting_outside_a_task_is_named(reactor: Reactor, name: str, arguments: tuple) -> None:
    with pytest.raises(InternalError, match=rf"{name}\(\) called outside a task"):
        getattr(reactor, name)(*arguments)


def test_waiting_in_a_callback_is_named(reactor: Reactor) -> None:
    reactor.call_soon(reactor.park)
    reactor.spawn(reactor.sleep_until, 1.0)
    with pytest.raises(InternalError, match=r"park\(\) called outside a task"):
        reactor.run()


def test_current_task_is_the_running_one(reactor: Reactor) -> None:
    task = reactor.spawn(reactor.current_task)
    reactor.run()
    assert task.result is task
    assert reactor.current_task() is None


# ---- join


def test_join_gives_the_result(reactor: Reactor) -> None:
    child = reactor.spawn(lambda: reactor.sleep_until(3.0) or "result")
    assert run_value(reactor, child.join) == "result"
    assert run_value(reactor, child.join) == "result"


def test_join_raises_what_the_task_raised(reactor: Reactor) -> None:
    def fail() -> None:
        reactor.sleep_until(1.0)
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        run_value(reactor, reactor.spawn(fail).join)


def test_join_with_a_deadline_leaves_the_task_alone(reactor: Reactor, clock: VirtualClock) -> None:
    child = reactor.spawn(reactor.sleep_until, 10.0)
    with pytest.raises(DeadlineReached):
        run_value(reactor, child.join, 5.0)
    assert clock.now() == 5.0
    reactor.run()
    assert child.done
    assert clock.now() == 10.0


def test_many_tasks_join_one(reactor: Reactor) -> None:
    child = reactor.spawn(lambda: reactor.sleep_until(1.0) or 5)
    joiners = [reactor.spawn(child.join) for _ in range(10)]
    reactor.run()
    assert [joiner.result for joiner in joiners] == [5] * 10


def test_joining_oneself_is_our_bug(reactor: Reactor) -> None:
    with pytest.raises(InternalError, match="joins itself"):
        run_value(reactor, lambda: reactor.current_task().join())


# ---- interrupt


class Stop(Exception):
    pass


def test_interrupt_raises_at_the_place_of_waiting(reactor: Reactor) -> None:
    def waiter(wait) -> str:
        try:
            wait()
        except Stop:
            return "stopped"
        return "not stopped"

    sleeper = reactor.spawn(reactor.sleep_until, 100.0)
    tasks = [
        reactor.spawn(waiter, wait)
        for wait in (
            reactor.park,
            lambda: reactor.park(50.0),
            lambda: reactor.sleep_until(50.0),
            sleeper.join,
        )
    ]
    for task in tasks:
        reactor.call_at(1.0, reactor.interrupt, task, Stop())
    reactor.run()
    assert [task.result for task in tasks] == ["stopped"] * 4


def test_ready_task_is_interrupted_at_its_next_wait(reactor: Reactor) -> None:
    def waiter() -> list:
        seen = [reactor.park()]
        try:
            reactor.park()
        except Stop:
            seen.append("stopped")
        return seen

    task = reactor.spawn(waiter)

    def waker() -> None:
        reactor.wake(task, "woken")
        reactor.interrupt(task, Stop())

    reactor.spawn(waker)
    reactor.run()
    assert task.result == ["woken", "stopped"]


def test_task_may_interrupt_itself_and_others_that_have_not_begun(reactor: Reactor) -> None:
    def main() -> str:
        reactor.interrupt(reactor.current_task(), Stop())
        with pytest.raises(Stop):
            reactor.sleep_until(1.0)
        return "done"

    task = reactor.spawn(main)
    fresh = reactor.spawn(reactor.park)
    fresh.watched = True
    reactor.interrupt(fresh, Stop())
    reactor.run()
    assert task.result == "done"
    assert isinstance(fresh.error, Stop)


def test_several_interrupts_arrive_one_per_wait(reactor: Reactor) -> None:
    def main() -> list[str]:
        texts = []
        for _ in range(2):
            with pytest.raises(Stop) as caught:
                reactor.park()
            texts.append(str(caught.value))
        return texts

    task = reactor.spawn(main)
    reactor.call_at(1.0, reactor.interrupt, task, Stop("first"))
    reactor.call_at(1.0, reactor.interrupt, task, Stop("second"))
    reactor.run()
    assert task.result == ["first", "second"]


def test_interrupting_a_finished_task_does_nothing(reactor: Reactor) -> None:
    task = reactor.spawn(int)
    reactor.run()
    reactor.interrupt(task, Stop())
    assert task.error is None


def test_one_error_object_interrupts_many_without_growing(reactor: Reactor) -> None:
    error = Stop()

    def main() -> None:
        with pytest.raises(Stop):
            reactor.park()

    for _ in range(100):
        reactor.call_at(1.0, reactor.interrupt, reactor.spawn(main), error)
    reactor.run()
    length, traceback = 0, error.__traceback__
    while traceback is not None:
        length, traceback = length + 1, traceback.tb_next
    assert length < 10


# ---- errors


def test_error_of_a_task_that_nobody_joins_stops_run(reactor: Reactor) -> None:
    def fail() -> None:
        raise ValueError("boom")

    reactor.spawn(fail)
    with pytest.raises(InternalError, match="nobody joined") as caught:
        reactor.run()
    assert isinstance(caught.value.__cause__, ValueError)


def test_error_of_a_watched_task_stays_with_it(reactor: Reactor) -> None:
    task = reactor.spawn(lambda: 1 / 0)
    task.watched = True
    reactor.run()
    assert isinstance(task.error, ZeroDivisionError)


def test_error_of_a_callback_stops_run_and_loses_no_other_entry(reactor: Reactor) -> None:
    seen = []
    reactor.spawn(reactor.sleep_until, 1.0)
    reactor.call_soon(lambda: 1 / 0)
    reactor.call_soon(seen.append, "next")
    with pytest.raises(InternalError, match="callback") as caught:
        reactor.run()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    reactor.run()
    assert seen == ["next"]


def test_call_before_poll_comes_after_what_is_ready_and_without_another_turn(reactor: Reactor) -> None:
    order = []

    def first() -> None:
        reactor.call_before_poll(lambda: order.append("before the poll"))
        reactor.call_soon(order.append, "next turn")
        order.append("first")

    reactor.spawn(first)
    reactor.spawn(order.append, "second")
    reactor.spawn(reactor.sleep_until, 1.0)
    reactor.run()
    assert order == ["first", "second", "before the poll", "next turn"]


def test_error_of_a_call_before_poll_stops_run_and_loses_no_other(reactor: Reactor) -> None:
    seen = []
    reactor.spawn(reactor.sleep_until, 1.0)
    reactor.call_before_poll(lambda: 1 / 0)
    reactor.call_before_poll(lambda: seen.append("next"))
    with pytest.raises(InternalError, match="callback"):
        reactor.run()
    reactor.run()
    assert seen == ["next"]


def test_error_of_a_timer_stops_run_and_loses_no_other_timer(reactor: Reactor) -> None:
    seen = []
    reactor.spawn(reactor.sleep_until, 5.0)
    reactor.call_at(1.0, lambda: 1 / 0)
    reactor.call_at(1.0, seen.append, "next")
    with pytest.raises(InternalError):
        reactor.run()
    reactor.run()
    assert seen == ["next"]


def test_error_of_until_is_raised_as_it_is(reactor: Reactor) -> None:
    task = reactor.spawn(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reactor.run(task)


def test_keyboard_interrupt_in_a_task_leaves_run_as_it_is(reactor: Reactor) -> None:
    def main() -> None:
        raise KeyboardInterrupt

    reactor.spawn(main)
    with pytest.raises(KeyboardInterrupt):
        reactor.run()


# ---- run and close


def test_run_until_leaves_the_other_tasks_for_later(reactor: Reactor, clock: VirtualClock) -> None:
    long = reactor.spawn(reactor.sleep_until, 10.0)
    reactor.run(reactor.spawn(reactor.sleep_until, 1.0))
    assert clock.now() == 1.0
    assert not long.done
    reactor.run()
    assert long.done


def test_run_inside_a_task_or_a_callback_is_our_bug(reactor: Reactor) -> None:
    with pytest.raises(InternalError, match="while the reactor runs"):
        run_value(reactor, reactor.run)
    reactor.call_soon(reactor.run)
    with pytest.raises(InternalError, match="while the reactor runs"):
        run_value(reactor, reactor.sleep_until, 1.0)
    with pytest.raises(InternalError, match="while the reactor runs"):
        run_value(reactor, reactor.close)


def test_close_ends_tasks_through_their_finally_blocks(clock: VirtualClock) -> None:
    reactor = Reactor(now=clock.now, selector=clock)
    seen = []

    def stubborn() -> None:
        while True:
            try:
                reactor.park()
            except Exception:
                seen.append("an Exception must not arrive here")
            finally:
                seen.append("finally")

    def never_started() -> None:
        seen.append("started")

    task = reactor.spawn(stubborn)
    reactor.run(reactor.spawn(reactor.sleep_until, 1.0))
    unborn = reactor.spawn(never_started)
    reactor.close()
    reactor.close()
    assert seen == ["finally"]
    assert task.done
    assert unborn.done
    with pytest.raises(InternalError, match="closed reactor"):
        reactor.spawn(int)
    with pytest.raises(InternalError, match="closed reactor"):
        reactor.run()


def test_waiting_again_while_the_reactor_closes_ends_the_task(clock: VirtualClock) -> None:
    reactor = Reactor(now=clock.now, selector=clock)
    seen = []

    def main() -> None:
        try:
            reactor.park()
        finally:
            try:
                reactor.sleep_until(5.0)
            except GreenletExit:
                seen.append("not now")
                raise

    reactor.spawn(main)
    reactor.run(reactor.spawn(reactor.sleep_until, 1.0))
    reactor.close()
    assert seen == ["not now"]
    assert clock.now() == 1.0


def test_error_while_closing_is_said(clock: VirtualClock) -> None:
    reactor = Reactor(now=clock.now, selector=clock)

    def main() -> None:
        try:
            reactor.park()
        finally:
            raise ValueError("boom")

    reactor.spawn(main)
    reactor.run(reactor.spawn(reactor.sleep_until, 1.0))
    with pytest.raises(InternalError, match="boom"):
        reactor.close()


# ---- fairness and shape


def test_tasks_that_wake_each_other_starve_neither_timers_nor_others(reactor: Reactor) -> None:
    tasks, counts = [], [0, 0]

    def player(me: int) -> None:
        while not stop:
            counts[me] += 1
            other = tasks[1 - me]
            if other.state.value == "parked":
                reactor.wake(other)
                reactor.park()
            else:
                reactor.sleep_until(0.0)

    stop: list[int] = []
    tasks.extend(reactor.spawn(player, me) for me in range(2))
    reactor.call_at(0.0, lambda: stop.append(1))
    reactor.call_at(0.0, lambda: [reactor.interrupt(task, GreenletExit()) for task in tasks])
    reactor.run()
    assert max(counts) < 10


def test_call_soon_from_a_callback_waits_for_the_next_turn(reactor: Reactor) -> None:
    count = [0]

    def again() -> None:
        count[0] += 1
        if count[0] < 50:
            reactor.call_soon(again)

    reactor.call_soon(again)
    seen_at_timer = []
    reactor.call_at(0.0, lambda: reactor.call_at(0.0, lambda: seen_at_timer.append(count[0])))
    reactor.spawn(reactor.sleep_until, 1.0)
    reactor.run()
    assert count == [50]
    assert seen_at_timer[0] <= 2


def test_ten_thousand_tasks(reactor: Reactor) -> None:
    results = []
    for number in range(10_000):
        reactor.spawn(lambda number=number: (reactor.sleep_until(number % 7), results.append(number)))
    reactor.run()
    assert len(results) == 10_000


def test_task_repr_says_name_and_state(reactor: Reactor) -> None:
    task = reactor.spawn(reactor.sleep_until, 1.0)
    assert repr(task) == "<Task Reactor.sleep_until ready>"
    reactor.run()
    assert repr(task) == "<Task Reactor.sleep_until finished>"
