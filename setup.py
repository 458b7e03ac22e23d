"""Which packages there are, and what a compiled build compiles; everything else about them is in setup.cfg.

setup.cfg can find packages or rename one, but not both: the folder vendor/ is installed as ``k6py_vendor``.

With ``K6PY_COMPILE=1`` in the environment mypyc makes extension modules of the modules that each message passes. It
needs a C compiler; the modules are the same ones, and without it Python interprets them. One is written in C: it does
what calls QuickJS through ctypes otherwise.
"""

import os
import sys
from configparser import ConfigParser
from pathlib import Path

from setuptools import Extension, find_packages, setup

COMPILED = [
    "jsbindings/websockets/socket.py",
    "runner/metrics/collector.py",
    "runner/net/stream.py",
    "runner/net/websocket.py",
    "runner/protocol/fast_lane.py",
    "runner/protocol/websocket.py",
    "runner/protocol/websocket_events.py",
    "runner/reactor/reactor.py",
    "runner/reactor/readiness.py",
    "runner/reactor/scheduler.py",
    "runner/reactor/task.py",
    "runner/reactor/timers.py",
    "runner/vu/event_loop.py",
    "runner/vu/helper_tasks.py",
    "runner/vu/loop_runner.py",
]
compiled = {}
if os.environ.get("K6PY_COMPILE", "0") != "0":
    config = ConfigParser()
    config.read(Path(__file__).with_name("setup.cfg"))
    # The libraries are there for their types.
    compiled["setup_requires"] = [
        "mypy>=1.18,<3",
        *config["options"]["install_requires"].strip().splitlines(),
    ]
    # Others ask for facts about the package, some of them before mypy is there.
    if not {"egg_info", "dist_info", "sdist", "clean"} & {*sys.argv}:
        from mypyc.build import mypycify

        # The group's name puts what all of them share into the package.
        optimise = os.environ.get("K6PY_COMPILE_OPTIMISE", "3")
        compiled["ext_modules"] = [
            *mypycify(COMPILED, opt_level=optimise, debug_level="0", group_name="runner.compiled"),
            Extension("runner.engine.compiled_entry", ["runner/engine/compiled_entry.c"]),
        ]

setup(
    packages=[*find_packages(include=["runner*", "jsbindings*"]), "k6py_vendor"],
    package_dir={"k6py_vendor": "vendor"},
    **compiled,
)
