"""Who runs which virtual users."""

from __future__ import annotations

import os

import pytest

from runner.errors import UsageError
from runner.execution.workers.plan import VUS_PER_WORKER_MIN, Share, shares, worker_count
from runner.options.scenario_plan import in_start_order, scenarios_from_json
from runner.options.scenarios import ScenarioConfig


def read(**scenarios: dict[str, object]) -> list[ScenarioConfig]:
    return in_start_order(scenarios_from_json(scenarios))


def vus(count: int, **more: object) -> dict[str, object]:
    return {"executor": "constant-vus", "vus": count, "duration": "10s", "gracefulStop": "0s", **more}


def rate(planned: int, most: int) -> dict[str, object]:
    return {
        "executor": "constant-arrival-rate", "rate": 1, "duration": "1s",
        "preAllocatedVUs": planned, "maxVUs": most,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "count", "expected"),
    [
        (None, VUS_PER_WORKER_MIN - 1, 1),
        (None, 2 * VUS_PER_WORKER_MIN - 1, 1),
        (None, 2 * VUS_PER_WORKER_MIN, 2),
        (None, 100 * VUS_PER_WORKER_MIN, 4),
        (1, 100 * VUS_PER_WORKER_MIN, 1),
        (7, 100, 7),
        (7, 3, 3),
    ],
)
def test_number_of_workers(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, count: int, expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3}, raising=False)
    assert worker_count(asked, read(a=vus(count))) == expected


def test_where_cores_cannot_be_counted_only_a_number_makes_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert worker_count(None, read(a=vus(10_000))) == 1
    assert worker_count(3, read(a=vus(10_000))) == 3


def test_without_fork_workers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork", raising=False)
    assert worker_count(1, read(a=vus(9))) == 1
    with pytest.raises(UsageError, match="--workers needs a system with fork"):
        worker_count(2, read(a=vus(9)))


def test_vus_are_dealt_out_in_turn() -> None:
    assert shares(read(a=vus(5)), 2) == [
        {"a": Share(slots=(0, 2, 4), vu_ids=(1, 3, 5), worker=0, workers=2)},
        {"a": Share(slots=(1, 3), vu_ids=(2, 4), worker=1, workers=2)},
    ]


def test_scenarios_side_by_side_have_different_vus() -> None:
    first, second = shares(read(a=vus(3), b=vus(2)), 2)
    assert [first["a"].vu_ids, second["a"].vu_ids] == [(1, 3), (2,)]
    assert [first["b"].vu_ids, second["b"].vu_ids] == [(5,), (4,)]


def test_a_scenario_after_another_has_its_vus() -> None:
    first, second = shares(read(a=vus(3), b=vus(2, startTime="10s")), 2)
    assert [first["b"].vu_ids, second["b"].vu_ids] == [(1,), (2,)]


def test_a_graceful_stop_keeps_the_vus() -> None:
    (only,) = shares(read(a=vus(3, gracefulStop="1s"), b=vus(2, startTime="10s")), 1)
    assert only["b"].vu_ids == (4, 5)


def test_a_worker_without_vus_has_no_part() -> None:
    plan = shares(read(a=vus(2), b=rate(1, 1)), 3)
    assert [sorted(part) for part in plan] == [["a"], ["a"], ["b"]]
    assert plan[2]["b"] == Share(slots=(0,), vu_ids=(3,), worker=0, workers=1)


def test_every_worker_may_make_vus_of_an_arrival_rate() -> None:
    plan = shares(read(a=rate(1, 9)), 3)
    assert [part["a"].vu_ids for part in plan] == [(1,), (), ()]
    assert [(part["a"].worker, part["a"].workers) for part in plan] == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_each_slot_has_one_worker_and_each_vu_one_scenario_at_a_time(workers: int) -> None:
    scenarios = read(
        a=vus(7),
        b=vus(4, startTime="2s"),
        c=vus(5, startTime="10s"),
        d=vus(9, startTime="30s"),
        e=rate(6, 60),
    )
    plan = shares(scenarios, workers)
    for scenario in scenarios:
        parts = [part[scenario.name] for part in plan if scenario.name in part]
        assert sorted(slot for part in parts for slot in part.slots) == list(range(scenario.planned_vus()))
        assert [part.worker for part in parts] == list(range(len(parts)))
        assert {part.workers for part in parts} == {len(parts)}
    for number, part in enumerate(plan):
        assert all((vu_id - 1) % workers == number for share in part.values() for vu_id in share.vu_ids)
        assert not {*part["a"].vu_ids} & {*part["b"].vu_ids} if {"a", "b"} <= set(part) else True
