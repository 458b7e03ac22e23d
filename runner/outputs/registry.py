"""Which outputs exist, and making one from the text of ``--out``."""

from __future__ import annotations

from collections.abc import Callable

from runner.errors import UsageError
from runner.outputs.api import Output
from runner.outputs.json import JsonOutput

OUTPUTS: dict[str, Callable[[str, Callable[[str], None]], Output]] = {
    "json": lambda target, warn: JsonOutput(target, warn=warn),
}

# k6 v2.2.0 has these; k6py names them, so that the reader knows that the spelling is not the problem.
OUTPUTS_OF_K6_ONLY = frozenset(
    {
        "cloud",
        "csv",
        "datadog",
        "experimental-opentelemetry",
        "experimental-prometheus-rw",
        "influxdb",
        "opentelemetry",
        "statsd",
        "web-dashboard",
    }
)


def create_output(spec: str, *, warn: Callable[[str], None] = lambda message: None) -> Output:
    """The output for one ``--out`` value.

    Args:
        spec: ``type`` or ``type=argument``, for example ``json=samples.json.gz``.
        warn: gets warnings that a user should see; called while the output works.

    Raises:
        UsageError: no such type, or a type of k6 that is not available here.
    """
    name, _, argument = spec.partition("=")
    available = ", ".join(sorted(OUTPUTS))
    if name in OUTPUTS:
        return OUTPUTS[name](argument, warn)
    if name in OUTPUTS_OF_K6_ONLY:
        raise UsageError(
            f"output type '{name}' is not available in this version of k6py; available: {available}"
        )
    raise UsageError(f"invalid output type '{name}', available types are: {available}")
