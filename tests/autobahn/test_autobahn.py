"""The parts of `make autobahn` that need no CPython 2.7: clients, report, and the word that there is no 2.7."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.autobahn.report import cases_of, table
from tests.kit.raw_server import Peer, RawServer
from tests.kit.run_script import run_script
from tests.kit.ws_pair import BINARY, CLOSE, TEXT, close_payload, frame

ROOT = Path(__file__).parents[2]


def entry(behavior: str, closing: str = "OK", code: int | None = 1000) -> dict[str, Any]:
    return {"behavior": behavior, "behaviorClose": closing, "remoteCloseCode": code, "duration": 7}


INDEX = {
    "k6py-ws": {
        "10.1.1": entry("OK"),
        "9.1.1": entry("OK", "UNCLEAN", None),
        "6.22.2": entry("NON-STRICT", code=1007),
        "6.4.1": entry("FAILED", "FAILED"),
        "6.3.1": entry("OK"),
        "7.1.6": entry("INFORMATIONAL", "INFORMATIONAL"),
        "13.3.1": entry("UNIMPLEMENTED"),
    },
    "another": {"1.1.1": entry("OK")},
}
TABLE = """
section  OK  NON-STRICT  INFORMATIONAL  UNIMPLEMENTED  FAILED
      6   1           1              0              0       1
      7   0           0              1              0       0
      9   0           0              0              0       1
     10   1           0              0              0       0
     13   0           0              0              1       0
    all   2           1              1              1       2
"""


def test_cases_are_counted_by_section_and_an_unclean_end_is_a_failure() -> None:
    assert f"\n{table(cases_of(INDEX, 'k6py-ws'))}\n" == TABLE


def test_what_is_not_well_is_told_in_the_order_of_the_suite() -> None:
    assert [str(case) for case in cases_of(INDEX, "k6py-ws") if not case.is_well] == [
        "6.4.1: FAILED, closing FAILED, close code 1000, 7 ms",
        "6.22.2: NON-STRICT, closing OK, close code 1007, 7 ms",
        "9.1.1: OK, closing UNCLEAN, no close code, 7 ms",
        "13.3.1: UNIMPLEMENTED, closing OK, close code 1000, 7 ms",
    ]


def test_agent_that_never_came_has_no_cases() -> None:
    assert cases_of(INDEX, "k6py-websockets") == []


@pytest.mark.parametrize("module", ["ws", "websockets"])
def test_client_echoes_each_case_as_it_came_and_asks_for_the_report(module: str) -> None:
    def serve(peer: Peer) -> None:
        head = peer.upgrade()
        target = head.split()[1]
        if target.startswith(b"/getCaseCount"):
            peer.send(frame(TEXT, b"2"))
        else:
            peer.tell(target)
            peer.tell(b"permessage-deflate" in head)
        if target.startswith(b"/runCase"):
            for opcode, payload in [(TEXT, "grüße".encode()), (BINARY, b"\xff\x00")]:
                peer.send(frame(opcode, payload))
                assert peer.read_frame() == (opcode, payload)
        peer.send(frame(CLOSE, close_payload(1000)))
        peer.read_frame()

    script = (Path(__file__).parent / f"echo-{module}.js").read_text(encoding="utf-8")
    with RawServer(serve) as server:
        result = run_script(script, env={"WS_URL": server.url.rstrip("/"), "AGENT": "me"})
    assert result.messages == []
    assert server.told == [
        b"/runCase?case=1&agent=me",
        True,
        b"/runCase?case=2&agent=me",
        True,
        b"/updateReports?agent=me",
        False,
    ]


def test_missing_python_is_told() -> None:
    done = subprocess.run(
        ["make", "python2", "PYTHON2=/nowhere/python2.7"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "needs CPython 2.7: make autobahn PYTHON2=" in done.stderr
