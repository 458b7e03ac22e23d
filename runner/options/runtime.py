"""The settings around a test that are not options of the test: flags and variables only, never scripts.

Owns their table (same form as ``table``) and their reading: a flag wins over its environment variable.
Refuses to act on them; the command line puts them into a ``TestConfig``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runner.errors import OptionsError, UsageError
from runner.options import kinds
from runner.options.kinds import Kind
from runner.options.layers import flag_complaint
from runner.options.readers import boolean_from_text
from runner.options.table import OptionSpec, Support
from runner.summary.text import check_mode

DEFAULT_SUMMARY_MODE = "compact"
OLD_COMPATIBILITY_MODE = "experimental_enhanced"

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def summary_mode(mode: str) -> str:
    """How much the summary shows; empty for the default.

    Raises:
        UsageError: there is no such mode, wherever it was given.
    """
    check_mode(mode or DEFAULT_SUMMARY_MODE)
    return mode or DEFAULT_SUMMARY_MODE


def compatibility_mode(mode: str) -> str:
    """A JavaScript compatibility mode."""
    # k6 keeps the third name for old command lines; everything that it switched on is always on now.
    if mode not in ("", "extended", "base", OLD_COMPATIBILITY_MODE):
        raise ValueError(
            f'invalid compatibility mode "{mode}". Use: "extended", "base", "experimental_enhanced"'
        )
    return mode or "extended"


def worker_count(text: str) -> int:
    """A number of processes."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError(f"invalid number of workers '{text}', use 1 or more")
    return int(text)


def profile_file(text: str) -> str:
    """Where the stacks of a profile go."""
    if not text:
        raise ValueError("use --profile alone, or --profile=file")
    return text


def env_variables(pairs: Sequence[str]) -> dict[str, str]:
    """``NAME=value`` texts of ``-e``; the value may hold more equals signs and may be empty."""
    variables = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if not _ENV_NAME.fullmatch(name):
            raise ValueError(f"invalid environment variable name '{name}'")
        variables[name] = value
    return variables


def _text_kind(metavar: str, read: Any) -> Kind:
    return Kind(metavar, read, read)


_FILE = Kind("file", str, str)
_LISTED = Kind("type[=arg]", str, kinds.STRINGS.from_text, lambda texts: [text for text in texts if text])
_ENV = Kind("name=value", str, lambda text: env_variables([text]), env_variables)

RUN_SETTINGS = (
    OptionSpec(
        "env", None, _ENV, None, "env", "e", help="variable for __ENV, as NAME=value; repeatable"
    ),
    OptionSpec(
        "out", None, _LISTED, "K6_OUT", "out", "o", help="send samples to an output, as json=file; repeatable"
    ),
    OptionSpec(
        "modules", None, Kind("file", str, lambda text: [text], list), None, "module",
        help="Python file with a k6 module of your own; repeatable",
    ),
    OptionSpec(
        "workers", None, _text_kind("n", worker_count), "K6PY_WORKERS", "workers",
        help="processes that share the virtual users (default: one per core for large tests, else one)",
    ),
    OptionSpec(
        "profile", None, _text_kind("file", profile_file), None, "profile",
        help="show at the end, on stderr, where the processor time went, and write the stacks to"
        " k6py-profile.txt, or to another file with =file",
    ),
    OptionSpec(
        "noThresholds", None, kinds.BOOLEAN, "K6_NO_THRESHOLDS", "no-thresholds", help="ignore thresholds"
    ),
    OptionSpec(
        "summaryMode", None, _text_kind("mode", summary_mode), "K6_SUMMARY_MODE", "summary-mode",
        default=DEFAULT_SUMMARY_MODE, help="end-of-test summary: compact, full or disabled",
    ),
    OptionSpec(
        "summaryExport", None, _FILE, "K6_SUMMARY_EXPORT", "summary-export", help="write the summary as JSON"
    ),
    OptionSpec(
        "newMachineReadableSummary", None, kinds.BOOLEAN, "K6_NEW_MACHINE_READABLE_SUMMARY",
        "new-machine-readable-summary", help="new form of the exported summary and of handleSummary's data",
    ),
    OptionSpec(
        "includeSystemEnvVars", None, kinds.BOOLEAN, "K6_INCLUDE_SYSTEM_ENV_VARS", "include-system-env-vars",
        default="true", help="show the process environment in __ENV",
    ),
    OptionSpec(
        "compatibilityMode", None, _text_kind("mode", compatibility_mode), "K6_COMPATIBILITY_MODE",
        "compatibility-mode", default="extended", help="JavaScript mode: extended or base",
    ),
    OptionSpec(
        "type", None, kinds.STRING, "K6_TYPE", "type", "t", help="type of the file: js or archive"
    ),
    OptionSpec(
        "tracesOutput", None, kinds.STRING, "K6_TRACES_OUTPUT", "traces-output",
        help="where traces go", support=Support.REFUSED,
    ),
    OptionSpec(
        "noUsageReport", None, kinds.BOOLEAN, "K6_NO_USAGE_REPORT", "no-usage-report",
        help="accepted for k6's sake: k6py never reports usage",
    ),
)  # fmt: skip

