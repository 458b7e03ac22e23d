"""k6/metrics: names, values and tags as k6 takes them."""

from __future__ import annotations

import pytest

from tests.kit.run_script import Result, run_script

IMPORTS = "import { Counter, Gauge, Rate, Trend } from 'k6/metrics';"
NO_TAG = (
    "GoError: cannot add tags for the 'my_counter' custom metric: invalid value for metric tag 'a': only"
    " String, Boolean and Number types are accepted as a metric tag values"
)


def run_metrics(init: str, code: str = "", **how: object) -> Result:
    """Declare metrics with `init`, then run `code` once; `attempt` logs what a call gives or throws."""
    script = f"""
      {IMPORTS}
      const lines = [];
      const attempt = (action) => {{
        try {{ lines.push(String(action())); }} catch (error) {{ lines.push(String(error)); }}
      }};
      {init}
      export default function () {{
        {code}
        lines.forEach((line) => console.log(line));
      }}
    """
    return run_script(script, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("'my_name'", "string my_name"),
        ("true", "string true"),
        ("['ab']", "string ab"),
        ("new String('xy')", "string xy"),
        ("Symbol('sym')", "string sym"),
        ("{ toString: () => 'own' }", "string own"),
    ],
)
def test_name_is_made_text(name: str, shown: str) -> None:
    result = run_metrics(f"const m = new Counter({name}); attempt(() => `${{typeof m.name}} ${{m.name}}`);")
    assert result.lines == [shown]


@pytest.mark.parametrize("name", ["", "undefined", "null", "[]"])
def test_missing_name_is_an_empty_one(name: str) -> None:
    result = run_metrics(f"attempt(() => new Trend({name}));")
    assert result.lines[0].startswith("GoError: Invalid metric name: ''.")


def test_metric_is_a_plain_object_also_without_new() -> None:
    result = run_metrics(
        """
        const counter = Counter('my_counter');
        attempt(() => `${Object.keys(counter)} ${counter instanceof Counter} ${counter.constructor === Object}`);
        attempt(() => { counter.name = 'other'; });
        attempt(() => counter.name);
        """,
        "const { add } = counter; attempt(() => add(1));",
    )
    assert result.lines[0] == "name,add false true"
    assert result.lines[1].startswith("TypeError")
    assert result.lines[2:] == ["my_counter", "true"]


@pytest.mark.parametrize("kind", ["Counter", "Gauge", "Rate", "Trend"])
def test_values_that_k6_takes_for_a_number(kind: str) -> None:
    values = {
        "1.5": 1.5, "'1.5'": 1.5, "true": 1, "false": 0, "' 7 '": 7, "'0x10'": 16, "['4']": 4, "new Date(5)": 5,
        "{ valueOf: () => 5 }": 5, "''": 0, "'0'": 1, "' '": 1, "[]": 1, "new Boolean(false)": 1,
    }  # fmt: skip
    result = run_metrics(
        f"const m = new {kind}('my_metric');",
        f"for (const value of [{', '.join(values)}]) attempt(() => m.add(value));",
        out_samples=True,
    )
    assert result.lines == ["true"] * len(values)
    assert result.values("my_metric") == list(values.values())


def test_negative_zero_stays_one() -> None:
    result = run_script(
        f"""
        {IMPORTS}
        const gauge = new Gauge('my_gauge');
        export default function () {{ gauge.add(-0); }}
        export function handleSummary(data) {{ console.log(Object.is(data.metrics.my_gauge.values.value, -0)); }}
        """
    )
    assert result.lines == ["true"]


def test_values_that_are_no_numbers() -> None:
    result = run_metrics(
        "const m = new Counter('my_counter');",
        "for (const value of [NaN, null, undefined, 'x', {}]) attempt(() => m.add(value)); attempt(() => m.add());",
    )
    assert result.lines == ["false"] * 6
    reason = " for metric 'my_counter', a number or a boolean value is expected"
    shown = ["'NaN'", "'null'", "'undefined'", "'x'", "'[object Object]'"]
    assert result.messages == [
        *(f"warning: {value} is an invalid value{reason}" for value in shown),
        f"warning: no value was provided{reason}",
    ]


@pytest.mark.parametrize(("value", "kind"), [("10n", "BigInt"), ("Symbol('s')", "Symbol")])
def test_values_that_cannot_become_numbers_throw(value: str, kind: str) -> None:
    result = run_metrics("const m = new Counter('my_counter');", f"attempt(() => m.add({value}));")
    assert result.lines == [f"TypeError: Cannot convert a {kind} value to a number"]


@pytest.mark.parametrize("value", ["1", "'no number'", ""])
def test_adding_in_the_init_context_is_refused(value: str) -> None:
    result = run_metrics(f"const m = new Counter('my_counter'); attempt(() => m.add({value}));")
    assert result.lines == ["GoError: Adding to metrics in the init context is not supported"]


@pytest.mark.parametrize(
    ("value", "tag"),
    [("'text'", "text"), ("1.5", "1.5"), ("false", "false"), ("new Number(3)", "3"),
     ("new Boolean(false)", "false"), ("Symbol('s')", "s"), ("NaN", "NaN"), ("''", "")],
)  # fmt: skip
def test_tag_values(value: str, tag: str) -> None:
    result = run_metrics(
        "const m = new Counter('my_counter');", f"m.add(1, {{ a: {value} }});", out_samples=True
    )
    assert result.messages == []
    assert result.values("my_counter", a=tag) == [1]


@pytest.mark.parametrize(
    "value", ["null", "undefined", "{}", "[1]", "() => 1", "10n", "new String('s')", "new Date(0)"]
)
def test_other_tag_values_throw(value: str) -> None:
    result = run_metrics(
        "const m = new Counter('my_counter');", f"attempt(() => m.add(1, {{ a: {value} }}));"
    )
    assert result.lines == [NO_TAG]


def test_own_metric_called_checks_counts_in_the_tree_of_groups() -> None:
    result = run_metrics(
        "const checks = new Rate('checks');",
        """
        checks.add(1);
        checks.add(true, { check: 'made up' });
        checks.add(false, { check: 'inside', group: '::outer::inner' });
        checks.add(1, { check: 'bad::name' });
        """,
    )
    root = result.summary["root_group"]
    assert list(root["checks"]) == ["made up"]
    assert root["groups"]["outer"]["groups"]["inner"]["checks"]["inside"]["fails"] == 1
    assert result.messages == ["warning: couldn't handle a sample as part of group summary"]
