"""``k6py inspect``: the options of a script as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from runner.cli.flags import Command, FlagTexts
from runner.cli.loading import killed_by_interrupts, loading_config
from runner.options import kinds
from runner.options.runtime import GLOBAL_SETTINGS, LOADING_SETTINGS, read_settings
from runner.options.table import OptionSpec

# As Go's encoder writes them, which thinks of HTML.
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def inspect_script(scripts: Sequence[str], flags: FlagTexts) -> int:
    """Print the options and return the exit status."""
    own = read_settings(OWN_SETTINGS, flags, {})
    config = loading_config(scripts, flags)
    # Only this needs the engine; help and mistakes in the command line come without it.
    from runner.execution.inspection import inspect_test

    with killed_by_interrupts():
        options = inspect_test(
            config,
            with_requirements=own.get("executionRequirements", False),
            stdout=sys.stdout,
            stderr=sys.stderr,
        )
        text = json.dumps(options, indent=2, ensure_ascii=False).translate(_ESCAPES)
        try:
            print(text, flush=True)
        except UnicodeEncodeError:
            print(json.dumps(options, indent=2).translate(_ESCAPES), flush=True)
    return 0


OWN_SETTINGS = (
    OptionSpec(
        "executionRequirements", None, kinds.BOOLEAN, None, "execution-requirements",
        help="show the final options instead, and the duration and VUs that the test needs",
    ),
)  # fmt: skip
command = Command(
    "inspect",
    inspect_script,
    (*OWN_SETTINGS, *LOADING_SETTINGS, *GLOBAL_SETTINGS),
    summary="Print a script's options.",
    help="Print the options of a script or an archive as JSON.",
    examples=(
        "k6py inspect script.js",
        "k6py inspect --execution-requirements script.js",
        "k6py inspect archive.tar",
    ),
    arguments="FILE",
)
