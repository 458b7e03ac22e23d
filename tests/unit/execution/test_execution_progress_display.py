"""Where the lines of progress go: a terminal, or elsewhere."""

from __future__ import annotations

import io

from runner.execution.progress_display import DRAWN_INTERVAL_S, ProgressDisplay
from runner.log import Logger
from runner.reactor import Reactor
from tests.kit.virtual_clock import VirtualClock


def shown(*, is_terminal: bool) -> str:
    """What a display writes that draws once and then says something."""
    clock, out = VirtualClock(), io.StringIO()
    with Reactor(now=clock.now, selector=clock) as reactor:
        display = ProgressDisplay(
            reactor,
            out,
            is_terminal=is_terminal,
            color=False,
            logger=Logger(None),
            lines=lambda canvas: ["one", "two"],
        )

        def main() -> None:
            display.start()
            reactor.sleep_until(1.5 * DRAWN_INTERVAL_S if is_terminal else 1.5)
            display.say("hello")
            display.stop()

        reactor.run(reactor.spawn(main))
    return out.getvalue()


def test_what_is_said_stands_on_top_of_the_next_block() -> None:
    assert shown(is_terminal=False) == "\none\ntwo\nhello\none\ntwo\n"


def test_what_is_said_takes_the_place_of_a_terminals_block_which_follows_it() -> None:
    block = "\x1b[K\none\x1b[K\ntwo\x1b[K\n\r\x1b[J\x1b[3A"
    assert shown(is_terminal=True) == f"{block}hello\x1b[K\n{block}"
