"""Tags and metrics of one HTTP request: https://grafana.com/docs/k6/latest/using-k6/metrics/reference/#http"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.errors import TransportError
from runner.metrics.builtin import (
    HTTP_REQ_BLOCKED,
    HTTP_REQ_CONNECTING,
    HTTP_REQ_DURATION,
    HTTP_REQ_FAILED,
    HTTP_REQ_RECEIVING,
    HTTP_REQ_SENDING,
    HTTP_REQ_TLS_HANDSHAKING,
    HTTP_REQ_WAITING,
    HTTP_REQS,
)
from runner.metrics.tags import TagSet
from runner.net.http import Trace
from runner.net.http_url import masked
from runner.vu.vu import VirtualUser

# A tag must not be different each time, so the texts of the commonest errors hold no port and no name.
_ERROR_TEXTS = {
    1101: "lookup: no such host",
    1110: "ip is blacklisted",
    1111: "hostname is blocked",
    1310: "x509: unknown authority",
    1311: "x509: certificate doesn't match hostname",
}
_STREAM_ERROR = re.compile(r"^(read|write|dial) tcp \S+: (?:[a-z]+: )?(.*)$", re.DOTALL)


@dataclass(frozen=True)
class Outcome:
    """How one hop ended.

    Args:
        status: 0 when there was no answer.
        proto: for example ``HTTP/1.1``, "" without an answer.
        expected: whether the response callback expects the status, None without a callback.
        error: "" for none.
        error_code: k6's, 0 for none.
    """

    method: str
    url: str
    status: int
    proto: str
    expected: bool | None
    error: str = ""
    error_code: int = 0


def error_text(error: TransportError) -> str:
    """The text of an error for ``Response.error`` and the tag."""
    text = _ERROR_TEXTS.get(error.code)
    if text is not None:
        return text
    return _STREAM_ERROR.sub(r"\1: \2", error.message)


def status_error_code(status: int) -> int:
    """k6's code for a response that says 4xx or 5xx."""
    return 1000 + status if 400 <= status < 600 else 0


def is_expected(status: int, ranges: Sequence[Sequence[int]] | None) -> bool | None:
    """Whether a status is within one of the ranges, None when nobody asks."""
    return None if ranges is None else any(low <= status <= high for low, high in ranges)


def take_samples(
    vu: VirtualUser, base: TagSet, given: Mapping[str, str], outcome: Outcome, trace: Trace
) -> None:
    """Take the samples of one hop.

    Args:
        base: the virtual user's tags when the script asked.
        given: tags of the params; ``name`` stands for the URL, which can be different each time.
    """
    tags = request_tags(base, given, outcome, trace, vu.options.system_tags)
    time_s = vu.context.wall_clock()
    vu.emit(HTTP_REQS, 1, tags, time_s)
    for metric, duration_s in (
        (HTTP_REQ_DURATION, trace.duration_s),
        (HTTP_REQ_BLOCKED, trace.blocked_s),
        (HTTP_REQ_CONNECTING, trace.connecting_s),
        (HTTP_REQ_TLS_HANDSHAKING, trace.tls_handshaking_s),
        (HTTP_REQ_SENDING, trace.sending_s),
        (HTTP_REQ_WAITING, trace.waiting_s),
        (HTTP_REQ_RECEIVING, trace.receiving_s),
    ):
        vu.emit(metric, duration_s * 1000, tags, time_s)
    if outcome.expected is not None:
        vu.emit(HTTP_REQ_FAILED, 0 if outcome.expected else 1, tags, time_s)


def request_tags(
    base: TagSet, given: Mapping[str, str], outcome: Outcome, trace: Trace, enabled: Sequence[str]
) -> TagSet:
    """The tags of one hop's samples; those of the system win over the script's."""
    url = given.get("name") or masked(outcome.url)
    values = {
        "method": outcome.method,
        "status": str(outcome.status),
        "url": url,
        "name": url,
        "proto": outcome.proto,
        "tls_version": trace.tls_version,
        "ocsp_status": "unknown" if trace.tls_version else "",
        "ip": trace.remote_ip,
        "expected_response": "" if outcome.expected is None else str(outcome.expected).lower(),
        "error": outcome.error,
        "error_code": str(outcome.error_code or ""),
    }
    system = {name: value for name, value in values.items() if value and name in enabled}
    return base.with_tags(given).with_tags(system)
