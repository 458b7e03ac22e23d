"""``k6py archive``: a script and all that it reads in one file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from runner.cli.flags import Command, FlagTexts
from runner.cli.loading import killed_by_interrupts, loading_config
from runner.options import kinds
from runner.options.kinds import Kind
from runner.options.layers import flag_layer
from runner.options.runtime import GLOBAL_SETTINGS, LOADING_SETTINGS, read_settings
from runner.options.table import OPTIONS, OptionSpec

DEFAULT_ARCHIVE = "archive.tar"


def archive_path(text: str) -> Path:
    """Where the archive goes."""
    if not text:
        raise ValueError("--archive-out needs the name of a file")
    return Path(text)


def archive_script(scripts: Sequence[str], flags: FlagTexts) -> int:
    """Write the archive and return the exit status."""
    own = read_settings(OWN_SETTINGS, flags, {})
    config = loading_config(scripts, flags)
    # Bad flags are told before the script runs, since its init code may already do things.
    flag_layer(config.flags)
    # Only this needs the engine; help and mistakes in the command line come without it.
    from runner.execution.inspection import archive_test

    with killed_by_interrupts():
        archive_test(
            config,
            own.get("archiveOut", Path(DEFAULT_ARCHIVE)),
            with_env=not own.get("excludeEnvVars", False),
            stdout=sys.stdout,
            stderr=sys.stderr,
        )
    return 0


OWN_SETTINGS = (
    OptionSpec(
        "archiveOut", None, Kind("file", str, archive_path), None, "archive-out", "O",
        default=DEFAULT_ARCHIVE, help="file to write",
    ),
    OptionSpec(
        "excludeEnvVars", None, kinds.BOOLEAN, None, "exclude-env-vars",
        help="keep no environment variables in the archive",
    ),
)  # fmt: skip

command = Command(
    "archive",
    archive_script,
    (*OWN_SETTINGS, *OPTIONS.values(), *LOADING_SETTINGS, *GLOBAL_SETTINGS),
    summary="Pack a script and what it needs.",
    help=(
        "Pack a script, everything that its init code imports or opens, its options and its -e variables "
        "into one file, which runs anywhere."
    ),
    examples=(
        "k6py archive script.js",
        "k6py archive -u 10 -d 10s -O test.tar script.js",
        "k6py run test.tar",
    ),
    arguments="SCRIPT",
)
