from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from runner.summary.export import export_data, export_text

if TYPE_CHECKING:
    from conftest import FakeRun


def test_values_stand_without_a_wrapper_and_crossed_thresholds_are_true(run: FakeRun) -> None:
    counter, rate = run.declare("my_counter", "counter"), run.declare("my_rate", "rate")
    run.thresholds({"my_counter": ["count==2", "count<1"]})
    run.add(counter, 2)
    run.add(rate, 1, 0)
    assert export_data(run.data(for_text=False))["metrics"] == {
        "my_counter": {"count": 2, "rate": 1, "thresholds": {"count==2": False, "count<1": True}},
        "my_rate": {"value": 0.5, "passes": 1, "fails": 1},
    }


def test_groups_and_checks_are_keyed_by_name(run: FakeRun) -> None:
    run.check("fine", True, "::outer")
    assert export_data(run.data())["root_group"] == {
        "name": "",
        "path": "",
        "id": "d41d8cd98f00b204e9800998ecf8427e",
        "checks": {},
        "groups": {
            "outer": {
                "name": "outer",
                "path": "::outer",
                "id": "c34b428ee7255085dfe7fef53d3394d5",
                "groups": {},
                "checks": {
                    "fine": {
                        "name": "fine",
                        "path": "::outer::fine",
                        "id": "43d5f02580dc8211aee6df4bf383cab7",
                        "passes": 1,
                        "fails": 0,
                    }
                },
            }
        },
    }


def test_text_is_indented_by_four_with_sorted_keys_and_whole_numbers(run: FakeRun) -> None:
    run.add(run.declare("zz", "counter"), 0)
    run.add(run.declare("aa", "gauge"), 1.5)
    assert export_text(run.data()).startswith(
        '{\n    "metrics": {\n        "aa": {\n            "max": 1.5,\n            "min": 1.5,\n'
        '            "value": 1.5\n        },\n        "zz": {\n            "count": 0,\n'
        '            "rate": 0\n        }\n    },\n    "root_group": {\n        "checks": {},\n'
    )


def test_setup_data_is_written_only_when_there_is_a_setup(run: FakeRun) -> None:
    data = run.data()
    assert "setup_data" not in export_data(data)
    data["setup_data"] = {"a": [1, "<"]}
    assert json.loads(export_text(data))["setup_data"] == {"a": [1, "<"]}


def test_infinite_figure_becomes_null(run: FakeRun) -> None:
    run.add(run.declare("my_gauge", "gauge"), 1, math.inf)
    assert json.loads(export_text(run.data()))["metrics"]["my_gauge"] == {
        "value": None,
        "min": 1,
        "max": None,
    }
