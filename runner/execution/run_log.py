"""The log of one run: where the configuration wants it, open for as long as the run takes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TextIO

from runner.execution.config import TestConfig
from runner.log import Logger, open_log


@contextlib.contextmanager
def run_log(config: TestConfig, stdout: TextIO, stderr: TextIO) -> Iterator[Logger]:
    """The log that `config` asks for.

    Raises:
        UsageError: it cannot be opened.
    """
    logger = open_log(
        config.log_output,
        config.log_format,
        verbose=config.verbose,
        color=stderr.isatty() and not config.no_color,
        console_output=config.console_output,
        stdout=stdout,
        stderr=stderr,
    )
    try:
        yield logger
    finally:
        logger.close()
