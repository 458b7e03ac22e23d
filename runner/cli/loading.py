"""What the subcommands share that load a script and run no test: configuration, errors, and Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from runner.cli.flags import given_flags
from runner.cli.report import log_error
from runner.cli.run import test_config, with_global_flags
from runner.errors import K6pyError
from runner.execution.config import TestConfig
from runner.options.runtime import GLOBAL_SETTINGS, LOADING_SETTINGS


def load_script(scripts: tuple[str, ...], flags: dict[str, Any], use: Callable[[TestConfig], None]) -> int:
    """Do something with a script; errors are logged and become the exit status.

    Args:
        scripts: the positional arguments.
        flags: click's parameters of the subcommand.
        use: gets what the command line asks for.
    """
    given = with_global_flags(flags)
    try:
        config = test_config(
            scripts, given, os.environ, settings_specs=LOADING_SETTINGS, include_system_env_vars=False
        )
        with _killed_by_interrupts():
            use(config)
    except K6pyError as error:
        log_error(error, given_flags(GLOBAL_SETTINGS, given), os.environ)
        return int(error.exit_code)
    return 0


@contextlib.contextmanager
def _killed_by_interrupts() -> Iterator[None]:
    """Let Ctrl-C end the process by itself: Python's handler has no turn while a script computes for ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
