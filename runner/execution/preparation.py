"""Before a test runs: read the script for its options, merge them, and make what all VUs share.

Owns the order of these steps and the errors of loading a script; starts nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from jsbindings.registry import ModuleRegistry
from runner.errors import ImportFailed, OptionsError, ScriptAborted, ScriptError, UsageError
from runner.execution.config import TestConfig
from runner.execution.script_source import open_script
from runner.log import Logger
from runner.metrics.collector import Collector
from runner.metrics.registry import Registry
from runner.metrics.tags import TagSet
from runner.metrics.thresholds import Thresholds, configure_thresholds
from runner.net.dial import Dialer
from runner.net.options import NetworkOptions
from runner.ops import Interrupted
from runner.options.consolidate import Consolidated, network_options, read_options
from runner.options.durations import parse_duration
from runner.options.k6_form import known_options
from runner.options.options import Options
from runner.options.scenario_plan import check_exec_functions
from runner.reactor import Reactor
from runner.script.archive import Archive
from runner.vu.context import Limits, TestContext
from runner.vu.outcome import Exports
from runner.vu.vu import VirtualUser

DEFAULT_COMPATIBILITY_MODE = "extended"


@dataclass
class LoadedTest:
    """A script whose init code has run once.

    Args:
        context: what its VUs will share; without options yet.
        exports: what the script exports.
        script_options: what the script, or the archive it is in, says about options, as plain values.
        archive: None for a script that stands alone.
    """

    context: TestContext
    exports: Exports
    script_options: object
    archive: Archive | None


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
    loaded = load_test(config, reactor, logger, limits=limits, native=native)
    context = loaded.context
    consolidated, thresholds = configure(config, loaded)
    options = context.options = consolidated.options
    context.dialer = Dialer(reactor, NetworkOptions(**network_options(options, config.environ)))
    return PreparedTest(context, loaded.exports, thresholds)


def load_test(
    config: TestConfig, reactor: Reactor, logger: Logger, *, limits: Limits | None = None, native: bool = True
) -> LoadedTest:
    """Run the script's init code once; parks the calling task.

    Raises:
        UsageError: there is no such file.
        ScriptError: the script cannot be used.
    """
    modules, archive = open_script(config)
    context = TestContext(
        reactor=reactor,
        logger=logger,
        modules=modules,
        registry=ModuleRegistry(config.modules),
        collector=Collector(Registry()),
        env={
            **(archive.env if archive else {}),
            **(config.environ if config.include_system_env_vars else {}),
            **config.env,
        },
        limits=limits or Limits(),
        native=native,
        compatibility_mode=config.compatibility_mode
        or (archive and archive.compatibility_mode)
        or DEFAULT_COMPATIBILITY_MODE,
    )
    modules.builtin = context.registry.source
    try:
        exports = load_script(VirtualUser(context, 0), config.script)
    except ScriptAborted as error:
        raise ScriptAborted(
            f"could not initialize '{config.script}': could not load JS test '{modules.main}': {error.message}"
        ) from None
    exported = None if exports.options is None else json.loads(exports.options)
    # An archive keeps the options with which it was made, which may be others than the script's.
    return LoadedTest(
        context, exports, exported if archive is None else known_options(archive.options), archive
    )


def configure(config: TestConfig, loaded: LoadedTest) -> tuple[Consolidated, Thresholds]:
    """Merge all options and check that the script can run with them.

    Raises:
        K6pyError: it cannot.
    """
    consolidated = read_options(
        exported=loaded.script_options,
        script=config.script,
        flags=config.flags,
        environ=config.environ,
        config_file=config.config_file,
    )
    for warning in consolidated.warnings:
        loaded.context.logger.warning(warning.message, **warning.fields)
    options = consolidated.options
    _check(options, loaded.exports)
    given = {} if config.no_thresholds else options.thresholds or {}
    registry = loaded.context.collector.registry
    return consolidated, configure_thresholds(given, registry, parse_duration=parse_duration)


def load_script(vu: VirtualUser, script: str) -> Exports:
    """Run the script's init code in `vu`.

    Args:
        script: as given on the command line, for error texts.

    Raises:
        ScriptError: with k6's text for what failed.
    """
    try:
        while True:
            try:
                vu.load()
                break
            except ScriptError as error:
                # Names that a k6 module does not have are undefined; learning one lets the script load.
                if not vu.context.modules.k6_imports.learn(error.message):
                    raise
    except (ScriptError, Interrupted) as error:
        if vu.abort_message is not None:
            raise ScriptAborted(vu.abort_message) from None
        if isinstance(error, Interrupted):
            raise
        if isinstance(error, ImportFailed) or error.message.startswith("SyntaxError"):
            main = vu.context.modules.main
            raise ScriptError(
                f"could not initialize '{script}': could not load JS test '{main}': {error.message}",
                error.stack,
            ) from None
        raise
    return vu.exports()


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


def run_tags(options: Options) -> TagSet:
    """The tags of every sample of the test."""
    return TagSet.of(dict(options.tags or {}))
