"""The one place where samples enter: feeds sinks, and keeps samples for the outputs when there are any.

Refuses: reading a clock, formatting, talking to outputs.

Bounds: at most ``SAMPLES_MAX`` samples wait for ``drain``.  When one more comes, the waiting ones go to the
``on_full`` callback at once; without a callback the new sample is left out and counted in ``samples_lost``
(sinks are not affected).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from runner.metrics.metric import Metric
from runner.metrics.registry import Registry
from runner.metrics.sections import Sections
from runner.metrics.tags import TagSet

SAMPLES_MAX = 50_000


class Sample(NamedTuple):
    """One measured value, as outputs get it.

    Attributes:
        time_s: Unix time in seconds.
        metadata: what must not be a tag because it has too many values (``vu``, ``iter``), or None.
    """

    metric: Metric
    time_s: float
    value: float
    tags: TagSet
    metadata: Mapping[str, str] | None = None


class Collector:
    """Takes the samples of a run.

    Args:
        registry: the metrics of the run.

    Attributes:
        wants_samples: whether single samples are kept for ``drain``; set it when an output exists.
        on_full: gets the waiting samples when the buffer is full, see the module's text.
        samples_lost: samples left out because nobody took the waiting ones.
        sections: also feed the metrics of each group and scenario; None spares their cost.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.wants_samples = False
        self.on_full: Callable[[list[Sample]], None] | None = None
        self.samples_lost = 0
        self.sections: Sections | None = None
        self._samples: list[Sample] = []
        self._tallies: set[Tally] = set()

    def add(
        self,
        metric: Metric,
        value: float,
        tags: TagSet,
        time_s: float,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Take one sample.

        Args:
            metric: a metric of the registry, no sub-metric.
            value: in the metric's unit; times are milliseconds.
            time_s: Unix time in seconds.
        """
        # As _feed(), without a call more for each sample.
        metric.add(value, tags, time_s)
        if self.sections is not None:
            self.sections.add(metric, value, tags, time_s)
        if self.wants_samples:
            self.keep(Sample(metric, time_s, value, tags, metadata))

    def count(
        self,
        metric: Metric,
        n: int,
        tags: TagSet,
        time_s: float,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Take ``n`` samples of 1 for a counter, at the price of one unless an output wants each."""
        if n <= 0:
            return
        self._feed(metric, n, tags, time_s)
        if self.wants_samples:
            sample = Sample(metric, time_s, 1.0, tags, metadata)
            for _ in range(n):
                self.keep(sample)

    def tally(
        self,
        metric: Metric,
        tags: TagSet,
        wall_clock: Callable[[], float],
        metadata: Callable[[], Mapping[str, str] | None],
    ) -> "Tally":
        """A tally of samples of 1 for a counter, which costs next to nothing per sample.

        What it has counted reaches the sink with gather(), with its close(), or at once when an output wants each.
        """
        tally = Tally(self, metric, tags, wall_clock, metadata)
        self._tallies.add(tally)
        return tally

    def gather(self) -> None:
        """Bring the sinks up to date; to be called before somebody reads them while the test runs."""
        for tally in self._tallies:
            tally.gather()

    def forget(self, tally: "Tally") -> None:
        """It counts no more."""
        self._tallies.discard(tally)

    def drain(self) -> list[Sample]:
        """All waiting samples in order of arrival; afterwards none wait."""
        samples, self._samples = self._samples, []
        return samples

    def keep(self, sample: Sample) -> None:
        """Let a sample wait for drain(), and nothing else: its metric has counted it already."""
        if len(self._samples) >= SAMPLES_MAX:
            if self.on_full is None:
                self.samples_lost += 1
                return
            self.on_full(self.drain())
        self._samples.append(sample)

    def _feed(self, metric: Metric, value: float, tags: TagSet, time_s: float) -> None:
        metric.add(value, tags, time_s)
        if self.sections is not None:
            self.sections.add(metric, value, tags, time_s)


class Tally:
    """See Collector.tally.

    Attributes:
        handed: how many have been handed to a script that may not look at all of them; not counted yet.
    """

    __slots__ = ("_collector", "_metadata", "_metric", "_tags", "_waiting", "_wall_clock", "handed")

    def __init__(
        self,
        collector: Collector,
        metric: Metric,
        tags: TagSet,
        wall_clock: Callable[[], float],
        metadata: Callable[[], Mapping[str, str] | None],
    ) -> None:
        self._collector = collector
        self._metric = metric
        self._tags = tags
        self._wall_clock = wall_clock
        self._metadata = metadata
        self._waiting = 0
        self.handed = 0

    def add(self, n: int = 1) -> None:
        """Count `n` more."""
        self._waiting += n
        if self._collector.wants_samples:
            self.gather()

    def count_handed(self, unheard: int = 0) -> None:
        """Count what has been handed to the script, without what it will not look at; a second time it is nothing."""
        if self.handed:
            n, self.handed = self.handed - unheard, 0
            self.add(n)

    def gather(self) -> None:
        """Hand over what has been counted since the last time."""
        if self._waiting:
            n, self._waiting = self._waiting, 0
            self._collector.count(self._metric, n, self._tags, self._wall_clock(), self._metadata())

    def close(self) -> None:
        """Hand over the rest, and count no more."""
        self.count_handed()
        self.gather()
        self._collector.forget(self)
