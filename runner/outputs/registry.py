"""Which outputs exist, and making one from the text of ``--out``."""

from __future__ import annotations

from collections.abc import Callable

from runner.errors import UsageError
from runner.outputs.api import Output, RunSettings
from runner.outputs.csv import CsvOutput
from runner.outputs.json import JsonOutput

OUTPUTS: dict[str, Callable[[str, RunSettings], Output]] = {
    "csv": CsvOutput.create,
    "json": lambda target, settings: JsonOutput(target, settings=settings),
}

# k6 v2.2.0 has these; k6py names them, so that the reader knows that the spelling is not the problem.
OUTPUTS_OF_K6_ONLY = frozenset(
    {
        "cloud",
        "datadog",
        "experimental-opentelemetry",
        "experimental-prometheus-rw",
        "influxdb",
        "opentelemetry",
        "statsd",
        "web-dashboard",
    }
)


def create_output(spec: str, settings: RunSettings | None = None) -> Output:
    """The output for one ``--out`` value.

    Args:
        spec: ``type`` or ``type=argument``, for example ``json=samples.json.gz``.
        settings: of the run.

    Raises:
        UsageError: no such type, a type of k6 that is not available here, or an argument that it cannot use.
    """
    name, _, argument = spec.partition("=")
    available = ", ".join(sorted(OUTPUTS))
    if name in OUTPUTS:
        return OUTPUTS[name](argument, settings or RunSettings())
    if name in OUTPUTS_OF_K6_ONLY:
        raise UsageError(
            f"output type '{name}' is not available in this version of k6py; available: {available}"
        )
    raise UsageError(f"invalid output type '{name}', available types are: {available}")