# What `inspect` and `archive` take of it: all that says how the script is loaded, and what k6 accepts there.
_ONLY_FOR_RUNS = frozenset({"out", "noUsageReport", "workers", "profile"})
LOADING_SETTINGS = tuple(
    spec._replace(default="false") if spec.name == "includeSystemEnvVars" else spec
    for spec in RUN_SETTINGS
    if spec.name not in _ONLY_FOR_RUNS
)

GLOBAL_SETTINGS = (
    OptionSpec("config", None, _FILE, "K6_CONFIG", "config", "c", help="JSON config file"),
    OptionSpec(
        "logFormat", None, kinds.STRING, "K6_LOG_FORMAT", "log-format",
        default="text", help="form of log lines: text, json or raw",
    ),
    OptionSpec(
        "logOutput", None, kinds.STRING, "K6_LOG_OUTPUT", "log-output",
        default="stderr", help="where the log goes: stderr, stdout, none or file=PATH[,level=LEVEL]",
    ),
    OptionSpec("quiet", None, kinds.BOOLEAN, None, "quiet", "q", help="no banner and no progress"),
    OptionSpec("verbose", None, kinds.BOOLEAN, None, "verbose", "v", help="log debug lines"),
    OptionSpec("noColor", None, kinds.BOOLEAN, "K6_NO_COLOR", "no-color", help="no colours"),
    OptionSpec(
        "address", None, kinds.STRING, "K6_ADDRESS", "address", "a",
        help="address for the REST API, for example localhost:6565; no API without it",
    ),
    OptionSpec(
        "profilingEnabled", None, kinds.BOOLEAN, "K6_PROFILING_ENABLED", "profiling-enabled",
        help="no effect: k6py's REST API serves no profiles",
    ),
    OptionSpec(
        "secretSource", None, _LISTED, "K6_SECRET_SOURCE", "secret-source",
        help="source of secrets", support=Support.REFUSED,
    ),
)  # fmt: skip


def read_settings(
    specs: Iterable[OptionSpec], flags: Mapping[str, Sequence[str]], environ: Mapping[str, str]
) -> dict[str, Any]:
    """Typed values of the settings that were given.

    Args:
        specs: the settings to read.
        flags: texts of the flags by setting name.
        environ: the process environment; an empty variable counts as not set.

    Raises:
        UsageError: a value cannot be used, or the flag is not available.
        OptionsError: the variable is not available.
    """
    values = {}
    for spec in specs:
        text = environ.get(spec.env) if spec.env else None
        if spec.name in flags:
            try:
                value = spec.kind.read_flags(flags[spec.name])
            except ValueError as error:
                raise UsageError(f"{flag_complaint(spec, flags[spec.name])}{error}") from error
        elif text:
            value = _from_variable(spec, text)
        else:
            continue
        if value and value != "none" and spec.support is Support.REFUSED:
            raise _unavailable(spec, flags)
        values[spec.name] = value
    return values


def _from_variable(spec: OptionSpec, text: str) -> Any:
    try:
        return boolean_from_text(text) if spec.kind is kinds.BOOLEAN else spec.kind.from_text(text)
    except ValueError as error:
        if spec.name == "noColor":
            # k6 looks at this one only after the log is open, and takes what it cannot read for no.
            return False
        if spec.kind is kinds.BOOLEAN:
            raise UsageError(f"env var '{spec.env}' is not a valid boolean value: {error}") from error
        raise UsageError(str(error)) from error


def _unavailable(spec: OptionSpec, flags: Mapping[str, Sequence[str]]) -> UsageError | OptionsError:
    reason = "is not available in this version of k6py"
    if spec.name in flags:
        return UsageError(f"flag --{spec.flag} {reason}")
    return OptionsError(f"{spec.env} {reason}")
