"""One iteration of a VU: run the script's function, log what it threw, take the samples at its end."""

from __future__ import annotations

from runner.metrics.builtin import DATA_RECEIVED, DATA_SENT, ITERATION_DURATION, ITERATIONS
from runner.options.scenarios import ScenarioConfig
from runner.vu.outcome import Outcome
from runner.vu.vu import VirtualUser


def run_iteration(vu: VirtualUser, scenario: ScenarioConfig, deadline_s: float) -> Outcome:
    """Run `scenario`'s function once in `vu`, which has been put into the scenario.

    Args:
        deadline_s: on the reactor's clock; what still computes then is cut off.
    """
    options = vu.options
    if not options.no_cookies_reset:
        vu.cookie_jars.reset()
    started_s = vu.reactor.now()
    outcome = vu.run(scenario.exec, deadline_s)
    duration_ms = (vu.reactor.now() - started_s) * 1000
    if outcome.error is not None:
        vu.logger.error(
            outcome.error.log_text(),
            executor=scenario.EXECUTOR,
            scenario=scenario.name,
            **outcome.error.log_fields(),
        )
    time_s = vu.context.wall_clock()
    take_data_samples(vu, time_s)
    if not outcome.interrupted:
        vu.emit(ITERATION_DURATION, duration_ms, time_s=time_s)
        vu.emit(ITERATIONS, 1, time_s=time_s)
    return outcome


def take_data_samples(vu: VirtualUser, time_s: float) -> None:
    """Samples of the bytes on the wire since the last ones, also when there were none (as in k6)."""
    sent, received = vu.bytes.sent, vu.bytes.received
    vu.bytes.sent -= sent
    vu.bytes.received -= received
    vu.emit(DATA_SENT, sent, time_s=time_s)
    vu.emit(DATA_RECEIVED, received, time_s=time_s)
