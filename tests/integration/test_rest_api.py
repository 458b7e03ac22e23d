"""--paused, --linger and the REST API of real runs, in one process and in several."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kit.k6py_process import Finished, K6pyProcess
from tests.kit.rest_client import RestClient

pytestmark = pytest.mark.slow

PAUSED, SETUP, SCENARIOS, TEARDOWN, ENDED, STOPPED = 4, 6, 7, 8, 9, 10
ABORTED, STOPPED_BY_API, CANNOT_LISTEN = 105, 103, 106
PROMPT_S = 3.0
LINGERS = "The test is done, but --linger was enabled, so k6py is waiting for Ctrl+C to continue..."
WORKERS = [(), ("--workers", "2")]

# Every phase can be told to wait by -e.
SCRIPT = """
import { check, group, sleep } from 'k6';
export const options = { scenarios: { a: { executor: 'shared-iterations', vus: 2, iterations: 4 } } };
const rest = (phase) => { console.log(phase); if (__ENV.WAIT === phase) sleep(60); };
export function setup() { rest('setup'); return { from: 'setup' }; }
export default function (data) {
  rest('iteration');
  group('g', () => check(data, { 'has data': (d) => d !== undefined, never: () => false }));
  console.log('got', JSON.stringify(data));
}
export function teardown(data) {
  console.log('tearing down');
  if (__ENV.WAIT === 'teardown') sleep(1);
  console.log('torn down', JSON.stringify(data));
}
"""


def start(folder: Path, *flags: str, script: str = SCRIPT, **how: Any) -> K6pyProcess:
    return K6pyProcess(folder, script, *RestClient.FLAGS, *flags, **how)


def errors(result: Finished) -> list[str]:
    """The messages of the log's errors."""
    return re.findall(r'level=error msg="?(.*?)"?(?: \w+=.*)?\n', result.log)


def end_of_lingering(process: K6pyProcess, number: signal.Signals = signal.SIGINT) -> Finished:
    process.interrupt(number)
    return process.finish()


# --paused


@pytest.mark.parametrize("workers", WORKERS)
def test_paused_run_waits_before_setup_until_it_is_resumed(tmp_path: Path, workers: tuple[str, ...]) -> None:
    with start(tmp_path, "--paused", *workers) as process:
        api = RestClient(process)
        api.wait_for_phase(PAUSED)
        status = api.status()
        # The virtual users are counted meanwhile, the first time after a second.
        assert api.wait_for_metric("vus_max") == {"value": 2}
        assert "setup" not in process.log
        code, answer = api.change(paused=False)
        assert (code, answer["data"]["attributes"]["paused"]) == (200, False)
        result = process.finish()
    assert status == {
        "status": PAUSED,
        "paused": True,
        "vus": 0,
        "vus-max": 2,
        "stopped": False,
        "running": False,
        "tainted": False,
    }
    assert (result.exit_code, errors(result)) == (0, [])
    assert "\nRun    [ 100% ] paused\na      [   0% ]\n" in result.stdout
    assert "4 complete and 0 interrupted iterations" in result.stdout
    assert re.search(r"running \(00m00\.\ds\), 0/2 VUs, 4 complete", result.stdout)


