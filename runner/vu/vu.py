"""One virtual user: an interpreter with the script in it, and what the script's modules know of the run.

Owns identity, phase, tags, groups, cookies and byte counts, and runs the script's functions on the VU's
event loop.
Decides neither when an iteration starts nor what is logged of it: that is runner/execution.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from jsbindings.api import Binding
from jsbindings.registry import GLOBALS
from runner.engine.interpreter import KERNEL, Interpreter
from runner.errors import ScriptError
from runner.log import Logger
from runner.metrics.groups import Group
from runner.metrics.tags import TagSet
from runner.net.stream import ByteCounter
from runner.ops import Interrupted, Op, Thrown
from runner.vu.context import TestContext
from runner.vu.cookie_jar import CookieJars
from runner.vu.event_loop import EventLoop
from runner.vu.loop_runner import LoopRunner
from runner.vu.outcome import Exports, Outcome, json_of, summary_files, uncaught_error
from runner.vu.sampler import Sampler

Phase = Literal["init", "setup", "vu", "teardown"]

INIT_ONLY = (
    'the "{}" function is only available in the init stage (i.e. the global scope), see'
    " https://grafana.com/docs/k6/latest/using-k6/test-lifecycle/ for more information"
)


class VirtualUser(Sampler):
    """One virtual user.

    Args:
        context: what it shares with the others.
        vu_id: from 1; 0 for the ones that read the options and run setup() and teardown().
    """

    def __init__(self, context: TestContext, vu_id: int) -> None:
        super().__init__(context, vu_id)
        self.phase: Phase = "init"
        self._loop_runner = LoopRunner(context.reactor, context.helpers)
        self.bytes = ByteCounter()
        self.cookie_jars = CookieJars()
        # Set by exec.test.abort(), which ends the iteration without an error of its own.
        self.abort_message: str | None = None
        self._bindings: dict[str, Binding] = {}
        self._interpreter: Interpreter | None = None
        self._setup_data: str | None = None
        # Whether the interpreter has it.
        self._has_setup_data = False
        self._extra_env: dict[str, str] = {}

    # ---- for bindings

    @property
    def event_loop(self) -> EventLoop:
        """The timers of the script, and what the host has for it."""
        return self._loop_runner.loop

    @property
    def id_in_test(self) -> int:
        """The VU's number over all runs that share the test."""
        segment = self.options.segment
        return self.vu_id if segment is None or not self.vu_id else segment.number_in_test(self.vu_id - 1) + 1

    @property
    def logger(self) -> Logger:
        """The test's log."""
        return self.context.logger

    def sleep(self, seconds: float) -> None:
        """Park this VU and nobody else."""
        self.reactor.sleep_until(self.reactor.now() + seconds)

    def promise(self, op: str, call: Callable[[], Any]) -> int:
        """Begin something that settles a promise of the script: `call` in a task of its own, where it may wait.

        Args:
            op: the name of the op, for error texts.

        Returns:
            The promise's number, for the kernel.
        """
        return self._loop_runner.promise(op, call)

    # ---- loading the script

    def load(self) -> None:
        """Make the interpreter and run the script's init code.

        Raises:
            ScriptError: the script does not load, or threw.
        """
        self.phase = "init"
        self._loop_runner = LoopRunner(self.reactor, self.context.helpers)
        self._bindings = {}
        interpreter = Interpreter(self.context.modules, self._find_op, native=self.context.native)
        self._interpreter = interpreter
        self.event_loop.now_s = self.reactor.now()
        interpreter.enter("begin", json.dumps(self._globals()))
        try:
            self._run_init_code(interpreter)
            if interpreter.bridge.interrupted:
                raise Interrupted
        except BaseException:
            # A half-loaded script runs no iteration; the next call loads it anew.
            self._interpreter = None
            interpreter.abandon()
            if interpreter.bridge.interrupted:
                raise Interrupted from None
            raise
        interpreter.is_loading = False
        interpreter.collect_from_now_on()
        self._has_setup_data = False

    def _globals(self) -> dict[str, Any]:
        """What the kernel makes globals of."""
        return {
            "members": GLOBALS,
            "variables": {"__ENV": self._env(), "__VU": self.vu_id},
            "hasGlobal": self.context.compatibility_mode == "extended",
        }

    def _run_init_code(self, interpreter: Interpreter) -> None:
        main = self.context.modules.main
        commonjs = self.context.modules.source(main).commonjs
        interpreter.run_module(
            "k6py:main",
            f"import * as script from {json.dumps(main)};\nimport {{ vu }} from '{KERNEL}';\n"
            f"vu.script = script{'.default' if commonjs else ''};\nvu.outcome.done = true;\n",
        )
        outcome = self._loop_runner.settle(interpreter, interpreter.enter("state"))
        if outcome.error is not None:
            raise outcome.error
        if not interpreter.enter("state").get("done"):
            raise ScriptError("Error: the init code awaits a promise that nobody will settle")

    def exports(self) -> Exports:
        """What the loaded script exports."""
        found = self._loaded().enter("rarely", "exports")
        return Exports(frozenset(found["functions"]), frozenset(found["others"]))

    def script_options(self) -> str | None:
        """The options that the loaded script exports, as JSON; None when there are none.

        Raises:
            NoJson: they have no JSON.
        """
        return self._as_json("options", "error parsing script options")

    def give_setup_data(self, data: str | None) -> None:
        """What setup() returned, as JSON; the argument of all later calls."""
        self._setup_data = data
        self._has_setup_data = False

    def _loaded(self) -> Interpreter:
        if self._interpreter is None:
            self.load()
        assert self._interpreter is not None
        return self._interpreter

    def _find_op(self, name: str) -> Op | None:
        if name == "engine.ops":
            return Op(self._ops_of)
        if name == "engine.resolve":
            return Op(self._resolve)
        if name == "engine.original_position":
            return Op(self.context.modules.original_position)
        module, _, verb = name.rpartition(".")
        binding = self._bindings.get(module)
        return None if binding is None else binding.bound_op(verb)

    def _ops_of(self, module: str) -> list[tuple[str, int | None, Sequence[int], bool]]:
        """Bring a binding to life and tell the kernel which ops it has."""
        found = self.context.registry.find(module)
        if module not in self.context.shared:
            self.context.shared[module] = found.create_shared()
        self._bindings[module] = found(self, self.context.shared[module])
        return found.op_table()

    def _resolve(self, base: str, specifier: str) -> dict[str, Any]:
        if self.phase != "init":
            raise Thrown(INIT_ONLY.format("require"))
        modules = self.context.modules
        url = modules.resolve(base or modules.main, specifier)
        return {"url": url, "commonjs": "://" in url and modules.source(url).commonjs}

    def _env(self) -> dict[str, str]:
        return {**self.context.env, **self._extra_env}

    # ---- running

    def start_phase(
        self, phase: Phase, tags: TagSet, *, group: Group | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """What follows happens in `phase`.

        Args:
            tags: on all samples.
            group: the current group; default: the root.
            env: variables that ``__ENV`` has besides those of the run.
        """
        self.phase = phase
        if dict(env or {}) != self._extra_env:
            self._extra_env = dict(env or {})
            if self._interpreter is not None:
                self._interpreter.enter("rarely", "variables", json.dumps({"__ENV": self._env()}))
        self.tags = tags
        group = self.context.root_group if group is None else group
        self.set_group(group, group.path)
        self.mark_samples("vu", self.vu_id)

    def begin_iteration(
        self, scenario: str, tags: TagSet, env: Mapping[str, str], number: int, in_test: int
    ) -> None:
        """Count one more iteration, in `scenario`; tags that the script set for this VU stay.

        Args:
            number: its number in the scenario over all VUs of this run, from 0.
            in_test: the same over all runs that share the test.
        """
        iteration = self.iteration
        if iteration.scenario != scenario or self.phase != "vu":
            self.start_phase("vu", tags, env=env)
            iteration.scenario = scenario
        iteration.in_instance += 1
        self.mark_samples("iter", iteration.in_instance)
        iteration.number = number
        iteration.in_test = in_test
        iteration.in_scenario[scenario] = iteration.in_scenario.get(scenario, -1) + 1

    def run(self, function: str, deadline_s: float | None = None) -> Outcome:
        """Call one of the script's functions and wait until nothing of it is left to do.

        Args:
            deadline_s: on the reactor's clock; JavaScript that computes beyond it is cut off.
        """
        iteration = self.iteration.in_instance if self.phase == "vu" else None
        return self._enter(deadline_s, function, iteration)

    def summarise(self, data: str, deadline_s: float | None = None) -> Outcome:
        """run() for handleSummary(); `files` has what it gave.

        Args:
            data: its argument as JSON.
        """
        self.give_setup_data(data)
        return self._enter(deadline_s, "handleSummary", None)

    def _enter(self, deadline_s: float | None, function: str, iteration: int | None) -> Outcome:
        group, group_tag = self.group, self.tags.get("group")
        interpreter = None
        try:
            interpreter = self._loaded_for_run(deadline_s)
            argument = None if self._has_setup_data else self._setup_data
            self._has_setup_data = True
            state = interpreter.run_macrotask("run", function, iteration, argument)
            outcome = self._loop_runner.settle(interpreter, state)
        except ScriptError as error:
            # Raised while the script loads again, or for a rejection that nobody handled.
            outcome = Outcome(error=error if interpreter is None else uncaught_error(error))
        except Interrupted:
            outcome = Outcome(interrupted=True)
        if outcome.error is not None and interpreter is not None and not interpreter.bridge.interrupted:
            try:
                self._wind_down(interpreter)
            except ScriptError as error:
                self.logger.debug(f"an iteration that failed ended with another error: {error.message}")
            except Interrupted:
                outcome = Outcome(interrupted=True)
        self._end_iteration()
        if interpreter is not None:
            if interpreter.bridge.interrupted:
                outcome = Outcome(interrupted=True)
            if not interpreter.resume():
                # The next run loads the script anew.
                interpreter.close()
                self._interpreter = None
        if outcome.error or outcome.interrupted:
            self._drop_timers()
        self.event_loop.drop_posted()
        if self.abort_message is not None:
            outcome = Outcome()
        if self.group is not group:
            self.set_group(group, group_tag)
        return outcome

    def _end_iteration(self) -> None:
        self._loop_runner.give_up_promises()
        for binding in self._bindings.values():
            try:
                binding.end_iteration()
            except Interrupted:
                # A second one, while the first was being dealt with: the other bindings get their turn.
                continue

    def result(self) -> str | None:
        """What the last run() returned, as JSON; None for undefined.

        Raises:
            NoJson: it has no JSON.
        """
        return self._as_json("result", "error marshaling setup() data to JSON")

    def _as_json(self, entry: str, complaint: str) -> str | None:
        interpreter = self._loaded()
        interpreter.run_module("k6py:result", "import 'k6py:setup-data';")
        return json_of(interpreter.enter("rarely", entry), complaint)

    def files(self) -> dict[str, str | bytes] | None:
        """What the last summarise() gave: contents by path, None for nothing.

        Raises:
            BadSummary: something else.
        """
        return (
            None if self._interpreter is None else summary_files(self._interpreter.enter("rarely", "files"))
        )

    def interrupt(self) -> None:
        """Cut off what computes in this VU at the watchdog's next tick; parked code is the reactor's."""
        if self._interpreter is not None:
            self._interpreter.deadline_s = self.reactor.now()

    def _loaded_for_run(self, deadline_s: float | None) -> Interpreter:
        phase = self.phase
        self.abort_message = None
        interpreter = self._loaded()
        self.phase = phase
        interpreter.deadline_s = deadline_s
        self.event_loop.now_s = self.reactor.now()
        return interpreter

    def _wind_down(self, interpreter: Interpreter) -> None:
        """An iteration failed: what it left open ends, and the script sees that, before the error is logged.

        What throws meanwhile is not told, as in k6.
        """
        self._drop_timers()
        interpreter.enter("rarely", "calm")
        self._loop_runner.cancel_promises()
        for binding in self._bindings.values():
            binding.wind_down()
        while not self.event_loop.is_idle:
            self._loop_runner.settle(interpreter, {})

    def _drop_timers(self) -> None:
        for timer in self.event_loop.drop_timers():
            self.logger.warning(
                f"{timer.name} {timer.timer_id} was stopped because the VU iteration was interrupted"
            )
