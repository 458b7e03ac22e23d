"""What is asked of a script without running its test: its options, and an archive of it.

Owns running the init code once for that; refuses to start any virtual user.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO, TypeVar

from runner import K6_VERSION
from runner.execution.config import TestConfig
from runner.execution.preparation import LoadedTest, configure, load_test
from runner.execution.run_log import run_log
from runner.options.durations import format_duration
from runner.options.k6_form import options_to_k6
from runner.options.layers import script_layer
from runner.options.scenario_plan import max_duration_s, max_vus
from runner.reactor import Reactor
from runner.script.archive import Archive, write_archive

T = TypeVar("T")


def inspect_test(
    config: TestConfig, *, with_requirements: bool, stdout: TextIO, stderr: TextIO
) -> dict[str, object]:
    """The options of a script or an archive, as k6 shows them.

    Args:
        with_requirements: the final options, with scenarios, ``totalDuration`` and ``maxVUs``, in place of what
            the script alone says.
        stdout: for a log that goes there.
        stderr: the log.

    Raises:
        K6pyError: the script or its options cannot be used.
    """

    def options_of(loaded: LoadedTest) -> dict[str, object]:
        if not with_requirements:
            main = loaded.context.modules.main
            layer = script_layer(loaded.script_options, config.script, main, runs=False)
            for warning in layer.warnings:
                warning.log(loaded.context.logger)
            return options_to_k6(layer.values)
        consolidated, _ = configure(config, loaded)
        scenarios = consolidated.options.scenarios
        return {
            **options_to_k6({**consolidated.values, "scenarios": scenarios}),
            "totalDuration": format_duration(max_duration_s(scenarios.values())),
            "maxVUs": max_vus(scenarios.values()),
        }

    return _with_loaded_test(config, options_of, stdout, stderr)


def archive_test(config: TestConfig, path: Path, *, with_env: bool, stdout: TextIO, stderr: TextIO) -> None:
    """Write an archive of a script with all that its init code reads.

    Args:
        path: the archive.
        with_env: keep the variables of ``__ENV`` in it.
        stdout: for a log that goes there.
        stderr: the log.

    Raises:
        K6pyError: the script or its options cannot be used, or the archive cannot be written.
    """

    def pack(loaded: LoadedTest) -> None:
        consolidated, _ = configure(config, loaded)
        modules, context = loaded.context.modules, loaded.context
        archive = Archive(
            main=modules.main,
            files=modules.files(),
            options=options_to_k6(consolidated.values),
            env=context.env if with_env else {},
            compatibility_mode=context.compatibility_mode,
        )
        write_archive(path, archive, {"k6version": K6_VERSION, "goos": sys.platform, "dependencies": {}})

    _with_loaded_test(config, pack, stdout, stderr)


def _with_loaded_test(
    config: TestConfig, use: Callable[[LoadedTest], T], stdout: TextIO, stderr: TextIO
) -> T:
    with run_log(config, stdout, stderr) as logger, Reactor() as reactor:
        task = reactor.spawn(lambda: use(load_test(config, reactor, logger)))
        reactor.run(until=task)
        result: T = task.result
        return result
