"""Programs of timers, promises, async functions and socket events, put together at random.

Invariants: macrotasks run one at a time and all microtasks of one, in the order in which they were queued, before the
next begins; of timers with the same delay the older fires first; messages of a socket come in the order of the wire.
The script interprets the programs and can be run by k6 as well (``PROGRAMS_FILE`` keeps script and programs).
"""

from __future__ import annotations

import json
import os
import random
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from tests.kit.raw_server import RawServer, echo
from tests.kit.run_script import run_script

Statement = list[Any]
PROGRAMS = 60
DEPTH_MAX = 3

# A block is what one macrotask says: the number it has in the program, then everything until its microtasks are done.
SCRIPT = """
  import { WebSocket } from 'k6/websockets';
  const programs = JSON.parse(open('./programs.json'));
  export const options = { vus: 1, iterations: programs.length };
  let socket = null;
  let said = [];
  const run = (statements) => {
    for (const [kind, value, body] of statements) {
      switch (kind) {
        case 'say': said.push(value); break;
        case 'then': Promise.resolve().then(() => run(body)); break;
        case 'reject': Promise.reject(new Error('x')).catch(() => run(body)); break;
        case 'async': (async () => { run(value); await null; run(body); })(); break;
        case 'await': (async () => { for (const part of body) { await part; run([part]); } })(); break;
        case 'timer':
          waiting += 1;
          setTimeout(() => { begin(`timer ${value[0]}`, body); }, value[1]);
          break;
        case 'send': bodies.set(String(value), body); waiting += 1; socket.send(String(value)); break;
      }
    }
  };
  let bodies = new Map();
  let waiting = 0;
  const begin = (name, body) => {
    waiting -= 1;
    said.push(name);
    run(body);
    // A macrotask of its own: all that this one asks for is counted by then.
    setTimeout(() => { if (waiting === 0 && socket.readyState === 1) socket.close(); }, 0);
  };
  export default function () {
    said = []; bodies = new Map(); waiting = 1;
    socket = new WebSocket(__ENV.WS_URL);
    socket.onopen = () => { begin('open', programs[__ITER]); };
    socket.onmessage = ({ data }) => { begin(`message ${data}`, bodies.get(data)); };
    socket.onclose = () => console.log(JSON.stringify(said));
  }
"""


