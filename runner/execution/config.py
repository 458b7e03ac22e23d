"""What a caller (the command line, or a program) asks of one test run.

Owns the plain values before anything is read or parsed; refuses to interpret them: options are merged
in ``runner.options``, the log is opened by ``runner.log``.
"""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class TestConfig(NamedTuple):
    """Everything ``k6py run`` knows before it reads the script.

    Args:
        script: path of the script or archive, or ``-`` for standard input.
        script_type: ``js`` or ``archive``; "" looks at the file.
        flags: options given as flags, by k6 option name (``"vus"``, ``"tags"``); texts as typed on the
            command line (lists of texts for repeatable flags) or values as a script would give them.
        env: ``-e`` variables, which win over the process environment in ``__ENV``.
        config_file: the ``--config`` file, or None for k6's default place (where it may be missing).
        environ: the process environment: ``K6_*`` options, proxies, and ``__ENV`` when
            ``include_system_env_vars`` is on.
        out: ``--out`` specifications, for example ``json=samples.json``.
        log_format: ``text``, ``json`` or ``raw``; anything else means text.
        log_output: ``stderr``, ``stdout``, ``none`` or ``file=PATH[,level=LEVEL]``.
        console_output: file that gets the lines of ``console.*`` instead of the log, or None.
        quiet: neither banner nor progress on standard output.
        verbose: log debug lines, too.
        no_color: no colours, whatever the terminal can do.
        summary_export: file for the legacy JSON summary, or None.
        summary_mode: ``compact``, ``full`` or ``disabled``.
        new_machine_readable_summary: k6's newer form of the summary in ``summary_export`` and for ``handleSummary``.
        no_thresholds: thresholds of the script are ignored.
        include_system_env_vars: ``__ENV`` shows the process environment.
        compatibility_mode: ``extended`` (also sets ``global``), which is the default, or ``base``.
        modules: Python files with bindings of further k6 modules.
        address: where the REST API listens, as ``host:port``; "" for none.
        address_is_needed: an address that cannot be listened on ends the run; else it is warned of.
        workers: how many processes run the virtual users; None looks at the test and the machine.
        profile: file for the stacks of a profile, which also shows a table on standard error; None for no profile.
    """

    script: str
    script_type: str = ""
    flags: Mapping[str, object] = {}
    env: Mapping[str, str] = {}
    config_file: str | None = None
    environ: Mapping[str, str] = os.environ
    out: Sequence[str] = ()
    log_format: str = "text"
    log_output: str = "stderr"
    console_output: str | None = None
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    summary_export: str | None = None
    summary_mode: str = "compact"
    new_machine_readable_summary: bool = False
    no_thresholds: bool = False
    include_system_env_vars: bool = True
    compatibility_mode: str | None = None
    modules: Sequence[str] = ()
    address: str = ""
    address_is_needed: bool = False
    workers: int | None = None
    profile: str | None = None


# The name looks like a test class to pytest.
TestConfig.__test__ = False  # type: ignore[attr-defined]
