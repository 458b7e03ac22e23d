"""Timers: order, cancelling, memory."""

from __future__ import annotations

from runner.reactor.timers import COMPACT_LENGTH_MIN, TimerHeap


def test_timers_fire_in_order_of_their_moments() -> None:
    heap, fired = TimerHeap(), []
    for when_s in (3.0, 1.0, 2.0):
        heap.add(when_s, fired.append, (when_s,))
    heap.expire(2.5)
    assert fired == [1.0, 2.0]
    assert heap.next_when_s() == 3.0


def test_equal_moments_keep_the_order_of_adding() -> None:
    heap, fired = TimerHeap(), []
    for name in "abcde":
        heap.add(1.0, fired.append, (name,))
    heap.expire(1.0)
    assert "".join(fired) == "abcde"


def test_cancelled_timer_does_not_fire_and_cancelling_again_is_harmless() -> None:
    heap, fired = TimerHeap(), []
    timer = heap.add(1.0, fired.append, (1,))
    timer.cancel()
    timer.cancel()
    heap.expire(2.0)
    assert fired == []
    assert not timer.is_pending


def test_cancelling_a_fired_timer_is_harmless() -> None:
    heap, fired = TimerHeap(), []
    timer = heap.add(1.0, fired.append, (1,))
    heap.expire(1.0)
    timer.cancel()
    assert fired == [1]
    assert heap.next_when_s() is None


def test_timer_cancelled_by_an_earlier_one_of_the_same_moment_does_not_fire() -> None:
    heap, fired = TimerHeap(), []
    heap.add(1.0, lambda: second.cancel(), ())
    second = heap.add(1.0, fired.append, ("second",))
    heap.expire(1.0)
    assert fired == []


def test_timer_that_puts_itself_back_waits_for_the_next_call() -> None:
    heap, fired = TimerHeap(), []

    def again() -> None:
        fired.append(1)
        heap.add(0.0, again, ())

    heap.add(0.0, again, ())
    heap.expire(5.0)
    assert len(fired) == 1
    heap.expire(5.0)
    assert len(fired) == 2


def test_cancelled_timers_do_not_pile_up() -> None:
    heap = TimerHeap()
    live = [heap.add(1e6, print, ()) for _ in range(10)]
    for _ in range(100_000):
        heap.add(1e6, print, ()).cancel()
    assert len(heap) <= 2 * len(live) + COMPACT_LENGTH_MIN + 1
    assert all(timer.is_pending for timer in live)


def test_cancelling_many_from_a_callback_keeps_the_others() -> None:
    heap, fired = TimerHeap(), []
    doomed = [heap.add(2.0, fired.append, ("doomed",)) for _ in range(500)]
    heap.add(1.0, lambda: [timer.cancel() for timer in doomed], ())
    heap.add(3.0, fired.append, ("kept",))
    heap.expire(5.0)
    assert fired == ["kept"]
    assert len(heap) == 0


def test_repr_says_whether_it_is_pending() -> None:
    timer = TimerHeap().add(1.5, print, ())
    assert repr(timer) == "<Timer at 1.500000 pending>"
    timer.cancel()
    assert repr(timer) == "<Timer at 1.500000 done>"
