"""The reason in a close frame; test_protocol_websocket drives each row of the table through a session."""

from __future__ import annotations

import pytest

from runner.protocol.violations import is_one_byte_close, violation_reason


def test_text_that_a_newer_parser_may_have_gets_a_general_reason() -> None:
    assert violation_reason(1002, "something new") == "protocol error"


@pytest.mark.parametrize(
    "code, reason",
    [(1002, "bad RSV"), (1007, "bad compressed data"), (1009, "message too big"), (1011, "extension failed")],
)
def test_fault_in_an_extension_is_told_by_its_code(code: int, reason: str) -> None:
    assert violation_reason(code, "error in extension") == reason


def test_only_a_close_of_one_byte_is_called_so() -> None:
    assert is_one_byte_close("CLOSE with 1 byte payload")
    assert not is_one_byte_close("CLOSE with invalid code")
