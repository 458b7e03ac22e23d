"""What an output is: four methods, so that a new one is a small class.

Refuses: aggregates; an output gets single samples, in order, in batches.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from runner.errors import K6pyError
from runner.metrics.collector import Sample


class OutputError(K6pyError):
    """An output cannot be opened or cannot write any more; the run logs this once and goes on without it."""


def _ignore(message: str, **fields: object) -> None:
    """Used where nobody wants the errors."""


class RunSettings(NamedTuple):
    """What an output may want to know of the run.

    Args:
        complain: gets errors that a user should see, as a line of the log; called while the output works.
        environ: the process environment, for ``K6_*`` settings of the output.
        system_tags: names of the system tags that are switched on.
        parse_duration: reads ``1s`` as seconds; ValueError for what is none.
        thresholds: as the script has them, by metric; also when they are switched off.
    """

    complain: Callable[..., None] = _ignore
    environ: Mapping[str, str] = {}
    system_tags: Sequence[str] = ()
    parse_duration: Callable[[str], float] = float
    thresholds: Mapping[str, object] = {}


class Output(Protocol):
    """A receiver of samples.  The run calls ``start``, ``add_samples`` about every 200 ms, then ``stop``."""

    def description(self) -> str:
        """What the banner's ``output:`` line shows, for example ``json (samples.json)``."""

    def start(self) -> None:
        """Open what is needed.

        Raises:
            OutputError: it cannot be opened.
        """

    def add_samples(self, samples: Sequence[Sample]) -> None:
        """Write samples, in their order.

        Raises:
            OutputError: it cannot write; the output is not called again but for ``stop``.
        """

    def stop(self, error: str | None) -> None:
        """Write what is left and close; safe to call twice.

        Args:
            error: why the run ended early, or None.

        Raises:
            OutputError: the rest could not be written.
        """
