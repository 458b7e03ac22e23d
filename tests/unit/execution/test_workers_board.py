"""What all processes of a run see."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from runner.execution.workers.board import Board, Counter, Moment, Slot
from runner.execution.workers.fork import ended, fork_worker

WORKERS, SCENARIOS = 3, 2


@pytest.fixture
def board() -> Iterator[Board]:
    board = Board(WORKERS, SCENARIOS)
    yield board
    board.close()


def test_every_number_has_a_place_of_its_own(board: Board) -> None:
    lists = [board.slots(worker, scenario) for worker in range(WORKERS) for scenario in range(SCENARIOS)]
    for number, slots in enumerate(lists):
        for slot in Slot:
            slots[slot] = 10 * number + slot
    for worker in range(WORKERS):
        board.set_initialised(worker, 1000 + worker)
        for scenario in range(SCENARIOS):
            for moment in Moment:
                board.note(worker, scenario, moment, 0.5 + worker + 10 * scenario + 100 * moment)
    board.stop()
    assert [[*slots] for slots in lists] == [
        [10 * number + slot for slot in Slot] for number in range(len(lists))
    ]
    assert board.initialised() == 3003
    assert board.moments(1, Moment.FINISHED) == [110.5, 111.5, 112.5]
    assert all(board.taken(scenario, counter) == 0 for scenario in range(SCENARIOS) for counter in Counter)
    assert board.take_vu() == 0
    assert board.is_stopping


def test_sums(board: Board) -> None:
    for worker in range(WORKERS):
        board.slots(worker, 0)[Slot.COMPLETE] = 1 + worker
        board.slots(worker, 1)[Slot.COMPLETE] = 100
    assert board.total(0, Slot.COMPLETE) == 6
    assert board.grand_total(Slot.COMPLETE) == 306


def test_a_counter_gives_each_number_once_up_to_its_limit(board: Board) -> None:
    assert [board.take_below(2, 1, Counter.TAKEN) for _ in range(4)] == [0, 1, None, None]
    assert board.taken(1, Counter.TAKEN) == 2
    board.release(1, Counter.TAKEN)
    assert board.take_below(2, 1, Counter.TAKEN) == 0


def test_turns_are_an_interval_apart_and_not_in_the_past(board: Board) -> None:
    assert [board.claim_turn(5.0, 0.25) for _ in range(3)] == [5.0, 5.25, 5.5]
    assert board.claim_turn(9.0, 0.25) == 9.0


@pytest.mark.slow
def test_processes_that_count_together_miss_no_number(board: Board) -> None:
    each = 5000

    def work() -> None:
        for _ in range(each):
            board.take(0, Counter.ITERATION)

    pids = [fork_worker(work) for _ in range(WORKERS)]
    assert [ended(pid, waits=True) for pid in pids] == ["ended with exit status 0"] * WORKERS
    assert board.taken(0, Counter.ITERATION) == each * WORKERS


def test_a_process_that_dies_inside_a_counter_leaves_nobody_waiting(board: Board) -> None:
    def work() -> None:
        with board._locked(board._counter(0, Counter.TAKEN)):
            os.kill(os.getpid(), signal.SIGKILL)

    assert "was killed by SIGKILL" in str(ended(fork_worker(work), waits=True))
    assert board.take(0, Counter.TAKEN) == 0


def test_a_worker_that_raises_says_so_by_its_status() -> None:
    def work() -> None:
        raise SystemExit("no")

    assert ended(fork_worker(work), waits=True) == "ended with exit status 1"
