"""k6's REST API: which request means what, and its answer.

Asks the run through the small protocol ControlledRun.  Refuses HTTP (net/http_server.py), the form of documents
(rest_documents.py) and doing anything by itself (run_control.py).
Source: https://grafana.com/docs/k6/latest/reference/k6-rest-api/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn, Protocol
from urllib.parse import unquote, urlsplit

from runner.errors import K6pyError
from runner.execution.rest_documents import (
    Document,
    RunStatus,
    error_text,
    group_documents,
    metric_document,
    setup_text,
    status_document,
)
from runner.log import Logger
from runner.metrics.groups import Group
from runner.metrics.json_text import json_text
from runner.metrics.metric import Metric
from runner.protocol.http_server import Request, Response

JSON = ("Content-Type", "application/json; charset=utf-8")
TEXT = ("Content-Type", "text/plain; charset=utf-8")

OK, BAD_REQUEST, NOT_FOUND, NOT_ALLOWED, FAILED = 200, 400, 404, 405, 500


class ControlRefused(K6pyError):
    """The run cannot do what it was asked for."""


class ControlledRun(Protocol):
    """The run, as far as the API may look at it or change it."""

    @property
    def status(self) -> RunStatus:
        """How it is."""

    @property
    def elapsed_s(self) -> float:
        """How long it has lasted."""

    def metrics(self) -> list[Metric]:
        """Those that have samples or thresholds."""

    def groups(self) -> Group:
        """The root of all groups."""

    def set_paused(self, paused: bool) -> None:
        """Pause or resume it.  ControlRefused when it is too late for that."""

    def stop(self) -> None:
        """End it early."""

    @property
    def setup_data(self) -> str | None:
        """What setup() returned, as JSON; None for nothing."""

    def put_setup_data(self, data: str | None) -> None:
        """Take this for what setup() returned."""

    def call(self, function: Literal["setup", "teardown"]) -> None:
        """Call the script's setup() or teardown(); waits.  ControlRefused with its error."""


