"""Who runs what: how many workers a test gets, and which of its virtual users belong to which of them.

Pure functions of the scenarios.  Virtual user `id` lives in worker ``(id - 1) % workers``.  Which scenario uses which
ids is planned from the scenarios' times, because no worker knows when another one's scenario really ended: each takes
the lowest ids that are free then, and has them until its last possible moment.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from runner.errors import UsageError
from runner.options.arrival_rates import ConstantArrivalRate, RampingArrivalRate
from runner.options.scenario_plan import max_vus, planned_vus
from runner.options.scenarios import ScenarioConfig

# A worker costs a process start and its share of relayed log lines and samples, and in exchange lines of different
# virtual users lose their order.  One process drives a hundred virtual users with ease, so that small tests stay
# as they are, and nobody has 64 processes for 70 virtual users.
VUS_PER_WORKER_MIN = 100


class Share(NamedTuple):
    """A worker's part of one scenario.

    Args:
        slots: the positions, from 0, that its virtual users have among all of the scenario's, in order.
        vu_ids: their ids.
        worker: which of the scenario's workers this is, from 0.
        workers: how many workers the scenario has.
    """

    slots: tuple[int, ...]
    vu_ids: tuple[int, ...]
    worker: int
    workers: int


def worker_count(asked: int | None, scenarios: Sequence[ScenarioConfig]) -> int:
    """How many workers a test gets; 1 means that it runs in the process that was started.

    Args:
        asked: what the user wants, None to look at the test and the machine.

    Raises:
        UsageError: the system cannot have more than one.
    """
    if asked is not None and asked > 1 and not hasattr(os, "fork"):
        raise UsageError("--workers needs a system with fork(), which this one is not; leave it out")
    if asked is None:
        asked = min(_usable_cores(), planned_vus(scenarios) // VUS_PER_WORKER_MIN)
    return max(1, min(asked, max_vus(scenarios)))


def _usable_cores() -> int:
    # Where the call is missing (macOS), forking a process that has used system libraries is not safe either: there
    # it takes an explicit --workers.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def shares(scenarios: Sequence[ScenarioConfig], workers: int) -> list[dict[str, Share]]:
    """What each worker does, by scenario name; scenarios in which it has no part are left out."""
    plan: list[dict[str, Share]] = [{} for _ in range(workers)]
    for scenario, ids in zip(scenarios, _planned_ids(scenarios), strict=True):
        slots_of: dict[int, list[int]] = (
            {worker: [] for worker in range(workers)} if _makes_vus(scenario) else {}
        )
        for slot, vu_id in enumerate(ids):
            slots_of.setdefault((vu_id - 1) % workers, []).append(slot)
        for index, worker in enumerate(sorted(slots_of)):
            slots = slots_of[worker]
            vu_ids = tuple(ids[slot] for slot in slots)
            plan[worker][scenario.name] = Share(tuple(slots), vu_ids, index, len(slots_of))
    return plan


def _makes_vus(scenario: ScenarioConfig) -> bool:
    """Whether it may make virtual users while it runs, which any worker can do."""
    is_arrival_rate = isinstance(scenario, ConstantArrivalRate | RampingArrivalRate)
    return is_arrival_rate and scenario.max_vus() > scenario.planned_vus()


def _planned_ids(scenarios: Sequence[ScenarioConfig]) -> list[list[int]]:
    """For each scenario the ids of its planned virtual users, in order."""
    free = set(range(1, planned_vus(scenarios) + 1))
    used: list[list[int]] = [[] for _ in scenarios]
    running: list[int] = []
    for number in sorted(range(len(scenarios)), key=lambda number: scenarios[number].start_time_s):
        scenario = scenarios[number]
        for other in [other for other in running if scenarios[other].end_s() <= scenario.start_time_s]:
            running.remove(other)
            free.update(used[other])
        used[number] = sorted(free)[: scenario.planned_vus()]
        free.difference_update(used[number])
        running.append(number)
    return used
