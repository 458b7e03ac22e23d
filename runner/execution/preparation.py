"""Before a test runs: read the script for its options, merge them, and make what all VUs share.

Owns the order of these steps and the errors of loading a script; starts nothing.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jsbindings.registry import ModuleRegistry
from runner.errors import ImportFailed, OptionsError, ScriptAborted, ScriptError, UsageError
from runner.execution.config import TestConfig
from runner.log import Logger
from runner.metrics.collector import Collector
from runner.metrics.registry import Registry
from runner.metrics.tags import TagSet
from runner.metrics.thresholds import Thresholds, configure_thresholds
from runner.net.dial import Dialer
from runner.net.options import NetworkOptions
from runner.options.consolidate import network_options, read_options
from runner.options.durations import parse_duration
from runner.options.options import Options
from runner.options.scenario_plan import check_exec_functions
from runner.reactor import Reactor
from runner.script.modules import ScriptModules
from runner.script.vendor import vendor_folders
from runner.summary.format import check_time_unit
from runner.vu.context import Limits, TestContext
from runner.vu.outcome import Exports
from runner.vu.vu import VirtualUser

STDIN = "-"


@dataclass
class PreparedTest:
    """A script that can run.

    Args:
        context: what its VUs share, options included.
        exports: what the script exports.
        thresholds: empty when they are switched off.
    """

    context: TestContext
    exports: Exports
    thresholds: Thresholds


def prepare(
    config: TestConfig, reactor: Reactor, logger: Logger, *, limits: Limits | None = None, native: bool = True
) -> PreparedTest:
    """Read the script and everything that configures the test; parks the calling task.

    Raises:
        K6pyError: the script or the configuration cannot be used.
    """
    context = TestContext(
        reactor=reactor,
        logger=logger,
        modules=_modules(config),
        registry=ModuleRegistry(config.modules),
        collector=Collector(Registry()),
        env={**(config.environ if config.include_system_env_vars else {}), **config.env},
        limits=limits or Limits(),
        native=native,
        compatibility_mode=config.compatibility_mode,
    )
    context.modules.builtin = context.registry.source
    exports = load_script(VirtualUser(context, 0), config.script)
    exported = None if exports.options is None else json.loads(exports.options)
    consolidated = read_options(
        exported=exported,
        script=config.script,
        flags=config.flags,
        environ=config.environ,
        config_file=config.config_file,
    )
    for warning in consolidated.warnings:
        logger.warning(warning.message, **warning.fields)
    options = consolidated.options
    _check(options, exports)
    context.options = options
    context.dialer = Dialer(reactor, NetworkOptions(**network_options(options, config.environ)))
    given = {} if config.no_thresholds else options.thresholds or {}
    thresholds = configure_thresholds(given, context.collector.registry, parse_duration=parse_duration)
    return PreparedTest(context, exports, thresholds)


def load_script(vu: VirtualUser, script: str) -> Exports:
    """Run the script's init code in `vu`.

    Args:
        script: as given on the command line, for error texts.

    Raises:
        ScriptError: with k6's text for what failed.
    """
    try:
        vu.load()
    except ScriptError as error:
        if vu.abort_message is not None:
            raise ScriptAborted(f"could not initialize '{script}': {vu.abort_message}") from None
        if isinstance(error, ImportFailed) or error.message.startswith("SyntaxError"):
            main = vu.context.modules.main
            raise ScriptError(
                f"could not initialize '{script}': could not load JS test '{main}': {error.message}",
                error.stack,
            ) from None
        raise
    return vu.exports()


def _modules(config: TestConfig) -> ScriptModules:
    if config.script == STDIN:
        main, source = (Path.cwd() / STDIN).as_uri(), sys.stdin.read()
        return ScriptModules(main, vendor_folders=vendor_folders(Path.cwd()), main_source=source)
    path = Path(config.script).absolute()
    if not path.is_file():
        raise UsageError(
            f'The moduleSpecifier "{config.script}" couldn\'t be found on local disk.'
            " Make sure that you've specified the right path to the file, for example: k6py run ./script.js"
        )
    return ScriptModules(f"file://{quote(str(path))}", vendor_folders=vendor_folders(path.parent))


def _check(options: Options, exports: Exports) -> None:
    if not exports.functions:
        others = ", ".join(sorted(exports.others))
        hint = f"; it exports {others}, none of which is a function" if others else ""
        if not others:
            raise OptionsError(
                "There were problems with the specified script configuration:\n\t- executor default: function"
                " 'default' not found in exports"
            )
        raise UsageError(f"no exported functions in script{hint}")
    for name in ("setup", "teardown"):
        if name in exports.others:
            raise UsageError(f"exported '{name}' must be a function")
    check_exec_functions(options.scenarios, exports.functions)
    check_time_unit(options.summary_time_unit or "")


def run_tags(options: Options) -> TagSet:
    """The tags of every sample of the test."""
    return TagSet.of(dict(options.tags or {}))
