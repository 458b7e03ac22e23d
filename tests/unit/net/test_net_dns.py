"""The resolver on a virtual clock, with look-ups that take as long as the test says."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.errors import OptionsError, TransportError
from runner.net.dns import CACHED_NAMES_MAX, LOOKUP_TIMEOUT_S, Resolver
from runner.reactor import DeadlineReached, Reactor
from tests.kit.virtual_clock import VirtualClock

MIXED = ["::1", "10.0.0.1", "10.0.0.2", "::2"]


class ThreadlessReactor:
    """A reactor whose "threads" are waits on the virtual clock."""

    def __init__(self, clock: VirtualClock) -> None:
        self._reactor = Reactor(now=clock.now, selector=clock)
        self.thread_s = 1.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def call_in_thread(self, function: Callable, *args: object, deadline_s: float | None = None) -> object:
        done_s = self.now() + self.thread_s
        if deadline_s is not None and done_s > deadline_s:
            self.sleep_until(deadline_s)
            raise DeadlineReached
        self.sleep_until(done_s)
        return function(*args)


class Lookup:
    """Answers, and counts how often it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str] | Exception] = {}
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        answer = self.answers.get(host, MIXED)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def reactor(clock: VirtualClock) -> Iterator[ThreadlessReactor]:
    reactor = ThreadlessReactor(clock)
    yield reactor
    reactor.close()


@pytest.fixture
def lookup() -> Lookup:
    return Lookup()


def resolver(reactor: Reactor, lookup: Lookup, **options) -> Resolver:
    options = {"ttl_s": 300.0, "select": "first", "policy": "preferIPv4", **options}
    return Resolver(reactor, lookup=lookup, **options)


def resolve(reactor: Reactor, resolver: Resolver, host: str = "a.test", deadline_s: float | None = None):
    task = reactor.spawn(resolver.resolve, host, deadline_s)
    reactor.run(task)
    return task.result


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("preferIPv4", ["10.0.0.1", "10.0.0.2", "::1", "::2"]),
        ("preferIPv6", ["::1", "::2", "10.0.0.1", "10.0.0.2"]),
        ("onlyIPv4", ["10.0.0.1", "10.0.0.2"]),
        ("onlyIPv6", ["::1", "::2"]),
        ("any", MIXED),
    ],
)
def test_policy_orders_the_families(
    reactor: Reactor, lookup: Lookup, policy: str, expected: list[str]
) -> None:
    assert resolve(reactor, resolver(reactor, lookup, policy=policy)) == expected


def test_round_robin_turns_within_a_family(reactor: Reactor, lookup: Lookup) -> None:
    name_server = resolver(reactor, lookup, select="roundRobin")
    orders = [resolve(reactor, name_server) for _ in range(3)]
    assert [order[0] for order in orders] == ["10.0.0.1", "10.0.0.2", "10.0.0.1"]
    assert [order[2] for order in orders] == ["::1", "::2", "::1"]


def test_random_shuffles_within_a_family(reactor: Reactor, lookup: Lookup) -> None:
    name_server = resolver(reactor, lookup, select="random", shuffle=list.reverse)
    assert resolve(reactor, name_server) == ["10.0.0.2", "10.0.0.1", "::2", "::1"]


def test_answer_is_kept_for_the_ttl(reactor: Reactor, lookup: Lookup, clock: VirtualClock) -> None:
    name_server = resolver(reactor, lookup, ttl_s=300.0)
    for _ in range(5):
        resolve(reactor, name_server, "A.test")
        resolve(reactor, name_server, "a.test.")
    assert lookup.asked == ["a.test"]
    clock.advance(300.0)
    resolve(reactor, name_server)
    assert lookup.asked == ["a.test", "a.test"]


@pytest.mark.parametrize(("ttl_s", "count"), [(0.0, 3), (float("inf"), 1)])
def test_no_cache_and_for_ever(
    reactor: Reactor, lookup: Lookup, clock: VirtualClock, ttl_s: float, count: int
) -> None:
    name_server = resolver(reactor, lookup, ttl_s=ttl_s)
    for _ in range(3):
        resolve(reactor, name_server)
        clock.advance(1e9)
    assert len(lookup.asked) == count


