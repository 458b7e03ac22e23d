"""k6's REST API without sockets: which request does what to the run, and what is said."""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from runner.execution.rest_api import ControlRefused, RestApi
from runner.execution.rest_documents import RunStatus
from runner.log import Logger
from runner.metrics.groups import Group
from runner.metrics.metric import Metric, MetricType, ValueType
from runner.metrics.tags import TagSet
from runner.protocol.http_server import Request, Response

STATUS = RunStatus(phase=7, paused=False, vus=1, vus_max=2, stopped=False, running=True, tainted=False)
SHOWN = (
    '{"data":{"type":"status","id":"default","attributes":{"status":7,"paused":false,"vus":1,"vus-max":2,'
    '"stopped":false,"running":true,"tainted":false}}}'
)
NO_SETUP_DATA = '{"data":{"type":"setupData","id":"default","attributes":{}}}'


@dataclass
class FakeRun:
    """A run that writes down what is done to it.

    Args:
        refusal: why it does nothing of it.
    """

    status: RunStatus = STATUS
    elapsed_s: float = 2.0
    setup_data: str | None = None
    refusal: str = ""
    done: list[Any] = field(default_factory=list)
    all_metrics: list[Metric] = field(default_factory=list)
    root: Group = field(default_factory=Group.root)

    def metrics(self) -> list[Metric]:
        return self.all_metrics

    def groups(self) -> Group:
        return self.root

    def set_paused(self, paused: bool) -> None:
        self._do("pause" if paused else "resume")
        self.status = replace(self.status, paused=paused)

    def stop(self) -> None:
        self._do("stop")

    def put_setup_data(self, data: str | None) -> None:
        self._do("put")
        self.setup_data = data

    def call(self, function: str) -> None:
        self._do(function)
        if function == "setup":
            self.setup_data = '{"x":1}'

    def _do(self, what: str) -> None:
        if self.refusal:
            raise ControlRefused(self.refusal)
        self.done.append(what)


def ask(
    run: FakeRun, method: str, target: str, body: str | bytes = b"", log: io.StringIO | None = None
) -> Response:
    data = body.encode() if isinstance(body, str) else body
    return RestApi(run, Logger(log, "json")).answer(Request(method, target, data))


def patch(run: FakeRun, **attributes: object) -> Response:
    document = {"data": {"type": "status", "id": "default", "attributes": attributes}}
    return ask(run, "PATCH", "/v1/status", json.dumps(document))


def refused(status: int, title: str, detail: str) -> tuple[int, str]:
    return status, f'{{"errors":[{{"status":"{status}","title":"{title}","detail":"{detail}"}}]}}'


def said(response: Response) -> tuple[int, str]:
    return response.status, response.body.decode()


# Routes


@pytest.mark.parametrize(
    ("method", "target", "status", "body"),
    [
        ("GET", "/", 200, "ok"),
        ("POST", "/anything?x", 200, "ok"),
        ("OPTIONS", "*", 200, "ok"),
        ("GET", "/v1", 200, "ok"),
        ("GET", "/v1/", 404, "404 page not found\n"),
        ("GET", "/v1/nope", 404, "404 page not found\n"),
        ("GET", "/v1/status/", 404, "404 page not found\n"),
        ("GET", "/v1/status?x=1", 200, SHOWN),
        ("GET", "http://h:1/v1/status", 200, SHOWN),
        ("GET", "/%76%31/status", 200, SHOWN),
        ("GET", "http://[/v1/status", 400, "400 Bad Request\n"),
        ("GET", "/debug/pprof/heap", 404, "k6py serves no profiles\n"),
        ("POST", "/v1/status", 405, ""),
        ("HEAD", "/v1/metrics", 405, ""),
        ("PUT", "/v1/metrics/iterations", 405, ""),
        ("DELETE", "/v1/groups", 405, ""),
        ("PATCH", "/v1/setup", 405, ""),
        ("GET", "/v1/teardown", 405, ""),
    ],
)
def test_each_address_has_its_answer(method: str, target: str, status: int, body: str) -> None:
    assert said(ask(FakeRun(), method, target)) == (status, body)


def test_refusal_of_a_method_names_the_others() -> None:
    assert ask(FakeRun(), "DELETE", "/v1/setup").headers == [("Allow", "GET, PUT, POST")]


def test_bug_is_answered_and_logged_and_ends_nothing() -> None:
    run, log = FakeRun(), io.StringIO()
    run.groups = None  # type: ignore[assignment,method-assign]
    response = ask(run, "GET", "/v1/groups", log=log)
    assert response.status == 500
    assert "a bug in k6py's REST API, please report it" in log.getvalue()


# Status


