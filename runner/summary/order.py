"""The order of metrics in the summary's text, and the block that each belongs to.

Refuses: figures and layout.
"""

from __future__ import annotations

from collections.abc import Iterable

from runner.metrics import builtin

# Root collation order of the signs that names and tags have (https://www.unicode.org/charts/collation/).
_SIGNS = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_SIGN_RANKS = {sign: rank for rank, sign in enumerate(_SIGNS)}

_CATEGORIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("HTTP", tuple(metric.name for metric in builtin.HTTP)),
    ("EXECUTION", tuple(metric.name for metric in builtin.EXECUTION)),
    ("NETWORK", tuple(metric.name for metric in builtin.NETWORK)),
    ("WEB_VITALS", ("browser_web_vital_",)),
    ("BROWSER", ("browser_",)),
    ("GRPC", ("grpc_",)),
    ("WEBSOCKET", ("ws_",)),
)
CATEGORY_TITLES = ("CUSTOM", "HTTP", "EXECUTION", "NETWORK", "BROWSER", "WEB_VITALS", "GRPC", "WEBSOCKET")

# k6 goes by prefix here: a script's own metric called checks_foo is hidden as well.
_HIDDEN = (builtin.CHECKS.name, builtin.GROUP_DURATION.name)
_ONLY_IN_FULL = (
    builtin.HTTP_REQ_BLOCKED.name,
    builtin.HTTP_REQ_CONNECTING.name,
    builtin.HTTP_REQ_RECEIVING.name,
    builtin.HTTP_REQ_SENDING.name,
    builtin.HTTP_REQ_TLS_HANDSHAKING.name,
    builtin.HTTP_REQ_WAITING.name,
)

_SortKey = tuple[tuple[tuple[int, int], ...], str]


def split_name(name: str) -> tuple[str, str]:
    """Name of the metric and, for a sub-metric, the text between its braces."""
    parent, _, suffix = name.partition("{")
    return parent, suffix.removesuffix("}")


def sorted_names(names: Iterable[str]) -> list[str]:
    """Metric names in the order of ``localeCompare``, sub-metrics after their metric."""
    return sorted(names, key=lambda name: tuple(map(locale_key, split_name(name))))


def locale_key(text: str) -> _SortKey:
    """What to sort by for the order of ``localeCompare``."""
    # Letters count without case first; then small letters come before capitals.
    return tuple(_rank(char) for char in text), text.swapcase()


def is_hidden(name: str, *, is_full: bool = False) -> bool:
    """Whether the summary, compact or full, leaves this metric out."""
    return name.startswith(_HIDDEN) or (not is_full and name.startswith(_ONLY_IN_FULL))


def category(name: str) -> str:
    """Title of the block that a metric stands in."""
    for title, prefixes in _CATEGORIES:
        if name.startswith(prefixes):
            return title
    return "CUSTOM"


def _rank(char: str) -> tuple[int, int]:
    if char.isspace():
        return 0, 0
    if char in _SIGN_RANKS:
        return 1, _SIGN_RANKS[char]
    if char.isdigit():
        return 2, ord(char)
    return 3, ord(char.lower()[0])
