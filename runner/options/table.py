"""Every option of k6 once: its name, flag, environment variable, reader, default and help text.

Owns the table and what this version of k6py does not act on; refuses to merge (``layers``) or to hold
values (``options``).  Reference: https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from runner.options import kinds
from runner.options.kinds import Kind
from runner.options.options import SYSTEM_TAGS
from runner.options.scenario_plan import scenarios_from_json, scenarios_to_k6

SCENARIOS = Kind("json", scenarios_from_json, str, to_k6=scenarios_to_k6)
FEATURES = kinds.STRINGS._replace()
# No tag at all is null to k6.
SYSTEM_TAG_NAMES = kinds.TRIMMED_STRINGS._replace(
    to_k6=lambda names: sorted(SYSTEM_TAGS.intersection(names)) or None
)


# Values of flags that may be written without one, apart from switches.
_BARE_FLAGS = {"httpDebug": "headers", "profile": "k6py-profile.txt"}


class Support(Enum):
    """What this version does with an option that somebody set."""

    FULL = "acts on it"
    IGNORED = "runs, and warns that it has no effect"
    REFUSED = "does not run, since ignoring it would change what runs"


class OptionSpec(NamedTuple):
    """One option.

    Args:
        name: k6's name, as scripts write it.
        attribute: attribute of ``Options``, or None: a shortcut that becomes a scenario, or not available.
        kind: how values are read.
        env: environment variable, or None.
        flag: long flag without dashes, or None.
        short: short flag without dash, or None.
        default: what holds when nobody sets it, as shown to people; "" for off or none.
        help: one line for the command line's help.
        support: what this version does with it.
    """

    name: str
    attribute: str | None
    kind: Kind
    env: str | None = None
    flag: str | None = None
    short: str | None = None
    default: str = ""
    help: str = ""
    support: Support = Support.FULL

    @property
    def bare_flag(self) -> str | None:
        """The value of a flag written without one; None when it always needs a value."""
        return "true" if self.kind is kinds.BOOLEAN else _BARE_FLAGS.get(self.name)

    @property
    def flag_names(self) -> str:
        """The flag as error texts name it: ``-u, --vus``."""
        return f"-{self.short}, --{self.flag}" if self.short else f"--{self.flag}"


_EXECUTION = (
    OptionSpec("vus", None, kinds.INTEGER, "K6_VUS", "vus", "u", "1", "number of virtual users"),
    OptionSpec("duration", None, kinds.DURATION, "K6_DURATION", "duration", "d", help="test duration limit"),
    OptionSpec(
        "iterations", None, kinds.INTEGER, "K6_ITERATIONS", "iterations", "i",
        help="total number of iterations, shared among all VUs",
    ),
    OptionSpec(
        "stages", None, kinds.STAGES, "K6_STAGES", "stage", "s",
        help="add a stage, as duration:target",
    ),
    OptionSpec("scenarios", "scenarios", SCENARIOS),
    OptionSpec(
        "executionSegment", "execution_segment", kinds.SEGMENT, None, "execution-segment",
        help="run only this part of the test, as from:to",
    ),
    OptionSpec(
        "executionSegmentSequence", "execution_segment_sequence", kinds.SEGMENT_SEQUENCE, None,
        "execution-segment-sequence", help="how the test is divided, as 0,1/2,1",
    ),
    OptionSpec(
        "paused", "paused", kinds.BOOLEAN, "K6_PAUSED", "paused", "p",
        help="wait before setup() until the REST API resumes the test",
    ),
    OptionSpec("noSetup", "no_setup", kinds.BOOLEAN, "K6_NO_SETUP", "no-setup", help="don't run setup()"),
    OptionSpec("setupTimeout", "setup_timeout_s", kinds.DURATION, "K6_SETUP_TIMEOUT", default="60s"),
    OptionSpec(
        "noTeardown", "no_teardown", kinds.BOOLEAN, "K6_NO_TEARDOWN", "no-teardown",
        help="don't run teardown()",
    ),
    OptionSpec("teardownTimeout", "teardown_timeout_s", kinds.DURATION, "K6_TEARDOWN_TIMEOUT", default="60s"),
    OptionSpec(
        "handleSummaryTimeout", "handle_summary_timeout_s", kinds.DURATION, "K6_HANDLE_SUMMARY_TIMEOUT",
        default="120s",
    ),
    OptionSpec(
        "minIterationDuration", "min_iteration_duration_s", kinds.DURATION, "K6_MIN_ITERATION_DURATION",
        "min-iteration-duration", help="shortest time from the start of an iteration to the next one",
    ),
    OptionSpec(
        "throw", "throw", kinds.BOOLEAN, "K6_THROW", "throw", "w",
        help="throw exceptions instead of logging warnings, like failed requests",
    ),
    OptionSpec(
        "linger", "linger", kinds.BOOLEAN, "K6_LINGER", "linger", "l",
        help="stay when the test is done, with the REST API, until Ctrl-C",
    ),
)  # fmt: skip

_REQUESTS = (
    OptionSpec(
        "rps", "rps", kinds.INTEGER, "K6_RPS", "rps",
        help="limit requests per second",
    ),
    OptionSpec(
        "maxRedirects", "max_redirects", kinds.INTEGER, "K6_MAX_REDIRECTS", "max-redirects",
        default="10", help="follow at most so many redirects",
    ),
    OptionSpec(
        "userAgent", "user_agent", kinds.STRING, "K6_USER_AGENT", "user-agent",
        default="Grafana k6/2.2.0", help="User-Agent header of requests",
    ),
    OptionSpec(
        "batch", "batch", kinds.INTEGER, "K6_BATCH", "batch",
        default="20", help="most parallel batch requests",
    ),
    OptionSpec(
        "batchPerHost", "batch_per_host", kinds.INTEGER, "K6_BATCH_PER_HOST", "batch-per-host",
        default="6", help="most parallel batch requests per host",
    ),
    OptionSpec(
        "httpDebug", "http_debug", kinds.STRING, "K6_HTTP_DEBUG", "http-debug",
        help="log all HTTP requests and responses (headers, or =full)", support=Support.IGNORED,
    ),
    OptionSpec(
        "discardResponseBodies", "discard_response_bodies", kinds.BOOLEAN, "K6_DISCARD_RESPONSE_BODIES",
        "discard-response-bodies", help="read response bodies but don't keep them",
    ),
    OptionSpec("noCookiesReset", "no_cookies_reset", kinds.BOOLEAN, "K6_NO_COOKIES_RESET"),
    OptionSpec(
        "noConnectionReuse", "no_connection_reuse", kinds.BOOLEAN, "K6_NO_CONNECTION_REUSE",
        "no-connection-reuse", help="no keep-alive connections",
    ),
    OptionSpec(
        "noVUConnectionReuse", "no_vu_connection_reuse", kinds.BOOLEAN, "K6_NO_VU_CONNECTION_REUSE",
        "no-vu-connection-reuse", help="don't reuse connections between iterations",
    ),
)  # fmt: skip

_NETWORK = (
    OptionSpec(
        "dns", "dns", kinds.DNS, "K6_DNS", "dns", default="ttl=5m,select=random,policy=preferIPv4",
        help="DNS settings; ttl: inf, 0 or a duration; select: first, random, roundRobin; "
        "policy: preferIPv4, preferIPv6, onlyIPv4, onlyIPv6, any",
    ),
    OptionSpec("hosts", "hosts", kinds.HOSTS),
    OptionSpec(
        "blacklistIPs", "blacklist_ips", kinds.CIDRS, "K6_BLACKLIST_IPS", "blacklist-ip",
        help="refuse connections to an IP range",
    ),
    OptionSpec(
        "blockHostnames", "block_hostnames", kinds.HOST_PATTERNS, "K6_BLOCK_HOSTNAMES", "block-hostnames",
        help="refuse connections to host names; * may stand at the beginning",
    ),
    OptionSpec(
        "localIPs", "local_ips", kinds.LOCAL_IPS, "K6_LOCAL_IPS", "local-ips",
        help="addresses to connect from, as 192.168.20.12-192.168.20.15,10.0.0.0/27",
    ),
    OptionSpec(
        "insecureSkipTLSVerify", "insecure_skip_tls_verify", kinds.BOOLEAN, "K6_INSECURE_SKIP_TLS_VERIFY",
        "insecure-skip-tls-verify", help="don't verify TLS certificates",
    ),
    OptionSpec("tlsAuth", "tls_auth", kinds.TLS_AUTH, "K6_TLSAUTH"),
    OptionSpec("tlsVersion", "tls_version", kinds.TLS_VERSION),
    OptionSpec("tlsCipherSuites", "tls_cipher_suites", kinds.STRINGS, "K6_TLS_CIPHER_SUITES"),
)  # fmt: skip

_RESULTS = (
    OptionSpec("thresholds", "thresholds", kinds.THRESHOLDS, "K6_THRESHOLDS"),
    OptionSpec(
        "tags", "tags", kinds.TAGS, "K6_TAGS", "tag", help="add a tag to every sample; repeatable",
    ),
    OptionSpec(
        "systemTags", "system_tags", SYSTEM_TAG_NAMES, "K6_SYSTEM_TAGS", "system-tags",
        help="only these system tags on samples",
    ),
    OptionSpec(
        "summaryTrendStats", "summary_trend_stats", kinds.STRINGS, "K6_SUMMARY_TREND_STATS",
        "summary-trend-stats", default="avg,min,med,max,p(90),p(95)",
        help="statistics of trends in the summary: avg, min, med, max, count, p(N)",
    ),
    OptionSpec(
        "summaryTimeUnit", "summary_time_unit", kinds.TIME_UNIT, "K6_SUMMARY_TIME_UNIT", "summary-time-unit",
        help="unit of times in the summary: s, ms or us",
    ),
    OptionSpec(
        "consoleOutput", "console_output", kinds.STRING, "K6_CONSOLE_OUTPUT", "console-output",
        help="file for the lines of console.*",
    ),
    # How many samples k6 buffers in memory; nothing that a script or a result could show.
    OptionSpec(
        "metricSamplesBufferSize", "metric_samples_buffer_size", kinds.INTEGER,
        "K6_METRIC_SAMPLES_BUFFER_SIZE", default="1000",
    ),
    OptionSpec(
        "features", "features", FEATURES, "K6_FEATURES", "features",
        help="experimental features", support=Support.IGNORED,
    ),
    OptionSpec("webDashboard", None, kinds.BOOLEAN, "K6_WEB_DASHBOARD", support=Support.IGNORED),
    # Both are for Grafana Cloud; a local run of k6 does not act on them either.
    OptionSpec("ext", "ext", kinds.OBJECT),
    OptionSpec("cloud", "cloud", kinds.ANYTHING),
)  # fmt: skip

OPTIONS: Mapping[str, OptionSpec] = {
    spec.name: spec for spec in (*_EXECUTION, *_REQUESTS, *_NETWORK, *_RESULTS)
}

# What may stand in a script's options; a config file may hold every option.
SCRIPT_OPTIONS = frozenset(OPTIONS) - {"linger", "consoleOutput", "localIPs", "webDashboard"}
