"""The outputs of a run: started before it, fed while it runs, stopped after it, even if one fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.log import Logger
from runner.metrics.collector import Collector, Sample
from runner.options.durations import parse_duration
from runner.options.k6_values import thresholds_to_k6
from runner.options.options import Options
from runner.outputs.api import Output, OutputError, RunSettings
from runner.reactor import Reactor, Timer

FLUSH_INTERVAL_S = 0.2


class SampleOutputs:
    """All outputs of a run.

    Args:
        specs: the ``--out`` values.
        environ: the process environment, for the settings of outputs.
        options: of the test.

    Raises:
        UsageError: an output type that is unknown or not available.
    """

    def __init__(
        self,
        reactor: Reactor,
        collector: Collector,
        logger: Logger,
        specs: Sequence[str],
        *,
        environ: Mapping[str, str],
        options: Options,
    ) -> None:
        self._reactor = reactor
        self._collector = collector
        self._logger = logger
        settings = RunSettings(
            logger.error,
            environ,
            options.system_tags,
            parse_duration,
            thresholds_to_k6(options.thresholds or {}),
        )
        self._outputs = _create(specs, settings)
        self._timer: Timer | None = None

    def descriptions(self) -> list[str]:
        """What the banner shows of them."""
        return [output.description() for output in self._outputs]

    def start(self) -> None:
        """Open them and begin to hand over samples.

        Raises:
            OutputError: one cannot be opened; a run whose results would be lost does not start.
        """
        for output in self._outputs:
            output.start()
        self._collector.wants_samples = bool(self._outputs)
        self._collector.on_full = self._hand_over
        self._again()

    def stop(self, error: str | None) -> None:
        """Hand over what is left and close them."""
        if self._timer is not None:
            self._timer.cancel()
        self._hand_over(self._collector.drain())
        for output in self._outputs:
            try:
                output.stop(error)
            except OutputError as problem:
                self._logger.error(problem.message)
        self._outputs = []

    def _again(self) -> None:
        if self._outputs:
            self._timer = self._reactor.call_at(self._reactor.now() + FLUSH_INTERVAL_S, self._flush)

    def _flush(self) -> None:
        self._hand_over(self._collector.drain())
        self._again()

    def _hand_over(self, samples: list[Sample]) -> None:
        if not samples:
            return
        for output in list(self._outputs):
            try:
                output.add_samples(samples)
            except OutputError as problem:
                # The run goes on, and so do the other outputs; k6's summary does not depend on them.
                self._logger.error(problem.message)
                self._outputs.remove(output)
        self._collector.wants_samples = bool(self._outputs)


def _create(specs: Sequence[str], settings: RunSettings) -> list[Output]:
    if not specs:
        # Most runs have none, and need none of their modules.
        return []
    from runner.outputs.registry import create_output

    return [create_output(spec, settings) for spec in specs]
