from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from runner.errors import UsageError
from runner.metrics import builtin
from runner.summary.text import check_mode, render_text

if TYPE_CHECKING:
    from conftest import FakeRun


def whole_run(run: FakeRun) -> None:
    """Three iterations with checks and one metric of each type."""
    counter, gauge = run.declare("my_counter", "counter"), run.declare("my_gauge", "gauge")
    rate, trend = run.declare("a_rate", "rate"), run.declare("my_trend", "trend")
    time_trend = run.declare("my_time", "trend", "time")
    for n in range(3):
        run.check("always true", True)
        run.check("sometimes true", n == 1)
        run.check("inside", True, "::grp")
        run.add(builtin.GROUP_DURATION, 1)
        run.add(counter, 1)
        run.add(gauge, n + 0.5)
        run.add(rate, n == 0)
        run.add(trend, n * 10)
        run.add(time_trend, 61_500 + n)
        run.add(builtin.ITERATION_DURATION, 1.5)
        run.add(builtin.ITERATIONS, 1)
        run.add(builtin.DATA_SENT, 0)
        run.add(builtin.DATA_RECEIVED, 0)


COMPACT = """

  █ TOTAL RESULTS 

    checks_total.......: 9      4.5/s
    checks_succeeded...: 77.77% 7 out of 9
    checks_failed......: 22.22% 2 out of 9

    ✓ always true
    ✗ sometimes true
      ↳  33% — ✓ 1 / ✗ 2
    ✓ inside

    CUSTOM
    a_rate...............: 33.33% 1 out of 3
    my_counter...........: 3      1.5/s
    my_gauge.............: 2.5    min=0.5    max=2.5
    my_time..............: avg=1m1s  min=1m1s  med=1m1s  max=1m1s  p(90)=1m1s  p(95)=1m1s 
    my_trend.............: avg=10    min=0     med=10    max=20    p(90)=18    p(95)=19   

    EXECUTION
    iteration_duration...: avg=1.5ms min=1.5ms med=1.5ms max=1.5ms p(90)=1.5ms p(95)=1.5ms
    iterations...........: 3      1.5/s

    NETWORK
    data_received........: 0 B    0 B/s
    data_sent............: 0 B    0 B/s



"""  # noqa: W291 (the trailing spaces are k6's)


def test_compact_summary_is_laid_out_like_that_of_k6(run: FakeRun) -> None:
    whole_run(run)
    assert render_text(run.data(), checks=run.root_group.totals.counts()) == COMPACT


def test_summary_without_anything_has_the_title_alone(run: FakeRun) -> None:
    assert render_text(run.data()) == "\n\n  █ TOTAL RESULTS \n\n\n\n"


def test_checks_follow_the_order_first_seen_over_all_groups(run: FakeRun) -> None:
    run.check("first", True, "::a")
    run.check("second", True)
    run.check("first", False, "::b")
    text = render_text(run.data(), checks=run.root_group.totals.counts())
    assert "    ✗ first\n      ↳  50% — ✓ 1 / ✗ 1\n    ✓ second\n" in text


def test_checks_without_names_leave_an_empty_list(run: FakeRun) -> None:
    run.add(builtin.CHECKS, 1)
    assert render_text(run.data()).endswith("checks_failed......: 0.00%   0 out of 1\n\n\n\n\n")


def test_thresholds_stand_in_front_with_submetrics_below_their_metric(run: FakeRun) -> None:
    counter = run.declare("my_counter", "counter")
    option = {name: ["count>=1"] for name in ("my_counter{kind:b}", "my_counter{kind:a}", "my_counter")}
    run.thresholds(option)
    run.add(counter, 1, kind="a")
    run.add(counter, 2, kind="b")
    assert render_text(run.data()) == (
        "\n\n  █ THRESHOLDS \n\n"
        "    my_counter\n    ✓ 'count>=1' count=3\n\n"
        "      {kind:a}\n      ✓ 'count>=1' count=1\n\n"
        "      {kind:b}\n      ✓ 'count>=1' count=2\n\n"
        "\n  █ TOTAL RESULTS \n\n"
        "    CUSTOM\n"
        "    my_counter.....: 3 1.5/s\n"
        "      { kind:a }...: 1 0.5/s\n"
        "      { kind:b }...: 2 1/s\n\n\n\n"
    )