class Author:
    """Writes programs."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._count = 0

    def program(self) -> list[Statement]:
        """Some statements."""
        self._count = 0
        return self._statements(0)

    def _statements(self, depth: int) -> list[Statement]:
        return [self._statement(depth) for _ in range(self._random.randint(1, 4))]

    def _statement(self, depth: int) -> Statement:
        kinds = (
            ["say"] if depth == DEPTH_MAX else ["say", "then", "reject", "async", "await", "timer", "send"]
        )
        kind = self._random.choice(kinds)
        self._count += 1
        number = self._count
        if kind == "say":
            return [kind, f"{number}"]
        if kind == "async":
            return [kind, self._statements(depth + 1), self._statements(depth + 1)]
        value: Any = [number, self._random.choice([0, 0, 1, 5])] if kind == "timer" else number
        return [kind, value, self._statements(depth + 1)]


class Model:
    """What a program says, block by block, by the rule."""

    def __init__(self, program: list[Statement]) -> None:
        self.blocks: dict[str, list[str]] = {}
        # The delay of each timer, in milliseconds.
        self.timers: dict[str, int] = {}
        self._macrotasks: deque[tuple[str, list[Statement]]] = deque([("open", program)])
        while self._macrotasks:
            name, statements = self._macrotasks.popleft()
            self._said = self.blocks[name] = []
            self._microtasks: deque[list[Statement]] = deque()
            self._run(statements)
            while self._microtasks:
                self._run(self._microtasks.popleft())

    def _run(self, statements: list[Statement]) -> None:
        for statement in statements:
            match statement:
                case ["say", text]:
                    self._said.append(text)
                case ["then" | "reject", _, body]:
                    self._microtasks.append(body)
                case ["async", before, after]:
                    self._run(before)
                    self._microtasks.append(after)
                case ["await", _, body]:
                    self._microtasks.append(_one_by_one(body))
                case ["timer", [number, delay], body]:
                    self.timers[f"timer {number}"] = delay
                    self._macrotasks.append((f"timer {number}", body))
                case ["send", number, body]:
                    self._macrotasks.append((f"message {number}", body))
                case ["next", body]:
                    # An await between two parts: the rest has to queue again behind what is there.
                    self._microtasks.append(body)


def _one_by_one(body: list[Statement]) -> list[Statement]:
    return [body[0], *([["next", _one_by_one(body[1:])]] if len(body) > 1 else [])]


def blocks_of(said: list[str]) -> list[tuple[str, list[str]]]:
    """(name, what was said) of each macrotask, in order."""
    blocks: list[tuple[str, list[str]]] = []
    for text in said:
        if text == "open" or text.startswith(("timer ", "message ")):
            blocks.append((text, []))
        else:
            blocks[-1][1].append(text)
    return blocks


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_order_is_that_of_the_rule(seed: int, native: bool) -> None:
    author = Author(seed)
    programs = [author.program() for _ in range(PROGRAMS)]
    kept = os.environ.get("PROGRAMS_FILE")
    if kept:
        Path(kept).write_text(json.dumps(programs))
        Path(kept).with_suffix(".js").write_text(SCRIPT.replace("programs.json", Path(kept).name))
    with RawServer(echo) as server:
        result = run_script(
            SCRIPT, files={"programs.json": json.dumps(programs)}, env={"WS_URL": server.url}, native=native
        )
    assert result.messages == []
    assert len(result.lines) == PROGRAMS
    for program, line in zip(programs, result.lines, strict=True):
        check(program, json.loads(line))


def check(program: list[Statement], said: list[str]) -> None:
    model, blocks = Model(program), blocks_of(said)
    assert dict(blocks) == model.blocks
    assert len(blocks) == len(model.blocks)
    order = [name for name, _ in blocks]
    # Messages come back in the order in which the blocks that sent them ran, and in each as they were sent.
    sent = [number for name in order for number in sent_by(program, name)]
    assert [name for name in order if name.startswith("message ")] == [f"message {number}" for number in sent]
    # Of two timers with the same delay that one block sets, the older fires first. With other delays the time between
    # the two calls decides, which is not the program's to say.
    for name in order:
        for delay in set(model.timers.values()):
            timers = [timer for timer in timers_of(program, name) if model.timers[timer] == delay]
            assert [timer for timer in order if timer in timers] == timers


def sent_by(program: list[Statement], name: str) -> list[int]:
    return [statement[1] for statement in effects(program, name) if statement[0] == "send"]


def timers_of(program: list[Statement], name: str) -> list[str]:
    return [f"timer {statement[1][0]}" for statement in effects(program, name) if statement[0] == "timer"]


def effects(program: list[Statement], name: str) -> list[Statement]:
    """The timers and sends of one block, in the order in which they happen."""
    found: list[Statement] = []
    microtasks: deque[list[Statement]] = deque([body_of(program, name)])

    def run(statements: list[Statement]) -> None:
        for statement in statements:
            match statement:
                case ["then" | "reject", _, body]:
                    microtasks.append(body)
                case ["async", before, after]:
                    run(before)
                    microtasks.append(after)
                case ["await", _, body]:
                    microtasks.append(_one_by_one(body))
                case ["next", body]:
                    microtasks.append(body)
                case ["timer" | "send", *_]:
                    found.append(statement)

    while microtasks:
        run(microtasks.popleft())
    return found


def body_of(program: list[Statement], name: str) -> list[Statement]:
    if name == "open":
        return program
    kind, number = name.split()
    todo = deque(program)
    while todo:
        statement = todo.popleft()
        own = statement[1][0] if statement[0] == "timer" else statement[1]
        if statement[0] == {"timer": "timer", "message": "send"}[kind] and str(own) == number:
            body: list[Statement] = statement[2]
            return body
        for part in statement[1:]:
            if isinstance(part, list) and part and isinstance(part[0], list):
                todo.extend(part)
    raise AssertionError(name)
