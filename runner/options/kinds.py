"""How the value of an option is read (from a script or config file, from text, from flags) and shown.

Owns one ``Kind`` per sort of value.  Refuses to know options by name; a ``ValueError`` with a finished
text is raised and ``layers`` says where the value came from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from runner.errors import UsageError
from runner.options.durations import format_duration, parse_duration
from runner.options.k6_values import (
    dns_to_k6,
    stages_to_k6,
    thresholds_to_k6,
    tls_auth_to_k6,
    tls_versions_to_k6,
)
from runner.options.network_readers import (
    cidrs,
    dns_from_json,
    dns_from_text,
    host_patterns,
    hosts_from_json,
    local_ips_from_text,
    tls_auth_from_json,
    tls_versions_from_json,
)
from runner.options.readers import (
    boolean_from_json,
    boolean_from_text,
    describe,
    duration_from_json,
    integer_from_json,
    integer_from_text,
    list_from_json,
    object_from_json,
    split_pair,
    string_from_json,
    strings_from_json,
    strings_from_text,
)
from runner.options.values import Stage

T = TypeVar("T")

TIME_UNITS = ("s", "ms", "us")


def _as_it_is(value: Any) -> object:
    return value


@dataclass(frozen=True)
class Kind:
    """One sort of option value.

    Args:
        metavar: what help texts call such a value.
        from_json: reads a value as a script or a config file gives it.
        from_text: reads the text of an environment variable.
        from_flags: reads the texts of a flag, which may be repeated; the last one counts by default.
        to_k6: makes of a value what k6 shows as JSON; a value that ``from_json`` takes.
        takes_empty: an empty environment variable is a value, and not one that is not set.
    """

    metavar: str
    from_json: Callable[[object], Any]
    from_text: Callable[[str], Any]
    from_flags: Callable[[Sequence[str]], Any] | None = None
    to_k6: Callable[[Any], object] = _as_it_is
    takes_empty: bool = False

    def read_flags(self, texts: Sequence[str]) -> Any:
        """Value of a flag given once or more."""
        return self.from_flags(texts) if self.from_flags else self.from_text(texts[-1])


def tags_from_json(value: object) -> dict[str, str]:
    """An object of texts; null is an empty one, as Go reads it."""
    tags = object_from_json(value)
    return {name: "" if text is None else string_from_json(text) for name, text in tags.items()}


def tags_from_text(text: str) -> dict[str, str]:
    """``a:1,b:2``, the form of K6_TAGS."""
    tags = {}
    for item in _split(text):
        name, _, value = item.partition(":")
        if not name or item.count(":") != 1:
            raise ValueError(f"invalid tag '{item}', the form is name:value")
        tags[name] = value
    return tags


def tags_from_flags(texts: Sequence[str]) -> dict[str, str]:
    """``a=1`` for each --tag.

    Raises:
        UsageError: name or value is missing.
    """
    tags = {}
    for text in filter(None, texts):
        name, _, value = text.partition("=")
        if not name or not value:
            raise UsageError(f"error parsing tag '{text}': invalid tag, empty {'value' if name else 'name'}")
        tags[name] = value
    return tags


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def stages_from_text(text: str) -> tuple[Stage, ...]:
    """``10s:5,1m:0``, the form of K6_STAGES."""
    stages = []
    for item in strings_from_text(text):
        duration, target = split_pair(item, ":", "stage")
        stages.append(Stage(parse_duration(duration), integer_from_text(target)))
    return tuple(stages)


def stages_from_json(value: object) -> tuple[Stage, ...]:
    """A list of ``{duration, target}``."""
    stages = []
    for item in list_from_json(value):
        step = object_from_json(item)
        stages.append(
            Stage(duration_from_json(step.get("duration") or 0), integer_from_json(step.get("target") or 0))
        )
    return tuple(stages)


def thresholds_from_json(value: object) -> dict[str, tuple[str | Mapping[str, object], ...]]:
    """Metric name to a list of expressions, each a string or ``{threshold, abortOnFail, delayAbortEval}``."""
    return {
        metric: tuple(_threshold(item) for item in list_from_json([] if rules is None else rules))
        for metric, rules in object_from_json(value).items()
    }


def time_units_from_flags(texts: Sequence[str]) -> str:
    """A unit of the summary's times; empty means the unit that fits.

    A script and K6_SUMMARY_TIME_UNIT may name any other, which means the same.

    Raises:
        UsageError: there is no such unit.
    """
    unit = texts[-1]
    if unit not in ("", *TIME_UNITS):
        raise UsageError(f"invalid summary time unit '{unit}', use 's', 'ms' or 'us'")
    return unit


def _read_json_text(from_json: Callable[[object], T]) -> Callable[[str], T]:
    def from_text(text: str) -> T:
        try:
            value = json.loads(text)
        except ValueError:
            raise ValueError(f"{describe(text)} is not JSON") from None
        return from_json(value)

    return from_text


def _joined(from_strings: Callable[[Sequence[str]], T]) -> Callable[[Sequence[str]], T]:
    def from_flags(texts: Sequence[str]) -> T:
        return from_strings([item for text in texts for item in strings_from_text(text)])

    return from_flags


def _string_list(metavar: str, check: Callable[[Sequence[str]], tuple[str, ...]]) -> Kind:
    return Kind(
        metavar,
        lambda value: check(strings_from_json(value)),
        lambda text: check(strings_from_text(text)),
        _joined(check),
        list,
    )


def _json_only(
    metavar: str, from_json: Callable[[object], object], to_k6: Callable[[Any], object] = _as_it_is
) -> Kind:
    return Kind(metavar, from_json, _read_json_text(from_json), to_k6=to_k6)


def _threshold(item: object) -> str | Mapping[str, object]:
    if isinstance(item, str):
        return item
    # Go's JSON decoder does not mind the case of names; what is left out is an empty text, which no threshold is.
    rule = {name.lower(): value for name, value in object_from_json({} if item is None else item).items()}
    source = rule.get("threshold")
    checked: dict[str, object] = {"threshold": "" if source is None else string_from_json(source)}
    aborts = rule.get("abortonfail")
    if aborts is not None:
        if not isinstance(aborts, bool):
            raise ValueError(f"abortOnFail: {describe(aborts)} is not a boolean")
        checked["abortOnFail"] = aborts
    delay = rule.get("delayaborteval")
    if delay is not None:
        duration_from_json(delay)
        checked["delayAbortEval"] = delay
    return checked


BOOLEAN = Kind("bool", boolean_from_json, boolean_from_text)
INTEGER = Kind("int", integer_from_json, integer_from_text)
STRING = Kind("string", string_from_json, str)
DURATION = Kind("duration", duration_from_json, parse_duration, to_k6=format_duration)
# Unlike those of other lists, spaces around them stay.
STRINGS = Kind(
    "strings",
    strings_from_json,
    _split,
    lambda texts: tuple(item for text in texts for item in _split(text)),
    list,
    takes_empty=True,
)
TAGS = Kind("name=value", tags_from_json, tags_from_text, tags_from_flags)
STAGES = Kind(
    "duration:target",
    stages_from_json,
    stages_from_text,
    _joined(lambda texts: stages_from_text(",".join(texts))),
    stages_to_k6,
)
DNS = Kind("settings", dns_from_json, dns_from_text, to_k6=dns_to_k6)
TLS_VERSION = _json_only("version", tls_versions_from_json, tls_versions_to_k6)
TLS_AUTH = _json_only("json", tls_auth_from_json, tls_auth_to_k6)
THRESHOLDS = _json_only("json", thresholds_from_json, thresholds_to_k6)
HOSTS = _json_only("json", hosts_from_json)
OBJECT = _json_only("json", object_from_json)
HOST_PATTERNS = _string_list("patterns", host_patterns)
CIDRS = _string_list("ranges", cidrs)
LOCAL_IPS = Kind(
    "ranges", lambda value: local_ips_from_text(string_from_json(value)), local_ips_from_text, to_k6=",".join
)
TIME_UNIT = Kind("unit", string_from_json, str, time_units_from_flags)