def test_threshold_of_a_submetric_alone_shows_its_full_name(run: FakeRun) -> None:
    run.declare("my_counter", "counter")
    run.thresholds({"my_counter{kind:a}": ["count==0"]})
    assert "    my_counter{kind:a}\n    ✓ 'count==0' count=0\n" in render_text(run.data())


@pytest.mark.parametrize(
    ("name", "source", "line"),
    [
        ("my_counter", "count<1", "✗ 'count<1' count=4"),
        ("my_counter", "rate>1", "✓ 'rate>1' rate=2/s"),
        ("my_gauge", " value < 9 ", "✓ 'value < 9' value=4"),
        ("my_rate", "rate>0.9", "✗ 'rate>0.9' rate=0.00%"),
        ("my_trend", "p(95)<100", "✓ 'p(95)<100' p(95)=70ms"),
        ("my_trend", "p(99.5) < 100", "✓ 'p(99.5) < 100' p(99.5)=70ms"),
        ("my_trend", "p(5e1)<100", "✓ 'p(5e1)<100' p(5e1)="),
        ("my_trend", "max<50", "✗ 'max<50' max="),
    ],
)
def test_threshold_line_shows_source_and_figure(run: FakeRun, name: str, source: str, line: str) -> None:
    for kind in ("counter", "gauge", "rate"):
        run.declare(f"my_{kind}", kind)
    run.declare("my_trend", "trend", "time")
    run.thresholds({name: [source]})
    for metric in list(run.registry):
        run.add(metric, {"my_counter": 4, "my_gauge": 4, "my_rate": 0, "my_trend": 70}[metric.name])
    text = render_text(run.data(trend_stats=("avg",)))
    assert f"\n    {name}\n    {line}\n\n" in text


def test_http_block_shows_expected_responses_and_hides_the_phases(run: FakeRun) -> None:
    for expected, status in (("true", 200), ("false", 500)):
        run.add(builtin.HTTP_REQ_DURATION, status / 100, expected_response=expected)
        run.add(builtin.HTTP_REQ_WAITING, 1.0, expected_response=expected)
        run.add(builtin.HTTP_REQ_FAILED, status == 500)
        run.add(builtin.HTTP_REQS, 1)
    assert render_text(run.data(trend_stats=("avg", "max"))) == (
        "\n\n  █ TOTAL RESULTS \n\n"
        "    HTTP\n"
        "    http_req_duration..............: avg=3.5ms max=5ms\n"
        "      { expected_response:true }...: avg=2ms   max=2ms\n"
        "    http_req_failed................: 50.00% 1 out of 2\n"
        "    http_reqs......................: 2      1/s\n\n\n\n"
    )


def test_chosen_trend_stats_are_the_columns_and_count_is_whole(run: FakeRun) -> None:
    run.add(run.declare("my_trend", "trend", "time"), 1, 2, 3, 4)
    text = render_text(run.data(trend_stats=("max", "count", "p(25)")))
    assert "    my_trend...: max=4ms count=4 p(25)=1.75ms\n" in text


def test_time_unit_of_the_options_is_used(run: FakeRun) -> None:
    run.add(run.declare("my_trend", "trend", "time"), 70)
    assert "    my_trend...: avg=0.07s\n" in render_text(run.data(("avg",), time_unit="s"))


def test_several_extras_stand_in_columns(run: FakeRun) -> None:
    run.add(run.declare("aa", "gauge"), 1, 100)
    run.add(run.declare("bb", "gauge"), 20, 5)
    run.add(run.declare("cc", "counter"), 7)
    assert (
        "    aa...: 100 min=1 max=100\n    bb...: 5   min=5 max=20 \n    cc...: 7   3.5/s\n"
    ) in render_text(run.data())


