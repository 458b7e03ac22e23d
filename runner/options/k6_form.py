"""Options as k6 shows them in JSON: ``exec.test.options``, ``k6py inspect``, the ``metadata.json`` of archives.

Owns which options are shown, in which order, and that what nobody set is null.  Refuses to merge (``layers``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.options.options import Options
from runner.options.table import OPTIONS

# k6's order; "cloud" is left out where nobody set it.
_SHOWN = (
    "paused",
    "vus",
    "duration",
    "iterations",
    "stages",
    "scenarios",
    "executionSegment",
    "executionSegmentSequence",
    "noSetup",
    "setupTimeout",
    "noTeardown",
    "teardownTimeout",
    "handleSummaryTimeout",
    "rps",
    "dns",
    "maxRedirects",
    "userAgent",
    "batch",
    "batchPerHost",
    "httpDebug",
    "insecureSkipTLSVerify",
    "tlsCipherSuites",
    "tlsVersion",
    "tlsAuth",
    "throw",
    "thresholds",
    "blacklistIPs",
    "blockHostnames",
    "hosts",
    "noConnectionReuse",
    "noVUConnectionReuse",
    "minIterationDuration",
    "ext",
    "cloud",
    "summaryTrendStats",
    "summaryTimeUnit",
    "systemTags",
    "tags",
    "metricSamplesBufferSize",
    "noCookiesReset",
    "discardResponseBodies",
    "features",
)
_OMITTED_WHEN_UNSET = frozenset({"cloud"})
_NOTHING: Mapping[str, object] = {"dns": {"ttl": None, "select": None, "policy": None}}
_SHORTCUTS = frozenset({"vus", "duration", "iterations", "stages"})
# Scripts see these two, files do not.
_ONLY_FOR_SCRIPTS = ("consoleOutput", "localIPs")


def options_to_k6(values: Mapping[str, Any]) -> dict[str, object]:
    """Options as ``k6py inspect`` shows them and archives keep them.

    Args:
        values: typed values by k6 option name, only those that were set.
    """
    return _shown(_SHOWN, values)


def known_options(shown: Mapping[str, object]) -> dict[str, object]:
    """The options of an archive as plain values; what only other versions of k6 know is left out."""
    return {name: value for name, value in shown.items() if name in _SHOWN and value is not None}


def final_options_to_k6(options: Options) -> dict[str, object]:
    """The final options as ``exec.test.options`` shows them: with all shortcuts folded into scenarios."""
    names = tuple(name for name in _SHOWN if name not in _SHORTCUTS)
    values = {
        name: getattr(options, spec.attribute) for name, spec in OPTIONS.items() if spec.attribute is not None
    }
    return _shown((*names, *_ONLY_FOR_SCRIPTS), values)


def _shown(names: tuple[str, ...], values: Mapping[str, Any]) -> dict[str, object]:
    shown: dict[str, object] = {}
    for name in names:
        value = values.get(name)
        if value is not None:
            shown[name] = OPTIONS[name].kind.to_k6(value)
        elif name not in _OMITTED_WHEN_UNSET:
            shown[name] = _NOTHING.get(name)
    return shown