@pytest.mark.parametrize(
    ("attributes", "done"),
    [
        ({}, []),
        ({"paused": None, "stopped": None, "vus": None, "vus-max": None}, []),
        ({"paused": False}, ["resume"]),
        ({"paused": True}, ["pause"]),
        ({"stopped": True}, ["stop"]),
        ({"stopped": False}, []),
        ({"stopped": True, "paused": True, "vus": 3}, ["stop"]),
        ({"status": 9, "running": False, "tainted": True, "other": []}, []),
    ],
)
def test_status_is_changed_by_its_attributes(attributes: dict[str, object], done: list[str]) -> None:
    run = FakeRun()
    response = patch(run, **attributes)
    assert (response.status, run.done) == (200, done)
    shown = json.loads(response.body)["data"]["attributes"]
    assert shown["paused"] is (done == ["pause"])


def test_number_of_vus_cannot_be_changed() -> None:
    run = FakeRun()
    answer = refused(500, "Execution config error", "live VU configuration updates are not supported")
    assert said(patch(run, vus=3)) == answer
    assert said(patch(run, **{"vus-max": 3, "paused": False})) == answer
    assert run.done == ["resume"]


def test_run_says_why_it_cannot_be_paused() -> None:
    run = FakeRun(refusal="execution is already paused")
    assert said(patch(run, paused=True, vus=1)) == refused(500, "Pause error", "execution is already paused")


@pytest.mark.parametrize("body", ["{}", "null", '{"data":null}', '{"data":{"attributes":null}}'])
def test_change_of_nothing_is_fine(body: str) -> None:
    assert said(ask(FakeRun(), "PATCH", "/v1/status", body)) == (200, SHOWN)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("", "unexpected end of JSON input"),
        ('{"data": ', "unexpected end of JSON input"),
        ("[]", "the body should be an object"),
        ('{"data":"x"}', "data should be an object"),
        ('{"data":{"attributes":[]}}', "attributes should be an object"),
        ('{"data":{"attributes":{"paused":"no"}}}', "paused should be true or false"),
        ('{"data":{"attributes":{"stopped":1}}}', "stopped should be true or false"),
        ('{"data":{"attributes":{"vus":1.5}}}', "vus should be a whole number"),
        ('{"data":{"attributes":{"vus-max":true}}}', "vus-max should be a whole number"),
    ],
)
def test_what_is_no_status_is_refused_with_the_reason(body: str, detail: str) -> None:
    run = FakeRun()
    assert said(ask(run, "PATCH", "/v1/status", body)) == refused(400, "Invalid data", detail)
    assert run.done == []


@pytest.mark.parametrize("body", [b"{,}", b"{} x", b"\xff", b"NaN", b"[" * 100_000, "{}".encode("utf-16")])
@pytest.mark.parametrize(
    ("method", "target", "title"),
    [("PATCH", "/v1/status", "Invalid data"), ("PUT", "/v1/setup", "Error parsing request body")],
)
def test_what_is_no_json_is_refused(method: str, target: str, title: str, body: bytes) -> None:
    run = FakeRun()
    status, text = said(ask(run, method, target, body))
    (error,) = json.loads(text)["errors"]
    assert (status, error["status"], error["title"]) == (400, "400", title)
    assert error["detail"].startswith(("invalid JSON: ", "unexpected end"))
    assert run.done == []


# Metrics


def metric(
    kind: MetricType, *values: float, name: str = "m", contains: ValueType = ValueType.DEFAULT
) -> Metric:
    made = Metric(name, kind, contains)
    for value in values:
        made.add(value, TagSet.of({}), 0.0)
    return made


@pytest.mark.parametrize(
    ("kind", "values", "sample"),
    [
        (MetricType.COUNTER, [3, 1], '{"count":4,"rate":2}'),
        (MetricType.GAUGE, [3, 1], '{"value":1}'),
        (MetricType.RATE, [1, 0, 0, 1], '{"rate":0.5}'),
        (MetricType.TREND, [1, 3], '{"avg":2,"max":3,"med":2,"min":1,"p(90)":2.8,"p(95)":2.9}'),
        (MetricType.TREND, [], '{"avg":0,"max":0,"med":0,"min":0,"p(90)":0,"p(95)":0}'),
    ],
)
def test_metric_shows_what_its_type_has(kind: MetricType, values: list[float], sample: str) -> None:
    run = FakeRun(all_metrics=[metric(kind, *values)])
    shown = (
        f'{{"type":"metrics","id":"m","attributes":{{"type":"{kind}","contains":"default",'
        f'"tainted":null,"sample":{sample}}}}}'
    )
    assert said(ask(run, "GET", "/v1/metrics/m")) == (200, f'{{"data":{shown}}}')
    assert said(ask(run, "GET", "/v1/metrics")) == (200, f'{{"data":[{shown}]}}')


@pytest.mark.parametrize("target", ["/v1/metrics/m{a:b/c}", "/v1/metrics/m%7Ba:b%2Fc%7D"])
def test_submetric_is_found_by_its_whole_name(target: str) -> None:
    run = FakeRun(all_metrics=[metric(MetricType.GAUGE), metric(MetricType.GAUGE, name="m{a:b/c}")])
    assert json.loads(ask(run, "GET", target).body)["data"]["id"] == "m{a:b/c}"