@pytest.mark.parametrize("flags", [(), ("--linger",)])
def test_interrupt_ends_a_paused_run_with_a_summary_and_nothing_else(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    with start(tmp_path, "--paused", *flags) as process:
        api = RestClient(process)
        api.wait_for_metric("vus_max")
        result = end_of_lingering(process)
    assert result.exit_code == ABORTED
    assert errors(result) == ["test run was aborted because k6py received a 'interrupt' signal"]
    assert "setup" not in result.log and "torn down" not in result.log
    assert result.metrics() == {"vus", "vus_max"}
    assert "vus_max" in result.stdout and LINGERS not in result.stdout
    assert result.stdout.rstrip().endswith("Run    [ 100% ] paused\na      [   0% ]")


@pytest.mark.parametrize("how", ["script", "environment"])
def test_pause_may_be_asked_for_elsewhere(tmp_path: Path, how: str) -> None:
    script = SCRIPT.replace("options = {", "options = { paused: true,") if how == "script" else SCRIPT
    environ = {"K6_PAUSED": "true"} if how == "environment" else {}
    with start(tmp_path, script=script, environ=environ) as process:
        api = RestClient(process)
        api.wait_for_phase(PAUSED)
        assert api.change(paused=True)[1]["errors"][0]["detail"] == "execution is already paused"
        api.change(paused=False)
        assert process.finish().exit_code == 0


def test_run_cannot_be_paused_once_it_has_started(tmp_path: Path) -> None:
    with start(tmp_path, env={"WAIT": "iteration"}) as process:
        api = RestClient(process)
        api.wait_for_phase(SCENARIOS)
        detail = "shared-iterations executor 'a' doesn't support pause and resume operations after its start"
        error = {"status": "500", "title": "Pause error", "detail": detail}
        assert api.change(paused=True) == (500, {"errors": [error]})


# --linger


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", WORKERS)
def test_lingering_run_can_be_looked_at_until_it_is_interrupted(
    tmp_path: Path, workers: tuple[str, ...], number: signal.Signals
) -> None:
    with start(tmp_path, "--linger", *workers) as process:
        api = RestClient(process)
        api.wait_for_phase(ENDED)
        status = api.status()
        iterations = api.wait_for_metric("iterations")
        checks = {
            check["name"]: (check["passes"], check["fails"])
            for group in api.ask("GET", "/v1/groups")[1]["data"]
            for check in group["attributes"]["checks"] or []
        }
        setup = api.ask("GET", "/v1/setup")[1]["data"]["attributes"]
        result = end_of_lingering(process, number)
    assert (status["running"], status["stopped"], status["vus"], status["vus-max"]) == (False, False, 0, 2)
    assert iterations["count"] == 4 and iterations["rate"] > 0
    assert checks == {"has data": (4, 0), "never": (0, 4)}
    assert setup == {"data": {"from": "setup"}}
    assert (result.exit_code, errors(result)) == (0, [])
    message, summary = result.stdout.index(f"\n{LINGERS}\n"), result.stdout.index("TOTAL RESULTS")
    assert message < summary
    assert "iterations" in result.metrics()


def test_exit_code_of_a_lingering_run_is_the_tests(tmp_path: Path) -> None:
    script = SCRIPT.replace("options = {", "options = { thresholds: { checks: ['rate>0.9'] },")
    with start(tmp_path, "--linger", script=script) as process:
        RestClient(process).wait_for_phase(ENDED)
        result = end_of_lingering(process)
    assert (result.exit_code, errors(result)) == (99, ["thresholds on metrics 'checks' have been crossed"])


def test_run_lingers_quietly_when_it_is_to_be_quiet(tmp_path: Path) -> None:
    with start(tmp_path, "--linger", "--quiet") as process:
        RestClient(process).wait_for_phase(ENDED)
        result = end_of_lingering(process)
    assert LINGERS not in result.stdout and "TOTAL RESULTS" in result.stdout


def test_run_that_was_interrupted_does_not_linger(tmp_path: Path) -> None:
    with start(tmp_path, "--linger", env={"WAIT": "iteration"}) as process:
        process.wait_for_line("iteration")
        result = end_of_lingering(process)
    assert result.exit_code == ABORTED
    assert LINGERS not in result.stdout and "torn down" in result.log


# Stopping


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(
    ("phase", "flags", "wait", "tears_down"),
    [
        (PAUSED, ("--paused",), "", False),
        (SETUP, (), "setup", False),
        (SCENARIOS, (), "iteration", True),
        (TEARDOWN, (), "teardown", True),
    ],
)
def test_run_is_stopped_in_each_phase(
    tmp_path: Path, phase: int, flags: tuple[str, ...], wait: str, tears_down: bool, workers: tuple[str, ...]
) -> None:
    with start(tmp_path, *flags, *workers, env={"WAIT": wait}) as process:
        api = RestClient(process)
        if wait:
            process.wait_for_line("tearing down" if wait == "teardown" else wait)
        api.wait_for_phase(phase)
        code, answer = api.change(stopped=True)
        attributes = answer["data"]["attributes"]
        assert (code, attributes["stopped"], attributes["status"]) == (200, True, phase)
        result = process.finish()
    assert result.exit_code == STOPPED_BY_API
    # Before the first sample of the virtual users, a second after the start, there may be nothing to sum up.
    is_empty = phase is PAUSED and "TOTAL RESULTS" not in result.stdout
    problems = ["failed to handle the end-of-test summary"] if is_empty else []
    assert errors(result) == [*problems, "test run stopped from REST API"]
    assert "test run stopped from REST API" in result.log.splitlines()[-1]
    # A teardown() that runs already runs to its end.
    assert ("torn down" in result.log) is tears_down
    assert is_empty or "TOTAL RESULTS" in result.stdout
    assert ("setup" in result.log) is (phase is not PAUSED)


def test_run_is_stopped_while_its_virtual_users_are_made(tmp_path: Path) -> None:
    script = f"{SCRIPT}\nif (__VU === 2) {{ console.log('here'); sleep(60); }}"
    with start(tmp_path, script=script) as process:
        api = RestClient(process)
        process.wait_for_line("here")
        api.change(stopped=True)
        result = process.finish()
    assert (result.exit_code, errors(result)[-1]) == (STOPPED_BY_API, "test run stopped from REST API")


def test_stopped_run_may_linger(tmp_path: Path) -> None:
    with start(tmp_path, "--linger", env={"WAIT": "iteration"}) as process:
        api = RestClient(process)
        process.wait_for_line("iteration")
        api.change(stopped=True)
        api.wait_for_phase(STOPPED)
        status = api.status()
        assert api.change(stopped=True)[0] == 200
        result = end_of_lingering(process)
    assert (status["running"], status["stopped"]) == (True, True)
    assert (result.exit_code, errors(result)) == (STOPPED_BY_API, ["test run stopped from REST API"])


def test_stop_that_comes_after_the_end_changes_nothing(tmp_path: Path) -> None:
    with start(tmp_path, "--linger") as process:
        api = RestClient(process)
        api.wait_for_phase(ENDED)
        assert api.change(stopped=True)[1]["data"]["attributes"]["status"] == ENDED
        result = end_of_lingering(process)
    assert (result.exit_code, errors(result)) == (0, [])


# setup() and teardown()


@pytest.mark.parametrize("workers", WORKERS)
def test_data_that_were_put_stand_for_setups(tmp_path: Path, workers: tuple[str, ...]) -> None:
    with start(tmp_path, "--paused", "--no-setup", *workers) as process:
        api = RestClient(process)
        api.wait_for_phase(PAUSED)
        assert api.ask("GET", "/v1/setup")[1]["data"]["attributes"] == {}
        assert api.ask("PUT", "/v1/setup", {"from": "api"})[0] == 200
        api.change(paused=False)
        result = process.finish()
    assert result.log.count('got {\\"from\\":\\"api\\"}') == 4
    assert result.log.count('torn down {\\"from\\":\\"api\\"}') == 1


@pytest.mark.parametrize("workers", WORKERS)
def test_data_that_come_late_reach_who_has_not_used_others(tmp_path: Path, workers: tuple[str, ...]) -> None:
    script = """
      import { sleep } from 'k6';
      const one = { executor: 'per-vu-iterations', vus: 1 };
      export const options = { scenarios: {
        first: { ...one, exec: 'first' }, later: { ...one, exec: 'later', startTime: '3s' },
      } };
      export function setup() { return 1; }
      export function first(data) { console.log('first', data); sleep(4); }
      export function later(data) { console.log('later', data); }
      export function teardown(data) { console.log('torn down', data); }
    """
    with start(tmp_path, *workers, script=script) as process:
        api = RestClient(process)
        process.wait_for_line("first 1")
        api.ask("PUT", "/v1/setup", 2)
        result = process.finish()
    assert "later 2" in result.log and "torn down 2" in result.log


def test_functions_of_the_script_can_be_called(tmp_path: Path) -> None:
    with start(tmp_path, "--paused", "--no-setup", "--no-teardown") as process:
        api = RestClient(process)
        api.wait_for_phase(PAUSED)
        called = api.ask("POST", "/v1/setup")[1]["data"]["attributes"]
        assert api.ask("POST", "/v1/teardown") == (200, "")
        api.change(paused=False)
        result = process.finish()
    assert called == {"data": {"from": "setup"}}
    assert result.log.count('got {\\"from\\":\\"setup\\"}') == 4
    assert result.log.count("torn down") == 1


def test_function_that_is_called_too_late_does_not_hold_the_run(tmp_path: Path) -> None:
    told: list[tuple[int, Any]] = []
    with start(tmp_path, "--linger", "--no-setup", env={"WAIT": "setup"}) as process:
        api = RestClient(process)
        api.wait_for_phase(ENDED)
        caller = threading.Thread(target=lambda: told.append(api.ask("POST", "/v1/setup")))
        caller.start()
        process.wait_for_line("setup")
        since_s = time.monotonic()
        result = end_of_lingering(process)
        assert time.monotonic() - since_s < PROMPT_S
        caller.join()
    ((code, answer),) = told
    assert (code, answer["errors"][0]["title"]) == (500, "Error executing setup")
    assert result.exit_code == 0


# The address


def test_address_in_use_ends_the_run_when_it_was_a_flag(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with K6pyProcess(tmp_path, SCRIPT, "--address", address, "--linger", "--paused") as process:
            result = process.finish()
    assert result.exit_code == CANNOT_LISTEN
    assert errors(result) == ["Error from API server"]
    assert f'error="listen tcp {address}: bind: address already in use"' in result.log
    assert "TOTAL RESULTS" not in result.stdout and "scenarios: " in result.stdout


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("6565", "listen tcp: address 6565: missing port in address"),
        ("127.0.0.1:x", "listen tcp: address 127.0.0.1:x: invalid port"),
    ],
)
def test_address_from_the_environment_is_warned_of(tmp_path: Path, address: str, error: str) -> None:
    with K6pyProcess(tmp_path, SCRIPT, environ={"K6_ADDRESS": address}) as process:
        result = process.finish()
    assert (result.exit_code, errors(result)) == (0, [])
    assert f'level=warning msg="Error from API server" error="{error}"' in result.log
