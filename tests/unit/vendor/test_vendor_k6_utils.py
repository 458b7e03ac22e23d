"""Our k6-utils, run in an interpreter with a k6/execution by hand."""

from __future__ import annotations

import json
import uuid
from typing import Any

import dukpy
import pytest

from tests.kit.vendor_lock import VENDOR

SOURCE = (VENDOR / "jslib.k6.io/k6-utils/1.4.0/index.js").read_text(encoding="utf-8")
SCRIPT = SOURCE.replace("import exec from 'k6/execution';", "").replace("export function", "function")


def evaluate(
    expression: str, *, stages: Any = None, elapsed_ms: float = 0, start_vus: int | None = None
) -> Any:
    """The value of a JavaScript expression that may use every function of the module, and ``exec``."""
    scenario = {
        "executor": "ramping-vus" if stages else "constant-vus",
        "stages": stages,
        "startVUs": start_vus,
    }
    options = {"scenarios": {"default": {key: value for key, value in scenario.items() if value is not None}}}
    setting = f"""
        const exec = {{
          scenario: {{ name: 'default', startTime: 1000000 }},
          test: {{ options: {json.dumps(options)} }},
          vu: {{ tags: {{}} }},
        }};
        Date.now = () => 1000000 + {elapsed_ms};
        const crypto = {{ randomUUID: () => 'secure' }};
    """
    return json.loads(
        dukpy.evaljs(f"(() => {{ {setting} {SCRIPT}\nreturn JSON.stringify({expression}); }})()")
    )


def test_random_int_reaches_both_bounds_and_no_further() -> None:
    numbers = evaluate("Array.from({ length: 500 }, () => randomIntBetween(-1, 2))")
    assert set(numbers) == {-1, 0, 1, 2}


def test_random_item_reaches_every_item() -> None:
    assert set(evaluate("Array.from({ length: 200 }, () => randomItem(['a', 'b', 'c']))")) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("expression", "length", "letters"),
    [
        ("randomString(200)", 200, set("abcdefghijklmnopqrstuvwxyz")),
        ("randomString(100, 'ab')", 100, {"a", "b"}),
        ("randomString(0)", 0, set()),
    ],
)
def test_random_string_has_its_length_and_letters(expression: str, length: int, letters: set[str]) -> None:
    text = evaluate(expression)
    assert len(text) == length
    assert set(text) <= letters


def test_uuids_are_of_version_4_and_differ() -> None:
    texts = evaluate("Array.from({ length: 100 }, () => uuidv4())")
    assert len(set(texts)) == 100
    for text in texts:
        parsed = uuid.UUID(text)
        assert (str(parsed), parsed.version, parsed.variant) == (text, 4, uuid.RFC_4122)


def test_secure_uuid_comes_from_the_cryptographic_generator() -> None:
    assert evaluate("uuidv4(true)") == "secure"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'<b>1</b><b>2</b>', '<b>', '</b>'", "1"),
        ("'<b>1</b><b>2</b>', '<b>', '</b>', true", ["1", "2"]),
        ("'<b>1</b><b>2', '<b>', '</b>', true", ["1"]),
        ("'nothing', '<b>', '</b>'", ""),
        ("'nothing', '<b>', '</b>', true", []),
        ("'<b>open', '<b>', '</b>'", ""),
        ("'a||b', '|', '|'", ""),
        ("'abc', '', '', true", ["", "", "", ""]),
    ],
)
def test_find_between(arguments: str, expected: object) -> None:
    assert evaluate(f"findBetween({arguments})") == expected


@pytest.mark.parametrize(
    ("arguments", "targets", "durations"),
    [
        ("10, 20, 5", [1, 6, 10, 6, 1], ["4s"] * 5),
        ("10, 5, 1", [10], ["5s"]),
        ("100, 10, 3", [14, 100, 14], ["3s", "4s", "3s"]),
    ],
)
def test_normal_distribution_is_a_bell(arguments: str, targets: list[int], durations: list[str]) -> None:
    stages = evaluate(f"normalDistributionStages({arguments})")
    assert [stage["target"] for stage in stages] == targets
    assert [stage["duration"] for stage in stages] == durations


def test_normal_distribution_has_ten_stages_unless_told_otherwise() -> None:
    targets = [stage["target"] for stage in evaluate("normalDistributionStages(50, 100)")]
    assert len(targets) == 10
    assert max(targets) == 50
    assert targets == targets[::-1]


STAGES = [
    {"duration": "1m30s", "target": 10},
    {"duration": 5000, "target": 10},
    {"duration": "500ms", "target": 0},
]


@pytest.mark.parametrize(
    ("elapsed_ms", "index", "profile"),
    [
        (0, 0, "ramp-up"),
        (89_999, 0, "ramp-up"),
        (90_000, 1, "steady"),
        (95_000, 2, "ramp-down"),
        (99_000, 2, "ramp-down"),
    ],
)
def test_stage_and_its_profile_become_tags(elapsed_ms: float, index: int, profile: str) -> None:
    expression = "(tagWithCurrentStageIndex(), tagWithCurrentStageProfile(), exec.vu.tags)"
    tags = evaluate(expression, stages=STAGES, elapsed_ms=elapsed_ms)
    assert tags == {"stage": index, "stage_profile": profile}
    assert evaluate("getCurrentStageIndex()", stages=STAGES, elapsed_ms=elapsed_ms) == index


def test_first_stage_is_compared_with_the_start() -> None:
    expression = "(tagWithCurrentStageProfile(), exec.vu.tags)"
    assert evaluate(expression, stages=STAGES, start_vus=20) == {"stage_profile": "ramp-down"}


def test_executor_without_stages_is_told_so() -> None:
    with pytest.raises(dukpy.JSRuntimeError, match=r"only executors with stages .+ constant-vus has none"):
        evaluate("getCurrentStageIndex()")
