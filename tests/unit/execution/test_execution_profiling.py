"""The profiler's attribution and its two texts, with stacks made by hand and no time that passes."""

from __future__ import annotations

import dis
import io
import signal
import threading
from pathlib import Path
from types import CodeType, FrameType, SimpleNamespace
from typing import cast

import pytest

from runner.errors import UsageError
from runner.execution.profiling import Profile, layer_of, profiling

ROOT = Path(__file__).parents[3]


def code_of(file: str, name: str = "work") -> CodeType:
    """The code of a function `name` in a file of ours, or in any other with a path from the root."""
    path = file if file.startswith(("/", "<")) else str(ROOT / file)
    if name == "<module>":
        return compile("pass", path, "exec")
    scope: dict[str, object] = {}
    exec(compile(f"def {name}():\n    return len('')\n", path, "exec"), scope)
    return cast(CodeType, scope[name].__code__)  # type: ignore[attr-defined]


def frame_of(*stack: CodeType, is_beginning: bool = False) -> FrameType:
    """A frame with its callers, the innermost first, in the middle of a call or about to begin."""
    outer = None
    for code in reversed(stack):
        at = {instruction.opname: instruction.offset for instruction in dis.get_instructions(code)}
        is_innermost = code is stack[0]
        offset = at["RESUME"] if is_beginning and is_innermost else max(at.values())
        outer = SimpleNamespace(f_code=code, f_lasti=offset, f_back=outer)
    return cast(FrameType, outer)


@pytest.mark.parametrize(
    ("files", "layer"),
    [
        (["runner/engine/native.py"], "JavaScript"),
        (["runner/engine/interpreter.py"], "JavaScript"),
        (["runner/engine/bridge.py", "runner/engine/native.py"], "bridge"),
        (["runner/ops.py"], "bridge"),
        (["jsbindings/ws/ops.py"], "modules"),
        (["runner/vu/vu.py"], "virtual users"),
        (["runner/net/websocket.py"], "network"),
        (["runner/protocol/websocket.py", "runner/net/websocket.py"], "protocol"),
        (["runner/reactor/reactor.py"], "reactor"),
        (["runner/metrics/collector.py", "jsbindings/ws/ops.py"], "metrics"),
        (["runner/outputs/json.py"], "outputs"),
        (["runner/execution/test_run.py"], "execution"),
        (["runner/options/layers.py"], "other"),
        (["runner/log.py"], "other"),
        (["/lib/python3/json/encoder.py", "runner/engine/bridge.py"], "bridge"),
        (["/lib/wsproto/frame_protocol.py", "runner/protocol/websocket.py"], "protocol"),
        (["/home/me/my_module.py"], "other"),
        (["/home/me/runner/net/dial.py"], "other"),
        (["<frozen importlib._bootstrap>", "runner/net/dial.py"], "imports"),
    ],
)
def test_time_belongs_to_the_innermost_function_of_ours(files: list[str], layer: str) -> None:
    assert layer_of(tuple(code_of(file) for file in files)) == layer


def test_code_outside_of_functions_is_an_import() -> None:
    assert layer_of((code_of("runner/net/dial.py", "<module>"),)) == "imports"


def test_time_before_an_op_begins_was_its_callers() -> None:
    op, door = code_of("runner/engine/bridge.py"), code_of("runner/engine/native.py")
    profile = Profile()
    profile.add(frame_of(op, door, is_beginning=True), 0.5)
    profile.add(frame_of(op, door), 0.25)
    assert profile.by_layer() == {"JavaScript": 0.5, "bridge": 0.25}


def test_samples_without_a_stack_are_nobodys() -> None:
    profile = Profile()
    profile.add(None, 1.0)
    assert (profile.seconds, profile.stacks()) == (0, "")


@pytest.fixture
def profile() -> Profile:
    main = code_of("runner/reactor/task.py", "main")
    enter = code_of("runner/engine/native.py", "enter")
    encode = code_of("/usr/lib/python3/json/encoder.py", "encode")
    profile = Profile()
    for seconds in (0.25, 0.5):
        profile.add(frame_of(enter, main), seconds)
    profile.add(frame_of(encode, main), 0.25)
    return profile


def test_stacks_are_lines_with_the_outermost_function_first_and_microseconds(profile: Profile) -> None:
    assert profile.stacks() == (
        "runner/reactor/task.py:main;json/encoder.py:encode 250000\n"
        "runner/reactor/task.py:main;runner/engine/native.py:enter;JavaScript 750000\n"
    )


def test_semicolons_in_paths_do_not_end_a_name() -> None:
    profile = Profile()
    profile.add(frame_of(code_of("/a;b/c.py")), 1.0)
    assert profile.stacks() == "a,b/c.py:work 1000000\n"


def test_table_has_shares_of_layers_and_of_functions(profile: Profile) -> None:
    assert profile.table() == (
        "   75.0%    0.750 s  JavaScript\n"
        "   25.0%    0.250 s  reactor\n"
        "\n"
        "   75.0%    0.750 s  runner/engine/native.py:enter\n"
        "   25.0%    0.250 s  json/encoder.py:encode\n"
    )


def test_table_shows_ten_functions() -> None:
    profile = Profile()
    for number in range(12):
        profile.add(frame_of(code_of("runner/log.py", f"f{number}")), 1.0 + number)
    functions = profile.table().partition("\n\n")[2].splitlines()
    assert [line.rpartition(":")[2] for line in functions] == [f"f{number}" for number in range(11, 1, -1)]


def test_file_that_cannot_be_written_is_told_before_the_run(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"--profile: open .*nowhere/p.txt: no such file or directory"),
        profiling(tmp_path / "nowhere" / "p.txt", io.StringIO()),
    ):
        pytest.fail("it began")


def test_other_threads_cannot_be_profiled(tmp_path: Path) -> None:
    caught: list[UsageError] = []

    def profile() -> None:
        try:
            with profiling(tmp_path / "p.txt", io.StringIO()):
                pass
        except UsageError as error:
            caught.append(error)

    thread = threading.Thread(target=profile)
    thread.start()
    thread.join()
    assert "main thread" in caught[0].message
    assert not (tmp_path / "p.txt").exists()


def test_signal_and_timer_are_given_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGPROF)
    out = io.StringIO()
    with profiling(tmp_path / "p.txt", out):
        assert signal.getitimer(signal.ITIMER_PROF)[1] > 0
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    assert signal.getsignal(signal.SIGPROF) is before
    assert out.getvalue().startswith("\nProfile: ")


def test_profile_is_written_when_the_run_fails(tmp_path: Path) -> None:
    out = io.StringIO()
    with pytest.raises(ZeroDivisionError), profiling(tmp_path / "p.txt", out):
        _ = 1 // 0
    assert out.getvalue().startswith("\nProfile: ")
