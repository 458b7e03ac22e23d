"""How the command line tells an error: one line of level error, where the run's log would go."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from runner.errors import K6pyError
from runner.execution.terminal import terminal_safe
from runner.log import open_log


def log_error(error: K6pyError, flags: Mapping[str, Sequence[str]], environ: Mapping[str, str]) -> None:
    """Log an error the way the run would have logged it.

    Args:
        error: what went wrong.
        flags: texts of the flags by setting name, as far as the command line was understood.
        environ: the process environment.
    """
    log_output, log_format = (
        flags[name][-1] if name in flags else environ.get(variable) or default
        for name, variable, default in (
            ("logOutput", "K6_LOG_OUTPUT", "stderr"),
            ("logFormat", "K6_LOG_FORMAT", "text"),
        )
    )
    stdout, stderr = terminal_safe(sys.stdout), terminal_safe(sys.stderr)
    color = sys.stderr.isatty() and "noColor" not in flags and "NO_COLOR" not in environ
    try:
        logger = open_log(log_output, log_format, color=color, stdout=stdout, stderr=stderr)
    except K6pyError:
        # The log itself may be what went wrong.
        logger = open_log("stderr", log_format, color=color, stdout=stdout, stderr=stderr)
    logger.error(error.log_text(), **error.log_fields())
    logger.close()
