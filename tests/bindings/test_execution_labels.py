"""exec.vu.tags and exec.vu.metrics: what scripts may change, and where it is seen."""

from __future__ import annotations

from runner.errors import ExitCode
from tests.kit.run_script import run_iteration_code, run_script

IMPORT = "import exec from 'k6/execution';"
SHOW = "const show = (o) => JSON.stringify(Object.entries(o).sort());"


def test_a_group_tag_of_the_scripts_own_holds_until_the_group_ends_and_begins_the_path_of_inner_groups() -> (
    None
):
    result = run_script(f"""
      import exec from 'k6/execution';
      import {{ group }} from 'k6';
      export const options = {{ iterations: 2, systemTags: ['group'] }};
      {SHOW}
      export default function () {{
        console.log('start', show(exec.vu.tags));
        if (__ITER === 0) exec.vu.tags.group = 'x';
        group('g', () => {{
          console.log('in', show(exec.vu.tags));
          exec.vu.tags.group = 'y';
          group('h', () => console.log('inner', show(exec.vu.tags)));
        }});
        console.log('end', show(exec.vu.tags));
      }}
    """)
    again = ['in [["group","x::g"]]', 'inner [["group","y::h"]]', 'end [["group","x"]]']
    assert result.lines == ['start [["group",""]]', *again, 'start [["group","x"]]', *again]


def test_tags_and_metadata_can_be_deleted() -> None:
    result = run_script(
        f"""
      import exec from 'k6/execution';
      import {{ Counter }} from 'k6/metrics';
      {SHOW}
      const counter = new Counter('my_counter');
      export default function () {{
        exec.vu.metrics.tags.mine = 1;
        exec.vu.metrics.metadata.trace = 'a';
        counter.add(1);
        delete exec.vu.tags.mine;
        delete exec.vu.tags.scenario;
        delete exec.vu.tags.nothing;
        delete exec.vu.metrics.metadata.trace;
        counter.add(2);
        console.log(show(exec.vu.tags), show(exec.vu.metrics.metadata));
      }}
    """,
        out_samples=True,
    )
    assert result.lines == ['[["group",""]] []']
    labels = [
        (point["data"]["tags"], point["data"].get("metadata"))
        for point in result.samples
        if point["metric"] == "my_counter"
    ]
    assert labels == [
        ({"group": "", "mine": "1", "scenario": "default"}, {"trace": "a"}),
        ({"group": ""}, None),
    ]


def test_the_system_tags_vu_and_iter_are_metadata_that_scripts_see() -> None:
    result = run_script(f"""
      import exec from 'k6/execution';
      export const options = {{ iterations: 2, systemTags: ['vu', 'iter'] }};
      {SHOW}
      export default function () {{ console.log(show(exec.vu.tags), show(exec.vu.metrics.metadata)); }}
    """)
    assert result.lines == ['[] [["iter","0"],["vu","1"]]', '[] [["iter","1"],["vu","1"]]']


def test_objects_assigned_to_tags_and_metrics_have_no_effect() -> None:
    result = run_iteration_code(
        f"""
        {SHOW}
        exec.vu.tags = {{ a: 1 }};
        exec.vu.metrics = {{}};
        console.log(show(exec.vu.tags), typeof exec.vu.metrics.metadata);
        for (const change of [() => {{ exec.vu.metrics.tags = {{}}; }}, () => {{ exec.test = {{}}; }}]) {{
          try {{ change(); console.log('changed'); }} catch (e) {{ console.log(e.name); }}
        }}
        """,
        imports=IMPORT,
    )
    assert result.lines == ['[["group",""],["scenario","default"]] object', "TypeError", "TypeError"]


def test_metadata_of_a_wrong_type_is_refused_in_the_words_of_k6() -> None:
    result = run_iteration_code(
        "try { exec.vu.metrics.metadata.m = {}; } catch (e) { console.log(String(e)); }", imports=IMPORT
    )
    assert result.lines == [
        "TypeError: invalid value for metric metadata 'm': only String, Boolean and Number types are accepted"
        " as a metric metadata value"
    ]


def test_the_reason_of_an_end_may_be_missing_empty_or_anything() -> None:
    def messages(call: str) -> list[str]:
        return run_iteration_code(f"exec.test.{call};", imports=IMPORT).messages

    for call, text in (
        ("abort()", ""),
        ("abort(null)", ""),
        ("abort('')", ": "),
        ("abort(Symbol('s'))", ": s"),
    ):
        (message,) = messages(call)
        assert message.startswith(f"error: test aborted{text} at default (")
    assert messages("fail(null)")[0] == "error: test marked as failed"
    assert messages("fail([1, 2])")[0] == "error: test marked as failed: 1,2"


def test_a_test_cannot_be_failed_in_the_init_context() -> None:
    result = run_script("""
      import exec from 'k6/execution';
      exec.test.fail('early');
      export default function () {}
    """)
    assert result.exit_code is ExitCode.SCRIPT_EXCEPTION
    assert result.messages[0].startswith("error: GoError: execution.test.fail() called outside of VU context")
