"""exec.test.options: when scripts may read it, and that they cannot change it."""

from __future__ import annotations

from tests.kit.run_script import run_script


def test_options_are_there_in_all_phases_but_init_and_cannot_be_changed() -> None:
    result = run_script("""
      import exec from 'k6/execution';
      export const options = { iterations: 2, tags: { a: 'b' }, setupTimeout: '1m' };
      const show = (where) => console.log(where, exec.test.options.setupTimeout);
      if (__VU === 1) {
        try { exec.test.options; } catch (e) { console.log(String(e)); }
      }
      export function setup() { show('setup'); }
      export default function () {
        'use strict';
        const o = exec.test.options;
        const changes = [() => { o.rps = 1; }, () => { o.tags.a = 'c'; }, () => { o.scenarios.default.vus = 9; }];
        for (const change of changes) {
          try { change(); console.log('changed'); } catch (e) { console.log(e.name); }
        }
        console.log(o.tags.a, o === exec.test.options);
      }
      export function teardown() { show('teardown'); }
    """)
    assert result.exit_code == 0
    iteration = ["TypeError", "TypeError", "TypeError", "b true"]
    assert result.lines == [
        "GoError: getting test options in the init context is not supported",
        "setup 1m0s",
        *iteration,
        *iteration,
        "teardown 1m0s",
    ]
