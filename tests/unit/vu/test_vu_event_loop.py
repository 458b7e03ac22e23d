"""The timers of one VU."""

from __future__ import annotations

from runner.vu.event_loop import EventLoop


def fired(loop: EventLoop, until_s: float) -> list[int]:
    """The timers that fire, one macrotask at a time, while the clock goes to `until_s`."""
    order = []
    while (due_s := loop.next_due_s()) is not None and due_s <= until_s:
        loop.now_s = max(loop.now_s, due_s)
        timer_id = loop.take_due()
        assert timer_id is not None
        order.append(timer_id)
    return order


def test_timers_fire_by_time_and_then_by_age() -> None:
    loop = EventLoop()
    late = loop.start_timer("setTimeout", 2.0, False)
    first = loop.start_timer("setTimeout", 1.0, False)
    second = loop.start_timer("setTimeout", 1.0, False)
    at_once = loop.start_timer("setTimeout", 0.0, False)
    before_all = loop.start_timer("setTimeout", None, False)
    assert fired(loop, 10.0) == [before_all, at_once, first, second, late]
    assert loop.next_due_s() is None


def test_nothing_is_due_before_its_time() -> None:
    loop = EventLoop()
    loop.start_timer("setTimeout", 1.0, False)
    loop.now_s = 0.999
    assert loop.take_due() is None
    assert loop.next_due_s() == 1.0


def test_intervals_are_set_anew_from_the_moment_they_fire() -> None:
    loop = EventLoop()
    interval = loop.start_timer("setInterval", 1.0, True)
    loop.now_s = 5.5
    assert loop.take_due() == interval
    assert loop.next_due_s() == 6.5


def test_cleared_timers_are_forgotten_whenever_they_are_cleared() -> None:
    loop = EventLoop()
    timers = [loop.start_timer("setTimeout", 1.0, False) for _ in range(3)]
    loop.clear_timer(timers[1])
    loop.clear_timer(timers[1])
    loop.clear_timer(999)
    assert fired(loop, 1.0) == [timers[0], timers[2]]
    loop.clear_timer(timers[0])
    assert loop.drop_timers() == []


def test_many_cleared_timers_cost_no_memory() -> None:
    loop = EventLoop()
    kept = loop.start_timer("setTimeout", 1000.0, False)
    for _ in range(10_000):
        loop.clear_timer(loop.start_timer("setTimeout", 1000.0, False))
    assert len(loop._heap) < 200
    assert fired(loop, 1000.0) == [kept]


def test_what_is_dropped_is_named_in_the_order_of_age() -> None:
    loop = EventLoop()
    loop.start_timer("setInterval", 3.0, True)
    loop.start_timer("setTimeout", 1.0, False)
    assert [(timer.timer_id, timer.name) for timer in loop.drop_timers()] == [
        (1, "setInterval"),
        (2, "setTimeout"),
    ]
    assert loop.next_due_s() is None
    assert loop.start_timer("setTimeout", 0.0, False) == 3
