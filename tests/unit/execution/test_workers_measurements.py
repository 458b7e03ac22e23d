"""Metrics, samples, log lines and errors on their way from a worker to the parent."""

from __future__ import annotations

import random

import pytest

from runner.errors import InternalError, K6pyError, OptionsError, ScriptAborted, ScriptError
from runner.execution.lifecycle_call import LifecycleTimeout
from runner.execution.workers import measurements
from runner.execution.workers.messages import (
    LOG_CHARACTERS_MAX,
    SAMPLES_MAX,
    decode,
    encode,
    log_line,
    portable,
    sample_messages,
)
from runner.log import Level
from runner.metrics.builtin import CHECKS, HTTP_REQ_DURATION
from runner.metrics.collector import Collector, Sample
from runner.metrics.groups import Group
from runner.metrics.metric import MetricType, ValueType
from runner.metrics.registry import Registry
from runner.metrics.sections import Sections
from runner.metrics.tags import TagSet


class Context:
    """As much of a TestContext as measurements need."""

    def __init__(self) -> None:
        self.collector = Collector(Registry())
        self.root_group = Group.root()

    def add(self, name: str, value: float, **tags: str) -> None:
        registry = self.collector.registry
        kind = {"c": MetricType.COUNTER, "g": MetricType.GAUGE, "r": MetricType.RATE}.get(
            name[0], MetricType.TREND
        )
        metric = registry.get(name) or registry.declare(name, kind)
        self.collector.add(metric, value, TagSet.of(tags), value)

    def check(self, name: str, group: str, passed: bool) -> None:
        tags = TagSet.of({"check": name, "group": group})
        self.collector.add(self.collector.registry.builtin(CHECKS), passed, tags, 0.0)
        self.root_group.record_check(tags, passed)

    def values(self) -> dict[str, dict[str, float]]:
        stats = ("avg", "min", "med", "max", "p(90)", "p(99.99)", "count")
        return {m.name: m.sink.values(1.0, stats) for m in self.collector.registry.observed()}


def send(worker: Context, parent: Context) -> None:
    measured = decode(encode(measurements.take(worker)))  # type: ignore[arg-type]
    measurements.merge(parent, measured)  # type: ignore[arg-type]


def test_what_several_workers_measured_is_what_one_process_would_have() -> None:
    alone, parent, workers = Context(), Context(), [Context(), Context(), Context()]
    for context in (alone, parent, *workers):
        context.collector.registry.declare("trend", MetricType.TREND)
        context.collector.registry.submetric("trend{kind:a}")
    draw = random.Random(7)
    for number in range(3000):
        worker = draw.choice(workers)
        value, kind = float(draw.randrange(10**6)), draw.choice("ab")
        for context in (alone, worker):
            context.add("trend", value, kind=kind)
            context.add("counter", number)
            context.add("rate", number % 3)
            context.check(f"check {kind}", f"::{kind}", number % 7 > 0)
        if number % 100 == 0:
            send(worker, parent)
    for worker in workers:
        send(worker, parent)
    assert parent.values() == alone.values()
    assert parent.collector.registry.get("trend{kind:a}") is not None
    for group in alone.root_group.walk():
        for check in group.checks.values():
            found = parent.root_group.at_path(group.path).check(check.name)
            assert (found.passes, found.fails) == (check.passes, check.fails)
    assert parent.root_group.totals.counts() == alone.root_group.totals.counts()


def test_a_gauge_has_the_value_that_came_last_anywhere() -> None:
    parent, early, late = Context(), Context(), Context()
    late.add("gauge", 9)
    early.add("gauge", 2)
    send(late, parent)
    send(early, parent)
    assert parent.values() == {"gauge": {"value": 9, "min": 2, "max": 9}}


def test_nothing_is_taken_twice() -> None:
    worker, parent = Context(), Context()
    worker.add("counter", 5)
    worker.check("c", "", True)
    for _ in range(3):
        send(worker, parent)
    assert parent.values()["counter"]["count"] == 5
    assert parent.root_group.check("c").passes == 1
    assert parent.root_group.totals.counts() == {"c": (1, 0)}


def test_submetrics_that_every_process_makes_are_found() -> None:
    worker, parent = Context(), Context()
    metric = worker.collector.registry.builtin(HTTP_REQ_DURATION)
    worker.collector.add(metric, 3.0, TagSet.of({"expected_response": "true"}), 0.0)
    send(worker, parent)
    assert set(parent.values()) == {"http_req_duration", "http_req_duration{expected_response:true}"}


def test_sections_are_merged() -> None:
    worker, parent = Context(), Context()
    worker.collector.sections, parent.collector.sections = Sections(), Sections()
    for value in (1.0, 2.0):
        worker.add("trend", value, scenario="one", group="::g")
        send(worker, parent)
    metric = parent.collector.sections.scenarios["one"].groups["g"].metrics["trend"]
    assert metric.sink.values(1.0, ("count", "max")) == {"count": 2, "max": 2}


def test_samples_keep_everything_and_come_in_parts() -> None:
    worker, parent = Context(), Context()
    registry = worker.collector.registry
    mine = registry.declare("mine", MetricType.TREND, ValueType.TIME)
    tags = TagSet.of({"a": "b"})
    samples = [Sample(mine, float(n), n / 2, tags, {"vu": "1"}) for n in range(SAMPLES_MAX + 1)]
    messages = list(sample_messages(samples))
    assert [len(message.rows) for message in messages] == [SAMPLES_MAX, 1]
    for message in messages:
        measurements.keep_samples(parent.collector, decode(encode(message)))  # type: ignore[arg-type]
    kept = parent.collector.drain()
    assert [sample[1:] for sample in kept] == [sample[1:] for sample in samples]
    assert kept[0].metric is parent.collector.registry.get("mine")
    assert kept[0].metric.contains is ValueType.TIME
    assert kept[0].tags is tags
    assert not kept[0].metric.observed


def test_log_lines_have_a_bound_and_plain_fields() -> None:
    line = log_line(
        Level.INFO, "x" * (LOG_CHARACTERS_MAX + 1), {"a": 1, "b": ValueError("no")}, is_console=True
    )
    assert len(line.message) < LOG_CHARACTERS_MAX + 100
    assert line.message.endswith(f"({LOG_CHARACTERS_MAX + 1} characters, cut)")
    assert line.fields == {"a": 1, "b": "no"}
    assert decode(encode(log_line(Level.INFO, "\ud800", {}, is_console=False))).message == "\ud800"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "error",
    [
        ScriptError("Error: no", "\tat x\n"),
        ScriptAborted("stop"),
        OptionsError("bad"),
        LifecycleTimeout("setup", 1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_keep_text_and_exit_code(error: K6pyError) -> None:
    arrived = decode(encode(portable(error)))
    assert isinstance(arrived, K6pyError)
    assert (arrived.message, arrived.exit_code) == (error.message, error.exit_code)
    if isinstance(error, ScriptError):
        assert isinstance(arrived, ScriptError) and arrived.stack == error.stack
    else:
        assert isinstance(arrived, OptionsError | InternalError)
