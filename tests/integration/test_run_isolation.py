"""What one iteration, virtual user or scenario does is no trouble of the next one."""

from __future__ import annotations

import time

import pytest

from runner.vu.cookie_jar import CookieJars
from tests.kit.raw_server import Peer, RawServer
from tests.kit.run_script import run_script
from tests.kit.ws_pair import CLOSE, TEXT, frame


def test_timers_count_from_their_call_after_a_blocking_one() -> None:
    result = run_script(
        """
        import { sleep } from 'k6';
        export default function () {
          sleep(0.3);
          const start = Date.now();
          setTimeout(() => console.log(Date.now() - start >= 195), 200);
        }
        """
    )
    assert result.lines == ["true"]


@pytest.mark.slow
def test_scenario_that_begins_when_another_ends_gets_its_virtual_users() -> None:
    result = run_script(
        """
        import { sleep } from 'k6';
        const base = { executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s' };
        const loop = (startTime) => ({ ...base, startTime });
        export const options = { scenarios: { a: loop('0s'), b: loop('1s') } };
        export default function () { sleep(0.2); }
        """,
        out_samples=True,
    )
    assert result.messages == []
    assert len(result.values("iterations", scenario="b")) >= 6


@pytest.mark.slow
def test_virtual_user_that_was_cut_off_keeps_its_state() -> None:
    result = run_script(
        """
        import { sleep } from 'k6';
        export const options = { scenarios: { ramp: { executor: 'ramping-vus', startVUs: 1, gracefulRampDown: '0s',
          stages: [{ duration: '300ms', target: 1 }, { duration: '0s', target: 0 }, { duration: '200ms', target: 0 },
                   { duration: '0s', target: 1 }, { duration: '300ms', target: 1 }] } } };
        let token = null;
        export default function () {
          console.log(token);
          token = 'kept';
          sleep(__ITER === 0 ? 20 : 1);
        }
        """
    )
    assert result.lines == ["null", "kept"]


@pytest.mark.slow
def test_flood_of_small_messages_lets_the_other_virtual_users_run() -> None:
    frames = b"\x81\x04tick" * 10_000

    def serve(peer: Peer) -> None:
        peer.upgrade()
        for _ in range(40):
            peer.send(frames)
        peer.send(b"\x88\x02\x03\xe8")
        peer.read_to_end()

    with RawServer(serve) as server:
        result = run_script(
            """
            import ws from 'k6/ws';
            import { sleep } from 'k6';
            export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 1 } } };
            export default function () {
              if (__VU === 1) {
                ws.connect(__ENV.URL, (socket) => socket.on('message', () => {}));
                return;
              }
              let worst = 0;
              for (let i = 0; i < 10; i += 1) {
                const start = Date.now();
                sleep(0.05);
                worst = Math.max(worst, Date.now() - start);
              }
              console.log(worst < 500);
            }
            """,
            env={"URL": server.url},
        )
    assert result.lines == ["true"]


def test_promise_of_one_iteration_does_not_decide_the_next_one() -> None:
    result = run_script(
        """
        export const options = { iterations: 2 };
        let reject;
        export default async function () {
          if (__ITER === 0) { await new Promise((_, no) => { reject = no; }); }
          setTimeout(() => reject(new Error('of the first')), 1);
          await new Promise((done) => setTimeout(done, 20));
          console.log('done', __ITER);
        }
        """
    )
    assert "done 1" in result.lines
    assert not any("executor" in entry and "of the first" in entry["msg"] for entry in result.log)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "Promise.reject(new Error('bad \\ud800 text'));",
            "error: Uncaught (in promise) Error: bad \ufffd text",
        ),
        ("throw new Error('bad \\ud800 text');", "error: Error: bad \ufffd text"),
    ],
)
def test_lone_surrogates_in_errors_are_shown_as_k6_shows_them(code: str, message: str) -> None:
    result = run_script(f"export default function () {{ {code} }}")
    assert [text.split("\n")[0] for text in result.messages] == [message]
    assert result.exit_code == 0


def test_script_that_changes_object_prototype_runs() -> None:
    result = run_script(
        "export default function () { Object.prototype.threw = 'x'; Object.prototype.done = 1; console.log('ran'); }"
    )
    assert (result.lines, result.messages) == (["ran"], [])


def test_abort_in_init_cannot_be_caught() -> None:
    result = run_script(
        """
        import exec from 'k6/execution';
        try { exec.test.abort('early'); } catch (e) {}
        export default function () { console.log('never'); }
        """
    )
    assert result.exit_code == 108
    assert result.lines == []
    assert any("test aborted: early" in message for message in result.messages)


def test_execution_refuses_the_init_context_and_replaced_tags() -> None:
    result = run_script(
        """
        import exec from 'k6/execution';
        let refused;
        try { exec.vu.tags.x; } catch (e) { refused = e.message; }
        export default function () {
          console.log(refused);
          try { exec.vu.metrics.tags = { a: 1 }; } catch (e) { console.log(e instanceof TypeError); }
        }
        """
    )
    assert result.lines == ["getting VU information in the init context is not supported", "true"]


def test_cookie_jars_that_a_script_forgets_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    class CountedJars(CookieJars):
        def create(self) -> int:
            sizes.append(len(self._jars))
            return super().create()

    monkeypatch.setattr("runner.vu.vu.CookieJars", CountedJars)
    run_script(
        """
        import http from 'k6/http';
        export const options = { iterations: 200 };
        export default function () { new http.CookieJar(); }
        """
    )
    assert len(sizes) == 200 and max(sizes) < 20


@pytest.mark.slow
def test_peer_that_freezes_for_six_seconds_loses_nothing() -> None:
    def serve(peer: Peer) -> None:
        peer.upgrade()
        assert peer.read_frame() is not None
        time.sleep(6)
        for number in range(3):
            peer.send(frame(TEXT, f"late {number}".encode()))
        peer.send(frame(CLOSE, b"\x03\xe8"))
        peer.read_to_end()

    with RawServer(serve) as server:
        result = run_script(
            """
            import ws from 'k6/ws';
            export default function () {
              let ticks = 0;
              const seen = [];
              ws.connect(__ENV.URL, (socket) => {
                socket.on('open', () => socket.send('hello'));
                socket.on('message', (data) => seen.push(data));
                socket.on('error', (e) => console.log('error', e.error()));
                socket.on('close', (code) => console.log('close', code));
                socket.setInterval(() => { ticks += 1; }, 500);
              });
              console.log(seen.join(), ticks >= 10);
            }
            """,
            env={"URL": server.url},
            out_samples=True,
        )
    assert result.messages == []
    assert result.lines == ["close 1000", "late 0,late 1,late 2 true"]
    assert (result.count("ws_msgs_received"), len(result.values("ws_msgs_received"))) == (3, 3)
    assert min(result.values("ws_session_duration")) >= 6000