def test_metric_says_whether_its_thresholds_are_crossed() -> None:
    tainted = metric(MetricType.COUNTER, contains=ValueType.DATA)
    tainted.tainted = True
    attributes = json.loads(ask(FakeRun(all_metrics=[tainted]), "GET", "/v1/metrics/m").body)["data"][
        "attributes"
    ]
    assert (attributes["tainted"], attributes["contains"]) == (True, "data")


@pytest.mark.parametrize("name", ["", "nope"])
def test_metric_that_is_not_there_is_not_found(name: str) -> None:
    assert said(ask(FakeRun(), "GET", f"/v1/metrics/{name}")) == refused(
        404, "Not Found", "No metric with that ID was found"
    )


def test_infinite_value_has_no_json() -> None:
    run = FakeRun(all_metrics=[metric(MetricType.COUNTER, math.inf)])
    status, text = said(ask(run, "GET", "/v1/metrics"))
    assert (status, json.loads(text)["errors"][0]["title"]) == (500, "Encoding error")


# Groups


def test_groups_are_listed_with_their_checks_and_relations() -> None:
    root = Group.root()
    outer = root.child("outer")
    inner = outer.child("<in>")
    inner.check("c").add(True)
    documents = json.loads(ask(FakeRun(root=root), "GET", "/v1/groups").body)["data"]
    assert documents == [
        {
            "type": "groups",
            "id": "d41d8cd98f00b204e9800998ecf8427e",
            "attributes": {"path": "", "name": "", "checks": None},
            "relationships": {
                "groups": {"data": [{"type": "groups", "id": outer.id}]},
                "parent": {"data": None},
            },
        },
        {
            "type": "groups",
            "id": outer.id,
            "attributes": {"path": "::outer", "name": "outer", "checks": None},
            "relationships": {
                "groups": {"data": [{"type": "groups", "id": inner.id}]},
                "parent": {"data": {"type": "groups", "id": root.id}},
            },
        },
        {
            "type": "groups",
            "id": inner.id,
            "attributes": {
                "path": "::outer::<in>",
                "name": "<in>",
                "checks": [
                    {
                        "id": inner.checks["c"].id,
                        "path": "::outer::<in>::c",
                        "name": "c",
                        "passes": 1,
                        "fails": 0,
                    }
                ],
            },
            "relationships": {
                "groups": {"data": []},
                "parent": {"data": {"type": "groups", "id": outer.id}},
            },
        },
    ]
    (found,) = [document for document in documents if document["id"] == inner.id]
    assert json.loads(ask(FakeRun(root=root), "GET", f"/v1/groups/{inner.id}").body) == {"data": found}


def test_group_that_is_not_there_is_not_found() -> None:
    assert said(ask(FakeRun(), "GET", "/v1/groups/nope")) == refused(
        404, "Not Found", "No group with that ID was found"
    )


# Setup and teardown


def test_setup_data_are_nothing_at_first() -> None:
    assert said(ask(FakeRun(), "GET", "/v1/setup")) == (200, NO_SETUP_DATA)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("null", "null"),
        (' {"b": 1.50, "a": "<ü>"} ', '{"b": 1.50, "a": "\\u003cü\\u003e"}'),
        ("12345678901234567890", "12345678901234567890"),
    ],
)
def test_setup_data_are_kept_as_they_were_put(body: str, shown: str) -> None:
    run = FakeRun()
    answer = f'{{"data":{{"type":"setupData","id":"default","attributes":{{"data":{shown}}}}}}}'
    assert said(ask(run, "PUT", "/v1/setup", body)) == (200, answer)
    assert said(ask(run, "GET", "/v1/setup")) == (200, answer)
    assert run.setup_data == body


def test_setup_data_can_be_taken_away() -> None:
    run = FakeRun(setup_data="1")
    assert said(ask(run, "PUT", "/v1/setup")) == (200, NO_SETUP_DATA)
    assert (run.setup_data, run.done) == (None, ["put"])


def test_setup_can_be_called() -> None:
    run = FakeRun()
    assert said(ask(run, "POST", "/v1/setup")) == (200, NO_SETUP_DATA.replace("{}", '{"data":{"x":1}}'))
    assert run.done == ["setup"]


def test_teardown_can_be_called() -> None:
    run = FakeRun()
    assert said(ask(run, "POST", "/v1/teardown")) == (200, "")
    assert run.done == ["teardown"]


@pytest.mark.parametrize("function", ["setup", "teardown"])
def test_exception_in_a_called_function_is_told_and_logged(function: str) -> None:
    log = io.StringIO()
    response = ask(FakeRun(refusal="Error: boom"), "POST", f"/v1/{function}", log=log)
    assert said(response) == refused(500, f"Error executing {function}", "Error: boom")
    line = json.loads(log.getvalue())
    assert (line["level"], line["msg"], line["error"]) == (
        "error",
        f"Error executing {function}",
        "Error: boom",
    )
