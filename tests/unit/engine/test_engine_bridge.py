"""Op calls: what crosses, and what becomes of errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.bridge import REFUSALS_MAX, Bridge
from runner.errors import InternalError, TransportError
from runner.ops import Interrupted, Op, Thrown


def bridge_with(call: Any, byte_arguments: tuple[int, ...] = ()) -> Bridge:
    return Bridge(None, {"module.op": Op(call, byte_arguments)}.get)


def answer(bridge: Bridge, *arguments: Any) -> Any:
    # As QuickJS's JSON.stringify writes it: lone surrogates escaped, everything else as UTF-8.
    text = json.dumps(list(arguments))
    given = bridge.call(b"module.op", text.encode())
    return None if given is None else json.loads(given)


def packed(data: bytes) -> dict[str, str]:
    """Bytes as kernel.js packs them."""
    odd = len(data) % 2
    return {"packed": f"{odd}" + (data + b"\0" * odd).decode("utf-16-le", "surrogatepass")}


@pytest.mark.parametrize("value", [0, 1.5, "text", "ä😀", True, [], [1, [2]], {"a": {"b": None}}, "\u2028\0"])
def test_values_cross_as_they_are(value: Any) -> None:
    assert answer(bridge_with(lambda argument: argument), value) == [value]


def test_none_is_undefined() -> None:
    assert answer(bridge_with(lambda: None)) is None


@given(st.binary(max_size=300))
def test_bytes_cross_unchanged_through_text(data: bytes) -> None:
    seen = []
    returned = answer(bridge_with(lambda given: seen.append(given) or given, (0,)), packed(data))
    assert seen == [data]
    value, holds_bytes = returned
    assert holds_bytes == 1
    assert value == {"$packed": packed(data)["packed"]}


def test_text_for_bytes_is_utf8_and_null_stays_null() -> None:
    seen: list[Any] = []
    bridge = bridge_with(lambda *given: seen.extend(given), (0, 1, 2))
    answer(bridge, "ä", None)
    assert seen == ["ä".encode(), None]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\ud800b", "a�b"),
        ("\udc00\ud800", "��"),
        ("\ud83d\ude00", "😀"),
        (["\ud800", {"\ud800": "\udfff"}], ["�", {"�": "�"}]),
        ("\\ud800", "\\ud800"),
    ],
)
def test_lone_surrogates_become_replacement_characters(value: Any, expected: Any) -> None:
    assert answer(bridge_with(lambda argument: argument), value) == [expected]


def test_text_with_lone_surrogates_beside_bytes_leaves_the_bytes_alone() -> None:
    seen: list[Any] = []
    answer(bridge_with(lambda *given: seen.extend(given), (0,)), packed(b"\x00\xd8"), "\ud800")
    assert seen == [b"\x00\xd8", "�"]


@pytest.mark.parametrize(
    ("error", "js_class", "message"),
    [
        (Thrown("no"), "GoError", "no"),
        (Thrown("no", "TypeError"), "TypeError", "no"),
        (TransportError("dial tcp: refused"), "GoError", "dial tcp: refused"),
    ],
)
def test_errors_of_ops_become_exceptions_of_the_script(error: Exception, js_class: str, message: str) -> None:
    def fail() -> None:
        raise error

    bridge = bridge_with(fail)
    assert answer(bridge) == {"error": js_class, "message": message}
    assert bridge.internal_error is None


@pytest.mark.parametrize("error", [KeyError("x"), InternalError("ours")])
def test_bugs_are_remembered_for_the_host(error: Exception) -> None:
    def fail() -> None:
        raise error

    bridge = bridge_with(fail)
    assert "error" in answer(bridge)
    assert bridge.internal_error is error or bridge.internal_error.__cause__ is error


def test_unknown_ops_and_unserialisable_answers_are_told() -> None:
    bridge = bridge_with(lambda: object())
    assert "no op" in json.loads(bridge.call(b"other.op", b"[]") or b"")["message"]
    assert answer(bridge)["error"] == "GoError"
    assert isinstance(bridge.internal_error, InternalError)


def test_no_op_runs_after_an_interruption_and_a_stubborn_script_is_caught() -> None:
    calls = []

    def interrupt() -> None:
        calls.append(1)
        raise Interrupted

    bridge = bridge_with(interrupt)
    refusals = [answer(bridge) for _ in range(REFUSALS_MAX)]
    assert {refusal["message"] for refusal in refusals} == {"the iteration was interrupted"}
    assert bridge.interrupted
    assert len(calls) == 1
    assert answer(bridge) == "spin"