@pytest.mark.parametrize("ttl_s", [0.0, 300.0])
def test_many_who_ask_at_once_share_one_look_up(reactor: Reactor, lookup: Lookup, ttl_s: float) -> None:
    name_server = resolver(reactor, lookup, ttl_s=ttl_s, select="roundRobin")
    tasks = [reactor.spawn(name_server.resolve, "a.test") for _ in range(100)]
    reactor.run()
    assert lookup.asked == ["a.test"]
    if ttl_s:
        assert [task.result[0] for task in tasks[:3]] == ["10.0.0.1", "10.0.0.2", "10.0.0.1"]


def test_interrupting_the_first_asker_leaves_the_others_their_answer(
    reactor: Reactor, lookup: Lookup
) -> None:
    class Stop(Exception):
        pass

    name_server = resolver(reactor, lookup)
    first = reactor.spawn(name_server.resolve, "a.test")
    first.watched = True
    second = reactor.spawn(name_server.resolve, "a.test")
    reactor.call_at(0.5, reactor.interrupt, first, Stop())
    reactor.run()
    assert isinstance(first.error, Stop)
    assert second.result == ["10.0.0.1", "10.0.0.2", "::1", "::2"]


def test_deadline_of_one_asker_is_not_the_others(reactor: Reactor, lookup: Lookup) -> None:
    name_server = resolver(reactor, lookup)
    patient = reactor.spawn(name_server.resolve, "a.test", 5.0)
    with pytest.raises(TransportError, match=r"^lookup a\.test: i/o timeout$") as caught:
        resolve(reactor, name_server, "a.test", 0.5)
    assert caught.value.code == 1100
    reactor.run()
    assert patient.result


def test_look_up_that_hangs_is_given_up(
    reactor: ThreadlessReactor, lookup: Lookup, clock: VirtualClock
) -> None:
    reactor.thread_s = 1e6
    with pytest.raises(TransportError, match="i/o timeout"):
        resolve(reactor, resolver(reactor, lookup))
    assert clock.now() == LOOKUP_TIMEOUT_S


@pytest.mark.parametrize(
    ("error", "text", "code"),
    [
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            "lookup a.test: no such host",
            1101,
        ),
        (
            socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
            "lookup a.test: temporary failure in name resolution",
            1100,
        ),
        (UnicodeError("label empty or too long"), "lookup a.test: no such host", 1101),
    ],
)
def test_failures_in_gos_words(
    reactor: Reactor, lookup: Lookup, error: Exception, text: str, code: int
) -> None:
    lookup.answers["a.test"] = error
    with pytest.raises(TransportError) as caught:
        resolve(reactor, resolver(reactor, lookup))
    assert (caught.value.message, caught.value.code) == (text, code)


def test_failures_are_not_kept(reactor: Reactor, lookup: Lookup) -> None:
    lookup.answers["a.test"] = socket.gaierror(socket.EAI_NONAME, "")
    name_server = resolver(reactor, lookup)
    with pytest.raises(TransportError):
        resolve(reactor, name_server)
    lookup.answers.clear()
    assert resolve(reactor, name_server)


def test_name_without_an_address_of_the_family_has_none(reactor: Reactor, lookup: Lookup) -> None:
    lookup.answers["a.test"] = ["::1"]
    with pytest.raises(TransportError, match=r"^lookup a\.test: no such host$"):
        resolve(reactor, resolver(reactor, lookup, policy="onlyIPv4"))


@pytest.mark.parametrize("host", ["", "no-such-host.invalid", "INVALID", "x.invalid."])
def test_names_that_cannot_exist_are_not_looked_up(reactor: Reactor, lookup: Lookup, host: str) -> None:
    with pytest.raises(TransportError) as caught:
        resolve(reactor, resolver(reactor, lookup), host)
    assert (caught.value.message, caught.value.code) == (f"lookup {host}: no such host", 1101)
    assert lookup.asked == []


def test_cache_forgets_the_oldest_name_at_its_limit(reactor: Reactor, lookup: Lookup) -> None:
    reactor.thread_s = 0.0
    name_server = resolver(reactor, lookup)

    def ask_all() -> None:
        for number in range(CACHED_NAMES_MAX + 1):
            name_server.resolve(f"{number}.test")

    reactor.run(reactor.spawn(ask_all))
    assert len(name_server._answers) == CACHED_NAMES_MAX
    assert "0.test" not in name_server._answers


@pytest.mark.parametrize(("option", "value"), [("select", "last"), ("policy", "ipv5")])
def test_unknown_dns_options_are_refused(reactor: Reactor, lookup: Lookup, option: str, value: str) -> None:
    with pytest.raises(OptionsError, match=rf"dns\.{option}: '{value}' is none of"):
        resolver(reactor, lookup, **{option: value})
