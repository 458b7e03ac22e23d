"""The final options of a test as typed values.

Owns what the rest of the runner reads; refuses to parse (``kinds``) or to merge (``layers``).
An attribute is None where nobody set the option, as in k6's ``exec.test.options``; what then holds is in
the ``effective_…`` properties.  Names and meanings: https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from runner import K6_VERSION
from runner.options.scenarios import ScenarioConfig
from runner.options.segments import ExecutionSegment, parse_segment
from runner.options.values import DnsOptions, TlsAuth, TlsVersions

DEFAULT_MAX_REDIRECTS = 10
DEFAULT_BATCH = 20
DEFAULT_BATCH_PER_HOST = 6
DEFAULT_SETUP_TIMEOUT_S = 60.0
DEFAULT_TEARDOWN_TIMEOUT_S = 60.0
DEFAULT_HANDLE_SUMMARY_TIMEOUT_S = 120.0
DEFAULT_DNS_TTL_S = 300.0
DEFAULT_DNS_SELECT = "random"
DEFAULT_DNS_POLICY = "preferIPv4"
DEFAULT_USER_AGENT = f"Grafana k6/{K6_VERSION}"
DEFAULT_TREND_STATS = ("avg", "min", "med", "max", "p(90)", "p(95)")
DEFAULT_SYSTEM_TAGS = (
    "check",
    "error",
    "error_code",
    "expected_response",
    "group",
    "method",
    "name",
    "proto",
    "scenario",
    "service",
    "status",
    "subproto",
    "tls_version",
    "url",
)
# "vu" and "iter" become sample metadata, not tags.
SYSTEM_TAGS = frozenset({*DEFAULT_SYSTEM_TAGS, "vu", "iter", "ip", "ocsp_status"})


class Options(NamedTuple):
    """All options of one test, after merging; ``scenarios`` is never empty (shortcuts are folded in)."""

    scenarios: Mapping[str, ScenarioConfig]
    paused: bool | None = None
    execution_segment: str | None = None
    execution_segment_sequence: str | None = None
    no_setup: bool | None = None
    setup_timeout_s: float | None = None
    no_teardown: bool | None = None
    teardown_timeout_s: float | None = None
    handle_summary_timeout_s: float | None = None
    rps: int | None = None
    dns: DnsOptions | None = None
    max_redirects: int | None = None
    user_agent: str | None = None
    batch: int | None = None
    batch_per_host: int | None = None
    http_debug: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_cipher_suites: tuple[str, ...] | None = None
    tls_version: TlsVersions | None = None
    tls_auth: tuple[TlsAuth, ...] | None = None
    throw: bool | None = None
    thresholds: Mapping[str, Sequence[str | Mapping[str, object]]] | None = None
    blacklist_ips: tuple[str, ...] | None = None
    block_hostnames: tuple[str, ...] | None = None
    hosts: Mapping[str, str] | None = None
    no_connection_reuse: bool | None = None
    no_vu_connection_reuse: bool | None = None
    min_iteration_duration_s: float | None = None
    ext: Mapping[str, object] | None = None
    cloud: Mapping[str, object] | None = None
    summary_trend_stats: tuple[str, ...] = DEFAULT_TREND_STATS
    summary_time_unit: str | None = None
    system_tags: tuple[str, ...] = DEFAULT_SYSTEM_TAGS
    tags: Mapping[str, str] | None = None
    metric_samples_buffer_size: int | None = None
    no_cookies_reset: bool | None = None
    discard_response_bodies: bool | None = None
    console_output: str | None = None
    local_ips: tuple[str, ...] | None = None
    linger: bool | None = None
    features: tuple[str, ...] | None = None

    @property
    def segment(self) -> ExecutionSegment | None:
        """The part of the test that this run is, None for all of it."""
        if self.execution_segment is None:
            return None
        return parse_segment(self.execution_segment, self.execution_segment_sequence or "")

    @property
    def effective_setup_timeout_s(self) -> float:
        """How long ``setup()`` may take."""
        return DEFAULT_SETUP_TIMEOUT_S if self.setup_timeout_s is None else self.setup_timeout_s

    @property
    def effective_teardown_timeout_s(self) -> float:
        """How long ``teardown()`` may take."""
        return DEFAULT_TEARDOWN_TIMEOUT_S if self.teardown_timeout_s is None else self.teardown_timeout_s

    @property
    def effective_handle_summary_timeout_s(self) -> float:
        """How long ``handleSummary()`` may take."""
        given_s = self.handle_summary_timeout_s
        return DEFAULT_HANDLE_SUMMARY_TIMEOUT_S if given_s is None else given_s

    @property
    def effective_max_redirects(self) -> int:
        """How many redirects a request follows."""
        return DEFAULT_MAX_REDIRECTS if self.max_redirects is None else self.max_redirects

    @property
    def effective_batch(self) -> int:
        """How many requests of a batch are begun at a time."""
        return DEFAULT_BATCH if self.batch is None else self.batch

    @property
    def effective_batch_per_host(self) -> int:
        """How many requests of a batch go to one host at a time."""
        return DEFAULT_BATCH_PER_HOST if self.batch_per_host is None else self.batch_per_host

    @property
    def effective_user_agent(self) -> str:
        """The User-Agent header of requests and handshakes."""
        return DEFAULT_USER_AGENT if self.user_agent is None else self.user_agent

    @property
    def effective_dns(self) -> DnsOptions:
        """The DNS settings with nothing left open."""
        given = self.dns or DnsOptions()
        return DnsOptions(
            ttl_s=DEFAULT_DNS_TTL_S if given.ttl_s is None else given.ttl_s,
            select=given.select or DEFAULT_DNS_SELECT,
            policy=given.policy or DEFAULT_DNS_POLICY,
        )
