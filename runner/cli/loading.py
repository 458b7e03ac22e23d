"""What the subcommands share that load a script and run no test: configuration and Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator, Sequence

from runner.cli.flags import FlagTexts
from runner.cli.run import test_config
from runner.execution.config import TestConfig
from runner.options.runtime import LOADING_SETTINGS


def loading_config(scripts: Sequence[str], flags: FlagTexts) -> TestConfig:
    """What the command line asks for.

    Args:
        scripts: the positional arguments.
        flags: texts of the flags by setting name.

    Raises:
        UsageError, OptionsError: as ``test_config`` does.
    """
    return test_config(
        scripts, flags, os.environ, settings_specs=LOADING_SETTINGS, include_system_env_vars=False
    )


@contextlib.contextmanager
def killed_by_interrupts() -> Iterator[None]:
    """Let Ctrl-C end the process by itself: Python's handler has no turn while a script computes for ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