def test_colours_are_used_only_when_asked_for(run: FakeRun) -> None:
    whole_run(run)
    run.thresholds({"my_counter": ["count<1"], "my_gauge": ["value>0"]})
    checks = run.root_group.totals.counts()
    colored = render_text(run.data(), color=True, checks=checks)
    assert "    \x1b[31m✗\x1b[0m \x1b[37m'count<1'\x1b[0m \x1b[37mcount\x1b[0m=\x1b[36m3\x1b[0m\n" in colored
    assert (
        "    my_gauge\x1b[2;37m.............:\x1b[0m \x1b[36m2.5\x1b[0m    \x1b[2;36mmin=0.5\x1b[0m    "
        in colored
    )
    assert "      \x1b[31m↳  33% — ✓ 1 / ✗ 2\x1b[0m\n" in colored
    assert "\n    \x1b[1mEXECUTION\x1b[0m\n" in colored
    plain = render_text(run.data(), checks=checks)
    assert "\x1b" not in plain
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain


def test_disabled_summary_is_empty(run: FakeRun) -> None:
    whole_run(run)
    assert render_text(run.data(), mode="disabled") == ""


@pytest.mark.parametrize("mode", ["tiny", "legacy"])
def test_unknown_mode_is_refused(mode: str) -> None:
    with pytest.raises(UsageError, match="invalid summary mode"):
        check_mode(mode)


FULL = """

  █ TOTAL RESULTS 

    checks_total.......: 1       0.5/s
    checks_succeeded...: 0.00%   0 out of 1
    checks_failed......: 100.00% 1 out of 1

    ✗ deep
      ↳  0% — ✓ 0 / ✗ 1

    CUSTOM
    my_counter.........: 3 1.5/s

    HTTP
    http_req_waiting...: avg=0s min=0s med=0s max=0s p(90)=0s p(95)=0s

    EXECUTION
    iterations.........: 1 0.5/s


  █ GROUP: z 

    CUSTOM
    my_counter...: 1 0.5/s


  █ GROUP: a 

    HTTP
    http_req_waiting...: avg=0s min=0s med=0s max=0s p(90)=0s p(95)=0s


  █ SCENARIO: One 

    EXECUTION
    iterations...: 1 0.5/s


  █ SCENARIO: two 

    checks_total.......: 1       0.5/s
    checks_succeeded...: 0.00%   0 out of 1
    checks_failed......: 100.00% 1 out of 1

    ✗ deep
      ↳  0% — ✓ 0 / ✗ 1

    CUSTOM
    my_counter...: 2 1/s

    ↳ GROUP: outer 

      ↳ GROUP: inner 

        checks_total.......: 1       0.5/s
        checks_succeeded...: 0.00%   0 out of 1
        checks_failed......: 100.00% 1 out of 1

        ✗ deep
              ↳  0% — ✓ 0 / ✗ 1



"""  # noqa: W291 (the trailing spaces are k6's)


def test_full_summary_has_a_section_for_each_group_and_each_scenario(run: FakeRun) -> None:
    counter = run.declare("my_counter", "counter")
    run.add(counter, 2, scenario="two")
    run.check("deep", False, "::outer::inner", scenario="two")
    run.add(builtin.ITERATIONS, 1, scenario="One")
    run.add(counter, 1, group="::z", scenario="default")
    run.add(builtin.HTTP_REQ_WAITING, 0, group="::a")
    groups = run.section_data(run.sections.groups)
    scenarios = run.section_data(run.sections.scenarios)
    checks = run.root_group.totals.counts()
    assert render_text(run.data(), mode="full", checks=checks, groups=groups, scenarios=scenarios) == FULL


def test_threshold_is_shown_as_often_as_the_script_has_it(run: FakeRun) -> None:
    counter = run.declare("my_counter", "counter")
    run.thresholds({"my_counter": ["count>0", "count>0"]})
    run.add(counter, 1)
    assert "    ✓ 'count>0' count=1\n    ✓ 'count>0' count=1\n\n" in render_text(run.data())


def test_trends_without_statistics_have_no_columns(run: FakeRun) -> None:
    run.add(run.declare("my_trend", "trend"), 1)
    run.add(run.declare("a_gauge", "gauge"), 1, 10)
    text = render_text(run.data(trend_stats=()))
    assert "    a_gauge....: 10 min=1 max=10\n    my_trend...: \n" in text


def test_groups_with_numbers_for_names_come_first(run: FakeRun) -> None:
    counter = run.declare("my_counter", "counter")
    for name in ("zz", "10", "9", "01", "aa"):
        run.add(counter, 1, group=f"::{name}")
    assert [section.name for section in run.section_data(run.sections.groups)] == [
        "9",
        "10",
        "zz",
        "01",
        "aa",
    ]
