"""How tests on worker processes end: by themselves, by the script, by thresholds, by signals, and badly."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from runner.execution.workers import crew
from tests.kit.k6py_process import K6pyProcess
from tests.kit.raw_server import RawServer, echo
from tests.kit.run_script import run_script
from tests.kit.ws_pair import close_payload

pytestmark = pytest.mark.slow

IMPORTS = "import exec from 'k6/execution'; import { sleep } from 'k6'; import ws from 'k6/ws';"
LOOPING = "export const options = { vus: 4, duration: '60s' };"
PROMPT_S = 4.0


def pids(process: K6pyProcess, count: int = 2) -> list[int]:
    """The workers, which the run names in debug lines."""
    process.wait_for_line(f"worker {count} ")
    return [int(pid) for pid in re.findall(r"worker \d+ \(process (\d+)\) started", process.log)]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int) -> None:
    deadline_s = time.monotonic() + PROMPT_S
    while is_alive(pid):
        assert time.monotonic() < deadline_s, f"process {pid} lives on"
        time.sleep(0.02)


# ---- the script and the thresholds


@pytest.mark.parametrize("other", ["sleep(60);", "while (true) {}"])
def test_abort_in_one_worker_ends_all(other: str) -> None:
    script = f"""{IMPORTS} {LOOPING}
      export default function () {{
        if (__VU === 2) {{ sleep(0.5); exec.test.abort('enough'); console.log('never'); }}
        {other}
        console.log('never');
      }}
      export function teardown() {{ console.log('torn down'); }}
    """
    since_s = time.monotonic()
    result = run_script(script, workers=3)
    assert time.monotonic() - since_s < PROMPT_S
    assert result.exit_code == 108
    (error,) = [text for text in result.messages if text.startswith("error")]
    assert error.startswith("error: test aborted: enough at default (file://")
    assert result.lines == ["torn down"]
    # As in k6, the one that aborts is counted like those that it cuts off.
    assert "0 complete and 4 interrupted iterations" in result.stdout


def test_fail_in_a_worker_lets_the_test_go_on_and_fail() -> None:
    script = f"""{IMPORTS} export const options = {{ vus: 4, iterations: 4 }};
      export default function () {{ sleep(0.2); if (__VU === 2) exec.test.fail('bad'); }}
    """
    result = run_script(script, workers=2)
    assert result.exit_code == 110
    assert "error: test marked as failed: bad" in result.messages
    assert result.count("iterations") == 4


def test_a_threshold_on_what_all_workers_measured_aborts_the_test() -> None:
    script = f"""{IMPORTS}
      export const options = {{ vus: 4, duration: '60s',
        thresholds: {{ iterations: [{{ threshold: 'count<10', abortOnFail: true }}] }} }};
      export default function () {{ sleep(0.1); }}
    """
    since_s = time.monotonic()
    result = run_script(script, workers=2)
    assert time.monotonic() - since_s < 6
    assert result.exit_code == 99
    assert result.count("iterations") > 20


def test_iterations_are_cut_off_at_the_end_in_every_worker() -> None:
    script = f"""{IMPORTS}
      export const options = {{ scenarios: {{ a: {{
        executor: 'constant-vus', vus: 4, duration: '1s', gracefulStop: '0s' }} }} }};
      export default function () {{ if (__VU % 2) {{ while (true) {{}} }} sleep(60); }}
    """
    result = run_script(script, workers=4)
    assert result.exit_code == 0
    assert "0 complete and 4 interrupted iterations" in result.stdout


# ---- signals


@pytest.mark.parametrize("code", ["sleep(60);", "while (true) {}", "setTimeout(() => {}, 60000);"])
@pytest.mark.parametrize("to_group", [False, True], ids=["parent", "terminal"])
def test_interrupt_ends_all_workers_and_teardown_and_summary_follow(
    tmp_path: Path, code: str, to_group: bool
) -> None:
    script = f"""{IMPORTS} {LOOPING}
      export default function () {{ console.log(`here ${{__VU}}`); {code} }}
      export function teardown() {{ console.log('torn down'); }}
    """
    with K6pyProcess(tmp_path, script, "--workers", "2", "--verbose") as process:
        workers = pids(process)
        process.wait_for_line("here 1")
        process.wait_for_line("here 2")
        if to_group:
            for pid in workers:
                os.kill(pid, signal.SIGINT)
        process.interrupt()
        since_s = time.monotonic()
        result = process.finish()
    assert time.monotonic() - since_s < PROMPT_S
    assert result.exit_code == 105
    assert result.log.count("received a 'interrupt' signal") == result.log.count("level=error") == 1
    assert "torn down" in result.log
    assert "TOTAL RESULTS" in result.stdout
    for pid in workers:
        wait_until_gone(pid)


def test_interrupt_in_init_code_that_never_ends(tmp_path: Path) -> None:
    script = "if (__VU === 2) { console.log('here'); while (true) {} } export default function () {}"
    with K6pyProcess(tmp_path, script, "-u4", "--workers", "2", "--verbose") as process:
        workers = pids(process)
        process.wait_for_line("here")
        process.interrupt()
        since_s = time.monotonic()
        result = process.finish()
    assert time.monotonic() - since_s < PROMPT_S
    assert result.exit_code == 105
    assert result.log.count("level=error") == 1 + result.log.count("there is nothing to show")
    for pid in workers:
        wait_until_gone(pid)


def test_interrupt_says_goodbye_to_servers(tmp_path: Path) -> None:
    script = f"""{IMPORTS}
      export default function () {{
        ws.connect(__ENV.URL, {{}}, (socket) => {{
          socket.on('message', () => console.log(`here ${{__VU}}`));
          socket.send('x');
        }});
      }}
    """
    with RawServer(echo) as server:
        arguments = ("-u3", "-i3", "--workers", "3")
        with K6pyProcess(tmp_path, script, *arguments, env={"URL": server.url}) as process:
            for vu in (1, 2, 3):
                process.wait_for_line(f"here {vu}")
            process.interrupt()
            result = process.finish()
        assert server.told.count(close_payload(1001)) == server.told.count("fin") == 3
    assert [point["metric"] for point in result.points].count("ws_session_duration") == 3


@pytest.mark.parametrize("code", ["sleep(60);", "while (true) {}"])
def test_workers_end_with_their_parent(tmp_path: Path, code: str) -> None:
    script = f"{IMPORTS} {LOOPING} export default function () {{ console.log(`here ${{__VU}}`); {code} }}"
    with K6pyProcess(tmp_path, script, "--workers", "2", "--verbose") as process:
        workers = pids(process)
        process.wait_for_line("here 1")
        process.wait_for_line("here 2")
        process.interrupt(signal.SIGKILL)
        process.finish()
    for pid in workers:
        wait_until_gone(pid)


# ---- what goes wrong


def test_a_worker_that_is_killed_ends_the_test_with_what_was_measured(tmp_path: Path) -> None:
    script = f"""{IMPORTS} {LOOPING}
      export default function () {{ sleep(0.05); console.log(`did ${{__ITER}}`); }}
      export function teardown() {{ console.log('torn down'); }}
    """
    with K6pyProcess(tmp_path, script, "--workers", "2", "--verbose") as process:
        _, second = pids(process)
        process.wait_for_line("did 40")
        os.kill(second, signal.SIGKILL)
        since_s = time.monotonic()
        result = process.finish()
    assert time.monotonic() - since_s < PROMPT_S
    assert result.exit_code == 255
    assert f"worker 2 (process {second}) was killed by SIGKILL" in result.log
    assert result.log.count("level=error") == 1
    assert "torn down" in result.log
    (iterations,) = re.findall(r"iterations\.*: (\d+)", result.stdout)
    # Both workers' first seconds, and the whole of the first worker.
    assert int(iterations) >= 120


def test_a_worker_that_is_killed_while_it_makes_vus_ends_the_test(tmp_path: Path) -> None:
    script = f"{IMPORTS} if (__VU) {{ console.log('here'); sleep(60); }} export default function () {{}}"
    with K6pyProcess(tmp_path, script, "-u4", "--workers", "2", "--verbose") as process:
        first, second = pids(process)
        process.wait_for_line("here")
        os.kill(first, signal.SIGKILL)
        result = process.finish()
    assert result.exit_code == 255
    assert f"worker 1 (process {first}) was killed by SIGKILL" in result.log
    wait_until_gone(second)


MODULE = '''
import time
from jsbindings.api import Binding, op

class Bad(Binding):
    module = "k6/x/bad"
    face = """
      import { ops } from 'k6py:kernel';
      export const { stall, crash } = ops('k6/x/bad');
    """

    @op
    def stall(self) -> None:
        time.sleep(60)

    @op
    def crash(self) -> None:
        raise ZeroDivisionError
'''


def test_a_worker_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "STOP_PATIENCE_S", 0.5)
    (tmp_path / "bad.py").write_text(MODULE)
    script = f"""{IMPORTS} import {{ stall }} from 'k6/x/bad'; {LOOPING}
      export default function () {{ if (__VU === 1) stall(); sleep(0.5); exec.test.abort('enough'); }}
    """
    since_s = time.monotonic()
    result = run_script(script, workers=2, modules=[str(tmp_path / "bad.py")])
    assert time.monotonic() - since_s < PROMPT_S
    assert result.exit_code == 108
    assert "did not stop within 0.5 seconds and was killed" in "\n".join(result.messages)


def test_a_bug_in_a_worker_ends_the_test(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(MODULE)
    script = f"""{IMPORTS} import {{ crash }} from 'k6/x/bad'; {LOOPING}
      export default function () {{ if (__VU === 2) crash(); sleep(0.2); }}
    """
    result = run_script(script, workers=2, modules=[str(tmp_path / "bad.py")])
    assert result.exit_code == 255
    assert "ZeroDivisionError" in "\n".join(result.messages)