class _Refusal(Exception):
    """Raised anywhere in a handler: the answer is this error."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.response = Response(status, [JSON], error_text(status, title, detail).encode())


Handler = Callable[[Request, str], Response]


class RestApi:
    """Answers requests.

    Args:
        run: what they are about.
        logger: told what went wrong.
    """

    def __init__(self, run: ControlledRun, logger: Logger) -> None:
        self._run = run
        self._logger = logger
        self._routes: dict[str, dict[str, Handler]] = {
            "/v1/status": {"GET": self._show_status, "PATCH": self._change_status},
            "/v1/metrics": {"GET": self._list_metrics},
            "/v1/metrics/": {"GET": self._show_metric},
            "/v1/groups": {"GET": self._list_groups},
            "/v1/groups/": {"GET": self._show_group},
            "/v1/setup": {"GET": self._show_setup, "PUT": self._put_setup, "POST": self._call_setup},
            "/v1/teardown": {"POST": self._call_teardown},
        }

    def answer(self, request: Request) -> Response:
        """What to say to a request; parks the calling task while a function of the script runs."""
        try:
            return self._answer(request)
        except _Refusal as refusal:
            return refusal.response
        except Exception as error:
            # The test is worth more than an answer about it.
            self._logger.error(f"a bug in k6py's REST API, please report it: {error!r}")
            return Response(FAILED, [TEXT], b"a bug in k6py, which its log tells of\n")

    def _answer(self, request: Request) -> Response:
        try:
            path = unquote(urlsplit(request.target).path)
        except ValueError:
            return Response(BAD_REQUEST, [TEXT], b"400 Bad Request\n")
        if path.startswith("/debug/pprof/"):
            return Response(NOT_FOUND, [TEXT], b"k6py serves no profiles\n")
        if not path.startswith("/v1/"):
            # k6 tells whoever asks that it is there.
            return Response(OK, [TEXT], b"ok")
        route, name = path, ""
        for prefix in ("/v1/metrics/", "/v1/groups/"):
            if path.startswith(prefix):
                route, name = prefix, path.removeprefix(prefix)
        methods = self._routes.get(route)
        if methods is None:
            return Response(NOT_FOUND, [TEXT], b"404 page not found\n")
        if request.method not in methods:
            return Response(NOT_ALLOWED, [("Allow", ", ".join(methods))])
        return methods[request.method](request, name)

    # ---- status

    def _show_status(self, request: Request, name: str) -> Response:
        return _data(status_document(self._run.status))

    def _change_status(self, request: Request, name: str) -> Response:
        changes = _status_changes(request.body)
        if changes.get("stopped"):
            self._run.stop()
        else:
            self._pause_or_resume(changes.get("paused"))
            if changes.get("vus") is not None or changes.get("vus-max") is not None:
                raise _Refusal(
                    FAILED, "Execution config error", "live VU configuration updates are not supported"
                )
        return _data(status_document(self._run.status))

    def _pause_or_resume(self, paused: bool | None) -> None:
        if paused is None:
            return
        try:
            self._run.set_paused(paused)
        except ControlRefused as error:
            raise _Refusal(FAILED, "Pause error", error.message) from None

    # ---- metrics and groups

    def _list_metrics(self, request: Request, name: str) -> Response:
        return _data([metric_document(metric, self._run.elapsed_s) for metric in self._run.metrics()])

    def _show_metric(self, request: Request, name: str) -> Response:
        for metric in self._run.metrics():
            if metric.name == name:
                return _data(metric_document(metric, self._run.elapsed_s))
        raise _Refusal(NOT_FOUND, "Not Found", "No metric with that ID was found")

    def _list_groups(self, request: Request, name: str) -> Response:
        return _data([*group_documents(self._run.groups())])

    def _show_group(self, request: Request, name: str) -> Response:
        for group in group_documents(self._run.groups()):
            if group["id"] == name:
                return _data(group)
        raise _Refusal(NOT_FOUND, "Not Found", "No group with that ID was found")

    # ---- setup() and teardown()

    def _show_setup(self, request: Request, name: str) -> Response:
        return Response(OK, [JSON], setup_text(self._run.setup_data).encode())

    def _put_setup(self, request: Request, name: str) -> Response:
        # Undefined is written as nothing at all.
        if request.body:
            _parse(request.body, "Error parsing request body")
        self._run.put_setup_data(request.body.decode() or None)
        return self._show_setup(request, name)

    def _call_setup(self, request: Request, name: str) -> Response:
        self._call("setup")
        return self._show_setup(request, name)

    def _call_teardown(self, request: Request, name: str) -> Response:
        self._call("teardown")
        return Response(OK)

    def _call(self, function: Literal["setup", "teardown"]) -> None:
        try:
            self._run.call(function)
        except ControlRefused as error:
            title = f"Error executing {function}"
            self._logger.error(title, error=error.message)
            raise _Refusal(FAILED, title, error.message) from None


def _data(document: Document | list[Document]) -> Response:
    try:
        return Response(OK, [JSON], json_text({"data": document}).encode())
    except ValueError as error:
        # A metric that was fed Infinity: JSON has no such number.
        raise _Refusal(FAILED, "Encoding error", str(error)) from None


# The types of what may be changed.
_STATUS_TYPES: dict[str, tuple[type, str]] = {
    "paused": (bool, "true or false"),
    "stopped": (bool, "true or false"),
    "vus": (int, "a whole number"),
    "vus-max": (int, "a whole number"),
}


def _status_changes(body: bytes) -> Mapping[str, Any]:
    """What a PATCH of the status asks for; null and what is missing ask for nothing."""
    title = "Invalid data"
    document = _parse(body, title)
    attributes = _member(_member({"": document}, "", title), "data", title)
    attributes = _member(attributes, "attributes", title)
    for name, (kind, what) in _STATUS_TYPES.items():
        value = attributes.get(name)
        if value is not None and type(value) is not kind:
            raise _Refusal(BAD_REQUEST, title, f"{name} should be {what}")
    return attributes


def _member(document: Mapping[str, Any], name: str, title: str) -> Mapping[str, Any]:
    """The object that is a member of another one, empty when it is missing."""
    member = document.get(name)
    if member is not None and not isinstance(member, dict):
        raise _Refusal(BAD_REQUEST, title, f"{name or 'the body'} should be an object")
    return member or {}


def _parse(body: bytes, title: str) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        is_cut_off = error.pos >= len(error.doc.rstrip())
        detail = "unexpected end of JSON input" if is_cut_off else f"invalid JSON: {error}"
        raise _Refusal(BAD_REQUEST, title, detail) from None
    except (ValueError, RecursionError) as error:
        raise _Refusal(BAD_REQUEST, title, f"invalid JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
