"""``k6py run``: flags into a ``TestConfig``, errors into log lines and exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from runner.cli.flags import Command, FlagTexts
from runner.errors import UsageError
from runner.execution.config import TestConfig
from runner.options.layers import flag_layer
from runner.options.runtime import GLOBAL_SETTINGS, RUN_SETTINGS, read_settings
from runner.options.table import OPTIONS, OptionSpec

EXAMPLES = (
    "k6py run script.js",
    "k6py run --vus 10 --duration 30s script.js",
    "k6py run -e HOST=test.example --out json=samples.json script.js",
    "k6py run --module my_module.py script.js",
    "k6py run --profile=stacks.txt --duration 10s script.js",
    "k6py run --paused --linger --address localhost:6565 script.js",
    "cat script.js | k6py run -",
    "k6py run archive.tar",
)

_ARGUMENT_NOTE = ': arg should either be "-", if reading script from stdin, or a path to a script file'


def run_script(scripts: Sequence[str], flags: FlagTexts) -> int:
    """Run a test and return its exit code."""
    config = test_config(scripts, flags, os.environ, argument_note=_ARGUMENT_NOTE)
    # Bad flags are told before the script runs, since its init code may already do things.
    flag_layer(config.flags)
    return int(_run_test()(config, stdout=sys.stdout, stderr=sys.stderr))


def _run_test() -> Callable[..., int]:
    # What is imported stays: looking through it for garbage again and again would take a tenth of that time.
    collects = gc.isenabled()
    gc.disable()
    try:
        # Only a run needs the engine; help and mistakes in the command line come without it.
        from runner.execution.test_run import run_test
    finally:
        if collects:
            gc.enable()
    return run_test


def test_config(
    scripts: Sequence[str],
    flags: Mapping[str, Sequence[str]],
    environ: Mapping[str, str],
    *,
    settings_specs: Sequence[OptionSpec] = RUN_SETTINGS,
    include_system_env_vars: bool = True,
    argument_note: str = "",
) -> TestConfig:
    """What the command line asks for.

    Args:
        scripts: the positional arguments; exactly one is right.
        flags: texts of the flags by setting name.
        environ: the process environment.
        settings_specs: the settings that the subcommand has.
        include_system_env_vars: what holds for ``__ENV`` when nobody says.
        argument_note: what k6 adds when the number of arguments is wrong.

    Raises:
        UsageError: not one script, or a flag whose value does not parse or that is not available.
        OptionsError: the same for an environment variable.
    """
    specs = (*settings_specs, *GLOBAL_SETTINGS)
    settings = read_settings(specs, flags, environ)
    if len(scripts) != 1:
        hint = "for example: k6py run script.js" if argument_note else ""
        raise UsageError(f"accepts 1 arg(s), received {len(scripts)}{argument_note}", hint=hint)
    options = {name: list(flags[name]) for name in OPTIONS if name in flags}
    return TestConfig(
        script=scripts[0],
        script_type=settings.get("type", ""),
        flags=options,
        env=settings.get("env", {}),
        config_file=settings.get("config"),
        environ=dict(environ),
        out=tuple(settings.get("out", ())),
        log_format=settings.get("logFormat", "text"),
        log_output=settings.get("logOutput", "stderr"),
        console_output=_last_text(options, "consoleOutput") or environ.get("K6_CONSOLE_OUTPUT"),
        quiet=settings.get("quiet", False),
        verbose=settings.get("verbose", False),
        # https://no-color.org asks to obey the variable whatever its value; k6 does even when it is empty.
        no_color=settings.get("noColor", False) or "NO_COLOR" in environ,
        summary_export=settings.get("summaryExport"),
        summary_mode=settings.get("summaryMode", "compact"),
        new_machine_readable_summary=settings.get("newMachineReadableSummary", False),
        no_thresholds=settings.get("noThresholds", False),
        include_system_env_vars=settings.get("includeSystemEnvVars", include_system_env_vars),
        compatibility_mode=settings.get("compatibilityMode"),
        modules=tuple(settings.get("modules", ())),
        address=settings.get("address", ""),
        address_is_needed="address" in flags,
        workers=settings.get("workers"),
        profile=settings.get("profile"),
    )


def _last_text(flags: Mapping[str, Sequence[str]], name: str) -> str | None:
    return flags[name][-1] if name in flags else None


command = Command(
    "run",
    run_script,
    (*OPTIONS.values(), *RUN_SETTINGS, *GLOBAL_SETTINGS),
    summary="Run a test.",
    help="Run a test script, or an archive of one; - reads either from standard input.",
    examples=EXAMPLES,
    arguments="SCRIPT",
)
