"""Names to addresses, without blocking the reactor.

Owns the cache, one look-up at a time per name, and the order in which addresses are tried.  Refuses names
that the hosts option maps and literal addresses: those need no look-up (dial.py).
"""

from __future__ import annotations

import contextlib
import ipaddress
import random
import socket
from collections.abc import Callable, Sequence

from runner.errors import OptionsError, TransportError
from runner.net.transport_errors import lookup_error, no_such_host
from runner.reactor import DeadlineReached, Reactor, Task

SELECTS = ("first", "random", "roundRobin")
POLICIES = ("preferIPv4", "preferIPv6", "onlyIPv4", "onlyIPv6", "any")
# The system's resolver gives up by itself before this; the bound is for one that does not.
LOOKUP_TIMEOUT_S = 60.0
# A test of many names (a crawler) forgets the oldest; the next use looks it up again.
CACHED_NAMES_MAX = 10_000

_NO_SUCH_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class Answer:
    """What a look-up gave.

    Args:
        families: addresses in the policy's families, in the resolver's order.
        expires_s: when it is too old, on the reactor's clock.
    """

    __slots__ = ("expires_s", "families", "turn")

    def __init__(self, families: list[list[str]], expires_s: float) -> None:
        self.families = families
        self.expires_s = expires_s
        self.turn = 0


def system_lookup(host: str) -> list[str]:
    """All addresses of a name by getaddrinfo(3); blocks."""
    infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


class Resolver:
    """The ``dns`` option at work.

    Args:
        ttl_s: how long an answer is kept; 0 for not at all, inf for ever.
        select: which address comes first: ``first``, ``random`` or ``roundRobin`` within a family.
        policy: which families, in which order.
        lookup: the blocking look-up; runs in a thread.
        shuffle: how ``random`` mixes a list; tests pass their own.
    """

    def __init__(
        self,
        reactor: Reactor,
        *,
        ttl_s: float,
        select: str,
        policy: str,
        lookup: Callable[[str], Sequence[str]] = system_lookup,
        shuffle: Callable[[list[str]], None] = random.shuffle,
    ) -> None:
        if select not in SELECTS:
            raise OptionsError(f"dns.select: {select!r} is none of {', '.join(SELECTS)}")
        if policy not in POLICIES:
            raise OptionsError(f"dns.policy: {policy!r} is none of {', '.join(POLICIES)}")
        self._reactor = reactor
        self._ttl_s = ttl_s
        self._select = select
        self._policy = policy
        self._lookup = lookup
        self._shuffle = shuffle
        self._answers: dict[str, Answer] = {}
        self._lookups: dict[str, Task] = {}

    def resolve(self, host: str, deadline_s: float | None = None) -> list[str]:
        """The addresses of a name, in the order in which to try them; never empty.

        Raises:
            TransportError: no such host (1101), or the look-up failed or took too long (1100).
        """
        name = host.lower().removesuffix(".")
        # RFC 6761 section 6.4: names under .invalid have no address, nobody need be asked.
        if not name or name == "invalid" or name.endswith(".invalid"):
            raise no_such_host(host)
        answer = self._answers.get(name)
        if answer is None or answer.expires_s <= self._reactor.now():
            answer = self._ask(host, name, deadline_s)
        return self._order(answer)

    def _ask(self, host: str, name: str, deadline_s: float | None) -> Answer:
        task = self._lookups.get(name)
        if task is None:
            # A task of its own: whoever asked first may be interrupted, the others still want the answer.
            task = self._lookups[name] = self._reactor.spawn(self._look_up, name)
        try:
            texts = task.join(deadline_s)
        except DeadlineReached:
            raise lookup_error(host, "i/o timeout") from None
        except (OSError, UnicodeError) as error:
            raise self._failure(host, error) from error
        answer = Answer(self._families(texts), self._reactor.now() + self._ttl_s)
        if not any(answer.families):
            raise no_such_host(host)
        return self._keep(name, answer)

    def _look_up(self, name: str) -> Sequence[str]:
        try:
            deadline_s = self._reactor.now() + LOOKUP_TIMEOUT_S
            addresses: Sequence[str] = self._reactor.call_in_thread(self._lookup, name, deadline_s=deadline_s)
            return addresses
        finally:
            del self._lookups[name]

    def _keep(self, name: str, answer: Answer) -> Answer:
        kept = self._answers.get(name)
        if kept is not None and kept.expires_s >= answer.expires_s:
            # Another task that waited for the same look-up was here first; its turn goes on counting.
            return kept
        if self._ttl_s > 0:
            self._answers.pop(name, None)
            if len(self._answers) >= CACHED_NAMES_MAX:
                del self._answers[next(iter(self._answers))]
            self._answers[name] = answer
        return answer

    def _families(self, texts: Sequence[str]) -> list[list[str]]:
        v4: list[str] = []
        v6: list[str] = []
        for text in texts:
            with contextlib.suppress(ValueError):
                (v4 if ipaddress.ip_address(text).version == 4 else v6).append(text)
        return {
            "preferIPv4": [v4, v6],
            "preferIPv6": [v6, v4],
            "onlyIPv4": [v4],
            "onlyIPv6": [v6],
            "any": [list(texts)],
        }[self._policy]

    def _order(self, answer: Answer) -> list[str]:
        order = []
        for family in answer.families:
            addresses = list(family)
            if self._select == "random":
                self._shuffle(addresses)
            elif self._select == "roundRobin" and addresses:
                start = answer.turn % len(addresses)
                addresses = addresses[start:] + addresses[:start]
            order += addresses
        answer.turn += 1
        return order

    @staticmethod
    def _failure(host: str, error: OSError | UnicodeError) -> TransportError:
        # UnicodeError: a label that is empty or longer than 63 bytes, which no host can have.
        if isinstance(error, UnicodeError) or error.errno in _NO_SUCH_HOST:
            return no_such_host(host)
        return lookup_error(host, str(error.strerror or error).lower())
