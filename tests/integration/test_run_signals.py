"""Ctrl-C, once and twice, in every phase of a run."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.kit.k6py_process import K6pyProcess
from tests.kit.raw_server import RawServer, echo
from tests.kit.ws_pair import close_payload

pytestmark = pytest.mark.slow

ABORTED = 105
PROMPT_S = 3.0
SUMMARY = "TOTAL RESULTS"
INTERRUPTED = "test run was aborted because k6py received a 'interrupt' signal"

WAYS = {
    "computing": "console.log('here'); while (true) {}",
    "computing in catch": "console.log('here'); while (true) { try { while (true) {} } catch {} }",
    "sleeping": "console.log('here'); sleep(100);",
    "sleeping in catch": "console.log('here'); while (true) { try { sleep(100); } catch {} }",
    "timer": "console.log('here'); setTimeout(() => {}, 100000);",
}
INIT_WAYS = {
    **WAYS,
    "sleeping for years": "console.log('here'); sleep(1e10);",
    "await": "console.log('here'); await new Promise((done) => setTimeout(done, 100000));",
}
IMPORT = "import { sleep } from 'k6'; import ws from 'k6/ws';"


def stop_once(process: K6pyProcess) -> float:
    process.wait_for_line("here")
    # Long enough to be in the middle of what follows the line.
    time.sleep(0.1)
    process.interrupt()
    return time.monotonic()


@pytest.mark.parametrize("code", INIT_WAYS.values(), ids=INIT_WAYS.keys())
def test_interrupt_in_init_ends_the_run_without_a_summary(tmp_path: Path, code: str) -> None:
    with K6pyProcess(tmp_path, f"{IMPORT} {code}\nexport default function () {{}}") as process:
        since_s = stop_once(process)
        result = process.finish()
    assert result.exit_code == ABORTED
    assert time.monotonic() - since_s < PROMPT_S
    assert result.log.count(INTERRUPTED) == 1
    assert result.log.count("level=error") == 1
    assert SUMMARY not in result.stdout


def test_interrupt_in_the_init_of_one_of_the_vus_ends_the_run(tmp_path: Path) -> None:
    code = "if (__VU === 2) { console.log('here'); while (true) {} } export const options = { vus: 3 };"
    with K6pyProcess(tmp_path, f"{code} export default function () {{}}") as process:
        since_s = stop_once(process)
        result = process.finish()
    assert result.exit_code == ABORTED
    assert time.monotonic() - since_s < PROMPT_S
    assert result.log.count(INTERRUPTED) == 1
    assert result.log.count("level=error") == 1 + result.log.count("there is nothing to show")


@pytest.mark.parametrize("code", WAYS.values(), ids=WAYS.keys())
def test_interrupt_in_setup_ends_the_run_with_a_summary_and_nothing_else(tmp_path: Path, code: str) -> None:
    script = f"""{IMPORT}
      export function setup() {{ {code} }}
      export default function () {{ console.log('never'); }}
      export function teardown() {{ console.log('never'); }}
    """
    with K6pyProcess(tmp_path, script) as process:
        since_s = stop_once(process)
        result = process.finish()
    assert result.exit_code == ABORTED
    assert time.monotonic() - since_s < PROMPT_S
    assert result.log.count(INTERRUPTED) == result.log.count("level=error") == 1
    assert "never" not in result.log
    assert "data_sent" in result.stdout


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("code", WAYS.values(), ids=WAYS.keys())
def test_interrupt_in_an_iteration_is_followed_by_teardown_and_summary(
    tmp_path: Path, code: str, signal_number: signal.Signals
) -> None:
    script = f"""{IMPORT}
      export const options = {{ scenarios: {{
        first: {{ executor: 'per-vu-iterations', vus: 2 }},
        later: {{ executor: 'per-vu-iterations', startTime: '1h', exec: 'later' }},
      }} }};
      export function setup() {{ return 'data'; }}
      export default function () {{ {code} }}
      export function later() {{ console.log('never'); }}
      export function teardown(data) {{ console.log('torn down', data); }}
    """
    with K6pyProcess(tmp_path, script) as process:
        process.wait_for_line("here")
        time.sleep(0.1)
        since_s = time.monotonic()
        process.interrupt(signal_number)
        result = process.finish()
    assert result.exit_code == ABORTED
    assert time.monotonic() - since_s < PROMPT_S
    assert result.log.count("test run was aborted") == result.log.count("level=error") == 1
    assert "torn down data" in result.log
    assert "never" not in result.log
    assert SUMMARY in result.stdout
    assert "0 complete and 2 interrupted iterations" in result.stdout
    assert "data_received" in result.metrics()
    assert "iterations" not in result.metrics()


def test_interrupt_in_connect_says_goodbye_to_the_server(tmp_path: Path) -> None:
    script = f"""{IMPORT}
      export const options = {{ vus: 3 }};
      export default function () {{
        ws.connect(__ENV.URL, {{}}, (socket) => {{
          socket.on('message', () => console.log('here'));
          socket.send('x');
        }});
        console.log('never');
      }}
    """
    with RawServer(echo) as server, K6pyProcess(tmp_path, script, "-u3", env={"URL": server.url}) as process:
        since_s = stop_once(process)
        result = process.finish()
    assert result.exit_code == ABORTED
    assert time.monotonic() - since_s < PROMPT_S
    assert server.told.count(close_payload(1001)) == server.told.count("fin") == 3
    assert [point["metric"] for point in result.points].count("ws_session_duration") == 3
    assert "never" not in result.log


def test_interrupt_in_teardown_lets_the_summary_follow(tmp_path: Path) -> None:
    script = f"""{IMPORT}
      export default function () {{}}
      export function teardown() {{ console.log('here'); sleep(100); }}
    """
    with K6pyProcess(tmp_path, script) as process:
        since_s = stop_once(process)
        result = process.finish()
    assert result.exit_code == ABORTED
    assert time.monotonic() - since_s < PROMPT_S
    assert result.log.count("level=error") == 1
    assert "iterations" in result.stdout
    assert "iterations" in result.metrics()


def test_interrupt_in_handle_summary_leaves_the_built_in_summary(tmp_path: Path) -> None:
    script = f"""{IMPORT}
      export default function () {{}}
      export function handleSummary() {{ console.log('here'); sleep(100); return {{ stdout: 'never' }}; }}
    """
    with K6pyProcess(tmp_path, script) as process:
        since_s = stop_once(process)
        result = process.finish()
    assert result.exit_code == ABORTED
    assert time.monotonic() - since_s < PROMPT_S
    assert "TOTAL RESULTS" in result.stdout and "never" not in result.stdout
    assert "iterations" in result.metrics()


@pytest.mark.parametrize(
    "ending", ["sleep(100);", "while (true) {}", "while (true) { try { sleep(1); } catch {} }"]
)
def test_second_interrupt_ends_the_process_at_once(tmp_path: Path, ending: str) -> None:
    script = f"""{IMPORT}
      export default function () {{ console.log('here'); sleep(100); }}
      export function teardown() {{ console.log('tearing down'); {ending} }}
    """
    with K6pyProcess(tmp_path, script) as process:
        stop_once(process)
        process.wait_for_line("tearing down")
        since_s = time.monotonic()
        process.interrupt()
        result = process.finish()
    assert result.exit_code == ABORTED
    assert time.monotonic() - since_s < PROMPT_S
