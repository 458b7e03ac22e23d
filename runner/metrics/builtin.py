"""The metrics that k6 itself feeds: names, types and kinds of value.

Source: https://grafana.com/docs/k6/latest/using-k6/metrics/reference/.  Refuses: making Metric objects.
"""

from typing import NamedTuple

from runner.metrics.metric import MetricType, ValueType


class BuiltinMetric(NamedTuple):
    """Declaration of a metric that exists without the script's doing."""

    name: str
    type: MetricType
    contains: ValueType = ValueType.DEFAULT


def _counter(name: str, contains: ValueType = ValueType.DEFAULT) -> BuiltinMetric:
    return BuiltinMetric(name, MetricType.COUNTER, contains)


def _time_trend(name: str) -> BuiltinMetric:
    return BuiltinMetric(name, MetricType.TREND, ValueType.TIME)


# Execution
ITERATIONS = _counter("iterations")
ITERATION_DURATION = _time_trend("iteration_duration")
DROPPED_ITERATIONS = _counter("dropped_iterations")
VUS = BuiltinMetric("vus", MetricType.GAUGE)
VUS_MAX = BuiltinMetric("vus_max", MetricType.GAUGE)

# Checks and groups
CHECKS = BuiltinMetric("checks", MetricType.RATE)
GROUP_DURATION = _time_trend("group_duration")

# Network
DATA_SENT = _counter("data_sent", ValueType.DATA)
DATA_RECEIVED = _counter("data_received", ValueType.DATA)

# k6/http
HTTP_REQS = _counter("http_reqs")
HTTP_REQ_FAILED = BuiltinMetric("http_req_failed", MetricType.RATE)
HTTP_REQ_DURATION = _time_trend("http_req_duration")
HTTP_REQ_BLOCKED = _time_trend("http_req_blocked")
HTTP_REQ_CONNECTING = _time_trend("http_req_connecting")
HTTP_REQ_TLS_HANDSHAKING = _time_trend("http_req_tls_handshaking")
HTTP_REQ_SENDING = _time_trend("http_req_sending")
HTTP_REQ_WAITING = _time_trend("http_req_waiting")
HTTP_REQ_RECEIVING = _time_trend("http_req_receiving")

# k6/ws and k6/websockets
WS_SESSIONS = _counter("ws_sessions")
WS_MSGS_SENT = _counter("ws_msgs_sent")
WS_MSGS_RECEIVED = _counter("ws_msgs_received")
WS_PING = _time_trend("ws_ping")
WS_SESSION_DURATION = _time_trend("ws_session_duration")
WS_CONNECTING = _time_trend("ws_connecting")

# k6/net/grpc
GRPC_REQ_DURATION = _time_trend("grpc_req_duration")

EXECUTION = (VUS, VUS_MAX, ITERATIONS, ITERATION_DURATION, DROPPED_ITERATIONS)
NETWORK = (DATA_SENT, DATA_RECEIVED)
HTTP = (
    HTTP_REQS,
    HTTP_REQ_FAILED,
    HTTP_REQ_DURATION,
    HTTP_REQ_BLOCKED,
    HTTP_REQ_CONNECTING,
    HTTP_REQ_TLS_HANDSHAKING,
    HTTP_REQ_SENDING,
    HTTP_REQ_WAITING,
    HTTP_REQ_RECEIVING,
)
WEBSOCKET = (WS_SESSIONS, WS_MSGS_SENT, WS_MSGS_RECEIVED, WS_PING, WS_SESSION_DURATION, WS_CONNECTING)
GRPC = (GRPC_REQ_DURATION,)

BUILTIN_METRICS: dict[str, BuiltinMetric] = {
    metric.name: metric for metric in (*EXECUTION, CHECKS, GROUP_DURATION, *NETWORK, *HTTP, *WEBSOCKET, *GRPC)
}

# k6 has this sub-metric in every run, whatever the thresholds say.
EXPECTED_RESPONSE_SUBMETRIC = f"{HTTP_REQ_DURATION.name}{{expected_response:true}}"
