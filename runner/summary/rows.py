"""Rows of the summary's text: what each metric shows, and the columns in which all of a section stand.

Refuses: which metrics are shown and in which order.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from runner.summary.data import MetricData, SummaryOptions
from runner.summary.format import plain_text, rate_text, value_text

_DOTS_MIN = 3


class Paint:
    """ANSI colours, or none.

    Args:
        color: whether to put colours in.
    """

    def __init__(self, color: bool) -> None:
        self._color = color

    def green(self, text: str) -> str:
        return self._wrap(text, "32")

    def red(self, text: str) -> str:
        return self._wrap(text, "31")

    def cyan(self, text: str) -> str:
        return self._wrap(text, "36")

    def faint_cyan(self, text: str) -> str:
        return self._wrap(text, "2;36")

    def white(self, text: str) -> str:
        return self._wrap(text, "37")

    def faint_white(self, text: str) -> str:
        return self._wrap(text, "2;37")

    def bold(self, text: str) -> str:
        return self._wrap(text, "1")

    def _wrap(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color else text


class Row(NamedTuple):
    """One line: either a value with extras, or the columns of a trend.

    Attributes:
        label: the name, two spaces in front for a sub-metric.
        value: the main figure; "" for a trend.
        extras: further figures.
        columns: (statistic, figure) of a trend; None for everything else.
    """

    label: str
    value: str = ""
    extras: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] | None = None


def metric_row(label: str, metric: MetricData, options: SummaryOptions) -> Row:
    """The line of a metric."""
    values, contains, unit = metric["values"], metric["contains"], options["summaryTimeUnit"]
    if metric["type"] == "trend":
        stats = options["summaryTrendStats"]
        return Row(label, columns=tuple((stat, stat_text(metric, stat, unit)) for stat in stats))
    if metric["type"] == "counter":
        count = value_text(values["count"], contains, unit)
        return Row(label, count, (f"{value_text(values['rate'], contains, unit)}/s",))
    if metric["type"] == "gauge":
        low, high = (value_text(values[name], contains, unit) for name in ("min", "max"))
        return Row(label, value_text(values["value"], contains, unit), (f"min={low}", f"max={high}"))
    passes, fails = int(values["passes"]), int(values["fails"])
    return share_row(label, values["rate"], passes, passes + fails)


def share_row(label: str, share: float, part: int, total: int) -> Row:
    """The line of a rate: ``66.66% 8 out of 12``."""
    return Row(label, rate_text(share), (f"{part} out of {total}",))


def stat_text(metric: MetricData, stat: str, time_unit: str) -> str:
    """One statistic of a trend; "" when it was not computed."""
    value = metric["values"].get(stat)
    if value is None:
        return ""
    return plain_text(value) if stat == "count" else value_text(value, metric["contains"], time_unit)


def aligned(rows: Sequence[Row], paint: Paint) -> list[str]:
    """The rows as lines, in columns; trailing spaces of the last column stay, as in k6."""
    figures = [row for row in rows if row.columns is None]
    label_width = max((len(row.label) for row in rows), default=0) + _DOTS_MIN
    value_width = max((len(row.value) for row in figures), default=0)
    extra_widths = _column_widths([row.extras for row in figures])
    stat_widths = _column_widths([[text for _, text in row.columns or ()] for row in rows])
    lines = []
    for row in rows:
        if row.columns is None:
            data = _figure_text(row, value_width, extra_widths, paint)
        else:
            data = _trend_text(row.columns, stat_widths, paint)
        dots = "." * (label_width - len(row.label))
        lines.append(f"{row.label}{paint.faint_white(f'{dots}:')} {data}")
    return lines


def _column_widths(table: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip_longest(*table, fillvalue="")]


def _trend_text(columns: Sequence[tuple[str, str]], widths: Sequence[int], paint: Paint) -> str:
    parts = [
        f"{stat}={paint.cyan(text)}{_padding(text, width)}"
        for (stat, text), width in zip(columns, widths, strict=True)
    ]
    return " ".join(parts)


def _figure_text(row: Row, value_width: int, widths: Sequence[int], paint: Paint) -> str:
    value = f"{paint.cyan(row.value)}{_padding(row.value, value_width)}"
    if len(row.extras) == 1:
        return f"{value} {paint.faint_cyan(row.extras[0])}"
    extras = [
        f"{paint.faint_cyan(text)}{_padding(text, width)}"
        for text, width in zip(row.extras, widths, strict=False)
    ]
    return " ".join([value, *extras])


def _padding(text: str, width: int) -> str:
    return " " * (width - len(text))
