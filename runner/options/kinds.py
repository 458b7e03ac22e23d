"""How the value of an option is read (from a script or config file, from text, from flags) and shown.

Owns one ``Kind`` per sort of value.  Refuses to know options by name; a ``ValueError`` with a finished
text is raised and ``layers`` says where the value came from.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from runner.options.durations import format_duration, parse_duration, parse_go_duration
from runner.options.k6_values import (
    dns_to_k6,
    stages_to_k6,
    thresholds_to_k6,
    tls_auth_to_k6,
    tls_versions_to_k6,
)
from runner.options.network_readers import (
    cidrs,
    cidrs_from_flags,
    dns_from_json,
    dns_from_text,
    host_patterns,
    hosts_from_json,
    local_ips_from_text,
    tls_auth_from_json,
    tls_versions_from_json,
)
from runner.options.readers import (
    WrongType,
    boolean_from_json,
    boolean_from_text,
    boolean_from_variable,
    describe,
    duration_from_json,
    integer_from_flag,
    integer_from_json,
    integer_from_text,
    list_from_json,
    object_from_json,
    string_from_json,
    string_map_from_json,
    strings_from_json,
    strings_from_text,
)
from runner.options.segments import normal_segment, normal_sequence
from runner.options.values import Stage

T = TypeVar("T")

TIME_UNITS = ("s", "ms", "us")


def _as_it_is(value: Any) -> object:
    return value


class Kind(NamedTuple):
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


def tags_from_text(text: str) -> dict[str, str]:
    """``a:1,b:2``, the form of K6_TAGS."""
    tags = {}
    for item in strings_from_text(text):
        name, colon, value = item.partition(":")
        if not name or not colon or ":" in value:
            raise ValueError(f"invalid map item: {json.dumps(item, ensure_ascii=False)}")
        tags[name] = value
    return tags


def tags_from_flags(texts: Sequence[str]) -> dict[str, str]:
    """``a=1`` for each --tag."""
    tags = {}
    for text in filter(None, texts):
        name, _, value = text.partition("=")
        if not name or not value:
            what = "value" if name else "name"
            raise ValueError(f"error parsing tag '{text}': invalid tag, empty {what}")
        tags[name] = value
    return tags


def stages_from_text(text: str) -> tuple[Stage, ...]:
    """``10s:5,1m:0``, the form of K6_STAGES."""
    return tuple(_stage_from_text(item) for item in strings_from_text(text))


def stages_from_flags(texts: Sequence[str]) -> tuple[Stage, ...]:
    """The same from one --stage or more; here each needs its duration."""
    stages = []
    for number, item in enumerate(item for text in texts for item in strings_from_text(text)):
        try:
            stage = _stage_from_text(item)
        except ValueError as error:
            raise ValueError(f"error for stage {number}: {error}") from None
        if "duration" in stage.lacks:
            raise ValueError(f"stage {number} doesn't have a specified duration")
        stages.append(stage)
    return tuple(stages)


def stages_from_json(value: object) -> tuple[Stage, ...]:
    """A list of ``{duration, target}``."""
    stages = []
    for item in list_from_json(value):
        step = object_from_json({} if item is None else item)
        duration, target = step.get("duration"), step.get("target")
        stages.append(
            _stage(
                None if duration is None else duration_from_json(duration),
                None if target is None else integer_from_json(target),
            )
        )
    return tuple(stages)


def scenario_stages_from_json(value: object) -> tuple[Stage, ...]:
    """The same in a scenario, where nothing else may stand in a stage."""
    for item in list_from_json(value):
        for name in item if isinstance(item, Mapping) else ():
            if name not in ("duration", "target"):
                raise ValueError(f'json: unknown field "{name}"')
    return stages_from_json(value)


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
        ValueError: there is no such unit.
    """
    unit = texts[-1]
    if unit not in ("", *TIME_UNITS):
        raise ValueError(f"invalid summary time unit '{unit}', use 's', 'ms' or 'us'")
    return unit


def _read_json_text(from_json: Callable[[object], T]) -> Callable[[str], T]:
    def from_text(text: str) -> T:
        try:
            value = json.loads(text)
        except ValueError:
            raise WrongType(f"{describe(text)} is not JSON") from None
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


def _stage_from_text(text: str) -> Stage:
    duration, _, target = text.partition(":")
    return _stage(
        parse_duration(duration) if duration else None, integer_from_text(target) if target else None
    )


def _stage(duration_s: float | None, target: int | None) -> Stage:
    lacks = {"duration": duration_s, "target": target}
    return Stage(
        duration_s or 0.0, target or 0, frozenset(name for name, value in lacks.items() if value is None)
    )


def _trimmed(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for name in names)


def _threshold(item: object) -> str | Mapping[str, object]:
    if isinstance(item, str):
        return item
    # Go's JSON decoder does not mind the case of names; what is left out is an empty text, which no threshold is.
    rule = {name.lower(): value for name, value in object_from_json({} if item is None else item).items()}
    source = rule.get("threshold")
    checked: dict[str, object] = {"threshold": "" if source is None else string_from_json(source)}
    aborts = rule.get("abortonfail")
    if aborts is not None:
        checked["abortOnFail"] = boolean_from_json(aborts)
    delay = rule.get("delayaborteval")
    if delay is not None:
        duration_from_json(delay)
        checked["delayAbortEval"] = delay
    return checked


BOOLEAN = Kind("bool", boolean_from_json, boolean_from_variable, lambda texts: boolean_from_text(texts[-1]))
INTEGER = Kind("int", integer_from_json, integer_from_text, lambda texts: integer_from_flag(texts[-1]))
STRING = Kind("string", string_from_json, str)
DURATION = Kind(
    "duration",
    duration_from_json,
    parse_duration,
    lambda texts: parse_go_duration(texts[-1]),
    format_duration,
)
SEGMENT = Kind("from:to", lambda value: normal_segment(string_from_json(value)), normal_segment)
SEGMENT_SEQUENCE = Kind("points", lambda value: normal_sequence(string_from_json(value)), normal_sequence)
STRINGS = _string_list("strings", tuple)._replace(takes_empty=True)
TRIMMED_STRINGS = _string_list("strings", _trimmed)._replace(takes_empty=True)
TAGS = Kind("name=value", string_map_from_json, tags_from_text, tags_from_flags)
STAGES = Kind(
    "duration:target",
    stages_from_json,
    stages_from_text,
    stages_from_flags,
    stages_to_k6,
)
SCENARIO_STAGES = STAGES._replace(from_json=scenario_stages_from_json)
DNS = Kind("settings", dns_from_json, dns_from_text, to_k6=dns_to_k6)
TLS_VERSION = _json_only("version", tls_versions_from_json, tls_versions_to_k6)
TLS_AUTH = _json_only("json", tls_auth_from_json, tls_auth_to_k6)
THRESHOLDS = _json_only("json", thresholds_from_json, thresholds_to_k6)
HOSTS = _json_only("json", hosts_from_json)
OBJECT = _json_only("json", object_from_json)
HOST_PATTERNS = _string_list("patterns", host_patterns)
CIDRS = _string_list("ranges", cidrs)._replace(from_flags=cidrs_from_flags)
ANYTHING = _json_only("json", _as_it_is)
LOCAL_IPS = Kind(
    "ranges", lambda value: local_ips_from_text(string_from_json(value)), local_ips_from_text, to_k6=",".join
)
TIME_UNIT = Kind("unit", string_from_json, str, time_units_from_flags)
