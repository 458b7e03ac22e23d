"""Runs every case of cases/: what k6py does, held against what was recorded from k6 v2.2.0.

``python tests/conformance/run.py --command k6py --filter 'ws/*'`` does the same by hand and shows the differences.
"""

from __future__ import annotations

import gc
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

import run as kit  # noqa: E402
from server import ServerThread  # noqa: E402

CASES = {case.name: case for case in kit.find_cases([HERE / "cases"], [], [])}
COMMAND = [sys.executable, "-m", "runner"]

# Deliberate differences from k6; docs/differences.md says why for each.
DIFFERENT = frozenset(
    {
        "websockets/blob-instanceof",
        "websockets/constructor-in-init",
        "websockets/send-blob",
        "ws/bad-utf8",
    }
)


@pytest.fixture(scope="module")
def servers() -> Iterator[ServerThread]:
    threads = ServerThread()
    yield threads
    threads.close()
    with warnings.catch_warnings():
        # The kit leaves connections to the garbage collector, which must not blame a later test.
        warnings.simplefilter("ignore", ResourceWarning)
        threads.loop.close()
        del threads
        gc.collect()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CASES))
def test_behaves_as_k6(name: str, servers: ServerThread) -> None:
    outcome = kit.judge(CASES[name], COMMAND, servers, 2.0)
    report = "\n".join([outcome["reason"], *outcome["diff"]])
    if name in DIFFERENT:
        assert not outcome["ok"], (
            f"{name} behaves as k6 now: take it out of DIFFERENT and docs/differences.md"
        )
    else:
        assert outcome["ok"], report


def test_every_deliberate_difference_is_documented() -> None:
    text = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`((?:ws|websockets|core)/[\w-]+)`", text)) == DIFFERENT
